//! `safety`: what the service of that name knows of the pinned versions. Off
//! until it is turned on: it needs its service, which sees what is required, so
//! its answer is one of the day. Out of reach it is an error, never a pass.

use std::collections::BTreeSet;
use std::path::PathBuf;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use std::collections::BTreeMap;

use super::declared::{self, Declarations};
use super::rounds;
use crate::gates::Trouble;
use crate::gates::checks::{Check, Measure, Scope, aside};
use crate::gates::job::{Answer, Call, Job, Terms};
use crate::gates::process::Network;
use crate::gates::subject::{Finder, Subject};
use crate::gates::toolchain;
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, GateId};
use pep440_rs::Version;

/// The gate.
pub struct Safety;

const TOOL: &str = "safety";
/// Its exit code when it found something.
const FOUND: i32 = 64;
/// The only thing of a person's settings that it may see.
const KEY: &str = "SAFETY_API_KEY";

#[derive(Deserialize)]
struct Document {
    scanned_packages: BTreeMap<String, Package>,
    vulnerabilities: Vec<Vulnerability>,
    ignored_vulnerabilities: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Vulnerability {
    vulnerability_id: String,
    package_name: String,
    analyzed_version: String,
    #[serde(default)]
    advisory: Option<String>,
    #[serde(rename = "CVE", default)]
    cve: Option<String>,
}

impl Check for Safety {
    fn id(&self) -> GateId {
        GateId::new(TOOL)
    }

    fn criterion(&self) -> Criterion {
        Criterion::Security
    }

    fn title(&self) -> &'static str {
        "safety's service knows of no vulnerability (optional)"
    }

    fn definition(&self) -> u32 {
        1
    }

    fn tools(&self) -> &'static [&'static str] {
        &[]
    }

    fn scope(&self) -> Scope {
        Scope::Declarations
    }

    fn has_baseline(&self) -> bool {
        true
    }

    fn off(&self) -> &'static str {
        "off by default, for it needs its service: `gates.safety.enabled = true` turns it on"
    }

    fn told(&self, options: &GateOptions) -> serde_json::Value {
        // What its service says today may not be what it says tomorrow.
        let day = options
            .enabled
            .then(|| jiff::Timestamp::now().strftime("%Y-%m-%d").to_string());
        serde_json::json!({ "args": options.args, "day": day })
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(run(job))
    }
}

/// In the environment whose packages are the project's, else in `PATH`.
fn program(job: &Job<'_>) -> Option<PathBuf> {
    let beside = job.toolbox.python.with_file_name(TOOL);
    match beside.is_file() {
        true => Some(beside),
        false => toolchain::find(TOOL),
    }
}

async fn run(job: &Job<'_>) -> Result<Measure, Trouble> {
    let subject = job.subject.clone();
    let declarations = aside(move || declared::read(&subject.tree, &subject.module)).await?;
    let pins: BTreeSet<(String, Version)> = declarations
        .pins()
        .filter_map(|(it, version)| Some((it.requirement.name.clone(), version.parse().ok()?)))
        .filter(|(name, _)| super::is_name(name))
        .collect();
    if pins.is_empty() {
        return Ok(Measure {
            inapplicable: Some("no version is pinned that it could judge".into()),
            ..Measure::default()
        });
    }
    let program = program(job).ok_or_else(|| {
        Trouble::new(
            "safety is turned on and not installed",
            "install it into the project's environment (pip install safety), or leave out \
             `gates.safety.enabled`",
        )
    })?;
    let audited = pins.len() as u64;
    let mut found = Vec::new();
    for round in rounds(pins) {
        found.extend(one(job, &program, &round).await?);
    }
    Ok(Measure {
        findings: findings(job.subject, &declarations, &found),
        work: vec![("versions".into(), audited)],
        ..Measure::default()
    })
}

async fn one(
    job: &Job<'_>,
    program: &std::path::Path,
    pins: &[(String, Version)],
) -> Result<Vec<Vulnerability>, Trouble> {
    let place = job.place()?;
    let input = place.work.join("requirements.txt");
    let lines: String = pins
        .iter()
        .map(|(name, version)| format!("{name}=={version}\n"))
        .collect();
    job.write(&input, lines)?;
    let key = std::env::var_os(KEY).map(|key| (KEY, key));
    let call = Call {
        tool: TOOL,
        // It cannot be asked without its service.
        version: "",
        argv: vec![program.into()],
        cwd: &place.work,
        stdin: None,
        env: key.into_iter().collect(),
        readable: program.parent().map(Into::into).into_iter().collect(),
        writable: Vec::new(),
        stream_stdout: false,
    }
    .args(["--disable-optional-telemetry", "check"])
    .args(["--output", "json", "--disable-audit-and-monitor", "--file"])
    .args([input.as_os_str()])
    .args(&job.options.args);
    let terms = Terms {
        network: Network::All,
        ..Terms::of(job.options)
    };
    let answer = job.run_on(&place, call, terms).await?;
    judge(&answer, pins)
}

fn judge(answer: &Answer, pins: &[(String, Version)]) -> Result<Vec<Vulnerability>, Trouble> {
    if let Some((why, help)) = unavailable(answer.code) {
        return Err(Trouble::new(
            format!("safety is unavailable: {why} (exit code {})", answer.code),
            help,
        ));
    }
    if !matches!(answer.code, 0 | FOUND) {
        return Err(answer.unexpected(TOOL));
    }
    let doubt = |why: String| Err(Trouble::unbelievable(TOOL, why));
    let document: Document = match serde_json::from_slice(&answer.stdout) {
        Ok(document) => document,
        Err(error) => return doubt(format!("its output is no report ({error})")),
    };
    let scanned: BTreeSet<(String, Version)> = document
        .scanned_packages
        .into_values()
        .filter_map(|it| {
            Some((
                super::distribution::canonical(&it.name),
                it.version?.parse().ok()?,
            ))
        })
        .collect();
    if let Some((name, version)) = pins.iter().find(|pin| !scanned.contains(pin)) {
        return doubt(format!("it says nothing of {name} {version}"));
    }
    if !document.ignored_vulnerabilities.is_empty() {
        return doubt("it was told to ignore vulnerabilities".into());
    }
    if document.vulnerabilities.is_empty() != (answer.code == 0) {
        return doubt("its exit code contradicts its report".into());
    }
    Ok(document.vulnerabilities)
}

/// What its exit codes say of its service and of a person's account there.
fn unavailable(code: i32) -> Option<(&'static str, &'static str)> {
    const REACH: &str = "is its service in reach from here? Else leave out `gates.safety.enabled`";
    const ACCOUNT: &str = "see to the account whose key is in SAFETY_API_KEY";
    Some(match code {
        65 => ("its service does not take the credentials", ACCOUNT),
        66 => ("its service has been asked too often", "try again later"),
        67 => ("its local database cannot be loaded", REACH),
        68 => ("its database cannot be fetched", REACH),
        69 => ("its database is malformed", REACH),
        70 => ("it could not read its own report", REACH),
        71 => ("it could not read a requirement", "see the raw output"),
        72 => ("the address of the account is not verified", ACCOUNT),
        73..=75 => ("it could not enrol this machine", ACCOUNT),
        _ => return None,
    })
}

fn findings(
    subject: &Subject,
    declarations: &Declarations,
    found: &[Vulnerability],
) -> Vec<crate::promotion::Finding> {
    let finder = Finder::new(&subject.tree);
    let mut findings = Vec::new();
    for it in found {
        let name = super::distribution::canonical(&it.package_name);
        let version: Option<Version> = it.analyzed_version.parse().ok();
        let advisory = it.advisory.as_deref().unwrap_or("vulnerable");
        let cve = it
            .cve
            .as_deref()
            .map_or(String::new(), |cve| format!(" ({cve})"));
        let message = format!("{name} {}: {advisory}{cve}", it.analyzed_version);
        let rule = format!("safety-{}", it.vulnerability_id);
        let places: Vec<_> = declarations
            .pins()
            .filter(|(declared, pinned)| {
                declared.requirement.name == name && pinned.parse().ok() == version
            })
            .collect();
        findings.extend(
            places.iter().map(|(declared, _)| {
                finder.error(&rule, &message, &declared.path, declared.line, 0)
            }),
        );
        if places.is_empty() {
            findings.push(finder.error(&rule, &message, &subject.module, 0, 0));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(code: i32, stdout: &str) -> Result<usize, String> {
        let answer = Answer {
            code,
            stdout: stdout.into(),
            stderr: b"Error: it went wrong\n".to_vec(),
        };
        let pins = [("demo".to_owned(), "1.4".parse().unwrap())];
        judge(&answer, &pins)
            .map(|it| it.len())
            .map_err(|e| e.to_string())
    }

    fn report(packages: &str, vulnerabilities: &str) -> String {
        format!(
            r#"{{"report_meta": {{}}, "scanned_packages": {{{packages}}}, "affected_packages": {{}},
            "announcements": [], "vulnerabilities": [{vulnerabilities}],
            "ignored_vulnerabilities": [], "remediations": {{}}}}"#
        )
    }

    const DEMO: &str = r#""Demo": {"name": "Demo", "version": "1.4", "requirements": []}"#;
    const FOUND_ONE: &str = r#"{"vulnerability_id": "70612", "package_name": "demo",
        "analyzed_version": "1.4", "advisory": "bad", "CVE": null, "ignored": false}"#;

    #[test]
    fn it_is_believed_where_it_judged_every_version() {
        assert_eq!(judged(0, &report(DEMO, "")), Ok(0));
        assert_eq!(judged(64, &report(DEMO, FOUND_ONE)), Ok(1));
        let why = judged(0, &report("", "")).unwrap_err();
        assert!(why.contains("nothing of demo 1.4"), "{why}");
        let other = DEMO.replace("1.4", "1.5");
        assert!(judged(0, &report(&other, "")).is_err());
    }

    #[test]
    fn what_its_exit_codes_say_is_an_error_shown_as_such() {
        for code in 65..=75 {
            let why = judged(code, &report(DEMO, "")).unwrap_err();
            assert!(
                why.contains("unavailable") && why.contains(&code.to_string()),
                "{why}"
            );
        }
        for (code, text) in [
            (1, report(DEMO, "")),
            (76, report(DEMO, "")),
            (0, report(DEMO, FOUND_ONE)),
            (64, report(DEMO, "")),
            (64, String::new()),
            (0, String::new()),
            (0, "{}".to_owned()),
            (
                0,
                report(DEMO, "").replace(
                    "ignored_vulnerabilities\": []",
                    "ignored_vulnerabilities\": [1]",
                ),
            ),
        ] {
            assert!(judged(code, &text).is_err(), "{code} {text}");
        }
    }
}
