//! detect-secrets: its exit code is 0 whatever it finds and whatever it leaves
//! out, so nothing but its document counts, and that only with our canaries.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::canary;
use crate::gates::Trouble;
use crate::gates::job::Answer;

/// The detectors of detect-secrets 1.5. One that lacks any finds less.
const PLUGINS: [&str; 27] = [
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "Base64HighEntropyString",
    "BasicAuthDetector",
    "CloudantDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "HexHighEntropyString",
    "IbmCloudIamDetector",
    "IbmCosHmacDetector",
    "IPPublicDetector",
    "JwtTokenDetector",
    "KeywordDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SoftlayerDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
];

/// Filters by which detect-secrets tells what only looks like a secret. Any
/// other could hide one.
const FILTERS: [&str; 8] = [
    "is_indirect_reference",
    "is_likely_id_string",
    "is_lock_file",
    "is_not_alphanumeric_string",
    "is_potential_uuid",
    "is_prefixed_with_dollar_sign",
    "is_sequential_string",
    "is_templated_secret",
];

/// Its name.
pub(super) const TOOL: &str = "detect-secrets";

/// What it is told: no question goes out, and no comment in the code and no
/// name of a file lets anything pass.
pub const ARGUMENTS: [&str; 9] = [
    "--cores",
    "2",
    "scan",
    "--all-files",
    "--no-verify",
    "--disable-filter",
    "detect_secrets.filters.allowlist.is_line_allowlisted",
    "--disable-filter",
    "detect_secrets.filters.heuristic.is_swagger_file",
];

#[derive(Deserialize)]
struct Document {
    version: String,
    plugins_used: Vec<Plugin>,
    filters_used: Vec<Filter>,
    results: BTreeMap<String, Vec<Secret>>,
}

#[derive(Deserialize)]
struct Plugin {
    name: String,
    limit: Option<f64>,
    keyword_exclude: Option<String>,
}

#[derive(Deserialize)]
struct Filter {
    path: String,
}

/// One that it found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Secret {
    /// The copy it is in.
    pub filename: String,
    /// Its line, from 1.
    #[serde(default)]
    pub line_number: u32,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// sha1 of it, in hexadecimal.
    pub hashed_secret: String,
}

/// True for a report, which holds digests and no secret.
pub fn is_report(output: &[u8]) -> bool {
    serde_json::from_slice::<Document>(output).is_ok()
}

/// What it found in files whose names `known` says are ours.
pub fn judge(
    answer: &Answer,
    version: &str,
    known: impl Fn(&str) -> bool,
) -> Result<Vec<Secret>, Trouble> {
    if answer.code != 0 {
        return Err(answer.unexpected(TOOL));
    }
    let doubt = |why: String| Err(Trouble::unbelievable(TOOL, why));
    let document: Document = match serde_json::from_slice(&answer.stdout) {
        Ok(document) => document,
        // Not what stands there: it could be anything.
        Err(error) => {
            let place = (error.line(), error.column());
            return doubt(format!(
                "its output is no report (line {}, column {})",
                place.0, place.1
            ));
        }
    };
    if document.version != version {
        return doubt(format!(
            "it says it is {:?}, and {version} is installed",
            document.version
        ));
    }
    let used: BTreeSet<&str> = document
        .plugins_used
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    let lacking: Vec<_> = PLUGINS
        .into_iter()
        .filter(|name| !used.contains(name))
        .collect();
    if !lacking.is_empty() {
        return doubt(format!(
            "it lacks {} (detect-secrets 1.5 or newer has all that are needed)",
            lacking.join(", ")
        ));
    }
    for plugin in &document.plugins_used {
        let most = match plugin.name.as_str() {
            "Base64HighEntropyString" => 4.5,
            "HexHighEntropyString" => 3.0,
            _ => f64::INFINITY,
        };
        let excludes = plugin
            .keyword_exclude
            .as_ref()
            .is_some_and(|it| !it.is_empty());
        if plugin.limit.is_some_and(|limit| limit > most) || excludes {
            return doubt(format!("{} was told to find less", plugin.name));
        }
    }
    for filter in &document.filters_used {
        let name = filter
            .path
            .strip_prefix("detect_secrets.filters.heuristic.");
        if !name.is_some_and(|name| FILTERS.contains(&name)) {
            return doubt(format!(
                "it used a filter that may hide secrets, {}",
                filter.path
            ));
        }
    }
    let mut planted = BTreeSet::from(canary::PLANTED);
    let mut secrets = Vec::new();
    for (name, found) in document.results {
        for secret in found {
            if secret.filename != name || secret.line_number == 0 {
                return doubt("it does not say where it found something".into());
            }
            let digits = |c: char| c.is_ascii_hexdigit();
            if secret.hashed_secret.len() != 40 || !secret.hashed_secret.chars().all(digits) {
                return doubt("it reports something else than the digest of a secret".into());
            }
            if canary::is_ours(&name) {
                planted.retain(|(file, line, kind)| {
                    (*file, *line, *kind) != (&*name, secret.line_number, &*secret.kind)
                });
            } else if known(&name) {
                secrets.push(secret);
            } else {
                return doubt("it speaks of a file it was not given".into());
            }
        }
    }
    if let Some((_, _, kind)) = planted.first() {
        return doubt(format!(
            "it did not find {} of {} secrets that we planted, the first a {kind}",
            planted.len(),
            canary::PLANTED.len()
        ));
    }
    secrets.sort();
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn report() -> Value {
        let plugin = |name: &&str| match *name {
            "Base64HighEntropyString" => json!({"name": name, "limit": 4.5}),
            "HexHighEntropyString" => json!({"name": name, "limit": 3.0}),
            "KeywordDetector" => json!({"name": name, "keyword_exclude": ""}),
            name => json!({"name": name}),
        };
        let filter =
            |name: &&str| json!({"path": format!("detect_secrets.filters.heuristic.{name}")});
        let mut results = json!({});
        for (file, line, kind) in canary::PLANTED {
            if results.get(file).is_none() {
                results[file] = json!([]);
            }
            let secret = json!({
                "type": kind, "filename": file, "line_number": line,
                "hashed_secret": "9fe500c731d634292010d083c40a3cb3eea8e514", "is_verified": false,
            });
            results[file].as_array_mut().unwrap().push(secret);
        }
        json!({
            "version": "1.5.0",
            "plugins_used": PLUGINS.iter().map(plugin).collect::<Vec<_>>(),
            "filters_used": FILTERS.iter().map(filter).collect::<Vec<_>>(),
            "results": results,
            "generated_at": "2026-11-26T12:00:00Z",
        })
    }

    fn judged(code: i32, stdout: &str) -> Result<Vec<Secret>, String> {
        let answer = Answer {
            code,
            stdout: stdout.into(),
            stderr: b"Error: it went wrong\n".to_vec(),
        };
        judge(&answer, "1.5.0", |name| name == "000000-a.py").map_err(|e| e.to_string())
    }

    fn changed(change: impl FnOnce(&mut Value)) -> String {
        let mut report = report();
        change(&mut report);
        judged(0, &report.to_string()).unwrap_err()
    }

    #[test]
    fn planted_secrets_are_proof_and_no_findings() {
        let mut report = report();
        assert_eq!(judged(0, &report.to_string()), Ok(vec![]));
        report["results"]["000000-a.py"] = json!([{
            "type": "Secret Keyword", "filename": "000000-a.py", "line_number": 3,
            "hashed_secret": "9fe500c731d634292010d083c40a3cb3eea8e514",
        }]);
        let found = judged(0, &report.to_string()).unwrap();
        assert_eq!((found.len(), found[0].line_number), (1, 3));
    }

    #[test]
    fn a_clean_report_without_them_is_no_verdict() {
        let why = changed(|it| it["results"] = json!({}));
        assert!(why.contains("13 of 13"), "{why}");
        for n in 0..9 {
            let why = changed(|it| {
                it["results"]["canary.py"].as_array_mut().unwrap().remove(n);
            });
            assert!(why.contains("1 of 13"), "{why}");
        }
        let why = changed(|it| {
            it["results"].as_object_mut().unwrap().remove("canary.yaml");
        });
        assert!(why.contains("2 of 13"), "{why}");
    }

    #[test]
    fn one_that_looks_for_less_is_not_believed() {
        let why = changed(|it| {
            it["plugins_used"]
                .as_array_mut()
                .unwrap()
                .retain(|p| p["name"] != "JwtTokenDetector");
        });
        assert!(why.contains("JwtTokenDetector"), "{why}");
        let why = changed(|it| {
            let filter = json!({"path": "detect_secrets.filters.regex.should_exclude_file"});
            it["filters_used"].as_array_mut().unwrap().push(filter);
        });
        assert!(why.contains("should_exclude_file"), "{why}");
        let why = changed(|it| it["plugins_used"][3]["limit"] = json!(6.5));
        assert!(why.contains("find less"), "{why}");
        let why = changed(|it| it["plugins_used"][14]["keyword_exclude"] = json!("pass"));
        assert!(why.contains("find less"), "{why}");
        assert!(changed(|it| it["version"] = json!("1.4.0")).contains("1.4.0"));
    }

    #[test]
    fn garbage_and_bad_ends_are_no_verdict() {
        let whole = report().to_string();
        for (code, text) in [
            (0, ""),
            (0, "{}"),
            (0, &whole[..whole.len() / 2]),
            (1, &whole),
            (2, ""),
        ] {
            assert!(judged(code, text).is_err(), "{code}");
        }
        let why = changed(|it| it["results"]["elsewhere.py"] = it["results"]["canary.txt"].clone());
        assert!(why.contains("where it found"), "{why}");
        let why = changed(|it| {
            let mut secret = it["results"]["canary.txt"].clone();
            secret[0]["filename"] = json!("elsewhere.py");
            it["results"]["elsewhere.py"] = secret;
        });
        assert!(why.contains("not given"), "{why}");
        let why = changed(|it| it["results"]["canary.txt"][0]["hashed_secret"] = json!("hunter2"));
        assert!(why.contains("digest") && !why.contains("hunter2"), "{why}");
    }
}
