//! The canary screen's state: what was merged and is watched, and the one that is open.

mod known;

use std::sync::Arc;

use super::module::{Cursor, ModuleView};
use crate::console::event::{Generation, Millis};
use crate::promotion::canary::Verdict;
use crate::promotion::rollback::State as Rolled;
use crate::promotion::{ObjectId, RepoPath};
use crate::workflow::observe::Standing;

pub use known::{Newest, Own, State};

/// What was read. Texts are not yet safe to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// Every promotion that the base branch holds.
    pub all: Arc<Vec<Standing>>,
    /// The base branch.
    pub branch: String,
    /// When it was read, in Unix seconds.
    pub at: i64,
    /// Who at hand may have it wait and say that a verdict was seen; or why nobody may.
    pub person: Result<String, String>,
    /// Who at hand may take something back; or why nobody may.
    pub roller: Result<String, String>,
    /// What could not be fetched, in words.
    pub problems: Vec<String>,
}

/// What a worker tells.
#[derive(Clone, Debug)]
pub enum Told {
    /// How everything stands, or why that is not known.
    Read(Result<Box<Watched>, String>),
    /// What a look came to, or why there was none.
    Looked(Result<Box<Verdict>, String>),
    /// It is time to read it again.
    Due,
    /// What came of saying something: in words.
    Said(Result<String, String>),
}

/// A look under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Which request it is.
    pub generation: Generation,
    /// At which promotion.
    pub promotion: ObjectId,
    /// Since when.
    pub since: Millis,
}

/// What a person wants to say of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// It waits.
    Pause,
    /// It goes on.
    Resume,
    /// Its verdict was seen.
    Acknowledge,
    /// It is taken back.
    RollBack,
}

/// How long a watch can be had to wait, in seconds.
pub const PAUSES: [u64; 4] = [3_600, 4 * 3_600, 24 * 3_600, 72 * 3_600];

/// What is about to be said: nothing is, before it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What.
    pub say: Say,
    /// Of which promotion.
    pub promotion: ObjectId,
    /// Which of [`PAUSES`].
    pub choice: usize,
    /// Why.
    pub reason: String,
    /// Which request it is, once it is being signed.
    pub signing: Option<Generation>,
}

impl Order {
    /// How long it is to wait, in seconds.
    pub fn seconds(&self) -> u64 {
        PAUSES[self.choice.min(PAUSES.len() - 1)]
    }
}

/// The promotion that is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The selected signal.
    pub signal: Cursor,
    /// The first line of the history on the screen.
    pub top: usize,
    /// It was opened from elsewhere, and not from the list: back is there.
    pub directly: bool,
}

/// The canary screen's state.
#[derive(Clone, Debug, Default)]
pub struct CanaryView {
    /// Which request what is shown answers.
    pub generation: Generation,
    /// True while it is read again.
    pub reading: bool,
    /// What was read, or why it could not be.
    pub read: Option<Result<Watched, String>>,
    /// Looks of one's own.
    pub own: Own,
    /// Which promotions are shown, the worst first.
    pub rows: Vec<usize>,
    /// The selected row.
    pub row: Cursor,
    /// The promotion that is open: the selected one.
    pub opened: Option<Opened>,
    /// A look under way.
    pub asking: Option<Asking>,
    /// What is about to be said.
    pub order: Option<Order>,
    /// The module to open once it is read.
    pub wanted: Option<RepoPath>,
    /// The module screen it was opened from.
    pub behind: Option<Box<ModuleView>>,
}

impl CanaryView {
    /// What was read, where it could be.
    pub fn watched(&self) -> Option<&Watched> {
        self.read.as_ref()?.as_ref().ok()
    }

    /// The promotion in that row.
    pub fn at(&self, row: usize) -> Option<&Standing> {
        self.watched()?.all.get(*self.rows.get(row)?)
    }

    /// The selected promotion.
    pub fn selected(&self) -> Option<&Standing> {
        self.at(self.row.at)
    }

    /// The promotion of that commit.
    pub fn of(&self, promotion: ObjectId) -> Option<&Standing> {
        let mut all = self.watched()?.all.iter();
        all.find(|it| it.promotion.commit == promotion)
    }

    /// Puts the worst first again; the selection stays on its promotion.
    pub fn arrange(&mut self, selected: Option<ObjectId>) {
        let Some(watched) = self.watched() else {
            self.rows.clear();
            return;
        };
        let rows = self.own.order(&watched.all);
        let is = |at: &usize| {
            let it = watched.all.get(*at);
            it.map(|it| it.promotion.commit) == selected
        };
        let found = rows.iter().position(is);
        self.rows = rows;
        match found {
            Some(at) => self.row.at = at,
            // What was open is not there any more.
            None => {
                self.row.at = 0;
                self.opened = None;
            }
        }
    }

    /// Selects the newest promotion of a module; false where there is none.
    pub fn select(&mut self, module: &RepoPath) -> bool {
        let found = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(row, _)| Some((row, self.at(row)?)))
            .filter(|(_, it)| it.promotion.from == *module || it.promotion.to == *module)
            .max_by_key(|(_, it)| it.merged_at)
            .map(|(row, _)| row);
        if let Some(row) = found {
            self.row.at = row;
        }
        found.is_some()
    }

    /// When it should be read again, in Unix seconds: at the time of the next look, and not
    /// sooner than in a while. Nothing where nothing is watched.
    pub fn due(&self) -> Option<i64> {
        /// Whoever looks needs a moment to write it down.
        const MOMENT: i64 = 5;
        /// Looks that nobody makes are not waited for more often, in seconds.
        const LEAST: i64 = 60;
        let watched = self.watched()?;
        let next = watched.all.iter().filter_map(|it| {
            match it.rollback.as_ref().map(|it| it.state) {
                // Somebody takes it back: that goes on by itself.
                Some(state) => (state != Rolled::RolledBack).then_some(watched.at),
                None => it.next_look,
            }
        });
        let next = next.min()?;
        Some((next + MOMENT).max(watched.at + LEAST))
    }
}
