//! How long a look at many promotions takes, against a real Prometheus on this machine, and
//! whether memory grows with the number of looks.
//!
//! `cargo bench --bench canary` needs Debian's `prometheus`. Two worlds: 200 promotions of
//! 10 signals each that have nothing in common, and 200 that ask for the same. The first
//! look reads everything, each later one what is new.
#![allow(clippy::unwrap_used)]

#[path = "../tests/canary_prometheus/server.rs"]
#[allow(dead_code)]
mod server;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use countersign::canary::{Arms, Ask, Known, Limits, Prometheus, Reader, Span, Template, What};
use countersign::promotion::canary::policy::{Events, Kind, Policy, Signal};
use countersign::promotion::canary::{History, Word, judge};
use futures_util::StreamExt as _;
use server::Server;

const PROMOTIONS: usize = 200;
const SIGNALS: usize = 10;
const BIN: i64 = 300;
/// As the watcher does.
const AT_ONCE: usize = 8;
/// How many later looks are measured, and how many there are to see memory.
const LATER: i64 = 12;
const LOOKS: i64 = 10_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        apart().await;
        together().await;
    });
    memory();
}

/// Six hours before the merge and since, of services of their own.
async fn apart() {
    let merged = server::now().div_euclid(BIN) * BIN - 6 * 3_600 - 7_200;
    let names: Vec<String> = (0..PROMOTIONS).map(|n| format!("job{n}")).collect();
    let text = recorded(&names, merged - 6 * 3_600, merged + 7 * 3_600);
    let server = Server::with(&text, merged).await;
    let readers = names.iter().map(|name| reader(&server.url, name)).collect();
    measure("nothing in common", readers, merged, 6 * 3_600).await;
}

/// A week before the merge and six hours since, of one service.
async fn together() {
    let merged = server::now().div_euclid(BIN) * BIN - 6 * 3_600 - 7_200;
    let text = recorded(&["job".to_owned()], merged - 7 * 86_400, merged + 7 * 3_600);
    let server = Server::with(&text, merged).await;
    let readers = (0..PROMOTIONS)
        .map(|_| reader(&server.url, "job"))
        .collect();
    measure("the same service", readers, merged, 7 * 86_400).await;
}

async fn measure(what: &str, mut readers: Vec<Reader>, merged: i64, before: u64) {
    let known: Arc<Known> = Arc::default();
    for reader in &mut readers {
        reader.known = Some(known.clone());
    }
    let policy = policy(before);
    let first = merged + 5 * 3_600;
    let (took, asking) = look(&readers, merged, before, first, &policy).await;
    println!(
        "{what}: the first look at {PROMOTIONS} promotions × {SIGNALS} signals took {took:.2} s \
         ({asking:.2} s of it asking)"
    );
    let mut times = Vec::new();
    for later in 1..=LATER {
        times.push(look(&readers, merged, before, first + later * BIN, &policy).await);
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (median, asking) = times[times.len() / 2];
    println!(
        "{what}: a later look {median:.2} s (median of {LATER}; {asking:.2} s of it asking), \
         {:.2} s at most; {} samples kept",
        times[times.len() - 1].0,
        known.samples()
    );
}

/// One look at all of them: seconds, and those of them that were spent asking.
async fn look(
    readers: &[Reader],
    merged: i64,
    before: u64,
    at: i64,
    policy: &Policy,
) -> (f64, f64) {
    let began = Instant::now();
    let span = Span {
        merged,
        before,
        at,
        bin: BIN as u64,
    };
    let looks = readers.iter().map(|reader| reader.look(span));
    let looks: Vec<_> = futures_util::stream::iter(looks)
        .buffered(AT_ONCE)
        .collect()
        .await;
    let asking = began.elapsed().as_secs_f64();
    let history = History {
        merged,
        nights: Vec::new(),
        last_good: None,
    };
    for look in &looks {
        let verdict = judge(look, &history, policy);
        assert!(
            !matches!(verdict.word, Word::SourceError | Word::NoData),
            "{}",
            verdict.why
        );
    }
    (began.elapsed().as_secs_f64(), asking)
}

fn reader(url: &str, job: &str) -> Reader {
    let limits = Limits::default();
    let template = |name: &str, n: usize| {
        Template::new(&format!("{name}{{job=\"{job}\",signal=\"{n}\",$arm}}")).unwrap()
    };
    let ask = |n: usize| Ask {
        signal: format!("s{n}"),
        what: What::Errors {
            total: template("requests_total", n),
            bad: template("failures_total", n),
        },
    };
    Reader {
        prometheus: Prometheus::new(url, limits).unwrap(),
        arms: Arms::new("version=\"2\"", "version=\"1\"").unwrap(),
        asks: (0..SIGNALS).map(ask).collect(),
        known: None,
    }
}

fn policy(before: u64) -> Policy {
    let signal = |n: usize| Signal {
        name: format!("s{n}"),
        kind: Kind::Events(Events {
            objective: Some(0.99),
            allowed: Some(1.25),
            threshold: None,
        }),
    };
    Policy {
        before: before / 7 * 6,
        signals: (0..SIGNALS).map(signal).collect(),
        nights: 0,
        ..Policy::default()
    }
}

/// Both arms of each signal of each job, a sample a bin.
fn recorded(jobs: &[String], from: i64, to: i64) -> String {
    let mut text = String::new();
    for (name, each) in [("requests", 300), ("failures", 1)] {
        writeln!(text, "# TYPE {name} counter").unwrap();
        for job in jobs {
            for signal in 0..SIGNALS {
                for version in [1, 2] {
                    let labels = format!(
                        "job=\"{job}\",signal=\"{signal}\",version=\"{version}\",instance=\"i\""
                    );
                    for (n, at) in (0..).zip((from..=to).step_by(BIN as usize)) {
                        writeln!(text, "{name}_total{{{labels}}} {} {at}", n * each).unwrap();
                    }
                }
            }
        }
    }
    text + "# EOF\n"
}

/// What is kept in memory over many looks: as much as is asked for.
fn memory() {
    let known = Known::default();
    let one = |from: i64, last: i64| countersign::canary::Sampled {
        labels: [("instance".to_owned(), "i".to_owned())].into(),
        samples: (from..=last)
            .step_by(BIN as usize)
            .map(|t| (t as f64, 0.0))
            .collect(),
    };
    let span = 9 * 86_400;
    let mut sizes = Vec::new();
    for look in 1..=LOOKS {
        let last = look * BIN;
        let first = (last - span).max(0);
        for query in 0..40 {
            let query = format!("q{query}");
            if let Some(from) = known.missing(&query, first, last, BIN) {
                known.learn(&query, (from, last, BIN), vec![one(from, last)], None);
            }
        }
        known.forget(first, last);
        if look % 2_500 == 0 {
            sizes.push(format!(
                "{} samples and {} MiB after {look}",
                known.samples(),
                resident()
            ));
        }
    }
    println!("memory: {}", sizes.join(", "));
}

/// MiB of this process.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|it| it.starts_with("VmRSS:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1_024
}
