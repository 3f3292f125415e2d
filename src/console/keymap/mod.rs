//! Keys: a preset, a person's changes to it, and the table that dispatch, help, palette
//! and footer all read.

mod conflicts;
pub mod docs;
mod file;
mod key;
mod presets;

use std::collections::HashMap;
use std::sync::Arc;

use super::action::{Action, Context};
use file::Bound;
pub use file::Place;
pub use key::{Key, sequence, show};
pub use presets::Preset;

/// What a person's file is called.
pub const FILE_NAME: &str = "keymap.toml";

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

/// Which keys do what. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Keymap {
    /// What is bound, in the order of the actions and of their keys.
    bound: Arc<Vec<Bound>>,
    /// By context and keys: the action.
    bindings: Arc<HashMap<(Context, Vec<Key>), Action>>,
}

impl Keymap {
    /// The keymap that counts without any choice.
    pub fn built_in() -> Self {
        Self::new(Preset::default(), None).0
    }

    /// A preset with a person's changes, action by action, and what is wrong with those.
    /// Nothing wrong in them is fatal: the rest still counts.
    pub fn new(preset: Preset, user: Option<&str>) -> (Self, Vec<String>) {
        let mut notices = Vec::new();
        let theirs = user.map(|text| file::read(FILE_NAME, text, &mut notices));
        let theirs = theirs.unwrap_or_default();
        let ours = file::read(preset.file(), preset.text(), &mut notices);
        let chosen: Vec<Action> = theirs.iter().map(|(action, _)| *action).collect();
        let ours = ours.into_iter().filter(|(it, _)| !chosen.contains(it));

        let mut kept: Vec<Bound> = Vec::new();
        // What a person chose comes first: it takes the key from a default.
        for wanted in theirs.into_iter().chain(ours).flat_map(|(_, bound)| bound) {
            let won = kept.iter().find(|it| {
                it.action.context() == wanted.action.context()
                    && conflicts::collide(&it.keys, &wanted.keys)
            });
            match won {
                // Written twice is no conflict.
                Some(won) if won.action == wanted.action && won.keys == wanted.keys => {}
                Some(won) => notices.push(conflicts::taken(won, &wanted)),
                None => kept.push(wanted),
            }
        }
        kept.sort_by_key(|it| it.action);
        let bindings = kept
            .iter()
            .map(|it| ((it.action.context(), it.keys.clone()), it.action));
        let map = Self {
            bindings: Arc::new(bindings.collect()),
            bound: Arc::new(kept),
        };
        notices.extend(conflicts::hidden(&map));
        (map, notices)
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

    fn of(&self, action: Action) -> impl Iterator<Item = &Bound> {
        self.bound.iter().filter(move |it| it.action == action)
    }

    /// The keys of an action, for people.
    pub fn keys(&self, action: Action) -> Vec<String> {
        self.of(action).map(|it| show(&it.keys)).collect()
    }

    /// Those keys of an action that reach it where these contexts apply: what an inner
    /// context has for itself does not.
    pub fn keys_in(&self, contexts: &[Context], action: Action) -> Vec<String> {
        let reaches = |keys: &[Key]| {
            let begun =
                (1..keys.len()).all(|end| self.lookup(contexts, &keys[..end]) == Lookup::Pending);
            begun && self.lookup(contexts, keys) == Lookup::Found(action)
        };
        let bound = self.of(action).filter(|it| reaches(&it.keys));
        bound.map(|it| show(&it.keys)).collect()
    }

    /// The first key of an action, for people.
    pub fn key(&self, action: Action) -> Option<String> {
        self.of(action).next().map(|it| show(&it.keys))
    }
}

#[cfg(test)]
mod tests;
