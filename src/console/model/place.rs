//! Where one is: what moving changes, and nothing else does.

use super::review::Step;
use super::wizard::Step as Filling;
use super::{Model, Overlay, Screen, errand};

impl Model {
    /// Selections and scroll positions of whatever is on top; the same twice where a motion
    /// between did nothing.
    pub fn place(&self) -> Vec<usize> {
        match self.overlay {
            Some(Overlay::Help(top) | Overlay::Messages(top)) => return vec![top],
            None => {}
        }
        if let Some(choice) = &self.choice {
            return vec![choice.row.at];
        }
        if let Some(errand) = &self.errand {
            return match errand.stage {
                errand::Stage::Sheet(_, top) => vec![top],
                _ => Vec::new(),
            };
        }
        match &self.screen {
            Screen::Dashboard => {
                let dashboard = &self.dashboard;
                vec![dashboard.selected, dashboard.rows.len()]
            }
            Screen::Module(view) => {
                if let Some(writing) = &view.writing {
                    return vec![writing.note.text().len(), writing.note.at()];
                }
                let mut place = vec![view.pane as usize];
                if let Some(raw) = &view.raw {
                    place.extend([raw.top, raw.left]);
                    return place;
                }
                place.extend([view.gate, view.focus as usize, view.finding.at]);
                place.extend([view.coverage.row.at, view.coverage.unfolded.len()]);
                place.extend(view.coverage.line.map(|line| line as usize));
                place.extend([view.benchmarks.row.at, view.impact.row.at]);
                place.extend([view.facts_top, view.decision.at]);
                place.extend(view.diff.iter().flat_map(|diff| diff.at()));
                place
            }
            Screen::Review(view) => match (&view.writing, &view.step) {
                (Some(writing), _) => vec![writing.note.text().len(), writing.note.at()],
                (None, Step::Choose(chosen, top)) => {
                    vec![*top, chosen.map_or(0, |verb| verb as usize + 1)]
                }
                (None, Step::Text(top)) => vec![*top],
                (None, _) => vec![view.row.at, view.top, view.gate],
            },
            Screen::Wizard(view) => match (&view.writing, &view.step) {
                (Some(writing), _) => vec![writing.note.text().len(), writing.note.at()],
                (None, Filling::Text(top) | Filling::Commit(_, top)) => vec![*top],
                (None, _) => vec![view.row.at, view.top],
            },
            Screen::Audit(view) => match &view.opened {
                Some(opened) => vec![opened.top],
                None => vec![view.row.at, view.rows.len()],
            },
            Screen::Canary(view) => {
                let order = view.order.as_ref().map_or(0, |it| it.choice + 1);
                let mut place = vec![view.row.at, view.rows.len(), order];
                let opened = view.opened.iter();
                place.extend(opened.flat_map(|it| [it.signal.at + 1, it.top]));
                place
            }
        }
    }
}
