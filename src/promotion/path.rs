//! A path inside the repository, as git has it: bytes, separated by `/`.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path inside the repository, relative to its root, with `/` between parts
/// and none at either end. Git paths are bytes: they need not be UTF-8.
///
/// As text (display, JSON) a byte that is no UTF-8 becomes `\xNN` and a
/// backslash `\\`, so that the text names exactly one path and
/// [`RepoPath::from_text`] reads it back. The text may still hold control
/// characters: pass it through [`super::text::visible`] before showing it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    /// The path of these bytes, without leading or trailing slashes.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        let mut bytes: Vec<u8> = bytes.into();
        while bytes.last() == Some(&b'/') {
            bytes.pop();
        }
        let lead = bytes.iter().take_while(|b| **b == b'/').count();
        bytes.drain(..lead);
        Self(bytes)
    }

    /// Reads the text form back; see the type's documentation.
    pub fn from_text(text: &str) -> Self {
        let raw = text.as_bytes();
        let mut bytes = Vec::with_capacity(raw.len());
        let mut at = 0;
        while at < raw.len() {
            if raw[at] == b'\\' {
                if raw.get(at + 1) == Some(&b'\\') {
                    bytes.push(b'\\');
                    at += 2;
                    continue;
                }
                let hex = raw
                    .get(at + 2..at + 4)
                    .filter(|_| raw.get(at + 1) == Some(&b'x'))
                    .and_then(|h| std::str::from_utf8(h).ok())
                    .and_then(|h| u8::from_str_radix(h, 16).ok());
                if let Some(byte) = hex {
                    bytes.push(byte);
                    at += 4;
                    continue;
                }
            }
            bytes.push(raw[at]);
            at += 1;
        }
        Self::from_bytes(bytes)
    }

    /// The bytes as git has them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// True for the repository's root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The text form; borrowed where the path is plain UTF-8.
    pub fn to_text(&self) -> Cow<'_, str> {
        match std::str::from_utf8(&self.0) {
            Ok(text) if !text.contains('\\') => Cow::Borrowed(text),
            _ => {
                let mut out = String::new();
                for chunk in self.0.utf8_chunks() {
                    out.push_str(&chunk.valid().replace('\\', "\\\\"));
                    for byte in chunk.invalid() {
                        out.push_str(&format!("\\x{byte:02x}"));
                    }
                }
                Cow::Owned(out)
            }
        }
    }

    /// This path with one more part (or several, separated by `/`).
    pub fn join(&self, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        if self.0.is_empty() {
            return Self::from_bytes(part);
        }
        let mut bytes = self.0.clone();
        bytes.push(b'/');
        bytes.extend_from_slice(part);
        Self::from_bytes(bytes)
    }

    /// The path without its last part; `None` at the root.
    pub fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        let cut = self.0.iter().rposition(|b| *b == b'/').unwrap_or(0);
        Some(Self(self.0[..cut].to_vec()))
    }

    /// The bytes of the last part.
    pub fn name(&self) -> &[u8] {
        self.0.rsplit(|b| *b == b'/').next().unwrap_or_default()
    }

    /// True if `self` is `ancestor` or lies below it. Everything lies below the root.
    pub fn is_within(&self, ancestor: &Self) -> bool {
        ancestor.0.is_empty()
            || self.0 == ancestor.0
            || (self.0.starts_with(&ancestor.0) && self.0.get(ancestor.0.len()) == Some(&b'/'))
    }

    /// The path relative to `ancestor`; `None` if it does not lie within.
    pub fn strip(&self, ancestor: &Self) -> Option<Self> {
        if !self.is_within(ancestor) {
            return None;
        }
        Some(Self::from_bytes(&self.0[ancestor.0.len()..]))
    }

    /// True for a name that Python reads as source: `*.py` or `*.pyi`.
    pub fn is_python(&self) -> bool {
        self.0.ends_with(b".py") || self.0.ends_with(b".pyi")
    }

    /// The dotted module name Python would import this path by:
    /// `a/b/__init__.py` and `a/b` give `a.b`, `a/b/c.py` gives `a.b.c`.
    /// `None` where the path is not UTF-8.
    pub fn dotted(&self) -> Option<String> {
        let text = std::str::from_utf8(&self.0).ok()?;
        let text = text
            .strip_suffix(".pyi")
            .or_else(|| text.strip_suffix(".py"))
            .unwrap_or(text);
        let text = match text.strip_suffix("__init__") {
            Some(rest) if rest.is_empty() || rest.ends_with('/') => rest.trim_end_matches('/'),
            _ => text,
        };
        Some(text.replace('/', "."))
    }

    /// The path as the file system of this machine has it, relative.
    ///
    /// Callers that write must have refused `..` parts before: git trees that
    /// hold them are invalid, and [`RepoPath::is_safe`] says so.
    #[cfg(unix)]
    pub fn to_fs(&self) -> PathBuf {
        use std::os::unix::ffi::OsStrExt;
        Path::new(std::ffi::OsStr::from_bytes(&self.0)).to_path_buf()
    }

    /// False for paths that could leave the tree: empty, `.`, `..` or `.git` parts, NUL bytes.
    pub fn is_safe(&self) -> bool {
        !self.0.is_empty()
            && !self.0.contains(&0)
            && self.0.split(|b| *b == b'/').all(|part| {
                !part.is_empty()
                    && part != b"."
                    && part != b".."
                    && !part.eq_ignore_ascii_case(b".git")
            })
    }

    /// The repository path of a relative file-system path.
    #[cfg(unix)]
    pub fn from_fs(path: &Path) -> Self {
        use std::os::unix::ffi::OsStrExt;
        Self::from_bytes(path.as_os_str().as_bytes())
    }
}

impl From<&str> for RepoPath {
    /// A plain UTF-8 path, taken literally (no escapes).
    fn from(text: &str) -> Self {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_text())
    }
}

impl Serialize for RepoPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for RepoPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_text(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dotted_names() {
        let dotted = |p: &str| RepoPath::from(p).dotted().unwrap();
        assert_eq!(dotted("a/b/__init__.py"), "a.b");
        assert_eq!(dotted("a/b/c.py"), "a.b.c");
        assert_eq!(dotted("a/b"), "a.b");
        assert_eq!(dotted("a/my__init__.py"), "a.my__init__");
    }

    #[test]
    fn within_stops_at_part_boundaries() {
        let lane = RepoPath::from("candidate");
        assert!(RepoPath::from("candidate/x").is_within(&lane));
        assert!(RepoPath::from("candidate").is_within(&lane));
        assert!(!RepoPath::from("candidates/x").is_within(&lane));
    }

    #[test]
    fn unsafe_paths_are_named() {
        for bad in ["", "a/../b", "./a", "a/.GIT/config", "a//b", "a/\0b"] {
            assert!(!RepoPath::from_bytes(bad).is_safe(), "{bad:?}");
        }
        assert!(RepoPath::from("a/.github/b").is_safe());
    }

    proptest! {
        #[test]
        fn text_form_is_reversible(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let path = RepoPath::from_bytes(bytes);
            prop_assert_eq!(RepoPath::from_text(&path.to_text()), path);
        }
    }
}
