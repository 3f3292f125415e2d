//! The document of `diff --json`.

use serde::Serialize;

use crate::promotion::marks::{FileMarks, Marks};
use crate::promotion::{Coverage, Novelty, ObjectId, RepoPath, Severity, text};
use crate::workflow::Workspace;
use crate::workflow::compare::{
    Against, Change, Content, Ending, Entry, FileDiff, Mode, ModuleDiff, Row, Side, Stats, unified,
};

const CONTEXT: usize = 3;

#[derive(Serialize)]
pub(super) struct Document<'a> {
    module: &'a RepoPath,
    revision: &'a str,
    commit: Option<ObjectId>,
    base: Option<ObjectId>,
    against: &'a Against,
    left: Origin<'a>,
    right: Origin<'a>,
    stats: Stats,
    /// Of the gates' current evidence.
    coverage: Option<&'a Coverage>,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct Origin<'a> {
    label: &'a str,
    path: &'a RepoPath,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a RepoPath,
    change: Change,
    left: Option<OneSide<'a>>,
    right: Option<OneSide<'a>>,
    stats: Stats,
    /// Every line ends otherwise; the hunks do not repeat it.
    other_line_endings: bool,
    hunks: Vec<Hunk>,
    moves: Vec<Moved<'a>>,
    findings: Vec<Finding<'a>>,
    uncovered: Vec<u32>,
    partial: Vec<u32>,
}

#[derive(Serialize)]
struct OneSide<'a> {
    path: &'a RepoPath,
    mode: &'static str,
    object: ObjectId,
    size: u64,
    #[serde(flatten)]
    content: Holds,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "content")]
enum Holds {
    Text {
        lines: usize,
    },
    Binary {
        kind: Option<&'static str>,
        pixels: Option<(usize, usize)>,
    },
    Symlink {
        target: String,
    },
    Submodule,
    Lfs {
        oid: String,
        bytes: u64,
    },
    TooLarge,
    Omitted,
}

#[derive(Serialize)]
struct Hunk {
    /// First line, from 1, and how many.
    left: (usize, usize),
    right: (usize, usize),
    rows: Vec<RowOf>,
}

#[derive(Serialize)]
struct RowOf {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<LineOf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    right: Option<LineOf>,
}

#[derive(Serialize)]
struct LineOf {
    line: usize,
    /// Bytes that are no UTF-8 are written `<NN>`.
    text: String,
    ending: &'static str,
}

#[derive(Serialize)]
struct Moved<'a> {
    side: Side,
    line: u32,
    lines: usize,
    other_path: Option<&'a RepoPath>,
    other_line: u32,
}

#[derive(Serialize)]
struct Finding<'a> {
    gate: &'a str,
    rule: &'a str,
    message: &'a str,
    line: u32,
    severity: Severity,
    novelty: Novelty,
}

impl<'a> Document<'a> {
    pub(super) fn of(
        ws: &'a Workspace,
        module: &'a RepoPath,
        against: &'a Against,
        diff: &'a ModuleDiff,
        marks: &'a Marks,
        coverage: Option<&'a Coverage>,
    ) -> Self {
        Self {
            module,
            revision: ws.revision(),
            commit: ws.commit(),
            base: ws.base(),
            against,
            left: Origin {
                label: &diff.left,
                path: &diff.left_path,
            },
            right: Origin {
                label: &diff.right,
                path: &diff.right_path,
            },
            stats: diff.stats(),
            coverage,
            files: diff
                .files
                .iter()
                .map(|file| {
                    let marks = file.right.as_ref().and_then(|e| marks.file(&e.path));
                    of_file(diff, file, marks)
                })
                .collect(),
        }
    }
}

fn of_file<'a>(diff: &'a ModuleDiff, file: &'a FileDiff, marks: Option<&'a FileMarks>) -> File<'a> {
    let marked = |test: fn(&crate::promotion::marks::Mark) -> bool| -> Vec<u32> {
        marks
            .into_iter()
            .flat_map(|m| m.range(..))
            .filter(|(_, mark)| test(mark))
            .map(|(line, _)| line + 1)
            .collect()
    };
    let whole = marks
        .into_iter()
        .flat_map(|m| &m.whole)
        .map(|note| (0, note));
    let lines = marks
        .into_iter()
        .flat_map(|m| m.range(..))
        .flat_map(|(line, mark)| mark.notes.iter().map(move |note| (line + 1, note)));
    File {
        path: file.path(),
        change: file.change,
        left: file.left.as_ref().map(of_entry),
        right: file.right.as_ref().map(of_entry),
        stats: file.rows.stats(),
        other_line_endings: file.rows.other_endings(),
        hunks: unified::hunks(&file.rows, CONTEXT)
            .into_iter()
            .map(|hunk| Hunk {
                left: (hunk.left.start + 1, hunk.left.len()),
                right: (hunk.right.start + 1, hunk.right.len()),
                rows: file.rows.rows()[hunk.rows]
                    .iter()
                    .map(|row| of_row(file, *row))
                    .collect(),
            })
            .collect(),
        moves: file
            .moves
            .iter()
            .map(|moved| Moved {
                side: moved.side,
                line: moved.lines.start + 1,
                lines: moved.lines.len(),
                other_path: diff
                    .files
                    .get(moved.file)
                    .and_then(|f| f.entry(moved.side.other()))
                    .map(|entry| &entry.path),
                other_line: moved.line + 1,
            })
            .collect(),
        findings: whole
            .chain(lines)
            .map(|(line, note)| Finding {
                gate: note.gate.as_str(),
                rule: &note.rule,
                message: &note.message,
                line,
                severity: note.severity,
                novelty: note.novelty,
            })
            .collect(),
        uncovered: marked(|mark| mark.uncovered),
        partial: marked(|mark| mark.partial),
    }
}

fn of_entry(entry: &Entry) -> OneSide<'_> {
    OneSide {
        path: &entry.path,
        mode: match entry.mode {
            Mode::File => "file",
            Mode::Executable => "executable",
            Mode::Symlink => "symlink",
            Mode::Tree => "directory",
            Mode::Gitlink => "submodule",
        },
        object: entry.object,
        size: entry.size,
        content: match &entry.content {
            Content::Text(lines) => Holds::Text { lines: lines.len() },
            Content::Binary(it) => Holds::Binary {
                kind: it.kind,
                pixels: it.pixels,
            },
            Content::Symlink(target) => Holds::Symlink {
                target: text::decode(target).into_owned(),
            },
            Content::Gitlink => Holds::Submodule,
            Content::Lfs { oid, size } => Holds::Lfs {
                oid: oid.clone(),
                bytes: *size,
            },
            Content::TooLarge => Holds::TooLarge,
            Content::Omitted => Holds::Omitted,
        },
    }
}

fn of_row(file: &FileDiff, row: Row) -> RowOf {
    let line = |side: Side| {
        let line = row.line(side)?;
        let lines = file.lines(side)?;
        Some(LineOf {
            line: line + 1,
            text: text::decode(lines.line(line)).into_owned(),
            ending: match lines.ending(line) {
                Ending::Lf => "lf",
                Ending::CrLf => "crlf",
                Ending::None => "none",
            },
        })
    };
    RowOf {
        kind: match row {
            Row::Equal { .. } => "equal",
            Row::Ending { .. } => "ending",
            Row::Space { .. } => "space",
            Row::Replace { .. } => "replace",
            Row::Delete { .. } => "delete",
            Row::Insert { .. } => "insert",
        },
        left: line(Side::Left),
        right: line(Side::Right),
    }
}
