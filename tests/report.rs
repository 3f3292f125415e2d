//! Reports: what is written, that it is what others expect of it, and that the
//! same content gives the same digest wherever it is checked.

#![allow(clippy::unwrap_used)]

mod gates_support;
#[path = "support/schemas.rs"]
mod schemas;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gates_support::{CLEAN, Repo, faked, recorded};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// What a module would like to do to who reads its report.
const HOSTILE: [&str; 8] = [
    "@octocat",
    "<!--",
    "``` `` `",
    "- [ ] merge",
    "/close",
    "#1",
    "[x](https://example.org)",
    "<img src=x>",
];

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Runs `check --json --out`; gives exit code and document.
fn check(repo: &Repo, args: &[&str], out: &Path) -> (i32, Value) {
    let output = repo
        .countersign()
        .args(["check", "--json", "--out"])
        .arg(out)
        .args(args)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let document =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (output.status.code().unwrap(), document)
}

/// A repository with one module that lint finds something in, in hostile words.
fn hostile() -> Repo {
    let repo = Repo::new(&CLEAN);
    repo.branch();
    let name = HOSTILE.join(" ");
    let source = format!(
        "import os\n\n\ndef add(a: int, b: int) -> int:\n    return a + b\n\n\nX: int = {:?}\n",
        name
    );
    let test = format!(
        "import pytest\nfrom candidate.m.a import add\n\n\n@pytest.mark.parametrize('x', [{name:?}])\n\
         def test_add(x):\n    assert add(1, 2) == 4, x\n"
    );
    repo.commit(&[
        ("candidate/m/a.py", &source),
        ("tests/test_m.py", &test),
        ("candidate/n.py", "X = 1\n"),
        ("candidate/space/o.py", "Y = 1\n"),
    ]);
    repo
}

#[test]
fn a_report_is_as_the_documentation_says() {
    let repo = hostile();
    let out = repo.dir.path().join("out");
    let (exit, document) = check(&repo, &["candidate/m"], &out);
    let core = fs::read(out.join("core.json")).unwrap();
    let digest = sha256(&core);
    assert_eq!(document["digest"], digest.as_str());
    assert_eq!(document["modules"][0]["digest"], digest.as_str());
    let report = json(&out.join("report.json"));
    assert_eq!(report["digest"], digest.as_str());
    assert_eq!(report["status"], "failed");
    assert!(matches!(exit, 1 | 3), "{exit}");
    schemas::holds(&schemas::schema("countersign.report"), &report);
    schemas::holds(
        &schemas::schema("countersign.core"),
        &json(&out.join("core.json")),
    );
    schemas::holds(&schemas::schema("countersign.check"), &document);
    let again = serde_json_canonicalizer::to_vec(&report["core"]).unwrap();
    assert!(again == core, "report.json holds another core");

    // Every raw output that is named is there, and is what the evidence says.
    let mut raw = 0;
    for gate in report["gates"].as_array().unwrap() {
        let runs = gate["evidence"]["runs"].as_array().unwrap();
        for (run, files) in runs.iter().zip(gate["raw"].as_array().unwrap()) {
            for stream in ["stdout", "stderr"] {
                if let Some(file) = files[stream].as_str() {
                    assert_eq!(
                        run[stream],
                        sha256(&fs::read(out.join(file)).unwrap()).as_str()
                    );
                    raw += 1;
                }
            }
        }
    }
    assert!(raw > 3, "{raw}");

    // In the same place again: replaced. Over anything else: refused.
    let (_, again) = check(&repo, &["candidate/m"], &out);
    assert_eq!(again["digest"], document["digest"]);
    fs::write(out.join("mine.txt"), "precious").unwrap();
    let refused = repo
        .countersign()
        .args(["check", "candidate/m", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(fs::read(out.join("mine.txt")).unwrap(), b"precious");
}

#[test]
fn others_can_read_it() {
    let repo = hostile();
    let out = repo.dir.path().join("out");
    check(
        &repo,
        &["candidate/m", "--only", "lint,types,owner,ethics"],
        &out,
    );
    let report = json(&out.join("report.json"));
    let gates = report["gates"].as_array().unwrap();
    let counting = |gate: &Value| {
        let findings = gate["evidence"]["findings"].as_array().unwrap();
        let counts = |f: &&Value| f["severity"] == "error" && f["novelty"] == "new";
        findings.iter().filter(counts).count()
    };

    // SARIF, by the schema of its standard.
    let sarif = json(&out.join("report.sarif"));
    let schema = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/sarif-schema-2.1.0.json"
    );
    let mut schema = json(Path::new(schema));
    // A bracket too many: no regular expression.
    for part in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][part]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    schemas::holds(&schema, &sarif);
    let runs = sarif["runs"].as_array().unwrap();
    assert_eq!(runs.len(), gates.len());
    for (run, gate) in runs.iter().zip(gates) {
        let findings = gate["evidence"]["findings"].as_array().unwrap();
        assert_eq!(run["results"].as_array().unwrap().len(), findings.len());
    }

    // JUnit: its sums are those of its parts, and those of the findings.
    let text = fs::read_to_string(out.join("junit.xml")).unwrap();
    let (suites, all) = junit(&text);
    assert_eq!(suites.len(), gates.len());
    for (suite, gate) in suites.iter().zip(gates) {
        assert_eq!(suite.name, gate["gate"]);
        assert_eq!(suite.counted, suite.said, "{}", suite.name);
        assert_eq!(suite.counted[0], 1 + counting(gate), "{}", suite.name);
    }
    let sum = |at: usize| suites.iter().map(|suite| suite.said[at]).sum::<usize>();
    assert_eq!([sum(0), sum(1), sum(2), sum(3)], all);
}

struct Suite {
    name: String,
    /// Tests, failures, errors, skipped: as its attributes say, and counted.
    said: [usize; 4],
    counted: [usize; 4],
}

fn junit(text: &str) -> (Vec<Suite>, [usize; 4]) {
    use quick_xml::events::Event;
    const NAMES: [&str; 4] = ["tests", "failures", "errors", "skipped"];
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut suites, mut all): (Vec<Suite>, _) = (Vec::new(), None);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => {
                let attribute = |name: &str| {
                    let found = tag.try_get_attribute(name).unwrap();
                    found.map(|it| it.value.into_owned())
                };
                let numbers = || NAMES.map(|name| attribute(name).unwrap().parse().unwrap());
                let mut count = |at: usize| suites.last_mut().unwrap().counted[at] += 1;
                match tag.name().as_ref() {
                    "testsuites" => all = Some(numbers()),
                    "testsuite" => suites.push(Suite {
                        name: attribute("name").unwrap(),
                        said: numbers(),
                        counted: [0; 4],
                    }),
                    "testcase" => count(0),
                    "failure" => count(1),
                    "error" => count(2),
                    "skipped" => count(3),
                    other => panic!("{other}"),
                }
            }
            Event::Eof => return (suites, all.unwrap()),
            _ => {}
        }
    }
}

#[test]
fn what_a_module_says_has_no_effect_on_a_page() {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let repo = hostile();
    let out = repo.dir.path().join("out");
    check(&repo, &["candidate/m", "--only", "lint,types,tests"], &out);
    let text = fs::read_to_string(out.join("summary.md")).unwrap();
    let mut code = String::new();
    for event in Parser::new_ext(&text, Options::all()) {
        match event {
            Event::Code(words) => code.push_str(&words),
            Event::Text(words) => {
                let hostile = HOSTILE.iter().find(|it| words.contains(*it));
                assert_eq!(hostile, None, "{words}");
                assert!(!words.contains('@') && !words.contains('#'), "{words}");
            }
            Event::Html(_) | Event::InlineHtml(_) | Event::TaskListMarker(_) => {
                panic!("{event:?} in {text}")
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_)) => {
                panic!("{event:?} in {text}")
            }
            _ => {}
        }
    }
    for words in ["@octocat", "<!--", "- [ ] merge", "/close", "<img src=x>"] {
        assert!(code.contains(words), "{words} is not shown: {text}");
    }
    let line_of_its_own = text.lines().find(|line| line.trim().starts_with("/close"));
    assert_eq!(line_of_its_own, None);
}

#[test]
fn all_are_the_topmost_packages_and_files_and_changed_are_those_that_differ() {
    let repo = hostile();
    let out = repo.dir.path().join("out");
    let (_, all) = check(&repo, &["--all", "--only", "lint"], &out);
    let names = |document: &Value| -> Vec<String> {
        let modules = document["modules"].as_array().unwrap();
        let name = |module: &Value| module["module"].as_str().unwrap().to_owned();
        modules.iter().map(name).collect()
    };
    let everything = ["candidate/m", "candidate/n.py", "candidate/space/o.py"];
    let mut sorted = names(&all);
    sorted.sort();
    assert_eq!(sorted, everything);

    let index = json(&out.join("index.json"));
    schemas::holds(&schemas::schema("countersign.reports"), &index);
    let sums = fs::read(out.join("SHA256SUMS")).unwrap();
    assert_eq!(all["digest"], sha256(&sums).as_str());
    let checked = Command::new("sha256sum")
        .args(["--strict", "-c", "SHA256SUMS"])
        .current_dir(&out)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    for entry in index["modules"].as_array().unwrap() {
        let report = out.join(entry["directory"].as_str().unwrap());
        let report = json(&report.join("report.json"));
        schemas::holds(&schemas::schema("countersign.report"), &report);
    }

    let changed = |base: &str| {
        let out = repo.dir.path().join("changed");
        let mut found = names(&check(&repo, &["--changed", base, "--only", "lint"], &out).1);
        found.sort();
        found
    };
    assert_eq!(changed("main"), everything);
    assert!(changed("HEAD").is_empty());
    // A file that a module imports, one of its tests, a setting.
    repo.commit(&[
        ("helper.py", "Z = 1\n"),
        ("candidate/n.py", "from helper import Z\n\nX = Z\n"),
    ]);
    repo.commit(&[("helper.py", "Z = 2\n")]);
    assert_eq!(changed("HEAD~1"), ["candidate/n.py"]);
    repo.commit(&[(
        "tests/test_o.py",
        "from candidate.space.o import Y\n\n\ndef test_y():\n    assert Y\n",
    )]);
    assert_eq!(changed("HEAD~1"), ["candidate/space/o.py"]);
    repo.commit(&[("pytest.ini", "[pytest]\n")]);
    assert_eq!(changed("HEAD~1"), everything);
    repo.commit(&[("notes.txt", "nothing\n")]);
    assert!(changed("HEAD~1").is_empty());
    // What is gone: a file that a module imports, one of its tests.
    fs::remove_file(repo.root().join("helper.py")).unwrap();
    repo.commit(&[]);
    assert_eq!(changed("HEAD~1"), ["candidate/n.py"]);
    fs::remove_file(repo.root().join("tests/test_o.py")).unwrap();
    repo.commit(&[]);
    assert_eq!(changed("HEAD~1"), ["candidate/space/o.py"]);
    // Who answers for what.
    repo.commit(&[("CODEOWNERS", "* @mara\n")]);
    assert_eq!(changed("HEAD~1"), everything);
}

#[test]
fn what_is_meant_has_to_be_said() {
    let repo = Repo::new(&CLEAN);
    for args in [
        &["check"][..],
        &["check", "--all", "candidate/m"],
        &["check", "--all", "--changed", "main"],
        &["check", "--changed", "no-such-branch"],
    ] {
        let output = repo.countersign().args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
    }
}

/// A machine: a clone somewhere, with its own tools, cache and person.
struct Machine {
    home: PathBuf,
    clone: PathBuf,
}

impl Machine {
    fn new(of: &Repo, home: PathBuf) -> Self {
        let clone = home.join("the clone");
        fs::create_dir_all(home.join("tmp")).unwrap();
        let git = Command::new("git")
            .args(["clone", "--quiet", "--no-local"])
            .arg(of.root())
            .arg(&clone)
            .status()
            .unwrap();
        assert!(git.success());
        faked(&clone.join(".venv"), &[]);
        Self { home, clone }
    }

    /// The core of the report, written by a shell that begins with `before`.
    fn core(&self, before: &str, env: &[(&str, &str)], args: &[&str]) -> Vec<u8> {
        let out = self.home.join("report");
        let output = Command::new("bash")
            .arg("-c")
            .arg(format!("{before}; exec \"$@\""))
            .arg("bash")
            .arg(env!("CARGO_BIN_EXE_countersign"))
            .args(["check", "candidate/m", "--json", "--out"])
            .arg(&out)
            .args(args)
            .current_dir(&self.clone)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", &self.home)
            .env("TMPDIR", self.home.join("tmp"))
            .envs(env.iter().copied())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let core =
            fs::read(out.join("core.json")).unwrap_or_else(|error| panic!("{error}: {said}"));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["digest"], sha256(&core).as_str());
        core
    }
}

/// The lines that two cores differ in.
fn differences(one: &[u8], other: &[u8]) -> Vec<String> {
    let lines = |core: &[u8]| -> Vec<String> {
        let core: Value = serde_json::from_slice(core).unwrap();
        let pretty = serde_json::to_string_pretty(&core).unwrap();
        pretty.lines().map(str::to_owned).collect()
    };
    let (one, other) = (lines(one), lines(other));
    let pairs = one.iter().zip(&other).filter(|(a, b)| a != b);
    pairs.map(|(a, b)| format!("{a}  |  {b}")).collect()
}

#[test]
fn two_machines_give_the_same_digest() {
    // Much that machines may differ in: words with places, addresses and process
    // ids in them, sets, the time, what is not covered.
    let repo = Repo::new(&recorded())
        .environment(".venv".into())
        .settings("base = \"main\"\n");
    repo.branch();
    repo.commit(&[
        (
            "candidate/m/b.py",
            "import os, sys\n\n\ndef odd(x: int) -> str:\n    if x > 1:\n        return x\n    \
             raise ValueError(f'{object()} {os.getpid()} {__file__} {sys.path}')\n",
        ),
        ("candidate/m/c.py", "X = {\n"),
        (
            "tests/test_b.py",
            "import os\nimport time\n\nimport pytest\nfrom candidate.m.b import odd\n\n\n\
             @pytest.mark.parametrize('x', {'one', 'two', 'three'})\n\
             def test_set(x, tmp_path):\n    assert x == 'one', (tmp_path, time.time(), os.environ)\n\n\n\
             def test_odd():\n    odd(0)\n\n\n\
             def test_place():\n    open(os.path.abspath('nowhere'))\n",
        ),
    ]);
    let near = Machine::new(&repo, repo.dir.path().join("a"));
    let far = Machine::new(
        &repo,
        repo.dir
            .path()
            .join("somewhere/much deeper/\u{fc}ber-alles/b"),
    );
    git_config(&far.clone, "core.autocrlf", "true");
    let one = near.core(
        "umask 022",
        &[
            ("USER", "mara"),
            ("LOGNAME", "mara"),
            ("TZ", "Pacific/Kiritimati"),
            ("LC_ALL", "C"),
            ("PYTHONHASHSEED", "1"),
        ],
        &["--jobs", "4"],
    );
    let other = far.core(
        "umask 077",
        &[
            ("USER", "zo\u{eb}"),
            ("LOGNAME", "root"),
            ("TZ", "America/St_Johns"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("LANGUAGE", "de"),
            ("PYTHONHASHSEED", "77"),
            ("COLUMNS", "40"),
            ("CI", "true"),
        ],
        &["--jobs", "1"],
    );
    assert!(one == other, "{:#?}", differences(&one, &other));
    let core: Value = serde_json::from_slice(&one).unwrap();
    let gates = core["gates"].as_array().unwrap();
    let failed: Vec<_> = gates
        .iter()
        .filter(|gate| gate["outcome"]["is"] == "failed")
        .collect();
    assert!(failed.len() >= 3, "{core:#}");
    let text = String::from_utf8(one.clone()).unwrap();
    let home = near.home.to_str().unwrap();
    assert!(!text.contains(home) && !text.contains("/tmp"), "{text}");

    // From the cache it is the same report, and with everything run anew.
    let kept = near.core("umask 027", &[("USER", "other")], &[]);
    assert!(one == kept, "{:#?}", differences(&one, &kept));
    let anew = far.core("umask 027", &[], &["--no-cache"]);
    assert!(one == anew, "{:#?}", differences(&one, &anew));
}

fn git_config(at: &Path, key: &str, value: &str) {
    let git = Command::new("git")
        .args(["config", key, value])
        .current_dir(at)
        .status()
        .unwrap();
    assert!(git.success());
}
