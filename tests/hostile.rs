//! Every command over hostile repositories: whatever they print, nothing of the
//! repository reaches the terminal but as text.

#![allow(clippy::unwrap_used)]

mod gates_support;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use countersign::promotion::text;
use countersign::workflow::demo;

struct Place {
    dir: tempfile::TempDir,
    repo: PathBuf,
}

impl Place {
    /// The demo, with the tools of the tests, below a name that is hostile as well.
    fn demo() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("shop\u{1b}[2J\u{202e}\u{9b}31m");
        let repo = demo::build(&at).unwrap().path;
        let file = repo.join("countersign.toml");
        let settings = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(!settings.contains("[tools]"), "both would be");
        let tools = gates_support::tools();
        let tools = format!("{settings}\n[tools]\nenvironment = {tools:?}\n");
        std::fs::write(file, tools).unwrap();
        Self { dir, repo }
    }

    fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(args)
            .current_dir(&self.repo)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("COUNTERSIGN_CACHE_DIR", self.dir.path().join("cache"))
            .env("COUNTERSIGN_CONFIG_DIR", self.dir.path().join("config"))
            .env("GIT_CEILING_DIRECTORIES", self.dir.path())
            .env("LANG", "C.UTF-8")
            .output()
            .unwrap()
    }

    /// Runs it; what it printed and said is text.
    fn harmless(&self, args: &[&str]) -> Output {
        let output = self.run(args);
        for bytes in [&output.stdout, &output.stderr] {
            let shown = std::str::from_utf8(bytes).unwrap();
            let effective = |c: char| c != '\n' && text::is_hostile(c);
            if let Some(at) = shown.find(effective) {
                let near: String = shown[at..].chars().take(40).collect();
                panic!("{args:?} let {near:?} through");
            }
        }
        output
    }
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn no_command_lets_anything_through() {
    let place = Place::demo();
    let list = place.harmless(&["list", "--json"]);
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    let module = |path: &Path| path.starts_with("candidate/bank_import");
    let modules: Vec<String> = list["modules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["path"].as_str().unwrap().to_owned())
        .filter(|path| module(Path::new(path)))
        .collect();
    assert!(modules.len() > 5, "{modules:?}");
    assert_eq!(
        code(&place.harmless(&["check", "candidate/bank_import"])),
        Some(3),
        "a file that is no UTF-8 keeps a tool from speaking"
    );
    for args in [
        &["list"][..],
        &["doctor"],
        &["doctor", "--json"],
        &["init", "--print"],
        &["init", "--print", "--json"],
        &["check", "candidate/bank_import", "--json"],
    ] {
        assert!(!place.harmless(args).stdout.is_empty(), "{args:?}");
    }
    for module in &modules {
        for args in [
            &["show"][..],
            &["show", "--json"],
            &["diff", "--unified"],
            &["diff", "--width", "100"],
            &["diff", "--json"],
        ] {
            let args = [args, &["--", module.as_str()]].concat();
            let output = place.harmless(&args);
            assert_eq!(code(&output), Some(0), "{args:?}");
            assert!(!output.stdout.is_empty(), "{args:?}");
        }
    }
}

#[test]
fn no_error_lets_anything_through() {
    const BAD: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}\u{9b}31m\r";
    let place = Place::demo();
    let option = format!("--{BAD}");
    for args in [
        &["show", BAD][..],
        &["diff", BAD],
        &["check", BAD],
        &["check", "candidate/fees", "--only", BAD],
        &["diff", "candidate/fees", "--against", BAD],
        &["list", "--rev", BAD],
        &["list", "--repo", BAD],
        &["list", BAD],
        &["list", &option],
        &["check", "candidate/fees", "--jobs", BAD],
        &[BAD],
        &[&option],
    ] {
        let output = place.harmless(args);
        assert_eq!(code(&output), Some(2), "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
    let file = place.repo.join("countersign.toml");
    for text in [
        format!("[{:?}]\n", BAD.replace('\r', "")),
        format!("base = \"x{}\"\n", BAD.escape_unicode()),
        format!("# {BAD}\nbase = 1\n"),
        "base = \"\\u202e\\u001b[2J\"\n".to_owned(),
    ] {
        std::fs::write(&file, &text).unwrap();
        for args in [&["list"][..], &["list", "--json"], &["doctor"]] {
            place.harmless(args);
        }
    }
}
