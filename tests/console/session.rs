//! Where the console was left, taken up again.

use countersign::console::effect::Effect;
use countersign::console::event::{Event, Message};
use countersign::console::model::dashboard::{Entry, Sort};
use countersign::console::model::module::Pane;
use countersign::console::model::session::Session;
use countersign::console::model::standing::Standings;
use countersign::console::model::{Model, Screen};
use countersign::console::update::update;
use countersign::promotion::Stage;
use ratatui::layout::Size;

use crate::fixture::{self, keys, loaded, loading, select};
use crate::picture::ascii;
use crate::sign_off::{review_of, sheet, with_standings};
use crate::standing::left;
use crate::update::{said, view};

const SIZE: Size = Size::new(100, 30);

/// What is kept of a model, as it is read from the disk.
fn kept(model: &Model) -> Session {
    let text = serde_json::to_string(&Session::of(model).unwrap()).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The modules are there.
fn read(model: &mut Model) -> Vec<Effect> {
    let generation = model.load;
    let result = Ok(fixture::tree().into());
    update(model, Event::Message(Message::Tree { generation, result }))
}

/// A console that opens after that.
fn opened(session: Session) -> (Model, Vec<Effect>) {
    let mut model = loading(SIZE);
    model.session = Some(Box::new(session));
    let effects = read(&mut model);
    (model, effects)
}

#[test]
fn the_pane_the_selection_the_folds_and_the_order_are_as_they_were() {
    let mut model = loaded(SIZE);
    keys(&mut model, "zR");
    (model.dashboard.sort, model.dashboard.reverse) = (Sort::Owner, true);
    select(&mut model, "recall.py/");
    keys(&mut model, "<enter>4");
    let (mut model, effects) = opened(kept(&model));
    assert!(
        matches!(effects[..], [Effect::Dossier { .. }]),
        "{effects:?}"
    );
    assert_eq!(view(&model).path, "candidate/memory/recall.py".into());
    assert_eq!(view(&model).pane, Pane::Facts);
    assert!(said(&model).contains("this is where you left"));
    assert!(model.touched, "nothing selects for them any more");
    keys(&mut model, "<esc>");
    assert!(matches!(model.screen, Screen::Dashboard));
    let here = model.dashboard.module().unwrap();
    let here = model.catalog.module(here).unwrap().path.clone();
    assert_eq!(here, "candidate/memory/recall.py".into());
    assert_eq!(
        (model.dashboard.sort, model.dashboard.reverse),
        (Sort::Owner, true)
    );
    for unfolded in ["deep", "noise.py"] {
        assert!(ascii(&model).contains(unfolded), "{}", ascii(&model));
    }
}

#[test]
fn a_review_is_taken_up_at_the_decisions() {
    let (model, _) = opened(kept(&review_of(SIZE, sheet())));
    assert_eq!(view(&model).path, "candidate/quantum".into());
    assert_eq!(view(&model).pane, Pane::SignOff);
}

#[test]
fn the_branch_that_was_looked_at_is_read_before_the_rest_is_taken_up() {
    let mut session = kept(&fixture::loaded(SIZE));
    let branch = "refs/heads/promote/quantum-20260309".to_owned();
    session.looking = Some(branch.clone());
    session.open = Some(("candidate/quantum".into(), Pane::Facts));
    let (mut model, effects) = opened(session);
    let loads = |it: &Effect| matches!(it, Effect::Load { branch: Some(it), .. } if *it == branch);
    assert!(effects.iter().any(loads), "{effects:?}");
    assert!(matches!(model.screen, Screen::Dashboard));
    read(&mut model);
    assert_eq!(view(&model).pane, Pane::Facts);
}

#[test]
fn what_is_gone_is_not_gone_to() {
    let mut session = kept(&loaded(SIZE));
    session.selected = Some("candidate/gone".into());
    session.unfolded = vec!["candidate/gone".into()];
    session.open = Some(("candidate/gone".into(), Pane::Diff));
    let (model, effects) = opened(session);
    assert_eq!(effects, []);
    assert!(matches!(model.screen, Screen::Dashboard));
    assert!(!model.touched);
}

#[test]
fn before_the_modules_are_known_there_is_nothing_to_keep() {
    assert_eq!(Session::of(&loading(SIZE)), None);
    assert!(Session::of(&loaded(SIZE)).is_some());
}

#[test]
fn what_was_promoted_meanwhile_is_found_where_it_is_now() {
    let mut session = kept(&loaded(SIZE));
    session.selected = Some("candidate/retry".into());
    let (mut model, _) = opened(session);
    let standings = Standings {
        known: true,
        promoted: vec![left("retry", Stage::Promoted)],
        ..Standings::default()
    };
    with_standings(&mut model, standings);
    assert_eq!(model.dashboard.entry(), Some(Entry::Promoted(0)));
}
