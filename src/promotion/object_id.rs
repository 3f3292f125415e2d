//! The name of a git object.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::sha256::{Digits, bytes_of, hex};

/// A git object id: 20 bytes, SHA-1. (libgit2 reads SHA-1 repositories only;
/// others are refused when the repository is opened.)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; 20]);

impl ObjectId {
    /// The id of these 20 bytes.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Reads 40 lower-case hexadecimal digits: one id has one text.
    pub fn from_hex(hex: &str) -> Option<Self> {
        bytes_of(hex).map(Self)
    }

    /// The first ten digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..10].to_owned()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 40];
        hex(&self.0, &mut digits);
        f.write_str(str::from_utf8(&digits).unwrap_or_default())
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Digits("a git object id", Self::from_hex))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_one_text() {
        let text = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(ObjectId::from_hex(text).unwrap().to_string(), text);
        let signs = "+1".repeat(20);
        for wrong in [&text[1..], &text.to_uppercase(), &signs, "", "ä"] {
            assert_eq!(ObjectId::from_hex(wrong), None, "{wrong}");
        }
    }
}
