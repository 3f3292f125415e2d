//! What waits for the person at hand, and how modules stand.

use countersign::console::action::Action;
use countersign::console::effect::{Doing, Effect};
use countersign::console::model::dashboard::Entry;
use countersign::console::model::errand::Kind;
use countersign::console::model::module::Pane;
use countersign::console::model::standing::Standings;
use countersign::console::model::{Model, Screen};
use countersign::console::widgets::footer;
use countersign::promotion::stage::{Course, SIGN_OFF};
use countersign::promotion::{
    Criterion, GateState, GateStatus, ModuleId, ObjectId, RepoPath, Stage,
};
use countersign::workflow::promote::{Promoted, Promotion};
use ratatui::layout::Size;

use crate::fixture::{QUANTUM, keys, loaded, select, states_all};
use crate::picture::ascii;
use crate::screens::{open, shoot};
use crate::sign_off::{review_view, standings, with_standings};
use crate::update::{said, view};

const SIZE: Size = Size::new(100, 30);
const CELLS: ModuleId = ModuleId(1);

#[test]
fn what_waits_comes_first_and_is_selected_first() {
    let mut model = loaded(SIZE);
    model.touched = false;
    with_standings(&mut model, standings());
    let first: Vec<Entry> = model.dashboard.rows.iter().map(|row| row.entry).collect();
    let expected = [
        Entry::Waiters,
        Entry::Waiting(QUANTUM),
        Entry::Waiting(CELLS),
        Entry::Lane(0),
    ];
    assert_eq!(first[..4], expected);
    assert_eq!(model.dashboard.entry(), Some(Entry::Waiting(QUANTUM)));
    let shown = ascii(&model);
    assert!(
        shown.contains("waiting for you  2  ada@example.org"),
        "{shown}"
    );
    assert!(shown.contains("your approval as tech is stale"), "{shown}");
}

#[test]
fn who_looks_elsewhere_is_left_there() {
    let mut model = loaded(SIZE);
    select(&mut model, "memory/");
    with_standings(&mut model, standings());
    assert_eq!(
        model.dashboard.entry(),
        Some(Entry::Module(crate::fixture::MEMORY))
    );
    // Nor is anybody moved by what is read later.
    with_standings(
        &mut model,
        Standings {
            known: true,
            ..Standings::default()
        },
    );
    assert_eq!(
        model.dashboard.entry(),
        Some(Entry::Module(crate::fixture::MEMORY))
    );
    assert_eq!(model.dashboard.rows[0].entry, Entry::Lane(0));
}

#[test]
fn what_became_of_a_promotion_counts_for_the_stage() {
    let mut model = loaded(SIZE);
    let (before, other) = (model.stage(QUANTUM), model.stage(CELLS));
    let promoted = Course {
        promoted: true,
        ..Course::default()
    };
    let mut standings = standings();
    standings
        .courses
        .insert("candidate/quantum".into(), promoted);
    with_standings(&mut model, standings);
    assert!(before < Stage::Promoted);
    assert_eq!(model.stage(QUANTUM), Stage::Promoted);
    assert_eq!(model.stage(CELLS), other);
    assert!(ascii(&model).contains("promoted"), "{}", ascii(&model));
}

#[test]
fn an_approval_among_several_is_told_apart_from_none_and_from_all() {
    let mut model = loaded(SIZE);
    let column = |model: &Model| {
        let shown = ascii(model);
        let mut rows = shown.lines().filter(|row| row.contains("quantum/"));
        let row = rows.find(|row| row.contains("candidate")).unwrap();
        let marks: Vec<_> = row.split_whitespace().collect();
        let stage = marks.iter().position(|it| *it == "candidate").unwrap();
        marks[stage - 1].to_owned()
    };
    select(&mut model, "quantum/");
    assert_eq!(column(&model), ".");
    let mut told = standings();
    let quantum = told.of.get_mut(&"candidate/quantum".into()).unwrap();
    quantum.states.retain(|it| it.holds());
    quantum.states.truncate(1);
    quantum.missing = vec!["an approval as tech".into()];
    told.waiting.clear();
    with_standings(&mut model, told.clone());
    select(&mut model, "quantum/");
    assert_eq!(column(&model), "/");
    let shown = ascii(&model);
    let words = "candidate/quantum | approved by grace@example.org (security) so far";
    assert!(shown.contains(words), "{shown}");

    let quantum = told.of.get_mut(&"candidate/quantum".into()).unwrap();
    quantum.missing.clear();
    with_standings(&mut model, told);
    assert_eq!(column(&model), ".");
}

#[test]
fn from_what_waits_to_the_review_and_to_why() {
    let mut model = loaded(SIZE);
    with_standings(&mut model, standings());
    keys(&mut model, "ggj");
    let effects = keys(&mut model, "s");
    assert!(
        matches!(&effects[..], [Effect::Sheet { .. }]),
        "{effects:?}"
    );
    assert_eq!(review_view(&model).module, "candidate/quantum".into());
    keys(&mut model, "<esc>");
    assert_eq!(model.dashboard.entry(), Some(Entry::Waiting(QUANTUM)));
    keys(&mut model, "<enter>");
    assert_eq!(view(&model).pane, Pane::SignOff);
    keys(&mut model, "<esc>");
    assert_eq!(model.dashboard.entry(), Some(Entry::Waiting(QUANTUM)));
}

#[test]
fn what_waits_is_folded_and_filtered_like_the_rest() {
    let mut model = loaded(SIZE);
    with_standings(&mut model, standings());
    keys(&mut model, "gg<space>");
    assert_eq!(model.dashboard.rows[1].entry, Entry::Lane(0));
    keys(&mut model, "<enter>");
    assert_eq!(model.dashboard.rows[1].entry, Entry::Waiting(QUANTUM));
    keys(&mut model, "/cells");
    let waiting: Vec<_> = model
        .dashboard
        .rows
        .iter()
        .filter(|row| matches!(row.entry, Entry::Waiting(_)))
        .map(|row| row.entry)
        .collect();
    assert_eq!(waiting, [Entry::Waiting(CELLS)]);
}

/// A module that left its lane.
pub fn left(name: &str, stage: Stage) -> Promoted {
    let id = ObjectId::from_bytes([5; 20]);
    Promoted {
        promotion: Promotion {
            from: format!("candidate/{name}").as_str().into(),
            to: format!("core/{name}").as_str().into(),
            head: id,
            moved: id,
            commit: id,
            branch: format!("promote/{name}-20260309"),
            entry: None,
        },
        stage,
        merge: None,
        merged_by: (stage > Stage::Promoted).then(|| "Olga <olga@example.org>".into()),
        merge_entry: None,
        rollback: None,
    }
}

fn some_left(size: Size) -> Model {
    let mut model = loaded(size);
    let promoted = vec![
        left("retry", Stage::Promoted),
        left("quantum", Stage::Promoted),
        left("fees", Stage::Merged),
    ];
    let standings = Standings {
        known: true,
        promoted,
        ..Standings::default()
    };
    with_standings(&mut model, standings);
    model
}

#[test]
fn what_left_its_lane_is_found_on_the_dashboard() {
    let mut model = some_left(SIZE);
    // What is in its lane at this revision has a row of its own, with its stage.
    let rows: Vec<Entry> = model.dashboard.rows.iter().map(|row| row.entry).collect();
    let expected = [
        Entry::Promotions,
        Entry::Promoted(0),
        Entry::Promoted(1),
        Entry::Lane(0),
    ];
    assert_eq!(rows[..4], expected);
    // By its name, too.
    keys(&mut model, "/retry<enter>");
    assert_eq!(model.dashboard.entry(), Some(Entry::Promoted(0)));
    // On its branch still: what can be done there.
    let effects = keys(&mut model, "<enter>");
    let [Effect::Errand(Doing::Read { kind, branch, .. })] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(*kind, Kind::Promotion);
    assert_eq!(branch.as_deref(), Some("promote/retry-20260309"));
    keys(&mut model, "<esc>");
    assert_eq!(keys(&mut model, "c"), []);
    assert!(
        said(&model).contains("it left its lane"),
        "{}",
        said(&model)
    );
    // On the base branch: its canary.
    keys(&mut model, "<esc>j<enter>");
    let Screen::Canary(view) = &model.screen else {
        panic!("{:?}", model.screen);
    };
    assert_eq!(view.wanted, Some("candidate/fees".into()));
    keys(&mut model, "<esc>");
    assert_eq!(model.dashboard.entry(), Some(Entry::Promoted(1)));
}

#[test]
fn enter_on_a_heading_says_what_it_does() {
    let mut model = some_left(SIZE);
    keys(&mut model, "gg");
    let word = |model: &Model| footer::hints(model)[0].word.clone();
    for (entry, folded) in [("fold", "unfold"), ("unfold", "fold")] {
        assert_eq!(word(&model), entry);
        keys(&mut model, "<enter>");
        assert_eq!(word(&model), folded);
    }
    keys(&mut model, "j");
    assert_eq!(word(&model), "open");
}

#[test]
fn without_a_forge_it_is_said_how_to_merge() {
    let mut model = some_left(Size::new(80, 24));
    let with_forge = ascii(&model);
    assert!(with_forge.contains("its pull request comes next"));
    model.standings.by_hand = Some("main".into());
    let row = ascii(&model);
    assert!(row.contains("to be merged into main by hand"), "{row}");
    // On what is in its lane where one looks.
    let course = Course {
        promoted: true,
        ..Course::default()
    };
    let at = "candidate/quantum".into();
    model.standings.courses.insert(at, course);
    select(&mut model, "quantum/");
    keys(&mut model, "<enter>");
    let hints = footer::hints(&model);
    assert_eq!(hints[0].action, Action::ModulePromote);
    assert_eq!(hints[0].word, "how to merge");
    // Where it was promoted, at once or before.
    let mut model = crate::errand::promoted(SIZE, Err("no key".into()));
    assert!(ascii(&model).contains("its pull request would send"));
    model.standings.by_hand = Some("main".into());
    let told = ascii(&model);
    // In its box it goes on in the next line.
    for merging in [
        "git checkout main && git merge ",
        "| promote/quantum-20260309 ",
    ] {
        assert!(told.contains(merging), "{told}");
    }
    let pull = |it: &footer::Hint| it.action == Action::ErrandPullRequest;
    assert!(!footer::hints(&model).iter().any(pull));
}

#[test]
fn the_hints_begin_with_the_next_step() {
    use Action::{Back, Canary, Check, ModuleCanary, ModuleCheck, ModulePropose, ModuleSignOff};
    use Action::{ModulePromote, Open, Promote, Propose, PullRequest, SignOff};
    use GateStatus::{Failed, NeverRun, Passed};
    let with = |status: GateStatus, reviewers: GateStatus| {
        let mut states = states_all(status);
        states.push(GateState {
            gate: SIGN_OFF,
            criterion: Criterion::Reviewers,
            status: reviewers,
            why: String::new(),
            evidence: None,
        });
        states
    };
    let course = |proposed, promoted, merged| Course {
        proposed,
        promoted,
        merged,
        ..Course::default()
    };
    let none = Course::default();
    let proposed = course(true, false, false);
    for (states, course, on_dashboard, on_module) in [
        (with(NeverRun, NeverRun), none, Check, ModuleCheck),
        // What failed is read before anything.
        (with(Failed, NeverRun), proposed, Open, Back),
        (with(Passed, NeverRun), none, Propose, ModulePropose),
        (with(Passed, NeverRun), proposed, SignOff, ModuleSignOff),
        (with(Passed, Passed), proposed, Promote, ModulePromote),
        (
            with(Passed, Passed),
            course(true, true, false),
            Open,
            PullRequest,
        ),
        (
            with(Passed, Passed),
            course(true, true, true),
            Canary,
            ModuleCanary,
        ),
    ] {
        let mut model = loaded(Size::new(80, 24));
        select(&mut model, "quantum/");
        model.catalog.set_states(vec![(QUANTUM, states)]);
        let at: RepoPath = "candidate/quantum".into();
        model.standings.courses.insert(at.clone(), course);
        let why = "an approval as tech is missing".to_owned();
        model.standings.waiting.push((at, why));
        let first = |model: &Model| footer::hints(model)[0].action;
        assert_eq!(first(&model), on_dashboard, "{course:?}");
        keys(&mut model, "<enter>");
        assert_eq!(first(&model), on_module, "{course:?}");
        // Who wrote it, or signed already, waits for others.
        model.standings.waiting.clear();
        let signs = on_module == ModuleSignOff;
        let alone = if signs { Back } else { on_module };
        assert_eq!(first(&model), alone, "{course:?}");
    }
}

#[test]
fn an_older_reading_is_dropped() {
    let mut model = loaded(SIZE);
    let old = model.load;
    keys(&mut model, "r");
    crate::fixture::send(
        &mut model,
        countersign::console::event::Message::Standing {
            generation: old,
            standings: Box::new(standings()),
        },
    );
    assert!(!model.standings.known && !model.changed);
}

#[test]
fn without_a_decision_there_is_nothing_to_select() {
    let mut model = open(SIZE);
    keys(&mut model, "6j");
    assert!(
        said(&model).contains("nobody decided on it yet; s signs off"),
        "{}",
        said(&model)
    );
}

#[test]
fn pictures() {
    shoot("dashboard-waiting-untouched", |size| {
        let mut model = loaded(size);
        model.touched = false;
        with_standings(&mut model, standings());
        model
    });
    shoot("dashboard-promoted", some_left);
    shoot("module-sign-off-nobody", |size| {
        let mut model = open(size);
        let nobody = Standings {
            known: true,
            why_not: Some(
                "nobody may sign: refs/heads/main has no keyring at .countersign/keyring".into(),
            ),
            ..Standings::default()
        };
        with_standings(&mut model, nobody);
        keys(&mut model, "6");
        model
    });
}
