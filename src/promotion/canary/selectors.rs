//! Which series are the canary's and which the base's: label matchers, put in place of
//! `$arm` in a query.
//!
//! ```text
//! http_requests_total{job="api", $arm, code=~"5.."}
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a query takes the matchers.
const PLACE: &str = "$arm";

/// Why a query or matchers cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// Both arms would be asked for the same.
    #[error("{0}: the query has no $arm. Write it among the labels: up{{job=\"api\", $arm}}")]
    NoPlace(String),
    /// Something else than matchers, which could change what the query means.
    #[error("{0}: these are no label matchers. Write them as version=\"2\", pod=~\"api-.*\"")]
    NoMatchers(String),
    /// One arm is compared with itself.
    #[error("{0}: canary and base have the same matchers")]
    Same(String),
}

/// Matchers of labels: `version="2", pod=~"api-.*"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matchers(String);

impl Matchers {
    /// Reads them. At least one; nothing but matchers.
    pub fn new(text: &str) -> Result<Self, SelectorError> {
        let mut parts = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (matcher, after) =
                matcher(rest).ok_or_else(|| SelectorError::NoMatchers(text.to_owned()))?;
            parts.push(matcher);
            rest = match after.trim_start() {
                "" => "",
                more => more
                    .strip_prefix(',')
                    .map(str::trim_start)
                    .ok_or_else(|| SelectorError::NoMatchers(text.to_owned()))?,
            };
        }
        match parts.is_empty() {
            true => Err(SelectorError::NoMatchers(text.to_owned())),
            false => Ok(Self(parts.join(","))),
        }
    }
}

impl fmt::Display for Matchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first matcher, without spaces outside its value, and what follows it.
fn matcher(text: &str) -> Option<(String, &str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !is_name(c))?;
    let (name, rest) = text.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_start();
    let operator = ["=~", "!~", "!=", "="]
        .into_iter()
        .find(|it| rest.starts_with(it))?;
    let rest = rest[operator.len()..].trim_start();
    let inside = rest.strip_prefix('"')?;
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return None,
            '"' => {
                let value = &inside[..at];
                return Some((format!("{name}{operator}\"{value}\""), &inside[at + 1..]));
            }
            _ => {}
        }
    }
    None
}

/// The matchers of both arms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arms {
    /// The canary's.
    pub canary: Matchers,
    /// The base's.
    pub base: Matchers,
}

impl Arms {
    /// Reads both.
    pub fn new(canary: &str, base: &str) -> Result<Self, SelectorError> {
        let (canary, base) = (Matchers::new(canary)?, Matchers::new(base)?);
        match canary == base {
            true => Err(SelectorError::Same(canary.0)),
            false => Ok(Self { canary, base }),
        }
    }
}

/// A query with a place for an arm's matchers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template(String);

impl Template {
    /// Takes a query that has at least one.
    pub fn new(query: &str) -> Result<Self, SelectorError> {
        match query.contains(PLACE) {
            true => Ok(Self(query.trim().to_owned())),
            false => Err(SelectorError::NoPlace(query.to_owned())),
        }
    }

    /// The query as it was written.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The query for that arm.
    pub fn of(&self, arm: &Matchers) -> String {
        self.0.replace(PLACE, &arm.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_put_in_their_place() {
        let arms = Arms::new(r#"version = "2" , pod=~"a,\"}b""#, r#"version!="2""#).unwrap();
        let query = Template::new(r#"sum(x{job="api",$arm}) / sum(y{$arm})"#).unwrap();
        assert_eq!(
            query.of(&arms.canary),
            r#"sum(x{job="api",version="2",pod=~"a,\"}b"}) / sum(y{version="2",pod=~"a,\"}b"})"#
        );
        assert!(query.of(&arms.base).contains(r#"{version!="2"}"#));
    }

    #[test]
    fn nothing_else_passes_for_matchers() {
        for bad in [
            "",
            "version",
            "version=2",
            "version=\"2",
            "version=\"2\\\"",
            "2=\"x\"",
            "=\"x\"",
            "a=\"b\"} or vector(0) #",
            "a=\"b\" c=\"d\"",
            "a==\"b\"",
            "a=\"b\nc\"",
            "a='b'",
        ] {
            assert!(Matchers::new(bad).is_err(), "{bad}");
        }
        assert!(Template::new("up").is_err());
        assert!(Arms::new("a=\"b\"", " a = \"b\" ").is_err());
    }
}
