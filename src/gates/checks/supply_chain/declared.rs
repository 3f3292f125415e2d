//! What a tree declares: requirement files, `pyproject.toml`, lock files.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::requirement::{self, Demand, Requirement};
use crate::gates::checks::supply_chain::distribution::canonical;
use crate::promotion::RepoPath;

/// One requirement at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// What is required.
    pub requirement: Requirement,
    /// The file.
    pub path: RepoPath,
    /// The line, from 1; 0 where it is not known.
    pub line: u32,
    /// True in a lock or constraint file: it says which version, not that there is one.
    pub lock: bool,
}

/// Everything a tree declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declarations {
    /// The files that were read.
    pub files: BTreeSet<RepoPath>,
    /// What they require.
    pub requirements: Vec<Declared>,
    /// Places that could not be understood: path, line, and why.
    pub unread: Vec<(RepoPath, u32, String)>,
}

/// A file larger than this is no declaration.
const MOST_BYTES: u64 = 32 << 20;

/// True for a file that declares requirements by its name.
pub fn is_declaration(path: &RepoPath) -> bool {
    kind(path).is_some()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Requirements,
    Constraints,
    Pyproject,
    /// TOML with `[[package]]` or `[[packages]]`.
    Lock,
    PipfileLock,
}

fn kind(path: &RepoPath) -> Option<Kind> {
    let name = std::str::from_utf8(path.name()).ok()?;
    let text = name.ends_with(".txt") || name.ends_with(".in");
    let directory = path.parent();
    let in_requirements = directory
        .as_ref()
        .is_some_and(|dir| dir.name() == b"requirements");
    match name {
        "pyproject.toml" => Some(Kind::Pyproject),
        "poetry.lock" | "uv.lock" | "pdm.lock" => Some(Kind::Lock),
        "Pipfile.lock" => Some(Kind::PipfileLock),
        _ if name.starts_with("pylock") && name.ends_with(".toml") => Some(Kind::Lock),
        _ if text && name.contains("constraints") => Some(Kind::Constraints),
        _ if text && (name.contains("requirements") || in_requirements) => Some(Kind::Requirements),
        _ => None,
    }
}

/// Reads what concerns a module: at the root, in `requirements/`, and on the
/// way from the root to the module.
pub fn read(tree: &Path, module: &RepoPath) -> Declarations {
    let mut directories = vec![RepoPath::default(), RepoPath::from("requirements")];
    let mut at = Some(module.clone());
    while let Some(directory) = at {
        at = directory.parent();
        if !directory.is_root() {
            directories.push(directory);
        }
    }
    let mut declarations = Declarations::default();
    for directory in directories {
        let Ok(entries) = std::fs::read_dir(tree.join(directory.to_fs())) else {
            continue;
        };
        let mut files: Vec<RepoPath> = entries
            .flatten()
            .map(|entry| {
                use std::os::unix::ffi::OsStrExt as _;
                directory.join(entry.file_name().as_bytes())
            })
            .filter(is_declaration)
            .collect();
        files.sort();
        for file in files {
            declarations.add(tree, &file);
        }
    }
    declarations
}

impl Declarations {
    /// The versions that something pins a distribution to.
    pub fn pins(&self) -> impl Iterator<Item = (&Declared, &str)> {
        self.requirements
            .iter()
            .filter_map(|it| match &it.requirement.demand {
                Demand::Pinned(version) => Some((it, version.as_str())),
                _ => None,
            })
    }

    fn add(&mut self, tree: &Path, path: &RepoPath) {
        let Some(kind) = kind(path) else { return };
        if !self.files.insert(path.clone()) {
            return;
        }
        let Some(text) = content(tree, path) else {
            self.unread
                .push((path.clone(), 0, "it cannot be read".into()));
            return;
        };
        match kind {
            Kind::Requirements => self.lines(tree, path, &text, false),
            Kind::Constraints => self.lines(tree, path, &text, true),
            Kind::Pyproject => self.pyproject(path, &text),
            Kind::Lock => self.lock(path, &text),
            Kind::PipfileLock => self.pipfile_lock(path, &text),
        }
    }

    fn declare(&mut self, path: &RepoPath, line: u32, lock: bool, text: &str) {
        match requirement::read(text) {
            Some(requirement) => self.requirements.push(Declared {
                requirement,
                path: path.clone(),
                line,
                lock,
            }),
            None => self.unread.push((
                path.clone(),
                line,
                format!("{:?} is no requirement", text.trim()),
            )),
        }
    }

    fn lines(&mut self, tree: &Path, path: &RepoPath, text: &str, constraints: bool) {
        for (line, text) in logical_lines(text) {
            let option = |long: &str, short: &str| {
                let rest = text
                    .strip_prefix(long)
                    .or_else(|| text.strip_prefix(short))?;
                Some(rest.trim_start_matches(['=', ' ', '\t']).trim().to_owned())
            };
            if let Some(file) = option("--requirement", "-r") {
                self.include(tree, path, line, &file);
            } else if let Some(file) = option("--constraint", "-c") {
                self.include(tree, path, line, &file);
            } else if let Some(what) = option("--editable", "-e") {
                // The project itself is not a dependency of its own.
                let own = what.split('[').next().unwrap_or_default();
                if !matches!(own, "." | "./") {
                    self.requirements.push(Declared {
                        requirement: Requirement {
                            name: what,
                            demand: Demand::Elsewhere,
                        },
                        path: path.clone(),
                        line,
                        lock: false,
                    });
                }
            } else if text.starts_with('-') {
                // Where pip looks; says nothing of what is required.
            } else {
                let end = text.find(" --").unwrap_or(text.len());
                let own = text[..end].split('[').next().unwrap_or_default().trim();
                if !matches!(own, "." | "./") {
                    self.declare(path, line, constraints, &text[..end]);
                }
            }
        }
    }

    fn include(&mut self, tree: &Path, from: &RepoPath, line: u32, file: &str) {
        let directory = from.parent().unwrap_or_default();
        let target = resolve(&directory, file);
        match target.filter(is_declaration) {
            Some(target) if tree.join(target.to_fs()).is_file() => self.add(tree, &target),
            _ => self.unread.push((
                from.clone(),
                line,
                format!(
                    "{file:?} is not read: it must be a file of the repository, named like \
                     requirements*.txt or constraints*.txt"
                ),
            )),
        }
    }

    fn pyproject(&mut self, path: &RepoPath, text: &str) {
        let Some(document) = self.toml(path, text) else {
            return;
        };
        let mut found = Vec::new();
        let list = |value: Option<&Value>, found: &mut Vec<String>| {
            let items = value.and_then(Value::as_array).into_iter().flatten();
            found.extend(items.filter_map(Value::as_str).map(str::to_owned));
        };
        let at = |keys: &[&str]| keys.iter().try_fold(&document, |value, key| value.get(key));
        for keys in [
            &["project", "dependencies"][..],
            &["build-system", "requires"],
            &["tool", "uv", "dev-dependencies"],
        ] {
            list(at(keys), &mut found);
        }
        for keys in [
            &["project", "optional-dependencies"][..],
            &["dependency-groups"],
            &["tool", "pdm", "dev-dependencies"],
        ] {
            let groups = at(keys).and_then(Value::as_object);
            for group in groups.into_iter().flat_map(|groups| groups.values()) {
                list(Some(group), &mut found);
            }
        }
        let mut seen = Seen::of(text);
        for requirement in found {
            let line = seen.line_of(&requirement);
            self.declare(path, line, false, &requirement);
        }
        let mut tables: Vec<&Value> = ["dependencies", "dev-dependencies"]
            .iter()
            .filter_map(|name| at(&["tool", "poetry", name]))
            .collect();
        let groups = at(&["tool", "poetry", "group"]).and_then(Value::as_object);
        for group in groups.into_iter().flat_map(|groups| groups.values()) {
            tables.extend(group.get("dependencies"));
        }
        for (name, value) in tables.iter().filter_map(|t| t.as_object()).flatten() {
            if name != "python" {
                self.poetry(path, seen.line_of_key(name), name, value);
            }
        }
    }

    /// Poetry's `name = "^1.2"`, or a table, or several of them.
    fn poetry(&mut self, path: &RepoPath, line: u32, name: &str, value: &Value) {
        if let Some(several) = value.as_array() {
            for one in several {
                self.poetry(path, line, name, one);
            }
            return;
        }
        let version = value.as_str().or_else(|| value.get("version")?.as_str());
        let elsewhere = ["git", "path", "url", "file"]
            .iter()
            .any(|key| value.get(key).is_some());
        let pinned = version
            .and_then(|version| version.trim().strip_prefix("=="))
            .filter(|version| !version.contains(['*', ',', '|']));
        let demand = match (elsewhere, pinned) {
            (true, _) => Demand::Elsewhere,
            (false, Some(version)) => Demand::Pinned(version.trim().to_owned()),
            (false, None) => Demand::Open,
        };
        self.requirements.push(Declared {
            requirement: Requirement {
                name: canonical(name),
                demand,
            },
            path: path.clone(),
            line,
            lock: false,
        });
    }

    fn lock(&mut self, path: &RepoPath, text: &str) {
        let Some(document) = self.toml(path, text) else {
            return;
        };
        let packages = document.get("package").or_else(|| document.get("packages"));
        let mut seen = Seen::of(text);
        for package in packages.and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = package.get("name").and_then(Value::as_str) else {
                continue;
            };
            let line = seen.line_of(name);
            let source = package.get("source").filter(|source| {
                ["editable", "virtual"]
                    .iter()
                    .any(|own| source.get(own).is_some())
            });
            let Some(version) = package.get("version").and_then(Value::as_str) else {
                if source.is_none() {
                    let why = format!("{name:?} is locked to no version");
                    self.unread.push((path.clone(), line, why));
                }
                continue;
            };
            if source.is_none() {
                self.locked(path, line, name, version);
            }
        }
    }

    fn pipfile_lock(&mut self, path: &RepoPath, text: &str) {
        let Ok(document) = serde_json::from_str::<Value>(text) else {
            self.unread.push((path.clone(), 0, "it is not JSON".into()));
            return;
        };
        let mut seen = Seen::of(text);
        for section in ["default", "develop"] {
            let packages = document.get(section).and_then(Value::as_object);
            for (name, package) in packages.into_iter().flatten() {
                let version = package.get("version").and_then(Value::as_str);
                let line = seen.line_of(name);
                match version.and_then(|version| version.strip_prefix("==")) {
                    Some(version) => self.locked(path, line, name, version),
                    None => {
                        let why = format!("{name:?} is locked to no version");
                        self.unread.push((path.clone(), line, why));
                    }
                }
            }
        }
    }

    fn locked(&mut self, path: &RepoPath, line: u32, name: &str, version: &str) {
        self.requirements.push(Declared {
            requirement: Requirement {
                name: canonical(name),
                demand: Demand::Pinned(version.to_owned()),
            },
            path: path.clone(),
            line,
            lock: true,
        });
    }

    fn toml(&mut self, path: &RepoPath, text: &str) -> Option<Value> {
        match toml_edit::de::from_str(text) {
            Ok(document) => Some(document),
            Err(error) => {
                let why = format!("it is not TOML: {}", error.message());
                self.unread.push((path.clone(), 0, why));
                None
            }
        }
    }
}

/// The text of a regular file that is not out of all proportion.
fn content(tree: &Path, path: &RepoPath) -> Option<String> {
    let file = tree.join(path.to_fs()).canonicalize().ok()?;
    let meta = std::fs::metadata(&file).ok()?;
    // A link may lead to another file of the tree, and not out of it.
    if !file.starts_with(tree) || !meta.is_file() || meta.len() > MOST_BYTES {
        return None;
    }
    let bytes = std::fs::read(file).ok()?;
    let wide = |big: bool| {
        let unit = |pair: &[u8]| match big {
            true => u16::from_be_bytes([pair[0], pair[1]]),
            false => u16::from_le_bytes([pair[0], pair[1]]),
        };
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(unit).collect();
        String::from_utf16(&units).ok()
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => wide(false),
        [0xfe, 0xff, ..] => wide(true),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes).ok(),
    }
}

/// A file named beside another; `None` outside the tree.
fn resolve(directory: &RepoPath, file: &str) -> Option<RepoPath> {
    if file.is_empty() || file.starts_with('/') || file.contains("://") {
        return None;
    }
    let mut at = directory.clone();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if at.is_root() {
                    return None;
                }
                at = at.parent().unwrap_or_default();
            }
            part => at = at.join(part),
        }
    }
    Some(at)
}

/// Lines without comments, continued ones joined, with the number of the first.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines: Vec<(u32, String)> = Vec::new();
    let mut open: Option<(u32, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let (start, mut joined) = open.take().unwrap_or((number, String::new()));
        let comment = line.trim_start().starts_with('#');
        if let (Some(begun), false) = (line.strip_suffix('\\'), comment) {
            joined.push_str(begun);
            open = Some((start, joined));
            continue;
        }
        if !comment {
            joined.push_str(line);
        }
        lines.push((start, joined));
    }
    lines.extend(open);
    for (_, line) in &mut lines {
        let cut = line
            .match_indices('#')
            .map(|(at, _)| at)
            .find(|at| *at == 0 || line[..*at].ends_with([' ', '\t']));
        line.truncate(cut.unwrap_or(line.len()));
        *line = line.trim().to_owned();
    }
    lines.retain(|(_, line)| !line.is_empty());
    lines
}

/// Finds values again in the text they were read from, each once, in order.
struct Seen<'a> {
    lines: Vec<&'a str>,
    used: BTreeSet<(usize, String)>,
}

impl<'a> Seen<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            lines: text.lines().collect(),
            used: BTreeSet::new(),
        }
    }

    /// The next line that has that value in quotes; 0 where there is none.
    fn line_of(&mut self, value: &str) -> u32 {
        let quoted = [format!("\"{value}\""), format!("'{value}'")];
        self.find(value, |line| quoted.iter().any(|q| line.contains(q)))
    }

    fn line_of_key(&mut self, key: &str) -> u32 {
        self.find(key, |line| {
            let line = line.trim_start().trim_start_matches(['"', '\'']);
            let rest = line
                .strip_prefix(key)
                .map(|rest| rest.trim_start_matches(['"', '\'']));
            rest.is_some_and(|rest| rest.trim_start().starts_with('='))
        })
    }

    fn find(&mut self, value: &str, matches: impl Fn(&str) -> bool) -> u32 {
        let lines = &self.lines;
        let used = &self.used;
        let found = (0..lines.len())
            .find(|at| matches(lines[*at]) && !used.contains(&(*at, value.to_owned())));
        match found {
            Some(at) => {
                self.used.insert((at, value.to_owned()));
                at as u32 + 1
            }
            None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_files(files: &[(&str, &[u8])]) -> Declarations {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().canonicalize().unwrap();
        for (path, content) in files {
            let file = tree.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, content).unwrap();
        }
        read(&tree, &"candidate/m".into())
    }

    fn shown(declarations: &Declarations) -> Vec<String> {
        let demand = |demand: &Demand| match demand {
            Demand::Pinned(version) => format!("=={version}"),
            Demand::Open => " open".into(),
            Demand::Elsewhere => " elsewhere".into(),
        };
        let it = declarations.requirements.iter();
        it.map(|d| {
            let r = &d.requirement;
            format!("{}:{} {}{}", d.path, d.line, r.name, demand(&r.demand))
        })
        .collect()
    }

    #[test]
    fn requirement_files_are_followed_within_the_tree() {
        let found = read_files(&[
            (
                "requirements.txt",
                b"# all\n-r requirements/base.txt\n-r ../../etc/requirements.txt\n-r other.txt\nfoo==1.0 \\\n    --hash=sha256:aa\n-e .\n-e ./lib\nbar[x]>=2 # why\nx==1#c\n",
            ),
            ("requirements/base.txt", b"base==2 ; sys_platform == 'win32'\n-r ../requirements.txt\n"),
            ("candidate/m/requirements.txt", b"own\n"),
            ("elsewhere/requirements.txt", b"no==1\n"),
        ]);
        assert_eq!(
            shown(&found),
            [
                "requirements/base.txt:1 base==2",
                "requirements.txt:5 foo==1.0",
                "requirements.txt:8 ./lib elsewhere",
                "requirements.txt:9 bar open",
                "requirements.txt:10 x==1#c",
                "candidate/m/requirements.txt:1 own open",
            ]
        );
        let lines: Vec<_> = found.unread.iter().map(|(_, line, _)| *line).collect();
        assert_eq!(lines, [3, 4]);
    }

    #[test]
    fn pyproject_and_lock_files_are_read_with_their_lines() {
        let found = read_files(&[
            (
                "pyproject.toml",
                b"[project]\ndependencies = [\n  \"foo>=1\",\n  'bar==2',\n]\n[project.optional-dependencies]\nx = [\"foo>=1\"]\n[dependency-groups]\ndev = [\"pytest\", {include-group = \"x\"}]\n[tool.poetry.dependencies]\npython = \"^3.10\"\nbaz = \"^1.0\"\nqux = { version = \"==3.1\" }\ngit-one = { git = \"x\" }\n",
            ),
            ("uv.lock", b"[[package]]\nname = \"foo\"\nversion = \"1.5\"\n[[package]]\nname = \"own\"\nsource = { editable = \".\" }\n"),
            ("Pipfile.lock", br#"{"default": {"A_b": {"version": "==1"}, "c": {"git": "x"}}}"#),
        ]);
        let mut shown = shown(&found);
        shown.sort();
        assert_eq!(
            shown,
            [
                "Pipfile.lock:1 a-b==1",
                "pyproject.toml:12 baz open",
                "pyproject.toml:13 qux==3.1",
                "pyproject.toml:14 git-one elsewhere",
                "pyproject.toml:3 foo open",
                "pyproject.toml:4 bar==2",
                "pyproject.toml:7 foo open",
                "pyproject.toml:9 pytest open",
                "uv.lock:2 foo==1.5",
            ]
        );
        assert_eq!(found.unread.len(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let utf16: Vec<u8> = "\u{feff}foo==1\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let found = read_files(&[("requirements.txt", &utf16)]);
        assert_eq!(shown(&found), ["requirements.txt:1 foo==1"]);
        let found = read_files(&[
            ("requirements.txt", b"caf\xe9==1\n"),
            ("requirements-2.txt", b"foo=1\n"),
            ("pyproject.toml", b"[project\n"),
        ]);
        assert_eq!((found.requirements.len(), found.unread.len()), (0, 3));
    }
}
