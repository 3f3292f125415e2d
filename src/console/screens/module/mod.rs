//! The module screen: one dossier, in panes.

pub mod benchmarks;
pub mod coverage;
mod coverage_facts;
pub mod facts;
pub mod gates;
pub mod impact;
pub mod raw;
pub mod sign_off;

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::layout;
use crate::console::model::module::{ModuleView, Pane};
use crate::console::model::{Model, Screen};
use crate::console::screens::review::note;
use crate::console::text::{fit_end, path};
use crate::console::theme::{Role, Theme};
use crate::console::widgets;
use crate::promotion::{Criterion, GateStatus};

/// The tabs and the columns they take; the module's name takes what is left.
pub fn tabs(model: &Model) -> Vec<(Range<u16>, Pane)> {
    let wide = |pane: Pane| tab(model, pane).len() as u16;
    let total: u16 = Pane::ALL.into_iter().map(wide).sum();
    let mut x = model.size.width.saturating_sub(total);
    Pane::ALL
        .into_iter()
        .map(|pane| {
            let from = x;
            x += wide(pane);
            (from..x, pane)
        })
        .collect()
}

/// Where there is little room tabs stand closer, then one that is not shown is its number only.
fn tab(model: &Model, pane: Pane) -> String {
    let shown = matches!(&model.screen, Screen::Module(view) if view.pane == pane);
    let number = pane as usize + 1;
    match model.size.width {
        0..80 if !shown => format!(" {number} "),
        80..90 => format!(" {number} {}", pane.title()),
        _ => format!(" {number} {} ", pane.title()),
    }
}

/// Draws it.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, view: &ModuleView, theme: &Theme) {
    title(frame, area, model, view, theme);
    let pane = layout::pane(model);
    if let Some(raw) = &view.raw {
        raw::render(frame, pane, model, view, raw, theme);
        return;
    }
    match view.pane {
        Pane::Gates => gates::render(frame, model, view, theme),
        Pane::Coverage => coverage::render(frame, pane, model, view, theme),
        Pane::Diff => {
            if let Some(diff) = &view.diff {
                diff.render(frame, pane, theme);
            }
            if let Some(writing) = &view.writing {
                let place = format!("{}:{}", path(&writing.on.path), writing.on.line);
                let title = format!("To yourself, on {place}");
                note::write(frame, model, &title, &writing.note, theme);
            }
        }
        Pane::Facts => facts::render(frame, pane, model, view, theme),
        Pane::Speed => benchmarks::render(frame, pane, model, view, theme),
        Pane::SignOff => sign_off::render(frame, pane, model, view, theme),
        Pane::Impact => impact::render(frame, pane, model, view, theme),
    }
}

fn title(frame: &mut Frame, area: Rect, model: &Model, view: &ModuleView, theme: &Theme) {
    let glyphs = theme.glyphs();
    let bar = theme.style(Role::Tab);
    let top = Rect { height: 1, ..area };
    frame.buffer_mut().set_style(top, bar);
    let tabs = tabs(model);
    let start = tabs
        .first()
        .map_or(area.width, |(columns, _)| columns.start);
    // The ten criteria at a glance, where there is room.
    let marks = Criterion::ALL.map(|c| model.catalog.cell(view.id, c));
    let own: Vec<GateStatus> = model.catalog.own(view.id).to_vec();
    let marks_room = if start >= 56 { 11 } else { 0 };
    let room = usize::from(start).saturating_sub(3 + marks_room);
    let name = path(&view.path);
    let mut shown = fit_end(&name, room, glyphs).into_owned();
    // Rather a name less than half of one.
    if shown != name
        && let Some(at) = shown.find('/')
    {
        shown = format!("{}{}", glyphs.ellipsis(), &shown[at..]);
    }
    let mut spans = vec![Span::styled(
        format!(" {shown}  "),
        bar.patch(theme.style(Role::Title)),
    )];
    if marks_room > 0 {
        for (at, _) in marks.iter().enumerate() {
            let status = own.get(at).copied().unwrap_or(GateStatus::NeverRun);
            spans.push(Span::styled(
                glyphs.status(status),
                bar.patch(theme.style(crate::console::glyphs::role(status))),
            ));
        }
    }
    widgets::line(frame, top, 0, &Line::from(spans));
    for (columns, pane) in tabs {
        let style = if pane == view.pane {
            theme.style(Role::TabActive)
        } else {
            bar
        };
        let place = Rect {
            x: area.x + columns.start,
            width: columns.end - columns.start,
            ..top
        };
        widgets::line(frame, place, 0, &Line::styled(tab(model, pane), style));
    }
}

/// True while some pane waits for a worker.
pub fn is_waiting(model: &Model) -> bool {
    match &model.screen {
        Screen::Module(view) => {
            let impact = &view.impact;
            view.dossier.is_none() || (impact.generation.is_some() && impact.found.is_none())
        }
        _ => false,
    }
}
