//! Signatures of FIDO keys, which no test can have made by one: put together here as
//! PROTOCOL.u2f says, and held against what the installed OpenSSH makes of them.

use std::process::Command;

use countersign::promotion::Sha256;
use countersign::review::{Flaw, Signature};
use countersign::workflow::audit::armoured;
use ssh_key::private::Ed25519Keypair;
use ssh_key::public::{KeyData, SkEd25519};
use ssh_key::{Algorithm, HashAlg, PrivateKey, PublicKey, SigningKey, SshSig};

use crate::run;

const NAMESPACE: &str = "promotion-tech-v1@countersign";
const MESSAGE: &[u8] = b"what was shown";
/// The flags: somebody touched the key, and it knew them.
const TOUCHED: u8 = 1;
const VERIFIED: u8 = 4;
/// Flags and a counter stand behind the signature.
const TRAILER: usize = 5;

fn raw(key: &impl SigningKey, bytes: &[u8]) -> Vec<u8> {
    key.try_sign(bytes).unwrap().as_bytes().to_vec()
}

/// What a key signs that sets those flags: its public half, and the blob.
fn by_fido(flags: u8) -> (KeyData, Vec<u8>) {
    let pair = Ed25519Keypair::from_seed(&[7; 32]);
    let key = KeyData::SkEd25519(SkEd25519::new(pair.public, "ssh:"));
    let behind = [flags, 0x12, 0x34, 0x56, 0x78];
    let message = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, MESSAGE).unwrap();
    let (application, message) = (Sha256::of(b"ssh:"), Sha256::of(&message));
    let signed = [
        application.as_bytes().as_slice(),
        &behind,
        message.as_bytes(),
    ];
    let signature = raw(&PrivateKey::from(pair), &signed.concat());
    let bytes = [signature.as_slice(), &behind].concat();
    let signature = ssh_key::Signature::new(Algorithm::SkEd25519, bytes).unwrap();
    let whole = SshSig::new(key.clone(), NAMESPACE, HashAlg::Sha512, signature).unwrap();
    let pem = whole.to_pem(ssh_key::LineEnding::LF).unwrap();
    (key, Signature::read_armoured(&pem).unwrap().blob().unwrap())
}

fn ours(key: &KeyData, blob: &[u8], message: &[u8]) -> Result<(), Flaw> {
    Signature::read(blob)?.check(message, NAMESPACE, key)
}

/// Whether the installed ssh-keygen takes it.
fn openssh(key: &KeyData, blob: &[u8], message: &[u8]) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let (signers, file) = (dir.path().join("signers"), dir.path().join("sig"));
    let public = PublicKey::from(key.clone()).to_openssh().unwrap();
    std::fs::write(&signers, format!("a namespaces=\"{NAMESPACE}\" {public}\n")).unwrap();
    std::fs::write(&file, armoured(blob)).unwrap();
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "verify", "-I", "a", "-n", NAMESPACE, "-f"]);
    command.arg(&signers).arg("-s").arg(&file);
    run(&mut command, message).0
}

#[test]
fn a_fido_key_that_was_touched_is_accepted_and_openssh_takes_any() {
    for flags in [TOUCHED, TOUCHED | VERIFIED] {
        let (key, blob) = by_fido(flags);
        assert_eq!(ours(&key, &blob, MESSAGE), Ok(()), "{flags}");
        assert!(openssh(&key, &blob, MESSAGE), "{flags}");
        assert_eq!(ours(&key, &blob, b"another"), Err(Flaw::Wrong));
        assert!(!openssh(&key, &blob, b"another"));
    }
    let (key, blob) = by_fido(VERIFIED);
    // OpenSSH leaves that to whoever asks; malware could have signed.
    assert_eq!(ours(&key, &blob, MESSAGE), Err(Flaw::Untouched));
    assert!(openssh(&key, &blob, MESSAGE));
}

/// Flags and counter are signed, so that the touch cannot be put there later.
#[test]
fn nothing_behind_a_fido_signature_can_be_changed() {
    let (key, blob) = by_fido(TOUCHED);
    let trailer = blob.len() - TRAILER;
    assert_eq!(blob[trailer..], [TOUCHED, 0x12, 0x34, 0x56, 0x78]);
    for at in trailer..blob.len() {
        for bit in 0..8 {
            let mut bent = blob.clone();
            bent[at] ^= 1 << bit;
            let wanted = match (at == trailer, bit) {
                (true, 0) => Flaw::Untouched,
                _ => Flaw::Wrong,
            };
            let told = ours(&key, &bent, MESSAGE);
            assert_eq!(told, Err(wanted), "byte {at}, bit {bit}");
            assert!(!openssh(&key, &bent, MESSAGE), "byte {at}, bit {bit}");
        }
    }
}
