//! Notes and answers, written line by line.

use color_eyre::Result;

use super::{Linear, is_one_line};
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::event::Event;
use crate::console::model::{Model, Screen};
use crate::console::update::{clear_note, perform, update};

impl Linear {
    /// Says what is written, and how.
    pub(super) fn explain(&mut self) -> Result<()> {
        let now = text(&self.model).unwrap_or_default().to_owned();
        if !now.is_empty() {
            self.say("It says now:")?;
            for line in now.lines() {
                self.say(line)?;
            }
        }
        self.say(match is_one_line(&self.model) {
            true => "Write one line; nothing leaves it as it is, .clear empties it, .editor opens your editor.",
            false => "Write lines, which go below what it says; a line with only a dot ends it. .drop drops what was changed, .clear empties it, .editor opens your editor.",
        })
    }

    /// A line of what is written.
    pub(super) fn written(&mut self, line: &str) -> Result<Vec<Effect>> {
        let one = is_one_line(&self.model);
        match line.trim() {
            "." => return Ok(perform(&mut self.model, Action::NoteDone)),
            ".drop" => return Ok(perform(&mut self.model, Action::NoteDrop)),
            ".editor" => return Ok(perform(&mut self.model, Action::NoteEditor)),
            ".clear" => {
                clear_note(&mut self.model);
                if one {
                    return Ok(perform(&mut self.model, Action::NoteDone));
                }
                self.say("It is empty.")?;
                return Ok(Vec::new());
            }
            "" if one => return Ok(perform(&mut self.model, Action::NoteDone)),
            _ => {}
        }
        if one {
            clear_note(&mut self.model);
        }
        let has_text = text(&self.model).is_some_and(|it| !it.is_empty());
        let line = match has_text {
            true => format!("\n{line}"),
            false => line.to_owned(),
        };
        let mut effects = update(&mut self.model, Event::Paste(line));
        if one {
            effects.extend(perform(&mut self.model, Action::NoteDone));
        }
        Ok(effects)
    }
}

/// What is written so far.
fn text(model: &Model) -> Option<&str> {
    match &model.screen {
        Screen::Module(view) => view.writing.as_ref().map(|it| it.note.text()),
        Screen::Review(view) => view.writing.as_ref().map(|it| it.note.text()),
        Screen::Wizard(view) => view.writing.as_ref().map(|it| it.note.text()),
        _ => None,
    }
}
