//! The audit screen's state: the log's entries, and the one that is open.

use std::sync::Arc;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::module::{Cursor, ModuleView};
use crate::console::event::Generation;

/// The log, as a worker read it. Texts are not yet safe to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogView {
    /// The entries, oldest first: their positions are their indices.
    pub entries: Arc<Vec<LogRow>>,
    /// How many lines the tree has.
    pub size: u64,
    /// Its root, in hexadecimal.
    pub root: String,
    /// True where every line and the whole are as they have to be.
    pub holds: bool,
    /// What is wrong, in words: the first thing first.
    pub problems: Vec<String>,
    /// What nothing protects, in words.
    pub unprotected: Option<String>,
    /// Up to where this machine has seen it before.
    pub pinned: String,
    /// Whether others have it.
    pub remote: String,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Where in the log.
    pub position: u64,
    /// When, in seconds since 1970 UTC by the signer's clock; `None`: not known.
    pub at: Option<i64>,
    /// Who signed; empty: not known.
    pub who: String,
    /// As what.
    pub role: String,
    /// What it says.
    pub what: String,
    /// About which module.
    pub module: String,
    /// What it proves.
    pub proof: Proof,
}

/// What an entry proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its signature and everything it names was checked.
    Verified,
    /// It was, and it counts for nothing all the same; why.
    Void(String),
    /// The same statement stands before, and counts there; where.
    Twice(String),
    /// It proves nothing; why.
    Wrong(String),
}

/// One entry, opened. Texts are not yet safe to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryView {
    /// What it says, field by field.
    pub fields: Vec<(String, String)>,
    /// The bytes that were signed.
    pub signed: Vec<u8>,
    /// What checks it without us, line by line.
    pub command: Vec<String>,
}

/// The entry that is open.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Where in the log.
    pub position: u64,
    /// Which request it answers.
    pub generation: Generation,
    /// What is in it, once it was read, or why it cannot be.
    pub entry: Option<Result<Box<EntryView>, String>>,
    /// The first line on the screen.
    pub top: usize,
}

/// The audit screen's state.
#[derive(Clone, Debug, Default)]
pub struct AuditView {
    /// Which request the log answers.
    pub generation: Generation,
    /// The log, once it was read, or why it cannot be.
    pub log: Option<Result<LogView, String>>,
    /// What the filter says; empty: everything.
    pub filter: String,
    /// Only entries that are not verified.
    pub only_wrong: bool,
    /// Which entries are shown, newest first.
    pub rows: Vec<usize>,
    /// The selected row.
    pub row: Cursor,
    /// The entry that is open.
    pub opened: Option<Opened>,
    /// The entry to open once the log is there.
    pub wanted: Option<u64>,
    /// The module screen it was opened from.
    pub behind: Option<Box<ModuleView>>,
}

impl LogRow {
    /// True where it proves what it says, and that counts.
    pub fn holds(&self) -> bool {
        self.proof == Proof::Verified
    }

    /// What the filter looks at.
    fn searched(&self) -> String {
        let proof = match &self.proof {
            Proof::Verified => "verified",
            Proof::Void(_) => "void",
            Proof::Twice(_) => "twice",
            Proof::Wrong(_) => "not verified",
        };
        let Self {
            position,
            who,
            role,
            what,
            module,
            ..
        } = self;
        format!("{position} {who} {role} {what} {module} {proof}")
    }
}

impl AuditView {
    /// The log, where there is one.
    pub fn log(&self) -> Option<&LogView> {
        self.log.as_ref()?.as_ref().ok()
    }

    /// The selected entry.
    pub fn selected(&self) -> Option<&LogRow> {
        let at = *self.rows.get(self.row.at)?;
        self.log()?.entries.get(at)
    }

    /// True where only some entries are shown.
    pub fn is_narrowed(&self) -> bool {
        !self.filter.is_empty() || self.only_wrong
    }

    /// Finds out again which entries are shown; the selection stays on its entry
    /// where that is still there.
    pub fn narrow(&mut self) {
        let before = self.rows.get(self.row.at).copied();
        let Some(log) = self.log() else {
            self.rows.clear();
            return;
        };
        // Words are looked for as they are: names and digests are exact.
        let pattern = Pattern::new(
            &self.filter,
            CaseMatching::Smart,
            Normalization::Smart,
            AtomKind::Substring,
        );
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut matches = |row: &LogRow| {
            self.filter.is_empty() || {
                let text = row.searched();
                let text = Utf32Str::new(&text, &mut buffer);
                pattern.score(text, &mut matcher).is_some()
            }
        };
        let entries = log.entries.iter().enumerate().rev();
        let rows = entries
            .filter(|(_, row)| !(self.only_wrong && row.holds()) && matches(row))
            .map(|(at, _)| at)
            .collect::<Vec<_>>();
        self.row.at = before
            .and_then(|before| rows.iter().position(|at| *at == before))
            .unwrap_or(0);
        self.rows = rows;
    }

    /// Selects the entry at that position, if it is shown.
    pub fn select(&mut self, position: u64) -> bool {
        let found = self.rows.iter().position(|at| *at as u64 == position);
        if let Some(at) = found {
            self.row.at = at;
        }
        found.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(position: u64, who: &str, proof: Proof) -> LogRow {
        LogRow {
            position,
            at: None,
            who: who.into(),
            role: "tech".into(),
            what: "approve".into(),
            module: "candidate/retry".into(),
            proof,
        }
    }

    fn view() -> AuditView {
        let entries = vec![
            row(0, "ada", Proof::Verified),
            row(
                1,
                "grace",
                Proof::Wrong("its signature does not fit".into()),
            ),
            row(2, "ada", Proof::Void("the key was compromised".into())),
        ];
        let mut view = AuditView {
            log: Some(Ok(LogView {
                entries: entries.into(),
                size: 3,
                ..LogView::default()
            })),
            ..AuditView::default()
        };
        view.narrow();
        view
    }

    #[test]
    fn the_newest_is_first_and_the_selection_stays_on_its_entry() {
        let mut view = view();
        assert_eq!(view.rows, [2, 1, 0]);
        view.row.at = 2;
        view.filter = "ada".into();
        view.narrow();
        assert_eq!((view.rows.as_slice(), view.row.at), (&[2, 0][..], 1));
        view.only_wrong = true;
        view.narrow();
        assert_eq!(view.rows, [2]);
    }
}
