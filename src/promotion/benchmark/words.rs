//! Benchmarks in words, for every face alike.

use super::{Benchmark, Benchmarks, Interval, Verdict};

impl Verdict {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Regressed => "slower",
            Self::Inconclusive => "inconclusive",
            Self::Removed => "removed",
            Self::NoBaseline => "no baseline",
            Self::Holds => "holds",
        }
    }
}

impl Interval {
    /// `+8.2 %`, `-0.4 %`: how much longer it takes.
    pub fn difference(&self) -> String {
        percent(self.ratio)
    }

    /// `+7.1 to +9.0 %`
    pub fn range(&self) -> String {
        let number = |value| percent(value).trim_end_matches(" %").to_owned();
        format!("{} to {}", number(self.low), percent(self.high))
    }
}

/// A ratio as a difference in percent.
fn percent(ratio: f64) -> String {
    let difference = (ratio - 1.0) * 100.0;
    match difference.abs() {
        100.0.. => format!("{difference:+.0} %"),
        _ => format!("{difference:+.1} %"),
    }
}

impl Benchmark {
    /// Its name without its file.
    pub fn short_name(&self) -> &str {
        self.name
            .split_once("::")
            .map_or(self.name.as_str(), |(_, name)| name)
    }

    /// What is known of it, in one sentence.
    pub fn words(&self, budget: f64) -> String {
        let pairs = match self.pairs.len() {
            1 => "1 pair".to_owned(),
            n => format!("{n} pairs"),
        };
        let range = self.interval.map(|it| it.range()).unwrap_or_default();
        match self.verdict {
            Verdict::Holds => {
                format!("not slower than {budget} %: {range} (90 % interval of {pairs})")
            }
            Verdict::Regressed => {
                format!("slower by more than {budget} %: {range} (90 % interval of {pairs})")
            }
            Verdict::Inconclusive => format!(
                "inconclusive after {pairs}: {range} (90 % interval) holds the budget of {budget} %"
            ),
            Verdict::NoBaseline => {
                "no baseline: the merge-base has no such benchmark to compare with".into()
            }
            Verdict::Removed => {
                "removed: the merge-base has it, and nothing measures it now".into()
            }
        }
    }
}

impl Benchmarks {
    /// In numbers, for one line.
    pub fn summary(&self) -> String {
        let compared = self.compared();
        let worst = self
            .list
            .iter()
            .filter_map(|benchmark| benchmark.interval)
            .max_by(|a, b| a.ratio.total_cmp(&b.ratio));
        let mut parts = vec![match (compared, worst) {
            (1, Some(worst)) => format!("1 benchmark, {}", worst.difference()),
            (n, Some(worst)) => format!("{n} benchmarks, at most {}", worst.difference()),
            (_, None) => "nothing to compare".to_owned(),
        }];
        for verdict in [Verdict::NoBaseline, Verdict::Removed] {
            match self.count(verdict) {
                0 => {}
                n => parts.push(format!("{n} {}", verdict.word())),
            }
        }
        parts.join(", ")
    }
}

/// A time for people: `1.234 ms`, always with four digits that say something.
pub fn time(picoseconds: u64) -> String {
    let time = picoseconds as f64;
    let (value, unit) = match picoseconds {
        0..1_000_000 => (time / 1e3, "ns"),
        1_000_000..1_000_000_000 => (time / 1e6, "us"),
        1_000_000_000..1_000_000_000_000 => (time / 1e9, "ms"),
        _ => (time / 1e12, "s"),
    };
    match value {
        100.0.. => format!("{value:.1} {unit}"),
        10.0.. => format!("{value:.2} {unit}"),
        _ => format!("{value:.3} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pair;
    use super::*;

    #[test]
    fn times_and_differences_are_short() {
        let shown = [45_678, 1_234_567, 99_990_000_000, 2_000_000_000_000].map(time);
        assert_eq!(shown, ["45.68 ns", "1.235 us", "99.99 ms", "2.000 s"]);
        let interval = Interval {
            ratio: 1.0823,
            low: 0.996,
            high: 3.5,
        };
        assert_eq!(interval.difference(), "+8.2 %");
        assert_eq!(interval.range(), "-0.4 to +250 %");
    }

    #[test]
    fn what_is_undecided_says_so() {
        let benchmark = Benchmark {
            name: "tests/test_a.py::test_b[1]".into(),
            path: "tests/test_a.py".into(),
            line: 3,
            verdict: Verdict::Inconclusive,
            base: Some(1),
            head: Some(1),
            interval: Some(Interval {
                ratio: 1.05,
                low: 1.0,
                high: 1.1,
            }),
            pairs: vec![Pair { base: 1, head: 1 }; 30],
        };
        assert_eq!(
            benchmark.words(5.0),
            "inconclusive after 30 pairs: +0.0 to +10.0 % (90 % interval) holds the budget of 5 %"
        );
        assert_eq!(benchmark.short_name(), "test_b[1]");
        let all = Benchmarks {
            budget: 5.0,
            list: vec![benchmark],
            ..Benchmarks::default()
        };
        assert_eq!(all.summary(), "1 benchmark, +5.0 %");
        assert_eq!(all.limit(), 1.05);
    }
}
