//! Killed at any instant: nothing acknowledged is lost, nothing invalid is there.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use countersign::promotion::benchmark::random::Random;
use countersign::workflow::audit;

use super::write::{Place, bytes, place};
use crate::log::{Growing, Scene};

const KILLS: usize = 500;
/// Repositories stay small, so that the time goes into appending.
const EACH: usize = 25;
/// After the child is ready, so long at most.
const LONGEST: usize = 60_000;

/// Runs by itself only as a child of the test below, until it is killed.
#[test]
#[ignore = "run by killed_at_any_instant"]
fn child() {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let mut scene = Scene::new();
    scene.lot = variable("LOT");
    let (git, state) = (variable("REPO"), variable("STATE"));
    let ground = scene.ground(git.as_ref(), state.as_ref(), None);
    println!("ready");
    for n in 0.. {
        // Read and not verified: appending does that, and is what is to be killed.
        let mut log = Growing::default();
        for line in crate::log::lines(&bytes(&ground)) {
            log.add(&line);
        }
        let envelope = scene.approval(0, n, log.seen());
        audit::append_at(&ground, &envelope, "Approve").unwrap();
        println!("logged {}", scene.nonce(n));
    }
}

/// Starts a child, kills it so long after it is ready; what it acknowledged.
fn kill_one(place: &Place, lot: &str, after: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::child", "--ignored", "--nocapture"])
        .env("LOT", lot)
        .env("REPO", &place.ground.git_dir)
        .env("STATE", place.ground.state.as_ref().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (send, receive) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut logged = Vec::new();
        // The last line may be cut off: then nobody was told.
        for line in out.lines().map_while(Result::ok) {
            if line == "ready" {
                let _ = send.send(());
            } else if let Some(nonce) = line.strip_prefix("logged ").filter(|it| it.len() == 32) {
                logged.push(nonce.to_owned());
            }
        }
        logged
    });
    receive
        .recv_timeout(Duration::from_secs(20))
        .expect("the child is ready");
    // An instant by lot, and no condition that is waited for.
    std::thread::park_timeout(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn killed_at_any_instant() {
    let began = Instant::now();
    let (mut acknowledged, mut unheard) = (0, 0);
    let mut random = Random::new(4);
    for repository in 0..KILLS / EACH {
        let place = place();
        let mut logged = BTreeSet::new();
        for kill in 0..EACH {
            let after = Duration::from_micros(random.below(LONGEST) as u64);
            logged.extend(kill_one(&place, &format!("{repository}/{kill}"), after));
            let log = audit::read_at(&place.ground).unwrap();
            assert!(log.holds(), "{:?} {:?}", log.problems, log.first_wrong());
            let there: BTreeSet<String> = log
                .decisions()
                .into_iter()
                .map(|it| it.decision.nonce)
                .collect();
            let lost: Vec<_> = logged.difference(&there).collect();
            assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
            assert_eq!(there.len(), log.entries.len());
        }
        let log = audit::read_at(&place.ground).unwrap();
        acknowledged += logged.len();
        unheard += log.entries.len() - logged.len();
    }
    println!(
        "{KILLS} kills in {:?}: {acknowledged} acknowledged, {unheard} written and not heard of",
        began.elapsed()
    );
    assert!(
        acknowledged > KILLS / 2,
        "the kills came too early: {acknowledged}"
    );
}
