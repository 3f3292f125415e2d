//! `countersign fix` with the real tools: what it shows, what it writes, and
//! when it must not.

#![allow(clippy::unwrap_used)]

mod gates_support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use gates_support::{CLEAN, Repo, faked};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Each tool has something to do, and one finding is not safe to mend.
const CRUMPLED: &str = "import sys\nimport os\nimport json\n\n\ndef f( a ):\n    x = 1\n    return os.getcwd(), sys.argv , a\n";
const SMOOTH: &str =
    "import os\nimport sys\n\n\ndef f(a):\n    x = 1\n    return os.getcwd(), sys.argv, a\n";

fn crumpled() -> Repo {
    let repo = Repo::new(&CLEAN);
    repo.branch();
    repo.commit(&[("candidate/m/b.py", CRUMPLED)]);
    repo
}

fn fix(repo: &Repo, more: &[&str]) -> Output {
    let mut command = repo.countersign();
    command.args(["fix", "candidate/m"]).args(more);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every file of a work tree but git's own, with what a writer would change.
fn snapshot(root: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32, u64, i64, i64)> {
    fn walk(dir: &Path, found: &mut BTreeMap<PathBuf, (Vec<u8>, u32, u64, i64, i64)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            if meta.is_dir() && path.file_name().unwrap() != ".git" {
                walk(&path, found);
            }
            let content = match meta.is_file() {
                true => fs::read(&path).unwrap(),
                false => Vec::new(),
            };
            let stamp = (meta.mode(), meta.ino(), meta.ctime(), meta.ctime_nsec());
            if path.file_name().unwrap() != ".git" {
                found.insert(path, (content, stamp.0, stamp.1, stamp.2, stamp.3));
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, &mut found);
    found
}

#[test]
fn it_is_shown_and_nothing_is_written_where_nobody_can_be_asked() {
    let repo = crumpled();
    let before = snapshot(&repo.root());
    for more in [&[][..], &["--dry-run"], &["--width", "100"]] {
        let output = fix(&repo, more);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{err}");
        assert!(out.contains("candidate/m/b.py"), "{out}");
        assert!(out.contains("import json"), "{out}");
        assert!(!out.contains("candidate/m/a.py"), "{out}");
        assert!(
            err.contains("1 file would change, and nothing was written"),
            "{err}"
        );
    }
    assert_eq!(snapshot(&repo.root()), before);
    assert_eq!(repo.scratch(), Vec::<PathBuf>::new());
}

#[test]
fn what_is_accepted_is_written_and_the_gates_agree() {
    let repo = crumpled();
    let file = repo.root().join("candidate/m/b.py");
    let bad = repo.check("candidate/m", &["--only", "lint,imports,format"]);
    assert_eq!(bad.status("imports"), "failed");
    assert_eq!(bad.status("format"), "failed");
    // Not committed: an edit, and a file that git does not know.
    fs::write(&file, format!("{CRUMPLED}\n\nEDITED = 'yes'\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let new = repo.root().join("candidate/m/deep/new.py");
    fs::create_dir(new.parent().unwrap()).unwrap();
    fs::write(&new, "A = 'x'\r\nB = ( 1 )\r\n").unwrap();
    let before = snapshot(&repo.root());

    let output = fix(&repo, &["--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("wrote 2 files"));
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(written, format!("{SMOOTH}\n\nEDITED = \"yes\"\n"));
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    assert_eq!(fs::read_to_string(&new).unwrap(), "A = \"x\"\r\nB = 1\r\n");
    // Nothing else was touched, and nothing is left over.
    let after = snapshot(&repo.root());
    for (path, was) in &before {
        // A directory notes that a file in it was replaced.
        if *path != file && *path != new && !path.is_dir() {
            assert_eq!(after.get(path), Some(was), "{}", path.display());
        }
    }
    assert_eq!(after.len(), before.len());

    let again = fix(&repo, &["--yes"]);
    assert_eq!(again.status.code(), Some(0));
    assert!(text(&again.stdout).contains("nothing to fix"));
    repo.commit_as_is();
    let good = repo.check("candidate/m", &["--only", "lint,imports,format"]);
    assert_eq!(good.status("imports"), "passed", "{}", good.stderr);
    assert_eq!(good.status("format"), "passed", "{}", good.stderr);
    // `x = 1` is still there: to remove it is not safe, and is nobody's but the author's.
    assert_eq!(good.findings("lint")[0].0, "F841");
}

#[test]
fn the_projects_settings_are_those_of_the_gates() {
    let repo = crumpled();
    repo.commit(&[
        (
            "pyproject.toml",
            "[tool.isort]\nforce_sort_within_sections = true\nprofile = 'black'\n\
             [tool.black]\nskip-string-normalization = true\n\
             [tool.ruff]\nunsafe-fixes = true\nfix-only = true\nfixable = ['ALL']\n\
             [tool.ruff.lint.per-file-ignores]\n'candidate/m/c.py' = ['F401']\n",
        ),
        ("candidate/m/c.py", "import os\nA =  'x'\n"),
        (
            "candidate/m/d.py",
            "from zlib import crc32\nimport abc\n\nprint(crc32, abc)\n",
        ),
    ]);
    let output = fix(&repo, &["--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let root = repo.root();
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    assert_eq!(read("candidate/m/c.py"), "import os\n\nA = 'x'\n");
    assert!(read("candidate/m/d.py").starts_with("import abc\nfrom zlib import crc32\n"));
    assert!(
        read("candidate/m/b.py").contains("    x = 1\n"),
        "not safe to remove"
    );
    // One that is turned off does nothing.
    let repo = repo.settings("[gates.format]\nenabled = false\n");
    repo.commit(&[("candidate/m/e.py", "import os\nA =  'x'\n")]);
    let output = fix(&repo, &["--yes"]);
    assert!(text(&output.stderr).contains("format is turned off"));
    assert_eq!(read("candidate/m/e.py"), "A =  'x'\n");
}

#[test]
fn links_are_left_alone() {
    let repo = crumpled();
    let outside = repo.dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("b.py"), CRUMPLED).unwrap();
    let module = repo.root().join("candidate/m");
    // A file that is checked out as another's name, and a directory of others.
    fs::remove_file(module.join("b.py")).unwrap();
    symlink(outside.join("b.py"), module.join("b.py")).unwrap();
    fs::write(module.join("c.py"), "A =  1\n").unwrap();
    let output = fix(&repo, &["--yes"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("candidate/m/b.py is a symbolic link: it is left alone"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(outside.join("b.py")).unwrap(), CRUMPLED);
    assert_eq!(fs::read_to_string(module.join("c.py")).unwrap(), "A = 1\n");

    fs::rename(&module, repo.dir.path().join("moved")).unwrap();
    symlink(&outside, &module).unwrap();
    let output = fix(&repo, &["--yes"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(outside.join("b.py")).unwrap(), CRUMPLED);
}

#[test]
fn where_there_is_no_work_tree_it_says_so() {
    let repo = crumpled();
    let output = fix(&repo, &["--yes", "--rev", "main"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("another revision"));
    let bare = repo.dir.path().join("bare.git");
    git2::build::RepoBuilder::new()
        .bare(true)
        .clone(repo.root().to_str().unwrap(), &bare)
        .unwrap();
    let mut command = repo.countersign();
    command
        .current_dir(bare)
        .args(["fix", "candidate/m", "--yes"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("no work tree"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_tool_that_fails_changes_nothing() {
    let scripts: [(&str, &str); 5] = [
        ("black", "#!/bin/sh\nkill -9 $$\n"),
        ("black", "#!/bin/sh\nexit 0\n"),
        ("ruff", "#!/bin/sh\necho '[]'\n"),
        (
            "ruff",
            "#!/bin/sh\nfor f; do :; done\necho > candidate/m/b.py\nexit 2\n",
        ),
        ("ruff", ""),
    ];
    for (n, script) in scripts.iter().enumerate() {
        let repo = crumpled();
        let environment = faked(&repo.dir.path().join("other"), &[*script]);
        let repo = repo.environment(environment);
        let before = snapshot(&repo.root());
        let output = fix(&repo, &["--yes"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{n}: {said}");
        assert_eq!(text(&output.stdout), "", "{n}");
        assert_eq!(snapshot(&repo.root()), before, "{n}");
    }
}

#[test]
fn what_does_not_parse_is_left_to_a_person() {
    let repo = crumpled();
    fs::write(repo.root().join("candidate/m/c.py"), "def (:\n").unwrap();
    let before = snapshot(&repo.root());
    let output = fix(&repo, &["--yes"]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(said.contains("candidate/m/c.py"), "{said}");
    assert_eq!(snapshot(&repo.root()), before);
}

#[test]
fn a_result_that_does_not_compile_is_not_offered() {
    let repo = crumpled();
    // It says that all is well, and breaks the file.
    let ruff = "#!/bin/sh\n\
                for last; do :; done\n\
                case \"$*\" in *--fix*--select*) printf 'def (:\\n' > candidate/m/b.py;; esac\n\
                printf '[{\"code\":\"invalid-syntax\",\"filename\":\"%s\",\"location\":{\"row\":1,\"column\":1},\"message\":\"x\"}]' \"$last\"\n\
                exit 1\n";
    let environment = faked(&repo.dir.path().join("other"), &[("ruff", ruff)]);
    let repo = repo
        .environment(environment)
        .settings("[gates.format]\nenabled = false\n");
    let before = snapshot(&repo.root());
    let output = fix(&repo, &["--yes"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("does not compile"), "{said}");
    assert_eq!(snapshot(&repo.root()), before);
}

#[test]
fn no_gate_ever_changes_the_work_tree() {
    let repo = crumpled();
    fs::write(
        repo.root().join("candidate/m/b.py"),
        format!("{CRUMPLED}#\n"),
    )
    .unwrap();
    fs::write(repo.root().join("candidate/m/new.py"), CRUMPLED).unwrap();
    let before = snapshot(&repo.root());
    let checked = repo.check("candidate/m", &[]);
    assert_eq!(checked.status("format"), "failed", "{}", checked.stderr);
    assert_eq!(snapshot(&repo.root()), before);
}

/// `fix` in a terminal, where a person answers.
struct Asked {
    _master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    output: std::sync::mpsc::Receiver<Vec<u8>>,
    said: String,
}

impl Asked {
    fn new(repo: &Repo) -> Self {
        let size = PtySize {
            rows: 40,
            cols: 120,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(["fix", "candidate/m"]);
        command.cwd(repo.root());
        command.env("COUNTERSIGN_CACHE_DIR", repo.cache());
        command.env("COUNTERSIGN_CONFIG_DIR", repo.dir.path().join("config"));
        command.env("NO_COLOR", "1");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 || sender.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            input: pair.master.take_writer().unwrap(),
            _master: pair.master,
            child,
            output,
            said: String::new(),
        }
    }

    /// Reads until it says that; the deadline only turns a hang into a failure.
    fn until(&mut self, what: &str) -> &mut Self {
        let deadline = Instant::now() + Duration::from_secs(120);
        while !self.said.contains(what) {
            let left = deadline.saturating_duration_since(Instant::now());
            let more = self.output.recv_timeout(left);
            let more = more.unwrap_or_else(|_| panic!("{what:?} is not in {}", self.said));
            self.said.push_str(&text(&more));
        }
        let end = self.said.find(what).unwrap() + what.len();
        self.said.drain(..end);
        self
    }

    fn answers(&mut self, line: &str) -> &mut Self {
        self.input.write_all(line.as_bytes()).unwrap();
        self.input.write_all(b"\n").unwrap();
        self
    }

    fn exit(&mut self) -> u32 {
        self.child.wait().unwrap().exit_code()
    }
}

#[test]
fn a_person_is_asked_and_obeyed() {
    let repo = crumpled();
    let file = repo.root().join("candidate/m/b.py");
    let mut asked = Asked::new(&repo);
    asked.until("│").until("Write 1 file? [y]es / [n]o: ");
    asked.answers("").until("Write 1 file? ").answers("no");
    assert_eq!(asked.until("nothing was written").exit(), 1);
    assert_eq!(fs::read_to_string(&file).unwrap(), CRUMPLED);

    let mut asked = Asked::new(&repo);
    asked.until("Write 1 file? ").answers("y");
    assert_eq!(asked.until("wrote 1 file").exit(), 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), SMOOTH);
}

#[test]
fn each_file_can_be_chosen() {
    let repo = crumpled();
    repo.commit(&[("candidate/m/c.py", CRUMPLED)]);
    let mut asked = Asked::new(&repo);
    asked.until("Write 2 files? [y]es / [n]o / [e]ach file: ");
    asked
        .answers("e")
        .until("Write candidate/m/b.py? ")
        .answers("n");
    asked.until("Write candidate/m/c.py? ").answers("y");
    assert_eq!(asked.until("wrote 1 file").exit(), 1);
    let read = |name: &str| fs::read_to_string(repo.root().join(name)).unwrap();
    assert_eq!(read("candidate/m/b.py"), CRUMPLED);
    assert_eq!(read("candidate/m/c.py"), SMOOTH);
}

#[test]
fn what_was_edited_while_it_was_shown_is_not_overwritten() {
    let repo = crumpled();
    repo.commit(&[("candidate/m/c.py", CRUMPLED)]);
    let mut asked = Asked::new(&repo);
    asked.until("Write 2 files? ");
    let edited = repo.root().join("candidate/m/c.py");
    fs::write(&edited, "EDITED = 1\n").unwrap();
    asked.answers("y");
    asked.until("candidate/m/c.py changed in the work tree meanwhile");
    assert_eq!(asked.exit(), 3);
    assert_eq!(fs::read_to_string(&edited).unwrap(), "EDITED = 1\n");
    let other = fs::read_to_string(repo.root().join("candidate/m/b.py")).unwrap();
    assert_eq!(other, CRUMPLED, "all or nothing");
}
