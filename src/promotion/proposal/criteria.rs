//! Acceptance criteria, bound to gates by their words. Evidence ticks them.

use crate::promotion::policy::GateOptions;
use crate::promotion::{GateId, GateState, GateStatus};

/// Where reviewers stand is no gate that runs.
pub const REVIEWERS: &str = "reviewers";

/// Behind the name of a report that lacks gates.
const PARTIAL: &str = ", not every gate in it";

/// By which words a criterion is bound to which gate; all that fit count.
const WORDS: [(&[&str], &str); 27] = [
    (&["py_compile", "syntax"], "compile"),
    (&["mypy", "type check", "typecheck", "pyright"], "types"),
    (&["black", "formatting", "formatted"], "format"),
    (
        &["isort", "import check", "import rule", "import order"],
        "imports",
    ),
    (
        &["unit test", "tests pass", "pytest", "test suite"],
        "tests",
    ),
    (&["coverage"], "coverage"),
    (&["integration", "e2e", "end-to-end"], "integration"),
    (
        &["benchmark", "performance", "regression budget"],
        "benchmarks",
    ),
    (
        &[
            "sca ",
            "pip-audit",
            "supply chain",
            "supply-chain",
            "dependenc",
            "vulnerab",
        ],
        "supply-chain",
    ),
    (&["safety`", "safety check"], "safety"),
    (&["secret"], "secrets"),
    (&["privilege"], "privilege"),
    (
        &["lane import", "imports from candidate", "cross-lane"],
        "lane-imports",
    ),
    (
        &["docstring", "readme", "documentation", "usage example"],
        "documentation",
    ),
    (&["public api", "api contract", "changelog"], "api"),
    (&["ethic"], "ethics"),
    (
        &["observab", "healthz", "metrics", "logging"],
        "observability",
    ),
    (&["promote.md"], "promote"),
    (
        &[
            "approval",
            "approve",
            "reviewer",
            "sign-off",
            "signed off",
            "signoff",
        ],
        REVIEWERS,
    ),
    (&["named owner", "owner is named", "an owner"], "owner"),
    (&["zero lint", "no lint", "linter", "lint "], "lint"),
    (&["type-check"], "types"),
    (&["formatter"], "format"),
    (&["load test"], "benchmarks"),
    (&["pii", "user data"], "ethics"),
    (&["gitleaks"], "secrets"),
    (&["flake8"], "lint"),
];

/// The gates that a criterion is bound to: those with these words, and those of a team's
/// own that it names.
pub fn gates(words: &str, known: &[GateId]) -> Vec<GateId> {
    let lower = format!("{} ", words.to_lowercase());
    let mut bound: Vec<GateId> = Vec::new();
    let mut bind = |gate: GateId| {
        if !bound.contains(&gate) {
            bound.push(gate);
        }
    };
    for (stems, gate) in WORDS {
        if stems.iter().any(|stem| lower.contains(stem)) {
            bind(GateId::new(gate));
        }
    }
    // `ruff` checks formatting and imports as well, where that is said.
    let elsewhere = ["format", "isort", "import"]
        .iter()
        .any(|it| lower.contains(it));
    if lower.contains("ruff") && !elsewhere {
        bind(GateId::new("lint"));
    }
    let quoted = lower.split('`').skip(1).step_by(2);
    for gate in known {
        if quoted.clone().any(|it| it == gate.as_str()) {
            bind(gate.clone());
        }
    }
    // An approval is nobody's but the reviewers', whatever else it names.
    if bound.iter().any(|it| it.as_str() == REVIEWERS) {
        bound.retain(|it| it.as_str() == REVIEWERS);
    }
    bound
}

/// What evidence says of a criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The gates, with how they stand and why.
    pub gates: Vec<(GateId, GateStatus, String)>,
    /// True where all of them hold.
    pub holds: bool,
    /// True where a gate that it takes did not look at the content as it is.
    pub unseen: bool,
    /// In a sentence, as the document says it.
    pub words: String,
}

/// What a proof goes by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidenced {
    /// The gates as they are.
    pub gates: Vec<GateState>,
    /// Those of them that are off: they say nothing, whatever their state.
    pub off: Vec<GateId>,
    /// The digest of the gate report, in hexadecimal, and whether it is whole.
    pub report: Option<(String, bool)>,
    /// The commit it is about, shortened.
    pub commit: String,
    /// How the gates are run.
    pub command: String,
}

/// What evidence says of the criterion with these words.
pub fn prove(words: &str, evidenced: &Evidenced) -> Proof {
    let known: Vec<GateId> = evidenced.gates.iter().map(|it| it.gate.clone()).collect();
    let bound = gates(words, &known);
    let found = bound.iter().map(|gate| {
        let state = evidenced.gates.iter().find(|it| it.gate == *gate);
        match state {
            Some(state) => (gate.clone(), state.status, state.why.clone()),
            None => (gate.clone(), GateStatus::NeverRun, String::new()),
        }
    });
    let gates: Vec<_> = found.collect();
    let is_off = |gate: &GateId| evidenced.off.contains(gate);
    let (off, asked): (Vec<_>, Vec<_>) = gates.iter().partition(|(gate, ..)| is_off(gate));
    let reviewers = gates.iter().any(|(gate, ..)| gate.as_str() == REVIEWERS);
    let all_hold = asked.iter().all(|(_, status, _)| status.holds());
    // What nobody looks at is not met: only what is optional anyway may be left out.
    let left_out = off.iter().all(|(gate, ..)| is_optional(gate));
    let holds = !asked.is_empty() && !reviewers && all_hold && left_out;
    let unseen = |status: &GateStatus| matches!(status, GateStatus::NeverRun | GateStatus::Stale);
    let unseen = !reviewers && asked.iter().any(|(_, status, _)| unseen(status));
    let off = off.iter().map(|(gate, ..)| off_words(gate));
    let said: Vec<String> = asked.iter().map(|it| standing(it)).chain(off).collect();
    let said = said.join(", ");
    let words = match (gates.is_empty(), reviewers, holds) {
        (true, ..) => "no gate speaks to this; the reviewers judge it".to_owned(),
        (_, true, _) => "open until the reviewers sign with their keys".to_owned(),
        (_, _, true) => format!("{said}; {}", report(evidenced)),
        // Running the gates would not change it.
        _ if all_hold => format!("open: {said}; the reviewers judge it"),
        (_, _, false) => format!("missing: {said}; {}", evidenced.command),
    };
    Proof {
        gates,
        holds,
        unseen,
        words,
    }
}

/// True for a gate that is off where nobody says anything.
fn is_optional(gate: &GateId) -> bool {
    !GateOptions::of(gate.as_str()).enabled
}

fn off_words(gate: &GateId) -> String {
    match is_optional(gate) {
        true => format!("{gate} not asked (off by default)"),
        false => format!("{gate} not asked (turned off in countersign.toml)"),
    }
}

fn standing((gate, status, why): &(GateId, GateStatus, String)) -> String {
    match status {
        // That it does not apply counts for its reason alone.
        GateStatus::NotApplicable if !why.is_empty() => format!("{gate} {status} ({})", line(why)),
        _ => format!("{gate} {status}"),
    }
}

fn report(evidenced: &Evidenced) -> String {
    match &evidenced.report {
        Some((digest, true)) => format!("gate report sha256:{digest} of {}", evidenced.commit),
        Some((digest, false)) => format!(
            "gate report sha256:{digest} of {}{PARTIAL}",
            evidenced.commit
        ),
        None => format!("of {}", evidenced.commit),
    }
}

/// True for words that name evidence, as [`prove`] gives them to what holds.
pub(super) fn vouches(words: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let Some((_, named)) = words.rsplit_once("; ") else {
        return false;
    };
    let named = named.strip_suffix(PARTIAL).unwrap_or(named);
    let commit = match named.strip_prefix("gate report sha256:") {
        Some(rest) => rest
            .get(..64)
            .filter(|digest| hex(digest))
            .map(|_| &rest[64..]),
        None => Some(named),
    };
    let commit = commit.and_then(|it| it.trim_start().strip_prefix("of "));
    commit.is_some_and(|it| it.len() >= 7 && hex(it))
}

/// Words of tools and of the repository, as one harmless line of Markdown.
pub(super) fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let seen = crate::promotion::text::visible(&line);
    seen.replace("<!--", "<!- -")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::Criterion;

    fn bound(words: &str) -> Vec<String> {
        gates(words, &[GateId::named("todo")])
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn criteria_are_bound_by_their_words() {
        for (words, gates) in [
            ("`ruff --select E,F,W`: nothing new", vec!["lint"]),
            ("`mypy` where typed", vec!["types"]),
            (
                "`black --check`, `isort --check`, `ruff` imports",
                vec!["format", "imports"],
            ),
            ("Unit tests: >= 90 % coverage", vec!["tests", "coverage"]),
            ("Integration/E2E tests: PASS", vec!["integration"]),
            (
                "SCA & secret scans (`pip-audit`/`safety`)",
                vec!["supply-chain", "safety", "secrets"],
            ),
            (
                "Owner + tech lead + security approvals, ethics too",
                vec!["reviewers"],
            ),
            ("Nothing is left (`todo`)", vec!["todo"]),
            ("The cat is fed", vec![]),
        ] {
            assert_eq!(bound(words), gates, "{words}");
        }
    }

    fn evidenced(status: GateStatus) -> Evidenced {
        let state = |gate: &'static str, status| GateState {
            gate: GateId::new(gate),
            criterion: Criterion::Tests,
            status,
            why: "because\nof it".into(),
            evidence: None,
        };
        Evidenced {
            gates: vec![
                state("tests", GateStatus::Passed),
                state("coverage", status),
            ],
            off: Vec::new(),
            report: Some(("ab12".into(), true)),
            commit: "0123456".into(),
            command: "countersign check candidate/x".into(),
        }
    }

    #[test]
    fn only_evidence_that_holds_ticks() {
        let words = "Unit tests with coverage";
        let fine = prove(words, &evidenced(GateStatus::Passed));
        assert!(fine.holds);
        assert_eq!(
            fine.words,
            "tests passed, coverage passed; gate report sha256:ab12 of 0123456"
        );
        let none = prove(words, &evidenced(GateStatus::NotApplicable));
        assert!(
            none.holds
                && none
                    .words
                    .contains("coverage not applicable (because of it)")
        );
        for open in [
            GateStatus::Failed,
            GateStatus::Error,
            GateStatus::Stale,
            GateStatus::NeverRun,
        ] {
            let proof = prove(words, &evidenced(open));
            assert!(!proof.holds, "{open}");
            assert!(
                proof.words.starts_with("missing: tests passed, coverage"),
                "{}",
                proof.words
            );
            assert!(
                proof.words.ends_with("countersign check candidate/x"),
                "{}",
                proof.words
            );
        }
        assert!(!prove("Approvals by two", &evidenced(GateStatus::Passed)).holds);
        assert!(!prove("The cat is fed", &evidenced(GateStatus::Passed)).holds);
    }

    #[test]
    fn a_gate_that_is_off_ticks_nothing() {
        let off = |gate: &'static str| Evidenced {
            off: vec![GateId::new(gate)],
            ..evidenced(GateStatus::NotApplicable)
        };
        let proof = prove("Unit tests with coverage", &off("coverage"));
        assert!(!proof.holds && !proof.unseen, "{proof:?}");
        assert_eq!(
            proof.words,
            "open: tests passed, coverage not asked (turned off in countersign.toml); \
             the reviewers judge it"
        );
        assert!(!prove("Coverage", &off("coverage")).holds);
        // What is off by default is said, and the others decide.
        let proof = prove("Unit tests, `safety`", &off("safety"));
        assert!(proof.holds, "{proof:?}");
        assert_eq!(
            proof.words,
            "tests passed, safety not asked (off by default); gate report sha256:ab12 of 0123456"
        );
        let proof = prove("`safety`", &off("safety"));
        assert!(
            !proof.holds && proof.words.starts_with("open: safety"),
            "{proof:?}"
        );
    }

    #[test]
    fn what_no_gate_looked_at_is_told_apart_from_what_does_not_hold() {
        let unseen = |status| prove("Unit tests with coverage", &evidenced(status)).unseen;
        assert!(unseen(GateStatus::NeverRun) && unseen(GateStatus::Stale));
        assert!(!unseen(GateStatus::Failed) && !unseen(GateStatus::Passed));
        // Neither reviewers nor anybody else runs for those.
        assert!(!prove("Approvals by two", &Evidenced::default()).unseen);
        assert!(!prove("The cat is fed", &Evidenced::default()).unseen);
    }
}
