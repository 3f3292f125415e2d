//! The wizard: what is asked, section by section, and beside it the field in hand.

pub mod last;
mod note;
pub mod side;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::glyphs::Glyphs;
use crate::console::layout;
use crate::console::model::wizard::{Mark, Row, Step, WizardView};
use crate::console::model::{Model, Screen};
use crate::console::text::{fit, fit_end, pad, path, safe, width};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, scrollbar};
use crate::promotion::proposal::Which;

/// How many rows there is room for beside the list.
pub fn page(model: &Model) -> usize {
    usize::from(layout::wizard(model).side.height).max(1)
}

/// How many rows there are beside the list.
pub fn side_height(model: &Model) -> usize {
    view(model).map_or(0, |view| side::rows(model, view, &Theme::no_color()).len())
}

/// How many rows the text or the commit has, and for how many there is room.
pub fn text_size(model: &Model) -> (usize, usize) {
    view(model).map_or((0, 1), |view| last::size(model, view))
}

fn view(model: &Model) -> Option<&WizardView> {
    match &model.screen {
        Screen::Wizard(view) => Some(view),
        _ => None,
    }
}

/// Draws it.
pub fn render(frame: &mut Frame, model: &Model, view: &WizardView, theme: &Theme) {
    let areas = layout::wizard(model);
    title(frame, areas.title, view, theme);
    match &view.opened {
        Some(Ok(_)) => {
            list(frame, areas.list, model, view, theme);
            let vertical = Line::styled(theme.glyphs().vertical(), theme.style(Role::Border));
            for row in 0..areas.rule.height {
                widgets::line(frame, areas.rule, row, &vertical);
            }
            beside(frame, areas.side, model, view, theme);
        }
        Some(Err(problem)) => message(frame, model, problem, Role::Problem, theme),
        None => {
            let text = "Reading the module, its forms and its evidence.";
            message(frame, model, text, Role::Muted, theme);
        }
    }
    match &view.step {
        Step::Fill => {}
        Step::Text(top) => last::text(frame, model, view, *top, theme),
        Step::Planning => last::small(frame, model, "Making the commit ready.", theme),
        Step::Commit(plan, top) => last::commit(frame, model, plan, *top, theme),
        Step::Writing => last::small(frame, model, "Writing the branch.", theme),
        Step::Done(outcome) => last::done(frame, model, outcome, theme),
    }
    if let Some(writing) = &view.writing {
        note::render(frame, model, view, writing, theme);
    }
}

fn message(frame: &mut Frame, model: &Model, text: &str, role: Role, theme: &Theme) {
    let areas = layout::wizard(model);
    let whole = Rect {
        width: model.size.width,
        ..areas.list
    };
    widgets::message(frame, whole, &model.told(text), theme.style(role));
}

/// What is proposed, where to, and on which branch.
fn title(frame: &mut Frame, area: Rect, view: &WizardView, theme: &Theme) {
    let glyphs = theme.glyphs();
    let bar = theme.style(Role::Tab);
    let cells = usize::from(area.width);
    let top = Rect {
        height: area.height.min(1),
        ..area
    };
    frame.buffer_mut().set_style(top, bar);
    let right = match view.opened() {
        None => String::new(),
        Some(_) => match view.open() {
            0 => " complete ".to_owned(),
            open => format!(" {open} open "),
        },
    };
    let target = view.proposal().map_or(String::new(), |it| {
        format!(" {} {}", glyphs.arrow(), path(&it.target))
    });
    let room = cells.saturating_sub(width(&right) + 10);
    let target = fit_end(&target, room / 2, glyphs).into_owned();
    let module = path(&view.module);
    let module = fit_end(&module, room.saturating_sub(width(&target)), glyphs);
    let left = Line::from(vec![
        Span::styled(" Propose ", bar.patch(theme.style(Role::Title))),
        Span::styled(format!("{module}{target}"), bar),
    ]);
    widgets::line(frame, top, 0, &left);
    let x = area.width.saturating_sub(width(&right) as u16);
    let place = Rect {
        x: area.x + x,
        width: area.width - x,
        ..top
    };
    widgets::line(frame, place, 0, &Line::styled(right, bar));
    let Some(opened) = view.opened() else { return };
    let words = format!("{}, from {}", safe(&opened.branch), safe(&opened.start));
    let words = fit(&words, cells.saturating_sub(2), glyphs);
    let line = Line::styled(format!(" {words}"), theme.style(Role::Muted));
    widgets::line(frame, area, 1, &line);
}

fn list(frame: &mut Frame, area: Rect, model: &Model, view: &WizardView, theme: &Theme) {
    let rows = view.rows();
    let cells = usize::from(area.width);
    let shown = rows.iter().enumerate().skip(view.row.top);
    for (line, (at, row)) in (0..area.height).zip(shown) {
        widgets::line(frame, area, line, &list_row(row, view, cells, theme));
        if at == view.row.at {
            let focused =
                model.overlay.is_none() && view.step == Step::Fill && view.writing.is_none();
            let role = match focused {
                true => Role::Selected,
                false => Role::SelectedInactive,
            };
            widgets::mark(frame, area, line, theme.style(role));
        }
    }
    scrollbar::render(frame, area, rows.len(), view.row.top, theme);
}

/// The mark of a row.
fn mark(mark: Mark, glyphs: Glyphs) -> (&'static str, Role) {
    use crate::promotion::review::Answer;
    match mark {
        Mark::Done => (glyphs.answer(Some(Answer::Yes)), Role::Passed),
        Mark::Optional => (glyphs.answer(Some(Answer::NotApplicable)), Role::Muted),
        Mark::Missing => (glyphs.answer(None), Role::Warning),
        Mark::Wrong => (glyphs.answer(Some(Answer::Concern)), Role::Failed),
    }
}

fn list_row(row: &Row, view: &WizardView, cells: usize, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    if let Row::Heading(which, at) = row {
        let title = heading(view, *which, *at);
        let title = fit(&title, cells.saturating_sub(2), glyphs).into_owned();
        return Line::styled(format!(" {title}"), theme.style(Role::Title));
    }
    let (sign, role) = match row {
        // A tick would say that it is written.
        Row::Finish if view.open() == 0 => (glyphs.arrow(), Role::Key),
        row => mark(view.mark(row), glyphs),
    };
    let title = match row {
        Row::Criteria(which, at) => {
            let (held, all) = view.criteria(*which, *at);
            format!("{held} of {all} by evidence")
        }
        // The form may have a section of the same name.
        Row::Ethics => match view.is_with_ethics() {
            true => "A document on ethics: yes".to_owned(),
            false => "A document on ethics: no".to_owned(),
        },
        Row::Finish => match view.open() {
            0 => "Write the branch".to_owned(),
            open => format!("Write the branch ({open} open)"),
        },
        row => view
            .field(row)
            .map_or(String::new(), |(_, field)| safe(&field.label).into_owned()),
    };
    let indent = match row {
        Row::Ethics | Row::Finish => " ",
        _ => "  ",
    };
    let room = cells.saturating_sub(indent.len() + width(sign) + 2);
    let style = match row {
        Row::Ethics | Row::Finish => theme.style(Role::Title),
        _ => theme.style(Role::Text),
    };
    Line::from(vec![
        Span::raw(indent),
        Span::styled(sign, theme.style(role)),
        Span::styled(format!(" {} ", pad(&title, room, glyphs)), style),
    ])
}

/// The title of the section that a field is in.
fn heading(view: &WizardView, which: Which, at: usize) -> String {
    let section = view.proposal().and_then(|proposal| {
        let template = &proposal.form(which).template;
        template.section_of(template.fields().get(at)?)
    });
    section.map_or(String::new(), |it| safe(&it.title).into_owned())
}

fn beside(frame: &mut Frame, area: Rect, model: &Model, view: &WizardView, theme: &Theme) {
    let rows = side::rows(model, view, theme);
    let height = usize::from(area.height);
    let top = view.top.min(rows.len().saturating_sub(height));
    for (row, line) in rows.iter().skip(top).take(height).enumerate() {
        widgets::line(frame, area, row as u16, line);
    }
    scrollbar::render(frame, area, rows.len(), top, theme);
}
