//! Whoever came since and imports the module by its new name: taken back, they would break.

use std::collections::BTreeSet;

use crate::promotion::rollback::Rollback;
use crate::promotion::{ObjectId, RepoPath};
use crate::python::{Import, MOST_BYTES, STACK_BYTES, Scan};
use crate::repo::revert::{self, Change};
use crate::repo::{RepoError, tree};
use crate::workflow::Workspace;
use crate::workflow::python_index;

use super::look::Seen;

/// The Python files that changed since the promotion, and that would import in `reverted`,
/// a tree's commit, what is not there any more. Type checkers' imports count for nothing.
pub(super) fn dependents(
    ws: &Workspace,
    seen: &Seen,
    it: &Rollback,
    reverted: ObjectId,
) -> Result<Vec<RepoPath>, RepoError> {
    let change = Change {
        before: it.decided.after,
        after: seen.base,
    };
    let names = names(ws, seen, &it.to)?;
    let git = ws.repo().open_git()?;
    let mut sources = Vec::new();
    for path in revert::paths(ws.repo(), change)? {
        // What came in the module goes with it.
        let path = match path.strip(&it.to) {
            Some(rest) if !rest.is_root() => it.from.join(rest.as_bytes()),
            _ => path,
        };
        if !path.as_bytes().ends_with(b".py") {
            continue;
        }
        let Some(entry) = tree::entry(&git, reverted, &path)?.filter(|it| it.mode.is_file()) else {
            continue;
        };
        let source = tree::read_blob(&git, entry.id)?;
        if source.len() <= MOST_BYTES {
            sources.push((path, source));
        }
    }
    let look = || -> BTreeSet<RepoPath> {
        let breaks = |(path, source): &(RepoPath, Vec<u8>)| {
            let scan = Scan::of(source);
            let mut imports = scan.imports.iter().filter(|it| !it.typing);
            let means = imports.any(|import| means(import, path, &names, &it.to));
            means.then(|| path.clone())
        };
        sources.iter().filter_map(breaks).collect()
    };
    // Files of others may be nested deeply.
    let found = std::thread::scope(|threads| {
        let looker = std::thread::Builder::new().stack_size(STACK_BYTES);
        let looker = looker.spawn_scoped(threads, look)?;
        looker
            .join()
            .map_err(|_| std::io::Error::other("Countersign itself failed"))
    });
    let found = found.map_err(RepoError::io("look for imports in", ws.root()))?;
    Ok(found.into_iter().collect())
}

/// The dotted names that it is imported by.
fn names(ws: &Workspace, seen: &Seen, to: &RepoPath) -> Result<Vec<String>, RepoError> {
    let roots = python_index::roots(ws.repo(), seen.base, ws.config())?;
    let below = roots.iter().filter_map(|root| to.strip(root));
    let all = below.chain([to.clone()]);
    let mut names: Vec<String> = all.filter_map(|it| it.dotted()).collect();
    names.retain(|it| !it.is_empty());
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Whether an import in that file means the module, or something in it.
fn means(import: &Import, file: &RepoPath, names: &[String], to: &RepoPath) -> bool {
    use crate::python::ImportKind::{From, Mention, Module, Star, Text};
    if import.kind == Mention {
        return false;
    }
    let module = match import.level {
        0 => import.module.to_string(),
        level => match relative(file, level, &import.module) {
            Some(module) => module,
            None => return false,
        },
    };
    let own = to.dotted().unwrap_or_default();
    let of = |name: &str| {
        let is = |it: &str| {
            let rest = name.strip_prefix(it);
            !it.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        match import.level {
            0 => names.iter().any(|it| is(it)),
            _ => is(&own),
        }
    };
    let named = import.name.as_ref().map(|name| match module.is_empty() {
        true => name.to_string(),
        false => format!("{module}.{name}"),
    });
    match import.kind {
        From => of(&module) || named.is_some_and(|it| of(&it)),
        Module | Star | Text => of(&module),
        Mention => false,
    }
}

/// What a relative import names, from the root on.
fn relative(file: &RepoPath, level: u16, module: &str) -> Option<String> {
    let mut directory = file.parent()?;
    for _ in 1..level {
        directory = directory.parent()?;
    }
    let directory = directory.dotted()?;
    Some(match (directory.is_empty(), module.is_empty()) {
        (true, _) => module.to_owned(),
        (false, true) => directory,
        (false, false) => format!("{directory}.{module}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_of_the_module_is_told_from_others() {
        let names = ["core.fees".to_owned()];
        for (file, line, means_it) in [
            ("core/new.py", "import core.fees", true),
            ("core/new.py", "import core.fees.rates as r", true),
            ("core/new.py", "from core import fees", true),
            ("core/new.py", "from core.fees import fee", true),
            ("core/new.py", "from . import fees", true),
            ("core/new.py", "from .fees.rates import RATE", true),
            ("core/a/new.py", "from ..fees import fee", true),
            ("core/new.py", "def f():\n    import core.fees", true),
            ("core/new.py", "import core.feeses", false),
            ("core/new.py", "from core import other", false),
            ("core/new.py", "import candidate.fees", false),
            ("lib/new.py", "from . import fees", false),
            ("core/new.py", "x = 'core.fees'", false),
        ] {
            let scan = Scan::of(line.as_bytes());
            let found = scan
                .imports
                .iter()
                .any(|it| means(it, &file.into(), &names, &"core/fees".into()));
            assert_eq!(found, means_it, "{file}: {line}");
        }
    }
}
