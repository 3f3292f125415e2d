//! Sign-off and the log, from the workflow into what the screens show. Whatever is
//! decided here was decided by the workflow: this only asks, and puts into words.

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::standing::nobody;
use super::{Worker, lock, now};
use crate::console::effect::Decided;
use crate::console::event::{Generation, Message};
use crate::console::model::review::{self, Kept, Last, Outcome, Shown};
use crate::console::progress::Progress;
use crate::promotion::review::Role;
use crate::promotion::review::standing::State;
use crate::promotion::{GateId, ModuleId, ModuleTree, RepoPath, Stage, stage};
use crate::workflow::audit::Shared;
use crate::workflow::compare::{self, Against};
use crate::workflow::promote::elsewhere;
use crate::workflow::sign_off::{self, Ask, Desk, Key, Sheet, SignOffError};
use crate::workflow::{Workspace, validate};

/// What the worker keeps for the review that is open.
#[derive(Clone, Default)]
pub(super) struct Reviews {
    /// The sheet that is shown: that very sheet is signed.
    shown: Arc<Mutex<Option<Arc<Prepared>>>>,
    /// How many times answers were kept or forgotten: of two at the same time the
    /// newer one stays.
    kept: Arc<Mutex<u64>>,
    next: u64,
}

/// A sheet with everything that it takes to sign it.
struct Prepared {
    generation: Generation,
    ws: Workspace,
    desk: Desk,
    sheet: Sheet,
    key: Key,
    /// What its person may sign, with whichever key.
    roles: Vec<Role>,
    progress: Option<Progress>,
}

impl Worker {
    pub(super) fn sheet(&mut self, generation: Generation, module: RepoPath, role: Option<Role>) {
        let shown = self.reviews.shown.clone();
        self.blocking(move |ws, job| {
            let result = match prepare(&ws, generation, &module, role) {
                Ok(prepared) => {
                    let sheet = present(&prepared);
                    let mut shown = lock(&shown);
                    if shown.as_ref().is_none_or(|it| it.generation < generation) {
                        *shown = Some(Arc::new(prepared));
                    }
                    Ok(Box::new(sheet))
                }
                Err(why) => Err(why),
            };
            job.send(Message::Sheet { generation, result });
        });
    }

    pub(super) fn keep_answers(&mut self, kept: Box<Kept>) {
        self.reviews.next += 1;
        let (number, newest) = (self.reviews.next, self.reviews.kept.clone());
        let shown = lock(&self.reviews.shown).clone();
        let Some(progress) = shown.and_then(|it| it.progress.clone()) else {
            return;
        };
        self.blocking(move |_, job| {
            let mut newest = lock(&newest);
            if *newest > number {
                return;
            }
            *newest = number;
            let done = match kept.answers.is_empty() && kept.note.is_empty() {
                true => progress.forget(&kept),
                false => progress.write(&kept),
            };
            if let Err(error) = done {
                job.send(Message::Notice(format!(
                    "answers are not kept should this be interrupted: {error}"
                )));
            }
        });
    }

    /// What signs the sheet that is shown; for a thread that may wait for a person.
    pub fn sign(&mut self, decided: &Decided) -> impl FnOnce() -> Outcome + Send + use<> {
        self.reviews.next += 1;
        let (number, newest) = (self.reviews.next, self.reviews.kept.clone());
        let shown = lock(&self.reviews.shown).clone();
        let decided = decided.clone();
        move || {
            let verb = decided.verb;
            // Read again it may be, where it is the same to the last line.
            let shown = shown.filter(|it| {
                it.generation == decided.generation
                    || it.sheet.about().to_string() == decided.kept.about
                        && it.sheet.text.lines().eq(&decided.shown)
            });
            let Some(shown) = shown else {
                let why = "what is shown was read again meanwhile: look at it, and sign that";
                let why = why.to_owned();
                return Outcome::Not { verb, why };
            };
            let kept = decided.kept.clone();
            match signed(&shown, decided) {
                Ok(outcome) => {
                    let mut newest = lock(&newest);
                    *newest = number;
                    if let Some(progress) = &shown.progress {
                        // Left behind, they would be shown as for older content: no harm.
                        let _ = progress.forget(&kept);
                    }
                    outcome
                }
                Err(error) => Outcome::Not {
                    verb,
                    why: error.to_string(),
                },
            }
        }
    }
}

fn signed(shown: &Prepared, decided: Decided) -> Result<Outcome, SignOffError> {
    let Prepared {
        ws,
        desk,
        sheet,
        key,
        ..
    } = shown;
    let Decided {
        verb,
        answers,
        note,
        ..
    } = decided;
    let draft = sign_off::draft(desk, sheet, key, verb, answers, note)?;
    let signed = sign_off::sign(ws, desk, &draft, key, Ask::Terminal)?;
    let remote = desk.authority.remote.as_deref().unwrap_or_default();
    let (shared, is_shared) = match signed.appended.shared {
        Shared::Yes => (format!("shared with {remote}"), true),
        Shared::Alone => (
            "in this repository; no remote is set to share it".into(),
            true,
        ),
        Shared::NotYet(why) => (format!("only here so far: {why}"), false),
    };
    Ok(Outcome::Signed {
        verb,
        position: signed.appended.position,
        shared,
        is_shared,
    })
}

/// A key, for people.
pub(super) fn name(key: &Key) -> String {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let short = home
        .as_ref()
        .and_then(|home| key.file.strip_prefix(Path::new(home)).ok());
    match short {
        Some(rest) => format!("~/{} ({})", rest.display(), key.fingerprint),
        None => format!("{} ({})", key.file.display(), key.fingerprint),
    }
}

/// Reads everything that a decision is about.
fn prepare(
    ws: &Workspace,
    generation: Generation,
    path: &RepoPath,
    role: Option<Role>,
) -> Result<Prepared, String> {
    let words = |error: SignOffError| error.to_string();
    let desk = Desk::open(ws).map_err(words)?;
    let tree = ws.modules().map_err(|error| error.to_string())?;
    let id = tree
        .ids()
        .find(|id| tree.get(*id).is_some_and(|it| it.path == *path));
    let module = id.and_then(|id| tree.get(id));
    let module = module.ok_or_else(|| format!("{path} is not there any more"))?;
    let keys = sign_off::keys(ws, &desk.authority, None).map_err(words)?;
    if keys.is_empty() {
        return Err(format!(
            "there is no key to sign with: {}. `countersign doctor` says how to get one",
            nobody(&desk)
        ));
    }
    let role = match (role, id) {
        (None, Some(id)) => expected(ws, &desk, &tree, id, &keys).map_err(words)?,
        (role, _) => role,
    };
    let (role, key) = choose(&keys, role)?;
    let sheet = sign_off::sheet(ws, &desk, module, role, key).map_err(words)?;
    let progress = Progress::of(&desk.authority.repository.id.to_string());
    Ok(Prepared {
        generation,
        ws: ws.clone(),
        roles: sign_off::roles(&keys, &key.principal),
        key: key.clone(),
        sheet,
        desk,
        progress,
    })
}

/// As what a person is to decide: as what the other screens say that it waits for them, else
/// as what they decided on it last.
fn expected(
    ws: &Workspace,
    desk: &Desk,
    tree: &ModuleTree,
    id: ModuleId,
    keys: &[Key],
) -> Result<Option<Role>, SignOffError> {
    let Some(module) = tree.get(id) else {
        return Ok(None);
    };
    let me = sign_off::me(ws, &desk.authority)?;
    let states = validate::states(ws, tree, &[id]).pop();
    let validated = stage::stage(&states.unwrap_or_default()) >= Stage::Validated;
    if let Some((role, _)) = sign_off::asked(ws, desk, &me, module, validated)? {
        return Ok(Some(role));
    }
    let off = desk.sign_off(ws, module)?;
    let has_key = |it: &State| {
        let mut keys = keys.iter();
        keys.any(|key| key.principal == it.principal && key.roles.contains(&it.role))
    };
    let last = off.states.iter().rfind(|it| has_key(it));
    Ok(last.map(|it| it.role))
}

/// A key for that role; where none is expected, the first of a reviewer's.
fn choose(keys: &[Key], role: Option<Role>) -> Result<(Role, &Key), String> {
    let mut pairs = keys.iter().flat_map(|key| {
        let roles = key.roles.iter().filter(|role| role.is_reviewer());
        roles.map(move |role| (*role, key))
    });
    let found = pairs.find(|(it, _)| role.is_none_or(|role| *it == role));
    found.ok_or_else(|| match role {
        Some(role) => format!("no key here may sign as {role}"),
        None => "your keys hold no reviewer's role: tech, security and ethics decide".into(),
    })
}

/// The sheet as the screen shows it.
fn present(prepared: &Prepared) -> review::Sheet {
    let Prepared {
        ws,
        desk,
        sheet,
        key,
        roles,
        progress,
        ..
    } = prepared;
    let found = |gate: &GateId| {
        let mut gates = sheet.present.report.gates.iter();
        let gate = gates.find(|it| it.gate == *gate)?;
        Some(gate.evidence.clone())
    };
    let evidence = sheet.items.iter().map(|item| {
        let gates = item.evidence.iter();
        gates
            .map(|line| Shown {
                gate: line.gate.clone(),
                status: line.status,
                why: line.why.clone(),
                evidence: found(&line.gate),
            })
            .collect()
    });
    let module = &sheet.present.module.path;
    let kept = progress.as_ref();
    let decisions = desk.log.decisions();
    let last = sheet.last.as_ref().map(|state| {
        let signed = decisions.iter().find(|it| it.position == state.position);
        Last {
            verb: state.decision,
            position: state.position,
            at: signed.map_or(now() / 1_000, |it| it.decision.signed_at),
            head: signed.map(|it| it.decision.head).filter(|head| {
                let there = ws.repo().entry(*head, module);
                matches!(there, Ok(Some(_)))
            }),
            reasons: state.reasons.iter().map(|it| it.words()).collect(),
        }
    });
    // What the diff begins with from here: what changed since one's own word, else all.
    let since = last.as_ref().filter(|it: &&Last| !it.reasons.is_empty());
    let against = match since.and_then(|it| it.head) {
        Some(head) => Some(Against::At(head)),
        None => compare::against_choices(ws, module)
            .ok()
            .and_then(|all| all.into_iter().next()),
    };
    let outline = against.and_then(|it| compare::outline(ws, module, &it).ok());
    review::Sheet {
        module: module.clone(),
        target: sheet.present.to.clone(),
        role: sheet.role,
        roles: roles.clone(),
        principal: sheet.principal.clone(),
        key: name(key),
        about: sheet.about().to_string(),
        evidence: evidence.collect(),
        checklist: sheet.checklist.clone(),
        last,
        elsewhere: elsewhere(ws, module).ok().flatten().map(|it| it.name),
        barred: sheet.barred.clone(),
        text: sheet.text.lines().map(str::to_owned).collect(),
        kept: kept.and_then(|it| it.read(module, sheet.role, &sheet.principal)),
        diff: outline,
    }
}
