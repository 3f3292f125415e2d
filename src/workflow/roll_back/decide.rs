//! What is decided: which commits are taken back, and what may go on without a person.

use std::collections::BTreeMap;

use crate::promotion::ObjectId;
use crate::promotion::review::decision::RecordKind;
use crate::promotion::rollback::{Cause, Mode, Rollback};
use crate::repo::brought::{self, Marks};
use crate::repo::line::Entries;
use crate::repo::revert::{self, Change};
use crate::repo::{Repo, RepoError, tree};
use crate::workflow::Workspace;
use crate::workflow::audit::Recorded;
use crate::workflow::promote::Promotion;

use super::RollBackError;
use super::look::Seen;

/// A day, in seconds.
const DAY: i64 = 86_400;

/// What is to be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// What brought it onto the base branch.
    pub merge: ObjectId,
    /// What became of what by that.
    pub change: Change,
    /// What may be done without a person.
    pub mode: Mode,
    /// Why that is less than the policy says; empty where it is not.
    pub because: String,
}

/// Decides, or says why not.
pub(super) fn decide(
    ws: &Workspace,
    seen: &Seen,
    promotion: &Promotion,
    cause: &Cause,
    now: i64,
) -> Result<Decision, RollBackError> {
    let refused = |why: String| RollBackError::Refused {
        module: promotion.from.clone(),
        why,
    };
    if matches!(cause, Cause::ByHand { why } if why.is_empty()) {
        return Err(RollBackError::NotDecided {
            module: promotion.from.clone(),
        });
    }
    if let Some(why) = cause.unfit() {
        return Err(refused(why));
    }
    let policy = &seen.desk.authority.rollback;
    if !cause.is_by_hand() {
        if let Some(why) = &seen.stopped {
            return Err(refused(why.clone()));
        }
        if policy.mode == Mode::Hold {
            return Err(refused(format!(
                "countersign.toml on {} says rollback.mode = \"hold\". By hand it goes",
                seen.branch()
            )));
        }
    }
    let records = seen.desk.log.records();
    let merge = merge(ws.repo(), &seen.line, &records, promotion)?;
    let merge = merge.ok_or_else(|| RollBackError::NotMerged {
        module: promotion.from.clone(),
        base: seen.branch().to_owned(),
    })?;
    let marks = Marks {
        head: promotion.head,
        moved: promotion.moved,
        commit: promotion.commit,
        from: &promotion.from,
        to: &promotion.to,
    };
    let change = brought::whole(ws.repo(), &seen.line, merge, marks)?;
    let change = change.map_err(|why| RollBackError::Unclear {
        module: promotion.from.clone(),
        why,
    })?;
    let (mut mode, mut because) = (policy.mode, String::new());
    if !cause.is_by_hand() && mode == Mode::Auto {
        let many = decided_since(&records, now - DAY);
        if many >= policy.per_day {
            mode = Mode::Propose;
            because = format!(
                "{many} rollbacks were decided within 24 hours without a person, and the policy \
                 lets {} be",
                policy.per_day
            );
        }
    }
    Ok(Decision {
        merge,
        change,
        mode,
        because,
    })
}

impl Decision {
    /// What its record says.
    pub fn facts(&self, seen: &Seen, cause: &Cause) -> BTreeMap<String, String> {
        let mut facts = cause.facts();
        let more = [
            ("after", self.change.after.to_string()),
            ("base", seen.base.to_string()),
            ("before", self.change.before.to_string()),
            ("mode", self.mode.word().to_owned()),
        ];
        facts.extend(more.map(|(name, value)| (name.to_owned(), value)));
        if !self.because.is_empty() {
            facts.insert("proposed-because".into(), self.because.clone());
        }
        facts
    }
}

/// How many were decided since then that went on without a person.
fn decided_since(records: &[Recorded], since: i64) -> usize {
    let fact = |it: &Recorded, name: &str| it.record.facts.get(name).cloned().unwrap_or_default();
    let decided = records.iter().filter(|it| {
        it.void.is_none()
            && it.record.kind == RecordKind::Rollback
            && it.record.signed_at > since
            && fact(it, "state") == "decided"
            && fact(it, "cause") != "by-hand"
            && fact(it, "mode") == Mode::Auto.word()
    });
    decided.count()
}

/// The commit of the base branch that brought a promotion: what a record says, where that
/// is one of its commits; else the one since which the branch has it.
fn merge(
    repo: &Repo,
    line: &[ObjectId],
    records: &[Recorded],
    it: &Promotion,
) -> Result<Option<ObjectId>, RepoError> {
    let id = it.commit.to_string();
    let recorded = records.iter().rev().filter(|recorded| {
        let record = &recorded.record;
        let names = record.facts.get("promotion") == Some(&id);
        recorded.void.is_none()
            && record.kind == RecordKind::Merge
            && record.from == it.from
            && record.to == it.to
            && (names || record.pull_request.is_some() && record.head == it.commit)
    });
    let mut commits = recorded.filter_map(|it| it.record.commit);
    if let Some(commit) = commits.find(|commit| line.contains(commit)) {
        return Ok(Some(commit));
    }
    // Merged, or as it was: the first of the branch's own commits that has it behind it.
    let mut first = None;
    for commit in line {
        match revert::holds(repo, *commit, it.commit)? {
            true => first = Some(*commit),
            false => break,
        }
    }
    if first.is_some() {
        return Ok(first);
    }
    // Squashed or rebased: the newest time that what it made of the module came.
    let git = repo.open_git()?;
    let Some(result) = tree::entry(&git, it.commit, &it.to)? else {
        return Ok(None);
    };
    let mut entries = Entries::of(repo)?;
    for commit in line {
        let has = entries.at(*commit, &it.to)?.map(|entry| entry.id) == Some(result.id);
        match (has, first) {
            (true, _) => first = Some(*commit),
            (false, Some(_)) => break,
            (false, None) => {}
        }
    }
    Ok(first)
}

/// Why a revert does not take that back, in words.
pub(super) fn irreversible(
    ws: &Workspace,
    seen: &Seen,
    it: &Rollback,
) -> Result<Option<String>, RepoError> {
    let said = &seen.desk.authority.rollback.irreversible;
    if said.is_empty() {
        return Ok(None);
    }
    let change = Change {
        before: it.decided.before,
        after: it.decided.after,
    };
    let globs = crate::repo::glob::Globs::new(said.iter().map(String::as_str))?;
    let modules = [(&it.from, true), (&it.to, true)];
    let changed = revert::paths(ws.repo(), change)?;
    let all = modules
        .into_iter()
        .chain(changed.iter().map(|path| (path, false)));
    let found = all.into_iter().find(|(path, is_dir)| {
        let mut above = path.parent();
        let mut inside = globs.matches(path, *is_dir);
        while let Some(directory) = above.filter(|it| !inside && !it.is_root()) {
            inside = globs.matches(&directory, true);
            above = directory.parent();
        }
        inside
    });
    Ok(found.map(|(path, _)| {
        let path = crate::promotion::text::visible(&path.to_text()).into_owned();
        format!(
            "rollback.irreversible in countersign.toml on {} names {path}: a revert does not take \
             that back",
            seen.branch()
        )
    }))
}
