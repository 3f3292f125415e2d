//! The impact pane's state: what was found, and what is selected.

use super::module::Cursor;
use crate::console::event::Generation;
use crate::promotion::RepoPath;
use crate::promotion::impact::{Class, Impact};

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// The places of that class begin.
    Class(Class),
    /// What the module imports across lanes begins.
    Reaches,
    /// What changes for those who use it begins.
    Changes,
    /// A place that names the module.
    Place(usize),
    /// Something of another lane.
    Reach(usize),
    /// A change of the public API.
    Change(usize),
}

/// The pane's state.
#[derive(Clone, Debug, Default)]
pub struct ImpactView {
    /// Which request is answered; `None` while none was made.
    pub generation: Option<Generation>,
    /// What was found, or why nothing was.
    pub found: Option<Result<Box<Impact>, String>>,
    /// What is listed, in order.
    pub rows: Vec<Row>,
    /// The selected row.
    pub row: Cursor,
}

impl ImpactView {
    /// Takes an answer.
    pub fn take(&mut self, result: Result<Box<Impact>, String>) {
        self.rows = result.as_ref().map_or_else(|_| Vec::new(), |it| rows(it));
        self.row = Cursor::default();
        self.found = Some(result);
    }

    /// What was found.
    pub fn impact(&self) -> Option<&Impact> {
        self.found.as_ref()?.as_deref().ok()
    }

    /// The file and line of the selected row.
    pub fn target(&self) -> Option<(RepoPath, u32)> {
        let impact = self.impact()?;
        match self.rows.get(self.row.at)? {
            Row::Place(at) => impact
                .importers
                .get(*at)
                .map(|it| (it.path.clone(), it.line)),
            Row::Reach(at) => impact.reaches.get(*at).map(|it| (it.path.clone(), it.line)),
            Row::Class(_) | Row::Reaches | Row::Changes | Row::Change(_) => None,
        }
    }
}

/// What needs a person first.
fn rows(impact: &Impact) -> Vec<Row> {
    let mut rows = Vec::new();
    let places = |class: Class, rows: &mut Vec<Row>| {
        let all = impact.importers.iter().enumerate();
        let of_class: Vec<Row> = all
            .filter(|(_, it)| it.class == class)
            .map(|(at, _)| Row::Place(at))
            .collect();
        if !of_class.is_empty() {
            rows.push(Row::Class(class));
            rows.extend(of_class);
        }
    };
    places(Class::Left, &mut rows);
    if !impact.reaches.is_empty() {
        rows.push(Row::Reaches);
        let reaches = |finding: bool| {
            let all = impact.reaches.iter().enumerate();
            all.filter(move |(_, it)| it.finding == finding)
                .map(|(at, _)| Row::Reach(at))
        };
        rows.extend(reaches(true));
        rows.extend(reaches(false));
    }
    if !impact.api.changes.is_empty() {
        rows.push(Row::Changes);
        rows.extend((0..impact.api.changes.len()).map(Row::Change));
    }
    places(Class::Shimmed, &mut rows);
    places(Class::Rewritten, &mut rows);
    rows
}
