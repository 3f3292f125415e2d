//! `ethics`: what touches models, user data or safety has an assessment with
//! all its parts. A person says that it does; hints in the source may add that,
//! and nothing takes it away.

pub mod hints;

use std::path::Path;

use futures_util::future::BoxFuture;
use serde_json::json;

use super::prose::{self, Document, Filled, Template};
use super::{About, Check, Measure, aside, count, promote, syntax};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::gates::subject::{Finder, Subject};
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, Finding, GateId, RepoPath};

/// The gate.
pub struct Ethics;

/// Where an assessment is looked for, unless it is configured.
const USUAL: [&str; 6] = [
    "{module}/ETHICS_ASSESSMENT.md",
    "{module}/ETHICS.md",
    "{module}.ETHICS_ASSESSMENT.md",
    "{module}.ETHICS.md",
    "docs/ethics/{path}.md",
    "docs/ethics/{path}/ETHICS_ASSESSMENT.md",
];

/// Where a repository keeps the form to be filled in, beside the directories
/// above the module.
const FORMS: [&str; 6] = [
    "ETHICS_ASSESSMENT_TEMPLATE.md",
    ".github/ETHICS_ASSESSMENT_TEMPLATE.md",
    "docs/ETHICS_ASSESSMENT_TEMPLATE.md",
    "docs/ethics/ETHICS_ASSESSMENT_TEMPLATE.md",
    "docs/project/ETHICS_ASSESSMENT_TEMPLATE.md",
    "docs/templates/ETHICS_ASSESSMENT_TEMPLATE.md",
];

/// The six parts, and by which words they are found.
pub const PARTS: [(&str, &[&str]); 6] = [
    ("objectives", &["objective", "purpose", "goal", "summary"]),
    ("threat model", &["threat"]),
    ("mitigations", &["mitigation", "control"]),
    (
        "dataset provenance",
        &["provenance", "dataset", "data source"],
    ),
    ("privacy safeguards", &["privacy"]),
    ("fallback behaviours", &["fallback", "safe default"]),
];

/// So many words say something.
const LEAST: usize = 3;

/// What a document is asked, where it is asked for a yes or a no.
const QUESTIONS: [&str; 8] = [
    "model-facing",
    "model facing",
    "user-facing",
    "user facing",
    "user data",
    "personal data",
    "safety",
    "ethics",
];

/// How a chapter begins that says that there is nothing to assess.
const NO: [&str; 5] = [
    "does not apply",
    "not applicable",
    "not needed",
    "none:",
    "no:",
];

impl Check for Ethics {
    fn id(&self) -> GateId {
        GateId::new("ethics")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Ethics
    }

    fn title(&self) -> &'static str {
        "What touches models, user data or safety was assessed"
    }

    fn definition(&self) -> u32 {
        2
    }

    fn tools(&self) -> &'static [&'static str] {
        &[]
    }

    fn told(&self, options: &GateOptions) -> serde_json::Value {
        json!({
            "places": options.places,
            "template": options.template,
            "applies_to": options.applies_to,
            "promote": options.promote_places,
        })
    }

    fn reads(&self, about: About<'_>) -> Vec<RepoPath> {
        let promote = promote_options(about.options);
        let promote = About {
            options: &promote,
            ..about
        };
        [
            assessments(about),
            forms(about),
            promote::Promote.reads(promote),
        ]
        .concat()
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move {
            let (subject, options) = (job.subject.clone(), job.options.clone());
            let imports = job.bench.imports.of;
            let work = move || syntax::with_stack(|| measure(&subject, &options, imports));
            let measure = aside(work).await?;
            let measure = measure.ok_or_else(|| {
                Trouble::new(
                    "Countersign itself failed to read the module",
                    "report this",
                )
            })?;
            if measure.inapplicable.is_none() {
                job.note("whether it is signed is for Gate 2: no signature was looked for");
            }
            Ok(measure)
        })
    }
}

/// What the gate `promote` is told of where its document is.
fn promote_options(options: &GateOptions) -> GateOptions {
    GateOptions {
        places: options.promote_places.clone(),
        ..GateOptions::default()
    }
}

/// Where the module's own assessment may be, the first first.
pub fn assessments(about: About<'_>) -> Vec<RepoPath> {
    match about.options.places.as_slice() {
        [] => prose::places(about, &USUAL),
        configured => prose::places(about, configured),
    }
}

/// Where the form may be.
pub fn forms(about: About<'_>) -> Vec<RepoPath> {
    match &about.options.template {
        Some(path) => vec![path.clone()],
        None => [
            prose::above(about, "ETHICS_ASSESSMENT_TEMPLATE.md"),
            prose::places(about, &FORMS),
        ]
        .concat(),
    }
}

/// The first of these documents that is there.
fn first(tree: &Path, places: Vec<RepoPath>) -> Option<(RepoPath, Document)> {
    places.into_iter().find_map(|path| {
        let text = prose::read(tree, &path)?;
        Some((path, Document::parse(&text)))
    })
}

/// What in a file speaks for it. Blocks.
pub fn hints_aside(content: &[u8], imports: fn(&[u8]) -> Vec<(String, u32)>) -> Vec<hints::Hint> {
    let work = || hints::of(content, &imports(content));
    syntax::with_stack(work).unwrap_or_default()
}

/// What it says of the documents as they stand in the subject's tree; `None` where it
/// failed itself. Blocks.
pub fn measure_aside(
    subject: &Subject,
    options: &GateOptions,
    imports: fn(&[u8]) -> Vec<(String, u32)>,
) -> Option<Measure> {
    syntax::with_stack(|| measure(subject, options, imports))
}

fn measure(
    subject: &Subject,
    options: &GateOptions,
    imports: fn(&[u8]) -> Vec<(String, u32)>,
) -> Measure {
    let about = About::of(subject, options);
    let promote_options = promote_options(options);
    let promote = promote::find(
        subject,
        About {
            options: &promote_options,
            ..about
        },
    );
    let own = first(&subject.tree, assessments(about));
    let form = first(&subject.tree, forms(about)).map(|(_, form)| Template::of(&form));
    let mut denied = false;
    let chapter = promote.as_ref().and_then(|(path, document, form)| {
        let chapter = document.chapter(&["ethic"])?;
        // Where only its form stands there, nobody said anything.
        let said = form.first_own(&chapter)?.to_lowercase();
        denied = NO.iter().any(|no| said.starts_with(no));
        (!denied).then(|| (path.clone(), chapter, form.clone()))
    });

    let finder = Finder::new(&subject.tree);
    let mut reasons: Vec<(String, Finding)> = Vec::new();
    let mut because = |why: String, path: &RepoPath, line: u32| {
        let finding = finder.note("applies", &why, path, line, 0);
        reasons.push((why, finding));
    };
    let named =
        |path: &&RepoPath| subject.module.is_within(path) || path.is_within(&subject.module);
    if options.applies_to.iter().any(|path| named(&path)) {
        because(
            "countersign.toml says that it applies".into(),
            &subject.module,
            0,
        );
    }
    let answers = promote
        .iter()
        .flat_map(|(path, document, _)| answers(path, document));
    let answers: Vec<_> = answers.collect();
    for (path, line, question) in answers
        .iter()
        .filter(|(.., yes)| *yes)
        .map(|(p, l, q, _)| (p, l, q))
    {
        because(
            format!("{} answers {question:?} with yes", promote::FILE),
            path,
            *line,
        );
    }
    if let Some((path, ..)) = own.as_ref() {
        because("there is an assessment".into(), path, 0);
    } else if let Some((path, ..)) = &chapter {
        because(format!("{} has a chapter on it", promote::FILE), path, 0);
    }
    for path in &subject.files {
        let Ok(content) = std::fs::read(subject.on_disk(path)) else {
            continue; // `compile` says so
        };
        for hint in hints::of(&content, &imports(&content)) {
            because(hint.what, path, hint.line);
        }
    }

    let mut measure = Measure {
        work: vec![("files".into(), subject.files.len() as u64)],
        ..Measure::default()
    };
    let Some((why, _)) = reasons.first().cloned() else {
        let no = denied || !answers.is_empty();
        let said = promote.as_ref().map(|(path, ..)| (path, no));
        measure.inapplicable = Some(not_applicable(subject, said));
        return measure;
    };
    measure.findings = reasons.into_iter().map(|(_, finding)| finding).collect();
    let assessment = match (own, chapter) {
        (Some((path, document)), _) => Some((path, document, form.unwrap_or_default())),
        (None, chapter) => chapter,
    };
    match assessment {
        Some((path, document, form)) => judge(&path, &document, &form, &finder, &mut measure),
        None => {
            let place = assessments(about).into_iter().next();
            let place = place.unwrap_or_else(|| subject.module.clone());
            let message = format!("{why}, and there is no assessment: write {place}");
            measure
                .findings
                .push(finder.error("missing", &message, &subject.module, 0, 0));
            measure.fails = Some(message);
            measure.summary = Some("no assessment".into());
        }
    }
    measure
}

/// Whether all six parts say something.
fn judge(
    path: &RepoPath,
    document: &Document,
    form: &Template,
    finder: &Finder<'_>,
    measure: &mut Measure,
) {
    let mut lacks = Vec::new();
    for (name, words) in PARTS {
        let (line, message) = match form.filled(document.part(words), LEAST) {
            Filled::Written { .. } => continue,
            Filled::Missing => (
                0,
                format!(
                    "it has no part on {name}: write a heading with {:?}",
                    words[0]
                ),
            ),
            Filled::Open { line, title, text } => (line, promote::open(&title, &text, LEAST)),
        };
        measure
            .findings
            .push(finder.error(name, &message, path, line, 0));
        lacks.push(name);
    }
    measure.work.push(("parts".into(), PARTS.len() as u64));
    if !lacks.is_empty() {
        measure.fails = Some(format!("{path} lacks {}", lacks.join(", ")));
    }
    measure.summary = Some(format!(
        "{} of {} parts",
        PARTS.len() - lacks.len(),
        PARTS.len()
    ));
}

/// Questions of a document that were answered: where, and whether with yes.
fn answers<'a>(path: &RepoPath, document: &'a Document) -> Vec<(RepoPath, u32, &'a str, bool)> {
    let mut answers = Vec::new();
    for line in &document.lines {
        let Some(at) = line.text.find(['?', ':', '|']) else {
            continue;
        };
        let (question, answer) = (line.text[..at].trim(), &line.text[at + 1..]);
        let lower = question.to_lowercase();
        if !QUESTIONS.iter().any(|stem| lower.contains(stem)) {
            continue;
        }
        // `[yes / no]` is still to be answered.
        let words: Vec<String> = answer
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let has = |word: &str| words.iter().any(|w| w == word);
        let open = has("yes") && has("no") && words.len() == 2;
        match words.first().map(String::as_str) {
            _ if open => {}
            Some("yes" | "true" | "y") => answers.push((path.clone(), line.number, question, true)),
            Some("no" | "false" | "n") => {
                answers.push((path.clone(), line.number, question, false))
            }
            _ => {}
        }
    }
    answers
}

/// Why it does not apply: what was looked at, and what it did not say.
fn not_applicable(subject: &Subject, promote: Option<(&RepoPath, bool)>) -> String {
    let said = match promote {
        None => format!("it has no {}", promote::FILE),
        Some((path, false)) => format!("{path} does not"),
        Some((path, true)) => format!("{path} says no"),
    };
    format!(
        "nothing says that it touches models, user data or safety: {said}, countersign.toml does \
         not, and {} with no library for models and no name like `user`, `email` or `consent`",
        match subject.files.len() {
            1 => "1 file was read".to_owned(),
            n => format!("{} were read", count(n, "file")),
        }
    )
}

#[cfg(test)]
mod tests;
