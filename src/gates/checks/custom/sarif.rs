//! SARIF 2.1.0: results of runs that say by which tool, and not that they failed.

use std::collections::HashMap;

use serde::Deserialize;

use super::judge::{Found, Report};

#[derive(Deserialize)]
struct Log {
    version: String,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    results: Option<Vec<Finding>>,
    invocations: Option<Vec<Invocation>>,
    original_uri_base_ids: Option<HashMap<String, Artifact>>,
    artifacts: Option<Vec<Listed>>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Driver,
}

#[derive(Deserialize)]
struct Driver {
    name: String,
    rules: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    default_configuration: Option<Configuration>,
    message_strings: Option<HashMap<String, Message>>,
}

#[derive(Deserialize)]
struct Configuration {
    level: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: Option<bool>,
    tool_execution_notifications: Option<Vec<Notification>>,
    tool_configuration_notifications: Option<Vec<Notification>>,
}

#[derive(Deserialize)]
struct Notification {
    level: Option<String>,
    message: Option<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: Option<String>,
    rule_index: Option<usize>,
    rule: Option<Reference>,
    kind: Option<String>,
    level: Option<String>,
    message: Message,
    locations: Option<Vec<Location>>,
    suppressions: Option<Vec<Suppression>>,
    baseline_state: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<String>,
    index: Option<usize>,
}

#[derive(Deserialize)]
struct Message {
    text: Option<String>,
    markdown: Option<String>,
    id: Option<String>,
    arguments: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Suppression {
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Option<Physical>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Option<Artifact>,
    region: Option<Region>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: Option<String>,
    uri_base_id: Option<String>,
    index: Option<usize>,
}

#[derive(Deserialize)]
struct Listed {
    location: Option<Artifact>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: Option<u32>,
    start_column: Option<u32>,
}

pub(super) fn read(json: &[u8]) -> Result<Report, String> {
    // Some write a mark of the byte order first.
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let log: Log = serde_json::from_slice(json)
        .map_err(|error| format!("its report is no SARIF ({error})"))?;
    if log.version != "2.1.0" {
        return Err(format!(
            "its report is SARIF {:?}, and not 2.1.0",
            log.version
        ));
    }
    if log.runs.is_empty() {
        return Err("its report holds no run".into());
    }
    let mut report = Report {
        work: vec![("runs".into(), log.runs.len() as u64)],
        ..Report::default()
    };
    for run in &log.runs {
        report.found.extend(run.read()?);
    }
    Ok(report)
}

impl Run {
    fn read(&self) -> Result<Vec<Found>, String> {
        let name = &self.tool.driver.name;
        if name.trim().is_empty() {
            return Err("its report holds a run without a tool".into());
        }
        for invocation in self.invocations.iter().flatten() {
            invocation.worked(name)?;
        }
        let Some(results) = &self.results else {
            return Err(format!(
                "its report holds no results of {name}: nothing was looked for"
            ));
        };
        let mut found = Vec::new();
        for result in results {
            found.extend(self.found(result)?);
        }
        Ok(found)
    }

    fn found(&self, result: &Finding) -> Result<Option<Found>, String> {
        let looked_at = ["pass", "notApplicable", "informational"];
        let is_none = result
            .kind
            .as_deref()
            .is_some_and(|kind| looked_at.contains(&kind));
        if is_none || result.baseline_state.as_deref() == Some("absent") {
            return Ok(None);
        }
        let rule = self.rule(result);
        let id = rule
            .map(|rule| rule.id.as_str())
            .or(result.rule_id.as_deref())
            .or_else(|| result.rule.as_ref()?.id.as_deref());
        let level = result.level.as_deref().or_else(|| {
            let configuration = rule?.default_configuration.as_ref()?;
            configuration.level.as_deref()
        });
        let accepted =
            |it: &Suppression| !matches!(it.status.as_deref(), Some("underReview" | "rejected"));
        let suppressed = result.suppressions.iter().flatten().any(accepted);
        let physical = result
            .locations
            .iter()
            .flatten()
            .find_map(|location| location.physical_location.as_ref());
        let region = physical.and_then(|physical| physical.region.as_ref());
        let path = match physical.and_then(|physical| physical.artifact_location.as_ref()) {
            Some(artifact) => self.path(artifact)?,
            None => Vec::new(),
        };
        Ok(Some(Found {
            rule: id.unwrap_or("finding").to_owned(),
            message: words(&result.message, rule)
                .ok_or("its report holds a result without a message")?,
            detail: String::new(),
            path,
            line: region.and_then(|region| region.start_line).unwrap_or(0),
            column: region.and_then(|region| region.start_column).unwrap_or(0),
            counts: !suppressed && !matches!(level, Some("note" | "none")),
        }))
    }

    fn rule(&self, result: &Finding) -> Option<&Rule> {
        let rules = self.tool.driver.rules.as_ref()?;
        let reference = result.rule.as_ref();
        let id = result.rule_id.as_ref().or_else(|| reference?.id.as_ref());
        let index = result.rule_index.or_else(|| reference?.index);
        match index {
            Some(index) => rules.get(index),
            None => rules.iter().find(|rule| Some(&rule.id) == id),
        }
    }

    /// The path an artifact's URI stands for.
    fn path(&self, artifact: &Artifact) -> Result<Vec<u8>, String> {
        let listed = || {
            let listed = self.artifacts.as_ref()?.get(artifact.index?)?;
            listed.location.clone()
        };
        let artifact = match artifact.uri {
            Some(_) => artifact.clone(),
            None => listed().ok_or("its report holds a place without a URI")?,
        };
        let uri = artifact
            .uri
            .ok_or("its report holds a place without a URI")?;
        if let Some(path) = local(&uri)? {
            return Ok(path);
        }
        let mut path = decoded(&uri)?;
        // What is not said where it is, is the root of the tree.
        let bases = self.original_uri_base_ids.as_ref();
        let mut base = artifact.uri_base_id;
        for _ in 0..8 {
            let Some(said) = base.and_then(|id| bases?.get(&id)) else {
                return Ok(path);
            };
            base = said.uri_base_id.clone();
            let Some(uri) = &said.uri else { continue };
            let (at, absolute) = match local(uri)? {
                Some(at) => (at, true),
                None => (decoded(uri)?, false),
            };
            path = [&at[..], b"/", &path[..]].concat();
            if absolute {
                return Ok(path);
            }
        }
        Err("the places in its report lead in circles".into())
    }
}

impl Invocation {
    fn worked(&self, name: &str) -> Result<(), String> {
        if self.execution_successful == Some(false) {
            return Err(format!("{name} says in its report that it failed"));
        }
        let all = [
            &self.tool_execution_notifications,
            &self.tool_configuration_notifications,
        ];
        let mut wrong = all
            .into_iter()
            .flatten()
            .flatten()
            .filter(|it| it.level.as_deref() == Some("error"));
        match wrong.next() {
            None => Ok(()),
            Some(it) => {
                let words = it
                    .message
                    .as_ref()
                    .and_then(|message| message.text.as_deref());
                Err(format!(
                    "{name} says in its report that something went wrong: {}",
                    words.unwrap_or("it does not say what")
                ))
            }
        }
    }
}

/// What a message says.
fn words(message: &Message, rule: Option<&Rule>) -> Option<String> {
    let plain = message.text.clone().or_else(|| message.markdown.clone());
    let mut words = plain.or_else(|| {
        let known = rule?.message_strings.as_ref()?.get(message.id.as_ref()?)?;
        known.text.clone()
    })?;
    for (n, argument) in message.arguments.iter().flatten().enumerate() {
        words = words.replace(&format!("{{{n}}}"), argument);
    }
    Some(words)
}

/// The path of an absolute URI; `None` for a relative one.
fn local(uri: &str) -> Result<Option<Vec<u8>>, String> {
    if uri.starts_with('/') && !uri.starts_with("//") {
        return decoded(uri).map(Some);
    }
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme);
    let is_scheme = |s: &&str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric());
    match scheme.filter(is_scheme) {
        None => Ok(None),
        Some("file") => {
            let rest = uri.trim_start_matches("file:");
            let rest = rest.strip_prefix("//").unwrap_or(rest);
            let rest = rest.strip_prefix("localhost").unwrap_or(rest);
            match rest.starts_with('/') {
                true => decoded(rest).map(Some),
                false => Err(format!(
                    "its report speaks of {uri}, which is on another machine"
                )),
            }
        }
        Some(_) => Err(format!("its report speaks of {uri}, which is no file")),
    }
}

/// A URI's path without its escapes.
fn decoded(uri: &str) -> Result<Vec<u8>, String> {
    let raw = uri.as_bytes();
    let mut bytes = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        if raw[at] != b'%' {
            bytes.push(raw[at]);
            at += 1;
            continue;
        }
        let hex = raw
            .get(at + 1..at + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.ok_or_else(|| format!("its report holds a broken URI, {uri}"))?);
        at += 3;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn log() -> Value {
        json!({
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {"name": "own", "rules": [
                    {"id": "R1", "defaultConfiguration": {"level": "note"},
                     "messageStrings": {"m": {"text": "{0} is bad"}}},
                ]}},
                "invocations": [{"executionSuccessful": true}],
                "results": [{
                    "ruleId": "R2",
                    "message": {"text": "bad"},
                    "locations": [{"physicalLocation": {
                        "artifactLocation": {"uri": "a%20b.py", "uriBaseId": "SRC"},
                        "region": {"startLine": 3, "startColumn": 5},
                    }}],
                }],
            }],
        })
    }

    fn read_with(change: impl FnOnce(&mut Value)) -> Result<Report, String> {
        let mut log = log();
        change(&mut log);
        read(log.to_string().as_bytes())
    }

    fn result(value: &mut Value) -> &mut Value {
        &mut value["runs"][0]["results"][0]
    }

    #[test]
    fn results_have_rule_message_and_place() {
        let report = read_with(|_| {}).unwrap();
        assert_eq!(
            report.found,
            [Found {
                rule: "R2".into(),
                message: "bad".into(),
                path: b"a b.py".into(),
                line: 3,
                column: 5,
                counts: true,
                ..Found::default()
            }]
        );
        assert_eq!(report.work, [("runs".to_owned(), 1)]);
    }

    #[test]
    fn levels_and_words_may_come_from_the_rule() {
        let report = read_with(|log| {
            *result(log) = json!({"ruleIndex": 0, "message": {"id": "m", "arguments": ["x"]}});
        })
        .unwrap();
        let found = &report.found[0];
        assert_eq!(
            (found.rule.as_str(), found.message.as_str()),
            ("R1", "x is bad")
        );
        assert!(!found.counts && found.path.is_empty());
    }

    #[test]
    fn places_may_be_given_by_their_base() {
        let path = |base: Value| {
            let report = read_with(|log| log["runs"][0]["originalUriBaseIds"] = base);
            report.map(|report| String::from_utf8(report.found[0].path.clone()).unwrap())
        };
        let at = |uri: &str| json!({"SRC": {"uri": uri}});
        assert_eq!(
            path(at("file:///work/tree/")).unwrap(),
            "/work/tree//a b.py"
        );
        assert_eq!(path(at("sub/")).unwrap(), "sub//a b.py");
        assert!(path(json!({"SRC": {"uri": "x/", "uriBaseId": "SRC"}})).is_err());
        assert!(path(at("https://example.org/")).is_err());
    }

    #[test]
    fn what_passed_or_was_suppressed_does_not_count() {
        let passed = read_with(|log| result(log)["kind"] = json!("pass")).unwrap();
        assert!(passed.found.is_empty());
        let counts = |suppressions: Value| {
            let report = read_with(|log| result(log)["suppressions"] = suppressions);
            report.unwrap().found[0].counts
        };
        assert!(!counts(json!([{"kind": "inSource"}])));
        assert!(counts(json!([])) && counts(json!([{"status": "rejected"}])));
    }

    #[test]
    fn a_run_that_looked_for_nothing_is_no_verdict() {
        let at = |pointer: &str, value: Value| {
            read_with(|log| *log.pointer_mut(pointer).unwrap() = value.clone())
        };
        for (pointer, value) in [
            ("/version", json!("2.0.0")),
            ("/runs", json!([])),
            ("/runs", json!(null)),
            ("/runs/0/results", json!(null)),
            ("/runs/0/tool", json!({})),
            ("/runs/0/tool/driver/name", json!("")),
            ("/runs/0/invocations/0/executionSuccessful", json!(false)),
            (
                "/runs/0/invocations/0",
                json!({"toolExecutionNotifications": [
                    {"level": "error", "message": {"text": "cannot read a.py"}},
                ]}),
            ),
            ("/runs/0/results/0/message", json!({})),
            (
                "/runs/0/results/0/locations/0/physicalLocation/artifactLocation",
                json!({"uri": "%zz"}),
            ),
        ] {
            assert!(at(pointer, value).is_err(), "{pointer}");
        }
        let whole = log().to_string();
        for end in 0..whole.len() {
            assert!(read(&whole.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}
