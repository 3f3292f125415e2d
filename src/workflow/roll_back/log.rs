//! A step's entry in the log, with what it changes.

use std::collections::BTreeMap;

use crate::promotion::ObjectId;
use crate::promotion::review::decision::RecordKind;
use crate::repo::RepoError;
use crate::repo::land::{LandError, Landing};
use crate::workflow::audit::{self, Addition, Along, Outcome, TogetherError};
use crate::workflow::record::{self, Facts};

use super::look::Seen;
use super::steps::Order;
use super::{RollBackError, killed};

/// What is said of a step, beside what is said of all.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// The state's word, or `told`.
    pub word: &'static str,
    /// The commit that came of it.
    pub commit: Option<ObjectId>,
    /// What else.
    pub facts: BTreeMap<String, String>,
    /// The branches that it moves.
    pub along: Vec<Along>,
}

impl Said {
    /// Of a state, with facts by name.
    pub fn of(
        word: &'static str,
        commit: Option<ObjectId>,
        facts: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let facts = facts.into_iter();
        Self {
            word,
            commit,
            facts: facts.map(|(name, said)| (name.to_owned(), said)).collect(),
            along: Vec::new(),
        }
    }

    /// The same, moving a branch.
    pub fn moving(mut self, along: Option<Along>) -> Self {
        self.along.extend(along);
        self
    }
}

impl From<TogetherError> for RollBackError {
    fn from(error: TogetherError) -> Self {
        match error {
            TogetherError::Audit(error) => error.into(),
            TogetherError::Unknown(why) => Self::Remote {
                remote: String::new(),
                why,
            },
        }
    }
}

/// Signs a step and appends it behind exactly the log that was seen, with what it moves.
pub(super) fn append(order: &Order<'_>, seen: &Seen, said: Said) -> Result<Outcome, RollBackError> {
    let Order { ws, promotion, .. } = order;
    let it = promotion;
    let at = |instant: &'static str| killed::at(said.word, instant);
    at("begun");
    let subject = record::subject(ws, it.head, &it.from, &it.from)?;
    let subject = subject.ok_or_else(|| RepoError::MissingObject {
        id: it.head,
        what: it.from.to_string(),
    })?;
    let mut facts = said.facts;
    facts.insert("rollback".into(), it.commit.to_string());
    facts.insert("state".into(), said.word.to_owned());
    let facts = Facts {
        kind: RecordKind::Rollback,
        subject,
        to: it.to.clone(),
        head: it.head,
        pull_request: None,
        commit: said.commit,
        facts,
        note: String::new(),
    };
    let (envelope, message) = record::sign(&seen.desk, facts, order.key, order.ask)?;
    at("signed");
    let addition = Addition {
        envelope: &envelope,
        message: &format!("{message}: {}", said.word),
        behind: seen.desk.log.tip,
        along: &said.along,
    };
    let land = |along: &Along| land(order, along);
    let outcome = audit::append_together::<RollBackError>(&seen.ground, &addition, &land, &at);
    match (outcome, &seen.ground.remote) {
        (Err(RollBackError::Remote { why, .. }), Some(remote)) => Err(RollBackError::Remote {
            remote: remote.clone(),
            why,
        }),
        (outcome, _) => outcome,
    }
}

/// Moves a branch here, with its work tree. `Ok(false)`: it is elsewhere by now.
fn land(order: &Order<'_>, along: &Along) -> Result<bool, RollBackError> {
    let repo = order.ws.repo();
    let short = along.reference.strip_prefix("refs/heads/");
    let landing = Landing::of(repo, short.unwrap_or(&along.reference))?;
    if landing.was != along.was {
        return Ok(false);
    }
    let message = format!("countersign: roll back {}", order.promotion.to);
    match landing.land(repo, along.to, &message) {
        Ok(()) => Ok(true),
        Err(LandError::Moved { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
