//! `countersign promote`, as an owner does it: what is signed off is moved with everything
//! that names it, on its branch, or not at all.
#![allow(clippy::unwrap_used)]

mod gates_support;
#[path = "support/schemas.rs"]
mod schemas;
#[path = "support/terminal.rs"]
mod terminal;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gates_support::{DEAR, Repo, tools, without};
use serde_json::Value;

const STAGES: &str = "[promote]\nstages = [\"tests\", \"lint\", \"compile\"]\n";

const MODULE: &str = "candidate/fees";

/// Files of the repository before the module's own.
const BEFORE: [(&str, &str); 9] = [
    ("README.md", "x\n"),
    ("CODEOWNERS", "* @all\n/candidate/fees/ @mara\n"),
    ("CHANGELOG.md", "# Changes\n\n## 1.0\n\n- all\n"),
    ("Makefile", "smoke:\n\tpython3 -m pytest -q tests/smoke\n"),
    ("core/__init__.py", ""),
    ("candidate/__init__.py", ""),
    ("candidate/other.py", "ONE = 1\n"),
    (
        "tests/smoke/test_shop.py",
        "import core.shop\n\n\ndef test_it():\n    assert core.shop.total(100) == 103\n",
    ),
    // Names the module in each way that is rewritten.
    (
        "core/shop.py",
        "from candidate import fees  # the experiment\nimport candidate.fees.rates as r\nfrom candidate.fees import (\n    fee,  # of one\n)\n\n\ndef total(n):\n    return n + fee(n) + fees.extra() - r.NOTHING\n",
    ),
];

const OF_MODULE: [(&str, &str); 5] = [
    (
        "candidate/fees/__init__.py",
        "from .rates import RATE\n\n\ndef fee(n):\n    return n * RATE // 100\n\n\ndef extra():\n    return 1\n",
    ),
    ("candidate/fees/rates.py", "RATE = 2\nNOTHING = 0\n"),
    ("candidate/fees/table.csv", "1,2\r\n"),
    (
        "candidate/fees/PROMOTE.md",
        "# Promote\n\n## Why\n\nIt is good.\n\n## Risks\n\nRounding.\n",
    ),
    (
        "tests/candidate/test_fees.py",
        "from candidate.fees import fee\nfrom candidate.fees.rates import RATE\n\n\ndef test_fee():\n    assert fee(100) == RATE == 2\n",
    ),
];

/// A repository whose module was made by `a@example.org` on a branch, and people.
struct Scene {
    repo: Repo,
}

impl Scene {
    fn new() -> Self {
        Self::with("", &[])
    }

    /// One in which the module's tests are run, too.
    fn whole() -> Self {
        Self::of(true, "", &[])
    }

    fn with(settings: &str, more: &[(&str, &str)]) -> Self {
        Self::of(false, settings, more)
    }

    fn of(tests: bool, settings: &str, more: &[(&str, &str)]) -> Self {
        // Only what is quick and stands for all.
        let dear = DEAR.iter().filter(|gate| !settings.contains(*gate));
        let dear: Vec<&str> = dear.copied().collect();
        let mut all = without(&dear) + &without(&["promote"]);
        if !tests {
            all += &without(&["tests"]);
        }
        let repo = Repo::new(&BEFORE).settings(&match settings.contains("stages") {
            true => format!("{all}{settings}"),
            false => format!("{all}{STAGES}{settings}"),
        });
        let scene = Self { repo };
        let mut ring = String::new();
        for (name, role) in [
            ("priya", "tech"),
            ("jonas", "security"),
            ("mara", "owner"),
            ("elif", "release"),
            ("ci", "automation"),
        ] {
            let public = scene.key(name);
            ring += &format!(
                "{name}@example.org namespaces=\"promotion-{role}-v1@countersign\" {public}\n"
            );
        }
        scene.repo.commit(&[(".countersign/keyring", &ring)]);
        scene.git(&["checkout", "-q", "-b", "promote/fees-20260101"]);
        scene.repo.commit(&OF_MODULE);
        std::os::unix::fs::symlink(
            "../candidate/fees/table.csv",
            scene.repo.root().join("core/table.csv"),
        )
        .unwrap();
        scene.repo.commit(more);
        scene
    }

    /// One that two reviewers have signed off.
    fn signed_off(self) -> Self {
        let done = self.run(&["check", MODULE]);
        assert_eq!(done.status.code(), Some(0), "{}", words(&done));
        for key in ["priya", "jonas"] {
            let key = self.file(key);
            let key = key.to_str().unwrap();
            let printed = self.run(&["sign", MODULE, "--key", key, "--print-answers"]);
            let text = String::from_utf8(printed.stdout).unwrap();
            let text = text
                .replace("decision = \"\"", "decision = \"approve\"")
                .replace("answer = \"\"", "answer = \"yes\"");
            let file = self.file("answers.toml");
            std::fs::write(&file, text).unwrap();
            let file = file.to_str().unwrap();
            let done = self.run(&["sign", MODULE, "--key", key, "--answers", file]);
            assert_eq!(done.status.code(), Some(0), "{}", words(&done));
        }
        self
    }

    fn key(&self, name: &str) -> String {
        gates_support::ssh_key(&self.file(name), "")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.repo.dir.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.repo.countersign();
        command
            .args(arguments)
            .env("COUNTERSIGN_DATA_DIR", self.file("data"))
            .env("HOME", self.file("home"))
            .env("GIT_AUTHOR_NAME", "mara")
            .env("GIT_AUTHOR_EMAIL", "mara@example.org")
            .env("GIT_COMMITTER_NAME", "mara")
            .env("GIT_COMMITTER_EMAIL", "mara@example.org")
            .env_remove("SSH_AUTH_SOCK");
        command
    }

    fn promote(&self, more: &[&str]) -> Output {
        let key = self.file("mara");
        let mut all = vec!["promote", MODULE, "--key", key.to_str().unwrap()];
        all.extend(more);
        self.run(&all)
    }

    /// What somebody reads of a promotion on a terminal, who has both streams before them.
    fn read_together(&self, more: &[&str]) -> String {
        let file = self.file("read");
        let stream = std::fs::File::create(&file).unwrap();
        let mut command = self.command(&[&["promote", MODULE], more].concat());
        command.stderr(stream.try_clone().unwrap()).stdout(stream);
        command.status().unwrap();
        std::fs::read_to_string(file).unwrap()
    }

    /// The document of a record.
    #[track_caller]
    fn recorded(&self, arguments: &[&str]) -> Value {
        let told = self.run(&[arguments, &["--json"]].concat());
        done(&told);
        let document = serde_json::from_slice(&told.stdout).unwrap();
        schemas::holds(&schemas::schema("countersign.promote-record"), &document);
        document
    }

    fn git(&self, arguments: &[&str]) -> String {
        let done = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
            .args(arguments)
            .current_dir(self.repo.root())
            .output()
            .unwrap();
        assert!(done.status.success(), "{arguments:?}: {done:?}");
        String::from_utf8(done.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Everything that a failed promotion has to leave as it is.
    fn state(&self) -> String {
        let mut state = self.git(&["for-each-ref"]);
        state += &self.git(&["symbolic-ref", "HEAD"]);
        state += &self.git(&["status", "--porcelain=v2", "--ignored"]);
        state += &self.git(&["ls-files", "--stage"]);
        state
    }

    fn python(&self, arguments: &[&str]) -> Output {
        Command::new(tools().join("bin/python"))
            .args(arguments)
            .current_dir(self.repo.root())
            .env("PYTHONPATH", ".")
            .env("PYTHONPYCACHEPREFIX", self.file("pycache"))
            .output()
            .unwrap()
    }

    /// What importing each of these comes to: its public values, or the error.
    fn imports(&self, modules: &[&str]) -> Vec<String> {
        let each = |module: &&str| {
            let script = format!(
                "import importlib\ntry:\n m = importlib.import_module({module:?})\n \
                 print(sorted(n for n in vars(m) if not n.startswith('_')))\n\
                 except Exception as error:\n print(type(error))\n"
            );
            String::from_utf8(self.python(&["-c", &script]).stdout).unwrap()
        };
        modules.iter().map(each).collect()
    }

    /// The audit log, as it is exported.
    fn log(&self) -> String {
        let to = tempfile::tempdir().unwrap();
        let to = to.path().join("out");
        done(&self.run(&["audit", "export", to.to_str().unwrap()]));
        std::fs::read_to_string(to.join("promotion-audit.log")).unwrap()
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.repo.root().join(path)).unwrap()
    }

    #[track_caller]
    fn refused(&self, more: &[&str], code: i32, why: &str) {
        let before = self.state();
        let done = self.promote(more);
        let words = words(&done);
        assert_eq!(done.status.code(), Some(code), "{words}");
        assert!(words.contains(why), "{why}: {words}");
        assert_eq!(self.state(), before, "something was changed: {words}");
    }
}

fn words(output: &Output) -> String {
    format!(
        "{:?}\n{}{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[track_caller]
fn done(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", words(output));
}

/// From end to end, and back: the tree is what it was, byte for byte.
#[test]
fn what_is_signed_off_is_moved_with_all_that_names_it_and_can_be_taken_back() {
    let scene = Scene::whole().signed_off();
    let importers = ["core.shop", "tests.candidate.test_fees"];
    let before = scene.imports(&importers);
    let head = scene.git(&["rev-parse", "HEAD"]);
    let module = scene.git(&["rev-parse", "HEAD:candidate/fees"]);

    let plan = scene.promote(&["--dry-run"]);
    done(&plan);
    assert_eq!(scene.git(&["rev-parse", "HEAD"]), head);
    let told = words(&plan);
    for part in [
        "candidate/fees → core/fees",
        "core/shop.py: imports rewritten",
        "+from core import fees  # the experiment",
        "CHANGELOG.md: changelog note",
        "TRANSPARENCY_SCORECARD.md: scorecard entry (new)",
        "CODEOWNERS: owners follow",
        "core/table.csv: link follows",
        "make smoke",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }

    done(&scene.promote(&[]));
    // Two commits on the branch; the first moves and changes nothing.
    assert_eq!(scene.git(&["rev-parse", "HEAD~2"]), head);
    let moved = scene.git(&["diff", "--name-status", "-M100%", "HEAD~2", "HEAD~1"]);
    assert!(
        moved.lines().count() == 4 && moved.lines().all(|it| it.starts_with("R100\t")),
        "{moved}"
    );
    assert_eq!(scene.git(&["rev-parse", "HEAD~1:core/fees"]), module);
    let history = scene.git(&["log", "--follow", "--format=%s", "--", "core/fees/rates.py"]);
    assert_eq!(history.lines().count(), 2, "{history}");
    // The work tree went along.
    assert_eq!(scene.git(&["status", "--porcelain"]), "");
    assert!(!scene.repo.root().join("candidate/fees").exists());

    let shop = scene.read("core/shop.py");
    assert!(
        shop.starts_with(
            "from core import fees  # the experiment\nimport core.fees.rates as r\n\
             from core.fees import (\n    fee,  # of one\n)\n"
        ),
        "{shop}"
    );
    assert_eq!(scene.read("core/table.csv"), "1,2\r\n");
    let target = std::fs::read_link(scene.repo.root().join("core/table.csv")).unwrap();
    assert_eq!(target, Path::new("fees/table.csv"));
    assert_eq!(scene.read("CODEOWNERS"), "* @all\n/core/fees/ @mara\n");
    assert!(scene.read("CHANGELOG.md").starts_with(
        "# Changes\n\n## Unreleased\n\n- Promoted `candidate/fees` to `core/fees`: import \
         `core.fees`, not `candidate.fees`\n\n## 1.0\n"
    ));
    let card = scene.read("TRANSPARENCY_SCORECARD.md");
    assert!(card.contains("**Outstanding risks:** Rounding."), "{card}");
    assert!(card.contains("priya@example.org (tech)"), "{card}");

    // Everybody who imported it still can, and it works.
    let compiled = scene.python(&["-m", "compileall", "-q", "."]);
    done(&compiled);
    assert_eq!(scene.imports(&importers), before);
    done(&scene.python(&["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]));

    // The trailer, the copy of the log, and what the log says.
    let trailer = scene.git(&[
        "log",
        "-1",
        "--format=%(trailers:key=Promotion-Checkpoint,valueonly)",
    ]);
    let (size, root) = trailer.trim().split_once(' ').unwrap();
    assert_eq!((size, root.len()), ("2", 64));
    let log = scene.log();
    let copy = scene.git(&["show", "HEAD:promotion-audit.log"]);
    assert!(log.starts_with(&copy) && log.len() > copy.len());
    assert_eq!(copy.lines().count(), 2);
    let said = scene.run(&["audit", "log"]);
    done(&said);
    assert!(
        words(&said).contains("mara@example.org moved candidate/fees to core/fees"),
        "{}",
        words(&said)
    );
    done(&scene.run(&["audit", "verify"]));
    let shown = scene.run(&["show", "candidate/fees"]);
    assert!(
        words(&shown).contains("core/fees  promoted"),
        "{}",
        words(&shown)
    );

    // Taken back.
    scene.git(&["revert", "--no-edit", "HEAD", "HEAD~1"]);
    assert_eq!(
        scene.git(&["rev-parse", "HEAD^{tree}"]),
        scene.git(&["rev-parse", &format!("{head}^{{tree}}")])
    );
}

/// Merging is a person's; what they did is found, and can be signed.
#[test]
fn what_a_person_merged_is_found_and_signed() {
    let scene = Scene::new().signed_off();
    done(&scene.promote(&[]));
    let elif = scene.file("elif");
    let merged = [
        "promote",
        MODULE,
        "--merged",
        "--key",
        elif.to_str().unwrap(),
    ];
    let not_yet = scene.run(&merged);
    assert_eq!(not_yet.status.code(), Some(1), "{}", words(&not_yet));
    scene.git(&["checkout", "-q", "main"]);
    let listed = |scene: &Scene| -> Value {
        serde_json::from_slice(&scene.run(&["list", "--json"]).stdout).unwrap()
    };
    assert_eq!(listed(&scene)["promoted"][0]["stage"], "promoted");
    scene.git(&[
        "merge",
        "-q",
        "--no-ff",
        "-m",
        "Merge it",
        "promote/fees-20260101",
    ]);
    assert_eq!(listed(&scene)["promoted"][0]["stage"], "merged");
    let signed = scene.run(&merged);
    done(&signed);
    assert!(words(&signed).contains("committed by a <a@example.org>"));
    let told = scene.recorded(&merged);
    assert_eq!(told["merged_by"], "a <a@example.org>");
    assert_eq!(
        (&told["kind"], &told["signed"]),
        (&"merge".into(), &false.into())
    );
    let again = scene.run(&merged);
    done(&again);
    assert!(
        words(&again).contains("says so already"),
        "{}",
        words(&again)
    );
    let shown = scene.run(&["show", "core/fees"]);
    assert!(
        words(&shown).contains("core/fees  merged"),
        "{}",
        words(&shown)
    );
    done(&scene.run(&["audit", "verify"]));
}

/// Impact says of CODEOWNERS what promoting does with it.
#[test]
fn owners_follow_also_by_the_word_of_impact() {
    for (settings, class) in [
        ("", "rewritten"),
        ("[promote]\nstages = []\ncodeowners = false\n", "left"),
    ] {
        let scene = Scene::with(settings, &[]);
        let told = scene.run(&["impact", MODULE, "--json"]);
        let told: Value = serde_json::from_slice(&told.stdout).unwrap();
        let all = told["importers"].as_array().unwrap().iter();
        let own: Vec<_> = all.filter(|it| it["path"] == "CODEOWNERS").collect();
        assert_eq!(own.len(), 1, "{own:?}");
        assert_eq!(own[0]["class"], class, "{own:?}");
    }
}

/// What production imports and nobody knows how to rewrite would break.
#[test]
fn what_production_would_lose_is_not_moved_without_a_shim() {
    // A name in a class is one of its attributes: it stays what it is.
    let kiosk = "class Kiosk:\n    import candidate.fees\n";
    let kiosk = [("core/kiosk.py", kiosk)];
    let scene = Scene::with("", &kiosk).signed_off();
    scene.refused(&[], 1, "core/kiosk.py:2 imports candidate.fees");
    let shims = "[promote]\nstages = [\"lint\"]\nshims = true\n";
    done(&Scene::with(shims, &kiosk).signed_off().promote(&[]));
}

/// mypy's settings may hide in the lane what shows at the target. That was there before.
#[test]
fn what_was_wrong_before_the_move_is_not_new_after_it() {
    let scene = Scene::with("[promote]\nstages = [\"types\"]\nsmoke = []\n", &[]);
    scene.git(&["checkout", "-q", "main"]);
    scene.repo.commit(&OF_MODULE);
    let hidden = "[tool.mypy]\n\n[[tool.mypy.overrides]]\nmodule = \"candidate.*\"\n\
                  ignore_errors = true\n";
    scene.repo.commit(&[
        ("pyproject.toml", hidden),
        (
            "candidate/fees/odd.py",
            "def odd() -> int:\n    return \"odd\"\n",
        ),
    ]);
    scene.git(&["checkout", "-q", "-B", "promote/fees-20260101"]);
    scene.repo.commit(&[("candidate/fees/README.md", "x\n")]);
    let scene = scene.signed_off();
    let moved = scene.promote(&[]);
    done(&moved);
    let said = words(&moved);
    assert!(said.contains("types     passed: 0 new, 1 old"), "{said}");
}

/// The copy on the base branch tells that the log was cut, also to who never saw it.
#[test]
fn it_goes_to_the_lane_that_is_named_for_it_and_that_was_signed_for() {
    let named = "[promote.targets]\n\"candidate/fees\" = \"lukhas\"\n";
    let scene = Scene::with(named, &[]).signed_off();
    scene.refused(&["--to", "core"], 1, "given for the move to lukhas/fees");
    done(&scene.promote(&[]));
    let now = scene.git(&["ls-tree", "-r", "--name-only", "HEAD"]);
    assert!(now.contains("lukhas/fees/__init__.py"), "{now}");
    assert!(!now.contains("candidate/fees/"), "{now}");
}

#[test]
fn a_log_that_was_cut_is_missed_by_its_copy() {
    let scene = Scene::new().signed_off();
    let begun = scene.git(&["rev-parse", "promotion-audit~1"]);
    done(&scene.promote(&[]));
    scene.git(&["checkout", "-q", "main"]);
    scene.git(&["merge", "-q", "promote/fees-20260101"]);
    done(&scene.run(&["audit", "verify"]));
    scene.git(&["update-ref", "refs/heads/promotion-audit", &begun]);
    std::fs::remove_dir_all(scene.file("data")).unwrap();
    let told = scene.run(&["audit", "verify"]);
    assert_eq!(told.status.code(), Some(1), "{}", words(&told));
    assert!(
        words(&told).contains("left a copy of on main"),
        "{}",
        words(&told)
    );
}

/// A squashed merge has another commit, and the same result.
#[test]
fn a_squashed_merge_is_one() {
    let scene = Scene::new().signed_off();
    done(&scene.promote(&[]));
    scene.git(&["checkout", "-q", "main"]);
    scene.git(&["merge", "-q", "--squash", "promote/fees-20260101"]);
    scene.git(&["commit", "-q", "-m", "All at once"]);
    scene.git(&["branch", "-q", "-D", "promote/fees-20260101"]);
    let shown = scene.run(&["show", "core/fees"]);
    assert!(
        words(&shown).contains("core/fees  merged"),
        "{}",
        words(&shown)
    );
}

#[test]
fn what_is_not_signed_off_or_not_fresh_is_not_moved() {
    let scene = Scene::new();
    scene.refused(&[], 1, "Gate 1 has no current result");
    let read = scene.read_together(&["-C", ".", "--dry-run"]);
    let last = read.lines().last().unwrap();
    assert!(last.starts_with("  it is not signed off: "), "{read}");
    let check = " (countersign check -C . candidate/fees)\n";
    assert!(read.contains(check), "{read}");
    let scene = scene.signed_off();
    scene.refused(
        &["--to", "lukhas"],
        1,
        "given for the move to core/fees, now lukhas/fees",
    );
    scene.refused(&["--to", "nowhere"], 2, "its target lanes are core, lukhas");
    scene.refused(&["--branch", "main"], 1, "is no branch to promote on");
    scene
        .repo
        .commit(&[("candidate/fees/rates.py", "RATE = 3\n")]);
    scene.refused(&[], 1, "it is not signed off");
}

#[test]
fn what_is_in_the_way_is_named_and_stays() {
    // At the target itself.
    let there = Scene::with("", &[("core/fees/__init__.py", "")]).signed_off();
    there.refused(&[], 1, "core/fees exists already");
    // A file that Python takes for the same, and one that some file systems do.
    let shadowed = Scene::with("", &[("core/fees.py", "")]).signed_off();
    shadowed.refused(&[], 1, "core/fees.py has the same name for Python");
    let alike = Scene::with("", &[("core/Fees/x.txt", "")]).signed_off();
    alike.refused(&[], 1, "core/Fees is there");

    // In the work tree only.
    let scene = Scene::new().signed_off();
    std::fs::create_dir(scene.repo.root().join("core/fees")).unwrap();
    std::fs::write(scene.repo.root().join("core/fees/rates.py"), "mine\n").unwrap();
    scene.refused(&[], 1, "core/fees/rates.py");
    std::fs::remove_dir_all(scene.repo.root().join("core/fees")).unwrap();
    std::fs::write(scene.repo.root().join("core/shop.py"), "mine\n").unwrap();
    scene.refused(&[], 1, "core/shop.py");
    scene.git(&["checkout", "-q", "core/shop.py"]);
    // What is not in the way stays, and does not keep it from being done.
    std::fs::write(scene.repo.root().join("README.md"), "mine\n").unwrap();
    done(&scene.promote(&[]));
    assert_eq!(scene.git(&["status", "--porcelain"]), " M README.md");
}

/// The result is tried before anything has it.
#[test]
fn a_result_that_does_not_hold_is_nobodys() {
    let fails = Scene::with(
        "smoke = [\"python3\", \"-c\", \"raise SystemExit(4)\"]\n",
        &[],
    );
    let fails = fails.signed_off();
    fails.refused(&[], 1, "ended with exit code 4");
    let hangs = Scene::with("smoke = [\"no-such-program\"]\n", &[]).signed_off();
    let before = hangs.state();
    let tried = hangs.promote(&[]);
    assert!(
        matches!(tried.status.code(), Some(1 | 3)),
        "{}",
        words(&tried)
    );
    assert_eq!(hangs.state(), before);
}

#[test]
fn without_a_key_it_is_moved_and_recorded_later() {
    let scene = Scene::new().signed_off();
    let tech = scene.file("priya");
    let wrong = scene.run(&["promote", MODULE, "--key", tech.to_str().unwrap()]);
    assert_eq!(wrong.status.code(), Some(2), "{}", words(&wrong));
    let moved = scene.run(&["promote", MODULE]);
    assert_eq!(moved.status.code(), Some(3), "{}", words(&moved));
    assert!(
        words(&moved).contains("moved, but not recorded"),
        "{}",
        words(&moved)
    );
    // There is no forge here.
    let next = "next: git checkout main && git merge promote/fees-";
    assert!(words(&moved).contains(next), "{}", words(&moved));
    assert!(scene.repo.root().join("core/fees").exists());
    let shown = scene.run(&["show", "core/fees"]);
    assert!(
        words(&shown).contains("nobody signed it"),
        "{}",
        words(&shown)
    );
    let mara = scene.file("mara");
    let told = scene.recorded(&[
        "promote",
        MODULE,
        "--record",
        "--key",
        mara.to_str().unwrap(),
    ]);
    assert_eq!(
        (&told["kind"], &told["signed"]),
        (&"promotion".into(), &true.into())
    );
    assert_eq!((&told["entry"], &told["merge"]), (&2.into(), &Value::Null));
    let shown = scene.run(&["show", "core/fees"]);
    assert!(
        words(&shown).contains("entry 2 of the audit log"),
        "{}",
        words(&shown)
    );
}

/// All of it in the console: read, refused where it is not signed off, cancelled, done,
/// recorded.
#[test]
fn a_person_promotes_without_leaving_the_console() {
    let start = |scene: &Scene| {
        let files = [
            ("HOME", scene.file("home")),
            ("COUNTERSIGN_CACHE_DIR", scene.repo.cache().to_owned()),
            ("COUNTERSIGN_DATA_DIR", scene.file("data")),
            ("COUNTERSIGN_CONFIG_DIR", scene.file("config")),
        ];
        let tools = tools();
        let variables = [
            ("COUNTERSIGN_TEST_TOOLS", tools.to_str().unwrap()),
            ("GIT_AUTHOR_NAME", "mara"),
            ("GIT_AUTHOR_EMAIL", "mara@example.org"),
            ("GIT_COMMITTER_NAME", "mara"),
            ("GIT_COMMITTER_EMAIL", "mara@example.org"),
        ];
        let mut console = terminal::Console::start(&scene.repo.root(), &variables, &files);
        console.find_module("fees", MODULE);
        console
    };
    let scene = Scene::new();
    let before = scene.state();
    let mut console = start(&scene);
    console.press("P");
    console.until("it cannot be done yet");
    console.until("Why it may not be promoted");
    console.press("\r");
    drop(console);
    assert_eq!(scene.state(), before, "nothing was changed");

    let scene = scene.signed_off();
    let ssh = scene.file("home").join(".ssh");
    std::fs::create_dir_all(&ssh).unwrap();
    for (from, to) in [("mara", "id_ed25519"), ("mara.pub", "id_ed25519.pub")] {
        std::fs::copy(scene.file(from), ssh.join(to)).unwrap();
    }
    let before = scene.state();
    let mut console = start(&scene);
    console.press("P");
    console.until("Enter confirms it");
    console.until("nothing is merged");
    console.press("\r");
    console.until("cancels it");
    console.press("x");
    console.until("it was cancelled");
    assert_eq!(scene.state(), before, "it was cancelled");
    console.press("\r");
    console.press("P");
    console.until("Enter confirms it");
    assert_eq!(scene.state(), before, "it was only read");
    console.press("\r");
    console.until("promoted candidate/fees to core/fees");
    assert!(scene.repo.root().join("core/fees/rates.py").exists());
    let shown = scene.run(&["show", "core/fees"]);
    let shown = words(&shown);
    assert!(shown.contains("nobody signed it"), "{shown}");
    console.until("R records it");
    console.press("R");
    console.until("recorded as entry");
    let shown = scene.run(&["show", "core/fees"]);
    let shown = words(&shown);
    assert!(shown.contains("entry 2 of the audit log"), "{shown}");
    // There is no forge here.
    console.until("you merge it yourself: git checkout main && git merge");
    console.press("\u{1b}");
    console.until("to be merged into main by hand");
}

/// Not the branch that is checked out: only a reference is made, by the template.
#[test]
fn on_another_branch_the_work_tree_stays() {
    let scene = Scene::new().signed_off();
    scene.git(&["branch", "-q", "-m", "work"]);
    done(&scene.promote(&["--branch", "promote/mine"]));
    assert_eq!(scene.git(&["status", "--porcelain"]), "");
    assert!(scene.repo.root().join("candidate/fees").exists());
    let there = scene.git(&["ls-tree", "-r", "--name-only", "promote/mine", "core/fees"]);
    assert_eq!(there.lines().count(), 4, "{there}");
    assert_eq!(
        scene.git(&["rev-parse", "promote/mine~2"]),
        scene.git(&["rev-parse", "work"])
    );
    scene.refused(&["--branch", "promote/mine"], 1, "is not what is looked at");
}

#[test]
fn shims_keep_the_old_names_working_with_a_warning() {
    let scene = Scene::with("shims = true\n", &[]).signed_off();
    done(&scene.promote(&[]));
    let script = "import warnings\n\
        with warnings.catch_warnings(record=True) as seen:\n \
        warnings.simplefilter('always')\n \
        import candidate.fees\n \
        import candidate.fees.rates\n \
        from candidate.fees import fee, rates\n\
        import core.fees.rates\n\
        assert fee is core.fees.fee\n\
        assert candidate.fees.rates is core.fees.rates is rates\n\
        print([str(it.message) for it in seen if it.category is DeprecationWarning])\n";
    let ran = scene.python(&["-c", script]);
    done(&ran);
    let said = words(&ran);
    assert!(
        said.contains("candidate.fees has moved to core.fees"),
        "{said}"
    );
    assert!(
        said.contains("candidate.fees.rates has moved to core.fees.rates"),
        "{said}"
    );
}

#[test]
fn that_the_base_branch_moved_on_is_told_where_it_concerns_the_module() {
    let scene = Scene::new();
    let told = |file: &str, text: &str| {
        scene.git(&["checkout", "-q", "main"]);
        scene.repo.commit(&[(file, text)]);
        scene.git(&["checkout", "-q", "promote/fees-20260101"]);
        words(&scene.promote(&["--dry-run"]))
    };
    let moved = "since this branch left main";
    let said = told("README.md", "nothing of it\n");
    assert!(!said.contains(moved), "{said}");
    let said = told("core/till.py", "from candidate import fees\n");
    assert!(
        said.contains(&format!("{moved}, core/till.py there came to name fees")),
        "{said}"
    );
    // Its own files are its own whatever is in them.
    let said = told("candidate/fees/more.py", "ONE = 1\n");
    assert!(said.contains("candidate/fees/more.py and 1 more"), "{said}");
}
