//! How a promotion stands that is being watched, or was. Uses no network.

use serde::Serialize;

use super::ObserveError;
use super::join::{self, Rolling};
use super::journal::{Journal, Past};
use super::look::NO_ARMS;
use super::said::{Acknowledged, Pause, Said, Verdicts};
use super::source;
use crate::config::canary::Watch;
use crate::promotion::canary::Verdict;
use crate::promotion::canary::smoke::{Nights, Schedule};
use crate::promotion::{ObjectId, RepoPath, Stage};
use crate::repo::RepoError;
use crate::repo::tree::oid;
use crate::workflow::Workspace;
use crate::workflow::promote::{Courses, Promoted, Promotion};
use crate::workflow::sign_off::Desk;

/// Whether harm is acted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Armed {
    /// It is.
    Yes,
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
    pub rollback: Option<Rolling>,
    /// Who watched last, by the log.
    pub watcher: Option<String>,
}

impl Standing {
    /// True where it is still to be looked at.
    pub fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Merged | Stage::Canary)
    }

    /// The module, by where it came from.
    pub fn module(&self) -> &RepoPath {
        &self.promotion.from
    }

    /// When nights are due.
    pub fn schedule(&self) -> Schedule {
        schedule(&self.watch, self.merged_at)
    }
}

/// Every promotion that the base branch holds, as of `now` in Unix seconds: those that
/// are watched, and those that were.
pub fn standings(ws: &Workspace, desk: &Desk, now: i64) -> Result<Vec<Standing>, ObserveError> {
    let promoted = Courses::read(ws, desk)?.promoted();
    let merged = promoted.into_iter().filter(|it| it.merge.is_some());
    merged
        .filter_map(|it| standing(ws, desk, it, now).transpose())
        .collect()
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

fn standing(
    ws: &Workspace,
    desk: &Desk,
    it: Promoted,
    now: i64,
) -> Result<Option<Standing>, ObserveError> {
    let Some(merge) = it.merge else {
        return Ok(None);
    };
    let canary = &desk.authority.config.canary;
    let watch = canary.of(&it.promotion.from).clone();
    let records = desk.log.records();
    let committed = committed_at(ws, merge)?;
    // Which nights were in time depends on the merge, and that on the record.
    let first = Said::of(&records, &it.promotion, schedule(&watch, committed));
    let merged_at = first.promoted.map_or(committed, |at| at.max(committed));
    let said = match merged_at == committed {
        true => first,
        false => Said::of(&records, &it.promotion, schedule(&watch, merged_at)),
    };
    let journal = Journal::of(desk.authority.repository.id, it.promotion.commit);
    let (looks, verdict) = match journal {
        Ok(journal) => (journal.looks(), journal.verdict()),
        // Without a home nothing is remembered.
        Err(_) => (Vec::new(), None),
    };
    let nights = schedule(&watch, merged_at).nights(&said.nights, watch.policy.nights, now);
    let rollback = join::status(ws, desk, &it.promotion)?;
    let pause = said.pause.filter(|pause| pause.until > now);
    let open = matches!(it.stage, Stage::Merged | Stage::Canary);
    let last = looks.last().map(|it| it.at);
    let last = last.max(said.verdicts.last().map(|it| it.at));
    let next = last.map_or(merged_at, |at| at.saturating_add_unsigned(watch.interval));
    let mut why = gaps(desk, &watch);
    if let Some(pause) = &pause {
        why.push(format!("{} has it wait: {}", pause.by, pause.reason));
    }
    if !open {
        why.push(format!("it is {}", it.stage.word()));
    }
    Ok(Some(Standing {
        stage: it.stage,
        merge,
        merged_at,
        merged_by: it.merged_by,
        last_good: looks.iter().filter_map(|it| it.last_good).max(),
        looks,
        verdict,
        watcher: said.verdicts.last().map(|it| it.watcher.clone()),
        recorded: said.verdicts,
        nights,
        next_look: open.then_some(next),
        armed: match why.is_empty() {
            true => Armed::Yes,
            false => Armed::No { why },
        },
        pause,
        acknowledged: said.acknowledged,
        completion: said.completion,
        rollback,
        watch,
        promotion: it.promotion,
    }))
}

/// What keeps it from being judged, as far as it can be told without asking.
fn gaps(desk: &Desk, watch: &Watch) -> Vec<String> {
    let mut why = Vec::new();
    if watch.asks.is_empty() {
        why.push(
            "no signal is configured in [canary] of countersign.toml on the base branch".into(),
        );
        return why;
    }
    if watch.arms().is_none() {
        why.push(NO_ARMS.into());
    }
    if let Err(error) = source::server(&desk.authority.config.canary) {
        why.push(error.to_string());
    }
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
