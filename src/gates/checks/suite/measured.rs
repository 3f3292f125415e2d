//! coverage's JSON report: integers only, every file of the module or nothing.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Deserialize;

use super::super::{Measure, count};
use super::path_of;
use crate::gates::Trouble;
use crate::gates::subject::{Finder, Subject};
use crate::promotion::{Coverage, FileCoverage, RepoPath};

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
    executed_lines: Vec<u32>,
    missing_lines: Vec<u32>,
    #[serde(default)]
    excluded_lines: Vec<u32>,
    summary: Summary,
    #[serde(default)]
    contexts: HashMap<String, Vec<String>>,
    #[serde(default)]
    missing_branches: Vec<(i64, i64)>,
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

/// Reads a report. `ids` are the node ids of the tests that ran.
pub fn read(json: &[u8], subject: &Subject, ids: &HashSet<String>) -> Result<Measure, Trouble> {
    let doubt = |why: String| Trouble::unbelievable("coverage", why);
    let report: Report = serde_json::from_slice(json)
        .map_err(|error| doubt(format!("its report is missing or damaged ({error})")))?;
    if report.meta.format != 3 || !report.meta.branch_coverage || !report.meta.show_contexts {
        return Err(doubt(
            "nothing was measured, or its report lacks branches or contexts".into(),
        ));
    }
    let files: HashMap<RepoPath, File> = report
        .files
        .into_iter()
        .map(|(name, file)| (path_of(&name), file))
        .collect();
    let finder = Finder::new(&subject.tree);
    let mut measure = Measure::default();
    let mut coverage = Coverage::default();
    let (mut by_tests, mut excluded) = (0_u64, 0);
    for path in subject
        .files
        .iter()
        .filter(|f| !f.as_bytes().ends_with(b".pyi"))
    {
        let file = files
            .get(path)
            .ok_or_else(|| doubt(format!("{path} is missing from its report")))?;
        let summary = &file.summary;
        if summary.covered_lines > summary.num_statements
            || summary.covered_branches > summary.num_branches
            || summary.num_statements as usize
                != file.executed_lines.len() + file.missing_lines.len()
        {
            return Err(doubt(format!(
                "its numbers for {path} contradict each other"
            )));
        }
        by_tests += file
            .contexts
            .values()
            .filter(|contexts| contexts.iter().any(|id| ids.contains(id)))
            .count() as u64;
        excluded += file.excluded_lines.len();
        let partial: BTreeSet<u32> = file
            .missing_branches
            .iter()
            .filter_map(|(from, _)| u32::try_from(*from).ok())
            .filter(|line| !file.missing_lines.contains(line))
            .collect();
        coverage.files.push(FileCoverage {
            path: path.clone(),
            statements: summary.num_statements,
            covered: summary.covered_lines,
            branches: summary.num_branches,
            covered_branches: summary.covered_branches,
            missing: file.missing_lines.clone(),
            partial: partial.into_iter().collect(),
        });
        if let Some(line) = loads_by_path(subject, path) {
            measure.findings.push(finder.note(
                "not-measured",
                "loads code by its path: what it loads may not be measured",
                path,
                line,
                0,
            ));
        }
    }
    let ratio = coverage.ratio();
    measure.work = vec![("files".into(), coverage.files.len() as u64)];
    if ratio.total > 0 {
        measure
            .work
            .push(("statements and branches".into(), ratio.total));
    }
    if ratio.covered > 0 && by_tests == 0 {
        measure.fails = Some("no test runs a line of the module: it is only imported".into());
        measure.summary = Some("only imported".into());
        measure.coverage = Some(coverage);
        return Ok(measure);
    }
    if excluded > 0 {
        let path = &subject.module;
        measure.findings.push(finder.note(
            "excluded",
            &format!("{} excluded from measuring", count(excluded, "line")),
            path,
            0,
            0,
        ));
    }
    measure.coverage = Some(coverage);
    Ok(measure)
}

/// The line on which a file loads others by their path: coverage shows the
/// loader in full and what it loads nowhere.
fn loads_by_path(subject: &Subject, path: &RepoPath) -> Option<u32> {
    let content = std::fs::read(subject.on_disk(path)).ok()?;
    let needle = b"spec_from_file_location";
    let at = content.windows(needle.len()).position(|w| w == needle)?;
    Some(content[..at].iter().filter(|b| **b == b'\n').count() as u32 + 1)
}
