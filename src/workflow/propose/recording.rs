//! That it was proposed, in the audit log, signed by its owner.

use std::collections::BTreeMap;
use std::path::Path;

use crate::promotion::review::decision::RecordKind;
use crate::promotion::text::visible;
use crate::workflow::audit::Appended;
use crate::workflow::record::{self, Facts};
use crate::workflow::sign_off::{self, Ask, Desk, Key, SignOffError};

use super::{Sitting, Written};

/// The key a proposal would be recorded with, or why there is none.
pub struct Recorder {
    desk: Desk,
    /// The key.
    pub key: Key,
}

impl Sitting {
    /// Looks for a key of an owner: the one that is named, else one at hand.
    pub fn recorder(&self, named: Option<&Path>) -> Result<Recorder, SignOffError> {
        let desk = Desk::open(&self.ws)?;
        let keys = sign_off::keys(&self.ws, &desk.authority, named)?;
        let key = record::key_for(&keys, RecordKind::Proposal).cloned();
        let key = key.ok_or_else(|| {
            SignOffError::NoKey(format!(
                "no key at hand may sign as owner by the keyring of {} ({})",
                desk.authority.base_ref, desk.authority.keyring_path
            ))
        })?;
        Ok(Recorder { desk, key })
    }

    /// Signs that this was proposed, and appends it.
    pub fn record(
        &self,
        recorder: &Recorder,
        written: &Written,
        ask: Ask,
    ) -> Result<Appended, SignOffError> {
        let module = &self.proposal.module;
        let subject = record::subject(&self.ws, written.commit, module, module)?;
        let subject = subject.ok_or_else(|| {
            SignOffError::NotAllowed(format!("{module} is not on {}", written.branch))
        })?;
        let mut facts = BTreeMap::new();
        let outcome = format!("proposed on {}", visible(&written.branch));
        facts.insert("branch".to_owned(), written.branch.clone());
        facts.insert("outcome".to_owned(), outcome);
        if let Some((digest, true)) = &self.proposal.evidenced.report {
            facts.insert("gate-report".to_owned(), format!("sha256:{digest}"));
        }
        let facts = Facts {
            kind: RecordKind::Proposal,
            subject,
            to: self.proposal.target.clone(),
            head: written.commit,
            pull_request: None,
            commit: Some(written.commit),
            facts,
            note: String::new(),
        };
        record::append(&self.ws, &recorder.desk, facts, &recorder.key, ask)
    }
}
