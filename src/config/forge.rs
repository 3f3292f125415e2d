//! `[forge]`: where pull requests are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::reader::{Node, Reader};
use super::value::Value;

/// Which forge it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForgeKind {
    /// Told by the remote.
    #[default]
    Auto,
    /// GitHub, or GitHub Enterprise.
    GitHub,
    /// None.
    None,
}

/// What a repository says of its forge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forge {
    /// Which.
    pub kind: ForgeKind,
    /// Where its API answers; `None`: by the remote's host.
    pub api: Option<String>,
    /// The remote of promotion branches; `None`: `origin`.
    pub remote: Option<String>,
    /// Persons of the keyring, and their accounts: `name`, or `name#number`.
    pub reviewers: BTreeMap<String, String>,
}

/// Reads the section.
pub(super) fn read(node: &Node, reader: &mut Reader) -> Forge {
    let mut said = Forge::default();
    let word = |key: &str| node.get(key).and_then(Value::text);
    said.kind = match word("kind").as_deref() {
        Some("github") => ForgeKind::GitHub,
        Some("none") => ForgeKind::None,
        _ => ForgeKind::Auto,
    };
    said.api = word("api");
    if let Some(found) = node.keys.get("remote")
        && let Some(name) = found.value.clone().text()
    {
        match super::sign_off::is_remote(&name) {
            true => said.remote = Some(name),
            false => {
                let message = format!("`{name}` is no name for a remote");
                reader.refuse(found.span.clone(), message, "");
            }
        }
    }
    let entries = node
        .section("reviewers")
        .map_or(&[][..], |map| &map.entries);
    for (person, found) in entries {
        let (Some(name), Some(account)) = (person.value.clone().text(), found.value.clone().text())
        else {
            continue;
        };
        match is_account(&account) {
            true => {
                said.reviewers.insert(name, account);
            }
            false => {
                let message = format!("`{account}` is no account");
                let help =
                    "write its name without @, and its number if you know it: \"priya#1234\"";
                reader.refuse(found.span.clone(), message, help);
            }
        }
    }
    said
}

/// `name` or `name#number`.
fn is_account(account: &str) -> bool {
    let (name, number) = account.split_once('#').unwrap_or((account, "1"));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '[' | ']');
    !name.is_empty()
        && name.len() <= 100
        && name.chars().all(plain)
        && number.parse::<u64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::project::parse;

    #[test]
    fn it_is_read() {
        let text = "[forge]\nkind = \"github\"\napi = \"https://g.example/api/v3\"\nremote = \"up\"\n\
                    [forge.reviewers]\n\"priya@example.org\" = \"priya#12\"\njonas = \"jonas\"\n";
        let forge = parse(text, "f").unwrap().forge;
        assert_eq!(forge.kind, ForgeKind::GitHub);
        assert_eq!(forge.remote.as_deref(), Some("up"));
        assert_eq!(forge.reviewers["priya@example.org"], "priya#12");
        assert_eq!(parse("", "f").unwrap().forge, Forge::default());
    }

    #[test]
    fn what_is_no_account_or_remote_is_refused() {
        for (line, words) in [
            ("remote = \"--upload-pack=x\"", "no name for a remote"),
            ("kind = \"gitlab\"", "auto"),
            ("reviewers.x = \"@priya\"", "no account"),
            ("reviewers.x = \"priya#\"", "no account"),
            ("reviewers.x = \"priya#x\"", "no account"),
            ("token = \"ghp_x\"", "unknown key"),
        ] {
            let told = parse(&format!("[forge]\n{line}\n"), "f")
                .unwrap_err()
                .to_string();
            assert!(told.contains(words), "{line}: {told}");
        }
    }
}
