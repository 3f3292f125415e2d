//! Keys in the diff, and what is written on its lines.

use super::reasons::elsewhere;
use crate::console::action::{Action, Context};
use crate::console::diff::DiffPane;
use crate::console::effect::Effect;
use crate::console::event::Generation;
use crate::console::model::choice::{Choice, Item, Purpose};
use crate::console::model::module::{Cursor, Remark};
use crate::console::model::note::Note;
use crate::console::model::prompt::{self, Prompt};
use crate::console::model::{Level, Model, Screen};
use crate::console::text;
use crate::promotion::reading::{Comment, Jot};

fn pane(model: &mut Model) -> Option<&mut DiffPane> {
    match &mut model.screen {
        Screen::Module(view) => view.diff.as_mut(),
        _ => None,
    }
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(shown) = pane(model) else {
        model.refuse("there is no diff yet");
        return Vec::new();
    };
    if action.context() == Context::Module {
        model.refuse(elsewhere(model, action));
        return Vec::new();
    }
    let done = match action {
        Action::Search => {
            model.prompt = Some(Prompt::new(prompt::Purpose::Search, ""));
            Ok(Vec::new())
        }
        Action::Viewed => viewed(model),
        Action::Comment => write(model),
        Action::DropComment => drop_comment(model),
        Action::Comments => list(model),
        _ => shown.update(action),
    };
    done.unwrap_or_else(|why| {
        model.refuse(why);
        Vec::new()
    })
}

/// Takes in what is to be kept, and shows it.
fn jot(model: &mut Model, jot: Jot) -> Vec<Effect> {
    model.jot(&jot);
    super::module::refresh(model);
    vec![Effect::Jot(jot)]
}

/// Marks the file that is shown as viewed, or takes the mark back.
fn viewed(model: &mut Model) -> Result<Vec<Effect>, String> {
    let Some(shown) = pane(model) else {
        return Ok(Vec::new());
    };
    let viewing = shown.viewing()?;
    let mut effects = jot(model, viewing);
    match pane(model).and_then(DiffPane::go_on) {
        Some(more) => effects.extend(more),
        None => model.remark("every file of this diff is viewed"),
    }
    Ok(effects)
}

/// Opens the comment on the line under the cursor.
fn write(model: &mut Model) -> Result<Vec<Effect>, String> {
    if let Screen::Module(view) = &mut model.screen
        && let Some(shown) = &view.diff
    {
        let (on, text) = shown.commenting()?;
        let note = Note::new(&text);
        view.writing = Some(Remark { on, note });
    }
    Ok(Vec::new())
}

/// Keeps the comment that is being written; one without text is none.
pub(super) fn done(model: &mut Model) -> Vec<Effect> {
    let Screen::Module(view) = &mut model.screen else {
        return Vec::new();
    };
    let Some(Remark { on, note }) = view.writing.take() else {
        return Vec::new();
    };
    let text = note.text().trim().to_owned();
    let said = view.diff.iter().flat_map(DiffPane::comments);
    let before = said.into_iter().find(|(it, ..)| it.on == on);
    match (before.map(|(it, ..)| it.text == text), text.is_empty()) {
        (Some(true), _) => {
            model.remark("it is as it was");
            return Vec::new();
        }
        (None, true) => {
            model.remark("nothing was written, so nothing is kept");
            return Vec::new();
        }
        _ => {}
    }
    jot(model, Jot::Comment(Comment { on, text }))
}

fn drop_comment(model: &mut Model) -> Result<Vec<Effect>, String> {
    let Some(shown) = pane(model) else {
        return Ok(Vec::new());
    };
    let Comment { on, text } = shown.comment()?;
    // It stays among the messages, for who did not mean it.
    model.tell(Level::Info, format!("deleted: {text}"));
    let text = String::new();
    Ok(jot(model, Jot::Comment(Comment { on, text })))
}

/// Lists the comments on this diff, to go to one.
fn list(model: &mut Model) -> Result<Vec<Effect>, String> {
    let key = model.key(Action::Comment);
    let generation = model.next_generation();
    let Some(shown) = pane(model) else {
        return Ok(Vec::new());
    };
    let items: Vec<Item> = shown
        .comments()
        .into_iter()
        .enumerate()
        .map(|(number, (comment, line, holds))| Item {
            value: Some(number.to_string()),
            name: format!("{}:{line}", text::path(&comment.on.path)),
            words: match holds {
                true => comment.text.clone(),
                false => format!("(its line changed) {}", comment.text),
            },
        })
        .collect();
    if items.is_empty() {
        return Err(format!(
            "there are no comments of yours on this diff; {key} writes one"
        ));
    }
    model.choice = Some(Box::new(Choice {
        purpose: Purpose::Comment,
        generation,
        items: Some(items),
        row: Cursor::default(),
    }));
    Ok(Vec::new())
}

/// Goes to the comment that was chosen.
pub(super) fn chosen(model: &mut Model, item: &Item) -> Vec<Effect> {
    let number = item.value.as_deref().and_then(|it| it.parse().ok());
    match (pane(model), number) {
        (Some(shown), Some(number)) => shown.go_to_comment(number),
        _ => Vec::new(),
    }
}

/// Which request a comment that is being written goes by.
pub(super) fn generation(model: &Model) -> Option<Generation> {
    match &model.screen {
        Screen::Module(view) => view.writing.as_ref().map(|_| view.generation),
        _ => None,
    }
}
