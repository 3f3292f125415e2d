//! What can go wrong with a forge. No error holds an address or a token: both may say
//! more than a screen should show.

use std::time::Duration;

use serde::Deserialize;

/// Why a forge did not do, or did not tell.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// No token for that host.
    #[error(
        "there is no token for {host}: log in with gh auth login --hostname {host}, or set {variable}"
    )]
    NoToken {
        /// The host.
        host: String,
        /// What is read.
        variable: &'static str,
    },
    /// The token is none.
    #[error("{0} holds no token: it has blanks or characters that no token has")]
    BadToken(&'static str),
    /// Not an address to send a token to.
    #[error("[forge] api = {0:?} cannot be used: it must begin with https://")]
    BadApi(String),
    /// The token is not known there.
    #[error("{host} does not take the token: it is revoked, expired, or another host's")]
    Unauthorized {
        /// The host.
        host: String,
    },
    /// The token may not.
    #[error("{host} does not let this token {what}: {said}")]
    Forbidden {
        /// The host.
        host: String,
        /// What was asked.
        what: String,
        /// What it said.
        said: String,
    },
    /// Not there, or not for this token.
    #[error("{host} knows nothing there, or shows it to nobody with this token: {what}")]
    NotFound {
        /// The host.
        host: String,
        /// What was asked.
        what: String,
    },
    /// Too many requests, for longer than is waited.
    #[error(
        "{host} wants no more requests for {} s: it limits how many there may be. Nothing was \
         changed by this one; try again then",
        .wait.as_secs()
    )]
    Limited {
        /// The host.
        host: String,
        /// For how long.
        wait: Duration,
    },
    /// It said no.
    #[error("{host} refused to {what} ({status}): {said}")]
    Refused {
        /// The host.
        host: String,
        /// What was asked.
        what: String,
        /// The status of the answer.
        status: u16,
        /// What it said.
        said: String,
    },
    /// Points elsewhere.
    #[error(
        "{host} points to {to} for this ({what}), and nothing is sent there: did the repository \
         move? Set the address of the remote to its new place"
    )]
    Redirected {
        /// The host.
        host: String,
        /// The other host.
        to: String,
        /// What was asked.
        what: String,
    },
    /// Nothing was sent.
    #[error("{host} could not be reached: {why}")]
    Unreachable {
        /// The host.
        host: String,
        /// Why, without the address.
        why: String,
    },
    /// A read that failed.
    #[error("{host} did not answer ({what}): {why}")]
    NoAnswer {
        /// The host.
        host: String,
        /// What was asked.
        what: String,
        /// Why.
        why: String,
    },
    /// A write whose end is not known.
    #[error(
        "{host} did not say whether it did this ({what}): {why}. Nothing was sent twice; try again: \
         what is there already is looked for first"
    )]
    Unknown {
        /// The host.
        host: String,
        /// What was asked.
        what: String,
        /// Why.
        why: String,
    },
    /// An answer that is none.
    #[error("what {host} answered is not what was asked ({what}): {why}")]
    Shape {
        /// The host.
        host: String,
        /// What was asked.
        what: String,
        /// Why.
        why: String,
    },
    /// The state directory.
    #[error("what is about to be written cannot be noted in {}: {source}", path.display())]
    Intent {
        /// Where.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// This program could not be made ready to send.
    #[error("requests cannot be made here: {0}")]
    Setup(String),
}

impl ForgeError {
    /// True where a write may have been done all the same.
    pub fn is_unknown(&self) -> bool {
        // A shape that is not understood came with an answer that it was done.
        matches!(self, Self::Unknown { .. } | Self::Shape { .. })
    }

    /// True where GitHub's rules say no: a status 422.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { status: 422, .. })
    }

    /// True where a person has to change something first.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::NoToken { .. } | Self::BadToken(_) | Self::BadApi(_)
        )
    }
}

/// The words of an answer that says no. `errors` is a list of texts or of objects, or
/// missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    message: String,
    errors: Vec<Detail>,
    documentation_url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Detail {
    Text(String),
    Object {
        #[serde(default)]
        resource: String,
        #[serde(default)]
        field: Option<String>,
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: Option<String>,
    },
    Other(serde_json::Value),
}

/// How much of them is told.
const MOST: usize = 400;

impl Said {
    /// Reads them; what is no JSON says nothing.
    pub fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// In one line.
    pub fn words(&self) -> String {
        let details = self.errors.iter().map(|detail| match detail {
            Detail::Text(text) => text.clone(),
            Detail::Object {
                message: Some(message),
                ..
            } => message.clone(),
            Detail::Object {
                resource,
                field,
                code,
                ..
            } => {
                let field = field.as_deref().unwrap_or("");
                format!("{resource} {field} {code}")
            }
            Detail::Other(value) => value.to_string(),
        });
        let mut parts: Vec<String> = std::iter::once(self.message.clone())
            .chain(details)
            .filter(|it| !it.trim().is_empty())
            .collect();
        parts.dedup();
        match parts.is_empty() {
            true => "it does not say why".into(),
            false => parts.join(": ").chars().take(MOST).collect(),
        }
    }

    /// Whether it is about how many requests there were.
    pub fn is_limit(&self) -> bool {
        let message = self.message.to_lowercase();
        message.contains("rate limit")
            || message.contains("abuse detection")
            || self
                .documentation_url
                .as_deref()
                .is_some_and(|url| url.contains("rate-limit"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_may_be_texts_or_objects() {
        for (body, words) in [
            (
                r#"{"message":"Unprocessable Entity","errors":["Can not approve your own pull request"]}"#,
                "Unprocessable Entity: Can not approve your own pull request",
            ),
            (
                r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","code":"custom","message":"A pull request already exists for a:b."}]}"#,
                "Validation Failed: A pull request already exists for a:b.",
            ),
            (
                r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","field":"head","code":"invalid"}]}"#,
                "Validation Failed: PullRequest head invalid",
            ),
            (r#"{"message":"x","errors":[7]}"#, "x: 7"),
            ("<html>", "it does not say why"),
        ] {
            assert_eq!(Said::read(body.as_bytes()).words(), words);
        }
    }

    #[test]
    fn limits_are_told_from_refusals() {
        for (body, limit) in [
            (
                r#"{"message":"API rate limit exceeded for user ID 1."}"#,
                true,
            ),
            (
                r#"{"message":"You have exceeded a secondary rate limit."}"#,
                true,
            ),
            (
                r#"{"message":"Resource not accessible by personal access token"}"#,
                false,
            ),
        ] {
            assert_eq!(Said::read(body.as_bytes()).is_limit(), limit, "{body}");
        }
    }
}
