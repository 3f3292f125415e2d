//! Which modules two trees have differently, reading no more than differs.

use crate::promotion::ModuleTree;

use super::RepoError;
use super::bits::Bits;

/// The paths of all modules, as a tree of names.
pub struct Trie {
    nodes: Vec<Node>,
    modules: usize,
}

#[derive(Default)]
struct Node {
    module: Option<usize>,
    children: Vec<(Vec<u8>, usize)>,
}

/// How two trees differ.
pub struct Difference {
    /// Modules that are not the same in both.
    pub changed: Bits,
    /// Modules that the second tree does not have.
    pub absent: Bits,
}

/// What a name stands for in a tree: mode and object. A change of mode is a change.
type Entry = Option<(i32, git2::Oid)>;

impl Trie {
    /// Of these modules.
    pub fn of(tree: &ModuleTree) -> Self {
        let mut trie = Self {
            nodes: vec![Node::default()],
            modules: tree.len(),
        };
        for (at, module) in tree.modules().iter().enumerate() {
            let mut node = 0;
            for part in module.path.as_bytes().split(|b| *b == b'/') {
                node = trie.child(node, part);
            }
            trie.nodes[node].module = Some(at);
        }
        trie
    }

    fn child(&mut self, node: usize, name: &[u8]) -> usize {
        // Modules come in order: the child asked for is nearly always the last.
        let known = self.nodes[node].children.iter().rev();
        if let Some((_, child)) = known.into_iter().find(|(known, _)| known == name) {
            return *child;
        }
        let child = self.nodes.len();
        self.nodes.push(Node::default());
        self.nodes[node].children.push((name.to_vec(), child));
        child
    }

    /// Compares two root trees.
    pub fn compare(
        &self,
        git: &git2::Repository,
        new: git2::Oid,
        old: git2::Oid,
    ) -> Result<Difference, RepoError> {
        let mut difference = Difference {
            changed: Bits::none(self.modules),
            absent: Bits::none(self.modules),
        };
        let tree = 0o040000;
        self.descend(
            git,
            0,
            Some((tree, new)),
            Some((tree, old)),
            &mut difference,
        )?;
        Ok(difference)
    }

    fn descend(
        &self,
        git: &git2::Repository,
        node: usize,
        new: Entry,
        old: Entry,
        difference: &mut Difference,
    ) -> Result<(), RepoError> {
        if new == old {
            return Ok(());
        }
        let node = &self.nodes[node];
        if let Some(module) = node.module {
            difference.changed.insert(module);
            if old.is_none() {
                difference.absent.insert(module);
            }
        }
        if node.children.is_empty() {
            return Ok(());
        }
        let (new, old) = (open(git, new)?, open(git, old)?);
        for (name, child) in &node.children {
            let (new, old) = (named(new.as_ref(), name), named(old.as_ref(), name));
            self.descend(git, *child, new, old, difference)?;
        }
        Ok(())
    }
}

fn open<'git>(
    git: &'git git2::Repository,
    entry: Entry,
) -> Result<Option<git2::Tree<'git>>, RepoError> {
    match entry {
        Some((mode, id)) if mode & 0o170000 == 0o040000 => git
            .find_tree(id)
            .map(Some)
            .map_err(RepoError::git(format!("read the directory {id}"))),
        _ => Ok(None),
    }
}

fn named(tree: Option<&git2::Tree<'_>>, name: &[u8]) -> Entry {
    let entry = tree?.get_name_bytes(name)?;
    Some((entry.filemode_raw(), entry.id()))
}
