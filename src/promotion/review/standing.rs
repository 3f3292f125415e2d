//! Which decisions still hold, and whether a module is signed off.
//!
//! A decision was made for exact content, evidence and rules. Where any of them
//! differs now it is stale: not wrong, but about something else.

mod reason;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::{RepoPath, sha256::Sha256};
use super::decision::{Repository, Subject};
use super::rules::seat;
use super::{Checklist, Decision, Predicate, Role, Rules, Statement, Verb};
pub use reason::{Reason, reasons};

/// A decision whose signature was checked, from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Where in the log it is.
    pub position: u64,
    /// What it is about.
    pub subject: Subject,
    /// What it says.
    pub decision: Decision,
    /// Why it counts for nothing though its signature is good: its key was
    /// compromised, say. In words.
    pub void: Option<String>,
}

impl Signed {
    /// The digest of the statement: by it others name the decision.
    pub fn digest(&self) -> Result<Sha256, serde_json::Error> {
        let predicate = Predicate::Decision(Box::new(self.decision.clone()));
        let statement = Statement::of(self.subject.clone(), predicate);
        statement.digest()
    }
}

/// Somebody of the keyring, as known at the base commit.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Person {
    /// Their line or lines of the keyring.
    pub entries: Vec<Sha256>,
    /// E-mail addresses, in lower case.
    pub emails: Vec<String>,
    /// Their account at the forge, in lower case.
    pub account: Option<String>,
}

/// What decisions are held against.
#[derive(Clone, Debug)]
pub struct Now<'a> {
    /// The module and its digests.
    pub subject: &'a Subject,
    /// The gate report's core; `None` where Gate 1 has not ended.
    pub gate_report: Option<Sha256>,
    /// The policy at the base commit.
    pub policy: Sha256,
    /// The repository.
    pub repository: &'a Repository,
    /// Decisions from before this time are too old, in seconds since 1970 UTC;
    /// `None` where the policy sets no limit.
    pub since: Option<i64>,
    /// The pull request.
    pub pull_request: Option<u64>,
    /// The branch it is to go to.
    pub base_ref: &'a str,
    /// Where it would be.
    pub to: &'a RepoPath,
    /// True where the ethics gate applies.
    pub ethics_applies: bool,
    /// Where what is looked at has the rules otherwise than the base branch, in words:
    /// its gates were run by rules that nobody merged.
    pub departures: &'a [String],
    /// What each role is asked; who decides in one that is not here is asked nothing.
    pub checklists: &'a BTreeMap<Role, Checklist>,
    /// The keyring's persons, by principal.
    pub people: &'a BTreeMap<String, Person>,
    /// Who made the change: author, committer, co-author, opener. E-mail
    /// addresses and accounts, in lower case.
    pub authors: &'a [String],
}

/// What became of one person's last word in one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct State {
    /// Who.
    pub principal: String,
    /// In which role.
    pub role: Role,
    /// What.
    pub decision: Verb,
    /// Where in the log.
    pub position: u64,
    /// Why it does not count; empty where it does.
    pub reasons: Vec<Reason>,
}

impl State {
    /// True where it counts.
    pub fn holds(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// Whether a module is signed off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignOff {
    /// Everybody's last word in each role, in the order of the log.
    pub states: Vec<State>,
    /// What is missing, in words; empty where it is signed off.
    pub missing: Vec<String>,
}

impl SignOff {
    /// True where nothing is missing.
    pub fn holds(&self) -> bool {
        self.missing.is_empty()
    }

    /// The approvals that count.
    fn approvals(&self) -> impl Iterator<Item = &State> {
        let approvals = self.states.iter();
        approvals.filter(|it| it.decision == Verb::Approve && it.holds())
    }

    /// The first of several approvals is there, in words; `None` before it and after the last.
    pub fn begun(&self) -> Option<String> {
        if self.holds() {
            return None;
        }
        let approved = self.approvals().next().is_some();
        approved.then(|| format!("{} so far", self.approved()))
    }

    /// Who approved, and as what, in words.
    pub fn approved(&self) -> String {
        let names = self.approvals();
        let names: Vec<_> = names
            .map(|it| format!("{} ({})", it.principal, it.role))
            .collect();
        format!("approved by {}", names.join(", "))
    }
}

/// Holds the decisions about one module against what is there now. `decisions`
/// are in the order of the log; those about other modules are passed over.
pub fn sign_off(decisions: &[Signed], rules: &Rules, now: &Now<'_>) -> SignOff {
    // With the position of the newest word of theirs.
    let mut last: BTreeMap<(&str, Role), (State, u64)> = BTreeMap::new();
    let here = decisions
        .iter()
        .filter(|it| it.subject.name == now.subject.name);
    for signed in here {
        let decision = &signed.decision;
        let word = State {
            principal: decision.principal.clone(),
            role: decision.role,
            decision: decision.decision,
            position: signed.position,
            reasons: reasons(signed, now),
        };
        let by = (decision.principal.as_str(), decision.role);
        match last.get_mut(&by) {
            // Held back, or put into the log once more: whoever signed it had not said
            // the newer one yet. Only to reject is possible at any time.
            Some((_, newest)) if word.decision != Verb::Reject && decision.seen.size <= *newest => {
            }
            // A rejection that holds is taken back by what holds, and by nothing else.
            Some((before, newest))
                if before.decision == Verb::Reject && before.holds() && !word.holds() =>
            {
                *newest = word.position;
            }
            _ => {
                last.insert(by, (word, signed.position));
            }
        }
    }
    let mut states: Vec<State> = last.into_values().map(|(state, _)| state).collect();
    states.sort_by_key(|state| state.position);
    let missing = missing(&states, rules, now.ethics_applies);
    SignOff { states, missing }
}

/// What a sign-off lacks, in words; empty where nothing.
pub fn missing(states: &[State], rules: &Rules, ethics_applies: bool) -> Vec<String> {
    let mut missing: Vec<String> = states
        .iter()
        .filter(|state| state.decision == Verb::Reject && state.holds())
        .map(|state| format!("rejected by {} ({})", state.principal, state.role))
        .collect();
    let open = Open::of(states, rules, ethics_applies);
    for role in &open.roles {
        let of_role = |state: &&State| state.role == *role && state.decision == Verb::Approve;
        let stale = states.iter().filter(of_role).filter(|it| !it.holds());
        let stale: Vec<_> = stale
            .map(|state| format!("that of {} is stale", state.principal))
            .collect();
        let double = states.iter().filter(of_role).any(State::holds);
        let why = match (double, stale.is_empty()) {
            (true, _) => " by somebody who signs in no other role".to_owned(),
            (false, true) => String::new(),
            (false, false) => format!(" ({})", stale.join(", ")),
        };
        missing.push(format!("an approval as {role}{why}"));
    }
    // Where a role lacks somebody, that says it already.
    if missing.is_empty() && open.persons < rules.approvals {
        missing.push(format!(
            "approvals by {} persons: there are {}",
            rules.approvals, open.persons
        ));
    }
    missing
}

/// What approvals leave open.
struct Open {
    /// The roles that lack somebody, once for each.
    roles: Vec<Role>,
    /// How many persons approved.
    persons: usize,
}

impl Open {
    fn of(states: &[State], rules: &Rules, ethics_applies: bool) -> Self {
        let approvals: Vec<&State> = states
            .iter()
            .filter(|state| state.decision == Verb::Approve && state.holds())
            .collect();
        let mut persons: Vec<&str> = approvals.iter().map(|it| it.principal.as_str()).collect();
        persons.sort_unstable();
        persons.dedup();
        // Also of roles that approve nothing: who demands one of those gets no sign-off.
        let seats: Vec<Role> = Role::ALL
            .into_iter()
            .flat_map(|role| std::iter::repeat_n(role, rules.needed(role, ethics_applies)))
            .collect();
        let fits: Vec<Vec<usize>> = seats
            .iter()
            .map(|role| {
                let may = |person: &&str| {
                    approvals
                        .iter()
                        .any(|it| it.role == *role && it.principal == **person)
                };
                (0..persons.len()).filter(|at| may(&persons[*at])).collect()
            })
            .collect();
        let taken = seat(&fits).into_iter();
        let open = seats.iter().zip(taken).filter(|(_, taken)| taken.is_none());
        Self {
            roles: open.map(|(role, _)| *role).collect(),
            persons: persons.len(),
        }
    }
}

/// True where an approval by that person in that role would bring a sign-off nearer.
pub fn is_wanted(
    off: &SignOff,
    rules: &Rules,
    ethics_applies: bool,
    principal: &str,
    role: Role,
) -> bool {
    let is_it = |it: &State| it.principal == principal && it.role == role;
    let mut states = off.states.clone();
    let before = Open::of(&states, rules, ethics_applies);
    states.retain(|it| !is_it(it));
    states.push(State {
        principal: principal.to_owned(),
        role,
        decision: Verb::Approve,
        position: u64::MAX,
        reasons: Vec::new(),
    });
    let after = Open::of(&states, rules, ethics_applies);
    let short = before.persons < rules.approvals && after.persons > before.persons;
    after.roles.len() < before.roles.len() || before.roles.is_empty() && short
}
