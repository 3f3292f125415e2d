//! Everything the console knows. Changed by `update` only, drawn by `screens`.

use std::collections::VecDeque;
use std::sync::Arc;

use ratatui::layout::Size;

pub mod audit;
pub mod benchmarks;
pub mod canary;
pub mod catalog;
pub mod choice;
pub mod coverage;
pub mod dashboard;
pub mod errand;
pub mod impact;
mod keep;
pub mod module;
mod next;
pub mod note;
pub mod palette;
pub mod panes;
mod place;
pub mod prompt;
pub mod pulls;
pub mod review;
pub mod runs;
pub mod session;
pub mod standing;
pub mod wizard;

use super::action::Context;
use super::event::{Generation, Millis};
use super::keymap::{Key, Keymap};
use crate::promotion::here::Here;
use crate::promotion::reading::{Jot, Reading};
use crate::promotion::{Criterion, GateId, Lane, ModuleId, RepoPath, Stage, stage};
use crate::workflow::promote::Promoted;
use audit::AuditView;
use canary::CanaryView;
use catalog::Catalog;
use choice::Choice;
use dashboard::{Dashboard, Entry};
use errand::Errand;
use module::{ModuleView, Pane};
use palette::Palette;
use panes::{Divider, Panes};
use prompt::Prompt;
use pulls::Pulls;
use review::{ReviewView, Step};
use runs::{Run, Runs};
use session::Session;
use standing::Standings;
use wizard::WizardView;

/// How many messages are kept.
const LOG: usize = 500;

/// What the repository says of itself, for the header.
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// The repository's name.
    pub repository: String,
    /// The revision, as it was asked for or is checked out.
    pub revision: String,
    /// The revision's commit, shortened; empty without one.
    pub commit: String,
    /// The merge-base, shortened; empty without one.
    pub base: String,
    /// The lanes.
    pub lanes: Vec<Lane>,
}

/// A gate the pipeline has.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Its name.
    pub id: GateId,
    /// What it speaks for.
    pub criterion: Criterion,
    /// Its title.
    pub title: String,
}

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For information.
    Info,
    /// Something to know before going on.
    Warning,
    /// Something could not be done.
    Problem,
}

/// A message in the status line and in the list of messages.
#[derive(Clone, Debug)]
pub struct Notice {
    /// When.
    pub at: Millis,
    /// How much it matters.
    pub level: Level,
    /// Safe to show.
    pub text: String,
    /// It is why something was not done.
    pub refuses: bool,
}

/// Which screen is shown.
#[derive(Clone, Debug)]
pub enum Screen {
    /// The module tree.
    Dashboard,
    /// One module.
    Module(Box<ModuleView>),
    /// A checklist and its evidence.
    Review(Box<ReviewView>),
    /// The wizard of a proposal.
    Wizard(Box<WizardView>),
    /// The audit log.
    Audit(Box<AuditView>),
    /// What was merged, and is watched.
    Canary(Box<CanaryView>),
}

/// What lies over the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The keys; scrolled by so many lines.
    Help(usize),
    /// The messages so far; scrolled by so many lines.
    Messages(usize),
}

/// Everything the console knows. A copy costs little: actions are tried on one.
#[derive(Clone, Debug)]
pub struct Model {
    /// The terminal's size.
    pub size: Size,
    /// The time of the newest event that told it.
    pub now: Millis,
    /// What the repository says of itself.
    pub header: Header,
    /// The gates there are, in the order of the pipeline.
    pub gates: Vec<Gate>,
    /// What was opened, as it is to be typed.
    pub here: Here,
    /// The keys.
    pub keymap: Keymap,
    /// Keys typed so far of a longer sequence.
    pub typed: Vec<Key>,
    /// What is known of the modules.
    pub catalog: Catalog,
    /// What is known of sign-off.
    pub standings: Standings,
    /// What is known of pull requests.
    pub pulls: Pulls,
    /// The dashboard's state; kept while a module is open.
    pub dashboard: Dashboard,
    /// What this person read so far; `None` until that is known.
    pub reading: Option<Arc<Reading>>,
    /// Which screen is shown.
    pub screen: Screen,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// What is read before it is done; below keys and messages.
    pub errand: Option<Box<Errand>>,
    /// A promotion that was put aside while its gates run, or while its pull request is read.
    pub aside: Option<Box<Errand>>,
    /// What is to be chosen from a list.
    pub choice: Option<Box<Choice>>,
    /// The branch that is looked at, as git finds it; `None`: what was opened.
    pub looking: Option<String>,
    /// True from the moment another branch is to be looked at until it is there: what
    /// is on the screen is not what would be worked on.
    pub turning: bool,
    /// What is being typed.
    pub prompt: Option<Prompt>,
    /// What can be done, while that is looked for; what is typed narrows it.
    pub palette: Option<Box<Palette>>,
    /// How far lines between panes were moved.
    pub panes: Panes,
    /// The line that the mouse holds.
    pub dragging: Option<Divider>,
    /// Runs of gates.
    pub runs: Runs,
    /// Where a person was the last time, until the modules are known.
    pub session: Option<Box<Session>>,
    /// What the status line says, until the next key.
    pub status: Option<Notice>,
    /// The messages so far, oldest first.
    pub log: VecDeque<Notice>,
    /// The current load: facts and states of an older one are dropped.
    pub load: Generation,
    /// True until the modules are known.
    pub loading: bool,
    /// True while facts or gate states stream in.
    pub filling: (bool, bool),
    /// True where the last event changed something to see.
    pub changed: bool,
    /// The module whose canary is shown first; once it is, nothing.
    pub first: Option<RepoPath>,
    /// True once a person did something: from then on nothing selects for them.
    pub touched: bool,
    generation: Generation,
}

impl Model {
    /// A model that knows no module yet.
    pub fn new(header: Header, gates: Vec<Gate>, keymap: Keymap, size: Size, now: Millis) -> Self {
        Self {
            size,
            now,
            header,
            gates,
            here: Here::default(),
            keymap,
            typed: Vec::new(),
            catalog: Catalog::default(),
            standings: Standings::default(),
            pulls: Pulls::default(),
            dashboard: Dashboard::default(),
            reading: None,
            screen: Screen::Dashboard,
            overlay: None,
            errand: None,
            aside: None,
            choice: None,
            looking: None,
            turning: false,
            prompt: None,
            palette: None,
            panes: Panes::default(),
            dragging: None,
            runs: Runs::default(),
            session: None,
            status: None,
            log: VecDeque::new(),
            load: 0,
            loading: true,
            filling: (false, false),
            changed: true,
            first: None,
            touched: false,
            generation: 0,
        }
    }

    /// How far a module has come: by its gates, and by what became of its promotion.
    pub fn stage(&self, id: ModuleId) -> Stage {
        let module = self.catalog.module(id);
        let course = module.and_then(|it| self.standings.courses.get(&it.path));
        let by_gates = stage::stage(self.catalog.states(id));
        course.map_or(by_gates, |it| it.after(by_gates))
    }

    /// The selected module that left its lane.
    pub fn promoted(&self) -> Option<&Promoted> {
        let Entry::Promoted(at) = self.dashboard.entry()? else {
            return None;
        };
        self.standings.left(self.dashboard.promoted.get(at)?)
    }

    /// A number no earlier request has.
    pub fn next_generation(&mut self) -> Generation {
        self.generation += 1;
        self.generation
    }

    /// The contexts that apply, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        if self.prompt.is_some() {
            return vec![Context::Prompt];
        }
        if self.overlay.is_some() {
            return vec![Context::Global];
        }
        if self.choice.is_some() || self.errand.is_some() {
            return vec![Context::Errand, Context::Global];
        }
        match &self.screen {
            Screen::Dashboard => vec![Context::Dashboard, Context::Global],
            Screen::Module(view) if view.writing.is_some() => vec![Context::Note],
            Screen::Module(view) if view.pane == Pane::Diff => {
                vec![Context::Diff, Context::Module, Context::Global]
            }
            Screen::Module(_) => vec![Context::Module, Context::Global],
            Screen::Review(view) => match (&view.writing, &view.step) {
                (Some(_), _) => vec![Context::Note],
                (None, Step::Answer | Step::Text(_)) => vec![Context::Review, Context::Global],
                (None, _) => vec![Context::Sign, Context::Global],
            },
            Screen::Wizard(view) => match view.writing {
                Some(_) => vec![Context::Note],
                None => vec![Context::Wizard, Context::Global],
            },
            Screen::Audit(_) => vec![Context::Audit, Context::Global],
            Screen::Canary(view) => match view.order {
                Some(_) => vec![Context::Order, Context::Global],
                None => vec![Context::Canary, Context::Global],
            },
        }
    }

    /// Tells something in the status line and keeps it among the messages.
    pub fn tell(&mut self, level: Level, text: impl Into<String>) {
        self.keep(level, text);
        self.status = self.log.back().cloned();
    }

    /// Keeps something among the messages.
    pub fn keep(&mut self, level: Level, text: impl Into<String>) {
        if self.log.len() == LOG {
            self.log.pop_front();
        }
        let text: String = text.into();
        let text = self.told(&text);
        self.log.push_back(Notice {
            at: self.now,
            level,
            text: super::text::safe(&text).into_owned(),
            refuses: false,
        });
    }

    /// Says why an action does nothing here; not kept among the messages.
    pub fn refuse(&mut self, why: impl Into<String>) {
        self.remark(why);
        if let Some(notice) = &mut self.status {
            notice.refuses = true;
        }
    }

    /// Says something beside what was done; not kept among the messages.
    pub fn remark(&mut self, what: impl Into<String>) {
        let text: String = what.into();
        let text = self.told(&text);
        self.status = Some(Notice {
            at: self.now,
            level: Level::Warning,
            text: super::text::safe(&text).into_owned(),
            refuses: false,
        });
    }

    /// Words of ours with commands in them, each as it is to be typed: for what is looked at
    /// here, and nothing else. No text of the repository's is told so, nor what is signed.
    pub fn told(&self, words: &str) -> String {
        self.here.on(self.looking.as_deref()).words(words)
    }

    /// Takes in what a person did; it is to be kept, too.
    pub fn jot(&mut self, jot: &Jot) {
        if let Some(reading) = &mut self.reading {
            Arc::make_mut(reading).take(jot);
        }
    }

    /// True while the clock must be told: elapsed seconds are on the screen.
    pub fn wants_ticks(&self) -> bool {
        let mut errands = self.errand.iter().chain(&self.aside);
        let asking = matches!(&self.screen, Screen::Canary(view) if view.asking.is_some());
        asking || self.runs.is_running() || errands.any(|it| it.is_tried())
    }

    /// The gates whose progress is shown below every screen: those of a promotion that
    /// was put aside come first.
    pub fn shown_run(&self) -> Option<&Run> {
        let aside = self.aside.as_deref().and_then(Errand::run);
        aside.or(self.runs.current.as_ref())
    }

    /// The first key of an action, for a sentence; its name where it has none.
    pub fn key(&self, action: super::action::Action) -> String {
        self.keymap
            .key(action)
            .unwrap_or_else(|| format!("`{}`", action.name()))
    }
}
