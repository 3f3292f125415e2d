//! Walks through `docs/verify.md`: the commands that stand there, in an environment that
//! has stock tools only.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::promotion::Sha256;
use serde_json::Value;

use super::scene::Scene;

/// All that the walk may use: git, OpenSSH, jq, bash, and what every Linux has.
pub const TOOLS: [&str; 23] = [
    "git",
    "ssh-keygen",
    "jq",
    "bash",
    "sha256sum",
    "base64",
    "awk",
    "grep",
    "sed",
    "od",
    "cmp",
    "split",
    "cat",
    "cp",
    "cut",
    "head",
    "mkdir",
    "mktemp",
    "sort",
    "tail",
    "tr",
    "uniq",
    "wc",
];

/// The steps of the page with their commands.
pub fn steps() -> Vec<(String, String)> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify.md"));
    let page = page.unwrap();
    let blocks = page.split("\n```sh verify ").skip(1);
    let steps: Vec<(String, String)> = blocks
        .map(|block| {
            let (name, rest) = block.split_once('\n').unwrap();
            (
                name.to_owned(),
                rest.split("\n```").next().unwrap().to_owned(),
            )
        })
        .collect();
    assert!(steps.len() > 10, "{} steps", steps.len());
    steps
}

/// A directory with nothing but those tools.
pub fn tools(dir: &Path) -> PathBuf {
    let bin = dir.join("stock");
    if !bin.exists() {
        fs::create_dir(&bin).unwrap();
        for tool in TOOLS {
            let places = std::env::var_os("PATH").unwrap();
            let found = std::env::split_paths(&places).map(|place| place.join(tool));
            let found = found.into_iter().find(|file| file.exists());
            let found = found.unwrap_or_else(|| panic!("{tool} is missing; see tests/run"));
            symlink(fs::canonicalize(found).unwrap(), bin.join(tool)).unwrap();
        }
    }
    bin
}

/// What came of a walk.
pub struct Walked {
    pub said: String,
    /// The step, and what is wrong; `None` where it went through.
    pub wrong: Option<(String, String)>,
}

/// Walks with these variables set in the place of the usual ones.
pub fn walk_with(scene: &Scene, more: &[(&str, &str)]) -> Walked {
    let report = scene.path().join("out");
    let mut variables = vec![
        ("module", scene.module.as_str()),
        ("target", &scene.target),
        ("head", "promote"),
        ("report", report.to_str().unwrap()),
    ];
    variables.extend(more);
    walk_at(&scene.repo(), scene.path(), &variables)
}

/// Walks in that repository, with these variables, and a directory to write to.
pub fn walk_at(repo: &Path, dir: &Path, variables: &[(&str, &str)]) -> Walked {
    let script: Vec<String> = steps().into_iter().map(|(_, commands)| commands).collect();
    let file = dir.join("verify.sh");
    fs::write(&file, script.join("\n")).unwrap();
    let output = Command::new(tools(dir).join("bash"))
        .arg(&file)
        .current_dir(repo)
        .env_clear()
        .env("PATH", tools(dir))
        .env("HOME", dir)
        .env("TMPDIR", dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let lost = errors.contains("command not found");
    assert!(!lost, "a tool that the page does not name: {errors}");
    let wrong = match output.status.success() {
        true => {
            assert!(said.ends_with("signed off\n"), "{said}{errors}");
            assert_eq!(errors, "");
            None
        }
        false => {
            let last = errors.lines().last().unwrap_or_default();
            let told = last.strip_prefix("NOT VERIFIED: ");
            let told = told.unwrap_or_else(|| panic!("it broke: {errors}\n{said}"));
            let (step, what) = told.split_once(": ").unwrap();
            Some((step.to_owned(), what.to_owned()))
        }
    };
    Walked { said, wrong }
}

pub fn walk(scene: &Scene) -> Walked {
    walk_with(scene, &[])
}

/// It fails at that step, with those words.
#[track_caller]
pub fn fails(walked: &Walked, step: &str, words: &str) {
    let Some((at, what)) = &walked.wrong else {
        panic!("it went through, and not: {step}: {words}\n{}", walked.said)
    };
    assert!(
        at == step && what.contains(words),
        "{at}: {what}\n(not: {step}: {words})\n{}",
        walked.said
    );
}

/// It goes through up to the verdict; the decision at that entry is stale for that.
#[track_caller]
pub fn stale(walked: &Walked, entry: usize, why: &str) {
    fails(walked, "verdict", "");
    let start = format!("entry {entry}: ");
    let mut lines = walked.said.lines().rev();
    let line = lines.find(|line| line.starts_with(&start)).unwrap();
    assert!(line.contains("(stale; ") && line.contains(why), "{line}");
}

/// What a line says, changed by `change`, and written as lines are.
pub fn bend(line: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(line).unwrap();
    change(&mut value);
    let mut bytes = serde_json_canonicalizer::to_vec(&value).unwrap();
    bytes.push(b'\n');
    bytes
}

/// Counts and chains anew, as somebody would who covers their traces.
pub fn chained(lines: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        let before = out.last().map_or(&b""[..], |it| it);
        let prev = Sha256::of(before).to_string();
        let seq = out.len();
        out.push(bend(line, |it| {
            it["seq"] = seq.into();
            it["prev"] = prev.into();
        }));
    }
    out
}

pub fn in_base64(value: &mut Value, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
    change(&mut bytes);
    *value = BASE64_STANDARD.encode(&bytes).into();
}

pub fn replace(bytes: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(from), "{text}");
    *bytes = text.replacen(from, to, 1).into_bytes();
}
