//! The report of pytest-benchmark: complete, with numbers that can be times, or
//! not believed.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The shortest and the longest time of a call that is believed, in seconds: less
/// than a clock can tell, more than anybody waits for.
const SHORTEST: f64 = 1e-12;
const LONGEST: f64 = 1e6;

#[derive(Deserialize)]
struct Report {
    version: String,
    benchmarks: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    name: String,
    fullname: Option<String>,
    stats: Stats,
}

#[derive(Deserialize)]
struct Stats {
    min: f64,
    max: f64,
    mean: f64,
    rounds: u64,
    iterations: Option<u64>,
    data: Option<Vec<f64>>,
}

/// The time of a call of each benchmark, in picoseconds, by its full name.
pub(super) type Times = BTreeMap<String, u64>;

/// Reads a report.
pub(super) fn read(report: &[u8]) -> Result<Times, String> {
    if report.trim_ascii().is_empty() {
        return Err("it wrote no report".into());
    }
    let report: Report = serde_json::from_slice(report)
        .map_err(|error| format!("its report cannot be read ({error})"))?;
    if report.version.is_empty() {
        return Err("its report says of no version".into());
    }
    let mut times = Times::new();
    for one in report.benchmarks {
        let name = one.fullname.unwrap_or(one.name);
        let time = one.stats.time().map_err(|why| format!("{name} {why}"))?;
        if name.is_empty() {
            return Err("a benchmark has no name".into());
        }
        if times.insert(name.clone(), time).is_some() {
            return Err(format!("{name} is there twice"));
        }
    }
    Ok(times)
}

impl Stats {
    /// The least time of a round, in picoseconds.
    fn time(&self) -> Result<u64, String> {
        if self.rounds == 0 || self.iterations == Some(0) {
            return Err("was not run: it has no rounds".into());
        }
        if let Some(data) = &self.data {
            let (count, rounds) = (data.len() as u64, self.rounds);
            if count != rounds {
                return Err(format!("has {count} times of {rounds} rounds"));
            }
            let least = data.iter().copied().fold(f64::INFINITY, f64::min);
            if least != self.min {
                return Err("has a least time that is none of its times".into());
            }
        }
        let is_time = |value: f64| (SHORTEST..LONGEST).contains(&value);
        let ordered = self.min <= self.mean * (1.0 + 1e-9) && self.mean <= self.max * (1.0 + 1e-9);
        if !(is_time(self.min) && is_time(self.mean) && is_time(self.max) && ordered) {
            return Err("has times that are none".into());
        }
        Ok((self.min * 1e12).round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(stats: &str) -> String {
        format!(
            r#"{{"version": "5.3.1", "machine_info": {{}}, "datetime": "x", "benchmarks":
                [{{"group": null, "name": "test_a", "fullname": "t.py::test_a", "stats": {{{stats}}}}}]}}"#
        )
    }

    #[test]
    fn the_least_round_is_the_time() {
        let whole = report(
            r#""min": 0.0000012, "max": 0.5, "mean": 0.2, "median": 0.1, "rounds": 2, "iterations": 4, "data": [0.5, 0.0000012]"#,
        );
        let times = read(whole.as_bytes()).unwrap();
        assert_eq!(times, Times::from([("t.py::test_a".into(), 1_200_000)]));
        let none = read(br#"{"version": "5", "benchmarks": []}"#).unwrap();
        assert!(none.is_empty());
    }

    #[test]
    fn nothing_else_is_believed() {
        let good = r#""min": 0.1, "max": 0.1, "mean": 0.1, "rounds": 1"#;
        assert!(read(report(good).as_bytes()).is_ok());
        let change = |from: &str, to: &str| report(&good.replace(from, to));
        for (bad, why) in [
            (String::new(), "no report"),
            ("killed".into(), "cannot be read"),
            (report(good)[..60].to_owned(), "cannot be read"),
            (r#"{"benchmarks": []}"#.into(), "version"),
            (report(good).replace("5.3.1", ""), "version"),
            (change("\"rounds\": 1", "\"rounds\": 0"), "no rounds"),
            (change("\"rounds\": 1", "\"rounds\": -1"), "cannot be read"),
            (change("\"min\": 0.1", "\"min\": 0.0"), "none"),
            (change("\"min\": 0.1", "\"min\": -0.1"), "none"),
            (change("\"min\": 0.1", "\"min\": NaN"), "cannot be read"),
            (change("\"min\": 0.1", "\"min\": 1e999"), "cannot be read"),
            (change("\"min\": 0.1", "\"min\": 0.2"), "none"),
            (change("\"min\": 0.1, ", ""), "min"),
            (
                change("\"rounds\": 1", "\"rounds\": 1, \"iterations\": 0"),
                "no rounds",
            ),
            (
                change("\"rounds\": 1", "\"rounds\": 1, \"data\": []"),
                "0 times",
            ),
            (
                change("\"rounds\": 1", "\"rounds\": 1, \"data\": [0.3]"),
                "none of its",
            ),
        ] {
            let error = read(bad.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
        }
        let one = report(good);
        let entry = &one[one.find('[').unwrap() + 1..one.rfind(']').unwrap()];
        let twice = one.replace(entry, &format!("{entry}, {entry}"));
        assert!(read(twice.as_bytes()).unwrap_err().contains("twice"));
    }
}
