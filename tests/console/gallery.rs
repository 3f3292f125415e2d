//! Every screen in every state of it, in three sizes and three themes; and no kind of
//! screen, pane or box without one.

use std::collections::BTreeSet;

use countersign::console::model::canary::Say;
use countersign::console::model::module::Pane;
use countersign::console::model::{Model, Overlay, Screen};
use countersign::console::model::{choice, errand, prompt, review, wizard};

use crate::every;
use crate::screens::{SIZES, shot};

#[test]
fn every_screen_is_pictured() {
    let [narrow, usual, wide] = SIZES.map(every::screens);
    let mut names = BTreeSet::new();
    for (((name, small), (_, medium)), (_, large)) in narrow.into_iter().zip(usual).zip(wide) {
        let slug = name.replace(", ", "-").replace(' ', "-");
        assert!(names.insert(slug.clone()), "two screens are {name}");
        shot(&slug, &[small, medium, large]);
    }
}

/// What there is of each kind. A new variant has to be named here, and to be on a screen
/// of [`every::screens`].
macro_rules! kinds {
    ($($kind:ident: $type:ty { $($variant:pat => $name:literal,)* })*) => {
        const KINDS: &[(&str, &str)] = &[$($((stringify!($kind), $name),)*)*];
        $(fn $kind(it: &$type) -> (&'static str, &'static str) {
            (stringify!($kind), match it { $($variant => $name,)* })
        })*
    };
}

kinds! {
    screen: Screen {
        Screen::Dashboard => "dashboard",
        Screen::Module(_) => "module",
        Screen::Review(_) => "review",
        Screen::Wizard(_) => "wizard",
        Screen::Audit(_) => "audit",
        Screen::Canary(_) => "canary",
    }
    pane: Pane {
        Pane::Gates => "gates",
        Pane::Coverage => "coverage",
        Pane::Diff => "diff",
        Pane::Facts => "facts",
        Pane::Speed => "speed",
        Pane::SignOff => "sign-off",
        Pane::Impact => "impact",
    }
    overlay: Overlay {
        Overlay::Help(_) => "help",
        Overlay::Messages(_) => "messages",
    }
    review_step: review::Step {
        review::Step::Answer => "answer",
        review::Step::Text(_) => "text",
        review::Step::Choose(..) => "choose",
        review::Step::Signing(_) => "signing",
        review::Step::Done(_) => "done",
    }
    wizard_step: wizard::Step {
        wizard::Step::Fill => "fill",
        wizard::Step::Text(_) => "text",
        wizard::Step::Planning => "planning",
        wizard::Step::Commit(..) => "commit",
        wizard::Step::Writing => "writing",
        wizard::Step::Done(_) => "done",
    }
    wizard_row: wizard::Row {
        // A heading is never selected.
        wizard::Row::Heading(..) | wizard::Row::Field(..) => "field",
        wizard::Row::Criteria(..) => "criteria",
        wizard::Row::Ethics => "ethics",
        wizard::Row::Finish => "finish",
    }
    stage: errand::Stage {
        errand::Stage::Reading => "reading",
        errand::Stage::Sheet(..) => "sheet",
        errand::Stage::Doing(_) => "doing",
        errand::Stage::Stepping(_) => "stepping",
        errand::Stage::Done(_) => "done",
    }
    chosen: choice::Purpose {
        choice::Purpose::Branch => "branch",
        choice::Purpose::Comment => "comment",
    }
    typed: prompt::Purpose {
        prompt::Purpose::Filter => "filter",
        prompt::Purpose::Search => "search",
        prompt::Purpose::Log => "log",
        prompt::Purpose::Palette => "palette",
        prompt::Purpose::Link => "link",
        prompt::Purpose::Reason => "reason",
    }
    order: Say {
        Say::Pause => "pause",
        Say::Resume => "resume",
        Say::Acknowledge => "acknowledge",
        Say::RollBack => "roll-back",
    }
}

fn seen(model: &Model) -> Vec<(&'static str, &'static str)> {
    let mut seen = vec![screen(&model.screen)];
    match &model.screen {
        Screen::Module(view) => seen.push(pane(&view.pane)),
        Screen::Review(view) => seen.push(review_step(&view.step)),
        Screen::Wizard(view) => {
            seen.push(wizard_step(&view.step));
            seen.extend(view.selected().as_ref().map(wizard_row));
        }
        Screen::Canary(view) => seen.extend(view.order.as_ref().map(|it| order(&it.say))),
        Screen::Dashboard | Screen::Audit(_) => {}
    }
    seen.extend(model.overlay.as_ref().map(overlay));
    seen.extend(model.errand.as_ref().map(|it| stage(&it.stage)));
    seen.extend(model.choice.as_ref().map(|it| chosen(&it.purpose)));
    seen.extend(model.prompt.as_ref().map(|it| typed(&it.purpose)));
    seen
}

#[test]
fn every_kind_of_screen_is_among_them() {
    let all = every::screens(SIZES[1]);
    let seen: BTreeSet<_> = all.iter().flat_map(|(_, model)| seen(model)).collect();
    let missing: Vec<_> = KINDS.iter().filter(|it| !seen.contains(it)).collect();
    assert!(missing.is_empty(), "on no screen of every.rs: {missing:?}");
}
