//! The review screen: answers, notes, the last step, and what it looks like.

use countersign::console::effect::Effect;
use countersign::console::event::{Event, Message};
use countersign::console::model::module::Pane;
use countersign::console::model::review::{Outcome, Row, Sheet, Step};
use countersign::console::model::{Model, Screen};
use countersign::console::theme::Theme;
use countersign::console::update::update;
use countersign::promotion::review::{Answer, Role, Verb};
use countersign::promotion::text::is_hostile;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Size;

use crate::fixture::{self, keys, loaded, select, send};
use crate::picture::{ascii, draw, text};
use crate::screens::shoot;
use crate::sign_off::{
    HOSTILE, asked, give, item, kept, review_of, review_view, sheet, stale_sheet,
};
use crate::update::{said, view};

const SIZE: Size = Size::new(100, 30);

/// Every question of the sheet is answered with yes.
pub fn ready(size: Size) -> Model {
    let mut model = review_of(size, sheet());
    keys(&mut model, "yyyy");
    model
}

/// A concern about the tests, with a note.
pub fn concerned(size: Size) -> Model {
    let mut model = review_of(size, sheet());
    keys(
        &mut model,
        "ycThe edge at 0 is not covered.<enter>Nor is NaN.<esc>nIt has no users.<esc>y",
    );
    model
}

fn decided(effects: &[Effect]) -> &countersign::console::effect::Decided {
    match effects {
        [Effect::Sign(decided)] => decided,
        other => panic!("nothing is signed: {other:?}"),
    }
}

fn signed(model: &mut Model, outcome: Outcome) -> Vec<Effect> {
    let generation = review_view(model).generation;
    let outcome = Box::new(outcome);
    update(
        model,
        Event::Message(Message::Signed {
            generation,
            outcome,
        }),
    )
}

#[test]
fn nothing_is_answered_for_anybody() {
    let model = review_of(SIZE, sheet());
    let review = review_view(&model);
    assert_eq!(review.progress(), (0, 4));
    assert_eq!(review.answered(), []);
    assert_eq!(review.selected(), Some(Row::Item(0)));
}

#[test]
fn nothing_is_signed_while_a_question_is_open() {
    let mut model = review_of(SIZE, sheet());
    keys(&mut model, "yjy");
    assert_eq!(keys(&mut model, "s"), []);
    assert!(
        said(&model).contains("not answered yet: tests, trust"),
        "{}",
        said(&model)
    );
    let review = review_view(&model);
    assert_eq!(review.step, Step::Answer);
    assert_eq!(review.selected(), Some(Row::Item(1)), "the first open one");
}

#[test]
fn an_answer_leads_to_the_next_question_without_one() {
    let mut model = review_of(SIZE, sheet());
    let at = |model: &Model| review_view(model).selected();
    keys(&mut model, "jy");
    assert_eq!(at(&model), Some(Row::Item(2)));
    // Not before what is asked for with it is written.
    keys(&mut model, "c");
    assert_eq!(at(&model), Some(Row::Item(2)));
    keys(&mut model, "flaky<esc>");
    assert_eq!(at(&model), Some(Row::Item(3)));
    // Those that were left out come last, then the last step.
    keys(&mut model, "y");
    assert_eq!(at(&model), Some(Row::Item(0)));
    keys(&mut model, "<tab>");
    assert!(said(&model).contains("the last question without an answer"));
    keys(&mut model, "y");
    assert_eq!(at(&model), Some(Row::Finish));
    // Taking one back stays with it.
    keys(&mut model, "ku");
    assert_eq!(at(&model), Some(Row::Item(3)));
}

#[test]
fn every_answer_is_kept_as_it_is_made() {
    let mut model = review_of(SIZE, sheet());
    let first = kept(&keys(&mut model, "y"));
    assert_eq!((first.about.as_str(), first.role), ("about-1", Role::Tech));
    assert_eq!(first.answers["design"].answer, Some(Answer::Yes));
    // A concern asks for its note at once; the note is kept when it ends.
    let effects = keys(&mut model, "c");
    assert_eq!(
        kept(&effects).answers["tests"].answer,
        Some(Answer::Concern)
    );
    assert!(review_view(&model).writing.is_some());
    let effects = keys(&mut model, "q? s<enter>two<esc>");
    assert_eq!(kept(&effects).answers["tests"].note, "q? s\ntwo");
    // Taken back: with its note it stays as no answer, without one it is gone.
    let effects = keys(&mut model, "ku");
    assert_eq!(kept(&effects).answers["tests"].answer, None);
    let effects = keys(&mut model, "ku");
    assert!(!kept(&effects).answers.contains_key("design"));
}

#[test]
fn what_does_not_apply_has_to_be_explained() {
    let mut model = review_of(SIZE, sheet());
    keys(&mut model, "n<esc>jyyy");
    assert_eq!(keys(&mut model, "s"), []);
    assert!(
        said(&model).contains("a note is missing for design"),
        "{}",
        said(&model)
    );
    keys(&mut model, "eIt is data.<esc>s");
    assert_eq!(review_view(&model).step, Step::Choose(None, 0));
}

#[test]
fn an_interrupted_review_goes_on_where_it_was() {
    let mut model = review_of(SIZE, sheet());
    let before = kept(&keys(&mut model, "ycflaky<esc>"));
    let restored = Sheet {
        kept: Some(before),
        ..sheet()
    };
    let model = review_of(SIZE, restored);
    let review = review_view(&model);
    assert_eq!(review.progress(), (2, 4));
    assert_eq!(review.answers["tests"].note, "flaky");
    assert!(
        said(&model).contains("2 of 4 answers were kept"),
        "{}",
        said(&model)
    );
}

#[test]
fn answers_to_other_content_are_shown_and_asked_again() {
    let mut model = review_of(SIZE, sheet());
    let before = kept(&keys(&mut model, "ycflaky<esc>"));
    let changed = Sheet {
        kept: Some(before),
        about: "about-2".into(),
        ..sheet()
    };
    let mut model = review_of(SIZE, changed);
    assert_eq!(review_view(&model).progress(), (0, 4));
    assert!(
        said(&model).contains("answered for older content"),
        "{}",
        said(&model)
    );
    keys(&mut model, "j");
    let shown = ascii(&model);
    assert!(
        shown.contains("answered for older content: concern, flaky"),
        "{shown}"
    );
    // The same where the content changes while one looks.
    keys(&mut model, "ky");
    let effects = keys(&mut model, "r");
    assert!(matches!(effects[..], [Effect::Load { .. }]), "{effects:?}");
    let generation = model.load;
    let effects = update(
        &mut model,
        Event::Message(Message::Tree {
            generation,
            result: Ok(fixture::tree().into()),
        }),
    );
    let newer = Sheet {
        about: "about-3".into(),
        ..sheet()
    };
    give(&mut model, &effects, newer);
    assert_eq!(review_view(&model).progress(), (0, 4));
    assert_eq!(
        review_view(&model).older["design"].answer,
        Some(Answer::Yes)
    );
}

#[test]
fn the_same_content_read_again_keeps_the_answers_and_the_place() {
    let mut model = review_of(SIZE, sheet());
    keys(&mut model, "yy");
    keys(&mut model, "r");
    let generation = model.load;
    let effects = update(
        &mut model,
        Event::Message(Message::Tree {
            generation,
            result: Ok(fixture::tree().into()),
        }),
    );
    give(&mut model, &effects, sheet());
    assert_eq!(review_view(&model).progress(), (2, 4));
    assert_eq!(review_view(&model).selected(), Some(Row::Item(2)));
}

#[test]
fn what_is_read_again_takes_nobody_back_where_not_a_line_is_another() {
    let again = |model: &mut Model, newer: Sheet| {
        keys(model, "<f5>");
        let generation = model.load;
        let result = Ok(fixture::tree().into());
        let message = Message::Tree { generation, result };
        let effects = update(model, Event::Message(message));
        give(model, &effects, newer);
    };
    let mut model = ready(SIZE);
    keys(&mut model, "sa");
    again(&mut model, sheet());
    let chosen = Step::Choose(Some(Verb::Approve), 0);
    assert_eq!(review_view(&model).step, chosen);
    let effects = keys(&mut model, "<enter>");
    assert_eq!(decided(&effects).shown, sheet().text);
    // Another line is to be looked at before it is signed.
    let mut model = ready(SIZE);
    keys(&mut model, "sa");
    let mut newer = sheet();
    newer.text.push("  approved by bob as security".into());
    again(&mut model, newer);
    assert_eq!(review_view(&model).step, Step::Answer);
}

#[test]
fn a_decision_is_chosen_and_then_signed() {
    let mut model = ready(SIZE);
    keys(&mut model, "s");
    assert_eq!(keys(&mut model, "<enter>"), []);
    assert!(said(&model).contains("nothing is chosen yet: a approves, r rejects"));
    let effects = keys(&mut model, "eAll in all good.<esc>a<enter>");
    let decided = match effects.last() {
        Some(Effect::Sign(decided)) => decided,
        other => panic!("{other:?}"),
    };
    assert_eq!(decided.verb, Verb::Approve);
    assert_eq!(decided.answers.len(), 4);
    assert_eq!(decided.note, "All in all good.");
    assert!(
        decided
            .words
            .contains("approve candidate/quantum to core/quantum as tech")
    );
    assert_eq!(decided.generation, review_view(&model).generation);
    assert_eq!(review_view(&model).step, Step::Signing(Verb::Approve));
    let effects = signed(
        &mut model,
        Outcome::Signed {
            verb: Verb::Approve,
            position: 36,
            shared: "shared with origin".into(),
            is_shared: true,
        },
    );
    assert!(
        matches!(
            &effects[..],
            [Effect::States { .. }, Effect::Standing { .. }]
        ),
        "{effects:?}"
    );
    assert!(
        said(&model).contains("signed as entry 36"),
        "{}",
        said(&model)
    );
    // What was signed stays in sight behind what came of it.
    let shown = ascii(&model);
    for row in ["+ Design", "-> Signed", "signed as entry 36"] {
        assert!(shown.contains(row), "no {row:?} in\n{shown}");
    }
    for row in ["open)", "not answered"] {
        assert!(!shown.contains(row), "{row:?} in\n{shown}");
    }
    // Signed once: going on leads back, and nothing is left answered.
    keys(&mut model, "<enter>");
    assert!(matches!(model.screen, Screen::Dashboard));
    assert!(!said(&model).contains("kept"), "{}", said(&model));
    assert_eq!(model.dashboard.module(), Some(fixture::QUANTUM));
}

#[test]
fn a_concern_stands_against_approval_and_not_against_rejection() {
    let mut model = concerned(SIZE);
    keys(&mut model, "s");
    assert_eq!(keys(&mut model, "a"), []);
    assert!(
        said(&model).contains("concerns about tests"),
        "{}",
        said(&model)
    );
    assert_eq!(review_view(&model).step, Step::Choose(None, 0));
    let effects = keys(&mut model, "x<enter>");
    let decided = decided(&effects);
    assert_eq!(decided.verb, Verb::Reject);
    let tests = decided.answers.iter().find(|it| it.id == "tests").unwrap();
    assert_eq!(tests.note, "The edge at 0 is not covered.\nNor is NaN.");
}

#[test]
fn who_may_not_approve_is_told_before_and_may_reject() {
    let barred = Sheet {
        elsewhere: None,
        barred: vec!["nobody approves their own work".into()],
        ..sheet()
    };
    let mut model = review_of(SIZE, barred);
    assert!(ascii(&model).contains("An approval would not count: nobody approves their own work"));
    keys(&mut model, "yyyysa");
    assert!(said(&model).contains("their own work"), "{}", said(&model));
    assert_eq!(decided(&keys(&mut model, "x<enter>")).verb, Verb::Reject);
}

#[test]
fn who_looks_beside_the_promotion_is_told_as_long_as_they_do() {
    let beside = Sheet {
        elsewhere: Some("promote/quantum-20261126".into()),
        ..sheet()
    };
    let mut model = review_of(SIZE, beside);
    let told = "The promotion is on promote/quantum-20261126";
    assert!(
        said(&model).contains("the promotion is on"),
        "{}",
        said(&model)
    );
    keys(&mut model, "yyyy");
    assert!(ascii(&model).contains(told), "{}", ascii(&model));
    keys(&mut model, "s");
    let shown = ascii(&model);
    assert!(
        shown.contains("is not for promote/quantum-20261126"),
        "{shown}"
    );
}

#[test]
fn what_was_not_signed_keeps_its_answers_and_is_read_again() {
    let mut model = ready(SIZE);
    keys(&mut model, "sa<enter>");
    let why = "work/next-promotions moved while it was reviewed: nothing was signed";
    let effects = signed(
        &mut model,
        Outcome::Not {
            verb: Verb::Approve,
            why: why.into(),
        },
    );
    assert_eq!(effects, []);
    assert!(ascii(&model).contains("moved while it was reviewed"));
    let effects = keys(&mut model, "<enter>");
    assert!(asked(&effects) == review_view(&model).generation);
    give(&mut model, &effects, sheet());
    assert_eq!(review_view(&model).progress(), (4, 4));
}

#[test]
fn an_answer_of_openssh_to_another_sheet_is_only_told() {
    let mut model = ready(SIZE);
    keys(&mut model, "sa<enter>");
    let generation = review_view(&model).generation + 7;
    let outcome = Box::new(Outcome::Not {
        verb: Verb::Approve,
        why: "no key".into(),
    });
    send(
        &mut model,
        Message::Signed {
            generation,
            outcome,
        },
    );
    assert_eq!(review_view(&model).step, Step::Signing(Verb::Approve));
}

#[test]
fn a_standing_decision_is_withdrawn_after_it_was_confirmed() {
    let mut model = review_of(SIZE, stale_sheet());
    keys(&mut model, "w");
    assert_eq!(
        review_view(&model).step,
        Step::Choose(Some(Verb::Withdraw), 0)
    );
    assert_eq!(keys(&mut model, "a"), []);
    assert!(said(&model).contains("only withdraws"), "{}", said(&model));
    let effects = keys(&mut model, "<enter>");
    let decided = decided(&effects);
    assert_eq!(
        (decided.verb, decided.answers.as_slice()),
        (Verb::Withdraw, &[][..])
    );
    let mut model = review_of(SIZE, sheet());
    assert_eq!(keys(&mut model, "w"), []);
    assert!(
        said(&model).contains("no decision of yours"),
        "{}",
        said(&model)
    );
}

#[test]
fn what_changed_is_what_one_sees_first() {
    let mut model = review_of(SIZE, stale_sheet());
    assert_eq!(review_view(&model).selected(), Some(Row::Changed));
    let shown = ascii(&model);
    assert!(shown.contains("3 files differ"), "{shown}");
    // The difference is one key away, and going back leads here again.
    let effects = keys(&mut model, "d");
    assert!(view(&model).diff.is_some());
    assert!(effects.iter().any(|it| matches!(it, Effect::Diff(_))));
    keys(&mut model, "<esc>");
    assert_eq!(review_view(&model).selected(), Some(Row::Changed));
}

#[test]
fn from_a_question_to_its_gate_and_back() {
    let mut model = review_of(SIZE, sheet());
    keys(&mut model, "y]");
    let effects = keys(&mut model, "<enter>");
    assert!(
        matches!(&effects[..], [Effect::Dossier { .. }]),
        "{effects:?}"
    );
    let gate = &model.gates[view(&model).gate];
    assert_eq!(gate.id.as_str(), "coverage");
    // `s` goes on with the review that was left, and does not begin another.
    assert_eq!(keys(&mut model, "s"), []);
    assert_eq!(review_view(&model).progress(), (1, 4));
    assert_eq!(review_view(&model).selected(), Some(Row::Item(1)));
    let effects = keys(&mut model, "<esc>");
    assert!(matches!(model.screen, Screen::Dashboard), "{effects:?}");
}

#[test]
fn a_review_from_a_module_leads_back_to_it() {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    keys(&mut model, "<enter>2");
    let effects = keys(&mut model, "s");
    give(&mut model, &effects, sheet());
    // Also after one looked at something else of it.
    keys(&mut model, "yd<esc><esc>");
    assert_eq!(view(&model).path, "candidate/quantum".into());
    assert_eq!(view(&model).pane, Pane::Coverage);
    assert!(
        said(&model).contains("1 answer is kept"),
        "{}",
        said(&model)
    );
}

#[test]
fn another_role_has_its_own_questions_and_answers() {
    let mut model = review_of(SIZE, sheet());
    keys(&mut model, "y");
    let effects = keys(&mut model, "R");
    let role = effects.iter().find_map(|it| match it {
        Effect::Sheet { role, .. } => *role,
        _ => None,
    });
    assert_eq!(role, Some(Role::Security));
    let mut other = sheet();
    other.role = Role::Security;
    other.about = "about-security".into();
    other.checklist.items = vec![item("secrets", "Secrets", "Are there none?", &["lint"])];
    other.evidence.truncate(1);
    give(&mut model, &effects, other);
    let review = review_view(&model);
    assert_eq!((review.progress(), review.older.len()), ((0, 1), 0));
    let mut only = sheet();
    only.roles = vec![Role::Tech];
    let mut model = review_of(SIZE, only);
    assert_eq!(keys(&mut model, "R"), []);
    assert!(
        said(&model).contains("no other role than tech"),
        "{}",
        said(&model)
    );
}

#[test]
fn the_editor_writes_the_note() {
    let mut model = review_of(SIZE, sheet());
    keys(&mut model, "edraft<esc>");
    let effects = keys(&mut model, "E");
    let [Effect::WriteNote { generation, text }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(text, "draft");
    let written = |result| Message::NoteWritten {
        generation: *generation,
        result,
    };
    send(
        &mut model,
        written(Err("the editor vi ended with 1".into())),
    );
    assert!(
        review_view(&model).writing.is_some(),
        "what was written stays"
    );
    let effects = update(
        &mut model,
        Event::Message(written(Ok("better\u{1b}[2J\n\n".into()))),
    );
    assert_eq!(kept(&effects).answers["design"].note, "better[2J");
}

#[test]
fn pasted_lines_stay_lines_and_ctrl_c_drops_the_note_only() {
    let mut model = review_of(SIZE, sheet());
    keys(&mut model, "e");
    update(&mut model, Event::Paste("one\r\ntwo\u{1b}]0;x\u{7}".into()));
    keys(&mut model, "<esc>");
    assert_eq!(review_view(&model).answers["design"].note, "one\ntwo]0;x");
    keys(&mut model, "emore");
    let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(update(&mut model, Event::Key(ctrl_c)), []);
    assert_eq!(review_view(&model).answers["design"].note, "one\ntwo]0;x");
}

#[test]
fn no_sheet_says_why() {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    let generation = asked(&keys(&mut model, "s"));
    assert!(ascii(&model).contains("Reading the content"));
    assert_eq!(keys(&mut model, "y"), []);
    assert!(said(&model).contains("nothing to answer yet"));
    let result = Err(format!("no key {HOSTILE}"));
    send(&mut model, Message::Sheet { generation, result });
    let shown = text(&draw(&model, &Theme::dark()));
    assert!(shown.contains("no key ␛[2J"), "{shown}");
    keys(&mut model, "<esc>");
    assert!(matches!(model.screen, Screen::Dashboard));
}

#[test]
fn pictures_of_questions() {
    shoot("review-concern", |size| {
        let mut model = concerned(size);
        keys(&mut model, "kkk");
        model
    });
    shoot("review-note-long", |size| {
        let mut model = concerned(size);
        keys(
            &mut model,
            "kkke and a long line that does not fit into a row of the box, so that it goes on below<enter>",
        );
        model
    });
}

/// It is being signed, is, and could not be.
pub fn last_steps(size: Size) -> [(&'static str, Model); 3] {
    let mut signing = ready(size);
    keys(&mut signing, "sa<enter>");
    let after = |outcome| {
        let mut model = signing.clone();
        signed(&mut model, outcome);
        model
    };
    let done = Outcome::Signed {
        verb: Verb::Approve,
        position: 36,
        shared: "only here so far: origin could not be reached".into(),
        is_shared: false,
    };
    let not = Outcome::Not {
        verb: Verb::Approve,
        why: "ssh-keygen was interrupted".into(),
    };
    [
        ("review, signed", after(done)),
        ("review, not signed", after(not)),
        ("review, signing", signing),
    ]
}

#[test]
fn pictures_of_the_last_step() {
    shoot("review-ready", |size| {
        let mut model = ready(size);
        keys(&mut model, "k");
        model
    });
    shoot("review-withdraw", |size| {
        let mut model = review_of(size, stale_sheet());
        keys(&mut model, "w");
        model
    });
}

/// A sheet that is hostile wherever text stands.
pub fn hostile() -> Sheet {
    let mut sheet = stale_sheet();
    sheet.module = format!("candidate/{HOSTILE}").as_str().into();
    sheet.target = format!("core/{HOSTILE}").as_str().into();
    sheet.principal = format!("ada{HOSTILE}@example.org");
    sheet.key = format!("~/.ssh/{HOSTILE}");
    sheet.barred = vec![format!("barred {HOSTILE}")];
    for item in &mut sheet.checklist.items {
        item.title.push_str(HOSTILE);
        item.question.push_str(HOSTILE);
    }
    for gate in sheet.evidence.iter_mut().flatten() {
        gate.why.push_str(HOSTILE);
    }
    sheet.text = vec![HOSTILE.into(), format!("\t{HOSTILE}")];
    if let Some(last) = &mut sheet.last {
        last.reasons.push(HOSTILE.into());
    }
    sheet
}

#[test]
fn hostile_text_is_visible_and_without_effect() {
    shoot("review-hostile-question", |size| {
        let mut model = review_of(size, hostile());
        keys(&mut model, "j");
        model
    });
    let mut model = review_of(SIZE, hostile());
    let walk = [
        "j", "c", "<enter>", "<esc>", "y", "y", "y", "s", "x", "e", "<esc>", "<esc>", "v",
    ];
    for step in walk {
        keys(&mut model, step);
        if step == "<enter>" {
            update(&mut model, Event::Paste(HOSTILE.into()));
        }
        let shown = text(&draw(&model, &Theme::dark()));
        let bad: Vec<char> = shown
            .chars()
            .filter(|c| *c != '\n' && is_hostile(*c))
            .collect();
        assert!(bad.is_empty(), "after {step}: {bad:?}\n{shown}");
    }
    let reached = matches!(review_view(&model).step, Step::Text(_));
    assert!(reached, "the walk ended at {:?}", review_view(&model).step);
}

#[test]
fn ascii_terminals_get_ascii() {
    let mut model = concerned(SIZE);
    assert!(ascii(&model).is_ascii(), "{}", ascii(&model));
    keys(&mut model, "sx");
    assert!(ascii(&model).is_ascii(), "{}", ascii(&model));
    // Answers differ by shape, not by colour alone.
    keys(&mut model, "<esc>");
    let shown = ascii(&model);
    for row in ["+ Design", "! Tests", "- Documentation"] {
        assert!(shown.contains(row), "no {row:?} in\n{shown}");
    }
}
