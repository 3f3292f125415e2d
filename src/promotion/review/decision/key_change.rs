//! What is signed of a key that counts no longer.

use serde::{Deserialize, Serialize};

use super::{Repository, Seen};
use crate::promotion::Sha256;
use crate::promotion::review::Role;

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Another took its place: what it signed before stays.
    Superseded,
    /// Somebody else had it: what it signed counts for nothing, from a position on.
    Compromised,
}

/// That a key counts no longer. An owner or who releases says it, with another key:
/// a stolen one could else say from where on it was stolen.
///
/// The subject is the key: named after its holder, with the digest of its blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyChange {
    /// What became of it.
    pub change: Change,
    /// Where compromised: entries by the key are void from this position on. Where
    /// superseded nothing: what stands behind the change itself is void.
    pub from: Option<u64>,
    /// Whose it is, or was.
    pub holder: String,
    /// The key, `SHA256:…`.
    pub key: String,
    /// The keyring at the base commit.
    pub keyring: Sha256,
    /// The signer's line of it.
    pub keyring_entry: Sha256,
    /// Tells two otherwise equal ones apart: 32 hexadecimal digits.
    pub nonce: String,
    /// Why.
    pub note: String,
    /// Who signs.
    pub principal: String,
    /// Where.
    pub repository: Repository,
    /// As what the signer says it.
    pub role: Role,
    /// The log as it was seen.
    pub seen: Seen,
    /// When, in seconds since 1970 UTC by the signer's clock: advice, not proof.
    pub signed_at: i64,
}
