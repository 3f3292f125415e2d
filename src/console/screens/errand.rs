//! What would be done, to be read; and what came of it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::sheet::{Page, Row, boxed, inside, scrolled};
use crate::console::action::Action;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::errand::{Errand, Kind, Look, Outcome, Paragraph, Sheet, Stage};
use crate::console::model::runs::Run;
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{panel, popup};
use crate::promotion::GateStatus;
use crate::promotion::rollback::State;

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
        Stage::Doing(None) => say(frame, model, title, errand.kind.doing(), theme),
        Stage::Stepping(state) => {
            let rows = stepping(model, errand.kind.doing(), *state, theme);
            boxed(frame, model, title, &rows, theme);
        }
        Stage::Doing(Some(run)) => trying(frame, model, errand, run, theme),
        Stage::Sheet(sheet, top) => {
            let title = match sheet.may {
                Ok(_) => format!("{title}: {} confirms it", model.key(Action::Confirm)),
                Err(_) => format!("{title}: it cannot be done yet"),
            };
            let rows = to_read(model, sheet);
            match rows.len() <= size(model).1 {
                true => boxed(frame, model, &title, &rows, theme),
                false => {
                    popup::open(frame, layout::sheet(model), &title, theme);
                    scrolled(frame, model, &rows, *top, theme);
                }
            }
        }
        Stage::Done(outcome) => {
            let rows = done(model, errand, outcome, theme);
            boxed(frame, model, title, &rows, theme);
        }
    }
}

fn say(frame: &mut Frame, model: &Model, title: &str, words: &str, theme: &Theme) {
    let mut page = Page::new(model);
    page.say(words, Role::Info);
    boxed(frame, model, title, &page.rows, theme);
}

/// How far a rollback has come.
pub fn stepping(model: &Model, doing: &str, state: Option<State>, theme: &Theme) -> Vec<Row> {
    let mut page = Page::new(model);
    page.say(doing, Role::Info);
    page.gap();
    match state {
        None => page.say("looking at the log and the base branch", Role::Muted),
        Some(state) => {
            page.say(&super::canary::facts::steps(state, theme), Role::Text);
            page.say(&format!("so far: {state}"), Role::Muted);
        }
    }
    page.rows
}

/// How far its gates are, as for any other run.
fn trying(frame: &mut Frame, model: &Model, errand: &Errand, run: &Run, theme: &Theme) {
    let keys = [Action::ErrandCancel, Action::Back].map(|it| model.key(it));
    let title = match run.cancelled {
        true => "Promotion: cancelling".to_owned(),
        false => format!(
            "Promotion: {} cancels it, {} puts it aside",
            keys[0], keys[1]
        ),
    };
    let outer = layout::sheet(model);
    let mut page = Page::new(model);
    page.say(errand.kind.doing(), Role::Info);
    page.gap();
    let words = page.rows.iter();
    let mut lines: Vec<Line<'_>> = words
        .map(|(text, role)| Line::styled(format!(" {text}"), theme.style(*role)))
        .collect();
    lines.extend(panel::rows(run, model, theme, inside(model)));
    let height = outer.height.min(lines.len() as u16 + 2);
    let area = Rect {
        y: outer.y + (outer.height - height) / 2,
        height,
        ..outer
    };
    // What happens now is below: where there is little room, that is seen.
    popup::render(frame, area, &title, &lines, usize::MAX, theme);
}

/// First what confirming it means, or why it cannot be done: that is never below an edge.
pub fn to_read(model: &Model, sheet: &Sheet) -> Vec<Row> {
    let mut page = Page::new(model);
    let keys = [Action::Confirm, Action::Back].map(|it| model.key(it));
    match &sheet.may {
        Ok(consequence) => {
            page.say(&format!("{}: {consequence}", keys[0]), Role::Accent);
            page.say(&format!("{}: nothing is done", keys[1]), Role::Muted);
        }
        Err(why) => {
            page.say(&model.told(why), Role::Problem);
            let again = model.key(Action::Reload);
            let words = format!("{} goes back; {again} looks again", keys[1]);
            page.say(&words, Role::Muted);
        }
    }
    if !sheet.text.is_empty() {
        page.gap();
    }
    paragraphs(model, &mut page, &sheet.text);
    page.rows
}

fn paragraphs(model: &Model, page: &mut Page, text: &[Paragraph]) {
    for (look, text) in text {
        let role = match look {
            Look::Title => Role::Title,
            Look::Text => Role::Text,
            Look::Muted => Role::Muted,
            Look::Warning => Role::Warning,
            Look::Good => Role::Passed,
            Look::Bad => Role::Failed,
            Look::Added => Role::DiffAdded,
            Look::Removed => Role::DiffRemoved,
            Look::Fold => Role::DiffFold,
        };
        match (look, text.is_empty()) {
            (Look::Added, _) => page.signed('+', text, role),
            (Look::Removed, _) => page.signed('-', text, role),
            (_, true) => page.gap(),
            (Look::Muted | Look::Warning | Look::Bad, _) => page.say(&model.told(text), role),
            (_, false) => page.say(text, role),
        }
    }
}

/// What came of it, row by row.
pub fn done(model: &Model, errand: &Errand, outcome: &Outcome, theme: &Theme) -> Vec<Row> {
    let mut page = Page::new(model);
    let (status, role) = match outcome.done {
        true => (GateStatus::Passed, Role::Passed),
        false => (GateStatus::Failed, Role::Failed),
    };
    let mark = theme.glyphs().status(status);
    page.say(&format!("{mark} {}", model.told(&outcome.words)), role);
    if let Some(record) = &outcome.record {
        match (&record.entry, &record.by) {
            (Some(Ok(position)), _) => {
                page.say(&format!("recorded as entry {position}"), Role::Passed);
            }
            (Some(Err(why)), _) => {
                page.say(&format!("not recorded: {}", model.told(why)), Role::Warning);
            }
            (None, Ok(by)) => {
                let key = model.key(Action::ErrandRecord);
                let words = format!("{key} records it in the audit log, signed by {by}");
                page.say(&words, Role::Info);
            }
            (None, Err(why)) => {
                let (key, why) = (model.key(Action::ErrandRecord), model.told(why));
                let words = format!("not recorded: {why}. {key} looks for a key again");
                page.say(&words, Role::Warning);
            }
        }
    }
    if outcome.done && errand.kind == Kind::Promotion {
        let branch = outcome.branch.as_deref();
        let words = match branch.and_then(|it| model.merging(it)) {
            Some(command) => format!("no forge is here, so you merge it yourself: {command}"),
            None => {
                let key = model.key(Action::ErrandPullRequest);
                format!("{key} says what its pull request would send, and opens it")
            }
        };
        page.say(&words, Role::Info);
    }
    paragraphs(model, &mut page, &outcome.text);
    page.gap();
    let back = model.key(Action::Back);
    page.say(&format!("{back} goes back"), Role::Muted);
    page.rows
}
