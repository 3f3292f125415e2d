//! What a person read, kept on this machine.

use std::sync::{Arc, Mutex};

use super::{Job, Worker, lock};
use crate::console::event::Message;
use crate::promotion::reading::{Jot, Reading};
use crate::workflow::Workspace;
use crate::workflow::drawer::Drawer;

/// The document's name.
const NAME: &str = "reading";

/// What is still to be written, in the order in which it was done.
#[derive(Clone, Default)]
pub(super) struct Keeping {
    waiting: Arc<Mutex<Vec<Jot>>>,
    /// Held by who writes; found once.
    drawer: Arc<Mutex<Option<Drawer>>>,
}

impl Worker {
    pub(super) fn jot(&mut self, jot: Jot) {
        let keeping = self.keeping.clone();
        lock(&keeping.waiting).push(jot);
        self.blocking(move |ws, job| keeping.write(&ws, job));
    }

    pub(super) fn read_what_was_read(&mut self) {
        let keeping = self.keeping.clone();
        self.blocking(move |ws, job| {
            let mut drawer = lock(&keeping.drawer);
            let read = found(&mut drawer, &ws).and_then(|drawer| {
                let read = drawer.read::<Reading>(NAME);
                read.map_err(|error| error.to_string())
            });
            let (reading, why) = match read {
                Ok((reading, aside)) => (reading, aside.map(|it| it.to_string())),
                Err(why) => (Reading::default(), Some(why)),
            };
            job.send(Message::Reading(Box::new(reading)));
            if let Some(why) = why {
                job.send(Message::Notice(format!(
                    "what you viewed and noted in diffs: {why}"
                )));
            }
        });
    }
}

impl Keeping {
    /// Writes all that waits: what was done later is never written before.
    fn write(&self, ws: &Workspace, job: &Job) {
        let mut drawer = lock(&self.drawer);
        let jots = std::mem::take(&mut *lock(&self.waiting));
        if jots.is_empty() {
            return;
        }
        let done = found(&mut drawer, ws).and_then(|drawer| {
            let change = |reading: &mut Reading| jots.iter().for_each(|jot| reading.take(jot));
            let done = drawer.change(NAME, change);
            done.map_err(|error| format!("it is not kept for the next time: {error}"))
        });
        let why = match done {
            Ok(aside) => aside.map(|it| it.to_string()),
            Err(why) => Some(why),
        };
        if let Some(why) = why {
            job.send(Message::Notice(format!("what you did in the diff: {why}")));
        }
    }
}

fn found<'a>(drawer: &'a mut Option<Drawer>, ws: &Workspace) -> Result<&'a Drawer, String> {
    match drawer {
        Some(drawer) => Ok(drawer),
        None => Ok(drawer.insert(Drawer::of(ws).map_err(|error| error.to_string())?)),
    }
}
