//! Who signed: other keys, other roles, other keyrings, and what OpenSSH takes and we do
//! not.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::promotion::Sha256;
use countersign::promotion::review::decision::{
    Change, KeyChange, PAYLOAD_TYPE, Record, RecordKind,
};
use countersign::promotion::review::{Predicate, Role, Statement, Subject, Verb};
use countersign::review::envelope::pae;
use countersign::review::sshsig::fingerprint;
use countersign::review::verify::digest_of_key;
use countersign::review::{Envelope, Keyring, Signer};
use ssh_key::private::Ed25519Keypair;
use ssh_key::public::{KeyData, SkEd25519};
use ssh_key::{Algorithm, HashAlg, PrivateKey, PublicKey, SigningKey, SshSig};

use super::scene::{KEYRING, Scene, address, keygen, keyring_line};
use super::walk::{Walked, fails, replace, stale, walk};

#[test]
fn a_signature_that_is_another_s_or_another_role_s_is_found() {
    let sealed = |change: &dyn Fn(&Scene) -> Envelope| {
        let mut scene = Scene::new();
        let envelope = change(&scene);
        scene.append(&envelope);
        scene.publish();
        walk(&scene)
    };
    let approval = |scene: &Scene, who: &str| {
        scene.statement(scene.decision(who, Role::Security, Verb::Approve))
    };
    // Made as tech, and said to be one as security.
    let as_tech = sealed(&|it| {
        it.sealed(
            &it.key("priya"),
            Role::Tech.namespace(),
            &approval(it, "priya"),
        )
    });
    fails(
        &as_tech,
        "signatures",
        "entry 0 is not one by priya@example.org as security",
    );
    let in_none = sealed(&|it| it.sealed(&it.key("priya"), "file", &approval(it, "priya")));
    fails(&in_none, "signatures", "entry 0 is not one by");
    // By a key that does not hold the role.
    let no_role = sealed(&|it| {
        let payload = it.statement(it.decision("noor", Role::Tech, Verb::Approve));
        it.sealed(&it.key("noor"), Role::Tech.namespace(), &payload)
    });
    fails(
        &no_role,
        "signatures",
        "entry 0 is not one by noor@example.org as tech",
    );
    // By somebody else's key, in whose name, and by which line.
    let by_jonas = sealed(&|it| {
        it.sealed(
            &it.key("jonas"),
            Role::Security.namespace(),
            &approval(it, "priya"),
        )
    });
    fails(
        &by_jonas,
        "signatures",
        "entry 0 is not one by priya@example.org",
    );
    let by_line = sealed(&|it| {
        let mut decision = it.decision("jonas", Role::Security, Verb::Approve);
        decision.principal = address("priya");
        it.sealed(
            &it.key("jonas"),
            Role::Security.namespace(),
            &it.statement(decision),
        )
    });
    fails(
        &by_line,
        "signatures",
        "names a line of the keyring that is not priya@example.org's",
    );
    // Before the key counted.
    let early = sealed(&|it| {
        let mut decision = it.decision("priya", Role::Security, Verb::Approve);
        decision.signed_at = 1_700_000_000;
        it.sealed(
            &it.key("priya"),
            Role::Security.namespace(),
            &it.statement(decision),
        )
    });
    fails(&early, "signatures", "entry 0 is not one by");
    // Well signed, and the same field twice: which of the two would count?
    let twice = sealed(&|it| {
        let mut payload = approval(it, "priya");
        replace(
            &mut payload,
            "\"decision\":",
            "\"decision\":\"reject\",\"decision\":",
        );
        it.sealed(&it.key("priya"), Role::Security.namespace(), &payload)
    });
    fails(&twice, "statements", "RFC 8785");
    let other_type = sealed(&|it| {
        let mut payload = approval(it, "priya");
        replace(&mut payload, "decision:v1", "decision:v2");
        it.sealed(&it.key("priya"), Role::Security.namespace(), &payload)
    });
    fails(&other_type, "statements", "that is not known");
}

/// What `ssh-keygen` takes, and we do not.
#[test]
fn a_reserved_field_another_hash_and_an_untouched_fido_key_are_found() {
    let namespace = Role::Tech.namespace();
    let mut scene = Scene::new();
    let payload = scene.statement(scene.decision("priya", Role::Tech, Verb::Approve));
    let envelope = scene.sealed(&scene.key("priya"), namespace, &payload);
    let (keyid, blob) = envelope.signature().unwrap();
    // Four zero bytes behind the namespace are the empty field.
    let at = blob
        .windows(namespace.len())
        .position(|it| it == namespace.as_bytes());
    let at = at.unwrap() + namespace.len();
    let filled = [&blob[..at], b"\0\0\0\x01x", &blob[at + 4..]].concat();
    scene.append(&Envelope::new(PAYLOAD_TYPE, &payload, keyid, &filled));
    scene.publish();
    fails(
        &walk(&scene),
        "signatures",
        "reserved field, or another hash",
    );

    let message = scene.path().join("message");
    fs::write(&message, pae(PAYLOAD_TYPE, &payload)).unwrap();
    let signed = Command::new("ssh-keygen")
        .args([
            "-q",
            "-Y",
            "sign",
            "-O",
            "hashalg=sha256",
            "-n",
            namespace,
            "-f",
        ])
        .args([scene.key("priya"), message.clone()])
        .status();
    assert!(signed.unwrap().success());
    let text = fs::read_to_string(message.with_extension("sig")).unwrap();
    let blob: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let blob = BASE64_STANDARD.decode(&blob).unwrap();
    scene.lines.clear();
    scene.append(&Envelope::new(PAYLOAD_TYPE, &payload, keyid, &blob));
    scene.publish();
    fails(
        &walk(&scene),
        "signatures",
        "reserved field, or another hash",
    );

    for (flags, step, words) in [
        (0, "signatures", "nobody touched"),
        (1, "verdict", "missing"),
    ] {
        fails(&by_fido(flags), step, words);
    }
}

/// An approval by a key that stands for a FIDO key: it signs flags and a counter with
/// the message (PROTOCOL.u2f).
fn by_fido(flags: u8) -> Walked {
    let pair = Ed25519Keypair::from_seed(&[7; 32]);
    let key = KeyData::SkEd25519(SkEd25519::new(pair.public, "ssh:"));
    let private = PrivateKey::from(pair);
    let mut scene = Scene::new();
    let public = PublicKey::new(key.clone(), "").to_openssh().unwrap();
    let line = format!(
        "{} namespaces=\"{}\" {public}\n",
        address("fay"),
        Role::Tech.namespace()
    );
    scene.commit_on("main", KEYRING, &line);
    scene.ring = Keyring::read(line.as_bytes()).unwrap().into();
    let payload = scene.statement(scene.decision("fay", Role::Tech, Verb::Approve));
    let message = pae(PAYLOAD_TYPE, &payload);
    let message = SshSig::signed_data(Role::Tech.namespace(), HashAlg::Sha512, &message).unwrap();
    let (application, message) = (Sha256::of(b"ssh:"), Sha256::of(&message));
    let behind = [flags, 0, 0, 0, 9];
    let signed = [
        application.as_bytes().as_slice(),
        &behind,
        message.as_bytes(),
    ]
    .concat();
    let signature = sign_raw(&private, &signed);
    let signature = [signature, behind.to_vec()].concat();
    let signature = ssh_key::Signature::new(Algorithm::SkEd25519, signature).unwrap();
    let whole = SshSig::new(
        key.clone(),
        Role::Tech.namespace(),
        HashAlg::Sha512,
        signature,
    )
    .unwrap();
    let blob = ssh_key::encoding::Encode::encode_vec(&whole).unwrap();
    scene.append(&Envelope::new(
        PAYLOAD_TYPE,
        &payload,
        &fingerprint(&key),
        &blob,
    ));
    scene.publish();
    walk(&scene)
}

fn sign_raw(key: &impl SigningKey, bytes: &[u8]) -> Vec<u8> {
    key.try_sign(bytes).unwrap().as_bytes().to_vec()
}

#[test]
fn a_keyring_that_never_ruled_is_found() {
    // Mallory puts themselves into the keyring of the branch under review.
    let with_mallory = |scene: &Scene| {
        let key = scene.key("mallory");
        keygen(&key);
        let ring = fs::read_to_string(scene.repo().join(KEYRING)).unwrap();
        ring + &keyring_line(&key, "mallory", &[Role::Tech])
    };
    let mut scene = Scene::signed_off();
    let ring = with_mallory(&scene);
    scene.write(KEYRING, &ring);
    scene.commit("Add somebody");
    scene.ring = Keyring::read(ring.as_bytes()).unwrap().into();
    scene.says("mallory", Role::Tech, Verb::Approve);
    scene.publish();
    fails(
        &walk(&scene),
        "signatures",
        "entry 3 names a keyring that never stood on refs/heads/main",
    );
    // Merged, it stood in the branch's history, and still never at its tip.
    scene.git(&["checkout", "--quiet", "main"]);
    scene.git(&["merge", "--quiet", "--no-ff", "--no-commit", "promote"]);
    scene.git(&["checkout", "--quiet", "HEAD", "--", KEYRING]);
    scene.commit("Merge, without the keyring");
    scene.git(&["checkout", "--quiet", "promote"]);
    fails(
        &walk(&scene),
        "signatures",
        "entry 3 names a keyring that never stood on refs/heads/main",
    );

    // On the base branch, but in a form that lets in more than one.
    for (line, words) in [
        (
            format!("* namespaces=\"{}\" ", Role::Tech.namespace()),
            "pattern",
        ),
        (
            format!(
                "{} cert-authority,namespaces=\"{}\" ",
                address("x"),
                Role::Tech.namespace()
            ),
            "option",
        ),
        (format!("{} ", address("x")), "option"),
        (
            format!(
                "{} namespaces=\"{}\" ",
                address("x"),
                Role::Tech.namespace()
            ),
            "one key to two names",
        ),
    ] {
        let scene = Scene::signed_off();
        let public = fs::read_to_string(scene.key("priya").with_extension("pub")).unwrap();
        let ring = fs::read_to_string(scene.repo().join(KEYRING)).unwrap() + &line + &public;
        scene.commit_on("main", KEYRING, &ring);
        fails(&walk(&scene), "keyrings", words);
    }
}

#[test]
fn a_key_that_counts_no_longer_is_found() {
    let key_of =
        |scene: &Scene, who: &str| fingerprint(Signer::open(&scene.key(who)).unwrap().key());
    let change = |scene: &mut Scene, change: Change, from: Option<u64>| {
        let said = scene.decision("rhea", Role::Release, Verb::Withdraw);
        let key = key_of(scene, "jonas");
        let predicate = Predicate::KeyChange(Box::new(KeyChange {
            change,
            key: key.clone(),
            holder: address("jonas"),
            from,
            note: "a laptop is gone".into(),
            role: Role::Release,
            principal: said.principal,
            repository: said.repository,
            keyring: said.keyring,
            keyring_entry: said.keyring_entry,
            seen: said.seen,
            nonce: said.nonce,
            signed_at: said.signed_at,
        }));
        let digest = digest_of_key(&key).unwrap();
        let subject = Subject {
            name: address("jonas").as_str().into(),
            digest: [("sha256".to_owned(), digest)].into(),
        };
        let payload = Statement::of(subject, predicate).bytes().unwrap();
        let envelope = scene.sealed(&scene.key("rhea"), Role::Release.namespace(), &payload);
        scene.append(&envelope);
        scene.publish();
    };
    let mut scene = Scene::signed_off();
    change(&mut scene, Change::Compromised, Some(1));
    stale(&walk(&scene), 1, "the key counts no longer");
    let mut scene = Scene::signed_off();
    change(&mut scene, Change::Compromised, Some(2));
    assert_eq!(walk(&scene).wrong, None);
    let mut scene = Scene::signed_off();
    change(&mut scene, Change::Superseded, None);
    assert_eq!(walk(&scene).wrong, None);
    scene.says("jonas", Role::Security, Verb::Approve);
    scene.publish();
    stale(&walk(&scene), 4, "the key counts no longer");
}

/// What happened is no decision, and said by who may.
#[test]
fn a_record_that_its_signer_may_not_make_is_found() {
    type Bend = fn(&mut Record);
    let walked = |who: &str, role: Role, kind: RecordKind, bend: Bend| {
        let mut scene = Scene::signed_off();
        let said = scene.decision(who, role, Verb::Approve);
        let mut record = Record {
            base_ref: said.base_ref,
            commit: Some(said.head),
            facts: [("branch".to_owned(), "promote/retry".to_owned())].into(),
            from: said.from,
            head: said.head,
            keyring: said.keyring,
            keyring_entry: said.keyring_entry,
            kind,
            nonce: said.nonce,
            note: String::new(),
            principal: said.principal,
            pull_request: None,
            repository: said.repository,
            role,
            seen: said.seen,
            signed_at: said.signed_at,
            to: said.to,
        };
        bend(&mut record);
        let predicate = Predicate::Record(Box::new(record));
        let payload = Statement::of(scene.subject(), predicate).bytes().unwrap();
        let envelope = scene.sealed(&scene.key(who), role.namespace(), &payload);
        scene.append(&envelope);
        scene.publish();
        walk(&scene)
    };
    let fine = walked("rhea", Role::Release, RecordKind::Promotion, |_| {});
    assert_eq!(fine.wrong, None);
    let wrong: [(&str, Role, RecordKind, Bend); 5] = [
        ("rhea", Role::Release, RecordKind::Proposal, |_| {}),
        ("priya", Role::Tech, RecordKind::Merge, |_| {}),
        ("rhea", Role::Release, RecordKind::Merge, |it| {
            it.commit = None
        }),
        ("rhea", Role::Release, RecordKind::Merge, |it| {
            it.from = "candidate/other".into();
        }),
        ("rhea", Role::Release, RecordKind::Merge, |it| {
            it.facts.insert("A b".into(), String::new());
        }),
    ];
    for (who, role, kind, bend) in wrong {
        let walked = walked(who, role, kind, bend);
        fails(
            &walked,
            "statements",
            "a record that its signer may not make",
        );
    }
}
