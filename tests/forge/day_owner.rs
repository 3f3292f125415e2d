//! An owner's day: from a candidate that nobody touched to an open pull request, in one
//! visit to the console. Reviewers sign in terminals of their own meanwhile.

use std::path::{Path, PathBuf};

use crate::fake::{Fake, git};
use crate::gates_support::{DEAR, Repo, eventually, ssh_key, waits, without};
use crate::scene::origin;
use crate::terminal::Console;

/// What the owner's key takes.
const SECRET: &str = "correct horse";
const MODULE: &str = "candidate/fees";
const FORM: &str = "# Promotion\n\n- **Owner:** @github-user\n\n## Why\n\nWhat gets better.\n\n\
                    ## Acceptance criteria\n\n- [ ] `pytest`: the tests pass\n\n## Risks\n\n\
                    What can go wrong.\n";

/// A repository at a forge, with an owner who sits at the console and two reviewers.
struct Scene {
    fake: Fake,
    repo: Repo,
}

impl Scene {
    fn new() -> Self {
        let fake = Fake::new();
        let settings = format!(
            "{}[forge]\nkind = \"github\"\napi = {:?}\n[promote]\nstages = [\"tests\", \"lint\"]\n\
             [forge.reviewers]\n\"priya@example.org\" = \"priya#12\"\n",
            without(&DEAR),
            fake.api
        );
        let repo = Repo::new(&[
            ("core/__init__.py", ""),
            ("candidate/__init__.py", ""),
            ("candidate/fees/__init__.py", "RATE = 2\n"),
            (
                "tests/test_fees.py",
                "from candidate.fees import RATE\n\n\ndef test_rate():\n    assert RATE == 2\n",
            ),
            (".github/PROMOTE.md", FORM),
            ("CODEOWNERS", "* @olga\n"),
        ])
        .settings(&settings);
        let scene = Self { fake, repo };
        std::fs::create_dir_all(scene.file("home/.ssh")).unwrap();
        std::fs::write(
            scene.file("home/.gitconfig"),
            "[user]\nname = Olga\nemail = olga@example.org\n",
        )
        .unwrap();
        let mut ring = String::new();
        for (name, role, at) in [
            ("priya", "tech", "priya"),
            ("jonas", "security", "jonas"),
            ("olga", "owner", "home/.ssh/id_ed25519"),
        ] {
            let file = scene.file(at);
            // The owner sits at the console, and types it there.
            let passphrase = if role == "owner" { SECRET } else { "" };
            let public = ssh_key(&file, passphrase);
            ring += &format!(
                "{name}@example.org namespaces=\"promotion-{role}-v1@countersign\" {public}\n"
            );
        }
        scene.repo.commit(&[(".countersign/keyring", &ring)]);
        let root = scene.repo.root();
        origin(&root, &scene.fake);
        git(&root, &["push", "-q", "origin", "main"]);
        scene
    }

    fn file(&self, name: &str) -> PathBuf {
        self.repo.dir.path().join(name)
    }

    fn console(&self) -> Console {
        let variables = [
            ("GH_HOST", self.fake.host.as_str()),
            ("GH_ENTERPRISE_TOKEN", "tok_olga"),
        ];
        let files = [
            ("HOME", self.file("home")),
            ("COUNTERSIGN_CACHE_DIR", self.repo.cache()),
            ("COUNTERSIGN_DATA_DIR", self.file("data")),
            ("COUNTERSIGN_CONFIG_DIR", self.file("config")),
        ];
        Console::start(&self.repo.root(), &variables, &files)
    }

    fn command(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = self.repo.countersign();
        command
            .args(arguments)
            .env("COUNTERSIGN_DATA_DIR", self.file("data"))
            .env("HOME", self.file("home"))
            .env_remove("SSH_AUTH_SOCK");
        command.output().unwrap()
    }

    /// A reviewer approves, in a terminal of their own.
    fn signs(&self, who: &str, branch: &str) {
        let key = self.file(who);
        let key = key.to_str().unwrap();
        let at = ["sign", MODULE, "--rev", branch, "--key", key];
        let printed = self.command(&[&at[..], &["--print-answers"]].concat());
        let text = String::from_utf8(printed.stdout.clone()).unwrap();
        assert!(text.contains("answer = \"\""), "{printed:?}");
        let text = text
            .replace("decision = \"\"", "decision = \"approve\"")
            .replace("answer = \"\"", "answer = \"yes\"");
        let file = self.file("answers.toml");
        std::fs::write(&file, text).unwrap();
        let answers = ["--answers", file.to_str().unwrap()];
        let signed = self.command(&[&at[..], &answers].concat());
        assert_eq!(signed.status.code(), Some(0), "{signed:?}");
    }
}

#[test]
fn a_candidate_becomes_a_pull_request_without_leaving_the_console() {
    let scene = Scene::new();
    let root = scene.repo.root();
    let mut console = scene.console();
    console.find_module("fees", MODULE);

    // Phase 0: what an owner has to say.
    console.press("w");
    console.until("Why");
    for answer in ["Fees by plan.", "Rounding; a test watches it."] {
        console.press("\t\r");
        console.until("Esc done");
        console.press(answer);
        console.until(answer);
        console.press("\x13");
        console.until("next open");
    }
    console.press("s");
    console.until("Enter writes it");
    console.press("\r");
    console.until("The console looks at this branch now");
    let branch = git(
        &root,
        &["branch", "--list", "promote/*", "--format=%(refname:short)"],
    );
    assert!(branch.starts_with("promote/fees-"), "{branch}");
    console.press("R");
    console.until_there_are(1, "Enter passphrase");
    // Ctrl-C is for ssh-keygen, and ends it alone. What comes between its question and
    // its reading it would miss.
    let key = scene.file("home/.ssh/id_ed25519");
    eventually("ssh-keygen waits", || waits(key.to_str().unwrap()));
    console.press("\x03");
    console.until("not recorded: ssh-keygen did not sign: it was interrupted");
    console.press("R");
    console.until_there_are(2, "Enter passphrase");
    console.press("another\r");
    console.until("incorrect passphrase");
    console.until("R record");
    console.press("R");
    console.until_there_are(3, "Enter passphrase");
    console.press(&format!("{SECRET}\r"));
    console.until("recorded as entry 0");

    // Phases 1 and 2, on that branch: the work tree is not touched.
    console.press("\r");
    console.until("goes elsewhere");
    console.until(&branch);
    console.press("c");
    console.until("every gate holds");
    scene.signs("priya", &branch);
    scene.signs("jonas", &branch);
    console.press("r6");
    console.until("priya@example.org");
    console.until("jonas@example.org");
    assert_eq!(git(&root, &["branch", "--show-current"]), "main");

    // Phase 3.
    console.press("P");
    console.until("Enter confirms it");
    console.press("\r");
    console.until("promoted candidate/fees to core/fees");
    console.press("R");
    console.until_there_are(4, "Enter passphrase");
    console.press(&format!("{SECRET}\r"));
    console.until("recorded as entry 3");
    console.press("O");
    console.until("Enter confirms it");
    assert_eq!(scene.fake.writes("POST", "/pulls"), 0, "it was only read");
    console.press("\r");
    console.until("pull request 1 opened as a draft");
    assert_eq!(scene.fake.writes("POST", "/pulls"), 1);
    let bare = scene.fake.bare();
    let there = git(&bare, &["rev-parse", &branch]);
    assert_eq!(there, git(&root, &["rev-parse", &branch]));
    let files = git(&bare, &["ls-tree", "-r", "--name-only", &branch]);
    assert!(files.contains("core/fees/__init__.py"), "{files}");
    assert!(!files.contains("candidate/fees"), "{files}");
    assert_eq!(git(&root, &["branch", "--show-current"]), "main");
    assert_eq!(git(&root, &["status", "--porcelain"]), "");
    let body = scene.fake.state().pulls[0].body.clone().unwrap();
    for said in [
        "approved as tech (entry 1): holds",
        "as security (entry 2)",
        "| Moved by | ",
    ] {
        assert!(body.contains(said), "no {said} in {body}");
    }

    // Back where one began; there the old path leads to it.
    console.press("\r");
    console.until("promoted candidate/fees");
    console.press("\r");
    console.press("b");
    console.until("what was opened");
    console.press("gg\r");
    console.until("now on main");
    console.until("@olga  ");
    console.press("G\r");
    console.until("Gates");
    console.press("P");
    console.until("candidate/fees was promoted to core/fees");
    console.until("recorded as entry 3");
    console.press("O");
    console.until("Enter confirms it");
    console.press("\r");
    console.until("the remote had the branch");
    assert_eq!(scene.fake.writes("POST", "/pulls"), 1, "no second one");
    drop(console);
    by_command(&scene, &root, &there);
}

/// The command finds it by both paths, wherever one stands.
fn by_command(scene: &Scene, root: &Path, head: &str) {
    for name in [MODULE, "core/fees", "core.fees"] {
        let told = scene.command(&["pr", name, "--open", "--dry-run"]);
        let words = String::from_utf8_lossy(&told.stdout).into_owned();
        assert_eq!(told.status.code(), Some(0), "{name}: {told:?}");
        assert!(words.contains(head), "{name}: {words}");
    }
    // On its branch, too, where the module is in its lane no more.
    let branch = git(
        root,
        &["branch", "--list", "promote/*", "--format=%(refname:short)"],
    );
    let told = scene.command(&["pr", MODULE, "--rev", &branch, "--open", "--dry-run"]);
    assert_eq!(told.status.code(), Some(0), "{told:?}");
}
