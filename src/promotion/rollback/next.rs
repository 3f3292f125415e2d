//! What is to be done next, by what the log says and what was just seen.

use super::story::Claim;
use super::{Rollback, State};
use crate::promotion::ObjectId;

/// What was just seen, and who looks.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// The time by this machine's clock, in Unix seconds.
    pub now: i64,
    /// The claim that this machine holds, by its nonce.
    pub mine: Option<String>,
    /// A person is here and wants it done.
    pub by_hand: bool,
    /// That person takes it over, whoever has it.
    pub take_over: bool,
    /// The tip of the base branch.
    pub base: Option<ObjectId>,
    /// Since which commit the base branch is as it was; `None`: it is not.
    pub back: Option<ObjectId>,
    /// The base branch refused our commit a moment ago.
    pub refused: bool,
    /// Why a revert does not take this back, in words.
    pub irreversible: Option<String>,
    /// Why nothing may be done without a person, in words.
    pub stopped: Option<String>,
    /// There are states that nobody was told yet.
    pub untold: bool,
    /// It needs a person, and for the same reason as before.
    pub stuck: bool,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Say that this machine carries it out, in the place of another claim.
    Claim {
        /// Which; `None`: there is none.
        over: Option<String>,
    },
    /// Tell who is to be told.
    Tell,
    /// Note that the base branch is as it was, since that commit.
    NoteBack(ObjectId),
    /// Leave it to a person: a revert does not take it back.
    Freeze(String),
    /// Make the commit that takes it back.
    Prepare,
    /// Put it onto the base branch.
    Revert,
    /// Put it onto a branch of its own that a person merges.
    AskForMerge,
    /// Make the branch on which the fix goes.
    Branch,
    /// Note that Gate 1 begins.
    Revalidate,
    /// Run Gate 1, and note what it says.
    Finish,
    /// Nothing, for now.
    Wait(Wait),
    /// Nothing any more.
    End,
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Another machine has it.
    Other {
        /// Whose.
        by: String,
        /// Until when, in Unix seconds.
        until: i64,
    },
    /// A person has to say yes.
    Agreement,
    /// Somebody stopped all rollbacks that no person asked for.
    Stopped(String),
    /// A person has to merge the branch.
    Merge,
    /// A person has to do it by hand.
    Person,
}

impl Wait {
    /// In words, with what to do.
    pub fn words(&self, it: &Rollback) -> String {
        let module = crate::promotion::text::visible(&it.from.to_text()).into_owned();
        match self {
            Self::Other { by, until } => format!(
                "{by} carries it out. If nothing is heard of it until {}, anybody goes on; at once: \
                 countersign rollback {module} --resume --take-over",
                time(*until)
            ),
            Self::Agreement => {
                format!("a person has to agree: countersign rollback {module} --resume")
            }
            Self::Stopped(why) => format!(
                "{why}. By hand it goes on all the same: countersign rollback {module} --resume"
            ),
            Self::Merge => match &it.open {
                Some(open) => format!(
                    "the base branch takes no push: merge {} into it, then countersign rollback \
                     {module} --resume",
                    open.branch
                ),
                None => "a person has to merge it".into(),
            },
            Self::Person => format!(
                "{}. Revert it by hand, then countersign rollback {module} --resume",
                it.needs
            ),
        }
    }
}

/// What is to be done next. Each step is taken again only where it is not done yet, so
/// that whoever comes after a crash, or from another machine, goes on where it stopped.
pub fn next(it: &Rollback, sight: &Sight) -> Step {
    let over = it.state == State::RolledBack;
    if over && !sight.untold {
        return Step::End;
    }
    if let Some(why) = sight.stopped.as_ref().filter(|_| !sight.by_hand) {
        return Step::Wait(Wait::Stopped(why.clone()));
    }
    match &it.claim {
        None => return Step::Claim { over: None },
        Some(claim) if sight.mine.as_ref() != Some(&claim.nonce) => {
            // Who only waits for a person is in no person's way.
            let agrees = sight.by_hand && !it.agreed;
            let over = Step::Claim {
                over: Some(claim.nonce.clone()),
            };
            if sight.take_over || agrees {
                return over;
            }
            let free = free(it, sight, claim);
            return match work(it, sight) {
                _ if sight.now < free => Step::Wait(Wait::Other {
                    by: claim.by.clone(),
                    until: free,
                }),
                // Who could only wait as well need not say that it waits now.
                wait @ Step::Wait(_) => wait,
                _ => over,
            };
        }
        // The log has to say that a person agreed before anything follows from it.
        Some(claim) if sight.by_hand && !it.agreed => {
            return Step::Claim {
                over: Some(claim.nonce.clone()),
            };
        }
        Some(_) => {}
    }
    work(it, sight)
}

/// From when on another machine may have it, in Unix seconds. Where nothing is left but to
/// tell, and that does not arrive, several machines do not hand it on all the time: each
/// waits as long again as it has taken so far.
fn free(it: &Rollback, sight: &Sight, claim: &Claim) -> i64 {
    let told = Sight {
        untold: false,
        ..sight.clone()
    };
    let only_tells = sight.untold && matches!(work(it, &told), Step::Wait(_) | Step::End);
    match only_tells {
        true => claim.until + (claim.until - it.decided.at).max(0),
        false => claim.until,
    }
}

/// What whoever carries it out does next.
fn work(it: &Rollback, sight: &Sight) -> Step {
    if sight.untold {
        return Step::Tell;
    }
    if !it.state.is_back()
        && let Some(since) = sight.back
    {
        return Step::NoteBack(since);
    }
    if !it.agreed && !it.state.is_back() {
        return Step::Wait(Wait::Agreement);
    }
    match (it.state, &sight.irreversible) {
        (State::Frozen, Some(_)) => Step::Wait(Wait::Person),
        (State::NeedsHuman, None) if sight.stuck => Step::Wait(Wait::Person),
        (State::Decided | State::Claimed | State::Prepared | State::NeedsHuman, Some(why)) => {
            Step::Freeze(why.clone())
        }
        (State::Prepared, None) => match &it.prepared {
            Some(prepared) if Some(prepared.base) != sight.base => Step::Prepare,
            Some(_) if sight.refused => Step::AskForMerge,
            Some(_) => Step::Revert,
            None => Step::Prepare,
        },
        (State::Decided | State::Claimed | State::NeedsHuman | State::Frozen, None) => {
            Step::Prepare
        }
        (State::AwaitingMerge, _) => Step::Wait(Wait::Merge),
        (State::Reverted, _) => Step::Branch,
        (State::HotfixBranched, _) => Step::Revalidate,
        (State::Revalidating, _) => Step::Finish,
        (State::RolledBack, _) => Step::End,
    }
}

fn time(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds);
    time.map_or_else(|_| seconds.to_string(), |it| it.to_string())
}
