//! Modules and the tree they form.

use serde::{Deserialize, Serialize};

use super::{ObjectId, RepoPath};

/// The index of a module in its [`ModuleTree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModuleId(pub u32);

/// What a module is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModuleKind {
    /// A directory with an `__init__.py`.
    Package,
    /// A directory without one that holds Python files, at any depth below it.
    Namespace,
    /// A single file.
    File,
}

/// A Python package directory or a single file under a source lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// Its path in the repository: a directory, or a file.
    pub path: RepoPath,
    /// Package, namespace or file.
    pub kind: ModuleKind,
    /// The git tree (or, for a file, blob) it is.
    pub object: ObjectId,
    /// The index of its lane in the configuration.
    pub lane: usize,
    /// Python files in it, at every depth.
    pub files: u32,
    /// Bytes in those files.
    pub bytes: u64,
    /// The module it lies in, within the same lane.
    pub parent: Option<ModuleId>,
    /// How many modules it lies in.
    pub depth: u16,
}

impl Module {
    /// The name of the last part, sanitised by whoever shows it.
    pub fn name(&self) -> String {
        RepoPath::from_bytes(self.path.name())
            .to_text()
            .into_owned()
    }
}

/// All modules of all lanes at one revision, parents before their children,
/// siblings with directories first, then by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleTree {
    nodes: Vec<Module>,
    /// For each node the index after its last descendant.
    ends: Vec<u32>,
}

impl ModuleTree {
    /// A tree of that module only.
    pub fn alone(module: &Module) -> Self {
        Self::from_preorder(vec![Module {
            parent: None,
            depth: 0,
            ..module.clone()
        }])
    }

    /// Takes nodes in pre-order; `depth` and `parent` must agree with that order.
    pub fn from_preorder(nodes: Vec<Module>) -> Self {
        let mut ends = vec![nodes.len() as u32; nodes.len()];
        let mut open: Vec<usize> = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            while open
                .last()
                .is_some_and(|top| nodes[*top].depth >= node.depth || nodes[*top].lane != node.lane)
            {
                if let Some(top) = open.pop() {
                    ends[top] = at as u32;
                }
            }
            open.push(at);
        }
        Self { nodes, ends }
    }

    /// The modules, parents first.
    pub fn modules(&self) -> &[Module] {
        &self.nodes
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True where no lane holds any Python.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The module of that index.
    pub fn get(&self, id: ModuleId) -> Option<&Module> {
        self.nodes.get(id.0 as usize)
    }

    /// Every index, parents first.
    pub fn ids(&self) -> impl Iterator<Item = ModuleId> + use<> {
        (0..self.nodes.len() as u32).map(ModuleId)
    }

    /// The indices of everything below `id`, without `id` itself.
    pub fn descendants(&self, id: ModuleId) -> impl Iterator<Item = ModuleId> + use<> {
        let end = self.ends.get(id.0 as usize).copied().unwrap_or(id.0 + 1);
        (id.0 + 1..end).map(ModuleId)
    }

    /// True where something lies below `id`.
    pub fn has_children(&self, id: ModuleId) -> bool {
        self.ends
            .get(id.0 as usize)
            .is_some_and(|end| *end > id.0 + 1)
    }

    /// Finds a module by what a person would type: its path (`candidate/quantum`,
    /// with or without a trailing slash or `.py`) or dotted name (`candidate.quantum`).
    pub fn find(&self, name: &str) -> Option<ModuleId> {
        let path = RepoPath::from_text(name.trim_start_matches("./"));
        let by = |test: &dyn Fn(&Module) -> bool| {
            self.nodes
                .iter()
                .position(test)
                .map(|at| ModuleId(at as u32))
        };
        by(&|m| m.path == path)
            .or_else(|| by(&|m| m.path.dotted().is_some_and(|d| d == name.replace('/', "."))))
    }

    /// The names nearest to one that was not found, best first.
    pub fn suggest(&self, name: &str, most: usize) -> Vec<String> {
        let last = name.rsplit(['/', '.']).next().unwrap_or(name);
        let mut scored: Vec<(f64, String)> = self
            .nodes
            .iter()
            .map(|m| {
                let text = m.path.to_text().into_owned();
                let score = strsim::jaro_winkler(&text, name)
                    .max(0.97 * strsim::jaro_winkler(&m.name(), last));
                (score, text)
            })
            .filter(|(score, _)| *score > 0.8)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        scored.into_iter().take(most).map(|(_, t)| t).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(path: &str, depth: u16) -> Module {
        Module {
            path: path.into(),
            kind: ModuleKind::Package,
            object: ObjectId::from_bytes([0; 20]),
            lane: 0,
            files: 1,
            bytes: 1,
            parent: None,
            depth,
        }
    }

    #[test]
    fn descendants_end_where_the_next_sibling_begins() {
        let tree = ModuleTree::from_preorder(vec![
            node("c/a", 0),
            node("c/a/x", 1),
            node("c/a/x/y", 2),
            node("c/b", 0),
        ]);
        let below = |i| {
            tree.descendants(ModuleId(i))
                .map(|m| m.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(below(0), [1, 2]);
        assert_eq!(below(1), [2]);
        assert!(below(3).is_empty());
        assert!(!tree.has_children(ModuleId(2)));
        assert_eq!(tree.find("c.a.x"), Some(ModuleId(1)));
        assert_eq!(tree.find("c/a/x/"), Some(ModuleId(1)));
        assert_eq!(tree.suggest("c/a/xx", 1), ["c/a/x"]);
    }
}
