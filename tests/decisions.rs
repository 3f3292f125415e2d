//! Decisions signed with real keys: what is accepted, and each way to bend one.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use countersign::audit::line::{self, Place};
use countersign::gates::checks;
use countersign::promotion::review::decision::{PAYLOAD_TYPE, PolicyAt, Repository};
use countersign::promotion::review::{
    Answer, Answered, Checklist, Decision, Predicate, Role, Seen, Statement, Subject, Verb,
};
use countersign::promotion::{GateId, ObjectId, Policy, Sha256};
use countersign::review::envelope::pae;
use countersign::review::signer::Ask;
use countersign::review::sshsig::fingerprint;
use countersign::review::{Envelope, Keyring, Refused, Signer, Verified, verify};

const TIME: i64 = 1_780_000_000;

/// A person with a key that may sign as tech until 2027, and a keyring of them.
struct Scene {
    _dir: tempfile::TempDir,
    signer: Signer,
    ring: Arc<Keyring>,
}

impl Scene {
    fn new() -> Self {
        Self::with_roles(&[Role::Tech])
    }

    fn with_roles(roles: &[Role]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        keygen(&file, "");
        let public = std::fs::read_to_string(dir.path().join("key.pub")).unwrap();
        let namespaces: Vec<_> = roles.iter().map(|role| role.namespace()).collect();
        let line = format!(
            "priya@example.org namespaces=\"{}\",valid-after=\"20260101Z\",valid-before=\"20270101Z\" {public}",
            namespaces.join(",")
        );
        Self {
            signer: Signer::open(&file).unwrap(),
            ring: Arc::new(Keyring::read(line.as_bytes()).unwrap()),
            _dir: dir,
        }
    }

    fn decision(&self) -> Decision {
        Decision {
            decision: Verb::Approve,
            role: Role::Tech,
            principal: "priya@example.org".into(),
            repository: Repository {
                name: "lantern".into(),
                id: ObjectId::from_bytes([7; 20]),
            },
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
            keyring_entry: self.ring.entries[0].digest,
            presented: Sha256::of(b"presented"),
            checklist: vec![Answered {
                id: "design".into(),
                answer: Answer::Yes,
                note: String::new(),
            }],
            note: String::new(),
            supersedes: None,
            seen: Seen {
                size: 0,
                root: Sha256::of(b""),
            },
            nonce: "00".repeat(16),
            signed_at: TIME,
        }
    }

    fn bytes(&self, change: impl FnOnce(&mut Decision)) -> Vec<u8> {
        let mut decision = self.decision();
        change(&mut decision);
        let subject = Subject {
            name: "candidate/retry".into(),
            digest: [("gitTree".to_owned(), "02".repeat(20))].into(),
        };
        Statement::of(subject, Predicate::Decision(Box::new(decision)))
            .bytes()
            .unwrap()
    }

    /// Those bytes, signed in that namespace.
    fn sealed(&self, payload: &[u8], payload_type: &str, namespace: &str) -> Envelope {
        let signature = self
            .signer
            .sign(&pae(payload_type, payload), namespace, Ask::Nobody)
            .unwrap();
        Envelope::new(
            payload_type,
            payload,
            &fingerprint(self.signer.key()),
            &signature.blob().unwrap(),
        )
    }

    fn signed(&self, change: impl FnOnce(&mut Decision)) -> Envelope {
        self.sealed(&self.bytes(change), PAYLOAD_TYPE, Role::Tech.namespace())
    }

    fn verify(&self, envelope: &Envelope) -> Result<Verified, Refused> {
        verify(envelope, &|digest| {
            (*digest == self.ring.digest).then(|| self.ring.clone())
        })
    }

    fn refused(&self, envelope: &Envelope) -> String {
        self.verify(envelope).unwrap_err().to_string()
    }
}

fn keygen(file: &Path, passphrase: &str) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-C", "", "-N", passphrase, "-f"])
        .arg(file)
        .status()
        .expect("ssh-keygen (Debian: openssh-client)");
    assert!(made.success());
}

#[test]
fn a_decision_is_known_to_be_somebodys() {
    let scene = Scene::new();
    let verified = scene.verify(&scene.signed(|_| {})).unwrap();
    assert_eq!(verified.role, Role::Tech);
    assert_eq!(verified.key, fingerprint(scene.signer.key()));
    let digest = verified.statement.digest().unwrap();
    assert_eq!(digest, Sha256::of(&scene.bytes(|_| {})));
    let decision = verified.statement.predicate.decision();
    assert_eq!(decision, Some(&scene.decision()));
}

#[test]
fn whom_the_keyring_does_not_let_is_refused() {
    let scene = Scene::new();
    type Change = fn(&mut Decision);
    let changes: [(&str, Change); 6] = [
        ("does not let", |it| {
            it.principal = "jonas@example.org".into()
        }),
        ("does not let", |it| it.signed_at = 0),
        ("does not let", |it| it.signed_at = TIME + 366 * 86_400),
        ("never stood", |it| it.keyring = Sha256::of(b"another")),
        ("another line", |it| {
            it.keyring_entry = Sha256::of(b"another")
        }),
        ("says security, but was signed as tech", |it| {
            it.role = Role::Security
        }),
    ];
    for (words, change) in changes {
        let told = scene.refused(&scene.signed(change));
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn a_role_that_the_key_does_not_hold_is_refused() {
    let scene = Scene::new();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Tech) {
        let bytes = scene.bytes(|it| it.role = role);
        let told = scene.refused(&scene.sealed(&bytes, PAYLOAD_TYPE, role.namespace()));
        assert!(told.contains("does not let"), "{role}: {told}");
    }
    let elsewhere = scene.sealed(&scene.bytes(|_| {}), PAYLOAD_TYPE, "file");
    assert!(scene.refused(&elsewhere).contains("of no role"));
}

#[test]
fn what_is_signed_is_read_as_what_it_is() {
    let scene = Scene::new();
    let namespace = Role::Tech.namespace();
    let other_type = scene.sealed(&scene.bytes(|_| {}), "application/json", namespace);
    assert!(matches!(
        scene.verify(&other_type),
        Err(Refused::PayloadType(_))
    ));
    // Twice the same field, well signed: which of the two would count?
    let text = String::from_utf8(scene.bytes(|_| {})).unwrap();
    let twice = text.replace(
        "\"decision\":\"approve\"",
        "\"decision\":\"reject\",\"decision\":\"approve\"",
    );
    assert_ne!(twice, text);
    for payload in [twice, format!(" {text}"), "{}".into(), String::new()] {
        let envelope = scene.sealed(payload.as_bytes(), PAYLOAD_TYPE, namespace);
        assert!(
            matches!(scene.verify(&envelope), Err(Refused::Statement(_))),
            "{payload}"
        );
    }
}

#[test]
fn no_bit_of_an_envelope_can_be_changed() {
    let scene = Scene::new();
    let text = serde_json::to_vec(&scene.signed(|_| {})).unwrap();
    for at in 0..text.len() {
        let mut bent = text.clone();
        bent[at] ^= 1 << (at % 7);
        if let Ok(envelope) = serde_json::from_slice::<Envelope>(&bent) {
            let told = scene.verify(&envelope);
            assert!(told.is_err(), "byte {at}: {told:?}");
        }
    }
}

#[test]
fn an_envelope_is_a_line_of_the_log() {
    let scene = Scene::new();
    let envelope = scene.signed(|_| {});
    let bytes = line::write(&envelope, Place::first()).unwrap();
    let read = line::read::<Envelope>(&bytes, Place::first()).unwrap();
    assert_eq!(read.envelope, envelope);
    scene.verify(&read.envelope).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    for other in [
        text.replacen('{', "{\"more\":1,", 1),
        text.replace("\"keyid\"", "\"cert\":\"\",\"keyid\""),
        text.replace("\"keyid\"", "\"keyid\":\"\",\"keyid\""),
        text.replace("\"payloadType\"", "\"payload\":\"\",\"payloadType\""),
    ] {
        assert_ne!(other, text);
        let read = line::read::<Envelope>(other.as_bytes(), Place::first());
        assert!(read.is_err(), "{other}");
    }
}

#[test]
fn our_checklists_ask_about_gates_that_there_are() {
    let gates: Vec<GateId> = checks::all(&Policy::default())
        .iter()
        .map(|gate| gate.id())
        .collect();
    for (role, text) in [
        (Role::Tech, include_str!("../assets/checklists/tech.toml")),
        (
            Role::Security,
            include_str!("../assets/checklists/security.toml"),
        ),
        (
            Role::Ethics,
            include_str!("../assets/checklists/ethics.toml"),
        ),
    ] {
        let list: Checklist = toml_edit::de::from_str(text).unwrap();
        assert_eq!(list.role, role);
        assert_eq!(list.problems(), Vec::<String>::new(), "{role}");
        for item in &list.items {
            for gate in &item.evidence {
                assert!(gates.contains(gate), "{role}, {}: {gate}", item.id);
            }
        }
    }
}

#[test]
fn a_key_that_needs_a_passphrase_signs_nothing_unasked() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("key");
    keygen(&file, "a long secret");
    let signer = Signer::open(&file).unwrap();
    let refused = signer.sign(b"x", Role::Tech.namespace(), Ask::Nobody);
    let told = refused.unwrap_err().to_string();
    assert!(told.starts_with("ssh-keygen did not sign"), "{told}");
    let told = Signer::open(&dir.path().join("none"))
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("none.pub") && told.contains("agent"),
        "{told}"
    );
}
