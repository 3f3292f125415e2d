//! How a run of gates goes, on standard error: for a person one line that is
//! drawn anew, else a line for each event.

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use super::output::Output;
use crate::promotion::{Evidence, GateEvent, GateEventKind, GateId, GateStatus, RepoPath};

/// How often the line is drawn anew though nothing happens: time passes.
pub const EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// The view on one run.
pub struct Progress {
    total: usize,
    began: Instant,
    /// The modules that were begun.
    modules: BTreeMap<RepoPath, Begun>,
    /// Gates at work, the one begun last at the end.
    running: Vec<(RepoPath, GateId)>,
    preparing: String,
    told: HashSet<String>,
}

/// What is known of a module.
#[derive(Default)]
struct Begun {
    gates: usize,
    finished: usize,
    worst: Option<GateStatus>,
    done: bool,
}

impl Progress {
    /// Of a run on so many modules.
    pub fn of(total: usize) -> Self {
        Self {
            total,
            began: Instant::now(),
            modules: BTreeMap::new(),
            running: Vec::new(),
            preparing: String::new(),
            told: HashSet::new(),
        }
    }

    /// Takes in what happened, and tells it.
    pub fn tell(&mut self, event: &GateEvent, out: &mut Output) {
        let live = out.is_live();
        for line in self.take(event, live) {
            out.error_line(&line);
        }
        self.draw(out);
    }

    /// Draws the line anew.
    pub fn draw(&self, out: &mut Output) {
        if out.is_live() {
            out.status(&self.line());
        }
    }

    /// The lines that stay.
    fn take(&mut self, event: &GateEvent, live: bool) -> Vec<String> {
        let mut lines = Vec::new();
        let module = &event.module;
        let gate = event.gate.clone().unwrap_or(GateId::new(""));
        match &event.kind {
            GateEventKind::Preparing { what, .. } => {
                self.preparing.clone_from(what);
                if !live && self.told.insert(what.clone()) {
                    lines.push(what.clone());
                }
            }
            // What pip says while it installs: sent for the whole run.
            GateEventKind::Output(_) => {}
            GateEventKind::Queued => self.begun(module).gates += 1,
            GateEventKind::Started { .. } => {
                self.begun(module);
                let this = (module.clone(), gate);
                let line = format!("{module}  {:9} running", this.1);
                self.running.retain(|other| *other != this);
                self.running.push(this);
                if !live && self.told.insert(line.clone()) {
                    lines.push(line);
                }
            }
            GateEventKind::Finished { evidence, cached } => {
                self.running
                    .retain(|(m, g)| (m, g) != (module, &evidence.gate));
                let status = evidence.status();
                let begun = self.begun(module);
                begun.finished += 1;
                begun.gates += usize::from(*cached);
                begun.worst = begun.worst.max(Some(status));
                // Of many modules a person sees only what to look at.
                if !live || self.total == 1 || !status.holds() {
                    lines.push(finished(module, evidence, *cached));
                }
            }
            GateEventKind::Done => {
                let begun = self.begun(module);
                begun.done = true;
                let worst = begun.worst.unwrap_or(GateStatus::NeverRun);
                if self.total > 1 {
                    let (done, all) = (self.done(), self.total);
                    lines.push(format!("{module}  {worst} ({done} of {all} modules)"));
                }
            }
        }
        lines
    }

    fn begun(&mut self, module: &RepoPath) -> &mut Begun {
        self.modules.entry(module.clone()).or_default()
    }

    fn done(&self) -> usize {
        self.modules.values().filter(|begun| begun.done).count()
    }

    fn line(&self) -> String {
        let seconds = self.began.elapsed().as_secs();
        let elapsed = format!("{}:{:02}", seconds / 60, seconds % 60);
        let count = match self.total {
            1 => {
                let sum = |of: fn(&Begun) -> usize| self.modules.values().map(of).sum::<usize>();
                let (gates, done) = (sum(|it| it.gates), sum(|it| it.finished));
                let running = self.running.len();
                format!("{done}/{gates} gates, {running} running")
            }
            total => {
                let (done, begun) = (self.done(), self.modules.len());
                let (running, queued) = (begun - done, total.saturating_sub(begun));
                format!("{done}/{total} modules, {running} running, {queued} queued")
            }
        };
        let now = match self.running.last() {
            Some((module, gate)) => format!("{module} {gate}"),
            None => self.preparing.clone(),
        };
        format!("{elapsed}  {count}  {now}")
    }
}

fn finished(module: &RepoPath, evidence: &Evidence, cached: bool) -> String {
    let time = match cached {
        true => "unchanged".to_owned(),
        false => format!("{:.1} s", evidence.duration_ms as f64 / 1000.0),
    };
    let (gate, status) = (&evidence.gate, evidence.status());
    format!("{module}  {gate:9} {status}: {} ({time})", evidence.why())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(module: &str, kind: GateEventKind) -> GateEvent {
        GateEvent {
            module: module.into(),
            gate: Some(GateId::new("lint")),
            kind,
        }
    }

    fn started() -> GateEventKind {
        GateEventKind::Started {
            command: "ruff".into(),
        }
    }

    #[test]
    fn modules_are_counted_as_they_go_by() {
        let mut view = Progress::of(3);
        assert!(view.line().contains("0/3 modules, 0 running, 3 queued"));
        view.take(&event("c/a", GateEventKind::Queued), true);
        view.take(&event("c/b", started()), true);
        let line = view.line();
        assert!(line.contains("0/3 modules, 2 running, 1 queued"), "{line}");
        assert!(line.ends_with("c/b lint"), "{line}");
        let told = view.take(&event("c/a", GateEventKind::Done), true);
        assert_eq!(told, ["c/a  never run (1 of 3 modules)"]);
        assert!(view.line().contains("1/3 modules, 1 running, 1 queued"));
    }

    #[test]
    fn where_nobody_looks_a_line_stands_for_each_event_once() {
        let mut view = Progress::of(1);
        let mut tell = || view.take(&event("c/a", started()), false);
        assert_eq!(tell(), ["c/a  lint      running"]);
        assert!(tell().is_empty());
    }
}
