//! `observability`: a service says that it is healthy, tells metrics of its own,
//! writes logs that programs can read, and stops when it is asked to. It is
//! started, asked and stopped in a sandbox with a network of its own.

mod hints;
mod judge;
mod probe;
mod prometheus;

use futures_util::future::BoxFuture;

use super::{About, Check, Measure, Scope, aside, custom, syntax};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::gates::subject::{Finder, Subject};
use crate::promotion::policy::{GateOptions, Service};
use crate::promotion::{Criterion, GateId, RepoPath};
use hints::Hint;

/// The gate.
pub struct Observability;

impl Check for Observability {
    fn id(&self) -> GateId {
        GateId::new("observability")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Observability
    }

    fn title(&self) -> &'static str {
        "A service tells how it is, and stops when asked to"
    }

    fn definition(&self) -> u32 {
        2
    }

    fn tools(&self) -> &'static [&'static str] {
        &[]
    }

    fn scope(&self) -> Scope {
        Scope::Imports
    }

    fn runs_code(&self) -> bool {
        true
    }

    /// What is installed beside the interpreter has its part in what a service does.
    fn program(&self) -> Option<&str> {
        Some("{python}")
    }

    fn told(&self, options: &GateOptions) -> serde_json::Value {
        serde_json::json!({
            "services": options.services,
            "not_services": options.not_services,
        })
    }

    fn reads(&self, about: About<'_>) -> Vec<RepoPath> {
        let services = of(about.module, about.options);
        let arguments = services.flat_map(|service| &service.command);
        let files = arguments.filter_map(|argument| custom::file_of(argument));
        files.map(|(_, path)| path).collect()
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(run(job))
    }
}

/// The services that are declared for a module, for a part of it, or for what it
/// is a part of.
fn of<'a>(
    module: &'a RepoPath,
    options: &'a GateOptions,
) -> impl Iterator<Item = &'a Service> + use<'a> {
    let near = move |service: &&Service| {
        service.module.is_within(module) || module.is_within(&service.module)
    };
    options.services.iter().filter(near)
}

async fn run(job: &Job<'_>) -> Result<Measure, Trouble> {
    let (subject, imports) = (job.subject.clone(), job.bench.imports.of);
    let found = aside(move || syntax::with_stack(|| hinted(&subject, imports)))
        .await?
        .ok_or_else(|| {
            Trouble::new(
                "Countersign itself failed to read the module",
                "report this",
            )
        })?;
    let subject = job.subject;
    let services: Vec<&Service> = of(&subject.module, job.options).collect();
    let (denied, rest): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|(path, _)| job.options.not_services.iter().any(|no| path.is_within(no)));
    let undeclared: Vec<_> = rest
        .into_iter()
        .filter(|(path, _)| !services.iter().any(|it| path.is_within(&it.module)))
        .collect();
    let mut measure = Measure {
        work: vec![("files".into(), subject.files.len() as u64)],
        ..Measure::default()
    };
    if services.is_empty() && undeclared.is_empty() {
        measure.inapplicable = Some(not_applicable(&denied));
        return Ok(measure);
    }
    let mut seen = Vec::new();
    for service in services {
        let facts = probe::run(service, job).await?;
        seen.push((service, judge::judge(service, &facts)));
    }
    // Those that lack something first: the summary is theirs.
    seen.sort_by_key(|(_, judged)| judged.lacks.is_empty());
    let finder = Finder::new(&subject.tree);
    let mut failed = Vec::new();
    if let Some((path, hint)) = undeclared.first() {
        for (path, hint) in &undeclared {
            let message = format!("{}, and nothing says how to start it", hint.what);
            let finding = finder.error("undeclared", &message, path, hint.line, 0);
            measure.findings.push(finding);
        }
        failed.push(undeclared_words(subject, path, hint));
        measure.summary = Some("a service that nobody declared".into());
    }
    if !seen.is_empty() {
        let metrics: u64 = seen.iter().map(|(_, judged)| judged.metrics).sum();
        measure.work.push(("services".into(), seen.len() as u64));
        measure.work.push(("metrics".into(), metrics));
    }
    for (service, judged) in seen {
        measure.findings.extend(
            judged.lacks.iter().map(|lack| {
                finder.said(lack.rule, &lack.message, &lack.detail, (&service.module, 0))
            }),
        );
        for note in &judged.notes {
            let finding = finder.note("logs", note, &service.module, 0, 0);
            measure.findings.push(finding);
        }
        failed.extend(judged.lacks.into_iter().map(|lack| lack.message));
        measure.summary.get_or_insert(judged.summary);
    }
    if !failed.is_empty() {
        measure.fails = Some(failed.join("; "));
    }
    Ok(measure)
}

/// The files of a module that seem to serve something; its tests do not count.
fn hinted(subject: &Subject, imports: fn(&[u8]) -> Vec<(String, u32)>) -> Vec<(RepoPath, Hint)> {
    let mut found = Vec::new();
    let sources = subject
        .files
        .iter()
        .filter(|path| path.is_within(&subject.module) && !subject.tests.contains(path));
    for path in sources {
        let Ok(content) = std::fs::read(subject.on_disk(path)) else {
            continue; // `compile` says so
        };
        found.extend(hints::of(&content, &imports(&content)).map(|hint| (path.clone(), hint)));
    }
    found
}

fn not_applicable(denied: &[(RepoPath, Hint)]) -> String {
    match denied.first() {
        None => "no service: nothing in it listens, and countersign.toml declares none".into(),
        Some((path, hint)) => format!(
            "no service: {path} {}, and countersign.toml says that it is none (`not_services`)",
            hint.what
        ),
    }
}

/// What is to be declared.
fn undeclared_words(subject: &Subject, path: &RepoPath, hint: &Hint) -> String {
    let module = &subject.module;
    let start = match (subject.is_file, subject.dotted()) {
        (false, Some(name))
            if std::fs::symlink_metadata(subject.on_disk(&module.join("__main__.py"))).is_ok() =>
        {
            format!("[\"{{python}}\", \"-m\", \"{name}\", \"{{port}}\"]")
        }
        _ => "[\"{python}\", …, \"{port}\"]".to_owned(),
    };
    format!(
        "{path} {}, so it seems to be a service, and countersign.toml does not say how to start \
         it: add [[gates.observability.services]] with module = \"{module}\" and command = \
         {start}, or name it in `not_services` under [gates.observability]",
        hint.what
    )
}
