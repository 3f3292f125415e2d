//! `[sign_off]`: who has to sign, and where keyring, checklists and log are.

use serde::{Deserialize, Serialize};

use super::reader::{Found, Node, Reader};
use super::value::Value;
use crate::promotion::review::{Role, Rules};
use crate::promotion::{RepoPath, text};

/// The keyring, where nothing else is said.
pub const KEYRING: &str = ".countersign/keyring";
/// The directory of checklists, where nothing else is said.
pub const CHECKLISTS: &str = ".countersign/checklists";
/// The branch of the audit log, where nothing else is said.
pub const BRANCH: &str = "promotion-audit";

/// Seconds in a day.
const DAY: u64 = 86_400;
/// Characters of a repository's name at most: it stands in every statement.
const LONGEST_NAME: usize = 100;

/// What a repository says of sign-off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    /// How many have to sign, and as what.
    pub rules: Rules,
    /// Days that an approval counts; `None`: as long as nothing changes.
    pub valid_days: Option<u32>,
    /// The keyring.
    pub keyring: RepoPath,
    /// The directory of the repository's own checklists.
    pub checklists: RepoPath,
    /// The branch of the audit log, without `refs/heads/`.
    pub branch: String,
    /// The remote it is shared over; `None`: none.
    pub remote: Option<String>,
    /// What people call the repository; `None`: the name of its directory.
    pub repository: Option<String>,
}

impl Default for SignOff {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            valid_days: None,
            keyring: KEYRING.into(),
            checklists: CHECKLISTS.into(),
            branch: BRANCH.into(),
            remote: None,
            repository: None,
        }
    }
}

/// Reads the section.
pub(super) fn read(node: &Node, reader: &mut Reader) -> SignOff {
    let mut said = SignOff::default();
    if let Some(Value::Number(approvals)) = node.get("approvals") {
        said.rules.approvals = approvals as usize;
    }
    let roles = node.section("roles").into_iter().flat_map(|it| &it.keys);
    for (name, found) in roles {
        if let (Some(role), Value::Number(many)) = (Role::named(name), &found.value) {
            said.rules.roles.insert(role, *many as usize);
        }
    }
    said.valid_days = node.keys.get("valid").and_then(|it| days(it, reader));
    let path = |key: &str| node.get(key).and_then(Value::path);
    said.keyring = path("keyring").unwrap_or(said.keyring);
    said.checklists = path("checklists").unwrap_or(said.checklists);
    let mut word = |key: &str, what: &str, fits: fn(&str) -> bool| {
        let found = node.keys.get(key)?;
        let word = found.value.clone().text()?;
        if fits(&word) {
            return Some(word);
        }
        let message = format!("`{word}` is no name for {what}");
        reader.refuse(found.span.clone(), message, "");
        None
    };
    said.branch = word("branch", "a branch", is_branch).unwrap_or(said.branch);
    said.remote = word("remote", "a remote", is_remote);
    said.repository = word("repository", "a repository", is_name);
    said
}

/// Whole days; a clock that is an hour wrong should change nothing.
fn days(found: &Found, reader: &mut Reader) -> Option<u32> {
    let Value::Seconds(seconds) = found.value else {
        return None;
    };
    if seconds % DAY != 0 {
        let help = "write, for example: valid = \"90d\"";
        reader.refuse(found.span.clone(), "this must be whole days", help);
        return None;
    }
    u32::try_from(seconds / DAY).ok()
}

/// What git takes for a branch, and no program for an option.
fn is_branch(name: &str) -> bool {
    !name.starts_with('-') && git2::Reference::is_valid_name(&format!("refs/heads/{name}"))
}

/// The name of a remote, and not the place of one: that is each clone's own.
pub(super) fn is_remote(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.starts_with('-')
        && name.chars().all(plain)
        && git2::Reference::is_valid_name(&format!("refs/remotes/{name}/x"))
}

fn is_name(name: &str) -> bool {
    name.chars().count() <= LONGEST_NAME && !name.chars().any(text::is_hostile)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::project::parse;

    fn said(text: &str) -> SignOff {
        parse(&format!("[sign_off]\n{text}"), "f").unwrap().sign_off
    }

    #[test]
    fn what_is_not_said_is_the_guides() {
        let said = said("");
        assert_eq!(said, SignOff::default());
        assert_eq!(said.rules, Rules::default());
        assert_eq!(said.keyring, ".countersign/keyring".into());
        assert_eq!(said.branch, "promotion-audit");
        assert_eq!((said.remote, said.valid_days), (None, None));
    }

    #[test]
    fn roles_that_are_not_named_stay_as_they_are() {
        let said = said("approvals = 3\nvalid = \"90d\"\n[sign_off.roles]\ntech = 2\nethics = 0\n");
        assert_eq!(said.rules.approvals, 3);
        assert_eq!(said.rules.needed(Role::Tech, true), 2);
        assert_eq!(said.rules.needed(Role::Security, true), 1);
        assert_eq!(said.rules.needed(Role::Ethics, true), 0);
        assert_eq!(said.valid_days, Some(90));
    }

    #[test]
    fn what_would_weaken_it_by_accident_is_refused() {
        for (line, words) in [
            ("approvals = 0", "from 1 to 99"),
            ("approvals = 2.5", "a whole number"),
            ("approvals = -1", "a whole number"),
            ("approvals = 100", "a whole number"),
            ("valid = \"36h\"", "whole days"),
            ("valid = 0", "between a second"),
            ("keyring = \"../keyring\"", "does not stay within"),
            ("keyring = \".git/keyring\"", "does not stay within"),
            ("branch = \"--force\"", "no name for a branch"),
            ("branch = \"a..b\"", "no name for a branch"),
            ("branch = \"a b\"", "no name for a branch"),
            ("remote = \"--upload-pack=x\"", "no name for a remote"),
            ("remote = \"https://example.org/x\"", "no name for a remote"),
            ("remote = \"ext::sh -c x\"", "no name for a remote"),
            ("repository = \"a\\nb\"", "no name for a repository"),
            ("roles = 3", "is a section"),
            ("[sign_off.roles]\nowner = 1", "unknown key `owner`"),
            ("[sign_off.roles]\nautomation = 1", "unknown key"),
            ("aprovals = 1", "did you mean `approvals`"),
        ] {
            let file = format!("[sign_off]\n{line}\n");
            let told = match parse(&file, "f") {
                Ok(config) => panic!("{line}: accepted: {:?}", config.sign_off),
                Err(error) => error.to_string(),
            };
            assert!(told.contains(words), "{line}: {told}");
        }
    }
}
