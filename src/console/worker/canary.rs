//! What is watched, from the workflow into what the canary screen shows. Nothing is
//! decided here, and of a look from here nothing follows.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Job, Worker, lock, now};
use crate::console::effect::{Said, Watching};
use crate::console::event::{Event, Generation, Message};
use crate::console::model::canary::{Say, Told, Watched};
use crate::promotion::ObjectId;
use crate::promotion::canary::Verdict;
use crate::promotion::review::decision::RecordKind;
use crate::workflow::Workspace;
use crate::workflow::audit::Shared;
use crate::workflow::observe::{self, Order, Standing};
use crate::workflow::record::key_for;
use crate::workflow::sign_off::{self, Ask, Desk, Key};

/// What the worker keeps for the canary screen.
#[derive(Default)]
pub(super) struct Canaries {
    look: CancellationToken,
    wake: CancellationToken,
    /// Of several that read at the same time, the newest one.
    newest: Arc<Mutex<Generation>>,
}

impl Worker {
    pub(super) fn canary(&mut self, watching: Watching) {
        match watching {
            Watching::Read { generation, fetch } => {
                let newest = self.canaries.newest.clone();
                *lock(&newest) = generation;
                self.blocking(move |ws, job| {
                    let result = read(&ws, fetch, &|| *lock(&newest) != generation);
                    tell(job, generation, Told::Read(result.map(Box::new)));
                });
            }
            Watching::Look {
                generation,
                promotion,
            } => self.look_once(generation, promotion),
            Watching::CancelLook => self.canaries.look.cancel(),
            Watching::Wake { generation, at } => self.wake(generation, at),
        }
    }

    /// Asks the metrics; what is waited for can be given up at any time.
    fn look_once(&mut self, generation: Generation, promotion: ObjectId) {
        self.canaries.look.cancel();
        self.canaries.look = self.all.child_token();
        let cancel = self.canaries.look.clone();
        let (ws, job) = (self.workspace(), self.job());
        tokio::spawn(async move {
            let asked = tokio::select! {
                () = cancel.cancelled() => return,
                asked = asked(ws, promotion) => asked,
            };
            tell(&job, generation, Told::Looked(asked.map(Box::new)));
        });
    }

    /// One timer, and no job: nobody waits for it.
    fn wake(&mut self, generation: Generation, at: Option<i64>) {
        self.canaries.wake.cancel();
        let Some(at) = at else { return };
        self.canaries.wake = self.all.child_token();
        let (cancel, events) = (self.canaries.wake.clone(), self.events.clone());
        let pause = at.saturating_mul(1_000).saturating_sub(now());
        let pause = Duration::from_millis(u64::try_from(pause).unwrap_or(0));
        tokio::spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(pause) => {
                    // Nobody listens once the console is left: that is no error.
                    let _ = events.send(Event::Message(Message::Canary {
                        generation,
                        at: now(),
                        told: Told::Due,
                    }));
                }
            }
        });
    }

    /// What signs what a person says; for a thread that may wait for them.
    pub fn say(&self, said: Said) -> impl FnOnce() -> Result<String, String> + Send + use<> {
        let ws = self.workspace();
        move || say(&ws, &said)
    }
}

fn tell(job: &Job, generation: Generation, told: Told) {
    job.send(Message::Canary {
        generation,
        at: now(),
        told,
    });
}

/// How everything stands that was merged. `superseded`: nobody waits for it any more.
fn read(ws: &Workspace, fetch: bool, superseded: &dyn Fn() -> bool) -> Result<Watched, String> {
    let open = || Desk::open(ws).map_err(|error| error.to_string());
    let mut desk = open()?;
    let mut problems = Vec::new();
    if fetch {
        problems = observe::fetch(ws, &desk);
        if superseded() {
            return Err("it is being read again".into());
        }
        desk = open()?;
    }
    let at = now() / 1_000;
    let all = observe::standings(ws, &desk, at).map_err(|error| error.to_string())?;
    let keys = sign_off::keys(ws, &desk.authority, None).map_err(|error| error.to_string())?;
    let person = observe::key_of_a_person(&keys).map(|it| it.principal.clone());
    let roller = key_for(&keys, RecordKind::Rollback).map(|it| it.principal.clone());
    let ring = &desk.authority.keyring_path;
    Ok(Watched {
        all: Arc::new(all),
        branch: desk.authority.branch().to_owned(),
        at,
        person: person.ok_or_else(|| {
            format!(
                "no key at hand may say that: it takes somebody who is owner or release in {ring}"
            )
        }),
        roller: roller.ok_or_else(|| {
            let roles = RecordKind::Rollback
                .signers()
                .iter()
                .map(|role| role.word());
            let roles: Vec<_> = roles.collect();
            format!(
                "no key at hand may take it back: it takes somebody who is {} in {ring}",
                roles.join(" or ")
            )
        }),
        problems,
    })
}

/// The promotion of that commit as it stands now, with what it was found by.
pub(super) fn standing(ws: &Workspace, promotion: ObjectId) -> Result<(Desk, Standing), String> {
    let desk = Desk::open(ws).map_err(|error| error.to_string())?;
    let all = observe::standings(ws, &desk, now() / 1_000).map_err(|error| error.to_string())?;
    let mut all = all.into_iter();
    let found = all.find(|it| it.promotion.commit == promotion);
    let gone = || "that promotion is not on the base branch any more".to_owned();
    Ok((desk, found.ok_or_else(gone)?))
}

async fn asked(ws: Workspace, promotion: ObjectId) -> Result<Verdict, String> {
    let found = tokio::task::spawn_blocking(move || standing(&ws, promotion)).await;
    let (desk, standing) = found.map_err(|error| error.to_string())??;
    let source = observe::server(&desk.authority.config.canary);
    let seen = observe::look(&source, None, &standing, now() / 1_000).await;
    Ok(seen.verdict)
}

/// A key of somebody who may say such a thing.
fn person(ws: &Workspace, desk: &Desk) -> Result<Key, String> {
    let keys = sign_off::keys(ws, &desk.authority, None).map_err(|error| error.to_string())?;
    let found = observe::key_of_a_person(&keys).cloned();
    found.ok_or_else(|| "no key at hand is of somebody who is owner or release".into())
}

fn say(ws: &Workspace, said: &Said) -> Result<String, String> {
    let (desk, standing) = standing(ws, said.promotion)?;
    if !standing.is_open() {
        return Err(format!(
            "it is not watched any more: it is {}",
            standing.stage.word()
        ));
    }
    let key = person(ws, &desk)?;
    let order = match said.say {
        Say::Pause => Order::Pause {
            seconds: said.seconds,
            now: now() / 1_000,
        },
        Say::Resume => Order::Resume,
        Say::Acknowledge => Order::Acknowledge {
            word: said.word.clone(),
        },
        Say::RollBack => return Err("that is read and confirmed first".into()),
    };
    let by = (&key, Ask::Terminal);
    let appended = observe::control(ws, &desk, &standing, &order, &said.reason, by)
        .map_err(|error| error.to_string())?;
    let entry = format!(
        "entry {} of the log, by {}",
        appended.position, key.principal
    );
    Ok(match appended.shared {
        Shared::NotYet(why) => format!("{entry}; it is only here so far: {why}"),
        _ => entry,
    })
}
