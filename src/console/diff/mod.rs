//! The diff pane: the promotion side by side. State, update and rendering are
//! pure; [`execute`] does the work, off the drawing thread.

use ratatui::Frame;
use ratatui::layout::{Rect, Size};

use super::action::Action;
use super::effect::Effect;
use super::theme::{Role, Theme};
use crate::promotion::{GateState, RepoPath};
use crate::workflow::Workspace;

/// Work for the diff pane, done by [`execute`] on a blocking worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {}

/// What came of a [`Request`].
#[derive(Debug)]
pub struct Reply {}

/// The state of the pane.
#[derive(Debug)]
pub struct DiffPane {}

impl DiffPane {
    /// A pane for that module, and what it needs done. `generation` is new for
    /// every pane: replies to another one are dropped.
    pub fn new(_module: RepoPath, _generation: u64) -> (Self, Vec<Effect>) {
        (Self {}, Vec::new())
    }

    /// Does what a key asks for. Motions ([`Action::Up`] …) arrive here too.
    /// `Err` says why it can't be done; it is shown in the status line.
    pub fn update(&mut self, _action: Action) -> Result<Vec<Effect>, String> {
        Ok(Vec::new())
    }

    /// Takes a reply.
    pub fn apply(&mut self, _reply: Reply) -> Vec<Effect> {
        Vec::new()
    }

    /// The size it will be rendered at.
    pub fn resize(&mut self, _size: Size) {}

    /// Findings and coverage for the margin, whenever they change.
    pub fn annotate(&mut self, _gates: &[GateState]) {}

    /// Searches, as it is typed. Empty ends the search.
    pub fn search(&mut self, _query: &str) {}

    /// The mouse wheel: so many lines down.
    pub fn scroll(&mut self, _lines: i32) -> Vec<Effect> {
        Vec::new()
    }

    /// A click, relative to the pane.
    pub fn click(&mut self, _column: u16, _row: u16) -> Vec<Effect> {
        Vec::new()
    }

    /// Shows that line, at the top third.
    pub fn reveal(&mut self, _path: &RepoPath, _line: u32) {}

    /// True while it waits for work.
    pub fn is_busy(&self) -> bool {
        false
    }

    /// Draws it.
    pub fn render(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        frame.buffer_mut().set_string(
            area.x,
            area.y,
            "The diff is not here yet.",
            theme.style(Role::Muted),
        );
    }
}

/// Does the work. Blocking; `cancelled` turns true when nobody wants the result.
pub fn execute(_ws: &Workspace, _request: Request, _cancelled: &dyn Fn() -> bool) -> Reply {
    Reply {}
}
