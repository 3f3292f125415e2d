//! Finding text in lines.

use std::ops::Range;

/// What is looked for. Without capital letters in it, case makes no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    bytes: Vec<u8>,
    any_case: bool,
}

impl Needle {
    /// `None` for an empty text.
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self {
            bytes: text.as_bytes().to_vec(),
            any_case: !text.chars().any(char::is_uppercase),
        })
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The first place at or after `from`.
    pub fn find(&self, line: &[u8], from: usize) -> Option<Range<usize>> {
        let first = *self.bytes.first()?;
        let hay = line.get(from..)?;
        let ends = hay.len().checked_sub(self.bytes.len())? + 1;
        let hit = |at: &usize| {
            let part = &hay[*at..*at + self.bytes.len()];
            match self.any_case {
                true => part.eq_ignore_ascii_case(&self.bytes),
                false => part == self.bytes,
            }
        };
        let (lower, upper) = match self.any_case {
            true => (first.to_ascii_lowercase(), first.to_ascii_uppercase()),
            false => (first, first),
        };
        memchr::memchr2_iter(lower, upper, &hay[..ends])
            .find(hit)
            .map(|at| from + at..from + at + self.bytes.len())
    }

    /// The places at or after `from`, in order, without overlap.
    pub fn all<'a>(
        &'a self,
        line: &'a [u8],
        from: usize,
    ) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut at = from;
        std::iter::from_fn(move || {
            let found = self.find(line, at)?;
            at = found.end;
            Some(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_ask_for_capitals() {
        let find = |needle: &str, line: &[u8]| Needle::new(needle).unwrap().find(line, 0);
        assert_eq!(find("abc", b"x ABc"), Some(2..5));
        assert_eq!(find("Abc", b"x abc Abc"), Some(6..9));
        assert_eq!(find("abc", b"ab"), None);
        assert_eq!(find("\u{e9}", b"\xff\xc3\xa9"), Some(1..3));
        assert_eq!(Needle::new(""), None);
    }

    #[test]
    fn places_do_not_overlap() {
        let needle = Needle::new("aa").unwrap();
        assert_eq!(needle.all(b"aaaaa", 0).collect::<Vec<_>>(), [0..2, 2..4]);
    }
}
