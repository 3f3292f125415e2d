//! What the tools of a gate wrote.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::model::Model;
use crate::console::model::module::{ModuleView, Raw};
use crate::console::text::{behind, fit};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, scrollbar};

/// Draws it.
pub fn render(
    frame: &mut Frame,
    area: Rect,
    model: &Model,
    view: &ModuleView,
    raw: &Raw,
    theme: &Theme,
) {
    let gate = model.gates.get(view.gate).map_or("", |g| &g.title);
    let heading = Line::from(vec![
        Span::styled(format!(" {gate}"), theme.style(Role::Title)),
        Span::styled("  commands and output", theme.style(Role::Muted)),
    ]);
    widgets::line(frame, area, 0, &heading);
    let Some(lines) = &raw.lines else {
        widgets::line(
            frame,
            area,
            1,
            &Line::styled(" reading", theme.style(Role::Muted)),
        );
        return;
    };
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let cells = usize::from(area.width).saturating_sub(2);
    for (row, line) in lines
        .iter()
        .skip(raw.top)
        .take(usize::from(body.height))
        .enumerate()
    {
        let style = if line.starts_with("$ ") {
            theme.style(Role::Key)
        } else {
            theme.style(Role::Text)
        };
        let shown = fit(behind(line, raw.left), cells, theme.glyphs()).into_owned();
        widgets::line(
            frame,
            body,
            row as u16,
            &Line::styled(format!(" {shown}"), style),
        );
    }
    scrollbar::render(frame, body, lines.len(), raw.top, theme);
}
