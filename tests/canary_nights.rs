//! The nightly runs of a watcher: on a clean export of the base branch as it is, again
//! where they fail, and on what was there before.
#![allow(clippy::unwrap_used)]

mod canary_support;
#[path = "canary_support/service.rs"]
mod service;

use canary_support::server::Server;
use canary_support::{HEALTH, Job, Scene, canary, recorded, words};
use serde_json::Value;
use service::Service;

/// Nights are seconds apart, and the window as short.
const SECONDS: &str = "window = \"16s\"\ninterval = \"2s\"\nbin = \"2s\"\nlearn = \"10m\"\n\
                       fresh = \"10s\"\ncoverage = 80\ntries = 1\n";

async fn server(scene: &Scene) -> Server {
    let job = Job {
        name: "healthy",
        base: HEALTH,
        canary: Some(HEALTH),
    };
    let merged = scene.merged_at();
    Server::with(&recorded(&[job], merged, 700, 900, 1), merged).await
}

fn night(scene: &Scene) -> Value {
    scene.records("smoke").pop().unwrap()["facts"].clone()
}

fn runs(night: &Value) -> [&str; 3] {
    ["first", "again", "base"].map(|key| night[key].as_str().unwrap())
}

/// A failure that the base does not share is harm; one that it shares holds; a night that
/// passes completes, with all else.
#[tokio::test(flavor = "multi_thread")]
async fn nights_are_run_and_judged() {
    let mut scene = Scene::merged();
    let server = server(&scene).await;
    let ci = scene.path("ci");
    let with = |smoke: &str, every: &str| {
        let nights = format!("{SECONDS}nights = 1\nnight_every = \"{every}\"\nsmoke = {smoke}\n");
        canary(&server.url, "healthy", &nights)
    };
    let watch = ["canary", "watch", "--key", &ci];
    // It fails where the module is.
    let fails = "[\"python3\", \"-c\", \"import os; assert not os.path.exists('core/fees')\"]";
    scene.watching(&with(fails, "30s"));
    let mut service = Service::start(&scene, &watch);
    service.wait_for("a night is over");
    let written = service.wait_until(|line| line["kind"] == "smoke");
    assert_eq!(written["message"], "written down");
    service.wait_until(|line| line["message"] == "looked: harm");
    assert_eq!(service.stop().code, Some(0));
    let facts = night(&scene);
    assert_eq!(runs(&facts), ["failed", "failed", "passed"], "{facts}");
    let record = scene.records("smoke").pop().unwrap();
    assert_eq!(record["commit"], scene.git(&["rev-parse", "main"]));
    assert!(
        record["note"].as_str().unwrap().contains("AssertionError")
            || !record["note"].as_str().unwrap().is_empty(),
        "{record}"
    );
    let (_, shown) = scene.json(&["canary"]);
    assert_eq!(shown["promotions"][0]["nights"][0]["base"], "passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_the_base_shares_holds_and_a_pass_completes() {
    let mut scene = Scene::merged();
    let server = server(&scene).await;
    let ci = scene.path("ci");
    let with = |smoke: &str| {
        let nights = format!("{SECONDS}nights = 1\nnight_every = \"40s\"\nsmoke = {smoke}\n");
        canary(&server.url, "healthy", &nights)
    };
    scene.watching(&with("[\"python3\", \"-c\", \"raise SystemExit(3)\"]"));
    let watch = ["canary", "watch", "--key", &ci];
    let mut service = Service::start(&scene, &watch);
    service.wait_until(|line| line["kind"] == "smoke");
    assert_eq!(runs(&night(&scene)), ["failed", "failed", "failed"]);
    let held = service.wait_until(|line| {
        line["message"] == "looked"
            && line["why"]
                .as_str()
                .unwrap()
                .contains("0 of 1 nights passed")
    });
    assert_eq!(held["word"], "INSUFFICIENT");
    service.stop();
    assert_eq!(scene.records("completion").len(), 0);
    // Mended, and run again the next night.
    scene.watching(&with("[\"python3\", \"-c\", \"import core.fees\"]"));
    let mut service = Service::start(&scene, &watch);
    service.wait_until(|line| line["kind"] == "completion");
    let stopped = service.stop();
    assert_eq!(runs(&night(&scene))[0], "passed", "{}", stopped.said);
    let completion = scene.records("completion").pop().unwrap();
    assert_eq!(completion["facts"]["nights"], "1");
    let listed = words(&scene.run(&["canary"]));
    assert!(
        listed.contains("✓ COMPLETED") && listed.contains("SCORECARD"),
        "{listed}"
    );
}
