//! Something to be chosen from a list.

use super::module::Cursor;
use crate::console::event::Generation;

/// What is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The branch that is looked at.
    Branch,
    /// The comment that is gone to.
    Comment,
}

impl Purpose {
    /// The title of the box.
    pub fn title(self) -> &'static str {
        match self {
            Self::Branch => "Look at",
            Self::Comment => "Your comments",
        }
    }
}

/// One of what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What is taken; `None`: what the console was opened on.
    pub value: Option<String>,
    /// Its name; not yet safe to show.
    pub name: String,
    /// What is known of it; not yet safe to show.
    pub words: String,
}

/// What is to be chosen from.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What it is about.
    pub purpose: Purpose,
    /// Which request it answers.
    pub generation: Generation,
    /// All there is, once it is known.
    pub items: Option<Vec<Item>>,
    /// The selected one.
    pub row: Cursor,
}
