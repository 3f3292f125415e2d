//! `promote`: a PROMOTE.md says of the module why it is to be promoted, what
//! must hold, what can go wrong, and who answers for it. It is for those who
//! sign: hence the criterion.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::prose::{self, Document, Filled, Template};
use super::{About, Check, Measure};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::gates::subject::{Finder, Subject};
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, GateId, RepoPath, proposal};

/// The gate.
pub struct Promote;

/// The document's name.
pub const FILE: &str = "PROMOTE.md";

/// Where a module's own is looked for, unless it is configured.
const USUAL: [&str; 3] = [
    "{module}/PROMOTE.md",
    "{module}.PROMOTE.md",
    "docs/promote/{path}.md",
];

/// Where a repository keeps the form to be filled in, beside the directories
/// above the module.
const FORMS: [&str; 4] = [
    "PROMOTE.md",
    ".github/PROMOTE.md",
    "docs/PROMOTE.md",
    "docs/templates/PROMOTE.md",
];

/// What it must say: in a word, by which words it is found, with how many words.
const PARTS: [(&str, &[&str], usize); 3] = [
    (
        "why",
        &["why", "motivation", "rationale", "benefit", "reason"],
        3,
    ),
    (
        "acceptance criteria",
        &["acceptance", "criteri", "done when"],
        3,
    ),
    ("risks", &["risk"], 3),
];

impl Check for Promote {
    fn id(&self) -> GateId {
        GateId::new("promote")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Reviewers
    }

    fn title(&self) -> &'static str {
        "PROMOTE.md says why, what must hold, what can go wrong, and who answers"
    }

    fn definition(&self) -> u32 {
        3
    }

    fn tools(&self) -> &'static [&'static str] {
        &[]
    }

    fn told(&self, options: &GateOptions) -> serde_json::Value {
        json!({ "places": options.places, "template": options.template })
    }

    fn reads(&self, about: About<'_>) -> Vec<RepoPath> {
        let forms = forms(about);
        [places(about), forms].concat()
    }

    fn asks_owner(&self) -> bool {
        true
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move {
            Ok(measure(
                job.subject,
                About::of(job.subject, job.options),
                &mut |note| job.note(note),
            ))
        })
    }
}

/// Where the module's own document may be, the first first.
pub fn places(about: About<'_>) -> Vec<RepoPath> {
    match about.options.places.as_slice() {
        [] => prose::places(about, &USUAL),
        configured => prose::places(about, configured),
    }
}

/// Where the form may be. One of them may as well be filled in, for several modules.
pub fn forms(about: About<'_>) -> Vec<RepoPath> {
    match &about.options.template {
        Some(path) => vec![path.clone()],
        None => [prose::above(about, FILE), prose::places(about, &FORMS)].concat(),
    }
}

/// The module's document, and the form it was made from.
pub fn find(subject: &Subject, about: About<'_>) -> Option<(RepoPath, Document, Template)> {
    let own = places(about);
    let read = |path: RepoPath| {
        let text = prose::read(&subject.tree, &path)?;
        Some((path, Document::parse(&text)))
    };
    let is_other = |path: &RepoPath| !own.contains(path);
    let mut forms = forms(about).into_iter().filter(is_other).filter_map(read);
    if let Some((path, document)) = own.iter().cloned().find_map(read) {
        let form = forms.next().map(|(_, form)| Template::of(&form));
        return Some((path, document, form.unwrap_or_default()));
    }
    let (path, document) = forms.find(|(_, form)| is_named(about, form))?;
    Some((path, document, Template::default()))
}

/// True where a document names the module in full.
fn is_named(about: About<'_>, document: &Document) -> bool {
    let full = prose::names_of(about);
    document
        .lines
        .iter()
        .any(|line| full.iter().any(|name| prose::names(&line.text, name)))
}

/// What it says of a document as it stands in the subject's tree.
pub fn measure(subject: &Subject, about: About<'_>, note: &mut dyn FnMut(String)) -> Measure {
    let finder = Finder::new(&subject.tree);
    let mut measure = Measure::default();
    let Some((path, document, form)) = find(subject, about) else {
        let wanted = places(about);
        let wanted = wanted.first().unwrap_or(about.module);
        let form = forms(about)
            .into_iter()
            .find(|path| prose::read(&subject.tree, path).is_some());
        let from = form.map_or(String::new(), |form| format!(", from {form}"));
        let message = format!("there is no {FILE} for it: write {wanted}{from}");
        let finding = finder.error("missing", &message, &subject.module, 0, 0);
        measure.findings.push(finding);
        measure.fails = Some(message);
        measure.summary = Some(format!("no {FILE}"));
        return measure;
    };
    let mut lacks: Vec<&str> = Vec::new();
    if !is_named(about, &document) && !has_short_name(about, &document) {
        let message = format!(
            "it does not name {}: is it about another module?",
            subject.module
        );
        measure
            .findings
            .push(finder.error("module", &message, &path, 0, 0));
        lacks.push("the module's name");
    }
    let owner = form.filled(document.behind_labels(&["owner"]), 1);
    let owner = match owner {
        Filled::Written { .. } => owner,
        // Without a label a heading may do.
        other => match form.filled(document.below_headings(&["owner"]), 1) {
            Filled::Missing => other,
            below => below,
        },
    };
    note_other_owner(subject, &owner, note);
    let parts = PARTS.iter().map(|(name, words, least)| {
        let part = form.filled(document.part(words), *least);
        (*name, words[0], part, *least)
    });
    let parts: Vec<_> = parts.chain([("owner", "owner", owner, 1)]).collect();
    for (name, word, part, least) in &parts {
        let (line, message) = match part {
            Filled::Written { .. } => continue,
            Filled::Missing => (
                0,
                format!("it has no part on {name}: write a heading with {word:?}"),
            ),
            Filled::Open { line, title, text } => (*line, open(title, text, *least)),
        };
        measure
            .findings
            .push(finder.error(name, &message, &path, line, 0));
        lacks.push(name);
    }
    // Whether a criterion holds is for its gates to say, and Gate 1 has them say it: a
    // document may well have it open. To tick it changes the module, so that what the
    // gates say of the very same content can never be asked for here; but a tick has to
    // name the evidence that it was made from.
    let text = prose::read(&subject.tree, &path).unwrap_or_default();
    let by_hand = proposal::by_hand(&text);
    for (line, label) in &by_hand {
        let message = format!(
            "{label:?} is ticked and names no evidence: evidence ticks it (`countersign propose`), \
             and nobody by hand"
        );
        let finding = finder.error("ticked", &message, &path, *line, 0);
        measure.findings.push(finding);
    }
    measure.fails = match (lacks.len(), by_hand.len()) {
        (0, 0) => None,
        (0, 1) => Some(format!("{path} has a criterion ticked by hand")),
        (0, n) => Some(format!("{path} has {n} criteria ticked by hand")),
        _ => Some(format!("{path} lacks {}", lacks.join(", "))),
    };
    measure.work = vec![("parts".into(), parts.len() as u64)];
    measure.summary = Some(match lacks.len() {
        0 => path.to_string(),
        n => format!("{n} of {} missing", parts.len() + 1),
    });
    measure
}

/// What is wrong with a part that is there.
pub(super) fn open(title: &str, text: &str, least: usize) -> String {
    match text {
        "" => format!("{title:?} says nothing that the template does not say"),
        text => format!("{title:?} says only {text:?}: at least {least} words are asked for"),
    }
}

/// In a document of its own the last part of its name is enough.
fn has_short_name(about: About<'_>, document: &Document) -> bool {
    let short = prose::short_name(about.module);
    let mut lines = document.lines.iter();
    lines.any(|line| prose::names(&line.text, &short))
}

/// Two names for who answers are one too many.
fn note_other_owner(subject: &Subject, written: &Filled, note: &mut dyn FnMut(String)) {
    let (Filled::Written { text, .. }, Some(owner)) = (written, &subject.owner) else {
        return;
    };
    let same = |name: &str| text.to_lowercase().contains(&name.to_lowercase());
    if !owner.name.split_whitespace().any(same) {
        note(format!(
            "{FILE} names another owner ({text}) than the configuration or CODEOWNERS ({})",
            owner.name
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::lane::default_lanes;

    const FORM: &str = "\
# PROMOTE.md: rationale & acceptance criteria
- **Module name:**
- **Owner:** @github-user
- **Risk level:** [LOW | HIGH]

## Motivation
- Problem this solves:

## Acceptance criteria
- [ ] tests pass for everybody

## Risks & mitigation
Brief list of what can go wrong.
";

    fn measured(files: &[(&str, &str)]) -> Measure {
        let tree = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let file = tree.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let subject = Subject {
            files: vec!["candidate/x/a.py".into()],
            target: Some("core/x".into()),
            lanes: default_lanes().into(),
            ..Subject::test("candidate/x", tree.path())
        };
        let options = GateOptions::default();
        measure(&subject, About::of(&subject, &options), &mut |_| {})
    }

    fn rules(measure: &Measure) -> Vec<&str> {
        measure.findings.iter().map(|f| f.rule.as_str()).collect()
    }

    /// A criterion as it is written before any gate ran.
    const OPEN: &str = "- [ ] tests pass for everybody\n  - Evidence: missing: tests never run";

    fn filled_in() -> String {
        FORM.replace("- [ ] tests pass for everybody", OPEN)
            .replace("name:**", "name:** candidate/x")
            .replace("@github-user", "@mara")
            .replace("solves:", "solves: shops pay twice")
            .replace(
                "Brief list of what can go wrong.",
                "A card is charged twice.",
            )
    }

    #[test]
    fn a_filled_in_form_passes() {
        let own = filled_in();
        let measure = measured(&[
            ("candidate/PROMOTE.md", FORM),
            ("candidate/x/PROMOTE.md", &own),
        ]);
        assert_eq!(measure.findings, []);
        assert_eq!(measure.fails, None);
        assert_eq!(measure.work, [("parts".to_owned(), 4)]);
    }

    #[test]
    fn the_form_itself_does_not() {
        let measure = measured(&[
            ("candidate/PROMOTE.md", FORM),
            ("candidate/x/PROMOTE.md", FORM),
        ]);
        assert_eq!(
            rules(&measure),
            ["module", "why", "acceptance criteria", "risks", "owner"]
        );
        let places: Vec<u32> = measure.findings.iter().map(|f| f.line).collect();
        assert_eq!(places, [0, 6, 9, 12, 3]);
    }

    #[test]
    fn a_criterion_is_ticked_by_evidence_alone() {
        let own = filled_in();
        let with = |tick: &str| {
            let own = own.replace(OPEN, tick);
            measured(&[
                ("candidate/PROMOTE.md", FORM),
                ("candidate/x/PROMOTE.md", &own),
            ])
        };
        let measure = with("- [x] tests pass for everybody");
        assert_eq!(rules(&measure), ["ticked"]);
        assert_eq!(measure.findings[0].line, 10);
        let why = "candidate/x/PROMOTE.md has a criterion ticked by hand";
        assert_eq!(measure.fails.as_deref(), Some(why));
        let measure = with(&format!(
            "- [x] tests pass for everybody\n  - Evidence: tests passed; gate report sha256:{} of \
             0123456",
            "ab".repeat(32)
        ));
        assert_eq!((rules(&measure), measure.fails.as_deref()), (vec![], None));
        // What is open says so, and that is for the other gates.
        assert_eq!(with(OPEN).fails, None);
    }

    #[test]
    fn without_any_it_says_where_to_write_one() {
        let why = measured(&[("candidate/PROMOTE.md", FORM)]).fails.unwrap();
        assert_eq!(
            why,
            "there is no PROMOTE.md for it: write candidate/x/PROMOTE.md, from candidate/PROMOTE.md"
        );
    }

    #[test]
    fn one_for_the_lane_may_name_the_module() {
        let own = filled_in();
        assert_eq!(measured(&[("candidate/PROMOTE.md", &own)]).fails, None);
        let other = own.replace("candidate/x", "candidate/y");
        assert!(
            measured(&[("candidate/PROMOTE.md", &other)])
                .fails
                .is_some()
        );
        let measure = measured(&[("candidate/x/PROMOTE.md", &other)]);
        assert_eq!(rules(&measure), ["module"]);
    }
}
