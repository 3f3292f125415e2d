//! `api`: what the module offers to others is listed, and what breaks them is
//! declared. It is compared with what the merge-base has; a module that is new,
//! with what stands where it would be promoted to.
//!
//! A breaking change is declared by an entry of the changelog that was added
//! since the merge-base, that says "breaking" itself or below such a heading,
//! and that names what breaks as the finding does: `call`, `Policy.waits`. The
//! entry must name the module as well, or the name must be behind its own:
//! `retry.call`.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::prose::{self, Entry};
use super::public::Public;
use super::{About, Check, Measure, aside, count, files, some, syntax};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::gates::subject::{Finder, Subject};
use crate::promotion::api::{self, Api, Change};
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, GateId, RepoPath};

/// The gate.
pub struct ApiGate;

/// So many names are listed with the evidence.
const MOST_LISTED: usize = 200;

/// So many changes are told one by one.
const MOST_CHANGES: usize = 200;

/// What [`Check::compare`] has to know of a tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Facts {
    /// The API.
    api: Api,
    /// What stands where it would be promoted to, if anything does.
    target: Option<(RepoPath, Api)>,
    /// What the changelog says of breaking changes.
    breaking: Vec<Entry>,
}

impl Check for ApiGate {
    fn id(&self) -> GateId {
        GateId::new("api")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Documentation
    }

    fn title(&self) -> &'static str {
        "The public API is listed, and what breaks is declared"
    }

    fn definition(&self) -> u32 {
        2
    }

    fn tools(&self) -> &'static [&'static str] {
        &[]
    }

    fn has_baseline(&self) -> bool {
        true
    }

    fn told(&self, options: &GateOptions) -> serde_json::Value {
        json!({ "changelog": options.changelog })
    }

    fn reads(&self, about: About<'_>) -> Vec<RepoPath> {
        let target = about.target.filter(|target| *target != about.module);
        let mut reads = prose::changelogs(about);
        reads.extend(target.cloned());
        reads
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move {
            let (subject, options) = (job.subject.clone(), job.options.clone());
            let work = move || syntax::with_stack(|| measure(&subject, &options));
            let looked = aside(work).await?;
            looked.unwrap_or_else(|| {
                Err(Trouble::new(
                    "Countersign itself failed to read the module",
                    "report this",
                ))
            })
        })
    }

    fn compare(&self, subject: &Subject, head: &mut Measure, base: Option<&Measure>) {
        let facts = |measure: &Measure| Facts::deserialize(&measure.facts);
        let Ok(now) = facts(head) else {
            return; // it does not apply
        };
        let finder = Finder::new(&subject.tree);
        let before = base.and_then(|base| facts(base).ok());
        match (&before, &now.target) {
            (Some(before), _) => {
                let declared = prose::added(&now.breaking, &before.breaking);
                judge(subject, &finder, head, (&before.api, &now.api), &declared);
            }
            (None, Some((path, target))) => {
                let declared: Vec<&Entry> = now.breaking.iter().collect();
                let message = format!("it is compared with {path}, which it would replace");
                head.findings
                    .push(finder.note("compared", &message, &subject.module, 0, 0));
                judge(subject, &finder, head, (target, &now.api), &declared);
            }
            (None, None) => {
                let message = "there is no version before this one to compare it with";
                head.findings
                    .push(finder.note("compared", message, &subject.module, 0, 0));
            }
        }
    }
}

/// What a module of that dotted name offers, by its files' contents wherever they
/// come from, and the files that do not parse. Recurses through syntax.
pub fn offered(
    module: &RepoPath,
    dotted: &str,
    files: &[RepoPath],
    content: &dyn Fn(&RepoPath) -> Option<Vec<u8>>,
) -> (Api, Vec<RepoPath>) {
    let public = Public::with(module, dotted, files, content);
    let unread = public.unread().cloned().collect();
    (public.api(), unread)
}

fn measure(subject: &Subject, options: &GateOptions) -> Result<Measure, Trouble> {
    let about = About::of(subject, options);
    let public = Public::of(subject);
    let mut measure = Measure::default();
    if public.files.is_empty() {
        measure.inapplicable = Some("it holds only tests".into());
        return Ok(measure);
    }
    let finder = Finder::new(&subject.tree);
    let unread: Vec<String> = public.unread().map(ToString::to_string).collect();
    for path in public.unread() {
        let message = "it does not parse: nothing is known of what it offers";
        let finding = finder.error("syntax", message, path, 0, 0);
        measure.findings.push(finding);
    }
    if !unread.is_empty() {
        let files = count(unread.len(), "file");
        measure.fails = Some(format!(
            "what it offers is not known: {files} that cannot be parsed: {}",
            some(&unread)
        ));
    }
    for (_, found) in public.files.iter() {
        if found.read.as_ref().is_some_and(|read| read.computed) {
            let message = "parts of __all__ are only known when it is run: names without a \
                           leading _ count as well";
            let finding = finder.note("computed", message, &found.path, 0, 0);
            measure.findings.push(finding);
        }
    }
    let api = public.api();
    measure.api = api::list(&api);
    let names = measure.api.len();
    measure.api.truncate(MOST_LISTED);
    let (_, entries) = prose::entries(subject, about);
    let facts = Facts {
        api,
        target: at_target(subject)?,
        breaking: entries.into_iter().filter(|it| it.breaking).collect(),
    };
    measure.facts = serde_json::to_value(facts).unwrap_or_default();
    measure
        .work
        .push(("files".into(), public.files.len() as u64));
    if names > 0 {
        measure.work.push(("names".into(), names as u64));
    }
    measure.summary = Some(match names {
        0 => "no public name".into(),
        n => format!("{} public", count(n, "name")),
    });
    Ok(measure)
}

/// What stands where the module would be promoted to.
fn at_target(subject: &Subject) -> Result<Option<(RepoPath, Api)>, Trouble> {
    let (tree, module) = (&subject.tree, &subject.module);
    let target = subject.target.as_ref().filter(|target| *target != module);
    let Some(target) = target.filter(|target| prose::is_plain(tree, target)) else {
        return Ok(None);
    };
    let there = std::fs::symlink_metadata(subject.on_disk(target));
    let Some(there) = there.ok().filter(|it| it.is_file() || it.is_dir()) else {
        return Ok(None);
    };
    let there = Subject {
        module: target.clone(),
        is_file: there.is_file(),
        files: Vec::new(),
        ..subject.clone()
    };
    let files = python_files(&there).map_err(|error| {
        Trouble::new(format!("{target} cannot be read: {error}"), "run it again")
    })?;
    Ok((!files.is_empty()).then(|| {
        let public = Public::at(tree, target, &files);
        (target.clone(), public.api())
    }))
}

/// The Python files at and below a module's path. No link is followed.
fn python_files(subject: &Subject) -> std::io::Result<Vec<RepoPath>> {
    let mut files = files::of_module(subject)?.files;
    files.retain(RepoPath::is_python);
    Ok(files)
}

/// Names what changed, and fails for what breaks and is not declared.
fn judge(
    subject: &Subject,
    finder: &Finder<'_>,
    head: &mut Measure,
    (old, new): (&Api, &Api),
    entries: &[&Entry],
) {
    let short = prose::short_name(&subject.module);
    let changes = api::changes(old, new);
    let mut undeclared: Vec<&str> = Vec::new();
    for (n, change) in changes.iter().enumerate() {
        let at = change.at.clone();
        let (path, line) = at.unwrap_or_else(|| (subject.module.clone(), 0));
        let said = format!("{}: {}", change.name, change.what);
        let declared = entries.iter().find(|entry| declares(entry, change, &short));
        let finding = match (change.breaking, declared) {
            (false, _) => finder.note("changed", &said, &path, line, 0),
            (true, Some(entry)) => {
                let said = format!("{said} (declared in {}:{})", entry.path, entry.line);
                finder.note("breaking-declared", &said, &path, line, 0)
            }
            (true, None) => {
                if !undeclared.contains(&change.name.as_str()) {
                    undeclared.push(&change.name);
                }
                finder.error("breaking", &said, &path, line, 0)
            }
        };
        // All that count are told.
        if n < MOST_CHANGES || finding.severity == crate::promotion::Severity::Error {
            head.findings.push(finding);
        }
    }
    if !undeclared.is_empty() {
        let why = format!(
            "what changed in {} breaks those who use it: declare it in the changelog, in an entry on {} that says \
             \"breaking\" and names {}",
            some(&undeclared),
            subject.module,
            if undeclared.len() == 1 { "it" } else { "them" },
        );
        head.fails = Some(match head.fails.take() {
            None => why,
            Some(other) => format!("{other}; {why}"),
        });
    }
}

/// True where an entry says that a name breaks.
fn declares(entry: &Entry, change: &Change, short: &str) -> bool {
    let apart = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'));
    let words = entry.text.split(apart).map(|word| word.trim_matches('.'));
    let own = format!("{short}.{}", change.name);
    words.into_iter().any(|word| {
        let behind = |name: &str| {
            word == name
                || word
                    .strip_suffix(name)
                    .is_some_and(|rest| rest.ends_with('.'))
        };
        behind(&own) || entry.of_module && behind(&change.name)
    })
}

#[cfg(test)]
mod tests;
