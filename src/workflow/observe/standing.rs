//! How a promotion stands that is being watched, or was. Uses no network.

use serde::Serialize;

use super::ObserveError;
use super::join;
use super::journal::{Journal, Past};
use super::look::NO_ARMS;
use super::said::{Acknowledged, Heard, Pause, Said, Verdicts};
use super::source;
use crate::config::canary::Watch;
use crate::promotion::canary::Verdict;
use crate::promotion::canary::smoke::{Nights, Schedule};
use crate::promotion::canary::verdict::span;
use crate::promotion::rollback::{Mode, Rollback, State};
use crate::promotion::{ObjectId, RepoPath, Stage, text};
use crate::repo::RepoError;
use crate::repo::tree::oid;
use crate::workflow::Workspace;
use crate::workflow::audit::Recorded;
use crate::workflow::promote::{Courses, Promoted, Promotion};
use crate::workflow::roll_back;
use crate::workflow::sign_off::Desk;

/// Whether harm is acted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Armed {
    /// It is.
    Yes {
        /// What is done without a person: it is taken back, or that is proposed.
        mode: Mode,
    },
    /// It is not.
    No {
        /// Why, in words.
        why: Vec<String>,
    },
}

/// How a promotion stands that is on the base branch. Times are in Unix seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// The promotion.
    pub promotion: Promotion,
    /// How far it is: merged, canary, completed or rolled back.
    pub stage: Stage,
    /// The commit of the base branch that brought it.
    pub merge: ObjectId,
    /// Since when it is watched: the merge's time by its commit, but not before the
    /// promotion was signed, for anybody can write an earlier time into a commit.
    pub merged_at: i64,
    /// Who merged it, by that commit's own words.
    pub merged_by: Option<String>,
    /// How it is watched, by the base branch.
    pub watch: Watch,
    /// The looks that this machine remembers, oldest first.
    pub looks: Vec<Past>,
    /// The newest verdict that this machine knows whole.
    pub verdict: Option<Verdict>,
    /// The verdicts in the log, oldest first.
    pub recorded: Vec<Verdicts>,
    /// What persons said of watching it, oldest first.
    pub heard: Vec<Heard>,
    /// When everything last had data, as far as is known.
    pub last_good: Option<i64>,
    /// The nights.
    pub nights: Nights,
    /// When the next look is due; nothing where none is.
    pub next_look: Option<i64>,
    /// Whether harm is acted on.
    pub armed: Armed,
    /// That a person has it wait, where that is so now.
    pub pause: Option<Pause>,
    /// The last word that a person has seen.
    pub acknowledged: Option<Acknowledged>,
    /// Where the log says that it was watched to the end.
    pub completion: Option<u64>,
    /// How far taking it back has come.
    pub rollback: Option<Rollback>,
    /// Who watched last, by the log.
    pub watcher: Option<String>,
}

impl Standing {
    /// True where it is still to be looked at.
    pub fn is_open(&self) -> bool {
        self.rollback.is_none() && matches!(self.stage, Stage::Merged | Stage::Canary)
    }

    /// For how long it has been watched by then, in seconds: until taking it back was decided.
    pub fn watched_for(&self, now: i64) -> u64 {
        let until = self.rollback.as_ref().map_or(now, |it| it.decided.at);
        until.saturating_sub(self.merged_at).max(0).unsigned_abs()
    }

    /// True where there is anything to ask of the metrics.
    pub fn is_set_up(&self) -> bool {
        !self.watch.policy.signals.is_empty()
    }

    /// True once it was taken back: there is nothing to take back any more.
    pub fn is_taken_back(&self) -> bool {
        match &self.rollback {
            Some(rollback) => rollback.state == State::RolledBack,
            None => self.stage == Stage::RolledBack,
        }
    }

    /// True once a watcher has looked, here or by the log.
    pub fn is_watched(&self) -> bool {
        !self.recorded.is_empty() || !self.looks.is_empty()
    }

    /// Adds what this machine remembers of it.
    fn remember(&mut self, journal: &Journal) {
        self.looks = journal.looks();
        self.verdict = journal.verdict();
        self.last_good = self.looks.iter().filter_map(|it| it.last_good).max();
        if let (Some(next), Some(last)) = (&mut self.next_look, self.looks.last()) {
            let due = last.at.saturating_add_unsigned(self.watch.interval);
            *next = due.max(*next);
        }
    }

    /// The module, by where it came from.
    pub fn module(&self) -> &RepoPath {
        &self.promotion.from
    }

    /// What the transparency scorecard should say of it, where it was watched to the end.
    /// The base branch is not the watcher's to write: [`finish`](super::finish()) brings it
    /// onto a branch.
    pub fn scorecard_line(&self) -> Option<String> {
        let (entry, day) = (self.completion?, self.completed_on()?);
        let policy = &self.watch.policy;
        Some(format!(
            "- **Canary:** `{}` was watched for {} and {} nights, completed on {} (entry {entry} of \
             the audit log)",
            text::visible(&self.promotion.to.to_text()),
            span(policy.window),
            policy.nights,
            day,
        ))
    }

    /// The day on which it was watched to the end: `2026-01-31`.
    pub fn completed_on(&self) -> Option<String> {
        self.completion?;
        let at = self.recorded.last().map_or(self.merged_at, |it| it.at);
        let at = jiff::Timestamp::from_second(at).ok()?;
        Some(at.strftime("%Y-%m-%d").to_string())
    }

    /// When nights are due.
    pub fn schedule(&self) -> Schedule {
        schedule(&self.watch, self.merged_at)
    }
}

/// Every promotion that the base branch holds, as of `now` in Unix seconds: those that
/// are watched, and those that were.
pub fn standings(ws: &Workspace, desk: &Desk, now: i64) -> Result<Vec<Standing>, ObserveError> {
    let mut all = Board::read(ws, desk)?.standings(desk, now);
    for standing in &mut all {
        // Without a home nothing is remembered.
        let id = desk.authority.repository.id;
        if let Ok(journal) = Journal::of(id, standing.promotion.commit) {
            standing.remember(&journal);
        }
    }
    Ok(all)
}

/// The one of a module, by where it was or where it is.
pub fn find<'a>(all: &'a [Standing], name: &str) -> Result<&'a Standing, ObserveError> {
    let path = RepoPath::from_text(name.trim_start_matches("./").trim_end_matches('/'));
    let dotted = name.replace('/', ".");
    let is = |it: &RepoPath| *it == path || it.dotted().as_deref() == Some(dotted.as_str());
    let found = all
        .iter()
        .rfind(|it| is(&it.promotion.from) || is(&it.promotion.to));
    found.ok_or_else(|| ObserveError::NotMerged {
        module: name.to_owned(),
    })
}

/// What is read once for many times: it changes only with the repository's references.
#[derive(Debug)]
pub(super) struct Board {
    /// What is done without a person, or why nothing is.
    policy: Result<Mode, String>,
    records: Vec<Recorded>,
    merged: Vec<Merged>,
}

/// A promotion that the base branch holds, or held.
#[derive(Debug)]
struct Merged {
    it: Promoted,
    merge: ObjectId,
    committed_at: i64,
    rollback: Option<Rollback>,
}

impl Board {
    /// Reads it. Uses no network.
    pub fn read(ws: &Workspace, desk: &Desk) -> Result<Self, ObserveError> {
        let records = desk.log.records();
        let mut merged = Vec::new();
        for it in Courses::read(ws, desk)?.promoted() {
            let rollback = roll_back::of(&records, &it.promotion);
            // What was squashed and taken back is found on the base branch no more.
            let begun = rollback.as_ref().map(|it| it.decided.merge);
            if let Some(merge) = it.merge.or(begun) {
                merged.push(Merged {
                    committed_at: committed_at(ws, merge)?,
                    it,
                    merge,
                    rollback,
                });
            }
        }
        Ok(Self {
            policy: join::policy(ws, desk),
            records,
            merged,
        })
    }

    /// How each stands as of `now`, without what this machine remembers.
    pub fn standings(&self, desk: &Desk, now: i64) -> Vec<Standing> {
        let source = source::server(&desk.authority.config.canary);
        let source = source.err().map(|error| error.to_string());
        let each = |it| self.standing(desk, source.as_deref(), it, now);
        self.merged.iter().map(each).collect()
    }

    fn standing(&self, desk: &Desk, source: Option<&str>, merged: &Merged, now: i64) -> Standing {
        let records = &self.records;
        let it = &merged.it;
        let watch = desk.authority.config.canary.of(&it.promotion.from).clone();
        let committed = merged.committed_at;
        // Which nights were in time depends on the merge, and that on the record.
        let first = Said::of(records, &it.promotion, schedule(&watch, committed));
        let merged_at = first.promoted.map_or(committed, |at| at.max(committed));
        let said = match merged_at == committed {
            true => first,
            false => Said::of(records, &it.promotion, schedule(&watch, merged_at)),
        };
        let nights = schedule(&watch, merged_at).nights(&said.nights, watch.policy.nights, now);
        let pause = said.pause.filter(|pause| pause.until > now);
        let rollback = merged.rollback.clone();
        let over = !matches!(it.stage, Stage::Merged | Stage::Canary);
        let mut why = gaps(source, &watch);
        if let Some(pause) = &pause {
            why.push(format!("{} has it wait: {}", pause.by, pause.reason));
        }
        why.extend(self.policy.as_ref().err().cloned());
        match (&rollback, over) {
            (Some(_), _) => why.push("it is being taken back".into()),
            (None, true) => why.push(format!("it is {}", it.stage.word())),
            _ => {}
        }
        let last = said.verdicts.last();
        let next = last.map_or(merged_at, |it| {
            it.at.saturating_add_unsigned(watch.interval)
        });
        let open = !over && rollback.is_none();
        Standing {
            stage: it.stage,
            merge: merged.merge,
            merged_at,
            merged_by: it.merged_by.clone(),
            looks: Vec::new(),
            verdict: None,
            last_good: None,
            watcher: last.map(|it| it.watcher.clone()),
            recorded: said.verdicts,
            heard: said.heard,
            nights,
            next_look: open.then_some(next),
            armed: match (&self.policy, why.is_empty()) {
                (Ok(mode), true) => Armed::Yes { mode: *mode },
                _ => Armed::No { why },
            },
            pause,
            acknowledged: said.acknowledged,
            completion: said.completion,
            rollback,
            watch,
            promotion: it.promotion.clone(),
        }
    }
}

/// What keeps it from being judged, as far as it can be told without asking. `source`: why
/// no server can be asked.
fn gaps(source: Option<&str>, watch: &Watch) -> Vec<String> {
    let mut why = Vec::new();
    if watch.asks.is_empty() {
        let words = "no signal is configured in [canary] of countersign.toml on the base branch";
        return vec![words.into()];
    }
    if watch.arms().is_none() {
        why.push(NO_ARMS.into());
    }
    why.extend(source.map(str::to_owned));
    why
}

fn schedule(watch: &Watch, merged: i64) -> Schedule {
    Schedule {
        merged,
        at: watch.night_at,
        every: watch.night_every,
    }
}

/// When a commit was made, by its own words, in Unix seconds.
fn committed_at(ws: &Workspace, commit: ObjectId) -> Result<i64, RepoError> {
    let git = ws.repo().open_git()?;
    let found = git.find_commit(oid(commit));
    let found = found.map_err(RepoError::git("read the merge"))?;
    Ok(found.committer().when().seconds())
}
