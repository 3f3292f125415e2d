//! What the log says of watching a promotion: verdicts, nights, what persons said, and
//! how it ended. Only what is signed counts, and of a person's word only a person's.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::promotion::ObjectId;
use crate::promotion::canary::smoke::{Night, Run, Schedule};
use crate::promotion::canary::{Action, Word};
use crate::promotion::review::Role;
use crate::promotion::review::decision::RecordKind;
use crate::workflow::audit::Recorded;
use crate::workflow::promote::Promotion;

/// The commit of the promotion that a record is about.
pub(super) const PROMOTION: &str = "promotion";
/// What a person said of the watch: one of [`Control`]'s words.
pub(super) const CONTROL: &str = "control";

/// A verdict that stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    /// Where.
    pub entry: u64,
    /// When was looked, in Unix seconds.
    pub at: i64,
    /// The word.
    pub word: Word,
    /// What it allows.
    pub action: Action,
    /// Why.
    pub why: String,
    /// The digest of what was seen.
    pub evidence: String,
    /// Who watched.
    pub watcher: String,
}

/// What a person said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// Where it stands.
    pub entry: u64,
    /// Who.
    pub by: String,
    /// Until when nothing is done, in Unix seconds.
    pub until: i64,
    /// Why.
    pub reason: String,
}

/// That a person has seen a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Acknowledged {
    /// Where it stands.
    pub entry: u64,
    /// Who.
    pub by: String,
    /// Which word.
    pub word: String,
    /// What they say of it.
    pub reason: String,
}

/// Something that a person said, whether it still holds or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heard {
    /// Where it stands.
    pub entry: u64,
    /// When it was signed, in Unix seconds.
    pub at: i64,
    /// Who.
    pub by: String,
    /// What.
    pub control: Control,
    /// Why.
    pub reason: String,
}

/// What persons can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// Nothing is done until then; it is looked at all the same.
    Pause,
    /// It goes on.
    Resume,
    /// The verdict was seen.
    Acknowledge,
}

impl Control {
    const ALL: [Self; 3] = [Self::Pause, Self::Resume, Self::Acknowledge];

    /// The word in the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Acknowledge => "acknowledge",
        }
    }
}

/// Everything that the log says of watching one promotion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// When the promotion was signed, in Unix seconds.
    pub promoted: Option<i64>,
    /// The verdicts, oldest first.
    pub verdicts: Vec<Verdicts>,
    /// The nights that were run.
    pub nights: Vec<Night>,
    /// All that persons said, oldest first.
    pub heard: Vec<Heard>,
    /// The last pause that was not lifted; it may be over.
    pub pause: Option<Pause>,
    /// The last word that was acknowledged.
    pub acknowledged: Option<Acknowledged>,
    /// Where it stands that it was watched to the end.
    pub completion: Option<u64>,
}

impl Said {
    /// Reads it. `schedule` says which night a run was in time for.
    pub fn of(records: &[Recorded], it: &Promotion, schedule: Schedule) -> Self {
        let mut said = Self::default();
        let own = records
            .iter()
            .filter(|record| record.void.is_none() && record.record.from == it.from);
        for recorded in own {
            let record = &recorded.record;
            let facts = Facts(&record.facts);
            match record.kind {
                RecordKind::Promotion if record.commit == Some(it.commit) => {
                    said.promoted = Some(record.signed_at);
                }
                _ if !facts.is_about(it.commit) => {}
                RecordKind::Smoke => {
                    if let Some(night) = facts.night()
                        && schedule.is_in_time(night.due, record.signed_at)
                        && said.nights.iter().all(|other| other.due != night.due)
                    {
                        said.nights.push(night);
                    }
                }
                RecordKind::Verdict if facts.is_control() && record.role != Role::Automation => {
                    said.control(&facts, recorded);
                }
                // A machine does not say what a person wants.
                RecordKind::Verdict if facts.is_control() => {}
                RecordKind::Verdict => {
                    said.verdicts.extend(facts.verdict(recorded.position));
                }
                RecordKind::Completion => said.completion = Some(recorded.position),
                _ => {}
            }
        }
        said
    }

    fn control(&mut self, facts: &Facts<'_>, recorded: &Recorded) {
        let text = |name: &str| facts.text(name).to_owned();
        let by = recorded.record.principal.clone();
        let word = facts.text(CONTROL);
        let Some(control) = Control::ALL.into_iter().find(|it| it.word() == word) else {
            return;
        };
        self.heard.push(Heard {
            entry: recorded.position,
            at: recorded.record.signed_at,
            by: by.clone(),
            control,
            reason: recorded.record.note.clone(),
        });
        match control {
            Control::Pause => {
                self.pause = facts.number("until").map(|until| Pause {
                    entry: recorded.position,
                    by,
                    until,
                    reason: recorded.record.note.clone(),
                });
            }
            Control::Resume => self.pause = None,
            Control::Acknowledge => {
                self.acknowledged = Some(Acknowledged {
                    entry: recorded.position,
                    by,
                    word: text("word"),
                    reason: recorded.record.note.clone(),
                });
            }
        }
    }
}

/// The facts of a record, read.
struct Facts<'a>(&'a BTreeMap<String, String>);

impl Facts<'_> {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.text(name).parse().ok()
    }

    /// A word as JSON has it.
    fn word<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.text(name).into()).ok()
    }

    fn is_control(&self) -> bool {
        self.0.contains_key(CONTROL)
    }

    fn is_about(&self, commit: ObjectId) -> bool {
        self.text(PROMOTION) == commit.to_string()
    }

    fn night(&self) -> Option<Night> {
        Some(Night {
            due: self.number("due")?,
            first: self.word::<Run>("first")?,
            again: self.word::<Run>("again")?,
            base: self.word::<Run>("base")?,
        })
    }

    fn verdict(&self, entry: u64) -> Option<Verdicts> {
        Some(Verdicts {
            entry,
            at: self.number("at")?,
            word: self.word("word")?,
            action: self.word("action")?,
            why: self.text("why").to_owned(),
            evidence: self.text("evidence").to_owned(),
            watcher: self.text("watcher").to_owned(),
        })
    }
}
