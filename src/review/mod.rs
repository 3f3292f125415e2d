//! Signatures: envelopes as DSSE has them, made and checked as OpenSSH does, by
//! keys that the keyring knows.

pub mod envelope;
pub mod keyring;
pub mod signer;
pub mod sshsig;
pub mod verify;

pub use envelope::{Envelope, NotAnEnvelope};
pub use keyring::{Entry, Keyring, Problem};
pub use signer::{Cannot, Signer};
pub use sshsig::{Flaw, Signature};
pub use verify::{Refused, Verified, verify};
