//! The canary screen's state: what was merged and is watched, and the one that is open.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::module::{Cursor, ModuleView};
use crate::console::event::{Generation, Millis};
use crate::promotion::canary::{Action, Verdict, Word};
use crate::promotion::rollback::{Mode, State as Rolled};
use crate::promotion::{ObjectId, RepoPath, Stage};
use crate::workflow::observe::{Past, Standing};

/// How many of its own looks the console remembers of a promotion.
const MOST_LOOKS: usize = 500;

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

/// How a promotion stands, the worst first. One shape and one word for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is being taken back, and waits for a person.
    NeedsPerson,
    /// It does harm.
    Fail,
    /// It is being taken back.
    RollingBack,
    /// It cannot be told.
    Hold,
    /// Nobody looked yet.
    NotLooked,
    /// No harm is seen so far.
    PassSoFar,
    /// No harm was seen to the end.
    Pass,
    /// It was taken back.
    RolledBack,
    /// It was watched to the end.
    Completed,
}

impl State {
    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::NeedsPerson => "NEEDS A PERSON",
            Self::Fail => "FAIL",
            Self::RollingBack => "ROLLING BACK",
            Self::Hold => "HOLD",
            Self::NotLooked => "NOT LOOKED AT",
            Self::PassSoFar => "PASS SO FAR",
            Self::Pass => "PASS",
            Self::RolledBack => "ROLLED BACK",
            Self::Completed => "COMPLETED",
        }
    }

    /// True where nothing is left to be watched or done.
    pub fn is_over(self) -> bool {
        matches!(self, Self::RolledBack | Self::Completed)
    }
}

/// The newest that is known of a promotion: by the log, by what this machine keeps, or by
/// a look of one's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Newest<'a> {
    /// When was looked, in Unix seconds.
    pub at: i64,
    /// The word.
    pub word: Word,
    /// What it allows.
    pub action: Action,
    /// Why.
    pub why: &'a str,
    /// True where only the log knows it: the figures are older.
    pub only_logged: bool,
}

/// Looks that were made from this screen; nothing follows from them, and they are not kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own(BTreeMap<ObjectId, (Arc<Verdict>, Arc<Vec<Past>>)>);

impl Own {
    /// Remembers one.
    pub fn remember(&mut self, promotion: ObjectId, verdict: Verdict) {
        let past = Past::of(&verdict);
        let verdict = Arc::new(verdict);
        let entry = self.0.entry(promotion);
        let (newest, looks) = entry.or_insert_with(|| (verdict.clone(), Arc::default()));
        *newest = verdict;
        let looks = Arc::make_mut(looks);
        if looks.len() == MOST_LOOKS {
            looks.remove(0);
        }
        looks.push(past);
    }

    fn of(&self, promotion: ObjectId) -> Option<&(Arc<Verdict>, Arc<Vec<Past>>)> {
        self.0.get(&promotion)
    }

    /// The newest verdict with all of its figures.
    pub fn whole<'a>(&'a self, it: &'a Standing) -> Option<&'a Verdict> {
        let own = self.of(it.promotion.commit).map(|(verdict, _)| &**verdict);
        let all = [it.verdict.as_ref(), own];
        all.into_iter().flatten().max_by_key(|verdict| verdict.at)
    }

    /// All looks that are known here, oldest first.
    pub fn looks<'a>(&'a self, it: &'a Standing) -> Vec<&'a Past> {
        let own = self.of(it.promotion.commit).map(|(_, looks)| &**looks);
        let mut all: Vec<&Past> = it.looks.iter().chain(own.into_iter().flatten()).collect();
        all.sort_by_key(|it| it.at);
        all
    }

    /// The newest that is known.
    pub fn newest<'a>(&'a self, it: &'a Standing) -> Option<Newest<'a>> {
        let whole = self.whole(it).map(|verdict| Newest {
            at: verdict.at,
            word: verdict.word,
            action: verdict.action,
            why: &verdict.why,
            only_logged: false,
        });
        let logged = it.recorded.last().map(|verdict| Newest {
            at: verdict.at,
            word: verdict.word,
            action: verdict.action,
            why: &verdict.why,
            only_logged: true,
        });
        match (whole, logged) {
            (Some(whole), Some(logged)) if logged.at > whole.at => Some(logged),
            (whole, logged) => whole.or(logged),
        }
    }

    /// Which signal is nearest to what takes it back, and how near: 1 is there. By evidence
    /// against its limit, and by burn over both windows against the factor; `None` where
    /// neither is known.
    pub fn nearest<'a>(&'a self, it: &'a Standing) -> Option<(&'a str, f64)> {
        let signals = &self.whole(it)?.signals;
        let near = signals.iter().filter_map(|signal| {
            let evidence = signal.evidence.map(|[value, limit]| value / limit);
            let burns = signal.burns.iter().filter(|burn| burn.rolls_back);
            // Both windows have to burn.
            let burns = burns.map(|burn| burn.burns[0].min(burn.burns[1]) / burn.factor);
            let near = evidence
                .into_iter()
                .chain(burns)
                .filter(|it| it.is_finite());
            Some((signal.signal.as_str(), near.reduce(f64::max)?))
        });
        near.max_by(|(_, a), (_, b)| a.total_cmp(b))
    }

    /// How it stands.
    pub fn state(&self, it: &Standing) -> State {
        let newest = self.newest(it).map(|it| (it.word, it.action));
        let asks = it.rollback.as_ref().is_some_and(|it| {
            it.waits.is_some()
                || it.decided.mode == Mode::Propose && !it.agreed && !it.state.is_back()
        });
        match (it.stage, it.rollback.as_ref().map(|it| it.state), newest) {
            (Stage::Completed, None, _) => State::Completed,
            (_, Some(Rolled::RolledBack), _) => State::RolledBack,
            (_, Some(Rolled::AwaitingMerge | Rolled::NeedsHuman | Rolled::Frozen), _) => {
                State::NeedsPerson
            }
            (_, Some(_), _) if asks => State::NeedsPerson,
            (_, Some(_), _) => State::RollingBack,
            (Stage::RolledBack, None, _) => State::RolledBack,
            (_, None, None) => State::NotLooked,
            (_, None, Some((Word::Fail, _))) => State::Fail,
            (_, None, Some((Word::Pass, Action::Complete))) => State::Pass,
            (_, None, Some((Word::Pass, _))) => State::PassSoFar,
            (_, None, Some(_)) => State::Hold,
        }
    }

    /// What is not over, the worst first.
    pub fn open(&self, all: &[Standing]) -> Vec<(RepoPath, State)> {
        let rows = self.order(all).into_iter().map(|at| &all[at]);
        let rows = rows.map(|it| (it.module().clone(), self.state(it)));
        rows.filter(|(_, state)| !state.is_over()).collect()
    }

    /// All of them, the worst first, and of equals the one merged last.
    pub fn order(&self, all: &[Standing]) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..all.len()).collect();
        rows.sort_by_key(|at| {
            let it = &all[*at];
            (self.state(it), std::cmp::Reverse(it.merged_at))
        });
        rows
    }
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
