//! How fast a log is verified, against the mathematics alone, and how long an entry
//! takes to be written, against one flush and one move of a branch.
//!
//! ```sh
//! cargo bench --bench audit                # 100,000 entries
//! cargo bench --bench audit -- --entries 10000
//! ```
//!
//! Exits with 1 where verifying takes more than 1.5 times as long on one core as the
//! Ed25519 signatures alone, by the same library, with each key read beforehand.
#![allow(clippy::unwrap_used)]

#[path = "../tests/support/log.rs"]
mod log;

use std::fs::File;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bytes::Bytes;
use countersign::audit::line::{self, Line};
use countersign::audit::merkle::Head;
use countersign::promotion::Sha256;
use countersign::promotion::review::Seen;
use countersign::promotion::review::decision::PAYLOAD_TYPE;
use countersign::review::Envelope;
use countersign::review::envelope::pae;
use countersign::workflow::audit;
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use log::{Scene, bare};
use ssh_key::{HashAlg, SshSig};

/// The least of so many rounds counts.
const ROUNDS: usize = 3;

fn main() -> ExitCode {
    let mut entries = 100_000;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--entries" => entries = arguments.next().unwrap().parse().unwrap(),
            "--bench" => {} // cargo says so
            other => panic!("there is no option {other}"),
        }
    }
    let holds = verifying(entries);
    appending();
    match holds {
        true => ExitCode::SUCCESS,
        false => {
            println!("the figures were not reached");
            ExitCode::FAILURE
        }
    }
}

fn least(mut run: impl FnMut()) -> Duration {
    let once = |_| {
        let began = Instant::now();
        run();
        began.elapsed()
    };
    (0..ROUNDS).map(once).min().unwrap()
}

fn verifying(entries: u64) -> bool {
    let scene = Scene::new();
    let log = Bytes::from(scene.log(entries));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{entries} entries, {:.1} MB, {cores} cores",
        log.len() as f64 / 1e6
    );
    let raw = raw(&log);
    let each = |took: Duration| took.as_secs_f64() * 1e6 / entries as f64;
    let alone = least(|| {
        for (key, message, signature) in &raw {
            key.verify(message, signature).unwrap();
        }
    });
    drop(raw);
    println!(
        "{:40}{:>8.1} µs each",
        "Ed25519 alone, one core",
        each(alone)
    );
    let keyrings = scene.keyrings();
    let mut took = Vec::new();
    for n in [1, cores] {
        let time = least(|| {
            let id = &scene.repository.id;
            let checked = audit::check_on(n, &log, 0, &keyrings, id);
            assert!(checked.entries.iter().all(|entry| entry.is.is_ok()));
        });
        let ratio = time.as_secs_f64() / alone.as_secs_f64();
        println!(
            "{:40}{:>8.1} µs each{:>8.2} s{:>8.2} times",
            format!("the log verified, {n} cores"),
            each(time),
            time.as_secs_f64(),
            ratio
        );
        took.push((time, ratio));
    }
    let (one, all) = (&took[0], &took[took.len() - 1]);
    let faster = one.0.as_secs_f64() / all.0.as_secs_f64();
    println!("{cores} cores are {faster:.2} times as fast as one");
    one.1 <= 1.5
}

type Raw = (VerifyingKey, Vec<u8>, Signature);

/// What the signatures are over, with keys that are ready.
fn raw(log: &[u8]) -> Vec<Raw> {
    let one = |bytes: &[u8]| {
        let line: Line<Envelope> = serde_json::from_slice(bytes).unwrap();
        let payload = line.envelope.payload().unwrap();
        let (_, blob) = line.envelope.signature().unwrap();
        let signature: SshSig = ssh_key::encoding::Decode::decode(&mut blob.as_slice()).unwrap();
        let key = signature.public_key().ed25519().unwrap();
        let message = pae(PAYLOAD_TYPE, &payload);
        let namespace = signature.namespace();
        (
            VerifyingKey::from_bytes(&key.0).unwrap(),
            SshSig::signed_data(namespace, HashAlg::Sha512, &message).unwrap(),
            Signature::from_slice(signature.signature_bytes()).unwrap(),
        )
    };
    line::lines(log).map(one).collect()
}

fn appending() {
    println!();
    let dir = tempfile::tempdir_in(std::env::current_dir().unwrap().join("target")).unwrap();
    let scene = Scene::new();
    let baseline = baseline(dir.path());
    println!(
        "{:40}{:>8.2} ms",
        "one flush and one move of a branch",
        baseline.as_secs_f64() * 1e3
    );
    for entries in [10, 1_000, 10_000, 100_000] {
        let git = bare(&dir.path().join(format!("repo{entries}")));
        let ground = scene.ground(&git, &dir.path().join(format!("state{entries}")), None);
        let store = countersign::audit::store::Store::open(&git, "promotion-audit").unwrap();
        let tip = store.tip().unwrap();
        let log = scene.log(entries);
        store.replace(&tip, &log, None, "x", 0).unwrap();
        let mut seen = seen_of(&audit::read_at(&ground).unwrap().head);
        // The first verifies what this clone never wrote to; the others what is new.
        let mut times = Vec::new();
        for n in 0..22 {
            let envelope = scene.approval(0, entries + n, seen);
            let began = Instant::now();
            let appended = audit::append_at(&ground, &envelope, "Approve").unwrap();
            times.push(began.elapsed());
            seen = seen_of(&appended.head);
        }
        let first = times.remove(0);
        times.sort();
        let median = times[times.len() / 2];
        println!(
            "{:40}{:>8.2} ms{:>8.1} times; the first {:.1} ms",
            format!("one more behind {entries} entries"),
            median.as_secs_f64() * 1e3,
            median.as_secs_f64() / baseline.as_secs_f64(),
            first.as_secs_f64() * 1e3,
        );
        assert!(audit::read_at(&ground).unwrap().holds());
    }
}

fn seen_of(head: &Head) -> Seen {
    Seen {
        size: head.size,
        root: Sha256::from_bytes(head.root),
    }
}

/// What no way of writing can be faster than.
fn baseline(dir: &std::path::Path) -> Duration {
    let git = git2::Repository::init_bare(dir.join("baseline")).unwrap();
    let who = git2::Signature::new("a", "a@example.org", &git2::Time::new(0, 0)).unwrap();
    let tree = git.treebuilder(None).unwrap().write().unwrap();
    let tree = git.find_tree(tree).unwrap();
    let commit = |message: &str| git.commit(None, &who, &who, message, &tree, &[]).unwrap();
    let commits = [commit("a"), commit("b")];
    let mut times = Vec::new();
    for n in 0..21 {
        let began = Instant::now();
        let mut file = File::create(dir.join(format!("file{n}"))).unwrap();
        file.write_all(&[b'x'; 3000]).unwrap();
        file.sync_all().unwrap();
        git.reference("refs/heads/log", commits[n % 2], true, "x")
            .unwrap();
        times.push(began.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}
