//! Taking back what was merged: what would be done, in words, and the doing, by the same
//! steps as the watcher does and `countersign rollback`.

use super::canary::standing;
use crate::console::model::errand::{Look, Outcome, Paragraph, Sheet};
use crate::promotion::review::decision::RecordKind;
use crate::promotion::rollback::{self, Cause, How, Rollback, State};
use crate::promotion::{ObjectId, RepoPath};
use crate::workflow::Workspace;
use crate::workflow::promote::Promotion;
use crate::workflow::record::key_for;
use crate::workflow::roll_back::{self, Plan};
use crate::workflow::sign_off::{self, Desk, Key};

/// Paths that are named before the rest is only counted.
const MOST: usize = 40;

/// All that it takes to do what was read.
pub(super) struct Ready {
    ws: Workspace,
    desk: Desk,
    promotion: Promotion,
    cause: Cause,
    key: Key,
}

/// Plans it, as `rollback --dry-run` does: changes nothing.
pub(super) fn read(
    ws: Workspace,
    promotion: ObjectId,
    reason: &str,
) -> Result<(Sheet, Option<Ready>), String> {
    let (desk, standing) = standing(&ws, promotion)?;
    let promotion = standing.promotion;
    let begun = standing.rollback;
    let cause = Cause::ByHand {
        why: reason.to_owned(),
    };
    let plan = roll_back::plan(&ws, &desk, &promotion, &cause).map_err(|it| it.to_string())?;
    let keys = sign_off::keys(&ws, &desk.authority, None).map_err(|it| it.to_string())?;
    let key = key_for(&keys, RecordKind::Rollback).cloned();
    let may = may(&plan, key.as_ref(), &desk);
    let mut text = of_plan(&promotion, &plan);
    if let Some(key) = &key {
        let words = format!(
            "Each step is signed by {}, with {}. Nobody is asked for a passphrase meanwhile: the \
             agent holds the key, or it has none.",
            key.principal,
            key.file.display()
        );
        text.push((Look::Text, String::new()));
        text.push((Look::Muted, words));
    }
    if let Some(begun) = &begun {
        let words = format!("begun by {}: {}", begun.decided.by, begun.decided.why);
        text.insert(0, (Look::Muted, words));
    }
    let sheet = Sheet {
        text,
        may: may.clone(),
        gates: Vec::new(),
    };
    let ready = match (may, key) {
        (Ok(_), Some(key)) => Some(Ready {
            ws,
            desk,
            promotion,
            cause,
            key,
        }),
        _ => None,
    };
    Ok((sheet, ready))
}

/// What confirming it means, or why it cannot be done.
fn may(plan: &Plan, key: Option<&Key>, desk: &Desk) -> Result<String, String> {
    if key.is_none() {
        let ring = &desk.authority.keyring_path;
        return Err(format!("no key at hand may sign a rollback in {ring}"));
    }
    if let Some(why) = &plan.irreversible {
        return Err(format!(
            "a revert would not take it back: {why}. A person does it by hand"
        ));
    }
    if !plan.conflicts.is_empty() {
        return Err(format!(
            "it conflicts with what came since on {}: a person reverts it by hand, and that is \
             found and recorded",
            plan.branch
        ));
    }
    let branch = &plan.branch;
    let first = match (&plan.back, &plan.remote) {
        (Some(since), _) => {
            format!(
                "records that {branch} is as it would be since {}",
                since.short()
            )
        }
        (None, Some(remote)) => format!(
            "pushes a commit onto {branch} of {remote} that takes {} back; where {branch} is \
             protected, a branch and a pull request",
            plan.merge.short()
        ),
        (None, None) => format!(
            "puts a commit onto {branch} here that takes {} back; there is no remote",
            plan.merge.short()
        ),
    };
    Ok(format!(
        "{first}; then makes the branch {} and runs Gate 1 on it; {}",
        plan.hotfix,
        match plan.told.len() {
            0 => "nobody is told".to_owned(),
            1 => "one channel is told".to_owned(),
            n => format!("{n} channels are told"),
        }
    ))
}

fn of_plan(promotion: &Promotion, plan: &Plan) -> Vec<Paragraph> {
    let (from, to) = (&promotion.from, &promotion.to);
    let mut text: Vec<Paragraph> = vec![(Look::Title, format!("{to} to {from}"))];
    let mut say = |look: Look, words: String| text.push((look, words));
    if let Some(now) = &plan.now {
        say(Look::Text, format!("so far: {}", rollback::line(now.state)));
    }
    say(
        Look::Text,
        format!("takes back {} on {}", plan.merge.short(), plan.branch),
    );
    say(
        Look::Text,
        format!(
            "which made {} of {}",
            plan.after.short(),
            plan.before.short()
        ),
    );
    let place = match &plan.remote {
        Some(remote) => format!("{} of {remote}", plan.branch),
        None => format!("{} here: nothing is pushed", plan.branch),
    };
    say(
        Look::Text,
        format!("from {place}, at {}", plan.base.short()),
    );
    say(
        Look::Text,
        format!(
            "then the branch {}, for the fix, and Gate 1 on it",
            plan.hotfix
        ),
    );
    match plan.told.as_slice() {
        [] => say(
            Look::Muted,
            "told: nobody, for countersign.toml has no [notify]".into(),
        ),
        told => told
            .iter()
            .for_each(|it| say(Look::Text, format!("told: {it}"))),
    }
    if let Some(why) = &plan.stopped {
        say(
            Look::Warning,
            format!("nothing goes on without a person: {why}"),
        );
    }
    section(&mut text, "Conflicts", Look::Bad, &plan.conflicts);
    section(&mut text, "Changes", Look::Text, &plan.changes);
    text
}

fn section(text: &mut Vec<Paragraph>, title: &str, look: Look, paths: &[RepoPath]) {
    if paths.is_empty() {
        return;
    }
    text.push((Look::Text, String::new()));
    text.push((Look::Title, title.to_owned()));
    let named = paths.iter().take(MOST);
    text.extend(named.map(|path| (look, format!("  {path}"))));
    if paths.len() > MOST {
        text.push((Look::Muted, format!("  and {} more", paths.len() - MOST)));
    }
}

/// Does what was read, as far as it goes now. Blocks; `report` hears of each state.
pub(super) fn carry_out(ready: &Ready, report: &dyn Fn(State)) -> Outcome {
    let Ready {
        ws,
        desk,
        promotion,
        cause,
        key,
    } = ready;
    let order = roll_back::Order::of(ws, promotion, cause, key, report);
    match roll_back::advance(&order, desk) {
        Ok(it) => told(&it),
        Err(error) => Outcome {
            done: false,
            words: error.to_string(),
            text: vec![(
                Look::Muted,
                "What was done is in the log; it goes on from there.".into(),
            )],
            record: None,
            branch: None,
        },
    }
}

fn told(it: &Rollback) -> Outcome {
    let mut text: Vec<Paragraph> = vec![(Look::Text, rollback::line(it.state))];
    let mut say = |look: Look, words: String| text.push((look, words));
    if let Some(reverted) = &it.reverted {
        let how = match reverted.how {
            How::Pushed => "",
            How::ByPerson => ", by a person",
        };
        say(Look::Text, format!("reverted: {}{how}", reverted.commit));
    }
    if let Some(hotfix) = &it.hotfix {
        let at = hotfix.commit.short();
        say(
            Look::Text,
            format!("the fix goes on {} at {at}", hotfix.branch),
        );
    }
    match &it.gates {
        Some(gates) if gates.holds => say(Look::Good, "Gate 1 holds on it".into()),
        Some(gates) => say(
            Look::Warning,
            format!("Gate 1 does not hold on it: {}", gates.failing.join(", ")),
        ),
        None => {}
    }
    if let Some(waits) = &it.waits {
        say(Look::Warning, waits.clone());
    }
    Outcome {
        done: it.state.is_back(),
        words: format!("{}: {}", it.to, it.state),
        text,
        record: None,
        branch: None,
    }
}
