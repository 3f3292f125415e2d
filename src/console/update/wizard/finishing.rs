//! The last step: the commit is read, then written.

use super::{again, leave, view};
use crate::console::action::Action;
use crate::console::effect::{Effect, Proposing};
use crate::console::event::{Generation, Planned};
use crate::console::layout;
use crate::console::model::errand::Kind;
use crate::console::model::wizard::{Outcome, Row, Step};
use crate::console::model::{Level, Model, Screen};
use crate::console::screens;
use crate::console::update::{dashboard, errand, look, motion};

/// On to the commit, or says what is missing.
pub(super) fn plan(model: &mut Model) -> Vec<Effect> {
    let height = usize::from(layout::wizard(model).list.height);
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let open = shown
        .proposal()
        .map(|it| it.open(&shown.answers))
        .unwrap_or_default();
    if let Some(first) = open.first() {
        let words = match open.len() {
            1 => format!("{}: {}", first.label, first.problem),
            n => format!("{n} are open; {}: {}", first.label, first.problem),
        };
        let rows = shown.rows();
        let is_it = |row: &Row| match row {
            Row::Ethics => first.id == crate::promotion::proposal::ETHICS,
            row => shown
                .field(row)
                .is_some_and(|(form, field)| form.which == first.which && field.id == first.id),
        };
        if let Some(at) = rows.iter().position(is_it) {
            shown.row.at = at;
            shown.top = 0;
            shown.step(0, height);
        }
        model.refuse(words);
        return Vec::new();
    }
    shown.step = Step::Planning;
    vec![Effect::Propose(Proposing::Plan {
        generation: shown.generation,
        answers: Box::new(shown.answers.clone()),
    })]
}

/// Goes on with the branch that is there.
pub(super) fn go_on(model: &mut Model) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let Some(branch) = shown.opened().map(|it| it.branch.clone()) else {
        return Vec::new();
    };
    shown.continues = Some(branch.clone());
    model.tell(
        Level::Info,
        format!("going on with {branch}, if it is there"),
    );
    again(model)
}

/// Takes the commit as it would be.
pub(in super::super) fn planned(model: &mut Model, generation: Generation, planned: Planned) {
    let key = model.key(Action::GoOn);
    let Some(shown) = view(model).filter(|it| it.generation == generation) else {
        model.changed = false;
        return;
    };
    if shown.step != Step::Planning {
        model.changed = false;
        return;
    }
    match planned {
        Planned::Ready(plan) => shown.step = Step::Commit(plan, 0),
        Planned::Taken(branch) => {
            shown.step = Step::Fill;
            let words = format!(
                "the branch {branch} is there already, with other content: {key} goes on with it"
            );
            model.tell(Level::Warning, words);
        }
        Planned::Not(why) => {
            shown.step = Step::Fill;
            model.tell(Level::Problem, why);
        }
    }
}

/// Keys while the commit is read.
pub(super) fn commit(model: &mut Model, action: Action) -> Vec<Effect> {
    let (count, page) = screens::wizard::text_size(model);
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let generation = shown.generation;
    let Step::Commit(plan, top) = &mut shown.step else {
        return Vec::new();
    };
    if let Some(rows) = motion(action, page) {
        *top = top
            .saturating_add_signed(rows)
            .min(count.saturating_sub(page));
        return Vec::new();
    }
    match action {
        Action::Back => shown.step = Step::Fill,
        Action::Answer => {
            let plan = plan.clone();
            shown.step = Step::Writing;
            return vec![Effect::Propose(Proposing::Write { generation, plan })];
        }
        _ => {
            let keys = [Action::Answer, Action::Back].map(|it| model.key(it));
            model.refuse(format!(
                "{} writes the branch, {} goes back",
                keys[0], keys[1]
            ));
        }
    }
    Vec::new()
}

/// Takes what came of it.
pub(in super::super) fn written(
    model: &mut Model,
    generation: Generation,
    outcome: Box<Outcome>,
) -> Vec<Effect> {
    let (level, words) = match &*outcome {
        Outcome::Written { branch, commit, .. } => (
            Level::Info,
            format!("{branch} is at {commit}: now on it, the work tree stays as it is"),
        ),
        Outcome::Not(why) => (Level::Problem, format!("nothing was written: {why}")),
    };
    model.tell(level, words);
    let branch = match &*outcome {
        Outcome::Written { branch, .. } => Some(format!("refs/heads/{branch}")),
        Outcome::Not(_) => None,
    };
    if let Some(shown) = view(model).filter(|it| it.generation == generation) {
        shown.step = Step::Done(outcome);
    }
    // From here on it is about what was written.
    match branch {
        Some(branch) => look(model, Some(branch)),
        None => Vec::new(),
    }
}

/// Takes what came of recording it.
pub(in super::super) fn recorded(
    model: &mut Model,
    generation: Generation,
    result: Result<u64, String>,
) {
    match &result {
        Ok(position) => model.tell(Level::Info, format!("recorded as entry {position}")),
        Err(why) => model.tell(Level::Problem, format!("not recorded: {why}")),
    }
    let Some(shown) = view(model).filter(|it| it.generation == generation) else {
        return;
    };
    if let Step::Done(outcome) = &mut shown.step
        && let Outcome::Written { recorded, .. } = &mut **outcome
    {
        *recorded = Some(result);
    }
}

/// Keys once it is written, or is not.
pub(super) fn ended(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let generation = shown.generation;
    let Step::Done(outcome) = &shown.step else {
        return Vec::new();
    };
    match (&**outcome, action) {
        (Outcome::Not(_), Action::Back | Action::Answer) => {
            shown.step = Step::Fill;
            again(model)
        }
        (Outcome::Written { .. }, Action::Back) => leave(model),
        (Outcome::Written { .. }, Action::Answer) => {
            let path = shown.module.clone();
            let effects = leave(model);
            // On with the module, wherever one came from.
            match (&model.screen, model.catalog.find(&path)) {
                (Screen::Dashboard, Some(id)) => dashboard::open(model, id),
                _ => effects,
            }
        }
        (Outcome::Written { branch, .. }, Action::WizardPullRequest) => {
            let (module, branch) = (shown.module.clone(), branch.clone());
            errand::open(model, Kind::PullRequest, module, Some(branch))
        }
        (
            Outcome::Written {
                recorder,
                recorded: None | Some(Err(_)),
                ..
            },
            Action::Record,
        ) => {
            // Keys are looked for again: where there was none there may be one by now.
            let who = match recorder {
                Ok(who) => format!(" by {who}"),
                Err(_) => String::new(),
            };
            let words = format!("that {} is proposed, as owner{who}", shown.module);
            vec![Effect::Record { generation, words }]
        }
        (
            Outcome::Written {
                recorded: Some(Ok(position)),
                ..
            },
            Action::Record,
        ) => {
            let words = format!("it is recorded as entry {position}");
            model.refuse(words);
            Vec::new()
        }
        _ => {
            let key = model.key(Action::Back);
            model.refuse(format!("{key} goes back"));
            Vec::new()
        }
    }
}
