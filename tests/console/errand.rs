//! What is read before it is done: nothing is done without the key that confirms it.

use countersign::console::effect::{Doing, Effect, Proposing};
use countersign::console::event::{Event, Loading, Message, Told as Wizarding};
use countersign::console::model::dashboard::Entry;
use countersign::console::model::errand::{
    Kind, Look, Outcome, Paragraph, Record, Sheet, Stage, Told,
};
use countersign::console::model::standing::Standings;
use countersign::console::model::wizard::Outcome as Written;
use countersign::console::model::{Model, Screen};
use countersign::console::update::update;
use countersign::promotion::Stage::Promoted;
use countersign::promotion::{GateEvent, GateEventKind, GateId, ModuleTree};
use ratatui::layout::Size;

use crate::fixture::{NOW, keys, loaded, select, tree};
use crate::picture::ascii;
use crate::screens::{open, shoot};
use crate::sign_off::{HOSTILE, with_standings};
use crate::standing::left;
use crate::update::said;

const SIZE: Size = Size::new(100, 30);

fn sheet(may: Result<String, String>) -> Sheet {
    let line = |look, text: &str| (look, text.to_owned());
    let mut text = vec![
        line(Look::Title, "Promote candidate/quantum to core/quantum"),
        line(
            Look::Text,
            "from promote/quantum-20260309 into main, as a draft",
        ),
        line(Look::Text, ""),
        line(Look::Title, "What is sent, in this order"),
        line(Look::Muted, "  countersign/tests failure: tests failed"),
        line(Look::Warning, &format!("nobody is asked for {HOSTILE}")),
    ];
    text.extend((0..40).map(|n| (Look::Text, format!("line {n} of its text"))));
    let gates = Vec::new();
    Sheet { text, may, gates }
}

pub fn may() -> Result<String, String> {
    Ok("pushes promote/quantum-20260309 to origin and opens its pull request".into())
}

fn generation(model: &Model) -> u64 {
    model.errand.as_ref().unwrap().generation
}

fn tell(model: &mut Model, generation: u64, told: Told) -> Vec<Effect> {
    update(model, Event::Message(Message::Errand { generation, told }))
}

/// The sheet is there to be read.
pub fn reading(size: Size, may: Result<String, String>) -> Model {
    asked(size, "O", Kind::PullRequest, sheet(may))
}

/// The same, with another text.
pub fn reading_of(size: Size, may: Result<String, String>, text: Vec<Paragraph>) -> Model {
    let sheet = Sheet { text, ..sheet(may) };
    asked(size, "O", Kind::PullRequest, sheet)
}

fn asked(size: Size, key: &str, wanted: Kind, sheet: Sheet) -> Model {
    let mut model = open(size);
    let effects = keys(&mut model, key);
    let [
        Effect::Errand(Doing::Read {
            kind,
            module,
            branch,
            ..
        }),
    ] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!((*kind, branch), (wanted, &None));
    assert_eq!(module.to_text(), "candidate/quantum");
    let generation = generation(&model);
    tell(&mut model, generation, Told::Read(Ok(Box::new(sheet))));
    model
}

fn outcome(done: bool, words: &str) -> Told {
    Told::Ended(Box::new(Outcome {
        done,
        words: words.into(),
        text: vec![(Look::Text, "the branch was pushed".into())],
        record: None,
        branch: None,
    }))
}

#[test]
fn nothing_is_sent_before_it_was_read_and_confirmed() {
    let mut model = open(SIZE);
    keys(&mut model, "O");
    // Nothing is there to be confirmed yet.
    assert_eq!(keys(&mut model, "<enter>"), []);
    let mut model = reading(SIZE, may());
    for key in ["j", "k", " ", "y", "O", "c", "s", "w", "1", "o", "<tab>"] {
        assert_eq!(keys(&mut model, key), [], "{key:?}");
        let stage = &model.errand.as_ref().unwrap().stage;
        assert!(matches!(stage, Stage::Sheet(..)), "{key:?}");
    }
    assert_eq!(keys(&mut model, "<esc>"), []);
    assert!(model.errand.is_none());
    assert!(matches!(model.screen, Screen::Module(_)));
}

#[test]
fn what_was_read_is_done_once() {
    let mut model = reading(SIZE, may());
    let generation = generation(&model);
    let go = Effect::Errand(Doing::Go { generation });
    assert_eq!(keys(&mut model, "<enter>"), [go]);
    assert_eq!(keys(&mut model, "<enter><enter>"), []);
    assert!(ascii(&model).contains("Sending: the branch is pushed"));
    // An answer that came late does not bring the question back.
    tell(
        &mut model,
        generation,
        Told::Read(Ok(Box::new(sheet(may())))),
    );
    assert_eq!(model.errand.as_ref().unwrap().stage, Stage::Doing(None));
    let words = "pull request 7 opened as a draft: https://github.com/a/b/pull/7";
    let effects = tell(&mut model, generation, outcome(true, words));
    assert!(matches!(effects[..], [Effect::Pulls { .. }]), "{effects:?}");
    assert!(ascii(&model).contains(words));
    assert_eq!(keys(&mut model, "<enter>"), []);
    assert!(model.errand.is_none());
}

#[test]
fn what_comes_of_it_is_told_wherever_one_is() {
    let mut model = reading(SIZE, may());
    let generation = generation(&model);
    keys(&mut model, "<enter><esc>");
    assert!(model.errand.is_none());
    assert!(said(&model).contains("it goes on"), "{}", said(&model));
    keys(&mut model, "O");
    let words = "the branch could not be pushed to origin: Fetch, and look";
    tell(&mut model, generation, outcome(false, words));
    assert_eq!(said(&model), words);
    // It is not what came of the one that is read now.
    assert_eq!(model.errand.as_ref().unwrap().stage, Stage::Reading);
}

#[test]
fn what_cannot_be_done_says_why_and_what_to_do() {
    let why = "there is no token for github.com: set GH_TOKEN, or log in with gh auth login";
    let mut model = reading(SIZE, Err(why.into()));
    let shown = ascii(&model);
    assert!(shown.contains(why), "{shown}");
    assert!(
        shown.contains("Promote candidate/quantum"),
        "it is read all the same: {shown}"
    );
    assert_eq!(keys(&mut model, "<enter>"), []);
    assert_eq!(said(&model), why);
    let mut model = open(SIZE);
    keys(&mut model, "O");
    let generation = generation(&model);
    let none = "there is no forge here: git knows no remote origin";
    tell(&mut model, generation, Told::Read(Err(none.into())));
    assert!(ascii(&model).contains(none));
    assert_eq!(keys(&mut model, "<enter>"), []);
}

/// What is read once more, with its number.
fn read_again(effects: &[Effect]) -> u64 {
    let read = effects.iter().find_map(|it| match it {
        Effect::Errand(Doing::Read { generation, .. }) => Some(*generation),
        _ => None,
    });
    read.unwrap_or_else(|| panic!("nothing is read again: {effects:?}"))
}

#[test]
fn what_is_missing_is_looked_for_again_without_leaving() {
    let why = "there is no token for github.com";
    let mut model = reading(SIZE, Err(why.into()));
    assert!(ascii(&model).contains("r looks again"), "{}", ascii(&model));
    let again = read_again(&keys(&mut model, "r"));
    assert_eq!(model.errand.as_ref().unwrap().stage, Stage::Reading);
    tell(&mut model, again, Told::Read(Ok(Box::new(sheet(may())))));
    assert!(matches!(
        &model.errand.as_ref().unwrap().stage,
        Stage::Sheet(sheet, _) if sheet.may.is_ok()
    ));
    // What is being done is not begun anew.
    keys(&mut model, "<enter>");
    let effects = keys(&mut model, "r");
    let errands = effects.iter().filter(|it| matches!(it, Effect::Errand(_)));
    assert_eq!(errands.count(), 0, "{effects:?}");
}

#[test]
fn a_key_to_record_with_is_looked_for_again() {
    let mut model = asked(SIZE, "P", Kind::Promotion, sheet(may()));
    let record = Record {
        by: Err("no key at hand may sign that".into()),
        what: "that it was moved".into(),
        entry: None,
    };
    let was = Outcome {
        done: true,
        words: "it was promoted".into(),
        text: Vec::new(),
        record: Some(record),
        branch: None,
    };
    keys(&mut model, "<enter>");
    let number = generation(&model);
    tell(&mut model, number, Told::Ended(Box::new(was)));
    let shown = ascii(&model);
    assert!(shown.contains("R looks for a key again"), "{shown}");
    read_again(&keys(&mut model, "R"));
}

#[test]
fn what_is_said_while_it_is_read_again_ends_with_it() {
    let mut model = loaded(SIZE);
    keys(&mut model, "r");
    assert_eq!(said(&model), "reading the repository again");
    model.filling = (true, true);
    for what in [Loading::Facts, Loading::States] {
        assert_eq!(said(&model), "reading the repository again");
        let generation = model.load;
        let result = Ok(());
        let message = Message::Loaded {
            generation,
            what,
            result,
        };
        update(&mut model, Event::Message(message));
    }
    assert_eq!(said(&model), "the repository was read again");
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let mut model = open(SIZE);
    keys(&mut model, "O");
    let old = generation(&model);
    keys(&mut model, "<esc>O");
    tell(&mut model, old, Told::Read(Ok(Box::new(sheet(may())))));
    assert_eq!(model.errand.as_ref().unwrap().stage, Stage::Reading);
}

#[test]
fn a_click_beside_it_confirms_and_closes_nothing() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut model = reading(SIZE, may());
    let before = model.errand.clone();
    for row in 0..29 {
        let click = MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: 40,
            row,
            modifiers: KeyModifiers::NONE,
        };
        assert_eq!(update(&mut model, Event::Mouse(click)), []);
        assert_eq!(model.errand, before, "row {row}");
    }
}

#[test]
fn the_wizard_leads_to_it_with_its_branch() {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    let effects = keys(&mut model, "w");
    let [Effect::Propose(Proposing::Open { generation, .. })] = effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(keys(&mut model, "O"), [], "nothing is written yet");
    assert!(model.errand.is_none());
    let written = Written::Written {
        branch: "promote/quantum-20260309".into(),
        commit: "0123456789".into(),
        next: Vec::new(),
        recorder: Err("no key".into()),
        recorded: None,
    };
    let told = Wizarding::Written(Box::new(written));
    update(
        &mut model,
        Event::Message(Message::Proposal { generation, told }),
    );
    let effects = keys(&mut model, "O");
    let [Effect::Errand(Doing::Read { branch, module, .. })] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(branch.as_deref(), Some("promote/quantum-20260309"));
    assert_eq!(module.to_text(), "candidate/quantum");
    keys(&mut model, "<esc>");
    assert!(matches!(model.screen, Screen::Wizard(_)));
}

const BRANCH: &str = "refs/heads/promote/quantum-20260309";

/// A promotion that may be done.
pub fn promoting(size: Size) -> Model {
    let line = |look, text: &str| (look, text.to_owned());
    let sheet = Sheet {
        text: vec![
            line(Look::Title, "candidate/quantum to core/quantum"),
            line(Look::Text, "moves 14 files, as they are"),
            line(Look::Title, "tests/unit/test_quantum.py"),
            line(Look::Fold, "line 3"),
            line(Look::Removed, "from candidate.quantum import entangle"),
            line(Look::Added, "from core.quantum import entangle"),
            line(Look::Warning, &format!("docs/a.md:3: names it {HOSTILE}")),
        ],
        may: Ok(
            "moves candidate/quantum to core/quantum on promote/quantum-20260309; runs make \
             smoke and 2 gates first; nothing is merged"
                .into(),
        ),
        gates: ["lint", "tests", "smoke"].map(GateId::new).into(),
    };
    asked(size, "P", Kind::Promotion, sheet)
}

/// Its gates are at work.
pub fn tried(size: Size) -> Model {
    let mut model = promoting(size);
    let generation = generation(&model);
    let effects = keys(&mut model, "<enter>");
    assert_eq!(effects, [Effect::Errand(Doing::Go { generation })]);
    for (at, gate, kind) in [
        (1, "lint", started()),
        (2, "tests", started()),
        (3, "tests", GateEventKind::Output(format!("12 %{HOSTILE}"))),
    ] {
        let event = GateEvent {
            module: "core/quantum".into(),
            gate: Some(GateId::new(gate)),
            kind,
        };
        let told = Told::Gate(NOW + at * 1_000, event);
        assert_eq!(tell(&mut model, generation, told), []);
    }
    model
}

fn started() -> GateEventKind {
    GateEventKind::Started {
        command: "ruff".into(),
    }
}

/// It was promoted.
pub fn promoted(size: Size, by: Result<String, String>) -> Model {
    let mut model = tried(size);
    let generation = generation(&model);
    let effects = tell(&mut model, generation, is_done(by));
    assert!(matches!(effects[..], [Effect::Load { .. }]), "{effects:?}");
    model
}

fn is_done(by: Result<String, String>) -> Told {
    Told::Ended(Box::new(Outcome {
        done: true,
        words: "promoted candidate/quantum to core/quantum on promote/quantum-20260309".into(),
        text: vec![(Look::Good, "tests: passed: 40 passed".into())],
        record: Some(Record {
            by,
            what: "that candidate/quantum was moved to core/quantum".into(),
            entry: None,
        }),
        branch: Some("promote/quantum-20260309".into()),
    }))
}

#[test]
fn a_promotion_is_read_confirmed_and_watched() {
    let mut model = promoting(SIZE);
    let shown = ascii(&model);
    assert!(shown.contains("nothing is merged"), "{shown}");
    assert!(shown.contains("+ from core.quantum"), "{shown}");
    assert!(!model.wants_ticks());
    assert_eq!(keys(&mut model, "PxRj"), []);
    let mut model = tried(SIZE);
    assert!(model.wants_ticks(), "seconds are shown");
    let shown = ascii(&model);
    assert!(shown.contains("lint") && shown.contains("smoke"), "{shown}");
    assert!(shown.contains("12 %"), "{shown}");
    assert_eq!(keys(&mut model, "<enter>"), []);
    assert!(said(&model).contains("x cancels it"), "{}", said(&model));
    let generation = generation(&model);
    let cancel = Effect::Errand(Doing::Cancel { generation });
    assert_eq!(keys(&mut model, "x"), [cancel]);
    assert!(ascii(&model).contains("cancelling"));
}

#[test]
fn a_promotion_goes_on_while_one_is_elsewhere() {
    let mut model = tried(SIZE);
    let generation = generation(&model);
    assert_eq!(keys(&mut model, "<esc>"), []);
    assert!(model.errand.is_none());
    assert!(
        said(&model).contains("P shows it again"),
        "{}",
        said(&model)
    );
    assert!(model.wants_ticks(), "seconds are shown");
    let begun = |gate: &'static str| GateEvent {
        module: "core/quantum".into(),
        gate: Some(GateId::new(gate)),
        kind: started(),
    };
    tell(
        &mut model,
        generation,
        Told::Gate(NOW + 9_000, begun("smoke")),
    );
    // Its progress is below whatever screen is shown.
    keys(&mut model, "<esc>");
    assert!(matches!(model.screen, Screen::Dashboard));
    let shown = ascii(&model);
    assert!(
        shown.contains("smoke") && shown.contains("candidate/quantum"),
        "{shown}"
    );
    // It is shown again, also where another one is asked for, and can be cancelled.
    assert_eq!(keys(&mut model, "P"), []);
    assert!(ascii(&model).contains("Esc puts it aside"));
    keys(&mut model, "<esc>");
    select(&mut model, "quantum/");
    assert_eq!(keys(&mut model, "P"), [], "no second one is read");
    keys(&mut model, "<esc><enter>");
    assert_eq!(keys(&mut model, "P"), [], "nor from its screen");
    let cancel = Effect::Errand(Doing::Cancel { generation });
    assert_eq!(keys(&mut model, "x"), [cancel]);
    keys(&mut model, "<esc>");
    let words = "candidate/quantum was not promoted, and nothing was changed: it was cancelled";
    tell(&mut model, generation, outcome(false, words));
    assert!(
        said(&model).contains("cancelled; P shows it"),
        "{}",
        said(&model)
    );
    assert!(!model.wants_ticks());
    keys(&mut model, "P");
    assert!(ascii(&model).contains("candidate/quantum was not promoted"));
    keys(&mut model, "<esc>");
    // Elsewhere than on a module there is none to begin.
    keys(&mut model, "<esc>aP");
    assert!(
        said(&model).contains("no promotion goes on"),
        "{}",
        said(&model)
    );
}

#[test]
fn what_is_promoted_is_looked_at_and_leads_to_its_pull_request() {
    let mut model = promoted(SIZE, Err("no key".into()));
    assert_eq!(model.looking.as_deref(), Some(BRANCH));
    // The module is in its lane no more there: nobody is told that it is lost.
    let message = Message::Tree {
        generation: model.load,
        result: Ok(countersign::promotion::ModuleTree::default().into()),
    };
    update(&mut model, Event::Message(message));
    assert!(said(&model).starts_with("promoted"), "{}", said(&model));
    let effects = keys(&mut model, "O");
    let [
        Effect::Errand(Doing::Read {
            kind,
            branch,
            module,
            ..
        }),
    ] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!(*kind, Kind::PullRequest);
    assert_eq!(branch.as_deref(), Some("promote/quantum-20260309"));
    assert_eq!(module.to_text(), "candidate/quantum");
    // Back from it, what came of the promotion is there again, to be recorded.
    let at = generation(&model);
    tell(&mut model, at, Told::Read(Ok(Box::new(sheet(may())))));
    keys(&mut model, "<esc>");
    assert!(ascii(&model).contains("no key"), "{}", ascii(&model));
    assert!(model.aside.is_none());
    keys(&mut model, "<esc>");
    assert!(model.errand.is_none());
}

/// What is looked at then: all that was there but what was promoted.
fn on_its_branch(model: &mut Model) {
    let quantum = "candidate/quantum".into();
    let all = tree().modules().to_vec().into_iter();
    let kept = all.filter(|it| !it.path.is_within(&quantum));
    let message = Message::Tree {
        generation: model.load,
        result: Ok(ModuleTree::from_preorder(kept.collect()).into()),
    };
    update(model, Event::Message(message));
    let promoted = ["retry", "quantum"].map(|it| left(it, Promoted));
    let standings = Standings {
        known: true,
        promoted: promoted.into(),
        ..Standings::default()
    };
    with_standings(model, standings);
}

#[test]
fn the_dashboard_is_on_what_was_promoted_wherever_that_is_listed_now() {
    // It ends on the module's screen; or put aside, on the dashboard.
    for elsewhere in ["", "<esc><esc>"] {
        let mut model = tried(SIZE);
        keys(&mut model, elsewhere);
        let errand = model.errand.as_ref().or(model.aside.as_ref()).unwrap();
        let number = errand.generation;
        tell(&mut model, number, is_done(Err("no key".into())));
        on_its_branch(&mut model);
        keys(&mut model, "<esc>");
        assert!(matches!(model.screen, Screen::Dashboard));
        assert_eq!(model.dashboard.entry(), Some(Entry::Promoted(1)));
    }
}

#[test]
fn who_is_elsewhere_on_the_dashboard_when_it_ends_stays_there() {
    let mut model = tried(SIZE);
    keys(&mut model, "<esc><esc>");
    select(&mut model, "tools/");
    let number = model.aside.as_ref().unwrap().generation;
    tell(&mut model, number, is_done(Err("no key".into())));
    on_its_branch(&mut model);
    let selected = model.dashboard.module();
    let selected = selected.and_then(|id| model.catalog.module(id)).unwrap();
    assert_eq!(selected.path, "candidate/tools".into());
}

#[test]
fn links_are_told_along() {
    let mut model = reading(SIZE, may());
    let effects = keys(&mut model, "lreport=https://ci.example/1<enter>");
    let [Effect::Errand(Doing::Read { links, .. })] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(*links, ["report=https://ci.example/1"]);
    let at = generation(&model);
    tell(&mut model, at, Told::Read(Ok(Box::new(sheet(may())))));
    let effects = keys(&mut model, "lmore=https://ci.example/2<enter>");
    let [Effect::Errand(Doing::Read { links, .. })] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(links.len(), 2);
    let at = generation(&model);
    tell(&mut model, at, Told::Read(Ok(Box::new(sheet(may())))));
    assert_eq!(keys(&mut model, "l<esc>"), [], "none is none");
}

#[test]
fn it_is_recorded_once_by_who_may() {
    let mut model = promoted(SIZE, Ok("olga@example.org".into()));
    assert!(!model.wants_ticks());
    let generation = generation(&model);
    let effects = keys(&mut model, "R");
    let [Effect::RecordPromotion { words, .. }] = &effects[..] else {
        panic!("{effects:?}");
    };
    let wanted = "that candidate/quantum was moved to core/quantum, by olga@example.org";
    assert_eq!(words, wanted);
    let failed = Told::Recorded(Err("ssh-keygen was interrupted".into()));
    tell(&mut model, generation, failed);
    assert!(ascii(&model).contains("not recorded: ssh-keygen"));
    assert_eq!(keys(&mut model, "R").len(), 1, "it may be tried again");
    tell(&mut model, generation, Told::Recorded(Ok(7)));
    assert!(ascii(&model).contains("recorded as entry 7"));
    assert_eq!(keys(&mut model, "R"), [], "once is enough");
    let mut model = promoted(SIZE, Err("no key at hand may sign that".into()));
    assert!(
        ascii(&model).contains("no key at hand"),
        "{}",
        ascii(&model)
    );
    // By now there may be one.
    read_again(&keys(&mut model, "R"));
}

#[test]
fn pictures_of_a_promotion() {
    shoot("errand-promote", promoting);
    shoot("errand-promote-done", |size| {
        promoted(size, Ok("olga@example.org".into()))
    });
}

#[test]
fn pictures() {
    shoot("errand-not", |size| {
        let why = "there is no token for github.com: set GH_TOKEN";
        reading(size, Err(why.into()))
    });
    shoot("errand-done", |size| {
        let mut model = reading(size, may());
        let generation = generation(&model);
        keys(&mut model, "<enter>");
        let words = format!("pull request 7 opened as a draft: https://{HOSTILE}");
        tell(&mut model, generation, outcome(true, &words));
        model
    });
    let mut model = reading(SIZE, may());
    keys(&mut model, "GGGG");
    assert!(ascii(&model).contains("line 39 of its text"));
}
