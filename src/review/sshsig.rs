//! Signatures of OpenSSH (PROTOCOL.sshsig, version 1), checked more strictly than
//! the protocol asks for.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use ed25519_dalek::{Verifier as _, VerifyingKey};
use ssh_key::encoding::{Decode as _, Encode as _};
use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{Algorithm, HashAlg, PublicKey, SshSig};

/// The flag of a FIDO signature that says that somebody touched the key
/// (PROTOCOL.u2f, `SSH_SK_USER_PRESENCE_REQD`).
const TOUCHED: u8 = 1;
/// Behind a FIDO signature: one byte of flags, four of a counter.
const FIDO_TRAILER: usize = 5;
/// How many keys a thread keeps ready.
const MOST_READY: usize = 64;
/// The shortest RSA key that counts, in bits.
const SHORTEST_RSA: usize = 2048;

/// What is wrong with a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Bytes that are none, or not the ones that its content has.
    #[error("it is no SSH signature: {0}")]
    Shape(String),
    /// Another version of the protocol.
    #[error("it is of version {0}, not 1")]
    Version(u32),
    /// Something in the field that is reserved: nobody knows what it means.
    #[error("its reserved field is not empty")]
    Reserved,
    /// Made for something else.
    #[error("it was made in the namespace {found:?}, not {wanted:?}")]
    Namespace {
        /// Where it was made.
        found: String,
        /// Where it had to be.
        wanted: String,
    },
    /// A weaker hash.
    #[error("it hashes with {0}, not sha512")]
    Hash(String),
    /// A kind of key that is not used here.
    #[error("keys of the kind {0} are not accepted")]
    Algorithm(String),
    /// Made by another key than it is said to be.
    #[error("it was made by the key {found}, not {wanted}")]
    Key {
        /// By which it was made.
        found: String,
        /// By which it had to be.
        wanted: String,
    },
    /// Nobody touched the FIDO key.
    #[error("nobody touched the FIDO key it was made with")]
    Untouched,
    /// The mathematics.
    #[error("it does not fit what it is said to sign")]
    Wrong,
}

/// A signature that was read, and not checked yet.
#[derive(Clone, Debug)]
pub struct Signature(SshSig);

/// The name of a key, as `ssh-keygen -l` prints it: `SHA256:…`.
pub fn fingerprint(key: &KeyData) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// Whether keys of that kind and length count.
pub fn acceptable(key: &KeyData) -> Result<(), Flaw> {
    match key.algorithm() {
        Algorithm::Ed25519
        | Algorithm::SkEd25519
        | Algorithm::SkEcdsaSha2NistP256
        | Algorithm::Ecdsa { .. } => Ok(()),
        Algorithm::Rsa { .. } if rsa_bits(key) >= SHORTEST_RSA => Ok(()),
        Algorithm::Rsa { .. } => Err(Flaw::Algorithm(format!(
            "ssh-rsa with {} bits",
            rsa_bits(key)
        ))),
        other => Err(Flaw::Algorithm(other.to_string())),
    }
}

fn rsa_bits(key: &KeyData) -> usize {
    let modulus = key.rsa().and_then(|rsa| rsa.n().as_positive_bytes());
    modulus.map_or(0, |bytes| {
        let unused = bytes
            .first()
            .map_or(0, |first| first.leading_zeros() as usize);
        bytes.len() * 8 - unused
    })
}

/// An Ed25519 key that was used before. To take its point apart costs an eighth of a
/// signature, and few keys sign a whole log.
#[derive(Clone)]
struct Ready {
    name: Rc<str>,
    key: Option<VerifyingKey>,
}

impl Ready {
    fn of(key: &Ed25519PublicKey) -> Self {
        thread_local! {
            static READY: RefCell<HashMap<[u8; 32], Ready>> = RefCell::default();
        }
        READY.with_borrow_mut(|ready| {
            if ready.len() >= MOST_READY && !ready.contains_key(&key.0) {
                ready.clear(); // somebody else may write the log
            }
            let new = || Self {
                name: fingerprint(&KeyData::Ed25519(*key)).into(),
                key: VerifyingKey::from_bytes(&key.0).ok(),
            };
            ready.entry(key.0).or_insert_with(new).clone()
        })
    }
}

/// What `PublicKey::verify` does, for a key that may be ready.
fn by_ed25519(
    key: &Ed25519PublicKey,
    namespace: &str,
    message: &[u8],
    found: &SshSig,
) -> Result<(), Flaw> {
    let key = Ready::of(key).key.ok_or(Flaw::Wrong)?;
    let signed =
        SshSig::signed_data(namespace, found.hash_alg(), message).map_err(|_| Flaw::Wrong)?;
    let signature = ed25519_dalek::Signature::from_slice(found.signature_bytes());
    let signature = signature.map_err(|_| Flaw::Wrong)?;
    key.verify(&signed, &signature).map_err(|_| Flaw::Wrong)
}

impl Signature {
    /// Reads the binary form, that between the lines `BEGIN` and `END`.
    pub fn read(blob: &[u8]) -> Result<Self, Flaw> {
        let shape = |why: &dyn std::fmt::Display| Flaw::Shape(why.to_string());
        let mut rest = blob;
        let signature = SshSig::decode(&mut rest).map_err(|error| shape(&error))?;
        let again = signature.encode_vec().map_err(|error| shape(&error))?;
        if !rest.is_empty() || again != blob {
            return Err(shape(&"there is another way to write it"));
        }
        Ok(Self(signature))
    }

    /// Reads the armoured form that `ssh-keygen -Y sign` writes.
    pub fn read_armoured(text: &str) -> Result<Self, Flaw> {
        SshSig::from_pem(text)
            .map(Self)
            .map_err(|error| Flaw::Shape(error.to_string()))
    }

    /// The binary form.
    pub fn blob(&self) -> Result<Vec<u8>, Flaw> {
        self.0
            .encode_vec()
            .map_err(|error| Flaw::Shape(error.to_string()))
    }

    /// The key it says it was made by.
    pub fn key(&self) -> &KeyData {
        self.0.public_key()
    }

    /// The name of that key, as [`fingerprint`] gives it.
    pub fn key_name(&self) -> String {
        match self.key().ed25519() {
            Some(key) => Ready::of(key).name.to_string(),
            None => fingerprint(self.key()),
        }
    }

    /// The namespace it says it was made in.
    pub fn namespace(&self) -> &str {
        self.0.namespace()
    }

    /// Whether that key made it for these bytes in that namespace.
    pub fn check(&self, message: &[u8], namespace: &str, key: &KeyData) -> Result<(), Flaw> {
        let found = &self.0;
        if found.version() != SshSig::VERSION {
            return Err(Flaw::Version(found.version()));
        }
        if !found.reserved().is_empty() {
            return Err(Flaw::Reserved);
        }
        if found.namespace() != namespace {
            return Err(Flaw::Namespace {
                found: found.namespace().to_owned(),
                wanted: namespace.to_owned(),
            });
        }
        if found.hash_alg() != HashAlg::Sha512 {
            return Err(Flaw::Hash(found.hash_alg().to_string()));
        }
        if found.public_key() != key {
            return Err(Flaw::Key {
                found: fingerprint(found.public_key()),
                wanted: fingerprint(key),
            });
        }
        acceptable(key)?;
        match (key.algorithm(), found.algorithm()) {
            (Algorithm::Rsa { .. }, Algorithm::Rsa { hash: Some(_) }) => {}
            (_, Algorithm::Rsa { hash: None }) => {
                return Err(Flaw::Algorithm("ssh-rsa with SHA-1".into()));
            }
            (of_the_key, said) if of_the_key == said => {}
            // Nothing signed says which it is, so another could be put there.
            (_, said) => return Err(Flaw::Algorithm(said.to_string())),
        }
        if key.is_sk_ed25519() || key.is_sk_ecdsa_p256() {
            let bytes = found.signature_bytes();
            let flags = bytes.len().checked_sub(FIDO_TRAILER).map(|at| bytes[at]);
            if flags.is_none_or(|flags| flags & TOUCHED == 0) {
                return Err(Flaw::Untouched);
            }
        }
        match key.ed25519() {
            Some(key) => by_ed25519(key, namespace, message, found),
            None => PublicKey::new(key.clone(), "")
                .verify(namespace, message, found)
                .map_err(|_| Flaw::Wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ssh_key::private::Ed25519Keypair;
    use ssh_key::public::SkEd25519;
    use ssh_key::{PrivateKey, SigningKey};

    use crate::promotion::Sha256;

    const NAMESPACE: &str = "promotion-tech-v1@countersign";
    const MESSAGE: &[u8] = b"what was shown";

    fn raw(key: &impl SigningKey, bytes: &[u8]) -> Vec<u8> {
        key.try_sign(bytes).unwrap().as_bytes().to_vec()
    }

    /// Stands for a FIDO key, which signs flags and a counter with the message
    /// (PROTOCOL.u2f). Gives its public half and the bytes of the signature.
    fn by_fido(flags: u8) -> (KeyData, Vec<u8>) {
        let pair = Ed25519Keypair::from_seed(&[7; 32]);
        let key = KeyData::SkEd25519(SkEd25519::new(pair.public, "ssh:"));
        let behind = [flags, 0, 0, 0, 9];
        let message = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, MESSAGE).unwrap();
        let (application, message) = (Sha256::of(b"ssh:"), Sha256::of(&message));
        let signed = [
            application.as_bytes().as_slice(),
            &behind,
            message.as_bytes(),
        ];
        let signature = raw(&PrivateKey::from(pair), &signed.concat());
        (key, [signature, behind.to_vec()].concat())
    }

    /// As it comes out of an envelope.
    fn check(key: &KeyData, algorithm: Algorithm, signature: Vec<u8>) -> Result<(), Flaw> {
        let signature = ssh_key::Signature::new(algorithm, signature).unwrap();
        let whole = SshSig::new(key.clone(), NAMESPACE, HashAlg::Sha512, signature).unwrap();
        let blob = Signature(whole).blob().unwrap();
        Signature::read(&blob)?.check(MESSAGE, NAMESPACE, key)
    }

    #[test]
    fn a_fido_key_has_to_be_touched() {
        let (key, touched) = by_fido(TOUCHED);
        assert_eq!(check(&key, Algorithm::SkEd25519, touched), Ok(()));
        let (key, mut untouched) = by_fido(0);
        let told = check(&key, Algorithm::SkEd25519, untouched.clone());
        assert_eq!(told, Err(Flaw::Untouched));
        // That it was touched is signed as well.
        let flags = untouched.len() - FIDO_TRAILER;
        untouched[flags] = TOUCHED;
        let told = check(&key, Algorithm::SkEd25519, untouched);
        assert_eq!(told, Err(Flaw::Wrong));
    }

    #[test]
    fn a_signature_is_of_the_kind_of_its_key() {
        let (key, signature) = by_fido(TOUCHED);
        let made_up: Algorithm = "made-up@example.org".parse().unwrap();
        let told = check(&key, made_up, signature);
        assert_eq!(told, Err(Flaw::Algorithm("made-up@example.org".into())));
    }
}
