//! What is in the way of what: keys that two actions want, and keys that a screen hides.

use super::Keymap;
use super::file::Bound;
use super::key::{Key, show};
use crate::console::action::Context;

/// The contexts that apply together, the innermost first.
pub(super) const TOGETHER: [&[Context]; 12] = [
    &[Context::Dashboard, Context::Global],
    &[Context::Module, Context::Global],
    &[Context::Diff, Context::Module, Context::Global],
    &[Context::Review, Context::Global],
    &[Context::Sign, Context::Global],
    &[Context::Wizard, Context::Global],
    &[Context::Errand, Context::Global],
    &[Context::Audit, Context::Global],
    &[Context::Canary, Context::Global],
    &[Context::Order, Context::Global],
    &[Context::Note],
    &[Context::Prompt],
];

/// True where both cannot be typed: they are the same, or one begins the other.
pub(super) fn collide(a: &[Key], b: &[Key]) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

/// That `won` has the keys and `lost` has not.
pub(super) fn taken(won: &Bound, lost: &Bound) -> String {
    let context = won.action.context().name();
    let (winner, loser) = (won.action.name(), lost.action.name());
    let (keys, others) = (show(&won.keys), show(&lost.keys));
    let what = match won.keys == lost.keys {
        true => format!("{keys} is {winner}, so it is not {loser}"),
        false => format!("{keys} is {winner}, so {others} cannot be {loser}: one begins the other"),
    };
    format!("{} and {}: in [{context}] {what}", won.place, lost.place)
}

/// What cannot be reached: global actions that a screen leaves no key, and characters that
/// cannot be typed where text is.
pub(super) fn hidden(map: &Keymap) -> Vec<String> {
    let mut notices = Vec::new();
    for contexts in TOGETHER {
        if let Some((Context::Global, inner)) = contexts.split_last() {
            for lost in map.bound.iter().filter(|it| {
                it.action.context() == Context::Global
                    && map.keys_in(contexts, it.action).is_empty()
            }) {
                let mut hiding = map.bound.iter().filter(|it| {
                    inner.contains(&it.action.context()) && collide(&it.keys, &lost.keys)
                });
                if let Some(won) = hiding.next() {
                    notices.push(format!(
                        "{} and {}: [{}] {} hides {} of [global] {}, which has no other key there",
                        won.place,
                        lost.place,
                        won.action.context().name(),
                        won.action.name(),
                        show(&lost.keys),
                        lost.action.name(),
                    ));
                }
            }
        }
    }
    let typed = |it: &&Bound| {
        let typing = matches!(it.action.context(), Context::Note | Context::Prompt);
        typing && it.keys.first().is_some_and(|key| key.typed().is_some())
    };
    for it in map.bound.iter().filter(typed) {
        notices.push(format!(
            "{}: {} is [{}] {}, so it cannot be typed there",
            it.place,
            show(&it.keys),
            it.action.context().name(),
            it.action.name(),
        ));
    }
    notices
}
