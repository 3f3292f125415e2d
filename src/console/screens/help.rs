//! The keys, from the keymap.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::action::{Action, Context};
use crate::console::glyphs::role;
use crate::console::model::module::Pane;
use crate::console::model::{Model, Screen};
use crate::console::screens::canary::words::WORDS;
use crate::console::text::{pad, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::popup;
use crate::promotion::review::{Answer, Verb};
use crate::promotion::{Criterion, GateStatus};

/// The cells of the keys of an action.
const KEYS: usize = 16;

/// How many lines there are to scroll through.
pub fn height(model: &Model) -> usize {
    lines(model, &Theme::no_color()).len()
}

/// The box, with its border.
fn wide(model: &Model) -> u16 {
    model.size.width.saturating_sub(4).min(84)
}

/// Draws it.
pub fn render(frame: &mut Frame, model: &Model, top: usize, theme: &Theme) {
    let width = wide(model);
    let lines = lines(model, theme);
    let height = (model.size.height - 4).min(lines.len() as u16 + 2);
    let area = Rect {
        x: (model.size.width - width) / 2,
        y: 1 + (model.size.height - 4 - height) / 2,
        width,
        height,
    };
    popup::render(frame, area, "Keys", &lines, top, theme);
}

/// What is explained, and beside it the explanation, on as many rows as it needs.
fn push(lines: &mut Vec<Line<'static>>, what: &str, meaning: &str, room: usize, theme: &Theme) {
    let mut what = pad(what, KEYS, theme.glyphs());
    for row in wrap(meaning, room) {
        lines.push(Line::from(vec![
            Span::raw("  "),
            Span::styled(what, theme.style(Role::Key)),
            Span::raw(" "),
            Span::styled(row, theme.style(Role::Text)),
        ]));
        what = " ".repeat(KEYS);
    }
}

fn lines(model: &Model, theme: &Theme) -> Vec<Line<'static>> {
    let glyphs = theme.glyphs();
    let room = usize::from(wide(model)).saturating_sub(2 + 2 + KEYS + 2);
    let mut lines = Vec::new();
    // What applies here comes first.
    let here = match &model.screen {
        Screen::Dashboard => vec![Context::Dashboard],
        Screen::Module(view) => {
            if view.pane == Pane::Diff {
                vec![Context::Diff, Context::Module]
            } else {
                vec![Context::Module]
            }
        }
        Screen::Review(_) => {
            vec![Context::Review, Context::Sign, Context::Note]
        }
        Screen::Wizard(_) => vec![Context::Wizard, Context::Note],
        Screen::Audit(_) => vec![Context::Audit],
        Screen::Canary(_) => vec![Context::Canary, Context::Order],
    };
    // What applies together: keys that an inner one has are no keys of an outer.
    let mut live = match &model.screen {
        Screen::Module(_) => here.clone(),
        _ => here.iter().take(1).copied().collect(),
    };
    live.push(Context::Global);
    let mut order = here;
    if model.errand.is_some() {
        order.insert(0, Context::Errand);
    }
    order.push(Context::Global);
    for context in Context::ALL {
        if !order.contains(&context) {
            order.push(context);
        }
    }
    for context in order {
        // The words of the screen come after its own keys.
        if context == Context::Order && matches!(model.screen, Screen::Canary(_)) {
            lines.push(Line::default());
            lines.push(Line::styled(
                " What its words mean",
                theme.style(Role::Title),
            ));
            for (word, meaning) in WORDS {
                push(&mut lines, word, meaning, room, theme);
            }
        }
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(
            format!(" {}", context.title()),
            theme.style(Role::Title),
        ));
        for action in Action::ALL.iter().filter(|a| a.context() == context) {
            let keys = match live.contains(&context) {
                true => model.keymap.keys_in(&live, *action),
                false => model.keymap.keys(*action),
            };
            if keys.is_empty() {
                continue;
            }
            push(
                &mut lines,
                &keys.join("  "),
                action.description(),
                room,
                theme,
            );
        }
    }
    lines.push(Line::default());
    lines.push(Line::styled(" Criteria", theme.style(Role::Title)));
    for criterion in Criterion::ALL {
        lines.push(Line::from(vec![
            Span::styled(
                format!("  {:>2}  ", criterion.number()),
                theme.style(Role::Key),
            ),
            Span::styled(criterion.title(), theme.style(Role::Text)),
        ]));
    }
    lines.push(Line::default());
    lines.push(Line::styled(" Marks", theme.style(Role::Title)));
    for status in GateStatus::ALL {
        let style = theme.style(role(status));
        lines.push(Line::from(vec![
            Span::styled(format!("  {}  ", glyphs.status(status)), style),
            Span::styled(status.word(), theme.style(Role::Text)),
        ]));
    }
    lines.push(Line::styled(
        "  dimmed: the most pressing one of the modules below",
        theme.style(Role::Muted),
    ));
    lines.push(Line::from(vec![
        Span::styled(format!("  {}  ", glyphs.begun()), theme.style(Role::Passed)),
        Span::styled("approved by some, not yet by all", theme.style(Role::Text)),
    ]));
    for (marks, of) in [
        (
            [
                None,
                Some(Answer::Yes),
                Some(Answer::Concern),
                Some(Answer::NotApplicable),
            ]
            .map(|it| glyphs.answer(it)),
            "a question: open, yes, concern, not applicable",
        ),
        (
            [
                glyphs.decision(Verb::Approve, true),
                glyphs.decision(Verb::Reject, true),
                glyphs.decision(Verb::Withdraw, true),
                glyphs.decision(Verb::Approve, false),
            ],
            "a decision: approved, rejected, withdrawn, stale",
        ),
        (
            [
                glyphs.status(GateStatus::Passed),
                glyphs.status(GateStatus::Stale),
                glyphs.status(GateStatus::NotApplicable),
                glyphs.status(GateStatus::Failed),
            ],
            "an entry of the log: verified, void, twice, not verified",
        ),
    ] {
        lines.push(Line::from(vec![
            Span::styled(format!("  {}  ", marks.join(" ")), theme.style(Role::Key)),
            Span::styled(of, theme.style(Role::Text)),
        ]));
    }
    lines.push(Line::from(vec![
        Span::styled(
            format!("  {}  ", glyphs.uncommitted()),
            theme.style(Role::Warning),
        ),
        Span::styled("uncommitted changes", theme.style(Role::Text)),
    ]));
    lines
}
