//! What a typed line asks for: a row by its number, or what its key or its name does.

use crate::console::action::Action;
use crate::console::keymap::{Key, Lookup, sequence};
use crate::console::model::Model;
use crate::console::model::palette::{Choice, Palette, What};
use crate::console::update::palette::choices;

/// What is of use on a screen that is drawn, and not told here.
const DRAWN: [Action; 4] = [
    Action::GrowPane,
    Action::ShrinkPane,
    Action::EvenPanes,
    Action::Redraw,
];

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To hear the page again.
    Again,
    /// A row of the list, counted from 1.
    Row(usize),
    /// The rows after those that were read out.
    More,
    /// To wait until everything that is at work is done.
    Wait,
    /// What can be done here.
    Offers,
    /// What was said so far.
    Messages,
    /// An action.
    Do(Action),
    /// Nothing that is known; with what comes near.
    Unknown(Vec<String>),
}

/// Understands a line. A key comes before a name: `enter` is the key.
pub fn understand(model: &Model, line: &str) -> Ask {
    let line = line.trim();
    match line {
        "" => return Ask::Again,
        "more" => return Ask::More,
        "wait" => return Ask::Wait,
        _ => {}
    }
    // Also where a key has that name: lists are numbered, and what the key does has a name.
    if let Ok(number) = line.parse::<usize>() {
        return Ask::Row(number);
    }
    let found = by_key(model, line).or_else(|| by_name(model, line));
    match found {
        Some(Action::Help | Action::Palette) => Ask::Offers,
        Some(Action::Messages) => Ask::Messages,
        Some(Action::Redraw) => Ask::Again,
        Some(action) => Ask::Do(action),
        None => Ask::Unknown(near(model, line)),
    }
}

/// As it is written in the keymap, as it is shown, or typed one after the other.
fn by_key(model: &Model, line: &str) -> Option<Action> {
    let lower = line
        .to_lowercase()
        .replace("pgup", "pageup")
        .replace("pgdn", "pagedown");
    let typed: Option<Vec<Key>> = line.chars().map(|c| Key::parse(&c.to_string())).collect();
    let contexts = model.contexts();
    let written = [sequence(line), sequence(&lower), typed];
    written
        .into_iter()
        .flatten()
        .find_map(|keys| match model.keymap.lookup(&contexts, &keys) {
            Lookup::Found(action) => Some(action),
            Lookup::Pending | Lookup::Unbound => None,
        })
}

fn by_name(model: &Model, line: &str) -> Option<Action> {
    let name = line.to_lowercase().replace(' ', "-");
    let pane = format!("{name}-pane");
    let contexts = model.contexts();
    let named = |name: &str| contexts.iter().find_map(|it| Action::named(*it, name));
    let hinted = |hint: &str| {
        let all = Action::ALL.iter().copied();
        let mut here = all.filter(|it| contexts.contains(&it.context()));
        here.find(|it| it.hint() == hint)
    };
    named(&name)
        .or_else(|| named(&pane))
        .or_else(|| hinted(&line.to_lowercase()))
}

/// The names of what comes nearest.
fn near(model: &Model, line: &str) -> Vec<String> {
    let mut palette = Palette {
        choices: choices(model),
        ..Palette::default()
    };
    palette.narrow(line, &model.catalog);
    let found = palette.rows.iter().take(5);
    found.map(|row| offer(&row.choice)).collect()
}

/// A choice as it is read out: what to type, what it does, and why not.
pub fn offer(choice: &Choice) -> String {
    let name = match choice.what {
        What::Action(action) => action.name(),
        What::Module(_) => "",
    };
    let is_number = |key: &&String| key.parse::<usize>().is_ok();
    let typed = match choice.keys.iter().find(|it| !is_number(it)) {
        Some(key) => format!("{key} or {name}"),
        None => name.to_owned(),
    };
    let refusal = choice.refusal.as_ref();
    let refusal = refusal.map_or(String::new(), |why| format!(" (not now: {why})"));
    format!("{typed}: {}{refusal}", choice.words)
}

/// Everything that can be done here, and after that what cannot, and why.
pub fn offers(model: &Model) -> Vec<String> {
    let mut all = choices(model);
    all.retain(|it| !matches!(it.what, What::Action(action) if DRAWN.contains(&action)));
    all.sort_by_key(|it| it.refusal.is_some());
    let mut lines = vec![format!("{} things can be typed here:", all.len() + 3)];
    lines.extend(all.iter().map(offer));
    lines.push("a number: select that row; more: read the rows after these".into());
    lines.push("wait: wait until what is at work is done".into());
    lines.push("nothing: read all of this screen again".into());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::keymap::Keymap;
    use crate::console::model::Header;
    use ratatui::layout::Size;

    #[test]
    fn keys_names_and_numbers_are_understood() {
        let size = Size::new(200, 100);
        let keymap = Keymap::built_in();
        let model = Model::new(Header::default(), Vec::new(), keymap, size, 0);
        for (line, ask) in [
            ("", Ask::Again),
            ("12", Ask::Row(12)),
            ("c", Ask::Do(Action::Check)),
            ("G", Ask::Do(Action::Bottom)),
            ("gg", Ask::Do(Action::Top)),
            ("g g", Ask::Do(Action::Top)),
            ("Enter", Ask::Do(Action::Open)),
            ("Ctrl-d", Ask::Do(Action::HalfPageDown)),
            ("PgUp", Ask::Do(Action::PageUp)),
            ("sign-off", Ask::Do(Action::SignOff)),
            ("Sign off", Ask::Do(Action::SignOff)),
            ("run gates", Ask::Do(Action::Check)),
            ("?", Ask::Offers),
            (":", Ask::Offers),
            ("more", Ask::More),
        ] {
            assert_eq!(understand(&model, line), ask, "{line:?}");
        }
        let Ask::Unknown(near) = understand(&model, "audit the log") else {
            panic!("that is no name");
        };
        assert_eq!(near[0], "a or audit: show the audit log");
    }
}
