//! Says that a key counts no longer, and signs it.

use crate::promotion::review::decision::{Change, KeyChange, PAYLOAD_TYPE};
use crate::promotion::review::{Predicate, Role, Statement, Subject};
use crate::review::envelope::pae;
use crate::review::signer::Ask;
use crate::review::verify::digest_of_key;
use crate::review::{Cannot, Envelope, Signer};
use crate::workflow::Workspace;
use crate::workflow::sign_off::{Authority, Key};

use super::{Appended, AuditError, Ground, Log, append_at, seen};

/// What is said of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The key, `SHA256:…`.
    pub fingerprint: String,
    /// Where it is compromised: from which entry on. Else it is superseded.
    pub compromised_from: Option<u64>,
    /// Why.
    pub note: String,
    /// As what the signer says it.
    pub role: Role,
}

/// Signs with `by` what became of a key, and appends it. `terminal`: there is
/// somebody to ask for a passphrase. Refused for a key that no keyring ever had, and
/// from a position on that is not there yet.
pub fn revoke(
    ws: &Workspace,
    authority: &Authority,
    log: &Log,
    what: &Revocation,
    by: &Key,
    terminal: bool,
) -> Result<Appended, AuditError> {
    let ground = Ground::of(ws, authority)?;
    if let Some(position) = what.compromised_from.filter(|from| *from >= log.head.size) {
        return Err(AuditError::NoEntry {
            position,
            size: log.head.size,
        });
    }
    let current = std::iter::once(&authority.keyring);
    let holder = current
        .chain(ground.keyrings.values())
        .find_map(|ring| ring.of_key(&what.fingerprint).next());
    let unknown = || AuditError::NoKey(what.fingerprint.clone());
    let holder = holder.ok_or_else(unknown)?.principal.clone();
    let digest = digest_of_key(&what.fingerprint).ok_or_else(unknown)?;
    let change = KeyChange {
        change: match what.compromised_from {
            Some(_) => Change::Compromised,
            None => Change::Superseded,
        },
        key: what.fingerprint.clone(),
        holder: holder.clone(),
        from: what.compromised_from,
        note: what.note.clone(),
        role: what.role,
        principal: by.principal.clone(),
        repository: authority.repository.clone(),
        keyring: authority.keyring.digest,
        keyring_entry: by.entry.digest,
        seen: seen(log),
        nonce: nonce()?,
        signed_at: jiff::Timestamp::now().as_second(),
    };
    let subject = Subject {
        name: holder.as_str().into(),
        digest: [("sha256".to_owned(), digest)].into(),
    };
    let statement = Statement::of(subject, Predicate::KeyChange(Box::new(change)));
    let bytes = statement.bytes()?;
    let ask = match terminal {
        true => Ask::Terminal,
        false => Ask::Nobody,
    };
    let signer = Signer::open(&by.file)?;
    let signature = signer.sign(&pae(PAYLOAD_TYPE, &bytes), what.role.namespace(), ask)?;
    let blob = signature.blob().map_err(Cannot::Flaw)?;
    let envelope = Envelope::new(PAYLOAD_TYPE, &bytes, &by.fingerprint, &blob);
    let message = format!(
        "{} revoked a key of {holder} as {}",
        by.principal, what.role
    );
    append_at(&ground, &envelope, &message)
}

fn nonce() -> Result<String, AuditError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| AuditError::Disk {
        path: "the system's random numbers".into(),
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
