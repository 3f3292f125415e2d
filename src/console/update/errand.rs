//! What is read before it is done. Nothing is done without the key that confirms it,
//! and only what was read.

use super::motion;
use crate::console::action::Action;
use crate::console::effect::{Doing, Effect};
use crate::console::event::Generation;
use crate::console::model::errand::{Errand, Kind, Outcome, Record, Sheet, Stage, Told};
use crate::console::model::prompt::{Prompt, Purpose};
use crate::console::model::runs::Run;
use crate::console::model::{Level, Model, Screen};
use crate::console::screens;
use crate::promotion::{ObjectId, RepoPath};

/// Has it worked out what it would do, and shows that over the screen. A promotion that
/// was put aside is shown instead of a second one.
pub(super) fn open(
    model: &mut Model,
    kind: Kind,
    module: RepoPath,
    branch: Option<String>,
) -> Vec<Effect> {
    if kind == Kind::Promotion && model.aside.is_some() {
        return resume(model);
    }
    read_it(model, kind, module, branch, Vec::new())
}

/// With links that were typed.
fn read_it(
    model: &mut Model,
    kind: Kind,
    module: RepoPath,
    branch: Option<String>,
    links: Vec<String>,
) -> Vec<Effect> {
    let generation = model.next_generation();
    model.errand = Some(Box::new(Errand {
        kind,
        module: module.clone(),
        branch: branch.clone(),
        links: links.clone(),
        back: None,
        generation,
        stage: Stage::Reading,
    }));
    vec![Effect::Errand(Doing::Read {
        generation,
        kind,
        module,
        branch,
        links,
    })]
}

/// Shows what was put aside.
pub(super) fn resume(model: &mut Model) -> Vec<Effect> {
    match model.aside.take() {
        Some(aside) => model.errand = Some(aside),
        None => {
            let key = model.key(Action::ModulePromote);
            model.refuse(format!(
                "no promotion goes on; {key} on a module's screen begins one"
            ));
        }
    }
    Vec::new()
}

/// Reads the pull request again, with one more link.
pub(super) fn link(model: &mut Model, said: &str) -> Vec<Effect> {
    let said = said.trim().to_owned();
    match model.errand.as_deref().cloned() {
        Some(errand) if !said.is_empty() => {
            let Errand {
                kind,
                module,
                branch,
                mut links,
                ..
            } = errand;
            links.push(said);
            read_it(model, kind, module, branch, links)
        }
        _ => Vec::new(),
    }
}

/// Reads once more what is read, or what lacks a key to be recorded with: keys, tokens
/// and branches may be others by now. What is being done goes on.
pub(super) fn again(model: &mut Model) -> Vec<Effect> {
    let Some(errand) = model.errand.as_deref() else {
        return Vec::new();
    };
    let waits = match &errand.stage {
        Stage::Sheet(..) => true,
        Stage::Done(outcome) => outcome.record.as_ref().is_some_and(Record::lacks_key),
        Stage::Reading | Stage::Doing(_) | Stage::Stepping(_) => false,
    };
    if !waits {
        return Vec::new();
    }
    let Errand {
        kind,
        module,
        branch,
        links,
        back,
        ..
    } = errand.clone();
    match back {
        Some((promotion, reason)) => roll_back(model, module, promotion, reason),
        None => read_it(model, kind, module, branch, links),
    }
}

/// The same for taking a promotion back.
pub(super) fn roll_back(
    model: &mut Model,
    module: RepoPath,
    promotion: ObjectId,
    reason: String,
) -> Vec<Effect> {
    let generation = model.next_generation();
    model.errand = Some(Box::new(Errand {
        kind: Kind::RollBack,
        module,
        branch: None,
        links: Vec::new(),
        back: Some((promotion, reason.clone())),
        generation,
        stage: Stage::Reading,
    }));
    vec![Effect::Errand(Doing::ReadRollback {
        generation,
        promotion,
        reason,
    })]
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let (count, page) = screens::errand::size(model);
    let keys = [Action::Confirm, Action::Back, Action::ErrandCancel].map(|it| model.key(it));
    let Some(errand) = &mut model.errand else {
        return Vec::new();
    };
    let generation = errand.generation;
    match (&mut errand.stage, action) {
        (Stage::Doing(Some(run)), Action::ErrandCancel) => {
            run.cancelled = true;
            return vec![Effect::Errand(Doing::Cancel { generation })];
        }
        (Stage::Doing(Some(_)), Action::Back) => {
            let key = model.key(Action::ShowPromotion);
            model.aside = model.errand.take();
            model.refuse(format!("it goes on; {key} shows it again"));
        }
        (Stage::Doing(Some(_)), _) => {
            model.refuse(format!(
                "{} cancels it, and nothing is changed; {} puts it aside",
                keys[2], keys[1]
            ));
        }
        (Stage::Doing(None) | Stage::Stepping(_), Action::Back) => {
            close(model);
            model.remark("it goes on; what comes of it is told here");
        }
        (_, Action::Back) | (Stage::Done(_), Action::Confirm) => close(model),
        (Stage::Sheet(sheet, _), Action::Confirm) => match sheet.may.clone() {
            Ok(_) => {
                let gates = std::mem::take(&mut sheet.gates);
                errand.stage = match errand.kind {
                    Kind::PullRequest => Stage::Doing(None),
                    Kind::RollBack => Stage::Stepping(None),
                    Kind::Promotion => Stage::Doing(Some(Box::new(Run::new(
                        generation,
                        None,
                        errand.module.clone(),
                        model.now,
                        gates.into_iter(),
                    )))),
                };
                return vec![Effect::Errand(Doing::Go { generation })];
            }
            Err(why) => model.refuse(why),
        },
        (Stage::Sheet(..), Action::ErrandLink) if errand.kind == Kind::PullRequest => {
            model.prompt = Some(Prompt::new(Purpose::Link, ""));
        }
        (Stage::Sheet(_, top), action) => match motion(action, page) {
            Some(rows) => {
                let last = count.saturating_sub(page);
                *top = (*top).min(last).saturating_add_signed(rows).min(last);
            }
            None => model.refuse(format!("{} confirms it, {} goes back", keys[0], keys[1])),
        },
        (Stage::Reading | Stage::Doing(None) | Stage::Stepping(_), _) => {
            model.refuse("wait for it")
        }
        (Stage::Done(outcome), Action::ErrandRecord) => match &outcome.record {
            Some(Record {
                by: Ok(by),
                what,
                entry: None | Some(Err(_)),
            }) => {
                let words = format!("{what}, by {by}");
                return vec![Effect::RecordPromotion { generation, words }];
            }
            Some(Record {
                entry: Some(Ok(position)),
                ..
            }) => {
                let words = format!("it is recorded as entry {position}");
                model.refuse(words);
            }
            // Perhaps there is one by now.
            Some(Record { by: Err(_), .. }) => return again(model),
            None => model.refuse("there is nothing to record"),
        },
        (Stage::Done(outcome), Action::ErrandPullRequest) if errand.kind == Kind::Promotion => {
            let (module, branch) = (errand.module.clone(), outcome.branch.clone());
            match outcome.done {
                true => {
                    model.aside = model.errand.take();
                    return open(model, Kind::PullRequest, module, branch);
                }
                false => model.refuse("it was not promoted"),
            }
        }
        (Stage::Done(_), _) => model.refuse(format!("{} goes back", keys[1])),
    }
    Vec::new()
}

/// Closes what is shown. A promotion whose pull request that was comes back.
fn close(model: &mut Model) {
    let closed = model.errand.take();
    let is_its = |aside: &Errand| {
        let pull = closed
            .as_deref()
            .filter(|it| it.kind == Kind::PullRequest && it.module == aside.module);
        pull.is_some() && matches!(aside.stage, Stage::Done(_))
    };
    if model.aside.as_deref().is_some_and(is_its) {
        model.errand = model.aside.take();
    }
}

/// The errand of a request, shown or put aside.
fn of(model: &mut Model, generation: Generation) -> Option<&mut Errand> {
    let all = model.errand.iter_mut().chain(&mut model.aside);
    all.map(|it| &mut **it)
        .find(|it| it.generation == generation)
}

/// True where what came of promoting that module is shown, or is to be.
pub(super) fn promoted(model: &Model, module: &RepoPath) -> bool {
    let mut all = model.errand.iter().chain(&model.aside);
    all.any(|it| {
        it.module == *module
            && it.kind == Kind::Promotion
            && matches!(&it.stage, Stage::Done(outcome) if outcome.done)
    })
}

/// Takes what a worker tells.
pub(super) fn take(model: &mut Model, generation: Generation, told: Told) -> Vec<Effect> {
    match told {
        Told::Read(result) => {
            read(model, generation, result);
            Vec::new()
        }
        Told::Gate(at, event) => {
            model.now = model.now.max(at);
            match of(model, generation).map(|it| &mut it.stage) {
                Some(Stage::Doing(Some(run))) => run.take(at, &event),
                _ => model.changed = false,
            }
            Vec::new()
        }
        Told::Was(outcome) => {
            let shown = of(model, generation).filter(|it| it.stage == Stage::Reading);
            match shown {
                Some(errand) => errand.stage = Stage::Done(outcome),
                None => model.changed = false,
            }
            Vec::new()
        }
        Told::Step(state) => {
            match model.errand.as_deref_mut() {
                Some(Errand {
                    generation: shown,
                    stage: Stage::Stepping(so_far),
                    ..
                }) if *shown == generation => *so_far = Some(state),
                _ => model.changed = false,
            }
            Vec::new()
        }
        Told::Ended(outcome) => ended(model, generation, outcome),
        Told::Recorded(result) => {
            recorded(model, generation, result);
            Vec::new()
        }
    }
}

fn read(model: &mut Model, generation: Generation, result: Result<Box<Sheet>, String>) {
    let shown = model.errand.as_mut().filter(|it| {
        // What is being done, or is over, is not read again.
        it.generation == generation && it.stage == Stage::Reading
    });
    let Some(errand) = shown else {
        model.changed = false;
        return;
    };
    match result {
        Ok(sheet) => errand.stage = Stage::Sheet(sheet, 0),
        Err(why) => {
            errand.stage = Stage::Sheet(
                Box::new(Sheet {
                    text: Vec::new(),
                    may: Err(why.clone()),
                    gates: Vec::new(),
                }),
                0,
            );
            model.tell(Level::Problem, why);
        }
    }
}

/// It is told whether its box is still open or not: it was done all the same.
fn ended(model: &mut Model, generation: Generation, outcome: Box<Outcome>) -> Vec<Effect> {
    let level = match outcome.done {
        true => Level::Info,
        false => Level::Problem,
    };
    let (done, branch) = (outcome.done, outcome.branch.clone());
    let aside = model.aside.as_ref();
    let aside = aside.is_some_and(|it| it.generation == generation);
    let words = match aside {
        true => {
            let key = model.key(Action::ShowPromotion);
            format!("{}; {key} shows it", outcome.words)
        }
        false => outcome.words.clone(),
    };
    model.tell(level, words);
    let mut kind = Kind::PullRequest;
    if let Some(errand) = of(model, generation) {
        kind = errand.kind;
        errand.stage = Stage::Done(outcome);
    }
    let mut effects = match (kind, model.loading) {
        // The module is on that branch now, and no more where it was looked at.
        (Kind::Promotion, _) if done => match branch {
            Some(branch) => super::look(model, Some(format!("refs/heads/{branch}"))),
            None => super::start(model),
        },
        // The base branch is another now, and perhaps the work tree.
        (Kind::RollBack, _) if done => super::start(model),
        (Kind::Promotion | Kind::RollBack, _) | (_, true) => Vec::new(),
        // Even where it failed something may have become of it.
        (Kind::PullRequest, false) => vec![Effect::Pulls {
            generation: model.load,
        }],
    };
    // However far it came: what is shown of it is older.
    if matches!(model.screen, Screen::Canary(_)) {
        effects.extend(super::canary::again(model, false));
    }
    effects
}

/// Takes what came of recording it.
fn recorded(model: &mut Model, generation: Generation, result: Result<u64, String>) {
    match &result {
        Ok(position) => model.tell(Level::Info, format!("recorded as entry {position}")),
        Err(why) => model.tell(Level::Problem, format!("not recorded: {why}")),
    }
    if let Some(errand) = of(model, generation)
        && let Stage::Done(outcome) = &mut errand.stage
        && let Some(record) = &mut outcome.record
    {
        record.entry = Some(result);
    }
}
