//! Proposing, as owners do it: from an untouched candidate to a branch that the gates
//! `promote` and `ethics` pass.
#![allow(clippy::unwrap_used)]

mod gates_support;

use std::path::PathBuf;
use std::process::{Command, Output};

use gates_support::{CLEAN, Repo};
use serde_json::Value;

const DATE: &str = "2026-03-09";
const BRANCH: &str = "promote/m-20260309";

/// A form of the repository's own, shaped as its owners like it.
const FORM: &str = "\
# PROMOTE.md

> Fill it in.

## 1) Metadata
- **Module name:** 
- **Owner:** @github-user
- **Branch:** `promote/<module>-YYYYMMDD`
- **Date:** YYYY-MM-DD
- **Risk level:** [LOW | MEDIUM | HIGH]
- **Is this model-facing?** [yes / no]

## 2) Description
What it does.

## 3) Motivation
- Problem this solves:

## 4) Acceptance criteria
- [ ] `py_compile`: no errors
- [ ] `mypy`: nothing new
- [ ] Approvals by two

## 5) Risks
What can go wrong.

## 6) Rollback plan
How to revert.

---

**Owner sign-off:**  
`@` (owner) — date:
";

struct Scene(Repo);

impl Scene {
    fn new(more: &[(&str, &str)]) -> Self {
        let mut files = CLEAN.to_vec();
        files.push((
            "candidate/m/__init__.py",
            "\"\"\"Adds two numbers, and no more.\"\"\"\n",
        ));
        files.push(("candidate/PROMOTE.md", FORM));
        files.push((".github/CODEOWNERS", "/candidate/ @mara\n"));
        files.extend(more);
        let repo = Repo::new(&files);
        let mut config = git2::Repository::open(repo.root())
            .unwrap()
            .config()
            .unwrap();
        config.set_str("user.name", "Mara").unwrap();
        config.set_str("user.email", "mara@example.org").unwrap();
        Self(repo)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command: Command = self.0.countersign();
        command
            .args(arguments)
            .env("COUNTERSIGN_DATA_DIR", self.0.dir.path().join("data"))
            .env("HOME", self.0.dir.path().join("home"))
            .env_remove("SSH_AUTH_SOCK");
        command.output().unwrap()
    }

    fn propose(&self, more: &[&str]) -> Output {
        let mut all = vec!["propose", "candidate/m", "--date", DATE];
        all.extend(more);
        self.run(&all)
    }

    fn file(&self) -> PathBuf {
        self.0.dir.path().join("answers.toml")
    }

    /// The file of answers, filled in by a person.
    fn answers(&self, more: &[(&str, &str)]) -> PathBuf {
        let file = self.file();
        let _ = std::fs::remove_file(&file);
        let made = self.propose(&["--write-answers", file.to_str().unwrap()]);
        assert_eq!(made.status.code(), Some(0), "{}", words(&made));
        let mut text = std::fs::read_to_string(&file).unwrap();
        let filled = [
            (
                "\"metadata/risk-level\" = \"\"",
                "\"metadata/risk-level\" = \"low\"",
            ),
            (
                "\"motivation/problem-this-solves\" = \"\"",
                "\"motivation/problem-this-solves\" = \"Sums are wanted by everybody.\"",
            ),
            (
                "\nrisks = \"\"",
                "\nrisks = \"Sums may be wrong; tests compare them.\"",
            ),
            (
                "\nrollback-plan = \"\"",
                "\nrollback-plan = \"Revert the merge and check again.\"",
            ),
        ];
        for (from, to) in filled.iter().chain(more) {
            assert!(text.contains(from), "{from}: {text}");
            text = text.replacen(from, to, 1);
        }
        std::fs::write(&file, text).unwrap();
        file
    }

    fn tip(&self) -> Option<String> {
        let git = git2::Repository::open(self.0.root()).unwrap();
        let found = git.find_branch(BRANCH, git2::BranchType::Local).ok();
        found.map(|it| it.get().target().unwrap().to_string())
    }

    fn on_branch(&self, path: &str) -> String {
        let git = git2::Repository::open(self.0.root()).unwrap();
        let object = git.revparse_single(&format!("{BRANCH}:{path}")).unwrap();
        String::from_utf8(object.as_blob().unwrap().content().to_vec()).unwrap()
    }

    fn status(&self, gate: &str) -> String {
        let more = [
            "check",
            "candidate/m",
            "--rev",
            BRANCH,
            "--only",
            gate,
            "--json",
        ];
        let output = self.run(&more);
        let json: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", words(&output)));
        json["modules"][0]["gates"][0]["status"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

const NO: (&str, &str) = (
    "\"metadata/is-this-model-facing\" = \"\"",
    "\"metadata/is-this-model-facing\" = \"no\"",
);

fn words(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn an_untouched_candidate_becomes_a_branch_that_the_gates_pass() {
    let scene = Scene::new(&[]);
    std::fs::write(scene.0.root().join("candidate/m/a.py"), "dirty = 1\n").unwrap();
    let file = scene.answers(&[NO]);
    let file = file.to_str().unwrap();
    let done = scene.propose(&["--answers", file, "--yes"]);
    assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    let text = scene.on_branch("candidate/m/PROMOTE.md");
    for wanted in [
        "- **Module name:** candidate/m\n",
        "- **Owner:** @mara\n",
        "- **Branch:** `promote/m-20260309`\n",
        "- **Date:** 2026-03-09\n",
        "- **Risk level:** LOW\n",
        "Adds two numbers, and no more.\n",
        "**Owner sign-off:**  \n`@` (owner) — date:\n",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(!text.contains("[x]"), "no gate ran: {text}");
    // The work tree is as it was.
    let dirty = std::fs::read_to_string(scene.0.root().join("candidate/m/a.py")).unwrap();
    assert_eq!(dirty, "dirty = 1\n");
    assert!(!scene.0.root().join("candidate/m/PROMOTE.md").exists());
    assert_eq!(scene.status("promote"), "passed");
    assert_eq!(scene.status("ethics"), "not-applicable");
}

#[test]
fn evidence_ticks_what_holds_and_nothing_else() {
    let scene = Scene::new(&[]);
    let checked = scene.run(&["check", "candidate/m", "--only", "compile"]);
    assert_eq!(checked.status.code(), Some(0), "{}", words(&checked));
    let file = scene.answers(&[NO]);
    let done = scene.propose(&["--answers", file.to_str().unwrap(), "--yes"]);
    assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    let text = scene.on_branch("candidate/m/PROMOTE.md");
    assert!(
        text.contains(
            "- [x] `py_compile`: no errors\n  - Evidence: compile passed; gate report sha256:"
        ),
        "{text}"
    );
    assert!(
        text.contains("- [ ] `mypy`: nothing new\n  - Evidence: missing: types never run"),
        "{text}"
    );
    assert!(
        text.contains("- [ ] Approvals by two\n  - Evidence: open until"),
        "{text}"
    );
    // By hand nobody ticks anything.
    let text = std::fs::read_to_string(&file).unwrap();
    let by_hand = text.replace(
        "[promote]\n",
        "[promote]\n\"acceptance-criteria/mypy-nothing-new\" = \"x\"\n",
    );
    std::fs::write(&file, by_hand).unwrap();
    let refused = scene.propose(&["--answers", file.to_str().unwrap(), "--dry-run"]);
    assert_eq!(refused.status.code(), Some(2), "{}", words(&refused));
    assert!(
        words(&refused).contains("not to be answered by hand"),
        "{}",
        words(&refused)
    );
}

#[test]
fn gates_that_run_later_tick_the_document_that_is_there() {
    let scene = Scene::new(&[]);
    let file = scene.answers(&[NO]);
    let done = scene.propose(&["--answers", file.to_str().unwrap(), "--yes"]);
    assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    let unseen = "criteria have no evidence, for no gate looked at this content";
    assert!(words(&done).contains(unseen), "{}", words(&done));
    assert!(words(&done).contains("first, and what holds is ticked"));
    let before = scene.on_branch("candidate/m/PROMOTE.md");
    let check = ["check", "candidate/m", "--only", "compile", "--rev", BRANCH];
    let checked = scene.run(&check);
    assert_eq!(checked.status.code(), Some(0), "{}", words(&checked));
    // On its branch it is gone on with, whatever day it is.
    let file = scene.file();
    std::fs::remove_file(&file).unwrap();
    let file = file.to_str().unwrap();
    let on = [
        "propose",
        "candidate/m",
        "--date",
        "2026-03-10",
        "--rev",
        BRANCH,
    ];
    let made = scene.run(&[&on[..], &["--write-answers", file]].concat());
    assert_eq!(made.status.code(), Some(0), "{}", words(&made));
    let done = scene.run(&[&on[..], &["--answers", file, "--yes"]].concat());
    assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    let after = scene.on_branch("candidate/m/PROMOTE.md");
    assert!(after.contains("- [x] `py_compile`: no errors\n"), "{after}");
    let criteria = |line: &&str| line.contains("[ ]") || line.contains("[x]");
    let evidence = |line: &&str| line.trim_start().starts_with("- Evidence:");
    let rest = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|it| !criteria(it) && !evidence(it));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(rest(&before), rest(&after));
    assert_ne!(before, after);
}

#[test]
fn what_is_open_is_told_and_nothing_is_written() {
    let scene = Scene::new(&[]);
    let file = scene.answers(&[]);
    let refused = scene.propose(&["--answers", file.to_str().unwrap(), "--yes"]);
    assert_eq!(refused.status.code(), Some(1), "{}", words(&refused));
    assert!(
        words(&refused).contains("is-this-model-facing"),
        "{}",
        words(&refused)
    );
    assert_eq!(scene.tip(), None);
}

#[test]
fn a_branch_with_other_content_is_only_gone_on_with_by_name() {
    let scene = Scene::new(&[]);
    let file = scene.answers(&[NO]);
    let file = file.to_str().unwrap();
    let done = scene.propose(&["--answers", file, "--yes"]);
    assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    let first = scene.tip();
    let same = scene.propose(&["--answers", file, "--yes"]);
    assert_eq!(same.status.code(), Some(0), "{}", words(&same));
    assert_eq!(scene.tip(), first, "the same is no second commit");
    let text = std::fs::read_to_string(file).unwrap();
    std::fs::write(
        file,
        text.replace("Revert the merge", "Revert the squashed merge"),
    )
    .unwrap();
    let taken = scene.propose(&["--answers", file, "--yes"]);
    assert_eq!(taken.status.code(), Some(2), "{}", words(&taken));
    assert!(
        words(&taken).contains(&format!("--branch {BRANCH}")),
        "{}",
        words(&taken)
    );
    assert_eq!(scene.tip(), first);
    let more = scene.propose(&["--answers", file, "--yes", "--branch", BRANCH]);
    assert_eq!(more.status.code(), Some(0), "{}", words(&more));
    assert_ne!(scene.tip(), first);
    assert!(
        scene
            .on_branch("candidate/m/PROMOTE.md")
            .contains("squashed")
    );
    assert_eq!(scene.status("promote"), "passed");
}

#[test]
fn what_a_branch_has_promoted_already_is_not_proposed_on_it() {
    let scene = Scene::new(&[]);
    let file = scene.answers(&[NO]);
    let file = file.to_str().unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(scene.0.root()).args(arguments);
        let done = git.output().unwrap();
        assert!(done.status.success(), "{}", words(&done));
    };
    git(&["checkout", "-q", "-b", BRANCH]);
    std::fs::create_dir_all(scene.0.root().join("core")).unwrap();
    git(&["mv", "candidate/m", "core/m"]);
    git(&["commit", "-q", "-m", "Move it"]);
    git(&["checkout", "-q", "-"]);
    let before = scene.tip();
    let refused = scene.propose(&["--answers", file, "--yes", "--branch", BRANCH]);
    assert_eq!(refused.status.code(), Some(2), "{}", words(&refused));
    assert!(words(&refused).contains("which is to be merged next"));
    assert_eq!(scene.tip(), before);
}

#[test]
fn what_touches_models_gets_an_assessment_that_passes() {
    let source = "import torch\n\nMODEL = torch.nn\n";
    let scene = Scene::new(&[("candidate/m/net.py", source)]);
    let part = "It says enough of this part.";
    let fields = [
        "threat-model",
        "mitigations",
        "dataset-provenance",
        "privacy-safeguards",
        "fallback-behaviours",
    ];
    let written: Vec<(String, String)> = fields
        .iter()
        .map(|id| (format!("\n{id} = \"\""), format!("\n{id} = \"{part}\"")))
        .collect();
    let mut more: Vec<(&str, &str)> = written
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    more.push((NO.0, "\"metadata/is-this-model-facing\" = \"yes\""));
    let file = scene.answers(&more);
    let done = scene.propose(&["--answers", file.to_str().unwrap(), "--yes"]);
    assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    assert!(
        scene
            .on_branch("candidate/m/ETHICS_ASSESSMENT.md")
            .contains(part)
    );
    assert_eq!(scene.status("ethics"), "passed");
}
