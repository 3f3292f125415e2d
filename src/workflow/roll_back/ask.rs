//! A pull request for the branch that takes something back, where there is a forge.

use crate::promotion::pull_request::Body;
use crate::promotion::rollback::{Open, Rollback};
use crate::promotion::text;
use crate::workflow::Workspace;
use crate::workflow::pull_request::{self, Content, Forge, PullRequestError};

use super::look::Seen;
use super::make::one_line;

/// Opens it, or finds the one that is open: its address. `Ok(None)`: there is no forge.
pub(super) fn open(
    ws: &Workspace,
    seen: &Seen,
    it: &Rollback,
    open: &Open,
) -> Result<Option<String>, PullRequestError> {
    let known = match pull_request::known(ws) {
        Ok(known) => known,
        Err(PullRequestError::NoForge(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let forge = Forge::open(&known)?;
    let published = pull_request::publish(ws, &forge, &content(seen, it, open), true)?;
    Ok(Some(published.url))
}

fn content(seen: &Seen, it: &Rollback, open: &Open) -> Content {
    let shown = |path: &crate::promotion::RepoPath| {
        let text = path.to_text();
        let visible = text::visible(&text);
        visible.replace('@', "(at)").replace('#', "(no.)")
    };
    let why = one_line(&it.decided.why);
    Content {
        module: it.from.clone(),
        branch: open.branch.clone(),
        base: seen.branch().to_owned(),
        head: open.commit,
        title: format!("Roll back {} to {}", shown(&it.to), shown(&it.from)),
        body: Body {
            module: it.to.clone(),
            to: it.from.clone(),
            stage: format!("rollback, decided by {}: {why}", it.decided.by),
            commit: open.commit,
            promoted: None,
            content: Vec::new(),
            gate_report: None,
            owner: None,
            criteria: Vec::new(),
            reviewers: Vec::new(),
            blockers: vec!["a person merges it".into()],
            promote: None,
            nonce: String::new(),
        },
        form: None,
        statuses: Vec::new(),
        reviewers: Vec::new(),
        links: Vec::new(),
        notes: Vec::new(),
    }
}
