//! The last step: a decision is chosen and signed. Whether it may be is asked of the
//! checklist and the workflow, and told.

use super::answering::write;
use super::{again, go, leave, view};
use crate::console::action::Action;
use crate::console::effect::{Decided, Effect};
use crate::console::event::Generation;
use crate::console::layout;
use crate::console::model::review::{self, Outcome, Row, Sheet, Step};
use crate::console::model::{Level, Model};
use crate::console::screens;
use crate::console::text;
use crate::console::update::motion;
use crate::promotion::review::{Unfit, Verb};

/// On to the last step, or says what is open.
pub(super) fn finish(model: &mut Model) {
    let height = usize::from(layout::review(model).list.height);
    let Some(shown) = view(model) else { return };
    // A rejection asks for nothing that an approval does not.
    match shown.fit(Verb::Reject) {
        Ok(()) => shown.step = Step::Choose(None, 0),
        Err(unfit) => {
            let first = match &unfit {
                Unfit::Open(ids) | Unfit::Unexplained(ids) => ids.first().cloned(),
                _ => None,
            };
            let at = shown.rows().iter().position(|row| match row {
                Row::Item(at) => {
                    let items = shown.sheet().map(|sheet| &sheet.checklist.items);
                    items.and_then(|it| it.get(*at)).map(|it| &it.id) == first.as_ref()
                }
                Row::Changed | Row::Finish => false,
            });
            if let Some(at) = at {
                go(shown, at, height);
            }
            model.refuse(unfit.to_string());
        }
    }
}

pub(super) fn withdraw(model: &mut Model) {
    let Some(shown) = view(model) else { return };
    let last = shown.sheet().and_then(|sheet| sheet.last.as_ref());
    match last.map(|last| last.verb) {
        Some(Verb::Approve | Verb::Reject) => {
            shown.step = Step::Choose(Some(Verb::Withdraw), 0);
        }
        Some(Verb::Withdraw) => model.refuse("your last decision is withdrawn already"),
        None => model.refuse("there is no decision of yours to withdraw"),
    }
}

pub(super) fn choose(model: &mut Model, action: Action) -> Vec<Effect> {
    let (count, page) = screens::review::text_size(model);
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let fit = shown.fit(Verb::Approve);
    let barred = shown
        .sheet()
        .map(|it| it.barred.clone())
        .unwrap_or_default();
    let Step::Choose(chosen, top) = &mut shown.step else {
        return Vec::new();
    };
    if let Some(rows) = motion(action, page) {
        *top = top
            .saturating_add_signed(rows)
            .min(count.saturating_sub(page));
        return Vec::new();
    }
    let withdrawing = *chosen == Some(Verb::Withdraw);
    match action {
        Action::Back => shown.step = Step::Answer,
        Action::Approve | Action::Reject if withdrawing => {
            let key = model.key(Action::Back);
            model.refuse(format!(
                "this only withdraws; {key} goes back to decide anew"
            ));
        }
        Action::Approve => match (fit, barred.first()) {
            (Err(unfit), _) => model.refuse(unfit.to_string()),
            (Ok(()), Some(why)) => {
                let why = format!("an approval would not count: {why}");
                model.refuse(why);
            }
            (Ok(()), None) => *chosen = Some(Verb::Approve),
        },
        Action::Reject => *chosen = Some(Verb::Reject),
        Action::SignNote => write(model),
        Action::SignNow => match *chosen {
            Some(verb) => return sign(model, verb),
            None => {
                let keys = [Action::Approve, Action::Reject].map(|it| model.key(it));
                model.refuse(format!(
                    "nothing is chosen yet: {} approves, {} rejects",
                    keys[0], keys[1]
                ));
            }
        },
        _ => model.refuse("choose, or go back"),
    }
    Vec::new()
}

fn sign(model: &mut Model, verb: Verb) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let (Some(sheet), Some(kept)) = (shown.sheet(), shown.kept()) else {
        return Vec::new();
    };
    let answers = match verb {
        Verb::Withdraw => Vec::new(),
        Verb::Approve | Verb::Reject => shown.answered(),
    };
    let decided = Decided {
        generation: shown.generation,
        verb,
        answers,
        note: shown.note.trim().to_owned(),
        words: words(sheet, verb),
        shown: sheet.text.clone(),
        kept,
    };
    shown.step = Step::Signing(verb);
    vec![Effect::Sign(Box::new(decided))]
}

/// What is about to be signed, on one line.
fn words(sheet: &Sheet, verb: Verb) -> String {
    format!(
        "{} {} to {} as {} by {}",
        review::verb(verb),
        text::path(&sheet.module),
        text::path(&sheet.target),
        sheet.role,
        sheet.principal
    )
}

pub(super) fn done(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let Step::Done(outcome) = &shown.step else {
        return Vec::new();
    };
    let failed = matches!(**outcome, Outcome::Not { .. });
    match action {
        // What was shown may not be what is there any more: it is made again.
        Action::Back | Action::SignNow if failed => {
            shown.step = Step::Answer;
            again(model)
        }
        Action::Back | Action::SignNow => leave(model),
        _ => {
            let key = model.key(Action::SignNow);
            model.refuse(format!("{key} goes on"));
            Vec::new()
        }
    }
}

/// Takes what came of signing.
pub(in super::super) fn signed(
    model: &mut Model,
    generation: Generation,
    outcome: Box<Outcome>,
) -> Vec<Effect> {
    let (level, text) = match &*outcome {
        Outcome::Signed {
            verb,
            position,
            shared,
            is_shared,
        } => {
            let level = if *is_shared {
                Level::Info
            } else {
                Level::Warning
            };
            let verb = review::verb(*verb);
            (
                level,
                format!("signed as entry {position} ({verb}); {shared}"),
            )
        }
        Outcome::Not { verb, why } => {
            let verb = review::verb(*verb);
            (Level::Problem, format!("not signed ({verb}): {why}"))
        }
    };
    let signed = matches!(*outcome, Outcome::Signed { .. });
    model.tell(level, text);
    if let Some(shown) = view(model).filter(|it| it.generation == generation) {
        shown.step = Step::Done(outcome);
    }
    let path = view(model).map(|view| view.module.clone());
    let id = path.and_then(|path| model.catalog.find(&path));
    let generation = model.load;
    let ids: Vec<_> = id.into_iter().collect();
    // While the modules are read anew, all of this is read with them.
    match signed && !model.loading {
        true => vec![
            Effect::States { generation, ids },
            Effect::Standing { generation },
        ],
        false => Vec::new(),
    }
}
