//! Where names lead before a move, and what they are afterwards.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::promotion::relocation::{Renamed, below};
use crate::promotion::{Relocation, RepoPath};
use crate::python::resolve::{Found, Target};
use crate::python::{ImportKind, Index};

/// Where names lead, for one move.
pub(super) struct Places<'a> {
    /// All that can be imported.
    pub index: &'a Index,
    /// The move.
    pub relocation: &'a Relocation,
    /// The dotted names of what is moved.
    pub names: Vec<Renamed>,
    /// The module's path without `.py`, before and after.
    pub stem: RepoPath,
    new_stem: RepoPath,
    is_file: bool,
    /// False where Python finds something else under the module's name.
    visible: bool,
    tally: OnceLock<HashMap<(usize, String), usize>>,
}

/// How a module is named in a `from` after the move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// As it is.
    Same,
    /// Like this.
    Name(String),
    /// It lies at the top: `import x` takes the place of `from y import x`.
    Top,
}

impl<'a> Places<'a> {
    /// For that move.
    pub fn new(index: &'a Index, relocation: &'a Relocation) -> Self {
        let is_file = relocation.from.as_bytes().ends_with(b".py");
        let stem = without_py(&relocation.from);
        let has = |path: &RepoPath| index.files.number(path).is_some();
        let package = has(&stem.join("__init__.py"));
        let visible = match is_file {
            true => !package,
            false => package || !has(&with_py(&stem)),
        };
        Self {
            names: relocation.names(index.roots()),
            new_stem: without_py(&relocation.to),
            stem,
            is_file,
            visible,
            index,
            relocation,
            tally: OnceLock::new(),
        }
    }

    /// True for a module path (without `.py`) that is moved.
    pub fn is_moved(&self, module: &RepoPath) -> bool {
        self.visible && (*module == self.stem || (!self.is_file && module.is_within(&self.stem)))
    }

    /// The name that is moved, where an absolute name leads to it or below.
    pub fn absolute(&self, name: &str) -> Option<&Renamed> {
        let mut names = self.names.iter();
        let renamed = names.find(|it| below(name, &it.old).is_some())?;
        let place = self.place(name)?;
        self.is_moved(&place).then_some(renamed)
    }

    /// The module path that an absolute name leads to, as far as it leads.
    fn place(&self, name: &str) -> Option<RepoPath> {
        let found = self.index.files.in_roots(name)?;
        Some(self.module_path(&found))
    }

    /// The same, where it leads to the end.
    pub fn exactly(&self, name: &str) -> Option<RepoPath> {
        let found = self.index.files.in_roots(name)?;
        (found.parts == name.split('.').count()).then(|| self.module_path(&found))
    }

    /// True where a name is only found because it lies beside a file that is
    /// run as a script, and one of the two is moved.
    pub fn only_beside(&self, path: &RepoPath, name: &str) -> bool {
        let files = &self.index.files;
        let found = match (files.number(path), files.in_roots(name)) {
            (Some(file), None) => files.beside(file, name),
            _ => None,
        };
        let target = found.map(|found| self.module_path(&found));
        target.is_some_and(|at| self.is_moved(&at) != self.relocation.moves(path))
    }

    fn module_path(&self, found: &Found) -> RepoPath {
        match &found.target {
            Target::Module(file) => without_py(self.index.files.path(*file)),
            Target::Package(_, directory) | Target::Namespace(directory) => directory.clone(),
        }
    }

    /// The module path that `from ..module` in `path` means.
    pub fn target(path: &RepoPath, level: u32, module: &str) -> Option<RepoPath> {
        Self::below(&path.parent()?, level, module)
    }

    fn below(package: &RepoPath, level: u32, module: &str) -> Option<RepoPath> {
        let mut base = package.clone();
        for _ in 1..level {
            base = base.parent()?;
        }
        let parts = module.split('.').filter(|part| !part.is_empty());
        Some(parts.fold(base, |at, part| at.join(part)))
    }

    /// A module path after the move.
    pub fn after(&self, module: &RepoPath) -> RepoPath {
        match module.strip(&self.stem) {
            Some(rest) if self.is_moved(module) => match rest.is_root() {
                true => self.new_stem.clone(),
                false => self.new_stem.join(rest.as_bytes()),
            },
            _ => module.clone(),
        }
    }

    /// The last part of the module's name after the move.
    pub fn new_last(&self) -> String {
        String::from_utf8_lossy(self.new_stem.name()).into_owned()
    }

    /// The last part of the module's name before it.
    pub fn old_last(&self) -> String {
        String::from_utf8_lossy(self.stem.name()).into_owned()
    }

    /// The package that the module lies in, before.
    pub fn parent(&self) -> Option<RepoPath> {
        self.stem.parent()
    }

    /// The package that the module lies in, after.
    pub fn new_parent(&self) -> RepoPath {
        self.new_stem.parent().unwrap_or_default()
    }

    /// What a module path is called before the move, absolutely.
    pub fn old_name(&self, module: &RepoPath) -> Option<String> {
        Relocation::name_below(module, self.root(module)?)
    }

    /// What a module path (of before the move) is called after it, absolutely.
    pub fn new_name(&self, module: &RepoPath) -> Option<String> {
        let root = self.root(module)?;
        let name = Relocation::name_below(module, root)?;
        if !self.is_moved(module) {
            return Some(name);
        }
        let mut names = self.names.iter();
        names.find(|it| it.root == *root)?.apply(&name)
    }

    /// The directory that a path is imported from after the move.
    fn root_after(&self, path: &RepoPath) -> Option<RepoPath> {
        let root = self.root(&without_py(path))?;
        if !self.relocation.moves(path) {
            return Some(root.clone());
        }
        let mut names = self.names.iter();
        Some(names.find(|it| it.root == *root)?.new_root.clone())
    }

    /// How a file that said `level` dots and `module` names `target` (a module
    /// path after the move), whose absolute name is `name`.
    pub fn said(
        &self,
        path: &RepoPath,
        (level, module): (u32, &str),
        target: &RepoPath,
        name: Option<String>,
    ) -> Result<Said, String> {
        let package = self.relocation.after(path).parent().unwrap_or_default();
        if level > 0 {
            let root = self.root_after(path);
            // At the top there is no package that dots could mean.
            let anchor = Self::below(&package, level, "");
            let beyond = root.is_some() && anchor == root && !self.relocation.is_identity();
            if Self::below(&package, level, module).as_ref() == Some(target) && !beyond {
                return Ok(Said::Same);
            }
            // As it was said: relative, where both lie in one package.
            let common = common(&package, target);
            if root.is_some_and(|root| common.is_within(&root) && common != root) {
                let up = depth(&package) - depth(&common);
                let rest = target.strip(&common).and_then(|rest| rest.dotted());
                return Ok(Said::Name(format!(
                    "{}{}",
                    ".".repeat(up + 1),
                    rest.unwrap_or_default()
                )));
            }
        }
        match name {
            Some(name) if name.is_empty() => Ok(Said::Top),
            Some(name) if level == 0 && name == module => Ok(Said::Same),
            Some(name) => Ok(Said::Name(name)),
            None => Err("what it leads to has no absolute name".into()),
        }
    }

    /// True where some Python stays below a top-level name.
    pub fn stays(&self, first: &str) -> bool {
        let files = &self.index.files;
        let at = files.roots().iter().find_map(|root| {
            let found = files.submodule(root, first)?;
            Some(match found.directory() {
                Some(directory) => directory.clone(),
                None => root.join(first),
            })
        });
        at.is_some_and(|at| {
            let mut within = files.within(&at);
            within.any(|file| !self.relocation.moves(files.path(file)))
        })
    }

    /// The directory that a module path is imported from: of several the one
    /// that most imports of the repository use, else the innermost that is no
    /// package itself.
    fn root(&self, module: &RepoPath) -> Option<&RepoPath> {
        let roots = self.index.roots();
        let mut holding = roots
            .iter()
            .enumerate()
            .filter(|(_, root)| module.is_within(root) && module != *root);
        let first = holding.next()?;
        let others: Vec<_> = holding.collect();
        if others.is_empty() {
            return Some(first.1);
        }
        let tally = self.tally.get_or_init(|| self.tally());
        let weight = |(at, root): &(usize, &RepoPath)| {
            let rest = module
                .strip(root)
                .unwrap_or_default()
                .to_text()
                .into_owned();
            let top = rest.split('/').next().unwrap_or_default().to_owned();
            let used = tally.get(&(*at, top)).copied().unwrap_or(0);
            let files = &self.index.files;
            let plain = root.is_root() || files.number(&root.join("__init__.py")).is_none();
            (used, plain, root.as_bytes().len())
        };
        let all = std::iter::once(first).chain(others);
        all.max_by_key(weight).map(|(_, root)| root)
    }

    /// How often each top-level name is imported from each root.
    fn tally(&self) -> HashMap<(usize, String), usize> {
        let files = &self.index.files;
        let mut tally: HashMap<&str, usize> = HashMap::new();
        for file in 0..files.paths().len() {
            for import in self.index.imports(file as u32) {
                let is_text = matches!(import.kind, ImportKind::Text | ImportKind::Mention);
                if import.level == 0 && !is_text {
                    let first = import.module.split('.').next().unwrap_or_default();
                    *tally.entry(first).or_default() += 1;
                }
            }
        }
        let from = |first: &str| {
            let mut roots = files.roots().iter();
            roots.position(|root| files.submodule(root, first).is_some())
        };
        let found = tally.into_iter();
        found
            .filter_map(|(first, count)| Some(((from(first)?, first.to_owned()), count)))
            .collect()
    }
}

/// `a/b` of `a/b.py`.
pub fn without_py(path: &RepoPath) -> RepoPath {
    match path.as_bytes().strip_suffix(b".py") {
        Some(stem) => RepoPath::from_bytes(stem),
        None => path.clone(),
    }
}

pub(super) fn with_py(path: &RepoPath) -> RepoPath {
    RepoPath::from_bytes([path.as_bytes(), b".py"].concat())
}

fn depth(path: &RepoPath) -> usize {
    match path.is_root() {
        true => 0,
        false => path.as_bytes().split(|b| *b == b'/').count(),
    }
}

fn common(a: &RepoPath, b: &RepoPath) -> RepoPath {
    let mut at = a.clone();
    while !b.is_within(&at) {
        at = at.parent().unwrap_or_default();
    }
    at
}
