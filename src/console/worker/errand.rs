//! What is done once a person has read it. Exactly what was read is done, or nothing.

use std::sync::{Arc, Mutex};

use super::{Worker, lock, pull_request};
use crate::console::effect::Doing;
use crate::console::event::{Generation, Message};
use crate::console::model::errand::{Kind, Told};

/// What the worker keeps for the errand that is shown.
#[derive(Clone, Default)]
pub(super) struct Errands {
    /// What is read: that very one is done, and once.
    ready: Arc<Mutex<Option<(Generation, Ready)>>>,
}

/// All that it takes to do what was read.
enum Ready {
    PullRequest(Box<pull_request::Ready>),
}

impl Worker {
    pub(super) fn errand(&mut self, doing: Doing) {
        let place = self.errands.ready.clone();
        match doing {
            Doing::Read {
                generation,
                kind: Kind::PullRequest,
                module,
                branch,
            } => {
                let source = self.source.clone();
                self.blocking(move |ws, job| {
                    let read = pull_request::read(&source, ws, &module, branch.as_deref());
                    let result = read.map(|(sheet, ready)| {
                        let ready = ready.map(|it| Ready::PullRequest(Box::new(it)));
                        keep(&place, generation, ready);
                        Box::new(sheet)
                    });
                    let told = Told::Read(result);
                    job.send(Message::Errand { generation, told });
                });
            }
            Doing::Go { generation } => self.blocking(move |_, job| {
                let ready = {
                    let mut kept = lock(&place);
                    // Taken away: what was confirmed once is done once.
                    let fits = kept.as_ref().is_some_and(|(of, _)| *of == generation);
                    fits.then(|| kept.take()).flatten()
                };
                let outcome = match ready {
                    Some((_, Ready::PullRequest(ready))) => pull_request::send(&ready),
                    None => pull_request::gone(),
                };
                let told = Told::Ended(Box::new(outcome));
                job.send(Message::Errand { generation, told });
            }),
        }
    }
}

/// Keeps what was made ready, unless something newer was meanwhile.
fn keep(place: &Mutex<Option<(Generation, Ready)>>, generation: Generation, ready: Option<Ready>) {
    let mut kept = lock(place);
    if kept.as_ref().is_none_or(|(of, _)| *of < generation) {
        *kept = ready.map(|ready| (generation, ready));
    }
}
