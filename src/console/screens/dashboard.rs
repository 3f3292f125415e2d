//! The dashboard: the module tree with the ten criteria.

mod legend;
mod promoted;
mod waiting;

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::console::action::Action;
use crate::console::glyphs::role;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::dashboard::{Entry, Row, Show, Sort};
use crate::console::text::{age, bytes, count, fit, pad, path, safe, width};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, scrollbar};
use crate::promotion::{Criterion, GateStatus, ModuleId, ModuleKind, OwnerSource, Stage};

/// Names are cut before a pull request is shown beside narrower ones.
const WIDE_NAME: usize = 24;
/// Cells before the tree and between columns.
const EDGE: usize = 1;

/// Which columns find room, and how wide they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns {
    name: usize,
    /// Each of the ten.
    criterion: usize,
    stage: usize,
    owner: usize,
    age: usize,
    files: usize,
    size: usize,
}

impl Columns {
    fn of(width: usize) -> Self {
        // What is left over widens the name; what is worth most comes first.
        let criterion = if width >= 150 { 7 } else { 2 };
        let mut columns = Self {
            name: 0,
            criterion,
            stage: if width >= 72 { 12 } else { 0 },
            owner: match width {
                0..80 => 0,
                80..96 => 15,
                96..120 => 18,
                _ => 20,
            },
            age: 5,
            files: if width >= 108 { 6 } else { 0 },
            size: if width >= 120 { 10 } else { 0 },
        };
        columns.name = width.saturating_sub(columns.fixed());
        columns
    }

    fn fixed(&self) -> usize {
        EDGE + 1
            + 10 * self.criterion
            + 1
            + self.stage
            + self.owner
            + self.age
            + self.files
            + self.size
            + 1
    }
}

/// The columns of the fold marker of a row at that depth.
pub fn marker(depth: u16) -> Range<u16> {
    let from = EDGE as u16 + depth * 2;
    from..from + 2
}

/// Draws it.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, theme: &Theme) {
    let columns = Columns::of(usize::from(area.width));
    widgets::line(frame, area, 0, &headings(model, columns, theme));
    let tree = layout::tree(model);
    let rows = &model.dashboard.rows;
    if rows
        .iter()
        .all(|row| matches!(row.entry, Entry::Lane(_)) && !row.parent)
    {
        empty(frame, tree, model, theme);
        return;
    }
    let height = usize::from(tree.height);
    for (at, row) in rows
        .iter()
        .enumerate()
        .skip(model.dashboard.top)
        .take(height)
    {
        let line = (at - model.dashboard.top) as u16;
        let selected = at == model.dashboard.selected;
        let content = match row.entry {
            Entry::Lane(lane) => lane_row(model, lane, row, columns, theme),
            Entry::Module(id) => module_row(model, id, row, columns, theme),
            Entry::Waiters => waiting::heading(model, row, theme),
            Entry::Waiting(id) => waiting::row(model, id, usize::from(area.width), theme),
            Entry::Promotions => promoted::heading(model, row, theme),
            Entry::Promoted(at) => promoted::row(model, at, usize::from(area.width), theme),
        };
        widgets::line(frame, tree, line, &content);
        if selected {
            widgets::mark(frame, tree, line, theme.style(Role::Selected));
        }
    }
    scrollbar::render(frame, tree, rows.len(), model.dashboard.top, theme);
    if !model.loading {
        // A row between them, or they are read together.
        let room = height.saturating_sub(rows.len() + 1);
        let legend = legend::rows(usize::from(area.width), room, theme);
        for (row, line) in (height - legend.len()..).zip(&legend) {
            widgets::line(frame, tree, row as u16, line);
        }
    }
}

fn headings(model: &Model, columns: Columns, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let muted = theme.style(Role::Muted);
    let sort = model.dashboard.sort;
    let mark = |by: Sort, text: &str| {
        if by == sort {
            format!("{text} {}", glyphs.sort(model.dashboard.reverse))
        } else {
            text.to_owned()
        }
    };
    let module = match sort {
        Sort::Status => mark(Sort::Status, "module by status"),
        _ => mark(Sort::Name, "module"),
    };
    let mut spans = vec![Span::styled(
        format!(
            "{}{} ",
            " ".repeat(EDGE),
            pad(&module, columns.name, glyphs)
        ),
        muted,
    )];
    for criterion in Criterion::ALL {
        let text = if columns.criterion > 4 {
            format!("{} {}", criterion.number(), criterion.heading())
        } else if criterion.number() == 10 {
            "10".into()
        } else {
            criterion.number().to_string()
        };
        spans.push(Span::styled(pad(&text, columns.criterion, glyphs), muted));
    }
    spans.push(Span::raw(" "));
    for (wide, text) in [
        (columns.stage, "stage".to_owned()),
        (columns.owner, mark(Sort::Owner, "owner")),
        (columns.age, mark(Sort::Age, "age")),
    ] {
        if wide > 0 {
            spans.push(Span::styled(pad(&text, wide, glyphs), muted));
        }
    }
    for (wide, text) in [(columns.files, "files"), (columns.size, "size")] {
        if wide > 0 {
            spans.push(Span::styled(right(text, wide), muted));
        }
    }
    Line::from(spans)
}

fn lane_row(
    model: &Model,
    lane: usize,
    row: &Row,
    columns: Columns,
    theme: &Theme,
) -> Line<'static> {
    let glyphs = theme.glyphs();
    let Some(lane) = model.header.lanes.get(lane) else {
        return Line::default();
    };
    let targets: Vec<String> = lane
        .targets
        .iter()
        .map(|t| {
            if t.is_root() {
                "./".into()
            } else {
                format!("{}/", path(t))
            }
        })
        .collect();
    // No column stands beside it.
    let room = columns.name + columns.fixed() - 2 * EDGE - 2;
    let source = fit(&format!("{}/", path(&lane.source)), room, glyphs).into_owned();
    let to = format!(" {} {}", glyphs.arrow(), targets.join(" | "));
    let to = fit(&to, room.saturating_sub(width(&source)), glyphs).into_owned();
    Line::from(vec![
        Span::raw(" ".repeat(EDGE)),
        Span::styled(fold_mark(row, theme), theme.style(Role::Muted)),
        Span::styled(source, theme.style(Role::Accent)),
        Span::styled(to, theme.style(Role::Muted)),
    ])
}

fn fold_mark(row: &Row, theme: &Theme) -> String {
    let glyphs = theme.glyphs();
    match (row.parent, row.folded) {
        (false, _) => "  ".into(),
        (true, true) => format!("{} ", glyphs.folded()),
        (true, false) => format!("{} ", glyphs.unfolded()),
    }
}

fn module_row(
    model: &Model,
    id: ModuleId,
    row: &Row,
    columns: Columns,
    theme: &Theme,
) -> Line<'static> {
    let glyphs = theme.glyphs();
    let Some(module) = model.catalog.module(id) else {
        return Line::default();
    };
    let facts = model.catalog.facts(id);
    let mut spans = vec![Span::raw(" ".repeat(EDGE))];

    // Deep trees must not push their names off the screen.
    let indent = usize::from(row.depth) * 2;
    let indent = indent.min(columns.name.saturating_sub(18) / 2 * 2);
    spans.push(Span::raw(" ".repeat(indent)));
    spans.push(Span::styled(
        fold_mark(row, theme),
        theme.style(Role::Muted),
    ));
    let uncommitted = facts.is_some_and(|f| f.uncommitted);
    let pull = model.pulls.of.get(&module.path);
    let pull = pull.filter(|_| columns.name >= WIDE_NAME);
    let pull_text = pull
        .map(|it| format!(" #{}", it.number))
        .unwrap_or_default();
    let marks = width(&pull_text) + if uncommitted { 2 } else { 0 };
    let room = columns.name.saturating_sub(indent + 2 + marks);
    let style = match (row.context && model.dashboard.is_narrowed(), module.kind) {
        (true, _) => theme.style(Role::Faint),
        (false, ModuleKind::Package) => theme.style(Role::Text).add_modifier(Modifier::BOLD),
        (false, ModuleKind::Namespace) => theme.style(Role::Text),
        (false, ModuleKind::File) => theme.style(Role::Text),
    };
    let mut name = module.name();
    if module.kind != ModuleKind::File {
        name.push('/');
    }
    let used = push_name(&mut spans, &name, &row.matched, room, style, theme);
    if uncommitted {
        spans.push(Span::styled(
            format!(" {}", glyphs.uncommitted()),
            theme.style(Role::Warning),
        ));
    }
    if let Some(pull) = pull {
        let bad = pull.conflicts || matches!(pull.checks.as_deref(), Some("failure" | "error"));
        let role = match bad || model.pulls.why_not.is_some() {
            true => Role::Warning,
            false => Role::Muted,
        };
        spans.push(Span::styled(pull_text, theme.style(role)));
    }
    let used = used + indent + 2 + marks;
    spans.push(Span::raw(" ".repeat(columns.name.saturating_sub(used) + 1)));

    let begun = model.standings.begun(&module.path).is_some();
    for criterion in Criterion::ALL {
        let cell = model.catalog.cell(id, criterion);
        // As elsewhere, what is known of itself goes before what is known of those below.
        let open = cell.below || cell.status == GateStatus::NeverRun;
        if begun && open && criterion == Criterion::Reviewers {
            spans.push(Span::styled(glyphs.begun(), theme.style(Role::Passed)));
            spans.push(Span::raw(" ".repeat(columns.criterion - 1)));
            continue;
        }
        let mut style = theme.style(role(cell.status));
        if cell.below {
            style = style
                .remove_modifier(Modifier::BOLD)
                .add_modifier(Modifier::DIM);
        }
        spans.push(Span::styled(glyphs.status(cell.status), style));
        spans.push(Span::raw(" ".repeat(columns.criterion - 1)));
    }
    spans.push(Span::raw(" "));
    push_facts(&mut spans, model, id, columns, theme);
    Line::from(spans)
}

/// The name, the characters that the filter matched marked; how many cells it took.
fn push_name(
    spans: &mut Vec<Span<'static>>,
    name: &str,
    matched: &[u32],
    room: usize,
    style: Style,
    theme: &Theme,
) -> usize {
    let shown = safe(name);
    let shown = fit(&shown, room, theme.glyphs()).into_owned();
    let used = width(&shown);
    // Positions are those of the raw name: with anything made visible they don't fit.
    if matched.is_empty() || !name.starts_with(shown.trim_end_matches(['…', '~'])) {
        spans.push(Span::styled(shown, style));
        return used;
    }
    let hit = style.patch(theme.style(Role::Match));
    let mut run = String::new();
    let mut marked = false;
    for (at, c) in shown.chars().enumerate() {
        let now = matched.binary_search(&(at as u32)).is_ok();
        if now != marked && !run.is_empty() {
            let style = if marked { hit } else { style };
            spans.push(Span::styled(std::mem::take(&mut run), style));
        }
        marked = now;
        run.push(c);
    }
    spans.push(Span::styled(run, if marked { hit } else { style }));
    used
}

fn push_facts(
    spans: &mut Vec<Span<'static>>,
    model: &Model,
    id: ModuleId,
    columns: Columns,
    theme: &Theme,
) {
    let glyphs = theme.glyphs();
    let muted = theme.style(Role::Muted);
    let facts = model.catalog.facts(id);
    let Some(module) = model.catalog.module(id) else {
        return;
    };
    if columns.stage > 0 {
        let stage = model.stage(id);
        let role = match stage {
            Stage::Candidate => Role::Faint,
            Stage::SignedOff => Role::Passed,
            _ => Role::Text,
        };
        spans.push(Span::styled(
            pad(stage.word(), columns.stage, glyphs),
            theme.style(role),
        ));
    }
    if columns.owner > 0 {
        let owner = facts.and_then(|f| f.owner.as_ref());
        let (text, style) = match owner {
            Some(owner) if owner.source == OwnerSource::History => {
                (format!("{}?", short(&owner.name)), theme.style(Role::Faint))
            }
            Some(owner) => (short(&owner.name), muted),
            None => (String::new(), muted),
        };
        let text = pad(&text, columns.owner - 1, glyphs);
        spans.push(Span::styled(format!("{text} "), style));
    }
    let change = facts.and_then(|f| f.last_change.as_ref());
    let old = change.map_or(String::new(), |c| age(model.now / 1_000 - c.time));
    spans.push(Span::styled(pad(&old, columns.age, glyphs), muted));
    if columns.files > 0 {
        let files = count(module.files as usize);
        spans.push(Span::styled(right(&files, columns.files), muted));
    }
    if columns.size > 0 {
        spans.push(Span::styled(
            right(&bytes(module.bytes), columns.size),
            muted,
        ));
    }
}

/// An owner in a column: of an e-mail address what stands before the `@`.
fn short(owner: &str) -> String {
    match owner.split_once('@') {
        Some((name, _)) if !name.is_empty() => safe(name).into_owned(),
        _ => safe(owner).into_owned(),
    }
}

fn right(text: &str, cells: usize) -> String {
    let fill = cells.saturating_sub(width(text));
    format!("{}{text}", " ".repeat(fill))
}

/// Says why there is nothing to see, and what to do.
fn empty(frame: &mut Frame, area: Rect, model: &Model, theme: &Theme) {
    let title = theme.style(Role::Title);
    let muted = theme.style(Role::Muted);
    let mut lines = Vec::new();
    if model.loading {
        lines.push(Line::styled("Reading modules", muted));
    } else if model.dashboard.is_narrowed() {
        let what = match (model.dashboard.filter.as_str(), model.dashboard.show) {
            ("", show) => format!("No module is {}", show.word()),
            (filter, Show::All) => format!("No module matches {}", safe(filter)),
            (filter, show) => format!("No module matches {} and is {}", safe(filter), show.word()),
        };
        lines.push(Line::styled(what, title));
        let key = if model.prompt.is_some() {
            model.key(Action::Cancel)
        } else {
            model.key(Action::Back)
        };
        lines.push(Line::styled(format!("{key} shows all again"), muted));
    } else {
        let sources: Vec<_> = model
            .header
            .lanes
            .iter()
            .map(|l| format!("{}/", path(&l.source)))
            .collect();
        let what = if model.header.commit.is_empty() {
            "The repository has no commit yet".to_owned()
        } else {
            format!("There is no Python below {}", sources.join(", "))
        };
        lines.push(Line::styled(what, title));
        lines.push(Line::styled(
            "Modules are read from commits, below the lanes.",
            muted,
        ));
        lines.push(Line::styled(
            safe(&model.told("`countersign init` writes down which those are.")).into_owned(),
            muted,
        ));
    }
    let top = area.height.saturating_sub(lines.len() as u16) / 3;
    for (row, line) in lines.into_iter().enumerate() {
        let x = area.width.saturating_sub(line.width() as u16) / 2;
        let place = Rect {
            x: area.x + x,
            width: area.width - x,
            ..area
        };
        widgets::line(frame, place, top + row as u16, &line);
    }
}
