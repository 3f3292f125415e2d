//! Who imports what, seen from what is imported: made once for all modules.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::imports::{Import, ImportKind};
use super::index::Index;
use super::resolve::{Found, Target};
use super::rewrite::without_py;
use crate::promotion::RepoPath;

/// An import, and where it leads.
#[derive(Clone, Copy, Debug)]
pub struct Edge<'a> {
    /// The file that says it.
    pub path: &'a RepoPath,
    /// What it says.
    pub import: &'a Import,
}

/// Who imports what, by what is imported.
#[derive(Debug, Default)]
pub struct Reverse {
    /// By module path, without `.py`: files, and which of their imports.
    edges: BTreeMap<RepoPath, Vec<(u32, u32)>>,
    count: usize,
}

impl Index {
    /// Who imports what. Made on first use.
    pub fn reverse(&self) -> &Reverse {
        self.reverse.get_or_init(|| self.make_reverse())
    }

    fn make_reverse(&self) -> Reverse {
        let mut reverse = Reverse::default();
        let mut known: HashMap<Arc<str>, Option<Found>> = HashMap::new();
        let mut by_path: HashMap<RepoPath, Vec<(u32, u32)>> = HashMap::new();
        for file in 0..self.files.paths().len() as u32 {
            for (at, import) in (0..).zip(self.imports(file)) {
                let Some(target) = self.names_with(file, import, &mut known) else {
                    continue;
                };
                by_path.entry(target).or_default().push((file, at));
                reverse.count += 1;
            }
        }
        reverse.edges = by_path.into_iter().collect();
        reverse
    }

    /// The module path, without `.py`, that an import in a file names: as far
    /// as its name leads within the repository.
    pub fn named(&self, path: &RepoPath, import: &Import) -> Option<RepoPath> {
        let file = self.files.number(path)?;
        self.names_with(file, import, &mut HashMap::new())
    }

    fn names_with(
        &self,
        file: u32,
        import: &Import,
        known: &mut HashMap<Arc<str>, Option<Found>>,
    ) -> Option<RepoPath> {
        if import.kind == ImportKind::Mention {
            return None;
        }
        let found = match import.level {
            0 => {
                let in_roots = known
                    .entry(import.module.clone())
                    .or_insert_with(|| self.files.in_roots(&import.module));
                match in_roots {
                    Some(found) => found.clone(),
                    None => self.files.beside(file, &import.module)?,
                }
            }
            level => self.files.relative(file, level, &import.module)?,
        };
        let parts = import.module.split('.').filter(|part| !part.is_empty());
        let whole = found.parts == parts.count();
        let below = (import.name.as_ref())
            .filter(|_| whole && import.kind == ImportKind::From)
            .zip(found.target.directory())
            .and_then(|(name, directory)| self.files.submodule(directory, name));
        let path = |target: &Target| match target {
            Target::Module(file) => without_py(self.files.path(*file)),
            Target::Package(_, directory) | Target::Namespace(directory) => directory.clone(),
        };
        Some(path(below.as_ref().unwrap_or(&found.target)))
    }

    /// Everything that imports what lies at or below a module path, in the
    /// order of what is imported.
    pub fn importers<'a>(&'a self, module: &'a RepoPath) -> impl Iterator<Item = Edge<'a>> + 'a {
        let edges = &self.reverse().edges;
        edges
            .range(module.clone()..)
            .take_while(|(path, _)| path.as_bytes().starts_with(module.as_bytes()))
            .filter(|(path, _)| path.is_within(module))
            .flat_map(|(_, edges)| edges)
            .map(|edge| self.edge(*edge))
    }

    /// Everything that imports exactly that package or module.
    pub fn importers_of(&self, module: &RepoPath) -> impl Iterator<Item = Edge<'_>> {
        let edges = self.reverse().edges.get(module);
        edges.into_iter().flatten().map(|edge| self.edge(*edge))
    }

    /// Every import that leads to something in the repository, with that.
    pub fn edges(&self) -> impl Iterator<Item = (Edge<'_>, &RepoPath)> {
        let edges = self.reverse().edges.iter();
        edges.flat_map(move |(to, edges)| edges.iter().map(move |edge| (self.edge(*edge), to)))
    }

    fn edge(&self, (file, at): (u32, u32)) -> Edge<'_> {
        Edge {
            path: self.files.path(file),
            import: &self.imports(file)[at as usize],
        }
    }
}

impl Reverse {
    /// How many imports lead to something in the repository.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True where none does.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}
