//! What became of a pull request: its checks, its reviews, what blocks it, and who
//! merged it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::forge::pulls::Pull;
use crate::forge::search;
use crate::forge::statuses::{CheckRun, Status, StatusState};
use crate::promotion::review::decision::RecordKind;
use crate::promotion::{ObjectId, RepoPath};
use crate::workflow::Workspace;
use crate::workflow::audit::Appended;
use crate::workflow::record::{self, Facts};
use crate::workflow::sign_off::{Ask, Desk, Key};

use super::review::{Belief, believed};
use super::{Content, Forge, PullRequestError};

/// A pull request as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Its number.
    pub number: u64,
    /// Where a person looks at it.
    pub url: String,
    /// `open`, `closed` or `merged`.
    pub state: &'static str,
    /// Nobody is asked to merge it yet.
    pub draft: bool,
    /// Its head.
    pub head: String,
    /// Its head is the commit that is looked at.
    pub current: bool,
    /// Whether it can be merged without conflicts; `null`: GitHub is finding out.
    pub mergeable: Option<bool>,
    /// Why it can or cannot, in GitHub's word.
    pub mergeable_state: Option<String>,
    /// Statuses and checks, by their names: `success`, `pending`, …
    pub checks: BTreeMap<String, String>,
    /// What reviews with a signed block are worth.
    pub reviews: Vec<Belief>,
    /// Who is asked for a review and gave none.
    pub requested: Vec<String>,
    /// Who merged it.
    pub merged_by: Option<String>,
    /// The commit that merged it.
    pub merge_commit: Option<String>,
}

/// Reads it: the newest of the branch, whatever its state.
pub fn standing(
    desk: &Desk,
    forge: &Forge,
    content: &Content,
    now: Option<&crate::promotion::review::Subject>,
) -> Result<Standing, PullRequestError> {
    let github = &forge.github;
    let all = github.pulls_of(&content.branch, &content.base)?;
    let newest = all.iter().find(|it| it.is_open()).or(all.first());
    let Some(newest) = newest else {
        return Err(PullRequestError::None {
            branch: content.branch.clone(),
        });
    };
    let pull = github.pull(newest.number)?;
    let checks = checks(
        &github.statuses(&pull.head.sha)?,
        &github.check_runs(&pull.head.sha)?,
    );
    let head = ObjectId::from_hex(&pull.head.sha).ok_or(PullRequestError::Silent("its head"))?;
    let now = now.filter(|_| head == content.head);
    let reviews = believed(desk, &github.reviews(pull.number)?, pull.number, head, now);
    Ok(Standing {
        number: pull.number,
        url: pull.html_url.clone(),
        state: match (pull.is_merged(), pull.is_open()) {
            (true, _) => "merged",
            (_, true) => "open",
            _ => "closed",
        },
        draft: pull.draft,
        current: head == content.head,
        mergeable: pull.mergeable,
        mergeable_state: pull.mergeable_state.clone(),
        checks,
        reviews,
        requested: pull
            .requested_reviewers
            .iter()
            .map(|it| it.login.clone())
            .collect(),
        merged_by: pull.merged_by.as_ref().map(|it| it.login.clone()),
        // Of an open one it is a try of GitHub's.
        merge_commit: pull.merge_commit_sha.clone().filter(|_| pull.is_merged()),
        head: pull.head.sha,
    })
}

fn checks(statuses: &[Status], runs: &[CheckRun]) -> BTreeMap<String, String> {
    let word = |state: StatusState| match state {
        StatusState::Error => "error",
        StatusState::Failure => "failure",
        StatusState::Pending => "pending",
        StatusState::Success => "success",
    };
    let statuses = statuses
        .iter()
        .map(|it| (it.context.clone(), word(it.state).to_owned()));
    let runs = runs.iter().map(|it| {
        let ended = it.conclusion.clone().unwrap_or_else(|| it.status.clone());
        (it.name.clone(), ended)
    });
    statuses.chain(runs).collect()
}

/// What a screen with many modules shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Brief {
    /// Its branch.
    pub branch: String,
    /// Its number.
    pub number: u64,
    /// Where a person looks at it.
    pub url: String,
    /// `open`, `closed` or `merged`.
    pub state: &'static str,
    /// Nobody is asked to merge it yet.
    pub draft: bool,
    /// All checks together, in a word; `None` where there are none.
    pub checks: Option<String>,
    /// What the reviews come to, in GitHub's word.
    pub reviews: Option<String>,
    /// Whether it conflicts.
    pub conflicts: bool,
    /// Who merged it.
    pub merged_by: Option<String>,
}

/// The pull requests of all promotions, in a few requests. The template of branches
/// says how they begin.
pub fn briefs(ws: &Workspace, desk: &Desk, forge: &Forge) -> Result<Vec<Brief>, PullRequestError> {
    let template = &ws.config().promote.branch;
    let prefix = template.split('{').next().unwrap_or_default();
    let all = forge.github.promotions(prefix, desk.authority.branch())?;
    let brief = |it: search::Brief| Brief {
        branch: it.head_ref_name,
        number: it.number,
        url: it.url,
        state: match it.state.as_str() {
            "MERGED" => "merged",
            "OPEN" => "open",
            _ => "closed",
        },
        draft: it.is_draft,
        checks: it.status_check_rollup.map(|it| it.state.to_lowercase()),
        reviews: it
            .review_decision
            .map(|it| it.to_lowercase().replace('_', " ")),
        conflicts: it.mergeable == "CONFLICTING",
        merged_by: it.merged_by.map(|it| it.login),
    };
    Ok(all.into_iter().map(brief).collect())
}

/// What the log says of a merge.
#[derive(Clone, Debug)]
pub enum Noted {
    /// It says so now.
    Now(Appended),
    /// It said so before, at that position.
    Before(u64),
}

/// Which merge is noted.
#[derive(Clone, Copy, Debug)]
pub struct MergeOf<'a> {
    /// Of which module.
    pub module: &'a RepoPath,
    /// Where it goes.
    pub to: &'a RepoPath,
    /// The number of the pull request.
    pub number: u64,
}

/// Notes in the log that a person merged a pull request, and who, as GitHub tells it.
pub fn note_merge(
    ws: &Workspace,
    desk: &Desk,
    forge: &Forge,
    of: &MergeOf<'_>,
    keys: &[Key],
    ask: Ask,
) -> Result<Noted, PullRequestError> {
    let MergeOf { module, to, number } = *of;
    let pull: Pull = forge.github.pull(number)?;
    if !pull.is_merged() {
        return Err(PullRequestError::NotMerged(number));
    }
    let commit = pull
        .merge_commit_sha
        .as_deref()
        .and_then(ObjectId::from_hex);
    let commit = commit.ok_or(PullRequestError::Silent("which commit merged it"))?;
    let by = pull
        .merged_by
        .as_ref()
        .map(|it| format!("{}#{}", it.login, it.id));
    let known = desk.log.records().into_iter().find(|it| {
        it.record.kind == RecordKind::Merge
            && it.record.commit == Some(commit)
            && it.record.pull_request == Some(number)
            && it.void.is_none()
    });
    if let Some(known) = known {
        return Ok(Noted::Before(known.position));
    }
    let head = ObjectId::from_hex(&pull.head.sha).ok_or(PullRequestError::Silent("its head"))?;
    // Where the module was moved on that branch it stands at its new place.
    let subject = match record::subject(ws, head, module, module)? {
        Some(subject) => Some(subject),
        None => record::subject(ws, head, to, module)?,
    };
    let subject = subject.ok_or(PullRequestError::Silent("where the module is at its head"))?;
    let by_key = record::key_for(keys, RecordKind::Merge).ok_or(PullRequestError::NoKey)?;
    let facts: BTreeMap<String, String> = [
        (
            "merged-by".to_owned(),
            by.unwrap_or_else(|| "an account that is gone".into()),
        ),
        ("url".to_owned(), pull.html_url.clone()),
    ]
    .into();
    let facts = Facts {
        kind: RecordKind::Merge,
        subject,
        to: to.clone(),
        head,
        pull_request: Some(number),
        commit: Some(commit),
        facts,
        note: String::new(),
    };
    Ok(Noted::Now(record::append(ws, desk, facts, by_key, ask)?))
}
