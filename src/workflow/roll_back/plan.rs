//! What a rollback would do, by the same code, and changing nothing.

use serde::Serialize;

use crate::promotion::rollback::{Cause, Decided, Mode, Rollback, State};
use crate::promotion::{ObjectId, RepoPath};
use crate::repo::revert::{self, Change};
use crate::workflow::Workspace;
use crate::workflow::promote::Promotion;
use crate::workflow::sign_off::Desk;

use super::make::{self, Revert};
use super::{RollBackError, decide, look};

/// All that would be done.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// How far it has come already; `None`: nobody decided it.
    pub now: Option<Rollback>,
    /// What is taken back: the commit of the base branch that brought it.
    pub merge: ObjectId,
    /// What the promotion started from.
    pub before: ObjectId,
    /// What it made of that.
    pub after: ObjectId,
    /// The base branch.
    pub branch: String,
    /// Where it is.
    pub base: ObjectId,
    /// The remote that everything would go to; `None`: it stays here.
    pub remote: Option<String>,
    /// What may be done without a person.
    pub mode: Mode,
    /// The commit that would take it back; `None` where there would be none. The day and
    /// the words in it are those of the decision, so that it is another one until then.
    pub commit: Option<ObjectId>,
    /// The base branch is as it would be, since that commit.
    pub back: Option<ObjectId>,
    /// Paths that conflict, or that came since and import the module by its new name: then
    /// nothing would be pushed.
    pub conflicts: Vec<RepoPath>,
    /// The paths that would be other ones.
    pub changes: Vec<RepoPath>,
    /// The branch for the fix.
    pub hotfix: String,
    /// Why a revert would not take it back, in words.
    pub irreversible: Option<String>,
    /// Why nothing would go on without a person, in words.
    pub stopped: Option<String>,
    /// Who would be told, and of what.
    pub told: Vec<String>,
}

/// Says what would be done. Asks the remote, and changes nothing but what is known of it.
pub fn plan(
    ws: &Workspace,
    desk: &Desk,
    promotion: &Promotion,
    cause: &Cause,
) -> Result<Plan, RollBackError> {
    let seen = look::look_only(ws, &desk.authority, promotion)?;
    let now = jiff::Timestamp::now().as_second();
    let story = match &seen.story {
        Some(story) => story.clone(),
        None => {
            let decision = decide::decide(ws, &seen, promotion, cause, now)?;
            Rollback {
                promotion: promotion.commit,
                from: promotion.from.clone(),
                to: promotion.to.clone(),
                state: State::Decided,
                decided: Decided {
                    position: seen.desk.log.head.size,
                    at: now,
                    by: String::new(),
                    repository: seen.desk.authority.repository.name.clone(),
                    cause: cause.word().to_owned(),
                    why: cause.why().to_owned(),
                    mode: decision.mode,
                    merge: decision.merge,
                    before: decision.change.before,
                    after: decision.change.after,
                    facts: decision.facts(&seen, cause),
                },
                claim: None,
                prepared: None,
                open: None,
                conflicts: Vec::new(),
                needs: String::new(),
                reverted: None,
                hotfix: None,
                gates: None,
                agreed: cause.is_by_hand(),
                told: Vec::new(),
                steps: Vec::new(),
                waits: None,
            }
        }
    };
    let back = make::back(ws, &seen, &story)?;
    let (commit, conflicts) = match back {
        Some(_) => (None, Vec::new()),
        None => match make::revert(ws, &seen, &story)? {
            Revert::Commit(commit) => (Some(commit), Vec::new()),
            Revert::Nothing => (None, Vec::new()),
            Revert::Conflict(paths) | Revert::Dependents(paths) => (None, paths),
        },
    };
    let changes = match commit {
        Some(after) => {
            let before = seen.base;
            revert::paths(ws.repo(), Change { before, after })?
        }
        None => Vec::new(),
    };
    let channels = crate::workflow::notify::channels(&seen.desk.authority.notify);
    let states = seen.desk.authority.notify.states.iter();
    let states: Vec<_> = states.map(|it| it.word()).collect();
    Ok(Plan {
        merge: story.decided.merge,
        before: story.decided.before,
        after: story.decided.after,
        branch: seen.branch().to_owned(),
        base: seen.base,
        remote: seen.ground.remote.clone(),
        mode: story.decided.mode,
        commit,
        back,
        conflicts,
        changes,
        hotfix: make::branch(ws, &story, make::HOTFIX),
        irreversible: decide::irreversible(ws, &seen, &story)?,
        stopped: seen.stopped.clone(),
        told: channels
            .iter()
            .map(|it| format!("{}: {}", it.word(), states.join(", ")))
            .collect(),
        now: seen.story,
    })
}
