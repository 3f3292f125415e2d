//! A forge that runs the steps of a workflow as GitHub would, without it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::gates_support::tools;
use super::text;

/// A forge that runs workflows here.
pub struct Forge {
    pub workflow: Value,
    origin: PathBuf,
    pub at: PathBuf,
    pub vars: BTreeMap<&'static str, String>,
}

/// What became of a job.
pub struct Ran {
    pub success: bool,
    pub outputs: BTreeMap<String, String>,
    pub said: String,
    pub temp: PathBuf,
}

impl Forge {
    pub fn new(workflow: &Path, origin: PathBuf, at: PathBuf) -> Self {
        let script = "import json, sys\nfrom ruamel.yaml import YAML\n\
                      json.dump(YAML(typ='safe', pure=True).load(open(sys.argv[1])), sys.stdout)";
        let output = Command::new(tools().join("bin/python"))
            .args(["-c", script])
            .arg(workflow)
            .output()
            .unwrap();
        let workflow = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", text(&output)));
        fs::create_dir_all(at.join("bin")).unwrap();
        fs::create_dir_all(at.join("artifacts")).unwrap();
        // Instead of building it: the one that is built already.
        let cargo = at.join("bin/cargo");
        let install = format!(
            "#!/bin/sh -e\necho \"$*\" >> {}\nwhile [ \"$1\" != --root ]; do shift; done\n\
             mkdir -p \"$2/bin\"\ncp {} \"$2/bin/countersign\"\n",
            at.join("cargo.log").display(),
            env!("CARGO_BIN_EXE_countersign"),
        );
        fs::write(&cargo, install).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&cargo, mode).unwrap();
        Self {
            workflow,
            origin,
            at,
            vars: BTreeMap::new(),
        }
    }

    /// Runs a job on a runner of its own, which is called by that name.
    pub fn job(&self, runner: &str, matrix: &Value, needs: &BTreeMap<String, String>) -> Ran {
        let job = runner.split(' ').next().unwrap();
        let definition = &self.workflow["jobs"][job];
        assert_eq!(definition["permissions"], json!({ "contents": "read" }));
        let home = self.at.join(format!("runner of {runner}"));
        let (work, temp) = (home.join("work"), home.join("temp"));
        fs::create_dir_all(&temp).unwrap();
        let mut ran = Ran {
            success: true,
            outputs: BTreeMap::new(),
            said: String::new(),
            temp: temp.clone(),
        };
        let mut steps: BTreeMap<String, String> = BTreeMap::new();
        for step in definition["steps"].as_array().unwrap() {
            let fill = |value: &Value| {
                let value = value.as_str().map_or(value.to_string(), str::to_owned);
                self.fill(&value, matrix, needs, &steps, &temp)
            };
            match step["if"].as_str() {
                None if !ran.success => continue,
                None | Some("${{ !cancelled() }}") => {}
                Some(other) => panic!("{other}"),
            }
            let with = |key: &str| fill(&step["with"][key]);
            if let Some(uses) = step["uses"].as_str() {
                let (action, rev) = uses.split_once('@').unwrap();
                assert!(
                    rev.len() == 40 && rev.bytes().all(|b| b.is_ascii_hexdigit()),
                    "{uses}"
                );
                let done = match action {
                    "actions/checkout" => {
                        assert_eq!(with("persist-credentials"), "false");
                        assert_eq!(with("fetch-depth"), "0");
                        self.checkout(&work);
                        true
                    }
                    "actions/upload-artifact" => {
                        self.upload(&with("name"), Path::new(&with("path")))
                    }
                    "actions/download-artifact" => {
                        let pattern = match step["with"]["pattern"].as_str() {
                            Some(pattern) => pattern.to_owned(),
                            None => with("name"),
                        };
                        self.download(&pattern, Path::new(&with("path")))
                    }
                    other => panic!("{other}"),
                };
                ran.success &= done;
                continue;
            }
            let script = step["run"].as_str().unwrap();
            assert!(!script.contains("${{"), "{script}");
            let file = home.join("script.sh");
            fs::write(&file, script).unwrap();
            let (outputs, summary) = (home.join("outputs"), home.join("summary.md"));
            fs::write(&outputs, "").unwrap();
            let environment = step["env"].as_object().into_iter().flatten();
            let environment = environment.map(|(name, value)| (name.clone(), fill(value)));
            let environment: Vec<_> = environment.collect();
            let path = std::env::var("PATH").unwrap();
            let output = Command::new("bash")
                .args(["--noprofile", "--norc", "-eo", "pipefail"])
                .arg(&file)
                .current_dir(&work)
                .env_clear()
                .env("PATH", format!("{}:{path}", self.at.join("bin").display()))
                .env("HOME", &home)
                .env("CI", "true")
                .env("GITHUB_ACTIONS", "true")
                .env("GITHUB_OUTPUT", &outputs)
                .env("GITHUB_STEP_SUMMARY", &summary)
                .env("RUNNER_TEMP", &temp)
                .envs(environment)
                .output()
                .unwrap();
            ran.success &= output.status.success();
            ran.said.push_str(&text(&output));
            for line in fs::read_to_string(&outputs).unwrap().lines() {
                let (name, value) = line.split_once('=').unwrap();
                steps.insert(name.to_owned(), value.to_owned());
            }
        }
        for (name, value) in definition["outputs"].as_object().into_iter().flatten() {
            let value = self.fill(value.as_str().unwrap(), matrix, needs, &steps, &temp);
            ran.outputs.insert(name.clone(), value);
        }
        ran
    }

    /// Puts values in the place of expressions: of those that are used.
    fn fill(
        &self,
        text: &str,
        matrix: &Value,
        needs: &BTreeMap<String, String>,
        steps: &BTreeMap<String, String>,
        temp: &Path,
    ) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let (expression, after) = after.split_once("}}").unwrap();
            out.push_str(before);
            let expression = expression.trim();
            let named = |prefix: &str| expression.strip_prefix(prefix);
            let value = if expression == "runner.temp" {
                temp.to_str().unwrap().to_owned()
            } else if let Some(name) = named("vars.") {
                self.vars.get(name).cloned().unwrap_or_default()
            } else if let Some(name) = named("matrix.") {
                matrix[name].as_str().unwrap().to_owned()
            } else if let Some(name) = named("steps.plan.outputs.") {
                steps.get(name).cloned().unwrap_or_default()
            } else if let Some(name) = named("needs.plan.outputs.") {
                needs[name].clone()
            } else if let Some(name) = named("fromJSON(needs.plan.outputs.plan).") {
                let plan: Value = serde_json::from_str(&needs["plan"]).unwrap();
                plan[name].as_str().unwrap().to_owned()
            } else {
                panic!("{expression}");
            };
            out.push_str(&value);
            rest = after;
        }
        out + rest
    }

    fn checkout(&self, to: &Path) {
        let git = |at: &Path, args: &[&str]| {
            let status = Command::new("git").args(args).current_dir(at).status();
            assert!(status.unwrap().success(), "{args:?}");
        };
        fs::create_dir_all(to).unwrap();
        let origin = self.origin.to_str().unwrap();
        git(to, &["clone", "--quiet", "--no-local", origin, "."]);
        // One commit, no branch of its own.
        git(to, &["checkout", "--quiet", "--detach"]);
        git(to, &["branch", "--quiet", "-D", "work"]);
    }

    fn upload(&self, name: &str, from: &Path) -> bool {
        let to = self.at.join("artifacts").join(name);
        assert!(!to.exists(), "{name} is there already");
        from.is_dir() && copy(from, &to) > 0
    }

    fn download(&self, pattern: &str, to: &Path) -> bool {
        let artifacts = self.at.join("artifacts");
        let Some(prefix) = pattern.strip_suffix('*') else {
            return artifacts.join(pattern).is_dir() && copy(&artifacts.join(pattern), to) > 0;
        };
        for entry in fs::read_dir(&artifacts).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if name.starts_with(prefix) {
                copy(&entry.path(), &to.join(name));
            }
        }
        true
    }
}

/// Copies files as an artifact does: without their modes. Gives how many.
pub fn copy(from: &Path, to: &Path) -> usize {
    fs::create_dir_all(to).unwrap();
    let mut files = 0;
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            files += copy(&entry.path(), &target);
        } else {
            fs::write(&target, fs::read(entry.path()).unwrap()).unwrap();
            files += 1;
        }
    }
    files
}
