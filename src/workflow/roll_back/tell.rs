//! Who is told of what: by whoever holds the claim, and nobody else.

use crate::promotion::rollback::{Rollback, State, line};
use crate::promotion::{ObjectId, text};
use crate::workflow::notify::{self, Notice};
use crate::workflow::sign_off::Desk;

use super::killed;
use super::look::Seen;
use super::make::one_line;
use super::memory::Memory;

/// The states that the log does not say were told, of those that are to be.
pub(in crate::workflow) fn untold(desk: &Desk, it: &Rollback) -> Vec<State> {
    let said = &desk.authority.notify;
    if notify::channels(said).is_empty() {
        return Vec::new();
    }
    let reached = it.reached().into_iter();
    reached
        .filter(|state| said.states.contains(state) && !it.was_told(*state))
        .collect()
}

/// Tells a state. In words, by which channels it did not arrive.
pub(super) fn tell(
    seen: &Seen,
    memory: &Memory,
    it: &Rollback,
    state: State,
) -> Result<(), String> {
    let channels = notify::channels(&seen.desk.authority.notify);
    let at = |instant: &'static str| killed::at(&format!("tell-{}", state.word()), instant);
    notify::tell(&memory.outbox(), &channels, &notice(seen, it, state), &at)
}

/// What is said of a state: the same whoever says it.
fn notice(seen: &Seen, it: &Rollback, state: State) -> Notice {
    let short = |commit: ObjectId| commit.short();
    let module = text::visible(&it.to.to_text()).into_owned();
    let base = seen.branch();
    let said = match state {
        State::Decided if it.agreed => format!("{module} is to be rolled back"),
        State::Decided => format!(
            "{module} should be rolled back, and waits for a person: countersign rollback {} \
             --resume",
            text::visible(&it.from.to_text())
        ),
        State::AwaitingMerge => match &it.open {
            Some(open) => format!(
                "{base} takes no push: merge {} to roll {module} back",
                open.branch
            ),
            None => format!("somebody has to merge the rollback of {module}"),
        },
        State::NeedsHuman => format!(
            "the rollback of {module} conflicts, and nothing was pushed: {}",
            it.needs
        ),
        State::Frozen => format!("the rollback of {module} is frozen: {}", it.needs),
        State::Reverted => match &it.reverted {
            Some(reverted) => format!("{module} is off {base} since {}", short(reverted.commit)),
            None => format!("{module} is off {base}"),
        },
        State::RolledBack => match (&it.hotfix, &it.gates) {
            (Some(hotfix), Some(gates)) => format!(
                "{module} is rolled back. The fix goes onto {}, where Gate 1 {}",
                hotfix.branch,
                match gates.holds {
                    true => "holds".to_owned(),
                    false => format!("does not hold: {}", gates.failing.join(", ")),
                }
            ),
            _ => format!("{module} is rolled back"),
        },
        other => format!("the rollback of {module}: {}", line(other)),
    };
    let commit = match state {
        State::Reverted => it.reverted.as_ref().map(|it| it.commit),
        State::HotfixBranched | State::Revalidating | State::RolledBack => {
            it.hotfix.as_ref().map(|it| it.commit)
        }
        State::Prepared | State::AwaitingMerge => it.prepared.as_ref().map(|it| it.commit),
        _ => Some(it.decided.merge),
    };
    let why = one_line(&it.decided.why);
    Notice {
        key: format!("{}/{}", it.promotion, state.word()),
        state,
        repository: it.decided.repository.clone(),
        from: it.from.clone(),
        to: it.to.clone(),
        promotion: it.promotion,
        commit,
        words: format!("{}: {said} ({why})", it.decided.repository),
        why,
        by: it.decided.by.clone(),
    }
}
