//! Logs made in memory and in repositories, signed in this process: no passphrase is
//! needed, and thousands are made in a second.
#![allow(dead_code, clippy::unwrap_used)] // every test file uses a part

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use countersign::audit::line::{self, Place};
use countersign::audit::merkle::{self, Frontier};
use countersign::promotion::review::decision::{
    Change, KeyChange, PAYLOAD_TYPE, PolicyAt, Record, RecordKind, Repository,
};
use countersign::promotion::review::{
    Answer, Answered, Decision, Predicate, Role, Seen, Statement, Subject, Verb,
};
use countersign::promotion::{ObjectId, Sha256};
use countersign::review::envelope::pae;
use countersign::review::sshsig::fingerprint;
use countersign::review::verify::digest_of_key;
use countersign::review::{Envelope, Keyring};
use countersign::workflow::audit::{self, Ground};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey, SshSig};

pub const TIME: i64 = 1_780_000_000;

/// Somebody with a key.
pub struct Person {
    pub name: String,
    pub role: Role,
    pub key: PrivateKey,
}

impl Person {
    pub fn new(name: &str, role: Role, seed: u8) -> Self {
        Self {
            name: name.into(),
            role,
            key: Ed25519Keypair::from_seed(&[seed; 32]).into(),
        }
    }

    pub fn fingerprint(&self) -> String {
        fingerprint(self.key.public_key().key_data())
    }

    /// Their line of a keyring.
    pub fn line(&self) -> String {
        let key = self.key.public_key().to_openssh().unwrap();
        let namespace = self.role.namespace();
        format!("{} namespaces=\"{namespace}\" {}\n", self.name, key.trim())
    }

    /// The private half in a file, with the public one beside it.
    pub fn write_key(&self, directory: &Path) -> PathBuf {
        let file = directory.join(self.name.split('@').next().unwrap());
        let private = self.key.to_openssh(LineEnding::LF).unwrap();
        std::fs::write(&file, private.as_bytes()).unwrap();
        let public = self.key.public_key().to_openssh().unwrap();
        std::fs::write(file.with_extension("pub"), public).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&file, mode).unwrap();
        }
        file
    }
}

/// Five: 0 tech, 1 security, 2 owner, 3 release, 4 a machine.
pub fn people() -> Vec<Person> {
    vec![
        Person::new("priya@example.org", Role::Tech, 1),
        Person::new("jonas@example.org", Role::Security, 2),
        Person::new("mara@example.org", Role::Owner, 3),
        Person::new("elif@example.org", Role::Release, 4),
        Person::new("watcher", Role::Automation, 5),
    ]
}

/// People, their keyring, and a repository that may not be there.
pub struct Scene {
    pub people: Vec<Person>,
    pub ring_text: String,
    pub ring: Arc<Keyring>,
    pub repository: Repository,
    /// What makes statements differ that are equal otherwise.
    pub lot: String,
}

impl Scene {
    pub fn new() -> Self {
        Self::of("lantern", ObjectId::from_bytes([7; 20]))
    }

    pub fn of(name: &str, id: ObjectId) -> Self {
        let people = people();
        let ring_text: String = people.iter().map(Person::line).collect();
        Self {
            ring: Arc::new(Keyring::read(ring_text.as_bytes()).unwrap()),
            ring_text,
            people,
            repository: Repository {
                name: name.into(),
                id,
            },
            lot: String::new(),
        }
    }

    pub fn keyrings(&self) -> BTreeMap<Sha256, Arc<Keyring>> {
        [(self.ring.digest, self.ring.clone())].into()
    }

    pub fn ground(&self, git_dir: &Path, state: &Path, remote: Option<&str>) -> Ground {
        Ground {
            git_dir: git_dir.into(),
            branch: "promotion-audit".into(),
            remote: remote.map(str::to_owned),
            repository: self.repository.clone(),
            keyrings: self.keyrings(),
            state: Some(state.into()),
        }
    }

    pub fn nonce(&self, n: u64) -> String {
        Sha256::of(format!("{}/{n}", self.lot).as_bytes()).to_string()[..32].to_owned()
    }

    pub fn decision(&self, by: usize, n: u64, seen: Seen) -> Decision {
        let person = &self.people[by];
        let entry = self.ring.of_principal(&person.name).next().unwrap();
        let answered = |id: &str, note: &str| Answered {
            id: id.into(),
            answer: Answer::Yes,
            note: note.into(),
        };
        Decision {
            decision: Verb::Approve,
            role: person.role,
            principal: person.name.clone(),
            repository: self.repository.clone(),
            pull_request: None,
            head: ObjectId::from_bytes([1; 20]),
            base_ref: "refs/heads/main".into(),
            from: "candidate/retry".into(),
            to: "core/retry".into(),
            gate_report: Sha256::of(b"report"),
            policy: PolicyAt {
                version: 1,
                sha256: Sha256::of(b"policy"),
            },
            keyring: self.ring.digest,
            keyring_entry: entry.digest,
            presented: Sha256::of(b"presented"),
            checklist: vec![
                answered("design", ""),
                answered("api", "The names are those that were agreed on."),
                answered("tests", ""),
            ],
            note: "Looked at twice; \"fine\".".into(),
            supersedes: None,
            seen,
            nonce: self.nonce(n),
            signed_at: TIME,
        }
    }

    /// Signs a statement as that person, in their role.
    pub fn sign(&self, by: usize, statement: &Statement) -> Envelope {
        let person = &self.people[by];
        let bytes = statement.bytes().unwrap();
        let message = pae(PAYLOAD_TYPE, &bytes);
        let namespace = person.role.namespace();
        let signature = SshSig::sign(&person.key, namespace, HashAlg::Sha512, &message).unwrap();
        let blob = ssh_key::encoding::Encode::encode_vec(&signature).unwrap();
        Envelope::new(PAYLOAD_TYPE, &bytes, &person.fingerprint(), &blob)
    }

    pub fn decided(&self, by: usize, decision: Decision) -> Envelope {
        let subject = Subject {
            name: decision.from.clone(),
            digest: [
                ("dirHash".to_owned(), "03".repeat(32)),
                ("gitTree".to_owned(), "02".repeat(20)),
            ]
            .into(),
        };
        let predicate = Predicate::Decision(Box::new(decision));
        self.sign(by, &Statement::of(subject, predicate))
    }

    pub fn approval(&self, by: usize, n: u64, seen: Seen) -> Envelope {
        self.decided(by, self.decision(by, n, seen))
    }

    /// That a person says of another's key.
    pub fn change(
        &self,
        by: usize,
        of: usize,
        from: Option<u64>,
        seen: Seen,
        bend: impl FnOnce(&mut KeyChange, &mut Subject),
    ) -> Envelope {
        let (person, other) = (&self.people[by], &self.people[of]);
        let entry = self.ring.of_principal(&person.name).next().unwrap();
        let mut change = KeyChange {
            change: match from {
                Some(_) => Change::Compromised,
                None => Change::Superseded,
            },
            key: other.fingerprint(),
            holder: other.name.clone(),
            from,
            note: "a laptop was stolen".into(),
            role: person.role,
            principal: person.name.clone(),
            repository: self.repository.clone(),
            keyring: self.ring.digest,
            keyring_entry: entry.digest,
            seen,
            nonce: self.nonce(1 << 40 | seen.size),
            signed_at: TIME,
        };
        let mut subject = Subject {
            name: other.name.as_str().into(),
            digest: [("sha256".to_owned(), digest_of_key(&change.key).unwrap())].into(),
        };
        bend(&mut change, &mut subject);
        let predicate = Predicate::KeyChange(Box::new(change));
        self.sign(by, &Statement::of(subject, predicate))
    }

    /// That a person records something.
    pub fn record(
        &self,
        by: usize,
        kind: RecordKind,
        seen: Seen,
        bend: impl FnOnce(&mut Record, &mut Subject),
    ) -> Envelope {
        let like = self.decision(by, 1 << 41 | seen.size, seen);
        let mut record = Record {
            base_ref: like.base_ref,
            commit: Some(ObjectId::from_bytes([2; 20])),
            facts: [
                ("branch", "promote/retry".to_owned()),
                ("rollback", "02".repeat(20)),
                ("state", "reverted".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
            from: like.from,
            head: like.head,
            keyring: like.keyring,
            keyring_entry: like.keyring_entry,
            kind,
            nonce: like.nonce,
            note: "as agreed".into(),
            principal: like.principal,
            pull_request: None,
            repository: like.repository,
            role: like.role,
            seen,
            signed_at: TIME,
            to: like.to,
        };
        let mut subject = Subject {
            name: record.from.clone(),
            digest: [("gitTree".to_owned(), "02".repeat(20))].into(),
        };
        bend(&mut record, &mut subject);
        let predicate = Predicate::Record(Box::new(record));
        self.sign(by, &Statement::of(subject, predicate))
    }

    /// A log of so many approvals, by tech and security in turn, each of whom had
    /// seen all that is before.
    pub fn log(&self, size: u64) -> Vec<u8> {
        let mut log = Growing::default();
        for n in 0..size {
            let seen = log.seen();
            log.push(&self.approval((n % 2) as usize, n, seen));
        }
        log.bytes
    }

    pub fn check(&self, log: &[u8]) -> audit::Checked {
        let log = Bytes::copy_from_slice(log);
        audit::check(&log, 0, &self.keyrings(), &self.repository.id)
    }
}

/// A log that grows in memory.
#[derive(Default)]
pub struct Growing {
    pub bytes: Vec<u8>,
    tree: Frontier,
    place: Option<Place>,
}

impl Growing {
    pub fn seen(&self) -> Seen {
        Seen {
            size: self.tree.size(),
            root: Sha256::from_bytes(self.tree.root()),
        }
    }

    pub fn push(&mut self, envelope: &Envelope) {
        let place = self.place.unwrap_or(Place::first());
        let line = line::write(envelope, place).unwrap();
        self.add(&line);
    }

    /// A line that is written already.
    pub fn add(&mut self, line: &[u8]) {
        let place = self.place.unwrap_or(Place::first());
        self.place = Some(place.after(line));
        self.tree.push(merkle::leaf(line));
        self.bytes.extend(line);
    }
}

/// The lines of a log.
pub fn lines(log: &[u8]) -> Vec<Vec<u8>> {
    line::lines(log).map(<[u8]>::to_vec).collect()
}

/// The same envelopes with `seq` and `prev` as they have to be, from `from` on: what
/// somebody can do who can write to the branch and has no key.
pub fn sealed_again(lines: &[Vec<u8>], from: usize) -> Vec<u8> {
    let mut log = Growing::default();
    for line in &lines[..from] {
        log.add(line);
    }
    for line in &lines[from..] {
        let read: line::Line<Envelope> = serde_json::from_slice(line).unwrap();
        log.push(&read.envelope);
    }
    log.bytes
}

/// A bare repository.
pub fn bare(at: &Path) -> PathBuf {
    git2::Repository::init_bare(at).unwrap();
    at.to_owned()
}
