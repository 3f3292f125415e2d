//! Signatures and OpenSSH: what `ssh-keygen` signs is accepted here, what is
//! accepted here `ssh-keygen` verifies, and neither takes what is bent.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::promotion::review::Role;
use countersign::review::envelope::pae;
use countersign::review::{Flaw, Keyring, Signature};

const MESSAGE: &[u8] = b"what was shown";

fn ssh_keygen(arguments: &[&str], input: &[u8]) -> (bool, String) {
    let mut child = Command::new("ssh-keygen")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ssh-keygen (Debian: openssh-client)");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let done = child.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (
        done.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// A new key of that kind; where its private half is.
fn key(dir: &Path, name: &str, kind: &[&str]) -> PathBuf {
    let file = dir.join(name);
    let mut arguments = vec![
        "-q",
        "-N",
        "",
        "-C",
        name,
        "-f",
        file.to_str().unwrap(),
        "-t",
    ];
    arguments.extend(kind);
    let (made, said) = ssh_keygen(&arguments, b"");
    assert!(made, "{said}");
    file
}

fn sign(key: &Path, namespace: &str, more: &[&str], message: &[u8]) -> Signature {
    let mut arguments = vec![
        "-q",
        "-Y",
        "sign",
        "-f",
        key.to_str().unwrap(),
        "-n",
        namespace,
    ];
    arguments.extend(more);
    let (signed, said) = ssh_keygen(&arguments, message);
    assert!(signed, "{said}");
    Signature::read_armoured(&said).unwrap()
}

fn openssh_line(key: &Path) -> String {
    let text = fs::read_to_string(key.with_extension("pub")).unwrap();
    let mut fields = text.split_whitespace();
    format!("{} {}", fields.next().unwrap(), fields.next().unwrap())
}

fn ring(key: &Path, role: Role) -> (String, Keyring) {
    let line = format!(
        "mara@example.org namespaces=\"{}\" {}\n",
        role.namespace(),
        openssh_line(key)
    );
    let ring = Keyring::read(line.as_bytes()).unwrap();
    (line, ring)
}

/// Whether stock OpenSSH takes it, by the same keyring.
fn openssh(dir: &Path, ring: &str, namespace: &str, signature: &Signature, message: &[u8]) -> bool {
    let (signers, sig) = (dir.join("signers"), dir.join("sig"));
    fs::write(&signers, ring).unwrap();
    let text = BASE64_STANDARD.encode(signature.blob().unwrap());
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(70)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let armoured = format!(
        "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
        lines.join("\n")
    );
    fs::write(&sig, armoured).unwrap();
    let arguments = [
        "-Y",
        "verify",
        "-f",
        signers.to_str().unwrap(),
        "-I",
        "mara@example.org",
        "-n",
        namespace,
        "-s",
        sig.to_str().unwrap(),
    ];
    ssh_keygen(&arguments, message).0
}

#[test]
fn every_kind_of_key_is_accepted_here_and_there() {
    let dir = tempfile::tempdir().unwrap();
    let namespace = Role::Tech.namespace();
    for (name, kind) in [
        ("ed25519", vec!["ed25519"]),
        ("p256", vec!["ecdsa", "-b", "256"]),
        ("p384", vec!["ecdsa", "-b", "384"]),
        ("p521", vec!["ecdsa", "-b", "521"]),
        ("rsa", vec!["rsa", "-b", "2048"]),
    ] {
        let key = key(dir.path(), name, &kind);
        let (line, ring) = ring(&key, Role::Tech);
        let public = &ring.entries[0].key;
        let message = pae("application/vnd.in-toto+json", MESSAGE);
        let signature = sign(&key, namespace, &[], &message);
        assert_eq!(
            signature.check(&message, namespace, public),
            Ok(()),
            "{name}"
        );
        let again = Signature::read(&signature.blob().unwrap()).unwrap();
        assert_eq!(again.check(&message, namespace, public), Ok(()), "{name}");
        assert!(
            openssh(dir.path(), &line, namespace, &again, &message),
            "{name}"
        );

        let other = sign(&key, namespace, &[], b"something else");
        assert_eq!(other.check(&message, namespace, public), Err(Flaw::Wrong));
        assert!(!openssh(dir.path(), &line, namespace, &other, &message));
    }
}

#[test]
fn a_role_is_a_namespace_and_openssh_enforces_it() {
    let dir = tempfile::tempdir().unwrap();
    let key = key(dir.path(), "key", &["ed25519"]);
    let (line, ring) = ring(&key, Role::Tech);
    let public = &ring.entries[0].key;
    for role in Role::ALL {
        let signature = sign(&key, role.namespace(), &[], MESSAGE);
        let tech = Role::Tech.namespace();
        let here = signature.check(MESSAGE, tech, public).is_ok();
        assert_eq!(here, role == Role::Tech, "{role}");
        // By itself: the keyring has no other namespace for this key.
        let there = openssh(dir.path(), &line, role.namespace(), &signature, MESSAGE);
        assert_eq!(there, role == Role::Tech, "{role}");
        assert!(role == Role::Tech || !openssh(dir.path(), &line, tech, &signature, MESSAGE));
    }
}

#[test]
fn weaker_and_stranger_ones_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let namespace = Role::Tech.namespace();
    let one = key(dir.path(), "one", &["ed25519"]);
    let two = key(dir.path(), "two", &["ed25519"]);
    let (_, ring) = ring(&one, Role::Tech);
    let public = &ring.entries[0].key;

    let sha256 = sign(&one, namespace, &["-O", "hashalg=sha256"], MESSAGE);
    assert_eq!(
        sha256.check(MESSAGE, namespace, public),
        Err(Flaw::Hash("sha256".into()))
    );
    let by_two = sign(&two, namespace, &[], MESSAGE);
    assert!(matches!(
        by_two.check(MESSAGE, namespace, public),
        Err(Flaw::Key { .. })
    ));
    let short = key(dir.path(), "short", &["rsa", "-b", "1024"]);
    let line = format!("m namespaces=\"{namespace}\" {}\n", openssh_line(&short));
    let problems = Keyring::read(line.as_bytes()).unwrap_err();
    assert!(problems[0].what.contains("1024 bits"), "{problems:?}");
}

/// Every byte of a signature counts: none can be changed, added or taken away.
#[test]
fn every_bit_of_a_signature_counts() {
    let dir = tempfile::tempdir().unwrap();
    let namespace = Role::Tech.namespace();
    let key = key(dir.path(), "key", &["ed25519"]);
    let (_, ring) = ring(&key, Role::Tech);
    let public = &ring.entries[0].key;
    let blob = sign(&key, namespace, &[], MESSAGE).blob().unwrap();
    let holds = |blob: &[u8]| {
        Signature::read(blob).is_ok_and(|it| it.check(MESSAGE, namespace, public).is_ok())
    };
    assert!(holds(&blob));
    for at in 0..blob.len() {
        for bit in 0..8 {
            let mut bent = blob.clone();
            bent[at] ^= 1 << bit;
            assert!(!holds(&bent), "byte {at}, bit {bit}");
        }
        assert!(!holds(&blob[..at]));
    }
    assert!(!holds(&[blob.as_slice(), b"\0"].concat()));
}

/// The field that the protocol reserves is signed too, so that a signature with
/// something in it can be good. Nobody knows what it would mean.
#[test]
fn something_in_the_reserved_field_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let namespace = Role::Tech.namespace();
    let key = key(dir.path(), "key", &["ed25519"]);
    let (_, ring) = ring(&key, Role::Tech);
    let blob = sign(&key, namespace, &[], MESSAGE).blob().unwrap();
    // The empty field stands behind the namespace, as four zero bytes.
    let at = blob
        .windows(namespace.len())
        .position(|window| window == namespace.as_bytes())
        .unwrap()
        + namespace.len();
    assert_eq!(blob[at..at + 4], [0; 4]);
    let filled = [&blob[..at], b"\0\0\0\x01x", &blob[at + 4..]].concat();
    let read = Signature::read(&filled).unwrap();
    assert_eq!(
        read.check(MESSAGE, namespace, &ring.entries[0].key),
        Err(Flaw::Reserved)
    );
}
