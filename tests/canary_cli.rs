//! `countersign canary` and `canary check`: how a promotion stands, and one look at it,
//! with a real repository and a real Prometheus.
#![allow(clippy::unwrap_used)]

mod canary_support;
#[path = "support/schemas.rs"]
mod schemas;
#[path = "canary_prometheus/tamper.rs"]
mod tamper;

use canary_support::server::{Server, now};
use canary_support::{MODULE, Scene, canary, jobs, recorded, words};
use serde_json::Value;
use tamper::Lie;

const HOURS: &str = "window = \"2h\"\nlearn = \"1d\"\nnights = 0\ntries = 1\ndeadline = \"2s\"";
const TWO_HOURS: i64 = 7_200;

/// What `check` says two hours after the merge: its exit code, word, action and why.
fn check(scene: &Scene, merged: i64, after: i64) -> (i32, String, String, String) {
    let at = (merged + after).to_string();
    let (code, document) = scene.json(&["canary", "check", MODULE, "--as-of", &at]);
    schemas::holds(&schemas::schema("countersign.canary-check"), &document);
    let verdict = &document["promotions"][0]["verdict"];
    let text = |key: &str| verdict[key].as_str().unwrap().to_owned();
    (code, text("word"), text("action"), text("why"))
}

/// Every verdict, by one look each; none of them writes anything.
#[tokio::test(flavor = "multi_thread")]
async fn one_look_says_each_verdict_and_writes_nothing() {
    let mut scene = Scene::merged();
    let merged = scene.merged_at();
    assert!((now() - merged).abs() < 600);
    // Aligned, so that the last bin is whole.
    let data = recorded(&jobs(), merged, 90_000, TWO_HOURS + 600, 60);
    let server = Server::with(&data, merged).await;
    let log = scene.git(&["rev-parse", "promotion-audit"]);
    for (job, after, expected) in [
        ("healthy", TWO_HOURS, (0, "PASS", "complete")),
        ("healthy", TWO_HOURS - 1_800, (0, "PASS", "hold")),
        ("failing", TWO_HOURS, (1, "FAIL", "roll-back")),
        ("slow", TWO_HOURS, (1, "FAIL", "roll-back")),
        ("quiet", TWO_HOURS, (3, "INSUFFICIENT", "hold")),
        ("gone", TWO_HOURS, (3, "NO_DATA", "hold")),
        ("nobody", TWO_HOURS, (3, "NO_DATA", "hold")),
    ] {
        scene.watching(&canary(&server.url, job, HOURS));
        let (code, word, action, why) = check(&scene, merged, after);
        println!("{job}: {word}: {why}");
        assert_eq!(
            (code, word.as_str(), action.as_str()),
            expected,
            "{job}: {why}"
        );
    }
    // What persons see.
    scene.watching(&canary(&server.url, "failing", HOURS));
    let at = (merged + TWO_HOURS).to_string();
    let shown = scene.run(&["canary", "check", "--as-of", &at]);
    let shown = words(&shown);
    println!("{shown}");
    for part in [
        "✗ FAIL  candidate/fees → core/fees",
        "canary 2h of 2h",
        "1.25 times is allowed; evidence",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }

    // An outage and answers that are half of it: held, whatever the canary does.
    let proxy = tamper::start(&server.url).await;
    for job in ["failing", "healthy"] {
        scene.watching(&canary(&proxy.url, job, HOURS));
        for lie in Lie::ALL {
            proxy.tell(lie);
            let (code, word, action, why) = check(&scene, merged, TWO_HOURS);
            let expected = match lie {
                // The truth.
                Lie::None => {
                    assert_ne!(code, 3, "{why}");
                    continue;
                }
                // A large one is none, as long as it is not larger than we take in.
                Lie::Huge => continue,
                Lie::Empty => (3, "NO_DATA", "hold"),
                _ => (3, "SOURCE_ERROR", "hold"),
            };
            let got = (code, word.as_str(), action.as_str());
            assert_eq!(got, expected, "{lie:?} {job} {why}");
        }
    }
    drop(server);
    let (code, word, ..) = check(&scene, merged, TWO_HOURS);
    assert_eq!((code, word.as_str()), (3, "SOURCE_ERROR"));

    assert_eq!(scene.git(&["rev-parse", "promotion-audit"]), log);
    assert!(!scene.file("state").exists(), "a look was remembered");
}

/// Only the base branch says how it is watched, and what is missing is told.
#[test]
fn what_the_branch_under_test_says_of_watching_does_not_count() {
    let mut scene = Scene::merged();
    let (code, document) = scene.json(&["canary", "check"]);
    assert_eq!(code, 3);
    let verdict = &document["promotions"][0]["verdict"];
    assert_eq!(verdict["word"], "NO_DATA");
    scene.git(&["checkout", "-q", "-b", "sly"]);
    scene.watching(&canary("http://127.0.0.1:9", "healthy", "window = \"1s\""));
    let armed = |scene: &Scene| -> Value {
        let (code, document) = scene.json(&["canary", MODULE]);
        assert_eq!(code, 0);
        schemas::holds(&schemas::schema("countersign.canary"), &document);
        document["promotions"][0].clone()
    };
    let it = armed(&scene);
    assert_eq!(it["window"], 172_800);
    assert!(
        it["armed"]["why"][0]
            .as_str()
            .unwrap()
            .contains("no signal is configured")
    );
    scene.git(&["checkout", "-q", "main"]);
    scene.git(&["merge", "-q", "sly"]);
    let it = armed(&scene);
    assert_eq!(
        (it["window"].clone(), it["armed"]["is"].clone()),
        (1.into(), "yes".into())
    );
    assert_eq!(it["stage"], "merged");

    let unknown = scene.run(&["canary", "candidate/nothing"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", words(&unknown));
    assert!(words(&unknown).contains("no promotion of it is on the base branch"));
}
