//! Lines between two panes that can be moved, and how far each was.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A line between two panes, by what is on both sides of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Divider {
    /// The gates of a module over their findings.
    Gates,
    /// Files, benchmarks or places over what is known of the selected one.
    Facts,
    /// The halves of a diff, side by side.
    Diff,
    /// A review's questions beside their evidence.
    Review,
    /// The fields of a proposal beside what there is to say of one.
    Wizard,
    /// The log's entries over what the selected one proves.
    Audit,
    /// The promotions over why the selected one stands so.
    Canary,
}

/// How far lines were moved from where they are by themselves: columns or rows, positive
/// to the right or down. What a screen has no room for counts as what it has room for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Panes(BTreeMap<Divider, i16>);

impl Panes {
    /// How far this one was moved.
    pub fn moved(&self, divider: Divider) -> i16 {
        self.0.get(&divider).copied().unwrap_or_default()
    }

    /// Moves it that far from where it is by itself.
    pub fn put(&mut self, divider: Divider, moved: i16) {
        match moved {
            0 => drop(self.0.remove(&divider)),
            _ => drop(self.0.insert(divider, moved)),
        }
    }
}
