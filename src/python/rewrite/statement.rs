//! `from` statements: what they say after the move.

use ruff_python_ast::{Alias, StmtImportFrom};
use ruff_text_size::Ranged;

use super::Rewriter;
use super::bound::Bound;
use super::file::File;
use super::places::Said;
use crate::promotion::RepoPath;
use crate::promotion::impact::{Form, When};

/// Comments that are for tools, and have to stand on each of the lines.
const DIRECTIVES: [&str; 5] = ["noqa", "type:", "pylint:", "pragma", "isort:"];

impl Rewriter<'_> {
    /// A `from` statement.
    pub(super) fn from(&self, file: &mut File<'_>, import: &StmtImportFrom, when: When) {
        let module = import
            .module
            .as_ref()
            .map_or("", |module| module.id.as_str());
        let star = import.names.iter().any(|it| it.name.id.as_str() == "*");
        let form = match (star, import.level) {
            (true, _) => Form::Star,
            (false, 0) => Form::From,
            (false, _) => Form::Relative,
        };
        let at = import.range.start();
        if import.level == 0 {
            if let Some(renamed) = self.places.absolute(file.path, module) {
                let new = renamed.apply(module).unwrap_or_default();
                self.names(file, import, form, when, module, "");
                file.replace(self.module_range(file, import), &new);
                return;
            }
            if self.places.only_beside(file.path, module) {
                let why = "it is found only where the file is run from its own directory";
                file.leave(at, form, when, module, why);
                return;
            }
        }
        let Some(target) = self.target(file.path, import) else {
            if import.level > 0 && self.places.relocation.moves(file.path) {
                let why = "it leads out of the repository";
                file.leave(at, form, when, &".".repeat(import.level as usize), why);
            }
            return;
        };
        let moved_file = self.places.relocation.moves(file.path);
        let shown = self.places.old_name(&target);
        let shown = shown.unwrap_or_else(|| target.to_text().replace('/', "."));
        if self.places.is_moved(&target) {
            let name = self.places.new_name(&target);
            let to = self.places.after(&target);
            let level = (import.level, module);
            match self.places.said(file.path, level, &to, name) {
                Ok(Said::Same) if moved_file => {} // it stays within the module
                Ok(Said::Same) => self.names(file, import, form, when, &shown, ""),
                Ok(Said::Name(new)) => {
                    self.names(file, import, form, when, &shown, "");
                    file.replace(self.module_range(file, import), &new);
                }
                Ok(Said::Top) => file.leave(at, form, when, &shown, "the module has no name"),
                Err(why) => file.leave(at, form, when, &shown, &why),
            }
            return;
        }
        let (moving, staying): (Vec<&Alias>, Vec<&Alias>) = import
            .names
            .iter()
            .partition(|alias| self.is_module(&target, alias));
        self.split(
            file,
            import,
            (form, when),
            &target,
            &shown,
            &moving,
            &staying,
        );
    }

    /// True for a name of a package that is the module itself.
    fn is_module(&self, target: &RepoPath, alias: &Alias) -> bool {
        Some(target) == self.places.parent().as_ref()
            && alias.name.id.as_str() == self.places.old_last()
            && self.places.is_moved(&self.places.stem)
            && self.passed_on() != Bound::Other
    }

    /// Some of the names are moved, or the file is, or both.
    #[allow(clippy::too_many_arguments)]
    fn split(
        &self,
        file: &mut File<'_>,
        import: &StmtImportFrom,
        (form, when): (Form, When),
        target: &RepoPath,
        shown: &str,
        moving: &[&Alias],
        staying: &[&Alias],
    ) {
        let module = import
            .module
            .as_ref()
            .map_or("", |module| module.id.as_str());
        let said = (import.level, module);
        let at = import.range.start();
        let stay = match (import.level, staying.is_empty()) {
            (0, _) | (_, true) => Ok(Said::Same),
            _ => {
                let name = self.places.new_name(target);
                self.places.said(file.path, said, target, name)
            }
        };
        let go = match moving.is_empty() {
            true => Ok(Said::Same),
            false => {
                let full = format!("{module}.{}", self.places.old_last());
                let mut names = self.places.names.iter();
                let name = match import.level {
                    0 => names.find(|it| it.old == full).map(|it| it.new.clone()),
                    _ => self.places.new_name(&self.places.stem),
                };
                let parent = name.map(|name| match name.rsplit_once('.') {
                    Some((parent, _)) => parent.to_owned(),
                    None => String::new(),
                });
                self.places
                    .said(file.path, said, &self.places.new_parent(), parent)
            }
        };
        let (stay, go) = match (stay, go) {
            (Ok(stay), Ok(go)) => (stay, go),
            (Err(why), _) | (_, Err(why)) => {
                file.leave(at, form, when, shown, &why);
                return;
            }
        };
        let (old_last, new_last) = (self.places.old_last(), self.places.new_last());
        let renamed = old_last != new_last;
        let moved_file = self.places.relocation.moves(file.path);
        for alias in moving {
            let name = format!("{shown}.{}", alias.name.id);
            if !moved_file || go != Said::Same || renamed {
                file.rewritten(alias.range.start(), form, when, &name, "");
            }
        }
        if stay == Said::Top {
            file.leave(
                at,
                form,
                when,
                shown,
                "what it leads to has no name of its own",
            );
            return;
        }
        if moving.is_empty() || (go == stay && !renamed) {
            if let Said::Name(new) = stay {
                file.replace(self.module_range(file, import), &new);
            }
            return;
        }
        let range = import.range;
        if staying.is_empty() && go != Said::Top {
            if let Said::Name(new) = &go {
                file.replace(self.module_range(file, import), new);
            }
            if renamed {
                for alias in moving {
                    let new = renamed_alias(alias, &old_last, &new_last);
                    file.replace(span(alias), &new);
                }
            }
            return;
        }
        let list: Vec<String> = moving
            .iter()
            .map(|alias| renamed_alias(alias, &old_last, &new_last))
            .collect();
        let list = list.join(", ");
        let new = match &go {
            Said::Top => format!("import {list}"),
            Said::Name(name) => format!("from {name} import {list}"),
            Said::Same => {
                let module = file.slice(self.module_range(file, import)).to_owned();
                format!("from {module} import {list}")
            }
        };
        if staying.is_empty() {
            if file
                .slice(range.start().into()..range.end().into())
                .contains('#')
            {
                let why = "there are comments within the statement, which would be lost";
                file.take_back(at, form, when, shown, why);
                return;
            }
            file.replace(range.start().into()..range.end().into(), &new);
            return;
        }
        if let Said::Name(name) = &stay {
            file.replace(self.module_range(file, import), name);
        }
        self.take_out(file, import, moving);
        self.put_after(file, import, &new);
    }

    /// Takes names out of a list of which some stay.
    fn take_out(&self, file: &mut File<'_>, import: &StmtImportFrom, moving: &[&Alias]) {
        let is_moving = |alias: &Alias| moving.iter().any(|it| it.range == alias.range);
        let names = &import.names;
        let last = names[names.len() - 1].range.end().to_usize();
        let bracketed = file.text[last..import.range.end().into()].contains(')');
        let last_kept = names.iter().rposition(|alias| !is_moving(alias));
        for (at, alias) in names.iter().enumerate().filter(|(_, it)| is_moving(it)) {
            let (start, end) = (alias.range.start().to_usize(), alias.range.end().to_usize());
            let next = names.get(at + 1).map(|it| it.range.start().to_usize());
            if bracketed {
                let range = file.without_comma(start, end, next);
                file.replace(range, "");
            } else if let (Some(next), true) = (next, last_kept > Some(at)) {
                file.replace(start..next, "");
            } else if let Some(kept) = last_kept.filter(|kept| kept + 1 == at) {
                // All that follow the last one that stays, at once.
                let from = names[kept].range.end().to_usize();
                file.replace(from..last, "");
            }
        }
    }

    /// A further statement after this one.
    fn put_after(&self, file: &mut File<'_>, import: &StmtImportFrom, new: &str) {
        let (start, end) = (
            import.range.start().to_usize(),
            import.range.end().to_usize(),
        );
        let line = file.text[..start]
            .rfind(['\n', '\r'])
            .map_or(0, |at| at + 1);
        let indent = &file.text[line..start];
        let rest = &file.text[end..];
        let rest = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
        let trailing = rest.trim();
        let alone = indent.chars().all(|c| matches!(c, ' ' | '\t'))
            && (trailing.is_empty() || trailing.starts_with('#'));
        if !alone {
            file.replace(end..end, &format!("; {new}"));
            return;
        }
        let indent = indent.to_owned();
        let comment = match DIRECTIVES.iter().any(|it| trailing.contains(it)) {
            true => format!("  {trailing}"),
            false => String::new(),
        };
        let at = end + rest.trim_end_matches('\x0c').len();
        let newline = file.newline();
        file.replace(at..at, &format!("{newline}{indent}{new}{comment}"));
    }

    /// Where the dots and the module of a `from` stand.
    fn module_range(&self, file: &File<'_>, import: &StmtImportFrom) -> std::ops::Range<usize> {
        let start = import.range.start().to_usize();
        let bytes = file.text.as_bytes();
        let from = file.text[start..]
            .find("from")
            .map_or(start, |at| start + at + 4);
        let module = import.module.as_ref().map(|it| it.range);
        if import.level == 0 {
            return module.map_or(from..from, |it| it.start().into()..it.end().into());
        }
        let first = (from..bytes.len())
            .find(|at| bytes[*at] == b'.')
            .unwrap_or(from);
        let dots = (first..bytes.len()).filter(|at| bytes[*at] == b'.');
        let last = dots.take(import.level as usize).last().unwrap_or(first);
        first..module.map_or(last + 1, |it| it.end().into())
    }

    /// Notes each of the names.
    fn names(
        &self,
        file: &mut File<'_>,
        import: &StmtImportFrom,
        form: Form,
        when: When,
        module: &str,
        why: &str,
    ) {
        for alias in &import.names {
            let name = format!("{module}.{}", alias.name.id);
            file.rewritten(alias.range.start(), form, when, &name, why);
        }
    }
}

fn span(alias: &Alias) -> std::ops::Range<usize> {
    alias.range().start().into()..alias.range().end().into()
}

fn renamed_alias(alias: &Alias, old: &str, new: &str) -> String {
    match &alias.asname {
        Some(name) => format!("{new} as {}", name.id),
        None if old == new => new.to_owned(),
        None => format!("{new} as {old}"),
    }
}
