//! How a server is told who asks, and that nobody else sees it.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::HeaderValue;

/// Longer than any token.
const LONGEST: usize = 4096;
/// What stands in place of a secret that somebody said.
const HIDDEN: &str = "(not shown)";

/// A header that says who asks. Nothing prints it.
#[derive(Clone)]
pub struct Credentials {
    header: HeaderValue,
    /// What must not be repeated: the secret, and how it is sent.
    secrets: Vec<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(not shown)")
    }
}

impl Credentials {
    /// A bearer token; `None` where that text can be none.
    pub fn bearer(token: &str) -> Option<Self> {
        let token = secret(token)?;
        Self::of(&format!("Bearer {token}"), vec![token.to_owned()])
    }

    /// A name and its password; `None` where they can be none.
    pub fn basic(user: &str, password: &str) -> Option<Self> {
        let password = secret(password)?;
        let plain = !user.contains(':') && !user.chars().any(char::is_control);
        let encoded = BASE64_STANDARD.encode(format!("{user}:{password}"));
        let header = format!("Basic {encoded}");
        plain.then(|| Self::of(&header, vec![encoded, password.to_owned()]))?
    }

    fn of(header: &str, secrets: Vec<String>) -> Option<Self> {
        let mut header = HeaderValue::from_str(header).ok()?;
        header.set_sensitive(true);
        Some(Self { header, secrets })
    }

    /// The header `Authorization`.
    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    /// A text without them: a server may repeat what it was sent.
    pub(super) fn hidden_in(&self, text: &str) -> String {
        let hide = |text: String, secret: &String| text.replace(secret.as_str(), HIDDEN);
        self.secrets.iter().fold(text.to_owned(), hide)
    }
}

/// A secret as a file or a variable holds it, without the newline at its end.
fn secret(text: &str) -> Option<&str> {
    let text = text.trim();
    let fits = !text.is_empty() && text.len() <= LONGEST;
    (fits && !text.chars().any(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_never_shown() {
        let bearer = Credentials::bearer(" s3cret\n").unwrap();
        assert_eq!(bearer.header(), "Bearer s3cret");
        let basic = Credentials::basic("me", "pass word").unwrap();
        assert_eq!(basic.header(), "Basic bWU6cGFzcyB3b3Jk");
        for (it, said) in [
            (&bearer, "no s3cret here"),
            (&basic, "pass word / bWU6cGFzcyB3b3Jk"),
        ] {
            let shown = format!("{it:?} {:?} {}", it.header(), it.hidden_in(said));
            for secret in ["s3cret", "pass word", "bWU6"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
    }

    #[test]
    fn what_cannot_be_sent_is_none() {
        for bad in ["", " \n", "a\nb", "a\u{7}b"] {
            assert!(Credentials::bearer(bad).is_none(), "{bad:?}");
            assert!(Credentials::basic("me", bad).is_none(), "{bad:?}");
        }
        assert!(Credentials::basic("a:b", "x").is_none());
    }
}
