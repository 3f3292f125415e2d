//! What a gate looks at: one module in one exported tree.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::promotion::{Finding, Lane, Novelty, Owner, RepoPath, Severity, text};

/// Longest message or source line kept with a finding, in characters.
const LONGEST: usize = 1000;

/// One module in one exported tree.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its path in that tree.
    pub module: RepoPath,
    /// True where it is a single file.
    pub is_file: bool,
    /// Its Python files (`.py`, `.pyi`), at every depth, sorted: regular files only.
    pub files: Vec<RepoPath>,
    /// Its tests, sorted: regular files only.
    pub tests: Vec<RepoPath>,
    /// Where it would be promoted to.
    pub target: Option<RepoPath>,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// All lanes of the repository.
    pub lanes: Arc<[Lane]>,
    /// Where the tree is exported. Read only.
    pub tree: PathBuf,
}

impl Subject {
    /// Where a file of the repository is on disk.
    pub fn on_disk(&self, path: &RepoPath) -> PathBuf {
        self.tree.join(path.to_fs())
    }

    /// The files as arguments: `./` keeps a name from being taken for an option.
    pub fn arguments(files: &[RepoPath]) -> impl Iterator<Item = std::ffi::OsString> + '_ {
        files.iter().map(|file| {
            let mut argument = std::ffi::OsString::from("./");
            argument.push(file.to_fs());
            argument
        })
    }

    /// A file at the root of the tree, if it is there as a regular file.
    pub fn root_file(&self, name: &str) -> Option<PathBuf> {
        let path = self.tree.join(name);
        std::fs::symlink_metadata(&path)
            .is_ok_and(|meta| meta.is_file())
            .then_some(path)
    }

    /// The directory the module is imported from.
    pub fn import_root(&self) -> RepoPath {
        import_root(&self.module, &self.tree)
    }

    /// The name the module is imported by; `None` where it cannot be.
    pub fn dotted(&self) -> Option<String> {
        dotted(&self.module, &self.import_root())
    }
}

#[cfg(test)]
impl Subject {
    /// A module without files, tests, target or owner, in no lane.
    pub fn test(module: &str, tree: impl Into<PathBuf>) -> Self {
        Self {
            module: module.into(),
            is_file: false,
            files: Vec::new(),
            tests: Vec::new(),
            target: None,
            owner: None,
            lanes: Arc::new([]),
            tree: tree.into(),
        }
    }
}

/// The directory a module is imported from: `src` where it lies in one that is no
/// package itself, else the root.
pub fn import_root(module: &RepoPath, tree: &Path) -> RepoPath {
    let src = RepoPath::from("src");
    let inside = *module != src && module.is_within(&src);
    if inside && !tree.join("src/__init__.py").exists() {
        src
    } else {
        RepoPath::default()
    }
}

/// The dotted name of a path below an import root; `None` where a part is no identifier.
pub fn dotted(path: &RepoPath, root: &RepoPath) -> Option<String> {
    let name = path.strip(root)?.dotted()?;
    let identifier = |part: &str| {
        part.chars()
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    name.split('.').all(identifier).then_some(name)
}

/// Makes findings, with the source lines they stand on.
pub struct Finder<'a> {
    tree: &'a Path,
    lines: RefCell<HashMap<RepoPath, Rc<Vec<String>>>>,
}

impl<'a> Finder<'a> {
    /// For files of that tree.
    pub fn new(tree: &'a Path) -> Self {
        Self {
            tree,
            lines: RefCell::default(),
        }
    }

    /// A finding that counts. Line and column from 1, 0 where there is none.
    pub fn error(
        &self,
        rule: &str,
        message: &str,
        path: &RepoPath,
        line: u32,
        column: u32,
    ) -> Finding {
        Finding {
            rule: rule.to_owned(),
            message: one_line(message),
            detail: String::new(),
            path: path.clone(),
            line,
            column,
            source: self.source(path, line),
            severity: Severity::Error,
            novelty: Novelty::New,
        }
    }

    /// One that counts, with the words of the code that was run.
    pub fn said(&self, rule: &str, message: &str, detail: &str, at: (&RepoPath, u32)) -> Finding {
        Finding {
            detail: one_line(detail),
            ..self.error(rule, message, at.0, at.1, 0)
        }
    }

    /// One that is only shown.
    pub fn note(
        &self,
        rule: &str,
        message: &str,
        path: &RepoPath,
        line: u32,
        column: u32,
    ) -> Finding {
        Finding {
            severity: Severity::Note,
            ..self.error(rule, message, path, line, column)
        }
    }

    fn source(&self, path: &RepoPath, line: u32) -> String {
        let Some(index) = (line as usize).checked_sub(1) else {
            return String::new();
        };
        let lines = self
            .lines
            .borrow_mut()
            .entry(path.clone())
            .or_insert_with(|| Rc::new(read_lines(&self.tree.join(path.to_fs()))))
            .clone();
        lines.get(index).cloned().unwrap_or_default()
    }
}

/// The lines of a file, stripped and cut. What is no regular file has none.
fn read_lines(path: &Path) -> Vec<String> {
    if !std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file()) {
        return Vec::new();
    }
    let content = std::fs::read(path).unwrap_or_default();
    content
        .split(|b| *b == b'\n')
        .map(|line| {
            let line = line.trim_ascii();
            cut(&text::decode(&line[..line.len().min(4 * LONGEST)]))
        })
        .collect()
}

/// A message as one line, cut to a bearable length.
pub fn one_line(message: &str) -> String {
    let joined: Vec<_> = message.lines().map(str::trim).collect();
    cut(joined.join(" ").trim())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_below_src_is_imported_without_it() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir(tree.path().join("src")).unwrap();
        let name = |module| Subject::test(module, tree.path()).dotted();
        assert_eq!(name("src/candidate/x").as_deref(), Some("candidate.x"));
        assert_eq!(name("candidate/x").as_deref(), Some("candidate.x"));
        assert_eq!(name("candidate/my-x"), None);
        std::fs::write(tree.path().join("src/__init__.py"), "").unwrap();
        assert_eq!(name("src/candidate/x").as_deref(), Some("src.candidate.x"));
    }

    #[test]
    fn a_link_out_of_the_tree_is_not_read_for_source_lines() {
        let tree = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/passwd", tree.path().join("a.py")).unwrap();
        let finding = Finder::new(tree.path()).error("x", "m", &"a.py".into(), 1, 1);
        assert_eq!(finding.source, "");
    }

    #[test]
    fn messages_are_one_line() {
        assert_eq!(one_line("a\n  b\r\nc"), "a b c");
        assert_eq!(one_line(&"x".repeat(5000)).chars().count(), LONGEST + 1);
    }
}
