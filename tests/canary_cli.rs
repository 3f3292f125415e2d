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
    doctor(&mut scene, &server).await;
    drop(server);
    scene.watching(&canary(&proxy.url, "failing", HOURS));
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

/// What `doctor` says of watching, against the real server.
async fn doctor(scene: &mut Scene, server: &Server) {
    let said = |scene: &Scene| -> String {
        let (_, document) = scene.json(&["doctor"]);
        let checks = document["checks"].as_array().unwrap().iter();
        let own = checks.filter(|it| it["name"].as_str().unwrap().starts_with("canary"));
        let line = |it: &Value| format!("{} {} → {}\n", it["state"], it["found"], it["remedy"]);
        own.map(line).collect()
    };
    // The canary exists from the merge on, which is now.
    for (settings, parts) in [
        (
            canary(&server.url, "healthy", HOURS),
            vec!["answers", "watched for 2h", "2 of 2 signals have both arms"],
        ),
        (
            canary(&server.url, "gone", HOURS),
            vec!["has no series of the canary now", "correct `canary`"],
        ),
        (
            canary(&server.url, "nobody", HOURS),
            vec!["has no series of the base now", "is it scraped?"],
        ),
        (
            canary(&server.url, "healthy", "bin = \"90s\""),
            vec![
                "it is scraped about every 60s, and a bin is 90s",
                "bin = \\\"120s\\\"",
            ],
        ),
        (
            canary(&server.url, "healthy", HOURS).replace("requests_total{", "requests_total{{"),
            vec!["`total` is no PromQL", "parse error"],
        ),
        (
            canary("http://127.0.0.1:9", "healthy", HOURS),
            vec!["the server does not answer", "SOURCE_ERROR and holds"],
        ),
        (
            format!("[canary]\nprometheus = \"{}\"\n", server.url),
            vec!["no signal is configured"],
        ),
    ] {
        scene.watching(&settings);
        let said = said(scene);
        for part in parts {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
