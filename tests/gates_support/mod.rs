//! Repositories and tools for the tests of gates.
#![allow(dead_code)] // every test file uses a part

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

/// The environment with the real tools.
pub fn tools() -> PathBuf {
    let tools = std::env::var_os("COUNTERSIGN_TEST_TOOLS")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            panic!(
                "COUNTERSIGN_TEST_TOOLS is not set: run tests/run, or name a virtual environment \
                 with the tools of assets/tools.lock"
            )
        });
    assert!(
        tools.join("bin/python").exists(),
        "COUNTERSIGN_TEST_TOOLS={} has no bin/python",
        tools.display()
    );
    tools
}

/// An environment of our own making: the real one but for some tools, which
/// are scripts, or absent where the script is empty.
pub fn faked(at: &Path, scripts: &[(&str, &str)]) -> PathBuf {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let real = tools();
    let bin = at.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::copy(real.join("pyvenv.cfg"), at.join("pyvenv.cfg")).unwrap();
    symlink(real.join("lib"), at.join("lib")).unwrap();
    for entry in std::fs::read_dir(real.join("bin")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        match scripts.iter().find(|(script, _)| **script == *name) {
            None => symlink(entry.path(), bin.join(&name)).unwrap(),
            Some((_, "")) => {}
            Some((_, script)) => {
                std::fs::write(bin.join(&name), script).unwrap();
                let mode = std::fs::Permissions::from_mode(0o755);
                std::fs::set_permissions(bin.join(&name), mode).unwrap();
            }
        }
    }
    at.to_owned()
}

/// An environment of our own making: the real one but for one package, some
/// files of which are ours. Whatever else the package has is the real thing.
pub fn overlaid(at: &Path, package: &str, files: &[(&str, &str)]) -> PathBuf {
    use std::os::unix::fs::symlink;
    let real = tools();
    let site = std::fs::read_dir(real.join("lib"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("site-packages"))
        .find(|site| site.is_dir())
        .unwrap();
    let here = at.join(site.strip_prefix(&real).unwrap());
    let own = here.join(package);
    std::fs::create_dir_all(&own).unwrap();
    std::fs::create_dir(at.join("bin")).unwrap();
    std::fs::copy(real.join("pyvenv.cfg"), at.join("pyvenv.cfg")).unwrap();
    symlink(real.join("bin/python"), at.join("bin/python")).unwrap();
    std::fs::write(here.join("real.pth"), format!("{}\n", site.display())).unwrap();
    let init = format!(
        "REAL = {:?}\n__path__.append(REAL)\nwith open(REAL + '/__init__.py') as file:\n    \
         exec(compile(file.read(), REAL + '/__init__.py', 'exec'))\n",
        site.join(package)
    );
    std::fs::write(own.join("__init__.py"), init).unwrap();
    for (name, content) in files {
        std::fs::write(own.join(name), content).unwrap();
    }
    at.to_owned()
}

/// A repository with one commit on `main`.
pub struct Repo {
    /// Everything below here goes away with it.
    pub dir: tempfile::TempDir,
    environment: PathBuf,
    settings: String,
}

impl Repo {
    /// With these files, checked by the real tools.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let repo = Self {
            dir: tempfile::tempdir().unwrap(),
            environment: tools(),
            settings: String::new(),
        };
        git2::Repository::init_opts(
            repo.root(),
            git2::RepositoryInitOptions::new().initial_head("main"),
        )
        .unwrap();
        repo.commit(files);
        repo
    }

    /// Checked by the tools of another environment.
    pub fn environment(mut self, environment: PathBuf) -> Self {
        self.environment = environment;
        self.commit(&[]);
        self
    }

    /// With more in its `countersign.toml`.
    pub fn settings(mut self, toml: &str) -> Self {
        self.settings = toml.to_owned();
        self.commit(&[]);
        self
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    pub fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    /// Writes files and commits everything.
    pub fn commit(&self, files: &[(&str, &str)]) {
        for (path, content) in files {
            let file = self.root().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, content).unwrap();
        }
        let config = format!(
            "tools.environment = {:?}\n{}",
            self.environment.to_str().unwrap(),
            self.settings
        );
        std::fs::write(self.root().join("countersign.toml"), config).unwrap();
        self.commit_as_is();
    }

    /// Moves a file or directory, and commits nothing.
    pub fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.root().join(from), self.root().join(to)).unwrap();
    }

    /// Commits what is there.
    pub fn commit_as_is(&self) {
        let git = git2::Repository::open(self.root()).unwrap();
        let mut index = git.index().unwrap();
        index
            .add_all(["*"], git2::IndexAddOption::FORCE, None)
            .unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = git.find_tree(index.write_tree().unwrap()).unwrap();
        let who = git2::Signature::new("a", "a@example.org", &git2::Time::new(0, 0)).unwrap();
        let parent = git.head().ok().map(|head| head.peel_to_commit().unwrap());
        let parents: Vec<_> = parent.iter().collect();
        git.commit(Some("HEAD"), &who, &who, "change", &tree, &parents)
            .unwrap();
    }

    /// Goes on on a branch of its own.
    pub fn branch(&self) {
        let git = git2::Repository::open(self.root()).unwrap();
        let head = git.head().unwrap().peel_to_commit().unwrap();
        git.branch("work", &head, true).unwrap();
        git.set_head("refs/heads/work").unwrap();
    }

    /// `countersign` in this repository, with a hostile environment.
    pub fn countersign(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command
            .current_dir(self.root())
            .env("COUNTERSIGN_CACHE_DIR", self.cache())
            .env("COUNTERSIGN_CONFIG_DIR", self.dir.path().join("config"))
            .env("GITHUB_TOKEN", "ghs_secret")
            .env("PYTEST_ADDOPTS", "--collect-only")
            .env("RUFF_OUTPUT_FILE", "/dev/null")
            .env("VIRTUAL_ENV", "/nonexistent");
        command
    }

    /// `countersign check` of the module with `--json`.
    pub fn check(&self, module: &str, more: &[&str]) -> Checked {
        let output = self
            .countersign()
            .args(["check", module, "--json"])
            .args(more)
            .output()
            .unwrap();
        Checked::of(output)
    }

    /// What is left in the scratch directory.
    pub fn scratch(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.cache().join("scratch"))
            .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
            .unwrap_or_default()
    }
}

/// What `check --json` said.
pub struct Checked {
    pub exit: i32,
    pub json: Value,
    pub stderr: String,
}

impl Checked {
    pub fn of(output: Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}) with {:?}: {stderr}", output.status));
        Self {
            exit: output.status.code().unwrap_or(-1),
            json,
            stderr,
        }
    }

    pub fn gate(&self, gate: &str) -> &Value {
        let gates = self.json["modules"][0]["gates"].as_array().unwrap();
        gates.iter().find(|g| g["gate"] == gate).unwrap()
    }

    pub fn status(&self, gate: &str) -> &str {
        self.gate(gate)["status"].as_str().unwrap()
    }

    /// Why the outcome is what it is, with what to do.
    pub fn why(&self, gate: &str) -> String {
        let outcome = &self.gate(gate)["evidence"]["outcome"];
        format!("{} / {}", outcome["why"], outcome["help"])
    }

    /// (rule, path, line) of the findings that are not only notes.
    pub fn findings(&self, gate: &str) -> Vec<(String, String, u64)> {
        let findings = self.gate(gate)["evidence"]["findings"].as_array().unwrap();
        findings
            .iter()
            .filter(|f| f["severity"] == "error")
            .map(|f| {
                let text = |key: &str| f[key].as_str().unwrap().to_owned();
                (text("rule"), text("path"), f["line"].as_u64().unwrap())
            })
            .collect()
    }
}

/// A module that every gate passes, with its test.
pub const CLEAN: [(&str, &str); 3] = [
    ("candidate/m/__init__.py", ""),
    (
        "candidate/m/a.py",
        "def add(a: int, b: int) -> int:\n    return a + b\n",
    ),
    (
        "tests/test_m.py",
        "from candidate.m.a import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
    ),
];

/// What the gates on documents ask for beside [`CLEAN`], some of it anew.
pub const RECORDS: [(&str, &str); 6] = [
    ("candidate/m/__init__.py", "\"\"\"Sums.\"\"\"\n"),
    (
        "candidate/m/a.py",
        "\"\"\"Sums of two.\"\"\"\n\n\ndef add(a: int, b: int) -> int:\n    \"\"\"The sum.\"\"\"\n    return a + b\n",
    ),
    (
        "candidate/m/README.md",
        "# m\n\n```python\nfrom candidate.m.a import add\n\nassert add(1, 2) == 3\n```\n",
    ),
    (
        "candidate/m/PROMOTE.md",
        "# Promote `candidate/m`\n\n- **Owner:** @mara\n\n## Why\n\nSums are wanted by everybody.\n\n\
         ## Acceptance criteria\n\n- [ ] one and two make three\n\n## Risks\n\nSums may be wrong, as ever.\n",
    ),
    ("CHANGELOG.md", "# Changelog\n\n- `candidate.m`: sums.\n"),
    (".github/CODEOWNERS", "/candidate/m/ @mara\n"),
];

/// A module that passes the gates on documents as well.
pub fn recorded() -> Vec<(&'static str, &'static str)> {
    CLEAN.iter().chain(&RECORDS).copied().collect()
}

/// Processes that have `mark` in their command line or environment.
pub fn processes(mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        if !entry
            .file_name()
            .to_string_lossy()
            .starts_with(|c: char| c.is_ascii_digit())
        {
            continue;
        }
        let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
        let (line, environment) = (read("cmdline"), read("environ"));
        let has = |bytes: &[u8]| bytes.windows(mark.len()).any(|w| w == mark.as_bytes());
        if has(&line) || has(&environment) {
            found.push(String::from_utf8_lossy(&line).replace('\0', " "));
        }
    }
    found
}

/// Waits until `holds`, but not forever.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !holds() {
        assert!(started.elapsed().as_secs() < 60, "never happened: {what}");
        std::thread::yield_now();
    }
}

/// True where a process that was given this argument sleeps.
pub fn waits(argument: &str) -> bool {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let mut own = all.filter(|it| {
        let line = std::fs::read(it.path().join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|it| it == argument.as_bytes())
    });
    own.any(|it| {
        let stat = std::fs::read_to_string(it.path().join("stat")).unwrap_or_default();
        stat.rsplit(") ")
            .next()
            .is_some_and(|it| it.starts_with('S'))
    })
}

/// What a child says on its standard error, line by line, from now on.
pub fn lines(child: &mut Child) -> Receiver<String> {
    let stderr = child.stderr.take().unwrap();
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// Makes a key, which signs without being asked where the passphrase is empty; its public half.
pub fn ssh_key(file: &Path, passphrase: &str) -> String {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-C", "", "-N", passphrase, "-f"])
        .arg(file)
        .status()
        .expect("ssh-keygen (Debian: openssh-client)");
    assert!(made.success());
    let public = std::fs::read_to_string(file.with_extension("pub")).unwrap();
    public.trim().to_owned()
}

/// Settings that turn gates off, for tests that are about something else.
pub fn without(gates: &[&str]) -> String {
    let off = gates
        .iter()
        .map(|gate| format!("[gates.{gate}]\nenabled = false\n"));
    off.collect()
}

/// The gates that take long or want much, but for those of the tests themselves.
pub const DEAR: [&str; 12] = [
    "types",
    "format",
    "imports",
    "coverage",
    "integration",
    "benchmarks",
    "supply-chain",
    "privilege",
    "documentation",
    "api",
    "ethics",
    "observability",
];
