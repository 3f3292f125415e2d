//! Promotions that were carried out: found again from the log and from branches, and
//! whether the base branch holds them. Derived each time from git's objects.

use crate::promotion::review::decision::RecordKind;
use crate::promotion::rollback::State;
use crate::promotion::stage::Course;
use crate::promotion::{ObjectId, RepoPath, Stage, branch_name};
use crate::repo::line::{self, Entries};
use crate::repo::tree::{self, object_id, oid};
use crate::repo::{Repo, RepoError, revert};
use crate::workflow::Workspace;
use crate::workflow::audit::Recorded;
use crate::workflow::roll_back;
use crate::workflow::sign_off::Desk;

/// The trailer of a promotion's commit.
const TRAILER: &str = "Promotion-Checkpoint:";

/// A promotion that was carried out.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Promotion {
    /// Where the module was.
    pub from: RepoPath,
    /// Where it is.
    pub to: RepoPath,
    /// The commit it was planned on.
    pub head: ObjectId,
    /// The pure move.
    pub moved: ObjectId,
    /// The promotion itself.
    pub commit: ObjectId,
    /// The branch it was done on.
    pub branch: String,
    /// Where the log says so; `None` where only a branch does.
    pub entry: Option<u64>,
}

impl Promotion {
    /// What was proven, once it is on its branch.
    pub fn of(proven: &super::Proven) -> Self {
        let plan = &proven.plan;
        Self {
            from: plan.relocation.from.clone(),
            to: plan.relocation.to.clone(),
            head: plan.head,
            moved: proven.moved,
            commit: proven.commit,
            branch: plan.branch.clone(),
            entry: None,
        }
    }
}

/// A promotion that a person merged.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Merged {
    /// It.
    pub promotion: Promotion,
    /// The commit of the base branch that brought it.
    pub commit: ObjectId,
    /// Who committed that, by its own words.
    pub by: String,
}

/// A promotion with how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Promoted {
    /// It.
    #[serde(flatten)]
    pub promotion: Promotion,
    /// How far.
    pub stage: Stage,
    /// The commit that merged it.
    pub merge: Option<ObjectId>,
    /// Who merged it, by that commit's own words.
    pub merged_by: Option<String>,
    /// Where the log says that it was merged.
    pub merge_entry: Option<u64>,
    /// How far it was taken back; `None` where nobody decided that.
    pub rollback: Option<State>,
}

/// Every promotion that the log or a branch of that name knows, newest last. Of one
/// module only the newest.
pub fn promotions(ws: &Workspace, desk: &Desk) -> Result<Vec<Promotion>, RepoError> {
    let records = desk.log.records();
    let mut found: Vec<Promotion> = Vec::new();
    for recorded in counting(&records, RecordKind::Promotion) {
        if let Some(promotion) = of_record(ws, recorded)? {
            found.retain(|it| it.from != promotion.from);
            found.push(promotion);
        }
    }
    for promotion in on_branches(ws)? {
        if !found.iter().any(|it| it.commit == promotion.commit) {
            // What nobody signed counts for less than what somebody did.
            let known = found.iter().any(|it| it.from == promotion.from);
            if !known {
                found.push(promotion);
            }
        }
    }
    Ok(found)
}

/// The promotion of a module, by where it was or where it is.
pub fn find(ws: &Workspace, desk: &Desk, name: &str) -> Result<Option<Promotion>, RepoError> {
    let path = RepoPath::from_text(name.trim_start_matches("./").trim_end_matches('/'));
    let dotted = name.replace('/', ".");
    let is = |it: &RepoPath| *it == path || it.dotted().as_deref() == Some(dotted.as_str());
    let mut all = promotions(ws, desk)?.into_iter();
    Ok(all.rfind(|it| is(&it.from) || is(&it.to)))
}

/// Whether the base branch holds a promotion, and since which commit. A squashed or
/// rebased one counts as well: what it made of the module is there.
pub fn merged(ws: &Workspace, desk: &Desk, it: &Promotion) -> Result<Option<Merged>, RepoError> {
    let repo = ws.repo();
    let git = repo.open_git()?;
    let tip = desk.authority.commit;
    let result = tree::entry(&git, it.commit, &it.to)?;
    let Some(result) = result else {
        return Ok(None);
    };
    let holds = |entries: &mut Entries, commit: ObjectId| -> Result<bool, RepoError> {
        Ok(entries.at(commit, &it.to)?.map(|entry| entry.id) == Some(result.id))
    };
    let mut entries = Entries::of(repo)?;
    let ancestor = git.graph_descendant_of(oid(tip), oid(it.commit));
    let ancestor = tip == it.commit || ancestor.unwrap_or(false);
    if !ancestor && !holds(&mut entries, tip)? {
        return Ok(None);
    }
    // The first commit of the base branch's own line that has it.
    let mut first = None;
    for commit in line::commits(repo, tip)? {
        let has = match ancestor {
            true => {
                commit == it.commit
                    || git
                        .graph_descendant_of(oid(commit), oid(it.commit))
                        .unwrap_or(false)
            }
            false => holds(&mut entries, commit)?,
        };
        match has {
            true => first = Some(commit),
            false => break,
        }
    }
    let Some(commit) = first else { return Ok(None) };
    let found = git
        .find_commit(oid(commit))
        .map_err(RepoError::git("read the merge"))?;
    Ok(Some(Merged {
        promotion: it.clone(),
        commit,
        by: who(&found),
    }))
}

/// Who committed; of a commit that a forge made, its author.
fn who(commit: &git2::Commit<'_>) -> String {
    let text = |it: &git2::Signature<'_>| {
        format!(
            "{} <{}>",
            String::from_utf8_lossy(it.name_bytes()),
            String::from_utf8_lossy(it.email_bytes())
        )
    };
    let committer = commit.committer();
    match committer.email_bytes() {
        b"noreply@github.com" => text(&commit.author()),
        _ => text(&committer),
    }
}

/// A promotion, and what became of it.
struct Known {
    promotion: Promotion,
    merged: Option<Merged>,
    rollback: Option<State>,
    /// It was taken back, and is on the base branch again.
    returned: bool,
}

impl Known {
    fn read(
        ws: &Workspace,
        desk: &Desk,
        records: &[Recorded],
        promotion: Promotion,
    ) -> Result<Self, RepoError> {
        let rollback = roll_back::of(records, &promotion);
        let reverted = rollback.as_ref().and_then(|it| it.reverted.as_ref());
        let tip = desk.authority.commit;
        let returned = match reverted {
            Some(reverted) => {
                revert::holds(ws.repo(), tip, reverted.commit)?
                    && ws.repo().entry(tip, &promotion.to)?.is_some()
            }
            None => false,
        };
        Ok(Self {
            merged: merged(ws, desk, &promotion)?,
            rollback: rollback.map(|it| it.state),
            returned,
            promotion,
        })
    }

    fn is_back(&self) -> bool {
        self.rollback.is_some_and(State::is_back) && !self.returned
    }
}

/// What the log and the branches say of promotions, read once for many modules.
pub struct Courses {
    records: Vec<Recorded>,
    promotions: Vec<Known>,
    branches: Vec<(String, ObjectId)>,
}

impl Courses {
    /// Reads it. Uses no network.
    pub fn read(ws: &Workspace, desk: &Desk) -> Result<Self, RepoError> {
        let records = desk.log.records();
        let promotions = promotions(ws, desk)?.into_iter();
        let found: Result<_, RepoError> = promotions
            .map(|promotion| Known::read(ws, desk, &records, promotion))
            .collect();
        Ok(Self {
            records,
            promotions: found?,
            branches: branches(&ws.repo().open_git()?)?,
        })
    }

    /// How far the promotion of a module has come that is in its lane at the revision.
    pub fn of(&self, ws: &Workspace, module: &RepoPath) -> Result<Course, RepoError> {
        let mut course = course_of(&self.records, module);
        course.proposed |= self.has_branch(ws, module)?;
        let mut own = self.promotions.iter();
        let Some(known) = own.find(|it| it.promotion.from == *module) else {
            course.promoted = false;
            return Ok(course);
        };
        let it = &known.promotion;
        // A module that changed since, or came back, is another one.
        let at = |commit: ObjectId| -> Result<_, RepoError> {
            Ok(ws.repo().entry(commit, module)?.map(|entry| entry.id))
        };
        let now = ws.commit().map(at).transpose()?.flatten();
        let as_moved = now.is_some() && now == at(it.head)?;
        course.promoted = as_moved;
        course.merged = as_moved && known.merged.is_some();
        course.rolled_back = as_moved && known.is_back();
        Ok(course)
    }

    /// Every promotion that was carried out, with how far it has come.
    pub fn promoted(&self) -> Vec<Promoted> {
        let each = |known: &Known| {
            let Known {
                promotion, merged, ..
            } = known;
            let mut course = course_of(&self.records, &promotion.from);
            course.promoted = true;
            course.merged = merged.is_some();
            course.rolled_back = known.is_back();
            let merges = counting(&self.records, RecordKind::Merge);
            let entry = merges
                .filter(|it| it.record.from == promotion.from)
                .filter(|it| it.record.head == promotion.head)
                .last();
            Promoted {
                stage: course.after(Stage::SignedOff),
                merge: merged.as_ref().map(|it| it.commit),
                merged_by: merged.as_ref().map(|it| it.by.clone()),
                merge_entry: entry.map(|it| it.position),
                rollback: known.rollback,
                promotion: promotion.clone(),
            }
        };
        self.promotions.iter().map(each).collect()
    }

    /// A branch of its own, with what was written down for it.
    fn has_branch(&self, ws: &Workspace, module: &RepoPath) -> Result<bool, RepoError> {
        let template = &ws.config().promote.branch;
        let lanes = ws.config().lanes.iter();
        let below: Vec<RepoPath> = lanes
            .filter_map(|lane| module.strip(&lane.source))
            .collect();
        for (name, tip) in &self.branches {
            let is_its = below
                .iter()
                .any(|it| branch_name::is_of(template, it, name));
            if is_its
                && ws
                    .repo()
                    .entry(*tip, &module.join(b"PROMOTE.md"))?
                    .is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What the records of a module say, the newest promotion of it alone.
fn course_of(records: &[Recorded], module: &RepoPath) -> Course {
    let mut course = Course::default();
    let own = records
        .iter()
        .filter(|it| it.void.is_none() && it.record.from == *module);
    for recorded in own {
        match recorded.record.kind {
            RecordKind::Proposal => {
                course = Course {
                    proposed: true,
                    ..Course::default()
                }
            }
            RecordKind::Promotion => {
                course = Course {
                    proposed: true,
                    promoted: true,
                    ..Course::default()
                }
            }
            RecordKind::Merge => course.merged = true,
            RecordKind::Smoke | RecordKind::Verdict => course.watched = true,
            // How far that has come is read of all of its records together.
            RecordKind::Rollback => {}
            RecordKind::Completion => course.completed = true,
        }
    }
    course
}

fn counting(records: &[Recorded], kind: RecordKind) -> impl Iterator<Item = &Recorded> {
    let all = records.iter();
    all.filter(move |it| it.void.is_none() && it.record.kind == kind)
}

/// The promotion that a record speaks of, where its commit is here and is one.
fn of_record(ws: &Workspace, recorded: &Recorded) -> Result<Option<Promotion>, RepoError> {
    let record = &recorded.record;
    let Some(commit) = record.commit else {
        return Ok(None);
    };
    let branch = record.facts.get("branch").cloned().unwrap_or_default();
    let found = of_commit(ws.repo(), commit, &record.from, &record.to)?;
    Ok(found.map(|(moved, head)| Promotion {
        from: record.from.clone(),
        to: record.to.clone(),
        head,
        moved,
        commit,
        branch,
        entry: Some(recorded.position),
    }))
}

/// The pure move and what it stands on, where a commit is a promotion: by its trees, and
/// not by its words.
fn of_commit(
    repo: &Repo,
    commit: ObjectId,
    from: &RepoPath,
    to: &RepoPath,
) -> Result<Option<(ObjectId, ObjectId)>, RepoError> {
    let git = repo.open_git()?;
    let parent = |commit: ObjectId| {
        let found = git.find_commit(oid(commit)).ok()?;
        found.parent_id(0).ok().map(object_id)
    };
    let Some(moved) = parent(commit) else {
        return Ok(None);
    };
    let Some(head) = parent(moved) else {
        return Ok(None);
    };
    let was = tree::entry(&git, head, from)?;
    let is = tree::entry(&git, moved, to)?;
    let gone = tree::entry(&git, moved, from)?.is_none();
    Ok((gone && was.is_some() && was == is).then_some((moved, head)))
}

/// Promotions at the tips of branches: those whose commit has the trailer.
fn on_branches(ws: &Workspace) -> Result<Vec<Promotion>, RepoError> {
    let repo = ws.repo();
    let git = repo.open_git()?;
    let mut found: Vec<Promotion> = Vec::new();
    for (name, tip) in branches(&git)? {
        let Ok(commit) = git.find_commit(oid(tip)) else {
            continue;
        };
        let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
        if !message.lines().any(|line| line.starts_with(TRAILER)) {
            continue;
        }
        let Some(moved) = commit.parent_id(0).ok().map(object_id) else {
            continue;
        };
        for (from, to) in renamed(&git, moved, ws)? {
            if let Some((moved, head)) = of_commit(repo, tip, &from, &to)? {
                found.push(Promotion {
                    from,
                    to,
                    head,
                    moved,
                    commit: tip,
                    branch: name.clone(),
                    entry: None,
                });
            }
        }
    }
    Ok(found)
}

/// Local branches first, then what remotes have.
fn branches(git: &git2::Repository) -> Result<Vec<(String, ObjectId)>, RepoError> {
    let failed = || RepoError::git("read the branches");
    let mut found = Vec::new();
    for kind in [git2::BranchType::Local, git2::BranchType::Remote] {
        for branch in git.branches(Some(kind)).map_err(failed())? {
            let (branch, _) = branch.map_err(failed())?;
            let Ok(name) = branch.name_bytes() else {
                continue;
            };
            let name = String::from_utf8_lossy(name).into_owned();
            let name = match kind {
                git2::BranchType::Local => name,
                git2::BranchType::Remote => match name.split_once('/') {
                    Some((_, rest)) => rest.to_owned(),
                    None => continue,
                },
            };
            if let Ok(commit) = branch.get().peel_to_commit() {
                found.push((name, object_id(commit.id())));
            }
        }
    }
    Ok(found)
}

/// What a pure move moved: the first thing in a source lane that is gone, and where the
/// same object is in one of the targets.
fn renamed(
    git: &git2::Repository,
    moved: ObjectId,
    ws: &Workspace,
) -> Result<Vec<(RepoPath, RepoPath)>, RepoError> {
    let Ok(commit) = git.find_commit(oid(moved)) else {
        return Ok(Vec::new());
    };
    let Ok(parent) = commit.parent(0) else {
        return Ok(Vec::new());
    };
    let (Ok(old), Ok(new)) = (parent.tree(), commit.tree()) else {
        return Ok(Vec::new());
    };
    let diff = git
        .diff_tree_to_tree(Some(&old), Some(&new), None)
        .map_err(RepoError::git("compare a move with what was before it"))?;
    let mut found = Vec::new();
    for delta in diff.deltas() {
        if delta.status() != git2::Delta::Deleted {
            continue;
        }
        let Some(path) = delta.old_file().path_bytes().map(RepoPath::from_bytes) else {
            continue;
        };
        for lane in &ws.config().lanes {
            // From the top: the largest thing that went is what was moved.
            let mut above = vec![path.clone()];
            while let Some(parent) = above.last().and_then(RepoPath::parent) {
                if !parent.is_within(&lane.source) || parent == lane.source {
                    break;
                }
                above.push(parent);
            }
            for from in above.into_iter().rev() {
                let Ok(Some(was)) = tree::entry(git, object_id(parent.id()), &from) else {
                    continue;
                };
                let gone = matches!(tree::entry(git, moved, &from), Ok(None));
                let to = lane.targets.iter().find_map(|target| {
                    let to = lane.destination(&from, target)?;
                    let is = tree::entry(git, moved, &to).ok()??;
                    (is.id == was.id).then_some(to)
                });
                if let Some(to) = to.filter(|_| gone) {
                    found.push((from, to));
                    return Ok(found);
                }
            }
        }
    }
    Ok(found)
}
