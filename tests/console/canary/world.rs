//! What was merged, and how it stands.

use std::sync::Arc;

use countersign::config::canary::Watch;
use countersign::console::model::canary::Watched;
use countersign::promotion::canary::burn::Burn;
use countersign::promotion::canary::estimate::Difference;
use countersign::promotion::canary::quality::Quality;
use countersign::promotion::canary::smoke::{Night, Nights, Run};
use countersign::promotion::canary::verdict::Finding;
use countersign::promotion::canary::{
    Action, Events, Kind, Policy, Signal, SignalVerdict, Verdict, Word,
};
use countersign::promotion::rollback::{Decided, Logged, Mode, Open, Rollback, State};
use countersign::promotion::{ObjectId, Stage};
use countersign::workflow::observe::{Armed, Past, Pause, Standing, Verdicts};
use countersign::workflow::promote::Promotion;

use super::{HOUR, SECONDS};
use crate::sign_off::HOSTILE;

pub fn id(byte: u8) -> ObjectId {
    ObjectId::from_bytes([byte; 20])
}

fn watch() -> Watch {
    let events = |objective, allowed| {
        Kind::Events(Events {
            objective,
            allowed,
            threshold: None,
        })
    };
    let signal = |name: &str, kind| Signal {
        name: name.into(),
        kind,
    };
    Watch {
        policy: Policy {
            window: 72 * 3_600,
            signals: vec![
                signal("errors", events(Some(0.999), Some(1.25))),
                signal("latency", events(None, Some(1.25))),
            ],
            ..Policy::default()
        },
        interval: 300,
        ..Watch::default()
    }
}

fn events(
    name: &str,
    word: Word,
    why: &str,
    [canary, base]: [f64; 2],
    evidence: f64,
) -> SignalVerdict {
    let mut it = SignalVerdict::of(name, vec![Finding::new(word, why)]);
    it.quality = Some(Quality {
        expected: 372,
        covered: 370,
        samples: [412, 420],
        age: Some(12),
        resets: 0,
        not_a_number: 0,
    });
    it.difference = Some(Difference {
        canary,
        base,
        difference: canary - base,
        interval: [canary - base - 0.000_9, canary - base + 0.000_9],
    });
    let burn = |hours: u64, value: f64| Burn {
        factor: if hours == 1 { 14.4 } else { 6.0 },
        windows: [hours * 3_600, hours * 300],
        burns: [value, value],
        base: [Some(1.0), None],
        errors: 12,
        rolls_back: true,
    };
    it.burns = vec![burn(1, canary * 1_000.0), burn(6, canary * 700.0)];
    it.evidence = Some([evidence, 100.0]);
    it
}

fn verdict(word: Word, action: Action, signals: Vec<SignalVerdict>) -> Verdict {
    let worst = signals.iter().find(|it| it.word == word);
    Verdict {
        at: SECONDS - 60,
        word,
        action,
        why: worst.map_or("no harm is seen".into(), |it| {
            format!("{}: {}", it.signal, it.why)
        }),
        watched: [31 * 3_600, 72 * 3_600],
        last_good: Some(SECONDS - 72),
        signals,
    }
}

/// Its signals, and looks that lead to them.
fn with(mut it: Standing, newest: Verdict) -> Standing {
    it.looks = (0..60)
        .map(|n| {
            let mut past = Past::of(&newest);
            past.at = newest.at - (59 - n) * 300;
            let part = n as f64 / 59.0;
            for signal in &mut past.signals {
                let gap = (20..24).contains(&n);
                let grown = |value: Option<f64>| value.filter(|_| !gap).map(|it| it * part);
                signal.canary = grown(signal.canary);
                signal.base = signal.base.filter(|_| !gap);
                signal.evidence = grown(signal.evidence);
            }
            past
        })
        .collect();
    let logged = |entry, at, word, action, why: &str| Verdicts {
        entry,
        at,
        word,
        action,
        why: why.into(),
        evidence: String::new(),
        watcher: "h1".into(),
    };
    it.recorded = vec![
        logged(
            21,
            SECONDS - 30 * HOUR,
            Word::Insufficient,
            Action::Hold,
            "errors: 12 requests of 100",
        ),
        logged(
            24,
            SECONDS - 24 * HOUR,
            Word::Pass,
            Action::Hold,
            "no harm is seen",
        ),
        logged(31, newest.at, newest.word, newest.action, &newest.why),
    ];
    it.last_good = newest.last_good;
    it.verdict = Some(newest);
    it.watcher = Some("h1".into());
    it
}

pub fn standing(number: u8, from: &str, to: &str) -> Standing {
    Standing {
        promotion: Promotion {
            from: from.into(),
            to: to.into(),
            head: id(1),
            moved: id(2),
            commit: id(number),
            branch: "promote/quantum-20260920".into(),
            entry: Some(18),
        },
        stage: Stage::Canary,
        merge: id(100 + number),
        merged_at: SECONDS - 31 * HOUR,
        merged_by: Some("Elif".into()),
        watch: watch(),
        looks: Vec::new(),
        verdict: None,
        recorded: Vec::new(),
        heard: Vec::new(),
        last_good: None,
        nights: Nights {
            over: vec![Night::of(SECONDS - 12 * HOUR, Run::Passed)],
            next: Some(SECONDS + 12 * HOUR),
        },
        next_look: Some(SECONDS + 240),
        armed: Armed::Yes { mode: Mode::Auto },
        pause: None,
        acknowledged: None,
        completion: None,
        rollback: None,
        watcher: None,
    }
}

pub fn healthy() -> Standing {
    let signals = vec![
        events(
            "errors",
            Word::Pass,
            "no harm is seen by 412 requests",
            [0.001_0, 0.001_0],
            1.2,
        ),
        events(
            "latency",
            Word::Pass,
            "no harm is seen by 412 requests",
            [0.001_8, 0.001_7],
            3.8,
        ),
        SignalVerdict::of("smoke", vec![Finding::new(Word::Pass, "night 1 passed")]),
    ];
    let it = standing(7, "candidate/quantum", "core/quantum");
    with(it, verdict(Word::Pass, Action::Hold, signals))
}

pub fn failing() -> Standing {
    let signals = vec![
        events(
            "errors",
            Word::Fail,
            "5 times as many as the base's; evidence 212 of 100",
            [0.005_2, 0.001_0],
            212.0,
        ),
        events(
            "latency",
            Word::Pass,
            "no harm is seen by 412 requests",
            [0.001_8, 0.001_7],
            3.8,
        ),
    ];
    let it = standing(8, "candidate/memory/fold", "lukhas/memory_fold");
    with(it, verdict(Word::Fail, Action::RollBack, signals))
}

/// It is being taken back.
pub fn rolling() -> Standing {
    let mut it = failing();
    let step = |position, state: &str, ago| Logged {
        position,
        state: state.into(),
        at: SECONDS - ago,
        by: "h1".into(),
    };
    it.next_look = None;
    it.rollback = Some(Rollback {
        promotion: it.promotion.commit,
        from: it.promotion.from.clone(),
        to: it.promotion.to.clone(),
        state: State::Claimed,
        decided: Decided {
            position: 32,
            at: SECONDS - 50,
            by: "h1".into(),
            cause: "canary".into(),
            why: "errors: 5 times as many as the base's; evidence 212 of 100".into(),
            mode: Mode::Auto,
            repository: Default::default(),
            merge: it.merge,
            before: id(3),
            after: id(4),
            facts: Default::default(),
        },
        claim: None,
        prepared: None,
        open: None,
        conflicts: Vec::new(),
        needs: String::new(),
        reverted: None,
        hotfix: None,
        gates: None,
        agreed: false,
        told: Vec::new(),
        steps: vec![step(32, "decided", 50), step(33, "claimed", 45)],
        waits: None,
    });
    it
}

/// The source of its metrics is down, somebody has it wait, and nothing is armed.
pub fn held() -> Standing {
    let down = "p99: the server answered 503 Service Unavailable";
    let signals = vec![
        SignalVerdict::of("errors", vec![Finding::new(Word::SourceError, down)]),
        SignalVerdict::of("latency", vec![Finding::new(Word::SourceError, down)]),
    ];
    let mut newest = verdict(Word::SourceError, Action::Hold, signals);
    newest.last_good = Some(SECONDS - 300);
    let mut it = with(standing(9, "candidate/tools", "core/tools"), newest);
    it.next_look = Some(SECONDS - 7);
    it.pause = Some(Pause {
        entry: 30,
        by: "mara@example.org".into(),
        until: SECONDS + 2 * HOUR,
        reason: "the network is being moved".into(),
    });
    it.armed = Armed::No {
        why: vec!["mara@example.org has it wait: the network is being moved".into()],
    };
    it
}

pub fn over() -> [Standing; 3] {
    let mut completed = standing(10, "candidate/bio", "core/bio");
    completed.stage = Stage::Completed;
    completed.completion = Some(14);
    completed.next_look = None;
    completed.merged_at = SECONDS - 200 * HOUR;
    let mut back = rolling();
    back.promotion.commit = id(11);
    back.promotion.from = "candidate/old".into();
    back.promotion.to = "core/old".into();
    back.merged_at = SECONDS - 100 * HOUR;
    back.stage = Stage::RolledBack;
    if let Some(rollback) = &mut back.rollback {
        rollback.state = State::RolledBack;
        rollback.hotfix = Some(Open {
            branch: "hotfix/old-20260921".into(),
            commit: id(5),
        });
    }
    let new = standing(12, "candidate/fresh", "core/fresh");
    [completed, back, new]
}

pub fn all() -> Vec<Standing> {
    let [completed, back, new] = over();
    vec![healthy(), completed, held(), back, failing(), new]
}

pub fn watched(all: Vec<Standing>) -> Watched {
    Watched {
        all: Arc::new(all),
        branch: "main".into(),
        at: SECONDS,
        person: Ok("mara@example.org".into()),
        roller: Ok("elif@example.org".into()),
        problems: Vec::new(),
    }
}

pub fn hostile() -> Standing {
    let mut it = rolling();
    let odd = format!("eve{HOSTILE}");
    it.promotion.from = format!("candidate/{odd}").as_str().into();
    it.watcher = Some(odd.clone());
    it.merged_by = Some(odd.clone());
    it.recorded[2].why = odd.clone();
    let verdict = it.verdict.as_mut().unwrap();
    verdict.signals[0].signal = odd.clone();
    verdict.signals[0].why = odd.clone();
    let rollback = it.rollback.as_mut().unwrap();
    rollback.decided.why = odd.clone();
    rollback.steps[0].by = odd.clone();
    rollback.waits = Some(odd);
    it
}
