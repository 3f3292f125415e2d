//! The command line as a shell sees it: exit codes, what is said, and that
//! nothing hostile reaches the terminal.

#![allow(clippy::unwrap_used)]

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A place with its own cache and settings, and a directory `repo` in it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(place.repo()).unwrap();
        place
    }

    /// One with a repository and these files committed.
    fn with(files: &[(&str, &str)]) -> Self {
        let place = Self::new();
        let git = git2::Repository::init(place.repo()).unwrap();
        commit(&git, files);
        place
    }

    fn repo(&self) -> std::path::PathBuf {
        self.0.path().join("repo")
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.repo().join(name), text).unwrap();
    }

    fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(args)
            .current_dir(self.repo())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.0.path())
            .env("COUNTERSIGN_CACHE_DIR", self.0.path().join("cache"))
            .env("COUNTERSIGN_DATA_DIR", self.0.path().join("data"))
            .env("COUNTERSIGN_CONFIG_DIR", self.0.path().join("config"))
            // The repository of Countersign itself must not be found.
            .env("GIT_CEILING_DIRECTORIES", self.0.path())
            .env("LANG", "C.UTF-8")
            .output()
            .unwrap();
        Ran(output)
    }
}

struct Ran(Output);

impl Ran {
    fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// It ended in this code and said all of these on standard error.
    #[track_caller]
    fn assert_fails(&self, code: i32, said: &[&str]) {
        let err = self.err();
        assert_eq!(self.0.status.code(), Some(code), "{err}");
        for part in said {
            assert!(err.contains(part), "{part:?} is not in:\n{err}");
        }
        assert_eq!(self.out(), "", "nothing is printed beside the error");
    }

    #[track_caller]
    fn assert_harmless(&self) {
        let harmful = |byte: &u8| matches!(byte, 0..=8 | 11..=31 | 127);
        for text in [&self.0.stdout, &self.0.stderr] {
            let shown = String::from_utf8_lossy(text);
            assert!(!text.iter().any(harmful), "{shown:?}");
            assert!(
                !shown.contains(['\u{9b}', '\u{202e}', '\u{200b}']),
                "{shown:?}"
            );
        }
    }
}

fn commit(git: &git2::Repository, files: &[(&str, &str)]) {
    let root = git.workdir().unwrap();
    let mut index = git.index().unwrap();
    for (name, text) in files {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        index.add_path(Path::new(name)).unwrap();
    }
    index.write().unwrap();
    let tree = git.find_tree(index.write_tree().unwrap()).unwrap();
    let time = git2::Time::new(1_700_000_000, 0);
    let who = git2::Signature::new("Ada", "ada@example.org", &time).unwrap();
    git.commit(Some("HEAD"), &who, &who, "Begin", &tree, &[])
        .unwrap();
}

const MODULE: [(&str, &str); 2] = [
    ("candidate/quantum/__init__.py", "X = 1\n"),
    ("core/__init__.py", ""),
];

/// Commands that read a repository, with what they need besides.
const READERS: &[&[&str]] = &[
    &["list"],
    &["show", "candidate/quantum"],
    &["check", "candidate/quantum"],
    &["diff", "candidate/quantum"],
];

/// Commands that take a module.
const OF_MODULES: &[&str] = &["show", "check", "diff", "fix"];

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let ran = Place::new().run(["--help"]);
    assert_eq!(ran.0.status.code(), Some(0));
    for word in [
        "demo",
        "init",
        "doctor",
        "list",
        "show",
        "check",
        "ci",
        "diff",
        "fix",
        "cache",
        "Exit codes: 0 holds",
        "130",
    ] {
        assert!(ran.out().contains(word), "{word}: {}", ran.out());
    }
    for command in [
        "demo", "init", "doctor", "list", "show", "check", "diff", "cache",
    ] {
        let ran = Place::new().run([command, "--help"]);
        assert_eq!(ran.0.status.code(), Some(0));
        assert!(ran.out().contains("--json"), "{command}: {}", ran.out());
    }
}

#[test]
fn wrong_usage_is_two() {
    let place = Place::with(&MODULE);
    place
        .run(["lsit"])
        .assert_fails(2, &["lsit", "did you mean `countersign list`?"]);
    // A console is opened by -C as commands are, and at one place.
    place
        .run(["-C", "lsit"])
        .assert_fails(2, &["lsit: no such file or directory"]);
    place
        .run(["-C", ".", "."])
        .assert_fails(2, &["cannot be used with"]);
    place.run(["show"]).assert_fails(2, &["MODULE"]);
    place.run(["list", "--jason"]).assert_fails(2, &["--json"]);
    place
        .run(["check", "candidate/quantum", "--jobs", "0"])
        .assert_fails(2, &["--jobs"]);
    place
        .run(["diff", "candidate/quantum", "--unified", "--width", "100"])
        .assert_fails(2, &["cannot be used with"]);
    for command in [
        &["check", "candidate/quantum"][..],
        &["check", "candidate/quantum", "--dry-run"],
        &["ci", "plan", "--all"],
    ] {
        let command = command.iter().chain(&["--only", "nope"]);
        place
            .run(command)
            .assert_fails(2, &["there is no gate \"nope\"; there are "]);
    }
}

#[test]
fn a_file_on_one_side_has_the_whole_width() {
    let place = Place::with(&[
        ("core/q/__init__.py", "both = 1\n"),
        ("core/q/gone.py", "gone = 1\n"),
        ("candidate/q/__init__.py", "both = 2\n"),
        ("candidate/q/new.py", "def new():\n    return [2, 3]\n"),
    ]);
    let ran = place.run(["diff", "candidate/q", "--width", "100"]);
    let out = ran.out();
    for (text, beside) in [
        ("both = 2", true),
        ("gone = 1", false),
        ("def new()", false),
    ] {
        let line = out.lines().find(|line| line.contains(text));
        let line = line.unwrap_or_else(|| panic!("{text} in {out}"));
        assert_eq!(line.contains(" │ "), beside, "{line}");
    }
}

#[test]
fn outside_of_a_repository() {
    for command in READERS {
        Place::new()
            .run(command.iter())
            .assert_fails(2, &["is not inside a git repository"]);
    }
    Place::new()
        .run(["init"])
        .assert_fails(2, &["is not inside a git repository"]);
    Place::new()
        .run(["list", "--repo", "nowhere"])
        .assert_fails(2, &["nowhere: no such file"]);
}

#[test]
fn a_repository_without_a_commit() {
    let place = Place::new();
    git2::Repository::init(place.repo()).unwrap();
    for command in &READERS[1..] {
        let ran = place.run(command.iter());
        assert_ne!(ran.0.status.code(), Some(0));
        assert!(
            ran.err().contains("no commit"),
            "{command:?}: {}",
            ran.err()
        );
    }
    // Before the first commit is when one starts to configure.
    assert_eq!(place.run(["init"]).0.status.code(), Some(0));
}

#[test]
fn a_revision_that_is_none() {
    let place = Place::with(&MODULE);
    for command in READERS {
        let command = command.iter().chain(&["--rev", "no-such"]);
        place
            .run(command)
            .assert_fails(2, &["no-such names no commit"]);
    }
}

#[test]
fn a_revision_that_is_none_is_told_with_the_branches_there_are() {
    let place = Place::with(&MODULE);
    let git = git2::Repository::open(place.repo()).unwrap();
    let head = git.head().unwrap().peel_to_commit().unwrap();
    for name in [
        "aside",
        "b",
        "d",
        "promote/fees-20260102",
        "promote/x-20260101",
    ] {
        git.branch(name, &head, false).unwrap();
    }
    let first = |rev: &str, names: &str| {
        let told = format!("It has the branches {names}");
        let all = format!("`git -C {}/ branch --all`", place.repo().display());
        place
            .run(["list", "--rev", rev])
            .assert_fails(2, &[&told, &all]);
    };
    first(
        "promote/fees-20260101",
        "promote/fees-20260102, promote/x-20260101, ",
    );
    first("asied", "aside, promote/");
    first("fees", "promote/fees-20260102, ");
    first("zzz", "promote/");
}

#[test]
fn a_module_that_is_none() {
    let place = Place::with(&MODULE);
    for command in OF_MODULES {
        place
            .run([*command, "candidate/quantun"])
            .assert_fails(2, &["candidate/quantun", "candidate/quantum"]);
    }
}

#[test]
fn a_configuration_with_slips() {
    let place = Place::with(&MODULE);
    place.write("countersign.toml", "[tools]\npyhton = \"x\"\n");
    let said = [
        "countersign.toml:2:1: unknown key `pyhton`; did you mean `python`?",
        "2 | pyhton",
    ];
    for command in READERS {
        place.run(command.iter()).assert_fails(2, &said);
    }
    let ran = place.run(["doctor"]);
    assert_eq!(ran.0.status.code(), Some(2));
    assert!(ran.out().contains(said[0]), "{}", ran.out());
}

#[test]
fn hostile_names_are_shown_and_do_nothing() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::with(&MODULE);
    let hostile = OsStr::from_bytes(b"candidate/\x1b[2J\xe2\x80\xae\xff");
    for command in OF_MODULES {
        let ran = place.run([OsStr::new(command), hostile]);
        assert_eq!(ran.0.status.code(), Some(2));
        assert!(
            ran.err().contains("candidate/␛[2J<U+202E>\\xff"),
            "{}",
            ran.err()
        );
        ran.assert_harmless();
    }
    for args in [
        ["list", "--\u{1b}[2J"],
        ["list", "\u{1b}[2J"],
        ["list", "--rev=\u{9b}2J"],
        ["--\u{202e}", "x"],
    ] {
        let ran = place.run(args);
        assert_eq!(ran.0.status.code(), Some(2), "{args:?}: {}", ran.err());
        ran.assert_harmless();
    }
    place.write("countersign.toml", "\"\\u001b[2J\u{202e}\" = 1\n");
    for command in [["list"], ["doctor"]] {
        place.run(command.iter()).assert_harmless();
    }
}

#[test]
fn init_writes_once_what_it_found() {
    let place = Place::with(&[
        ("pkg/__init__.py", ""),
        ("pkg/sandbox/new.py", ""),
        ("tests/test_new.py", ""),
        (".github/CODEOWNERS", "* @ada\n"),
        ("pyproject.toml", "[tool.ruff]\n[tool.mypy]\n"),
    ]);
    let printed = place.run(["init", "--print"]);
    assert!(!place.repo().join("countersign.toml").exists());
    let ran = place.run(["init"]);
    assert_eq!(ran.0.status.code(), Some(0), "{}", ran.err());
    let written = std::fs::read_to_string(place.repo().join("countersign.toml")).unwrap();
    assert_eq!(printed.out(), written);
    let config = countersign::config::project::parse(&written, "countersign.toml").unwrap();
    assert_eq!(config.lanes[0].source, "pkg/sandbox".into());
    assert_eq!(config.lanes[0].targets, ["pkg".into()]);
    for found in [
        "Found: .github/CODEOWNERS",
        "Found: tests (1 file)",
        "pyproject.toml (ruff, mypy)",
    ] {
        assert!(written.contains(found), "{found}:\n{written}");
    }
    place.write("countersign.toml", "# mine\n");
    place
        .run(["init"])
        .assert_fails(2, &["is there already and stays as it is", "--print"]);
    let kept = std::fs::read_to_string(place.repo().join("countersign.toml")).unwrap();
    assert_eq!(kept, "# mine\n");
}

#[test]
fn init_writes_a_keyring_that_lets_nobody_sign_and_keeps_one_that_is_there() {
    let place = Place::with(&MODULE);
    let keyring = place.repo().join(".countersign/keyring");
    place.run(["init", "--print"]);
    assert!(!keyring.exists());
    let ran = place.run(["init"]);
    assert!(ran.out().contains("keyring"), "{}", ran.out());
    assert!(ran.out().contains("names nobody yet"), "{}", ran.out());
    let written = std::fs::read(&keyring).unwrap();
    let read = countersign::review::Keyring::read(&written).unwrap();
    assert_eq!(read.entries, []);
    std::fs::remove_file(place.repo().join("countersign.toml")).unwrap();
    std::fs::write(&keyring, "# mine\n").unwrap();
    let ran = place.run(["init"]);
    assert_eq!(ran.0.status.code(), Some(0), "{}", ran.err());
    assert!(ran.out().contains("is there already"), "{}", ran.out());
    assert_eq!(std::fs::read_to_string(&keyring).unwrap(), "# mine\n");
}

#[test]
fn init_writes_a_keyring_through_no_link() {
    let place = Place::with(&MODULE);
    let outside = place.0.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, place.repo().join(".countersign")).unwrap();
    place.run(["init"]).assert_fails(2, &["is there already"]);
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
    assert!(!place.repo().join("countersign.toml").exists());
}

#[test]
fn init_writes_through_no_link_and_into_no_bare_clone() {
    let place = Place::with(&MODULE);
    let outside = place.0.path().join("outside");
    std::os::unix::fs::symlink(&outside, place.repo().join("countersign.toml")).unwrap();
    place.run(["init"]).assert_fails(2, &["is there already"]);
    assert!(!outside.exists());
    let bare = place.0.path().join("bare");
    git2::build::RepoBuilder::new()
        .bare(true)
        .clone(place.repo().to_str().unwrap(), &bare)
        .unwrap();
    let init = [OsStr::new("init"), OsStr::new("-C"), bare.as_os_str()];
    place
        .run(init)
        .assert_fails(2, &["is a bare clone", "--print"]);
}

#[test]
fn init_escapes_what_a_file_name_says() {
    let place = Place::with(&[
        ("candidate/a.py", ""),
        ("core/a.py", ""),
        ("x\ntests/test_a.py", ""),
        ("requirements\"\u{1b}.txt", ""),
    ]);
    let ran = place.run(["init", "--print"]);
    ran.assert_harmless();
    countersign::config::project::parse(&ran.out(), "countersign.toml").unwrap();
    assert_eq!(place.run(["init"]).0.status.code(), Some(0));
    let written = std::fs::read_to_string(place.repo().join("countersign.toml")).unwrap();
    countersign::config::project::parse(&written, "countersign.toml").unwrap();
}

#[test]
fn doctor_looks_and_runs_nothing_of_the_repository() {
    let place = Place::with(&MODULE);
    let evil = place.repo().join("evil.sh");
    std::fs::write(&evil, "#!/bin/sh\ntouch ran\n").unwrap();
    std::fs::set_permissions(&evil, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    place.write("countersign.toml", "[tools]\npython = \"./evil.sh\"\n");
    let ran = place.run(["doctor"]);
    assert!(ran.out().contains("not committed yet"), "{}", ran.out());
    assert!(!place.repo().join("ran").exists());
}

#[test]
fn doctor_names_the_lines_of_codeowners_that_own_nothing() {
    let place = Place::with(&[
        MODULE[0],
        (
            "CODEOWNERS",
            "* @all\n!core/ @core\n/core/ \u{1b}[2Jnobody\n",
        ),
    ]);
    let ran = place.run(["doctor"]);
    assert!(ran.out().contains("warning owners"), "{}", ran.out());
    assert!(ran.out().contains("line 2: !core/ is no"), "{}", ran.out());
    assert!(ran.out().contains("line 3: ␛[2Jnobody is"), "{}", ran.out());
}

#[test]
fn doctor_says_where_it_hurts() {
    let ran = Place::new().run(["doctor"]);
    assert_eq!(ran.0.status.code(), Some(2), "no repository");
    assert!(ran.out().contains("problem repository"), "{}", ran.out());
    let place = Place::with(&MODULE);
    std::fs::write(
        place.0.path().join("cache"),
        "a file where a directory should be",
    )
    .unwrap();
    let ran = place.run(["doctor"]);
    assert_eq!(ran.0.status.code(), Some(3), "{}", ran.out());
    assert!(ran.out().contains("problem cache"), "{}", ran.out());
    assert!(
        ran.out().contains("set COUNTERSIGN_CACHE_DIR"),
        "{}",
        ran.out()
    );
}

#[test]
fn doctor_says_what_the_console_cannot_take_of_ones_own_files() {
    let place = Place::with(&MODULE);
    let ran = place.run(["doctor"]);
    assert!(ran.out().contains("ok      console"), "{}", ran.out());
    let config = place.0.path().join("config");
    std::fs::create_dir(&config).unwrap();
    std::fs::write(config.join("config.toml"), "theme = \"dusk\"\n").unwrap();
    let keys = "[dashboard]\ncheck = [\"o\"]\n\"chec\u{9b}2J\" = []\n";
    std::fs::write(config.join("keymap.toml"), keys).unwrap();
    let ran = place.run(["doctor"]);
    for said in [
        "warning console",
        "keymap.toml:2:10 and vim preset:",
        "keymap.toml:3:1: [dashboard] has no action",
        "config.toml: there is no theme \"dusk\"",
        "→ correct it; until then the rest counts",
    ] {
        assert!(ran.out().contains(said), "no {said}: {}", ran.out());
    }
    assert!(!ran.out().contains('\u{9b}'), "{}", ran.out());
}

#[test]
fn doctor_knows_an_environment_that_is_not_there() {
    let place = Place::with(&MODULE);
    place.write("countersign.toml", "[tools]\nenvironment = \".gone\"\n");
    let ran = place.run(["doctor"]);
    assert_eq!(ran.0.status.code(), Some(3), "{}", ran.out());
    for said in [
        "names .gone, which has no bin/python",
        "python3 -m venv .gone",
    ] {
        assert!(ran.out().contains(said), "{}", ran.out());
    }
}

#[test]
fn a_demo_is_not_made_over_something_else() {
    let place = Place::new();
    place.write("mine", "");
    place
        .run(["demo", "--no-console", "--at", "."])
        .assert_fails(2, &["already holds something"]);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::io::Read;
    let place = Place::with(&MODULE);
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["init", "--print"])
        .current_dir(place.repo())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}
