//! The console as plain lines, for who hears it or has no screen to draw on: the same model
//! and the same `update`, read out in order. Nothing is drawn, nothing moves the cursor, and
//! nothing is repeated that did not change.

mod ask;
mod audit;
mod canary;
mod choice;
mod dashboard;
mod diff;
mod errand;
mod lines;
mod measured;
mod module;
pub mod page;
mod review;
mod wizard;
mod writing;

use std::io::Write;
use std::time::Duration;

use color_eyre::Result;
use color_eyre::eyre::WrapErr;
use ratatui::layout::Size;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::action::{Action, Context};
use super::effect::Effect;
use super::event::{Event, Message, Told};
use super::lent::{self, Untaken};
use super::model::module::{Focus, Pane};
use super::model::prompt::Purpose;
use super::model::{Level, Model, Screen, errand as errands};
use super::run_loop::suspend;
use super::signals::Signals;
use super::text::safe;
use super::update::{self, perform, start, update};
use super::widgets::footer;
use super::worker::{self, Worker, now};
use crate::promotion::GateEventKind;
use ask::{Ask, understand};
use lines::Lines;
use page::Page;

/// Lines are as long as they are, and pages have no end: whoever reads breaks them.
pub const ENDLESS: Size = Size {
    width: 4_000,
    height: 4_000,
};
/// How long nothing may be heard of what is at work before one can go on without it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The console in lines, running.
pub struct Linear {
    pub(super) model: Model,
    pub(super) worker: Worker,
    pub(super) sender: UnboundedSender<Event>,
    pub(super) events: UnboundedReceiver<Event>,
    pub(super) editor: Vec<String>,
    pub(super) out: Box<dyn Write + Send>,
    /// What was read out last.
    pub(super) last: Option<Page>,
}

/// Whether one stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Go,
    Leave,
}

/// The page of whatever is on top.
pub fn page(model: &Model) -> Page {
    if let Some(it) = &model.choice {
        return choice::page(it);
    }
    if let Some(it) = &model.errand {
        return errand::page(model, it);
    }
    match &model.screen {
        Screen::Dashboard => dashboard::page(model),
        Screen::Module(view) => module::page(model, view),
        Screen::Review(view) => review::page(model, view),
        Screen::Wizard(view) => wizard::page(model, view),
        Screen::Audit(view) => audit::page(model, view),
        Screen::Canary(view) => canary::page(model, view),
    }
}

/// The selected row of the list, without making the page.
pub fn selected(model: &Model) -> Option<usize> {
    if let Some(choice) = &model.choice {
        return Some(choice.row.at);
    }
    if model.errand.is_some() {
        return None;
    }
    Some(match &model.screen {
        Screen::Dashboard => model.dashboard.selected,
        Screen::Review(view) => view.row.at,
        Screen::Wizard(view) => view.row.at,
        Screen::Audit(view) => view.row.at,
        Screen::Canary(view) => match (&view.order, &view.opened) {
            (Some(_), _) => return None,
            (None, Some(opened)) => opened.signal.at,
            (None, None) => view.row.at,
        },
        Screen::Module(view) => match (view.pane, view.focus) {
            (Pane::Gates, Focus::Gates) => view.gate,
            (Pane::Gates, Focus::Findings) => view.finding.at,
            (Pane::Coverage, _) => view.coverage.row.at,
            (Pane::Speed, _) => view.benchmarks.row.at,
            (Pane::SignOff, _) => view.decision.at,
            (Pane::Impact, _) => view.impact.row.at,
            (Pane::Diff, _) => view.diff.as_ref()?.at()[2],
            (Pane::Facts, _) => return None,
        },
    })
}

impl Linear {
    /// Runs until a person or the system wants to leave, or the input ends.
    pub async fn run(mut self) -> Result<()> {
        let mut signals = Signals::new().wrap_err("cannot listen to signals")?;
        let mut lines = Lines::start();
        let effects = start(&mut self.model);
        let mut next = self.perform(effects, &mut signals).await?;
        while next == Next::Go {
            next = self.settle(&mut signals).await?;
            if next == Next::Leave {
                break;
            }
            self.read_out()?;
            self.ask()?;
            next = match self.line(&mut lines, &mut signals).await? {
                Some(line) => self.heed(&line, &mut signals).await?,
                None => Next::Leave,
            };
        }
        self.say("Left.")?;
        self.worker.farewell().await;
        Ok(())
    }

    fn say(&mut self, line: &str) -> Result<()> {
        writeln!(self.out, "{}", safe(line))?;
        Ok(())
    }

    /// What changed on the page, and what there is to say.
    fn read_out(&mut self) -> Result<()> {
        let contexts = self.model.contexts();
        if contexts == [Context::Note] || contexts == [Context::Prompt] {
            return self.told();
        }
        let page = page(&self.model);
        let changed = self.last.as_ref().is_none_or(|it| it.title != page.title);
        let lines = page.since(self.last.as_ref());
        if changed && self.last.is_some() {
            self.say("")?;
        }
        for line in lines {
            self.say(&line)?;
        }
        if changed {
            let hints = footer::hints(&self.model);
            let listed = [Action::Help, Action::Palette];
            let hints = hints.iter().filter(|it| !listed.contains(&it.action));
            let hints = hints.map(|it| format!("{} {}", it.key, it.word));
            let hints = hints.collect::<Vec<_>>().join(", ");
            self.say(&format!("Keys: {hints}; ? lists everything"))?;
        }
        self.last = Some(page);
        self.told()
    }

    /// What the status line would say, once.
    fn told(&mut self) -> Result<()> {
        if let Some(notice) = self.model.status.take() {
            let lead = match notice.level {
                Level::Problem => "Problem: ",
                Level::Info | Level::Warning => "Note: ",
            };
            self.say(&format!("{lead}{}", notice.text))?;
        }
        Ok(())
    }

    fn ask(&mut self) -> Result<()> {
        let prompt = match (&self.model.prompt, self.model.contexts().first()) {
            (Some(prompt), _) => match prompt.purpose {
                Purpose::Filter | Purpose::Log => "Filter by, or nothing for all: ",
                Purpose::Search => "Search for: ",
                Purpose::Palette => "Find: ",
                Purpose::Link => "Link, as NAME=https://...: ",
                Purpose::Reason => "Why: ",
            },
            (None, Some(Context::Note)) => "Text: ",
            _ => "Do: ",
        };
        write!(self.out, "{prompt}")?;
        self.out.flush()?;
        Ok(())
    }

    /// The next line. What is heard meanwhile is told.
    async fn line(&mut self, lines: &mut Lines, signals: &mut Signals) -> Result<Option<String>> {
        loop {
            let event = tokio::select! {
                biased;
                () = signals.leave() => return Ok(None),
                event = self.events.recv() => event,
                line = lines.next() => {
                    // Who types sees it; whoever reads this from a file does not.
                    if !std::io::IsTerminal::is_terminal(&std::io::stdin()) {
                        writeln!(self.out)?;
                    }
                    return Ok(line);
                }
            };
            if let Some(event) = event {
                let effects = self.take(event)?;
                if self.perform(effects, signals).await? == Next::Leave {
                    return Ok(None);
                }
            }
        }
    }

    /// Lets everything happen that does not take long, telling what there is to tell.
    async fn settle(&mut self, signals: &mut Signals) -> Result<Next> {
        self.drain(signals, false).await
    }

    async fn drain(&mut self, signals: &mut Signals, all: bool) -> Result<Next> {
        loop {
            let event = match self.events.try_recv() {
                Ok(event) => Some(event),
                Err(_) => {
                    let busy = match all {
                        true => self.worker.is_busy(),
                        false => self.worker.is_briefly_busy(),
                    };
                    if !busy {
                        return Ok(Next::Go);
                    }
                    let patience = if all { Duration::MAX } else { PATIENCE };
                    tokio::select! {
                        biased;
                        () = signals.leave() => return Ok(Next::Leave),
                        event = tokio::time::timeout(patience, self.events.recv()) => match event {
                            Ok(event) => event,
                            Err(_) => {
                                self.say("Note: it is still at work; \"wait\" waits for it")?;
                                return Ok(Next::Go);
                            }
                        },
                    }
                }
            };
            let Some(event) = event else {
                return Ok(Next::Leave);
            };
            let effects = self.take(event)?;
            if self.perform(effects, signals).await? == Next::Leave {
                return Ok(Next::Leave);
            }
        }
    }

    /// Takes an event, and tells what is new: gates as they end, and what was said.
    fn take(&mut self, event: Event) -> Result<Vec<Effect>> {
        if matches!(event, Event::JobEnded) {
            self.worker.job_ended();
            return Ok(Vec::new());
        }
        let gate = match &event {
            Event::Message(Message::Gate { event, .. }) => Some(event),
            Event::Message(Message::Errand {
                told: errands::Told::Gate(_, event),
                ..
            }) => Some(event),
            _ => None,
        };
        if let Some(gate) = gate
            && let GateEventKind::Finished { evidence, .. } = &gate.kind
        {
            let (status, why) = (evidence.status().word(), evidence.why());
            let words = format!("{}: {status}, {why}", evidence.gate);
            self.say(&words)?;
        }
        let effects = update(&mut self.model, event);
        self.told()?;
        Ok(effects)
    }

    /// Does what a line asks for.
    async fn heed(&mut self, line: &str, signals: &mut Signals) -> Result<Next> {
        update(&mut self.model, Event::Tick(now()));
        let contexts = self.model.contexts();
        let effects = if contexts == [Context::Prompt] {
            self.typed(line)
        } else if contexts == [Context::Note] {
            self.written(line)?
        } else {
            match understand(&self.model, line) {
                Ask::Again => {
                    self.last = None;
                    Vec::new()
                }
                Ask::Row(number) => self.select(number)?,
                Ask::More => {
                    let next = page(&self.model).window().end + 1;
                    self.select(next)?
                }
                Ask::Wait => return self.drain(signals, true).await,
                Ask::Offers => {
                    for line in ask::offers(&self.model) {
                        self.say(&line)?;
                    }
                    Vec::new()
                }
                Ask::Messages => {
                    let told: Vec<_> = self.model.log.iter().map(|it| it.text.clone()).collect();
                    self.say(&format!("{} messages so far", told.len()))?;
                    for text in told {
                        self.say(&text)?;
                    }
                    Vec::new()
                }
                Ask::Do(action) => self.act(action)?,
                Ask::Unknown(near) => {
                    let all = if near.is_empty() {
                        " ? lists everything"
                    } else {
                        ""
                    };
                    self.say(&format!("Nothing here is called {line}.{all}"))?;
                    for offer in near {
                        self.say(&format!("Perhaps {offer}"))?;
                    }
                    Vec::new()
                }
            }
        };
        self.perform(effects, signals).await
    }

    /// Does an action. What it asks to be written is explained.
    fn act(&mut self, action: Action) -> Result<Vec<Effect>> {
        let effects = perform(&mut self.model, action);
        if self.model.contexts() == [Context::Note] {
            self.explain()?;
        }
        Ok(effects)
    }

    /// A line for the prompt: all of what is typed there.
    fn typed(&mut self, line: &str) -> Vec<Effect> {
        let mut effects = perform(&mut self.model, Action::DeleteAll);
        effects.extend(update(&mut self.model, Event::Paste(line.to_owned())));
        effects.extend(perform(&mut self.model, Action::Accept));
        effects
    }

    /// Goes to a row, step by step as keys do.
    fn select(&mut self, number: usize) -> Result<Vec<Effect>> {
        let count = page(&self.model).rows.len();
        let Some(target) = number.checked_sub(1).filter(|it| *it < count) else {
            self.say(&match count {
                0 => "There is no list here.".to_owned(),
                _ => format!("There are {count} rows here."),
            })?;
            return Ok(Vec::new());
        };
        let mut effects = Vec::new();
        let down = selected(&self.model).is_none_or(|at| at < target);
        let action = if down { Action::Down } else { Action::Up };
        let short = |at: usize| if down { at < target } else { at > target };
        while let Some(before) = selected(&self.model).filter(|at| short(*at)) {
            effects.extend(perform(&mut self.model, action));
            if selected(&self.model) == Some(before) {
                break;
            }
        }
        self.model.status = None;
        Ok(effects)
    }

    async fn perform(&mut self, effects: Vec<Effect>, signals: &mut Signals) -> Result<Next> {
        for effect in effects {
            self.out.flush()?;
            let message = match effect {
                Effect::Quit => return Ok(Next::Leave),
                Effect::Redraw => {
                    self.last = None;
                    continue;
                }
                Effect::Suspend => {
                    suspend();
                    continue;
                }
                Effect::Edit { path, line, column } => {
                    let ws = self.worker.workspace();
                    let place = (&path, line, column);
                    let terminal = &mut Untaken;
                    let edited = lent::edit(terminal, signals, &ws, &self.editor, place);
                    edited.await?.map(Message::Edited)
                }
                Effect::WriteNote { generation, text } => {
                    let terminal = &mut Untaken;
                    let written = lent::write(terminal, signals, &self.editor, &text);
                    let written = written.await?;
                    written.map(|result| Message::NoteWritten { generation, result })
                }
                Effect::Sign(decided) => {
                    let work = self.worker.sign(&decided);
                    let signed = lent::sign(&mut Untaken, signals, work, &decided).await?;
                    signed.map(|outcome| Message::Signed {
                        generation: decided.generation,
                        outcome: Box::new(outcome),
                    })
                }
                Effect::Record { generation, words } => {
                    let work = self.worker.record(generation);
                    let recorded = lent::record(&mut Untaken, signals, work, &words).await?;
                    recorded.map(|result| Message::Proposal {
                        generation,
                        told: Told::Recorded(result),
                    })
                }
                Effect::RecordPromotion { generation, words } => {
                    let work = self.worker.record_promotion(generation);
                    let recorded = lent::record(&mut Untaken, signals, work, &words).await?;
                    recorded.map(|result| Message::Errand {
                        generation,
                        told: errands::Told::Recorded(result),
                    })
                }
                Effect::Say(said) => {
                    let (generation, words) = (said.generation, said.words.clone());
                    let work = self.worker.say(*said);
                    let done = lent::record(&mut Untaken, signals, work, &words).await?;
                    done.map(|result| worker::said(generation, result))
                }
                other => {
                    self.worker.perform(other);
                    continue;
                }
            };
            match message {
                // It is taken with everything else that comes.
                Some(message) => {
                    let _ = self.sender.send(Event::Message(message));
                }
                None => return Ok(Next::Leave),
            }
        }
        Ok(Next::Go)
    }
}

/// True where one line is all that is written.
fn is_one_line(model: &Model) -> bool {
    update::ends_with_line(model)
}
