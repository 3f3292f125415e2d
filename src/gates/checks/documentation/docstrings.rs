//! Who uses a module reads its docstrings: of each public file, and of each
//! function, class and method in it that others may use.

use crate::gates::checks::public::Public;
use crate::gates::checks::{Measure, count, some};
use crate::gates::subject::{Finder, Subject};

/// What is explained and what is not; recurses through syntax.
pub(super) fn look(subject: &Subject) -> Measure {
    let public = Public::of(subject);
    let finder = Finder::new(&subject.tree);
    let mut measure = Measure::default();
    let is_stub = |path: &[u8]| path.ends_with(b".pyi");
    let sources = public
        .files
        .iter()
        .filter(|(_, found)| !is_stub(found.path.as_bytes()));
    let (mut files, mut definitions) = (0, 0);
    let mut unread = Vec::new();
    for (name, found) in sources {
        files += 1;
        let path = &found.path;
        let Some(read) = &found.read else {
            let message = "it does not parse: nothing is known of its docstrings";
            let finding = finder.error("syntax", message, path, 0, 0);
            measure.findings.push(finding);
            unread.push(path.to_text());
            continue;
        };
        if !found.public {
            continue;
        }
        // An empty file beside others has nothing to explain; the module has.
        let has_to = !read.is_empty || name.is_empty();
        if has_to && !read.documented {
            let message = "the file has no docstring";
            let finding = finder.error("file-docstring", message, path, 0, 0);
            measure.findings.push(finding);
        }
        for definition in &read.definitions {
            definitions += 1;
            if definition.documented {
                continue;
            }
            let message = format!("{} {} has no docstring", definition.kind, definition.name);
            let finding = finder.error("docstring", &message, path, definition.line, 0);
            measure.findings.push(finding);
        }
    }
    if files == 0 {
        measure.inapplicable = Some("it holds only tests and stubs".into());
        return measure;
    }
    measure.work.push(("files".into(), files));
    if definitions > 0 {
        measure.work.push(("definitions".into(), definitions));
    }
    if !unread.is_empty() {
        let files = count(unread.len(), "file");
        let verb = if unread.len() == 1 { "does" } else { "do" };
        measure.fails = Some(format!("{files} {verb} not parse: {}", some(&unread)));
    }
    measure
}
