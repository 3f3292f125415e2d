//! Typing.

use super::dashboard::rebuild;
use super::palette;
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::model::prompt::Purpose;
use crate::console::model::{Model, Screen};

pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let writes = match &model.screen {
        Screen::Module(view) => view.writing.is_some(),
        Screen::Review(view) => view.writing.is_some(),
        Screen::Wizard(view) => view.writing.is_some(),
        _ => false,
    };
    if writes {
        super::note::insert(model, text);
        return Vec::new();
    }
    if model.prompt.is_none() {
        model.refuse("there is nothing to paste into");
        return Vec::new();
    }
    let line = text.lines().next().unwrap_or_default().to_owned();
    insert(model, &line)
}

pub(super) fn insert(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(prompt) = &mut model.prompt {
        prompt.insert(text);
    }
    changed(model)
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(prompt) = &mut model.prompt else {
        return Vec::new();
    };
    match action {
        Action::Accept if prompt.purpose == Purpose::Palette => return palette::accept(model),
        Action::Accept => {
            let said = model.prompt.take();
            return match said {
                Some(it) if it.purpose == Purpose::Link => super::errand::link(model, it.text()),
                Some(it) if it.purpose == Purpose::Reason => {
                    super::canary::reason(model, it.text());
                    Vec::new()
                }
                _ => Vec::new(),
            };
        }
        Action::Cancel => {
            cancel(model);
            return Vec::new();
        }
        Action::SelectUp | Action::SelectDown => {
            let step = if action == Action::SelectUp { -1 } else { 1 };
            let finds = prompt.purpose == Purpose::Palette;
            let lists = prompt.purpose != Purpose::Reason;
            match super::audit::view(model).filter(|_| !finds) {
                _ if !lists => {}
                _ if finds => palette::step(model, step),
                Some(log) => log.row.at = log.row.at.saturating_add_signed(step),
                None => model.dashboard.step(step),
            }
            return Vec::new();
        }
        Action::CursorLeft => prompt.left(),
        Action::CursorRight => prompt.right(),
        Action::CursorStart => prompt.start(),
        Action::CursorEnd => prompt.end(),
        Action::DeleteBack if prompt.text().is_empty() => {
            cancel(model);
            return Vec::new();
        }
        Action::DeleteBack => prompt.delete_back(),
        Action::DeleteWord => prompt.delete_word(),
        Action::DeleteAll => prompt.clear(),
        _ => return Vec::new(),
    }
    changed(model)
}

fn cancel(model: &mut Model) {
    let Some(prompt) = model.prompt.take() else {
        return;
    };
    match prompt.purpose {
        Purpose::Filter => {
            model.dashboard.filter.clear();
            rebuild(model, false);
            if let Some(entry) = model.dashboard.before {
                model.dashboard.select(entry);
            }
        }
        Purpose::Search => {
            if let Some(diff) = diff(model) {
                diff.search("");
            }
        }
        Purpose::Log => narrow(model, String::new()),
        Purpose::Palette => palette::close(model),
        Purpose::Link => {}
        Purpose::Reason => {}
    }
}

fn changed(model: &mut Model) -> Vec<Effect> {
    let Some(prompt) = &model.prompt else {
        return Vec::new();
    };
    let text = prompt.text().to_owned();
    match prompt.purpose {
        Purpose::Filter if text != model.dashboard.filter => {
            model.dashboard.filter = text;
            rebuild(model, true);
        }
        Purpose::Filter | Purpose::Link | Purpose::Reason => {}
        Purpose::Log => narrow(model, text),
        Purpose::Palette => palette::narrow(model, &text),
        Purpose::Search => {
            if let Some(diff) = diff(model) {
                return diff.search(&text);
            }
        }
    }
    Vec::new()
}

fn narrow(model: &mut Model, filter: String) {
    if let Some(log) = super::audit::view(model).filter(|log| log.filter != filter) {
        log.filter = filter;
        log.narrow();
    }
}

fn diff(model: &mut Model) -> Option<&mut crate::console::diff::DiffPane> {
    match &mut model.screen {
        Screen::Module(view) => view.diff.as_mut(),
        _ => None,
    }
}
