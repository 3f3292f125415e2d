//! Taking back what was merged: how far it has come, and what is to be done next. Pure.
//!
//! Nothing of this is stored but as signed records in the audit log: [`Rollback`] is what
//! they say together, [`next`] what follows from that and from what was just seen.
//!
//! ```text
//! decided → claimed → prepared → reverted → hotfix branched → re-validating → rolled back
//!                        │ ├→ awaiting merge (a protected branch) ─┐
//!                        │ └→ needs human (a conflict) ────────────┤ once the base branch
//!                        └→ frozen (cannot be taken back so) ──────┘ holds it: reverted
//! ```

mod cause;
mod next;
mod story;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use cause::{Cause, Frozen};
pub use next::{Sight, Step, Wait, next};
pub use story::{
    Claim, Decided, Entry, Gates, How, Logged, Open, Prepared, Reverted, Rollback, TOLD, words,
};

/// How far a rollback has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is to be, and why is frozen.
    Decided,
    /// Somebody carries it out, for a while.
    Claimed,
    /// The commit that takes it back is known.
    Prepared,
    /// The base branch takes no push: a person merges it.
    AwaitingMerge,
    /// It conflicts with what came since. Nothing was pushed.
    NeedsHuman,
    /// The policy says that this cannot be taken back by a revert.
    Frozen,
    /// The base branch is as if it had never been promoted.
    Reverted,
    /// There is a branch on which the fix goes.
    HotfixBranched,
    /// Gate 1 runs on that branch.
    #[serde(rename = "re-validating")]
    Revalidating,
    /// All of it is done.
    RolledBack,
}

impl State {
    /// All of them, in the order they come.
    pub const ALL: [Self; 10] = [
        Self::Decided,
        Self::Claimed,
        Self::Prepared,
        Self::AwaitingMerge,
        Self::NeedsHuman,
        Self::Frozen,
        Self::Reverted,
        Self::HotfixBranched,
        Self::Revalidating,
        Self::RolledBack,
    ];

    /// The word in records, files and options.
    pub fn word(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::Claimed => "claimed",
            Self::Prepared => "prepared",
            Self::AwaitingMerge => "awaiting-merge",
            Self::NeedsHuman => "needs-human",
            Self::Frozen => "frozen",
            Self::Reverted => "reverted",
            Self::HotfixBranched => "hotfix-branched",
            Self::Revalidating => "re-validating",
            Self::RolledBack => "rolled-back",
        }
    }

    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::AwaitingMerge => "awaiting merge",
            Self::NeedsHuman => "needs human",
            Self::HotfixBranched => "hotfix branched",
            Self::RolledBack => "rolled back",
            other => other.word(),
        }
    }

    /// The state of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// True from where on the base branch is as it was.
    pub fn is_back(self) -> bool {
        self >= Self::Reverted
    }

    /// True where a record of it says nothing without a commit.
    pub fn has_result(self) -> bool {
        !matches!(self, Self::Claimed | Self::NeedsHuman | Self::Frozen)
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.words())
    }
}

/// What a cause that no person spoke out may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Take it back.
    Auto,
    /// Decide, tell, and wait for a person.
    #[default]
    Propose,
    /// Nothing.
    Hold,
}

impl Mode {
    /// The words, as they stand in `countersign.toml`.
    pub const WORDS: [&'static str; 3] = ["auto", "propose", "hold"];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Propose => "propose",
            Self::Hold => "hold",
        }
    }

    /// The mode of that word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Auto, Self::Propose, Self::Hold]
            .into_iter()
            .find(|it| it.word() == word)
    }
}

/// The five things a screen shows of a rollback, each with how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is done.
    Done,
    /// It is the next one.
    Now,
    /// It waits for a person.
    Person,
    /// It comes later.
    Later,
}

impl Mark {
    /// The sign for it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Done => "✓",
            Self::Now => "▸",
            Self::Person => "!",
            Self::Later => "·",
        }
    }
}

/// What a screen shows of a rollback that has come so far: decided, claimed, revert,
/// hotfix, re-validate.
pub fn marks(state: State) -> [(Mark, &'static str); 5] {
    let done = match state {
        State::Decided => 1,
        State::Claimed
        | State::Prepared
        | State::AwaitingMerge
        | State::NeedsHuman
        | State::Frozen => 2,
        State::Reverted => 3,
        State::HotfixBranched | State::Revalidating => 4,
        State::RolledBack => 5,
    };
    let person = matches!(
        state,
        State::AwaitingMerge | State::NeedsHuman | State::Frozen
    );
    let names = ["decided", "claimed", "revert", "hotfix", "re-validate"];
    let mut at = 0;
    names.map(|name| {
        at += 1;
        let mark = match at {
            n if n <= done => Mark::Done,
            n if n == done + 1 && person => Mark::Person,
            n if n == done + 1 => Mark::Now,
            _ => Mark::Later,
        };
        (mark, name)
    })
}

/// The same in one line: `✓ decided ✓ claimed ▸ revert · hotfix · re-validate`.
pub fn line(state: State) -> String {
    let each = marks(state).map(|(mark, name)| format!("{} {name}", mark.sign()));
    each.join(" ")
}
