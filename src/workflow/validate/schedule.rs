//! Many modules in one go: planned one after the other when their turn comes,
//! a bounded number of them at work.

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{CheckError, ModuleReport};

/// Modules at work per tool that may run: enough that none has to wait for a
/// module to be planned or to be judged.
const AHEAD: usize = 2;

/// Plans and runs. `plan` gives one plan after the other, away from the async
/// threads, to a sink that says when there is no need of more; `run` carries one
/// out. Reports come in that order.
///
/// The first error ends it; what is at work then is waited for, for its tools
/// are to be ended by whoever cancelled.
pub(super) async fn all<P, R>(
    jobs: usize,
    plan: impl FnOnce(&mut dyn FnMut(P) -> bool) -> Result<(), CheckError> + Send + 'static,
    run: impl Fn(P) -> R,
) -> Result<Vec<ModuleReport>, CheckError>
where
    P: Send + 'static,
    R: Future<Output = Result<ModuleReport, CheckError>> + Send + 'static,
{
    let most = jobs.max(1) + AHEAD;
    let (planned, mut plans) = mpsc::channel(1);
    let planner =
        tokio::task::spawn_blocking(move || plan(&mut |plan| planned.blocking_send(plan).is_ok()));
    let mut at_work = JoinSet::new();
    let mut done: Vec<(usize, ModuleReport)> = Vec::new();
    let mut failed: Option<CheckError> = None;
    let (mut turn, mut more) = (0, true);
    while more || !at_work.is_empty() {
        tokio::select! {
            plan = plans.recv(), if more && at_work.len() < most => match plan {
                None => more = false,
                Some(plan) => {
                    let (run, at) = (run(plan), turn);
                    at_work.spawn(async move { (at, run.await) });
                    turn += 1;
                }
            },
            Some(result) = at_work.join_next() => match result {
                Ok((at, Ok(report))) => done.push((at, report)),
                Ok((_, Err(error))) => {
                    failed.get_or_insert(error);
                    more = false;
                }
                Err(error) => {
                    failed.get_or_insert(error.into());
                    more = false;
                }
            },
        }
    }
    drop(plans); // a planner that still has some stops
    match planner.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => drop(failed.get_or_insert(error)),
        Err(error) => drop(failed.get_or_insert(error.into())),
    }
    done.sort_by_key(|(at, _)| *at);
    match failed {
        Some(error) => Err(error),
        None => Ok(done.into_iter().map(|(_, report)| report).collect()),
    }
}
