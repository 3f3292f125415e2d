//! pip-audit, with a responder of ours for OSV: a second judge of the pinned
//! versions. It ends with 1 for findings and for errors alike, and with 0 where
//! it skipped every dependency; so its document must speak of each, and each
//! must have been asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pep440_rs::Version;
use serde::Deserialize;
use serde_json::json;

use super::responder::{Asked, PATH, Responder};
use super::rounds;
use crate::gates::Trouble;
use crate::gates::job::{Answer, Call, Job, Terms};
use crate::gates::process::Network;

const TOOL: &str = "pip-audit";

/// A vulnerability as we know it: all its names, and where it is mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its names, the best known first.
    pub names: Vec<String>,
    /// In a line.
    pub summary: String,
    /// The versions without it.
    pub fixes: Vec<String>,
}

/// What is to be audited, with what is known of it.
pub type Pins = BTreeMap<(String, Version), Vec<Known>>;

#[derive(Deserialize)]
struct Document {
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    version: Option<String>,
    skip_reason: Option<String>,
    #[serde(default)]
    vulns: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    id: String,
    #[serde(default)]
    aliases: Vec<String>,
}

/// Has pip-audit judge these pins. It takes one version of a distribution at a
/// time, so several runs may be needed.
pub async fn run(job: &Job<'_>, pins: Pins) -> Result<(), Trouble> {
    for round in rounds(pins.keys().cloned()) {
        let known = |pin: (String, Version)| {
            let known = pins.get(&pin).cloned().unwrap_or_default();
            (pin, known)
        };
        one(job, round.into_iter().map(known).collect()).await?;
    }
    Ok(())
}

async fn one(job: &Job<'_>, pins: Pins) -> Result<(), Trouble> {
    let tool = job.toolbox.get(TOOL)?;
    let place = job.place()?;
    let pins = Arc::new(pins);
    let known = pins.clone();
    let responder =
        Responder::start(Box::new(move |asked| answer(&known, asked))).map_err(|error| {
            Trouble::new(
                format!("nothing could listen on this machine's loopback: {error}"),
                "see what keeps Countersign from opening a port on 127.0.0.1",
            )
        })?;
    let lines: String = pins
        .keys()
        .map(|(name, version)| format!("{name}=={version}\n"))
        .collect();
    let input = place.work.join("requirements.txt");
    job.write(&input, lines)?;
    let url = format!("http://127.0.0.1:{}{PATH}", responder.port());
    let call = Call::new(tool, &tool.program, &place.work)
        .args(["--strict", "--no-deps", "--disable-pip"])
        .args(["--vulnerability-service", "osv", "--osv-url", &url])
        .args(["--format", "json", "--aliases", "on", "--desc", "off"])
        .args(["--progress-spinner", "off", "--cache-dir"])
        .args([place.work.join("cache")])
        .args(["--requirement".into(), input]);
    let terms = Terms {
        network: Network::Loopback(responder.port()),
        ..Terms::of(job.options)
    };
    let answer = job.run_on(&place, call, terms).await?;
    judge(&answer, &pins, &responder.asked())
}

/// What the responder says of a pin; nothing of what it was not given.
fn answer(pins: &Pins, asked: &Asked) -> Option<serde_json::Value> {
    let version = asked.version.parse().ok()?;
    let known = pins.get(&(asked.name.clone(), version))?;
    // Each vulnerability once, under all its names: pip-audit forgets some of
    // them where it has to find out itself that two are one.
    let vulns = known.iter().map(|known| {
        let fixes = known
            .fixes
            .iter()
            .filter(|fix| fix.parse::<Version>().is_ok());
        let events: Vec<_> = std::iter::once(json!({"introduced": "0"}))
            .chain(fixes.map(|fix| json!({"fixed": fix})))
            .collect();
        json!({
            "schema_version": "1.6.0",
            "id": known.names.first(),
            "aliases": known.names.get(1..).unwrap_or_default(),
            "summary": known.summary,
            "affected": [{
                "package": {"name": asked.name, "ecosystem": "PyPI"},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
            }],
        })
    });
    let vulns: Vec<_> = vulns.collect();
    Some(match vulns.is_empty() {
        true => json!({}),
        false => json!({ "vulns": vulns }),
    })
}

fn judge(answer: &Answer, pins: &Pins, asked: &[Asked]) -> Result<(), Trouble> {
    if !matches!(answer.code, 0 | 1) {
        return Err(answer.unexpected(TOOL));
    }
    let doubt = |why: String| Err(Trouble::unbelievable(TOOL, why));
    let document: Document = match serde_json::from_slice(&answer.stdout) {
        Ok(document) => document,
        // 1 is also how it says that it failed.
        Err(_) if answer.code == 1 => return Err(answer.unexpected(TOOL)),
        Err(error) => return doubt(format!("its output is no report ({error})")),
    };
    let mut vulnerable = false;
    let mut seen = BTreeSet::new();
    for dependency in &document.dependencies {
        let name = &dependency.name;
        if let Some(reason) = &dependency.skip_reason {
            return doubt(format!("it skipped {name}: {reason}"));
        }
        let version = dependency.version.as_deref().and_then(|it| it.parse().ok());
        let pin = version.map(|version: Version| (name.clone(), version));
        let Some((pin, known)) = pin.as_ref().and_then(|pin| pins.get_key_value(pin)) else {
            return doubt(format!("it speaks of {name}, which it was not given so"));
        };
        if !seen.insert(pin) {
            return doubt(format!("it speaks of {name} twice"));
        }
        vulnerable |= !dependency.vulns.is_empty();
        agree(pin, known, &dependency.vulns)?;
    }
    if let Some((name, version)) = pins.keys().find(|pin| !seen.contains(pin)) {
        return doubt(format!("it says nothing of {name} {version}"));
    }
    if vulnerable != (answer.code == 1) {
        return doubt("its exit code contradicts its report".into());
    }
    let asked_for = |(name, version): &(String, Version)| {
        let same = |asked: &Asked| {
            let other = asked.version.parse::<Version>();
            asked.name == *name && other.is_ok_and(|other| other == *version)
        };
        asked.iter().any(same)
    };
    if let Some((name, version)) = pins.keys().find(|pin| !asked_for(pin)) {
        return doubt(format!("it never asked what is known of {name} {version}"));
    }
    Ok(())
}

/// Holds what pip-audit found against what we know.
fn agree(pin: &(String, Version), known: &[Known], found: &[Found]) -> Result<(), Trouble> {
    let names = |found: &Found| -> BTreeSet<String> {
        std::iter::once(&found.id)
            .chain(&found.aliases)
            .cloned()
            .collect()
    };
    let meets = |known: &Known, found: &Found| {
        let names = names(found);
        known.names.iter().any(|name| names.contains(name))
    };
    let all_found = known
        .iter()
        .all(|known| found.iter().any(|found| meets(known, found)));
    let all_known = found
        .iter()
        .all(|found| known.iter().any(|known| meets(known, found)));
    if all_found && all_known {
        return Ok(());
    }
    let list = |names: Vec<&str>| match names.is_empty() {
        true => "nothing".to_owned(),
        false => names.join(", "),
    };
    let (name, version) = pin;
    Err(Trouble::new(
        format!(
            "pip-audit and Countersign disagree on {name} {version}: pip-audit found {}, \
             Countersign {}",
            list(found.iter().map(|found| found.id.as_str()).collect()),
            list(
                known
                    .iter()
                    .filter_map(|known| known.names.first())
                    .map(String::as_str)
                    .collect()
            ),
        ),
        "see the raw output, and report this: one of the two is wrong",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins() -> Pins {
        let known = Known {
            names: vec!["PYSEC-1".into(), "CVE-1".into(), "GHSA-1".into()],
            ..Known::default()
        };
        Pins::from([
            (("demo".to_owned(), "1.4".parse().unwrap()), vec![known]),
            (("firm".to_owned(), "1.0".parse().unwrap()), vec![]),
        ])
    }

    fn asked(pairs: &[(&str, &str)]) -> Vec<Asked> {
        let one = |(name, version): &(&str, &str)| Asked {
            name: (*name).into(),
            version: (*version).into(),
        };
        pairs.iter().map(one).collect()
    }

    fn judged(code: i32, stdout: &str, questions: &[(&str, &str)]) -> Result<(), String> {
        let answer = Answer {
            code,
            stdout: stdout.into(),
            stderr: b"ERROR:pip_audit._cli: it went wrong\n".to_vec(),
        };
        judge(&answer, &pins(), &asked(questions)).map_err(|error| error.to_string())
    }

    const ASKED: [(&str, &str); 2] = [("demo", "1.4"), ("firm", "1.0.0")];
    const DEMO: &str = r#"{"name": "demo", "version": "1.4", "vulns":
        [{"id": "PYSEC-1", "fix_versions": ["1.5"], "aliases": ["GHSA-1"]}]}"#;
    const FIRM: &str = r#"{"name": "firm", "version": "1.0", "vulns": []}"#;

    fn report(dependencies: &[&str]) -> String {
        format!(
            "{{\"dependencies\": [{}], \"fixes\": []}}",
            dependencies.join(", ")
        )
    }

    #[test]
    fn it_is_believed_where_it_asked_for_all_and_agrees() {
        assert_eq!(judged(1, &report(&[DEMO, FIRM]), &ASKED), Ok(()));
        let why = judged(1, &report(&[DEMO, FIRM]), &ASKED[..1]).unwrap_err();
        assert!(
            why.contains("never asked") && why.contains("firm 1.0"),
            "{why}"
        );
    }

    /// With a mirror of the index it skips every dependency, says that nothing
    /// is known, and ends with 0.
    #[test]
    fn what_it_skipped_was_not_audited() {
        let skipped = r#"{"name": "demo", "skip_reason":
            "Dependency not found on PyPI and could not be audited: demo (1.4)"}"#;
        let why = judged(0, &report(&[skipped, FIRM]), &ASKED).unwrap_err();
        assert!(why.contains("skipped demo"), "{why}");
        let why = judged(0, &report(&[FIRM]), &ASKED).unwrap_err();
        assert!(why.contains("nothing of demo 1.4"), "{why}");
        assert!(judged(0, &report(&[]), &ASKED).is_err());
    }

    #[test]
    fn both_answers_are_named_where_they_differ() {
        let clean = r#"{"name": "demo", "version": "1.4", "vulns": []}"#;
        let why = judged(0, &report(&[clean, FIRM]), &ASKED).unwrap_err();
        assert!(
            why.contains("pip-audit found nothing, Countersign PYSEC-1"),
            "{why}"
        );
        let more = FIRM.replace("[]", r#"[{"id": "PYSEC-7", "aliases": []}]"#);
        let why = judged(1, &report(&[DEMO, &more]), &ASKED).unwrap_err();
        assert!(
            why.contains("pip-audit found PYSEC-7, Countersign nothing"),
            "{why}"
        );
    }

    #[test]
    fn its_exit_code_1_is_also_how_it_fails() {
        let whole = report(&[DEMO, FIRM]);
        let why = judged(1, "", &ASKED).unwrap_err();
        assert!(
            why.contains("exit code 1") && why.contains("went wrong"),
            "{why}"
        );
        for (code, text) in [
            (0, ""),
            (0, &*whole),
            (2, &whole),
            (1, &whole[..whole.len() - 9]),
            (0, "{}"),
        ] {
            assert!(judged(code, text, &ASKED).is_err(), "{code} {text}");
        }
        let twice = report(&[DEMO, FIRM, FIRM]);
        assert!(judged(1, &twice, &ASKED).is_err());
        let other = report(&[
            DEMO,
            FIRM,
            r#"{"name": "other", "version": "1", "vulns": []}"#,
        ]);
        assert!(judged(1, &other, &ASKED).is_err());
    }

    #[test]
    fn the_responder_knows_the_pins_and_nothing_else() {
        let ask = |name: &str, version: &str| answer(&pins(), &asked(&[(name, version)])[0]);
        let demo = ask("demo", "1.4.0").unwrap();
        assert_eq!(demo["vulns"][0]["id"], "PYSEC-1");
        assert_eq!(demo["vulns"][0]["aliases"], json!(["CVE-1", "GHSA-1"]));
        assert_eq!(ask("firm", "1.0"), Some(json!({})));
        assert_eq!(ask("demo", "1.5"), None);
        assert_eq!(ask("other", "1.0"), None);
    }
}
