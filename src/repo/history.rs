//! The last change and the most frequent author of every module, in one walk.
//!
//! `git log -- PATH` once a module would read the history thousands of times.
//! Here every commit carries the set of modules whose history leads through
//! it, and hands each on as `git log` simplifies history: to the first parent
//! with the same content, or, where the commit changed it, to all parents.

use std::collections::{BinaryHeap, HashMap};

use tokio_util::sync::CancellationToken;

use crate::promotion::{Change, ModuleId, ModuleTree, ObjectId, text};

use super::bits::Bits;
use super::history_trie::Trie;
use super::tree::{object_id, oid};
use super::{Repo, RepoError};

/// How far to look.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Commits read at most; what is older is not known.
    pub commits: usize,
    /// Of each module, so many of its newest commits tell its frequent author.
    pub authors: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            commits: 200_000,
            authors: 20,
        }
    }
}

/// How often what was found is told.
const TELL_EVERY: usize = 128;

/// Walks the history of `commit` until every module is explained. `changes`
/// gets the last changes as they are found. Gives for each module who wrote
/// most of its recent commits.
pub fn history(
    repo: &Repo,
    commit: ObjectId,
    tree: &ModuleTree,
    limits: Limits,
    cancel: &CancellationToken,
    changes: &mut dyn FnMut(Vec<(ModuleId, Change)>),
) -> Result<Vec<Option<String>>, RepoError> {
    let git = repo.open_git()?;
    let mut walk = Walk {
        git: &git,
        trie: Trie::of(tree),
        queue: BinaryHeap::new(),
        pushed: 0,
        waiting: HashMap::new(),
        trees: HashMap::new(),
        tallies: vec![Tally::default(); tree.len()],
        limits,
        fresh: Vec::new(),
    };
    walk.push(oid(commit), Bits::all(tree.len()));
    let mut read = 0;
    while let Some(Waiting { commit, .. }) = walk.queue.pop() {
        if cancel.is_cancelled() {
            return Err(RepoError::Cancelled);
        }
        // Queued twice where two children led here; the first time took it all.
        let Some(modules) = walk.waiting.remove(&commit) else {
            continue;
        };
        walk.visit(commit, modules)?;
        read += 1;
        if read % TELL_EVERY == 0 && !walk.fresh.is_empty() {
            changes(std::mem::take(&mut walk.fresh));
        }
        if read >= limits.commits {
            break;
        }
    }
    if !walk.fresh.is_empty() {
        changes(walk.fresh);
    }
    Ok(walk.tallies.iter().map(Tally::winner).collect())
}

/// A commit in the queue: newest first, as `git log` has it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    time: i64,
    /// Of the same second: who came first.
    before: std::cmp::Reverse<u64>,
    commit: git2::Oid,
}

struct Walk<'git> {
    git: &'git git2::Repository,
    trie: Trie,
    queue: BinaryHeap<Waiting>,
    pushed: u64,
    waiting: HashMap<git2::Oid, Bits>,
    /// Root trees of commits that wait, so that each commit is read twice at most.
    trees: HashMap<git2::Oid, git2::Oid>,
    tallies: Vec<Tally>,
    limits: Limits,
    fresh: Vec<(ModuleId, Change)>,
}

impl Walk<'_> {
    fn push(&mut self, commit: git2::Oid, modules: Bits) {
        if modules.is_empty() {
            return;
        }
        if let Some(waiting) = self.waiting.get_mut(&commit) {
            waiting.add(&modules);
            return;
        }
        // Absent in a shallow clone: the history ends here.
        let Ok(found) = self.git.find_commit(commit) else {
            return;
        };
        self.pushed += 1;
        self.trees.insert(commit, found.tree_id());
        self.waiting.insert(commit, modules);
        self.queue.push(Waiting {
            time: found.time().seconds(),
            before: std::cmp::Reverse(self.pushed),
            commit,
        });
    }

    fn visit(&mut self, id: git2::Oid, modules: Bits) -> Result<(), RepoError> {
        let commit = self
            .git
            .find_commit(id)
            .map_err(RepoError::git(format!("read the commit {id}")))?;
        self.trees.remove(&id);
        let tree = commit.tree_id();

        // Modules that no parent has as they are here; those a parent has go on there.
        let mut changed = modules;
        let mut beyond = Vec::new();
        for parent in commit.parent_ids() {
            let Some(parent_tree) = self.tree_of(parent) else {
                continue;
            };
            let differing = self.trie.compare(self.git, tree, parent_tree)?;
            let same = changed.take_all_but(&differing.changed);
            self.push(parent, same);
            beyond.push((parent, differing.absent));
            if changed.is_empty() {
                return Ok(());
            }
        }

        self.record(&commit, &changed);
        let (tallies, most) = (&self.tallies, self.limits.authors);
        changed.retain(|module| tallies[module].commits < most);
        for (parent, absent) in beyond {
            let mut on = changed.clone();
            on.remove(&absent);
            self.push(parent, on);
        }
        Ok(())
    }

    fn tree_of(&self, commit: git2::Oid) -> Option<git2::Oid> {
        match self.trees.get(&commit) {
            Some(tree) => Some(*tree),
            None => Some(self.git.find_commit(commit).ok()?.tree_id()),
        }
    }

    fn record(&mut self, commit: &git2::Commit<'_>, changed: &Bits) {
        let author = commit.author();
        let name = text::decode(author.name_bytes()).into_owned();
        let email = author.email_bytes().to_ascii_lowercase();
        for module in changed.iter() {
            let tally = &mut self.tallies[module];
            if tally.commits == 0 {
                let summary = commit.summary_bytes().unwrap_or_default();
                let change = Change {
                    commit: object_id(commit.id()),
                    author: name.clone(),
                    time: author.when().seconds(),
                    summary: text::decode(summary).into_owned(),
                };
                self.fresh.push((ModuleId(module as u32), change));
            }
            tally.count(&email, &name);
        }
    }
}

/// Who wrote a module's recent commits. The e-mail address is the person, the
/// newest name its name.
#[derive(Clone, Debug, Default)]
struct Tally {
    commits: usize,
    authors: Vec<(Vec<u8>, String, u32)>,
}

impl Tally {
    fn count(&mut self, email: &[u8], name: &str) {
        self.commits += 1;
        match self.authors.iter_mut().find(|(known, ..)| known == email) {
            Some((.., commits)) => *commits += 1,
            None => self.authors.push((email.to_vec(), name.to_owned(), 1)),
        }
    }

    /// Of equals, whoever came last.
    fn winner(&self) -> Option<String> {
        let most = self.authors.iter().map(|(.., n)| *n).max()?;
        let winner = self.authors.iter().find(|(.., n)| *n == most)?;
        Some(winner.1.clone())
    }
}
