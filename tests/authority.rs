//! Who may sign, by the base branch alone: nothing that the branch under review, the
//! work tree or a tag says counts.
#![allow(clippy::unwrap_used)]

#[path = "authority/demo.rs"]
mod demo_keys;
#[path = "authority/doctor.rs"]
mod doctor;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use countersign::promotion::ObjectId;
use countersign::promotion::review::Role;
use countersign::review::Keyring;
use countersign::review::signer::{Ask, Signer};
use countersign::workflow::sign_off::authority::{
    Authority, AuthorityError, authority, departures, keyrings, keyrings_named,
};
use countersign::workflow::{Workspace, demo};
use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Repository, Signature, Time};

const KEYRING: &str = ".countersign/keyring";
const TECH: &str = ".countersign/checklists/tech.toml";

/// A repository, in a directory of its own that nothing else lies in.
struct Scene {
    dir: tempfile::TempDir,
    git: Repository,
}

impl Scene {
    /// With this on `main`.
    fn new(files: &[(&str, &str)]) -> Self {
        let scene = Self::without_main();
        scene.commit("refs/heads/main", &[], files);
        scene
    }

    fn without_main() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let git = Repository::init_opts(
            dir.path().join("repo"),
            git2::RepositoryInitOptions::new().initial_head("main"),
        )
        .unwrap();
        Self { dir, git }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    /// A commit on that branch, on top of what it is or of these; an empty text takes a
    /// file away.
    fn commit(&self, branch: &str, parents: &[Oid], files: &[(&str, &str)]) -> Oid {
        let tip = self.git.refname_to_id(branch).ok();
        let parents: Vec<Oid> = match parents {
            [] => tip.into_iter().collect(),
            parents => parents.to_vec(),
        };
        let parents: Vec<_> = parents
            .iter()
            .map(|it| self.git.find_commit(*it).unwrap())
            .collect();
        let mut update = TreeUpdateBuilder::new();
        for (path, text) in files {
            match *text {
                "" => update.remove(*path),
                text => update.upsert(
                    *path,
                    self.git.blob(text.as_bytes()).unwrap(),
                    FileMode::Blob,
                ),
            };
        }
        let base = match parents.first() {
            Some(parent) => parent.tree().unwrap(),
            None => {
                let empty = self.git.treebuilder(None).unwrap().write().unwrap();
                self.git.find_tree(empty).unwrap()
            }
        };
        let tree = update.create_updated(&self.git, &base).unwrap();
        let tree = self.git.find_tree(tree).unwrap();
        let who = Signature::new("Ada", "ada@example.org", &Time::new(1_700_000_000, 0)).unwrap();
        let parents: Vec<_> = parents.iter().collect();
        let id = self
            .git
            .commit(None, &who, &who, "x", &tree, &parents)
            .unwrap();
        self.git.reference(branch, id, true, "").unwrap();
        id
    }

    fn check_out(&self, branch: &str) {
        self.git.set_head(branch).unwrap();
        let mut force = git2::build::CheckoutBuilder::new();
        self.git.checkout_head(Some(force.force())).unwrap();
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn at(&self, rev: Option<&str>) -> Workspace {
        open(&self.path(), rev)
    }

    /// As it is seen from a branch that has nothing in common with it.
    fn authority(&self) -> Result<Authority, AuthorityError> {
        if self.git.refname_to_id("refs/heads/look").is_err() {
            self.commit("refs/heads/look", &[], &[("a", "x")]);
        }
        authority(&self.at(Some("look")))
    }

    #[track_caller]
    fn refused(&self) -> String {
        self.authority().unwrap_err().to_string()
    }

    /// What `doctor` says here.
    fn doctor(&self) -> String {
        let ran = self.run(&["doctor"]);
        String::from_utf8(ran.stdout).unwrap()
    }

    fn run(&self, args: &[&str]) -> Output {
        countersign(&self.path(), self.dir.path(), args)
    }
}

fn open(path: &Path, rev: Option<&str>) -> Workspace {
    Workspace::open_caching(path, rev, None).unwrap()
}

fn countersign(at: &Path, home: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(args)
        .current_dir(at)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("COUNTERSIGN_CACHE_DIR", home.join("cache"))
        .env("COUNTERSIGN_DATA_DIR", home.join("data"))
        .env("COUNTERSIGN_CONFIG_DIR", home.join("config"))
        .env("LANG", "C.UTF-8")
        .output()
        .unwrap()
}

fn run_git(at: &Path, args: &[&str]) {
    let done = Command::new("git")
        .arg("-C")
        .arg(at)
        .args(args)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// A key that nobody can sign with.
fn key(seed: u8) -> String {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    let mut blob = Vec::new();
    for part in [b"ssh-ed25519".as_slice(), &[seed; 32]] {
        blob.extend((part.len() as u32).to_be_bytes());
        blob.extend(part);
    }
    format!("ssh-ed25519 {}", BASE64_STANDARD.encode(&blob))
}

fn line(principal: &str, roles: &[Role], seed: u8) -> String {
    let namespaces: Vec<_> = roles.iter().map(|role| role.namespace()).collect();
    format!(
        "{principal} namespaces=\"{}\" {}\n",
        namespaces.join(","),
        key(seed)
    )
}

/// One for each role that is asked.
fn team() -> String {
    [
        line("mara@example.org", &[Role::Tech], 1),
        line("sam@example.org", &[Role::Security], 2),
        line("hanna@example.org", &[Role::Ethics], 3),
    ]
    .concat()
}

fn principals(keyring: &Keyring) -> Vec<&str> {
    keyring
        .entries
        .iter()
        .map(|it| it.principal.as_str())
        .collect()
}

const OWN_CHECKLIST: &str = "version = 1\nrole = \"tech\"\n[[items]]\nid = \"one\"\n\
                             title = \"One\"\nquestion = \"Is it one?\"\n";

#[test]
fn what_the_branch_under_review_says_does_not_count() {
    let team = team();
    let scene = Scene::new(&[
        ("countersign.toml", "[sign_off]\napprovals = 3\n"),
        (KEYRING, &team),
    ]);
    let before = scene.authority().unwrap();
    let evil = line("mallory@example.org", &Role::ALL[..3], 9);
    let takeover = [
        (
            "countersign.toml",
            "base = \"promote/x\"\n[sign_off]\napprovals = 1\nkeyring = \"x/ring\"\nbranch = \"x\"\n\
             [sign_off.roles]\ntech = 0\nsecurity = 0\nethics = 0\n",
        ),
        (KEYRING, evil.as_str()),
        ("x/ring", evil.as_str()),
        (TECH, OWN_CHECKLIST),
    ];
    let main = scene.git.refname_to_id("refs/heads/main").unwrap();
    scene.commit("refs/heads/promote/x", &[main], &takeover);
    scene.check_out("refs/heads/promote/x");
    let committed = scene.at(None);
    let by_name = scene.at(Some("promote/x"));
    // The same in the work tree alone.
    scene.check_out("refs/heads/main");
    for (path, text) in takeover {
        scene.write(path, text);
    }
    for ws in [committed, by_name, scene.at(None)] {
        let found = authority(&ws).unwrap();
        assert_eq!(found.base_ref, "refs/heads/main");
        assert_eq!(found.commit, ObjectId::from_hex(&main.to_string()).unwrap());
        assert_eq!(found.rules, before.rules);
        assert_eq!(found.rules.approvals, 3);
        assert_eq!(found.policy, before.policy);
        assert_eq!(found.keyring, before.keyring);
        assert_eq!(found.checklists, before.checklists);
        assert_eq!(found.audit_branch, "promotion-audit");
        assert_eq!(keyrings(&ws, &found).unwrap().len(), 1, "only that of main");
    }
    let told: Vec<_> = departures(&scene.at(Some("promote/x")), &before)
        .unwrap()
        .iter()
        .map(|it| it.words("main"))
        .collect();
    assert_eq!(
        told,
        [
            "countersign.toml is changed on this branch: that of main counts",
            ".countersign/keyring is changed on this branch: that of main counts",
            ".countersign/checklists is changed on this branch: that of main counts",
        ]
    );
}

#[test]
fn what_the_base_branch_says_does() {
    let team = team();
    let scene = Scene::new(&[("core/a.py", "x = 0\n")]);
    let first = scene.commit("refs/heads/main", &[], &[("core/b.py", "x = 1\n")]);
    let old = scene.authority().unwrap();
    assert!(old.keyring.entries.is_empty());
    let nobody = old.nobody().unwrap();
    assert!(
        nobody.contains("main names nobody in .countersign/keyring"),
        "{nobody}"
    );
    scene.commit(
        "refs/heads/main",
        &[],
        &[
            (
                "countersign.toml",
                "[sign_off]\nvalid = \"90d\"\nkeyring = \"ring\"\nremote = \"up\"\nrepository = \"lantern\"\n",
            ),
            ("ring", &team),
            (TECH, OWN_CHECKLIST),
        ],
    );
    // A branch that parted before.
    let found = {
        scene.commit(
            "refs/heads/promote/x",
            &[first],
            &[("core/c.py", "x = 2\n")],
        );
        let ws = scene.at(Some("promote/x"));
        let found = authority(&ws).unwrap();
        let older = departures(&ws, &found).unwrap();
        assert_eq!(older.len(), 3);
        assert!(older.iter().all(|it| !it.changed_here), "{older:?}");
        found
    };
    assert_eq!(principals(&found.keyring).len(), 3);
    assert_eq!((found.valid_days, found.nobody()), (Some(90), None));
    assert_eq!(found.remote.as_deref(), Some("up"));
    assert_eq!(found.repository.name, "lantern");
    assert_eq!(old.repository.name, "repo");
    assert_eq!(old.repository.id, found.repository.id);
    assert_ne!(old.policy, found.policy);
    assert_eq!(found.checklists[&Role::Tech].items.len(), 1);
    assert_eq!(
        found.checklists[&Role::Security],
        old.checklists[&Role::Security]
    );
    assert_eq!(found.holders(Role::Security, 0), ["sam@example.org"]);
}

#[test]
fn persons_are_known_by_their_addresses() {
    let ring = [
        line("Mara@example.org", &[Role::Tech], 1).trim_end(),
        " Mara <m@home.org>\n",
        &line("Mara@example.org", &[Role::Security], 2),
        &line("sam", &[Role::Security], 3),
    ]
    .concat();
    let scene = Scene::new(&[(KEYRING, &ring)]);
    let found = scene.authority().unwrap();
    let people = found.people();
    let mara = &people["Mara@example.org"];
    assert_eq!(mara.emails, ["mara@example.org", "m@home.org"]);
    assert_eq!((mara.entries.len(), &mara.account), (2, &None));
    assert_eq!(people["sam"].account.as_deref(), Some("sam"));
}

#[test]
fn what_cannot_be_understood_there_is_told_with_its_place() {
    let scene = Scene::new(&[("countersign.toml", "[sign_off]\naprovals = 1\n")]);
    let told = scene.refused();
    assert!(told.contains("countersign.toml of main ("), "{told}");
    assert!(
        told.contains("countersign.toml:2:1: unknown key `aprovals`"),
        "{told}"
    );
    assert!(scene.authority().unwrap_err().is_usage());

    let bad = format!("{}* {}\n", team(), key(9));
    let scene = Scene::new(&[(KEYRING, &bad)]);
    let told = scene.refused();
    assert!(told.contains(".countersign/keyring of main ("), "{told}");
    assert!(
        told.contains("line 4: ") && told.contains("pattern"),
        "{told}"
    );

    for (text, words) in [
        ("version = 1\nrole = \"tech\"\nitems = []\n", "asks nothing"),
        (
            "version = 1\nrole = \"security\"\nitems = []\n",
            "its name says tech",
        ),
        ("nonsense", "of main ("),
    ] {
        let scene = Scene::new(&[(TECH, text)]);
        let told = scene.refused();
        assert!(told.contains(TECH) && told.contains(words), "{told}");
    }
    let scene = Scene::new(&[("countersign.toml", "[sign_off]\nbranch = \"main\"\n")]);
    assert!(scene.refused().contains("a branch of its own"));
}

#[test]
fn only_a_regular_file_of_a_reasonable_size_counts() {
    let scene = Scene::new(&[
        ("countersign.toml", "[sign_off]\nkeyring = \"ring\"\n"),
        ("ring/a", "x"),
    ]);
    assert!(scene.refused().contains("ring of main"));
    let long = "#".repeat(1 << 21);
    let scene = Scene::new(&[(KEYRING, &long)]);
    assert!(scene.refused().contains("2097152 bytes, more than 1048576"));

    let scene = Scene::new(&[("a", "x")]);
    let tip = scene.git.refname_to_id("refs/heads/main").unwrap();
    let tree = scene.git.find_commit(tip).unwrap().tree().unwrap();
    let target = scene.git.blob(b"../../../etc/passwd").unwrap();
    let mut update = TreeUpdateBuilder::new();
    update.upsert(KEYRING, target, FileMode::Link);
    let tree = update.create_updated(&scene.git, &tree).unwrap();
    let tree = scene.git.find_tree(tree).unwrap();
    let who = Signature::new("Ada", "ada@example.org", &Time::new(0, 0)).unwrap();
    let parent = scene.git.find_commit(tip).unwrap();
    scene
        .git
        .commit(Some("refs/heads/main"), &who, &who, "x", &tree, &[&parent])
        .unwrap();
    assert!(scene.refused().contains("is no regular file"));
}

#[test]
fn every_clone_calls_the_base_branch_the_same() {
    let team = team();
    let scene = Scene::new(&[(KEYRING, &team)]);
    let main = scene.git.refname_to_id("refs/heads/main").unwrap();
    scene.commit("refs/heads/promote/x", &[main], &[("a", "x")]);
    let clone = |name: &str, more: &[&str]| {
        let at = scene.dir.path().join(name);
        let mut args = vec!["clone", "-q", "-b", "promote/x"];
        args.extend(more);
        let from = format!("file://{}", scene.path().display());
        args.extend([from.as_str(), at.to_str().unwrap()]);
        run_git(scene.dir.path(), &args);
        at
    };
    scene.check_out("refs/heads/main");
    let only_remote = clone("only-remote", &[]);
    let no_head = clone("no-head", &[]);
    run_git(&no_head, &["remote", "set-head", "origin", "-d"]);
    let both = clone("both", &[]);
    run_git(&both, &["branch", "-q", "main", "origin/main"]);
    let bare = clone("bare.git", &["--bare"]);
    let here = authority(&scene.at(Some("promote/x"))).unwrap();
    for at in [only_remote, no_head, both, bare] {
        let there = authority(&open(&at, Some("promote/x"))).unwrap();
        assert_eq!(there.base_ref, "refs/heads/main", "{}", at.display());
        assert_eq!(there.commit, here.commit);
        assert_eq!(there.repository.id, here.repository.id);
        assert_eq!(there.policy, here.policy);
        assert_eq!(there.keyring, here.keyring);
    }
    let shallow = clone("shallow", &["--depth", "1", "--no-single-branch"]);
    let one = authority(&open(&shallow, None)).unwrap();
    assert_eq!(
        one.repository.id, here.repository.id,
        "it has all of main's one commit"
    );

    scene.commit("refs/heads/main", &[], &[("b", "x")]);
    let shallow = clone("cut-off", &["--depth", "1", "--no-single-branch"]);
    let error = authority(&open(&shallow, None)).unwrap_err();
    assert!(matches!(error, AuthorityError::Shallow { .. }), "{error}");
    assert!(!error.is_usage());
}

#[test]
fn the_base_branch_is_named_by_the_default_branch_alone() {
    let team = team();
    let scene = Scene::new(&[("countersign.toml", "base = \"develop\"\n")]);
    let told = scene.refused();
    assert!(
        told.contains("promotions go to develop") && told.contains("git fetch origin"),
        "{told}"
    );
    let main = scene.git.refname_to_id("refs/heads/main").unwrap();
    // A tag of that name is somebody's, not the branch.
    scene
        .git
        .reference("refs/tags/develop", main, true, "")
        .unwrap();
    assert!(scene.refused().contains("no branch of that name"));
    let develop = scene.commit("refs/heads/develop", &[main], &[(KEYRING, &team)]);
    scene
        .git
        .reference("refs/tags/main", develop, true, "")
        .unwrap();
    let found = scene.authority().unwrap();
    assert_eq!(found.base_ref, "refs/heads/develop");
    assert_eq!(principals(&found.keyring).len(), 3);
}

#[test]
fn a_branch_that_names_itself_is_not_believed() {
    let evil = line("mallory@example.org", &[Role::Tech], 9);
    let scene = Scene::without_main();
    scene.commit(
        "refs/heads/promote/x",
        &[],
        &[
            ("countersign.toml", "base = \"promote/x\"\n"),
            (KEYRING, &evil),
        ],
    );
    let ws = scene.at(Some("promote/x"));
    let error = authority(&ws).unwrap_err();
    assert!(matches!(error, AuthorityError::NoBase), "{error}");
    assert!(
        error.to_string().contains("git remote set-head origin"),
        "{error}"
    );
}

#[test]
fn every_keyring_that_was_in_force_is_found_and_no_other() {
    let ring = |seed| line("mara@example.org", &[Role::Tech], seed);
    let scene = Scene::new(&[(KEYRING, &ring(1))]);
    let main = "refs/heads/main";
    scene.commit(main, &[], &[(KEYRING, &ring(2))]);
    scene.commit(main, &[], &[(KEYRING, "* no keyring\n")]);
    scene.commit(main, &[], &[(KEYRING, "")]);
    // A branch that sets one up and takes it away again before it is merged.
    let before = scene.commit(main, &[], &[(KEYRING, &ring(3)), ("a", "1")]);
    scene.commit("refs/heads/side", &[before], &[(KEYRING, &ring(9))]);
    let side = scene.commit("refs/heads/side", &[], &[(KEYRING, &ring(3)), ("b", "1")]);
    scene.commit(main, &[before, side], &[("b", "1")]);
    // It moves, and the old place holds something that nobody goes by.
    scene.commit(
        main,
        &[],
        &[
            ("countersign.toml", "[sign_off]\nkeyring = \"ring\"\n"),
            ("ring", &ring(4)),
            (KEYRING, &ring(8)),
        ],
    );
    scene.commit(
        main,
        &[],
        &[
            (
                "countersign.toml",
                "[sign_off]\nkeyring = \"ring\"\nmade_up = 1\n",
            ),
            ("ring", &ring(5)),
        ],
    );
    scene.commit(
        main,
        &[],
        &[
            ("countersign.toml", "[sign_off]\nkeyring = \"ring\"\n"),
            ("ring", &ring(6)),
        ],
    );

    let ws = scene.at(Some("main"));
    let found = keyrings(&ws, &authority(&ws).unwrap()).unwrap();
    let has = |text: &str| found.contains_key(&Keyring::read(text.as_bytes()).unwrap().digest);
    for seed in [1, 2, 3, 4, 5, 6] {
        assert!(has(&ring(seed)), "{seed}");
    }
    assert!(!has(&ring(9)), "it stood on the merged branch alone");
    assert!(!has(&ring(8)), "nobody went by it");
    assert_eq!(found.len(), 6);
    for (digest, keyring) in &found {
        assert_eq!(*digest, keyring.digest);
    }
}

#[test]
fn a_keyring_that_is_asked_for_is_found_however_short_it_stood() {
    let ring = |seed| line("mara@example.org", &[Role::Tech], seed);
    let digest = |seed| Keyring::read(ring(seed).as_bytes()).unwrap().digest;
    let scene = Scene::new(&[(KEYRING, &ring(1))]);
    let main = "refs/heads/main";
    let idle = |from: u32, to: u32| {
        for n in from..to {
            scene.commit(main, &[], &[("a", &format!("{n}"))]);
        }
    };
    idle(0, 20);
    scene.commit(main, &[], &[(KEYRING, &ring(2))]);
    idle(20, 30);
    // For one commit, and then as before: what is around it does not differ.
    scene.commit(main, &[], &[(KEYRING, &ring(3))]);
    scene.commit(main, &[], &[(KEYRING, &ring(2))]);
    idle(30, 60);
    scene.commit(main, &[], &[(KEYRING, &ring(4))]);
    let ws = scene.at(Some("main"));
    let found = authority(&ws).unwrap();
    let of = |seeds: &[u8]| {
        let wanted = seeds.iter().map(|seed| digest(*seed)).collect();
        let found = keyrings_named(&ws, &found, &wanted).unwrap();
        let all: Vec<u8> = (1..10)
            .filter(|it| found.contains_key(&digest(*it)))
            .collect();
        assert_eq!(found.len(), all.len());
        all
    };
    assert_eq!(of(&[]), [4]);
    assert_eq!(of(&[1]), [1, 4]);
    assert_eq!(of(&[2, 4]), [2, 4]);
    assert_eq!(of(&[3]), [3, 4]);
    assert_eq!(of(&[1, 2, 3, 9]), [1, 2, 3, 4]);
}
