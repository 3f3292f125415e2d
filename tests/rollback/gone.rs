//! Prometheus is gone the whole time, and watchers are killed meanwhile.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::killed::copy;
use crate::receiver::Receiver;
use crate::scene::{MODULE, ended};
use crate::watched::{
    CLONES, Heard, PATIENCE, Told, Watcher, failing, fetched, finished, judge, over, server,
};

/// Without metrics nothing is judged, whoever is killed and however long it takes; but what
/// was begun with them is finished.
#[test]
fn without_prometheus_nothing_begins_and_what_was_begun_is_finished() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = server(&runtime);
    let template = failing(&server);
    let receiver = Receiver::start();
    let untouched = copy(&template);
    let begun = [
        "claimed/begun",
        "prepared/pushed",
        "reverted/made",
        "hotfix-branched/signed",
        "gates/begun",
    ]
    .map(|instant| {
        let scene = copy(&template);
        let path = format!("gone-{}", instant.replace('/', "-"));
        let mut watcher = Watcher::start(&scene, "one", &receiver.url(&path), instant);
        let ended = watcher.hear(PATIENCE, &over);
        assert!(matches!(ended, Heard::Gone), "{instant}: {}", watcher.said);
        (scene, path)
    });
    let window_over = server.merged + 30;
    drop(server);

    for round in 0..4 {
        let hook = receiver.url("gone");
        let mut watchers = CLONES.map(|it| Watcher::start(&untouched, it, &hook, ""));
        // The last look is one beyond the window.
        let at = if round == 3 { window_over } else { 0 };
        for watcher in &mut watchers {
            let heard = watcher.hear(PATIENCE, &|line| {
                line["word"] == "SOURCE_ERROR" && line["at"].as_i64() >= Some(at)
            });
            assert!(matches!(heard, Heard::Said), "{}", watcher.said);
            watcher.kill();
        }
    }
    fetched(&untouched);
    ended(&untouched.run("two", &["audit", "verify"]), 0);
    assert_eq!(untouched.states("two"), Vec::<String>::new());
    assert_eq!(untouched.tip("main"), untouched.merged);
    assert!(receiver.counts("gone").is_empty());
    let standing = untouched.run("two", &["canary", MODULE, "--json"]);
    let standing: Value = serde_json::from_slice(&standing.stdout).unwrap();
    let it = &standing["promotions"][0];
    assert_eq!(it["stage"], "canary", "{it}");
    assert_eq!(it["recorded"].as_array().unwrap().len(), 1, "{it}");
    assert_eq!(it["recorded"][0]["word"], "SOURCE_ERROR", "{it}");
    assert_eq!(it["recorded"][0]["action"], "hold", "{it}");

    for (scene, path) in &begun {
        let said = finished(scene, &receiver, path, &CLONES);
        let mut told = Told::default();
        judge(scene, &receiver, path, &BTreeMap::new(), &mut told, &said);
    }
}
