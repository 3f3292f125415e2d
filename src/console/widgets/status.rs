//! The line above the footer: what is typed, what was said, where one is.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::action::Action;
use crate::console::keymap;
use crate::console::model::dashboard::{Entry, Show};
use crate::console::model::prompt::{Prompt, Purpose};
use crate::console::model::{Level, Model, Screen};
use crate::console::text::{fit, fit_end, path, safe, width};
use crate::console::theme::{Role, Theme};

/// Draws it.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, theme: &Theme) {
    if let Some(typed) = &model.prompt {
        prompt(frame, area, typed, model, theme);
        return;
    }
    let glyphs = theme.glyphs();
    let cells = usize::from(area.width).saturating_sub(2);
    let line = match &model.status {
        Some(notice) => {
            let role = match notice.level {
                Level::Info => Role::Info,
                Level::Warning => Role::Warning,
                Level::Problem => Role::Problem,
            };
            Line::styled(
                format!(" {}", fit(&notice.text, cells, glyphs)),
                theme.style(role),
            )
        }
        None => Line::styled(
            format!(" {}", fit_end(&place(model, theme), cells, glyphs)),
            theme.style(Role::Muted),
        ),
    };
    super::line(frame, area, 0, &line);
    if !model.typed.is_empty() {
        let typed = format!("{}{} ", keymap::show(&model.typed), glyphs.ellipsis());
        let x = area.right().saturating_sub(width(&typed) as u16);
        let place = Rect {
            x,
            width: area.right() - x,
            ..area
        };
        super::line(
            frame,
            place,
            0,
            &Line::styled(typed, theme.style(Role::Key)),
        );
    }
}

/// Where one is, while nothing else is to be said.
fn place(model: &Model, theme: &Theme) -> String {
    let glyphs = theme.glyphs();
    let separator = format!(" {} ", glyphs.separator());
    let mut parts = Vec::new();
    match &model.screen {
        Screen::Module(_) => {}
        Screen::Canary(view) => parts.extend(crate::console::screens::canary::place(view)),
        Screen::Audit(view) => {
            if !view.filter.is_empty() {
                parts.push(format!("filter {}", safe(&view.filter)));
            }
            if view.only_wrong {
                parts.push("showing what is not verified".into());
            }
        }
        Screen::Review(view) => {
            if let (Some(item), Some(sheet)) = (view.item(), view.sheet()) {
                let items = &sheet.checklist.items;
                let at = items.iter().position(|it| it.id == item.id).unwrap_or(0);
                parts.push(format!("question {} of {}", at + 1, items.len()));
            }
        }
        Screen::Wizard(view) => {
            if let Some(opened) = view.opened() {
                parts.push(safe(&opened.branch).into_owned());
            }
        }
        Screen::Dashboard => {
            if !model.dashboard.filter.is_empty() {
                parts.push(format!("filter {}", safe(&model.dashboard.filter)));
            }
            if model.dashboard.show != Show::All {
                parts.push(format!("showing {}", model.dashboard.show.word()));
            }
            match model.dashboard.entry() {
                Some(Entry::Module(id)) => {
                    if let Some(module) = model.catalog.module(id) {
                        parts.push(path(&module.path));
                    }
                    let module = model.catalog.module(id);
                    let begun = module.and_then(|it| model.standings.begun(&it.path));
                    let change = model.catalog.facts(id).and_then(|f| f.last_change.as_ref());
                    let change = change.map(|it| it.summary.clone());
                    let waits = model.waits_for_others(id);
                    let waits = waits.then(|| "waits for its reviewers".to_owned());
                    let said = begun.or(waits).or(change);
                    parts.extend(said.map(|it| safe(&it).into_owned()));
                }
                Some(Entry::Waiting(id)) => {
                    if let Some(module) = model.catalog.module(id) {
                        parts.push(path(&module.path));
                        let why = model.standings.waits(&module.path);
                        parts.extend(why.map(|why| safe(why).into_owned()));
                    }
                }
                Some(Entry::Promoted(_)) => {
                    parts.extend(model.promoted().map(|it| {
                        let (to, on) = (path(&it.promotion.to), safe(&it.promotion.branch));
                        let by = it.merged_by.as_deref().map(safe);
                        let by = by.map_or(String::new(), |by| format!(", merged by {by}"));
                        format!("{to}, on {on}{by}")
                    }));
                }
                Some(Entry::Lane(at)) if !model.loading => {
                    let modules = model.dashboard.outermost(&model.catalog, at).len();
                    let lane = model.header.lanes.get(at);
                    parts.extend(lane.map(|it| format!("{}/", path(&it.source))));
                    let key = model.key(Action::Check);
                    parts.push(match modules {
                        0 => "no module".into(),
                        1 => format!("1 module: {key} runs its gates"),
                        n => format!("{n} modules: {key} runs the gates of all"),
                    });
                }
                Some(Entry::Waiters) => parts.push("what you are asked to review".into()),
                Some(Entry::Promotions) => {
                    parts.push("what left its lane, and is not over yet".into());
                }
                Some(Entry::Lane(_)) | None => {}
            }
        }
    }
    if model.filling.0 {
        parts.push(format!(
            "reading owners, history, tests{}",
            glyphs.ellipsis()
        ));
    }
    parts.join(&separator)
}

fn prompt(frame: &mut Frame, area: Rect, prompt: &Prompt, model: &Model, theme: &Theme) {
    let style = theme.style(Role::Prompt);
    frame.buffer_mut().set_style(area, style);
    let label = match prompt.purpose {
        Purpose::Filter | Purpose::Log => " filter ",
        Purpose::Search => " search ",
        Purpose::Palette => " find ",
        Purpose::Link => " link, NAME=https://... ",
        Purpose::Reason => " why ",
    };
    let counted = match prompt.purpose {
        Purpose::Filter => format!(
            "{} of {} ",
            model.dashboard.matches,
            model.catalog.tree().len()
        ),
        Purpose::Log => match &model.screen {
            Screen::Audit(view) => {
                let all = view.log().map_or(0, |log| log.entries.len());
                format!("{} of {all} ", view.rows.len())
            }
            _ => String::new(),
        },
        Purpose::Palette => {
            let found = model.palette.as_ref().map_or(0, |it| it.rows.len());
            format!("{found} found ")
        }
        Purpose::Search | Purpose::Link | Purpose::Reason => String::new(),
    };
    let room = usize::from(area.width).saturating_sub(label.len() + width(&counted) + 2);
    // The text left of the cursor is what one looks at.
    let before = safe(prompt.before());
    let shown = fit_end(&before, room, theme.glyphs());
    let after = safe(&prompt.text()[prompt.before().len()..]).into_owned();
    let cursor = area.x + (label.len() + width(&shown)) as u16;
    let rest = fit(&after, room.saturating_sub(width(&shown)), theme.glyphs());
    let line = Line::from(vec![
        Span::styled(label, style.patch(theme.style(Role::Key))),
        Span::styled(shown.into_owned(), style),
        Span::styled(rest.into_owned(), style),
    ]);
    super::line(frame, area, 0, &line);
    let x = area.right().saturating_sub(width(&counted) as u16);
    let place = Rect {
        x,
        width: area.right() - x,
        ..area
    };
    super::line(
        frame,
        place,
        0,
        &Line::styled(counted, style.patch(theme.style(Role::Muted))),
    );
    frame.set_cursor_position((cursor, area.y));
}
