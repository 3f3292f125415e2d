//! A repository with people, a module on a branch, its gate report, and a log.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use countersign::audit::line::{self, Place};
use countersign::audit::merkle::{leaf, root};
use countersign::audit::store::{Store, Tip};
use countersign::promotion::report::{GateReport, Report};
use countersign::promotion::review::decision::{PAYLOAD_TYPE, PolicyAt, Repository};
use countersign::promotion::review::{
    Answer, Answered, Decision, Predicate, Role, Seen, Statement, Subject, Verb,
};
use countersign::promotion::{Criterion, Evidence, GateId, Isolation, ObjectId, Outcome, Sha256};
use countersign::review::envelope::pae;
use countersign::review::signer::Ask;
use countersign::review::sshsig::fingerprint;
use countersign::review::{Envelope, Keyring, Signer};

pub const KEYRING: &str = ".countersign/keyring";
pub const TIME: i64 = 1_780_000_000;

/// Who is in the keyring, and as what. `mara` wrote the module.
const PEOPLE: [(&str, &[Role]); 5] = [
    ("priya", &[Role::Tech, Role::Security]),
    ("jonas", &[Role::Tech, Role::Security]),
    ("noor", &[Role::Ethics]),
    ("mara", &[Role::Tech]),
    ("rhea", &[Role::Release]),
];

pub struct Scene {
    dir: tempfile::TempDir,
    /// The lines of the log, each with its newline.
    pub lines: Vec<Vec<u8>>,
    /// The keyring that people sign under.
    pub ring: Arc<Keyring>,
    pub module: String,
    pub target: String,
}

pub fn address(who: &str) -> String {
    format!("{who}@example.org")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Scene {
    /// Two approvals by different persons, and a rejection taken back before.
    pub fn signed_off() -> Self {
        let mut scene = Self::new();
        scene.says("priya", Role::Tech, Verb::Reject);
        scene.says("jonas", Role::Security, Verb::Approve);
        scene.says("priya", Role::Tech, Verb::Approve);
        scene.publish();
        scene
    }

    /// A repository in which nobody decided anything yet.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let scene = |dir, ring| Self {
            dir,
            lines: Vec::new(),
            ring: Arc::new(ring),
            module: "candidate/retry".into(),
            target: "core/retry".into(),
        };
        for name in ["repo", "keys", "out"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        let mut file = "# who may sign what\n\n".to_owned();
        for (who, roles) in PEOPLE {
            keygen(&dir.path().join("keys").join(who));
            file += &keyring_line(&dir.path().join("keys").join(who), who, roles);
        }
        let ring = Keyring::read(file.as_bytes()).unwrap();
        let scene = scene(dir, ring);
        scene.git(&["init", "--quiet", "--initial-branch=main"]);
        scene.write(KEYRING, &file);
        scene.write("countersign.toml", "[sign_off]\napprovals = 2\n");
        scene.commit("Begin");
        scene.git(&["checkout", "--quiet", "-b", "promote"]);
        scene.write("candidate/retry/__init__.py", "\"\"\"Tries again.\"\"\"\n");
        scene.write("candidate/retry/deep/a b.py", "ONE = 1\n");
        scene.write("candidate/retry/deep/odd\n\\name.py", "TWO = 2\n");
        std::os::unix::fs::symlink("../..", scene.repo().join("candidate/retry/up")).unwrap();
        scene.commit("Add retry");
        scene.report();
        scene
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn repo(&self) -> PathBuf {
        self.path().join("repo")
    }

    pub fn key(&self, who: &str) -> PathBuf {
        self.path().join("keys").join(who)
    }

    pub fn git(&self, args: &[&str]) -> String {
        let output = git(&self.repo()).args(args).output().expect("git");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {args:?}: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn write(&self, path: &str, content: &str) {
        let path = self.repo().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
    }

    /// Commits a file on another branch, and comes back.
    pub fn commit_on(&self, branch: &str, path: &str, content: &str) {
        self.git(&["checkout", "--quiet", branch]);
        self.write(path, content);
        self.commit("Change something");
        self.git(&["checkout", "--quiet", "promote"]);
    }

    pub fn id(&self, revision: &str) -> String {
        self.git(&["rev-parse", "--verify", revision])
    }

    fn object_id(&self, revision: &str) -> ObjectId {
        ObjectId::from_hex(&self.id(revision)).unwrap()
    }

    /// The module with its digests, as the command of `dirHash`'s documentation has it.
    pub fn subject(&self) -> Subject {
        let command =
            "find . -type f -printf '%P\\0' | xargs -0 sha256sum | LC_ALL=C sort | sha256sum";
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(self.repo().join(&self.module))
            .output()
            .unwrap();
        let dir_hash = String::from_utf8(output.stdout).unwrap();
        let object = self.id(&format!("promote:{}", self.module));
        let digest = [
            ("dirHash".to_owned(), dir_hash[..64].to_owned()),
            ("gitTree".to_owned(), object),
        ];
        Subject {
            name: self.module.as_str().into(),
            digest: digest.into(),
        }
    }

    /// Writes the core of a gate report as `check --out` does, of these outcomes.
    pub fn report_of(&self, gates: &[(&'static str, Outcome)]) -> Sha256 {
        let object = self.object_id(&format!("promote:{}", self.module));
        let gates = gates.iter().map(|(gate, outcome)| GateReport {
            gate: GateId::new(gate),
            criterion: Criterion::StaticAnalysis,
            definition: 1,
            settings: serde_json::json!({}),
            evidence: Arc::new(Evidence {
                version: 1,
                gate: GateId::new(gate),
                module: self.module.as_str().into(),
                object,
                commit: object,
                base: None,
                key: String::new(),
                outcome: outcome.clone(),
                summary: String::new(),
                work: Vec::new(),
                findings: Vec::new(),
                coverage: None,
                api: Vec::new(),
                benchmarks: None,
                interpreter: None,
                runs: Vec::new(),
                isolation: Isolation::Process,
                started: 0,
                duration_ms: 0,
            }),
        });
        let report = Report {
            module: self.module.as_str().into(),
            object,
            target: Some(self.target.as_str().into()),
            baseline: None,
            gates: gates.collect(),
        };
        let core = report.canonical().unwrap();
        std::fs::write(self.path().join("out/core.json"), &core).unwrap();
        Sha256::of(&core)
    }

    /// The one in which all gates hold, and ethics does not apply.
    pub fn report(&self) -> Sha256 {
        let apart = Outcome::NotApplicable {
            why: "it touches no user".into(),
        };
        self.report_of(&[("lint", Outcome::Passed), ("ethics", apart)])
    }

    /// What the log holds now, as a signer sees it.
    pub fn seen(&self) -> Seen {
        let leaves: Vec<_> = self.lines.iter().map(|it| leaf(it)).collect();
        Seen {
            size: leaves.len() as u64,
            root: Sha256::from_bytes(root(&leaves)),
        }
    }

    /// What somebody would sign now.
    pub fn decision(&self, who: &str, role: Role, verb: Verb) -> Decision {
        let policy = std::fs::read(self.repo().join("countersign.toml")).unwrap();
        let mut entries = self.ring.entries.iter();
        let entry = entries.find(|it| it.principal == address(who));
        Decision {
            decision: verb,
            role,
            principal: address(who),
            repository: Repository {
                name: "lantern".into(),
                id: ObjectId::from_hex(&self.git(&["rev-list", "--max-parents=0", "main"]))
                    .unwrap(),
            },
            pull_request: None,
            head: self.object_id("promote"),
            base_ref: "refs/heads/main".into(),
            from: self.module.as_str().into(),
            to: self.target.as_str().into(),
            gate_report: Sha256::of(&std::fs::read(self.path().join("out/core.json")).unwrap()),
            policy: PolicyAt {
                version: 1,
                sha256: Sha256::of(&policy),
            },
            keyring: self.ring.digest,
            keyring_entry: entry.map_or(Sha256::of(b""), |it| it.digest),
            presented: Sha256::of(b"presented"),
            checklist: vec![Answered {
                id: "design".into(),
                answer: Answer::NotApplicable,
                note: "“Zoë” said:\n\t\"it's\" 𝟙 \\ <b>\u{1}\u{2028}".into(),
            }],
            note: String::new(),
            supersedes: None,
            seen: self.seen(),
            nonce: format!("{:032x}", self.lines.len()),
            signed_at: TIME,
        }
    }

    pub fn statement(&self, decision: Decision) -> Vec<u8> {
        let predicate = Predicate::Decision(Box::new(decision));
        Statement::of(self.subject(), predicate).bytes().unwrap()
    }

    /// Those bytes, signed by that key in that namespace.
    pub fn sealed(&self, key: &Path, namespace: &str, payload: &[u8]) -> Envelope {
        let signer = Signer::open(key).unwrap();
        let message = pae(PAYLOAD_TYPE, payload);
        let signature = signer.sign(&message, namespace, Ask::Nobody).unwrap();
        let keyid = fingerprint(signer.key());
        Envelope::new(PAYLOAD_TYPE, payload, &keyid, &signature.blob().unwrap())
    }

    pub fn append(&mut self, envelope: &Envelope) {
        let place = match self.lines.last() {
            None => Place::first(),
            Some(last) => Place {
                seq: self.lines.len() as u64,
                prev: Sha256::of(last),
            },
        };
        self.lines.push(line::write(envelope, place).unwrap());
    }

    /// Somebody decides, with whatever `change` makes of it.
    pub fn decides(
        &mut self,
        who: &str,
        role: Role,
        verb: Verb,
        change: impl FnOnce(&mut Decision),
    ) {
        let mut decision = self.decision(who, role, verb);
        change(&mut decision);
        let payload = self.statement(decision);
        let envelope = self.sealed(&self.key(who), role.namespace(), &payload);
        self.append(&envelope);
    }

    pub fn says(&mut self, who: &str, role: Role, verb: Verb) {
        self.decides(who, role, verb, |_| {});
    }

    /// Puts the log on its branch as somebody would who may do there what they like:
    /// with no history.
    pub fn publish(&self) {
        self.publish_with(None);
    }

    pub fn publish_with(&self, checkpoint: Option<&str>) {
        let refs = self.git(&[
            "for-each-ref",
            "--format=%(refname)",
            "refs/heads/promotion-audit",
        ]);
        if !refs.is_empty() {
            self.git(&["update-ref", "-d", &refs]);
        }
        self.publish_after(&Tip::default(), checkpoint);
    }

    /// The same on top of what the branch has.
    pub fn publish_on_top(&self) {
        self.publish_after(&self.store().tip().unwrap(), None);
    }

    fn publish_after(&self, tip: &Tip, checkpoint: Option<&str>) {
        let log = self.lines.concat();
        let store = self.store();
        store
            .replace(tip, &log, checkpoint, "Add entries", 0)
            .unwrap();
    }

    /// Puts files below the log's place, whatever they are; `""` is the place itself.
    pub fn publish_files(&self, names: &[&str], files: &[Vec<u8>]) {
        self.publish_modes(names, files, "100644");
    }

    /// The same, with another mode for the last.
    pub fn publish_modes(&self, names: &[&str], files: &[Vec<u8>], last: &str) {
        let index = self.path().join("index");
        let _ = std::fs::remove_file(&index);
        let file = self.path().join("content");
        for (n, (name, content)) in names.iter().zip(files).enumerate() {
            std::fs::write(&file, content).unwrap();
            let blob = self.git(&["hash-object", "-w", "--no-filters", file.to_str().unwrap()]);
            let mode = if n + 1 == names.len() { last } else { "100644" };
            let path = format!("promotion-audit.log/{name}");
            let entry = format!("{mode},{blob},{}", path.trim_end_matches('/'));
            let add = ["update-index", "--add", "--cacheinfo", &entry];
            let mut command = git(&self.repo());
            command.args(add).env("GIT_INDEX_FILE", &index);
            assert!(command.status().unwrap().success());
        }
        let tree = git(&self.repo())
            .arg("write-tree")
            .env("GIT_INDEX_FILE", &index)
            .output();
        let tree = String::from_utf8(tree.unwrap().stdout).unwrap();
        let commit = self.git(&["commit-tree", "-m", "Add entries", tree.trim()]);
        self.git(&["update-ref", "refs/heads/promotion-audit", &commit]);
    }

    fn store(&self) -> Store {
        Store::open(&self.repo(), "promotion-audit").unwrap()
    }

    /// `SIZE ROOT` of the log now.
    pub fn anchor(&self) -> String {
        let seen = self.seen();
        format!("{} {}\n", seen.size, hex(seen.root.as_bytes()))
    }
}

pub fn keygen(file: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-C", "", "-N", "", "-f"])
        .arg(file)
        .status()
        .expect("ssh-keygen (Debian: openssh-client)");
    assert!(made.success());
}

/// A line of the keyring for that key.
pub fn keyring_line(key: &Path, who: &str, roles: &[Role]) -> String {
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let namespaces: Vec<_> = roles.iter().map(|role| role.namespace()).collect();
    format!(
        "{} namespaces=\"{}\",valid-after=\"20260101Z\" {} {who}'s\n",
        address(who),
        namespaces.join(","),
        public.trim()
    )
}

/// git, as mara, who heeds nobody's settings.
pub fn git(at: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(at);
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_SYSTEM", "/dev/null"),
        ("GIT_AUTHOR_NAME", "Mara"),
        ("GIT_AUTHOR_EMAIL", "mara@example.org"),
        ("GIT_COMMITTER_NAME", "Mara"),
        ("GIT_COMMITTER_EMAIL", "mara@example.org"),
        ("GIT_AUTHOR_DATE", "1780000000 +0000"),
        ("GIT_COMMITTER_DATE", "1780000000 +0000"),
    ] {
        command.env(name, value);
    }
    command
}
