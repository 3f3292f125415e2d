//! From what was read to a verdict.

use super::burn;
use super::dispersion::Dispersion;
use super::estimate;
use super::gauge;
use super::quality::{self, judged};
use super::smoke;
use super::sprt::{Rule, Sprt};
use super::threshold;
use super::verdict::{Finding, percent, span};
use super::{
    Action, Answer, Bin, Counts, Events, History, Kind, Look, Policy, Series, Signal,
    SignalVerdict, Verdict, Word,
};

/// How long a beginning of harm is grouped with others, in seconds.
const BEGINNINGS: u64 = 3_600;

/// Evidence of that part of the limit is no proof of harm, but no `PASS` either.
const DOUBT: f64 = 10.0;

/// Judges one look. Says the same of the same look, whenever and wherever it is asked.
pub fn judge(look: &Look, history: &History, policy: &Policy) -> Verdict {
    let mut signals: Vec<SignalVerdict> = policy
        .signals
        .iter()
        .map(|signal| of_signal(signal, look, history, policy))
        .collect();
    if signals.is_empty() {
        // Nights alone can fail; that nobody looked at is no health.
        let nothing = Finding::new(Word::NoData, "no signal is configured");
        signals.push(SignalVerdict::of("metrics", vec![nothing]));
    }
    if policy.nights > 0 {
        let findings = smoke::judge(&history.nights, policy.nights);
        signals.push(SignalVerdict::of("smoke", findings));
    }
    let watched = (look.at - history.merged).max(0) as u64;
    let last_good = last_good(look).or(history.last_good);
    let worst = signals.iter().rev().max_by_key(|signal| signal.word);
    let count = signals.len();
    let (word, action, why) = match worst {
        None => (
            Word::NoData,
            Action::Hold,
            "nothing is watched: no signal and no nightly run is configured".to_owned(),
        ),
        Some(worst) if worst.word == Word::Pass => match watched >= policy.window {
            true => (
                Word::Pass,
                Action::Complete,
                format!(
                    "{count} of {count} signals pass over {}",
                    span(policy.window)
                ),
            ),
            false => (
                Word::Pass,
                Action::Hold,
                format!(
                    "{count} of {count} signals pass so far: {} of {}",
                    span(watched),
                    span(policy.window)
                ),
            ),
        },
        Some(worst) => (
            worst.word,
            match worst.word {
                Word::Fail => Action::RollBack,
                _ => Action::Hold,
            },
            match (worst.word, last_good) {
                (Word::NoData | Word::SourceError, Some(good)) => format!(
                    "{}: {}; the last good data is {} old",
                    worst.signal,
                    worst.why,
                    span((look.at - good).max(0) as u64)
                ),
                _ => format!("{}: {}", worst.signal, worst.why),
            },
        ),
    };
    Verdict {
        at: look.at,
        word,
        action,
        why,
        watched: [watched, policy.window],
        last_good,
        signals,
    }
}

/// When both arms of every signal last had data.
fn last_good(look: &Look) -> Option<i64> {
    let newest = look.readings.iter().map(|reading| match &reading.answer {
        Answer::Counts(it) => it.canary_newest.zip(it.base_newest),
        Answer::Values(it) => it.canary_newest.zip(it.base_newest),
        Answer::Missing(_) | Answer::Failed(_) => None,
    });
    newest
        .map(|both| both.map(|(canary, base)| canary.min(base)))
        .min()?
}

fn of_signal(signal: &Signal, look: &Look, history: &History, policy: &Policy) -> SignalVerdict {
    let only =
        |word: Word, why: &str| SignalVerdict::of(&signal.name, vec![Finding::new(word, why)]);
    if let Some(finding) = quality::source(look, policy) {
        return SignalVerdict::of(&signal.name, vec![finding]);
    }
    let mut readings = look.readings.iter().filter(|it| it.signal == signal.name);
    let (Some(reading), None) = (readings.next(), readings.next()) else {
        return only(Word::SourceError, "was not read, or more than once");
    };
    match (&reading.answer, &signal.kind) {
        (Answer::Failed(why), _) => only(Word::SourceError, why),
        (Answer::Missing(why), _) => only(Word::NoData, why),
        (Answer::Counts(series), Kind::Events(rules)) => {
            of_events(&signal.name, series, rules, look.at, history.merged, policy)
        }
        (Answer::Values(series), Kind::Gauge(rule)) => {
            let quality = quality::measure(series, history.merged, look.at, policy, |_| 1);
            let findings = match quality::forbids(&quality, policy) {
                Some(finding) => vec![finding],
                None => [
                    quality::holes(&quality, policy),
                    Some(gauge::judge(series, history.merged, look.at, rule, policy)),
                ]
                .into_iter()
                .flatten()
                .collect(),
            };
            SignalVerdict {
                quality: Some(quality),
                ..SignalVerdict::of(&signal.name, findings)
            }
        }
        _ => only(Word::SourceError, "what was read is not what the signal is"),
    }
}

fn of_events(
    name: &str,
    series: &Series<Counts>,
    rules: &Events,
    at: i64,
    merged: i64,
    policy: &Policy,
) -> SignalVerdict {
    let quality = quality::measure(series, merged, at, policy, |it| it.total);
    let bins: Vec<&Bin<Counts>> = judged(&series.since, merged, at, policy).collect();
    let forbidden = quality::forbids(&quality, policy).or(quality::too_few(&quality, policy));
    if let Some(finding) = forbidden {
        return SignalVerdict {
            quality: Some(quality),
            ..SignalVerdict::of(name, vec![finding])
        };
    }
    let mut findings: Vec<Finding> = quality::holes(&quality, policy).into_iter().collect();
    let mut burns = Vec::new();
    if let Some(objective) = rules.objective {
        burns = burn::burns(&bins, merged, at, objective, policy);
        findings.push(burn::judge(&burns, policy));
    }
    let mut evidence = None;
    let mut dispersion = 1.0;
    if let Some(allowed) = rules.allowed {
        let (finding, found) = relative(series, &bins, allowed, merged, policy);
        findings.push(finding);
        // What is beyond all numbers is no JSON.
        evidence = Some([found.value.min(f64::MAX), found.limit]);
        dispersion = found.dispersion.unwrap_or(1.0);
    }
    if let Some(rule) = rules.threshold {
        findings.push(threshold::judge(&bins, at, policy.bin, rule));
    }
    let both = bins
        .iter()
        .filter(|bin| bin.canary.is_some() && bin.base.is_some());
    let canary = quality::sum(both.clone().map(|bin| bin.canary));
    let base = quality::sum(both.map(|bin| bin.base));
    SignalVerdict {
        quality: Some(quality),
        difference: estimate::difference(canary, base, dispersion),
        burns,
        evidence,
        ..SignalVerdict::of(name, findings)
    }
}

/// Relative harm, over all bins since the merge.
fn relative(
    series: &Series<Counts>,
    bins: &[&Bin<Counts>],
    allowed: f64,
    merged: i64,
    policy: &Policy,
) -> (Finding, super::sprt::Evidence) {
    let every = (BEGINNINGS / policy.bin.max(1)).max(1);
    let rule = Rule {
        allowed,
        alpha: policy.share(),
        every: every as usize,
        beginnings: (policy.window / (every * policy.bin.max(1))) as usize,
    };
    let before: Vec<Bin<Counts>> = series
        .before
        .iter()
        .filter(|bin| bin.end <= merged)
        .copied()
        .collect();
    let there = before.iter().filter(|bin| bin.base.is_some()).count() as u64 * policy.bin;
    let known = match there >= policy.before {
        true => Dispersion::before(&before),
        false => Dispersion::default(),
    };
    let mut sprt = Sprt::new(rule, known);
    bins.iter().for_each(|bin| sprt.push(bin));
    let found = sprt.evidence();
    let canary = quality::sum(bins.iter().map(|bin| bin.canary));
    let base = quality::sum(bins.iter().map(|bin| bin.base));
    let ratios = format!(
        "{} against {} of the base",
        percent(canary.ratio().unwrap_or(0.0)),
        percent(base.ratio().unwrap_or(0.0))
    );
    let figures = format!("{} events", found.events);
    let doubt = found.limit / DOUBT;
    let finding = if found.shown() {
        Finding::new(
            Word::Fail,
            format!(
                "{ratios}, {allowed} times is allowed; evidence {} of {:.0} ({figures}, φ {:.1})",
                short(found.value),
                found.limit,
                found.dispersion.unwrap_or(1.0)
            ),
        )
    } else if found.at_most < doubt {
        let why = format!(
            "{ratios}; evidence at most {:.1} of {:.0} ({figures})",
            found.at_most, found.limit
        );
        Finding::new(Word::Pass, why)
    } else if there < policy.before {
        let why = format!(
            "{ratios}; how bursty they are is not known: {} of {} before the merge have data",
            span(there),
            span(policy.before)
        );
        Finding::new(Word::Insufficient, why)
    } else if let Some(phi) = found.dispersion {
        Finding::new(
            match found.value < doubt {
                true => Word::Pass,
                false => Word::Insufficient,
            },
            format!(
                "{ratios}; evidence {:.1} of {:.0} ({figures}, φ {phi:.1})",
                found.value, found.limit
            ),
        )
    } else {
        let over = span(bins.len() as u64 * policy.bin);
        let why = format!(
            "{ratios}; how bursty they are over {over} is not known: too few before the merge"
        );
        Finding::new(Word::Insufficient, why)
    };
    (finding, found)
}

/// A number that may be very large, in a few characters.
fn short(value: f64) -> String {
    match value < 1e6 {
        true => format!("{value:.0}"),
        false => format!("{value:.1e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::smoke::{Night, Run};
    use super::super::threshold::Threshold;
    use super::super::{Gauge, Reading};
    use super::*;
    use proptest::prelude::*;

    const BINS: i64 = 24;

    fn policy() -> Policy {
        let events = Events {
            objective: Some(0.99),
            allowed: Some(1.25),
            threshold: Some(Threshold {
                max: 0.2,
                lasting: 600,
            }),
        };
        let gauge = Gauge {
            more_is_worse: true,
            thin: 300,
            looks: vec![7_200],
            alpha: 0.05,
        };
        let signal = |name: &str, kind| Signal {
            name: name.to_owned(),
            kind,
        };
        Policy {
            window: 7_200,
            before: 0,
            signals: vec![
                signal("errors", Kind::Events(events)),
                signal("memory", Kind::Gauge(gauge)),
            ],
            nights: 1,
            ..Policy::default()
        }
    }

    fn series<T: Copy>(before: Vec<Bin<T>>, arms: &[(Option<T>, Option<T>)]) -> Series<T> {
        let bins = (1..).zip(arms).map(|(n, (canary, base))| Bin {
            end: n * 300,
            canary: *canary,
            base: *base,
        });
        Series {
            before,
            since: bins.collect(),
            canary_newest: Some(BINS * 300),
            base_newest: Some(BINS * 300),
            resets: 0,
            not_a_number: 0,
        }
    }

    /// A quiet time before the merge, so that bursts are known.
    fn before() -> Vec<Bin<Counts>> {
        let bad = |n: i64| u64::from(n % 3 == 0);
        let bins = (-500..=0).map(|n| Bin {
            end: n * 300,
            canary: None,
            base: Some(Counts {
                total: 300,
                bad: bad(n),
            }),
        });
        bins.collect()
    }

    fn reading(signal: &str, answer: Answer) -> Reading {
        Reading {
            signal: signal.to_owned(),
            answer,
            asked: Vec::new(),
        }
    }

    fn counts() -> impl Strategy<Value = Option<Counts>> {
        let some = (
            0..400u64,
            0..=100u64,
            prop_oneof![Just(0u64), Just(1), Just(30)],
        );
        let counts = some.prop_map(|(total, part, scale)| Counts {
            total,
            bad: total * part * scale / 3_000,
        });
        proptest::option::weighted(0.97, counts)
    }

    fn answers() -> impl Strategy<Value = Answer> {
        let arms = proptest::collection::vec((counts(), counts()), BINS as usize);
        prop_oneof![
            6 => arms.prop_map(|arms| Answer::Counts(series(before(), &arms))),
            1 => Just(Answer::Missing("[]".to_owned())),
            1 => Just(Answer::Failed("503".to_owned())),
        ]
    }

    fn values() -> impl Strategy<Value = Answer> {
        let value = || proptest::option::weighted(0.99, 0.0..9.0f64);
        let arms = proptest::collection::vec((value(), value()), BINS as usize);
        (arms, 0.0..9.0f64).prop_map(|(mut arms, shift)| {
            for (canary, _) in &mut arms {
                *canary = canary.map(|value| value + shift);
            }
            Answer::Values(series(Vec::new(), &arms))
        })
    }

    fn nights() -> impl Strategy<Value = Vec<Night>> {
        let run =
            || prop_oneof![4 => Just(Run::Passed), 1 => Just(Run::Failed), 1 => Just(Run::NotRun)];
        let night = (run(), run(), run()).prop_map(|(first, again, base)| Night {
            due: 0,
            first,
            again,
            base,
        });
        proptest::collection::vec(night, 0..3)
    }

    proptest! {
        #[test]
        fn only_a_failure_rolls_back_and_only_a_whole_pass_completes(
            errors in answers(),
            memory in values(),
            nights in nights(),
            skew in prop_oneof![4 => Just(0i64), 1 => -60..60i64],
            at in prop_oneof![2 => Just(BINS * 300), 1 => 0..BINS * 300],
        ) {
            let believed = skew.abs() <= 30;
            let read = matches!(errors, Answer::Counts(_)) && believed;
            let look = Look {
                at,
                skew: Some(skew),
                readings: vec![reading("errors", errors), reading("memory", memory)],
            };
            let history = History { merged: 0, nights, last_good: None };
            let it = judge(&look, &history, &policy());
            let words: Vec<Word> = it.signals.iter().map(|signal| signal.word).collect();
            let failed = words.contains(&Word::Fail);
            prop_assert_eq!(it.action == Action::RollBack, failed);
            prop_assert_eq!(it.word == Word::Fail, failed);
            let passed = words.iter().all(|word| *word == Word::Pass);
            prop_assert_eq!(it.action == Action::Complete, passed && at >= 7_200);
            prop_assert!(read || ![Word::Pass, Word::Fail].contains(&words[0]));
            prop_assert_ne!(words[1], Word::Fail);
            for signal in &it.signals {
                prop_assert!(!signal.why.is_empty());
                let whole = signal.quality.is_none_or(|it| it.coverage() >= 0.95);
                prop_assert!(signal.word != Word::Pass || whole);
            }
            let json = serde_json::to_string(&it).unwrap();
            prop_assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap().word, it.word);
        }
    }

    /// Both arms the same in each bin, but for the canary's errors.
    fn looked(bins: i64, canary: u64) -> Verdict {
        let of = |bad| Some(Counts { total: 300, bad });
        let arms: Vec<_> = (0..bins)
            .map(|n| (of(canary), of(u64::from(n % 3 == 0))))
            .collect();
        let mut series = series(before(), &arms);
        (series.canary_newest, series.base_newest) = (Some(bins * 300), Some(bins * 300));
        let look = Look {
            at: bins * 300,
            skew: Some(0),
            readings: vec![reading("errors", Answer::Counts(series))],
        };
        let history = History {
            merged: 0,
            nights: vec![Night::of(0, Run::Passed)],
            last_good: None,
        };
        let mut policy = policy();
        policy.signals.truncate(1);
        judge(&look, &history, &policy)
    }

    #[test]
    fn the_window_must_be_over() {
        let (early, late) = (looked(BINS - 1, 0), looked(BINS, 0));
        assert_eq!((early.word, early.action), (Word::Pass, Action::Hold));
        assert_eq!(early.why, "2 of 2 signals pass so far: 115m of 2h");
        assert_eq!((late.word, late.action), (Word::Pass, Action::Complete));
        let harm = looked(BINS - 1, 9);
        assert_eq!((harm.word, harm.action), (Word::Fail, Action::RollBack));
        assert_eq!(looked(BINS, 9).action, Action::RollBack, "at the end, too");
    }

    #[test]
    fn a_hold_says_how_old_the_last_good_data_is() {
        let look = Look {
            at: 7_200,
            skew: None,
            readings: vec![reading(
                "errors",
                Answer::Failed("the server says 503".to_owned()),
            )],
        };
        let history = History {
            merged: 0,
            nights: vec![Night::of(0, Run::Passed)],
            last_good: Some(6_960),
        };
        let mut policy = policy();
        policy.signals.truncate(1);
        let it = judge(&look, &history, &policy);
        assert_eq!((it.word, it.action), (Word::SourceError, Action::Hold));
        assert_eq!(
            it.why,
            "errors: the server says 503; the last good data is 4m old"
        );
    }
}
