//! What becomes of a rollback, and what it leaves.

use crate::scene::{MODULE, Options, Scene, ended, git, git_at, words};

/// The states of one that nothing came in the way of.
pub const WHOLE: [&str; 7] = [
    "decided",
    "claimed",
    "prepared",
    "reverted",
    "hotfix-branched",
    "re-validating",
    "rolled-back",
];

/// The only branch that was made, for the fix.
#[track_caller]
pub fn hotfix(scene: &Scene) -> String {
    let branches = scene.branches();
    let [hotfix] = branches.as_slice() else {
        panic!("{branches:?}");
    };
    let day = jiff::Timestamp::now().strftime("%Y%m%d").to_string();
    // The day may have ended meanwhile.
    assert!(hotfix.starts_with("hotfix/fees-20"), "{hotfix}");
    assert_eq!(hotfix.len(), format!("hotfix/fees-{day}").len());
    hotfix.clone()
}

#[test]
fn what_was_merged_is_taken_back_and_a_branch_is_made_for_the_fix() {
    let scene = Scene::new(&Options::default());
    let said = ended(&scene.roll_back("one", &[]), 0);
    assert!(
        said.contains("✓ decided ✓ claimed ▸ revert · hotfix · re-validate"),
        "{said}"
    );
    assert!(said.contains("core/fees  rolled back"), "{said}");
    assert_eq!(scene.states("one"), WHOLE);
    assert_eq!(scene.tree("main"), scene.tree(&scene.before));
    // The copy of the log only grows.
    let copy = git(
        &scene.remote(),
        &["ls-tree", "--name-only", "main", "promotion-audit.log"],
    );
    assert_eq!(copy, "promotion-audit.log");
    // One commit, on what was merged, by nobody's name and of the day of the decision.
    assert_eq!(
        scene.git("one", &["rev-parse", "origin/main~1"]),
        scene.merged
    );
    let message = scene.git("one", &["log", "-1", "--format=%an %s%n%b", "origin/main"]);
    assert!(
        message.starts_with("countersign Roll back core/fees to candidate/fees"),
        "{message}"
    );
    assert!(
        message.contains("elif@example.org: it is slow"),
        "{message}"
    );
    assert!(message.contains("Rollback-Of: "), "{message}");
    hotfix(&scene);
    ended(&scene.run("one", &["audit", "verify"]), 0);
    let log = ended(&scene.run("one", &["audit", "log"]), 0);
    assert!(
        log.contains("rolls core/fees back to candidate/fees: decided, it is slow"),
        "{log}"
    );

    // Once more: nothing is left to do, and nothing is done.
    let again = ended(&scene.roll_back("two", &[]), 0);
    assert!(again.contains("core/fees  rolled back"), "{again}");
    assert_eq!(scene.states("two"), WHOLE);
    let shown = ended(&scene.run("two", &["show", "core/fees"]), 0);
    assert!(shown.contains("core/fees  rolled back"), "{shown}");
    assert!(shown.contains("✓ decided ✓ claimed ✓ revert"), "{shown}");
    let own = scene.run("two", &["show", MODULE, "--json", "--rev", "origin/main"]);
    let own: serde_json::Value = serde_json::from_slice(&own.stdout).unwrap();
    assert_eq!(own["stage"], "rolled-back");
}

#[test]
fn a_dry_run_prints_everything_and_changes_nothing() {
    let scene = Scene::new(&Options::default());
    let before = git(&scene.remote(), &["for-each-ref"]);
    let key = scene.key("elif");
    let all = ["rollback", MODULE, "--dry-run", "--key", &key];
    let said = ended(&scene.run("one", &all), 0);
    for part in [
        "core/fees → candidate/fees",
        "main of origin",
        "hotfix/fees-",
        "Changes",
        "  core/shop.py",
        "  candidate/fees/rates.py",
        "propose, where the canary fails",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(git(&scene.remote(), &["for-each-ref"]), before);
    assert_eq!(scene.states("one"), Vec::<String>::new());
}

#[test]
fn it_is_asked_why_and_whether_and_by_whom() {
    let scene = Scene::new(&Options::default());
    let elif = scene.key("elif");
    let priya = scene.key("priya");
    for (arguments, code, why) in [
        (vec!["--key", &elif, "--yes"], 2, "--reason"),
        (vec!["--key", &elif, "--reason", "x"], 2, "--yes"),
        (
            vec!["--key", &priya, "--reason", "x", "--yes"],
            2,
            "release",
        ),
        (
            vec!["--key", &elif, "--resume", "--yes"],
            2,
            "no rollback of candidate/fees is under way",
        ),
    ] {
        let mut all = vec!["rollback", MODULE];
        all.extend(arguments);
        let said = ended(&scene.run("one", &all), code);
        assert!(said.contains(why), "{why}: {said}");
    }
    let said = ended(
        &scene.run("one", &["rollback", "candidate/none", "--dry-run"]),
        2,
    );
    assert!(said.contains("no promotion of candidate/none"), "{said}");
    assert_eq!(scene.states("one"), Vec::<String>::new());
}

#[test]
fn what_came_since_stays() {
    let scene = Scene::new(&Options::default());
    let changelog = "# Changes\n\n## Unreleased\n\n- Another\n- Promoted `candidate/fees` to `core/fees`\n- all\n";
    let card = scene.git("one", &["show", "origin/main:TRANSPARENCY_SCORECARD.md"]);
    let card = format!("{card}\n\n## `core/more` (2026-01-02)\n\n- **From:** `candidate/more`\n");
    scene.land(
        "two",
        &[
            (
                "core/fees/rates.py",
                "RATE = 3\n\n\ndef double(n):\n    return 2 * n\n\n\ndef last(n):\n    return n\n",
            ),
            ("core/fees/new.py", "NEW = 1\n"),
            ("core/other.py", "TWO = 2\n"),
            ("CHANGELOG.md", changelog),
            ("TRANSPARENCY_SCORECARD.md", &card),
            ("promotion-audit.log", "x\n"),
        ],
    );
    // The log's copy would have to be one.
    scene.land("two", &[("promotion-audit.log", "")]);
    ended(&scene.roll_back("one", &[]), 0);
    let read = |path: &str| git(&scene.remote(), &["show", &format!("main:{path}")]);
    assert!(read("candidate/fees/rates.py").starts_with("RATE = 3\n"));
    assert_eq!(read("candidate/fees/new.py"), "NEW = 1");
    assert_eq!(read("core/other.py"), "TWO = 2");
    assert!(read("core/shop.py").starts_with("from candidate.fees import fee"));
    assert_eq!(
        read("CHANGELOG.md"),
        "# Changes\n\n## Unreleased\n\n- Another\n- all"
    );
    let card = read("TRANSPARENCY_SCORECARD.md");
    assert!(
        card.contains("core/more") && !card.contains("core/fees"),
        "{card}"
    );
    let left = git(
        &scene.remote(),
        &["ls-tree", "-r", "--name-only", "main", "core/fees"],
    );
    assert_eq!(left, "");
}

/// Taken back, they would break the base branch.
#[test]
fn what_came_since_and_imports_it_is_left_to_a_person() {
    let scene = Scene::new(&Options::default());
    let tip = scene.land(
        "two",
        &[
            ("core/bill.py", "from .fees import fee\n\nFEE = fee(1)\n"),
            ("core/other.py", "import core.shop\n"),
        ],
    );
    let said = ended(&scene.roll_back("one", &[]), 1);
    assert!(said.contains("imports it by its new name"), "{said}");
    assert!(said.contains("core/bill.py. Nothing"), "{said}");
    assert_eq!(scene.states("one"), ["decided", "claimed", "needs-human"]);
    assert_eq!(scene.tip("main"), tip);
    // It does so no longer: it goes on by itself.
    scene.land("two", &[("core/bill.py", "FEE = 1\n")]);
    ended(&scene.roll_back("one", &["--resume"]), 0);
    assert!(scene.states("one").contains(&"reverted".to_owned()));
}

/// Nothing is pushed; a person reverts it by hand, and it goes on.
#[test]
fn a_conflict_is_left_to_a_person() {
    let scene = Scene::new(&Options::default());
    let tip = scene.land("two", &[("core/shop.py", "from core.fees import fee, double\n\n\ndef total(n):\n    return n + fee(n) + double(n)\n")]);
    let said = ended(&scene.roll_back("one", &[]), 1);
    assert!(said.contains("core/shop.py"), "{said}");
    assert_eq!(scene.states("one"), ["decided", "claimed", "needs-human"]);
    assert_eq!(scene.tip("main"), tip);
    assert_eq!(scene.branches(), Vec::<String>::new());
    // Again: it is not said again.
    ended(&scene.roll_back("one", &["--resume"]), 1);
    assert_eq!(scene.states("one").len(), 3);

    scene.git("two", &["mv", "core/fees", "candidate/fees"]);
    scene.land("two", &[("core/shop.py", "from candidate.fees import fee, double\n\n\ndef total(n):\n    return n + fee(n) + double(n)\n")]);
    let by_hand = scene.tip("main");
    // The branch for the fix conflicts as well: that is said, and one is made by hand.
    let said = ended(&scene.roll_back("one", &["--resume"]), 3);
    assert!(said.contains("make hotfix/fees-"), "{said}");
    assert_eq!(scene.states("one")[3..], ["reverted"]);
    let day = jiff::Timestamp::now().strftime("%Y%m%d");
    let name = format!("hotfix/fees-{day}");
    scene.git("two", &["switch", "-q", "-c", &name]);
    scene.git("two", &["mv", "candidate/fees", "core/fees"]);
    scene.write("two", "core/shop.py", "from core.fees import fee, double\n");
    scene.commit("two", "Bring it back");
    scene.git("two", &["push", "-q", "origin", &name]);
    ended(&scene.roll_back("one", &["--resume"]), 0);
    assert_eq!(
        scene.states("one")[3..],
        [
            "reverted",
            "hotfix-branched",
            "re-validating",
            "rolled-back"
        ]
    );
    assert_eq!(scene.tip("main"), by_hand, "nothing more was pushed to it");
}

/// What keeps a branch from a direct push.
pub const PROTECTED: &str = "while read old new ref; do\n  if [ \"$ref\" = refs/heads/main ]; then\n    \
    echo 'protected branch hook declined' >&2; exit 1\n  fi\ndone";

#[test]
fn a_protected_branch_is_left_to_a_merge_by_a_person() {
    for squash in [false, true] {
        let scene = Scene::new(&Options::default());
        let protect = || match squash {
            // Of one branch alone: the log must not go without it.
            true => scene.hook_of("update", "[ \"$1\" != refs/heads/main ]"),
            false => scene.hook(PROTECTED),
        };
        protect();
        let said = ended(&scene.roll_back("one", &[]), 1);
        assert!(said.contains("merge rollback/fees-"), "{said}");
        assert_eq!(
            scene.states("one"),
            ["decided", "claimed", "prepared", "awaiting-merge"]
        );
        assert_eq!(scene.tip("main"), scene.merged);
        let branches = scene.branches();
        assert!(
            branches.len() == 1 && branches[0].starts_with("rollback/fees-"),
            "{branches:?}"
        );
        // Again, and from the other machine: nothing is said or pushed twice.
        ended(&scene.roll_back("one", &["--resume"]), 1);
        ended(&scene.roll_back("two", &["--resume"]), 1);
        assert_eq!(scene.states("one").len(), 4);
        assert_eq!(scene.branches(), branches);

        scene.no_hook();
        scene.land("two", &[("core/other.py", "TWO = 2\n")]);
        let branch = format!("origin/{}", branches[0]);
        scene.git("two", &["fetch", "-q", "origin"]);
        match squash {
            true => {
                scene.git("two", &["merge", "-q", "--squash", &branch]);
                scene.commit("two", "Roll it back (#8)");
            }
            false => {
                scene.git(
                    "two",
                    &["merge", "-q", "--no-ff", "-m", "Merge it", &branch],
                );
            }
        }
        scene.git("two", &["push", "-q", "origin", "main"]);
        protect();
        ended(&scene.roll_back("one", &["--resume"]), 0);
        assert_eq!(
            scene.states("one")[4..],
            [
                "reverted",
                "hotfix-branched",
                "re-validating",
                "rolled-back"
            ]
        );
        let said = ended(&scene.roll_back("one", &[]), 0);
        assert!(said.contains("by a person"), "{said}");
        // However it was merged: merging the branch for the fix brings the module back.
        scene.no_hook();
        let branches = scene.branches();
        brings_back(&scene, &branches[0]);
    }
}

/// Merges the branch for the fix, as a person does.
#[track_caller]
pub fn brings_back(scene: &Scene, hotfix: &str) {
    scene.git("two", &["fetch", "-q", "origin"]);
    scene.git("two", &["switch", "-q", "main"]);
    scene.git("two", &["pull", "-q", "--ff-only", "origin", "main"]);
    assert!(!scene.path("two").join("core/fees/rates.py").exists());
    let branch = format!("origin/{hotfix}");
    scene.git("two", &["merge", "-q", "--no-ff", "-m", "Fixed", &branch]);
    assert!(scene.path("two").join("core/fees/rates.py").exists());
    assert!(!scene.path("two").join("candidate/fees/rates.py").exists());
    let shop = std::fs::read_to_string(scene.path("two").join("core/shop.py")).unwrap();
    assert!(shop.starts_with("from core.fees import"), "{shop}");
}

#[test]
fn a_push_that_is_refused_altogether_leaves_it_where_it_was() {
    let scene = Scene::new(&Options::default());
    scene.hook(
        "while read old new ref; do\n  case \"$ref\" in refs/heads/main|refs/heads/rollback/*)\n    \
         echo 'the disk is full' >&2; exit 1;; esac\ndone",
    );
    let said = ended(&scene.roll_back("one", &[]), 3);
    assert!(said.contains("refused rollback/fees-"), "{said}");
    assert_eq!(scene.states("one"), WHOLE[..3]);
    assert_eq!(scene.tip("main"), scene.merged);
    assert_eq!(scene.branches(), Vec::<String>::new());
    scene.no_hook();
    ended(&scene.roll_back("one", &["--resume"]), 0);
    assert_eq!(scene.states("one"), WHOLE);
    // A remote that takes nothing at all: nothing is decided.
    let scene = Scene::new(&Options::default());
    scene.hook("exit 1");
    ended(&scene.roll_back("one", &[]), 3);
    assert_eq!(scene.states("one"), Vec::<String>::new());
}

#[test]
fn what_a_person_reverted_by_hand_is_only_noted() {
    let scene = Scene::new(&Options::default());
    scene.land("two", &[("core/other.py", "TWO = 2\n")]);
    scene.git("two", &["revert", "--no-edit", "-m", "1", &scene.merged]);
    scene.git("two", &["push", "-q", "origin", "main"]);
    let by_hand = scene.tip("main");
    scene.land("two", &[("core/other.py", "THREE = 3\n")]);
    let tip = scene.tip("main");
    let said = ended(&scene.roll_back("one", &[]), 0);
    assert!(said.contains(&format!("{by_hand}, by a person")), "{said}");
    assert_eq!(scene.tip("main"), tip, "nothing was pushed to it");
    assert_eq!(
        scene.states("one"),
        [
            "decided",
            "claimed",
            "reverted",
            "hotfix-branched",
            "re-validating",
            "rolled-back"
        ]
    );
    brings_back(&scene, &hotfix(&scene));
}

#[test]
fn a_base_branch_that_moves_in_between_is_heeded() {
    let scene = Scene::new(&Options::default());
    assert!(scene.killed_at("one", "prepared/done"));
    scene.land("two", &[("core/other.py", "TWO = 2\n")]);
    ended(&scene.roll_back("one", &["--resume"]), 0);
    let mut states = WHOLE.to_vec();
    states.insert(3, "prepared");
    assert_eq!(scene.states("one"), states);
    assert_eq!(
        git(&scene.remote(), &["show", "main:core/other.py"]),
        "TWO = 2"
    );
    assert!(git(&scene.remote(), &["show", "main:core/shop.py"]).starts_with("from candidate"));
}

#[test]
fn a_remote_that_is_gone_is_waited_for() {
    let scene = Scene::new(&Options::default());
    let away = scene.path("away.git");
    std::fs::rename(scene.remote(), &away).unwrap();
    let said = ended(&scene.roll_back("one", &[]), 3);
    assert!(
        said.contains("the remote origin could not be asked"),
        "{said}"
    );
    std::fs::rename(&away, scene.remote()).unwrap();
    assert_eq!(scene.states("one"), Vec::<String>::new());
    for instant in ["prepared/done", "reverted/signed", "hotfix-branched/made"] {
        assert!(scene.killed_at("one", instant), "{instant}");
        std::fs::rename(scene.remote(), &away).unwrap();
        ended(&scene.roll_back("one", &["--resume"]), 3);
        std::fs::rename(&away, scene.remote()).unwrap();
    }
    ended(&scene.roll_back("one", &["--resume"]), 0);
    assert_eq!(scene.states("one"), WHOLE);
    assert_eq!(scene.tree("main"), scene.tree(&scene.before));
}

#[test]
fn without_a_remote_everything_happens_here() {
    let options = Options {
        shared: false,
        ..Options::default()
    };
    let scene = Scene::new(&options);
    let one = scene.path("one");
    // The base branch is checked out, and something is in the way.
    std::fs::write(one.join("core/shop.py"), "mine\n").unwrap();
    let said = ended(&scene.roll_back("one", &[]), 1);
    assert!(
        said.contains("uncommitted changes are in the way"),
        "{said}"
    );
    assert_eq!(scene.states("one"), WHOLE[..3]);
    scene.git("one", &["checkout", "-q", "core/shop.py"]);
    ended(&scene.roll_back("one", &["--resume"]), 0);
    assert_eq!(scene.states("one"), WHOLE);
    let tree = |commit: &str| crate::scene::tree(&one, commit);
    assert_eq!(tree("main"), tree(&scene.before));
    assert_eq!(scene.git("one", &["status", "--porcelain"]), "");
    assert!(one.join("candidate/fees/rates.py").exists());
    assert_eq!(scene.tip("main"), scene.merged, "nothing was pushed");
    let hotfix = scene.git("one", &["branch", "--list", "hotfix/*"]);
    assert!(hotfix.contains("hotfix/fees-"), "{hotfix}");
    // Killed between the branch and the log: that it was us is seen.
    let scene = Scene::new(&options);
    assert!(scene.killed_at("one", "reverted/landed"));
    assert_ne!(scene.git("one", &["rev-parse", "main"]), scene.merged);
    assert_eq!(scene.states("one"), WHOLE[..3]);
    let said = ended(&scene.roll_back("one", &["--resume"]), 0);
    assert!(!said.contains("by a person"), "{said}");
    assert_eq!(scene.states("one"), WHOLE);
    let count = scene.git(
        "one",
        &["rev-list", "--count", &format!("{}..main", scene.merged)],
    );
    assert_eq!(count, "1");
}

#[test]
fn what_the_policy_names_is_frozen() {
    for named in [
        "core/fees",
        "candidate/fees",
        "core/shop.py",
        "core/**",
        "**/rates.py",
    ] {
        let scene = Scene::new(&Options {
            settings: format!("[rollback]\nirreversible = [{named:?}]\n"),
            ..Options::default()
        });
        let said = ended(&scene.roll_back("one", &[]), 1);
        assert!(said.contains("a revert does not take that back"), "{said}");
        assert_eq!(
            scene.states("one"),
            ["decided", "claimed", "frozen"],
            "{named}"
        );
        assert_eq!(scene.tip("main"), scene.merged);
        ended(&scene.roll_back("one", &["--resume"]), 1);
        assert_eq!(scene.states("one").len(), 3);
    }
    let scene = Scene::new(&Options {
        settings: "[rollback]\nirreversible = [\"core/other.py\", \"migrations\"]\n".into(),
        ..Options::default()
    });
    ended(&scene.roll_back("one", &[]), 0);
}

#[test]
fn somebody_else_goes_on_when_the_time_is_up_or_a_person_says_so() {
    let scene = Scene::new(&Options {
        settings: "[rollback]\nclaim = \"1h\"\n".into(),
        ..Options::default()
    });
    assert!(scene.killed_at("one", "claimed/done"));
    let said = ended(&scene.roll_back("two", &["--resume"]), 3);
    assert!(said.contains("carries it out"), "{said}");
    assert_eq!(scene.states("two"), ["decided", "claimed"]);
    ended(&scene.roll_back("two", &["--resume", "--take-over"]), 0);
    let mut states = WHOLE.to_vec();
    states.insert(2, "claimed");
    assert_eq!(scene.states("two"), states);
    // Whoever had it looks on.
    ended(&scene.roll_back("one", &["--resume"]), 0);
    assert_eq!(scene.states("one"), states);

    let scene = Scene::new(&Options {
        settings: "[rollback]\nclaim = \"1s\"\n".into(),
        ..Options::default()
    });
    assert!(scene.killed_at("one", "prepared/done"));
    let mut last = String::new();
    crate::gates_support::eventually("it is taken over", || {
        let done = scene.roll_back("two", &["--resume"]);
        last = words(&done);
        done.status.code() == Some(0)
    });
    assert_eq!(scene.tree("main"), scene.tree(&scene.before), "{last}");
}

#[test]
fn two_machines_make_the_same_commit() {
    let scene = Scene::new(&Options::default());
    assert!(scene.killed_at("one", "prepared/done"));
    let prepared = |clone: &str| {
        let log = scene.run(clone, &["audit", "log", "--json"]);
        let log: serde_json::Value = serde_json::from_slice(&log.stdout).unwrap();
        let entries = log["entries"].as_array().unwrap().clone();
        let found = entries
            .iter()
            .find(|it| it["said"]["facts"]["state"] == "prepared");
        found.unwrap()["said"]["commit"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let made = prepared("one");
    let has = git_at(&scene.path("two"), &["cat-file", "-e", &made]);
    assert!(!has.status.success(), "the other machine has to make it");
    ended(&scene.roll_back("two", &["--resume", "--take-over"]), 0);
    assert_eq!(scene.tip("main"), made);
}

#[test]
fn every_document_is_the_one_that_is_described() {
    let scene = Scene::new(&Options::default());
    let held = |title: &str, arguments: &[&str], code: i32| {
        let done = scene.run("one", arguments);
        ended(&done, code);
        let document: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        crate::schemas::holds(&crate::schemas::schema(title), &document);
        document
    };
    let key = scene.key("elif");
    let plan = held(
        "countersign.rollback",
        &["rollback", MODULE, "--dry-run", "--json"],
        0,
    );
    assert_eq!(plan["plan"]["merge"], scene.merged.as_str());
    assert!(scene.killed_at("one", "prepared/done"));
    held(
        "countersign.rollback",
        &["rollback", MODULE, "--dry-run", "--json"],
        0,
    );
    held("countersign.list", &["list", "--json"], 0);
    let all = ["rollback", MODULE, "--json", "--yes", "--key", &key];
    let done = held("countersign.rollback", &all, 0);
    assert_eq!(done["rollback"]["state"], "rolled-back");
    assert_eq!(done["rollback"]["gates"]["holds"], true);
    let shown = held(
        "countersign.show-promoted",
        &["show", "core/fees", "--json"],
        0,
    );
    assert_eq!(shown["promotion"]["rollback"], "rolled-back");
    assert_eq!(shown["promotion"]["stage"], "rolled-back");
    let audit = held("countersign.audit-log", &["audit", "log", "--json"], 0);
    assert_eq!(audit["entries"].as_array().unwrap().len(), 8);
}
