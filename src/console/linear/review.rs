//! The review as lines: the questions, the evidence of the one in hand, the last step.

use super::page::{Page, flat, spoken, tidy};
use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::model::review::{Outcome, ReviewView, Row, Sheet, Step, verb, word};
use crate::console::screens::review::side;
use crate::console::text::{path, safe};
use crate::promotion::review::{Item, Verb};

/// The page.
pub fn page(model: &Model, view: &ReviewView) -> Page {
    let mut page = Page::new(format!("Review of {}", path(&view.module)));
    let sheet = match &view.sheet {
        Some(Ok(sheet)) => sheet,
        Some(Err(problem)) => {
            page.say(&model.told(problem));
            return page;
        }
        None => {
            page.say("The content, its evidence and the rules are being read");
            return page;
        }
    };
    page.title.push_str(&format!(
        ", to {}, as {} by {}",
        path(&sheet.target),
        sheet.role,
        safe(&sheet.principal)
    ));
    match &view.step {
        Step::Answer => questions(&mut page, model, view, sheet),
        Step::Text(_) => {
            page.title.push_str(", exactly what is signed as shown");
            text(&mut page, sheet);
        }
        Step::Choose(chosen, _) => choose(&mut page, model, view, sheet, *chosen),
        Step::Signing(of) => page.say(&format!("Signing: {}", verb(*of))),
        Step::Done(outcome) => done(&mut page, model, outcome),
    }
    page
}

fn questions(page: &mut Page, model: &Model, view: &ReviewView, sheet: &Sheet) {
    page.fact("with", &sheet.key);
    let (answered, all) = view.progress();
    page.say(&format!("{answered} of {all} questions are answered"));
    for warning in sheet.warnings() {
        page.say(&warning);
    }
    page.of = ("row", "rows");
    page.rows = view.rows().iter().map(|it| row(*it, view, sheet)).collect();
    page.selected = (!page.rows.is_empty()).then_some(view.row.at);
    page.after.extend(match view.item() {
        Some(item) => asked(item, view),
        None => flat(&side::head(model, view, &spoken())),
    });
    page.after
        .extend(flat(&side::evidence(model, view, &spoken()).0));
}

/// The question, and what was said to it. How it is answered is told with the keys.
fn asked(item: &Item, view: &ReviewView) -> Vec<String> {
    let mut lines = vec![safe(&item.question).into_owned()];
    let given = view.answers.get(&item.id);
    let note = given.map_or("", |it| it.note.trim());
    lines.extend(note.lines().map(|it| format!("note: {}", tidy(&safe(it)))));
    let older = view.older.get(&item.id);
    if let Some(older) = older.filter(|_| view.answer(&item.id).is_none()) {
        let answer = older.answer.map_or("no answer", word);
        let note = match older.note.trim() {
            "" => String::new(),
            note => format!(", {}", tidy(&safe(note))),
        };
        lines.push(format!("answered for older content: {answer}{note}"));
    }
    lines
}

fn row(row: Row, view: &ReviewView, sheet: &Sheet) -> String {
    match row {
        Row::Changed => "what changed since your last decision".into(),
        Row::Item(at) => {
            let Some(item) = sheet.checklist.items.get(at) else {
                return String::new();
            };
            let answer = view.answer(&item.id).map_or("not answered", word);
            let noted = view.answers.get(&item.id);
            let noted = noted.is_some_and(|it| !it.note.trim().is_empty());
            let note = if noted { ", with a note" } else { "" };
            format!("{}: {answer}{note}", safe(&item.title))
        }
        Row::Finish => {
            let (answered, all) = view.progress();
            match all - answered {
                0 => "sign".to_owned(),
                open => format!("sign: {open} questions are open"),
            }
        }
    }
}

fn text(page: &mut Page, sheet: &Sheet) {
    for line in sheet.text.iter().filter(|it| !it.trim().is_empty()) {
        page.before.push(safe(line).into_owned());
    }
}

fn choose(page: &mut Page, model: &Model, view: &ReviewView, sheet: &Sheet, chosen: Option<Verb>) {
    page.title.push_str(", last step");
    page.fact("with", &sheet.key);
    let can: &[Verb] = match chosen {
        Some(Verb::Withdraw) => &[Verb::Withdraw],
        _ => &[Verb::Approve, Verb::Reject],
    };
    for of in can {
        let barred = sheet.barred.first().filter(|_| *of == Verb::Approve);
        let why = match (view.fit(*of), barred) {
            (Err(unfit), _) => format!(", not possible: {unfit}"),
            (Ok(()), Some(why)) => format!(", would not count: {why}"),
            (Ok(()), None) => String::new(),
        };
        let is = if chosen == Some(*of) { "chosen: " } else { "" };
        page.say(&format!("{is}{}{why}", verb(*of)));
    }
    page.say(&match chosen {
        None => "Nothing is chosen yet".to_owned(),
        Some(_) => {
            let key = model.key(Action::SignNow);
            format!("{key} signs, by ssh-keygen; it asks for a passphrase if the key has one")
        }
    });
    page.fact("note on the whole", &view.note);
    page.say("Exactly what is signed as shown:");
    text(page, sheet);
}

fn done(page: &mut Page, model: &Model, outcome: &Outcome) {
    match outcome {
        Outcome::Signed {
            verb: of,
            position,
            shared,
            ..
        } => {
            page.say(&format!("Signed as entry {position}: {}", verb(*of)));
            page.say(shared);
        }
        Outcome::Not { verb: of, why } => {
            page.say(&format!("Not signed: {}", verb(*of)));
            page.say(why);
            page.say("Your answers are kept");
        }
    }
    let key = model.key(Action::SignNow);
    page.say(&format!("{key} goes on"));
}
