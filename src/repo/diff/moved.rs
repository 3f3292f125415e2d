//! Blocks that were taken out in one place and put in at another.

use std::hash::Hasher as _;
use std::ops::Range;

use rustc_hash::FxHasher;

use super::{FileDiff, Side};

/// Fewer letters and digits are no block, as with `git diff --color-moved=zebra`.
const LEAST: usize = 20;
/// A line that was added in more places than this begins no search.
const COMMON: usize = 16;

/// One end of a block that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Which side these lines are on.
    pub side: Side,
    /// The lines here, counted from 0.
    pub lines: Range<u32>,
    /// The index of the file at the other end, in [`super::ModuleDiff::files`].
    pub file: usize,
    /// The first line at the other end.
    pub line: u32,
    /// It stands right behind another block, and is to look otherwise: by turns.
    pub alternate: bool,
}

/// Finds the moved blocks of a module and writes them into its files.
/// Each line belongs to at most one block.
pub fn mark(files: &mut [FileDiff]) {
    let found = find(files);
    for (from, to, length) in found {
        files[from.0].moves.push(Move {
            side: Side::Left,
            lines: from.1..from.1 + length,
            file: to.0,
            line: to.1,
            alternate: false,
        });
        files[to.0].moves.push(Move {
            side: Side::Right,
            lines: to.1..to.1 + length,
            file: from.0,
            line: from.1,
            alternate: false,
        });
    }
    for file in files {
        file.moves.sort_by_key(|m| (m.side, m.lines.start));
        for n in 1..file.moves.len() {
            let before = &file.moves[n - 1];
            let (side, end, other) = (before.side, before.lines.end, !before.alternate);
            let here = &mut file.moves[n];
            here.alternate = other && here.side == side && here.lines.start == end;
        }
    }
}

type Place = (usize, u32);

fn find(files: &[FileDiff]) -> Vec<(Place, Place, u32)> {
    let changed = |file: &FileDiff, side: Side| -> Vec<bool> {
        let mut flags = vec![false; file.lines(side).map_or(0, |l| l.len())];
        for row in file.rows.rows() {
            if let (
                super::Row::Replace { .. } | super::Row::Delete { .. } | super::Row::Insert { .. },
                Some(line),
            ) = (*row, row.line(side))
            {
                flags[line] = true;
            }
        }
        flags
    };
    let mut added: Vec<Vec<bool>> = files.iter().map(|f| changed(f, Side::Right)).collect();
    let mut places: Vec<(u64, Place)> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let Some(lines) = file.lines(Side::Right) else {
            continue;
        };
        for (line, _) in added[index].iter().enumerate().filter(|(_, on)| **on) {
            let text = lines.line(line);
            if is_significant(text) {
                places.push((hash(text), (index, line as u32)));
            }
        }
    }
    places.sort_unstable();
    let mut found = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let Some(lines) = file.lines(Side::Left) else {
            continue;
        };
        let removed = changed(file, Side::Left);
        let mut line = 0;
        while line < removed.len() {
            let mut top: Option<(Place, usize)> = None;
            if removed[line] {
                for (_, place) in alike(&places, hash(lines.line(line))) {
                    let length = common(lines, &removed, line, files, &added, *place);
                    if length > top.map_or(0, |(_, most)| most) {
                        top = Some((*place, length));
                    }
                }
            }
            match top {
                Some((place, length))
                    if (line..line + length)
                        .map(|n| letters(lines.line(n)))
                        .sum::<usize>()
                        >= LEAST =>
                {
                    let from = place.1 as usize;
                    added[place.0][from..from + length].fill(false);
                    found.push(((index, line as u32), place, length as u32));
                    line += length;
                }
                _ => line += 1,
            }
        }
    }
    found
}

fn hash(line: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(line);
    hasher.finish()
}

/// The places of lines with that hash; none where they are common, by chance or because
/// somebody made them so.
fn alike(places: &[(u64, Place)], hash: u64) -> &[(u64, Place)] {
    let from = places.partition_point(|(other, _)| *other < hash);
    let same = places[from..].iter().take(COMMON + 1);
    let count = same.take_while(|(other, _)| *other == hash).count();
    match count <= COMMON {
        true => &places[from..from + count],
        false => &[],
    }
}

/// How many lines from there on are the same on both sides, and changed.
fn common(
    lines: &super::Lines,
    removed: &[bool],
    line: usize,
    files: &[FileDiff],
    added: &[Vec<bool>],
    place: Place,
) -> usize {
    let Some(others) = files[place.0].lines(Side::Right) else {
        return 0;
    };
    let start = place.1 as usize;
    (0..)
        .take_while(|n| {
            removed.get(line + n) == Some(&true)
                && added[place.0].get(start + n) == Some(&true)
                && lines.line(line + n) == others.line(start + n)
        })
        .count()
}

/// Not blank, not only brackets: a search may begin with it.
fn is_significant(line: &[u8]) -> bool {
    letters(line) >= 2
}

fn letters(line: &[u8]) -> usize {
    let letter = |b: &&u8| b.is_ascii_alphanumeric() || !b.is_ascii();
    line.iter().filter(letter).count()
}
