//! Each fault at each write ends with exactly one of what was to be written, or with a
//! clear message and a safe second try.

use countersign::workflow::pull_request::{
    Forge, Pace, Published, PullRequestError, Token, publish,
};

use crate::fake::{Elsewhere, Fake, Fault};
use crate::scene::{Scene, as_described};

pub const FAULTS: [Fault; 13] = [
    Fault::Primary(403),
    Fault::Primary(429),
    Fault::Secondary(403),
    Fault::Secondary(429),
    Fault::SecondarySilent(403),
    Fault::SecondarySilent(429),
    Fault::LostAfter,
    Fault::BadGatewayAfter,
    Fault::BadGatewayBefore,
    Fault::Reset,
    Fault::Redirect,
    Fault::SlowAfter,
    Fault::Garbled,
];

/// Every write of a pull request: by its method and the end of its path.
fn writes(head: &str) -> Vec<(&'static str, String)> {
    vec![
        ("POST", "/pulls".into()),
        ("PATCH", "/pulls/1".into()),
        ("POST", "/requested_reviewers".into()),
        ("POST", format!("/statuses/{head}")),
        ("POST", "/comments".into()),
    ]
}

/// There is one of everything, whatever went wrong on the way.
#[track_caller]
fn one_of_each(fake: &Fake, what: &str) {
    let state = fake.state();
    assert_eq!(state.pulls.len(), 1, "{what}: pull requests");
    let pull = &state.pulls[0];
    assert!(pull.draft && !pull.closed, "{what}");
    assert_eq!(pull.reviewers, ["priya", "jonas"], "{what}: reviewers");
    let body = pull.body.as_deref().unwrap();
    assert_eq!(
        body.matches("<!-- countersign:begin -->").count(),
        1,
        "{what}: {body}"
    );
    assert!(body.contains("| Stage | validated |"), "{what}: {body}");
    for context in ["countersign/tests", "countersign/approvals"] {
        let all = state
            .statuses
            .iter()
            .filter(|it| it.context == context)
            .count();
        assert_eq!(all, 1, "{what}: {context}");
    }
    assert_eq!(state.comments.len(), 1, "{what}: comments");
}

/// What a person does: tries again after a message, with a program that started anew.
fn until_done(scene: &Scene, most: usize) -> (Published, Vec<PullRequestError>) {
    let mut content = scene.content();
    content.body.stage = "validated".into();
    let mut errors = Vec::new();
    for _ in 0..=most {
        match publish(&scene.ws(), &scene.forge("olga"), &content, true) {
            Ok(done) => return (done, errors),
            Err(error) => errors.push(error),
        }
    }
    panic!("never done: {errors:?}");
}

#[test]
fn each_fault_at_each_write_ends_with_one() {
    let elsewhere = Elsewhere::new();
    let head = "x"; // the branch's commit is another in each repository
    for (number, (method, _)) in writes(head).iter().enumerate() {
        for fault in FAULTS {
            let scene = Scene::new();
            scene.fake.elsewhere(&elsewhere.host);
            let head = scene.content().head.to_string();
            let ends = writes(&head)[number].1.clone();
            let what = format!("{fault:?} at {method} {ends}");
            if *method == "PATCH" {
                // There has to be one that says something else.
                publish(&scene.ws(), &scene.forge("olga"), &scene.content(), true).unwrap();
            }
            scene.fake.fault(method, &ends, fault, 1);
            let (done, errors) = until_done(&scene, 2);
            assert_eq!(scene.fake.left(), 0, "{what}: the fault was met");
            assert_eq!(done.number, 1, "{what}");
            one_of_each(&scene.fake, &what);
            for error in &errors {
                let told = error.to_string();
                let clear = ["did not say whether", "points to", "wants no more requests"];
                assert!(clear.iter().any(|it| told.contains(it)), "{what}: {told}");
                assert!(!told.contains("tok_"), "{what}: {told}");
            }
            match fault {
                // Waited for, or found again: nobody has to do anything.
                Fault::Primary(_)
                | Fault::Secondary(_)
                | Fault::SecondarySilent(_)
                | Fault::LostAfter
                | Fault::BadGatewayAfter
                | Fault::SlowAfter
                | Fault::Garbled => {
                    assert!(errors.is_empty(), "{what}: {errors:?}");
                }
                // Not done, and not done twice: a person tries again.
                _ => assert_eq!(errors.len(), 1, "{what}: {errors:?}"),
            }
            as_described(&scene.fake);
        }
    }
    assert_eq!(elsewhere.visits(), 0, "nothing was sent to another host");
}

#[test]
fn limits_are_waited_for_as_they_say() {
    for (fault, waits) in [
        (Fault::Secondary(403), vec![2]),
        (Fault::Secondary(429), vec![2]),
        (Fault::SecondarySilent(403), vec![60]),
    ] {
        let scene = Scene::new();
        scene.fake.fault("POST", "/pulls", fault, 1);
        publish(&scene.ws(), &scene.forge("olga"), &scene.content(), true).unwrap();
        assert_eq!(scene.waited(), waits, "{fault:?}");
    }
    let scene = Scene::new();
    scene.fake.fault("POST", "/pulls", Fault::Primary(429), 1);
    publish(&scene.ws(), &scene.forge("olga"), &scene.content(), true).unwrap();
    let waited = scene.waited();
    assert!(
        waited.len() == 1 && (55..=62).contains(&waited[0]),
        "{waited:?}"
    );
}

#[test]
fn a_limit_that_lasts_is_told_and_nothing_is_done_twice() {
    let scene = Scene::new();
    scene
        .fake
        .fault("POST", "/pulls", Fault::SecondarySilent(403), 5);
    let error = publish(&scene.ws(), &scene.forge("olga"), &scene.content(), true).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("wants no more requests for 240 s"),
        "{error}"
    );
    assert_eq!(scene.waited(), [60, 120], "longer each time");
    assert_eq!(scene.fake.state().pulls.len(), 0);
    scene.fake.heal();
    let done = publish(&scene.ws(), &scene.forge("olga"), &scene.content(), true).unwrap();
    assert!(done.opened);
}

#[test]
fn a_program_that_died_after_its_write_finds_it_again() {
    let scene = Scene::new();
    scene.fake.fault("POST", "/pulls", Fault::LostAfter, 1);
    // One that ends before it looks for what it wrote.
    let pace = Pace {
        looks: Vec::new(),
        ..scene.forge("olga").github.client().pace().clone()
    };
    let intents = scene.dir.path().join("intents");
    let dying = Forge::with(
        &scene.known(),
        Token::new("tok_olga"),
        pace,
        intents.clone(),
    )
    .unwrap();
    let error = publish(&scene.ws(), &dying, &scene.content(), true).unwrap_err();
    assert!(error.to_string().contains("did not say whether"), "{error}");
    assert_eq!(
        std::fs::read_dir(&intents).unwrap().count(),
        1,
        "what it was about to do is known"
    );
    let done = publish(&scene.ws(), &scene.forge("olga"), &scene.content(), true).unwrap();
    assert_eq!((done.number, scene.fake.writes("POST", "/pulls")), (1, 1));
    assert_eq!(
        std::fs::read_dir(&intents).unwrap().count(),
        0,
        "nothing is open"
    );
}

#[test]
fn writes_go_one_after_the_other() {
    let scene = Scene::new();
    let pace = Pace {
        gap: std::time::Duration::from_secs(1),
        ..scene.forge("olga").github.client().pace().clone()
    };
    let intents = scene.dir.path().join("intents");
    let forge = Forge::with(&scene.known(), Token::new("tok_olga"), pace, intents).unwrap();
    publish(&scene.ws(), &forge, &scene.content(), true).unwrap();
    let writes = scene
        .fake
        .passed()
        .into_iter()
        .filter(|it| it.method != "GET")
        .count();
    let waits = scene.waits.lock().unwrap();
    assert_eq!(waits.len(), writes - 1, "a pause before each but the first");
    assert!(waits.iter().all(|it| it.as_millis() > 500), "{waits:?}");
}

#[test]
fn reads_survive_what_passes() {
    for fault in [Fault::BadGatewayBefore, Fault::Reset, Fault::Secondary(429)] {
        let scene = Scene::new();
        scene.fake.fault("GET", "/user", fault, 2);
        publish(&scene.ws(), &scene.forge("olga"), &scene.content(), true).unwrap();
        assert_eq!(scene.fake.left(), 0);
    }
    let scene = Scene::new();
    let elsewhere = Elsewhere::new();
    scene.fake.elsewhere(&elsewhere.host);
    scene.fake.fault("GET", "/user", Fault::Redirect, 1);
    let error = publish(&scene.ws(), &scene.forge("olga"), &scene.content(), true).unwrap_err();
    assert!(error.to_string().contains("points to 127.0.0.1"), "{error}");
    assert_eq!(elsewhere.visits(), 0);
    // A repository that was renamed is at the same host.
    let scene = Scene::new();
    scene.fake.elsewhere(&scene.fake.host.clone());
    scene.fake.fault("GET", "/user", Fault::Redirect, 1);
    publish(&scene.ws(), &scene.forge("olga"), &scene.content(), true).unwrap();
}
