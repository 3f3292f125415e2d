//! The canary screen: the list, one promotion, and what is said of it.

use std::sync::Arc;

use countersign::config::canary::Watch;
use countersign::console::effect::{Doing, Effect, Watching};
use countersign::console::event::{Event, Message};
use countersign::console::model::canary::{CanaryView, Say, Told, Watched};
use countersign::console::model::errand::{Look, Sheet, Stage as Errand, Told as Errands};
use countersign::console::model::{Model, Screen};
use countersign::console::theme::Theme;
use countersign::console::update::{start, update};
use countersign::promotion::canary::burn::Burn;
use countersign::promotion::canary::estimate::Difference;
use countersign::promotion::canary::quality::Quality;
use countersign::promotion::canary::smoke::{Night, Nights, Run};
use countersign::promotion::canary::verdict::Finding;
use countersign::promotion::canary::{
    Action, Events, Kind, Policy, Signal, SignalVerdict, Verdict, Word,
};
use countersign::promotion::rollback::{Decided, Logged, Mode, Open, Rollback, State};
use countersign::promotion::text::is_hostile;
use countersign::promotion::{ObjectId, Stage};
use countersign::workflow::observe::{Armed, Control, Heard, Past, Pause, Standing, Verdicts};
use countersign::workflow::promote::Promotion;
use ratatui::layout::Size;

use crate::fixture::{NOW, keys, loaded, loading, send};
use crate::picture::{draw, text};
use crate::screens::open;
use crate::sign_off::HOSTILE;
use crate::update::said;

const SIZE: Size = Size::new(100, 30);
const SECONDS: i64 = NOW / 1_000;
const HOUR: i64 = 3_600;

/// What is on the screen.
fn seen(model: &Model) -> String {
    text(&draw(model, &Theme::dark()))
}

fn id(byte: u8) -> ObjectId {
    ObjectId::from_bytes([byte; 20])
}

fn watch() -> Watch {
    let events = |objective, allowed| {
        Kind::Events(Events {
            objective,
            allowed,
            threshold: None,
        })
    };
    let signal = |name: &str, kind| Signal {
        name: name.into(),
        kind,
    };
    Watch {
        policy: Policy {
            window: 72 * 3_600,
            signals: vec![
                signal("errors", events(Some(0.999), Some(1.25))),
                signal("latency", events(None, Some(1.25))),
            ],
            ..Policy::default()
        },
        interval: 300,
        ..Watch::default()
    }
}

fn events(
    name: &str,
    word: Word,
    why: &str,
    [canary, base]: [f64; 2],
    evidence: f64,
) -> SignalVerdict {
    let mut it = SignalVerdict::of(name, vec![Finding::new(word, why)]);
    it.quality = Some(Quality {
        expected: 372,
        covered: 370,
        samples: [412, 420],
        age: Some(12),
        resets: 0,
        not_a_number: 0,
    });
    it.difference = Some(Difference {
        canary,
        base,
        difference: canary - base,
        interval: [canary - base - 0.000_9, canary - base + 0.000_9],
    });
    let burn = |hours: u64, value: f64| Burn {
        factor: if hours == 1 { 14.4 } else { 6.0 },
        windows: [hours * 3_600, hours * 300],
        burns: [value, value],
        base: [Some(1.0), None],
        errors: 12,
        rolls_back: true,
    };
    it.burns = vec![burn(1, canary * 1_000.0), burn(6, canary * 700.0)];
    it.evidence = Some([evidence, 100.0]);
    it
}

fn verdict(word: Word, action: Action, signals: Vec<SignalVerdict>) -> Verdict {
    let worst = signals.iter().find(|it| it.word == word);
    Verdict {
        at: SECONDS - 60,
        word,
        action,
        why: worst.map_or("no harm is seen".into(), |it| {
            format!("{}: {}", it.signal, it.why)
        }),
        watched: [31 * 3_600, 72 * 3_600],
        last_good: Some(SECONDS - 72),
        signals,
    }
}

/// Its signals, and looks that lead to them.
fn with(mut it: Standing, newest: Verdict) -> Standing {
    it.looks = (0..60)
        .map(|n| {
            let mut past = Past::of(&newest);
            past.at = newest.at - (59 - n) * 300;
            let part = n as f64 / 59.0;
            for signal in &mut past.signals {
                let gap = (20..24).contains(&n);
                let grown = |value: Option<f64>| value.filter(|_| !gap).map(|it| it * part);
                signal.canary = grown(signal.canary);
                signal.base = signal.base.filter(|_| !gap);
                signal.evidence = grown(signal.evidence);
            }
            past
        })
        .collect();
    let logged = |entry, at, word, action, why: &str| Verdicts {
        entry,
        at,
        word,
        action,
        why: why.into(),
        evidence: String::new(),
        watcher: "h1".into(),
    };
    it.recorded = vec![
        logged(
            21,
            SECONDS - 30 * HOUR,
            Word::Insufficient,
            Action::Hold,
            "errors: 12 requests of 100",
        ),
        logged(
            24,
            SECONDS - 24 * HOUR,
            Word::Pass,
            Action::Hold,
            "no harm is seen",
        ),
        logged(31, newest.at, newest.word, newest.action, &newest.why),
    ];
    it.last_good = newest.last_good;
    it.verdict = Some(newest);
    it.watcher = Some("h1".into());
    it
}

fn standing(number: u8, from: &str, to: &str) -> Standing {
    Standing {
        promotion: Promotion {
            from: from.into(),
            to: to.into(),
            head: id(1),
            moved: id(2),
            commit: id(number),
            branch: "promote/quantum-20260920".into(),
            entry: Some(18),
        },
        stage: Stage::Canary,
        merge: id(100 + number),
        merged_at: SECONDS - 31 * HOUR,
        merged_by: Some("Elif".into()),
        watch: watch(),
        looks: Vec::new(),
        verdict: None,
        recorded: Vec::new(),
        heard: Vec::new(),
        last_good: None,
        nights: Nights {
            over: vec![Night::of(SECONDS - 12 * HOUR, Run::Passed)],
            next: Some(SECONDS + 12 * HOUR),
        },
        next_look: Some(SECONDS + 240),
        armed: Armed::Yes { mode: Mode::Auto },
        pause: None,
        acknowledged: None,
        completion: None,
        rollback: None,
        watcher: None,
    }
}

pub fn healthy() -> Standing {
    let signals = vec![
        events(
            "errors",
            Word::Pass,
            "no harm is seen by 412 requests",
            [0.001_0, 0.001_0],
            1.2,
        ),
        events(
            "latency",
            Word::Pass,
            "no harm is seen by 412 requests",
            [0.001_8, 0.001_7],
            3.8,
        ),
        SignalVerdict::of("smoke", vec![Finding::new(Word::Pass, "night 1 passed")]),
    ];
    let it = standing(7, "candidate/quantum", "core/quantum");
    with(it, verdict(Word::Pass, Action::Hold, signals))
}

pub fn failing() -> Standing {
    let signals = vec![
        events(
            "errors",
            Word::Fail,
            "5 times as many as the base's; evidence 212 of 100",
            [0.005_2, 0.001_0],
            212.0,
        ),
        events(
            "latency",
            Word::Pass,
            "no harm is seen by 412 requests",
            [0.001_8, 0.001_7],
            3.8,
        ),
    ];
    let it = standing(8, "candidate/memory/fold", "lukhas/memory_fold");
    with(it, verdict(Word::Fail, Action::RollBack, signals))
}

/// It is being taken back.
pub fn rolling() -> Standing {
    let mut it = failing();
    let step = |position, state: &str, ago| Logged {
        position,
        state: state.into(),
        at: SECONDS - ago,
        by: "h1".into(),
    };
    it.next_look = None;
    it.rollback = Some(Rollback {
        promotion: it.promotion.commit,
        from: it.promotion.from.clone(),
        to: it.promotion.to.clone(),
        state: State::Claimed,
        decided: Decided {
            position: 32,
            at: SECONDS - 50,
            by: "h1".into(),
            cause: "canary".into(),
            why: "errors: 5 times as many as the base's; evidence 212 of 100".into(),
            mode: Mode::Auto,
            repository: Default::default(),
            merge: it.merge,
            before: id(3),
            after: id(4),
            facts: Default::default(),
        },
        claim: None,
        prepared: None,
        open: None,
        conflicts: Vec::new(),
        needs: String::new(),
        reverted: None,
        hotfix: None,
        gates: None,
        agreed: false,
        told: Vec::new(),
        steps: vec![step(32, "decided", 50), step(33, "claimed", 45)],
        waits: None,
    });
    it
}

/// The source of its metrics is down, somebody has it wait, and nothing is armed.
pub fn held() -> Standing {
    let down = "p99: the server answered 503 Service Unavailable";
    let signals = vec![
        SignalVerdict::of("errors", vec![Finding::new(Word::SourceError, down)]),
        SignalVerdict::of("latency", vec![Finding::new(Word::SourceError, down)]),
    ];
    let mut newest = verdict(Word::SourceError, Action::Hold, signals);
    newest.last_good = Some(SECONDS - 300);
    let mut it = with(standing(9, "candidate/tools", "core/tools"), newest);
    it.next_look = Some(SECONDS - 7);
    it.pause = Some(Pause {
        entry: 30,
        by: "mara@example.org".into(),
        until: SECONDS + 2 * HOUR,
        reason: "the network is being moved".into(),
    });
    it.armed = Armed::No {
        why: vec!["mara@example.org has it wait: the network is being moved".into()],
    };
    it
}

fn over() -> [Standing; 3] {
    let mut completed = standing(10, "candidate/bio", "core/bio");
    completed.stage = Stage::Completed;
    completed.completion = Some(14);
    completed.next_look = None;
    completed.merged_at = SECONDS - 200 * HOUR;
    let mut back = rolling();
    back.promotion.commit = id(11);
    back.promotion.from = "candidate/old".into();
    back.promotion.to = "core/old".into();
    back.merged_at = SECONDS - 100 * HOUR;
    back.stage = Stage::RolledBack;
    if let Some(rollback) = &mut back.rollback {
        rollback.state = State::RolledBack;
        rollback.hotfix = Some(Open {
            branch: "hotfix/old-20260921".into(),
            commit: id(5),
        });
    }
    let new = standing(12, "candidate/fresh", "core/fresh");
    [completed, back, new]
}

pub fn all() -> Vec<Standing> {
    let [completed, back, new] = over();
    vec![healthy(), completed, held(), back, failing(), new]
}

pub fn watched(all: Vec<Standing>) -> Watched {
    Watched {
        all: Arc::new(all),
        branch: "main".into(),
        at: SECONDS,
        person: Ok("mara@example.org".into()),
        roller: Ok("elif@example.org".into()),
        problems: Vec::new(),
    }
}

pub fn view(model: &Model) -> &CanaryView {
    match &model.screen {
        Screen::Canary(view) => view,
        other => panic!("{other:?}"),
    }
}

pub fn tell(model: &mut Model, generation: u64, told: Told) -> Vec<Effect> {
    let message = Message::Canary {
        generation,
        at: NOW,
        told,
    };
    update(model, Event::Message(message))
}

/// The screen with that on it.
pub fn canary_of(size: Size, watched: Watched) -> Model {
    let mut model = loaded(size);
    keys(&mut model, "C");
    let generation = view(&model).generation;
    tell(&mut model, generation, Told::Read(Ok(Box::new(watched))));
    model
}

/// One promotion, open.
pub fn one(size: Size, it: Standing) -> Model {
    let mut model = canary_of(size, watched(vec![it]));
    keys(&mut model, "<enter>");
    model
}

/// About to be had to wait, with a reason.
pub fn pausing(size: Size) -> Model {
    let mut model = one(size, healthy());
    keys(&mut model, "pea known outage<enter>");
    model
}

pub fn hostile() -> Standing {
    let mut it = rolling();
    let odd = format!("eve{HOSTILE}");
    it.promotion.from = format!("candidate/{odd}").as_str().into();
    it.watcher = Some(odd.clone());
    it.merged_by = Some(odd.clone());
    it.recorded[2].why = odd.clone();
    let verdict = it.verdict.as_mut().unwrap();
    verdict.signals[0].signal = odd.clone();
    verdict.signals[0].why = odd.clone();
    let rollback = it.rollback.as_mut().unwrap();
    rollback.decided.why = odd.clone();
    rollback.steps[0].by = odd.clone();
    rollback.waits = Some(odd);
    it
}

#[test]
fn where_a_module_is_wanted_first_its_canary_is() {
    let mut model = loading(SIZE);
    model.first = Some("candidate/quantum".into());
    let effects = start(&mut model);
    assert!(
        matches!(
            effects[..],
            [
                Effect::Load { .. },
                Effect::Canary(Watching::Read { fetch: false, .. })
            ]
        ),
        "{effects:?}"
    );
    let generation = view(&model).generation;
    let told = Told::Read(Ok(Box::new(watched(all()))));
    tell(&mut model, generation, told);
    let selected = view(&model).selected().map(|it| it.module().clone());
    assert_eq!(selected, Some("candidate/quantum".into()));
    assert!(view(&model).opened.is_some());
    // Only once: what is read again later leaves everybody where they are.
    assert!(matches!(start(&mut model)[..], [Effect::Load { .. }]));
}

#[test]
fn what_nobody_looked_at_says_with_which_key_to() {
    let [_, _, new] = over();
    for size in [Size::new(60, 16), Size::new(80, 24)] {
        let model = canary_of(size, watched(vec![new.clone()]));
        let shown = seen(&model);
        assert!(shown.matches("yet: l does").count() == 2, "{shown}");
        let footer = shown.lines().last().unwrap();
        assert!(footer.contains(" l look"), "{shown}");
    }
}

#[test]
fn the_history_has_what_persons_said() {
    let mut it = healthy();
    let heard = |entry, control, reason: &str| Heard {
        entry,
        at: SECONDS - 100 + entry as i64,
        by: "mara@example.org".into(),
        control,
        reason: reason.into(),
    };
    it.heard = vec![
        heard(40, Control::Pause, "the network is being moved"),
        heard(41, Control::Resume, "it was"),
        heard(42, Control::Acknowledge, HOSTILE),
    ];
    let shown = seen(&one(Size::new(100, 40), it));
    let places = [
        "#42 acknowledge: ",
        "#41 resume: it was (mara@example.org)",
        "#40 pause: the network is being moved (mara@example.org)",
    ]
    .map(|words| {
        shown
            .find(words)
            .unwrap_or_else(|| panic!("{words}:\n{shown}"))
    });
    assert!(places.is_sorted(), "the newest is first:\n{shown}");
    let odd = |c: char| c != '\n' && is_hostile(c);
    assert!(!shown.chars().any(odd), "{shown}");
}

#[test]
fn the_worst_is_first_and_what_is_over_is_last() {
    let model = canary_of(SIZE, watched(all()));
    let rows = &view(&model).rows;
    let names: Vec<_> = rows
        .iter()
        .map(|at| {
            view(&model).watched().unwrap().all[*at]
                .module()
                .to_text()
                .into_owned()
        })
        .collect();
    assert_eq!(
        names,
        [
            "candidate/memory/fold",
            "candidate/tools",
            "candidate/fresh",
            "candidate/quantum",
            "candidate/old",
            "candidate/bio"
        ]
    );
}

#[test]
fn on_call_sees_at_once_whether_why_how_far_and_what_is_next() {
    for (it, wanted) in [
        (failing(), ["FAIL", "5 times as many", "212", "armed"]),
        (held(), ["HOLD", "503", "NOT ARMED", "was due"]),
        (
            healthy(),
            ["PASS SO FAR", "no harm is seen", "armed", "NEXT LOOK"],
        ),
        (
            rolling(),
            ["ROLLING BACK", "✓ claimed", "▸ revert", "5 times as many"],
        ),
    ] {
        for size in [Size::new(60, 16), Size::new(80, 24)] {
            let shown = seen(&one(size, it.clone()));
            for wanted in wanted {
                assert!(shown.contains(wanted), "{wanted} at {size}:\n{shown}");
            }
        }
    }
}

#[test]
fn how_near_it_is_goes_by_what_could_take_it_back() {
    let near = |it: Standing| {
        let own = countersign::console::model::canary::Own::default();
        own.nearest(&it)
            .map(|(signal, near)| (signal.to_owned(), near))
    };
    assert_eq!(near(failing()), Some(("errors".into(), 2.12)));
    assert_eq!(near(held()), None);
    // Both windows have to burn, and what only holds is no way there.
    let mut it = healthy();
    let errors = &mut it.verdict.as_mut().unwrap().signals[0];
    errors.burns[0].burns = [14.4, 7.2];
    errors.burns[1].burns = [60.0, 60.0];
    errors.burns[1].rolls_back = false;
    it.verdict.as_mut().unwrap().signals.truncate(1);
    assert_eq!(near(it.clone()), Some(("errors".into(), 0.5)));
    let shown = seen(&one(Size::new(80, 24), it));
    assert!(shown.contains("errors is at 50 % of that"), "{shown}");
    let shown = seen(&canary_of(Size::new(60, 16), watched(all())));
    assert!(shown.contains("armed at 212 %"), "{shown}");
}

#[test]
fn it_is_read_again_when_the_next_look_is_due_and_not_before() {
    let mut model = loaded(SIZE);
    let effects = keys(&mut model, "C");
    let generation = view(&model).generation;
    let read = |generation, fetch| Effect::Canary(Watching::Read { generation, fetch });
    assert_eq!(effects, [read(generation, false)]);
    assert!(!model.wants_ticks());
    let told = Told::Read(Ok(Box::new(watched(vec![healthy()]))));
    let wake = Effect::Canary(Watching::Wake {
        generation,
        at: Some(SECONDS + 245),
    });
    assert_eq!(tell(&mut model, generation, told), [wake]);
    assert!(!model.wants_ticks());
    // An alarm of another time is nothing.
    assert_eq!(tell(&mut model, generation + 70, Told::Due), []);
    let effects = tell(&mut model, generation, Told::Due);
    let newer = view(&model).generation;
    assert_eq!(effects, [read(newer, true)]);
    // Where nobody looks it is not asked all the time; where nothing is watched never.
    let mut late = healthy();
    late.next_look = Some(SECONDS - 9_000);
    let told = Told::Read(Ok(Box::new(watched(vec![late]))));
    let wake = |at| {
        Effect::Canary(Watching::Wake {
            generation: newer,
            at,
        })
    };
    assert_eq!(tell(&mut model, newer, told), [wake(Some(SECONDS + 60))]);
    let told = Told::Read(Ok(Box::new(watched(over()[..2].to_vec()))));
    assert_eq!(tell(&mut model, newer, told), [wake(None)]);
    let effects = keys(&mut model, "<esc>");
    assert!(effects.contains(&wake(None)), "{effects:?}");
    // It is left: an alarm that was on its way finds nobody.
    assert_eq!(tell(&mut model, newer, Told::Due), []);
}

#[test]
fn a_server_that_hangs_keeps_no_key_waiting_and_is_given_up() {
    let mut model = one(SIZE, healthy());
    let effects = keys(&mut model, "l");
    let [Effect::Canary(Watching::Look { generation, .. })] = effects[..] else {
        panic!("{effects:?}");
    };
    assert!(model.wants_ticks());
    update(&mut model, Event::Tick(NOW + 4_000));
    assert!(
        seen(&model).contains("asking the metrics… 4 s"),
        "{}",
        seen(&model)
    );
    keys(&mut model, "j");
    assert_eq!(view(&model).opened.as_ref().unwrap().signal.at, 1);
    assert_eq!(keys(&mut model, "l"), []);
    assert!(said(&model).contains("being asked"));
    let effects = keys(&mut model, "x");
    assert_eq!(effects, [Effect::Canary(Watching::CancelLook)]);
    assert!(!model.wants_ticks());
    // What comes all the same is dropped.
    let late = failing().verdict.unwrap();
    tell(&mut model, generation, Told::Looked(Ok(Box::new(late))));
    assert!(seen(&model).contains("PASS SO FAR"));
    assert_eq!(keys(&mut model, "x"), []);
    assert!(said(&model).contains("not being asked"));
}

#[test]
fn a_look_of_ones_own_is_shown_and_nothing_follows_from_it() {
    let mut model = one(SIZE, standing(7, "candidate/quantum", "core/quantum"));
    assert!(seen(&model).contains("NOT LOOKED AT"));
    let effects = keys(&mut model, "l");
    let [
        Effect::Canary(Watching::Look {
            generation,
            promotion,
        }),
    ] = effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!(promotion, id(7));
    let found = failing().verdict.unwrap();
    let effects = tell(&mut model, generation, Told::Looked(Ok(Box::new(found))));
    assert_eq!(effects, []);
    let shown = seen(&model);
    assert!(
        shown.contains("FAIL") && shown.contains("0.52 %"),
        "{shown}"
    );
}

#[test]
fn nothing_is_said_without_a_reason_and_the_key_that_confirms_it() {
    let mut model = one(SIZE, healthy());
    assert_eq!(keys(&mut model, "p"), []);
    let shown = seen(&model);
    assert!(shown.contains("nothing is taken back by itself"), "{shown}");
    assert!(
        shown.contains("[4h]") && shown.contains("mara@example.org"),
        "{shown}"
    );
    // Without a reason the key asks for one.
    assert_eq!(keys(&mut model, "<enter><enter>"), []);
    assert_eq!(keys(&mut model, "<enter>a known outage<enter>l"), []);
    let effects = keys(&mut model, "<enter>");
    let [Effect::Say(said)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!((said.say, said.seconds), (Say::Pause, 24 * 3_600));
    assert_eq!(
        (said.reason.as_str(), said.promotion),
        ("a known outage", id(7))
    );
    // It is said once.
    assert_eq!(keys(&mut model, "<enter><enter>"), []);
    let generation = said.generation;
    let effects = tell(&mut model, generation, Told::Said(Ok("entry 40".into())));
    assert!(matches!(
        effects[..],
        [Effect::Canary(Watching::Read { fetch: false, .. })]
    ));
    assert!(view(&model).order.is_none());
    // What failed can be tried again; what it was to be is not forgotten.
    let mut model = pausing(SIZE);
    let effects = keys(&mut model, "<enter>");
    let [Effect::Say(said)] = &effects[..] else {
        panic!("{effects:?}");
    };
    tell(
        &mut model,
        said.generation,
        Told::Said(Err("no passphrase".into())),
    );
    assert_eq!(
        view(&model).order.as_ref().unwrap().reason,
        "a known outage"
    );
    assert!(crate::update::said(&model).contains("not said: no passphrase"));
    keys(&mut model, "<esc>");
    assert!(view(&model).order.is_none() && view(&model).opened.is_some());
}

#[test]
fn a_key_that_cannot_act_says_why() {
    let refused = |model: &mut Model, key: &str, why: &str| {
        assert_eq!(keys(model, key), [], "{key}");
        assert!(said(model).contains(why), "{key}: {}", said(model));
        assert!(
            view(model).order.is_none() && model.errand.is_none(),
            "{key}"
        );
    };
    let mut model = one(SIZE, healthy());
    refused(&mut model, "u", "nobody has it wait");
    let mut model = one(SIZE, standing(7, "candidate/quantum", "core/quantum"));
    refused(&mut model, "a", "no verdict on it yet");
    let mut model = one(SIZE, rolling());
    refused(&mut model, "p", "its rollback is claimed");
    refused(&mut model, "l", "nothing to look at");
    let [completed, back, _] = over();
    let mut model = one(SIZE, completed);
    refused(&mut model, "p", "it is completed");
    let mut model = one(SIZE, back);
    refused(&mut model, "R", "taken back already");
    let mut nobody = watched(vec![failing()]);
    nobody.person = Err("no key at hand may say that".into());
    nobody.roller = Err("no key at hand may take it back".into());
    let mut model = canary_of(SIZE, nobody);
    refused(&mut model, "p", "no key at hand may say that");
    refused(&mut model, "R", "no key at hand may take it back");
}

fn plan() -> Sheet {
    let line = |look, text: &str| (look, text.to_owned());
    Sheet {
        text: vec![
            line(Look::Title, "lukhas/memory_fold to candidate/memory/fold"),
            line(Look::Text, "takes back 6c6c6c6c6c on main"),
            line(Look::Text, "from main of origin, at 0123456789"),
            line(Look::Text, ""),
            line(Look::Title, "Changes"),
            line(Look::Text, "  lukhas/memory_fold/__init__.py"),
        ],
        may: Ok(
            "pushes a commit onto main of origin that takes 6c6c6c6c6c back; where main is \
             protected, a branch and a pull request; then makes the branch hotfix/fold-20260922 \
             and runs Gate 1 on it; nobody is told"
                .into(),
        ),
        gates: Vec::new(),
    }
}

/// What taking it back would do, to be confirmed.
pub fn planned(size: Size) -> Model {
    let mut model = one(size, failing());
    keys(&mut model, "Rethe fold loses items<enter>");
    let effects = keys(&mut model, "<enter>");
    let [
        Effect::Errand(Doing::ReadRollback {
            generation,
            promotion,
            reason,
        }),
    ] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!(
        (*promotion, reason.as_str()),
        (id(8), "the fold loses items")
    );
    let told = Errands::Read(Ok(Box::new(plan())));
    let generation = *generation;
    send(&mut model, Message::Errand { generation, told });
    model
}

/// It is being taken back from here.
pub fn stepping(size: Size) -> Model {
    let mut model = planned(size);
    let effects = keys(&mut model, "<enter>");
    let [Effect::Errand(Doing::Go { generation })] = effects[..] else {
        panic!("{effects:?}");
    };
    let told = Errands::Step(State::Claimed);
    send(&mut model, Message::Errand { generation, told });
    model
}

#[test]
fn what_was_merged_is_taken_back_only_once_that_was_read_and_confirmed() {
    let mut model = planned(SIZE);
    assert!(seen(&model).contains("pushes a commit onto main of origin"));
    for key in ["j", "y", "R", "p", "l"] {
        assert_eq!(keys(&mut model, key), [], "{key}");
    }
    let mut model = stepping(SIZE);
    assert!(seen(&model).contains("▸ revert"), "{}", seen(&model));
    assert_eq!(keys(&mut model, "<enter><enter>"), []);
    let generation = model.errand.as_ref().unwrap().generation;
    let told = Errands::Step(State::Reverted);
    send(&mut model, Message::Errand { generation, told });
    assert_eq!(
        model.errand.as_ref().unwrap().stage,
        Errand::Stepping(Some(State::Reverted))
    );
    let told = Errands::Ended(Box::new(countersign::console::model::errand::Outcome {
        done: true,
        words: "lukhas/memory_fold: rolled back".into(),
        text: Vec::new(),
        record: None,
        branch: None,
    }));
    let effects = update(
        &mut model,
        Event::Message(Message::Errand { generation, told }),
    );
    assert!(
        matches!(
            effects[..],
            [Effect::Load { .. }, Effect::Canary(Watching::Read { .. })]
        ),
        "{effects:?}"
    );
    // What is under way goes on, and why was said then.
    let mut model = one(SIZE, rolling());
    let effects = keys(&mut model, "R");
    assert!(
        matches!(effects[..], [Effect::Errand(Doing::ReadRollback { .. })]),
        "{effects:?}"
    );
}

#[test]
fn a_merged_module_opens_on_its_canary() {
    let mut model = open(SIZE);
    keys(&mut model, "C");
    let generation = view(&model).generation;
    tell(
        &mut model,
        generation,
        Told::Read(Ok(Box::new(watched(all())))),
    );
    assert!(view(&model).opened.is_some());
    assert_eq!(view(&model).selected().unwrap().promotion.commit, id(7));
    keys(&mut model, "<esc><esc>");
    assert!(matches!(model.screen, Screen::Module(_)));
    // One that is not merged says so.
    keys(&mut model, "C");
    let generation = view(&model).generation;
    tell(
        &mut model,
        generation,
        Told::Read(Ok(Box::new(watched(vec![held()])))),
    );
    assert!(said(&model).contains("no promotion of candidate/quantum is merged"));
}

#[test]
fn what_could_not_be_read_again_stays_with_a_word_on_why() {
    let mut model = canary_of(SIZE, watched(vec![healthy()]));
    let effects = keys(&mut model, "r");
    let [
        Effect::Canary(Watching::Read {
            generation,
            fetch: true,
        }),
    ] = effects[..]
    else {
        panic!("{effects:?}");
    };
    assert!(seen(&model).contains("reading the log…"));
    tell(
        &mut model,
        generation,
        Told::Read(Err("the log does not hold".into())),
    );
    assert!(seen(&model).contains("PASS SO FAR"));
    assert!(said(&model).contains("does not hold"));
    let mut model = loaded(SIZE);
    keys(&mut model, "C");
    let generation = view(&model).generation;
    tell(&mut model, generation, Told::Read(Err("no keyring".into())));
    assert!(seen(&model).contains("no keyring"));
}

#[test]
fn a_newer_verdict_of_another_watcher_counts_and_older_figures_say_so() {
    let mut it = healthy();
    let mut newer = it.recorded[2].clone();
    newer.at += 30;
    newer.word = Word::Fail;
    newer.action = Action::RollBack;
    newer.why = "errors: 9 times as many".into();
    it.recorded.push(newer);
    let shown = seen(&one(SIZE, it));
    assert!(
        shown.contains("FAIL") && shown.contains("9 times as many"),
        "{shown}"
    );
    assert!(shown.contains("the verdict is newer"), "{shown}");
}

#[test]
fn hostile_text_is_visible_and_without_effect() {
    for model in [
        canary_of(SIZE, watched(vec![hostile()])),
        one(SIZE, hostile()),
        one(Size::new(160, 50), hostile()),
    ] {
        let shown = text(&draw(&model, &Theme::dark()));
        let bad: Vec<char> = shown
            .chars()
            .filter(|c| *c != '\n' && is_hostile(*c))
            .collect();
        assert!(bad.is_empty(), "{bad:?}\n{shown}");
        assert!(shown.contains('␛'), "{shown}");
    }
}
