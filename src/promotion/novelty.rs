//! "Zero new": which findings are new, old or fixed against a baseline.
//!
//! A finding's identity is (rule, message, stripped source line, occurrence,
//! path mapped through renames and the planned move): line numbers play no
//! part, so that code which merely moved brings nothing new.

use std::collections::HashMap;

use super::renames::Renames;
use super::{Finding, Novelty, RepoPath};

/// Rule, message, source line, path.
type Identity = (String, String, String, RepoPath);

fn identity(finding: &Finding, message: &str, path: &RepoPath) -> Identity {
    (
        finding.rule.clone(),
        lasting(message),
        finding.source.trim().to_owned(),
        path.clone(),
    )
}

/// A message without what moves with the code: the numbers of lines it names
/// ("redefinition of `x` from line 4"), and the name under which alone it was
/// said ("(only as core.x)"), which the module may bear by now.
fn lasting(message: &str) -> String {
    let mut out = String::new();
    let under_a_name = message
        .rfind(" (only as ")
        .filter(|_| message.ends_with(')'));
    let mut rest = &message[..under_a_name.unwrap_or(message.len())];
    while let Some(at) = rest.find("line ") {
        let (before, after) = rest.split_at(at + "line ".len());
        out.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out.push_str(rest);
    out
}

/// Marks every finding of `head` as new or old against `base`, and appends
/// what is only in `base` as fixed. `renames` knows what is called otherwise
/// than it was, in paths and in messages.
///
/// Of equal findings (same identity but for the occurrence) as many are old
/// as the base has; the last ones are new.
pub fn classify(mut head: Vec<Finding>, base: Vec<Finding>, renames: &Renames) -> Vec<Finding> {
    for finding in &mut head {
        finding.novelty = Novelty::New;
    }
    // A tool names what it was given, by the name it has; and what the source
    // names, which a move leaves alone. So both are tried, the latter first.
    let left = pair(&mut head, base, renames, |finding| {
        Some(finding.message.clone())
    });
    let (renamed, mut fixed): (Vec<_>, Vec<_>) = left
        .into_iter()
        .partition(|finding| renames.message(&finding.message).is_some());
    let left = pair(&mut head, renamed, renames, |finding| {
        renames.message(&finding.message)
    });
    fixed.extend(left);
    fixed.sort_by(|a, b| {
        (&a.path, a.line, a.column, &a.rule).cmp(&(&b.path, b.line, b.column, &b.rule))
    });
    head.extend(fixed.into_iter().map(|mut f| {
        f.novelty = Novelty::Fixed;
        f
    }));
    head
}

/// Marks what has a twin in `base` as old; gives what of `base` has none.
fn pair(
    head: &mut [Finding],
    base: Vec<Finding>,
    renames: &Renames,
    said: impl Fn(&Finding) -> Option<String>,
) -> Vec<Finding> {
    let mut known: HashMap<Identity, Vec<Finding>> = HashMap::new();
    for finding in base {
        let message = said(&finding).unwrap_or_default();
        let key = identity(&finding, &message, renames.path(&finding.path));
        known.entry(key).or_default().push(finding);
    }
    for twins in known.values_mut() {
        twins.reverse(); // taken from the end: first occurrence first
    }
    for finding in head.iter_mut().filter(|f| f.novelty == Novelty::New) {
        let key = identity(finding, &finding.message, &finding.path);
        if known.get_mut(&key).and_then(Vec::pop).is_some() {
            finding.novelty = Novelty::Old;
        }
    }
    known.into_values().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::Severity;
    use proptest::prelude::*;

    fn finding(rule: &str, path: &str, line: u32, source: &str) -> Finding {
        Finding {
            rule: rule.into(),
            message: format!("{rule} here"),
            detail: String::new(),
            path: path.into(),
            line,
            column: 1,
            source: source.into(),
            severity: Severity::Error,
            novelty: Novelty::New,
        }
    }

    fn renames(old: &str, new: &str) -> Renames {
        let (old, new) = (RepoPath::from(old), RepoPath::from(new));
        let paths = HashMap::from([(old.clone(), new.clone())]);
        Renames::new(paths, Some((&old, &new)))
    }

    #[test]
    fn what_a_tool_calls_by_its_name_is_followed() {
        let said = |path: &str, message: &str| Finding {
            message: message.into(),
            ..finding("attr-defined", path, 1, "from .b import x")
        };
        let base = vec![
            said("candidate/m.py", "no x in candidate.m"),
            said("candidate/m.py", "no candidate.m.gone"),
        ];
        let head = vec![
            said("core/m.py", "no x in core.m"),
            said("core/m.py", "no candidate.m.gone"),
            said("core/m.py", "no x in core.m"),
        ];
        let out = classify(head, base, &renames("candidate/m.py", "core/m.py"));
        let novelties: Vec<_> = out.iter().map(|f| f.novelty).collect();
        assert_eq!(novelties, [Novelty::Old, Novelty::Old, Novelty::New]);
    }

    fn count(findings: &[Finding], novelty: Novelty) -> usize {
        findings.iter().filter(|f| f.novelty == novelty).count()
    }

    #[test]
    fn moved_lines_and_renamed_files_are_old() {
        let base = vec![finding("F401", "candidate/a.py", 3, "import os")];
        let head = vec![finding("F401", "core/a.py", 90, "  import os")];
        let renames = renames("candidate/a.py", "core/a.py");
        let out = classify(head, base, &renames);
        assert_eq!(count(&out, Novelty::Old), 1);
        assert_eq!(out.len(), 1);
    }

    #[test]
    fn a_second_occurrence_is_new() {
        let base = vec![finding("E501", "a.py", 3, "x")];
        let head = vec![
            finding("E501", "a.py", 3, "x"),
            finding("E501", "a.py", 9, "x"),
        ];
        let out = classify(head, base, &Renames::default());
        assert_eq!(
            (out[0].novelty, out[1].novelty),
            (Novelty::Old, Novelty::New)
        );
    }

    #[test]
    fn lines_that_a_message_names_move_too() {
        let said = |line: u32, message: &str| Finding {
            message: message.into(),
            ..finding("F811", "a.py", line, "import os")
        };
        let base = vec![said(9, "redefinition of `os` from line 4")];
        let head = vec![
            said(19, "redefinition of `os` from line 14"),
            said(20, "redefinition of `re` from line 14"),
        ];
        let out = classify(head, base, &Renames::default());
        assert_eq!(
            (out[0].novelty, out[1].novelty),
            (Novelty::Old, Novelty::New)
        );
    }

    #[test]
    fn under_which_name_something_was_seen_is_no_part_of_it() {
        let said = |path: &str, message: &str| Finding {
            message: message.into(),
            ..finding("assignment", path, 1, "x: int = 'a'")
        };
        let base = vec![said("candidate/m.py", "wrong (only as core.m)")];
        let head = vec![
            said("core/m.py", "wrong"),
            said("core/m.py", "wrong (only as x.m)"),
        ];
        let out = classify(head, base, &renames("candidate/m.py", "core/m.py"));
        assert_eq!(
            (out[0].novelty, out[1].novelty),
            (Novelty::Old, Novelty::New)
        );
    }

    #[test]
    fn what_is_gone_is_fixed() {
        let base = vec![finding("E501", "a.py", 3, "x")];
        let out = classify(vec![], base, &Renames::default());
        assert_eq!(count(&out, Novelty::Fixed), 1);
        assert!(!out[0].counts());
    }

    proptest! {
        #[test]
        fn a_pure_move_brings_nothing_new(
            seeds in proptest::collection::vec((0..3u8, 0..3u8, 1..50u32), 0..30),
            shift in 0..100u32,
        ) {
            let base: Vec<_> = seeds.iter()
                .map(|(r, s, l)| finding(&format!("R{r}"), "candidate/m.py", *l, &format!("s{s}")))
                .collect();
            let head: Vec<_> = base.iter().cloned().map(|mut f| {
                f.path = "core/m.py".into();
                f.line += shift;
                f
            }).collect();
            let renames = renames("candidate/m.py", "core/m.py");
            let out = classify(head, base, &renames);
            prop_assert_eq!(count(&out, Novelty::New), 0);
            prop_assert_eq!(count(&out, Novelty::Fixed), 0);
        }

        #[test]
        fn one_more_is_exactly_one_new(
            seeds in proptest::collection::vec((0..3u8, 0..3u8, 1..50u32), 0..30),
            extra in (0..3u8, 0..3u8, 1..50u32),
        ) {
            let make = |(r, s, l): &(u8, u8, u32)| finding(&format!("R{r}"), "m.py", *l, &format!("s{s}"));
            let base: Vec<_> = seeds.iter().map(make).collect();
            let mut head = base.clone();
            head.push(make(&extra));
            let out = classify(head, base, &Renames::default());
            prop_assert_eq!(count(&out, Novelty::New), 1);
            prop_assert_eq!(count(&out, Novelty::Fixed), 0);
        }
    }
}
