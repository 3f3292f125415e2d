//! Keys: the embedded `keymap.toml`, a person's changes to it, and the table
//! that dispatch, help and footer all read.

use std::collections::HashMap;
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use toml_edit::{Document, Item, Value};

use super::action::{Action, Context};

const DEFAULT: &str = include_str!("../../keymap.toml");

/// One key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// What a key press amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// This action.
    Found(Action),
    /// The beginning of a longer sequence.
    Pending,
    /// Nothing.
    Unbound,
}

/// Which keys do what.
#[derive(Clone, Debug)]
pub struct Keymap {
    /// By action: its keys, in the order they were given.
    keys: HashMap<Action, Vec<Vec<Key>>>,
    /// By context and keys: the action.
    bindings: HashMap<(Context, Vec<Key>), Action>,
}

impl Key {
    /// Of a key event. Shift is part of the character where there is one.
    pub fn of(event: &KeyEvent) -> Self {
        let mut code = event.code;
        let mut modifiers =
            event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        match code {
            KeyCode::Char(c) => {
                modifiers.remove(KeyModifiers::SHIFT);
                if modifiers.contains(KeyModifiers::CONTROL) {
                    code = KeyCode::Char(c.to_ascii_lowercase());
                }
            }
            KeyCode::BackTab => {
                code = KeyCode::Tab;
                modifiers.insert(KeyModifiers::SHIFT);
            }
            _ => {}
        }
        Self { code, modifiers }
    }

    /// The character it types, if it types one.
    pub fn typed(&self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        loop {
            let (modifier, tail) = if let Some(tail) = rest.strip_prefix("ctrl-") {
                (KeyModifiers::CONTROL, tail)
            } else if let Some(tail) = rest.strip_prefix("alt-") {
                (KeyModifiers::ALT, tail)
            } else if let Some(tail) = rest.strip_prefix("shift-") {
                (KeyModifiers::SHIFT, tail)
            } else {
                break;
            };
            modifiers |= modifier;
            rest = tail;
        }
        let code = match rest {
            "enter" => KeyCode::Enter,
            "esc" => KeyCode::Esc,
            "tab" => KeyCode::Tab,
            "space" => KeyCode::Char(' '),
            "backspace" => KeyCode::Backspace,
            "delete" => KeyCode::Delete,
            "insert" => KeyCode::Insert,
            "up" => KeyCode::Up,
            "down" => KeyCode::Down,
            "left" => KeyCode::Left,
            "right" => KeyCode::Right,
            "home" => KeyCode::Home,
            "end" => KeyCode::End,
            "pageup" => KeyCode::PageUp,
            "pagedown" => KeyCode::PageDown,
            _ => {
                let mut chars = rest.chars();
                match (chars.next(), chars.as_str()) {
                    (Some(c), "") => KeyCode::Char(c),
                    (Some('f'), number) => {
                        KeyCode::F(number.parse().ok().filter(|n| (1..=12).contains(n))?)
                    }
                    _ => return None,
                }
            }
        };
        if matches!(code, KeyCode::Char(_)) {
            modifiers.remove(KeyModifiers::SHIFT);
        }
        Some(Self { code, modifiers })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in [
            (KeyModifiers::CONTROL, "Ctrl-"),
            (KeyModifiers::ALT, "Alt-"),
            (KeyModifiers::SHIFT, "Shift-"),
        ] {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            code => write!(f, "{code}"),
        }
    }
}

impl Keymap {
    /// The embedded keymap.
    pub fn built_in() -> Self {
        Self::with_user(None).0
    }

    /// The embedded keymap with a person's changes, and what is wrong with those.
    /// Nothing wrong in them is fatal: the rest still counts.
    pub fn with_user(user: Option<&str>) -> (Self, Vec<String>) {
        let mut notices = Vec::new();
        let mut keys: HashMap<Action, Vec<Vec<Key>>> = HashMap::new();
        let mut by_user = Vec::new();
        for (action, sequences) in read(DEFAULT, &mut notices) {
            keys.insert(action, sequences);
        }
        for (action, sequences) in user.map(|u| read(u, &mut notices)).unwrap_or_default() {
            keys.insert(action, sequences);
            by_user.push(action);
        }

        let mut bindings: HashMap<(Context, Vec<Key>), Action> = HashMap::new();
        // What a person chose comes first: it takes the key from a default.
        let order = by_user
            .iter()
            .chain(Action::ALL.iter().filter(|a| !by_user.contains(a)));
        for action in order {
            let Some(sequences) = keys.get_mut(action) else {
                continue;
            };
            sequences.retain(|sequence| {
                let place = (action.context(), sequence.clone());
                let taken = bindings
                    .iter()
                    .find(|((context, other), _)| {
                        *context == place.0
                            && (other.starts_with(sequence) || sequence.starts_with(other))
                    })
                    .map(|(_, other)| *other);
                match taken {
                    None => {
                        bindings.insert(place, *action);
                        true
                    }
                    Some(other) => {
                        notices.push(format!(
                            "keymap.toml: in [{}] {} is already {}, so it is not {}",
                            action.context().name(),
                            show(sequence),
                            other.name(),
                            action.name(),
                        ));
                        false
                    }
                }
            });
        }
        (Self { keys, bindings }, notices)
    }

    /// What `typed` does where these contexts apply, the innermost first.
    pub fn lookup(&self, contexts: &[Context], typed: &[Key]) -> Lookup {
        for context in contexts {
            if let Some(action) = self.bindings.get(&(*context, typed.to_vec())) {
                return Lookup::Found(*action);
            }
            let begun = self
                .bindings
                .keys()
                .any(|(c, keys)| c == context && keys.starts_with(typed));
            if begun {
                return Lookup::Pending;
            }
        }
        Lookup::Unbound
    }

    /// The keys of an action, for people.
    pub fn keys(&self, action: Action) -> Vec<String> {
        self.keys
            .get(&action)
            .map(|sequences| sequences.iter().map(|s| show(s)).collect())
            .unwrap_or_default()
    }

    /// The first key of an action, for people.
    pub fn key(&self, action: Action) -> Option<String> {
        self.keys.get(&action)?.first().map(|s| show(s))
    }
}

/// Keys as people read them: `g g`, `Ctrl-d`.
pub fn show(sequence: &[Key]) -> String {
    let parts: Vec<_> = sequence.iter().map(Key::to_string).collect();
    if parts.iter().all(|p| p.chars().count() == 1) {
        parts.concat()
    } else {
        parts.join(" ")
    }
}

fn read(text: &str, notices: &mut Vec<String>) -> Vec<(Action, Vec<Vec<Key>>)> {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(e) => {
            notices.push(format!("keymap.toml: {}", e.message()));
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for (section, item) in document.iter() {
        let Some(context) = Context::ALL.into_iter().find(|c| c.name() == section) else {
            let names = Context::ALL.map(Context::name);
            notices.push(format!(
                "keymap.toml: there is no section [{section}]{}",
                nearest(section, &names)
            ));
            continue;
        };
        let Some(table) = item.as_table_like() else {
            notices.push(format!("keymap.toml: [{section}] is no section"));
            continue;
        };
        for (name, item) in table.iter() {
            let Some(action) = Action::named(context, name) else {
                let names: Vec<_> = Action::ALL
                    .iter()
                    .filter(|a| a.context() == context)
                    .map(|a| a.name())
                    .collect();
                notices.push(format!(
                    "keymap.toml: [{section}] has no action {name:?}{}",
                    nearest(name, &names)
                ));
                continue;
            };
            let mut sequences = Vec::new();
            for text in strings(item) {
                let sequence: Option<Vec<Key>> = text.split_whitespace().map(Key::parse).collect();
                match sequence {
                    Some(sequence) if sequence.is_empty() => {}
                    Some(sequence) => sequences.push(sequence),
                    None => notices.push(format!(
                        "keymap.toml: {text:?} for {section}.{name} is no key"
                    )),
                }
            }
            found.push((action, sequences));
        }
    }
    found
}

fn strings(item: &Item) -> Vec<&str> {
    match item {
        Item::Value(Value::Array(array)) => array.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    }
}

fn nearest(name: &str, names: &[&str]) -> String {
    names
        .iter()
        .map(|n| (strsim::jaro_winkler(n, name), n))
        .filter(|(score, _)| *score > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, n)| format!("; did you mean {n:?}?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Key> {
        text.split(' ').map(|k| Key::parse(k).unwrap()).collect()
    }

    #[test]
    fn the_built_in_keymap_is_sound_and_whole() {
        let (map, notices) = Keymap::with_user(None);
        assert_eq!(notices, Vec::<String>::new());
        for action in Action::ALL {
            assert!(!map.keys(*action).is_empty(), "{action:?} has no key");
        }
    }

    #[test]
    fn sequences_wait_for_their_end() {
        let map = Keymap::built_in();
        let contexts = [Context::Dashboard, Context::Global];
        assert_eq!(map.lookup(&contexts, &keys("g")), Lookup::Pending);
        assert_eq!(
            map.lookup(&contexts, &keys("g g")),
            Lookup::Found(Action::Top)
        );
        assert_eq!(map.lookup(&contexts, &keys("g x")), Lookup::Unbound);
    }

    #[test]
    fn a_person_changes_one_action_and_keeps_the_rest() {
        let user = "[global]\nquit = \"ctrl-q\"\nhelp = []\n[dashboard]\ncheck = [\"s\"]\nchek = [\"y\"]\n[dashbord]\n[prompt]\naccept = [\"entre\"]";
        let (map, notices) = Keymap::with_user(Some(user));
        let contexts = [Context::Dashboard, Context::Global];
        assert_eq!(
            map.lookup(&contexts, &keys("ctrl-q")),
            Lookup::Found(Action::Quit)
        );
        assert_eq!(map.lookup(&contexts, &keys("q")), Lookup::Unbound);
        assert_eq!(map.lookup(&contexts, &keys("?")), Lookup::Unbound);
        assert_eq!(
            map.lookup(&contexts, &keys("s")),
            Lookup::Found(Action::Check)
        );
        assert_eq!(map.key(Action::SignOff), None);
        let all = notices.join("\n");
        assert!(
            all.contains("no action \"chek\"; did you mean \"check\"?"),
            "{all}"
        );
        assert!(
            all.contains("no section [dashbord]; did you mean \"dashboard\"?"),
            "{all}"
        );
        assert!(
            all.contains("\"entre\" for prompt.accept is no key"),
            "{all}"
        );
        assert!(
            all.contains("s is already check, so it is not sign-off"),
            "{all}"
        );
    }

    #[test]
    fn shift_belongs_to_the_character() {
        let event = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(vec![Key::of(&event)], keys("G"));
        let event = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(vec![Key::of(&event)], keys("shift-tab"));
    }
}
