//! The ways to tell somebody.

use std::io::{IsTerminal as _, Write as _};
use std::net::IpAddr;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};

use crate::config::notify::Notify;
use crate::promotion::text;

use super::{KEY_HEADER, KEY_VARIABLE, Notice};

/// How long one of them may take: what is to be taken back waits for it.
const DEADLINE: Duration = Duration::from_secs(5);

/// A way to tell somebody.
#[derive(Clone)]
pub enum Channel {
    /// A document is posted there. `Err`: it is not known where to, and why.
    Webhook(Result<Hook, String>),
    /// A program is started.
    Command {
        /// It, and its arguments.
        argv: Vec<String>,
        /// Variables that it does not get to see.
        hidden: Vec<String>,
    },
    /// The bell of the terminal rings, where there is one.
    Bell,
}

/// Where to post to. What it holds is printed nowhere.
#[derive(Clone)]
pub struct Hook {
    url: Url,
    token: Option<HeaderValue>,
}

/// The ways that a repository names. What its variables hold is read now.
pub fn channels(said: &Notify) -> Vec<Channel> {
    let mut channels = Vec::new();
    if said.webhook.is_some() || said.webhook_env.is_some() {
        channels.push(Channel::Webhook(hook(said)));
    }
    if !said.command.is_empty() {
        let hidden = [&said.webhook_env, &said.token_env];
        channels.push(Channel::Command {
            argv: said.command.clone(),
            hidden: hidden.into_iter().flatten().cloned().collect(),
        });
    }
    if said.bell {
        channels.push(Channel::Bell);
    }
    channels
}

fn hook(said: &Notify) -> Result<Hook, String> {
    let variable = |name: &String| {
        std::env::var(name)
            .ok()
            .filter(|it| !it.trim().is_empty())
            .ok_or_else(|| format!("the environment variable {name} is not set"))
    };
    let address = match (&said.webhook_env, &said.webhook) {
        (Some(name), _) => variable(name)?,
        (None, Some(address)) => address.clone(),
        (None, None) => return Err("there is no address".into()),
    };
    let url = Url::parse(address.trim()).map_err(|_| "the address is none".to_owned())?;
    if url.scheme() != "https" && !is_here(&url) {
        return Err("the address is neither https nor on this machine".into());
    }
    let token = match &said.token_env {
        None => None,
        Some(name) => {
            let value = HeaderValue::from_str(&format!("Bearer {}", variable(name)?.trim()));
            let mut value = value.map_err(|_| format!("{name} holds what no header may"))?;
            value.set_sensitive(true);
            Some(value)
        }
    };
    Ok(Hook { url, token })
}

/// Only what never leaves the machine may go unsealed.
fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|it| it.is_loopback())
}

impl Channel {
    /// What it is called.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Command { .. } => "command",
            Self::Bell => "bell",
        }
    }

    /// Sends it. In words, why it is not known that it arrived.
    pub(super) fn send(&self, notice: &Notice) -> Result<(), String> {
        let document = serde_json::to_vec(notice).map_err(|error| error.to_string())?;
        match self {
            Self::Webhook(hook) => post(hook.as_ref().map_err(Clone::clone)?, notice, document),
            Self::Command { argv, hidden } => start(argv, hidden, notice, document),
            Self::Bell => {
                let mut terminal = std::io::stderr();
                if terminal.is_terminal() {
                    let rung = terminal.write_all(b"\x07").and_then(|()| terminal.flush());
                    rung.map_err(|error| error.to_string())?;
                }
                Ok(())
            }
        }
    }
}

/// Posts it, on a thread of its own: the caller may be at work in an async runtime.
fn post(hook: &Hook, notice: &Notice, document: Vec<u8>) -> Result<(), String> {
    let posting = || -> Result<(), String> {
        let said = |error: reqwest::Error| error.without_url().to_string();
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .timeout(DEADLINE);
        if is_here(&hook.url) {
            http = http.no_proxy();
        }
        let mut request = http
            .build()
            .map_err(said)?
            .post(hook.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(KEY_HEADER, &notice.key)
            .body(document);
        if let Some(token) = &hook.token {
            request = request.header(AUTHORIZATION, token.clone());
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let status = runtime
            .block_on(async { request.send().await.map(|it| it.status()) })
            .map_err(said)?;
        match status.is_success() {
            true => Ok(()),
            false => Err(format!("it answered {}", status.as_u16())),
        }
    };
    std::thread::scope(|threads| {
        let ended = threads.spawn(posting).join();
        ended.unwrap_or_else(|_| Err("Countersign itself failed".into()))
    })
}

/// Starts a program: arguments as they are, and no shell.
fn start(
    argv: &[String],
    hidden: &[String],
    notice: &Notice,
    document: Vec<u8>,
) -> Result<(), String> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err("there is no program".into());
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(text::visible(&notice.words).as_ref())
        .env(KEY_VARIABLE, &notice.key)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for name in hidden {
        command.env_remove(name);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command
        .spawn()
        .map_err(|error| format!("{program} could not be started: {error}"))?;
    let id = child.id();
    let (done, wait) = mpsc::channel();
    std::thread::spawn(move || {
        // One that does not read says more by its exit code.
        let _ = child.stdin.take().map(|mut it| it.write_all(&document));
        let _ = done.send(child.wait());
    });
    match wait.recv_timeout(DEADLINE) {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("{program} ended with {status}")),
        Ok(Err(error)) => Err(format!("{program} could not be waited for: {error}")),
        Err(_) => {
            crate::workflow::audit::remote::end(id);
            Err(format!(
                "{program} did not end within {} s",
                DEADLINE.as_secs()
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook_at(address: &str) -> Result<Hook, String> {
        hook(&Notify {
            webhook: Some(address.into()),
            ..Notify::default()
        })
    }

    #[test]
    fn no_address_is_taken_that_is_not_sealed() {
        for address in [
            "https://a.example/x",
            "http://127.0.0.1:1/",
            "http://localhost/",
        ] {
            assert!(hook_at(address).is_ok(), "{address}");
        }
        for address in [
            "http://a.example/",
            "http://127.0.0.1.example/",
            "ftp://localhost.x/",
            "s3cr3t",
        ] {
            let told = hook_at(address).err().unwrap();
            assert!(!told.contains(address), "{told}");
        }
    }

    #[test]
    fn what_is_not_set_is_told_by_its_name() {
        let said = Notify {
            webhook_env: Some("COUNTERSIGN_NO_SUCH_VARIABLE".into()),
            command: vec!["true".into()],
            ..Notify::default()
        };
        let channels = channels(&said);
        assert_eq!(channels.len(), 2);
        let Channel::Webhook(Err(told)) = &channels[0] else {
            panic!("an address from nowhere");
        };
        assert!(
            told.contains("COUNTERSIGN_NO_SUCH_VARIABLE is not set"),
            "{told}"
        );
    }
}
