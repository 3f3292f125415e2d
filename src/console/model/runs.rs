//! Runs of gates: the one at work and those that wait.

use std::collections::VecDeque;

use crate::console::event::Millis;
use crate::console::text;
use crate::promotion::{GateEvent, GateEventKind, GateId, GateStatus, ModuleId, RepoPath};

/// How far one gate of a run is.
#[derive(Clone, Debug, PartialEq)]
pub struct GateProgress {
    /// The gate.
    pub gate: GateId,
    /// Queued, running, or how it ended.
    pub status: GateStatus,
    /// When it was started.
    pub started: Option<Millis>,
    /// When it ended.
    pub ended: Option<Millis>,
    /// How long its tools took, in milliseconds.
    pub took: u64,
    /// Its evidence was there already.
    pub cached: bool,
    /// Its numbers on one line; safe to show.
    pub summary: String,
}

/// One run of the gates on one module.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its number.
    pub number: u64,
    /// The module; `None` once the modules were read anew and may differ: what
    /// gates say of the one that was checked is then no news of the one shown.
    pub module: Option<ModuleId>,
    /// Its path.
    pub path: RepoPath,
    /// When it was started.
    pub started: Millis,
    /// When it was over.
    pub ended: Option<Millis>,
    /// What is being made ready, and how far; safe to show.
    pub preparing: Option<(String, Option<f32>)>,
    /// Gate by gate, in the order of the pipeline.
    pub gates: Vec<GateProgress>,
    /// The last line a tool wrote, and which; safe to show.
    pub last_line: Option<(GateId, String)>,
    /// A person asked to end it.
    pub cancelled: bool,
    /// Why it could not be done.
    pub problem: Option<String>,
}

impl Run {
    /// One that begins, with these gates queued.
    pub fn new(
        number: u64,
        module: Option<ModuleId>,
        path: RepoPath,
        started: Millis,
        gates: impl Iterator<Item = GateId>,
    ) -> Self {
        let queued = |gate| GateProgress {
            gate,
            status: GateStatus::Queued,
            started: None,
            ended: None,
            took: 0,
            cached: false,
            summary: String::new(),
        };
        Self {
            number,
            module,
            path,
            started,
            ended: None,
            preparing: None,
            gates: gates.map(queued).collect(),
            last_line: None,
            cancelled: false,
            problem: None,
        }
    }

    /// Takes what happened to its gates.
    pub fn take(&mut self, at: Millis, event: &GateEvent) {
        let mut gates = self.gates.iter_mut();
        let gate = gates.find(|it| Some(&it.gate) == event.gate.as_ref());
        match (&event.kind, gate) {
            (GateEventKind::Preparing { what, done }, _) => {
                self.preparing = Some((text::safe(what).into_owned(), *done));
            }
            (GateEventKind::Queued, Some(gate)) => gate.status = GateStatus::Queued,
            (GateEventKind::Started { .. }, gate) => {
                self.preparing = None;
                if let Some(gate) = gate {
                    gate.status = GateStatus::Running;
                    gate.started.get_or_insert(at);
                }
            }
            (GateEventKind::Output(line), _) => {
                if let Some(gate) = &event.gate {
                    let line = text::safe(line.trim_end()).into_owned();
                    self.last_line = Some((gate.clone(), line));
                }
            }
            (GateEventKind::Finished { evidence, cached }, Some(gate)) => {
                gate.status = evidence.status();
                gate.started.get_or_insert(at);
                gate.ended = Some(at);
                gate.took = evidence.duration_ms;
                gate.cached = *cached;
                gate.summary = text::safe(&evidence.summary).into_owned();
                // It is not what happens now any more.
                let gone = &gate.gate;
                self.last_line = self.last_line.take().filter(|(of, _)| of != gone);
            }
            (GateEventKind::Queued | GateEventKind::Finished { .. }, None) => {}
            (GateEventKind::Done, _) => {}
        }
    }

    /// How many gates are done.
    pub fn done(&self) -> usize {
        self.gates.iter().filter(|g| g.ended.is_some()).count()
    }

    /// How many gates stand so.
    pub fn count(&self, status: GateStatus) -> usize {
        self.gates.iter().filter(|g| g.status == status).count()
    }
}

/// Runs of gates: one at a time, so that their times mean something.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// The current run, or the last one.
    pub current: Option<Run>,
    /// What waits for it to end.
    pub waiting: VecDeque<ModuleId>,
    /// True where the panel is hidden.
    pub hidden: bool,
    last: u64,
}

impl Runs {
    /// True while gates are at work.
    pub fn is_running(&self) -> bool {
        self.current.as_ref().is_some_and(|r| r.ended.is_none())
    }

    /// The current run, if it is that one.
    pub fn run(&mut self, number: u64) -> Option<&mut Run> {
        self.current.as_mut().filter(|r| r.number == number)
    }

    /// A number no earlier run has.
    pub fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// True where that module's gates run or wait.
    pub fn concerns(&self, id: ModuleId) -> bool {
        self.waiting.contains(&id)
            || (self.is_running() && self.current.as_ref().is_some_and(|r| r.module == Some(id)))
    }

    /// The modules were read anew: those that wait have new numbers, or are gone.
    pub fn renumber(&mut self, number: impl Fn(ModuleId) -> Option<ModuleId>) {
        self.waiting = self.waiting.iter().filter_map(|id| number(*id)).collect();
        if let Some(run) = &mut self.current {
            run.module = None;
        }
    }
}
