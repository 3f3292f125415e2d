//! `supply-chain`: what the repository requires is pinned, what the module
//! imports is required, and nothing that is pinned is known to be vulnerable.
//! No network: advisories come from a dated export. pip-audit is asked as well,
//! with a responder of ours that knows the export and nothing else.

mod audit;
pub mod declared;
mod distribution;
pub mod export;
mod osv;
mod requirement;
mod responder;
pub mod safety;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use pep440_rs::Version;

use super::{Check, Measure, Scope, Undecided, aside};
use crate::gates::Trouble;
use crate::gates::checks::lane_imports::Mentions;
use crate::gates::job::Job;
use crate::gates::subject::{Finder, Subject};
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, Finding, GateId, RepoPath};
use audit::{Known, Pins};
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
        2
    }

    fn tools(&self) -> &'static [&'static str] {
        &["pip-audit"]
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

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move {
            let bench = job.bench;
            let (subject, provided) = (job.subject.clone(), job.options.provides.clone());
            let (advisories, imports) = (bench.advisories.clone(), bench.imports.clone());
            let work = move || {
                let export = advisories.current();
                measure(&subject, &provided, &imports, export.as_deref())
            };
            let Measured {
                mut measure,
                note,
                pins,
            } = aside(work).await?;
            if let Some(note) = note {
                job.note(note);
            }
            if pins.is_empty() {
                return Ok(measure);
            }
            let audited = pins.len() as u64;
            match audit::run(job, pins).await {
                Ok(()) => measure.work.push(("versions audited".into(), audited)),
                // What was found is shown all the same.
                Err(Trouble::Error { why, help }) => {
                    measure.undecided = Some(Undecided { why, help });
                }
                Err(Trouble::Cancelled) => return Err(Trouble::Cancelled),
            }
            Ok(measure)
        })
    }
}

/// What was found by reading alone.
struct Measured {
    measure: Measure,
    /// What is to be said of the export.
    note: Option<String>,
    /// What pip-audit is to judge, with what is known of it.
    pins: Pins,
}

/// Reads what is declared, and holds it against the export.
fn measure(
    subject: &Subject,
    provided: &[String],
    imports: &Imports,
    export: Result<&Export, &Trouble>,
) -> Measured {
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
    let count = declarations.pins().count();
    let (mut note, mut pins) = (None, Pins::new());
    if count == 0 {
        // Nothing that an advisory could be about.
        return Measured {
            measure,
            note,
            pins,
        };
    }
    measure.work.push(("pinned versions".into(), count as u64));
    match export {
        Ok(export) => {
            measure
                .work
                .push(("advisories".into(), export.records as u64));
            let hits = vulnerable(&declarations, export, &finder);
            measure.findings.extend(hits.findings);
            // Old or new: it must go.
            measure.fails = hits
                .malicious
                .map(|name| format!("{name} is known to be malicious"));
            note = Some(export.described());
            pins = hits.pins;
        }
        Err(Trouble::Error { why, help }) => {
            measure.undecided = Some(Undecided {
                why: why.clone(),
                help: help.clone(),
            });
        }
        Err(Trouble::Cancelled) => {}
    }
    Measured {
        measure,
        note,
        pins,
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
            Demand::Pinned(version) => match version.parse::<Version>() {
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

/// What the export says of the pinned versions.
#[derive(Default)]
struct Hits {
    findings: Vec<Finding>,
    /// A malicious one.
    malicious: Option<String>,
    /// All that pip-audit can judge as well.
    pins: Pins,
}

fn vulnerable(declarations: &Declarations, export: &Export, finder: &Finder<'_>) -> Hits {
    let mut all = Hits::default();
    for (declared, version) in declarations.pins() {
        let name = &declared.requirement.name;
        let hits: Vec<&Advisory> = export
            .of(name)
            .iter()
            .map(Arc::as_ref)
            .filter(|advisory| advisory.affects(name, version))
            .collect();
        let mut known = Vec::new();
        for group in merged(&hits) {
            if group.iter().any(|advisory| advisory.is_malicious()) {
                all.malicious = Some(format!("{name} {version}"));
            }
            let one = Known::of(name, &group);
            all.findings.push(finding(declared, version, &one, finder));
            known.push(one);
        }
        match version.parse::<Version>() {
            Ok(version) if is_name(name) => {
                all.pins.insert((name.clone(), version), known);
            }
            // Of other files it is said where their requirements are judged.
            _ if declared.lock => {
                let message = format!("{name:?} {version:?} is no version of a distribution");
                let (path, line) = (&declared.path, declared.line);
                all.findings
                    .push(finder.error("unreadable", &message, path, line, 0));
            }
            _ => {}
        }
    }
    all
}

/// True for the canonical name of a distribution.
fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(inner) && name.ends_with(inner) && name.chars().all(|c| inner(c) || c == '-')
}

/// Tools take one version of a distribution at a time: so many runs it takes.
fn rounds(pins: impl IntoIterator<Item = (String, Version)>) -> Vec<Vec<(String, Version)>> {
    let mut rounds: Vec<Vec<(String, Version)>> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (name, version) in pins {
        let round = seen.entry(name.clone()).or_default();
        match rounds.get_mut(*round) {
            Some(pins) => pins.push((name, version)),
            None => rounds.push(vec![(name, version)]),
        }
        *round += 1;
    }
    rounds
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

impl Known {
    /// Advisories on one vulnerability as one.
    fn of(distribution: &str, group: &[&Advisory]) -> Self {
        let mut names: Vec<&str> = group.iter().flat_map(|advisory| advisory.names()).collect();
        // As people know them: PYSEC, then CVE, then what else there is.
        let rank = |name: &str| match name {
            _ if name.starts_with("MAL-") => 0,
            _ if name.starts_with("PYSEC-") => 1,
            _ if name.starts_with("CVE-") => 2,
            _ => 3,
        };
        names.retain(|name| !name.is_empty());
        names.sort_by_key(|name| (rank(name), *name));
        names.dedup();
        let mut fixes: Vec<String> = group.iter().flat_map(|it| it.fixes(distribution)).collect();
        fixes.sort_by_key(|fix| (fix.parse::<Version>().ok(), fix.clone()));
        fixes.dedup();
        let summary = group.iter().find_map(|it| it.summary.as_deref());
        Self {
            names: names.into_iter().map(str::to_owned).collect(),
            summary: summary.unwrap_or("vulnerable").to_owned(),
            fixes,
        }
    }
}

fn finding(declared: &Declared, version: &str, known: &Known, finder: &Finder<'_>) -> Finding {
    let message = format!(
        "{} {version}: {} ({}; {})",
        declared.requirement.name,
        known.summary,
        known.names.join(", "),
        match known.fixes.as_slice() {
            [] => "no fix is known".to_owned(),
            fixes => format!("fixed in {}", fixes.join(", ")),
        }
    );
    let rule = known.names.first().map_or("vulnerable", String::as_str);
    finder.error(rule, &message, &declared.path, declared.line, 0)
}
