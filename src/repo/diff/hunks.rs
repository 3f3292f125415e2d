//! Where two texts differ. Long ones are compared a stretch at a time, so that
//! the effort grows with their length and not faster, and so that it can end.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, Hunk, IndentHeuristic, IndentLevel, InternedInput, Token};

use super::Lines;

/// Texts with more lines than this, on both sides together, are compared by
/// Myers' algorithm. The histogram reads better, but where lines repeat it goes
/// with the square of the changes: 100,000 lines of which one in twenty changed
/// took it 1.5 s, and Myers 6 ms.
const LARGE: usize = 40_000;
/// A stretch of large texts has about so many lines a side. Myers' preparation
/// goes with the square of the lines that repeat.
const STRETCH: usize = 4_096;

/// Two ranges of lines, compared by themselves.
type Pair = (Range<usize>, Range<usize>);

/// Where the texts differ, from top to bottom. `None`: no longer wanted.
pub(super) fn between(
    left: &Lines,
    right: &Lines,
    cancelled: &dyn Fn() -> bool,
) -> Option<Vec<Hunk>> {
    let mut input = InternedInput::<&[u8]>::default();
    input.reserve(left.len() as u32, right.len() as u32);
    input.update_before(left.iter());
    input.update_after(right.iter());
    let large = input.before.len() + input.after.len() > LARGE;
    let (algorithm, pairs) = if large {
        (Algorithm::Myers, stretches(&input.before, &input.after))
    } else {
        let whole = (0..input.before.len(), 0..input.after.len());
        (Algorithm::Histogram, vec![whole])
    };
    let mut all: Vec<Hunk> = Vec::new();
    let mut diff = Diff::default();
    for (l, r) in pairs {
        if cancelled() {
            return None;
        }
        let (before, after) = (&input.before[l.clone()], &input.after[r.clone()]);
        diff.compute_with(algorithm, before, after, input.interner.num_tokens());
        let indent = |token| IndentLevel::for_ascii_line(input.interner[token].iter().copied(), 8);
        diff.postprocess_with(before, after, IndentHeuristic::new(indent));
        for hunk in diff.hunks() {
            push(&mut all, shift(hunk, l.start as u32, r.start as u32));
        }
    }
    Some(all)
}

fn shift(hunk: Hunk, left: u32, right: u32) -> Hunk {
    Hunk {
        before: hunk.before.start + left..hunk.before.end + left,
        after: hunk.after.start + right..hunk.after.end + right,
    }
}

/// What differs on both sides of a cut is one hunk.
fn push(all: &mut Vec<Hunk>, hunk: Hunk) {
    match all.last_mut() {
        Some(last)
            if last.before.end == hunk.before.start && last.after.end == hunk.after.start =>
        {
            last.before.end = hunk.before.end;
            last.after.end = hunk.after.end;
        }
        _ => all.push(hunk),
    }
}

/// Cuts large texts where a line that either has only once is the same; where
/// there is none for long, in proportion.
fn stretches(before: &[Token], after: &[Token]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let (mut l, mut r) = (0, 0);
    for (i, j) in anchors(before, after) {
        if i - l >= STRETCH || j - r >= STRETCH {
            divide(l..i, r..j, &mut pairs);
            (l, r) = (i, j);
        }
    }
    divide(l..before.len(), r..after.len(), &mut pairs);
    pairs
}

/// Cuts into equal parts of at most twice [`STRETCH`].
fn divide(left: Range<usize>, right: Range<usize>, pairs: &mut Vec<Pair>) {
    let longest = left.len().max(right.len());
    let parts = if longest > 2 * STRETCH {
        longest.div_ceil(STRETCH)
    } else {
        1
    };
    let part = |range: &Range<usize>, n: usize| {
        range.start + range.len() * n / parts..range.start + range.len() * (n + 1) / parts
    };
    pairs.extend((0..parts).map(|n| (part(&left, n), part(&right, n))));
}

/// Lines that either side has once, as many as are in the same order on both.
fn anchors(before: &[Token], after: &[Token]) -> Vec<(usize, usize)> {
    let (lefts, rights) = (places(before), places(after));
    let common = before.iter().enumerate().filter_map(|(i, token)| {
        let once = |places: &[Place]| match places.get(token.0 as usize) {
            Some(Place::Once(at)) => Some(*at),
            _ => None,
        };
        once(&lefts)?;
        Some((i, once(&rights)?))
    });
    rising(common.collect())
}

/// Where a line stands.
#[derive(Clone, Copy)]
enum Place {
    Nowhere,
    Once(usize),
    Often,
}

fn places(tokens: &[Token]) -> Vec<Place> {
    let most = tokens.iter().map(|token| token.0 as usize + 1).max();
    let mut places = vec![Place::Nowhere; most.unwrap_or(0)];
    for (at, token) in tokens.iter().enumerate() {
        let place = &mut places[token.0 as usize];
        *place = match place {
            Place::Nowhere => Place::Once(at),
            _ => Place::Often,
        };
    }
    places
}

/// The longest part of the pairs that rises on the right as it does on the left.
fn rising(pairs: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    // For each length the pair that ends such a part lowest, and what came before each.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous = vec![None; pairs.len()];
    for (n, (_, right)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *right);
        previous[n] = length.checked_sub(1).map(|shorter| ends[shorter]);
        match ends.get_mut(length) {
            Some(end) => *end = n,
            None => ends.push(n),
        }
    }
    let mut longest = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(n) = next {
        longest.push(pairs[n]);
        next = previous[n];
    }
    longest.reverse();
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hunks(left: &str, right: &str) -> Vec<Hunk> {
        let lines = |text: &str| Lines::new(text.as_bytes());
        between(&lines(left), &lines(right), &|| false).unwrap()
    }

    #[test]
    fn a_block_put_before_a_long_text_is_all_that_differs() {
        let text: String = (0..30_000).map(|n| format!("line {n}\n\n")).collect();
        let block: String = (0..9_000).map(|n| format!("new {n}\n\n")).collect();
        let found = hunks(&text, &format!("{block}{text}"));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].before.len(), found[0].after.len()), (0, 18_000));
    }

    #[test]
    fn a_cut_between_differing_lines_leaves_no_seam() {
        let text =
            |word: &str| -> String { (0..30_000).map(|n| format!("{word} {n}\n")).collect() };
        assert_eq!(hunks(&text("old"), &text("new")).len(), 1);
    }

    #[test]
    fn what_nobody_wants_ends() {
        let lines = Lines::new(&b"a\n"[..]);
        assert!(between(&lines, &lines, &|| true).is_none());
    }

    proptest! {
        /// The cuts leave no line out, and go down on both sides.
        #[test]
        fn stretches_join(
            left in proptest::collection::vec(0..40u32, 0..60),
            right in proptest::collection::vec(0..40u32, 0..60),
            times in 1..400usize,
        ) {
            let tokens = |all: &[u32]| -> Vec<Token> {
                let long = (0..all.len() * times).map(|n| Token(all[n % all.len()] + 40 * (n / 700) as u32));
                long.collect()
            };
            let (left, right) = (tokens(&left), tokens(&right));
            let (mut l, mut r) = (0, 0);
            for (a, b) in stretches(&left, &right) {
                prop_assert_eq!((a.start, b.start), (l, r));
                prop_assert!(a.len().max(b.len()) <= 2 * STRETCH.max(left.len().max(right.len()) / 2));
                (l, r) = (a.end, b.end);
            }
            prop_assert_eq!((l, r), (left.len(), right.len()));
        }

        #[test]
        fn what_rises_rises(rights in proptest::collection::vec(0..50usize, 0..40)) {
            let pairs: Vec<_> = rights.into_iter().enumerate().collect();
            let found = rising(pairs.clone());
            prop_assert!(found.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 < w[1].1));
            prop_assert!(found.iter().all(|pair| pairs.contains(pair)));
        }
    }
}
