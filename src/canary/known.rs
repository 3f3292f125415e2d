//! What was answered before, so that a look asks for what is new alone: many queries in one
//! question, and each of them once for all promotions that ask it.
//!
//! A sample that is older than ten minutes is not asked for again. What was scraped
//! late, or written into the past, is therefore missed here: whoever acts on a look makes
//! it again without any of this.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use super::answer::Sampled;

/// The label that tells the answers of one question apart.
const LABEL: &str = "countersign_ask";
/// Samples of the last so many seconds are asked for again each time.
const UNSETTLED: i64 = 600;
/// What nobody asked for so many seconds is forgotten.
const FORGOTTEN: i64 = 3 * 3_600;

/// Answers that are kept in memory, for as long as somebody asks for them.
#[derive(Debug, Default)]
pub struct Known(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    spans: HashMap<String, Span>,
    /// At one time, which is forgotten with the next.
    instants: HashMap<String, Vec<Sampled>>,
    instants_at: i64,
    skew: Option<i64>,
}

#[derive(Debug)]
struct Span {
    step: i64,
    first: i64,
    last: i64,
    series: Vec<Sampled>,
    used: i64,
}

impl Known {
    /// From when on a query has to be asked again for steps from `first` to `last`; nothing
    /// where all of it is known.
    pub fn missing(&self, query: &str, first: i64, last: i64, step: i64) -> Option<i64> {
        let mut kept = self.kept();
        let Some(span) = kept.spans.get_mut(query) else {
            return Some(first);
        };
        if span.step != step || span.first > first || span.last < first {
            return Some(first);
        }
        span.used = last;
        if span.last == last {
            return None;
        }
        Some(settled(span.last, step).max(first))
    }

    /// Takes an answer from `from` on; what was known from there on is replaced by it.
    pub fn learn(
        &self,
        query: &str,
        (from, last, step): (i64, i64, i64),
        series: Vec<Sampled>,
        skew: Option<i64>,
    ) {
        let mut kept = self.kept();
        kept.skew = skew;
        let fits =
            |span: &&mut Span| span.step == step && span.first <= from && span.last + step >= from;
        match kept.spans.get_mut(query).filter(fits) {
            Some(span) => {
                span.last = last;
                span.used = last;
                for one in &mut span.series {
                    one.samples.retain(|(time, _)| *time < from as f64);
                }
                for new in series {
                    match span.series.iter_mut().find(|it| it.labels == new.labels) {
                        Some(one) => one.samples.extend(new.samples),
                        None => span.series.push(new),
                    }
                }
                span.series.retain(|one| !one.samples.is_empty());
            }
            None => {
                let span = Span {
                    step,
                    first: from,
                    last,
                    series,
                    used: last,
                };
                kept.spans.insert(query.to_owned(), span);
            }
        }
    }

    /// What is known of a query from `first` to `last`; nothing where that is not all.
    pub fn over(&self, query: &str, first: i64, last: i64, step: i64) -> Option<Vec<Sampled>> {
        let kept = self.kept();
        let span = kept.spans.get(query)?;
        if span.step != step || span.first > first || span.last != last {
            return None;
        }
        let within = |one: &Sampled| {
            let from = one
                .samples
                .partition_point(|(time, _)| *time < first as f64);
            let samples = one.samples.get(from..).unwrap_or_default().to_vec();
            (!samples.is_empty()).then(|| Sampled {
                labels: one.labels.clone(),
                samples,
            })
        };
        Some(span.series.iter().filter_map(within).collect())
    }

    /// Takes an answer for one time.
    pub fn learn_at(&self, query: &str, at: i64, series: Vec<Sampled>, skew: Option<i64>) {
        let mut kept = self.kept();
        if kept.instants_at != at {
            kept.instants.clear();
            kept.instants_at = at;
        }
        kept.skew = skew;
        kept.instants.insert(query.to_owned(), series);
    }

    /// What is known of a query at one time.
    pub fn at(&self, query: &str, at: i64) -> Option<Vec<Sampled>> {
        let kept = self.kept();
        let known = kept.instants.get(query)?;
        (kept.instants_at == at).then(|| known.clone())
    }

    /// How far the server's clock was off when it was last asked.
    pub fn skew(&self) -> Option<i64> {
        self.kept().skew
    }

    /// Forgets what nobody asks for any more. `first`: the earliest that anybody asks for.
    pub fn forget(&self, first: i64, now: i64) {
        let mut kept = self.kept();
        kept.spans.retain(|_, span| span.used + FORGOTTEN > now);
        for span in kept.spans.values_mut() {
            if span.first < first {
                span.first = first;
                for one in &mut span.series {
                    one.samples.retain(|(time, _)| *time >= first as f64);
                }
            }
        }
    }

    /// How many samples are kept.
    pub fn samples(&self) -> usize {
        let kept = self.kept();
        let series = kept.spans.values().flat_map(|span| &span.series);
        series.map(|one| one.samples.len()).sum()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // What is written is written whole: a panic elsewhere leaves nothing half.
        self.0.lock().unwrap_or_else(|error| error.into_inner())
    }
}

/// From which step on what was known is asked for again.
fn settled(last: i64, step: i64) -> i64 {
    let back = UNSETTLED.max(2 * step);
    (last - back).div_euclid(step) * step
}

/// Many queries as one, each with a number in a label of its own.
pub fn together(queries: &[String]) -> String {
    let each = |(number, query): (usize, &String)| {
        // On a line of its own, so that a comment in it ends.
        format!("label_replace((\n{query}\n), \"{LABEL}\", \"{number}\", \"\", \"\")")
    };
    let all: Vec<String> = queries.iter().enumerate().map(each).collect();
    all.join(" or ")
}

/// The answers to each of `count` queries that were asked as one; nothing where they
/// cannot be told apart.
pub fn apart(series: Vec<Sampled>, count: usize) -> Option<Vec<Vec<Sampled>>> {
    let mut all = vec![Vec::new(); count];
    for mut one in series {
        let number: usize = one.labels.remove(LABEL)?.parse().ok()?;
        all.get_mut(number)?.push(one);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn series(name: &str, times: std::ops::RangeInclusive<i64>) -> Sampled {
        Sampled {
            labels: BTreeMap::from([("instance".to_owned(), name.to_owned())]),
            samples: times.step_by(300).map(|t| (t as f64, t as f64)).collect(),
        }
    }

    #[test]
    fn only_what_is_new_is_missing() {
        let known = Known::default();
        assert_eq!(known.missing("q", 0, 6_000, 300), Some(0));
        known.learn("q", (0, 6_000, 300), vec![series("a", 0..=6_000)], None);
        assert_eq!(known.missing("q", 0, 6_000, 300), None);
        // The last ten minutes are asked for again.
        assert_eq!(known.missing("q", 0, 6_300, 300), Some(5_400));
        assert_eq!(known.missing("q", 300, 6_000, 300), None);
        // What begins before is not known.
        assert_eq!(known.missing("q", -300, 6_000, 300), Some(-300));
        assert_eq!(known.missing("q", 0, 6_000, 60), Some(0));
        assert_eq!(known.over("q", 0, 6_300, 300), None);
    }

    #[test]
    fn what_is_new_replaces_what_was_unsettled() {
        let known = Known::default();
        known.learn("q", (0, 3_000, 300), vec![series("a", 0..=3_000)], None);
        let mut late = series("a", 2_400..=3_300);
        late.samples[0].1 = 7.0;
        let new = series("b", 3_300..=3_300);
        known.learn("q", (2_400, 3_300, 300), vec![late, new], Some(1));
        let all = known.over("q", 600, 3_300, 300).unwrap();
        assert_eq!((all.len(), all[0].samples.len()), (2, 10));
        assert_eq!(all[0].samples[0].0, 600.0);
        assert!(all[0].samples.contains(&(2_400.0, 7.0)));
        assert_eq!(known.skew(), Some(1));
        // A series that is gone from an answer is gone from there on.
        known.learn("q", (2_700, 3_600, 300), Vec::new(), None);
        let all = known.over("q", 0, 3_600, 300).unwrap();
        assert_eq!(all.iter().map(|it| it.samples.len()).sum::<usize>(), 9);
    }

    #[test]
    fn memory_is_bounded_by_what_is_asked_for() {
        let known = Known::default();
        known.learn("q", (0, 3_000, 300), vec![series("a", 0..=3_000)], None);
        for look in 11..10_000i64 {
            let last = look * 300;
            let from = known.missing("q", last - 3_000, last, 300).unwrap();
            known.learn("q", (from, last, 300), vec![series("a", from..=last)], None);
            known.learn_at("t", last, vec![series("a", last..=last)], None);
            known.forget(last - 3_000, last);
            assert_eq!(known.samples(), 11, "{look}");
        }
        assert_eq!(known.kept().instants.len(), 1);
        known.forget(0, 10_000 * 300 + FORGOTTEN);
        assert_eq!(known.samples(), 0);
    }

    #[test]
    fn answers_are_told_apart() {
        let query = together(&["up{a=\"b\"} # x".into(), "down".into()]);
        assert!(
            query.contains("# x\n), \"countersign_ask\", \"0\""),
            "{query}"
        );
        let mut one = series("a", 0..=0);
        one.labels.insert(LABEL.into(), "1".into());
        let all = apart(vec![one.clone()], 2).unwrap();
        assert_eq!((all[0].len(), all[1].len()), (0, 1));
        assert!(!all[1][0].labels.contains_key(LABEL));
        assert_eq!(apart(vec![one], 1), None);
        assert_eq!(apart(vec![series("a", 0..=0)], 1), None);
    }
}
