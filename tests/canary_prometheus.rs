//! What is read from a real Prometheus, and what is made of it: healthy, failing, slow,
//! quiet and missing canaries; and a server that is down, slow, wrong or lying.

#![allow(clippy::unwrap_used)]

#[path = "canary_prometheus/server.rs"]
mod server;
#[path = "canary_prometheus/tamper.rs"]
mod tamper;
#[path = "canary_prometheus/target.rs"]
mod target;

use std::time::Duration;

use countersign::canary::{Arms, Ask, Limits, Prometheus, Reader, Span, Template, What};
use countersign::promotion::canary::policy::{Events, Gauge, Kind, Policy, Signal};
use countersign::promotion::canary::threshold::Threshold;
use countersign::promotion::canary::{Action, History, Verdict, Word, judge};
use server::{BIN, DAY, Server, WATCHED, now};
use tamper::Lie;

const LIMITS: Limits = Limits {
    deadline: Duration::from_secs(20),
    tries: 2,
    pause: Duration::from_millis(20),
    bytes: 8 << 20,
};

fn template(query: &str) -> Template {
    Template::new(query).unwrap()
}

/// A reader of one job's errors, slow answers and memory.
fn reader(url: &str, job: &str) -> Reader {
    let of = |name: &str| template(&format!("{name}{{job=\"{job}\",$arm}}"));
    Reader {
        prometheus: Prometheus::new(url, LIMITS).unwrap(),
        arms: Arms::new("version=\"2\"", "version=\"1\"").unwrap(),
        known: None,
        asks: vec![
            Ask {
                signal: "errors".into(),
                what: What::Errors {
                    total: of("requests_total"),
                    bad: of("failures_total"),
                },
            },
            Ask {
                signal: "latency".into(),
                what: What::Slow {
                    buckets: of("seconds_bucket"),
                    limit: 0.5,
                },
            },
            Ask {
                signal: "memory".into(),
                what: What::Value(template(&format!("max(memory{{job=\"{job}\",$arm}})"))),
            },
        ],
    }
}

fn policy() -> Policy {
    let events = Kind::Events(Events {
        objective: Some(0.95),
        allowed: Some(1.25),
        threshold: None,
    });
    let signal = |name: &str, kind: Kind| Signal {
        name: name.into(),
        kind,
    };
    let memory = Kind::Gauge(Gauge {
        more_is_worse: true,
        thin: BIN,
        looks: vec![WATCHED],
        alpha: 0.05,
    });
    Policy {
        window: WATCHED,
        bin: BIN,
        before: DAY - BIN,
        signals: vec![
            signal("errors", events.clone()),
            signal("latency", events),
            signal("memory", memory),
        ],
        nights: 0,
        ..Policy::default()
    }
}

async fn verdict(reader: &Reader, merged: i64) -> Verdict {
    let at = merged + WATCHED as i64;
    let look = reader
        .look(Span {
            merged,
            before: DAY,
            at,
            bin: BIN,
        })
        .await;
    judge(&look, &history(merged), &policy())
}

fn history(merged: i64) -> History {
    History {
        merged,
        nights: Vec::new(),
        last_good: None,
    }
}

fn of<'a>(verdict: &'a Verdict, signal: &str) -> (Word, &'a str) {
    let found = verdict.signals.iter().find(|it| it.signal == signal);
    let found = found.unwrap();
    (found.word, &found.why)
}

/// Recorded days, put into a real server; then the same behind one that lies; then it
/// is gone.
#[tokio::test(flavor = "multi_thread")]
async fn recorded_days() {
    let server = Server::with_recorded_days().await;
    let merged = server.merged;

    let healthy = verdict(&reader(&server.url, "healthy"), merged).await;
    println!("healthy: {}", healthy.why);
    assert_eq!(
        (healthy.word, healthy.action),
        (Word::Pass, Action::Complete)
    );
    for signal in &healthy.signals {
        let quality = signal.quality.unwrap();
        assert_eq!(quality.expected, WATCHED / BIN);
        assert_eq!(quality.covered, WATCHED / BIN, "{}", signal.signal);
    }
    let quality = healthy.signals[0].quality.unwrap();
    // 300 requests a bin to each, and a restart of the base in the middle.
    assert_eq!(quality.samples, [300 * WATCHED / BIN; 2]);
    assert_eq!(quality.resets, 2, "of its requests, and of its failures");

    let failing = verdict(&reader(&server.url, "failing"), merged).await;
    println!("failing: {}", failing.why);
    assert_eq!(
        (failing.word, failing.action),
        (Word::Fail, Action::RollBack)
    );
    assert_eq!(of(&failing, "errors").0, Word::Fail);
    assert_eq!(of(&failing, "latency").0, Word::Pass);

    let slow = verdict(&reader(&server.url, "slow"), merged).await;
    println!("slow: {}", slow.why);
    assert_eq!((slow.word, slow.action), (Word::Fail, Action::RollBack));
    assert_eq!(of(&slow, "errors").0, Word::Pass);
    assert_eq!(of(&slow, "latency").0, Word::Fail);

    let quiet = verdict(&reader(&server.url, "quiet"), merged).await;
    assert_eq!(
        (quiet.word, quiet.action),
        (Word::Insufficient, Action::Hold)
    );
    assert!(
        of(&quiet, "errors").1.contains("each needs 100"),
        "{}",
        quiet.why
    );

    let gone = verdict(&reader(&server.url, "gone"), merged).await;
    assert_eq!((gone.word, gone.action), (Word::NoData, Action::Hold));
    assert!(of(&gone, "errors").1.starts_with("no series of the canary"));

    // The canary ended half an hour before the look.
    let ended = verdict(&reader(&server.url, "ended"), merged).await;
    assert_eq!((ended.word, ended.action), (Word::NoData, Action::Hold));
    assert!(
        of(&ended, "errors").1.contains("no current sample"),
        "{}",
        ended.why
    );

    // Failures under a name that nobody counts: not zero.
    let mut misspelt = reader(&server.url, "healthy");
    misspelt.asks[0].what = What::Errors {
        total: template("requests_total{job=\"healthy\",$arm}"),
        bad: template("falures_total{job=\"healthy\",$arm}"),
    };
    let misspelt = verdict(&misspelt, merged).await;
    assert_eq!(of(&misspelt, "errors").0, Word::NoData);

    // Rates are no counts, quantiles no buckets, and a bad query is no answer.
    for (query, said) in [
        (
            "rate(requests_total{job=\"healthy\",$arm}[10m])",
            "no count of events",
        ),
        (
            "requests_total{job=\"healthy\",$arm}[",
            "the server says 400",
        ),
    ] {
        let mut wrong = reader(&server.url, "healthy");
        let query = template(query);
        wrong.asks[0].what = What::Errors {
            total: query.clone(),
            bad: query,
        };
        let wrong = verdict(&wrong, merged).await;
        assert_eq!(
            (wrong.word, wrong.action),
            (Word::SourceError, Action::Hold)
        );
        assert!(of(&wrong, "errors").1.contains(said), "{}", wrong.why);
    }

    known_already(&server).await;
    lies(&server).await;

    // A canary that fails, and a server that is gone: no verdict.
    let url = server.url.clone();
    drop(server);
    let out = verdict(&reader(&url, "failing"), merged).await;
    println!("gone: {}", out.why);
    assert_eq!((out.word, out.action), (Word::SourceError, Action::Hold));
}

/// What was answered before is not asked for again, and the looks are the same; what is
/// wrong with one query stays with its signal.
async fn known_already(server: &Server) {
    let known: std::sync::Arc<countersign::canary::Known> = std::sync::Arc::default();
    let jobs = ["healthy", "failing", "slow", "quiet", "gone", "ended"];
    for at in (1..=4).map(|n| server.merged + n * WATCHED as i64 / 4) {
        for job in jobs {
            let whole = reader(&server.url, job);
            let mut bad = whole.clone();
            bad.asks[2].what = What::Value(template("memory{$arm}["));
            for mut whole in [whole, bad] {
                let span = Span {
                    merged: server.merged,
                    before: DAY,
                    at,
                    bin: BIN,
                };
                let mut expected = whole.look(span).await;
                whole.known = Some(known.clone());
                let mut found = whole.look(span).await;
                for look in [&mut expected, &mut found] {
                    look.readings.iter_mut().for_each(|it| it.asked.clear());
                }
                assert_eq!(found.readings, expected.readings, "{job} {at}");
            }
        }
    }
    assert!(known.samples() > 1_000);
}

/// Every way of answering but the right one, for a canary that must be rolled back and
/// for one that must complete: neither happens.
async fn lies(server: &Server) {
    let proxy = tamper::start(&server.url).await;
    for lie in Lie::ALL {
        proxy.tell(lie);
        for job in ["failing", "healthy"] {
            let mut reader = reader(&proxy.url, job);
            if lie == Lie::Slow {
                let limits = Limits {
                    deadline: Duration::from_millis(400),
                    ..LIMITS
                };
                reader.prometheus = Prometheus::new(&proxy.url, limits).unwrap();
            }
            let verdict = verdict(&reader, server.merged).await;
            let said = format!("{lie:?}, {job}: {}", verdict.why);
            println!("{said}");
            match lie {
                Lie::None | Lie::FailsOnce => {
                    assert_ne!(verdict.action, Action::Hold, "{said}");
                    continue;
                }
                Lie::Empty => assert_eq!(verdict.word, Word::NoData, "{said}"),
                _ => assert_eq!(verdict.word, Word::SourceError, "{said}"),
            }
            assert_eq!(verdict.action, Action::Hold, "{said}");
        }
    }
}

/// Two targets, scraped each second: the canary is healthy, then fails, then is gone.
#[tokio::test(flavor = "multi_thread")]
async fn scraped_live() {
    let (canary, base) = (target::start().await, target::start().await);
    let server = Server::scraping(&[(&canary.address, "2"), (&base.address, "1")]).await;
    let mut reader = reader(&server.url, "live");
    reader.asks.truncate(1);
    let policy = Policy {
        bin: 2,
        fresh: 4,
        coverage: 0.5,
        signals: vec![Signal {
            name: "errors".into(),
            kind: Kind::Events(Events {
                threshold: Some(Threshold {
                    max: 0.01,
                    lasting: 4,
                }),
                ..Events::default()
            }),
        }],
        nights: 0,
        ..Policy::default()
    };
    tokio::time::sleep(Duration::from_secs(4)).await;
    let merged = now();
    let wait_for = async |word: Word| {
        let mut verdict = None;
        for _ in 0..60 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let span = Span {
                merged,
                before: 0,
                at: now(),
                bin: 2,
            };
            let look = reader.look(span).await;
            let it = judge(&look, &history(merged), &policy);
            if it.word == word {
                println!("live: {}", it.why);
                return it;
            }
            verdict = Some(it);
        }
        panic!("never {word}: {verdict:#?}");
    };
    let healthy = wait_for(Word::Pass).await;
    assert_eq!(healthy.action, Action::Hold, "the window is not over");
    canary.fail(true);
    assert_eq!(wait_for(Word::Fail).await.action, Action::RollBack);
    canary.fail(false);
    wait_for(Word::Pass).await;
    canary.fail(true);
    canary.stop();
    assert_eq!(wait_for(Word::NoData).await.action, Action::Hold);
}
