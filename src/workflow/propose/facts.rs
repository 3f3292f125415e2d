//! What the repository says of a module, as far as it helps to write of it. Everything
//! here is a hint: it says where it comes from, and decides nothing.

use std::collections::BTreeSet;

use crate::gates::checks::ethics;
use crate::promotion::{Facts as Known, Module, ObjectId, RepoPath};
use crate::python::{ImportKind, MOST_BYTES, Scan, docstring};
use crate::repo::{RepoError, tree};
use crate::workflow::{Workspace, triage, validate};

/// More of one kind than so many say nothing more.
const MOST: usize = 12;

/// Imports that speak for a risk: what, and which.
const RISKS: [(&str, &[&str]); 6] = [
    (
        "starts other programs",
        &["subprocess", "pty", "pexpect", "sh"],
    ),
    (
        "talks over the network",
        &[
            "socket",
            "ssl",
            "requests",
            "httpx",
            "aiohttp",
            "urllib",
            "http",
            "websockets",
            "grpc",
            "paramiko",
            "smtplib",
            "ftplib",
        ],
    ),
    (
        "loads objects that may run code",
        &[
            "pickle",
            "marshal",
            "shelve",
            "dill",
            "cloudpickle",
            "joblib",
        ],
    ),
    ("calls native code", &["ctypes", "cffi"]),
    (
        "does several things at once",
        &[
            "threading",
            "multiprocessing",
            "asyncio",
            "concurrent",
            "trio",
            "anyio",
        ],
    ),
    (
        "keeps state elsewhere",
        &[
            "sqlite3",
            "sqlalchemy",
            "psycopg",
            "psycopg2",
            "pymongo",
            "redis",
            "boto3",
            "asyncpg",
            "alembic",
        ],
    ),
];

/// Something that was seen in the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    /// In words.
    pub what: String,
    /// The file.
    pub path: RepoPath,
    /// Its line, from 1; 0 where it is about all of it.
    pub line: u32,
}

impl Seen {
    pub fn words(&self) -> String {
        match self.line {
            0 => self.what.clone(),
            line => format!("{} ({}:{line})", self.what, self.path),
        }
    }
}

/// What is known of a module.
pub(super) struct Facts {
    /// Owner, tests, uncommitted changes.
    pub known: Known,
    /// What it says of itself, and where.
    pub description: Option<(String, RepoPath)>,
    /// What can go wrong with it.
    pub risks: Vec<Seen>,
    /// What speaks for models, data of people or safety.
    pub touches: Vec<Seen>,
    /// Its Python files.
    pub files: Vec<RepoPath>,
    /// Those that something was seen in that speaks for ethics, with their content.
    pub telling: Vec<(RepoPath, Vec<u8>)>,
    /// Who commits here.
    pub me: Option<String>,
}

impl Facts {
    /// Reads them.
    pub fn of(ws: &Workspace, module: &Module, head: ObjectId) -> Result<Self, RepoError> {
        let git = ws.repo().open_git()?;
        let all = tree::walk(&git, head, &module.path)?;
        let is_python = |path: &RepoPath| {
            let name = path.name();
            name.ends_with(b".py") || name.ends_with(b".pyi")
        };
        let (mut risks, mut touches, mut telling) = (Vec::new(), Vec::new(), Vec::new());
        let (mut files, mut lines) = (Vec::new(), 0);
        let mut told = BTreeSet::new();
        let mut description = None;
        for (path, entry) in &all {
            if !entry.mode.is_file() || !is_python(path) {
                continue;
            }
            files.push(path.clone());
            let content = tree::read_blob(&git, entry.id)?;
            if content.len() > MOST_BYTES {
                continue;
            }
            lines += content.iter().filter(|byte| **byte == b'\n').count();
            let main = *path == module.path || *path == module.path.join("__init__.py");
            if main {
                let said = docstring(&content).and_then(|it| first_words(&it));
                description = said.map(|said| (said, path.clone()));
            }
            for risk in risky(&content, path) {
                if told.insert(risk.what.clone()) {
                    risks.push(risk);
                }
            }
            let hints = ethics::hints_aside(&content, validate::imports);
            let seen = hints.into_iter().map(|hint| Seen {
                what: hint.what,
                path: path.clone(),
                line: hint.line,
            });
            let seen: Vec<Seen> = seen.collect();
            if !seen.is_empty() && telling.len() < MOST {
                telling.push((path.clone(), content));
            }
            touches.extend(seen);
        }
        let named = |path: &&RepoPath| module.path.is_within(path) || path.is_within(&module.path);
        let ethics = ws
            .config()
            .policy
            .gate(&crate::promotion::GateId::new("ethics"));
        if ethics.applies_to.iter().any(|path| named(&path)) {
            let what = "countersign.toml says that it does".to_owned();
            touches.insert(
                0,
                Seen {
                    what,
                    path: module.path.clone(),
                    line: 0,
                },
            );
        }
        if description.is_none() {
            description = readme(ws, head, module)?;
        }
        let importers = importers(ws, module)?;
        let here = |what: String| Seen {
            what,
            path: module.path.clone(),
            line: 0,
        };
        match importers.as_slice() {
            [] => {}
            [one] => risks.push(here(format!("{one} imports it, and changes with it"))),
            many => risks.push(here(format!(
                "{} files import it, and change with it ({}, …)",
                many.len(),
                many[0]
            ))),
        }
        if lines > 1_000 {
            let what = format!("it is large: {lines} lines in {} files", files.len());
            risks.push(here(what));
        }
        Ok(Self {
            known: triage::facts_of(ws, module)?,
            description,
            risks,
            touches,
            files,
            telling,
            me: crate::repo::people::committer(ws.repo())?,
        })
    }

    /// What to know before one begins.
    pub fn notes(&self, ws: &Workspace, module: &Module) -> Vec<String> {
        let mut notes = Vec::new();
        if self.known.uncommitted {
            notes.push(format!(
                "{} has changes in the work tree that are not committed: they are no part of what is proposed",
                module.path
            ));
        }
        if !ws.has_committed_config() {
            notes.push("countersign.toml is not as it is committed, and it is used".into());
        }
        notes
    }
}

fn risky(content: &[u8], path: &RepoPath) -> Vec<Seen> {
    let mut seen = Vec::new();
    for import in Scan::of(content).imports {
        if import.typing || matches!(import.kind, ImportKind::Text | ImportKind::Mention) {
            continue;
        }
        let first = import.module.split('.').next().unwrap_or_default();
        let found = RISKS
            .iter()
            .find(|(_, names)| import.level == 0 && names.contains(&first));
        if let Some((what, _)) = found {
            seen.push(Seen {
                what: (*what).to_owned(),
                path: path.clone(),
                line: import.line,
            });
        }
    }
    for (call, what) in [
        ("eval(", "runs text as code"),
        ("exec(", "runs text as code"),
        ("os.system(", "starts other programs"),
    ] {
        let text = String::from_utf8_lossy(content);
        let line = text.lines().position(|line| {
            let code = line.split('#').next().unwrap_or_default();
            code.find(call).is_some_and(|at| {
                let before = code[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '\''))
            })
        });
        if let Some(line) = line {
            seen.push(Seen {
                what: what.to_owned(),
                path: path.clone(),
                line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            });
        }
    }
    seen
}

/// The first paragraph that says something, without rules and marks.
fn first_words(text: &str) -> Option<String> {
    let clean = |line: &str| line.trim().trim_matches(['#', '=', '*', ' ']).to_owned();
    let mut words: Vec<String> = Vec::new();
    for line in text.lines().map(clean).chain([String::new()]) {
        if line.chars().any(char::is_alphanumeric) {
            words.push(line);
            continue;
        }
        // A title alone is not yet a description.
        let count = words.iter().flat_map(|it| it.split_whitespace()).count();
        if count >= 4 {
            break;
        }
    }
    let said = words.join("\n");
    let said: String = said.chars().take(1_000).collect();
    let enough = said.split_whitespace().count() >= crate::promotion::proposal::LEAST;
    enough.then_some(said)
}

/// The beginning of the module's own README.
fn readme(
    ws: &Workspace,
    head: ObjectId,
    module: &Module,
) -> Result<Option<(String, RepoPath)>, RepoError> {
    let path = module.path.join("README.md");
    let entry = match ws.repo().entry(head, &path) {
        Ok(Some(entry)) if entry.mode.is_file() => entry,
        _ => return Ok(None),
    };
    let content = ws.repo().read_blob(entry.id)?;
    let text = String::from_utf8_lossy(&content).into_owned();
    let text = text.lines().filter(|line| !line.starts_with('#'));
    let text: Vec<&str> = text.collect();
    Ok(first_words(&text.join("\n")).map(|said| (said, path)))
}

/// Files that import the module by its name: no tests, nothing of its own.
fn importers(ws: &Workspace, module: &Module) -> Result<Vec<RepoPath>, RepoError> {
    let Some(dotted) = module.path.dotted() else {
        return Ok(Vec::new());
    };
    let index = ws.index()?;
    let tests: BTreeSet<RepoPath> = index
        .tests_of(&module.path)
        .into_iter()
        .map(|test| test.path)
        .collect();
    let (parent, last) = dotted.rsplit_once('.').unwrap_or(("", &dotted));
    let below = format!("{dotted}.");
    let is_it = |import: &crate::python::Import| {
        let named = import.module.as_ref() == dotted || import.module.starts_with(&below);
        let from = &*import.module == parent && import.name.as_deref() == Some(last);
        import.level == 0 && (named || from)
    };
    let elsewhere = index.paths().iter().filter(|path| {
        let scan = index.scan(path);
        !path.is_within(&module.path)
            && !tests.contains(path)
            && scan.is_some_and(|scan| scan.imports.iter().any(is_it))
    });
    Ok(elsewhere.cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(source: &str) -> Vec<(String, u32)> {
        let seen = risky(source.as_bytes(), &"a.py".into());
        seen.into_iter().map(|it| (it.what, it.line)).collect()
    }

    #[test]
    fn imports_and_calls_speak_for_risks() {
        assert_eq!(
            seen("import json\nimport subprocess as s\nfrom urllib.request import x\n"),
            [
                ("starts other programs".into(), 2),
                ("talks over the network".into(), 3)
            ]
        );
        assert_eq!(seen("y = eval(x)\n"), [("runs text as code".into(), 1)]);
        assert_eq!(
            seen("# eval(x)\nretrieval(x)\nmodel.eval()\nast.literal_eval(x)\n"),
            []
        );
        assert_eq!(seen("from . import subprocess\n"), []);
    }

    #[test]
    fn a_description_is_the_first_that_says_something() {
        let of = |text: &str| first_words(text);
        assert_eq!(
            of("Title\n=====\n\nIt waits, then tries\nagain.\n\nMore.").as_deref(),
            Some("Title\nIt waits, then tries\nagain.")
        );
        assert_eq!(
            of("It waits and waits.\n\nMore of it.").as_deref(),
            Some("It waits and waits.")
        );
        assert_eq!(of("Short"), None);
        assert_eq!(of("═════\n"), None);
    }
}
