//! A pull request is opened once, kept up to date, and read.

use countersign::forge::statuses::StatusState;
use countersign::workflow::pull_request::{PullRequestError, publish, requests};

use crate::fake::git;
use crate::scene::{BRANCH, Scene, as_described};

#[test]
fn a_draft_is_opened_once() {
    let scene = Scene::new();
    let (ws, content) = (scene.ws(), scene.content());
    let forge = scene.forge("olga");
    let first = publish(&ws, &forge, &content, true).unwrap();
    assert_eq!(
        (first.number, first.opened, first.pushed, first.edited),
        (1, true, true, false)
    );
    assert_eq!(
        first.asked,
        ["priya", "jonas"],
        "nobody is asked to review their own"
    );
    assert_eq!(first.posted, ["countersign/tests", "countersign/approvals"]);
    assert!(first.linked);
    {
        let state = scene.fake.state();
        let pull = &state.pulls[0];
        assert!(pull.draft && pull.author == "olga" && pull.head == BRANCH);
        let body = pull.body.as_deref().unwrap();
        assert!(
            body.starts_with("Our form\n\n<!-- countersign:begin -->"),
            "{body}"
        );
        assert!(body.contains("- [ ] 4. Tests: never run"), "{body}");
        assert_eq!(
            state.tip(BRANCH).as_deref(),
            Some(content.head.to_string().as_str())
        );
    }
    // All of it again changes nothing.
    scene.fake.forget();
    let again = publish(&ws, &forge, &content, true).unwrap();
    assert_eq!(
        (again.number, again.opened, again.pushed, again.edited),
        (1, false, false, false)
    );
    assert!(again.asked.is_empty() && again.posted.is_empty() && !again.linked);
    let writes = scene
        .fake
        .passed()
        .into_iter()
        .filter(|it| it.method != "GET")
        .count();
    assert_eq!(writes, 0);
    as_described(&scene.fake);
}

#[test]
fn what_people_wrote_in_it_stays() {
    let scene = Scene::new();
    let forge = scene.forge("olga");
    let mut content = scene.content();
    publish(&scene.ws(), &forge, &content, true).unwrap();
    {
        let mut state = scene.fake.state();
        let body = state.pulls[0].body.take().unwrap();
        state.pulls[0].body = Some(format!(
            "A person was here.\r\n{}\r\nAnd here.",
            body.replace('\n', "\r\n")
        ));
    }
    content.body.stage = "validated".into();
    content.statuses[0].state = StatusState::Success;
    content
        .links
        .push(("more".into(), "https://ci.example/2".into()));
    let done = publish(&scene.ws(), &forge, &content, false).unwrap();
    assert!(done.edited && !done.opened && done.linked);
    assert_eq!(done.posted, ["countersign/tests"]);
    let state = scene.fake.state();
    let body = state.pulls[0].body.as_deref().unwrap();
    assert!(
        body.starts_with("A person was here.\r\n") && body.ends_with("\r\nAnd here."),
        "{body}"
    );
    assert!(body.contains("| Stage | validated |"), "{body}");
    assert_eq!(state.comments.len(), 1);
    assert!(state.comments[0].body.contains("ci.example/2"));
    drop(state);
    as_described(&scene.fake);
}

#[test]
fn a_merge_by_a_person_is_seen_with_who_did_it() {
    let scene = Scene::new();
    let (ws, content) = (scene.ws(), scene.content());
    let forge = scene.forge("olga");
    publish(&ws, &forge, &content, true).unwrap();
    let commit = scene.fake.merge(1, "jonas");
    match publish(&ws, &forge, &content, true) {
        Err(error @ PullRequestError::Merged { .. }) => {
            assert!(error.to_string().contains("was merged by jonas"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let pull = forge.github.pull(1).unwrap();
    assert_eq!(pull.merged_by.unwrap().login, "jonas");
    assert_eq!(pull.merge_commit_sha.as_deref(), Some(commit.as_str()));
    as_described(&scene.fake);
}

#[test]
fn only_the_branch_of_the_promotion_is_pushed_and_never_by_force() {
    let scene = Scene::new();
    let forge = scene.forge("olga");
    let content = scene.content();
    publish(&scene.ws(), &forge, &content, true).unwrap();
    let refs = git(&scene.fake.bare(), &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, format!("refs/heads/main\nrefs/heads/{BRANCH}"));
    git(&scene.root(), &["commit", "-q", "--amend", "-m", "another"]);
    let error = publish(&scene.ws(), &forge, &scene.content(), false).unwrap_err();
    assert!(
        error.to_string().contains("somebody pushed other commits"),
        "{error}"
    );
    let there = git(&scene.fake.bare(), &["rev-parse", BRANCH]);
    assert_eq!(there, content.head.to_string());
}

#[test]
fn what_was_read_before_costs_nothing_again() {
    let scene = Scene::new();
    let forge = scene.forge("olga");
    publish(&scene.ws(), &forge, &scene.content(), true).unwrap();
    let first = forge.github.pull(1).unwrap();
    scene.fake.forget();
    assert_eq!(forge.github.pull(1).unwrap(), first);
    assert_eq!(scene.fake.passed()[0].status, 304);
    scene.fake.state().pulls[0].title = "other".into();
    assert_eq!(forge.github.pull(1).unwrap().title, "other");
    assert_eq!(scene.fake.passed()[1].status, 200);
    as_described(&scene.fake);
}

#[test]
fn long_lists_are_read_to_their_end() {
    let scene = Scene::new();
    let mut content = scene.content();
    content.statuses = (0..130)
        .map(|n| {
            let mut status = content.statuses[0].clone();
            status.context = format!("countersign/{n}");
            status
        })
        .collect();
    let forge = scene.forge("olga");
    let done = publish(&scene.ws(), &forge, &content, true).unwrap();
    assert_eq!(done.posted.len(), 130);
    let head = content.head.to_string();
    assert_eq!(forge.github.statuses(&head).unwrap().len(), 130);
    assert!(
        publish(&scene.ws(), &forge, &content, true)
            .unwrap()
            .posted
            .is_empty()
    );
    as_described(&scene.fake);
}

#[test]
fn many_are_found_by_one_search() {
    let scene = Scene::new();
    let forge = scene.forge("olga");
    publish(&scene.ws(), &forge, &scene.content(), true).unwrap();
    for n in 0..120 {
        let mut state = scene.fake.state();
        let mut pull = state.pulls[0].clone();
        pull.number = n + 2;
        pull.head = match n % 2 {
            0 => format!("promote/m{n}-20260102"),
            _ => format!("other/m{n}"),
        };
        state.pulls.push(pull);
    }
    scene.fake.forget();
    let found = forge.github.promotions("promote/", "main").unwrap();
    assert_eq!(found.len(), 61);
    assert_eq!(scene.fake.passed().len(), 2, "fifty at a time");
    let ours = found.iter().find(|it| it.number == 1).unwrap();
    assert!(ours.is_draft && ours.head_ref_name == BRANCH);
    assert_eq!(ours.status_check_rollup.as_ref().unwrap().state, "PENDING");
    scene.fake.merge(1, "priya");
    let found = forge.github.promotions("promote/", "main").unwrap();
    let ours = found.iter().find(|it| it.number == 1).unwrap();
    assert_eq!(ours.merged_by.as_ref().unwrap().login, "priya");
}

#[test]
fn a_dry_run_says_what_would_be_sent() {
    let scene = Scene::new();
    let (content, forge) = (scene.content(), scene.forge("olga"));
    let planned = requests(&scene.known(), &content).unwrap();
    assert_eq!(scene.fake.passed().len(), 0);
    publish(&scene.ws(), &forge, &content, true).unwrap();
    let sent: Vec<_> = scene
        .fake
        .passed()
        .into_iter()
        .filter(|it| it.method != "GET")
        .collect();
    assert_eq!(planned.requests.len(), sent.len());
    for (plan, sent) in planned.requests.iter().zip(&sent) {
        assert_eq!(plan.method, sent.method);
        let path = plan
            .path
            .replace("NUMBER", "1")
            .replace("priya,jonas,olga", "");
        assert!(sent.path.ends_with(&path), "{path} is not {}", sent.path);
        // Nonces are made as they are needed; who opened it is known only there.
        if !plan.path.ends_with("requested_reviewers") {
            let blank = |body: &serde_json::Value| {
                let text = body.to_string();
                match text.split_once("countersign:pull-request ") {
                    Some((before, after)) => format!("{before}{}", &after[32..]),
                    None => text,
                }
            };
            assert_eq!(blank(&plan.body), blank(&sent.request));
        }
    }
}

#[test]
fn no_request_is_without_its_version_and_agent() {
    let scene = Scene::new();
    publish(&scene.ws(), &scene.forge("olga"), &scene.content(), true).unwrap();
    for exchange in scene.fake.passed() {
        assert!(exchange.agent.starts_with("countersign/"), "{exchange:?}");
        assert_eq!(exchange.token.as_deref(), Some("tok_olga"));
    }
}

#[test]
fn a_stranger_is_told_so() {
    let scene = Scene::new();
    let error = publish(&scene.ws(), &scene.forge("nobody"), &scene.content(), true).unwrap_err();
    assert!(
        error.to_string().contains("does not take the token"),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("tok_nobody"));
    assert_eq!(scene.fake.state().pulls.len(), 0);
}
