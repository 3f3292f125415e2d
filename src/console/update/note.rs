//! Writing a note.

use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::event::Generation;
use crate::console::layout;
use crate::console::model::note::{MOST, Note};
use crate::console::model::review::{ReviewView, Writing};
use crate::console::model::{Level, Model, Screen};

fn view(model: &mut Model) -> Option<&mut ReviewView> {
    match &mut model.screen {
        Screen::Review(view) => Some(view),
        _ => None,
    }
}

/// The text that is being written, on whatever screen.
fn text(model: &mut Model) -> Option<&mut Note> {
    match &mut model.screen {
        Screen::Module(view) => view.writing.as_mut().map(|it| &mut it.note),
        Screen::Review(view) => view.writing.as_mut().map(|it| &mut it.note),
        Screen::Wizard(view) => view.writing.as_mut().map(|it| &mut it.note),
        _ => None,
    }
}

/// Empties what is being written.
pub(crate) fn clear(model: &mut Model) {
    if let Some(note) = text(model) {
        *note = Note::default();
    }
}

/// Writes text at the cursor.
pub(super) fn insert(model: &mut Model, text: &str) {
    let fits = self::text(model).is_none_or(|it| it.insert(text));
    if !fits {
        model.refuse(format!(
            "a note has at most {MOST} bytes: the rest is left out"
        ));
    }
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let cells = usize::from(layout::note(model).width);
    match action {
        Action::NoteDone => return done(model),
        Action::NoteDrop => {
            match &mut model.screen {
                Screen::Module(view) => view.writing = None,
                Screen::Review(view) => view.writing = None,
                Screen::Wizard(view) => view.writing = None,
                _ => {}
            }
            model.remark("it is as it was");
            return Vec::new();
        }
        Action::NoteEditor => return editor(model),
        Action::NoteNewLine if super::wizard::ends_with_line(model) => return done(model),
        Action::NoteNewLine => {
            insert(model, "\n");
            return Vec::new();
        }
        _ => {}
    }
    let Some(note) = text(model) else {
        return Vec::new();
    };
    match action {
        Action::NoteUp if !note.step(-1, cells) => note.start(),
        Action::NoteDown if !note.step(1, cells) => note.end(),
        Action::NoteUp | Action::NoteDown => {}
        Action::NoteLeft => note.left(),
        Action::NoteRight => note.right(),
        Action::NoteStart => note.start(),
        Action::NoteEnd => note.end(),
        Action::NoteBack => note.delete_back(),
        Action::NoteDelete => note.delete_forward(),
        Action::NoteWord => note.delete_word(),
        _ => model.refuse("that has no meaning while a note is written"),
    }
    Vec::new()
}

/// Keeps the note.
fn done(model: &mut Model) -> Vec<Effect> {
    if matches!(model.screen, Screen::Wizard(_)) {
        return super::wizard::done(model);
    }
    if matches!(model.screen, Screen::Module(_)) {
        return super::diff::done(model);
    }
    let Some(view) = view(model) else {
        return Vec::new();
    };
    let Some(Writing { item, note }) = view.writing.take() else {
        return Vec::new();
    };
    let text = note.text().trim_end().to_owned();
    match item {
        None => view.note = text,
        Some(id) => {
            let given = view.answers.entry(id.clone()).or_default();
            given.note = text;
            match (given.answer, given.note.is_empty()) {
                (None, true) => _ = view.answers.remove(&id),
                (Some(_), false) => super::review::onward(model),
                _ => {}
            }
        }
    }
    super::review::keep(model)
}

/// Goes on in the person's editor.
pub(super) fn editor(model: &mut Model) -> Vec<Effect> {
    let Some(generation) = generation(model) else {
        return Vec::new();
    };
    let text = text(model).map(|note| note.text().to_owned());
    text.map(|text| Effect::WriteNote { generation, text })
        .into_iter()
        .collect()
}

/// Of the screen that something is written on.
fn generation(model: &Model) -> Option<Generation> {
    match &model.screen {
        Screen::Module(_) => super::diff::generation(model),
        Screen::Review(view) => Some(view.generation),
        Screen::Wizard(view) => Some(view.generation),
        _ => None,
    }
}

/// The editor was closed: what it holds is the text.
pub(super) fn written(
    model: &mut Model,
    for_generation: Generation,
    result: Result<String, String>,
) -> Vec<Effect> {
    if generation(model) != Some(for_generation) {
        return Vec::new();
    }
    let Some(note) = text(model) else {
        return Vec::new();
    };
    match result {
        Ok(text) => {
            *note = Note::default();
            let text = text.trim_end().to_owned();
            insert(model, &text);
            done(model)
        }
        Err(problem) => {
            model.tell(Level::Problem, problem);
            Vec::new()
        }
    }
}
