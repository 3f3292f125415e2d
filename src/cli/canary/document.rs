//! The documents of `canary --json`: docs/json.md.

use serde::Serialize;

use crate::promotion::canary::Verdict;
use crate::promotion::canary::smoke::Night;
use crate::promotion::rollback::State;
use crate::promotion::{ObjectId, RepoPath, Stage};
use crate::workflow::observe::{Acknowledged, Armed, Past, Pause, Standing, Verdicts};

/// `countersign.canary`
#[derive(Serialize)]
pub struct Document<'a> {
    /// When it was asked, in Unix seconds.
    pub now: i64,
    /// Every promotion on the base branch.
    pub promotions: Vec<One<'a>>,
}

/// How one stands.
#[derive(Serialize)]
pub struct One<'a> {
    module: &'a RepoPath,
    to: &'a RepoPath,
    promotion: ObjectId,
    stage: Stage,
    merge: ObjectId,
    merged_at: i64,
    merged_by: Option<&'a str>,
    window: u64,
    interval: u64,
    signals: Vec<&'a str>,
    verdict: Option<&'a Verdict>,
    looks: &'a [Past],
    recorded: &'a [Verdicts],
    last_good: Option<i64>,
    nights_needed: u32,
    nights: &'a [Night],
    next_night: Option<i64>,
    next_look: Option<i64>,
    armed: &'a Armed,
    pause: Option<&'a Pause>,
    acknowledged: Option<&'a Acknowledged>,
    completion: Option<u64>,
    rollback: Option<Rolling<'a>>,
    watcher: Option<&'a str>,
}

/// How far taking it back has come; `countersign rollback --json` says more.
#[derive(Serialize)]
struct Rolling<'a> {
    state: State,
    cause: &'a str,
    why: &'a str,
}

impl<'a> One<'a> {
    /// Of a standing.
    pub fn of(it: &'a Standing) -> Self {
        let policy = &it.watch.policy;
        Self {
            module: &it.promotion.from,
            to: &it.promotion.to,
            promotion: it.promotion.commit,
            stage: it.stage,
            merge: it.merge,
            merged_at: it.merged_at,
            merged_by: it.merged_by.as_deref(),
            window: policy.window,
            interval: it.watch.interval,
            signals: policy.signals.iter().map(|it| it.name.as_str()).collect(),
            verdict: it.verdict.as_ref(),
            looks: &it.looks,
            recorded: &it.recorded,
            last_good: it.last_good,
            nights_needed: policy.nights,
            nights: &it.nights.over,
            next_night: it.nights.next,
            next_look: it.next_look,
            armed: &it.armed,
            pause: it.pause.as_ref(),
            acknowledged: it.acknowledged.as_ref(),
            completion: it.completion,
            rollback: it.rollback.as_ref().map(|it| Rolling {
                state: it.state,
                cause: &it.decided.cause,
                why: &it.decided.why,
            }),
            watcher: it.watcher.as_deref(),
        }
    }
}

/// `countersign.canary-check`
#[derive(Serialize)]
pub struct Checked<'a> {
    /// As of when, in Unix seconds.
    pub at: i64,
    /// Every promotion that was looked at.
    pub promotions: Vec<CheckedOne<'a>>,
}

/// What one look came to.
#[derive(Serialize)]
pub struct CheckedOne<'a> {
    module: &'a RepoPath,
    to: &'a RepoPath,
    merge: ObjectId,
    merged_at: i64,
    verdict: &'a Verdict,
}

impl<'a> CheckedOne<'a> {
    /// Of a standing and the verdict on it.
    pub fn of(it: &'a Standing, verdict: &'a Verdict) -> Self {
        Self {
            module: &it.promotion.from,
            to: &it.promotion.to,
            merge: it.merge,
            merged_at: it.merged_at,
            verdict,
        }
    }
}
