//! Every document that `--json` prints is the one docs/json.md describes.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

#[path = "support/schemas.rs"]
mod schemas;

use schemas::schema;

/// The document of a command, as it came and as the schema's validator saw it.
struct Document {
    value: Value,
    text: String,
    code: Option<i32>,
}

/// A sample repository with a place for its cache.
struct Sample(TempDir);

impl Sample {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        countersign::workflow::demo::build(&dir.path().join("demo")).unwrap();
        Self(dir)
    }

    /// Runs a command in `directory` and holds its document against the schema.
    #[track_caller]
    fn run(&self, directory: &str, args: &[&str]) -> Document {
        self.run_for(&format!("countersign.{}", args[0]), directory, args)
    }

    /// The same, where the document is another one than the command's own.
    #[track_caller]
    fn run_for(&self, title: &str, directory: &str, args: &[&str]) -> Document {
        let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .arg(args[0])
            .arg("--json")
            .args(&args[1..])
            .current_dir(self.0.path().join(directory))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.0.path())
            .env("GIT_CEILING_DIRECTORIES", self.0.path())
            .env("COUNTERSIGN_CACHE_DIR", self.0.path().join("cache"))
            .env("COUNTERSIGN_DATA_DIR", self.0.path().join("data"))
            .env("COUNTERSIGN_CONFIG_DIR", self.0.path().join("config"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = String::from_utf8(output.stdout).unwrap();
        let value: Value =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?}: {e}\n{text}{said}"));
        assert_eq!(value["schema"], title);
        schemas::holds(&schema(title), &value);
        Document {
            value,
            text,
            code: output.status.code(),
        }
    }
}

#[test]
fn the_schemas_are_strict() {
    fn walk(path: &str, schema: &Value) {
        if let Some(object) = schema.as_object() {
            if object.contains_key("properties") {
                assert_eq!(schema["additionalProperties"], false, "{path}");
            }
            for (name, inner) in object {
                walk(&format!("{path}/{name}"), inner);
            }
        }
        for inner in schema.as_array().into_iter().flatten() {
            walk(path, inner);
        }
    }
    for name in [
        "list",
        "show",
        "check",
        "report",
        "reports",
        "core",
        "ci-plan",
        "ci-run",
        "ci-cell",
        "explain",
        "diff",
        "cache",
        "prune",
        "doctor",
        "init",
        "demo",
        "audit-log",
        "audit-verify",
        "audit-show",
        "audit-export",
        "audit-share",
        "audit-revoke",
        "promote-record",
        "propose",
        "sign",
        "impact",
    ] {
        let schema = schema(&format!("countersign.{name}"));
        jsonschema::meta::validate(&schema).unwrap();
        walk(name, &schema);
        let mut planted =
            serde_json::json!({ "schema": format!("countersign.{name}"), "version": 1 });
        planted["surprise"] = Value::Bool(true);
        assert!(!jsonschema::is_valid(&schema, &planted));
    }
}

#[test]
fn what_would_run_is_explained() {
    let sample = Sample::new();
    let args = ["check", "candidate/fees", "--dry-run"];
    let dry = sample.run_for("countersign.explain", "demo", &args);
    assert_eq!(dry.code, Some(3), "nothing was ever run");
    let explained = dry.value["explained"].as_array().unwrap();
    assert!(explained.iter().all(|one| one["why"]["is"] == "never"));
}

#[test]
fn what_would_be_proposed_is_told() {
    let sample = Sample::new();
    let args = [
        "propose",
        "candidate/fees",
        "--dry-run",
        "--date",
        "2026-03-09",
    ];
    let told = sample.run("demo", &args);
    assert_eq!(told.code, Some(1), "nobody answered anything");
    assert_eq!(told.value["branch"], "promote/fees-20260309");
    assert!(told.value["commit"].is_null());
    assert!(!told.value["open"].as_array().unwrap().is_empty());
}

#[test]
fn list_names_every_module() {
    let list = Sample::new().run("demo", &["list"]);
    assert_eq!(list.code, Some(0));
    let modules = list.value["modules"].as_array().unwrap();
    assert!(modules.len() > 5);
    let child = modules.iter().find(|m| !m["parent"].is_null()).unwrap();
    assert!(modules.iter().any(|m| m["path"] == child["parent"]));
    // The demo's names and messages hold escapes, bidi and bytes that are no text.
    let hostile = |c: char| c.is_control() && c != '\n' || ('\u{200b}'..='\u{202e}').contains(&c);
    assert!(!list.text.contains(hostile), "printing it would do harm");
    assert!(
        list.value.to_string().contains("\\u001b["),
        "and nothing was lost"
    );
}

#[test]
fn list_of_nothing() {
    let sample = Sample::new();
    git2::Repository::init(sample.0.path().join("empty")).unwrap();
    let list = sample.run("empty", &["list"]);
    assert_eq!(
        (list.code, list.value["modules"].as_array().unwrap().len()),
        (Some(0), 0)
    );
    assert!(list.value["commit"].is_null());
}

#[test]
fn show_of_every_module() {
    let sample = Sample::new();
    let list = sample.run("demo", &["list"]);
    for module in list.value["modules"].as_array().unwrap() {
        let path = module["path"].as_str().unwrap();
        let show = sample.run("demo", &["show", "--", path]);
        assert_eq!(
            (show.code, &show.value["module"]["path"]),
            (Some(0), &module["path"])
        );
    }
}

#[test]
fn impact_of_every_module() {
    let sample = Sample::new();
    let list = sample.run("demo", &["list"]);
    let mut places = 0;
    for module in list.value["modules"].as_array().unwrap() {
        let path = module["path"].as_str().unwrap();
        let impact = sample.run("demo", &["impact", "--shims", "--", path]);
        assert_eq!(
            (impact.code, &impact.value["relocation"]["from"]),
            (Some(0), &module["path"])
        );
        places += impact.value["importers"].as_array().unwrap().len();
    }
    assert!(places > 0, "nobody names anything in the demo");
}

#[test]
fn check_without_tools() {
    let sample = Sample::new();
    let file = sample.0.path().join("demo/countersign.toml");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(!text.contains("[tools]"), "the demo names no tools: {text}");
    std::fs::write(
        &file,
        format!("{text}\n[tools]\npython = \"/nowhere/python\"\n"),
    )
    .unwrap();
    let list = sample.run("demo", &["list"]);
    let path = list.value["modules"][0]["path"].as_str().unwrap();
    let check = sample.run("demo", &["check", "--", path]);
    assert_eq!(
        (check.code, &check.value["holds"]),
        (Some(3), &Value::Bool(false))
    );
    let gates = check.value["modules"][0]["gates"].as_array().unwrap();
    assert!(
        gates.iter().any(|gate| gate["status"] == "error"),
        "{}",
        check.text
    );
}

#[test]
fn diff_of_every_module_against_its_target_and_its_base() {
    let sample = Sample::new();
    let list = sample.run("demo", &["list"]);
    let mut kinds = std::collections::BTreeSet::new();
    for module in list.value["modules"].as_array().unwrap() {
        let path = module["path"].as_str().unwrap();
        for against in [&["--"][..], &["--against", "base", "--"]] {
            let diff = sample.run("demo", &[&["diff"], against, &[path]].concat());
            assert_eq!(
                (diff.code, &diff.value["module"]),
                (Some(0), &module["path"])
            );
            for file in diff.value["files"].as_array().unwrap() {
                kinds.insert(file["change"].as_str().unwrap().to_owned());
            }
        }
    }
    assert!(
        kinds.contains("added") && kinds.contains("modified"),
        "{kinds:?}"
    );
}

#[test]
fn cache_shown_and_pruned() {
    let sample = Sample::new();
    let empty = sample.run("", &["cache"]);
    assert_eq!((empty.code, &empty.value["bytes"]), (Some(0), &0.into()));
    sample.run("demo", &["list"]); // keeps what imports what
    let imports = |cache: &Document| {
        let kinds = cache.value["kinds"].as_array().unwrap();
        let imports = kinds.iter().find(|held| held["kind"] == "imports");
        imports.unwrap()["entries"].as_u64().unwrap()
    };
    assert_eq!(imports(&sample.run("", &["cache"])), 1);
    let dry = ["cache", "prune", "--all", "--dry-run"];
    let dry = sample.run_for("countersign.prune", "", &dry);
    assert_eq!(dry.value["removed"][0]["kind"], "imports");
    assert_eq!(imports(&sample.run("", &["cache"])), 1);
    let usual = sample.run_for("countersign.prune", "", &["cache", "prune"]);
    assert!(usual.value["removed"].as_array().unwrap().is_empty());
    let all = sample.run_for("countersign.prune", "", &["cache", "prune", "--all"]);
    assert_eq!(
        (all.code, &all.value["removed"]),
        (Some(0), &dry.value["removed"])
    );
    assert_eq!(imports(&sample.run("", &["cache"])), 0);
}

#[test]
fn doctor_inside_and_outside() {
    let sample = Sample::new();
    let doctor = sample.run("demo", &["doctor"]);
    assert!(matches!(doctor.code, Some(0 | 3)), "{}", doctor.text);
    std::fs::create_dir(sample.0.path().join("nowhere")).unwrap();
    let doctor = sample.run("nowhere", &["doctor"]);
    assert_eq!(
        (doctor.code, doctor.value["state"].as_str()),
        (Some(2), Some("problem"))
    );
}

#[test]
fn init_printed_and_written() {
    let sample = Sample::new();
    let file = sample.0.path().join("demo/countersign.toml");
    let kept = std::fs::read(&file).ok();
    let printed = sample.run("demo", &["init", "--print"]);
    assert_eq!(printed.value["written"], false);
    assert_eq!(std::fs::read(&file).ok(), kept);
    if kept.is_some() {
        std::fs::remove_file(&file).unwrap();
    }
    let written = sample.run("demo", &["init"]);
    assert_eq!(
        (written.code, &written.value["written"]),
        (Some(0), &Value::Bool(true))
    );
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(written.value["text"], text.as_str());
    let lane = &written.value["detected"]["lanes"][0];
    assert_eq!(lane["source"], "candidate");
}

#[test]
fn demo_where_it_was_asked_for() {
    let sample = Sample::new();
    let demo = sample.run("", &["demo", "--at", "another"]);
    assert_eq!(demo.code, Some(0));
    assert!(Path::new(demo.value["path"].as_str().unwrap()).ends_with("another"));
}
