//! Which of the statements that changed since the merge-base the tests ran.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::promotion::RepoPath;
use crate::promotion::coverage::{Changed, ChangedFile};

/// A changed line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub line: u32,
    /// Where the statement that it is a part of begins.
    pub begins: u32,
}

/// The changed lines of a module's files, ascending.
pub type ChangedLines = BTreeMap<RepoPath, Vec<Line>>;

/// The statements of a file, by the lines coverage knows them by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statements {
    /// Those that ran.
    pub ran: BTreeSet<u32>,
    /// Those that did not.
    pub missing: BTreeSet<u32>,
}

/// Counts the statements on changed lines. Coverage knows a statement by its
/// first line, so a change further down in it counts there.
pub(super) fn ran(
    changed: &dyn Fn() -> Result<ChangedLines, String>,
    statements: &HashMap<RepoPath, Statements>,
) -> Changed {
    let changed = match changed() {
        Ok(changed) => changed,
        Err(why) => return Changed::Unknown { why },
    };
    let none = Statements::default();
    let files = changed
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(path, lines)| {
            let known = statements.get(&path).unwrap_or(&none);
            let touched: BTreeSet<u32> = lines.iter().flat_map(|at| [at.line, at.begins]).collect();
            let covered = touched.intersection(&known.ran).count();
            let missing: Vec<u32> = touched.intersection(&known.missing).copied().collect();
            ChangedFile {
                path,
                lines: lines.len() as u32,
                statements: (covered + missing.len()) as u32,
                covered: covered as u32,
                missing,
            }
        })
        .collect();
    Changed::Known { files }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_within_a_statement_counts_for_it_once() {
        let line = |line, begins| Line { line, begins };
        let changed = || {
            Ok(ChangedLines::from([
                // `x = (` on 3 to 5, of which 4 and 5 changed; 7 is a comment.
                (
                    "a.py".into(),
                    vec![line(4, 3), line(5, 3), line(7, 7), line(9, 9)],
                ),
                ("b.py".into(), vec![]),
            ]))
        };
        let statements = HashMap::from([(
            "a.py".into(),
            Statements {
                ran: [1, 3].into(),
                missing: [9, 10].into(),
            },
        )]);
        let Changed::Known { files } = ran(&changed, &statements) else {
            panic!("it is known");
        };
        assert_eq!(
            files,
            [ChangedFile {
                path: "a.py".into(),
                lines: 4,
                statements: 2,
                covered: 1,
                missing: vec![9],
            }]
        );
    }
}
