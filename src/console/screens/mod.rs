//! What is drawn. Reads the model, changes nothing.

pub mod audit;
pub mod canary;
pub mod choice;
pub mod dashboard;
pub mod errand;
pub mod help;
pub mod messages;
pub mod module;
pub mod palette;
pub mod review;
mod sheet;
pub mod wizard;

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::{Line, Text};
use ratatui::widgets::Paragraph;

use super::layout::{self, SMALLEST};
use super::model::{Model, Overlay, Screen};
use super::theme::{Role, Theme};
use super::widgets::{footer, header, panel, status};

/// Draws everything.
pub fn render(frame: &mut Frame, model: &Model, theme: &Theme) {
    let area = frame.area();
    frame.buffer_mut().set_style(area, theme.style(Role::Text));
    if area.width != model.size.width || area.height != model.size.height {
        // A resize is on its way: what would be drawn now would be cut.
        if area.width < model.size.width || area.height < model.size.height {
            return;
        }
    }
    if layout::too_small(model.size) {
        too_small(frame, area, theme);
        return;
    }
    let lines = layout::frame(model);
    header::render(frame, lines.header, model, theme);
    match &model.screen {
        Screen::Dashboard => dashboard::render(frame, lines.body, model, theme),
        Screen::Module(view) => module::render(frame, lines.body, model, view, theme),
        Screen::Review(view) => review::render(frame, model, view, theme),
        Screen::Wizard(view) => wizard::render(frame, model, view, theme),
        Screen::Audit(view) => audit::render(frame, model, view, theme),
        Screen::Canary(view) => canary::render(frame, model, view, theme),
    }
    panel::render(frame, lines.panel, model, theme);
    if let Some(errand) = &model.errand {
        errand::render(frame, model, errand, theme);
    }
    if let Some(choice) = &model.choice {
        choice::render(frame, model, choice, theme);
    }
    match model.overlay {
        Some(Overlay::Help(top)) => help::render(frame, model, top, theme),
        Some(Overlay::Messages(top)) => messages::render(frame, model, top, theme),
        None => {}
    }
    if let Some(found) = &model.palette {
        palette::render(frame, model, found, theme);
    }
    status::render(frame, lines.status, model, theme);
    footer::render(frame, lines.footer, model, theme);
}

fn too_small(frame: &mut Frame, area: Rect, theme: &Theme) {
    let text = Text::from(vec![
        Line::styled("The window is too small", theme.style(Role::Warning)),
        Line::raw(format!(
            "it has {}x{}, needed are {}x{}",
            area.width, area.height, SMALLEST.width, SMALLEST.height
        )),
    ]);
    let top = area.height.saturating_sub(2) / 2;
    let place = Rect {
        y: area.y + top,
        height: area.height - top,
        ..area
    };
    frame.render_widget(Paragraph::new(text).alignment(Alignment::Center), place);
}
