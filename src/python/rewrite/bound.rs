//! What a file binds a name to at its top level: whether a package passes on the
//! module that is moved, or something of its own.

use ruff_python_ast::{Expr, PySourceType, Stmt, StmtImportFrom};
use ruff_python_parser::parse_unchecked_source;

use super::Rewriter;
use super::places::{Places, with_py};
use super::survey::Survey;
use crate::promotion::RepoPath;

/// How far stars are followed.
const MOST_STARS: usize = 4;

/// What a name of a package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bound {
    /// Nothing of its own: the submodule of that name.
    Not,
    /// The moved module, by an import.
    Module,
    /// Something else.
    Other,
}

impl Rewriter<'_> {
    /// What the package that the module lies in calls by its name.
    pub(super) fn passed_on(&self) -> Bound {
        *self.passed_on.get_or_init(|| {
            let Some(parent) = self.places.parent() else {
                return Bound::Not;
            };
            let init = parent.join("__init__.py");
            self.bound_in(&init, &self.places.old_last(), 0)
        })
    }

    /// True where a star may bring a name from that module path.
    pub(super) fn brings(&self, module: &RepoPath, name: &str) -> bool {
        let files = [module.join("__init__.py"), with_py(module)];
        let mut bound = files.iter().map(|file| self.bound_in(file, name, 1));
        bound.any(|it| it != Bound::Not)
    }

    fn bound_in(&self, file: &RepoPath, name: &str, depth: usize) -> Bound {
        let Some(source) = (self.read)(file).filter(|_| depth < MOST_STARS) else {
            return Bound::Not;
        };
        let text = String::from_utf8_lossy(&source);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let parsed = parse_unchecked_source(text, PySourceType::Python);
        if Survey::of(&parsed.syntax().body).too_deep {
            // To drop a tree is to recurse through it. Lost instead.
            std::mem::forget(parsed);
            return Bound::Not;
        }
        let mut looking = Looking {
            rewriter: self,
            file,
            name,
            depth,
            found: Bound::Not,
        };
        looking.body(&parsed.syntax().body);
        looking.found
    }
}

struct Looking<'a> {
    rewriter: &'a Rewriter<'a>,
    file: &'a RepoPath,
    name: &'a str,
    depth: usize,
    found: Bound,
}

impl Looking<'_> {
    /// What is bound last counts.
    fn body(&mut self, body: &[Stmt]) {
        body.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let is_name = |name: &str| name == self.name;
        match stmt {
            Stmt::FunctionDef(it) if is_name(&it.name.id) => self.found = Bound::Other,
            Stmt::ClassDef(it) if is_name(&it.name.id) => self.found = Bound::Other,
            Stmt::Assign(it) if it.targets.iter().any(|to| names(to, self.name)) => {
                self.found = Bound::Other;
            }
            Stmt::AnnAssign(it) if it.value.is_some() && names(&it.target, self.name) => {
                self.found = Bound::Other;
            }
            Stmt::Import(it) => {
                for alias in &it.names {
                    let first = alias.name.id.split('.').next().unwrap_or_default();
                    let bound = alias.asname.as_ref().map_or(first, |name| name.id.as_str());
                    if is_name(bound) {
                        let places = &self.rewriter.places;
                        let same = places.absolute(&alias.name.id);
                        let exact = same.is_some_and(|it| *it.old == *alias.name.id);
                        self.found = match exact && alias.asname.is_some() {
                            true => Bound::Module,
                            false => Bound::Other,
                        };
                    }
                }
            }
            Stmt::ImportFrom(it) => self.from(it),
            Stmt::If(it) => {
                self.body(&it.body);
                it.elif_else_clauses
                    .iter()
                    .for_each(|it| self.body(&it.body));
            }
            Stmt::Try(it) => {
                self.body(&it.body);
                for handler in &it.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    self.body(&handler.body);
                }
                self.body(&it.orelse);
                self.body(&it.finalbody);
            }
            Stmt::With(it) => self.body(&it.body),
            Stmt::For(it) => {
                if names(&it.target, self.name) {
                    self.found = Bound::Other;
                }
                self.body(&it.body);
            }
            Stmt::While(it) => self.body(&it.body),
            _ => {}
        }
    }

    fn from(&mut self, import: &StmtImportFrom) {
        let rewriter = self.rewriter;
        let Some(target) = rewriter.target(self.file, import) else {
            let mut names = import.names.iter();
            if names.any(|it| bound(it) == self.name) {
                self.found = Bound::Other;
            }
            return;
        };
        for alias in &import.names {
            if alias.name.id.as_str() == "*" {
                let files = [target.join("__init__.py"), with_py(&target)];
                let brought = files
                    .iter()
                    .filter(|file| *file != self.file)
                    .map(|file| rewriter.bound_in(file, self.name, self.depth + 1))
                    .max();
                if let Some(found @ (Bound::Module | Bound::Other)) = brought {
                    self.found = found;
                }
            } else if bound(alias) == self.name {
                let below = target.join(alias.name.id.as_str());
                let is_module = below == rewriter.places.stem
                    && rewriter.places.is_moved(&below)
                    // `from . import m` in that package itself is the module.
                    && self.file.parent() == rewriter.places.parent();
                self.found = match is_module {
                    true => Bound::Module,
                    false => Bound::Other,
                };
            }
        }
    }
}

fn bound(alias: &ruff_python_ast::Alias) -> &str {
    let name = alias.asname.as_ref().unwrap_or(&alias.name);
    name.id.as_str()
}

fn names(target: &Expr, name: &str) -> bool {
    match target {
        Expr::Name(it) => it.id == name,
        Expr::Tuple(it) => it.elts.iter().any(|one| names(one, name)),
        Expr::List(it) => it.elts.iter().any(|one| names(one, name)),
        Expr::Starred(it) => names(&it.value, name),
        _ => false,
    }
}

impl Rewriter<'_> {
    /// The module path that the `from` of a statement means.
    pub(super) fn target(&self, path: &RepoPath, import: &StmtImportFrom) -> Option<RepoPath> {
        let module = import
            .module
            .as_ref()
            .map_or("", |module| module.id.as_str());
        match import.level {
            0 => self.places.exactly(module),
            level => Places::target(path, level, module),
        }
    }
}
