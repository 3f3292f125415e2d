//! What the pull request of a name is about: a module as it is looked at, or one that was
//! moved already, by where it was or where it is.

use crate::promotion::review::Subject;
use crate::promotion::{ModuleId, ModuleTree, ObjectId, RepoPath};
use crate::repo::tree::oid;
use crate::repo::{RepoError, branch, tree};
use crate::workflow::promote::{self, Promotion};
use crate::workflow::sign_off::{Desk, Present};
use crate::workflow::{Workspace, triage};

use super::content::content;
use super::{Content, PullRequestError, branches};

/// A promotion, with where its branch is now.
#[derive(Clone, Debug)]
pub struct Carried {
    /// It.
    pub promotion: Promotion,
    /// The tip of its branch: the promotion, or what people added to it.
    pub tip: ObjectId,
}

/// What a pull request is about.
pub struct About {
    /// What it says.
    pub content: Content,
    /// The module as it was judged and signed.
    pub present: Present,
    /// The promotion, where it was carried out.
    pub carried: Option<Carried>,
    /// The module as it is at the head of the pull request; `None` where that is not,
    /// byte for byte, what was signed.
    pub now: Option<Subject>,
}

/// Gathers it. A module on a branch of its own is looked at as it is there; else its
/// promotion is looked for, by the old path or the new. Runs nothing and asks nobody.
pub fn about(
    ws: &Workspace,
    desk: &Desk,
    name: &str,
    links: Vec<(String, String)>,
) -> Result<About, PullRequestError> {
    let modules = ws.modules()?;
    let found = triage::find(ws, &modules, name);
    let module = found.as_ref().ok().and_then(|id| modules.get(*id));
    let revision = ws.revision();
    let here = revision.strip_prefix("refs/heads/").unwrap_or(revision);
    // What lies in its lane on a branch of its own was not moved there.
    let stays = match module {
        Some(module) => branches(ws, &module.path)?.iter().any(|it| it == here),
        None => false,
    };
    let carried = match stays {
        true => None,
        false => carried(ws, desk, name)?,
    };
    match carried {
        Some(carried) => moved(ws, desk, carried, links),
        None => in_its_lane(ws, desk, &modules, found?, links),
    }
}

fn in_its_lane(
    ws: &Workspace,
    desk: &Desk,
    modules: &ModuleTree,
    id: ModuleId,
    links: Vec<(String, String)>,
) -> Result<About, PullRequestError> {
    let (content, present) = content(ws, desk, modules, id, links, None)?;
    Ok(About {
        now: Some(present.subject.clone()),
        content,
        present,
        carried: None,
    })
}

/// The promotion of that name whose branch is still there and still has it.
pub fn carried(
    ws: &Workspace,
    desk: &Desk,
    name: &str,
) -> Result<Option<Carried>, PullRequestError> {
    let Some(promotion) = promote::find(ws, desk, name)? else {
        return Ok(None);
    };
    // Here before at the remote: what is pushed is what is here.
    let remote = ws.config().forge.remote.as_deref().unwrap_or("origin");
    let places = ["refs/heads".to_owned(), format!("refs/remotes/{remote}")];
    let mut tip = None;
    for place in places {
        let name = format!("{place}/{}", promotion.branch);
        tip = tip.or(branch::named(ws.repo(), &name)?);
    }
    let Some(tip) = tip.map(|it| it.tip) else {
        return Ok(None);
    };
    let git = ws.repo().open_git()?;
    let descends = git
        .graph_descendant_of(oid(tip), oid(promotion.commit))
        .map_err(RepoError::git("look for a promotion on its branch"))?;
    let has = tip == promotion.commit || descends;
    Ok(has.then_some(Carried { promotion, tip }))
}

/// What was signed is at the commit before the move; what is pushed is after it.
fn moved(
    ws: &Workspace,
    desk: &Desk,
    carried: Carried,
    links: Vec<(String, String)>,
) -> Result<About, PullRequestError> {
    let Promotion { from, to, head, .. } = &carried.promotion;
    let before = ws.at(*head)?;
    let modules = before.modules()?;
    let id = triage::find(&before, &modules, &from.to_text())?;
    let (content, present) = content(&before, desk, &modules, id, links, Some(&carried))?;
    let git = ws.repo().open_git()?;
    let object = |commit: ObjectId, path: &RepoPath| -> Result<_, RepoError> {
        Ok(tree::entry(&git, commit, path)?.map(|it| it.id))
    };
    let same = object(*head, from)? == object(carried.tip, to)?;
    Ok(About {
        now: same.then(|| present.subject.clone()),
        content,
        present,
        carried: Some(carried),
    })
}

/// A link as a person gives it: `NAME=https://…`.
pub fn link(said: &str) -> Result<(String, String), PullRequestError> {
    match said.split_once('=') {
        Some((name, url)) if !name.trim().is_empty() && url.starts_with("https://") => {
            Ok((name.trim().to_owned(), url.trim().to_owned()))
        }
        _ => Err(PullRequestError::Link(said.to_owned())),
    }
}
