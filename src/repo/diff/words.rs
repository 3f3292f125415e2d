//! What changed within a line, word by word.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

/// Lines longer than this are not cut into words: only what they begin and end
/// with alike is left out.
const LONGEST: usize = 16 * 1024;
/// Above this share of changed bytes the whole line counts as changed and no
/// word is singled out.
const MOST: f32 = 0.8;

/// The parts of two lines that differ, as ranges of bytes that begin and end
/// between characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WordDiff {
    /// On the left.
    pub left: Vec<Range<usize>>,
    /// On the right.
    pub right: Vec<Range<usize>>,
}

/// Compares two lines word by word. Empty where nothing is worth singling out.
pub fn diff(left: &[u8], right: &[u8]) -> WordDiff {
    if left.len() > LONGEST || right.len() > LONGEST {
        return ends(left, right);
    }
    let mut input = InternedInput::<&[u8]>::default();
    input.update_before(tokens(left));
    input.update_after(tokens(right));
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_no_heuristic(&input);
    let side = |tokens: &[imara_diff::Token], changed: &dyn Fn(u32) -> bool| {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        for (index, token) in tokens.iter().enumerate() {
            let length = input.interner[*token].len();
            if changed(index as u32) {
                match ranges.last_mut() {
                    Some(last) if last.end == at => last.end += length,
                    _ => ranges.push(at..at + length),
                }
            }
            at += length;
        }
        ranges
    };
    let words = WordDiff {
        left: side(&input.before, &|n| diff.is_removed(n)),
        right: side(&input.after, &|n| diff.is_added(n)),
    };
    let words = WordDiff {
        left: join(words.left, left),
        right: join(words.right, right),
    };
    let share = |ranges: &[Range<usize>], line: &[u8]| {
        let changed: usize = ranges.iter().map(|r| r.len()).sum();
        changed as f32 / line.trim_ascii().len().max(1) as f32
    };
    if share(&words.left, left) > MOST && share(&words.right, right) > MOST {
        return WordDiff::default();
    }
    words
}

/// Joins ranges with nothing but white space between them.
fn join(ranges: Vec<Range<usize>>, line: &[u8]) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if line[last.end..range.start].iter().all(|b| *b == b' ') => {
                last.end = range.end;
            }
            _ => joined.push(range),
        }
    }
    joined
}

/// One range a side: all but what the lines begin and end with alike.
fn ends(left: &[u8], right: &[u8]) -> WordDiff {
    let mut head = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    while head > 0 && !(is_boundary(left, head) && is_boundary(right, head)) {
        head -= 1;
    }
    let rest = left.len().min(right.len()) - head;
    let alike = |n: &usize| left[left.len() - n - 1] == right[right.len() - n - 1];
    let mut tail = (0..rest).take_while(alike).count();
    while tail > 0
        && !(is_boundary(left, left.len() - tail) && is_boundary(right, right.len() - tail))
    {
        tail -= 1;
    }
    let range = |line: &[u8]| {
        let range = head..line.len() - tail;
        (!range.is_empty()).then_some(range).into_iter().collect()
    };
    WordDiff {
        left: range(left),
        right: range(right),
    }
}

/// True where no character is cut in two. Bytes that are no UTF-8 stand alone.
fn is_boundary(line: &[u8], at: usize) -> bool {
    line.get(at).is_none_or(|byte| (*byte as i8) >= -0x40)
}

/// Cuts a line into words: runs of letters, digits and underscores, runs of
/// white space, every other character and every byte that is no UTF-8 alone.
pub fn tokens(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let (kind, mut end) = first(rest)?;
        if kind != Kind::Single {
            while let Some((next, length)) = first(&rest[end..]) {
                if next != kind {
                    break;
                }
                end += length;
            }
        }
        let (token, tail) = rest.split_at(end);
        rest = tail;
        Some(token)
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Word,
    Space,
    Single,
}

/// What the first character of a text is, and its length.
fn first(text: &[u8]) -> Option<(Kind, usize)> {
    let byte = *text.first()?;
    if byte.is_ascii() {
        let kind = match byte {
            b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Kind::Word,
            b' ' | b'\t' => Kind::Space,
            _ => Kind::Single,
        };
        return Some((kind, 1));
    }
    let most = &text[..text.len().min(4)];
    let c = most
        .utf8_chunks()
        .next()
        .and_then(|chunk| chunk.valid().chars().next());
    Some(match c {
        Some(c) if c.is_alphanumeric() => (Kind::Word, c.len_utf8()),
        Some(c) => (Kind::Single, c.len_utf8()),
        None => (Kind::Single, 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words<'a>(line: &'a str, ranges: &[Range<usize>]) -> Vec<&'a str> {
        ranges.iter().map(|r| &line[r.clone()]).collect()
    }

    #[test]
    fn only_what_changed_is_named() {
        let (left, right) = ("def f(a, b=1):", "def f(a, *, limit=1):");
        let diff = diff(left.as_bytes(), right.as_bytes());
        assert_eq!(words(left, &diff.left), ["b"]);
        assert_eq!(words(right, &diff.right), ["*, limit"]);
    }

    #[test]
    fn lines_with_nothing_in_common_have_no_words() {
        assert_eq!(diff(b"alpha beta", b"gamma(delta)"), WordDiff::default());
    }

    #[test]
    fn a_line_of_megabytes_is_narrowed_to_its_difference() {
        let left = "é".repeat(1_000_000);
        let mut right = left.clone();
        right.replace_range(1_000_000..1_000_002, "è");
        let diff = diff(left.as_bytes(), right.as_bytes());
        assert_eq!(words(&right, &diff.right), ["è"]);
        assert_eq!(words(&left, &diff.left), ["é"]);
    }

    proptest! {
        #[test]
        fn tokens_are_the_line(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            let all: Vec<u8> = tokens(&line).flatten().copied().collect();
            prop_assert_eq!(all, line);
        }

        #[test]
        fn ranges_lie_between_characters(left in "[aé漢 (]{0,20}", right in "[aé漢 (]{0,20}") {
            for diff in [diff(left.as_bytes(), right.as_bytes()),
                         ends(left.as_bytes(), right.as_bytes())] {
                for (line, ranges) in [(&left, &diff.left), (&right, &diff.right)] {
                    for range in ranges {
                        prop_assert!(line.get(range.clone()).is_some());
                        prop_assert!(!range.is_empty());
                    }
                }
            }
        }

        /// What is left of both lines without the ranges is the same.
        #[test]
        fn what_is_not_named_is_alike(left in "[ab ]{0,20}", right in "[ab ]{0,20}") {
            let rest = |line: &str, ranges: &[Range<usize>]| -> String {
                line.char_indices()
                    .filter(|(at, c)| *c != ' ' && !ranges.iter().any(|r| r.contains(at)))
                    .map(|(_, c)| c).collect()
            };
            let diff = diff(left.as_bytes(), right.as_bytes());
            if diff != WordDiff::default() {
                prop_assert_eq!(rest(&left, &diff.left), rest(&right, &diff.right));
            }
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(
            left in proptest::collection::vec(any::<u8>(), 0..60),
            right in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            for diff in [diff(&left, &right), ends(&left, &right)] {
                prop_assert!(diff.left.iter().all(|r| r.end <= left.len()));
                prop_assert!(diff.right.iter().all(|r| r.end <= right.len()));
            }
        }
    }
}
