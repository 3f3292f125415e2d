//! `supply-chain`: what the repository requires is pinned, what the module
//! imports is required, and nothing that is pinned is known to be vulnerable.
//! No network: advisories come from a dated export.

pub mod declared;
mod distribution;
pub mod export;
mod osv;
mod requirement;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Check, Measure, Scope, Undecided};
use crate::gates::Trouble;
use crate::gates::checks::lane_imports::Mentions;
use crate::gates::job::Job;
use crate::gates::subject::{Finder, Subject};
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, Finding, GateId, RepoPath};
use declared::{Declarations, Declared};
use distribution::{canonical, is_standard, provides};
use export::Export;
use osv::Advisory;
use requirement::Demand;

/// The gate.
pub struct SupplyChain;

/// Its name.
pub const ID: &str = "supply-chain";

/// Reads imports.
#[derive(Clone)]
pub struct Imports {
    /// Of a Python file: the first part of each absolute name, and its line.
    /// What never runs is left out.
    pub of: fn(&[u8]) -> Vec<(String, u32)>,
    /// Of a Python file: every module it names.
    pub mentions: Mentions,
    /// The directories that Python finds the repository's own modules in.
    pub roots: Vec<RepoPath>,
}

impl Check for SupplyChain {
    fn id(&self) -> GateId {
        GateId::new(ID)
    }

    fn criterion(&self) -> Criterion {
        Criterion::Security
    }

    fn title(&self) -> &'static str {
        "Dependencies are declared, pinned and not known to be vulnerable"
    }

    fn definition(&self) -> u32 {
        1
    }

    fn tools(&self) -> &'static [&'static str] {
        &[]
    }

    fn scope(&self) -> Scope {
        Scope::Declarations
    }

    fn has_baseline(&self) -> bool {
        true
    }

    fn told(&self, options: &GateOptions) -> serde_json::Value {
        serde_json::json!({ "provides": options.provides })
    }

    fn inapplicable(&self, subject: &Subject) -> Option<String> {
        subject
            .files
            .is_empty()
            .then(|| "it holds no Python file".into())
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move {
            let bench = job.bench;
            let (subject, provided) = (job.subject.clone(), job.options.provides.clone());
            let (advisories, imports) = (bench.advisories.clone(), bench.imports.clone());
            let work = move || {
                let export = advisories.current();
                measure(&subject, &provided, &imports, export.as_deref())
            };
            let (measure, note) = tokio::task::spawn_blocking(work).await.map_err(|error| {
                Trouble::new(format!("Countersign itself failed: {error}"), "report this")
            })?;
            if let Some(note) = note {
                job.note(note);
            }
            Ok(measure)
        })
    }
}

/// What was found, and what is to be said of the export.
fn measure(
    subject: &Subject,
    provided: &[String],
    imports: &Imports,
    export: Result<&Export, &Trouble>,
) -> (Measure, Option<String>) {
    let finder = Finder::new(&subject.tree);
    let declarations = declared::read(&subject.tree, &subject.module);
    let mut measure = Measure {
        work: vec![("files".into(), subject.files.len() as u64)],
        ..Measure::default()
    };
    for (path, line, why) in &declarations.unread {
        let finding = finder.error("unreadable", why, path, *line, 0);
        measure.findings.push(finding);
    }
    measure.findings.extend(unpinned(&declarations, &finder));
    let undeclared = undeclared(subject, &declarations, provided, imports, &finder);
    measure.findings.extend(undeclared);
    let pins = declarations.pins().count();
    if pins == 0 {
        return (measure, None); // nothing that an advisory could be about
    }
    measure.work.push(("pinned versions".into(), pins as u64));
    match export {
        Ok(export) => {
            measure
                .work
                .push(("advisories".into(), export.records as u64));
            let (found, malicious) = vulnerable(&declarations, export, &finder);
            measure.findings.extend(found);
            // Old or new: it must go.
            measure.fails = malicious.map(|name| format!("{name} is known to be malicious"));
            (measure, Some(export.described()))
        }
        Err(Trouble::Error { why, help }) => {
            measure.undecided = Some(Undecided {
                why: why.clone(),
                help: help.clone(),
            });
            (measure, None)
        }
        Err(Trouble::Cancelled) => (measure, None),
    }
}

/// Requirements that let something else decide which version is installed;
/// pinned ones are shown, so that a new one is seen.
fn unpinned(declarations: &Declarations, finder: &Finder<'_>) -> Vec<Finding> {
    let pinned: BTreeSet<&str> = declarations
        .pins()
        .map(|(declared, _)| declared.requirement.name.as_str())
        .collect();
    let open = declarations.requirements.iter().filter(|it| !it.lock);
    open.map(|declared| {
        let name = &declared.requirement.name;
        let (path, line) = (&declared.path, declared.line);
        let error = |rule, message: String| finder.error(rule, &message, path, line, 0);
        let note = |message: String| finder.note("requirement", &message, path, line, 0);
        match &declared.requirement.demand {
            Demand::Pinned(version) => match version.parse::<pep440_rs::Version>() {
                Ok(_) => note(format!("{name} {version}")),
                Err(_) => error("unreadable", format!("{version:?} of {name} is no version")),
            },
            Demand::Elsewhere => error(
                "not-auditable",
                format!("{name} is not of an index: no advisory can be matched with it"),
            ),
            Demand::Open if pinned.contains(name.as_str()) => {
                note(format!("{name}, pinned by a lock file"))
            }
            Demand::Open => error(
                "unpinned",
                format!("{name} is not pinned: give it `==`, or an entry in a lock file"),
            ),
        }
    })
    .collect()
}

/// Imports that nothing declares.
fn undeclared(
    subject: &Subject,
    declarations: &Declarations,
    provided: &[String],
    imports: &Imports,
    finder: &Finder<'_>,
) -> Vec<Finding> {
    let mut by_hand: BTreeMap<&str, String> = BTreeMap::new();
    for (name, distribution) in provided.iter().filter_map(|entry| entry.split_once('=')) {
        by_hand.insert(name.trim(), canonical(distribution));
    }
    let declared: BTreeSet<&str> = declarations
        .requirements
        .iter()
        .map(|it| it.requirement.name.as_str())
        .collect();
    let mut findings = Vec::new();
    for path in &subject.files {
        let Ok(source) = std::fs::read(subject.on_disk(path)) else {
            continue; // `compile` says so
        };
        let mut seen = BTreeSet::new();
        for (name, line) in (imports.of)(&source) {
            if !seen.insert(name.clone())
                || is_standard(&name)
                || is_own(subject, &imports.roots, &name)
            {
                continue;
            }
            let known = match by_hand.get(name.as_str()) {
                Some(distribution) => declared.contains(distribution.as_str()),
                None => declared.iter().any(|d| provides(d, &name)),
            };
            if !known {
                let message = format!("{name} is imported, and no requirement declares it");
                findings.push(finder.error("undeclared", &message, path, line, 0));
            }
        }
    }
    findings
}

/// True for what the repository itself holds, where Python looks for it.
fn is_own(subject: &Subject, roots: &[RepoPath], name: &str) -> bool {
    roots.iter().any(|root| {
        let at = subject.tree.join(root.join(name).to_fs());
        at.is_dir() || at.with_extension("py").is_file()
    })
}

/// Pinned versions with an advisory, and the name of a malicious one.
fn vulnerable(
    declarations: &Declarations,
    export: &Export,
    finder: &Finder<'_>,
) -> (Vec<Finding>, Option<String>) {
    let mut findings = Vec::new();
    let mut malicious = None;
    for (declared, version) in declarations.pins() {
        let name = &declared.requirement.name;
        let hits: Vec<&Advisory> = export
            .of(name)
            .iter()
            .map(Arc::as_ref)
            .filter(|advisory| advisory.affects(name, version))
            .collect();
        for group in merged(&hits) {
            if group.iter().any(|advisory| advisory.is_malicious()) {
                malicious = Some(format!("{name} {version}"));
            }
            findings.push(finding(declared, version, &group, finder));
        }
    }
    (findings, malicious)
}

/// Advisories on the same vulnerability together: those that share a name.
fn merged<'a>(hits: &[&'a Advisory]) -> Vec<Vec<&'a Advisory>> {
    let mut groups: Vec<Vec<&Advisory>> = Vec::new();
    for hit in hits {
        let names: BTreeSet<&str> = hit.names().collect();
        let shares = |group: &Vec<&Advisory>| {
            group
                .iter()
                .any(|other| other.names().any(|name| names.contains(name)))
        };
        let (same, mut rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(shares);
        let mut group: Vec<&Advisory> = same.into_iter().flatten().collect();
        group.push(hit);
        rest.push(group);
        groups = rest;
    }
    groups.sort_by_key(|group| group.iter().map(|advisory| advisory.id.clone()).min());
    groups
}

fn finding(
    declared: &Declared,
    version: &str,
    group: &[&Advisory],
    finder: &Finder<'_>,
) -> Finding {
    let name = &declared.requirement.name;
    let mut names: Vec<&str> = group.iter().flat_map(|advisory| advisory.names()).collect();
    // As people know them: PYSEC, then CVE, then what else there is.
    let rank = |name: &str| match name {
        _ if name.starts_with("MAL-") => 0,
        _ if name.starts_with("PYSEC-") => 1,
        _ if name.starts_with("CVE-") => 2,
        _ => 3,
    };
    names.sort_by_key(|name| (rank(name), *name));
    names.dedup();
    let mut fixes: Vec<String> = group.iter().flat_map(|it| it.fixes(name)).collect();
    fixes.sort_by_key(|fix| (fix.parse::<pep440_rs::Version>().ok(), fix.clone()));
    fixes.dedup();
    let summary = group
        .iter()
        .find_map(|advisory| advisory.summary.as_deref());
    let message = format!(
        "{name} {version}: {} ({}; {})",
        summary.unwrap_or("vulnerable"),
        names.join(", "),
        match fixes.as_slice() {
            [] => "no fix is known".to_owned(),
            fixes => format!("fixed in {}", fixes.join(", ")),
        }
    );
    let rule = names.first().copied().unwrap_or("vulnerable");
    finder.error(rule, &message, &declared.path, declared.line, 0)
}
