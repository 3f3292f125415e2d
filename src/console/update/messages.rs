//! What workers send back.

use std::sync::Arc;

use super::dashboard::{find_sought, rebuild};
use super::{audit, canary, choice, errand, impact, module, note, review, runs, session, wizard};
use crate::console::effect::Effect;
use crate::console::event::{Loading, Message, Told};
use crate::console::model::catalog::Catalog;
use crate::console::model::dashboard::{Entry, Sort};
use crate::console::model::{Level, Model, Screen};
use crate::console::text;
use crate::promotion::ModuleTree;

/// What is said while the repository is read once more.
pub(super) const AGAIN: &str = "reading the repository again";

/// Takes over modules that were read anew: other ones may have the old numbers.
fn replace(model: &mut Model, tree: Arc<ModuleTree>) {
    let same = *model.catalog.tree() == tree;
    let old = std::mem::replace(&mut model.catalog, Catalog::new(tree));
    if !same {
        let new = &model.catalog;
        model
            .runs
            .renumber(|id| old.module(id).and_then(|module| new.find(&module.path)));
        let selected = model.dashboard.module().and_then(|id| old.module(id));
        let gone = selected.filter(|module| new.find(&module.path).is_none());
        let gone = gone.map(|module| module.path.clone());
        model.dashboard.sought = gone.or(model.dashboard.sought.take());
        model
            .dashboard
            .renumber(|id| old.module(id).and_then(|module| new.find(&module.path)));
    }
    // What waits or runs is not read from the store: it keeps what it shows.
    let run = model.runs.current.as_ref().and_then(|run| run.module);
    let kept = model.runs.waiting.iter().copied().chain(run);
    let kept = kept.filter_map(|id| {
        let path = &model.catalog.module(id)?.path;
        Some((id, old.states(old.find(path)?).to_vec()))
    });
    let kept = kept.collect();
    model.catalog.set_states(kept);
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Tree { generation, result } if generation == model.load => {
            (model.loading, model.turning) = (false, false);
            match result {
                Ok(tree) => {
                    let first = model.catalog.tree().is_empty();
                    model.filling = (true, true);
                    replace(model, tree);
                    if first {
                        for lane in 0..model.header.lanes.len() {
                            model.dashboard.set_folded(Entry::Lane(lane), false);
                        }
                        model.dashboard.set_folded(Entry::Waiters, false);
                        model.dashboard.set_folded(Entry::Promotions, false);
                    }
                    rebuild(model, false);
                    if first && model.dashboard.rows.len() > 1 {
                        model.dashboard.selected = 1;
                    }
                    // Who did something meanwhile is not taken away from it.
                    let session = model.session.take().filter(|_| !model.touched);
                    if let Some(session) = session {
                        return session::resume(model, session);
                    }
                    module::reopen(model)
                }
                Err(problem) => {
                    model.tell(Level::Problem, problem);
                    Vec::new()
                }
            }
        }
        Message::Header {
            generation,
            mut header,
            gates,
        } if generation == model.load => {
            let lanes = header.lanes != model.header.lanes;
            // The base is read last; that of the same commit is what it was.
            if header.base.is_empty() && header.commit == model.header.commit {
                header.base = std::mem::take(&mut model.header.base);
            }
            (model.header, model.gates) = (*header, gates);
            if lanes {
                rebuild(model, false);
            }
            Vec::new()
        }
        Message::Behind { generation } if generation == model.load => {
            if !super::may_read_again(model) {
                model.changed = false;
                return Vec::new();
            }
            let words = format!("{} moved: read again", model.header.revision);
            model.tell(Level::Info, words);
            super::start(model)
        }
        Message::Lost { generation, why } if generation == model.load => {
            match model.looking.is_some() {
                true => {
                    model.tell(Level::Problem, format!("{why}. Back to what was opened"));
                    super::look(model, None)
                }
                false => {
                    model.tell(Level::Problem, why);
                    Vec::new()
                }
            }
        }
        Message::Branches { generation, result } => {
            choice::take(model, generation, result);
            Vec::new()
        }
        Message::Facts { generation, batch } if generation == model.load => {
            model.catalog.learn(batch);
            if matches!(model.dashboard.sort, Sort::Age | Sort::Owner) {
                rebuild(model, false);
            }
            Vec::new()
        }
        Message::States { generation, batch } if generation == model.load => {
            // What is running now knows better than what was read.
            let batch = batch
                .into_iter()
                .filter(|(id, _)| !model.runs.concerns(*id))
                .collect();
            model.catalog.set_states(batch);
            if model.dashboard.sort == Sort::Status || model.dashboard.is_narrowed() {
                rebuild(model, false);
            }
            module::refresh(model);
            Vec::new()
        }
        Message::Loaded {
            generation,
            what,
            result,
        } if generation == model.load => {
            match what {
                Loading::Facts => model.filling.0 = false,
                Loading::States => model.filling.1 = false,
            }
            let under_way = model.status.as_ref().is_some_and(|it| it.text == AGAIN);
            match result {
                Err(problem) => model.tell(Level::Problem, problem),
                Ok(()) if under_way && model.filling == (false, false) => {
                    model.tell(Level::Info, "the repository was read again");
                }
                Ok(()) => {}
            }
            Vec::new()
        }
        Message::Dossier { generation, result } => {
            module::dossier(model, generation, result);
            Vec::new()
        }
        Message::Impact { generation, result } => {
            impact::take(model, generation, result);
            Vec::new()
        }
        Message::Gate { run, at, event } => {
            runs::event(model, run, at, event);
            module::refresh(model);
            Vec::new()
        }
        Message::CheckEnded { run, at, result } => runs::ended(model, run, at, result),
        Message::Raw { generation, result } => {
            let Screen::Module(view) = &mut model.screen else {
                return Vec::new();
            };
            let Some(raw) = view.raw.as_mut().filter(|r| r.generation == generation) else {
                return Vec::new();
            };
            match result {
                Ok(lines) => {
                    raw.lines = Some(lines.iter().map(|l| text::safe(l).into_owned()).collect());
                }
                Err(problem) => {
                    view.raw = None;
                    model.tell(Level::Problem, problem);
                }
            }
            Vec::new()
        }
        Message::Edited(Ok(())) => Vec::new(),
        Message::Edited(Err(problem)) => {
            model.tell(Level::Problem, problem);
            Vec::new()
        }
        Message::Diff(reply) => match &mut model.screen {
            Screen::Module(view) => view
                .diff
                .as_mut()
                .map(|diff| diff.apply(reply))
                .unwrap_or_default(),
            Screen::Dashboard
            | Screen::Review(_)
            | Screen::Wizard(_)
            | Screen::Audit(_)
            | Screen::Canary(_) => Vec::new(),
        },
        Message::Standing {
            generation,
            standings,
        } if generation == model.load => {
            let first = !model.standings.known;
            model.standings = *standings;
            rebuild(model, false);
            find_sought(model);
            model.dashboard.sought = None;
            // What waits comes first, also for the eye, until somebody looks elsewhere.
            if first && !model.touched && !model.dashboard.waiting.is_empty() {
                model.dashboard.selected = 1;
            }
            Vec::new()
        }
        Message::Pulls {
            generation,
            at,
            result,
        } if generation == model.load => {
            model.pulls.apply(at, result);
            Vec::new()
        }
        Message::Sheet { generation, result } => {
            review::sheet(model, generation, result);
            Vec::new()
        }
        Message::NoteWritten { generation, result } => note::written(model, generation, result),
        Message::Signed {
            generation,
            outcome,
        } => review::signed(model, generation, outcome),
        Message::Proposal { generation, told } => match told {
            Told::Opened(result) => wizard::opened(model, generation, result),
            Told::Judged(judged) => {
                wizard::judged(model, generation, judged);
                Vec::new()
            }
            Told::Planned(planned) => {
                wizard::planned(model, generation, planned);
                Vec::new()
            }
            Told::Written(outcome) => wizard::written(model, generation, outcome),
            Told::Recorded(result) => {
                wizard::recorded(model, generation, result);
                Vec::new()
            }
        },
        Message::Errand { generation, told } => errand::take(model, generation, told),
        Message::Log { generation, result } => audit::log(model, generation, result),
        Message::LogEntry { generation, result } => {
            audit::entry(model, generation, result);
            Vec::new()
        }
        Message::Canary {
            generation,
            at,
            told,
        } => canary::take(model, generation, at, told),
        Message::Reading(reading) => {
            model.reading = Some(Arc::new(*reading));
            module::refresh(model);
            Vec::new()
        }
        Message::Notice(text) => {
            model.tell(Level::Warning, text);
            Vec::new()
        }
        Message::Journal { level, text } => {
            model.keep(level, text);
            // Only who reads the messages sees it.
            model.changed = model.overlay.is_some();
            Vec::new()
        }
        // Answers that nobody waits for any more.
        Message::Tree { .. }
        | Message::Header { .. }
        | Message::Behind { .. }
        | Message::Lost { .. }
        | Message::Facts { .. }
        | Message::States { .. }
        | Message::Standing { .. }
        | Message::Pulls { .. }
        | Message::Loaded { .. } => {
            model.changed = false;
            Vec::new()
        }
    }
}
