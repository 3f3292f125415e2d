//! Reports on disk: whole or not at all, and never over what is not a report.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::Value;
use tempfile::TempDir;

use super::document::{self, Entry, Raw};
use super::names::{directory, plain, sums};
use super::{Reports, junit, sarif, summary};
use crate::promotion::report::{self, NotCanonical, Report};
use crate::promotion::text;

/// What the directory of one report holds.
const ONE: [&str; 6] = [
    "core.json",
    "junit.xml",
    "raw",
    "report.json",
    "report.sarif",
    "summary.md",
];
/// What the directory of many holds, beside one for each.
const MANY: [&str; 3] = ["SHA256SUMS", "index.json", "summary.md"];

/// Why reports could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Something else is there.
    #[error("{} {why}: nothing was written. Name another directory, or remove it first", path.display())]
    Occupied {
        /// Where.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The disk.
    #[error("the report could not be written to {}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A report that has no canonical form.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
    /// Something that cannot be written as JSON.
    #[error("the report could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl WriteError {
    /// True where the question is wrong, not the answer unknown.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Occupied { .. })
    }
}

/// Refuses a place where something stands that is no report of ours.
pub fn refuse_unless_free(to: &Path) -> Result<(), WriteError> {
    let occupied = |why: String| WriteError::Occupied {
        path: to.to_owned(),
        why,
    };
    match fs::symlink_metadata(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(to)(error)),
        Ok(meta) if !meta.is_dir() => return Err(occupied("is no directory".into())),
        Ok(_) => {}
    }
    let mut names = HashSet::new();
    for entry in fs::read_dir(to).map_err(failed(to))? {
        names.insert(entry.map_err(failed(to))?.file_name());
    }
    if names.is_empty() {
        return Ok(());
    }
    let known = known(to);
    match names.iter().find(|name| !known.contains(*name)) {
        Some(name) => Err(occupied(format!(
            "holds {}, which is not of a report",
            name.to_string_lossy()
        ))),
        None => Ok(()),
    }
}

/// The names a report of ours that is there already says it has.
fn known(to: &Path) -> HashSet<std::ffi::OsString> {
    let read = |name: &str| -> Option<Value> {
        serde_json::from_slice(&fs::read(to.join(name)).ok()?).ok()
    };
    let is = |document: &Value, schema: &str| document["schema"] == schema;
    let mut known = HashSet::new();
    if read("report.json").is_some_and(|it| is(&it, "countersign.report")) {
        known.extend(ONE.map(Into::into));
    }
    if let Some(index) = read("index.json").filter(|it| is(it, "countersign.reports")) {
        known.extend(MANY.map(Into::into));
        let modules = index["modules"].as_array().into_iter().flatten();
        known.extend(modules.filter_map(|m| m["directory"].as_str().map(Into::into)));
    }
    known
}

/// Writes reports to a directory that is not there, is empty, or holds reports
/// of ours, which are replaced. `blob` has what tools wrote, by its sha256.
/// Gives the digest.
pub fn write(
    to: &Path,
    all: &Reports,
    blob: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<String, WriteError> {
    refuse_unless_free(to)?;
    let (to, making) = beside(to, ".countersign-report-")?;
    let new = making.path().join("new");
    fs::create_dir(&new).map_err(failed(&new))?;
    let digest = match (all.many, all.reports.as_slice()) {
        (false, [one]) => module(&new, all, one, blob)?,
        (_, reports) => many(&new, all, reports, blob)?,
    };
    put(&new, &to).map_err(failed(&to))?;
    Ok(digest)
}

/// A directory to make something in, beside the place where it is to go: a rename
/// does not go from one file system to another. Gives that place too, absolute.
pub(in crate::workflow) fn beside(
    to: &Path,
    prefix: &str,
) -> Result<(PathBuf, TempDir), WriteError> {
    let to = std::path::absolute(to).map_err(failed(to))?;
    let parent = to.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(failed(parent))?;
    let making = tempfile::Builder::new().prefix(prefix).tempdir_in(parent);
    let making = making.map_err(failed(parent))?;
    Ok((to, making))
}

/// Puts a new directory in the place of an old one, which ends up in its place.
fn put(new: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(new, to) {
        // There, and not empty.
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
            Ok(renameat_with(CWD, new, CWD, to, RenameFlags::EXCHANGE)?)
        }
        result => result,
    }
}

fn many(
    at: &Path,
    all: &Reports,
    reports: &[Report],
    blob: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<String, WriteError> {
    let mut entries = Vec::new();
    for report in reports {
        let directory = directory(&report.module);
        let inside = at.join(&directory);
        fs::create_dir(&inside).map_err(failed(&inside))?;
        entries.push(Entry {
            module: report.module.clone(),
            status: report.status(),
            digest: module(&inside, all, report, blob)?,
            directory,
        });
    }
    entries.sort_by(|a, b| a.directory.cmp(&b.directory));
    let sums = sums(
        entries
            .iter()
            .map(|e| (e.digest.as_str(), e.directory.as_str())),
    );
    let digest = report::digest(sums.as_bytes());
    file(at, "SHA256SUMS", sums.as_bytes())?;
    file(
        at,
        "summary.md",
        summary::many(all, &entries, &digest).as_bytes(),
    )?;
    json(at, "index.json", &document::index(all, &entries, &digest))?;
    Ok(digest)
}

fn module(
    at: &Path,
    all: &Reports,
    report: &Report,
    blob: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<String, WriteError> {
    let core = report.canonical()?;
    let digest = report::digest(&core);
    let raw = report
        .gates
        .iter()
        .map(|gate| raw(at, gate, blob))
        .collect::<Result<Vec<_>, _>>()?;
    file(at, "core.json", &core)?;
    file(at, "junit.xml", junit::xml(report).as_bytes())?;
    file(
        at,
        "summary.md",
        summary::module(report, &digest).as_bytes(),
    )?;
    json(at, "report.sarif", &sarif::document(report))?;
    json(
        at,
        "report.json",
        &document::report(all, report, &digest, &raw),
    )?;
    Ok(digest)
}

/// What the tools of a gate wrote, as far as it is kept.
fn raw(
    at: &Path,
    gate: &report::GateReport,
    blob: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<Raw, WriteError> {
    let mut all = Vec::new();
    for (n, run) in gate.evidence.runs.iter().enumerate() {
        let name = |stream: &str| {
            let base = if run.baseline { "-base" } else { "" };
            let tool = plain(&run.tool);
            format!("{:02}-{tool}{base}.{stream}", n + 1)
        };
        let keep = |digest: &str, stream: &str| -> Result<Option<String>, WriteError> {
            let Some(content) = blob(digest).filter(|content| !content.is_empty()) else {
                return Ok(None);
            };
            let directory = format!("raw/{}", plain(gate.gate.as_str()));
            let inside = at.join(&directory);
            fs::create_dir_all(&inside).map_err(failed(&inside))?;
            let name = name(stream);
            file(&inside, &name, &content)?;
            Ok(Some(format!("{directory}/{name}")))
        };
        all.push((keep(&run.stdout, "stdout")?, keep(&run.stderr, "stderr")?));
    }
    Ok(all)
}

fn json(at: &Path, name: &str, document: &Value) -> Result<(), WriteError> {
    let mut json = text::escape_json(&serde_json::to_string_pretty(document)?);
    json.push('\n');
    file(at, name, json.as_bytes())
}

fn file(at: &Path, name: &str, content: &[u8]) -> Result<(), WriteError> {
    let path = at.join(name);
    fs::write(&path, content).map_err(failed(&path))
}

pub(in crate::workflow) fn failed(path: &Path) -> impl Fn(io::Error) -> WriteError {
    let path = path.to_owned();
    move |source| WriteError::Io {
        path: path.clone(),
        source,
    }
}
