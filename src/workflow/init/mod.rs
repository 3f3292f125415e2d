//! Detects what `countersign.toml` should say and writes a first one, and a keyring to
//! fill in.
//!
//! Reads names from the commit and the index, and a few small files of the work
//! tree's root: nothing is run.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use toml_edit::{Array, Value};

use crate::config::project::FILE_NAME;
use crate::config::template::{self, Entries, Entry};
use crate::promotion::RepoPath;
use crate::repo::{Repo, RepoError, merge_base, tree};

mod keyring;
mod lanes;
mod surroundings;

pub use lanes::FoundLane;
pub use surroundings::{FoundFile, FoundTests};

/// Why `countersign.toml` was not written.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// There is one, and it is not ours to change.
    #[error("{} is there already and stays as it is. `countersign init --print` shows what would be written", shown(.path))]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A bare clone has nowhere to put it.
    #[error("{} is a bare clone: there is no work tree to write {FILE_NAME} to. `countersign init --print` prints it", shown(.path))]
    Bare {
        /// The clone.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("{} cannot be written: {error}", shown(.path))]
    Write {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: std::io::Error,
    },
}

impl InitError {
    /// True where the person asked for what cannot be.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Repo(error) => error.is_usage(),
            Self::Exists { .. } | Self::Bare { .. } => true,
            Self::Write { .. } => false,
        }
    }
}

/// What was found in a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Detected {
    /// The lanes; empty: none was recognised, and the guide's own hold.
    pub lanes: Vec<FoundLane>,
    /// Directories that could be lanes as well, and were left out.
    pub other_lanes: Vec<FoundLane>,
    /// The branch promotions go to.
    pub base: Option<String>,
    /// CODEOWNERS, where GitHub looks for it.
    pub codeowners: Option<RepoPath>,
    /// Where tests are, most first.
    pub tests: Vec<FoundTests>,
    /// Existing configuration of the gates' tools.
    pub tools: Vec<FoundFile>,
    /// Existing templates: `promote` and `pull-request`.
    pub templates: Vec<FoundFile>,
    /// The project's own Python environment.
    pub environment: Option<String>,
    /// Requirement files.
    pub requirements: Vec<RepoPath>,
    /// The Python that the repository pins, by `.python-version`.
    pub python: Option<String>,
}

/// What there is, and the file that says so.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the file belongs; `None` in a bare clone.
    pub path: Option<PathBuf>,
    /// The repository's root.
    pub root: PathBuf,
    /// What was found.
    pub detected: Detected,
    /// The file's content.
    pub text: String,
    /// Where a first keyring belongs, which names nobody yet; `None` where there is one
    /// already, and in a bare clone.
    pub keyring: Option<PathBuf>,
}

/// Looks around in the repository that `path` lies in.
pub fn plan(path: &Path) -> Result<Plan, InitError> {
    let repo = Repo::discover(path)?;
    let files = files(&repo)?;
    let root = repo.work_tree();
    let (lanes, other_lanes) = lanes::detect(&files);
    let detected = Detected {
        lanes,
        other_lanes,
        base: merge_base::base_branch(&repo, None)?.map(|(name, _)| name),
        codeowners: surroundings::codeowners(&files),
        tests: surroundings::tests(&files),
        tools: root
            .map(|root| surroundings::tools(root, &files))
            .unwrap_or_default(),
        templates: surroundings::templates(&files),
        environment: root.and_then(surroundings::environment),
        requirements: surroundings::requirements(&files),
        python: root.and_then(surroundings::python),
    };
    Ok(Plan {
        path: root.map(|root| root.join(FILE_NAME)),
        keyring: root.and_then(keyring::missing),
        root: repo.root().into(),
        text: template::render(&entries(&detected)),
        detected,
    })
}

/// Writes the file, and a first keyring where there is none: each whole or not at all,
/// and never over another.
pub fn write(plan: &Plan) -> Result<PathBuf, InitError> {
    let Some(path) = &plan.path else {
        return Err(InitError::Bare {
            path: plan.root.clone(),
        });
    };
    if path.symlink_metadata().is_ok() {
        return Err(InitError::Exists { path: path.clone() });
    }
    if let Some(path) = &plan.keyring {
        keyring::write(path)?;
    }
    write_new(path, &plan.text)?;
    Ok(path.clone())
}

fn write_new(path: &Path, text: &str) -> Result<(), InitError> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => InitError::Exists { path: path.into() },
        _ => InitError::Write {
            path: path.into(),
            error,
        },
    };
    let mut file = tempfile::Builder::new()
        .prefix(".countersign.")
        .permissions(readable())
        .tempfile_in(path.parent().unwrap_or(path))
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(path)
        .map_err(|error| failed(error.error))?;
    Ok(())
}

/// As any file one writes oneself: the umask takes away what it should.
fn readable() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o666)
}

/// Every file of the commit and of the index, sorted.
fn files(repo: &Repo) -> Result<Vec<RepoPath>, RepoError> {
    let git = repo.open_git()?;
    let mut files = Vec::new();
    if let (Some(commit), _) = repo.head()? {
        let entries = tree::walk(&git, commit, &RepoPath::default())?;
        files.extend(entries.into_iter().map(|(path, _)| path));
    }
    if repo.work_tree().is_some() {
        let index = git.index().map_err(RepoError::git("read the index"))?;
        files.extend(index.iter().map(|entry| RepoPath::from_bytes(entry.path)));
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// What was found, as the file says it.
fn entries(found: &Detected) -> Entries {
    let mut entries = Entries::new();
    let base = found.base.iter();
    entries.insert(
        "",
        vec![Entry {
            values: [("version", Value::from(1))].into(),
            hints: base
                .map(|name| ("base", Value::from(name.as_str())))
                .collect(),
            ..Entry::default()
        }],
    );
    entries.insert("lanes", lane_entries(found));
    entries.insert(
        "owners",
        vec![Entry {
            notes: vec![match &found.codeowners {
                Some(path) => format!("Found: {path}."),
                None => "No CODEOWNERS was found where GitHub looks for it.".into(),
            }],
            hints: found
                .codeowners
                .iter()
                .map(|path| ("codeowners", text(path)))
                .collect(),
            ..Entry::default()
        }],
    );
    entries.insert("tests", vec![note(tests_note(&found.tests))]);
    entries.insert("tools", vec![tools_entry(found)]);
    entries
}

fn note(note: String) -> Entry {
    Entry {
        notes: vec![note],
        ..Entry::default()
    }
}

fn lane_entries(found: &Detected) -> Vec<Entry> {
    let mut entries: Vec<_> = found.lanes.iter().map(lane_entry).collect();
    if entries.is_empty() {
        let none = "Nothing was found that looks like a lane, so the guide's own is written here: \
                    change it to yours.";
        entries = crate::promotion::lane::default_lanes()
            .into_iter()
            .map(|lane| Entry {
                values: lane_values(&lane.source, &lane.targets),
                ..note(none.into())
            })
            .collect();
    }
    if let Some(first) = entries.first_mut() {
        for other in &found.other_lanes {
            let path = &other.source;
            let files = counted(other.files, "Python file");
            first.notes.push(format!("Left out: {path} ({files})."));
        }
    }
    entries
}

fn lane_entry(lane: &FoundLane) -> Entry {
    let files = counted(lane.files, "Python file");
    let source = &lane.source;
    Entry {
        values: lane_values(source, &lane.targets),
        ..note(format!("Found: {source} ({files}), {}.", lane.why))
    }
}

fn lane_values(
    source: &RepoPath,
    targets: &[RepoPath],
) -> std::collections::BTreeMap<&'static str, Value> {
    let target = |path: &RepoPath| {
        if path.is_root() {
            Value::from(".")
        } else {
            text(path)
        }
    };
    let targets: Array = targets.iter().map(target).collect();
    [("source", text(source)), ("targets", Value::from(targets))].into()
}

fn tests_note(tests: &[FoundTests]) -> String {
    if tests.is_empty() {
        return "No tests were found.".into();
    }
    let shown: Vec<_> = tests
        .iter()
        .take(5)
        .map(|tests| format!("{} ({})", tests.path, counted(tests.files, "file")))
        .collect();
    let more = match tests.len().saturating_sub(5) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("Found: {}{more}.", shown.join(", "))
}

fn tools_entry(found: &Detected) -> Entry {
    let mut entry = Entry::default();
    if !found.tools.is_empty() {
        let files: Vec<_> = found
            .tools
            .iter()
            .map(|file| format!("{} ({})", file.path, file.about.join(", ")))
            .collect();
        let files = files.join(", ");
        entry
            .notes
            .push(format!("The tools go on reading what they read: {files}."));
    }
    if let Some(environment) = &found.environment {
        entry
            .notes
            .push(format!("Found: the environment {environment}."));
        entry
            .hints
            .insert("environment", Value::from(environment.as_str()));
    } else if !found.requirements.is_empty() {
        entry.notes.push(
            "No environment was found, so Countersign makes its own. Tests that need packages need \
             `requirements` (they are then installed once), or an `environment` that has them."
                .into(),
        );
    }
    if !found.requirements.is_empty() {
        let files: Array = found.requirements.iter().map(text).collect();
        entry.hints.insert("requirements", Value::from(files));
    }
    if let Some(python) = &found.python {
        entry
            .notes
            .push(format!(".python-version asks for {python}."));
        entry
            .hints
            .insert("python", Value::from(format!("python{python}")));
    }
    entry
}

fn text(path: &RepoPath) -> Value {
    Value::from(path.to_text().as_ref())
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn shown(path: &Path) -> String {
    crate::promotion::text::visible(&path.to_string_lossy()).into_owned()
}
