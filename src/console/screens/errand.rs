//! What would be done, to be read; and what came of it.

use ratatui::Frame;

use super::sheet::{Page, Row, boxed, inside, scrolled};
use crate::console::action::Action;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::errand::{Errand, Look, Outcome, Paragraph, Sheet, Stage};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::popup;
use crate::promotion::GateStatus;

/// How many rows there are, and for how many there is room.
pub fn size(model: &Model) -> (usize, usize) {
    let count = match model.errand.as_deref().map(|it| &it.stage) {
        Some(Stage::Sheet(sheet, _)) => to_read(model, sheet).len(),
        _ => 0,
    };
    (count, usize::from(inside(model).height).max(1))
}

/// Draws it.
pub fn render(frame: &mut Frame, model: &Model, errand: &Errand, theme: &Theme) {
    let title = errand.kind.title();
    match &errand.stage {
        Stage::Reading => say(frame, model, title, errand.kind.reading(), theme),
        Stage::Doing => say(frame, model, title, errand.kind.doing(), theme),
        Stage::Sheet(sheet, top) => {
            let title = match sheet.may {
                Ok(_) => format!("{title}: {} confirms it", model.key(Action::Confirm)),
                Err(_) => format!("{title}: it cannot be done yet"),
            };
            popup::open(frame, layout::sheet(model), &title, theme);
            scrolled(frame, model, &to_read(model, sheet), *top, theme);
        }
        Stage::Done(outcome) => {
            let rows = done(model, outcome, theme);
            boxed(frame, model, title, &rows, theme);
        }
    }
}

fn say(frame: &mut Frame, model: &Model, title: &str, words: &str, theme: &Theme) {
    let mut page = Page::new(model);
    page.say(words, Role::Info);
    boxed(frame, model, title, &page.rows, theme);
}

/// First what confirming it means, or why it cannot be done: that is never below an edge.
fn to_read(model: &Model, sheet: &Sheet) -> Vec<Row> {
    let mut page = Page::new(model);
    let keys = [Action::Confirm, Action::Back].map(|it| model.key(it));
    match &sheet.may {
        Ok(consequence) => {
            page.say(&format!("{}: {consequence}", keys[0]), Role::Accent);
            page.say(&format!("{}: nothing is done", keys[1]), Role::Muted);
        }
        Err(why) => {
            page.say(why, Role::Problem);
            page.say(&format!("{} goes back", keys[1]), Role::Muted);
        }
    }
    if !sheet.text.is_empty() {
        page.gap();
    }
    paragraphs(&mut page, &sheet.text);
    page.rows
}

fn paragraphs(page: &mut Page, text: &[Paragraph]) {
    for (look, text) in text {
        let role = match look {
            Look::Title => Role::Title,
            Look::Text => Role::Text,
            Look::Muted => Role::Muted,
            Look::Warning => Role::Warning,
            Look::Good => Role::Passed,
            Look::Bad => Role::Failed,
        };
        match text.is_empty() {
            true => page.gap(),
            false => page.say(text, role),
        }
    }
}

fn done(model: &Model, outcome: &Outcome, theme: &Theme) -> Vec<Row> {
    let mut page = Page::new(model);
    let (status, role) = match outcome.done {
        true => (GateStatus::Passed, Role::Passed),
        false => (GateStatus::Failed, Role::Failed),
    };
    let mark = theme.glyphs().status(status);
    page.say(&format!("{mark} {}", outcome.words), role);
    paragraphs(&mut page, &outcome.text);
    page.gap();
    let back = model.key(Action::Back);
    page.say(&format!("{back} goes back"), Role::Muted);
    page.rows
}
