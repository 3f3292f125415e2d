//! Where watching and taking back meet: nobody else in this phase knows of it.

use super::look::Seen;
use super::{ObserveError, Standing};
use crate::promotion::canary::verdict::{percent, span};
use crate::promotion::canary::{Kind, Policy, Word};
use crate::promotion::rollback::{Cause, Frozen, Mode, Rollback, State};
use crate::promotion::{Sha256, Stage};
use crate::workflow::Workspace;
use crate::workflow::roll_back::{self, SWITCH, VARIABLE};
use crate::workflow::sign_off::{Desk, Key};

/// What is done without a person where harm is seen, and why that is nothing, in words.
pub(super) fn policy(ws: &Workspace, desk: &Desk) -> Result<Mode, String> {
    let authority = &desk.authority;
    let said = &authority.rollback;
    let branch = authority.branch();
    if std::env::var_os(VARIABLE).is_some_and(|it| !it.is_empty()) {
        return Err(format!("{VARIABLE} is set: rollbacks are stopped here"));
    }
    let git = ws.repo().open_git().map_err(|error| error.to_string())?;
    let there = ["refs/heads/", "refs/remotes/origin/"]
        .iter()
        .any(|place| git.find_reference(&format!("{place}{SWITCH}")).is_ok());
    if there {
        return Err(format!(
            "the branch {SWITCH} is there: all rollbacks are stopped"
        ));
    }
    match (said.enabled, said.mode) {
        (false, _) => Err(format!(
            "countersign.toml on {branch} says rollback.enabled = false"
        )),
        (true, Mode::Hold) => Err(format!(
            "countersign.toml on {branch} says rollback.mode = \"hold\""
        )),
        (true, mode) => Ok(mode),
    }
}

/// How a step ended that is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stepped {
    /// How far it is, in words.
    On(String),
    /// The rules say no, in words.
    Refused(String),
}

/// Takes a promotion back for what was seen, as far as it goes now.
pub(super) fn roll_back(
    ws: &Workspace,
    desk: &Desk,
    standing: &Standing,
    seen: &Seen,
    evidence: Sha256,
    key: &Key,
) -> Result<Stepped, ObserveError> {
    let asked = seen.look.readings.iter().flat_map(|it| &it.asked);
    let mut queries: Vec<String> = asked.map(|(query, _)| query.clone()).collect();
    queries.dedup();
    // The digest is that of all that was seen: the answers, the rules and the nights.
    let frozen = Frozen::of(&seen.verdict, queries, evidence, thresholds(&seen.policy));
    advance(ws, desk, standing, &Cause::Canary(frozen), key)
}

/// Goes on with what was begun, whoever began it.
pub(super) fn go_on(
    ws: &Workspace,
    desk: &Desk,
    standing: &Standing,
    key: &Key,
) -> Result<Stepped, ObserveError> {
    let Some(rollback) = &standing.rollback else {
        return Ok(Stepped::Refused("nobody began it".into()));
    };
    let cause = Cause::Canary(Frozen {
        at: rollback.decided.at,
        word: Word::Fail,
        why: rollback.decided.why.clone(),
        signals: Vec::new(),
        queries: Vec::new(),
        answers: Sha256::of(b""),
        thresholds: Vec::new(),
    });
    advance(ws, desk, standing, &cause, key)
}

fn advance(
    ws: &Workspace,
    desk: &Desk,
    standing: &Standing,
    cause: &Cause,
    key: &Key,
) -> Result<Stepped, ObserveError> {
    let it = &standing.promotion;
    let module = it.from.to_string();
    let report = |state| tracing::warn!(%module, %state, "rollback");
    let order = roll_back::Order::of(ws, it, cause, key, &report);
    match roll_back::advance(&order, desk) {
        Ok(rollback) => Ok(Stepped::On(words(&rollback))),
        Err(error) if error.is_refusal() => Ok(Stepped::Refused(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

fn words(it: &Rollback) -> String {
    match &it.waits {
        Some(why) => format!("{}: {why}", it.state),
        None => it.state.to_string(),
    }
}

/// True where a promotion has no more to be done: nothing is to be gone on with, and
/// everybody was told.
pub(super) fn is_over(desk: &Desk, standing: &Standing) -> bool {
    standing.stage == Stage::RolledBack
        && standing.rollback.as_ref().is_some_and(|it| {
            it.state == State::RolledBack && roll_back::untold(desk, it).is_empty()
        })
}

/// What it is held against, a line each.
fn thresholds(policy: &Policy) -> Vec<String> {
    let signal = |name: &str, kind: &Kind| match kind {
        Kind::Events(rules) => {
            let mut said = Vec::new();
            if let Some(objective) = rules.objective {
                said.push(format!("objective {objective}"));
            }
            if let Some(allowed) = rules.allowed {
                said.push(format!("{allowed} times the base, α {}", policy.share()));
            }
            if let Some(limit) = rules.threshold {
                said.push(format!(
                    "at most {} for {}",
                    percent(limit.max),
                    span(limit.lasting)
                ));
            }
            format!("{name}: {}", said.join(", "))
        }
        Kind::Gauge(_) => format!("{name}: holds, does not roll back"),
    };
    let signals = policy.signals.iter();
    let mut lines: Vec<String> = signals.map(|it| signal(&it.name, &it.kind)).collect();
    if policy.nights > 0 {
        lines.push(format!("smoke: {} nights", policy.nights));
    }
    lines
}
