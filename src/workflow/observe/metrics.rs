//! What a watcher says of itself, for a Prometheus of its own: text format 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

/// A number that is told: its name, its type, what it means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Metric(&'static str, &'static str, &'static str);

pub(super) const ROUNDS: Metric = Metric(
    "countersign_watch_rounds_total",
    "counter",
    "Rounds that came to their end.",
);
pub(super) const ROUND_ERRORS: Metric = Metric(
    "countersign_watch_round_errors_total",
    "counter",
    "Rounds that did not.",
);
pub(super) const LAST_ROUND: Metric = Metric(
    "countersign_watch_last_round_timestamp_seconds",
    "gauge",
    "When a round last came to its end.",
);
pub(super) const PROMOTIONS: Metric = Metric(
    "countersign_watch_promotions",
    "gauge",
    "Promotions on the base branch, by how they stand.",
);
pub(super) const LOOKS: Metric = Metric(
    "countersign_watch_looks_total",
    "counter",
    "Looks, by their verdict.",
);
pub(super) const LOOK_SECONDS: Metric = Metric(
    "countersign_watch_look_seconds_total",
    "counter",
    "Seconds that looks took, all together.",
);
pub(super) const VERDICT: Metric = Metric(
    "countersign_watch_verdict",
    "gauge",
    "1 for the newest verdict of each promotion that is watched.",
);
pub(super) const LAST_GOOD: Metric = Metric(
    "countersign_watch_last_good_timestamp_seconds",
    "gauge",
    "When everything of a promotion last had data.",
);
pub(super) const RECORDS: Metric = Metric(
    "countersign_watch_records_total",
    "counter",
    "Records written to the audit log, by kind.",
);
pub(super) const RECORD_ERRORS: Metric = Metric(
    "countersign_watch_record_errors_total",
    "counter",
    "Records that could not be written.",
);
pub(super) const FETCH_ERRORS: Metric = Metric(
    "countersign_watch_fetch_errors_total",
    "counter",
    "Times that a remote did not answer.",
);
pub(super) const NIGHTS: Metric = Metric(
    "countersign_watch_nights_total",
    "counter",
    "Nightly runs, by how the first ended.",
);
pub(super) const ROLLBACKS: Metric = Metric(
    "countersign_watch_rollback_steps_total",
    "counter",
    "Times that a rollback was begun or gone on with, by how that ended.",
);

const ALL: [Metric; 13] = [
    ROUNDS,
    ROUND_ERRORS,
    LAST_ROUND,
    PROMOTIONS,
    LOOKS,
    LOOK_SECONDS,
    VERDICT,
    LAST_GOOD,
    RECORDS,
    RECORD_ERRORS,
    FETCH_ERRORS,
    NIGHTS,
    ROLLBACKS,
];

/// The numbers.
#[derive(Debug, Default)]
pub(super) struct Metrics(Mutex<BTreeMap<(&'static str, String), f64>>);

impl Metrics {
    /// Adds to one.
    pub fn add(&self, metric: Metric, labels: &[(&str, &str)], more: f64) {
        self.change(|all| *all.entry((metric.0, labelled(labels))).or_default() += more);
    }

    /// Sets one.
    pub fn set(&self, metric: Metric, labels: &[(&str, &str)], value: f64) {
        self.change(|all| {
            all.insert((metric.0, labelled(labels)), value);
        });
    }

    /// Forgets all values of one.
    pub fn clear(&self, metric: Metric) {
        self.change(|all| all.retain(|(name, _), _| *name != metric.0));
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<(&'static str, String), f64>)) {
        // A panic elsewhere leaves no number half written.
        change(&mut self.0.lock().unwrap_or_else(|error| error.into_inner()));
    }

    /// As text.
    pub fn text(&self) -> String {
        let all = self.0.lock().unwrap_or_else(|error| error.into_inner());
        let mut text = String::new();
        for Metric(name, kind, help) in ALL {
            let own = all.range((name, String::new())..);
            let own: Vec<_> = own.take_while(|((it, _), _)| *it == name).collect();
            // Writing to a text does not fail.
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
            for ((_, labels), value) in own {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        }
        text
    }
}

/// Labels as they stand behind a name.
fn labelled(labels: &[(&str, &str)]) -> String {
    let each = |(name, value): &(&str, &str)| {
        let mut escaped = String::new();
        for c in value.chars() {
            match c {
                '\\' => escaped.push_str("\\\\"),
                '"' => escaped.push_str("\\\""),
                '\n' => escaped.push_str("\\n"),
                c => escaped.push(c),
            }
        }
        format!("{name}=\"{escaped}\"")
    };
    match labels {
        [] => String::new(),
        labels => {
            let all: Vec<String> = labels.iter().map(each).collect();
            format!("{{{}}}", all.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_prometheus_reads_them() {
        let metrics = Metrics::default();
        metrics.add(LOOKS, &[("word", "PASS")], 1.0);
        metrics.add(LOOKS, &[("word", "PASS")], 1.0);
        metrics.set(VERDICT, &[("module", "a\"\\\nb"), ("word", "FAIL")], 1.0);
        let text = metrics.text();
        for line in [
            "# TYPE countersign_watch_looks_total counter",
            "countersign_watch_looks_total{word=\"PASS\"} 2",
            "countersign_watch_verdict{module=\"a\\\"\\\\\\nb\",word=\"FAIL\"} 1",
            "# TYPE countersign_watch_rollback_steps_total counter",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
        metrics.clear(VERDICT);
        assert!(!metrics.text().contains("FAIL"));
    }

    #[test]
    fn every_number_is_told_once() {
        let mut names: Vec<_> = ALL.iter().map(|it| it.0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
