//! What a move of the module means for everything else: each place that names
//! it, what becomes of that, and what the module itself reaches for.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::impact::{ImpactView, Row};
use crate::console::model::module::ModuleView;
use crate::console::text::{fit, fit_end, pad, path, safe, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, scrollbar};
use crate::promotion::impact::{Class, Form, Impact, When};

/// Cells of a form in words.
const FORM: usize = 12;

/// Draws it.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, view: &ModuleView, theme: &Theme) {
    let shown = &view.impact;
    let Some(impact) = shown.impact() else {
        let (text, role) = match &shown.found {
            Some(Err(problem)) => (problem.clone(), Role::Problem),
            _ => ("reading who names this module".to_owned(), Role::Muted),
        };
        let room = usize::from(area.width).saturating_sub(2);
        for (row, text) in (1..).zip(wrap(&safe(&text), room)) {
            let line = Line::styled(format!(" {text}"), theme.style(role));
            widgets::line(frame, area, row, &line);
        }
        return;
    };
    let [head, list, facts] = layout::coverage(model);
    let wide = usize::from(area.width);
    widgets::line(frame, head, 0, &heading(impact, wide, theme));
    widgets::line(frame, head, 1, &counts(impact, wide, theme));
    let top = shown.row.top;
    let rows = shown.rows.iter().enumerate().skip(top);
    for (at, row) in rows.take(usize::from(list.height)) {
        let place = (at - top) as u16;
        widgets::line(frame, list, place, &line(impact, *row, wide, theme));
        if at == shown.row.at {
            widgets::mark(frame, list, place, theme.style(Role::Selected));
        }
    }
    scrollbar::render(frame, list, shown.rows.len(), top, theme);
    words(frame, facts, impact, shown, theme);
}

fn heading(impact: &Impact, wide: usize, theme: &Theme) -> Line<'static> {
    let (from, to) = (&impact.relocation.from, &impact.relocation.to);
    let text = format!(" {} would be {}", path(from), path(to));
    let text = fit(&text, wide, theme.glyphs()).into_owned();
    Line::styled(text, theme.style(Role::Title))
}

/// How many there are of each kind.
fn counts(impact: &Impact, wide: usize, theme: &Theme) -> Line<'static> {
    let findings = impact.reaches.iter().filter(|it| it.finding).count();
    let breaking = impact.api.changes.iter().filter(|it| it.breaking).count();
    let mut parts: Vec<(String, Role)> = Vec::new();
    for class in Class::ALL {
        let count = impact.count(class);
        if count > 0 {
            parts.push((format!("{count} {}", class.word()), role(class)));
        }
    }
    if findings > 0 {
        parts.push((format!("{findings} imports of experiments"), Role::Failed));
    }
    if breaking > 0 {
        parts.push((format!("{breaking} breaking"), Role::Failed));
    }
    if parts.is_empty() {
        parts.push(("nobody names it".to_owned(), Role::Muted));
    }
    let mut spans = Vec::new();
    let mut used = 1;
    for (text, role) in parts {
        let lead = if spans.is_empty() { " " } else { "  " };
        used += lead.len() + text.chars().count();
        if used > wide {
            break;
        }
        spans.push(Span::styled(format!("{lead}{text}"), theme.style(role)));
    }
    Line::from(spans)
}

fn role(class: Class) -> Role {
    match class {
        Class::Left => Role::Warning,
        Class::Shimmed => Role::Muted,
        Class::Rewritten => Role::Passed,
    }
}

/// One row of the list.
pub fn line(impact: &Impact, row: Row, wide: usize, theme: &Theme) -> Line<'static> {
    let section = |text: String, role: Role| Line::styled(format!(" {text}"), theme.style(role));
    match row {
        Row::Class(class) => {
            let title = match class {
                Class::Left => "Left for a person",
                Class::Shimmed => "Goes on working through a shim",
                Class::Rewritten => "Rewritten",
            };
            section(format!("{title} ({})", impact.count(class)), Role::Title)
        }
        Row::Reaches => section(
            format!("What it imports across lanes ({})", impact.reaches.len()),
            Role::Title,
        ),
        Row::Changes => section(
            format!("Public API ({} changed)", impact.api.changes.len()),
            Role::Title,
        ),
        Row::Place(at) => match impact.importers.get(at) {
            Some(it) => place(
                (&format!("{}:{}", path(&it.path), it.line), it.form.word()),
                &it.text,
                role(it.class),
                wide,
                theme,
            ),
            None => Line::default(),
        },
        Row::Reach(at) => match impact.reaches.get(at) {
            Some(it) => {
                let role = if it.finding { Role::Failed } else { Role::Text };
                let at = format!("{}:{}", path(&it.path), it.line);
                place((&at, it.form.word()), &it.text, role, wide, theme)
            }
            None => Line::default(),
        },
        Row::Change(at) => match impact.api.changes.get(at) {
            Some(it) => {
                let role = if it.breaking {
                    Role::Failed
                } else {
                    Role::Text
                };
                let word = if it.breaking { "breaks" } else { "changes" };
                place((&safe(&it.name), word), &it.what, role, wide, theme)
            }
            None => Line::default(),
        },
    }
}

/// Where, how, and what stands there.
fn place(
    (at, form): (&str, &str),
    text: &str,
    role: Role,
    wide: usize,
    theme: &Theme,
) -> Line<'static> {
    let glyphs = theme.glyphs();
    let room = match wide {
        0..72 => wide.saturating_sub(FORM + 4),
        72..110 => 36,
        _ => 60,
    };
    let at = pad(&fit_end(at, room, glyphs), room, glyphs);
    let rest = wide.saturating_sub(room + FORM + 5);
    let mut spans = vec![
        Span::styled(format!("   {at}"), theme.style(Role::Text)),
        Span::styled(format!(" {form:FORM$}"), theme.style(role)),
    ];
    if rest > 8 {
        let text = fit(&safe(text), rest, glyphs).into_owned();
        spans.push(Span::styled(text, theme.style(Role::Muted)));
    }
    Line::from(spans)
}

/// Below: what is known of the selected one, in words.
fn words(frame: &mut Frame, area: Rect, impact: &Impact, view: &ImpactView, theme: &Theme) {
    let glyphs = theme.glyphs();
    let wide = usize::from(area.width);
    let rule = glyphs.horizontal().repeat(wide);
    let rule = Line::styled(rule, theme.style(Role::Border));
    widgets::line(frame, area, 0, &rule);
    for (row, (label, text)) in (1..area.height).zip(facts(impact, view)) {
        let text = fit(&safe(&text), wide.saturating_sub(11), glyphs).into_owned();
        let line = Line::from(vec![
            Span::styled(format!(" {label:9}"), theme.style(Role::Muted)),
            Span::styled(text, theme.style(Role::Text)),
        ]);
        widgets::line(frame, area, row, &line);
    }
}

/// What is known of the selected one; not yet safe to show.
pub fn facts(impact: &Impact, view: &ImpactView) -> Vec<(&'static str, String)> {
    match view.rows.get(view.row.at) {
        Some(Row::Place(at)) => match impact.importers.get(*at) {
            Some(it) => vec![
                ("becomes", becomes(it.class, &it.why)),
                ("says", it.text.clone()),
                ("names", it.name.clone()),
                (
                    "place",
                    format!("{}:{}, {}", path(&it.path), it.line, how(it.form, it.when)),
                ),
            ],
            None => Vec::new(),
        },
        Some(Row::Reach(at)) => match impact.reaches.get(*at) {
            Some(it) => vec![
                (
                    "lane",
                    match it.finding {
                        true => format!(
                            "{} is experimental: production may not import it",
                            path(&it.lane)
                        ),
                        false => path(&it.lane),
                    },
                ),
                ("says", it.text.clone()),
                ("reaches", it.name.clone()),
                (
                    "place",
                    format!("{}:{}, {}", path(&it.path), it.line, how(it.form, it.when)),
                ),
            ],
            None => Vec::new(),
        },
        Some(Row::Change(at)) => match impact.api.changes.get(*at) {
            Some(it) => vec![
                ("changes", it.what.clone()),
                ("name", it.name.clone()),
                ("with", impact.api.compared.clone().unwrap_or_default()),
            ],
            None => Vec::new(),
        },
        _ => vec![(
            "name",
            format!(
                "{} -> {}",
                impact.api.old_name.as_deref().unwrap_or("none"),
                impact.api.new_name.as_deref().unwrap_or("none")
            ),
        )],
    }
}

fn becomes(class: Class, why: &str) -> String {
    match why {
        "" => class.word().to_owned(),
        why => format!("{}: {why}", class.word()),
    }
}

fn how(form: Form, when: When) -> String {
    match when {
        When::Always => form.word().to_owned(),
        When::Lazy => format!("{}, in a function", form.word()),
        When::Typing => format!("{}, for type checkers", form.word()),
    }
}
