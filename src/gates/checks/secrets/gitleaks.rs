//! gitleaks, where it is installed: a second opinion. Left to itself it ends
//! with 1 both when it finds something and when it fails.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::canary;
use crate::gates::Trouble;
use crate::gates::job::{Answer, Call, Job, Terms};
use crate::gates::scratch::Place;
use crate::gates::toolchain;

pub(super) const TOOL: &str = "gitleaks";
/// Its exit code when it found something. With our canaries it always does.
const FOUND: i32 = 10;

/// One that it found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Leak {
    /// The copy it is in, with a path of gitleaks' making.
    #[serde(rename = "File")]
    pub file: String,
    /// Its line, from 1.
    #[serde(rename = "StartLine")]
    pub line: u32,
    /// The rule.
    #[serde(rename = "RuleID")]
    pub rule: String,
}

/// Where it is, if it is installed.
pub fn program() -> Option<PathBuf> {
    toolchain::find(TOOL)
}

/// Tells one gitleaks from another without starting it, on any machine alike.
pub fn stamp() -> Option<u64> {
    Some(std::fs::metadata(program()?).ok()?.len())
}

/// Runs it on the copies.
pub async fn run(
    job: &Job<'_>,
    place: &Place,
    program: &Path,
    copies: &Path,
    keep: &(dyn Fn(&[u8]) -> Vec<u8> + Send + Sync),
    known: impl Fn(&str) -> bool,
) -> Result<Vec<Leak>, Trouble> {
    let terms = Terms {
        keep: Some(keep),
        ..Terms::of(job.options)
    };
    let call = |version| Call {
        tool: TOOL,
        version,
        argv: vec![program.into()],
        cwd: copies,
        stdin: None,
        env: Vec::new(),
        // It may be one that somebody unpacked at home.
        readable: program.parent().map(Path::to_owned).into_iter().collect(),
        writable: Vec::new(),
        stream_stdout: false,
    };
    let asked = job.place()?;
    let answer = job
        .run_on(&asked, call("").args(["version"]), terms)
        .await?;
    let version = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    if answer.code != 0 || version.is_empty() {
        return Err(answer.unexpected(TOOL));
    }
    let report = place.work.join("gitleaks.json");
    let call = call(&version)
        .args(["dir", ".", "--report-format", "json", "--report-path"])
        .args([report.as_os_str()])
        .args([
            "--exit-code",
            &FOUND.to_string(),
            "--redact",
            "--no-banner",
            "--ignore-gitleaks-allow",
        ]);
    let answer = job.run_on(place, call, terms).await?;
    judge(&answer, std::fs::read(&report).ok().as_deref(), known)
}

fn judge(
    answer: &Answer,
    report: Option<&[u8]>,
    known: impl Fn(&str) -> bool,
) -> Result<Vec<Leak>, Trouble> {
    let doubt = |why: &str| Trouble::unbelievable(TOOL, why);
    if answer.code == 0 {
        return Err(doubt(
            "it found nothing, not even the secrets that we planted",
        ));
    }
    if answer.code != FOUND {
        return Err(answer.unexpected(TOOL));
    }
    let report = report.ok_or_else(|| doubt("it wrote no report"))?;
    let leaks: Vec<Leak> =
        serde_json::from_slice(report).map_err(|_| doubt("its report is no list of leaks"))?;
    let mut sang = false;
    let mut found = Vec::new();
    for mut leak in leaks {
        // Names of ours are names in one directory.
        leak.file = leak.file.rsplit('/').next().unwrap_or_default().to_owned();
        if canary::is_ours(&leak.file) {
            sang = true;
        } else if known(&leak.file) && leak.line > 0 {
            found.push(leak);
        } else {
            return Err(doubt("it speaks of a file it was not given"));
        }
    }
    if !sang {
        return Err(doubt("it did not find a secret that we planted"));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(code: i32, report: Option<&str>) -> Result<Vec<Leak>, String> {
        let answer = Answer {
            code,
            stdout: Vec::new(),
            stderr: b"it failed\n".to_vec(),
        };
        judge(&answer, report.map(str::as_bytes), |name| {
            name == "000000-a.py"
        })
        .map_err(|error| error.to_string())
    }

    const SONG: &str = r#"{"RuleID": "aws-access-token", "File": "canary.py", "StartLine": 1}"#;
    const LEAK: &str = r#"{"RuleID": "private-key", "Description": "x", "File": "./000000-a.py",
        "StartLine": 4, "EndLine": 9, "Match": "REDACTED", "Secret": "REDACTED"}"#;

    #[test]
    fn leaks_have_their_place_and_the_canary_is_none() {
        let found = judged(10, Some(&format!("[{LEAK}, {SONG}]"))).unwrap();
        assert_eq!((found.len(), found[0].line), (1, 4));
        assert_eq!(judged(10, Some(&format!("[{SONG}]"))), Ok(vec![]));
    }

    #[test]
    fn its_exit_code_says_whether_it_found_something_or_failed() {
        let songs = format!("[{SONG}]");
        for (code, report) in [
            (0, Some("[]")),
            (0, Some(songs.as_str())),
            (1, Some(songs.as_str())),
            (126, None),
            (10, None),
            (10, Some("")),
            (10, Some("[]")),
            (10, Some("{\"leaks\": []}")),
        ] {
            assert!(judged(code, report).is_err(), "{code} {report:?}");
        }
        assert!(judged(10, Some(&format!("[{LEAK}]"))).is_err());
        let elsewhere = LEAK.replace("000000-a", "etc");
        assert!(judged(10, Some(&format!("[{elsewhere}, {SONG}]"))).is_err());
    }
}
