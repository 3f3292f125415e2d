//! The loop: drain what happened, draw once if it changed anything, sleep.
//!
//! For tests that drive the program from outside: where `COUNTERSIGN_TEST_IDLE`
//! is set, the loop writes `ESC ] 7777 ; idle=N BEL` whenever it falls asleep
//! with every job done, N being how many keys, clicks and sizes it has handled.
//! A test that has sent N waits for N; it never has to guess how long.

use std::future::pending;
use std::io::Write as _;
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep_until};

use super::effect::Effect;
use super::event::{Event, Message, Told};
use super::guard::{Before, Guardian};
use super::input::{self, Input};
use super::lent::{self, Lend as _};
use super::model::Model;
use super::model::errand;
use super::screens;
use super::session::Sessions;
use super::signals::Signals;
use super::terminal::Terminal;
use super::theme::Theme;
use super::update::{start, update};
use super::worker::{self, Worker, now};

/// At most this often for what workers send; keys are drawn at once.
const FRAME: Duration = Duration::from_millis(16);
/// How long the first frame waits for the modules, so that it shows them.
const PATIENCE: Duration = Duration::from_millis(150);

/// The console, running.
pub struct Loop {
    pub(super) model: Model,
    pub(super) theme: Theme,
    pub(super) worker: Worker,
    pub(super) sender: UnboundedSender<Event>,
    pub(super) events: UnboundedReceiver<Event>,
    pub(super) editor: Vec<String>,
    pub(super) sessions: Option<Sessions>,
}

/// Why the loop ended.
enum Next {
    Go,
    Leave,
}

impl Loop {
    /// Runs until a person or the system wants to leave.
    pub async fn run(mut self) -> Result<()> {
        let before = Before::now();
        let mut guardian: Option<Guardian> = None;
        let mut terminal = Terminal::enter().wrap_err("cannot take the terminal over")?;
        let mut input = Some(Input::start(self.sender.clone()));
        input::watch(self.sender.clone());
        let result = self
            .live(&mut terminal, &mut input, before, &mut guardian)
            .await;
        // The terminal first: what follows may take a moment.
        if let Some(input) = input {
            input.stop().await;
        }
        drop(terminal);
        if let Some(sessions) = &self.sessions
            && let Err(error) = sessions.keep(&self.model)
        {
            // The next time begins at the top; nothing else is lost.
            let _ = writeln!(std::io::stderr(), "where you are is not kept: {error}");
        }
        if self.model.runs.is_running() {
            let words = "the running gates are cancelled; what had ended is kept";
            // Who closed the terminal does not read it.
            let _ = writeln!(std::io::stdout(), "{words}");
        }
        self.worker.farewell().await;
        drop(guardian);
        result
    }

    /// Handles what happens until it is time to leave.
    async fn live(
        &mut self,
        terminal: &mut Terminal,
        input: &mut Option<Input>,
        before: Option<Before>,
        guardian: &mut Option<Guardian>,
    ) -> Result<()> {
        let mut signals = Signals::new().wrap_err("cannot listen to signals")?;
        let whisper = std::env::var_os("COUNTERSIGN_TEST_IDLE").is_some();
        let (mut handled, mut told) = (0_u64, None);

        let effects = start(&mut self.model);
        self.perform(effects, terminal, input, &mut signals).await?;
        let mut changed = false;
        let mut due = Instant::now() + PATIENCE;
        let mut drawn = false;
        let mut clock: Option<Interval> = None;

        loop {
            // Sleep until something happens, or until a frame is due.
            if self.model.wants_ticks() && clock.is_none() {
                let mut ticks = interval(Duration::from_secs(1));
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                clock = Some(ticks);
            } else if !self.model.wants_ticks() {
                clock = None;
            }
            let frame = async {
                if changed || !drawn {
                    sleep_until(due.into()).await;
                } else {
                    pending::<()>().await;
                }
            };
            let tick = async {
                match &mut clock {
                    Some(clock) => drop(clock.tick().await),
                    None => pending().await,
                }
            };
            let mut typed = false;
            let event = tokio::select! {
                biased;
                () = signals.leave() => Some(Event::Leave),
                event = self.events.recv() => event,
                () = tick => Some(Event::Tick(now())),
                () = frame => None,
            };

            // Drain.
            let mut waiting = event;
            while let Some(event) = waiting.take() {
                if event.is_input() {
                    typed = true;
                    handled += 1;
                    // What a person starts is timed from now on, however long we slept.
                    update(&mut self.model, Event::Tick(now()));
                }
                // The first frame shows the modules, as soon as they are there.
                typed |= !drawn && matches!(event, Event::Message(Message::Tree { .. }));
                if matches!(event, Event::JobEnded) {
                    self.worker.job_ended();
                } else {
                    let effects = update(&mut self.model, event);
                    changed |= std::mem::take(&mut self.model.changed);
                    let next = self.perform(effects, terminal, input, &mut signals).await?;
                    if let Next::Leave = next {
                        return Ok(());
                    }
                }
                waiting = self.events.try_recv().ok();
            }

            // Draw.
            let at = Instant::now();
            if (changed && (typed || at >= due)) || (!drawn && at >= due) {
                let (model, theme) = (&self.model, &self.theme);
                terminal
                    .draw(model, |frame| screens::render(frame, model, theme))
                    .wrap_err("cannot draw")?;
                (changed, drawn) = (false, true);
                due = Instant::now() + FRAME;
                if guardian.is_none() {
                    // After the first frame: it costs nobody's time then.
                    *guardian = before.and_then(|before| Guardian::start(before).ok());
                }
            }
            let idle = drawn && !changed && !self.worker.is_busy();
            if whisper && idle && told != Some(handled) {
                told = Some(handled);
                terminal.whisper(format!("\x1b]7777;idle={handled}\x07").as_bytes())?;
            }
        }
    }

    async fn perform(
        &mut self,
        effects: Vec<Effect>,
        terminal: &mut Terminal,
        input: &mut Option<Input>,
        signals: &mut Signals,
    ) -> Result<Next> {
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(Next::Leave),
                Effect::Redraw => terminal.forget()?,
                Effect::Copy(text) => terminal.copy(&text)?,
                Effect::Suspend => {
                    self.quiet(input).await;
                    terminal.give();
                    suspend();
                    terminal.take_again()?;
                    *input = Some(Input::start(self.sender.clone()));
                }
                Effect::Edit { path, line, column } => {
                    self.quiet(input).await;
                    let place = (&path, line, column);
                    let ws = self.worker.workspace();
                    let edited = lent::edit(terminal, signals, &ws, &self.editor, place).await?;
                    let Some(result) = edited else {
                        return Ok(Next::Leave);
                    };
                    self.tell(Message::Edited(result), input);
                }
                Effect::WriteNote { generation, text } => {
                    self.quiet(input).await;
                    let written = lent::write(terminal, signals, &self.editor, &text).await?;
                    let Some(result) = written else {
                        return Ok(Next::Leave);
                    };
                    self.tell(Message::NoteWritten { generation, result }, input);
                }
                Effect::Sign(decided) => {
                    self.quiet(input).await;
                    let work = self.worker.sign(&decided);
                    let signed = lent::sign(terminal, signals, work, &decided).await?;
                    let Some(outcome) = signed else {
                        return Ok(Next::Leave);
                    };
                    let message = Message::Signed {
                        generation: decided.generation,
                        outcome: Box::new(outcome),
                    };
                    self.tell(message, input);
                }
                Effect::Record { generation, words } => {
                    self.quiet(input).await;
                    let work = self.worker.record(generation);
                    let Some(result) = lent::record(terminal, signals, work, &words).await? else {
                        return Ok(Next::Leave);
                    };
                    let told = Told::Recorded(result);
                    self.tell(Message::Proposal { generation, told }, input);
                }
                Effect::RecordPromotion { generation, words } => {
                    self.quiet(input).await;
                    let work = self.worker.record_promotion(generation);
                    let Some(result) = lent::record(terminal, signals, work, &words).await? else {
                        return Ok(Next::Leave);
                    };
                    let told = errand::Told::Recorded(result);
                    self.tell(Message::Errand { generation, told }, input);
                }
                Effect::Say(said) => {
                    self.quiet(input).await;
                    let (generation, words) = (said.generation, said.words.clone());
                    let work = self.worker.say(*said);
                    let Some(result) = lent::record(terminal, signals, work, &words).await? else {
                        return Ok(Next::Leave);
                    };
                    self.tell(worker::said(generation, result), input);
                }
                other => self.worker.perform(other),
            }
        }
        Ok(Next::Go)
    }

    /// Reads the terminal again, and tells what came of lending it.
    fn tell(&mut self, message: Message, input: &mut Option<Input>) {
        *input = Some(Input::start(self.sender.clone()));
        for effect in update(&mut self.model, Event::Message(message)) {
            self.worker.perform(effect);
        }
    }

    /// Ends reading from the terminal: someone else is going to.
    async fn quiet(&self, input: &mut Option<Input>) {
        if let Some(input) = input.take() {
            input.stop().await;
        }
    }
}

/// Stops this process and whatever started it together with it, as Ctrl-Z
/// would; returns once it is continued. Where no shell could continue it (it
/// was started by the terminal itself), the system leaves it running.
pub(super) fn suspend() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}
