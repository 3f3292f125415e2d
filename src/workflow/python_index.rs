//! Wires the import index to the repository: which files, where Python looks,
//! where contents come from, where the cache is.

use std::path::{Path, PathBuf};

use crate::config::ProjectConfig;
use crate::gates::cache::{digest, used};
use crate::promotion::{ObjectId, RepoPath, text};
use crate::python::{Blob, BlobSource, Index, MOST_BYTES, Options, SourceFile, Words};
use crate::repo::glob::Globs;
use crate::repo::tree::{self, oid};
use crate::repo::{Repo, RepoError};

/// The index of a commit.
pub(super) fn build(
    repo: &Repo,
    commit: ObjectId,
    config: &ProjectConfig,
    cache: Option<&Path>,
) -> Result<Index, RepoError> {
    let files: Vec<SourceFile> = repo
        .walk(commit, &RepoPath::default())?
        .into_iter()
        .filter(|(path, entry)| entry.mode.is_file() && path.as_bytes().ends_with(b".py"))
        .map(|(path, entry)| SourceFile {
            path,
            blob: entry.id,
        })
        .collect();
    let tests = Globs::new(config.tests.patterns.iter().map(String::as_str))?;
    let options = Options {
        roots: roots(repo, commit, config)?,
        lanes: config
            .lanes
            .iter()
            .map(|lane| lane.source.clone())
            .collect(),
        tests: files
            .iter()
            .map(|file| file.path.clone())
            .filter(|path| tests.matches(path, false))
            .collect(),
    };
    let cache = cache.map(|dir| cache_file(dir, repo));
    let index = Index::build(files, options, &Blobs(repo), cache.as_deref());
    cache.as_deref().map(used); // pruning takes first what was of no use for longest
    Ok(index)
}

/// Which text files of a commit say something of a source lane.
pub(super) fn words(
    repo: &Repo,
    commit: ObjectId,
    config: &ProjectConfig,
    cache: Option<&Path>,
) -> Result<Words, RepoError> {
    let files = repo.walk(commit, &RepoPath::default())?.into_iter();
    let files: Vec<SourceFile> = files
        .filter(|(_, entry)| entry.mode.is_file())
        .map(|(path, entry)| SourceFile {
            path,
            blob: entry.id,
        })
        .collect();
    let mut lanes: Vec<RepoPath> = config.lanes.iter().map(|it| it.source.clone()).collect();
    lanes.sort();
    // What is kept is good for these lanes only.
    let names: Vec<_> = lanes.iter().map(RepoPath::to_text).collect();
    let kind = format!("words-{}", &digest(names.join("\0").as_bytes())[..8]);
    let cache = cache.map(|dir| cache_file(dir, repo).with_extension(format!("{kind}.bin")));
    let words = Words::build(files, &lanes, &Blobs(repo), cache.as_deref());
    cache.as_deref().map(used);
    Ok(words)
}

/// One file a repository, shared by its work trees.
fn cache_file(dir: &Path, repo: &Repo) -> PathBuf {
    let name = digest(repo.common_dir().as_os_str().as_encoded_bytes());
    dir.join("imports").join(format!("{}.bin", &name[..16]))
}

struct Blobs<'a>(&'a Repo);

impl BlobSource for Blobs<'_> {
    fn read_each(
        &self,
        next: &mut dyn FnMut() -> Option<ObjectId>,
        each: &mut dyn FnMut(ObjectId, Blob<'_>),
    ) {
        let Ok(git) = self.0.open_git() else { return };
        let Ok(odb) = git.odb() else { return };
        while let Some(id) = next() {
            match odb.read_header(oid(id)) {
                Ok((size, _)) if size > MOST_BYTES => each(id, Blob::TooLarge),
                Ok(_) => match odb.read(oid(id)) {
                    Ok(blob) => each(id, Blob::Content(blob.data())),
                    Err(_) => each(id, Blob::Missing),
                },
                Err(_) => each(id, Blob::Missing),
            }
        }
    }
}

/// The directories that Python finds modules in: the root, `src`, what pytest is
/// told, and what the lanes lie in.
pub(super) fn roots(
    repo: &Repo,
    commit: ObjectId,
    config: &ProjectConfig,
) -> Result<Vec<RepoPath>, RepoError> {
    let mut roots = vec![RepoPath::default(), "src".into()];
    let git = repo.open_git()?;
    let read = |name: &str| -> Option<String> {
        let entry = tree::entry(&git, commit, &name.into()).ok()??;
        let content = tree::read_blob(&git, entry.id).ok()?;
        Some(text::decode(&content).into_owned())
    };
    if let Some(file) = read("pyproject.toml") {
        roots.extend(of_pyproject(&file));
    }
    if let Some(file) = read("pytest.ini") {
        roots.extend(of_ini(&file));
    }
    roots.extend(config.lanes.iter().filter_map(|lane| lane.source.parent()));
    let mut seen = std::collections::HashSet::new();
    roots.retain(|root| seen.insert(root.clone()));
    Ok(roots)
}

/// `[tool.pytest.ini_options] pythonpath`: one path or a list of them.
fn of_pyproject(file: &str) -> Vec<RepoPath> {
    let Ok(document) = file.parse::<toml_edit::Document<String>>() else {
        return Vec::new();
    };
    let value = ["tool", "pytest", "ini_options", "pythonpath"]
        .iter()
        .try_fold(document.as_item(), |item, key| item.get(key));
    match value.and_then(toml_edit::Item::as_value) {
        Some(toml_edit::Value::String(path)) => path.value().split_whitespace().map(root).collect(),
        Some(toml_edit::Value::Array(paths)) => paths
            .iter()
            .filter_map(|path| path.as_str())
            .map(root)
            .collect(),
        _ => Vec::new(),
    }
}

/// `pythonpath = a b`, further lines indented.
fn of_ini(file: &str) -> Vec<RepoPath> {
    let mut paths = Vec::new();
    let mut within = false;
    for line in file.lines() {
        let value = match line.split_once('=') {
            Some((key, value)) if !line.starts_with(char::is_whitespace) => {
                within = key.trim() == "pythonpath";
                value
            }
            _ if line.starts_with(char::is_whitespace) => line,
            _ => {
                within = false;
                continue;
            }
        };
        if within {
            paths.extend(value.split_whitespace().map(root));
        }
    }
    paths
}

fn root(path: &str) -> RepoPath {
    let path = path.trim_start_matches("./");
    RepoPath::from(if path == "." { "" } else { path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pytest_says_where_modules_are() {
        let toml = "[tool.pytest.ini_options]\npythonpath = ['.', './lib', \"a/b/\"]\n";
        assert_eq!(
            of_pyproject(toml),
            ["".into(), "lib".into(), RepoPath::from("a/b")]
        );
        assert!(of_pyproject("broken = [").is_empty());
        let ini = "[pytest]\naddopts = -q\npythonpath = lib\n  other\ntestpaths = tests\n  more\n";
        assert_eq!(of_ini(ini), ["lib".into(), RepoPath::from("other")]);
    }
}
