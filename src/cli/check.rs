//! `countersign check`
//!
//! Progress goes to standard error, findings to standard output. Exit code 3
//! wins over 1: while a gate could not speak, nobody knows what it would say.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread::available_parallelism;

use color_eyre::Result;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::promotion::{
    Evidence, Finding, GateEvent, GateEventKind, GateId, GateStatus, Novelty, ObjectId, Outcome,
    RepoPath, Severity,
};
use crate::workflow::validate::{self, CheckError, CheckRequest, Explained, ModuleReport};
use crate::workflow::{Workspace, triage};

use super::output::{Output, Style};
use super::{Exit, Usage, args::CheckArgs, criteria, explain};

/// Runs the command.
pub fn run(args: CheckArgs, out: &mut Output) -> Result<Exit> {
    let ws = Workspace::open(&args.repo.repo, args.rev.rev.as_deref())?;
    if ws.is_its_own_base() {
        out.notice(format!(
            "{} is on the base branch already: compared with itself nothing is new",
            ws.revision()
        ));
    }
    for notice in ws.notices() {
        out.notice(notice);
    }
    ws.require_commit()?;
    let tree = ws.modules()?;
    let mut modules = Vec::new();
    for name in &args.modules {
        let id = triage::find(&ws, &tree, name)?;
        if let Some(module) = tree.get(id).map(|module| module.path.clone())
            && !modules.contains(&module)
        {
            modules.push(module);
        }
    }
    let only: Vec<_> = args.only.into_iter().map(GateId::named).collect();
    let mut explained = None;
    if args.explain || args.dry_run {
        let all = explain(&ws, &modules, &only, !args.no_cache)?;
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
        jobs: args
            .jobs
            .map(usize::from)
            .or_else(|| available_parallelism().ok().map(usize::from))
            .unwrap_or(2),
        use_cache: !args.no_cache,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(watch(ws.clone(), request, out));
    let reports = match result {
        Err(CheckError::Cancelled) => {
            out.notice("cancelled: nothing was recorded for the gates that were at work");
            return Ok(Exit::Interrupted);
        }
        Err(error) if error.is_usage() => return Err(Usage(error.to_string()).into()),
        result => result?,
    };
    if args.json.json {
        out.json(
            "countersign.check",
            1,
            &Check::of(&ws, &reports, explained.as_deref()),
        )?;
    } else {
        for report in &reports {
            print(report, out)?;
        }
    }
    Ok(exit(&reports))
}

fn explain(
    ws: &Workspace,
    modules: &[RepoPath],
    only: &[GateId],
    use_cache: bool,
) -> Result<Vec<Explained>> {
    match validate::explain(ws, modules, only, use_cache) {
        Err(error) if error.is_usage() => Err(Usage(error.to_string()).into()),
        result => Ok(result?),
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
    let mut check = tokio::spawn(validate::check(ws, request, sender, cancel.clone()));
    let mut told = HashSet::new();
    let mut listening = true;
    loop {
        tokio::select! {
            event = events.recv(), if listening => match event {
                Some(event) => tell(&event, &mut told, out),
                None => listening = false,
            },
            () = interrupted(), if !cancel.is_cancelled() => cancel.cancel(),
            result = &mut check => {
                while let Ok(event) = events.try_recv() {
                    tell(&event, &mut told, out);
                }
                return result.unwrap_or_else(|error| Err(CheckError::Trouble {
                    why: format!("Countersign itself failed: {error}"),
                    help: "report this".into(),
                }));
            }
        }
    }
}

/// Waits for a signal that asks us to go.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut kinds = Vec::new();
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        kinds.extend(signal(kind));
    }
    let waiting = kinds.iter_mut().map(|signal| Box::pin(signal.recv()));
    futures_util::future::select_all(waiting).await;
}

fn tell(event: &GateEvent, told: &mut HashSet<String>, out: &mut Output) {
    let gate = event.gate.as_ref().map(GateId::as_str).unwrap_or_default();
    match &event.kind {
        GateEventKind::Preparing { what, .. } => {
            if told.insert(what.clone()) {
                out.error_line(what);
            }
        }
        // What pip says while it installs: sent for the whole run.
        GateEventKind::Output(_) | GateEventKind::Queued | GateEventKind::Done => {}
        GateEventKind::Started { .. } => {
            if told.insert(format!("{} {gate}", event.module)) {
                out.error_line(&format!("{}  {gate:9} running", event.module));
            }
        }
        GateEventKind::Finished { evidence, cached } => {
            let time = match cached {
                true => "unchanged".to_owned(),
                false => format!("{:.1} s", evidence.duration_ms as f64 / 1000.0),
            };
            out.error_line(&format!(
                "{}  {gate:9} {}: {} ({time})",
                event.module,
                evidence.status(),
                why(evidence)
            ));
        }
    }
}

fn why(evidence: &Evidence) -> &str {
    match &evidence.outcome {
        Outcome::Passed => &evidence.summary,
        Outcome::Failed { why } | Outcome::NotApplicable { why } | Outcome::Error { why, .. } => {
            why
        }
    }
}

fn exit(reports: &[ModuleReport]) -> Exit {
    let statuses = || reports.iter().flat_map(|r| &r.evidence).map(|e| e.status());
    if statuses().any(|status| status == GateStatus::Error) {
        Exit::Undetermined
    } else if statuses().all(GateStatus::holds) {
        Exit::Holds
    } else {
        Exit::Failed
    }
}

fn print(report: &ModuleReport, out: &mut Output) -> Result<()> {
    for evidence in &report.evidence {
        let findings = evidence.findings.iter();
        for finding in findings.filter(|f| f.novelty != Novelty::Fixed) {
            print_finding(finding, out)?;
        }
    }
    let name = report.module.to_text();
    out.spans(&[(Style::Strong, &name)])?;
    for evidence in &report.evidence {
        let (style, mark) = criteria::mark(evidence.status());
        out.spans(&[
            (style, &format!("  {mark} ")),
            (
                Style::Plain,
                &format!(
                    "{:9} {}: {}",
                    evidence.gate,
                    evidence.status(),
                    why(evidence)
                ),
            ),
        ])?;
        if let Outcome::Error { help, .. } = &evidence.outcome {
            out.spans(&[(Style::Faint, &format!("              to do: {help}"))])?;
        }
    }
    Ok(())
}

/// `path:line:col rule message [new]`
fn print_finding(finding: &Finding, out: &mut Output) -> Result<()> {
    let (style, mark) = match (finding.severity, finding.novelty) {
        (Severity::Note, _) => (Style::Faint, "note"),
        (_, Novelty::New) => (Style::Bad, "new"),
        (_, Novelty::Old) => (Style::Faint, "old"),
        (_, Novelty::Fixed) => (Style::Good, "fixed"),
    };
    let mut place = finding.path.to_text().into_owned();
    if finding.line > 0 {
        place.push_str(&format!(":{}", finding.line));
        if finding.column > 0 {
            place.push_str(&format!(":{}", finding.column));
        }
    }
    out.spans(&[
        (Style::Plain, &place),
        (Style::Strong, &format!(" {}", finding.rule)),
        (Style::Plain, &format!(" {} ", finding.text())),
        (style, &format!("[{mark}]")),
    ])
}

/// The document of `check --json`.
#[derive(Serialize)]
struct Check<'a> {
    revision: &'a str,
    commit: Option<ObjectId>,
    base: Option<ObjectId>,
    /// True where every gate of every module holds.
    holds: bool,
    modules: Vec<Checked<'a>>,
    /// Why each gate ran or did not, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<&'a [Explained]>,
}

#[derive(Serialize)]
struct Checked<'a> {
    module: &'a RepoPath,
    status: GateStatus,
    gates: Vec<Gate<'a>>,
}

#[derive(Serialize)]
struct Gate<'a> {
    gate: &'a GateId,
    status: GateStatus,
    evidence: &'a Arc<Evidence>,
}

impl<'a> Check<'a> {
    fn of(
        ws: &'a Workspace,
        reports: &'a [ModuleReport],
        explained: Option<&'a [Explained]>,
    ) -> Self {
        let modules = reports.iter().map(|report| Checked {
            module: &report.module,
            status: GateStatus::roll_up(report.evidence.iter().map(|e| e.status()))
                .unwrap_or(GateStatus::NeverRun),
            gates: report
                .evidence
                .iter()
                .map(|evidence| Gate {
                    gate: &evidence.gate,
                    status: evidence.status(),
                    evidence,
                })
                .collect(),
        });
        Self {
            revision: ws.revision(),
            commit: ws.commit(),
            base: ws.base(),
            holds: exit(reports) == Exit::Holds,
            modules: modules.collect(),
            explained,
        }
    }
}
