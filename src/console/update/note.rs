//! Writing a note.

use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::event::Generation;
use crate::console::layout;
use crate::console::model::note::MOST;
use crate::console::model::review::{ReviewView, Writing};
use crate::console::model::{Level, Model, Screen};

fn view(model: &mut Model) -> Option<&mut ReviewView> {
    match &mut model.screen {
        Screen::Review(view) => Some(view),
        _ => None,
    }
}

fn writing(model: &mut Model) -> Option<&mut Writing> {
    view(model)?.writing.as_mut()
}

/// Writes text at the cursor.
pub(super) fn insert(model: &mut Model, text: &str) {
    let fits = writing(model).is_none_or(|it| it.note.insert(text));
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
            if let Some(view) = view(model) {
                view.writing = None;
            }
            model.refuse("the note is as it was");
            return Vec::new();
        }
        Action::NoteEditor => return editor(model),
        Action::NoteNewLine => {
            insert(model, "\n");
            return Vec::new();
        }
        _ => {}
    }
    let Some(Writing { note, .. }) = writing(model) else {
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
            if given.note.is_empty() && given.answer.is_none() {
                view.answers.remove(&id);
            }
        }
    }
    super::review::keep(model)
}

/// Goes on in the person's editor.
pub(super) fn editor(model: &mut Model) -> Vec<Effect> {
    let Some(view) = view(model) else {
        return Vec::new();
    };
    let generation = view.generation;
    let text = view.writing.as_ref().map(|it| it.note.text().to_owned());
    text.map(|text| Effect::WriteNote { generation, text })
        .into_iter()
        .collect()
}

/// The editor was closed: what it holds is the note.
pub(super) fn written(
    model: &mut Model,
    generation: Generation,
    result: Result<String, String>,
) -> Vec<Effect> {
    let here = view(model).filter(|it| it.generation == generation);
    let Some(writing) = here.and_then(|it| it.writing.as_mut()) else {
        return Vec::new();
    };
    match result {
        Ok(text) => {
            writing.note = Default::default();
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
