//! `[notify]`: who is told of a rollback, and how.

use serde::{Deserialize, Serialize};

use super::reader::{Node, Reader, nearest};
use super::value::Value;
use crate::promotion::rollback::State;

/// What a repository says of telling people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// Where a document is posted to.
    pub webhook: Option<String>,
    /// The variable that holds that address.
    pub webhook_env: Option<String>,
    /// The variable that holds a token for it.
    pub token_env: Option<String>,
    /// A program and its arguments; empty: none.
    pub command: Vec<String>,
    /// Whether the terminal's bell rings.
    pub bell: bool,
    /// What is told.
    pub states: Vec<State>,
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            webhook: None,
            webhook_env: None,
            token_env: None,
            command: Vec::new(),
            bell: false,
            states: vec![
                State::Decided,
                State::AwaitingMerge,
                State::NeedsHuman,
                State::Frozen,
                State::Reverted,
                State::RolledBack,
            ],
        }
    }
}

/// Reads the section.
pub(super) fn read(node: &Node, reader: &mut Reader) -> Notify {
    let mut said = Notify {
        webhook: node.get("webhook").and_then(Value::text),
        ..Notify::default()
    };
    let mut variable = |key: &str| {
        let found = node.keys.get(key)?;
        let name = found.value.clone().text()?;
        if is_variable(&name) {
            return Some(name);
        }
        let message = format!("`{name}` is no name of an environment variable");
        let help = "write the variable's name here, never what it holds";
        reader.refuse(found.span.clone(), message, help);
        None
    };
    said.webhook_env = variable("webhook_env");
    said.token_env = variable("token_env");
    said.command = node
        .get("command")
        .and_then(Value::texts)
        .unwrap_or_default();
    if let Some(Value::Bool(bell)) = node.get("bell") {
        said.bell = bell;
    }
    if let Some(found) = node.keys.get("states") {
        let words = found.value.clone().texts().unwrap_or_default();
        said.states.clear();
        for word in words {
            match State::named(&word) {
                Some(state) => said.states.push(state),
                None => {
                    let near = nearest(&word, State::ALL.iter().map(|it| it.word()));
                    let near = near.map(|it| format!("; did you mean `{it}`?"));
                    let message = format!("unknown state `{word}`{}", near.unwrap_or_default());
                    let all: Vec<_> = State::ALL.iter().map(|it| it.word()).collect();
                    let help = format!("there are: {}", all.join(", "));
                    reader.refuse(found.span.clone(), message, help);
                }
            }
        }
    }
    said
}

fn is_variable(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.len() <= 100 && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::project::parse;

    #[test]
    fn what_is_said_counts() {
        assert_eq!(parse("", "f").unwrap().notify, Notify::default());
        let text = "[notify]\nwebhook = \"https://a\"\nwebhook_env = \"HOOK\"\ntoken_env = \"T\"\n\
                    command = [\"say\"]\nbell = true\nstates = [\"needs-human\"]\n";
        let said = parse(text, "f").unwrap().notify;
        assert_eq!(said.states, [State::NeedsHuman]);
        assert_eq!(said.command, ["say"]);
        assert!(said.bell && said.webhook_env.is_some() && said.token_env.is_some());
    }

    #[test]
    fn a_token_in_the_place_of_a_name_is_refused_and_a_wrong_state_told() {
        let told = |text: &str| {
            let text = format!("[notify]\n{text}\n");
            parse(&text, "f").unwrap_err().to_string()
        };
        assert!(told("token_env = \"ghp-x.y\"").contains("no name of an environment variable"));
        assert!(told("states = [\"reverte\"]").contains("did you mean `reverted`?"));
    }
}
