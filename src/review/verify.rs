//! From an envelope to a statement that somebody is known to have made.
//!
//! The order matters. The signature is checked over the bytes before anything in
//! them is believed; then the bytes are read; and only then is asked whether who
//! they name may sign with that key in that role. Nobody is looked for by a key:
//! the statement names the person, and the keyring either has that key for them
//! or has not.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use crate::promotion::Sha256;
use crate::promotion::review::decision::{Change, KeyChange, NotAStatement, PAYLOAD_TYPE};
use crate::promotion::review::{Predicate, Role, Statement};

use super::{Envelope, Flaw, Keyring, NotAnEnvelope, Signature};

/// A statement with who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What was said.
    pub statement: Statement,
    /// The role it was signed in.
    pub role: Role,
    /// The key, `SHA256:…`.
    pub key: String,
}

/// Why an envelope proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is none.
    #[error(transparent)]
    Envelope(#[from] NotAnEnvelope),
    /// It carries something else.
    #[error("it carries {0:?}, not {PAYLOAD_TYPE:?}")]
    PayloadType(String),
    /// Its signature.
    #[error("its signature does not count: {0}")]
    Signature(#[from] Flaw),
    /// It names another key than signed.
    #[error("it says that the key {said} signed, but {found} did")]
    KeyId {
        /// What it says.
        said: String,
        /// The truth.
        found: String,
    },
    /// Made for something that is no role.
    #[error("it was signed in the namespace {0:?}, which is that of no role")]
    Namespace(String),
    /// What is signed is no statement.
    #[error("what was signed is no statement: {0}")]
    Statement(#[from] NotAStatement),
    /// Says that it was made in another role.
    #[error("it says {said}, but was signed as {signed}")]
    Role {
        /// What it says.
        said: Role,
        /// In which it was signed.
        signed: Role,
    },
    /// A keyring that never stood on the base branch.
    #[error("it names the keyring {}, which never stood on the base branch", .0.short())]
    Keyring(Sha256),
    /// The keyring does not let them.
    #[error("the keyring {} does not let {principal} sign as {role} with the key {key} at that time", keyring.short())]
    NotAllowed {
        /// Who.
        principal: String,
        /// As what.
        role: Role,
        /// With which key.
        key: String,
        /// By which keyring.
        keyring: Sha256,
    },
    /// It names another line of the keyring than the one that lets them.
    #[error("it names another line of the keyring than that of its key")]
    Entry,
    /// A change of a key that nobody may make.
    #[error("as a change of a key it counts for nothing: {0}")]
    KeyChange(&'static str),
    /// A record that its signer may not make, or that makes no sense.
    #[error("as a record it counts for nothing: {0}")]
    Record(&'static str),
}

/// Checks an envelope. `keyrings` gives the keyring of a digest, if a file with
/// it ever stood on the base branch.
pub fn verify(
    envelope: &Envelope,
    keyrings: &dyn Fn(&Sha256) -> Option<Arc<Keyring>>,
) -> Result<Verified, Refused> {
    if envelope.payload_type() != PAYLOAD_TYPE {
        return Err(Refused::PayloadType(envelope.payload_type().to_owned()));
    }
    let signed = envelope.signed()?;
    let (said, blob) = envelope.signature()?;
    let signature = Signature::read(&blob)?;
    let key = signature.key_name();
    if said != key {
        return Err(Refused::KeyId {
            said: said.to_owned(),
            found: key,
        });
    }
    let namespace = signature.namespace();
    let role =
        Role::of_namespace(namespace).ok_or_else(|| Refused::Namespace(namespace.to_owned()))?;
    signature.check(signed.bytes(), role.namespace(), signature.key())?;
    let payload = signed.payload();
    let statement = Statement::read(payload)?;
    may_sign(&statement, role, &signature, &key, keyrings)?;
    Ok(Verified {
        statement,
        role,
        key,
    })
}

/// Whether the keyring that a statement names lets that key say it in that role.
fn may_sign(
    statement: &Statement,
    role: Role,
    signature: &Signature,
    key: &str,
    keyrings: &dyn Fn(&Sha256) -> Option<Arc<Keyring>>,
) -> Result<(), Refused> {
    let said = statement.predicate.said();
    if said.role != role {
        return Err(Refused::Role {
            said: said.role,
            signed: role,
        });
    }
    let keyring = keyrings(&said.keyring).ok_or(Refused::Keyring(said.keyring))?;
    let mut lines = keyring
        .of_principal(said.principal)
        .filter(|entry| entry.key == *signature.key() && entry.allows(role, said.signed_at))
        .peekable();
    if lines.peek().is_none() {
        return Err(Refused::NotAllowed {
            principal: said.principal.to_owned(),
            role,
            key: key.to_owned(),
            keyring: said.keyring,
        });
    }
    if !lines.any(|entry| entry.digest == said.keyring_entry) {
        return Err(Refused::Entry);
    }
    match &statement.predicate {
        Predicate::Decision(_) => Ok(()),
        Predicate::KeyChange(change) => may_change(statement, change, role, key, &keyring),
        Predicate::Record(record) => match record.flaw(&statement.subject) {
            Some(flaw) => Err(Refused::Record(flaw)),
            None => Ok(()),
        },
    }
}

/// Whether a change of a key makes sense, and is by somebody who may say it.
fn may_change(
    statement: &Statement,
    change: &KeyChange,
    role: Role,
    key: &str,
    keyring: &Keyring,
) -> Result<(), Refused> {
    let no = |why| Err(Refused::KeyChange(why));
    if !role.may_change_keys() {
        return no("only an owner or who releases says what became of a key");
    }
    if change.key == key {
        return no("a key says nothing of itself: sign it with another");
    }
    let digests: Vec<_> = statement.subject.iter().map(|it| &it.digest).collect();
    let named = digest_of_key(&change.key).map(|hex| [("sha256".to_owned(), hex)].into());
    if named.is_none_or(|named| digests != [&named]) {
        return no("its subject is another key than the one it names");
    }
    if change.from.is_some() != (change.change == Change::Compromised) {
        return no("from where on is said of a compromised key, and of no other");
    }
    let mut others = keyring.of_key(&change.key);
    if others.any(|entry| entry.principal != change.holder) {
        return no("the key is somebody else's in the keyring");
    }
    Ok(())
}

/// The digest of a key's blob in hexadecimal, from its name `SHA256:…`.
pub fn digest_of_key(fingerprint: &str) -> Option<String> {
    let text = fingerprint.strip_prefix("SHA256:")?;
    let bytes = BASE64_STANDARD_NO_PAD.decode(text).ok()?;
    let bytes: [u8; 32] = bytes.try_into().ok()?;
    Some(Sha256::from_bytes(bytes).to_string())
}
