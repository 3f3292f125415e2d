//! What is known of sign-off: who is at hand, what waits for them, and how each
//! module stands. All of it is worked out elsewhere; nothing is decided here.

use std::collections::HashMap;

use super::canary::State;
use crate::promotion::RepoPath;
use crate::promotion::review::{Role, SignOff};
use crate::promotion::stage::Course;
use crate::workflow::promote::Promoted;

/// The person in front of the screen, as the keyring of the base branch knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtHand {
    /// Their one name.
    pub principal: String,
    /// What their key may sign; empty where no key of theirs is here.
    pub roles: Vec<Role>,
    /// Their key, for people; `None`: known by git's identity only.
    pub key: Option<String>,
}

/// What is known of sign-off.
#[derive(Clone, Debug, Default)]
pub struct Standings {
    /// True once it was read.
    pub known: bool,
    /// By module: only those that somebody decided on.
    pub of: HashMap<RepoPath, SignOff>,
    /// How far promotions have come, by module: only those that were begun.
    pub courses: HashMap<RepoPath, Course>,
    /// What waits for the person at hand and why, the most pressing first.
    pub waiting: Vec<(RepoPath, String)>,
    /// What was promoted and is not over, however far it has come.
    pub promoted: Vec<Promoted>,
    /// What is watched, or is being taken back, the worst first: by the log and what this
    /// machine knows.
    pub watched: Vec<(RepoPath, State)>,
    /// Who that is.
    pub at_hand: Option<AtHand>,
    /// Where there is no forge: the branch into which a person merges what was promoted.
    pub by_hand: Option<String>,
    /// Why nobody is, or why nothing is known, in words.
    pub why_not: Option<String>,
}

impl Standings {
    /// Why a module waits for the person at hand.
    pub fn waits(&self, module: &RepoPath) -> Option<&str> {
        let waiting = self.waiting.iter().find(|(path, _)| path == module);
        waiting.map(|(_, why)| why.as_str())
    }

    /// The approvals of a module of which some are there and some are missing, in words.
    pub fn begun(&self, module: &RepoPath) -> Option<String> {
        self.of.get(module)?.begun()
    }

    /// The promotion of a module that left its lane.
    pub fn left(&self, module: &RepoPath) -> Option<&Promoted> {
        let mut all = self.promoted.iter();
        all.find(|it| it.promotion.from == *module)
    }

    /// True where that is the person at hand.
    pub fn is_me(&self, principal: &str) -> bool {
        self.at_hand
            .as_ref()
            .is_some_and(|it| it.principal == principal)
    }
}
