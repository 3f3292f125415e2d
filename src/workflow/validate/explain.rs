//! Why a gate would run, or would not: its current evidence, or which of its
//! inputs changed since the newest evidence for the module.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::content::List;
use super::inputs::{Keys, Manifest};
use super::located::Located;
use super::{CheckError, choose, find};
use crate::gates::cache::{Latest, Store};
use crate::promotion::{
    Evidence, GateId, GateStatus, Isolation, Module, ObjectId, Outcome, RepoPath,
};
use crate::repo::tree;
use crate::workflow::dirs;
use crate::workflow::workspace::Workspace;

/// One gate on one module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The module.
    pub module: RepoPath,
    /// The gate.
    pub gate: GateId,
    /// True where it runs.
    pub runs: bool,
    /// Why.
    pub why: Why,
}

/// Why a gate runs, or does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Why {
    /// There is evidence for exactly this content, with these tools.
    Current {
        /// What it says.
        status: GateStatus,
        /// Its key.
        key: String,
        /// When it was made, seconds since 1970 UTC.
        started: i64,
        /// The commit it was made at.
        commit: ObjectId,
        /// The tools that ran, with their versions.
        tools: Vec<String>,
        /// What confined them.
        isolation: Isolation,
    },
    /// Evidence is not to be used.
    Asked,
    /// It never ran on this module.
    Never,
    /// There is evidence for this content, but no verdict: that is tried again.
    NoVerdict {
        /// What went wrong.
        why: String,
    },
    /// The evidence was damaged, or removed from the cache.
    Lost {
        /// True where something is there, but not whole.
        damaged: bool,
    },
    /// Something it depends on is not as it was.
    Changed {
        /// When the newest evidence was made, seconds since 1970 UTC; `None`
        /// where that is not kept any more.
        since: Option<i64>,
        /// What changed; empty where it is not known any more what was.
        changes: Vec<Change>,
    },
}

/// An input that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// What it is.
    pub input: Input,
    /// Which one: a path, a tool, an option.
    pub name: String,
    /// What it was; `None` where it was not.
    pub was: Option<String>,
    /// What it is; `None` where it is not.
    pub is: Option<String>,
}

/// A kind of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// A file, or a directory with everything in it.
    File,
    /// The same at the merge-base.
    Baseline,
    /// A test that is the module's.
    Test,
    /// A tool's version, and where it comes from.
    Tool,
    /// The version of Python.
    Python,
    /// What the gate is told.
    Option,
    /// What the gate does.
    Gate,
    /// How tools are confined.
    Isolation,
    /// Anything else.
    Other,
}

impl Input {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Baseline => "at the merge-base",
            Self::Test => "test",
            Self::Tool => "tool",
            Self::Python => "Python",
            Self::Option => "option",
            Self::Gate => "gate",
            Self::Isolation => "isolation",
            Self::Other => "setting",
        }
    }
}

/// Says of every gate of these modules why it would run now, or would not.
/// Starts no process and changes nothing.
pub fn explain(
    ws: &Workspace,
    modules: &[RepoPath],
    only: &[GateId],
    use_cache: bool,
) -> Result<Vec<Explained>, CheckError> {
    let chosen = choose(ws, only)?;
    let store = super::store(&dirs::cache_dir()?);
    let latest = store.latest(&super::repository(ws));
    let toolbox = super::known_tools(ws);
    let advisories = super::advisories(ws);
    let keys = Keys::new(ws, toolbox.as_ref(), &advisories, &store, true)?;
    let mut all = Vec::new();
    for module in find(ws, modules)? {
        let located = Located::of(ws, &module)?;
        for check in &chosen {
            let options = ws.config().policy.gate(&check.id());
            let key = keys.of(check.as_ref(), &options, &module, &located)?;
            let asking = Asking {
                ws,
                store: &store,
                latest: &latest,
                module: &module,
                gate: check.id(),
            };
            let why = match use_cache {
                true => asking.why(&key.evidence, &key.manifest)?,
                false => Why::Asked,
            };
            all.push(Explained {
                module: module.path.clone(),
                gate: asking.gate,
                runs: !matches!(why, Why::Current { .. }),
                why,
            });
        }
    }
    Ok(all)
}

struct Asking<'a> {
    ws: &'a Workspace,
    store: &'a Store,
    latest: &'a Latest,
    module: &'a Module,
    gate: GateId,
}

impl Asking<'_> {
    fn why(&self, key: &str, manifest: &Manifest) -> Result<Why, CheckError> {
        let found = self.store.evidence(key);
        let damaged = !self.store.damaged().is_empty();
        if let Some(evidence) = found {
            return Ok(match &evidence.outcome {
                Outcome::Error { why, .. } => Why::NoVerdict { why: why.clone() },
                _ => current(&evidence),
            });
        }
        let Some(newest) = self.latest.key(&self.module.path, &self.gate) else {
            return Ok(match damaged {
                true => Why::Lost { damaged },
                false => Why::Never,
            });
        };
        if damaged || newest == key {
            return Ok(Why::Lost { damaged });
        }
        let was = self.store.inputs(&newest);
        let changes = match was {
            Some(was) => changes(
                &self.inputs(&was, &[]),
                &self.inputs(&manifest.json, &manifest.lists),
            ),
            None => Vec::new(),
        };
        Ok(Why::Changed {
            since: self
                .store
                .evidence(&newest)
                .map(|evidence| evidence.started),
            changes: self.within_directories(changes)?,
        })
    }

    /// The inputs of a manifest by kind and name. `lists`: those that need not
    /// be kept yet.
    fn inputs(&self, manifest: &[u8], lists: &[Arc<List>]) -> BTreeMap<(Input, String), String> {
        let manifest: Value = serde_json::from_slice(manifest).unwrap_or_default();
        let mut found = BTreeMap::new();
        let mut put = |input, name: &str, value: &Value| {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            found.insert((input, name.to_owned()), text);
        };
        put(Input::Isolation, "level", &manifest["isolation"]);
        put(Input::Other, "layout of evidence", &manifest["version"]);
        for (path, object) in self.list(&manifest["base"]["content"], lists) {
            put(Input::Baseline, &path, &object);
        }
        if manifest["base"].is_string() {
            put(Input::Baseline, "the module", &manifest["base"]);
        }
        if !manifest["behind"].is_null() {
            put(
                Input::Baseline,
                "what coverage is set against",
                &manifest["behind"],
            );
        }
        let head = manifest["head"].as_object();
        for (name, value) in head.into_iter().flatten() {
            match name.as_str() {
                "content" => {
                    for (path, object) in self.list(value, lists) {
                        put(Input::File, &path, &object);
                    }
                }
                "tests" => {
                    for path in value.as_array().into_iter().flatten() {
                        put(Input::Test, path.as_str().unwrap_or_default(), &"".into());
                    }
                }
                "tools" => {
                    for tool in value.as_array().into_iter().flatten() {
                        put(Input::Tool, tool[0].as_str().unwrap_or_default(), &tool[1]);
                    }
                }
                "told" => {
                    for (name, value) in value.as_object().into_iter().flatten() {
                        put(Input::Option, name, value);
                    }
                }
                "run" | "enabled" => put(Input::Option, name, value),
                "parts" => {
                    for part in value.as_array().into_iter().flatten() {
                        put(Input::File, part[0].as_str().unwrap_or_default(), &part[1]);
                    }
                }
                "program" => put(
                    Input::Tool,
                    value[0].as_str().unwrap_or_default(),
                    &value[1],
                ),
                "packages" => put(Input::Tool, "installed packages", value),
                "python" => put(Input::Python, "version", value),
                "definition" | "gate" => put(Input::Gate, name, value),
                _ => put(Input::Other, name, value),
            }
        }
        found
    }

    /// The list of files of that digest.
    fn list(&self, digest: &Value, lists: &[Arc<List>]) -> Vec<(String, Value)> {
        let Some(digest) = digest.as_str() else {
            return Vec::new();
        };
        let known = lists.iter().find(|list| list.digest == digest);
        let json = known
            .map(|list| list.json.clone())
            .or_else(|| self.store.inputs(digest));
        json.and_then(|list| serde_json::from_slice(&list).ok())
            .unwrap_or_else(|| vec![("files (their list is not kept)".into(), digest.into())])
    }

    /// Names the files of a directory instead of it, where its old state is
    /// still in the repository.
    fn within_directories(&self, changes: Vec<Change>) -> Result<Vec<Change>, CheckError> {
        let git = self.ws.repo().open_git()?;
        let mut all = Vec::new();
        for change in changes {
            match within(&git, &change) {
                Some(files) => all.extend(files),
                None => all.push(change),
            }
        }
        all.sort();
        all.dedup();
        Ok(all)
    }
}

fn current(evidence: &Evidence) -> Why {
    let mut tools: Vec<_> = evidence
        .runs
        .iter()
        .map(|run| format!("{} {}", run.tool, run.version).trim().to_owned())
        .collect();
    tools.sort();
    tools.dedup();
    Why::Current {
        status: evidence.status(),
        key: evidence.key.clone(),
        started: evidence.started,
        commit: evidence.commit,
        tools,
        isolation: evidence.isolation,
    }
}

/// What is in one, and not the same in the other.
fn changes(
    was: &BTreeMap<(Input, String), String>,
    is: &BTreeMap<(Input, String), String>,
) -> Vec<Change> {
    let names: std::collections::BTreeSet<_> = was.keys().chain(is.keys()).collect();
    names
        .into_iter()
        .filter(|name| was.get(*name) != is.get(*name))
        .map(|name| Change {
            input: name.0,
            name: name.1.clone(),
            was: was.get(name).cloned(),
            is: is.get(name).cloned(),
        })
        .collect()
}

/// The files that differ between two states of a directory.
fn within(git: &git2::Repository, change: &Change) -> Option<Vec<Change>> {
    let tree = |id: &Option<String>| {
        let id = ObjectId::from_hex(id.as_ref()?)?;
        tree::subtree(git, id).ok()
    };
    let (was, is) = (tree(&change.was)?, tree(&change.is)?);
    let diff = git.diff_tree_to_tree(Some(&was), Some(&is), None).ok()?;
    let directory = RepoPath::from_text(&change.name);
    let files = diff.deltas().map(|delta| {
        let object = |file: git2::DiffFile<'_>| {
            let there = file.exists();
            there.then(|| tree::object_id(file.id()).to_string())
        };
        let path = delta.new_file().path_bytes();
        let path = path.or_else(|| delta.old_file().path_bytes());
        Change {
            input: change.input,
            name: directory.join(path.unwrap_or_default()).to_text().into(),
            was: object(delta.old_file()),
            is: object(delta.new_file()),
        }
    });
    Some(files.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_a_change() {
        let inputs = |pairs: &[(Input, &str, &str)]| {
            let pair = |(input, name, value): &(Input, &str, &str)| {
                ((*input, (*name).to_owned()), (*value).to_owned())
            };
            pairs.iter().map(pair).collect::<BTreeMap<_, _>>()
        };
        let was = inputs(&[
            (Input::File, "a.py", "1"),
            (Input::File, "b.py", "1"),
            (Input::Tool, "ruff", "0.1"),
        ]);
        let is = inputs(&[
            (Input::File, "a.py", "1"),
            (Input::File, "c.py", "1"),
            (Input::Tool, "ruff", "0.2"),
        ]);
        let found = changes(&was, &is);
        let shown: Vec<_> = found
            .iter()
            .map(|c| (c.input, c.name.as_str(), c.was.as_deref(), c.is.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [
                (Input::File, "b.py", Some("1"), None),
                (Input::File, "c.py", None, Some("1")),
                (Input::Tool, "ruff", Some("0.1"), Some("0.2")),
            ]
        );
    }
}
