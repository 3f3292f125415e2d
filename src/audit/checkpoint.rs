//! Checkpoints: a tree head as a signed note (C2SP `tlog-checkpoint` and
//! `signed-note`).
//!
//! ```text
//! countersign/lantern
//! 3
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — automation@countersign AAAAAb…
//! ```

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use super::merkle::{Hash, Head};

/// The kind of key of an Ed25519 signature in a signed note.
const ED25519: u8 = 1;
/// Of a name and a key: which key signed.
const ID: usize = 4;

/// What a log promises of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// Its size and root.
    pub head: Head,
}

/// Why text is no checkpoint that counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACheckpoint {
    /// Text of another form.
    #[error("it is no checkpoint: {0}")]
    Shape(&'static str),
    /// Of another log.
    #[error("it is of the log {found:?}, not {wanted:?}")]
    Origin {
        /// Whose it is.
        found: String,
        /// Whose it had to be.
        wanted: String,
    },
    /// Nobody signed it whom we know.
    #[error("no signature by {0} is on it")]
    Unsigned(String),
    /// A signature that does not fit.
    #[error("the signature by {0} does not fit")]
    Wrong(String),
}

/// Somebody who signs notes: a name without blanks or `+`, and an Ed25519 key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The name.
    pub name: String,
    /// The key.
    pub key: [u8; 32],
}

impl Signer {
    /// Which key it is: the first four bytes of `SHA-256(name || 0x0A || 0x01 || key)`.
    fn id(&self) -> [u8; ID] {
        let mut hash = Sha256::new();
        hash.update(self.name.as_bytes());
        hash.update([b'\n', ED25519]);
        hash.update(self.key);
        let hash: Hash = hash.finalize().into();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.head.size,
            BASE64_STANDARD.encode(self.head.root)
        )
    }

    /// The signed note. `sign` makes an Ed25519 signature of bytes.
    pub fn note<X>(
        &self,
        signer: &Signer,
        sign: impl FnOnce(&[u8]) -> Result<[u8; 64], X>,
    ) -> Result<String, X> {
        let text = self.text();
        let signature = sign(text.as_bytes())?;
        let mut bytes = signer.id().to_vec();
        bytes.extend_from_slice(&signature);
        Ok(format!(
            "{text}\n\u{2014} {} {}\n",
            signer.name,
            BASE64_STANDARD.encode(&bytes)
        ))
    }

    /// What a note says, whoever signed it, or nobody: for what it says to be held
    /// against the log, which has to be as it says all the same.
    pub fn said(note: &str) -> Result<Self, NotACheckpoint> {
        plain(note)?;
        let text = note
            .rsplit_once("\n\n")
            .map(|(text, _)| format!("{text}\n"));
        Self::read_text(text.as_deref().unwrap_or(note))
    }

    /// Reads a signed note. `verify` says whether an Ed25519 signature of bytes is
    /// the signer's. Signatures of others may be on it and say nothing.
    pub fn read(
        note: &str,
        origin: &str,
        signer: &Signer,
        verify: impl Fn(&[u8], &[u8; 64]) -> bool,
    ) -> Result<Self, NotACheckpoint> {
        let shape = NotACheckpoint::Shape;
        plain(note)?;
        let (text, signatures) = note
            .rsplit_once("\n\n")
            .ok_or(shape("no blank line before its signatures"))?;
        let text = format!("{text}\n");
        let found = Self::read_text(&text)?;
        if found.origin != origin {
            return Err(NotACheckpoint::Origin {
                found: found.origin,
                wanted: origin.to_owned(),
            });
        }
        let signatures = signatures
            .strip_suffix('\n')
            .ok_or(shape("its last line has no newline"))?;
        let mut signed = false;
        for line in signatures.split('\n') {
            let (name, bytes) = line
                .strip_prefix("\u{2014} ")
                .and_then(|rest| rest.split_once(' '))
                .ok_or(shape("a line of its signatures is none"))?;
            let bytes = BASE64_STANDARD
                .decode(bytes)
                .map_err(|_| shape("a signature is no base64"))?;
            let (id, signature) = bytes
                .split_first_chunk::<ID>()
                .ok_or(shape("a signature is too short"))?;
            if name != signer.name || *id != signer.id() {
                continue;
            }
            let signature = signature
                .try_into()
                .map_err(|_| NotACheckpoint::Wrong(signer.name.clone()))?;
            if !verify(text.as_bytes(), signature) {
                return Err(NotACheckpoint::Wrong(signer.name.clone()));
            }
            signed = true;
        }
        match signed {
            true => Ok(found),
            false => Err(NotACheckpoint::Unsigned(signer.name.clone())),
        }
    }

    fn read_text(text: &str) -> Result<Self, NotACheckpoint> {
        let shape = NotACheckpoint::Shape;
        let mut lines = text.split('\n');
        let mut next = || lines.next().filter(|line| !line.is_empty());
        let origin = next().ok_or(shape("no origin"))?;
        let size = next().ok_or(shape("no size"))?;
        let root = next().ok_or(shape("no root"))?;
        let number: u64 = size.parse().map_err(|_| shape("its size is no number"))?;
        if number.to_string() != size {
            return Err(shape("its size is not written as numbers are"));
        }
        let root = BASE64_STANDARD
            .decode(root)
            .ok()
            .and_then(|root| Hash::try_from(root).ok())
            .ok_or(shape("its root is no SHA-256 hash in base64"))?;
        Ok(Self {
            origin: origin.to_owned(),
            head: Head { size: number, root },
        })
    }
}

/// A signed note has no control characters but newlines, whatever it says.
fn plain(note: &str) -> Result<(), NotACheckpoint> {
    match note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        true => Err(NotACheckpoint::Shape("it has a control character in it")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> Signer {
        Signer {
            name: "automation@countersign".into(),
            key: [5; 32],
        }
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: "countersign/lantern".into(),
            head: Head {
                size: 3,
                root: [7; 32],
            },
        }
    }

    /// Stands for a signature: of these very bytes, and nothing else.
    fn sign(bytes: &[u8]) -> [u8; 64] {
        let hash: Hash = Sha256::digest(bytes).into();
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&hash);
        signature
    }

    fn read(note: &str) -> Result<Checkpoint, NotACheckpoint> {
        Checkpoint::read(note, "countersign/lantern", &signer(), |text, signature| {
            sign(text) == *signature
        })
    }

    fn note() -> String {
        let signed = checkpoint().note(&signer(), |text| Ok::<_, ()>(sign(text)));
        signed.unwrap()
    }

    /// The key that the documentation of Go's `sumdb/note` shows, with the id it
    /// has there: `PeterNeumann+c74f20a3+ARpc2Qc…`.
    #[test]
    fn a_key_has_the_id_that_others_give_it() {
        let bytes = BASE64_STANDARD
            .decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
            .unwrap();
        assert_eq!(bytes[0], ED25519);
        let signer = Signer {
            name: "PeterNeumann".into(),
            key: bytes[1..].try_into().unwrap(),
        };
        assert_eq!(signer.id(), [0xc7, 0x4f, 0x20, 0xa3]);
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read(&note()), Ok(checkpoint()));
        let others = format!("{}\u{2014} somebody AAAAAAAA\n", note());
        assert_eq!(read(&others), Ok(checkpoint()));
    }

    #[test]
    fn nothing_in_it_can_be_changed() {
        let note = note();
        for (at, _) in note.char_indices() {
            for other in ["x", "", "\n", "9", " "] {
                let end = at + note[at..].chars().next().map_or(1, char::len_utf8);
                let changed = format!("{}{other}{}", &note[..at], &note[end..]);
                assert!(changed == note || read(&changed).is_err(), "{changed:?}");
            }
        }
    }

    #[test]
    fn an_unsigned_one_and_that_of_another_log_are_none() {
        let text = checkpoint().text();
        assert!(matches!(read(&text), Err(NotACheckpoint::Shape(_))));
        let strange = format!("{text}\n\u{2014} somebody AAAAAAAA\n");
        assert!(matches!(read(&strange), Err(NotACheckpoint::Unsigned(_))));
        let elsewhere = Checkpoint {
            origin: "countersign/other".into(),
            ..checkpoint()
        };
        let note = elsewhere.note(&signer(), |text| Ok::<_, ()>(sign(text)));
        assert!(matches!(
            read(&note.unwrap()),
            Err(NotACheckpoint::Origin { .. })
        ));
        let zeros = text.replace("\n3\n", "\n03\n");
        let note = format!(
            "{zeros}\n\u{2014} {} {}\n",
            signer().name,
            BASE64_STANDARD.encode([signer().id().as_slice(), &sign(zeros.as_bytes())].concat())
        );
        assert!(matches!(read(&note), Err(NotACheckpoint::Shape(_))));
    }

    /// Signed as well as can be: the form of a note forbids it.
    #[test]
    fn control_characters_are_refused() {
        let of = |extension: &str| {
            let text = format!("{}{extension}\n", checkpoint().text());
            let signature = [signer().id().as_slice(), &sign(text.as_bytes())].concat();
            let signature = BASE64_STANDARD.encode(&signature);
            let note = format!("{text}\n\u{2014} {} {signature}\n", signer().name);
            (read(&note), Checkpoint::said(&note))
        };
        let taken = of("what else there is, “é” and \u{7f}");
        assert_eq!(taken, (Ok(checkpoint()), Ok(checkpoint())));
        for control in (0..b' ').filter(|it| *it != b'\n') {
            let (read, said) = of(&format!("a{}b", char::from(control)));
            assert!(matches!(read, Err(NotACheckpoint::Shape(_))), "{control}");
            assert_eq!(said, read, "{control}");
        }
        let strange = format!("{}\u{2014} some\tbody AAAAAAAA\n", note());
        assert!(matches!(read(&strange), Err(NotACheckpoint::Shape(_))));
    }
}
