//! `countersign check`
//!
//! Progress goes to standard error, findings to standard output. Exit code 3
//! wins over 1: while a gate could not speak, nobody knows what it would say.

mod document;
mod findings;

use std::path::Path;
use std::thread::available_parallelism;

use color_eyre::Result;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::promotion::{Evidence, GateId, GateStatus};
use crate::workflow::Workspace;
use crate::workflow::report::{self, Reports};
use crate::workflow::select::Selection;
use crate::workflow::validate::{self, CheckError, CheckRequest, Explained, ModuleReport};

use super::args::{AtArgs, CheckArgs, SelectArgs};
use super::output::{Output, Style};
use super::progress::{self, Progress};
use super::{Exit, explain, workspace};

/// Runs the command.
pub fn run(args: CheckArgs, out: &mut Output) -> Result<Exit> {
    let ws = open(&args.at, out)?;
    if let Some(directory) = &args.out {
        report::refuse_unless_free(directory)?;
    }
    let selection = selection(&args.select);
    let modules = selection.modules(&ws)?;
    note_nothing(&selection, modules.len(), out);
    let only: Vec<_> = args.only.into_iter().map(GateId::named).collect();
    let mut explained = None;
    if args.explain || args.dry_run {
        let all = validate::explain(&ws, &modules, &only, !args.no_cache)?;
        if args.dry_run {
            return explain::finish(&all, &ws, args.json.json, out);
        }
        if !args.json.json {
            explain::print(&all, out)?;
            out.finish()?;
        }
        explained = Some(all);
    }
    let request = CheckRequest {
        modules,
        only,
        jobs: jobs(args.jobs),
        use_cache: !args.no_cache,
    };
    let Some(modules) = gates(&ws, request, out)? else {
        return Ok(Exit::Interrupted);
    };
    let reports = Reports::of(&ws, &modules, !selection.is_one());
    let told = Told {
        ws: &ws,
        modules: &modules,
        reports: &reports,
        explained: explained.as_deref(),
        blob: &validate::output,
    };
    told.tell(args.out.as_deref(), args.json.json, out)
}

/// The workspace, with what there is to know of it.
pub fn open(at: &AtArgs, out: &mut Output) -> Result<Workspace> {
    let ws = workspace(at, out)?;
    if ws.is_its_own_base() {
        out.notice(format!(
            "{} is on the base branch already: compared with itself nothing is new",
            ws.revision()
        ));
    }
    ws.require_commit()?;
    Ok(ws)
}

/// What the arguments mean.
pub fn selection(args: &SelectArgs) -> Selection {
    match (&args.changed, args.all) {
        (Some(base), _) => Selection::Changed(base.clone()),
        (None, true) => Selection::All,
        (None, false) => Selection::Named(args.modules.clone()),
    }
}

/// Says that nothing is checked, where no module is meant.
pub fn note_nothing(selection: &Selection, modules: usize, out: &mut Output) {
    if modules == 0
        && let Selection::Changed(base) = selection
    {
        out.notice(format!("no module differs from {base}: nothing is checked"));
    }
}

/// How many tools may run at the same time.
pub fn jobs(asked: Option<u16>) -> usize {
    asked
        .map(usize::from)
        .or_else(|| available_parallelism().ok().map(usize::from))
        .unwrap_or(2)
}

/// Runs gates and shows how it goes; `None` where somebody asked it to stop.
pub fn gates(
    ws: &Workspace,
    request: CheckRequest,
    out: &mut Output,
) -> Result<Option<Vec<ModuleReport>>> {
    if request.modules.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(watch(ws.clone(), request, out));
    out.clear_status();
    match result {
        Err(CheckError::Cancelled) => {
            out.notice("cancelled: nothing was recorded for the gates that were at work");
            Ok(None)
        }
        result => Ok(Some(result?)),
    }
}

/// What came out of a run, to be told and written down.
pub struct Told<'a> {
    /// Where.
    pub ws: &'a Workspace,
    /// Module by module.
    pub modules: &'a [ModuleReport],
    /// The same, as reports.
    pub reports: &'a Reports,
    /// Why gates ran or did not, where that was asked for.
    pub explained: Option<&'a [Explained]>,
    /// What tools wrote, by its sha256.
    pub blob: &'a dyn Fn(&str) -> Option<Vec<u8>>,
}

impl Told<'_> {
    /// Writes the report where that is wanted, prints, and gives the exit code.
    pub fn tell(&self, to: Option<&Path>, json: bool, out: &mut Output) -> Result<Exit> {
        let digests = self.reports.digests()?;
        if let Some(directory) = to {
            report::write(directory, self.reports, self.blob)?;
            out.notice(format!("the report is in {}", directory.display()));
        }
        if json {
            let document = document::Check::of(self.ws, self.modules, &digests, self.explained);
            out.json("countersign.check", 1, &document)?;
        } else {
            for (module, digest) in self.modules.iter().zip(&digests.modules) {
                findings::print(module, digest, out)?;
            }
            if self.reports.many {
                let held = self.reports.reports.iter().filter(|it| it.status().holds());
                let line = format!("{} of {} modules hold", held.count(), self.modules.len());
                out.spans(&[(Style::Strong, &line)])?;
                let digest = format!("    reports {}", digests.whole);
                out.spans(&[(Style::Faint, &digest)])?;
            }
        }
        Ok(exit(self.modules))
    }
}

/// Runs the gates and tells how it goes; ends everything at Ctrl-C.
async fn watch(
    ws: Workspace,
    request: CheckRequest,
    out: &mut Output,
) -> Result<Vec<ModuleReport>, CheckError> {
    let cancel = CancellationToken::new();
    let (sender, mut events) = mpsc::channel(1024);
    let mut view = Progress::of(request.modules.len());
    let mut check = tokio::spawn(validate::check(ws, request, sender, cancel.clone()));
    let mut asked = std::pin::pin!(interrupted());
    let mut tick = tokio::time::interval(progress::EVERY);
    let mut listening = true;
    loop {
        tokio::select! {
            event = events.recv(), if listening => match event {
                Some(event) => view.tell(&event, out),
                None => listening = false,
            },
            _ = tick.tick() => view.draw(out),
            () = &mut asked, if !cancel.is_cancelled() => cancel.cancel(),
            result = &mut check => {
                while let Ok(event) = events.try_recv() {
                    view.tell(&event, out);
                }
                return result.unwrap_or_else(|error| Err(error.into()));
            }
        }
    }
}

/// Waits for a signal that asks us to go, from when it is made on. To be made once: what
/// comes while nobody waits is lost.
pub(super) fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut kinds = Vec::new();
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        kinds.extend(signal(kind));
    }
    async move {
        let waiting = kinds.iter_mut().map(|signal| Box::pin(signal.recv()));
        futures_util::future::select_all(waiting).await;
    }
}

/// What a gate found that is not gone, for people.
pub(super) fn evidence(evidence: &Evidence, out: &mut Output) -> Result<()> {
    findings::print_all(evidence, out)
}

/// What a command ends with that ran these.
pub fn exit(reports: &[ModuleReport]) -> Exit {
    let statuses = || reports.iter().flat_map(|r| &r.evidence).map(|e| e.status());
    if statuses().any(|status| status == GateStatus::Error) {
        Exit::Undetermined
    } else if statuses().all(GateStatus::holds) {
        Exit::Holds
    } else {
        Exit::Failed
    }
}
