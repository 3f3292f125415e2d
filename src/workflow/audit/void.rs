//! What changes of keys do to entries, by position.
//!
//! Changes are taken in the order of the log. One counts unless a change that counts
//! and stands before it made its own key void. One by a key that is found to be
//! compromised counts no longer, as from there on. So whoever speaks first is heard
//! where two accuse each other; a third who is trusted ends it. What counted for
//! nothing when it was said stays so: it can be said again.

use crate::promotion::review::Predicate;
use crate::promotion::review::decision::Change;

use super::Entry;

/// A change that counts.
struct Counts {
    /// Where it stands.
    position: u64,
    /// The key it is by.
    by: String,
    /// The key it is about.
    key: String,
    /// Entries by that key are void from there on.
    from: u64,
    change: Change,
    /// Who said it.
    who: String,
}

impl Counts {
    fn voids(&self, key: &str, position: u64) -> bool {
        self.key == key && position >= self.from
    }

    fn words(&self) -> String {
        let (position, who) = (self.position, &self.who);
        match self.change {
            Change::Superseded => {
                format!("its key was superseded before, by entry {position} of {who}")
            }
            Change::Compromised => format!(
                "its key was declared compromised from entry {} on, by entry {position} of {who}",
                self.from
            ),
        }
    }
}

/// Marks the entries that changes of keys make void.
pub(super) fn mark(entries: &mut [Entry]) {
    let mut counts: Vec<Counts> = Vec::new();
    let mut unheard: Vec<(usize, String)> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let Some(verified) = entry.is.as_ref().ok().filter(|_| entry.twice.is_none()) else {
            continue;
        };
        let Predicate::KeyChange(change) = &verified.statement.predicate else {
            continue;
        };
        let before = counts
            .iter()
            .find(|it| it.voids(&verified.key, entry.position));
        if let Some(before) = before {
            unheard.push((at, before.words()));
            continue;
        }
        let new = Counts {
            position: entry.position,
            by: verified.key.clone(),
            key: change.key.clone(),
            from: match change.change {
                Change::Compromised => change.from.unwrap_or(0),
                Change::Superseded => entry.position + 1,
            },
            change: change.change,
            who: change.principal.clone(),
        };
        counts.retain(|it| !new.voids(&it.by, it.position));
        counts.push(new);
    }
    for entry in entries.iter_mut() {
        if let Ok(verified) = &entry.is {
            let by = counts
                .iter()
                .find(|it| it.voids(&verified.key, entry.position));
            entry.void = by.map(Counts::words);
        }
    }
    for (at, why) in unheard {
        entries[at].void = Some(why);
    }
}
