//! From counters to counts: by how much each grew from one bin's end to the next.
//!
//! Exact, which `increase()` is not: that one extrapolates. It takes the counters
//! themselves, one series each, for a sum over series hides when one of them begins anew.
//!
//! - A counter that fell began anew: what it shows now is what it grew by.
//! - One that was not there before, of a target that was, began at 0 with its first
//!   event. One of a new target has a past that nobody knows: it counts from now on.
//! - A bin has counts where at least one counter was there at both its ends.

use std::collections::BTreeMap;

use super::answer::Sampled;

/// What counters grew by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Growth {
    /// By the end of the bin.
    pub bins: BTreeMap<i64, u64>,
    /// How often a counter began anew.
    pub resets: u32,
    /// How many samples were no number.
    pub not_a_number: u32,
}

/// Why they are no counters.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoCounter {
    /// A part of an event.
    #[error("{0} is no count of events: ask for the counter itself, without rate() or increase()")]
    Part(f64),
}

/// When each target had any of these series, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Targets<'a>(BTreeMap<(&'a str, &'a str), Vec<i64>>);

impl<'a> Targets<'a> {
    /// Those of these series.
    pub fn of(series: &'a [Sampled]) -> Self {
        let mut all: BTreeMap<_, Vec<i64>> = BTreeMap::new();
        for one in series {
            let there = one.samples.iter().filter(|(_, value)| !value.is_nan());
            let times = there.map(|(time, _)| *time as i64);
            all.entry(target(one)).or_default().extend(times);
        }
        for times in all.values_mut() {
            // Quick where there is one series, for that is in order.
            times.sort_unstable();
            times.dedup();
        }
        Self(all)
    }

    fn had(&self, time: i64, series: &Sampled) -> bool {
        let there = self.0.get(&target(series));
        there.is_some_and(|times| times.binary_search(&time).is_ok())
    }
}

fn target(series: &Sampled) -> (&str, &str) {
    let label = |name: &str| series.labels.get(name).map_or("", String::as_str);
    (label("job"), label("instance"))
}

/// What they grew by, in bins of `step` seconds.
pub fn growth(series: &[Sampled], targets: &Targets<'_>, step: i64) -> Result<Growth, NoCounter> {
    let mut growth = Growth::default();
    for one in series {
        let mut last: Option<(i64, u64)> = None;
        for (time, value) in &one.samples {
            if value.is_nan() {
                growth.not_a_number += 1;
                continue;
            }
            let (time, value) = (*time as i64, whole(*value)?);
            let grown = match last {
                Some((before, _)) if before != time - step => None,
                Some((_, before)) if value < before => {
                    growth.resets += 1;
                    Some(value)
                }
                Some((_, before)) => Some(value - before),
                None => targets.had(time - step, one).then_some(value),
            };
            if let Some(grown) = grown {
                *growth.bins.entry(time).or_default() += grown;
            }
            last = Some((time, value));
        }
    }
    Ok(growth)
}

/// A number of events: whole, and not less than none.
fn whole(value: f64) -> Result<u64, NoCounter> {
    match value >= 0.0 && value.fract() == 0.0 && value < 2f64.powi(53) {
        true => Ok(value as u64),
        false => Err(NoCounter::Part(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(instance: &str, samples: &[(i64, f64)]) -> Sampled {
        Sampled {
            labels: BTreeMap::from([("instance".to_owned(), instance.to_owned())]),
            samples: samples.iter().map(|(t, v)| (*t as f64, *v)).collect(),
        }
    }

    fn of(all: &[Sampled]) -> Growth {
        growth(all, &Targets::of(all), 10).unwrap()
    }

    #[test]
    fn counters_grow_and_begin_anew() {
        let it = of(&[series("a", &[(0, 5.0), (10, 8.0), (20, 2.0), (30, 2.0)])]);
        assert_eq!(it.bins, BTreeMap::from([(10, 3), (20, 2), (30, 0)]));
        assert_eq!(it.resets, 1);
    }

    #[test]
    fn a_gap_is_a_gap() {
        let it = of(&[series("a", &[(0, 5.0), (30, 50.0), (40, 51.0)])]);
        assert_eq!(it.bins, BTreeMap::from([(40, 1)]));
        let it = of(&[series("a", &[(0, 5.0), (10, f64::NAN), (20, 9.0)])]);
        assert_eq!((it.bins.len(), it.not_a_number), (0, 1));
    }

    #[test]
    fn the_first_event_of_a_known_target_counts() {
        let total = series("a", &[(0, 5.0), (10, 8.0)]);
        let errors = series("a", &[(10, 2.0)]);
        let all = [total];
        let targets = Targets::of(&all);
        let it = growth(&[errors], &targets, 10).unwrap();
        assert_eq!(it.bins, BTreeMap::from([(10, 2)]));
        // A target that was not there has a past.
        let it = growth(&[series("b", &[(10, 900.0)])], &targets, 10).unwrap();
        assert_eq!(it.bins, BTreeMap::new());
    }

    #[test]
    fn rates_are_no_counts() {
        for value in [0.5, -1.0, f64::INFINITY, 1e300] {
            let all = [series("a", &[(0, value)])];
            assert!(growth(&all, &Targets::default(), 10).is_err(), "{value}");
        }
    }
}
