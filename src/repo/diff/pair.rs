//! Which removed line became which added one.

use std::hash::Hasher as _;
use std::ops::Range;

use rustc_hash::FxHasher;

use super::{Lines, Row, words};

/// Least similarity (0 to 1) of two lines that stand side by side.
const ALIKE: f32 = 0.4;
/// Up to so many pairs of a hunk the best assignment is searched; beyond, the
/// first good one within [`NEAR`] lines is taken.
const EXHAUSTIVE: usize = 4096;
/// How far a partner is looked for in hunks too large to search.
const NEAR: usize = 6;
/// Words of a line that its similarity is judged by, from either end of it.
const WORDS: usize = 48;

/// Pairs the lines of hunks.
pub(super) struct Pairing<'a> {
    left: &'a Lines,
    right: &'a Lines,
}

impl<'a> Pairing<'a> {
    pub(super) fn new(left: &'a Lines, right: &'a Lines) -> Self {
        Self { left, right }
    }

    /// The rows of a hunk: similar lines side by side, the others on rows of
    /// their own, removed before added.
    pub(super) fn rows(&mut self, left: Range<u32>, right: Range<u32>) -> Vec<Row> {
        let mut rows = Vec::with_capacity(left.len().max(right.len()));
        let (mut l, mut r) = (left.start, right.start);
        let mut until = |l_end: u32, r_end: u32, rows: &mut Vec<Row>| {
            rows.extend((l..l_end).map(|left| Row::Delete { left }));
            rows.extend((r..r_end).map(|right| Row::Insert { right }));
            (l, r) = (l_end + 1, r_end + 1);
        };
        if !left.is_empty() && !right.is_empty() {
            let prints = |lines: &Lines, range: &Range<u32>| -> Vec<Print> {
                range
                    .clone()
                    .map(|line| Print::of(lines.line(line as usize)))
                    .collect()
            };
            let lefts = prints(self.left, &left);
            let rights = prints(self.right, &right);
            let pairs = if lefts.len() == 1 && rights.len() == 1 {
                let alike = lefts[0].alike(&rights[0]) >= ALIKE;
                Vec::from_iter(alike.then_some((0, 0)))
            } else if lefts.len() * rights.len() <= EXHAUSTIVE {
                best(&lefts, &rights)
            } else {
                near(&lefts, &rights)
            };
            for (i, j) in pairs {
                let (i, j) = (left.start + i as u32, right.start + j as u32);
                until(i, j, &mut rows);
                rows.push(Row::Replace { left: i, right: j });
            }
        }
        until(left.end, right.end, &mut rows);
        rows
    }
}

/// A line's words, hashed and sorted. Brackets and operators are no words: they
/// make any two lines of a program alike.
struct Print(Vec<u32>);

impl Print {
    fn of(line: &[u8]) -> Self {
        // Who makes words with the same hash makes lines that look alike, and no more.
        let hash = |word: &[u8]| {
            let mut hasher = FxHasher::default();
            hasher.write(word);
            (hasher.finish() >> 32) as u32
        };
        // Of a very long line only its ends count: a look at 5 MB is no look.
        let (head, tail) = if line.len() > 4096 {
            (&line[..2048], &line[line.len() - 2048..])
        } else {
            (line, &line[line.len()..])
        };
        let mut hashes: Vec<u32> = words::tokens(head)
            .chain(words::tokens(tail))
            .filter(|word| {
                word.iter()
                    .any(|b| b.is_ascii_alphanumeric() || !b.is_ascii())
            })
            .map(hash)
            .collect();
        if hashes.len() > 2 * WORDS {
            hashes.drain(WORDS..hashes.len() - WORDS);
        }
        hashes.sort_unstable();
        Self(hashes)
    }

    /// 0 to 1: twice the words in common by all words.
    fn alike(&self, other: &Self) -> f32 {
        let (mut i, mut j, mut common) = (0, 0, 0u32);
        while let (Some(a), Some(b)) = (self.0.get(i), other.0.get(j)) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => {
                    common += 1;
                    i += 1;
                    j += 1;
                }
            }
        }
        let all = self.0.len() + other.0.len();
        if all == 0 {
            return 0.0;
        }
        2.0 * common as f32 / all as f32
    }
}

/// The pairs, in order on both sides, with the greatest similarity in sum.
fn best(lefts: &[Print], rights: &[Print]) -> Vec<(usize, usize)> {
    let width = rights.len() + 1;
    let mut score = vec![0f32; (lefts.len() + 1) * width];
    let mut alike = vec![0f32; lefts.len() * rights.len()];
    for i in (0..lefts.len()).rev() {
        for j in (0..rights.len()).rev() {
            let own = lefts[i].alike(&rights[j]);
            alike[i * rights.len() + j] = own;
            let skip = score[(i + 1) * width + j].max(score[i * width + j + 1]);
            let take = if own >= ALIKE {
                own + score[(i + 1) * width + j + 1]
            } else {
                0.0
            };
            score[i * width + j] = skip.max(take);
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < lefts.len() && j < rights.len() {
        let own = alike[i * rights.len() + j];
        let here = score[i * width + j];
        if own >= ALIKE && own + score[(i + 1) * width + j + 1] >= here {
            pairs.push((i, j));
            i += 1;
            j += 1;
        } else if score[(i + 1) * width + j] >= here {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Pairs in order, each with the best partner near by: linear.
fn near(lefts: &[Print], rights: &[Print]) -> Vec<(usize, usize)> {
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < lefts.len() && j < rights.len() {
        let candidates = (0..NEAR)
            .map(|d| (i, j + d))
            .chain((1..NEAR).map(|d| (i + d, j)))
            .filter(|(i, j)| *i < lefts.len() && *j < rights.len());
        let mut top: Option<(f32, usize, usize)> = None;
        for (a, b) in candidates {
            let own = lefts[a].alike(&rights[b]);
            if own >= ALIKE && top.is_none_or(|(most, ..)| own > most) {
                top = Some((own, a, b));
            }
        }
        match top {
            Some((_, a, b)) => {
                pairs.push((a, b));
                (i, j) = (a + 1, b + 1);
            }
            None => (i, j) = (i + 1, j + 1),
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_finds_its_own() {
        let left = Lines::new(&b"alpha = load(one)\nbeta = load(two)\n"[..]);
        let right = Lines::new(&b"zzz\nbeta = load(two, three)\nalpha, x = load(one)\n"[..]);
        // In order on both sides: only one of the two can be kept.
        let rows = Pairing::new(&left, &right).rows(0..2, 0..3);
        assert_eq!(
            rows.iter()
                .filter(|r| matches!(r, Row::Replace { .. }))
                .count(),
            1
        );
        assert_eq!(rows.len(), 4);
    }

    #[test]
    fn large_hunks_are_paired_in_linear_time() {
        let many = |word: &str| -> Lines {
            let text: String = (0..20_000)
                .map(|n| format!("value_{n} = {word}({n}, a)\n"))
                .collect();
            Lines::new(text.into_bytes())
        };
        let (left, right) = (many("old"), many("new"));
        let rows = Pairing::new(&left, &right).rows(0..20_000, 0..20_000);
        assert!(rows.iter().all(|r| matches!(r, Row::Replace { .. })));
    }
}
