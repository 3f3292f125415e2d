//! From dotted names to files, as Python would find them.

use std::collections::{HashMap, HashSet};

use crate::promotion::RepoPath;

/// The Python files of a commit, and where Python looks for them.
#[derive(Debug, Default)]
pub struct Files {
    paths: Vec<RepoPath>,
    numbers: HashMap<RepoPath, u32>,
    /// Directories that hold Python at any depth: packages, or namespaces.
    directories: HashSet<RepoPath>,
    roots: Vec<RepoPath>,
}

/// Where a dotted name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The `__init__.py` files that are run on the way, outermost first,
    /// without the target.
    pub packages: Vec<u32>,
    /// What it leads to.
    pub target: Target,
    /// How many parts of the name that explains: the rest are members of it.
    pub parts: usize,
}

/// What a dotted name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file that is not an `__init__.py`.
    Module(u32),
    /// A directory with an `__init__.py`, which is this.
    Package(u32, RepoPath),
    /// A directory without one.
    Namespace(RepoPath),
}

impl Target {
    /// The file that is run, if any.
    pub fn file(&self) -> Option<u32> {
        match self {
            Self::Module(file) | Self::Package(file, _) => Some(*file),
            Self::Namespace(_) => None,
        }
    }

    /// The directory submodules are in.
    pub fn directory(&self) -> Option<&RepoPath> {
        match self {
            Self::Module(_) => None,
            Self::Package(_, directory) | Self::Namespace(directory) => Some(directory),
        }
    }
}

impl Files {
    /// Of these paths, found below these roots, the first first.
    pub fn new(mut paths: Vec<RepoPath>, roots: Vec<RepoPath>) -> Self {
        paths.sort();
        let numbers = (0..)
            .zip(&paths)
            .map(|(n, path)| (path.clone(), n))
            .collect();
        let mut directories = HashSet::new();
        for path in &paths {
            let mut at = path.parent();
            while let Some(directory) = at.filter(|d| !d.is_root()) {
                at = directory.parent();
                if !directories.insert(directory) {
                    break;
                }
            }
        }
        Self {
            paths,
            numbers,
            directories,
            roots,
        }
    }

    /// Where Python looks, the first first.
    pub fn roots(&self) -> &[RepoPath] {
        &self.roots
    }

    /// All paths, sorted; a file's number is its place.
    pub fn paths(&self) -> &[RepoPath] {
        &self.paths
    }

    /// The path of a file.
    pub fn path(&self, file: u32) -> &RepoPath {
        &self.paths[file as usize]
    }

    /// The number of a path.
    pub fn number(&self, path: &RepoPath) -> Option<u32> {
        self.numbers.get(path).copied()
    }

    /// True for a directory that holds Python at any depth.
    pub fn holds_python(&self, directory: &RepoPath) -> bool {
        self.directories.contains(directory)
    }

    /// The files at or below a path.
    pub fn within<'a>(&'a self, path: &'a RepoPath) -> impl Iterator<Item = u32> + 'a {
        // `a.py` sorts between `a` and `a/b`, so neighbours are looked through too.
        let from = self.paths.partition_point(|known| known < path);
        (from..self.paths.len())
            .take_while(|at| {
                path.is_root() || self.paths[*at].as_bytes().starts_with(path.as_bytes())
            })
            .filter(|at| self.paths[*at].is_within(path))
            .map(|at| at as u32)
    }

    /// Where an absolute name leads. A script and a test also see what lies
    /// beside them, which `beside` is.
    pub fn absolute(&self, name: &str, beside: &RepoPath) -> Option<Found> {
        self.roots
            .iter()
            .chain((!self.roots.contains(beside)).then_some(beside))
            .find_map(|root| self.below(root, name))
    }

    /// Where a name with `level` leading dots leads, said in `file`.
    pub fn relative(&self, file: u32, level: u16, name: &str) -> Option<Found> {
        let mut base = self.path(file).parent()?;
        for _ in 1..level {
            base = base.parent()?;
        }
        if !name.is_empty() {
            return self.below(&base, name);
        }
        let target = match self.number(&base.join("__init__.py")) {
            Some(init) => Target::Package(init, base),
            None => Target::Namespace(base),
        };
        Some(Found {
            packages: Vec::new(),
            target,
            parts: 0,
        })
    }

    /// The submodule of that name in a directory.
    pub fn submodule(&self, directory: &RepoPath, name: &str) -> Option<Target> {
        let below = directory.join(name);
        if let Some(init) = self.number(&below.join("__init__.py")) {
            return Some(Target::Package(init, below));
        }
        let mut file = below.as_bytes().to_vec();
        file.extend_from_slice(b".py");
        if let Some(file) = self.number(&RepoPath::from_bytes(file)) {
            return Some(Target::Module(file));
        }
        self.directories
            .contains(&below)
            .then_some(Target::Namespace(below))
    }

    fn below(&self, root: &RepoPath, name: &str) -> Option<Found> {
        let mut packages = Vec::new();
        let mut target: Option<Target> = None;
        let mut parts = 0;
        for part in name.split('.') {
            let directory = match &target {
                None => root,
                Some(found) => match found.directory() {
                    Some(directory) => directory,
                    None => break,
                },
            };
            let Some(next) = self.submodule(directory, part) else {
                break;
            };
            packages.extend(target.as_ref().and_then(Target::file));
            target = Some(next);
            parts += 1;
        }
        Some(Found {
            packages,
            target: target?,
            parts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        let paths = [
            "a/__init__.py",
            "a/b.py",
            "a/c/__init__.py",
            "a/c/d.py",
            "n/e.py",
            "src/s/f.py",
            "tests/helper.py",
            "tests/test_x.py",
            "a/b/z.txt.py",
        ];
        Files::new(
            paths.map(RepoPath::from).to_vec(),
            vec!["".into(), "src".into()],
        )
    }

    fn run(found: Option<Found>, files: &Files) -> Vec<String> {
        let Some(found) = found else {
            return vec!["nothing".into()];
        };
        let all = found.packages.iter().copied().chain(found.target.file());
        all.map(|file| files.path(file).to_string()).collect()
    }

    #[test]
    fn names_lead_to_the_files_python_runs() {
        let files = files();
        let abs = |name| run(files.absolute(name, &"tests".into()), &files);
        assert_eq!(
            abs("a.c.d"),
            ["a/__init__.py", "a/c/__init__.py", "a/c/d.py"]
        );
        assert_eq!(
            abs("a.c.d.Class.method"),
            ["a/__init__.py", "a/c/__init__.py", "a/c/d.py"]
        );
        assert_eq!(abs("a.b"), ["a/__init__.py", "a/b.py"]);
        assert_eq!(abs("n.e"), ["n/e.py"]);
        assert_eq!(abs("s.f"), ["src/s/f.py"]);
        assert_eq!(abs("helper"), ["tests/helper.py"]);
        assert_eq!(abs("numpy.linalg"), ["nothing"]);
    }

    #[test]
    fn dots_count_from_the_file() {
        let files = files();
        let d = files.number(&"a/c/d.py".into()).unwrap();
        assert_eq!(run(files.relative(d, 1, ""), &files), ["a/c/__init__.py"]);
        assert_eq!(run(files.relative(d, 2, "b"), &files), ["a/b.py"]);
        assert_eq!(run(files.relative(d, 9, "b"), &files), ["nothing"]);
    }

    #[test]
    fn within_is_by_parts() {
        let files = files();
        let within = |p: &str| files.within(&p.into()).count();
        assert_eq!(
            (within("a"), within("a/c"), within("a/b"), within("")),
            (5, 2, 1, 9)
        );
        assert_eq!(within("a/b.py"), 1);
    }
}
