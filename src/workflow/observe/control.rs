//! What a person says of the watch: that it waits, goes on, or was seen. Signed, and in the
//! log, so that every watcher hears of it, wherever it is. A machine's key says none of it:
//! who has it wait keeps harm from being taken back.

use crate::promotion::review::Role;
use crate::workflow::Workspace;
use crate::workflow::audit::Appended;
use crate::workflow::sign_off::{Ask, Desk, Key};

use super::record::{Pen, Written};
use super::said::Control;
use super::{ObserveError, Standing};

/// A watch waits no longer than this at a time, in seconds: three days.
pub const LONGEST_PAUSE: u64 = 3 * 86_400;

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Nothing is done for so many seconds from now on.
    Pause {
        /// How long.
        seconds: u64,
        /// Now, in Unix seconds.
        now: i64,
    },
    /// It goes on.
    Resume,
    /// The verdict of that word was seen.
    Acknowledge {
        /// Which.
        word: String,
    },
}

/// The first of some keys that may say such a thing.
pub fn key_of_a_person(keys: &[Key]) -> Option<&Key> {
    let person = |key: &&Key| {
        let roles = &key.roles;
        roles.contains(&Role::Owner) || roles.contains(&Role::Release)
    };
    keys.iter().find(person)
}

/// Signs and logs it. `ask` says whether there is somebody to ask for a passphrase.
pub fn control(
    ws: &Workspace,
    desk: &Desk,
    standing: &Standing,
    order: &Order,
    reason: &str,
    (key, ask): (&Key, Ask),
) -> Result<Appended, ObserveError> {
    // The role that signs is the first that may: not the machine's.
    let roles = key.roles.iter().copied();
    let roles = roles.filter(|role| *role != Role::Automation).collect();
    let person = Key {
        roles,
        ..key.clone()
    };
    if key_of_a_person(std::slice::from_ref(&person)).is_none() {
        return Err(ObserveError::NoKey(format!(
            "the key {} of {} may not say that: it takes somebody who is owner or release in {}",
            key.fingerprint, key.principal, desk.authority.keyring_path
        )));
    }
    let (control, more, outcome) = match order {
        Order::Pause { seconds, now } => {
            let until = now.saturating_add_unsigned((*seconds).min(LONGEST_PAUSE));
            let time = jiff::Timestamp::from_second(until).map(|it| it.to_string());
            let outcome = format!("paused until {}", time.unwrap_or_default());
            (Control::Pause, vec![("until", until.to_string())], outcome)
        }
        Order::Resume => (Control::Resume, Vec::new(), "goes on".to_owned()),
        Order::Acknowledge { word } => (
            Control::Acknowledge,
            vec![("word", word.clone())],
            format!("{word} was seen"),
        ),
    };
    let pen = Pen {
        ws,
        key: &person,
        watcher: &person.principal,
        ask,
    };
    match pen.control(standing, control, more, outcome, reason)? {
        Written::Now(appended) => Ok(appended),
        Written::Before => Err(ObserveError::NoKey("it was said already".into())),
    }
}
