//! Whether the canary's judge is right: how often it would roll a harmless promotion
//! back, and how soon it sees a harmful one.
//!
//! Simulated with fixed seeds: each case's first is 1, or what `COUNTERSIGN_TEST_SEEDS` says
//! with how many there are (`10001,2000`: those of docs/canary.md, by a release build; nothing
//! was chosen by these). Figures are printed (`--nocapture`) with their intervals; what is
//! asserted is only what they can bear.

#![allow(clippy::unwrap_used)]

#[path = "canary_judge/kayenta.rs"]
mod kayenta;
#[path = "canary_judge/world.rs"]
mod world;

use std::io::Write as _;
use std::process::{Command, Stdio};

use countersign::promotion::benchmark::random::Random;
use countersign::promotion::canary::dispersion::Dispersion;
use countersign::promotion::canary::mann_whitney;
use countersign::promotion::canary::policy::{Events, Kind, Policy, Signal};
use countersign::promotion::canary::sprt::{Rule, Sprt};
use countersign::promotion::canary::threshold::{self, Threshold};
use countersign::promotion::canary::{
    Action, Answer, Bin, Counts, History, Look, Reading, Series, Word, judge,
};
use world::{Noise, World};

/// Looks in 48 hours, one each five minutes; and bins in the week before.
const LOOKS: usize = 576;
const WEEK: usize = 2_016;

const RULE: Rule = Rule {
    allowed: 1.25,
    alpha: 0.01,
    every: 12,
    beginnings: 48,
};

/// After how many looks relative harm is shown, if it ever is.
fn shown(noise: Noise, rate: f64, times: f64, from: usize, seed: u64) -> Option<usize> {
    let mut world = World::new(noise, rate, seed);
    let before: Vec<_> = (0..WEEK).map(|_| world.base_alone()).collect();
    let mut sprt = Sprt::new(RULE, Dispersion::before(&before));
    (1..=LOOKS).find(|look| {
        let times = if *look > from { times } else { 1.0 };
        sprt.push(&world.bin(times));
        sprt.evidence().shown()
    })
}

/// Clopper and Pearson's interval of 95 %, by halving the binomial's tails.
fn interval(hits: usize, of: usize) -> [f64; 2] {
    let below = |p: f64, hits: usize| -> f64 {
        let (mut chance, mut sum) = ((1.0 - p).powi(of as i32), 0.0);
        for k in 0..=hits {
            sum += chance;
            chance *= (of - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
        }
        sum
    };
    let solve = |hits: usize, chance: f64| {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            match below(middle, hits) > chance {
                true => low = middle,
                false => high = middle,
            }
        }
        low
    };
    let low = if hits == 0 {
        0.0
    } else {
        solve(hits - 1, 0.975)
    };
    [low, solve(hits, 0.025)]
}

/// The first seed, and how many there are: usually so many.
fn seeds(usual: usize) -> (u64, usize) {
    let Ok(said) = std::env::var("COUNTERSIGN_TEST_SEEDS") else {
        return (1, usual);
    };
    let (first, runs) = said.split_once(',').expect("FIRST,RUNS");
    (first.parse().unwrap(), runs.parse().unwrap())
}

/// Prints how often a harmless canary would be rolled back, and gives the least it can
/// be by that.
fn false_alarms(name: &str, noise: Noise, rate: f64, times: f64, runs: usize) -> f64 {
    let (first, runs) = seeds(runs);
    let seeds = first..first + runs as u64;
    let hits = seeds.filter(|seed| shown(noise, rate, times, 0, *seed).is_some());
    let hits = hits.count();
    let [low, high] = interval(hits, runs);
    println!(
        "false rollbacks, {rate:>3} req/s, {name:<44} {hits:>2} of {runs}: {:.2} % [{:.2}, {:.2}]",
        hits as f64 * 100.0 / runs as f64,
        low * 100.0,
        high * 100.0
    );
    low
}

#[test]
fn chance_rolls_nothing_back() {
    let low = false_alarms("Poisson", Noise::Chance, 5.0, 1.0, 400);
    assert!(low <= 0.01);
    let low = false_alarms(
        "Poisson, at the edge: 1.25 times",
        Noise::Chance,
        5.0,
        1.25,
        400,
    );
    assert!(low <= 0.01);
}

#[test]
fn bursts_roll_nothing_back() {
    for (name, rate, noise) in [
        ("negative binomial, φ = 3", 5.0, Noise::Clusters(3.0)),
        ("negative binomial, φ = 10", 5.0, Noise::Clusters(10.0)),
        ("on-off, each arm, tenfold 15 min in 6 h", 5.0, world::OFTEN),
        (
            "on-off, each arm, tenfold 30 min in 24 h",
            5.0,
            world::SELDOM,
        ),
        (
            "on-off, each arm, tenfold 30 min in 24 h",
            50.0,
            world::SELDOM,
        ),
        (
            "on-off, each arm, tenfold 30 min in 48 h",
            50.0,
            world::RARE,
        ),
    ] {
        assert!(false_alarms(name, noise, rate, 1.0, 300) <= 0.01, "{name}");
    }
}

#[test]
fn waves_roll_nothing_back() {
    for (name, rate, noise) in [
        (
            "AR(1) log-rate, shared, σ 0.5, 30 min",
            5.0,
            world::SHARED_WAVE,
        ),
        ("AR(1) log-rate, each arm, σ 0.5, 30 min", 5.0, world::WAVE),
        (
            "AR(1) log-rate, each arm, σ 0.5, 2 h",
            5.0,
            world::SLOW_WAVE,
        ),
        (
            "AR(1) log-rate, each arm, σ 0.5, 2 h",
            50.0,
            world::SLOW_WAVE,
        ),
    ] {
        assert!(false_alarms(name, noise, rate, 1.0, 300) <= 0.01, "{name}");
    }
}

/// The middle and the ninth tenth of times to detection, in minutes.
fn detection(name: &str, noise: Noise, times: f64, from: usize, runs: u64) -> [f64; 2] {
    let minutes = |seed| {
        let look = shown(noise, 5.0, times, from, seed);
        look.map_or(f64::INFINITY, |look| 5.0 * (look as f64 - from as f64))
    };
    let mut all: Vec<f64> = (1..=runs).map(minutes).collect();
    all.sort_by(f64::total_cmp);
    let at = |part: f64| all[((runs as f64 * part) as usize).min(all.len() - 1)];
    let [middle, most] = [at(0.5), at(0.9)];
    let missed = all.iter().filter(|it| it.is_infinite()).count();
    let said = |it: f64| match it.is_finite() {
        true => format!("{it:.0} min"),
        false => "not within 48 h".to_owned(),
    };
    println!(
        "found, {name:<32} {times:>2}-fold: median {}, 90 % {}, missed {missed} of {runs}",
        said(middle),
        said(most)
    );
    [middle, most]
}

#[test]
fn harm_is_found() {
    let [middle, most] = detection("Poisson", Noise::Chance, 5.0, 0, 300);
    assert!(middle <= 45.0, "a fivefold rise within about 35 minutes");
    assert!(most <= 100.0);
    let [middle, _] = detection("Poisson", Noise::Chance, 20.0, 0, 100);
    assert!(middle <= 15.0);
    let [middle, _] = detection("Poisson", Noise::Chance, 2.0, 0, 60);
    assert!(middle < 48.0 * 60.0);
    let [middle, _] = detection("Poisson, after 20 h of health", Noise::Chance, 5.0, 240, 60);
    assert!(middle <= 240.0, "a day of health hides nothing");
    let [middle, _] = detection("negative binomial, φ = 3", Noise::Clusters(3.0), 5.0, 0, 60);
    assert!(middle <= 240.0);
    detection(
        "AR(1), shared, σ 0.5, 30 min",
        world::SHARED_WAVE,
        5.0,
        0,
        60,
    );
    detection("AR(1), each arm, σ 0.5, 30 min", world::WAVE, 5.0, 0, 60);
}

/// Others' ways, on the same worlds, each as often as it can afford: a plain limit at
/// five times the usual rate every five minutes, and Kayenta's every hour.
#[test]
fn side_by_side() {
    let rule = Threshold {
        max: 0.005,
        lasting: 600,
    };
    let limit = |noise: Noise, times: f64, looks: usize, seed: u64| {
        let mut world = World::new(noise, 5.0, seed);
        let mut bins = Vec::new();
        (1..=looks).find(|look| {
            bins.push(Bin {
                end: *look as i64 * 300,
                ..world.bin(times)
            });
            let recent: Vec<_> = bins.iter().rev().take(3).collect();
            threshold::judge(&recent, *look as i64 * 300, 300, rule).word == Word::Fail
        })
    };
    let kayenta = |noise: Noise, times: f64, every: usize, looks: usize, seed: u64| {
        let mut world = World::new(noise, 5.0, seed);
        let (mut canary, mut base) = (Vec::new(), Vec::new());
        (1..=looks).find(|look| {
            // Bins of ten minutes.
            let bin = [world.bin(times), world.bin(times)];
            let ratio = |of: fn(&Bin<Counts>) -> Option<Counts>| {
                let sum = bin
                    .iter()
                    .filter_map(of)
                    .fold(Counts::default(), |a, b| a + b);
                sum.ratio().unwrap_or(f64::NAN)
            };
            canary.push(ratio(|bin| bin.canary));
            base.push(ratio(|bin| bin.base));
            look.is_multiple_of(every) && kayenta::high(&base, &canary)
        })
    };
    let runs = 40u64;
    let part = |hits: usize| {
        let [low, high] = interval(hits, runs as usize);
        let hits = hits as f64 * 100.0 / runs as f64;
        format!("{hits:.0} % [{:.0}, {:.0}]", low * 100.0, high * 100.0)
    };
    for (name, noise) in [
        ("Poisson", Noise::Chance),
        ("negative binomial, φ = 3", Noise::Clusters(3.0)),
        ("on-off, each arm", world::OFTEN),
        ("AR(1), each arm, 2 h", world::SLOW_WAVE),
    ] {
        let ours = (1..=runs).filter(|seed| shown(noise, 5.0, 1.0, 0, *seed).is_some());
        let plain = (1..=runs).filter(|seed| limit(noise, 1.0, LOOKS, *seed).is_some());
        let theirs = (1..=runs).filter(|seed| kayenta(noise, 1.0, 6, 144, *seed).is_some());
        println!(
            "false rollbacks side by side, {name:<26} ours {} in 48 h, limit {} in 48 h, Kayenta \
             {} in 24 h, hourly",
            part(ours.count()),
            part(plain.count()),
            part(theirs.count())
        );
    }
    for times in [2.0, 5.0, 20.0] {
        let median = |found: &dyn Fn(u64) -> Option<usize>, minutes: f64| {
            let found = |seed| found(seed).map_or(f64::INFINITY, |look| look as f64 * minutes);
            let mut all: Vec<f64> = (1..=21).map(found).collect();
            all.sort_by(f64::total_cmp);
            all[10]
        };
        println!(
            "found side by side, {times:>2}-fold: ours {} min, limit {} min, Kayenta {} min",
            median(&|seed| shown(Noise::Chance, 5.0, times, 0, seed), 5.0),
            median(&|seed| limit(Noise::Chance, times, LOOKS, seed), 5.0),
            median(&|seed| kayenta(Noise::Chance, times, 1, 36, seed), 10.0),
        );
    }
}

/// The whole judge over what was simulated, look by look.
fn look(bins: &[Bin<Counts>], before: &[Bin<Counts>], merged: i64, at: i64) -> Look {
    let since: Vec<_> = bins.iter().filter(|bin| bin.end <= at).copied().collect();
    let newest = since.last().map(|bin| bin.end);
    Look {
        at,
        skew: Some(0),
        readings: vec![Reading {
            signal: "errors".into(),
            answer: Answer::Counts(Series {
                before: before
                    .iter()
                    .filter(|bin| bin.end <= merged)
                    .copied()
                    .collect(),
                since,
                canary_newest: newest,
                base_newest: newest,
                resets: 0,
                not_a_number: 0,
            }),
            asked: Vec::new(),
        }],
    }
}

fn policy() -> Policy {
    Policy {
        signals: vec![Signal {
            name: "errors".into(),
            kind: Kind::Events(Events {
                objective: Some(0.995),
                allowed: Some(1.25),
                threshold: Some(Threshold {
                    max: 0.05,
                    lasting: 600,
                }),
            }),
        }],
        nights: 0,
        ..Policy::default()
    }
}

/// A week before the merge, and two days after it.
fn days(times: f64, seed: u64) -> (Vec<Bin<Counts>>, Vec<Bin<Counts>>, i64) {
    let mut world = World::new(Noise::Chance, 5.0, seed);
    let at = |n: usize| n as i64 * 300;
    let before = (1..=WEEK).map(|n| Bin {
        end: at(n),
        ..world.base_alone()
    });
    let before: Vec<_> = before.collect();
    let since = (1..=LOOKS).map(|n| Bin {
        end: at(WEEK + n),
        ..world.bin(times)
    });
    let since = since.collect();
    (before, since, at(WEEK))
}

#[test]
fn a_healthy_canary_completes_at_the_end_of_its_window_and_not_before() {
    let (before, since, merged) = days(1.0, 1);
    let history = History {
        merged,
        nights: Vec::new(),
        last_good: None,
    };
    let end = merged + 172_800;
    for (at, action) in [
        (merged, Action::Hold),
        (merged + 300, Action::Hold),
        (merged + 86_400, Action::Hold),
        (end - 300, Action::Hold),
        (end, Action::Complete),
    ] {
        let verdict = judge(&look(&since, &before, merged, at), &history, &policy());
        assert_eq!(verdict.action, action, "{}: {}", at - merged, verdict.why);
    }
    let mut holes = since.clone();
    holes.retain(|bin| bin.end % 3_000 != 0);
    let verdict = judge(&look(&holes, &before, merged, end), &history, &policy());
    assert_eq!(
        (verdict.word, verdict.action),
        (Word::Insufficient, Action::Hold)
    );
    assert!(verdict.why.contains("of 576 bins"), "{}", verdict.why);
}

#[test]
fn a_harmful_one_is_rolled_back_and_says_by_which_numbers() {
    let (before, since, merged) = days(5.0, 1);
    let history = History {
        merged,
        nights: Vec::new(),
        last_good: None,
    };
    let failed = since.iter().find_map(|bin| {
        let verdict = judge(&look(&since, &before, merged, bin.end), &history, &policy());
        (verdict.action == Action::RollBack).then_some(verdict)
    });
    let verdict = failed.unwrap();
    println!("{}", verdict.why);
    assert_eq!(verdict.word, Word::Fail);
    assert!(
        verdict.why.contains("1.25 times is allowed"),
        "{}",
        verdict.why
    );
    let again = judge(
        &look(&since, &before, merged, verdict.at),
        &history,
        &policy(),
    );
    assert_eq!(verdict, again, "the same look, the same verdict");
}

/// An outage, however long and whenever, neither fails nor completes.
#[test]
fn an_outage_is_no_verdict() {
    let (before, since, merged) = days(5.0, 2);
    let history = History {
        merged,
        nights: Vec::new(),
        last_good: None,
    };
    let at = merged + 172_800;
    let good = look(&since, &before, merged, at);
    assert_eq!(judge(&good, &history, &policy()).action, Action::RollBack);
    let with = |answer: Answer| {
        let mut look = good.clone();
        look.readings[0].answer = answer;
        look
    };
    let mut off = good.clone();
    off.skew = Some(31);
    let mut unread = good.clone();
    unread.readings.clear();
    let (empty, stale) = (
        look(&[], &before, merged, at),
        look(&since, &before, merged, at),
    );
    let mut late = stale;
    late.at += 1_000;
    for (case, word) in [
        (with(Answer::Failed("503".into())), Word::SourceError),
        (with(Answer::Missing("[]".into())), Word::NoData),
        (off, Word::SourceError),
        (unread, Word::SourceError),
        (empty, Word::NoData),
        (late, Word::NoData),
    ] {
        let verdict = judge(&case, &history, &policy());
        assert_eq!(
            (verdict.word, verdict.action),
            (word, Action::Hold),
            "{}",
            verdict.why
        );
    }
    let nothing = Policy {
        signals: Vec::new(),
        ..policy()
    };
    assert_eq!(judge(&good, &history, &nothing).action, Action::Hold);
}

/// A thousand cases, with and without ties, against scipy.
#[test]
fn scipy_agrees() {
    let mut random = Random::new(1);
    let mut cases = Vec::new();
    for n in 0..1_000 {
        let ties = n % 3 == 0;
        let mut sample = |most: usize| -> Vec<f64> {
            let size = 1 + random.below(most);
            (0..size)
                .map(|_| match ties {
                    true => random.below(12) as f64,
                    false => random.part() * 4.0 - 1.0,
                })
                .collect()
        };
        let most = if n % 5 == 0 { 120 } else { 25 };
        cases.push((sample(most), sample(most)));
    }
    let ours: Vec<_> = cases
        .iter()
        .map(|(first, second)| mann_whitney::test(first, second).unwrap())
        .collect();
    let exact = ours.iter().filter(|it| it.exact).count();
    assert!((300..800).contains(&exact), "both ways are tried: {exact}");
    let input: Vec<_> = cases
        .iter()
        .zip(&ours)
        .map(|((first, second), it)| (first, second, if it.exact { "exact" } else { "asymptotic" }))
        .collect();
    let python = format!(
        "{}/bin/python",
        std::env::var("COUNTERSIGN_TEST_TOOLS").expect("tests/run sets COUNTERSIGN_TEST_TOOLS")
    );
    let mut child = Command::new(python)
        .args(["-c", SCIPY])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = serde_json::to_vec(&input).unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "scipy is among tests/tools.lock");
    let theirs: Vec<[f64; 4]> = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(theirs.len(), 1_000);
    let mut furthest = 0.0f64;
    for (it, [u, greater, less, both]) in ours.iter().zip(&theirs) {
        assert_eq!(it.u, *u);
        for (ours, theirs) in [
            (it.greater, *greater),
            (it.less, *less),
            (it.two_sided(), *both),
        ] {
            furthest = furthest.max((ours - theirs).abs());
        }
    }
    println!("scipy: 1,000 cases, {exact} exact, furthest apart {furthest:.1e}");
    assert!(furthest < 1e-9, "{furthest}");
}

const SCIPY: &str = r#"
import json, sys
from scipy.stats import mannwhitneyu
out = []
for first, second, method in json.load(sys.stdin):
    of = lambda way: mannwhitneyu(first, second, alternative=way, method=method)
    chances = [float(of(way).pvalue) for way in ("greater", "less", "two-sided")]
    # Of values that are all the same it makes 0/0.
    chances = [1.0 if p != p else p for p in chances]
    out.append([float(of("greater").statistic), *chances])
json.dump(out, sys.stdout)
"#;
