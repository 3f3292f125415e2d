//! `countersign canary watch`: a service. It tells what it does as JSON, a line each, on
//! standard error.

use std::io::Write;

use color_eyre::Result;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;

use super::args::WatchArgs;
use super::open;
use crate::cli::check::interrupted;
use crate::cli::output::Output;
use crate::cli::{Exit, Usage};
use crate::promotion::canary::Word;
use crate::promotion::review::decision::RecordKind;
use crate::promotion::text;
use crate::workflow::observe::{self, ObserveError, Options, Watched};
use crate::workflow::record::key_for;
use crate::workflow::sign_off::{self, Key};

/// Runs the command.
pub fn run(args: &WatchArgs, out: &mut Output) -> Result<Exit> {
    let (ws, desk) = open(&args.repo.repo)?;
    let key = key(args, &ws, &desk)?;
    drop(desk);
    let name = args.name.clone().unwrap_or_else(machine);
    if name.is_empty() || name.len() > 64 || name.chars().any(text::is_hostile) {
        return Err(Usage("--name takes up to 64 characters that can be seen".into()).into());
    }
    logging();
    let options = Options {
        key,
        dry_run: args.dry_run,
        once: args.once,
        listen: args.listen,
        fetch: !args.no_fetch,
        name,
    };
    out.finish()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let watched = runtime.block_on(async {
        let stop = CancellationToken::new();
        let asked = stop.clone();
        let interrupted = interrupted();
        tokio::spawn(async move {
            interrupted.await;
            tracing::info!("asked to stop: what is in hand is finished");
            asked.cancel();
        });
        observe::watch(ws, options, stop).await
    })?;
    Ok(match args.once {
        true => exit(watched),
        false => Exit::Holds,
    })
}

/// The key that signs; none is needed where nothing is written.
fn key(
    args: &WatchArgs,
    ws: &crate::workflow::Workspace,
    desk: &sign_off::Desk,
) -> Result<Option<Key>> {
    if args.dry_run {
        return Ok(None);
    }
    let keys = sign_off::keys(ws, &desk.authority, args.key.as_deref())?;
    match key_for(&keys, RecordKind::Verdict) {
        Some(key) => Ok(Some(key.clone())),
        None => Err(ObserveError::NoKey(format!(
            "no key at hand may sign what a watcher writes down: that takes one that is \
             automation, release or owner in {}. Name it with --key FILE, or see what would be \
             done with --dry-run",
            desk.authority.keyring_path
        ))
        .into()),
    }
}

fn exit(watched: Watched) -> Exit {
    match watched.worst {
        Some(Word::Fail) => Exit::Failed,
        _ if watched.failed => Exit::Undetermined,
        Some(Word::Pass) | None => Exit::Holds,
        Some(_) => Exit::Undetermined,
    }
}

/// What this machine is called.
fn machine() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy().into_owned();
    text::visible(&name).chars().take(64).collect()
}

/// Everything that is told goes to standard error, one JSON object a line. `RUST_LOG` says
/// how much.
fn logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("countersign=info"));
    // One that is there already is used.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(Lines)
        .try_init();
}

/// Standard error, on which what acts on a terminal is escaped: servers and repositories
/// say some of it.
struct Lines;

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line
    }
}

struct Line;

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        let mut out = std::io::stderr().lock();
        out.write_all(text::escape_json(&line).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
