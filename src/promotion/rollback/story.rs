//! What the records of one rollback say together. Of two that contradict each other the
//! one that stands first in the log counts: whoever wrote the second had not seen it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Mode, State};
use crate::promotion::review::decision::{Record, RecordKind};
use crate::promotion::{ObjectId, RepoPath};

/// The word of a record that says who was told, and is no state.
pub const TOLD: &str = "told";

/// A record that counts, with its place in the log.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Where it stands.
    pub position: u64,
    /// It.
    pub record: &'a Record,
}

/// A rollback, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rollback {
    /// The promotion that is taken back, by its commit.
    pub promotion: ObjectId,
    /// Where the module was before it.
    pub from: RepoPath,
    /// Where the promotion brought it.
    pub to: RepoPath,
    /// How far it has come.
    pub state: State,
    /// What was decided.
    pub decided: Decided,
    /// Who carries it out.
    pub claim: Option<Claim>,
    /// The commit that takes it back.
    pub prepared: Option<Prepared>,
    /// The branch that a person merges, where the base branch takes no push.
    pub open: Option<Open>,
    /// What keeps it from going on by itself: paths that conflict.
    pub conflicts: Vec<String>,
    /// Why it needs a person, in words; empty where it does not.
    pub needs: String,
    /// How the base branch came to be as it was.
    pub reverted: Option<Reverted>,
    /// The branch for the fix.
    pub hotfix: Option<Open>,
    /// What Gate 1 says of that.
    pub gates: Option<Gates>,
    /// A person agreed to go on, where that was asked for.
    pub agreed: bool,
    /// The states that were told, by their words.
    pub told: Vec<String>,
    /// Every record, in the order of the log.
    pub steps: Vec<Logged>,
    /// What it waits for now, in words. Of the moment, and in no record.
    pub waits: Option<String>,
}

/// What was decided, and on what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// Where the log says so.
    pub position: u64,
    /// When, in Unix seconds by the signer's clock.
    pub at: i64,
    /// By whom.
    pub by: String,
    /// What they call the repository.
    pub repository: String,
    /// `by-hand` or `canary`.
    pub cause: String,
    /// Why, in words.
    pub why: String,
    /// What may be done about it without a person.
    pub mode: Mode,
    /// The commit of the base branch that brought the promotion.
    pub merge: ObjectId,
    /// What the promotion started from: the commit whose tree it is compared with.
    pub before: ObjectId,
    /// What it made of that.
    pub after: ObjectId,
    /// Everything that is frozen, by name.
    pub facts: BTreeMap<String, String>,
}

/// Who carries it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// What tells this claim from others: its holder has it on disk.
    pub nonce: String,
    /// Who signed it.
    pub by: String,
    /// Until when nobody else takes it over, in Unix seconds.
    pub until: i64,
}

/// The commit that takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prepared {
    /// It.
    pub commit: ObjectId,
    /// What it follows: the tip of the base branch then.
    pub base: ObjectId,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Open {
    /// Its name.
    pub branch: String,
    /// Its commit.
    pub commit: ObjectId,
}

/// How the base branch came to be as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Our commit went onto it.
    Pushed,
    /// A person did it: merged our branch, or reverted it by hand.
    ByPerson,
}

impl How {
    /// The word in records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pushed => "pushed",
            Self::ByPerson => "by-person",
        }
    }
}

/// That it is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reverted {
    /// The commit of the base branch since which it is so.
    pub commit: ObjectId,
    /// How that came.
    pub how: How,
    /// When the log was told, in Unix seconds by the signer's clock.
    pub at: i64,
}

/// What Gate 1 says of the branch for the fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gates {
    /// Whether it holds there.
    pub holds: bool,
    /// The gates that do not.
    pub failing: Vec<String>,
}

/// One record of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Logged {
    /// Where it stands.
    pub position: u64,
    /// Its state, or `told`.
    pub state: String,
    /// When, in Unix seconds by the signer's clock.
    pub at: i64,
    /// Who signed it.
    pub by: String,
}

impl Rollback {
    /// What the records say of the rollback of a promotion, which is named by its commit;
    /// `None` where nobody decided one. Records that count for nothing are left out before.
    pub fn of<'a>(
        entries: impl IntoIterator<Item = Entry<'a>>,
        promotion: ObjectId,
    ) -> Option<Self> {
        let id = promotion.to_string();
        let mut it: Option<Self> = None;
        for entry in entries {
            let record = entry.record;
            let own =
                record.kind == RecordKind::Rollback && record.facts.get("rollback") == Some(&id);
            match (&mut it, own) {
                (_, false) => {}
                (None, true) => it = Self::decided(entry, promotion),
                (Some(it), true) => it.add(entry),
            }
        }
        it
    }

    fn decided(entry: Entry<'_>, promotion: ObjectId) -> Option<Self> {
        let record = entry.record;
        let fact = |name: &str| record.facts.get(name).cloned();
        let commit = |name: &str| fact(name).and_then(|it| ObjectId::from_hex(&it));
        if fact("state")? != State::Decided.word() {
            return None;
        }
        let decided = Decided {
            position: entry.position,
            at: record.signed_at,
            by: record.principal.clone(),
            repository: record.repository.name.clone(),
            cause: fact("cause")?,
            why: fact("why")?,
            mode: Mode::named(&fact("mode")?)?,
            merge: record.commit?,
            before: commit("before")?,
            after: commit("after")?,
            facts: record.facts.clone(),
        };
        Some(Self {
            promotion,
            from: record.from.clone(),
            to: record.to.clone(),
            state: State::Decided,
            agreed: decided.mode == Mode::Auto || decided.cause == "by-hand",
            decided,
            claim: None,
            prepared: None,
            open: None,
            conflicts: Vec::new(),
            needs: String::new(),
            reverted: None,
            hotfix: None,
            gates: None,
            told: Vec::new(),
            steps: vec![logged(entry, State::Decided.word())],
            waits: None,
        })
    }

    fn add(&mut self, entry: Entry<'_>) {
        let record = entry.record;
        let fact = |name: &str| record.facts.get(name).map_or("", String::as_str);
        let word = fact("state");
        let state = State::named(word);
        let counts = match state {
            Some(State::Decided) => false,
            Some(State::Claimed) => self.claims(entry),
            None if word != TOLD => false,
            // Who was overtaken had not seen it.
            _ => self
                .claim
                .as_ref()
                .is_some_and(|it| it.nonce == fact("claim")),
        };
        if !counts || state.is_some_and(|state| !self.take(state, record)) {
            return;
        }
        if let (Some(claim), Ok(until)) = (&mut self.claim, fact("until").parse()) {
            claim.until = until;
        }
        self.agreed |= record.facts.contains_key("by-hand");
        for word in fact(TOLD).split_whitespace() {
            if !self.told.iter().any(|it| it == word) {
                self.told.push(word.to_owned());
            }
        }
        self.steps.push(logged(entry, word));
    }

    /// A claim counts where none is, where it is the same again, and where it says which
    /// one it takes over.
    fn claims(&mut self, entry: Entry<'_>) -> bool {
        let fact = |name: &str| entry.record.facts.get(name).map_or("", String::as_str);
        let nonce = fact("claim");
        let may = match &self.claim {
            None => true,
            Some(claim) => claim.nonce == nonce || claim.nonce == fact("over"),
        };
        if nonce.is_empty() || !may {
            return false;
        }
        self.claim = Some(Claim {
            nonce: nonce.to_owned(),
            by: entry.record.principal.clone(),
            until: entry.record.signed_at,
        });
        true
    }

    /// Takes over what a record of a state says; `false` where it comes too late.
    fn take(&mut self, state: State, record: &Record) -> bool {
        let fact = |name: &str| record.facts.get(name).cloned().unwrap_or_default();
        let commit = |name: &str| ObjectId::from_hex(&fact(name));
        let branch = || {
            Some(Open {
                branch: fact("branch"),
                commit: record.commit?,
            })
        };
        match state {
            State::Decided => return false,
            State::Claimed => {
                if self.state == State::Decided {
                    self.state = State::Claimed;
                }
                return true;
            }
            _ if state.is_back() != self.state.is_back() && state != State::Reverted => {
                return false;
            }
            State::Prepared => {
                let (Some(made), Some(base)) = (record.commit, commit("base")) else {
                    return false;
                };
                self.prepared = Some(Prepared { commit: made, base });
            }
            State::AwaitingMerge => self.open = branch(),
            State::NeedsHuman | State::Frozen => {
                self.conflicts = fact("files").lines().map(str::to_owned).collect();
            }
            State::Reverted if self.reverted.is_some() => return false,
            State::Reverted => {
                let Some(made) = record.commit else {
                    return false;
                };
                self.reverted = Some(Reverted {
                    commit: made,
                    how: match fact("how") == How::Pushed.word() {
                        true => How::Pushed,
                        false => How::ByPerson,
                    },
                    at: record.signed_at,
                });
            }
            State::HotfixBranched if self.hotfix.is_some() => return false,
            State::HotfixBranched => self.hotfix = branch(),
            State::Revalidating => {}
            State::RolledBack => {
                self.gates = Some(Gates {
                    holds: fact("gates") == "holds",
                    failing: fact("failing").lines().map(str::to_owned).collect(),
                });
            }
        }
        self.needs = match state {
            State::NeedsHuman | State::Frozen => fact("why"),
            _ => String::new(),
        };
        if !matches!(state, State::NeedsHuman | State::Frozen) {
            self.conflicts.clear();
        }
        self.state = state;
        true
    }

    /// True where the log says that a state was told.
    pub fn was_told(&self, state: State) -> bool {
        self.told.iter().any(|it| it == state.word())
    }

    /// The states that were reached, each once, in the order they came.
    pub fn reached(&self) -> Vec<State> {
        let mut reached = Vec::new();
        for state in self.steps.iter().filter_map(|it| State::named(&it.state)) {
            if !reached.contains(&state) {
                reached.push(state);
            }
        }
        reached
    }
}

fn logged(entry: Entry<'_>, word: &str) -> Logged {
    Logged {
        position: entry.position,
        state: word.to_owned(),
        at: entry.record.signed_at,
        by: entry.record.principal.clone(),
    }
}

/// What a record of a rollback says, by its facts, in a few words.
pub fn words(facts: &BTreeMap<String, String>) -> String {
    let fact = |name: &str| facts.get(name).map_or("", String::as_str);
    let state = State::named(fact("state"));
    let word = match state {
        Some(state) => state.words(),
        None => return format!("told of {}", fact(TOLD).replace(' ', ", ")),
    };
    let more = match state {
        Some(State::Decided | State::Frozen | State::NeedsHuman) => fact("why"),
        Some(State::Claimed) if facts.contains_key("over") => "taken over",
        Some(State::AwaitingMerge | State::HotfixBranched) => fact("branch"),
        Some(State::Reverted) if fact("how") == How::ByPerson.word() => "by a person",
        Some(State::RolledBack) if fact("gates") != "holds" => "Gate 1 does not hold for the fix",
        _ => "",
    };
    match more.lines().next() {
        Some(more) => format!("{word}, {more}"),
        None => word.to_owned(),
    }
}
