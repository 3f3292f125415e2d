//! In which capacity somebody signs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A role of the guide's second phase, or of what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Design, stability of the API, tests.
    Tech,
    /// Safety at run time, secrets, health of dependencies.
    Security,
    /// The ethics assessment, where it applies.
    Ethics,
    /// Answers for the module.
    Owner,
    /// Promotes what was signed off.
    Release,
    /// A machine: records what happened, and approves nothing.
    Automation,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Tech,
        Self::Security,
        Self::Ethics,
        Self::Owner,
        Self::Release,
        Self::Automation,
    ];

    /// The word for people, and in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tech => "tech",
            Self::Security => "security",
            Self::Ethics => "ethics",
            Self::Owner => "owner",
            Self::Release => "release",
            Self::Automation => "automation",
        }
    }

    /// The role of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// The namespace its signatures are made in, so that `ssh-keygen -Y verify
    /// -n` by itself refuses one made in another role (PROTOCOL.sshsig).
    pub fn namespace(self) -> &'static str {
        match self {
            Self::Tech => "promotion-tech-v1@countersign",
            Self::Security => "promotion-security-v1@countersign",
            Self::Ethics => "promotion-ethics-v1@countersign",
            Self::Owner => "promotion-owner-v1@countersign",
            Self::Release => "promotion-release-v1@countersign",
            Self::Automation => "promotion-automation-v1@countersign",
        }
    }

    /// The role of that namespace.
    pub fn of_namespace(namespace: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.namespace() == namespace)
    }

    /// True where it may say that somebody's key counts no longer.
    pub fn may_change_keys(self) -> bool {
        matches!(self, Self::Owner | Self::Release)
    }

    /// True where its approval counts towards signing off.
    pub fn is_reviewer(self) -> bool {
        matches!(self, Self::Tech | Self::Security | Self::Ethics)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_namespaces_are_one_to_one() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.word()), Some(role));
            assert_eq!(Role::of_namespace(role.namespace()), Some(role));
            assert_eq!(
                serde_json::to_string(&role).unwrap(),
                format!("\"{}\"", role.word())
            );
        }
        assert_eq!(Role::named("Tech"), None);
        assert_eq!(Role::of_namespace("file"), None);
        assert!(!Role::Automation.is_reviewer() && !Role::Owner.is_reviewer());
    }
}
