//! Keys on the gates of a module and on what they found.

use ratatui::layout::Rect;

use super::super::motion;
use super::super::reasons::elsewhere;
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::model::module::{Focus, ModuleView, Raw, ordered};
use crate::console::model::{Model, Screen};
use crate::promotion::{GateStatus, Novelty};

pub(super) fn act(model: &mut Model, action: Action, list: Rect) -> Vec<Effect> {
    let count = model.gates.len();
    let generation = model.next_generation();
    let Screen::Module(view) = &mut model.screen else {
        return Vec::new();
    };
    let states = model.catalog.states(view.id);
    let findings = view.evidence(states).map_or(0, |e| e.findings.len());
    let status = states.get(view.gate).map(|it| it.status);
    let height = list.height.saturating_sub(1) as usize;
    if let Some(rows) = motion(action, height.max(1)) {
        match view.focus {
            Focus::Gates => select_gate(view, rows, count),
            Focus::Findings => view.finding.step(rows, findings, height),
        }
        return Vec::new();
    }
    match action {
        Action::NextGate => select_gate(view, 1, count),
        Action::PreviousGate => select_gate(view, -1, count),
        Action::FocusLeft => view.focus = Focus::Gates,
        Action::FocusRight | Action::Enter if view.focus == Focus::Gates => {
            if findings > 0 {
                view.focus = Focus::Findings;
            } else if let Some(evidence) = view.evidence(states) {
                let words = match evidence.status().holds() {
                    true => "this gate found nothing",
                    false => "this gate names no single place",
                };
                let tools = !evidence.runs.is_empty();
                let key = model.key(Action::RawOutput);
                let more = format!("; {key} shows what its tools wrote");
                model.refuse(format!("{words}{}", if tools { &more } else { "" }));
            } else {
                let words = without_evidence(model, status);
                model.refuse(words);
            }
        }
        Action::FocusRight => {}
        Action::Enter | Action::Edit => {
            let target = view
                .evidence(states)
                .and_then(|e| ordered(e).get(view.finding.at).copied())
                .map(|f| (f.path.clone(), f.line, f.column, f.novelty));
            match target {
                Some((.., Novelty::Fixed)) => {
                    model.refuse(
                        "a fixed finding is in the baseline only: there is no line to open",
                    );
                }
                Some((path, line, column, _)) => {
                    return vec![Effect::Edit { path, line, column }];
                }
                None => model.refuse("there is no finding to open"),
            }
        }
        Action::RawOutput => match states.get(view.gate).and_then(|s| s.evidence.clone()) {
            Some(evidence) => {
                view.raw = Some(Raw {
                    generation,
                    lines: None,
                    top: 0,
                    left: 0,
                });
                return vec![Effect::Raw {
                    generation,
                    evidence,
                }];
            }
            None => {
                let words = without_evidence(model, status);
                model.refuse(words);
            }
        },
        _ => model.refuse(elsewhere(model, action)),
    }
    Vec::new()
}

/// Why a gate has nothing to show.
fn without_evidence(model: &Model, status: Option<GateStatus>) -> String {
    match status {
        Some(GateStatus::Queued) => "this gate waits for its turn: it found nothing yet".into(),
        Some(GateStatus::Running) => {
            "this gate is at work: what it finds comes when it ends".into()
        }
        _ => {
            let key = model.key(Action::ModuleCheck);
            format!("this gate was never run; {key} runs the gates")
        }
    }
}

fn select_gate(view: &mut ModuleView, rows: isize, count: usize) {
    let last = count.saturating_sub(1);
    let gate = view.gate.saturating_add_signed(rows).min(last);
    if gate != view.gate {
        view.gate = gate;
        view.finding = Default::default();
        view.focus = Focus::Gates;
    }
}
