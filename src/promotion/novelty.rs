//! "Zero new": which findings are new, old or fixed against a baseline.
//!
//! A finding's identity is (rule, message, stripped source line, occurrence,
//! path mapped through renames and the planned move): line numbers play no
//! part, so that code which merely moved brings nothing new.

use std::collections::HashMap;

use super::{Finding, Novelty, RepoPath};

/// Marks every finding of `head` as new or old against `base`, and appends
/// what is only in `base` as fixed. `to_head` maps a path of the base to its
/// path in the head (renames); paths it does not know stay as they are.
///
/// Of equal findings (same identity but for the occurrence) as many are old
/// as the base has; the last ones are new.
pub fn classify(
    mut head: Vec<Finding>,
    base: Vec<Finding>,
    to_head: &HashMap<RepoPath, RepoPath>,
) -> Vec<Finding> {
    type Identity = (String, String, String, RepoPath);
    let identity = |f: &Finding, path: &RepoPath| -> Identity {
        (
            f.rule.clone(),
            f.message.clone(),
            f.source.trim().to_owned(),
            path.clone(),
        )
    };
    let mut known: HashMap<Identity, Vec<Finding>> = HashMap::new();
    for finding in base {
        let path = to_head.get(&finding.path).unwrap_or(&finding.path).clone();
        known
            .entry(identity(&finding, &path))
            .or_default()
            .push(finding);
    }
    for twins in known.values_mut() {
        twins.reverse(); // taken from the end: first occurrence first
    }
    for finding in &mut head {
        let path = finding.path.clone();
        let twin = known.get_mut(&identity(finding, &path)).and_then(Vec::pop);
        finding.novelty = if twin.is_some() {
            Novelty::Old
        } else {
            Novelty::New
        };
    }
    let mut fixed: Vec<Finding> = known.into_values().flatten().collect();
    fixed.sort_by(|a, b| {
        (&a.path, a.line, a.column, &a.rule).cmp(&(&b.path, b.line, b.column, &b.rule))
    });
    head.extend(fixed.into_iter().map(|mut f| {
        f.novelty = Novelty::Fixed;
        f
    }));
    head
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

    fn count(findings: &[Finding], novelty: Novelty) -> usize {
        findings.iter().filter(|f| f.novelty == novelty).count()
    }

    #[test]
    fn moved_lines_and_renamed_files_are_old() {
        let base = vec![finding("F401", "candidate/a.py", 3, "import os")];
        let head = vec![finding("F401", "core/a.py", 90, "  import os")];
        let renames = HashMap::from([("candidate/a.py".into(), "core/a.py".into())]);
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
        let out = classify(head, base, &HashMap::new());
        assert_eq!(
            (out[0].novelty, out[1].novelty),
            (Novelty::Old, Novelty::New)
        );
    }

    #[test]
    fn what_is_gone_is_fixed() {
        let base = vec![finding("E501", "a.py", 3, "x")];
        let out = classify(vec![], base, &HashMap::new());
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
            let renames = HashMap::from([("candidate/m.py".into(), "core/m.py".into())]);
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
            let out = classify(head, base, &HashMap::new());
            prop_assert_eq!(count(&out, Novelty::New), 1);
            prop_assert_eq!(count(&out, Novelty::Fixed), 0);
        }
    }
}
