//! One promotion: how it stands, why, and looks at it.

use countersign::console::action::Action as Key;
use countersign::console::effect::{Effect, Watching};
use countersign::console::event::Event;
use countersign::console::model::Model;
use countersign::console::model::canary::Told;
use countersign::console::theme::Theme;
use countersign::console::update::update;
use countersign::console::widgets::footer;
use countersign::promotion::canary::{Action, Word};
use countersign::promotion::rollback::Gates;
use countersign::promotion::text::is_hostile;
use countersign::workflow::observe::{Control, Heard, Standing};
use ratatui::layout::Size;

use super::world::{id, standing};
use super::{
    SECONDS, SIZE, all, canary_of, failing, healthy, held, hostile, one, rolling, seen, tell, view,
    watched,
};
use crate::fixture::{NOW, keys, loaded};
use crate::picture::{draw, text};
use crate::sign_off::HOSTILE;
use crate::update::said;

#[test]
fn the_help_explains_the_words_of_the_screen() {
    let help = |mut model: Model| {
        keys(&mut model, "?");
        seen(&model)
    };
    let shown = help(one(Size::new(100, 100), healthy()));
    assert!(shown.contains("What its words mean"), "{shown}");
    for word in Word::ALL {
        let line = format!("  {word} ");
        assert!(shown.contains(&line), "no {word} in\n{shown}");
    }
    for word in ["NOT LOOKED AT", "armed at", "burn", "bin", "claimed"] {
        assert!(shown.contains(word), "no {word} in\n{shown}");
    }
    // Elsewhere they would be in the way.
    let elsewhere = help(loaded(Size::new(100, 100)));
    assert!(!elsewhere.contains("What its words mean"));
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
fn before_the_first_look_nothing_is_late() {
    let mut it = standing(12, "candidate/fresh", "core/fresh");
    it.next_look = Some(it.merged_at);
    let shown = seen(&one(SIZE, it.clone()));
    let words = "NEXT LOOK  the first: nobody has watched since the merge 1d ago";
    assert!(shown.contains(words), "{shown}");
    let shown = seen(&canary_of(SIZE, watched(vec![it])));
    assert!(shown.contains("armed  first look due"), "{shown}");
}

#[test]
fn where_nothing_is_set_up_nobody_is_sent_to_look() {
    let mut it = standing(12, "candidate/fresh", "core/fresh");
    it.watch.policy.signals.clear();
    let mut model = one(SIZE, it);
    let shown = seen(&model);
    assert!(shown.contains("NOT SET UP"), "{shown}");
    assert!(shown.contains("nothing has to be done"), "{shown}");
    let keys_here: Vec<_> = footer::hints(&model).iter().map(|it| it.action).collect();
    for action in [Key::LookNow, Key::PauseWatch, Key::AcknowledgeWatch] {
        assert!(!keys_here.contains(&action), "{action:?}");
    }
    keys(&mut model, "<esc>");
    assert!(!seen(&model).contains("canary NOT"), "{}", seen(&model));
}

#[test]
fn what_gate_1_says_of_the_fix_is_said() {
    for (failing, told) in [
        (vec![], "holds there"),
        (vec!["tests"], "fails there: tests"),
    ] {
        let mut it = rolling();
        if let Some(rollback) = &mut it.rollback {
            rollback.gates = Some(Gates {
                holds: failing.is_empty(),
                failing: failing.into_iter().map(str::to_owned).collect(),
            });
        }
        let shown = seen(&one(SIZE, it));
        let line = shown.lines().find(|it| it.contains("GATE 1"));
        assert!(line.is_some_and(|it| it.contains(told)), "{shown}");
    }
}

#[test]
fn the_ends_of_a_chart_are_told_apart() {
    let ends = |looks: usize, apart: i64| {
        let mut it = healthy();
        let skipped = it.looks.len() - looks;
        it.looks.drain(..skipped);
        let last = it.looks[looks - 1].at;
        for (look, before) in it.looks.iter_mut().rev().zip(0..) {
            look.at = last - before * apart;
        }
        let shown = seen(&one(SIZE, it));
        let axis = shown
            .lines()
            .find(|line| line.trim_start().starts_with("14:1"));
        axis.unwrap_or_else(|| panic!("{shown}"))
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(ends(3, 60), ["14:10", "14:12"]);
    assert_eq!(ends(3, 10), ["14:12:00", "14:12:20"]);
    assert_eq!(ends(1, 0), ["14:12:20"]);
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
