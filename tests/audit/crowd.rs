//! Sixteen processes, fifty entries each, one remote.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use countersign::promotion::Sha256;
use countersign::promotion::review::Seen;
use countersign::workflow::audit::{self, Shared};

use super::remotes::remote;
use crate::log::Scene;

const PROCESSES: usize = 16;
const EACH: u64 = 50;

/// Runs by itself only as a child of the test below.
#[test]
#[ignore = "run by sixteen_at_once"]
fn child() {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let mut scene = Scene::new();
    scene.lot = variable("LOT");
    let (git, state) = (variable("REPO"), variable("STATE"));
    let ground = scene.ground(git.as_ref(), state.as_ref(), Some("origin"));
    let mut seen = audit::seen(&audit::read_at(&ground).unwrap());
    for n in 0..EACH {
        let envelope = scene.approval(0, n, seen);
        println!("signed {}", scene.nonce(n));
        let appended = audit::append_at(&ground, &envelope, "Approve").unwrap();
        println!("logged {} {:?}", scene.nonce(n), appended.shared);
        // As `audit::seen` has it, without verifying all of it for each entry.
        if appended.shared == Shared::Yes {
            seen = Seen {
                size: appended.head.size,
                root: Sha256::from_bytes(appended.head.root),
            };
        }
    }
    // What others kept from being shared at the time.
    for _ in 0..20 {
        if audit::share_at(&ground).unwrap() == Shared::Yes {
            println!("shared");
            return;
        }
    }
}

#[test]
fn sixteen_at_once() {
    let shared = remote();
    let began = Instant::now();
    let children: Vec<_> = (0..PROCESSES)
        .map(|n| {
            let name = format!("clone{n}");
            let ground = shared.clone(&name);
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "crowd::child", "--ignored", "--nocapture"])
                .env("LOT", &name)
                .env("REPO", &ground.git_dir)
                .env("STATE", ground.state.unwrap())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut readers = Vec::new();
    for mut child in children {
        let mut out = child.stdout.take().unwrap();
        readers.push(std::thread::spawn(move || {
            let mut said = String::new();
            out.read_to_string(&mut said).unwrap();
            let done = child.wait_with_output().unwrap();
            assert!(
                done.status.success(),
                "{said}{}",
                String::from_utf8_lossy(&done.stderr)
            );
            said
        }));
    }
    let said: Vec<String> = readers.into_iter().map(|it| it.join().unwrap()).collect();
    let words = |word: &str| -> Vec<String> {
        let lines = said.iter().flat_map(|text| text.lines());
        let found = lines.filter_map(|line| line.strip_prefix(word));
        found
            .map(|rest| rest.split(' ').next().unwrap().to_owned())
            .collect()
    };
    let (signed, logged) = (words("signed "), words("logged "));
    let later = said
        .iter()
        .flat_map(|it| it.lines())
        .filter(|it| it.contains("NotYet"));
    println!("{:?}, {} shared later", began.elapsed(), later.count());
    let all = PROCESSES * EACH as usize;
    assert_eq!((signed.len(), logged.len()), (all, all));

    let ground = shared.clone("auditor");
    audit::share_at(&ground).unwrap();
    let log = audit::read_at(&ground).unwrap();
    assert!(log.holds(), "{:?} {:?}", log.problems, log.first_wrong());
    assert_eq!(log.entries.len(), all);
    // One signature each, and none of them twice: what was signed is what is there.
    let there: BTreeSet<String> = log
        .decisions()
        .into_iter()
        .map(|it| it.decision.nonce)
        .collect();
    assert_eq!(there, signed.into_iter().collect());
    assert_eq!(there.len(), all);
}
