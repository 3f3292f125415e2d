//! What follows from a look: it is kept, written down where that is due, and done. Blocks.

use std::sync::Arc;

use super::board::Ground;
use super::join::{self, Stepped};
use super::look::Seen;
use super::record::{self, Pen, Written};
use super::{Journal, ObserveError, Standing};
use crate::promotion::canary::Action;
use crate::workflow::Workspace;
use crate::workflow::sign_off::{Ask, Key};

/// What is done about one promotion.
pub(super) struct Act {
    pub ws: Workspace,
    pub ground: Arc<Ground>,
    pub standing: Standing,
    /// Without one nothing is written and nothing is done.
    pub key: Option<Key>,
    /// Not even kept.
    pub dry_run: bool,
    pub watcher: String,
}

/// What was done, for those who are told.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Kinds of records, with where they stand.
    pub written: Vec<(&'static str, u64)>,
    /// What else, in words.
    pub said: Vec<(&'static str, String)>,
    /// How steps of a rollback ended.
    pub rollbacks: Vec<&'static str>,
    /// What could not be done, and why.
    pub failed: Vec<(&'static str, String)>,
}

impl Act {
    /// Does what follows from a look.
    pub fn follow(self, seen: Seen) -> Done {
        let mut done = Done::default();
        if let Err(error) = self.followed(&seen, &mut done) {
            done.failed.push(("follow", error.to_string()));
        }
        done
    }

    fn followed(&self, seen: &Seen, done: &mut Done) -> Result<(), ObserveError> {
        let verdict = &seen.verdict;
        let standing = &self.standing;
        let repository = self.ground.desk.authority.repository.id;
        if self.dry_run {
            let words = match verdict.action {
                Action::Hold => return Ok(()),
                Action::RollBack => "it would be taken back",
                Action::Complete => "it would be completed",
            };
            done.said.push(("dry run", words.into()));
            return Ok(());
        }
        let journal = Journal::of(repository, standing.promotion.commit)?;
        journal.keep(verdict)?;
        let (at, word, action) = (verdict.at, verdict.word, verdict.action);
        let decides = action != Action::Hold && standing.pause.is_none();
        // What takes long is done where something comes of it.
        if !decides && !record::is_due(&standing.recorded, at, word, action) {
            return Ok(());
        }
        let Some(key) = &self.key else {
            return Ok(());
        };
        let evidence = journal.keep_evidence(seen)?;
        let pen = Pen {
            ws: &self.ws,
            key,
            watcher: &self.watcher,
            ask: Ask::Nobody,
        };
        let (written, desk) = pen.verdict(standing, seen, evidence)?;
        note("verdict", &written, done);
        match action {
            Action::RollBack if decides => {
                let went = join::roll_back(&self.ws, &desk, standing, seen, evidence, key);
                stepped(went, done);
            }
            Action::Complete if decides => {
                let (written, _) = pen.completion(standing, seen, evidence)?;
                note("completion", &written, done);
                if let Written::Now(_) = written {
                    let module = standing.module();
                    let words = format!(
                        "for the transparency scorecard: countersign canary finish {module}"
                    );
                    done.said.push(("completed", words));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Goes on with a rollback that was begun.
    pub fn go_on(self) -> Done {
        let mut done = Done::default();
        if let Some(key) = &self.key {
            let went = join::go_on(&self.ws, &self.ground.desk, &self.standing, key);
            stepped(went, &mut done);
        }
        done
    }
}

fn stepped(went: Result<Stepped, ObserveError>, done: &mut Done) {
    match went {
        Ok(Stepped::On(words)) => {
            done.rollbacks.push("went on");
            done.said.push(("rollback", words));
        }
        Ok(Stepped::Refused(why)) => {
            done.rollbacks.push("refused");
            done.said.push(("no rollback", why));
        }
        Err(error) => {
            done.rollbacks.push("error");
            done.failed.push(("rollback", error.to_string()));
        }
    }
}

fn note(kind: &'static str, written: &Written, done: &mut Done) {
    if let Written::Now(appended) = written {
        done.written.push((kind, appended.position));
    }
}
