//! The token: where it is taken from, and that nobody sees it.
//!
//! A token belongs to a host. `GH_TOKEN` and `GITHUB_TOKEN` are GitHub's own; those of
//! the enterprise pair belong to the host that `GH_HOST` names, for a repository can say
//! by itself what its remote and its API are, and must not come by a token so. What
//! `gh` keeps it keeps by host.

use std::fmt;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::header::HeaderValue;

use super::{Api, ForgeError};

/// How long `gh` may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// Longer than any token.
const LONGEST: usize = 4096;

/// A secret. Nothing prints it.
#[derive(Clone)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(not shown)")
    }
}

impl Token {
    /// Of a text; `None` where that can be none.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = !text.is_empty() && text.len() <= LONGEST;
        (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(text.to_owned()))
    }

    /// The header that carries it, marked as one that must not be shown.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// A token with where it was found: that may be told.
#[derive(Clone, Debug)]
pub struct Found {
    /// The secret.
    pub token: Token,
    /// `GH_TOKEN`, `gh auth token`, …
    pub from: &'static str,
}

/// The token of an API's host.
pub fn find(api: &Api) -> Result<Found, ForgeError> {
    let variable = |name: &str| std::env::var(name).ok();
    find_in(api, &variable, &gh)
}

/// The same in another environment.
pub fn find_in(
    api: &Api,
    variable: &dyn Fn(&str) -> Option<String>,
    gh: &dyn Fn(&str) -> Option<String>,
) -> Result<Found, ForgeError> {
    let named = variable("GH_HOST").is_some_and(|host| host.eq_ignore_ascii_case(api.host()));
    let names: &[&'static str] = match (api.is_public(), named) {
        (true, _) => &["GH_TOKEN", "GITHUB_TOKEN"],
        (false, true) => &["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"],
        (false, false) => &[],
    };
    for from in names.iter().copied() {
        let Some(text) = variable(from).filter(|text| !text.trim().is_empty()) else {
            continue;
        };
        let token = Token::new(&text).ok_or(ForgeError::BadToken(from))?;
        return Ok(Found { token, from });
    }
    let from = "gh auth token";
    if let Some(token) = gh(api.host()).and_then(|text| Token::new(&text)) {
        return Ok(Found { token, from });
    }
    Err(ForgeError::NoToken {
        host: api.host().to_owned(),
        variable: match api.is_public() {
            true => "GH_TOKEN",
            false => "GH_ENTERPRISE_TOKEN, with GH_HOST naming that host",
        },
    })
}

/// What `gh` keeps for a host.
fn gh(host: &str) -> Option<String> {
    let mut child = Command::new("gh")
        .args(["auth", "token", "--hostname", host])
        .env("GH_PROMPT_DISABLED", "1")
        // What these hold was looked at, and may be another host's.
        .env_remove("GH_TOKEN")
        .env_remove("GITHUB_TOKEN")
        .env_remove("GH_ENTERPRISE_TOKEN")
        .env_remove("GITHUB_ENTERPRISE_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let until = Instant::now() + DEADLINE;
    let status = loop {
        match child.try_wait().ok()? {
            Some(status) => break status,
            None if Instant::now() > until => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let mut text = String::new();
    let out = child.stdout.take()?;
    out.take(LONGEST as u64 + 1)
        .read_to_string(&mut text)
        .ok()?;
    status.success().then_some(text)
}

/// Keeps what this process holds out of core dumps. Called before a token is read.
pub fn no_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let now = getrlimit(Resource::Core);
        let none = Rlimit {
            current: Some(0),
            maximum: now.maximum,
        };
        // Where it may not be lowered there is nothing else to be done.
        let _ = setrlimit(Resource::Core, none);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::Place;

    fn api(host: &str) -> Api {
        let url = format!("https://{host}/a/b");
        Api::of(&Place::of_url(&url).unwrap(), None).unwrap()
    }

    fn found(
        host: &str,
        variables: &[(&str, &str)],
        gh: Option<&str>,
    ) -> Option<(String, &'static str)> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        let asked = |asked: &str| {
            assert_eq!(asked, host);
            gh.map(str::to_owned)
        };
        let found = find_in(&api(host), &variable, &asked).ok()?;
        Some((found.token.0, found.from))
    }

    #[test]
    fn the_order_is_that_of_gh() {
        let all = [
            ("GH_TOKEN", "one"),
            ("GITHUB_TOKEN", "two"),
            ("GH_ENTERPRISE_TOKEN", "three"),
            ("GITHUB_ENTERPRISE_TOKEN", "four"),
            ("GH_HOST", "git.acme.example"),
        ];
        let is = |token: &str, from| Some((token.to_owned(), from));
        assert_eq!(found("github.com", &all, Some("x")), is("one", "GH_TOKEN"));
        assert_eq!(
            found("github.com", &all[1..], Some("x")),
            is("two", "GITHUB_TOKEN")
        );
        assert_eq!(
            found("github.com", &all[2..], Some("x\n")),
            is("x", "gh auth token")
        );
        assert_eq!(
            found("git.acme.example", &all, Some("x")),
            is("three", "GH_ENTERPRISE_TOKEN")
        );
        assert_eq!(
            found("git.acme.example", &all[3..], Some("x")),
            is("four", "GITHUB_ENTERPRISE_TOKEN")
        );
        assert_eq!(found("github.com", &[("GH_TOKEN", " ")], None), None);
    }

    #[test]
    fn no_host_gets_the_token_of_another() {
        let all = [
            ("GH_TOKEN", "one"),
            ("GITHUB_TOKEN", "two"),
            ("GH_ENTERPRISE_TOKEN", "three"),
        ];
        assert_eq!(found("evil.example", &all, None), None);
        let named = [
            ("GH_ENTERPRISE_TOKEN", "three"),
            ("GH_HOST", "git.acme.example"),
        ];
        assert_eq!(found("evil.example", &named, None), None);
        assert_eq!(found("acme.ghe.com", &all, None), None);
    }

    #[test]
    fn nothing_prints_it() {
        let token = Token::new("ghp_s3cr3t").unwrap();
        let found = Found {
            token: token.clone(),
            from: "GH_TOKEN",
        };
        let header = token.header().unwrap();
        for shown in [
            format!("{token:?}"),
            format!("{found:?}"),
            format!("{header:?}"),
        ] {
            assert!(!shown.contains("s3cr3t"), "{shown}");
        }
        assert!(header.is_sensitive());
        for wrong in ["", " ", "a b", "a\nb", "ä", "a\u{7}"] {
            assert!(Token::new(wrong).is_none(), "{wrong:?}");
        }
    }
}
