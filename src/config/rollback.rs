//! `[rollback]`: what may be taken back without a person.

use serde::{Deserialize, Serialize};

use super::reader::Node;
use super::value::Value;
use crate::promotion::rollback::Mode;

/// What a repository says of rolling back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    /// What is done where no person asked for it.
    pub mode: Mode,
    /// Whether anything goes on without a person.
    pub enabled: bool,
    /// How many within 24 hours without a person.
    pub per_day: usize,
    /// Seconds that a claim holds without a word.
    pub claim: u64,
    /// Globs of modules and files that a revert does not take back.
    pub irreversible: Vec<String>,
}

impl Default for Rollback {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            enabled: true,
            per_day: 3,
            claim: 600,
            irreversible: Vec::new(),
        }
    }
}

/// Reads the section.
pub(super) fn read(node: &Node) -> Rollback {
    let mut said = Rollback::default();
    if let Some(mode) = node.get("mode").and_then(Value::text) {
        said.mode = Mode::named(&mode).unwrap_or(said.mode);
    }
    if let Some(Value::Bool(enabled)) = node.get("enabled") {
        said.enabled = enabled;
    }
    if let Some(Value::Number(many)) = node.get("per_day") {
        said.per_day = many as usize;
    }
    if let Some(Value::Seconds(seconds)) = node.get("claim") {
        said.claim = seconds;
    }
    if let Some(globs) = node.get("irreversible").and_then(Value::texts) {
        said.irreversible = globs;
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::project::parse;

    #[test]
    fn what_is_said_counts() {
        assert_eq!(parse("", "f").unwrap().rollback, Rollback::default());
        let text = "[rollback]\nmode = \"auto\"\nenabled = false\nper_day = 0\nclaim = \"90s\"\n\
                    irreversible = [\"core/a\"]\n";
        let said = parse(text, "f").unwrap().rollback;
        assert_eq!(
            said,
            Rollback {
                mode: Mode::Auto,
                enabled: false,
                per_day: 0,
                claim: 90,
                irreversible: vec!["core/a".into()],
            }
        );
        for wrong in ["mode = \"now\"", "claim = \"2d\"", "irreversible = [\"[\"]"] {
            assert!(
                parse(&format!("[rollback]\n{wrong}\n"), "f").is_err(),
                "{wrong}"
            );
        }
    }
}
