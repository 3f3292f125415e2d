//! One column, in the form that `diff -u` has. For reading, not for `patch`:
//! what would act on a terminal is replaced by something visible.

use color_eyre::Result;

use super::{notes, pieces, print_pieces};
use crate::cli::output::{Output, Style};
use crate::workflow::compare::{Change, Ending, FileDiff, ModuleDiff, Row, Side, unified, words};

const CONTEXT: usize = 3;

pub(super) fn print(diff: &ModuleDiff, out: &mut Output) -> Result<()> {
    for file in diff.files.iter().filter(|f| f.change != Change::Unchanged) {
        let name = |side: Side, prefix: &str| match file.entry(side) {
            Some(entry) => format!("{prefix}/{}", entry.path),
            None => "/dev/null".to_owned(),
        };
        let (left, right) = (name(Side::Left, "a"), name(Side::Right, "b"));
        out.exact(&[(Style::Strong, &format!("diff {left} {right}"))])?;
        out.exact(&[(Style::Faint, file.change.word())])?;
        for note in notes(file) {
            out.exact(&[(Style::Warning, &note)])?;
        }
        let hunks = unified::hunks(&file.rows, CONTEXT);
        if !hunks.is_empty() {
            out.exact(&[(Style::Bad, &format!("--- {left}"))])?;
            out.exact(&[(Style::Good, &format!("+++ {right}"))])?;
        }
        for hunk in hunks {
            let range = |lines: &std::ops::Range<usize>| {
                // An empty range is named by the line before it, as diff does.
                let start = if lines.is_empty() {
                    lines.start
                } else {
                    lines.start + 1
                };
                format!("{start},{}", lines.len())
            };
            let head = format!("@@ -{} +{} @@", range(&hunk.left), range(&hunk.right));
            out.exact(&[(Style::Faint, &head)])?;
            for (row, side) in unified::order(&file.rows.rows()[hunk.rows]) {
                print_line(file, row, side, out)?;
            }
        }
    }
    Ok(())
}

fn print_line(file: &FileDiff, row: Row, side: Side, out: &mut Output) -> Result<()> {
    let (Some(line), Some(lines)) = (row.line(side), file.lines(side)) else {
        return Ok(());
    };
    let changed = match row {
        Row::Replace { left, right } => {
            let line =
                |side, line: u32| file.lines(side).map_or(&[][..], |l| l.line(line as usize));
            let both = words::diff(line(Side::Left, left), line(Side::Right, right));
            if side == Side::Left {
                both.left
            } else {
                both.right
            }
        }
        _ => Vec::new(),
    };
    let (sign, styles) = match (row.differs(), side) {
        // For reading, not for `patch`: a change of indentation is never hidden.
        (false, _) if matches!(row, Row::Space { indent: true, .. }) => {
            (super::INDENTED, (Style::Plain, Style::Plain))
        }
        (false, _) => (" ", (Style::Plain, Style::Plain)),
        (true, Side::Left) => ("-", (Style::Bad, Style::BadPart)),
        (true, Side::Right) => ("+", (Style::Good, Style::GoodPart)),
    };
    let ending = lines.ending(line);
    let carriage = matches!(row, Row::Ending { .. }) && ending == Ending::CrLf;
    let shown = pieces::rows(
        lines.line(line),
        carriage.then_some(ending),
        &changed,
        styles,
        usize::MAX,
    );
    let mut all = vec![(styles.0, sign.to_owned())];
    all.extend(shown.into_iter().flat_map(|row| row.pieces));
    print_pieces(&all, out)?;
    if ending == Ending::None {
        out.exact(&[(Style::Warning, "\\ No newline at end of file")])?;
    }
    Ok(())
}
