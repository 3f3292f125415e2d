//! Gate 1, all of it, on the branch for the fix.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::promotion::rollback::{Gates, Rollback};
use crate::promotion::{GateStatus, Module, ModuleTree, ObjectId};
use crate::repo::{RepoError, tree};
use crate::workflow::Workspace;
use crate::workflow::validate::{self, CheckError, CheckRequest};

use super::RollBackError;
use super::make::one_line;

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Every gate was judged.
    Judged(Gates),
    /// Some could not be: their names, and why. That is no result.
    Unknown(Vec<String>),
}

/// Runs it on a commit in which the module is where the promotion brought it.
pub(super) fn run(ws: &Workspace, it: &Rollback, commit: ObjectId) -> Result<Ended, RollBackError> {
    let aside = aside(ws, it, commit)?;
    let request = CheckRequest {
        modules: vec![it.to.clone()],
        only: Vec::new(),
        jobs: std::thread::available_parallelism().map_or(2, usize::from),
        // Evidence is kept under everything that it depends on.
        use_cache: true,
    };
    let checking = || -> Result<_, RollBackError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| CheckError::Trouble {
                why: format!("nothing could be started: {error}"),
                help: "see what limits this process".into(),
            })?;
        let (sender, mut events) = mpsc::channel(1024);
        let reports = runtime.block_on(async move {
            // Nobody looks on.
            let listener = tokio::spawn(async move { while events.recv().await.is_some() {} });
            let reports = validate::check(aside, request, sender, CancellationToken::new()).await;
            let _ = listener.await;
            reports
        });
        Ok(reports?)
    };
    // On a thread of its own: the caller may be at work in an async runtime.
    let reports = std::thread::scope(|threads| {
        let ended = threads.spawn(checking).join();
        ended.unwrap_or_else(|_| {
            Err(CheckError::Trouble {
                why: "Countersign itself failed".into(),
                help: "report this".into(),
            }
            .into())
        })
    })?;
    let evidence: Vec<_> = reports.iter().flat_map(|it| &it.evidence).collect();
    let names = |is: &dyn Fn(GateStatus) -> bool| -> Vec<String> {
        let found = evidence.iter().filter(|it| is(it.status()));
        found.map(|it| it.gate.to_string()).collect()
    };
    let known = [
        GateStatus::Passed,
        GateStatus::NotApplicable,
        GateStatus::Failed,
    ];
    let unknown = evidence.iter().filter(|it| !known.contains(&it.status()));
    let unknown: Vec<String> = unknown
        .map(|it| format!("{} ({}: {})", it.gate, it.status(), one_line(it.why())))
        .collect();
    if !unknown.is_empty() {
        return Ok(Ended::Unknown(unknown));
    }
    if evidence.is_empty() {
        return Ok(Ended::Unknown(vec!["all of them".into()]));
    }
    let failing = names(&|it| it == GateStatus::Failed);
    Ok(Ended::Judged(Gates {
        holds: failing.is_empty(),
        failing,
    }))
}

/// That commit as a workspace of its own, in which the module is one where it is.
fn aside(ws: &Workspace, it: &Rollback, commit: ObjectId) -> Result<Workspace, RepoError> {
    let git = ws.repo().open_git()?;
    let missing = |commit: ObjectId, path: &crate::promotion::RepoPath| RepoError::MissingObject {
        id: commit,
        what: path.to_string(),
    };
    let entry = tree::entry(&git, commit, &it.to)?.ok_or_else(|| missing(commit, &it.to))?;
    let lane = ws
        .config()
        .lanes
        .iter()
        .position(|lane| it.from.is_within(&lane.source))
        .unwrap_or(0);
    let mut files = 0;
    let mut bytes = 0;
    for (path, entry) in tree::walk(&git, commit, &it.to)? {
        if entry.mode.is_file() && path.as_bytes().ends_with(b".py") {
            files += 1;
            bytes += tree::read_blob(&git, entry.id)?.len() as u64;
        }
    }
    let init = it.to.join(b"__init__.py");
    let kind = match entry.mode {
        tree::Mode::Tree if tree::entry(&git, commit, &init)?.is_some() => {
            crate::promotion::ModuleKind::Package
        }
        tree::Mode::Tree => crate::promotion::ModuleKind::Namespace,
        _ => crate::promotion::ModuleKind::File,
    };
    let modules = ModuleTree::from_preorder(vec![Module {
        path: it.to.clone(),
        kind,
        object: entry.id,
        lane,
        files,
        bytes,
        parent: None,
        depth: 0,
    }]);
    Ok(ws.aside(commit, ws.config().clone(), modules))
}
