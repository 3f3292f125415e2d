//! The watcher itself killed: two of them on two clones, at every instant of the rollback
//! that they carry out, and at any other. What is taken back is taken back once.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver as Lines, RecvTimeoutError};
use std::time::{Duration, Instant};

use countersign::promotion::benchmark::random::Random;
use serde_json::Value;

use crate::canary_support::server::Server;
use crate::canary_support::{Arm, HEALTH, Job, canary, recorded};
use crate::gates_support::{eventually, lines};
use crate::killed::{TOLD, copy, instants};
use crate::receiver::Receiver;
use crate::scene::{MODULE, Options, Scene, ended, git, git_at};

/// So often at least a watcher is killed; `COUNTERSIGN_TEST_KILLS` says more.
const KILLS: usize = 20;
/// Longer than anything takes here.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// What two watchers need for all of it, if nobody is killed: a kill at random is within.
const STORY: u64 = 6_000;
/// Looks every second, at bins of five.
const SECONDS: &str = "window = \"30s\"\ninterval = \"1s\"\nbin = \"5s\"\nlearn = \"3h\"\n\
                       fresh = \"20s\"\ncoverage = 80\nnights = 0\ntries = 1\ndeadline = \"20s\"\n";
pub const CLONES: [&str; 2] = ["one", "two"];

/// A watcher at work, and what it says.
pub struct Watcher {
    clone: &'static str,
    child: Child,
    lines: Lines<String>,
    pub said: String,
}

/// How waiting for a watcher ended.
pub enum Heard {
    /// It said that.
    Said,
    /// It was killed.
    Gone,
    /// Neither, in time.
    Nothing,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Watcher {
    /// Starts one; with an instant at which it is killed.
    pub fn start(scene: &Scene, clone: &'static str, hook: &str, instant: &str) -> Self {
        let mut child = scene
            .countersign(clone)
            .args(["canary", "watch", "--name", clone, "--key"])
            .arg(scene.key("watcher"))
            .env(
                "COUNTERSIGN_STATE_DIR",
                scene.path(&format!("state-{clone}")),
            )
            .env("HOOK", hook)
            .env("COUNTERSIGN_TEST_KILL", instant)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines(&mut child);
        Self {
            clone,
            child,
            lines,
            said: String::new(),
        }
    }

    /// Waits until it says something that fits, or is gone.
    pub fn hear(&mut self, within: Duration, fits: &dyn Fn(&Value) -> bool) -> Heard {
        let until = Instant::now() + within;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.said += &format!("{line}\n");
                    let value = serde_json::from_str(&line).unwrap_or_default();
                    if fits(&value) {
                        return Heard::Said;
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Heard::Nothing,
                Err(RecvTimeoutError::Disconnected) => return Heard::Gone,
            }
        }
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// It says that nothing is left of the rollback, for it.
pub fn over(line: &Value) -> bool {
    line["what"] == "rollback" && line["words"] == "rolled back"
}

/// A canary that fails, and a remote with two clones that watch it. There is harm enough to
/// be seen at the first look.
pub fn failing(server: &Server) -> Scene {
    let watched = canary(&server.url, "failing", SECONDS);
    let scene = Scene::new(&Options {
        settings: format!(
            "[rollback]\nmode = \"auto\"\nclaim = \"4s\"\n[notify]\nwebhook_env = \"HOOK\"\n{watched}"
        ),
        ..Options::default()
    });
    eventually("it fails", || {
        let checked = scene.run("one", &["canary", "check", MODULE]);
        checked.status.code() == Some(1)
    });
    scene
}

/// A Prometheus that knows the hours before, and almost an hour of harm already.
pub fn server(runtime: &tokio::runtime::Runtime) -> Server {
    let merged = crate::canary_support::server::now();
    let jobs = [Job {
        name: "failing",
        base: HEALTH,
        canary: Some(Arm {
            failed: 300,
            ..HEALTH
        }),
    }];
    runtime.block_on(Server::with(
        &recorded(&jobs, merged, 11_000, 3_000, 5),
        merged,
    ))
}

/// What a trial came to.
#[derive(Default)]
pub struct Told {
    kills: usize,
    /// Sent once more: of a notice that was on its way when its machine was killed, and of
    /// one that was taken over before the log said that it was told.
    on_its_way: usize,
    taken_over: usize,
}

/// The notices of a machine that are on their way for all that it knows.
fn on_their_way(scene: &Scene, clone: &str) -> Vec<String> {
    let outbox = scene.path(&format!("data-{clone}")).join("rollback/outbox");
    let files = std::fs::read_dir(outbox).into_iter().flatten().flatten();
    let read = files.filter_map(|it| std::fs::read(it.path()).ok());
    let entries = read.filter_map(|it| serde_json::from_slice::<Value>(&it).ok());
    let left = entries.filter(|it| it["delivered"] == false);
    left.map(|it| {
        it["key"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    })
    .collect()
}

/// How the watchers of a trial are killed.
enum How {
    /// At that instant: the first of them, or both.
    At(String, bool),
    /// At any time, drawn by lot, one or both.
    Any(Random),
}

/// Two watchers race; one or both are killed, and started again, until all is over.
fn trial(template: &Scene, receiver: &Receiver, how: How, number: usize) -> Told {
    let scene = copy(template);
    let path = format!("watched-{number}");
    let hook = receiver.url(&path);
    let mut told = Told::default();
    let mut left = BTreeMap::<String, usize>::new();
    let mut dead = |scene: &Scene, watcher: &mut Watcher, told: &mut Told| {
        watcher.kill();
        told.kills += 1;
        for state in on_their_way(scene, watcher.clone) {
            *left.entry(state).or_default() += 1;
        }
    };
    match how {
        How::At(instant, both) => {
            let mut watchers = [
                Watcher::start(&scene, "one", &hook, &instant),
                Watcher::start(&scene, "two", &hook, if both { &instant } else { "" }),
            ];
            // The second can be faster with all of it: then the first finds nothing to do.
            for watcher in &mut watchers {
                match watcher.hear(PATIENCE, &|line| over(line) || line["open"] == 0) {
                    Heard::Gone => dead(&scene, watcher, &mut told),
                    Heard::Said => {}
                    Heard::Nothing => panic!("{instant}: {}", watcher.said),
                }
            }
        }
        How::Any(mut random) => {
            for _ in 0..3 {
                let mut watchers = CLONES.map(|it| Watcher::start(&scene, it, &hook, ""));
                let within = Duration::from_millis(random.below(STORY as usize) as u64);
                watchers[0].hear(within, &|_| false);
                let both = random.coin();
                dead(&scene, &mut watchers[0], &mut told);
                if both {
                    dead(&scene, &mut watchers[1], &mut told);
                } else {
                    watchers[1].hear(within, &|_| false);
                    dead(&scene, &mut watchers[1], &mut told);
                }
            }
        }
    }
    // Nobody is killed any more. In each fourth trial the first machine never comes back.
    let said = finished(
        &scene,
        receiver,
        &path,
        &CLONES[usize::from(number % 4 == 3)..],
    );
    let context = format!("{number}: {said}");
    judge(&scene, receiver, &path, &left, &mut told, &context);
    told
}

/// Lets watchers go on undisturbed until it is rolled back and everybody was told; what they
/// said.
pub fn finished(scene: &Scene, receiver: &Receiver, path: &str, back: &[&'static str]) -> String {
    let hook = receiver.url(path);
    let start = |clone: &&'static str| Watcher::start(scene, clone, &hook, "");
    let mut watchers: Vec<_> = back.iter().map(start).collect();
    let said = |watchers: &[Watcher]| -> String {
        let said = watchers.iter().map(|it| it.said.as_str());
        said.collect()
    };
    let until = Instant::now() + PATIENCE;
    loop {
        for watcher in &mut watchers {
            watcher.hear(Duration::from_millis(200), &over);
        }
        let told = receiver.counts(path);
        let log = git(
            &scene.remote(),
            &["log", "-1", "--format=%s", "promotion-audit"],
        );
        let end = log.ends_with(": told") || log.ends_with(": rolled-back");
        if told.len() == TOLD.len() && end {
            return said(&watchers);
        }
        assert!(
            Instant::now() < until,
            "{path}: {log} {told:?} {}",
            said(&watchers)
        );
    }
}

/// Brings the second clone what the remote has. A git that was started by a watcher that is
/// killed may do so at the same time.
pub fn fetched(scene: &Scene) {
    crate::gates_support::eventually("git fetch", || {
        let done = git_at(&scene.path("two"), &["fetch", "-q", "origin"]);
        done.status.success()
    });
}

/// Holds what was found at the end against what is promised.
pub fn judge(
    scene: &Scene,
    receiver: &Receiver,
    path: &str,
    left: &BTreeMap<String, usize>,
    told: &mut Told,
    context: &str,
) {
    scene.is_back_once(context);
    // One story, which is nobody's but the watchers'.
    fetched(scene);
    ended(&scene.run("two", &["audit", "verify"]), 0);
    let logged = scene.run("two", &["audit", "log", "--json"]);
    let log: Value = serde_json::from_slice(&logged.stdout).unwrap();
    let facts: Vec<&Value> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["said"]["facts"])
        .collect();
    let steps: Vec<&Value> = facts
        .iter()
        .copied()
        .filter(|it| it["state"].is_string())
        .collect();
    let states: Vec<&str> = steps
        .iter()
        .map(|it| it["state"].as_str().unwrap())
        .collect();
    for state in [
        "decided",
        "reverted",
        "hotfix-branched",
        "re-validating",
        "rolled-back",
    ] {
        let times = states.iter().filter(|it| **it == state).count();
        assert_eq!(times, 1, "{state} {states:?} {context}");
    }
    // A verdict is written down when it changed, whoever looked.
    let verdicts: Vec<&Value> = facts.iter().filter_map(|it| it.get("word")).collect();
    let changed = verdicts.windows(2).all(|it| it[0] != it[1]);
    assert!(
        changed && verdicts.last().is_some_and(|it| *it == "FAIL"),
        "{verdicts:?} {context}"
    );
    assert!(
        facts
            .iter()
            .all(|it| it["outcome"] != "PASS: watched to the end")
    );

    // Everybody was told of each, by one key. It came twice only where its machine was
    // killed while it was on its way, or where another one took over before the log said
    // that it was told: by that key the receiver drops it.
    let counts = receiver.counts(path);
    let keys: Vec<&str> = counts.keys().map(String::as_str).collect();
    assert_eq!(keys, TOLD, "{states:?} {context}");
    for (state, count) in &counts {
        let reached = states.iter().position(|it| it == state).unwrap();
        let says = steps.iter().position(|it| {
            it["told"]
                .as_str()
                .is_some_and(|it| it.split(' ').any(|it| it == state))
        });
        let overs = (reached..says.unwrap_or(steps.len()))
            .filter(|at| steps[*at]["over"].is_string())
            .count();
        let way = left.get(state).copied().unwrap_or_default();
        let more = count - 1;
        assert!(
            more <= way + overs,
            "{state} came {count} times, {way} on its way, {overs} taken over: {states:?} {context}"
        );
        told.on_its_way += more.min(way);
        told.taken_over += more.saturating_sub(way);
        let posts = receiver.posts(path, state);
        assert!(
            posts.iter().all(|it| it.document == posts[0].document),
            "what is sent again is the same: {posts:?}"
        );
    }
}

#[test]
fn watchers_killed_at_every_step_take_it_back_once() {
    let began = Instant::now();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = server(&runtime);
    let template = failing(&server);
    let receiver = Receiver::start();
    let wanted = std::env::var("COUNTERSIGN_TEST_KILLS");
    let wanted = wanted.map_or(KILLS, |it| it.parse().unwrap());
    let all = instants();
    let next = AtomicUsize::new(0);
    let sum = Mutex::new(Told::default());
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    // The instants are gone through in steps, so that few trials see all states;
                    // where many are to be killed, each of them comes.
                    let at = number - number / 3;
                    let all_were = wanted < all.len() || at >= all.len();
                    if sum.lock().unwrap().kills >= wanted && all_were {
                        return;
                    }
                    let instant = all[at * 7 % all.len()].clone();
                    let how = match number % 3 {
                        2 => How::Any(Random::new(number as u64)),
                        _ => How::At(instant, number.is_multiple_of(2)),
                    };
                    let told = trial(&template, &receiver, how, number);
                    let mut sum = sum.lock().unwrap();
                    sum.kills += told.kills;
                    sum.on_its_way += told.on_its_way;
                    sum.taken_over += told.taken_over;
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap();
    println!(
        "{} kills of watchers in {} trials, {:?}. Sent again: {} that were on their way, {} that were \
         taken over",
        sum.kills,
        next.load(Ordering::Relaxed),
        began.elapsed(),
        sum.on_its_way,
        sum.taken_over
    );
}
