//! Where sign-off stands, from the workflow into what the screens show.

use tokio_util::sync::CancellationToken;

use super::sign_off::name;
use super::{Worker, now};
use crate::console::event::{Generation, Message};
use crate::console::model::canary::Own;
use crate::console::model::standing::{AtHand, Standings};
use crate::promotion::stage::Course;
use crate::promotion::{ModuleTree, Stage, stage};
use crate::workflow::observe;
use crate::workflow::promote::Courses;
use crate::workflow::pull_request::is_without;
use crate::workflow::sign_off::{self, Desk, SignOffError};
use crate::workflow::{Workspace, validate};

impl Worker {
    pub(super) fn standing(&mut self, generation: Generation) {
        self.standing.cancel();
        self.standing = self.all.child_token();
        let cancel = self.standing.clone();
        self.blocking(move |ws, job| {
            let Ok(tree) = ws.modules() else { return };
            let standings = standings(&ws, &tree, &cancel);
            if !cancel.is_cancelled() {
                job.send(Message::Standing {
                    generation,
                    standings: Box::new(standings),
                });
            }
        });
    }
}

/// Who is at hand, what waits for them, and how modules stand.
pub(super) fn standings(
    ws: &Workspace,
    tree: &ModuleTree,
    cancel: &CancellationToken,
) -> Standings {
    read(ws, tree, cancel).unwrap_or_else(|error| Standings {
        known: true,
        why_not: Some(error.to_string()),
        ..Standings::default()
    })
}

fn read(
    ws: &Workspace,
    tree: &ModuleTree,
    cancel: &CancellationToken,
) -> Result<Standings, SignOffError> {
    let desk = Desk::open(ws)?;
    let me = sign_off::me(ws, &desk.authority)?;
    let mut standings = Standings {
        known: true,
        ..Standings::default()
    };
    for path in desk.decided().into_keys() {
        if cancel.is_cancelled() {
            return Ok(standings);
        }
        let id = tree
            .ids()
            .find(|id| tree.get(*id).is_some_and(|it| it.path == path));
        if let Some(module) = id.and_then(|id| tree.get(id)) {
            standings.of.insert(path, desk.sign_off(ws, module)?);
        }
    }
    standings.by_hand = is_without(ws).then(|| desk.authority.branch().to_owned());
    let courses = Courses::read(ws, &desk)?;
    for module in tree.modules() {
        let course = courses.of(ws, &module.path)?;
        if course != Course::default() {
            standings.courses.insert(module.path.clone(), course);
        }
    }
    standings.promoted = courses.promoted();
    standings.promoted.retain(|it| !it.stage.is_over());
    // From the log and what this machine knows: nobody is asked.
    if let Ok(all) = observe::standings(ws, &desk, now() / 1_000) {
        standings.watched = Own::default().open(&all);
    }
    let keys = sign_off::keys(ws, &desk.authority, None)?;
    let Some(principal) = me.principals.first() else {
        standings.why_not = Some(nobody(&desk));
        return Ok(standings);
    };
    let own = keys.iter().filter(|key| key.principal == *principal);
    standings.at_hand = Some(AtHand {
        principal: principal.clone(),
        roles: sign_off::roles(&keys, principal),
        key: own.map(name).reduce(|all, key| format!("{all}, {key}")),
    });
    let ids: Vec<_> = tree.ids().collect();
    let mut validated = std::collections::HashSet::new();
    for ids in ids.chunks(super::BATCH) {
        if cancel.is_cancelled() {
            return Ok(standings);
        }
        let states = validate::states(ws, tree, ids);
        let holds = ids.iter().zip(states);
        validated.extend(
            holds
                .filter(|(_, states)| stage::stage(states) >= Stage::Validated)
                .map(|(id, _)| *id),
        );
    }
    let waiting = sign_off::waiting(ws, tree, &desk, &me, &|id| validated.contains(&id))?;
    standings.waiting = waiting
        .into_iter()
        .filter_map(|(id, why)| Some((tree.get(id)?.path.clone(), why)))
        .collect();
    Ok(standings)
}

/// Why nobody is at hand.
pub(super) fn nobody(desk: &Desk) -> String {
    let authority = &desk.authority;
    match authority.keyring.entries.is_empty() {
        true => format!(
            "nobody may sign: {} has no keyring at {}",
            authority.base_ref, authority.keyring_path
        ),
        false => format!(
            "no key here, and no user.email of git, is in the keyring of {} ({})",
            authority.base_ref, authority.keyring_path
        ),
    }
}
