//! Who decided on a module, what their decisions are worth, and what is missing.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::action::Action;
use crate::console::glyphs::{decision_role, role};
use crate::console::model::Model;
use crate::console::model::module::ModuleView;
use crate::console::text::{pad, safe, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, scrollbar};
use crate::promotion::GateStatus;
use crate::promotion::review::Verb;
use crate::promotion::review::standing::State;

/// Cells of the labels.
const LABEL: usize = 14;

/// Draws it, scrolled to the selected decision.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, view: &ModuleView, theme: &Theme) {
    let mut out = Lines {
        lines: vec![Line::default()],
        cells: usize::from(area.width).saturating_sub(2),
        theme,
    };
    head(&mut out, model, view);
    let standing = model.standings.of.get(&view.path);
    let states = standing.map_or(&[][..], |it| it.states.as_slice());
    let mut marked = None;
    if !states.is_empty() {
        out.gap();
        out.say(" Decisions, each person's last in each role", Role::Title);
    }
    for (at, state) in states.iter().enumerate() {
        let first = out.lines.len();
        decision(&mut out, model, state);
        if at == view.decision.at {
            marked = Some(first..out.lines.len());
        }
    }
    let height = usize::from(area.height);
    let last = out.lines.len().saturating_sub(height);
    let end = marked.as_ref().map_or(0, |rows| rows.end);
    let top = match view.decision.at {
        0 => 0,
        _ => end.saturating_sub(height).min(last),
    };
    for (row, line) in (0..area.height).zip(out.lines.iter().skip(top)) {
        widgets::line(frame, area, row, line);
    }
    if let Some(row) = marked.and_then(|rows| rows.start.checked_sub(top)) {
        widgets::mark(frame, area, row as u16, theme.style(Role::Selected));
    }
    scrollbar::render(frame, area, out.lines.len(), top, theme);
}

/// What stands above the decisions, on rows of so many cells.
pub fn heading(
    model: &Model,
    view: &ModuleView,
    cells: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let mut out = Lines {
        lines: Vec::new(),
        cells,
        theme,
    };
    head(&mut out, model, view);
    out.lines
}

/// Whether it is signed off, what is missing, and what the person at hand can do.
fn head(out: &mut Lines, model: &Model, view: &ModuleView) {
    let glyphs = out.theme.glyphs();
    let standings = &model.standings;
    let standing = standings.of.get(&view.path);
    if !standings.known {
        out.fact("sign-off", "being read", Role::Muted);
        return;
    }
    match standing {
        Some(standing) if standing.holds() => {
            let mark = glyphs.status(GateStatus::Passed);
            out.fact(
                "sign-off",
                &format!("{mark} signed off"),
                role(GateStatus::Passed),
            );
        }
        Some(standing) => {
            let mark = glyphs.status(GateStatus::NeverRun);
            out.fact("sign-off", &format!("{mark} not yet"), Role::Text);
            for (at, missing) in standing.missing.iter().enumerate() {
                let label = if at == 0 { "missing" } else { "" };
                out.fact(label, missing, Role::Warning);
            }
        }
        None => out.fact("sign-off", "nobody decided on it yet", Role::Muted),
    }
    let key = model.key(Action::ModuleSignOff);
    match &standings.at_hand {
        Some(me) => {
            let roles: Vec<_> = me.roles.iter().map(|it| it.word()).collect();
            let may = match (roles.is_empty(), &me.key) {
                (true, _) => " (no key of yours that may sign is here)".to_owned(),
                (false, Some(key)) => format!(", as {} with {key}", roles.join(", ")),
                (false, None) => format!(", as {}", roles.join(", ")),
            };
            out.fact("you", &format!("{}{may}", me.principal), Role::Text);
        }
        None => {
            let why = standings.why_not.as_deref();
            out.fact(
                "you",
                why.unwrap_or("nobody the keyring knows"),
                Role::Muted,
            );
        }
    }
    match standings.waits(&view.path) {
        Some(why) => out.fact(
            "waits for you",
            &format!("{why}: {key} signs off"),
            Role::Accent,
        ),
        None => out.fact("", &format!("{key} opens the review"), Role::Muted),
    }
}

fn decision(out: &mut Lines, model: &Model, state: &State) {
    let glyphs = out.theme.glyphs();
    let holds = state.holds();
    let style = out.theme.style(decision_role(state.decision, holds));
    let word = match state.decision {
        Verb::Approve => "approved",
        Verb::Reject => "rejected",
        Verb::Withdraw => "withdrew",
    };
    let you = match model.standings.is_me(&state.principal) {
        true => " (you)",
        false => "",
    };
    let wide = out.cells;
    let who = format!("{}{you}", safe(&state.principal));
    let who_room = wide.saturating_sub(40).clamp(16, 48);
    let mark = glyphs.decision(state.decision, holds);
    let stands = if holds { "holds" } else { "stale" };
    out.lines.push(Line::from(vec![
        Span::styled(format!(" {mark} {}", pad(word, 10, glyphs)), style),
        Span::styled(
            pad(state.role.word(), 10, glyphs),
            out.theme.style(Role::Text),
        ),
        Span::styled(
            format!("{} ", pad(&who, who_room, glyphs)),
            out.theme.style(Role::Text),
        ),
        Span::styled(format!("{stands}  "), style),
        Span::styled(
            format!("entry {}", state.position),
            out.theme.style(Role::Muted),
        ),
    ]));
    for reason in &state.reasons {
        let words = reason.words();
        let theme = out.theme;
        for (row, text) in wrap(&safe(&words), wide.saturating_sub(6))
            .into_iter()
            .enumerate()
        {
            let lead = if row == 0 { "   - " } else { "     " };
            let line = Line::styled(format!("{lead}{text}"), theme.style(Role::Text));
            out.lines.push(line);
        }
    }
}

struct Lines<'a> {
    lines: Vec<Line<'static>>,
    cells: usize,
    theme: &'a Theme,
}

impl Lines<'_> {
    fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    fn say(&mut self, text: &str, role: Role) {
        let line = Line::styled(text.to_owned(), self.theme.style(role));
        self.lines.push(line);
    }

    fn fact(&mut self, label: &str, text: &str, role: Role) {
        let room = self.cells.saturating_sub(LABEL + 1);
        for (row, part) in wrap(&safe(text), room).into_iter().enumerate() {
            let label = if row == 0 { label } else { "" };
            self.lines.push(Line::from(vec![
                Span::styled(
                    format!(" {} ", pad(label, LABEL, self.theme.glyphs())),
                    self.theme.style(Role::Muted),
                ),
                Span::styled(part, self.theme.style(role)),
            ]));
        }
    }
}
