//! `countersign diff`

mod json;
mod pieces;
mod side_by_side;
mod unified;

use color_eyre::Result;

use crate::promotion::{RepoPath, marks::Marks, text};
use crate::workflow::compare::{
    self, Against, Content, Endings, Entry, FileDiff, Mode, ModuleDiff, Side, Spaces,
};
use crate::workflow::{triage, validate};

use super::args::{DiffArgs, LayoutArgs};
use super::output::{Output, Style};
use super::{Exit, coverage, workspace};

/// A terminal with fewer columns than this shows one column.
const NARROW: u16 = 80;
/// Before a line that is indented in another way, which is ignored.
const INDENTED: &str = "⇥";

/// Runs the command.
pub fn run(args: DiffArgs, out: &mut Output) -> Result<Exit> {
    let ws = workspace(&args.at, out)?;
    ws.require_commit()?;
    let tree = ws.modules()?;
    let id = triage::find(&ws, &tree, &args.module)?;
    let Some(module) = tree.get(id).map(|module| module.path.clone()) else {
        return Ok(Exit::Undetermined);
    };
    let choices = compare::against_choices(&ws, &module)?;
    let against = match args.against.as_deref() {
        None => choices.into_iter().next().unwrap_or(Against::Base),
        Some("base") => Against::Base,
        Some(".") => Against::Target(RepoPath::default()),
        Some(lane) => Against::Target(RepoPath::from_text(lane)),
    };
    let spaces = match args.ignore_whitespace {
        true => Spaces::Ignore,
        false => Spaces::Count,
    };
    let diff = compare::compare_unless(&ws, &module, &against, spaces, &|| false)?;
    let states = validate::states(&ws, &tree, &[id]);
    let marks = Marks::of(states.first().map_or(&[], Vec::as_slice));

    let measured = states.first().and_then(|states| coverage::current(states));

    let width = width(args.layout, out);
    if args.json.json {
        out.json(
            "countersign.diff",
            1,
            &json::Document::of(&ws, &module, &against, &diff, &marks, measured),
        )?;
    } else if let Some(width) = width {
        side_by_side::print(&diff, &marks, usize::from(width), out)?;
        if let Some(measured) = measured {
            coverage::print(measured, &module, out)?;
        }
    } else {
        unified::print(&diff, out)?;
    }
    Ok(Exit::Holds)
}

/// Columns to show both sides in; `None`: one column.
fn width(layout: LayoutArgs, out: &Output) -> Option<u16> {
    match layout.width {
        Some(width) => Some(width),
        None if layout.unified || !out.is_terminal() => None,
        None => crossterm::terminal::size()
            .ok()
            .map(|(columns, _)| columns)
            .filter(|columns| *columns >= NARROW),
    }
}

/// Shows a diff that nothing is known of but its lines.
pub(super) fn show(diff: &ModuleDiff, layout: LayoutArgs, out: &mut Output) -> Result<()> {
    match width(layout, out) {
        Some(width) => side_by_side::print(diff, &Marks::default(), usize::from(width), out),
        None => unified::print(diff, out),
    }
}

/// What is to be said of a file beside its lines.
fn notes(file: &FileDiff) -> Vec<String> {
    let mut notes = Vec::new();
    if let (Some(left), Some(right)) = (&file.left, &file.right)
        && left.mode != right.mode
    {
        notes.push(format!("{} → {}", mode(left.mode), mode(right.mode)));
    }
    if file.rows.other_endings() {
        let name = |side| match file.lines(side).map(|lines| lines.endings()) {
            Some(Endings::CrLf) => "CRLF",
            _ => "LF",
        };
        notes.push(format!(
            "line endings {} → {}",
            name(Side::Left),
            name(Side::Right)
        ));
    }
    let (indented, others) = file.rows.spaced(0..u32::MAX);
    if indented > 0 {
        notes.push(format!(
            "{INDENTED} {indented} lines differ in indentation only"
        ));
    }
    if others > 0 {
        notes.push(format!("{} in other white space only", differ(others)));
    }
    if !file.is_text() {
        for (word, side) in [("was", Side::Left), ("is", Side::Right)] {
            notes.extend(
                file.entry(side)
                    .map(|entry| format!("{word} {}", describe(entry))),
            );
        }
    }
    notes
}

fn differ(lines: usize) -> String {
    match lines {
        1 => "1 line differs".into(),
        n => format!("{n} lines differ"),
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::File => "file",
        Mode::Executable => "executable",
        Mode::Symlink => "symlink",
        Mode::Tree => "directory",
        Mode::Gitlink => "submodule",
    }
}

/// What an entry is. Not yet safe to show.
fn describe(entry: &Entry) -> String {
    let size = entry.size;
    match &entry.content {
        Content::Text(lines) => format!("text, {} lines", lines.len()),
        Content::Binary(it) => format!("{it}, {size} bytes, {}", entry.object.short()),
        Content::Symlink(target) => {
            format!("a symlink to {} (not followed)", text::decode(target))
        }
        Content::Gitlink => format!("a submodule at {}", entry.object),
        Content::Lfs { oid, size } => format!("a Git LFS pointer to {size} bytes, {oid}"),
        Content::TooLarge => format!(
            "too large to compare, {size} bytes, {}",
            entry.object.short()
        ),
        Content::Omitted => {
            format!("not read, {size} bytes: the module is too large to compare at once")
        }
    }
}

/// The heading of a file.
fn heading(file: &FileDiff) -> Vec<(Style, String)> {
    let mut pieces = vec![
        (
            Style::Strong,
            format!("{} {}", file.change.letter(), file.path()),
        ),
        (Style::Faint, format!("  {}", file.change.word())),
    ];
    if let (Some(left), Some(right)) = (&file.left, &file.right)
        && left.path != right.path
    {
        pieces.push((Style::Faint, format!(" from {}", left.path)));
    }
    let stats = file.rows.stats();
    if stats.added + stats.removed > 0 {
        pieces.push((Style::Good, format!("  +{}", stats.added)));
        pieces.push((Style::Bad, format!(" -{}", stats.removed)));
    }
    for note in notes(file) {
        pieces.push((Style::Warning, format!("  {note}")));
    }
    pieces
}

fn print_pieces(pieces: &[(Style, String)], out: &mut Output) -> Result<()> {
    let pieces: Vec<(Style, &str)> = pieces.iter().map(|(s, t)| (*s, t.as_str())).collect();
    out.exact(&pieces)
}
