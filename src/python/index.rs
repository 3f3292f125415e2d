//! The import index of one commit: who imports what, and what tests what.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use crate::promotion::{ObjectId, RepoPath, TestLink, TestReason};

use super::imports::{Import, ImportKind, Scan};
use super::mirror;
use super::resolve::Files;
use super::scan::{BlobSource, SourceFile, scan_all};

/// What the index has to know of the repository beside its files.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Directories that Python finds modules in, the first first; the root is an empty path.
    pub roots: Vec<RepoPath>,
    /// The source lanes.
    pub lanes: Vec<RepoPath>,
    /// The files that are tests.
    pub tests: Vec<RepoPath>,
}

/// What imports what at one commit.
#[derive(Debug, Default)]
pub struct Index {
    pub(super) files: Files,
    blobs: Vec<ObjectId>,
    /// `None`: the content could not be had.
    scans: Vec<Option<Arc<Scan>>>,
    pub(super) lanes: Vec<RepoPath>,
    tests: Vec<u32>,
}

impl Index {
    /// Reads every file that the cache does not know, on all cores.
    pub fn build(
        files: Vec<SourceFile>,
        options: Options,
        source: &dyn BlobSource,
        cache: Option<&Path>,
    ) -> Self {
        let scans = scan_all(&files, source, cache);
        let by_path: HashMap<RepoPath, ObjectId> = files
            .into_iter()
            .map(|file| (file.path, file.blob))
            .collect();
        let table = Files::new(by_path.keys().cloned().collect(), options.roots);
        let blobs: Vec<ObjectId> = table.paths().iter().map(|path| by_path[path]).collect();
        let mut tests: Vec<u32> = options
            .tests
            .iter()
            .filter_map(|t| table.number(t))
            .collect();
        tests.sort_unstable();
        Self {
            scans: blobs.iter().map(|blob| scans.get(blob).cloned()).collect(),
            blobs,
            lanes: options.lanes,
            tests,
            files: table,
        }
    }

    /// Every Python file, sorted.
    pub fn paths(&self) -> &[RepoPath] {
        self.files.paths()
    }

    /// The directories that Python finds modules in, the first first.
    pub fn roots(&self) -> &[RepoPath] {
        self.files.roots()
    }

    /// The content of a file.
    pub fn blob(&self, path: &RepoPath) -> Option<ObjectId> {
        let number = self.files.number(path)?;
        self.blobs.get(number as usize).copied()
    }

    /// What was found in a file; `None` for one that is not in the index or
    /// whose content could not be had.
    pub fn scan(&self, path: &RepoPath) -> Option<&Scan> {
        let number = self.files.number(path)?;
        self.scans[number as usize].as_deref()
    }

    pub(super) fn imports(&self, file: u32) -> &[Import] {
        match &self.scans[file as usize] {
            Some(scan) => &scan.imports,
            None => &[],
        }
    }

    /// The test files of a module, sorted by path.
    pub fn tests_of(&self, module: &RepoPath) -> Vec<TestLink> {
        self.tests_of_all(&[module]).pop().unwrap_or_default()
    }

    /// The same for several at once, in their order: each test is looked at once.
    ///
    /// A test is a module's if it imports something in it, directly or through
    /// what a package re-exports, if it names it in a string, or if its path
    /// mirrors the module's.
    pub fn tests_of_all(&self, modules: &[&RepoPath]) -> Vec<Vec<TestLink>> {
        let places: HashMap<&RepoPath, usize> = modules
            .iter()
            .enumerate()
            .map(|(at, path)| (*path, at))
            .collect();
        // Of two reasons the first counts: an import says more than a name.
        let mut links: Vec<BTreeMap<u32, TestReason>> = vec![BTreeMap::new(); modules.len()];
        for test in &self.tests {
            let path = self.files.path(*test);
            let imported = self
                .meant(*test)
                .into_iter()
                .map(|(file, reason)| (self.files.path(file).clone(), reason));
            let mirrored =
                mirror::mirrored(path, &self.lanes, &|path| self.files.holds_python(path));
            let because = imported.chain(mirrored.into_iter().map(|path| (path, TestReason::Path)));
            for (target, reason) in because {
                let mut at = Some(target);
                while let Some(here) = at {
                    if let Some(module) = places.get(&here) {
                        links[*module]
                            .entry(*test)
                            .and_modify(|known| *known = (*known).min(reason))
                            .or_insert(reason);
                    }
                    at = here.parent();
                }
            }
        }
        let link = |(test, reason)| TestLink {
            path: self.files.path(test).clone(),
            reason,
        };
        // Numbers are in the order of paths.
        links
            .into_iter()
            .map(|links| links.into_iter().map(link).collect())
            .collect()
    }

    /// The tests at or below a path; a Python file named outright counts
    /// whatever it is called.
    pub fn tests_within(&self, path: &RepoPath) -> Vec<RepoPath> {
        if let Some(file) = self.files.number(path) {
            return vec![self.files.path(file).clone()];
        }
        self.files
            .within(path)
            .filter(|file| self.tests.binary_search(file).is_ok())
            .map(|file| self.files.path(file).clone())
            .collect()
    }

    /// Every Python file of the repository that running `paths` (files or
    /// directories) may run, transitively: themselves, what they import (in
    /// functions, under `TYPE_CHECKING` and by name too), the `__init__.py` of
    /// the packages those lie in, and the `conftest.py` beside and above `paths`.
    pub fn closure(&self, paths: &[RepoPath]) -> BTreeSet<RepoPath> {
        let mut todo: Vec<u32> = Vec::new();
        for path in paths {
            todo.extend(self.files.within(path));
            let mut at = Some(path.clone());
            while let Some(directory) = at {
                todo.extend(self.files.number(&directory.join("conftest.py")));
                at = directory.parent();
            }
        }
        self.reach(todo)
    }

    /// The same for what somebody at the root of the repository imports.
    pub fn closure_of(&self, imports: &[Import]) -> BTreeSet<RepoPath> {
        let mut todo = Vec::new();
        for import in imports {
            let led = self.led_from_root(import);
            todo.extend(led.on_the_way);
            todo.extend(led.meant);
        }
        self.reach(todo)
    }

    /// Everything that running these files may run.
    fn reach(&self, mut todo: Vec<u32>) -> BTreeSet<RepoPath> {
        let mut reached = BTreeSet::new();
        while let Some(file) = todo.pop() {
            if reached.insert(file) {
                todo.extend(self.packages(file));
                for import in self.imports(file) {
                    let led = self.led(file, import);
                    todo.extend(led.on_the_way);
                    todo.extend(led.meant);
                }
            }
        }
        reached
            .into_iter()
            .map(|file| self.files.path(file).clone())
            .collect()
    }

    /// The files a file imports or names, without those that are only run on the way.
    fn meant(&self, file: u32) -> BTreeSet<(u32, TestReason)> {
        let reason = |import: &Import| match import.kind {
            ImportKind::Module | ImportKind::From | ImportKind::Star => TestReason::Import,
            ImportKind::Text | ImportKind::Mention => TestReason::Text,
        };
        let imports = self.imports(file).iter();
        imports
            .flat_map(|import| {
                let meant = self.led(file, import).meant.into_iter();
                meant.map(move |file| (file, reason(import)))
            })
            .collect()
    }

    /// The `__init__.py` of the packages a file lies in.
    fn packages(&self, file: u32) -> Vec<u32> {
        let mut packages = Vec::new();
        let mut at = self.files.path(file).parent();
        while let Some(directory) = at {
            let Some(init) = self.files.number(&directory.join("__init__.py")) else {
                break;
            };
            packages.push(init);
            at = directory.parent();
        }
        packages
    }
}

#[cfg(test)]
mod tests {
    use super::super::Blob;
    use super::*;

    struct Sources(Vec<(&'static str, &'static str)>);

    impl BlobSource for Sources {
        fn read_each(
            &self,
            next: &mut dyn FnMut() -> Option<ObjectId>,
            each: &mut dyn FnMut(ObjectId, Blob<'_>),
        ) {
            while let Some(id) = next() {
                let at = usize::from(id.as_bytes()[0]);
                each(id, Blob::Content(self.0[at].1.as_bytes()));
            }
        }
    }

    fn index(sources: Vec<(&'static str, &'static str)>) -> Index {
        let files: Vec<SourceFile> = (0..)
            .zip(&sources)
            .map(|(n, (path, _))| SourceFile {
                path: (*path).into(),
                blob: ObjectId::from_bytes([n; 20]),
            })
            .collect();
        let is_test = |p: &RepoPath| p.name().starts_with(b"test_");
        let options = Options {
            roots: vec!["".into()],
            lanes: vec!["candidate".into()],
            tests: files
                .iter()
                .map(|f| f.path.clone())
                .filter(is_test)
                .collect(),
        };
        Index::build(files, options, &Sources(sources), None)
    }

    fn sample() -> Index {
        index(vec![
            ("candidate/__init__.py", ""),
            (
                "candidate/q/__init__.py",
                "from .inner import Thing as T\nfrom .star import *\n",
            ),
            (
                "candidate/q/inner.py",
                "from candidate import far\nfrom candidate.q import T\n",
            ),
            ("candidate/q/star.py", ""),
            ("candidate/far.py", "def f():\n    import lib.deep\n"),
            ("candidate/lonely.py", ""),
            ("lib/deep.py", ""),
            ("tests/conftest.py", "import helper\n"),
            ("tests/helper.py", ""),
            ("tests/test_a.py", "from candidate.q import T\n"),
            ("tests/test_b.py", "patch('candidate.far.f')\n"),
            ("tests/test_lonely.py", ""),
            (
                "tests/test_ns.py",
                "from candidate.q import inner\nimport candidate\n",
            ),
            (
                "tests/test_text.py",
                "NAMES = ['candidate.far', 'candidate.nothing', 'candidate']\n\
                 load(ROOT / 'candidate' / 'far.py', 'lib/deep.py', 'lib.deep')\n",
            ),
        ])
    }

    fn tests(index: &Index, module: &str) -> Vec<String> {
        let links = index.tests_of(&module.into());
        links
            .iter()
            .map(|l| format!("{} {:?}", l.path, l.reason))
            .collect()
    }

    #[test]
    fn tests_by_import_re_export_text_and_path() {
        let index = sample();
        assert_eq!(
            tests(&index, "candidate/q"),
            ["tests/test_a.py Import", "tests/test_ns.py Import"]
        );
        assert_eq!(
            tests(&index, "candidate/q/inner.py"),
            ["tests/test_a.py Import", "tests/test_ns.py Import"]
        );
        assert_eq!(
            tests(&index, "candidate/q/star.py"),
            ["tests/test_a.py Import"]
        );
        assert_eq!(
            tests(&index, "candidate/far.py"),
            ["tests/test_b.py Text", "tests/test_text.py Text"]
        );
        assert_eq!(
            tests(&index, "candidate/lonely.py"),
            ["tests/test_lonely.py Path"]
        );
        assert!(tests(&index, "candidate/none").is_empty());
    }

    #[test]
    fn the_closure_is_everything_that_may_run() {
        let index = sample();
        let closure = index.closure(&["tests/test_a.py".into()]);
        let names: Vec<String> = closure.iter().map(ToString::to_string).collect();
        assert_eq!(
            names,
            [
                "candidate/__init__.py",
                "candidate/far.py",
                "candidate/q/__init__.py",
                "candidate/q/inner.py",
                "candidate/q/star.py",
                "lib/deep.py",
                "tests/conftest.py",
                "tests/helper.py",
                "tests/test_a.py",
            ]
        );
        assert_eq!(index.closure(&["candidate/lonely.py".into()]).len(), 2);
        assert!(index.closure(&["nowhere".into()]).is_empty());
    }
}
