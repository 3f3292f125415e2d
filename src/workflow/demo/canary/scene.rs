//! The sample repository with a promotion on its base branch, made on objects.
//!
//! Its people sign the records; what reviewers would have said before is left out, for that
//! takes all the tools of the gates.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use git2::{Repository, Signature};

use super::{CanaryDemoError, Caught};
use crate::promotion::ObjectId;
use crate::promotion::rollback::{Rollback, State};
use crate::repo::relocate::{self, Written};
use crate::repo::tree::{Mode, object_id, oid};
use crate::workflow::demo::history::{ELIF, MARA, Person};
use crate::workflow::demo::{self, Demo, DemoError, MAIN, WORK};
use crate::workflow::promote::{self, Promotion, Request};
use crate::workflow::roll_back;
use crate::workflow::sign_off::{self, Ask, Desk, Key};
use crate::workflow::{Workspace, triage};

const SETTINGS: &str = include_str!("../../../../assets/demo/canary/countersign.toml");
const MODULE: &str = "candidate/fees";

/// The repository, and where its people's keys are.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// Its work tree.
    pub path: PathBuf,
    keys: PathBuf,
}

/// A promotion that Elif merged.
#[derive(Clone, Debug)]
pub(super) struct Merged {
    promotion: Promotion,
    /// The commit of the base branch.
    pub merge: ObjectId,
    /// The key of a machine.
    pub watcher: Key,
}

impl Scene {
    /// The history alone, on `main`. Its work tree comes with the merge.
    pub fn make(at: &Path) -> Result<Self, CanaryDemoError> {
        let io = |source| DemoError::Io {
            path: at.into(),
            source,
        };
        let path = at.join("repository");
        std::fs::create_dir_all(&path).map_err(io)?;
        let (repo, tips) = demo::begin(&path, MAIN)?;
        demo::branch(&repo, MAIN, tips.main)?;
        demo::branch(&repo, WORK, tips.work)?;
        let demo = Demo {
            path: path.canonicalize().map_err(io)?,
            head: tips.main.to_string(),
        };
        Ok(Self {
            keys: demo::keys(&demo)?,
            path: demo.path,
        })
    }

    /// As `main` is now.
    pub fn open(&self) -> Result<Workspace, CanaryDemoError> {
        Ok(Workspace::open(&self.path, Some("main"))?)
    }

    /// Says on `main` how it is watched, promotes and merges.
    pub fn promote(&self, url: &str) -> Result<Merged, CanaryDemoError> {
        let git = Repository::open(&self.path)?;
        self.settings(&git, url)?;
        let ws = self.open()?;
        let desk = Desk::open(&ws)?;
        let (promotion, merge) = promoted(&ws, &desk, &git)?;
        let tree = git.find_commit(oid(merge))?.tree()?;
        demo::check_out(&git, &tree, demo::can_be_named)?;
        demo::branch(&git, MAIN, oid(merge))?;

        let ws = self.open()?;
        let key = self.key(&ws, &Desk::open(&ws)?, "mara.lindqvist")?;
        promote::record_promotion(&ws, &Desk::open(&ws)?, &promotion, &key, Ask::Nobody)?;
        let desk = Desk::open(&ws)?;
        if let Some(merged) = promote::merged(&ws, &desk, &promotion)? {
            promote::record_merge(&ws, &desk, &merged, &key, Ask::Nobody)?;
        }
        Ok(Merged {
            promotion,
            merge,
            watcher: self.key(&ws, &desk, "build")?,
        })
    }

    fn settings(&self, git: &Repository, url: &str) -> Result<(), CanaryDemoError> {
        let ws = self.open()?;
        let head = git.find_commit(oid(ws.require_commit()?))?;
        let written = Written {
            content: SETTINGS.replace("@URL@", url).into_bytes(),
            mode: Mode::File,
        };
        let writes = BTreeMap::from([("countersign.toml".into(), written)]);
        let tree = relocate::written(ws.repo(), object_id(head.tree_id()), &writes)?;
        let message = "Say how what is merged is watched\n";
        let commit = commit(git, &MARA, message, tree, &[object_id(head.id())])?;
        Ok(demo::branch(git, MAIN, oid(commit))?)
    }

    fn key(&self, ws: &Workspace, desk: &Desk, of: &str) -> Result<Key, CanaryDemoError> {
        let file = self.keys.join(of);
        let mut keys = sign_off::keys(ws, &desk.authority, Some(&file))?;
        // A key that is named is found, or that is an error.
        Ok(keys.swap_remove(0))
    }

    /// How far taking it back is, by the log.
    pub fn rollback(&self, of: &Merged) -> Result<Option<Rollback>, CanaryDemoError> {
        let ws = self.open()?;
        Ok(roll_back::status(&ws, &Desk::open(&ws)?, &of.promotion)?)
    }

    /// That it was taken back by this commit, at that time, and how far the rest is.
    pub fn caught(
        &self,
        of: &Merged,
        revert: ObjectId,
        at: i64,
        state: State,
    ) -> Result<Caught, CanaryDemoError> {
        let git = Repository::open(&self.path)?;
        let since = git.find_commit(oid(of.merge))?.time().seconds();
        let summary = git.find_commit(oid(revert))?;
        let summary = String::from_utf8_lossy(summary.summary_bytes().unwrap_or_default());
        Ok(Caught {
            path: self.path.clone(),
            module: of.promotion.from.clone(),
            merge: of.merge,
            revert,
            summary: summary.into_owned(),
            took: at - since,
            state,
        })
    }
}

/// The two commits of a promotion by Mara, as it is planned, and Elif's merge of them.
fn promoted(
    ws: &Workspace,
    desk: &Desk,
    git: &Repository,
) -> Result<(Promotion, ObjectId), CanaryDemoError> {
    let tree = ws.modules()?;
    let module = triage::find(ws, &tree, MODULE)?;
    let module = tree
        .get(module)
        .ok_or_else(|| git2::Error::from_str(&format!("the sample repository has no {MODULE}")))?;
    let request = Request {
        date: jiff::Zoned::now().strftime("%Y%m%d").to_string(),
        ..Request::default()
    };
    let plan = promote::plan(ws, desk, module, &request)?;
    let (from, to) = (&plan.relocation.from, &plan.relocation.to);
    let tree = relocate::moved(ws.repo(), plan.head, &plan.moves)?;
    let message = format!("Move {from} to {to}\n");
    let moved = commit(git, &MARA, &message, tree, &[plan.head])?;
    let writes = plan.writes.iter().map(|it| {
        let written = Written {
            content: it.after.clone(),
            mode: it.mode,
        };
        (it.path.clone(), written)
    });
    let tree = relocate::written(ws.repo(), tree, &writes.collect::<BTreeMap<_, _>>())?;
    let message = format!("Promote {from} to {to}\n");
    let last = commit(git, &MARA, &message, tree, &[moved])?;
    demo::branch(git, &format!("refs/heads/{}", plan.branch), oid(last))?;
    let message = format!("Merge {}\n", plan.branch);
    let merge = commit(git, &ELIF, &message, tree, &[plan.head, last])?;
    let promotion = Promotion {
        from: from.clone(),
        to: to.clone(),
        head: plan.head,
        moved,
        commit: last,
        branch: plan.branch.clone(),
        entry: None,
    };
    Ok((promotion, merge))
}

/// Now, by one of the team.
fn commit(
    git: &Repository,
    by: &Person,
    message: &str,
    tree: ObjectId,
    parents: &[ObjectId],
) -> Result<ObjectId, git2::Error> {
    let who = Signature::now(by.name, by.email)?;
    let parents = parents.iter().map(|it| git.find_commit(oid(*it)));
    let parents = parents.collect::<Result<Vec<_>, _>>()?;
    let parents: Vec<_> = parents.iter().collect();
    let tree = git.find_tree(oid(tree))?;
    Ok(object_id(
        git.commit(None, &who, &who, message, &tree, &parents)?,
    ))
}
