//! The audit screen: the log's entries with what each proves, and what is known of
//! the log as a whole.

pub mod entry;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::audit::{AuditView, LogRow, LogView, Proof};
use crate::console::text::{age, count, fit, pad, safe, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, scrollbar};

/// The mark of what an entry proves; a shape of its own for each.
pub fn mark(proof: &Proof, theme: &Theme) -> (&'static str, &'static str, Role) {
    use crate::promotion::GateStatus::{Failed, NotApplicable, Passed, Stale};
    let glyphs = theme.glyphs();
    match proof {
        Proof::Verified => (glyphs.status(Passed), "verified", Role::Passed),
        Proof::Void(_) => (glyphs.status(Stale), "void", Role::Stale),
        Proof::Twice(_) => (glyphs.status(NotApplicable), "twice", Role::NotApplicable),
        Proof::Wrong(_) => (glyphs.status(Failed), "not verified", Role::Failed),
    }
}

/// Draws it.
pub fn render(frame: &mut Frame, model: &Model, view: &AuditView, theme: &Theme) {
    if let Some(opened) = &view.opened {
        entry::render(frame, model, view, opened, theme);
        return;
    }
    let areas = layout::audit(model);
    match &view.log {
        None => say(frame, areas.head, "Reading the log.", Role::Muted, theme),
        Some(Err(problem)) => {
            let body = layout::frame(model).body;
            say(frame, body, &model.told(problem), Role::Problem, theme);
        }
        Some(Ok(log)) => {
            head(frame, areas.head, log, theme);
            rows(frame, areas, model, view, log, theme);
        }
    }
}

fn say(frame: &mut Frame, area: Rect, text: &str, role: Role, theme: &Theme) {
    let cells = usize::from(area.width).saturating_sub(2);
    for (row, text) in wrap(&safe(text), cells).into_iter().enumerate() {
        let line = Line::styled(format!(" {text}"), theme.style(role));
        widgets::line(frame, area, row as u16, &line);
    }
}

/// Of the whole log: whether it holds, its head, who else has it, what is wrong.
fn head(frame: &mut Frame, area: Rect, log: &LogView, theme: &Theme) {
    use crate::promotion::GateStatus::{Failed, Passed};
    let glyphs = theme.glyphs();
    let bar = theme.style(Role::Tab);
    let top = Rect {
        height: area.height.min(1),
        ..area
    };
    frame.buffer_mut().set_style(top, bar);
    let (mark, word, role) = match log.holds {
        true => (glyphs.status(Passed), "verified", Role::Passed),
        false => (glyphs.status(Failed), "not verified", Role::Failed),
    };
    let entries = match log.size {
        1 => "1 entry".to_owned(),
        n => format!("{} entries", count(n as usize)),
    };
    let root = log.root.get(..12).unwrap_or(&log.root);
    let line = Line::from(vec![
        Span::styled(" Audit log  ", bar.patch(theme.style(Role::Title))),
        Span::styled(format!("{mark} {word}"), bar.patch(theme.style(role))),
        Span::styled(format!("  {entries}  root {}", safe(root)), bar),
    ]);
    widgets::line(frame, top, 0, &line);
    let cells = usize::from(area.width).saturating_sub(2);
    let separator = format!(" {} ", glyphs.separator());
    let known: Vec<_> = [&log.pinned, &log.remote]
        .into_iter()
        .filter(|it| !it.is_empty())
        .map(|it| safe(it).into_owned())
        .collect();
    let known = fit(&known.join(&separator), cells, glyphs).into_owned();
    let line = Line::styled(format!(" {known}"), theme.style(Role::Muted));
    widgets::line(frame, area, 1, &line);
    let said = log.problems.first();
    let told = log.unprotected.as_ref().map(|it| (it, Role::Muted));
    if let Some((text, role)) = said.map(|it| (it, Role::Problem)).or(told) {
        let below = Rect {
            y: area.y + area.height.min(2),
            height: area.height.saturating_sub(2),
            ..area
        };
        lines(frame, below, text, role, theme);
    }
}

/// Text on as many rows as there are; where they are too few the last says so.
fn lines(frame: &mut Frame, area: Rect, text: &str, role: Role, theme: &Theme) {
    let cells = usize::from(area.width).saturating_sub(2);
    let shown = wrap(&safe(text), cells);
    for (row, line) in (0..area.height).zip(&shown) {
        let last = row + 1 == area.height;
        let line = match last {
            true => shown[usize::from(row)..].join(" "),
            false => line.clone(),
        };
        let line = fit(&line, cells, theme.glyphs());
        let line = Line::styled(format!(" {line}"), theme.style(role));
        widgets::line(frame, area, row, &line);
    }
}

/// Which columns find room, and how wide they are.
struct Columns {
    position: usize,
    proof: usize,
    age: usize,
    who: usize,
    role: usize,
    what: usize,
    module: usize,
}

impl Columns {
    fn of(cells: usize, log: &LogView) -> Self {
        let mut columns = Self {
            position: log.size.to_string().len().max(3) + 1,
            // The word beside the mark where there is room; below, it says it anyway.
            proof: if cells >= 100 { 15 } else { 2 },
            age: 5,
            who: match cells {
                0..76 => 15,
                76..110 => 28,
                _ => 34,
            },
            role: 9,
            what: if cells < 76 { 9 } else { 11 },
            module: 0,
        };
        let used = 1 + columns.position + columns.proof + columns.age;
        let used = used + columns.who + columns.role + columns.what + 1;
        columns.module = cells.saturating_sub(used);
        columns
    }
}

fn rows(
    frame: &mut Frame,
    areas: layout::Audit,
    model: &Model,
    view: &AuditView,
    log: &LogView,
    theme: &Theme,
) {
    let glyphs = theme.glyphs();
    let columns = Columns::of(usize::from(areas.list.width), log);
    let mut titles = String::from(" ");
    for (text, wide) in [
        ("#", columns.position),
        ("", columns.proof),
        ("age", columns.age),
        ("who", columns.who),
        ("role", columns.role),
        ("what", columns.what),
        ("module", columns.module),
    ] {
        titles.push_str(&pad(text, wide, glyphs));
    }
    let titles = Line::styled(titles, theme.style(Role::Muted));
    widgets::line(frame, areas.titles, 0, &titles);
    if view.rows.is_empty() {
        let text = match (view.is_narrowed(), log.entries.is_empty()) {
            (_, true) => "Nobody decided on anything yet: the log has no entry.",
            (true, false) => "No entry matches.",
            (false, false) => "",
        };
        say(frame, areas.list, text, Role::Muted, theme);
        return;
    }
    let shown = view.rows.iter().enumerate().skip(view.row.top);
    for (line, (at, index)) in (0..areas.list.height).zip(shown) {
        let Some(row) = log.entries.get(*index) else {
            continue;
        };
        let content = entry_row(row, &columns, model, theme);
        widgets::line(frame, areas.list, line, &content);
        if at == view.row.at {
            widgets::mark(frame, areas.list, line, theme.style(Role::Selected));
        }
    }
    scrollbar::render(frame, areas.list, view.rows.len(), view.row.top, theme);
    if let Some(row) = view.selected() {
        detail(frame, areas.detail, row, theme);
    }
}

fn entry_row(row: &LogRow, columns: &Columns, model: &Model, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let (mark, word, role) = mark(&row.proof, theme);
    let proof = match columns.proof {
        2 => mark.to_owned(),
        _ => format!("{mark} {word}"),
    };
    let old = row.at.map_or("?".into(), |at| age(model.now / 1_000 - at));
    let muted = theme.style(Role::Muted);
    let text = theme.style(Role::Text);
    let cell = |text: &str, wide: usize| {
        let text = pad(&safe(text), wide.saturating_sub(1), glyphs);
        format!("{text} ")
    };
    let position = format!("{:>1$} ", row.position, columns.position - 1);
    Line::from(vec![
        Span::styled(format!(" {position}"), muted),
        Span::styled(pad(&proof, columns.proof, glyphs), theme.style(role)),
        Span::styled(pad(&old, columns.age, glyphs), muted),
        Span::styled(cell(&row.who, columns.who), text),
        Span::styled(cell(&row.role, columns.role), muted),
        Span::styled(cell(&row.what, columns.what), theme.style(Role::Accent)),
        Span::styled(
            fit(&safe(&row.module), columns.module, glyphs).into_owned(),
            text,
        ),
    ])
}

/// What the selected entry proves, and why not.
fn detail(frame: &mut Frame, area: Rect, row: &LogRow, theme: &Theme) {
    let glyphs = theme.glyphs();
    let rule = glyphs.horizontal().repeat(usize::from(area.width));
    widgets::line(
        frame,
        area,
        0,
        &Line::styled(rule, theme.style(Role::Border)),
    );
    let (mark, word, role) = mark(&row.proof, theme);
    let text = match &row.proof {
        Proof::Verified => format!("{mark} {word}: its signature, its key and what it names"),
        Proof::Void(why) | Proof::Twice(why) | Proof::Wrong(why) => {
            format!("{mark} {word}: {}", safe(why))
        }
    };
    let below = Rect {
        y: area.y + area.height.min(1),
        height: area.height.saturating_sub(1),
        ..area
    };
    lines(frame, below, &text, role, theme);
}
