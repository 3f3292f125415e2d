//! OpenSSH's own test data: keys and signatures of every kind, FIDO keys included,
//! which no test here could make without one.

use std::path::{Path, PathBuf};
use std::process::Command;

use countersign::review::{Flaw, Signature};
use ssh_key::PublicKey;
use ssh_key::public::KeyData;

use crate::run;

const NAMESPACE: &str = "unittest";

fn file(name: &str) -> PathBuf {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agreement/openssh");
    data.join(name)
}

fn message() -> Vec<u8> {
    std::fs::read(file("signed-data")).unwrap()
}

fn key(name: &str) -> KeyData {
    let line = std::fs::read_to_string(file(&format!("{name}.pub"))).unwrap();
    PublicKey::from_openssh(line.trim())
        .unwrap()
        .key_data()
        .clone()
}

fn signature(name: &str) -> Signature {
    let text = std::fs::read_to_string(file(&format!("{name}.sig"))).unwrap();
    Signature::read_armoured(&text).unwrap()
}

/// Whether the installed ssh-keygen takes it.
fn openssh(name: &str, message: &[u8]) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let signers = dir.path().join("signers");
    let line = std::fs::read_to_string(file(&format!("{name}.pub"))).unwrap();
    std::fs::write(&signers, format!("djm namespaces=\"{NAMESPACE}\" {line}")).unwrap();
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "verify", "-I", "djm", "-n", NAMESPACE, "-f"]);
    command
        .arg(&signers)
        .arg("-s")
        .arg(file(&format!("{name}.sig")));
    run(&mut command, message).0
}

#[test]
fn openssh_s_own_signatures_are_accepted() {
    for name in ["ed25519", "ecdsa", "rsa", "ed25519_sk", "ecdsa_sk"] {
        let (key, signature) = (key(name), signature(name));
        assert_eq!(
            signature.check(&message(), NAMESPACE, &key),
            Ok(()),
            "{name}"
        );
        assert!(openssh(name, &message()), "{name}");
        // As a line of the log has it.
        let again = Signature::read(&signature.blob().unwrap()).unwrap();
        assert_eq!(again.check(&message(), NAMESPACE, &key), Ok(()), "{name}");

        let other = [&message()[..], b"."].concat();
        assert_eq!(
            signature.check(&other, NAMESPACE, &key),
            Err(Flaw::Wrong),
            "{name}"
        );
        assert!(!openssh(name, &other), "{name}");
        let told = signature.check(&message(), "file", &key);
        assert!(
            matches!(told, Err(Flaw::Namespace { .. })),
            "{name}: {told:?}"
        );
    }
}

/// Which bits of a FIDO key's signature are signed: all, so the flag that says that
/// somebody touched the key cannot be put there later.
#[test]
fn nothing_behind_openssh_s_fido_signatures_can_be_changed() {
    for name in ["ed25519_sk", "ecdsa_sk"] {
        let (key, blob) = (key(name), signature(name).blob().unwrap());
        let trailer = blob.len() - 5;
        assert_eq!(
            blob[trailer..],
            [1, 0x12, 0x34, 0x56, 0x78],
            "{name}: flags, counter"
        );
        for at in trailer..blob.len() {
            for bit in 0..8 {
                let mut bent = blob.clone();
                bent[at] ^= 1 << bit;
                let bent = Signature::read(&bent).unwrap();
                let told = bent.check(&message(), NAMESPACE, &key);
                let wanted = match (at == trailer, bit) {
                    (true, 0) => Flaw::Untouched,
                    _ => Flaw::Wrong,
                };
                assert_eq!(told, Err(wanted), "{name}: byte {at}, bit {bit}");
            }
        }
    }
}

/// A browser made it: what it signs is a page's request, which nobody was shown here.
#[test]
fn openssh_s_signature_by_a_browser_is_refused_though_openssh_takes_it() {
    let name = "ecdsa_sk_webauthn";
    let refused = match Signature::read_armoured(
        &std::fs::read_to_string(file(&format!("{name}.sig"))).unwrap(),
    ) {
        Ok(signature) => signature.check(&message(), NAMESPACE, &key(name)),
        Err(flaw) => Err(flaw),
    };
    assert!(
        matches!(refused, Err(Flaw::Algorithm(_) | Flaw::Shape(_))),
        "{refused:?}"
    );
}
