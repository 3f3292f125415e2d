//! `lane-imports`: production does not depend on experiments. What the module
//! imports must be there under its target name. Who in production imports the module
//! itself is shown: promoting it rewrites that, or is refused. A string that only names
//! it nobody rewrites. Decided by reading alone: hence static analysis; "format and
//! imports" is about order.

use std::collections::BTreeSet;
use std::path::Path;

use futures_util::future::BoxFuture;
use memchr::memmem;

use super::prose::is_plain;
use super::{About, Check, Measure, aside, syntax};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::gates::subject::{Finder, Subject, dotted, import_root};
use crate::promotion::{Criterion, GateId, Lane, RepoPath};

/// The gate.
pub struct LaneImports;

/// A larger file is not source that anybody reads.
const MOST_BYTES: u64 = 4 << 20;

/// A module that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Leading dots: 0 is absolute.
    pub level: u16,
    /// The dotted name after the dots.
    pub module: String,
    /// The name that is imported from it.
    pub name: Option<String>,
    /// The line, from 1.
    pub line: u32,
    /// It is imported; else it is only named, in a string.
    pub imports: bool,
}

/// Reads the modules that a file names.
pub type Mentions = fn(&[u8]) -> Vec<Mention>;

impl Check for LaneImports {
    fn id(&self) -> GateId {
        GateId::new("lane-imports")
    }

    fn criterion(&self) -> Criterion {
        Criterion::StaticAnalysis
    }

    fn title(&self) -> &'static str {
        "Production does not import experiments"
    }

    fn definition(&self) -> u32 {
        3
    }

    fn tools(&self) -> &'static [&'static str] {
        &[]
    }

    fn has_baseline(&self) -> bool {
        true
    }

    fn reads(&self, about: About<'_>) -> Vec<RepoPath> {
        targets(about.module, about.lanes)
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move {
            let (subject, mentions) = (job.subject.clone(), job.bench.imports.mentions);
            let work = move || syntax::with_stack(|| measure(&subject, mentions));
            aside(work).await?.ok_or_else(|| {
                Trouble::new("Countersign itself failed to read imports", "report this")
            })
        })
    }
}

/// Where modules of this one's lane go.
fn targets(module: &RepoPath, lanes: &[Lane]) -> Vec<RepoPath> {
    let lane = lanes.iter().find(|lane| module.is_within(&lane.source));
    lane.map(|lane| lane.targets.clone()).unwrap_or_default()
}

fn measure(subject: &Subject, mentions: Mentions) -> Measure {
    let finder = Finder::new(&subject.tree);
    let mut measure = Measure::default();
    let root = subject.import_root();
    let own = Names::of(&subject.module, &subject.tree);
    let lanes: Vec<(&RepoPath, Names)> = subject
        .lanes
        .iter()
        .map(|lane| (&lane.source, Names::of(&lane.source, &subject.tree)))
        .collect();
    for path in &subject.files {
        let Ok(content) = std::fs::read(subject.on_disk(path)) else {
            continue; // `compile` says so
        };
        let mut seen = BTreeSet::new();
        for mention in mentions(&content) {
            let Some(module) = absolute(&mention, path, &root) else {
                continue;
            };
            let named = Named {
                module: &module,
                name: mention.name.as_deref(),
            };
            let Some((lane, _)) = lanes.iter().find(|(_, lane)| lane.hold(named)) else {
                continue;
            };
            if own.hold(named) || !seen.insert((mention.line, named.full())) {
                continue;
            }
            let message = format!(
                "{} is of the experimental lane {lane}, which production may not import",
                named.full()
            );
            let finding = finder.error("experiment", &message, path, mention.line, 0);
            measure.findings.push(finding);
        }
    }
    let mut production = Vec::new();
    for target in targets(&subject.module, &subject.lanes) {
        collect(subject, &target, 0, &mut production);
    }
    production.sort();
    production.dedup();
    for path in &production {
        measure
            .findings
            .extend(old_name(subject, &own, path, mentions, &finder));
    }
    measure.work = vec![("files".into(), subject.files.len() as u64)];
    if !production.is_empty() {
        let files = production.len() as u64;
        measure.work.push(("files in production".into(), files));
    }
    measure
}

/// Where a file of production uses the module under its old name.
fn old_name(
    subject: &Subject,
    own: &Names,
    path: &RepoPath,
    mentions: Mentions,
    finder: &Finder<'_>,
) -> Vec<crate::promotion::Finding> {
    let on_disk = subject.on_disk(path);
    let small = std::fs::symlink_metadata(&on_disk).is_ok_and(|meta| meta.len() <= MOST_BYTES);
    let content = match std::fs::read(on_disk) {
        Ok(content) if small => content,
        _ => return Vec::new(),
    };
    // The name's last part has to stand there: few files have it.
    if !own
        .last_parts()
        .any(|part| memmem::find(&content, part).is_some())
    {
        return Vec::new();
    }
    let root = import_root(path, &subject.tree);
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for mention in mentions(&content) {
        let Some(module) = absolute(&mention, path, &root) else {
            continue;
        };
        let named = Named {
            module: &module,
            name: mention.name.as_deref(),
        };
        if own.hold(named) && seen.insert(mention.line) {
            let name = named.full();
            findings.push(match mention.imports {
                true => {
                    let message = format!("production imports {name}: promoting it rewrites that");
                    finder.note("old-name", &message, path, mention.line, 0)
                }
                false => {
                    let message =
                        format!("production names {name} in a string: nobody rewrites it");
                    finder.error("old-name", &message, path, mention.line, 0)
                }
            });
        }
    }
    findings
}

/// The dotted names of a path: below its import root, and from the tree's.
struct Names(Vec<String>);

impl Names {
    fn of(path: &RepoPath, tree: &Path) -> Self {
        let roots = [import_root(path, tree), RepoPath::default()];
        let mut names: Vec<String> = roots.iter().filter_map(|r| dotted(path, r)).collect();
        names.retain(|name| !name.is_empty());
        names.dedup();
        Self(names)
    }

    /// True for what lies at or below one of them.
    fn hold(&self, named: Named<'_>) -> bool {
        let below = |whole: &str, name: &str| {
            let rest = whole.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let full = named.full();
        self.0.iter().any(|name| below(&full, name))
    }

    fn last_parts(&self) -> impl Iterator<Item = &[u8]> {
        let last = |name: &String| name.rfind('.').map_or(0, |at| at + 1);
        self.0
            .iter()
            .map(move |name| &name.as_bytes()[last(name)..])
    }
}

/// What is imported.
#[derive(Clone, Copy)]
struct Named<'a> {
    module: &'a str,
    name: Option<&'a str>,
}

impl Named<'_> {
    fn full(&self) -> String {
        match self.name {
            Some(name) if self.module.is_empty() => name.to_owned(),
            Some(name) => format!("{}.{name}", self.module),
            None => self.module.to_owned(),
        }
    }
}

/// The module that a mention in `file` means.
fn absolute(mention: &Mention, file: &RepoPath, root: &RepoPath) -> Option<String> {
    if mention.level == 0 {
        return Some(mention.module.clone());
    }
    let mut package = file.parent()?;
    for _ in 1..mention.level {
        package = package.parent()?;
    }
    let package = package.strip(root)?.dotted()?;
    Some(match (package.as_str(), mention.module.as_str()) {
        ("", module) => module.to_owned(),
        (package, "") => package.to_owned(),
        (package, module) => format!("{package}.{module}"),
    })
}

/// The Python files of production below a directory: neither experiments, nor
/// tests, nor what is hidden.
fn collect(subject: &Subject, dir: &RepoPath, depth: usize, files: &mut Vec<RepoPath>) {
    if depth > 64 || !is_plain(&subject.tree, &dir.join("x")) {
        return;
    }
    let Ok(entries) = std::fs::read_dir(subject.on_disk(dir)) else {
        return;
    };
    for entry in entries.flatten() {
        let name = std::os::unix::ffi::OsStringExt::into_vec(entry.file_name());
        let path = dir.join(&name);
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let is_experiment = subject.lanes.iter().any(|lane| path == lane.source);
        if is_experiment || name.starts_with(b".") {
            continue;
        }
        if kind.is_dir() && name != b"tests" {
            collect(subject, &path, depth + 1, files);
        } else if kind.is_file() && path.is_python() && !is_test(subject, &path, &name) {
            files.push(path);
        }
    }
}

fn is_test(subject: &Subject, path: &RepoPath, name: &[u8]) -> bool {
    name.starts_with(b"test_")
        || name.ends_with(b"_test.py")
        || name == b"conftest.py"
        || subject.tests.contains(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mention(level: u16, module: &str) -> Mention {
        Mention {
            level,
            module: module.into(),
            name: None,
            line: 1,
            imports: true,
        }
    }

    #[test]
    fn relative_names_are_those_of_the_file() {
        let of = |level, module, file: &str, root: &str| {
            absolute(&mention(level, module), &file.into(), &root.into())
        };
        let file = "candidate/x/y/a.py";
        assert_eq!(of(0, "os.path", file, "").as_deref(), Some("os.path"));
        assert_eq!(of(1, "b", file, "").as_deref(), Some("candidate.x.y.b"));
        assert_eq!(of(3, "z", file, "").as_deref(), Some("candidate.z"));
        assert_eq!(of(2, "", file, "").as_deref(), Some("candidate.x"));
        assert_eq!(of(4, "z", file, "").as_deref(), Some("z"));
        assert_eq!(of(5, "z", file, ""), None);
        assert_eq!(of(1, "b", "src/x/a.py", "src").as_deref(), Some("x.b"));
        assert_eq!(
            of(1, "b", "candidate/x/__init__.py", "").as_deref(),
            Some("candidate.x.b")
        );
    }

    #[test]
    fn what_lies_below_a_name_is_held_by_it() {
        let names = Names(vec!["candidate.x".into()]);
        let holds = |module, name| names.hold(Named { module, name });
        assert!(holds("candidate.x", None));
        assert!(holds("candidate.x.y", Some("z")));
        assert!(holds("candidate", Some("x")));
        assert!(!holds("candidate", Some("xy")));
        assert!(!holds("candidate", None));
    }

    proptest! {
        #[test]
        fn no_name_is_too_odd(level in 0..9u16, module in "[a-z.]{0,9}", file in "[a-z./]{0,12}") {
            let _ = absolute(&mention(level, &module), &RepoPath::from(file.as_str()), &"".into());
        }
    }
}
