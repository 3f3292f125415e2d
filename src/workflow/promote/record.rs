//! What the audit log is told of a promotion: that the module was moved, and that a
//! person merged it.

use std::collections::BTreeMap;

use crate::promotion::review::decision::RecordKind;
use crate::promotion::{ObjectId, RepoPath};
use crate::repo::RepoError;
use crate::workflow::Workspace;
use crate::workflow::audit::Appended;
use crate::workflow::record::{self, Facts};
use crate::workflow::sign_off::{Ask, Desk, Key};

use super::PromoteError;
use super::merged::{Merged, Promotion};

/// Signs and logs that a module was moved.
pub fn record_promotion(
    ws: &Workspace,
    desk: &Desk,
    promotion: &Promotion,
    by: &Key,
    ask: Ask,
) -> Result<Appended, PromoteError> {
    let it = promotion;
    let subject = record::subject(ws, it.head, &it.from, &it.from)?;
    let subject = subject.ok_or_else(|| missing(it.head, &it.from))?;
    let tree = crate::repo::tree::root(&ws.repo().open_git()?, it.commit)?.id();
    let facts = Facts {
        kind: RecordKind::Promotion,
        subject,
        to: it.to.clone(),
        head: it.head,
        pull_request: None,
        commit: Some(it.commit),
        facts: [
            ("branch".to_owned(), it.branch.clone()),
            ("move".to_owned(), it.moved.to_string()),
            ("tree".to_owned(), tree.to_string()),
        ]
        .into(),
        note: String::new(),
    };
    Ok(record::append(ws, desk, facts, by, ask)?)
}

/// Signs and logs that a promotion is on the base branch.
pub fn record_merge(
    ws: &Workspace,
    desk: &Desk,
    merged: &Merged,
    by: &Key,
    ask: Ask,
) -> Result<Appended, PromoteError> {
    let it = &merged.promotion;
    let subject = record::subject(ws, it.head, &it.from, &it.from)?;
    let subject = subject.ok_or_else(|| missing(it.head, &it.from))?;
    let facts: BTreeMap<String, String> = [
        ("merged-by".to_owned(), merged.by.clone()),
        ("promotion".to_owned(), it.commit.to_string()),
    ]
    .into();
    let facts = Facts {
        kind: RecordKind::Merge,
        subject,
        to: it.to.clone(),
        head: it.head,
        pull_request: None,
        commit: Some(merged.commit),
        facts,
        note: String::new(),
    };
    Ok(record::append(ws, desk, facts, by, ask)?)
}

fn missing(commit: ObjectId, path: &RepoPath) -> RepoError {
    RepoError::MissingObject {
        id: commit,
        what: path.to_string(),
    }
}
