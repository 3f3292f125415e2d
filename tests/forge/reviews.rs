//! Decisions that stand in the log, as reviews: posted once whatever goes wrong, and
//! believed only where all of it matches.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};

use countersign::promotion::review::Subject;
use countersign::promotion::{ObjectId, RepoPath};
use countersign::workflow::Workspace;
use countersign::workflow::pull_request::{Forge, PullRequestError, believed, submit};
use countersign::workflow::sign_off::{Desk, Present};
use serde_json::Value;

use crate::fake::{Elsewhere, Fake, Fault, git};
use crate::faults::FAULTS;
use crate::gates_support::{Repo, ssh_key};
use crate::scene::{BRANCH, as_described, forge, origin};

/// Only what is quick.
const OFF: [&str; 14] = [
    "types",
    "format",
    "imports",
    "tests",
    "coverage",
    "integration",
    "benchmarks",
    "supply-chain",
    "privilege",
    "documentation",
    "api",
    "ethics",
    "observability",
    "promote",
];

pub const MODULE: &str = "candidate/fees";

/// A clone in which Priya approved and Jonas rejected, each by a signature in the log.
pub struct Signed {
    pub repo: Repo,
}

impl Signed {
    pub fn new(more: &str) -> Self {
        let mut settings: String = OFF
            .iter()
            .map(|gate| format!("[gates.{gate}]\nenabled = false\n"))
            .collect();
        settings += more;
        settings += "[forge.reviewers]\n\"priya@example.org\" = \"priya#12\"\n\"jonas@example.org\" = \"jonas\"\n";
        let repo = Repo::new(&[
            ("candidate/fees/__init__.py", "RATE = 1\n"),
            ("CODEOWNERS", "* @olga\n"),
            (".github/pull_request_template.md", "## Our form\n"),
        ])
        .settings(&settings);
        let scene = Self { repo };
        let mut ring = String::new();
        for (name, role) in [("priya", "tech"), ("jonas", "security"), ("olga", "owner")] {
            let public = ssh_key(&scene.file(name), "");
            ring += &format!(
                "{name}@example.org namespaces=\"promotion-{role}-v1@countersign\" {public}\n"
            );
        }
        scene.repo.commit(&[(".countersign/keyring", &ring)]);
        git(&scene.repo.root(), &["switch", "-q", "-c", BRANCH]);
        scene
            .repo
            .commit(&[("candidate/fees/__init__.py", "RATE = 2\n")]);
        scene.check();
        scene
    }

    fn check(&self) {
        let done = self.run(&["check", MODULE], &[]);
        assert_eq!(done.status.code(), Some(0), "{done:?}");
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.repo.dir.path().join(name)
    }

    pub fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        self.command(arguments, variables).output().unwrap()
    }

    fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = self.repo.countersign();
        command
            .args(arguments)
            .env("COUNTERSIGN_DATA_DIR", self.file("data"))
            .env("HOME", self.file("home"))
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("GH_TOKEN")
            .envs(variables.iter().copied());
        command
    }

    fn sign(&self, who: &str, decision: &str, more: &[&str], variables: &[(&str, &str)]) -> Output {
        let key = self.file(who);
        let key = key.to_str().unwrap();
        let printed = self.run(&["sign", MODULE, "--key", key, "--print-answers"], &[]);
        let text = String::from_utf8(printed.stdout.clone()).unwrap();
        assert!(text.contains("answer = \"\""), "{printed:?}");
        let text = text
            .replace("decision = \"\"", &format!("decision = \"{decision}\""))
            .replace("answer = \"\"", "answer = \"yes\"")
            .replace("\nnote = \"\"", "\nnote = \"ask @olga, fixes #1\"");
        let file = self.file("answers.toml");
        std::fs::write(&file, text).unwrap();
        let mut all = vec![
            "sign",
            MODULE,
            "--key",
            key,
            "--answers",
            file.to_str().unwrap(),
        ];
        all.extend(more);
        self.run(&all, variables)
    }

    fn ws(&self) -> Workspace {
        Workspace::open_caching(&self.repo.root(), None, Some(self.repo.cache())).unwrap()
    }

    fn forge(&self, fake: &Fake, who: &str) -> Forge {
        let intents = self.file(&format!("intents {} {who}", fake.host));
        forge(fake, who, intents, &Arc::default())
    }

    /// A forge that has the branches, and a pull request by Olga.
    fn at_forge(&self) -> Fake {
        let fake = Fake::new();
        let bare = fake.bare();
        let bare = bare.to_str().unwrap();
        git(&self.repo.root(), &["push", "-q", bare, "main", BRANCH]);
        open_as(&fake, "olga");
        fake
    }

    fn head(&self) -> ObjectId {
        ObjectId::from_hex(&git(&self.repo.root(), &["rev-parse", BRANCH])).unwrap()
    }

    fn subject(&self) -> Subject {
        let ws = self.ws();
        let tree = ws.modules().unwrap();
        let id = tree.find(MODULE).unwrap();
        Present::of(&ws, tree.get(id).unwrap()).unwrap().subject
    }

    /// What the reviews there are worth.
    fn worth(&self, fake: &Fake) -> Vec<(String, Option<String>)> {
        let desk = Desk::open(&self.ws()).unwrap();
        let forge = self.forge(fake, "olga");
        let reviews = forge.github.reviews(1).unwrap();
        let subject = self.subject();
        let all = believed(&desk, &reviews, 1, self.head(), Some(&subject));
        all.into_iter().map(|it| (it.login, it.flaw)).collect()
    }
}

/// Opens it without the program: as a person might.
fn open_as(fake: &Fake, who: &'static str) {
    let mut state = fake.state();
    let id = state.id();
    state.pulls.push(crate::fake::Pull {
        id,
        number: 1,
        title: "t".into(),
        body: None,
        head: BRANCH.into(),
        base: "main".into(),
        draft: true,
        author: who,
        closed: false,
        merged: None,
        reviewers: vec![],
        last: None,
    });
}

/// Signed once: nothing that a test does at a forge changes it.
fn signed() -> &'static Signed {
    static SIGNED: OnceLock<Signed> = OnceLock::new();
    SIGNED.get_or_init(|| {
        let scene = Signed::new("");
        for (who, decision) in [("priya", "approve"), ("jonas", "reject")] {
            let done = scene.sign(who, decision, &[], &[]);
            assert_eq!(done.status.code(), Some(0), "{done:?}");
        }
        scene
    })
}

fn module() -> RepoPath {
    MODULE.into()
}

#[test]
fn a_decision_is_posted_once_and_believed() {
    let scene = signed();
    let fake = scene.at_forge();
    let desk = Desk::open(&scene.ws()).unwrap();
    for (who, state) in [("priya", "APPROVED"), ("jonas", "CHANGES_REQUESTED")] {
        let forge = scene.forge(&fake, who);
        let first = submit(&desk, &forge, 1, &module()).unwrap();
        assert!(!first.was_there);
        assert!(submit(&desk, &forge, 1, &module()).unwrap().was_there);
        let all = fake.state();
        let own: Vec<_> = all.reviews.iter().filter(|it| it.author == who).collect();
        assert_eq!((own.len(), own[0].state), (1, state));
        assert_eq!(own[0].commit, scene.head().to_string());
        assert!(
            !own[0].body.contains("@olga") && !own[0].body.contains("#1 "),
            "{}",
            own[0].body
        );
    }
    assert_eq!(
        scene.worth(&fake),
        [("priya".into(), None), ("jonas".into(), None)]
    );
    as_described(&fake);
}

#[test]
fn each_fault_at_each_write_of_a_review_ends_with_one() {
    let scene = signed();
    let elsewhere = Elsewhere::new();
    let desk = Desk::open(&scene.ws()).unwrap();
    for ends in ["/pulls/1/reviews", "/events"] {
        for fault in FAULTS {
            let what = format!("{fault:?} at {ends}");
            let fake = scene.at_forge();
            fake.elsewhere(&elsewhere.host);
            fake.fault("POST", ends, fault, 1);
            let mut errors = Vec::new();
            // A person tries again, with a program that started anew.
            while let Err(error) = submit(&desk, &scene.forge(&fake, "priya"), 1, &module()) {
                errors.push(error.to_string());
                assert!(errors.len() < 3, "{what}: {errors:?}");
            }
            assert_eq!(fake.left(), 0, "{what}: the fault was met");
            let state = fake.state();
            assert_eq!(state.reviews.len(), 1, "{what}");
            assert_eq!(state.reviews[0].state, "APPROVED", "{what}");
            drop(state);
            let again = matches!(
                fault,
                Fault::BadGatewayBefore | Fault::Reset | Fault::Redirect
            );
            assert_eq!(errors.len(), usize::from(again), "{what}: {errors:?}");
            assert_eq!(scene.worth(&fake), [("priya".into(), None)], "{what}");
            as_described(&fake);
        }
    }
    assert_eq!(elsewhere.visits(), 0);
}

#[test]
fn a_review_that_a_person_began_is_respected() {
    let scene = signed();
    let fake = scene.at_forge();
    let desk = Desk::open(&scene.ws()).unwrap();
    {
        let mut state = fake.state();
        let id = state.id();
        let commit = scene.head().to_string();
        state.reviews.push(crate::fake::Review {
            id,
            pull: 1,
            author: "priya",
            body: "half a thought".into(),
            state: "PENDING",
            commit,
        });
    }
    let error = submit(&desk, &scene.forge(&fake, "priya"), 1, &module()).unwrap_err();
    assert!(matches!(error, PullRequestError::Pending { .. }), "{error}");
    let state = fake.state();
    assert_eq!(state.reviews.len(), 1);
    assert_eq!(
        (state.reviews[0].state, state.reviews[0].body.as_str()),
        ("PENDING", "half a thought")
    );
    drop(state);
    assert_eq!(fake.writes("POST", "/reviews"), 0);
    as_described(&fake);
}

#[test]
fn nobody_approves_their_own() {
    let scene = signed();
    let fake = scene.at_forge();
    fake.state().pulls[0].author = "priya";
    let desk = Desk::open(&scene.ws()).unwrap();
    let error = submit(&desk, &scene.forge(&fake, "priya"), 1, &module()).unwrap_err();
    assert!(
        error.to_string().contains("lets nobody approve their own"),
        "{error}"
    );
    assert!(fake.state().reviews.is_empty());
    // And the forge says the same in its own words, as texts.
    let github = &scene.forge(&fake, "priya").github;
    let request = github.drafting(1, &scene.head().to_string(), "x");
    let made: countersign::forge::reviews::Review = github.client().write(&request).unwrap();
    let verb = countersign::promotion::review::Verb::Approve;
    let request = github.submitting(1, made.id, verb, "x");
    let refused = github.client().write::<Value>(&request).unwrap_err();
    assert!(
        refused.to_string().contains("Can not approve your own"),
        "{refused}"
    );
    as_described(&fake);
}

#[test]
fn nobody_posts_the_decision_of_another() {
    let scene = signed();
    let fake = scene.at_forge();
    let desk = Desk::open(&scene.ws()).unwrap();
    for who in ["mallory", "olga"] {
        let error = submit(&desk, &scene.forge(&fake, who), 1, &module()).unwrap_err();
        assert!(
            error.to_string().contains("names nobody with the account"),
            "{error}"
        );
    }
    assert!(fake.state().reviews.is_empty());
}

#[test]
fn a_head_that_moved_is_not_reviewed() {
    let scene = signed();
    let fake = scene.at_forge();
    let desk = Desk::open(&scene.ws()).unwrap();
    let other = tempfile::tempdir().unwrap();
    git(
        other.path(),
        &[
            "clone",
            "-q",
            "-b",
            BRANCH,
            fake.bare().to_str().unwrap(),
            ".",
        ],
    );
    git(
        other.path(),
        &["commit", "-q", "--allow-empty", "-m", "more"],
    );
    git(other.path(), &["push", "-q"]);
    let error = submit(&desk, &scene.forge(&fake, "priya"), 1, &module()).unwrap_err();
    assert!(matches!(error, PullRequestError::Moved { .. }), "{error}");
    assert_eq!(fake.writes("POST", "/reviews"), 0);
}

#[test]
fn what_was_tampered_with_counts_for_nothing() {
    let scene = signed();
    let fake = scene.at_forge();
    let desk = Desk::open(&scene.ws()).unwrap();
    submit(&desk, &scene.forge(&fake, "priya"), 1, &module()).unwrap();
    submit(&desk, &scene.forge(&fake, "jonas"), 1, &module()).unwrap();
    let good = fake.state().reviews.clone();
    let against = |change: &dyn Fn(&mut Vec<crate::fake::Review>), flaw: &str| {
        let mut reviews = good.clone();
        change(&mut reviews);
        fake.state().reviews = reviews;
        let worth = scene.worth(&fake);
        let flaws: Vec<_> = worth.iter().filter_map(|(_, flaw)| flaw.clone()).collect();
        assert!(
            flaws.iter().any(|it| it.contains(flaw)),
            "{flaw}: {worth:?}"
        );
    };
    against(&|it| it[0].author = "mallory", "posted it");
    against(&|it| it[1].state = "APPROVED", "an approval");
    against(&|it| it[0].state = "DISMISSED", "dismissed");
    against(&|it| it[0].commit = "0".repeat(40), "another commit");
    against(
        &|it| it[1].body = it[1].body.replace("| reject |", "| approve |"),
        "table",
    );
    against(&|it| it[0].body += &good[1].body.clone(), "2 signed blocks");
    against(
        &|it| it[0].body = it[0].body.replace("\"sig\":\"", "\"sig\":\"AAAA"),
        "",
    );
    against(
        &|it| {
            let swapped = good[1].body.lines().find(|it| it.starts_with('{')).unwrap();
            let own = it[0]
                .body
                .lines()
                .find(|it| it.starts_with('{'))
                .unwrap()
                .to_owned();
            it[0].body = it[0].body.replace(&own, swapped);
        },
        "posted it",
    );
}

#[test]
fn the_command_line_walks_all_the_way() {
    let fake = Fake::new();
    let settings = format!("[forge]\nkind = \"github\"\napi = {:?}\n", fake.api);
    let scene = Signed::new(&settings);
    let root = scene.repo.root();
    origin(&root, &fake);
    git(
        &root,
        &["push", "-q", fake.bare().to_str().unwrap(), "main"],
    );
    let as_ = |who: &'static str| {
        let token: &'static str = Box::leak(format!("tok_{who}").into_boxed_str());
        [
            ("GH_HOST", fake.host.as_str()),
            ("GH_ENTERPRISE_TOKEN", token),
        ]
    };
    let text = |output: &Output| {
        let all = [&output.stdout[..], &output.stderr[..]].concat();
        let text = String::from_utf8(all).unwrap();
        assert!(!text.contains("tok_"), "{text}");
        text
    };
    let schema = crate::schemas::schema("countersign.pr");
    let json = |output: &Output| -> Value {
        let value: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(output)));
        crate::schemas::holds(&schema, &value);
        value
    };

    // Without a token: what would be sent is told, and nothing else can be done.
    let dry = scene.run(&["pr", MODULE, "--open", "--dry-run", "--json"], &[]);
    assert_eq!(json(&dry)["requests"]["requests"][0]["body"]["draft"], true);
    let none = scene.run(&["pr", MODULE, "--open"], &[]);
    assert_eq!(none.status.code(), Some(2), "{}", text(&none));
    assert!(
        text(&none).contains("there is no token for"),
        "{}",
        text(&none)
    );
    // The token of GitHub is not that of this host.
    let other = scene.run(&["pr", MODULE, "--open"], &[("GH_TOKEN", "tok_olga")]);
    assert_eq!(other.status.code(), Some(2), "{}", text(&other));
    assert_eq!(fake.passed().len(), 0);

    // Killed while its write is under way: the next one finds what it did.
    fake.fault("POST", "/pulls", Fault::SlowAfter, 1);
    let mut killed = scene
        .command(&["pr", MODULE, "--open"], &as_("olga"))
        .spawn()
        .unwrap();
    crate::gates_support::eventually("it is written", || fake.writes("POST", "/pulls") == 1);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let intents = || std::fs::read_dir(scene.file("data/forge")).unwrap().count();
    assert_eq!(intents(), 1, "what it was about to do is known");
    let open = scene.run(
        &[
            "pr",
            MODULE,
            "--open",
            "--json",
            "--link",
            "ci=https://ci.example/7",
        ],
        &as_("olga"),
    );
    assert_eq!(
        (
            fake.state().pulls.len(),
            fake.writes("POST", "/pulls"),
            intents()
        ),
        (1, 1, 0)
    );
    assert_eq!(open.status.code(), Some(0), "{}", text(&open));
    let published = &json(&open)["published"];
    assert_eq!(
        (&published["number"], &published["opened"]),
        (&Value::from(1), &Value::from(false))
    );
    // Of six criteria all gates are off here: nothing is said of those.
    let posted = published["posted"].as_array().unwrap();
    let expected = [
        "static-analysis",
        "syntax",
        "security",
        "reviewers",
        "approvals",
    ];
    assert_eq!(posted.len(), expected.len(), "{posted:?}");
    for name in expected {
        assert!(
            posted.contains(&format!("countersign/{name}").into()),
            "{posted:?}"
        );
    }
    {
        let state = fake.state();
        let body = state.pulls[0].body.as_deref().unwrap();
        assert!(body.starts_with("## Our form\n"), "{body}");
        assert!(body.contains("- [x] 1. Static analysis: passed"), "{body}");
    }
    let signed = scene.sign("priya", "approve", &["--pull-request"], &as_("priya"));
    assert_eq!(signed.status.code(), Some(0), "{}", text(&signed));
    assert!(
        text(&signed).contains("is on pull request 1 as a review"),
        "{}",
        text(&signed)
    );
    assert_eq!(fake.state().reviews[0].state, "APPROVED");
    // Logged all the same where the forge is not there.
    fake.fault("POST", "/pulls/1/reviews", Fault::BadGatewayBefore, 9);
    let signed = scene.sign("jonas", "reject", &["--pull-request"], &as_("jonas"));
    assert_eq!(signed.status.code(), Some(3), "{}", text(&signed));
    assert!(
        text(&signed).contains("the decision stands in the log"),
        "{}",
        text(&signed)
    );
    fake.heal();
    let posted = scene.run(&["pr", MODULE, "--review"], &as_("jonas"));
    assert_eq!(posted.status.code(), Some(0), "{}", text(&posted));

    let status = scene.run(&["pr", MODULE, "--json"], &as_("olga"));
    let standing = &json(&status)["standing"];
    assert_eq!(standing["state"], "open");
    assert_eq!(
        standing["reviews"].as_array().unwrap().len(),
        2,
        "{standing}"
    );
    assert!(
        standing["reviews"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["flaw"].is_null()),
        "{standing}"
    );
    assert_eq!(standing["checks"]["countersign/approvals"], "pending");

    let doctor = scene.run(&["doctor", "--json"], &as_("olga"));
    let doctor = text(&doctor);
    assert!(
        doctor.contains("as olga (the token is that of GH_ENTERPRISE_TOKEN): may push"),
        "{doctor}"
    );

    // Only a person merges; that is noted by whoever may.
    let owner = scene.file("olga");
    let early = scene.run(
        &[
            "pr",
            MODULE,
            "--record-merge",
            "--key",
            owner.to_str().unwrap(),
        ],
        &as_("olga"),
    );
    assert_eq!(early.status.code(), Some(1), "{}", text(&early));
    let commit = fake.merge(1, "jonas");
    let noted = scene.run(
        &[
            "pr",
            MODULE,
            "--record-merge",
            "--key",
            owner.to_str().unwrap(),
        ],
        &as_("olga"),
    );
    assert_eq!(noted.status.code(), Some(0), "{}", text(&noted));
    assert!(
        text(&noted).contains("jonas merged pull request 1"),
        "{}",
        text(&noted)
    );
    let log = scene.run(&["audit", "log", "--json"], &[]);
    assert!(
        text(&log).contains(&commit[..12]) || text(&log).contains("merge"),
        "{}",
        text(&log)
    );
    let again = scene.run(
        &[
            "pr",
            MODULE,
            "--record-merge",
            "--key",
            owner.to_str().unwrap(),
        ],
        &as_("olga"),
    );
    assert!(text(&again).contains("says so already"), "{}", text(&again));
    let verified = scene.run(&["audit", "verify"], &[]);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified));
    let merged = scene.run(&["pr", MODULE, "--json"], &as_("olga"));
    assert_eq!(json(&merged)["standing"]["merged_by"], "jonas");
    let open = scene.run(&["pr", MODULE, "--open"], &as_("olga"));
    assert_eq!(open.status.code(), Some(1), "{}", text(&open));
    as_described(&fake);
}

#[test]
fn without_a_forge_everything_else_goes_on() {
    let scene = signed();
    let none = scene.run(&["pr", MODULE], &[]);
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    assert!(String::from_utf8_lossy(&none.stderr).contains("git knows no remote origin"));
    let shown = scene.run(&["show", MODULE], &[]);
    assert_eq!(shown.status.code(), Some(0));
    let doctor = scene.run(&["doctor"], &[]);
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("none: git knows no remote"));
}
