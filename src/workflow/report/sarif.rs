//! `report.sarif`: SARIF 2.1.0, a run for each gate.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::promotion::report::{GateReport, Report, digest};
use crate::promotion::{Finding, Novelty, Outcome, RepoPath, Severity, text};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The whole document.
pub(super) fn document(report: &Report) -> Value {
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": report.gates.iter().map(|gate| run(report, gate)).collect::<Vec<_>>(),
    })
}

fn run(report: &Report, gate: &GateReport) -> Value {
    let evidence = &gate.evidence;
    let rules: BTreeSet<_> = evidence.findings.iter().map(|f| f.rule.as_str()).collect();
    let index: HashMap<_, _> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| (*rule, at))
        .collect();
    // Occurrences are counted apart: what is gone is not what is there.
    let mut seen: BTreeMap<(bool, String), usize> = BTreeMap::new();
    let results = evidence.findings.iter().map(|finding| {
        let identity = identity(finding);
        let gone = finding.novelty == Novelty::Fixed;
        let occurrence = seen.entry((gone, identity.clone())).or_default();
        *occurrence += 1;
        let fingerprint = digest(format!("{identity}\n{occurrence}").as_bytes());
        result(
            finding,
            index.get(finding.rule.as_str()),
            &fingerprint,
            evidence.base.is_some(),
        )
    });
    let tools: BTreeSet<_> = evidence
        .runs
        .iter()
        .map(|run| (run.tool.as_str(), run.version.as_str()))
        .collect();
    let module = report.module.to_text();
    json!({
        "tool": {
            "driver": {
                "name": format!("Countersign {}", gate.gate),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| json!({ "id": words(rule) })).collect::<Vec<_>>(),
            },
            "extensions": tools.iter().map(|tool| extension(*tool)).collect::<Vec<_>>(),
        },
        "automationDetails": { "id": words(&format!("countersign/{}/{module}/", gate.gate)) },
        "originalUriBaseIds": { "REPOSITORY": { "description": { "text": "The root of the repository." } } },
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation(&evidence.outcome)],
        "results": results.collect::<Vec<_>>(),
        "properties": { "status": evidence.status(), "summary": words(&evidence.summary) },
    })
}

fn extension((name, version): (&str, &str)) -> Value {
    match version {
        "" => json!({ "name": words(name) }),
        version => json!({ "name": words(name), "version": words(version) }),
    }
}

/// A gate that came to no verdict is not one that found nothing.
fn invocation(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Error { why, help } => json!({
            "executionSuccessful": false,
            "toolExecutionNotifications": [{
                "level": "error",
                "message": { "text": words(&format!("{why}. To do: {help}")) },
            }],
        }),
        _ => json!({ "executionSuccessful": true }),
    }
}

fn result(finding: &Finding, rule: Option<&usize>, fingerprint: &str, compared: bool) -> Value {
    let mut physical = Map::new();
    physical.insert(
        "artifactLocation".into(),
        json!({ "uri": uri(&finding.path), "uriBaseId": "REPOSITORY" }),
    );
    if finding.line > 0 {
        let mut region = Map::new();
        region.insert("startLine".into(), finding.line.into());
        if finding.column > 0 {
            region.insert("startColumn".into(), finding.column.into());
        }
        if !finding.source.is_empty() {
            region.insert("snippet".into(), json!({ "text": words(&finding.source) }));
        }
        physical.insert("region".into(), region.into());
    }
    let mut result = json!({
        "ruleId": words(&finding.rule),
        "level": match finding.severity {
            Severity::Error => "error",
            Severity::Note => "note",
        },
        "message": { "text": words(&finding.text()) },
        "locations": [{ "physicalLocation": physical }],
        "partialFingerprints": { "countersignFinding/v1": fingerprint },
    });
    if let Some(rule) = rule {
        result["ruleIndex"] = json!(rule);
    }
    if compared {
        result["baselineState"] = json!(match finding.novelty {
            Novelty::New => "new",
            Novelty::Old => "unchanged",
            Novelty::Fixed => "absent",
        });
    }
    result
}

/// What makes a finding the same wherever its line stands.
fn identity(finding: &Finding) -> String {
    json!([finding.rule, finding.message, finding.source, finding.path]).to_string()
}

/// Relative to the repository's root; whatever a reader might act on is encoded.
fn uri(path: &RepoPath) -> String {
    if path.is_root() {
        return "./".to_owned();
    }
    let mut uri = String::new();
    for byte in path.as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(*byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn words(words: &str) -> String {
    text::visible(words).into_owned()
}
