//! Imports: what of the module's own is passed on.

use ruff_python_ast::{Alias, StmtImportFrom};

use super::Place;
use crate::promotion::api::What;

/// What one name of a `from … import …` brings.
pub(super) enum From {
    /// A name.
    Name(String, What),
    /// Everything, of a file of the module's own.
    Star(Option<String>),
}

/// `import a.b as c`: the name it has here, and what it is.
pub(super) fn module(alias: &Alias, place: Place<'_>) -> (String, What) {
    let dotted = alias.name.id.as_str();
    let Some(name) = &alias.asname else {
        let first = dotted.split('.').next().unwrap_or_default();
        return (first.to_owned(), What::Foreign);
    };
    let parts = dotted.split('.').map(str::to_owned).collect::<Vec<_>>();
    let what = match place.inside(&parts) {
        Some(file) if place.files.contains(&file) => What::Passed { file, name: None },
        _ => What::Foreign,
    };
    (name.id.to_string(), what)
}

/// `from a import b as c`
pub(super) fn from(import: &StmtImportFrom, alias: &Alias, place: Place<'_>) -> From {
    let module = import.module.as_ref().map_or("", |it| it.id.as_str());
    let file = place
        .absolute(import.level, module)
        .and_then(|parts| place.inside(&parts))
        .filter(|file| place.files.contains(file) || place.is_directory(file));
    let name = alias.name.id.as_str();
    if name == "*" {
        return From::Star(file.filter(|file| place.files.contains(file)));
    }
    let here = alias.asname.as_ref().unwrap_or(&alias.name).id.to_string();
    let what = match file {
        None => What::Foreign,
        // A package without `__init__.py` has nothing but its parts.
        Some(file) if !place.files.contains(&file) => {
            let part = join(&file, name);
            match place.files.contains(&part) {
                true => What::Passed {
                    file: part,
                    name: None,
                },
                false => What::Foreign,
            }
        }
        Some(file) => What::Passed {
            file,
            name: Some(name.to_owned()),
        },
    };
    From::Name(here, what)
}

fn join(file: &str, name: &str) -> String {
    match file {
        "" => name.to_owned(),
        file => format!("{file}.{name}"),
    }
}

impl Place<'_> {
    /// The name of a part of the package that this file is.
    pub(super) fn join(&self, name: &str) -> String {
        join(self.file, name)
    }

    /// The parts of the absolute name that an import means.
    fn absolute(&self, level: u32, module: &str) -> Option<Vec<String>> {
        let named = module.split('.').filter(|part| !part.is_empty());
        let named = named.map(str::to_owned);
        if level == 0 {
            return Some(named.collect());
        }
        let own = self.file.split('.').filter(|part| !part.is_empty());
        let mut parts: Vec<String> = self.module.to_vec();
        parts.extend(own.map(str::to_owned));
        let up = level as usize - usize::from(self.is_package);
        parts.truncate(parts.len().checked_sub(up)?);
        parts.extend(named);
        Some(parts)
    }

    /// The name below the module of what has that absolute name.
    fn inside(&self, parts: &[String]) -> Option<String> {
        Some(parts.strip_prefix(self.module)?.join("."))
    }

    /// True where there are files below it.
    fn is_directory(&self, name: &str) -> bool {
        let below = format!("{name}.");
        let mut after = self.files.range(below.clone()..);
        after.next().is_some_and(|file| file.starts_with(&below))
    }
}
