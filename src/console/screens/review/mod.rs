//! The review screen: the role's questions, and beside them the evidence of the one
//! in hand.

mod choose;
pub mod note;
pub mod side;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::glyphs::{answer_role, decision_role};
use crate::console::layout;
use crate::console::model::review::{ReviewView, Row, Sheet, Step};
use crate::console::model::{Model, Screen};
use crate::console::text::{fit, fit_end, pad, path, safe, width};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, scrollbar};

/// How many rows of evidence there is room for.
pub fn page(model: &Model) -> usize {
    let side = usize::from(layout::review(model).side.height);
    let head = view(model).map_or(0, |view| side::head_height(model, view));
    side.saturating_sub(head).max(1)
}

/// How many rows of evidence there are.
pub fn evidence_height(model: &Model) -> usize {
    view(model).map_or(0, |view| {
        side::evidence(model, view, &Theme::no_color()).0.len()
    })
}

/// The row on which the selected gate begins.
pub fn gate_line(model: &Model) -> usize {
    view(model).map_or(0, |view| {
        let starts = side::evidence(model, view, &Theme::no_color()).1;
        starts.get(view.gate).copied().unwrap_or(0)
    })
}

/// How many rows the whole text has, and for how many there is room.
pub fn text_size(model: &Model) -> (usize, usize) {
    view(model).map_or((0, 1), |view| choose::text_size(model, view))
}

fn view(model: &Model) -> Option<&ReviewView> {
    match &model.screen {
        Screen::Review(view) => Some(view),
        _ => None,
    }
}

/// Draws it.
pub fn render(frame: &mut Frame, model: &Model, view: &ReviewView, theme: &Theme) {
    let areas = layout::review(model);
    title(frame, areas.title, view, theme);
    match &view.sheet {
        Some(Ok(sheet)) => {
            list(frame, areas.list, model, view, sheet, theme);
            let vertical = Line::styled(theme.glyphs().vertical(), theme.style(Role::Border));
            for row in 0..areas.rule.height {
                widgets::line(frame, areas.rule, row, &vertical);
            }
            side::render(frame, areas.side, model, view, theme);
        }
        Some(Err(problem)) => message(frame, model, problem, Role::Problem, theme),
        None => {
            let text = "Reading the content, its evidence and the rules.";
            message(frame, model, text, Role::Muted, theme);
        }
    }
    match &view.step {
        Step::Answer => {}
        Step::Text(top) => choose::text(frame, model, view, *top, theme),
        Step::Choose(chosen, top) => choose::render(frame, model, view, *chosen, *top, theme),
        Step::Signing(verb) => choose::signing(frame, model, *verb, theme),
        Step::Done(outcome) => choose::done(frame, model, view, outcome, theme),
    }
    if let Some(writing) = &view.writing {
        note::render(frame, model, view, writing, theme);
    }
}

fn message(frame: &mut Frame, model: &Model, text: &str, role: Role, theme: &Theme) {
    let areas = layout::review(model);
    let whole = Rect {
        width: model.size.width,
        ..areas.list
    };
    widgets::message(frame, whole, &model.told(text), theme.style(role));
}

/// What is decided on, by whom; and why an approval would not count, if it would not.
fn title(frame: &mut Frame, area: Rect, view: &ReviewView, theme: &Theme) {
    let glyphs = theme.glyphs();
    let bar = theme.style(Role::Tab);
    let cells = usize::from(area.width);
    let top = Rect {
        height: area.height.min(1),
        ..area
    };
    frame.buffer_mut().set_style(top, bar);
    let sheet = view.sheet();
    let right = match (sheet, view.progress()) {
        // What was signed is no longer asked.
        _ if matches!(view.step, Step::Done(_)) => String::new(),
        (Some(_), (answered, all)) => format!("{answered} of {all} answered "),
        (None, _) => String::new(),
    };
    let target = sheet.map_or(String::new(), |sheet| {
        format!(" {} {}", glyphs.arrow(), path(&sheet.target))
    });
    let room = cells.saturating_sub(width(&right) + 2);
    let module = path(&view.module);
    // Of two long paths each keeps its end.
    let target = fit_end(&target, room / 2, glyphs);
    let module = fit_end(&module, room.saturating_sub(width(&target)), glyphs);
    let line = Line::from(vec![
        Span::styled(format!(" {module}"), bar.patch(theme.style(Role::Title))),
        Span::styled(target.into_owned(), bar),
    ]);
    widgets::line(frame, top, 0, &line);
    let x = area.width.saturating_sub(width(&right) as u16);
    let place = Rect {
        x: area.x + x,
        width: area.width - x,
        ..top
    };
    widgets::line(frame, place, 0, &Line::styled(right, bar));
    let Some(sheet) = sheet else { return };
    let separator = format!(" {} ", glyphs.separator());
    let who = format!("as {}{separator}{}", sheet.role, safe(&sheet.principal));
    let key = format!("{separator}{}", safe(&sheet.key));
    let room = cells.saturating_sub(1 + width(&who));
    let line = Line::from(vec![
        Span::styled(
            format!(" {}", fit(&who, cells.saturating_sub(1), glyphs)),
            theme.style(Role::Text),
        ),
        Span::styled(
            fit(&key, room, glyphs).into_owned(),
            theme.style(Role::Muted),
        ),
    ]);
    widgets::line(frame, area, 1, &line);
    let mut warnings = sheet.warnings();
    if let Some(first) = warnings.next() {
        let more = match warnings.count() {
            0 => String::new(),
            n => format!(" (and {n} more)"),
        };
        let text = format!("{}{more}", safe(&first));
        let text = fit(&text, cells.saturating_sub(2), glyphs);
        let line = Line::styled(format!(" {text}"), theme.style(Role::Warning));
        widgets::line(frame, area, 2, &line);
    }
}

fn list(
    frame: &mut Frame,
    area: Rect,
    model: &Model,
    view: &ReviewView,
    sheet: &Sheet,
    theme: &Theme,
) {
    let rows = view.rows();
    let cells = usize::from(area.width);
    let shown = rows.iter().enumerate().skip(view.row.top);
    for (line, (at, row)) in (0..area.height).zip(shown) {
        widgets::line(
            frame,
            area,
            line,
            &list_row(*row, view, sheet, cells, theme),
        );
        if at == view.row.at {
            let focused =
                model.overlay.is_none() && view.step == Step::Answer && view.writing.is_none();
            let role = match focused {
                true => Role::Selected,
                false => Role::SelectedInactive,
            };
            widgets::mark(frame, area, line, theme.style(role));
        }
    }
    scrollbar::render(frame, area, rows.len(), view.row.top, theme);
}

fn list_row(
    row: Row,
    view: &ReviewView,
    sheet: &Sheet,
    cells: usize,
    theme: &Theme,
) -> Line<'static> {
    let glyphs = theme.glyphs();
    let (mark, style, title) = match row {
        Row::Changed => {
            let last = sheet.last.as_ref();
            let holds = last.is_some_and(|last| last.reasons.is_empty());
            let verb = last.map_or(crate::promotion::review::Verb::Approve, |it| it.verb);
            let style = theme.style(decision_role(verb, holds));
            (
                glyphs.decision(verb, holds),
                style,
                "Since last time".into(),
            )
        }
        Row::Item(at) => {
            let Some(item) = sheet.checklist.items.get(at) else {
                return Line::default();
            };
            let answer = view.answer(&item.id);
            let style = theme.style(answer_role(answer));
            (glyphs.answer(answer), style, safe(&item.title).into_owned())
        }
        Row::Finish => {
            let (answered, all) = view.progress();
            let title = match (view.signed(), all - answered) {
                (Some(_), _) => "Signed".to_owned(),
                (None, 0) => "Sign".to_owned(),
                (None, open) => format!("Sign ({open} open)"),
            };
            (glyphs.arrow(), theme.style(Role::Key), title)
        }
    };
    let title = pad(&title, cells.saturating_sub(4 + width(mark) - 1), glyphs);
    Line::from(vec![
        Span::raw(" "),
        Span::styled(mark, style),
        Span::styled(format!(" {title} "), theme.style(Role::Text)),
    ])
}
