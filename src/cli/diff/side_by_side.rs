//! Side by side, with coverage and findings in the margin.

use color_eyre::Result;

use super::pieces::{self, RowOf};
use super::{heading, print_pieces};
use crate::cli::output::{Output, Style};
use crate::promotion::Novelty;
use crate::promotion::marks::{FileMarks, Mark, Marks, Note};
use crate::workflow::compare::{Change, Ending, FileDiff, ModuleDiff, Row, Side, unified, words};

const CONTEXT: usize = 3;
/// Columns of a half beside its text: mark, coverage, number, sign.
const MARGIN: usize = 10;

pub(super) fn print(
    diff: &ModuleDiff,
    marks: &Marks,
    width: usize,
    out: &mut Output,
) -> Result<()> {
    let half = half(width);
    out.exact(&[
        (Style::Bad, &format!("{:half$}", format!("- {}", diff.left))),
        (Style::Faint, " │ "),
        (Style::Good, &format!("+ {}", diff.right)),
    ])?;
    let mut same = 0;
    for file in &diff.files {
        let known = file
            .right
            .as_ref()
            .and_then(|entry| marks.file(&entry.path));
        if file.change == Change::Unchanged && known.is_none_or(|m| m.findings() == 0) {
            same += 1;
            continue;
        }
        out.line("")?;
        print_pieces(&heading(file), out)?;
        for note in known.iter().flat_map(|m| &m.whole) {
            print_pieces(&[said(note)], out)?;
        }
        print_file(&diff.files, file, known, width, out)?;
    }
    out.line("")?;
    let stats = diff.stats();
    out.exact(&[
        (Style::Good, &format!("+{}", stats.added)),
        (Style::Bad, &format!(" -{}", stats.removed)),
        (
            Style::Faint,
            &format!("  {} of {} files differ", differing(diff), diff.files.len()),
        ),
        (
            Style::Faint,
            &if same > 0 {
                format!(", {same} are not shown")
            } else {
                String::new()
            },
        ),
    ])
}

/// Columns of each side, where both stand beside each other.
fn half(width: usize) -> usize {
    width.saturating_sub(3) / 2
}

/// The side that a file is on, where it is on one only.
fn only_side(file: &FileDiff) -> Option<Side> {
    match (&file.left, &file.right) {
        (Some(_), None) => Some(Side::Left),
        (None, Some(_)) => Some(Side::Right),
        _ => None,
    }
}

fn differing(diff: &ModuleDiff) -> usize {
    diff.files
        .iter()
        .filter(|f| f.change != Change::Unchanged)
        .count()
}

/// What is said where a block of moved lines begins.
fn moved(files: &[FileDiff], file: &FileDiff, row: Row) -> Vec<String> {
    let ends = [(Side::Left, "moved to"), (Side::Right, "moved from")];
    let said = ends.into_iter().filter_map(|(side, way)| {
        let block = file.moved(side, row.line(side)?)?;
        if row.line(side)? as u32 != block.lines.start {
            return None;
        }
        let there = &files.get(block.file)?.entry(side.other())?.path;
        let (count, line) = (block.lines.len(), block.line + 1);
        Some(format!("{count} lines {way} {there}:{line}"))
    });
    said.collect()
}

fn print_file(
    files: &[FileDiff],
    file: &FileDiff,
    marks: Option<&FileMarks>,
    width: usize,
    out: &mut Output,
) -> Result<()> {
    let mut shown = 0;
    for hunk in unified::hunks(&file.rows, CONTEXT) {
        let hidden = hunk.rows.start - shown;
        if hidden > 0 {
            print_fold(file, marks, shown..hunk.rows.start, out)?;
        }
        for row in &file.rows.rows()[hunk.rows.clone()] {
            for words in moved(files, file, *row) {
                out.exact(&[(Style::Faint, &format!("   » {words}"))])?;
            }
            print_row(file, marks, *row, width, out)?;
        }
        shown = hunk.rows.end;
    }
    let all = file.rows.rows().len();
    if shown < all {
        print_fold(file, marks, shown..all, out)?;
    }
    Ok(())
}

fn print_fold(
    file: &FileDiff,
    marks: Option<&FileMarks>,
    rows: std::ops::Range<usize>,
    out: &mut Output,
) -> Result<()> {
    out.exact(&[(
        Style::Faint,
        &format!("   ⋯ {} unchanged lines", rows.len()),
    )])?;
    // A finding is not hidden because its line did not change.
    for row in &file.rows.rows()[rows] {
        let line = row.line(Side::Right).map(|line| line as u32);
        for note in line
            .and_then(|line| marks?.line(line as usize))
            .iter()
            .flat_map(|m| &m.notes)
        {
            if note.counts() {
                let number = line.map_or(0, |line| line + 1);
                let (style, words) = said(note);
                print_pieces(&[(style, format!("{words} (line {number})"))], out)?;
            }
        }
    }
    Ok(())
}

fn print_row(
    file: &FileDiff,
    marks: Option<&FileMarks>,
    row: Row,
    width: usize,
    out: &mut Output,
) -> Result<()> {
    let changed = match row {
        Row::Replace { left, right } => {
            let line =
                |side, line: u32| file.lines(side).map_or(&[][..], |l| l.line(line as usize));
            words::diff(line(Side::Left, left), line(Side::Right, right))
        }
        _ => Default::default(),
    };
    // A file that is on one side only has the whole width.
    let only = only_side(file);
    let columns = if only.is_some() { width } else { half(width) };
    let room = columns.saturating_sub(MARGIN);
    let side = |side: Side, parts: &[std::ops::Range<usize>]| -> Vec<RowOf> {
        let (Some(line), Some(lines)) = (row.line(side), file.lines(side)) else {
            return Vec::new();
        };
        let told = matches!(row, Row::Ending { .. });
        let ending = lines.ending(line);
        let ending = (told || ending == Ending::None).then_some(ending);
        let styles = match (row.differs(), side) {
            (false, _) => (Style::Plain, Style::Plain),
            (true, Side::Left) => (Style::Bad, Style::BadPart),
            (true, Side::Right) => (Style::Good, Style::GoodPart),
        };
        pieces::rows(lines.line(line), ending, parts, styles, room)
    };
    let left = side(Side::Left, &changed.left);
    let right = side(Side::Right, &changed.right);
    let mark = row.line(Side::Right).and_then(|line| marks?.line(line));
    for n in 0..left.len().max(right.len()) {
        let mut line = Vec::new();
        if only != Some(Side::Right) {
            push_half(&mut line, left.get(n), row, Side::Left, n == 0, None);
        }
        if only.is_none() {
            let taken = left.get(n).map_or(0, |row| row.width);
            let fill = room.saturating_sub(taken);
            line.push((Style::Plain, " ".repeat(fill)));
            line.push((Style::Faint, " │ ".to_owned()));
        }
        if only != Some(Side::Left) {
            push_half(&mut line, right.get(n), row, Side::Right, n == 0, mark);
        }
        while line.last().is_some_and(|(_, text)| text.trim().is_empty()) {
            line.pop();
        }
        print_pieces(&line, out)?;
    }
    for note in mark.iter().flat_map(|mark| &mark.notes) {
        print_pieces(&[said(note)], out)?;
    }
    Ok(())
}

fn push_half(
    line: &mut Vec<(Style, String)>,
    text: Option<&RowOf>,
    row: Row,
    side: Side,
    first: bool,
    mark: Option<&Mark>,
) {
    let number = row.line(side).filter(|_| first);
    let found = mark.filter(|_| first).and_then(|m| m.notes.first());
    line.push(match found {
        Some(note) => (glyph(note).0, glyph(note).1.to_owned()),
        None => (Style::Plain, " ".to_owned()),
    });
    line.push(match mark.filter(|_| first) {
        Some(mark) if mark.uncovered => (Style::Warning, "u".to_owned()),
        Some(mark) if mark.partial => (Style::Warning, "p".to_owned()),
        _ => (Style::Plain, " ".to_owned()),
    });
    let number = number.map_or(String::new(), |line| (line + 1).to_string());
    line.push((Style::Faint, format!("{number:>5} ")));
    let indented = matches!(row, Row::Space { indent: true, .. });
    let (style, sign) = match (row.differs() && text.is_some(), side) {
        (false, _) if indented && first => (Style::Warning, super::INDENTED),
        (false, _) => (Style::Plain, " "),
        (true, Side::Left) => (Style::Bad, "-"),
        (true, Side::Right) => (Style::Good, "+"),
    };
    line.push((style, format!("{sign} ")));
    line.extend(text.iter().flat_map(|row| row.pieces.clone()));
}

fn glyph(note: &Note) -> (Style, &'static str) {
    match note.counts() {
        true => (Style::Bad, "✗"),
        false => (Style::Faint, "~"),
    }
}

/// A finding in one line. Not yet safe to show.
fn said(note: &Note) -> (Style, String) {
    let (style, mark) = glyph(note);
    let old = if note.novelty == Novelty::Old {
        " (old)"
    } else {
        ""
    };
    (
        style,
        format!("{mark}  {} {}{old}: {}", note.gate, note.rule, note.message),
    )
}
