//! Asks the forge for the pull requests of all modules, on a thread of its own.

use std::collections::HashMap;
use std::time::Duration;

use super::{Job, now};
use crate::console::event::{Generation, Message};
use crate::promotion::{ModuleTree, RepoPath, branch_name};
use crate::workflow::Workspace;
use crate::workflow::pull_request::{self, Brief, Forge, Pace, PullRequestError};
use crate::workflow::sign_off::Desk;

/// Tells them, where there is a forge to ask.
pub(super) fn tell(ws: &Workspace, tree: &ModuleTree, generation: Generation, job: &Job) {
    if let Some(result) = read(ws, tree) {
        let at = now();
        job.send(Message::Pulls {
            generation,
            at,
            result,
        });
    }
}

/// The pull request of each module that has one: of several the newest. `None` where
/// there is no forge, or no token for it.
fn read(ws: &Workspace, tree: &ModuleTree) -> Option<Result<HashMap<RepoPath, Brief>, String>> {
    let known = pull_request::known(ws).ok()?;
    // Nobody waits here for a limit to pass.
    let pace = Pace {
        deadline: Duration::from_secs(10),
        patience: Duration::ZERO,
        ..Pace::default()
    };
    let forge = match Forge::open_at(&known, pace) {
        Ok(forge) => forge,
        Err(PullRequestError::Forge(error)) if error.is_usage() => return None,
        Err(error) => return Some(Err(error.to_string())),
    };
    let desk = Desk::open(ws).ok()?;
    let briefs = match pull_request::briefs(ws, &desk, &forge) {
        Ok(briefs) => briefs,
        Err(error) => return Some(Err(error.to_string())),
    };
    let template = &ws.config().promote.branch;
    let mut of: HashMap<RepoPath, Brief> = HashMap::new();
    for module in tree.modules() {
        let lane = ws.config().lanes.get(module.lane);
        let short = lane.and_then(|lane| module.path.strip(&lane.source));
        let short = short.unwrap_or_else(|| module.path.clone());
        let own = briefs
            .iter()
            .filter(|it| branch_name::is_of(template, &short, &it.branch));
        let newest = own.max_by_key(|it| (it.state == "open", it.number));
        if let Some(newest) = newest {
            of.insert(module.path.clone(), newest.clone());
        }
    }
    Some(Ok(of))
}
