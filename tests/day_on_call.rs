//! The day of who is on call, from an alert to a rollback that is confirmed: the canary
//! screen in a real terminal, on a real repository with a merged promotion, and a real
//! Prometheus.
#![allow(clippy::unwrap_used)]

mod canary_support;
#[path = "support/terminal.rs"]
mod terminal;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use canary_support::server::Server;
use canary_support::{Arm, HEALTH, Job, Scene, canary, done, recorded};
use terminal::Console;

/// Looks are seconds apart, and the window is longer than the test.
const SECONDS: &str = "window = \"1h\"\ninterval = \"2s\"\nbin = \"2s\"\nlearn = \"10m\"\n\
                       fresh = \"10s\"\ncoverage = 80\nnights = 0\ntries = 1\ndeadline = \"60s\"\n";
/// How long harm may take to show.
const PATIENCE: Duration = Duration::from_secs(120);
/// Whoever is on call takes it back, nobody else.
const BY_HAND: &str = "[rollback]\nmode = \"hold\"\n";

fn console(scene: &Scene) -> Console {
    scene.git(&["config", "gpg.format", "ssh"]);
    scene.git(&["config", "user.signingKey", &scene.path("mara")]);
    let files = [
        ("HOME", scene.file("home")),
        ("COUNTERSIGN_CACHE_DIR", scene.repo.cache().to_owned()),
        ("COUNTERSIGN_DATA_DIR", scene.file("data")),
        ("COUNTERSIGN_STATE_DIR", scene.file("state")),
        ("COUNTERSIGN_CONFIG_DIR", scene.file("config")),
    ];
    Console::start(&scene.repo.root(), &[], &files)
}

/// Alert, detail, a look of one's own, what taking it back would do, and the taking back.
#[tokio::test(flavor = "multi_thread")]
async fn on_call_sees_harm_and_takes_it_back() {
    let mut scene = Scene::merged();
    let merged = scene.merged_at();
    let failing = Job {
        name: "failing",
        base: HEALTH,
        canary: Some(Arm {
            failed: 100,
            ..HEALTH
        }),
    };
    let server = Server::with(&recorded(&[failing], merged, 700, 900, 1), merged).await;
    scene.watching(&(canary(&server.url, "failing", SECONDS) + BY_HAND));
    let ci = scene.path("ci");
    // The canary does its harm second by second, however quickly it is asked.
    let began = Instant::now();
    loop {
        let (_, document) = scene.json(&["canary", "check"]);
        if document["promotions"][0]["verdict"]["word"] == "FAIL" {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "no harm is seen: {document}");
    }
    let once = scene.run(&["canary", "watch", "--once", "--key", &ci]);
    assert_eq!(
        once.status.code(),
        Some(1),
        "{}",
        canary_support::words(&once)
    );

    let mut console = console(&scene);
    console.until("✗ canary FAIL");
    console.press("C");
    console.until("candidate/fees → core");
    console.until("NOT ARMED");
    console.press("\r");
    console.until("AUTO-ROLLBACK");
    console.until("rollback.mode = \"hold\"");
    console.until("errors █ canary");
    // A look of one's own: the newest of the log is older than it.
    console.press("l");
    console.until("FAIL: errors");
    console.press("R");
    console.until("why  not said yet");
    console.press("\r");
    console.press("fees are wrong\r");
    console.until("why  fees are wrong");
    console.press("\r");
    console.until("Roll back: Enter confirms it");
    console.until("puts a commit onto main here");
    let before = scene.git(&["rev-parse", "main"]);
    console.press("\r");
    console.until("core/fees: rolled back");
    assert_ne!(scene.git(&["rev-parse", "main"]), before);
    let files = scene.git(&["ls-tree", "-r", "--name-only", "main"]);
    assert!(!files.contains("core/fees/"), "{files}");
    console.press("\r");
    console.until("ROLLED BACK");
    console.until("✓ re-validate");
    // What is to become the fix can be looked at.
    console.until("FIX ON  hotfix/fees-");
    console.press("b");
    console.until_there_are(2, "hotfix/fees-");
    drop(console);
    let (_, document) = scene.json(&["canary"]);
    assert_eq!(
        document["promotions"][0]["stage"], "rolled-back",
        "{document}"
    );
    done(&scene.run(&["audit", "verify"]));
}

/// A server that takes the question and never answers: keys go on, and it is given up.
#[test]
fn a_server_that_hangs_is_given_up_with_a_key() {
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", hangs.local_addr().unwrap());
    let mut scene = Scene::merged();
    scene.watching(&canary(&url, "failing", SECONDS));
    let mut console = console(&scene);
    console.until("canary");
    console.press("C");
    console.until("nobody has looked yet");
    console.press("l");
    console.until("asking the metrics… 1 s");
    console.press("\r");
    console.until("AUTO-ROLLBACK");
    console.press("x");
    console.until("not waited for any more");
    console.press("p");
    console.until("Have the watch wait");
    console.press("\r");
    console.press("the metrics hang\r");
    console.until("why  the metrics hang");
    console.press("\r");
    console.until("of the log, by mara@example.org");
    console.until("PAUSED");
    let (_, document) = scene.json(&["canary"]);
    let pause = &document["promotions"][0]["pause"];
    assert_eq!(pause["reason"], "the metrics hang", "{document}");
    drop(hangs);
    done(&scene.run(&["audit", "verify"]));
}
