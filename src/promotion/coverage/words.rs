//! What is known of a module's coverage, in words. Not yet safe to show: names
//! and reasons are as the repository and the tools gave them.

use std::collections::BTreeSet;

use super::{AtBase, Changed, Coverage, FileCoverage, Reach};
use crate::promotion::RepoPath;

/// Ascending line numbers as ranges: `3–7, 12`.
pub fn ranges(lines: &[u32], dash: &str) -> String {
    let mut out: Vec<(u32, u32)> = Vec::new();
    for line in lines {
        match out.last_mut() {
            Some((_, end)) if *end + 1 == *line => *end = *line,
            _ => out.push((*line, *line)),
        }
    }
    let words = out.iter().map(|(from, to)| match from == to {
        true => from.to_string(),
        false => format!("{from}{dash}{to}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

impl FileCoverage {
    /// Lines that never ran, or have a branch that was never taken.
    pub fn uncovered(&self) -> BTreeSet<u32> {
        self.missing.iter().chain(&self.partial).copied().collect()
    }

    /// The same as ranges; empty where there are none.
    pub fn uncovered_words(&self, dash: &str) -> String {
        let mut parts = Vec::new();
        if !self.missing.is_empty() {
            parts.push(ranges(&self.missing, dash));
        }
        if !self.partial.is_empty() {
            parts.push(format!("branches {}", ranges(&self.partial, dash)));
        }
        parts.join("; ")
    }
}

impl Coverage {
    /// What ran of the lines that changed: of a file, or of the whole module.
    pub fn changed_words(&self, file: Option<&RepoPath>, dash: &str) -> String {
        let files = match &self.changed {
            Changed::Unknown { why } => return format!("not known: {why}"),
            Changed::Known { files } => files,
        };
        let about = files
            .iter()
            .filter(|it| file.is_none_or(|file| it.path == *file));
        let (mut lines, mut statements, mut covered) = (0, 0, 0);
        let mut missing = Vec::new();
        for it in about {
            lines += it.lines;
            statements += it.statements;
            covered += it.covered;
            missing = it.missing.clone();
        }
        let lines = match lines {
            0 => return "no line since the merge-base".into(),
            1 => "1 line".to_owned(),
            n => format!("{n} lines"),
        };
        let missing = match missing.is_empty() || file.is_none() {
            true => String::new(),
            false => format!(", not {}", ranges(&missing, dash)),
        };
        match statements {
            0 => format!("{lines}, none of them a statement"),
            n => format!("{lines}, {covered} of {n} statements ran{missing}"),
        }
    }

    /// What it was at the merge-base: a file, or the whole module.
    pub fn base_words(&self, file: Option<&RepoPath>) -> String {
        let (files, note) = match &self.base {
            AtBase::Unknown { why } => return format!("not known: {why}"),
            AtBase::Absent => return "the module was not there".into(),
            AtBase::Known { files, note } => (files, note),
        };
        let found = file.map(|file| files.iter().find(|it| it.path == *file));
        let ratio = match found {
            None => self.base.ratio(),
            Some(found) => found.map(FileCoverage::ratio),
        };
        let mut text = match ratio {
            None => "the file was not there".to_owned(),
            Some(ratio) => format!("{} of {}", ratio.covered, ratio.total),
        };
        if let Some(was) = found.flatten().and_then(|file| file.was.as_ref()) {
            text.push_str(&format!(", as {was}"));
        }
        if let Some(note) = note {
            text.push_str(&format!("; {note}"));
        }
        text
    }

    /// How many of the module's tests ran a line of it.
    pub fn tests_words(&self) -> String {
        let sum = |of: fn(&Reach) -> u32| -> u32 { self.tests.iter().map(of).sum() };
        let missed = self.tests.iter().filter(|it| it.reached == 0).count();
        let files = |n: usize| match n {
            1 => "1 file".to_owned(),
            n => format!("{n} files"),
        };
        let mut text = format!(
            "{} of {} in {} ran a line of the module",
            sum(|it| it.reached),
            sum(|it| it.tests),
            files(self.tests.len())
        );
        if missed > 0 {
            text.push_str(&format!("; {} did not reach it", files(missed)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_ranges() {
        assert_eq!(ranges(&[3, 4, 5, 9, 11, 12], "-"), "3-5, 9, 11-12");
        assert_eq!(ranges(&[], "-"), "");
    }
}
