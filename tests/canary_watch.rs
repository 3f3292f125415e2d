//! `countersign canary watch`, as a service runs it: the real binary, a real repository, a
//! real Prometheus that knows already what its canaries will do. Windows are seconds long.
#![allow(clippy::unwrap_used)]

mod canary_support;
#[path = "canary_support/service.rs"]
mod service;
#[path = "canary_prometheus/tamper.rs"]
mod tamper;

use std::process::Command;
use std::time::{Duration, Instant};

use canary_support::server::{Server, now};
use canary_support::{Arm, HEALTH, Job, MODULE, Scene, canary, recorded, words};
use serde_json::Value;
use service::Service;
use tamper::Lie;

/// How long something that has to show may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// So short that a test sees the end of it.
const SECONDS: &str = "window = \"16s\"\ninterval = \"2s\"\nbin = \"2s\"\nlearn = \"10m\"\n\
                       fresh = \"10s\"\ncoverage = 80\nnights = 0\ntries = 1\ndeadline = \"5s\"\n";

fn jobs() -> Vec<Job> {
    let job = |name, canary| Job {
        name,
        base: HEALTH,
        canary,
    };
    vec![
        job("healthy", Some(HEALTH)),
        job(
            "failing",
            Some(Arm {
                failed: 100,
                ..HEALTH
            }),
        ),
        job(
            "slow",
            Some(Arm {
                slow: 200,
                ..HEALTH
            }),
        ),
        job("quiet", Some(Arm { rate: 0, ..HEALTH })),
        job("gone", None),
    ]
}

/// What has happened, second by second, and what will.
async fn server(scene: &Scene) -> Server {
    let merged = scene.merged_at();
    Server::with(&recorded(&jobs(), merged, 700, 600, 1), merged).await
}

fn kinds(scene: &Scene, kind: &str) -> Vec<String> {
    let records = scene.records(kind);
    let outcome = |it: &Value| {
        it["facts"]["outcome"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    records.iter().map(outcome).collect()
}

/// Watched to the end: it is completed, everywhere it shows, and the service says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_canary_completes() {
    let mut scene = Scene::merged();
    let server = server(&scene).await;
    scene.watching(&canary(&server.url, "healthy", SECONDS));
    let watch = [
        "canary",
        "watch",
        "--key",
        &scene.path("ci"),
        "--name",
        "h1",
    ];
    let mut service = Service::start(&scene, &[&watch[..], &["--listen", "127.0.0.1:0"]].concat());
    let address = service.wait_for("listening")["address"]
        .as_str()
        .unwrap()
        .to_owned();
    let get = async |path: &str| {
        let answer = reqwest::get(format!("http://{address}{path}"))
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (code, health) = get("/healthz").await;
    assert_eq!(code, 200, "{health}");
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!(
        (&health["status"], &health["watcher"]),
        (&"ok".into(), &"h1".into())
    );

    let written = service.wait_until(|line| line["kind"] == "completion");
    assert_eq!(written["module"], MODULE);
    let (_, numbers) = get("/metrics").await;
    promtool(&numbers);
    for line in [
        "countersign_watch_records_total{kind=\"completion\"} 1",
        "countersign_watch_verdict{module=\"candidate/fees\",word=\"PASS\"} 1",
        "countersign_watch_verdict{module=\"candidate/fees\",word=\"FAIL\"} 0",
        "countersign_watch_round_errors_total",
    ] {
        assert!(numbers.contains(line), "{line}: {numbers}");
    }
    let stopped = service.stop();
    assert_eq!(stopped.code, Some(0), "{}", stopped.said);
    assert!(stopped.said.contains("what is in hand is finished"));

    let verdicts = kinds(&scene, "verdict");
    assert_eq!(verdicts.last().unwrap(), "PASS: watched to the end");
    let completion = &scene.records("completion");
    assert_eq!(completion.len(), 1);
    let facts = &completion[0]["facts"];
    assert_eq!(facts["watcher"], "h1");
    assert_eq!(completion[0]["role"], "automation");
    // What it was made of is kept, and has the digest that was signed.
    let evidence = facts["evidence"].as_str().unwrap();
    let shown = scene.json(&["canary", MODULE]).1["promotions"][0].clone();
    assert_eq!(
        (&shown["stage"], &shown["armed"]["is"]),
        (&"completed".into(), &"no".into())
    );
    let kept = scene.evidence(evidence);
    assert_eq!(
        countersign::promotion::Sha256::of(&kept).to_string(),
        evidence
    );
    let listed = scene.json(&["list"]).1;
    assert_eq!(listed["promoted"][0]["stage"], "completed");
    let log = words(&scene.run(&["audit", "log"]));
    assert!(log.contains("watched to the end"), "{log}");
    canary_support::done(&scene.run(&["audit", "verify"]));

    // Whoever comes later finds nothing to do.
    let again = scene.run(&[&watch[..], &["--once"]].concat());
    assert_eq!(again.status.code(), Some(0), "{}", words(&again));
    assert_eq!(scene.records("completion").len(), 1);
    the_scorecard_gets_its_line(&scene);
}

/// On a branch, by a person, who merges it; nothing else moves.
#[track_caller]
fn the_scorecard_gets_its_line(scene: &Scene) {
    let finish = ["canary", "finish", MODULE];
    let main = scene.git(&["rev-parse", "main"]);
    let said = words(&scene.run(&finish));
    let branch = scene.git(&[
        "branch",
        "--list",
        "--format=%(refname:short)",
        "*-completed",
    ]);
    assert!(branch.starts_with("promote/fees-"), "{branch} {said}");
    let changed = scene.git(&["diff", "--numstat", "main", &branch]);
    assert_eq!(changed, "1\t0\tTRANSPARENCY_SCORECARD.md", "{said}");
    let text = scene.git(&["show", &format!("{branch}:TRANSPARENCY_SCORECARD.md")]);
    let last = text.lines().last().unwrap();
    assert!(
        last.starts_with("- **Canary:** `core/fees` was watched for 16s and 0 nights"),
        "{text}"
    );
    assert!(said.contains(last) && said.contains(&branch), "{said}");
    assert_eq!(scene.git(&["rev-parse", "main"]), main);
    // Again: it is found; merged: it is there.
    assert!(words(&scene.run(&finish)).contains("held already"));
    scene.git(&["merge", "-q", &branch]);
    assert!(words(&scene.run(&finish)).contains("says it already"));
    canary_support::done(&scene.run(&finish));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_completed_gets_no_line() {
    let scene = Scene::merged();
    let refused = scene.run(&["canary", "finish", MODULE]);
    assert_eq!(refused.status.code(), Some(2), "{}", words(&refused));
    assert!(words(&refused).contains("was not watched to the end"));
    assert_eq!(scene.git(&["branch", "--list", "*-completed"]), "");
}

#[track_caller]
fn promtool(numbers: &str) {
    use std::io::Write as _;
    let mut tool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    tool.stdin
        .take()
        .unwrap()
        .write_all(numbers.as_bytes())
        .unwrap();
    let output = tool.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{numbers}", words(&output));
}

/// What nobody can judge holds: it neither rolls back nor completes, however long it is
/// watched and whatever the canary does.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_judged_is_held_beyond_the_window() {
    let mut scene = Scene::merged();
    let server = server(&scene).await;
    let proxy = tamper::start(&server.url).await;
    let once = ["canary", "watch", "--once", "--key", &scene.path("ci")];
    // Until the window is over.
    scene.watching(&canary(&server.url, "gone", SECONDS));
    let mut service = Service::start(
        &scene,
        &once[..2]
            .iter()
            .copied()
            .chain(["--key", once[4]])
            .collect::<Vec<_>>(),
    );
    let end = scene.merged_at() + 16;
    service.wait_until(|line| line["at"].as_i64().is_some_and(|at| at >= end));
    assert_eq!(service.stop().code, Some(0));
    for (job, lie, expected) in [
        ("gone", Lie::None, "NO_DATA: held"),
        ("quiet", Lie::None, "INSUFFICIENT: held"),
        ("failing", Lie::Unavailable, "SOURCE_ERROR: held"),
        ("healthy", Lie::Warnings, "SOURCE_ERROR: held"),
        ("failing", Lie::HalfOfIt, "SOURCE_ERROR: held"),
        ("failing", Lie::Empty, "NO_DATA: held"),
        ("healthy", Lie::ClockAhead, "SOURCE_ERROR: held"),
    ] {
        proxy.tell(lie);
        scene.watching(&canary(&proxy.url, job, SECONDS));
        // What was looked at already is looked at again when the next look is due.
        let began = Instant::now();
        let told = std::iter::repeat_with(|| began.elapsed() < PATIENCE)
            .take_while(|in_time| *in_time)
            .any(|_| {
                let done = scene.run(&once);
                let said = words(&done);
                assert_eq!(done.status.code(), Some(3), "{job} {lie:?} {said}");
                kinds(&scene, "verdict").last().unwrap() == expected
            });
        assert!(told, "{job} {lie:?}: {:?}", kinds(&scene, "verdict"));
    }
    drop(server);
    scene.watching(&canary(&proxy.url, "failing", SECONDS));
    assert_eq!(scene.run(&once).status.code(), Some(3));
    assert_eq!(scene.records("completion").len(), 0);
    assert_eq!(scene.records("rollback").len(), 0);
    let stage = &scene.json(&["list"]).1["promoted"][0]["stage"];
    assert_eq!(stage, "canary");
}

/// Harm is taken back, once, by a real revert; what was seen is frozen in the log.
#[tokio::test(flavor = "multi_thread")]
async fn harm_is_taken_back() {
    for job in ["failing", "slow"] {
        let mut scene = Scene::merged();
        let server = server(&scene).await;
        let settings = canary(&server.url, job, SECONDS);
        scene.watching(&format!("[rollback]\nmode = \"auto\"\n{settings}"));
        let ci = scene.path("ci");
        let watch = ["canary", "watch", "--key", &ci, "--name", "h1"];
        let mut service = Service::start(&scene, &watch);
        let state = |service: &mut Service, state: &str| {
            service.wait_until(|line| line["message"] == "rollback" && line["state"] == state)
        };
        state(&mut service, "decided");
        state(&mut service, "reverted");
        state(&mut service, "rolled back");
        let stopped = service.stop();
        assert_eq!(stopped.code, Some(0), "{}", stopped.said);

        let now = scene.git(&["ls-tree", "-r", "--name-only", "main"]);
        assert!(
            now.contains("candidate/fees/__init__.py") || !now.contains("fees"),
            "{now}"
        );
        assert!(!now.contains("core/fees"), "{now}");
        let verdicts = kinds(&scene, "verdict");
        assert_eq!(
            verdicts.last().unwrap(),
            "FAIL: to be taken back",
            "{verdicts:?}"
        );
        let rollbacks = scene.records("rollback");
        let decided: Vec<&Value> = rollbacks
            .iter()
            .filter(|it| it["facts"]["state"] == "decided")
            .collect();
        assert_eq!(decided.len(), 1);
        let facts = &decided[0]["facts"];
        assert_eq!(
            (&facts["verdict"], &facts["cause"]),
            (&"FAIL".into(), &"canary".into())
        );
        let last = scene.records("verdict").pop().unwrap();
        assert_eq!(facts["answers"], last["facts"]["evidence"]);
        assert!(
            facts["queries"].as_str().unwrap().contains("version=\"2\""),
            "{facts}"
        );
        assert_eq!(scene.records("completion").len(), 0);
        let it = &scene.json(&["canary", MODULE]).1["promotions"][0];
        assert_eq!(it["stage"], "rolled-back");
        assert_eq!(it["rollback"]["state"], "rolled-back");
        // Whoever comes later does nothing more.
        let again = scene.run(&[&watch[..], &["--once"]].concat());
        assert_eq!(again.status.code(), Some(0), "{}", words(&again));
        assert_eq!(scene.records("rollback").len(), rollbacks.len());
        canary_support::done(&scene.run(&["audit", "verify"]));
    }
}

/// Where the policy lets a watcher only propose, or nothing, it does no more.
#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_done_than_the_policy_lets() {
    let mut scene = Scene::merged();
    let server = server(&scene).await;
    let ci = scene.path("ci");
    let main = |scene: &Scene| scene.git(&["rev-parse", "main"]);
    let settings = canary(&server.url, "failing", SECONDS);
    scene.watching(&format!("[rollback]\nmode = \"hold\"\n{settings}"));
    let before = main(&scene);
    let mut service = Service::start(&scene, &["canary", "watch", "--key", &ci]);
    service.wait_until(|line| line["what"] == "no rollback");
    service.stop();
    assert_eq!((main(&scene), scene.records("rollback").len()), (before, 0));
    let why = &scene.json(&["canary"]).1["promotions"][0]["armed"]["why"][0];
    assert!(
        why.as_str().unwrap().contains("rollback.mode = \"hold\""),
        "{why}"
    );

    scene.watching(&settings);
    let before = main(&scene);
    let dry = scene.run(&["canary", "watch", "--once", "--dry-run"]);
    assert_eq!(dry.status.code(), Some(1), "{}", words(&dry));
    assert!(
        words(&dry).contains("it would be taken back"),
        "{}",
        words(&dry)
    );
    assert_eq!(scene.records("rollback").len(), 0);
    let mut service = Service::start(&scene, &["canary", "watch", "--key", &ci]);
    service.wait_until(|line| line["what"] == "rollback");
    service.stop();
    assert_eq!(main(&scene), before);
    let it = &scene.json(&["canary"]).1["promotions"][0];
    assert_eq!(it["rollback"]["state"], "claimed");
}

/// A server that takes what it is asked and never answers.
async fn hung() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    url
}

/// A server that hangs hangs nobody: the look ends as `SOURCE_ERROR`, rounds go on, and who
/// is asked to stop stops at once, in the middle of a look.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_hangs_nobody() {
    let mut scene = Scene::merged();
    let url = hung().await;
    let settings = SECONDS.replace("deadline = \"5s\"", "deadline = \"1s\"");
    scene.watching(&canary(&url, "healthy", &settings));
    let watch = ["canary", "watch", "--key", &scene.path("ci")];
    let mut service = Service::start(&scene, &watch);
    let looked = service.wait_for("looked");
    assert_eq!(looked["word"], "SOURCE_ERROR");
    assert!(
        looked["why"]
            .as_str()
            .unwrap()
            .contains("no answer within 1s"),
        "{looked}"
    );
    service.wait_for("looked");
    assert_eq!(service.stop().code, Some(0));

    // An hour for each try: nobody waits for it.
    scene.watching(&canary(
        &url,
        "healthy",
        &settings.replace("\"1s\"", "\"1h\""),
    ));
    let mut service = Service::start(&scene, &[&watch[..], &["--name", "h2"]].concat());
    service.wait_for("watching");
    let began = Instant::now();
    let stopped = service.stop();
    assert_eq!(stopped.code, Some(0), "{}", stopped.said);
    assert!(began.elapsed().as_secs() < 60, "it waited for the server");
}

/// A secret is sent to the server, and is in nothing that anybody sees or keeps.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_reaches_the_server_and_nobody_else() {
    const SECRET: &str = "tok3n-of-the-watch";
    // A server that repeats what it was sent.
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = seen.clone();
    let app = axum::Router::new().fallback(move |headers: axum::http::HeaderMap| {
        let said = headers
            .get("authorization")
            .map(|it| it.to_str().unwrap().to_owned());
        heard.lock().unwrap().push(said.clone().unwrap_or_default());
        async move {
            let why = format!("who is {}?", said.unwrap_or_default());
            (axum::http::StatusCode::UNAUTHORIZED, why)
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });

    let mut scene = Scene::merged();
    let settings = format!("{SECONDS}auth = \"bearer\"\n");
    scene.watching(&canary(&url, "healthy", &settings));
    let armed = words(&scene.run(&["canary"]));
    assert!(armed.contains("COUNTERSIGN_PROMETHEUS_SECRET"), "{armed}");
    let mut said = String::new();
    for arguments in [
        &["canary", "check"][..],
        &["canary", "check", "--json"],
        &["canary", "watch", "--once", "--key", &scene.path("ci")],
        &["canary"],
        &["canary", "--json"],
        &["doctor"],
        &["audit", "log"],
    ] {
        let mut command = scene.command(arguments);
        command.env("COUNTERSIGN_PROMETHEUS_SECRET", SECRET);
        command.env("RUST_LOG", "trace");
        let output = command.output().unwrap();
        said += &words(&output);
    }
    assert!(
        said.contains("the server says 401: who is Bearer (not shown)?"),
        "{said}"
    );
    assert!(!said.contains(SECRET), "{said}");
    let seen = seen.lock().unwrap().clone();
    let expected = format!("Bearer {SECRET}");
    assert!(
        !seen.is_empty() && seen.iter().all(|it| *it == expected),
        "{seen:?}"
    );
    // Nor in what is kept.
    let kept = Command::new("grep")
        .args(["-r", "-l", "-a", SECRET])
        .arg(scene.repo.dir.path())
        .output()
        .unwrap();
    assert_eq!(kept.status.code(), Some(1), "{}", words(&kept));
}

/// A person has it wait, and it waits; a machine's key cannot say so.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_have_it_wait() {
    let mut scene = Scene::merged();
    let server = server(&scene).await;
    scene.watching(&canary(&server.url, "failing", SECONDS));
    let (ci, elif) = (scene.path("ci"), scene.path("elif"));
    let pause = |key: &str| {
        scene.run(&[
            "canary",
            "pause",
            MODULE,
            "--for",
            "2h",
            "--reason",
            "a known outage",
            "--key",
            key,
        ])
    };
    let refused = pause(&ci);
    assert_eq!(refused.status.code(), Some(2), "{}", words(&refused));
    assert!(words(&refused).contains("owner or release"));
    canary_support::done(&pause(&elif));
    let standing = |scene: &Scene| scene.json(&["canary", MODULE]).1["promotions"][0].clone();
    let it = standing(&scene);
    assert_eq!(it["pause"]["reason"], "a known outage");
    assert_eq!(it["armed"]["is"], "no");

    let mut service = Service::start(&scene, &["canary", "watch", "--key", &ci]);
    service.wait_until(|line| line["word"] == "FAIL");
    service.wait_until(|line| line["word"] == "FAIL");
    assert_eq!(service.stop().code, Some(0));
    assert_eq!(scene.records("rollback").len(), 0);
    assert_eq!(
        kinds(&scene, "verdict").last().unwrap(),
        "FAIL: to be taken back"
    );
    canary_support::done(&scene.run(&[
        "canary",
        "acknowledge",
        MODULE,
        "--reason",
        "we are on it",
        "--key",
        &elif,
    ]));
    let it = standing(&scene);
    assert_eq!(it["acknowledged"]["word"], "FAIL");
    canary_support::done(&scene.run(&[
        "canary",
        "resume",
        MODULE,
        "--reason",
        "it is over",
        "--key",
        &elif,
    ]));
    assert_eq!(standing(&scene)["pause"], Value::Null);
    let long = scene.run(&["canary", "pause", MODULE, "--for", "8d", "--reason", "x"]);
    assert_eq!(long.status.code(), Some(2), "{}", words(&long));
}

/// Two machines watch the same promotions over one remote: one writes, the other finds it.
#[tokio::test(flavor = "multi_thread")]
async fn two_machines_write_each_record_once() {
    let mut scene = Scene::merged();
    let server = server(&scene).await;
    let settings = canary(&server.url, "healthy", SECONDS);
    scene.watching(&format!("[sign_off]\nremote = \"origin\"\n{settings}"));
    let origin = scene.path("origin.git");
    scene.git(&["init", "-q", "--bare", "--initial-branch=main", &origin]);
    scene.git(&["remote", "add", "origin", &origin]);
    scene.git(&[
        "push",
        "-q",
        "origin",
        "main",
        "promotion-audit",
        "promote/fees-20260101",
    ]);
    let ci = scene.path("ci");
    let mut services: Vec<Service> = ["h1", "h2"]
        .iter()
        .map(|name| {
            let clone = scene.path(name);
            scene.git(&["clone", "-q", &origin, &clone]);
            let arguments = [
                "canary", "watch", "--key", &ci, "--name", name, "-C", &clone,
            ];
            let mut command = scene.command(&arguments);
            for (variable, place) in [
                ("COUNTERSIGN_DATA_DIR", "data"),
                ("COUNTERSIGN_STATE_DIR", "state"),
                ("COUNTERSIGN_CACHE_DIR", "cache"),
            ] {
                command.env(variable, scene.file(&format!("{name}-{place}")));
            }
            Service::of(command)
        })
        .collect();
    // Whoever is second finds nothing left to look at.
    for service in &mut services {
        service.wait_until(|line| line["open"] == 0);
    }
    for service in services {
        let stopped = service.stop();
        assert_eq!(stopped.code, Some(0), "{}", stopped.said);
    }
    scene.git(&["fetch", "-q", "origin", "+promotion-audit:promotion-audit"]);
    assert_eq!(scene.records("completion").len(), 1);
    let verdicts = scene.records("verdict");
    let mut looks: Vec<&str> = verdicts
        .iter()
        .map(|it| it["facts"]["at"].as_str().unwrap())
        .collect();
    let all = looks.len();
    looks.dedup();
    assert_eq!(looks.len(), all, "{verdicts:#?}");
    assert!(all >= 2, "{verdicts:#?}");
    canary_support::done(&scene.run(&["audit", "verify"]));
}

/// What a machine remembers decides nothing: without it the same follows.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_can_be_deleted() {
    let mut scene = Scene::merged();
    let server = server(&scene).await;
    let ci = scene.path("ci");
    scene.watching(&canary(&server.url, "quiet", SECONDS));
    let once = ["canary", "watch", "--once", "--key", &ci];
    assert_eq!(scene.run(&once).status.code(), Some(3));
    assert!(scene.file("state").exists());
    std::fs::remove_dir_all(scene.file("state")).unwrap();
    let verdicts = scene.records("verdict").len();
    assert_eq!(verdicts, 1);
    // What the log has is not written again, and nothing else follows.
    assert_eq!(scene.run(&once).status.code(), Some(3));
    assert_eq!(scene.records("verdict").len(), verdicts);
    // A state that says it passed is believed by nobody.
    let looks = std::fs::read_dir(scene.file("state").join("canary")).unwrap();
    let promotion = looks.flatten().next().unwrap().path();
    let promotion = std::fs::read_dir(promotion)
        .unwrap()
        .flatten()
        .next()
        .unwrap()
        .path();
    let forged = std::fs::read_to_string(promotion.join("looks.jsonl"))
        .unwrap()
        .replace("\"hold\"", "\"complete\"")
        .replace("\"INSUFFICIENT\"", "\"PASS\"");
    std::fs::write(promotion.join("looks.jsonl"), forged).unwrap();
    assert_eq!(scene.run(&once).status.code(), Some(3));
    assert_eq!(scene.records("completion").len(), 0);
}
