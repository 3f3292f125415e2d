//! `countersign demo canary`
//!
//! Tells what is done and what the watcher says, a line each, when it happens.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::io::IsTerminal as _;
use std::sync::Mutex;

use color_eyre::Result;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::args::DemoCanaryArgs;
use crate::cli::check::interrupted;
use crate::cli::output::{Output, Style};
use crate::cli::{Exit, Launch};
use crate::promotion::rollback::State;
use crate::workflow::demo::canary::{self, Caught, SCALE, Told};
use crate::workflow::dirs;

/// How often it is told how far learning is where no line can be drawn anew, in seconds.
const STEP: u64 = 10;

/// Runs the command.
pub fn run(
    args: DemoCanaryArgs,
    open: impl FnOnce(Launch) -> Result<()>,
    out: &mut Output,
) -> Result<Exit> {
    let at = match args.at {
        Some(at) => at,
        None => dirs::data_dir()?.join("demo-canary"),
    };
    // A directory that is named from here is named from everywhere.
    let at = std::path::absolute(at)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let Some(caught) = runtime.block_on(shown(&at, out))? else {
        out.notice("stopped; everything that ran for it has ended");
        return Ok(Exit::Interrupted);
    };
    told(&caught, out)?;
    let terminal = out.is_terminal() && std::io::stdin().is_terminal();
    if !args.no_console && terminal {
        let wanted = runtime.block_on(wanted(out));
        // Who waits for a line may wait still.
        runtime.shutdown_background();
        if !wanted? {
            return Ok(Exit::Holds);
        }
        open(Launch {
            path: caught.path,
            rev: None,
            canary: Some(caught.module),
            theme: None,
            linear: false,
        })?;
    }
    Ok(Exit::Holds)
}

/// Whether the console is to be opened: nothing that was told is hidden before it was read.
async fn wanted(out: &mut Output) -> Result<bool> {
    out.line("")?;
    // A key that was pressed while it ran is no answer.
    let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
    out.ask("Enter opens the console on it, Ctrl-C ends ")?;
    let answer = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    let wanted = tokio::select! {
        read = answer => read?? > 0,
        () = interrupted() => false,
    };
    if !wanted {
        out.line("")?;
    }
    Ok(wanted)
}

async fn shown(at: &std::path::Path, out: &mut Output) -> Result<Option<Caught>> {
    let (sender, mut lines) = unbounded_channel();
    // One that is there already is used: then only our own lines are told.
    let _ = tracing_subscriber::registry()
        .with(Telling {
            to: sender.clone(),
            state: Mutex::default(),
        })
        .try_init();
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        interrupted().await;
        asked.cancel();
    });
    let tell = |told| {
        // Who listens ends after this.
        let _ = sender.send(told);
    };
    let mut print = |told| -> Result<()> {
        let line = match told {
            Told::Line(line) => line,
            Told::Learned { done, of } => {
                let line = format!("learning what is usual: {done} of {of} s");
                if out.is_live() {
                    out.status(&line);
                    return Ok(());
                }
                if done % STEP != 0 {
                    return Ok(());
                }
                line
            }
        };
        out.clear_status();
        let time = jiff::Zoned::now().strftime("%H:%M:%S").to_string();
        out.spans(&[(Style::Faint, &time), (Style::Plain, &format!("  {line}"))])?;
        out.finish()
    };
    let mut running = std::pin::pin!(canary::run(at, &tell, stop.clone()));
    print(Told::Line(format!("{SCALE}. Ctrl-C ends it all")))?;
    let done = loop {
        tokio::select! {
            Some(told) = lines.recv() => print(told)?,
            done = &mut running => break done,
        }
    };
    while let Ok(told) = lines.try_recv() {
        print(told)?;
    }
    Ok(done?)
}

/// What is there now, and how to look at it.
fn told(it: &Caught, out: &mut Output) -> Result<()> {
    let path = it.path.display();
    out.line("")?;
    out.spans(&[(
        Style::Strong,
        &format!(
            "caught, and rolled back, {} s after the merge: {} min by that scale",
            it.took, it.took
        ),
    )])?;
    out.line(format!("  {} {}", it.revert.short(), it.summary))?;
    if it.state != State::RolledBack {
        out.notice(format!(
            "the branch for the fix is still {}: Gate 1 wants tools that could not be fetched in \
             time. countersign rollback candidate/fees --resume goes on",
            it.state
        ));
    }
    out.line("")?;
    for command in [
        format!("git -C {path} log --oneline -3 main"),
        format!("countersign canary -C {path}"),
        format!("countersign audit log -C {path}"),
    ] {
        out.exact(&[(Style::Plain, &format!("  {command}"))])?;
    }
    Ok(())
}

/// What the watcher says, in words.
struct Telling {
    to: UnboundedSender<Told>,
    /// What was last told of the rollback: it is told once.
    state: Mutex<String>,
}

impl<S: Subscriber> Layer<S> for Telling {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("countersign") {
            let mut said = Said::default();
            event.record(&mut said);
            if let Some(line) = said.line()
                && !self.is_repeated(&line)
            {
                // Who listens may be gone already.
                let _ = self.to.send(Told::Line(line));
            }
        }
    }
}

impl Telling {
    /// Whether the rollback is only where it was: each of its steps is told, and how it ended.
    fn is_repeated(&self, line: &str) -> bool {
        if !line.starts_with("rollback: ") {
            return false;
        }
        // Nobody else holds it; what a panic left is as good.
        let mut last = self.state.lock().unwrap_or_else(|it| it.into_inner());
        let repeated = *last == line;
        line.clone_into(&mut last);
        repeated
    }
}

/// The fields of what was said.
#[derive(Default)]
struct Said(BTreeMap<&'static str, String>);

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // Into a string nothing fails.
        let _ = write!(text, "{value:?}");
        self.0.insert(field.name(), text);
    }
}

impl Said {
    /// As a line; nothing where it is of no use here.
    fn line(&self) -> Option<String> {
        let of = |name: &str| self.0.get(name).map_or("", String::as_str);
        Some(match of("message") {
            "looked" | "looked: harm" | "looked: to the end" => {
                format!("{:12}  {}", of("word"), of("why"))
            }
            "rollback" if of("state") == State::Revalidating.word() => {
                format!(
                    "rollback: {} (Gate 1 on the branch for the fix)",
                    of("state")
                )
            }
            "rollback" => format!("rollback: {}", of("state")),
            "written down" => format!("into the log: {}, entry {}", of("kind"), of("entry")),
            "done" => format!("{}: {}", of("what"), of("words")),
            "could not be done" => format!("could not be done: {}: {}", of("what"), of("why")),
            "a round did not come to its end" => format!("a round failed: {}", of("why")),
            _ => return None,
        })
    }
}
