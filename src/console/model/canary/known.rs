//! What is known of a promotion that is watched, from wherever it comes: the log, this
//! machine's journal, looks of one's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::promotion::canary::{Action, Verdict, Word};
use crate::promotion::rollback::{Mode, State as Rolled};
use crate::promotion::{ObjectId, RepoPath, Stage};
use crate::workflow::observe::{Past, Standing};

/// How many of its own looks the console remembers of a promotion.
const MOST_LOOKS: usize = 500;

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
    /// There is nothing to ask: no signal is configured.
    NotSetUp,
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
            Self::NotSetUp => "NOT SET UP",
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
            (_, None, _) if !it.is_set_up() => State::NotSetUp,
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
