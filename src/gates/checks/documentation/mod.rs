//! `documentation`: the module and what it offers are explained, its README
//! shows how to use it in examples that run, and the changelog names it.

mod docstrings;
mod examples;
mod run;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use self::examples::{Examples, NO_RUN};
use self::run::Ended;
use super::prose::{self, Document, Entry};
use super::{About, Check, Measure, Scope, aside, count, syntax};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::gates::process::hex;
use crate::gates::subject::{Finder, Subject};
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, GateId, RepoPath};

pub use examples::python_in;

/// The gate.
pub struct Documentation;

/// Where a README is looked for, unless it is configured.
const USUAL: [&str; 5] = [
    "{module}/README.md",
    "{module}.README.md",
    "{module}.md",
    "docs/{path}.md",
    "docs/{path}/README.md",
];

/// What [`Check::compare`] has to know of a tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Facts {
    /// The digest of the module's Python files.
    content: String,
    /// Where there is a changelog.
    changelogs: Vec<RepoPath>,
    /// The entries that name the module.
    entries: Vec<Entry>,
}

impl Check for Documentation {
    fn id(&self) -> GateId {
        GateId::new("documentation")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Documentation
    }

    fn title(&self) -> &'static str {
        "Docstrings, a README whose examples run, and a changelog entry"
    }

    fn definition(&self) -> u32 {
        2
    }

    fn tools(&self) -> &'static [&'static str] {
        &[]
    }

    fn scope(&self) -> Scope {
        Scope::Examples
    }

    fn has_baseline(&self) -> bool {
        true
    }

    fn differs_at_base(&self) -> bool {
        true
    }

    fn runs_code(&self) -> bool {
        true
    }

    fn told(&self, options: &GateOptions) -> serde_json::Value {
        json!({ "places": options.places, "changelog": options.changelog })
    }

    fn reads(&self, about: About<'_>) -> Vec<RepoPath> {
        [readmes(about), prose::changelogs(about)].concat()
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(measure(job))
    }

    fn compare(&self, subject: &Subject, head: &mut Measure, base: Option<&Measure>) {
        let facts = |measure: &Measure| Facts::deserialize(&measure.facts);
        let Ok(now) = facts(head) else {
            return; // it does not apply
        };
        let before = base.and_then(|base| facts(base).ok());
        let finder = Finder::new(&subject.tree);
        match changelog(subject, &now, before.as_ref()) {
            Ok(entry) => head.findings.push(finder.note(
                "changelog",
                &format!("the changelog says: {}", entry.text),
                &entry.path,
                entry.line,
                0,
            )),
            Err(Lacks { path, why }) => {
                head.findings
                    .push(finder.error("changelog", &why, &path, 0, 0));
                fail(head, why);
            }
        }
    }
}

/// Where the README may be, the first first.
fn readmes(about: About<'_>) -> Vec<RepoPath> {
    match about.options.places.as_slice() {
        [] => prose::places(about, &USUAL),
        configured => prose::places(about, configured),
    }
}

/// Adds a reason for which it fails, whatever else is found.
fn fail(measure: &mut Measure, why: String) {
    measure.fails = Some(match measure.fails.take() {
        None => why,
        Some(other) => format!("{other}; {why}"),
    });
}

async fn measure(job: &Job<'_>) -> Result<Measure, Trouble> {
    let (subject, options) = (job.subject.clone(), job.options.clone());
    let work = move || syntax::with_stack(|| look(&subject, About::of(&subject, &options)));
    let looked = aside(work).await?;
    let (mut measure, readme) = looked.ok_or_else(|| {
        Trouble::new(
            "Countersign itself failed to read the module",
            "report this",
        )
    })?;
    // What the merge-base has to say is its docstrings and its changelog.
    if job.baseline || measure.inapplicable.is_some() {
        return Ok(measure);
    }
    let Some((path, document)) = readme else {
        no_readme(&mut measure, job.subject, job.options);
        return Ok(measure);
    };
    let examples = Examples::of(&document);
    add_not_run(&mut measure, &examples, &path, job.subject);
    if !examples.blocks.is_empty() {
        let ended = run::run(job, &path, &examples.blocks).await?;
        add_ended(&mut measure, &ended, &path, job.subject);
    }
    Ok(measure)
}

fn no_readme(measure: &mut Measure, subject: &Subject, options: &GateOptions) {
    let mut places = readmes(About::of(subject, options)).into_iter();
    // A file has no directory for one.
    let own = |path: &RepoPath| !subject.is_file || path.parent() == subject.module.parent();
    let wanted = match places.clone().find(own) {
        Some(wanted) => wanted,
        None => places.next().unwrap_or_else(|| subject.module.clone()),
    };
    let why = format!("there is no README for it: write {wanted}");
    let finder = Finder::new(&subject.tree);
    let finding = finder.error("readme", &why, &subject.module, 0, 0);
    measure.findings.push(finding);
    fail(measure, why);
}

/// Says which examples are not run; fails where there are no others.
fn add_not_run(measure: &mut Measure, examples: &Examples, path: &RepoPath, subject: &Subject) {
    let finder = Finder::new(&subject.tree);
    for line in &examples.not_run {
        let message = format!("this example is marked {NO_RUN}, and was not run");
        let finding = finder.note(NO_RUN, &message, path, *line, 0);
        measure.findings.push(finding);
    }
    if examples.blocks.is_empty() {
        let why = lacks_examples(path, examples);
        let finding = finder.error("example", &why, path, 0, 0);
        measure.findings.push(finding);
        fail(measure, why);
    }
}

fn lacks_examples(path: &RepoPath, examples: &Examples) -> String {
    match examples.not_run.len() {
        0 => format!("{path} has no example: show in a ```python block how it is used"),
        _ => format!("{path}: every example is marked {NO_RUN}, so none was run"),
    }
}

fn add_ended(measure: &mut Measure, ended: &[Ended], path: &RepoPath, subject: &Subject) {
    let finder = Finder::new(&subject.tree);
    let mut ran = 0;
    for how in ended {
        match how {
            Ended::Well(examples) => ran += u64::from(*examples > 0),
            Ended::NotRun => {}
            Ended::Badly { line, what, words } => {
                ran += 1;
                let finding = finder.said("example", what, words, (path, *line));
                measure.findings.push(finding);
                fail(measure, format!("{path}:{line}: {what}"));
            }
        }
    }
    let left = ended.iter().filter(|how| **how == Ended::NotRun).count();
    if left > 0 {
        let examples = count(left, "example");
        let message = format!("{examples} after the one that failed were not run");
        measure
            .findings
            .push(finder.note("example", &message, path, 0, 0));
    }
    if ran == 0 {
        let why = format!("{path}: no example has anything that was run");
        measure
            .findings
            .push(finder.error("example", &why, path, 0, 0));
        fail(measure, why);
        return;
    }
    measure.work.push(("blocks".into(), ran));
}

/// A README that was found.
type Readme = Option<(RepoPath, Document)>;

/// What can be said without running anything.
fn look(subject: &Subject, about: About<'_>) -> (Measure, Readme) {
    let mut measure = docstrings::look(subject);
    let (changelogs, entries) = prose::entries(subject, about);
    let facts = Facts {
        content: content(subject),
        changelogs,
        entries: entries.into_iter().filter(|it| it.of_module).collect(),
    };
    if measure.inapplicable.is_none() {
        // Plain data: it can always be written.
        measure.facts = serde_json::to_value(facts).unwrap_or_default();
    }
    let readme = readmes(about).into_iter().find_map(|path| {
        let text = prose::read(&subject.tree, &path)?;
        Some((path, Document::parse(&text)))
    });
    (measure, readme)
}

/// The digest of the module's Python files, wherever it is.
fn content(subject: &Subject) -> String {
    let mut hasher = Sha256::new();
    for path in &subject.files {
        let name = path.strip(&subject.module).unwrap_or_else(|| path.clone());
        let content = std::fs::read(subject.on_disk(path)).unwrap_or_default();
        for part in [name.as_bytes(), &content] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    hex(&hasher.finalize())
}

/// What the changelog lacks.
#[derive(Debug, PartialEq)]
struct Lacks {
    path: RepoPath,
    why: String,
}

/// The entry that speaks for the module. Where the module changed since the
/// merge-base, it must be new since then; where it is as it was, or was not
/// there, any that names it will do.
fn changelog<'a>(
    subject: &Subject,
    now: &'a Facts,
    before: Option<&Facts>,
) -> Result<&'a Entry, Lacks> {
    let module = &subject.module;
    let Some(path) = now.changelogs.first() else {
        return Err(Lacks {
            path: module.clone(),
            why: format!("there is no changelog: write CHANGELOG.md, with an entry on {module}"),
        });
    };
    let lacks = |why: String| Lacks {
        path: path.clone(),
        why,
    };
    let any = now.entries.first();
    let any = any.ok_or_else(|| lacks(format!("no entry of {path} names {module}")))?;
    match before.filter(|before| before.content != now.content) {
        None => Ok(any),
        Some(before) => {
            let added = prose::added(&now.entries, &before.entries);
            added.into_iter().next().ok_or_else(|| {
                lacks(format!(
                    "{module} changed since the merge-base, and no entry that names it was added \
                     to {path}"
                ))
            })
        }
    }
}

#[cfg(test)]
mod tests;
