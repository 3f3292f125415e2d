//! What stays under the old name where the policy wants that: modules that hand on what
//! the moved ones have, and warn.

use crate::promotion::relocation::Renamed;
use crate::promotion::{ObjectId, Relocation};
use crate::repo::tree::{self, Mode};
use crate::repo::{Repo, RepoError};

use super::{Why, Write};

/// A shim for each Python module that moves. `names` says how they are imported.
pub(super) fn shims(
    repo: &Repo,
    commit: ObjectId,
    relocation: &Relocation,
    renamed: &Renamed,
) -> Result<Vec<Write>, RepoError> {
    let git = repo.open_git()?;
    let mut writes = Vec::new();
    for (path, entry) in tree::walk(&git, commit, &relocation.from)? {
        if !entry.mode.is_file() || !path.as_bytes().ends_with(b".py") {
            continue;
        }
        let name = Relocation::name_below(&path, &renamed.root);
        let Some((old, new)) = name.and_then(|old| Some((old.clone(), renamed.apply(&old)?)))
        else {
            continue; // nobody imports it by a name
        };
        let content = match path.name() {
            b"__init__.py" => package(&old, &new),
            b"__main__.py" => program(&old, &new),
            _ => module(&old, &new),
        };
        writes.push(Write {
            path,
            why: Why::Shim,
            mode: Mode::File,
            before: None,
            after: content.into_bytes(),
        });
    }
    Ok(writes)
}

fn heading(old: &str, new: &str) -> String {
    format!("\"\"\"Moved to `{new}`: the name `{old}` goes on working for now.\"\"\"\n\n")
}

fn warning(old: &str, new: &str) -> String {
    format!(
        "warnings.warn(\n    \"{old} has moved to {new}\",\n    DeprecationWarning,\n    stacklevel=2,\n)\n"
    )
}

/// The very same module under both names: what it holds is there once.
fn module(old: &str, new: &str) -> String {
    format!(
        "{}import importlib\nimport sys\nimport warnings\n\n{}\
         sys.modules[__name__] = importlib.import_module(\"{new}\")\n",
        heading(old, new),
        warning(old, new)
    )
}

/// A package stays one of its own, so that Python finds the shims in it.
fn package(old: &str, new: &str) -> String {
    format!(
        "{}import importlib\nimport warnings\n\n{}\
         _moved = importlib.import_module(\"{new}\")\n\
         __all__ = getattr(\n    _moved,\n    \"__all__\",\n    \
         [name for name in vars(_moved) if not name.startswith(\"_\")],\n)\n\n\n\
         def __getattr__(name: str) -> object:\n    return getattr(_moved, name)\n\n\n\
         def __dir__() -> list[str]:\n    return dir(_moved)\n",
        heading(old, new),
        warning(old, new)
    )
}

fn program(old: &str, new: &str) -> String {
    format!(
        "{}import runpy\nimport warnings\n\n{}\
         if __name__ == \"__main__\":\n    runpy.run_module(\"{new}\", run_name=\"__main__\", alter_sys=True)\n",
        heading(old, new),
        warning(old, new)
    )
}
