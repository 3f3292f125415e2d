//! The wizard's work: what is asked is read, answers are kept, the branch is written.

use std::sync::{Arc, Mutex};

use super::{Worker, lock};
use crate::console::effect::Proposing;
use crate::console::event::{Generation, Message, Planned, Told};
use crate::console::model::wizard::{Opened, Outcome};
use crate::promotion::RepoPath;
use crate::promotion::proposal::Answers;
use crate::workflow::Workspace;
use crate::workflow::propose::{Ask, Plan, ProposeError, Sitting, Written};
use crate::workflow::sign_off;

/// What the worker keeps for the wizard that is open.
#[derive(Clone, Default)]
pub(super) struct Proposals {
    /// The proposal that is shown: that very one is written.
    shown: Arc<Mutex<Option<Arc<Shown>>>>,
    /// The number of the newest answers that were kept or judged: older ones stay away.
    newest: Arc<Mutex<u64>>,
    next: u64,
}

struct Shown {
    generation: Generation,
    sitting: Sitting,
    /// What was written, to be recorded.
    written: Mutex<Option<Written>>,
}

impl Worker {
    pub(super) fn propose(&mut self, proposing: Proposing) {
        match proposing {
            Proposing::Open {
                generation,
                module,
                branch,
            } => self.open_proposal(generation, module, branch),
            Proposing::Keep {
                generation,
                answers,
            } => self.look(generation, *answers, true),
            Proposing::Judge {
                generation,
                answers,
            } => self.look(generation, *answers, false),
            Proposing::Plan {
                generation,
                answers,
            } => {
                let shown = self.shown_proposal(generation);
                self.blocking(move |_, job| {
                    let told = Told::Planned(planned(shown.as_deref(), &answers));
                    job.send(Message::Proposal { generation, told });
                });
            }
            Proposing::Write { generation, plan } => {
                let shown = self.shown_proposal(generation);
                // What was kept is forgotten now: nothing older may come after.
                self.proposals.next += 1;
                *lock(&self.proposals.newest) = self.proposals.next;
                self.blocking(move |_, job| {
                    let outcome = Box::new(written(shown.as_deref(), &plan));
                    let told = Told::Written(outcome);
                    job.send(Message::Proposal { generation, told });
                });
            }
        }
    }

    /// What records it; for a thread that may wait for a person.
    pub fn record(
        &mut self,
        generation: Generation,
    ) -> impl FnOnce() -> Result<u64, String> + Send + use<> {
        let shown = self.shown_proposal(generation);
        move || {
            let shown = shown.ok_or_else(gone)?;
            let written = lock(&shown.written).clone().ok_or_else(gone)?;
            let words = |error: sign_off::SignOffError| error.to_string();
            let recorder = shown.sitting.recorder(None).map_err(words)?;
            let ask = sign_off::Ask::Terminal;
            let appended = shown.sitting.record(&recorder, &written, ask);
            Ok(appended.map_err(words)?.position)
        }
    }

    fn shown_proposal(&self, generation: Generation) -> Option<Arc<Shown>> {
        let shown = lock(&self.proposals.shown).clone();
        shown.filter(|it| it.generation == generation)
    }

    fn open_proposal(&mut self, generation: Generation, module: RepoPath, branch: Option<String>) {
        let place = self.proposals.shown.clone();
        self.blocking(move |ws, job| {
            let result = match sit(&ws, &module, branch) {
                Ok(sitting) => {
                    let opened = opened(&sitting);
                    let mut shown = lock(&place);
                    if shown.as_ref().is_none_or(|it| it.generation < generation) {
                        *shown = Some(Arc::new(Shown {
                            generation,
                            sitting,
                            written: Mutex::default(),
                        }));
                    }
                    Ok(Box::new(opened))
                }
                Err(why) => Err(why),
            };
            let told = Told::Opened(result);
            job.send(Message::Proposal { generation, told });
        });
    }

    /// Has the gates look at answers, which are kept first.
    fn look(&mut self, generation: Generation, answers: Answers, keep: bool) {
        self.proposals.next += 1;
        let (number, newest) = (self.proposals.next, self.proposals.newest.clone());
        let Some(shown) = self.shown_proposal(generation) else {
            return;
        };
        self.blocking(move |_, job| {
            // One at a time: of two the newer stays.
            let mut newest = lock(&newest);
            if *newest > number {
                return;
            }
            *newest = number;
            let kept = match (keep, answers.is_empty()) {
                (false, _) => Ok(()),
                (true, true) => shown.sitting.forget(),
                (true, false) => shown.sitting.keep(&answers),
            };
            if let Err(error) = kept {
                job.send(Message::Notice(format!(
                    "answers are not kept should this be interrupted: {error}"
                )));
            }
            match shown.sitting.judge(&answers) {
                Ok(judged) => {
                    let told = Told::Judged(judged);
                    job.send(Message::Proposal { generation, told });
                }
                Err(error) => job.send(Message::Notice(error.to_string())),
            }
        });
    }
}

fn gone() -> String {
    "what is shown was read again meanwhile: look at it again".to_owned()
}

fn sit(ws: &Workspace, module: &RepoPath, branch: Option<String>) -> Result<Sitting, String> {
    let tree = ws.modules().map_err(|error| error.to_string())?;
    let mut ids = tree.ids();
    let id = ids.find(|id| tree.get(*id).is_some_and(|it| it.path == *module));
    let id = id.ok_or_else(|| format!("{module} is not there any more"))?;
    let ask = Ask { date: None, branch };
    Sitting::open(ws, &tree, id, ask).map_err(|error| error.to_string())
}

fn opened(sitting: &Sitting) -> Opened {
    let (answers, since) = sitting.draft().unwrap_or_default();
    Opened {
        proposal: sitting.proposal.clone(),
        branch: sitting.branch.clone(),
        start: sitting.start_words.clone(),
        answers,
        since,
    }
}

fn planned(shown: Option<&Shown>, answers: &Answers) -> Planned {
    let Some(shown) = shown else {
        return Planned::Not(gone());
    };
    match shown.sitting.plan(answers) {
        Ok(plan) => Planned::Ready(Box::new(plan)),
        Err(ProposeError::Taken(branch)) => Planned::Taken(branch),
        Err(error) => Planned::Not(error.to_string()),
    }
}

fn written(shown: Option<&Shown>, plan: &Plan) -> Outcome {
    let Some(shown) = shown else {
        return Outcome::Not(gone());
    };
    let written = match shown.sitting.write(plan) {
        Ok(written) => written,
        Err(error) => return Outcome::Not(error.to_string()),
    };
    let recorder = shown.sitting.recorder(None);
    let outcome = Outcome::Written {
        branch: written.branch.clone(),
        commit: written.commit.short(),
        next: written.next.clone(),
        recorder: match recorder {
            Ok(recorder) => Ok(recorder.key.principal),
            Err(why) => Err(why.to_string()),
        },
        recorded: None,
    };
    *lock(&shown.written) = Some(written);
    outcome
}
