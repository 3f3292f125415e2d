//! OpenSSH's own test data for signatures, from its source (`tests/run` fetches it, see
//! there): what it takes we take, but for the kinds of keys that we refuse on purpose.

use std::path::PathBuf;

use countersign::review::{Flaw, Signature};
use ssh_key::PublicKey;

fn file(name: &str) -> Vec<u8> {
    let directory = std::env::var_os("COUNTERSIGN_TEST_SSHSIG")
        .expect("COUNTERSIGN_TEST_SSHSIG names no directory; run these tests with tests/run");
    let file = PathBuf::from(directory).join(name);
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn text(name: &str) -> String {
    String::from_utf8(file(name)).unwrap()
}

/// What we say of the signature of that name, over this message.
fn ours(name: &str, message: &[u8]) -> Result<(), Flaw> {
    let key: PublicKey = text(&format!("{name}.pub")).trim().parse().unwrap();
    let signature = Signature::read_armoured(&text(&format!("{name}.sig")))?;
    // Also in the form that an entry of the log has.
    let signature = Signature::read(&signature.blob()?)?;
    signature.check(message, text("namespace").trim(), key.key_data())
}

#[test]
fn the_signatures_that_openssh_is_tested_with_hold() {
    let message = file("signed-data");
    for name in ["ed25519", "ed25519_sk", "ecdsa", "ecdsa_sk", "rsa"] {
        assert_eq!(ours(name, &message), Ok(()), "{name}");
        for at in 0..message.len() {
            let mut other = message.clone();
            other[at] ^= 1;
            assert_eq!(ours(name, &other), Err(Flaw::Wrong), "{name}, byte {at}");
        }
    }
}

#[test]
fn the_kinds_of_keys_that_count_nowhere_do_not_count_there() {
    let message = file("signed-data");
    for name in ["dsa", "ecdsa_sk_webauthn"] {
        let told = ours(name, &message);
        assert!(
            matches!(told, Err(Flaw::Algorithm(_) | Flaw::Shape(_))),
            "{name}: {told:?}"
        );
    }
}
