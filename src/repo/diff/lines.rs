//! The lines of a blob, by number, without copying them.

use std::ops::Range;
use std::sync::Arc;

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// Not at all: the last line of a file without a newline at its end.
    None,
}

/// How the lines of a file end, taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endings {
    /// There is no line that ends.
    None,
    /// All with `\n`.
    Lf,
    /// All with `\r\n`.
    CrLf,
    /// Some so, some so.
    Mixed,
}

/// A text and where its lines begin. The bytes are as git has them.
#[derive(Clone, PartialEq, Eq)]
pub struct Lines {
    bytes: Arc<[u8]>,
    /// Where each line begins, and at the end the length of the text.
    starts: Vec<u32>,
    endings: Endings,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lines({} lines, {} bytes)", self.len(), self.bytes.len())
    }
}

impl Lines {
    /// Splits a text of at most 4 GiB at `\n`; what lies beyond is not there.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into();
        let length = bytes.len().min(u32::MAX as usize);
        let mut starts = vec![0];
        let (mut crlf, mut lf) = (0usize, 0usize);
        for at in memchr::memchr_iter(b'\n', &bytes[..length]) {
            starts.push(at as u32 + 1);
            if at > 0 && bytes[at - 1] == b'\r' {
                crlf += 1;
            } else {
                lf += 1;
            }
        }
        if starts.last() != Some(&(length as u32)) {
            starts.push(length as u32);
        }
        let endings = match (crlf, lf) {
            (0, 0) => Endings::None,
            (0, _) => Endings::Lf,
            (_, 0) => Endings::CrLf,
            _ => Endings::Mixed,
        };
        Self {
            bytes,
            starts,
            endings,
        }
    }

    /// How many lines there are; an empty text has none.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// True for an empty text.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How its lines end.
    pub fn endings(&self) -> Endings {
        self.endings
    }

    fn range(&self, line: usize) -> Range<usize> {
        match (self.starts.get(line), self.starts.get(line + 1)) {
            (Some(from), Some(to)) => *from as usize..*to as usize,
            _ => 0..0,
        }
    }

    /// A line with its ending, counted from 0; empty where there is none of that number.
    pub fn raw(&self, line: usize) -> &[u8] {
        &self.bytes[self.range(line)]
    }

    /// A line without its ending.
    pub fn line(&self, line: usize) -> &[u8] {
        strip(self.raw(line)).0
    }

    /// How a line ends.
    pub fn ending(&self, line: usize) -> Ending {
        strip(self.raw(line)).1
    }

    /// As many lines, without any white space in them.
    pub fn squeezed(&self) -> Self {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for line in self.iter() {
            bytes.extend(line.iter().filter(|b| !b.is_ascii_whitespace()));
            // Also the last one: what is left of it may be nothing.
            bytes.push(b'\n');
        }
        Self::new(bytes)
    }

    /// Every line without its ending.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.len()).map(|line| self.line(line))
    }
}

fn strip(raw: &[u8]) -> (&[u8], Ending) {
    match raw {
        [line @ .., b'\r', b'\n'] => (line, Ending::CrLf),
        [line @ .., b'\n'] => (line, Ending::Lf),
        line => (line, Ending::None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn endings_are_told_apart() {
        let lines = Lines::new(&b"a\r\nb\n\nc"[..]);
        assert_eq!(lines.len(), 4);
        let all: Vec<_> = (0..4).map(|n| (lines.line(n), lines.ending(n))).collect();
        assert_eq!(
            all,
            [
                (&b"a"[..], Ending::CrLf),
                (b"b", Ending::Lf),
                (b"", Ending::Lf),
                (b"c", Ending::None)
            ]
        );
        assert_eq!(lines.endings(), Endings::Mixed);
        assert_eq!(Lines::new(&b""[..]).len(), 0);
        assert_eq!(lines.raw(99), b"");
    }

    proptest! {
        #[test]
        fn squeezed_lines_are_as_many(bytes in proptest::collection::vec(
            prop_oneof![Just(b'\n'), Just(b' '), Just(b'\r'), Just(b'a')], 0..60)) {
            let lines = Lines::new(bytes);
            let squeezed = lines.squeezed();
            prop_assert_eq!(squeezed.len(), lines.len());
            for n in 0..lines.len() {
                let all: Vec<u8> = lines.line(n).iter().copied().filter(|b| *b == b'a').collect();
                prop_assert_eq!(squeezed.line(n), &all[..]);
            }
        }

        #[test]
        fn the_lines_are_the_text(bytes in proptest::collection::vec(
            prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200)) {
            let lines = Lines::new(bytes.clone());
            let joined: Vec<u8> = (0..lines.len()).flat_map(|n| lines.raw(n).to_vec()).collect();
            prop_assert_eq!(joined, bytes);
        }
    }
}
