//! coverage's JSON report: integers only, every file of the module or nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Deserialize;

use super::super::{Measure, count};
use super::changed::Statements;
use super::path_of;
use crate::gates::Trouble;
use crate::gates::subject::{Finder, Subject};
use crate::promotion::coverage::{FunctionCoverage, Reach};
use crate::promotion::{Coverage, FileCoverage, RepoPath};

/// What gives a file's code to Python without importing it: coverage shows who
/// does so in full, and what is run that way maybe nowhere.
const LOADERS: [&[u8]; 4] = [
    b"spec_from_file_location",
    b"SourceFileLoader",
    b"run_path(",
    b"exec(compile(",
];

/// With coverage itself at hand, what changes what it measured.
const REACHES: [&[u8]; 4] = [
    b"CoverageData",
    b"add_arcs",
    b"get_data",
    b"Coverage.current",
];
const AT_HAND: [&[u8]; 3] = [b"import coverage", b"from coverage", b"\"coverage\""];

#[derive(Debug, Deserialize)]
struct Report {
    meta: Meta,
    files: HashMap<String, File>,
}

#[derive(Debug, Deserialize)]
struct Meta {
    format: u32,
    branch_coverage: bool,
    show_contexts: bool,
}

#[derive(Debug, Deserialize)]
struct File {
    executed_lines: BTreeSet<u32>,
    missing_lines: BTreeSet<u32>,
    #[serde(default)]
    excluded_lines: Vec<u32>,
    summary: Summary,
    #[serde(default)]
    contexts: HashMap<String, Vec<String>>,
    #[serde(default)]
    missing_branches: Vec<(i64, i64)>,
    #[serde(default)]
    functions: HashMap<String, Region>,
}

#[derive(Debug, Deserialize)]
struct Region {
    #[serde(default)]
    start_line: u32,
    summary: Summary,
}

#[derive(Debug, Deserialize)]
struct Summary {
    covered_lines: u32,
    num_statements: u32,
    #[serde(default)]
    num_branches: u32,
    #[serde(default)]
    covered_branches: u32,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// For the gate.
    pub measure: Measure,
    /// The statements of each file.
    pub(super) lines: HashMap<RepoPath, Statements>,
}

impl Measured {
    /// Of a module with a file that does not compile.
    pub(super) fn unparsable(file: &RepoPath) -> Self {
        let measure = Measure {
            work: vec![("files".into(), 1)],
            fails: Some(format!("{file} does not compile: nothing can be measured")),
            summary: Some("does not compile".into()),
            ..Measure::default()
        };
        Self {
            measure,
            lines: HashMap::new(),
        }
    }
}

/// Reads a report. `ids` are the node ids of the tests that ran.
pub(super) fn read(
    json: &[u8],
    subject: &Subject,
    ids: &HashSet<String>,
) -> Result<Measured, Trouble> {
    let doubt = |why: String| Trouble::unbelievable("coverage", why);
    let report: Report = serde_json::from_slice(json)
        .map_err(|error| doubt(format!("its report is missing or damaged ({error})")))?;
    if report.meta.format != 3 || !report.meta.branch_coverage || !report.meta.show_contexts {
        return Err(doubt(
            "nothing was measured, or its report lacks branches or contexts".into(),
        ));
    }
    let mut files: HashMap<RepoPath, File> = report
        .files
        .into_iter()
        .map(|(name, file)| (path_of(&name), file))
        .collect();
    let finder = Finder::new(&subject.tree);
    let mut measure = Measure::default();
    let mut coverage = Coverage::default();
    let mut lines = HashMap::new();
    let mut reaching = HashSet::new();
    let (mut excluded, mut loaders) = (0, 0);
    for path in subject
        .files
        .iter()
        .filter(|f| !f.as_bytes().ends_with(b".pyi"))
    {
        let file = files
            .remove(path)
            .ok_or_else(|| doubt(format!("{path} is missing from its report")))?;
        coverage.files.push(file.coverage(path).map_err(doubt)?);
        let contexts = file.contexts.into_values().flatten();
        reaching.extend(contexts.filter(|id| ids.contains(id)));
        excluded += file.excluded_lines.len();
        lines.insert(
            path.clone(),
            Statements {
                ran: file.executed_lines,
                missing: file.missing_lines,
            },
        );
        if let Some(line) = loads_by_path(subject, path) {
            loaders += 1;
            measure.findings.push(finder.note(
                "not-measured",
                "loads code by its path: what it loads may not be measured",
                path,
                line,
                0,
            ));
        }
    }
    coverage.tests = reach(subject, ids, &reaching);
    let ratio = coverage.ratio();
    measure.work = vec![("files".into(), coverage.files.len() as u64)];
    if ratio.total > 0 {
        measure
            .work
            .push(("statements and branches".into(), ratio.total));
    }
    for test in coverage.tests.iter().filter(|test| test.reached == 0) {
        let message = match test.tests {
            0 => "selected, and none of its tests ran".to_owned(),
            n => format!(
                "selected, did not reach the module in {}",
                count(n as usize, "test")
            ),
        };
        let finding = finder.note("not-reached", &message, &test.path, 0, 0);
        measure.findings.push(finding);
    }
    if ratio.covered > 0 && reaching.is_empty() {
        measure.fails = Some("no test runs a line of the module: it is only imported".into());
        measure.summary = Some("only imported".into());
    } else if excluded > 0 {
        let words = format!("{} excluded from measuring", count(excluded, "line"));
        let finding = finder.note("excluded", &words, &subject.module, 0, 0);
        measure.findings.push(finding);
    }
    if loaders > 0 && measure.summary.is_none() {
        measure.summary = Some(format!(
            "{} may run code that is not measured",
            count(loaders, "file")
        ));
    }
    measure.coverage = Some(coverage);
    Ok(Measured { measure, lines })
}

/// A file of the module, of its tests, or beside them, that reaches into what
/// measures it. It runs in the same process: nothing could tell its numbers from
/// those of coverage.
pub(super) fn reaching_in(subject: &Subject) -> Option<RepoPath> {
    let mut files: BTreeSet<RepoPath> = subject
        .files
        .iter()
        .chain(&subject.tests)
        .cloned()
        .collect();
    for test in subject.files.iter().chain(&subject.tests) {
        let mut directory = test.parent();
        while let Some(at) = directory {
            files.insert(at.join("conftest.py"));
            directory = at.parent();
        }
    }
    let has = |text: &[u8], words: &[&[u8]]| {
        words
            .iter()
            .any(|word| memchr::memmem::find(text, word).is_some())
    };
    files.into_iter().find(|file| {
        let on_disk = subject.on_disk(file);
        std::fs::symlink_metadata(&on_disk).is_ok_and(|meta| meta.is_file())
            && std::fs::read(on_disk).is_ok_and(|text| has(&text, &AT_HAND) && has(&text, &REACHES))
    })
}

impl File {
    fn coverage(&self, path: &RepoPath) -> Result<FileCoverage, String> {
        let summary = &self.summary;
        let is_sound = |summary: &Summary| {
            summary.covered_lines <= summary.num_statements
                && summary.covered_branches <= summary.num_branches
        };
        let mut functions: Vec<FunctionCoverage> = self
            .functions
            .iter()
            .filter(|(_, region)| region.summary.num_statements > 0)
            .map(|(name, region)| FunctionCoverage {
                name: name.clone(),
                line: if name.is_empty() {
                    0
                } else {
                    region.start_line
                },
                statements: region.summary.num_statements,
                covered: region.summary.covered_lines,
                branches: region.summary.num_branches,
                covered_branches: region.summary.covered_branches,
            })
            .collect();
        functions.sort_by(|a, b| (a.line, &a.name).cmp(&(b.line, &b.name)));
        let summed: u32 = functions.iter().map(|function| function.statements).sum();
        if !is_sound(summary)
            || !self
                .functions
                .values()
                .all(|region| is_sound(&region.summary))
            || summary.covered_lines as usize != self.executed_lines.len()
            || summary.num_statements as usize
                != self.executed_lines.len() + self.missing_lines.len()
            || !(functions.is_empty() || summed == summary.num_statements)
        {
            return Err(format!("its numbers for {path} contradict each other"));
        }
        let partial: BTreeSet<u32> = self
            .missing_branches
            .iter()
            .filter_map(|(from, _)| u32::try_from(*from).ok())
            .filter(|line| !self.missing_lines.contains(line))
            .collect();
        Ok(FileCoverage {
            path: path.clone(),
            was: None,
            statements: summary.num_statements,
            covered: summary.covered_lines,
            branches: summary.num_branches,
            covered_branches: summary.covered_branches,
            missing: self.missing_lines.iter().copied().collect(),
            partial: partial.into_iter().collect(),
            functions,
        })
    }
}

/// How many tests of each test file ran, and ran a line of the module.
fn reach(subject: &Subject, ids: &HashSet<String>, reaching: &HashSet<String>) -> Vec<Reach> {
    let per_file = |ids: &HashSet<String>| {
        let mut counts: BTreeMap<RepoPath, u32> = BTreeMap::new();
        for id in ids {
            let file = id.split("::").next().unwrap_or(id);
            *counts.entry(path_of(file)).or_default() += 1;
        }
        counts
    };
    let (all, reached) = (per_file(ids), per_file(reaching));
    let count = |counts: &BTreeMap<RepoPath, u32>, path| counts.get(path).copied().unwrap_or(0);
    let tests = subject.tests.iter().map(|path| Reach {
        path: path.clone(),
        tests: count(&all, path),
        reached: count(&reached, path),
    });
    tests.collect()
}

/// The line on which a file first runs others by their path.
fn loads_by_path(subject: &Subject, path: &RepoPath) -> Option<u32> {
    let content = std::fs::read(subject.on_disk(path)).ok()?;
    let first = LOADERS
        .iter()
        .filter_map(|loader| memchr::memmem::find(&content, loader))
        .min()?;
    Some(memchr::memchr_iter(b'\n', &content[..first]).count() as u32 + 1)
}
