//! The diff pane of the module screen: the promotion side by side.
//!
//! [`DiffPane`] is pure like the rest of the console: keys and replies go in,
//! [`Effect`]s come out, [`DiffPane::render`] draws. What takes time (git,
//! diffing, parsing for colours) is a [`Request`] that [`execute`] carries out
//! on a worker. A frame costs what its visible rows cost, however long the file.

mod caches;
mod changes;
mod colouring;
mod comments;
mod draw;
mod flow;
mod folding;
mod geometry;
mod highlight;
mod marked;
mod matches;
mod motion;
mod search;
mod sideways;
mod spoken;
mod viewed;
mod work;
mod wrap;

use std::collections::HashMap;
use std::sync::Arc;

use ratatui::layout::{Rect, Size};

use marked::Which;

use super::action::Action;
use super::effect::Effect;
use super::event::Generation;
use crate::promotion::marks::{FileMarks, Marks};
use crate::promotion::reading::Seen;
use crate::promotion::{Evidence, GateState, ObjectId, RepoPath};
use crate::workflow::compare::{Against, Change, FileDiff, ModuleDiff, Side, Spaces};

use caches::Caches;
use colouring::Colouring;
use comments::Comments;
use flow::{Flow, Layout, Open, Spot};
use geometry::Geometry;
use search::Needle;
use viewed::Views;
use work::{Done, Work};
pub use work::{Reply, Request, execute};

/// Columns the text moves by when scrolled sideways.
const SIDEWAYS: usize = 8;
/// The state of the pane.
#[derive(Clone, Debug)]
pub struct DiffPane {
    module: RepoPath,
    generation: Generation,
    /// Counts what is compared: colours of an earlier comparison are dropped.
    ask: u64,
    choices: Vec<Against>,
    chosen: usize,
    spaces: Spaces,
    waiting: bool,
    failure: Option<String>,
    diff: Option<Arc<ModuleDiff>>,
    /// The files one walks through: those that differ or have marks, else all.
    listed: Vec<usize>,
    file: usize,
    views: HashMap<usize, View>,
    marks: Marks,
    /// What the marks were gathered from.
    marked: Vec<Arc<Evidence>>,
    viewed: Views,
    comments: Comments,
    layout: Option<Layout>,
    size: Size,
    /// How far the line between the halves is from the middle.
    moved: i16,
    sideways: usize,
    /// Long lines take several rows of the screen.
    wrap: bool,
    needle: Option<Needle>,
    /// Where the search that is being typed began.
    search_from: Option<(usize, Spot)>,
    /// Where to go once there is a diff.
    wanted: Option<(RepoPath, u32)>,
    colours: HashMap<(usize, Side), Arc<Colouring>>,
    colouring: bool,
    caches: Caches,
}

/// How one file is looked at.
#[derive(Clone, Debug)]
struct View {
    flow: Flow,
    open: Open,
    spot: Spot,
    /// The line of the body that the cursor is on.
    offset: usize,
}

impl DiffPane {
    /// A pane for that module, and what it needs done. `generation` is new for
    /// every pane: replies to another one are dropped.
    pub fn new(module: RepoPath, generation: u64) -> (Self, Vec<Effect>) {
        Self::since(module, None, generation)
    }

    /// The same, compared at first with what the module was in that commit.
    pub fn since(
        module: RepoPath,
        since: Option<ObjectId>,
        generation: u64,
    ) -> (Self, Vec<Effect>) {
        let pane = Self {
            module: module.clone(),
            generation,
            ask: 0,
            choices: Vec::new(),
            chosen: 0,
            spaces: Spaces::Count,
            waiting: true,
            failure: None,
            diff: None,
            listed: Vec::new(),
            file: 0,
            views: HashMap::new(),
            marks: Marks::default(),
            marked: Vec::new(),
            viewed: Views::default(),
            comments: Comments::default(),
            layout: None,
            size: Size::new(80, 24),
            moved: 0,
            sideways: 0,
            wrap: false,
            needle: None,
            search_from: None,
            wanted: None,
            colours: HashMap::new(),
            colouring: false,
            caches: Caches::default(),
        };
        let first = pane.request(Work::Open { module, since });
        (pane, vec![first])
    }

    /// Does what a key asks for. Motions ([`Action::Up`] …) arrive here too.
    /// `Err` says why it can't be done; it is shown in the status line.
    pub fn update(&mut self, action: Action) -> Result<Vec<Effect>, String> {
        match action {
            Action::Against => return self.other_choice(),
            Action::IgnoreSpace => return self.other_spaces(),
            _ => {}
        }
        if self.diff.is_none() {
            return Err(match &self.failure {
                Some(failure) => failure.clone(),
                None => "the module is still being compared".into(),
            });
        }
        self.search_from = None;
        let page = self.geometry().body.height.max(1) as isize;
        match action {
            Action::Up => self.move_by(-1),
            Action::Down => self.move_by(1),
            Action::HalfPageUp => self.page(-(page / 2).max(1)),
            Action::HalfPageDown => self.page((page / 2).max(1)),
            Action::PageUp => self.page(-(page - 1).max(1)),
            Action::PageDown => self.page((page - 1).max(1)),
            Action::Top => self.move_by(isize::MIN / 2),
            Action::Bottom => self.move_by(isize::MAX / 2),
            Action::NextChange => self.next_change()?,
            Action::PreviousChange => self.previous_change()?,
            Action::NextFile => self.step_file(1)?,
            Action::PreviousFile => self.step_file(-1)?,
            Action::NextMark => self.next_mark(Which::All)?,
            Action::PreviousMark => self.previous_mark(Which::All)?,
            Action::NextFinding => self.next_mark(Which::Findings)?,
            Action::PreviousFinding => self.previous_mark(Which::Findings)?,
            Action::DiffNextUncovered => self.next_mark(Which::Uncovered)?,
            Action::DiffPreviousUncovered => self.previous_mark(Which::Uncovered)?,
            Action::DiffToggleFold => self.toggle_fold()?,
            Action::DiffUnfoldAll => self.fold_all(true),
            Action::DiffFoldAll => self.fold_all(false),
            Action::NextMatch => self.next_match(false)?,
            Action::PreviousMatch => self.next_match(true)?,
            Action::Wrap => self.toggle_wrap(),
            Action::ScrollLeft | Action::ScrollRight if self.wrap => {
                return Err("long lines are wrapped: nothing lies to the side".into());
            }
            Action::ScrollLeft => self.sideways = self.sideways.saturating_sub(SIDEWAYS),
            Action::ScrollRight => self.sideways = (self.sideways + SIDEWAYS).min(self.rightmost()),
            Action::NextComment => self.next_comment()?,
            Action::PreviousComment => self.previous_comment()?,
            Action::OtherEnd => self.other_end()?,
            Action::Layout => self.other_layout()?,
            Action::DiffEdit => return self.edit().map(|effect| vec![effect]),
            _ => return Err("nothing to do in the diff".into()),
        }
        Ok(self.needs())
    }

    /// Where it is scrolled to, and how far things are unfolded: what a motion changes.
    pub fn at(&self) -> [usize; 5] {
        let height = self.height();
        let (top, index) = (self.top(height), self.index());
        [self.file, top, index, self.sideways, self.total()]
    }

    /// Takes a reply.
    pub fn apply(&mut self, reply: Reply) -> Vec<Effect> {
        if reply.generation != self.generation {
            return Vec::new();
        }
        match reply.done {
            Done::Opened(Ok((choices, diff))) => {
                self.choices = choices;
                self.chosen = 0;
                self.show(diff);
            }
            Done::Compared {
                ask,
                result: Ok(diff),
            } if ask == self.ask => self.show(diff),
            Done::Opened(Err(failure)) => self.fail(failure),
            Done::Compared {
                ask,
                result: Err(failure),
            } if ask == self.ask => self.fail(failure),
            Done::Compared { .. } => {}
            Done::Coloured {
                ask,
                file,
                side,
                from,
                result,
            } => {
                self.colouring = false;
                if ask == self.ask {
                    self.coloured(file, side, from, result.map(|both| *both));
                }
            }
        }
        self.needs()
    }

    /// The size it will be rendered at.
    pub fn resize(&mut self, size: Size) {
        let narrower = size.width != self.size.width;
        let other = size != self.size;
        self.size = size;
        if other && self.wrap {
            self.lay_out_all();
        }
        if narrower && !self.comments.is_empty() {
            self.place_comments();
        }
    }

    /// How far the line between the halves is from the middle: what there is no room for
    /// counts as what there is room for.
    pub fn divide(&mut self, moved: i16) {
        let other = moved != self.moved;
        self.moved = moved;
        if other && self.wrap {
            self.lay_out_all();
        }
    }

    /// The line between the halves, where the pane is there and the line is moved so far;
    /// `None` where they have none.
    pub fn rule(&self, area: Rect, moved: i16) -> Option<Rect> {
        let lines = self.current().is_some_and(|it| !it.rows.rows().is_empty());
        let rule = self.parts(area, moved).rule;
        (lines && !rule.is_empty()).then_some(rule)
    }

    /// Findings and coverage for the margin, whenever they change.
    pub fn annotate(&mut self, gates: &[GateState]) {
        // Whenever any gate begins or ends: most say nothing of lines, and to gather the
        // marks of 100,000 lines takes longer than a frame may.
        let same = Marks::speaking(gates).map(Arc::as_ptr);
        if same.eq(self.marked.iter().map(Arc::as_ptr)) {
            return;
        }
        self.marked = Marks::speaking(gates).cloned().collect();
        let marks = Marks::of(gates);
        if marks != self.marks {
            self.marks = marks;
            self.list();
        }
    }

    /// Searches, as it is typed. Empty ends the search.
    pub fn search(&mut self, query: &str) -> Vec<Effect> {
        self.needle = Needle::new(query);
        if self.needle.is_none() {
            self.search_from = None;
            return Vec::new();
        }
        let Some(spot) = self.view().map(|view| view.spot) else {
            return Vec::new();
        };
        let (file, spot) = *self.search_from.get_or_insert((self.file, spot));
        self.go(file, spot);
        self.first_match();
        self.needs()
    }

    /// True while a search has its matches marked.
    pub fn is_searching(&self) -> bool {
        self.needle.is_some()
    }

    /// The mouse wheel: so many lines down.
    pub fn scroll(&mut self, lines: i32) -> Vec<Effect> {
        self.wheel(lines as isize);
        self.needs()
    }

    /// A click, relative to the pane.
    pub fn click(&mut self, column: u16, row: u16) -> Vec<Effect> {
        self.clicked(column, row);
        self.needs()
    }

    /// Shows that line, at the top third.
    pub fn reveal(&mut self, path: &RepoPath, line: u32) -> Vec<Effect> {
        self.wanted = Some((path.clone(), line));
        self.go_wanted();
        self.needs()
    }

    /// True while it waits for a comparison.
    pub fn is_busy(&self) -> bool {
        self.waiting
    }

    fn request(&self, work: Work) -> Effect {
        Effect::Diff(Request {
            generation: self.generation,
            work,
        })
    }

    fn show(&mut self, diff: Arc<ModuleDiff>) {
        let before = self.current().map(|file| {
            let line = self
                .view()
                .and_then(|view| self.right_line(self.file, view.spot.row));
            (file.path().clone(), line.unwrap_or(0) as u32 + 1)
        });
        self.waiting = false;
        // What was asked for before may have been dropped without a reply.
        self.colouring = false;
        self.failure = None;
        self.diff = Some(diff);
        self.views.clear();
        self.colours.clear();
        self.caches.clear();
        self.sideways = 0;
        self.search_from = None;
        self.look_up();
        let mut open = self.listed.iter().filter(|it| self.seen(**it) != Seen::Yes);
        let first = open.next().or(self.listed.first()).copied().unwrap_or(0);
        self.enter(first);
        let asked = self.wanted.is_some();
        self.wanted = self.wanted.take().or(before);
        self.go_wanted();
        if !asked && self.seen(self.file) == Seen::Yes {
            self.close(true);
        }
    }

    fn fail(&mut self, failure: String) {
        self.waiting = false;
        self.failure = Some(failure);
        self.diff = None;
        self.listed.clear();
        self.views.clear();
        self.colours.clear();
        self.caches.clear();
    }

    fn other_choice(&mut self) -> Result<Vec<Effect>, String> {
        if self.choices.len() < 2 {
            return Err("there is nothing else to compare with".into());
        }
        self.chosen = (self.chosen + 1) % self.choices.len();
        Ok(self.compare())
    }

    fn other_spaces(&mut self) -> Result<Vec<Effect>, String> {
        if self.choices.is_empty() {
            return Err("the module is still being compared".into());
        }
        self.spaces = match self.spaces {
            Spaces::Count => Spaces::Ignore,
            Spaces::Ignore => Spaces::Count,
        };
        Ok(self.compare())
    }

    fn compare(&mut self) -> Vec<Effect> {
        self.ask += 1;
        self.waiting = true;
        let against = self.choices.get(self.chosen).cloned();
        vec![self.request(Work::Compare {
            ask: self.ask,
            module: self.module.clone(),
            against: against.unwrap_or(Against::Base),
            spaces: self.spaces,
        })]
    }

    fn other_layout(&mut self) -> Result<(), String> {
        if self.current().is_some_and(|file| !has_both_sides(file)) {
            return Err("this file is on one side only: there is nothing to put beside it".into());
        }
        let now = self.geometry().layout;
        let other = match now {
            Layout::Split => Layout::Unified,
            Layout::Unified => Layout::Split,
        };
        self.layout = Some(other);
        if self.geometry().layout == now {
            self.layout = None;
            return Err(format!("side by side needs {} columns", geometry::SPLIT));
        }
        Ok(())
    }

    /// Makes the list of files one walks through.
    fn list(&mut self) {
        let Some(diff) = &self.diff else {
            return;
        };
        let differs = |file: &FileDiff| file.change != Change::Unchanged;
        let marked = |file: &FileDiff| {
            self.marks
                .file(file.path())
                .is_some_and(|m| m.findings() > 0)
        };
        let all = || 0..diff.files.len();
        self.listed = all()
            .filter(|n| {
                let file = &diff.files[*n];
                differs(file) || marked(file) || !self.comments.of(*n).is_empty()
            })
            .collect();
        if self.listed.is_empty() {
            self.listed = all().collect();
        }
    }

    fn current(&self) -> Option<&FileDiff> {
        self.diff.as_ref()?.files.get(self.file)
    }

    fn view(&self) -> Option<&View> {
        self.views.get(&self.file)
    }

    fn file_marks(&self, file: usize) -> Option<&FileMarks> {
        let entry = self.diff.as_ref()?.files.get(file)?.right.as_ref()?;
        self.marks.file(&entry.path)
    }

    fn geometry(&self) -> Geometry {
        let area = Rect::new(0, 0, self.size.width, self.size.height);
        self.parts(area, self.moved)
    }

    /// Where everything is. A file that is on one side only has the whole width.
    fn parts(&self, area: Rect, moved: i16) -> Geometry {
        let lonely = self.current().is_some_and(|file| !has_both_sides(file));
        let wanted = if lonely {
            Some(Layout::Unified)
        } else {
            self.layout
        };
        Geometry::of(area, self.listed.len(), wanted, moved)
    }
}

fn has_both_sides(file: &FileDiff) -> bool {
    file.left.is_some() && file.right.is_some()
}
