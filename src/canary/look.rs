//! One look: asks for everything, and puts the answers side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;

use super::answer::{Answered, Sampled, SourceError};
use super::counted::{self, Counted, Unusable};
use super::known::{self, Known};
use super::prometheus::Prometheus;
use crate::promotion::Sha256;
use crate::promotion::canary::{
    Answer, Arms, Ask, Bin, Look, Matchers, Reading, Series, Template, What,
};

/// Which time is looked at, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When the promotion was merged.
    pub merged: i64,
    /// How much of the time before is read, in seconds.
    pub before: u64,
    /// The time of the look.
    pub at: i64,
    /// How long a bin is, in seconds.
    pub bin: u64,
}

/// Reads looks from a server.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The server.
    pub prometheus: Prometheus,
    /// Who is compared.
    pub arms: Arms,
    /// With which queries.
    pub asks: Vec<Ask>,
    /// What was answered before; without it everything is asked for.
    pub known: Option<Arc<Known>>,
}

/// Why a signal has no series.
enum Without {
    Missing(String),
    Failed(String),
}

impl From<Unusable> for Without {
    fn from(error: Unusable) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<SourceError> for Without {
    fn from(error: SourceError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What was asked so far, and how far the clock was off.
#[derive(Default)]
struct Log {
    asked: Vec<(String, Option<Sha256>)>,
    skew: Option<i64>,
}

impl Log {
    fn take(
        &mut self,
        query: &str,
        answer: Result<Answered, SourceError>,
    ) -> Result<Vec<Sampled>, SourceError> {
        let digest = answer.as_ref().ok().map(|answer| answer.digest);
        self.asked.push((query.to_owned(), digest));
        let answer = answer?;
        self.note(answer.skew);
        Ok(answer.series)
    }

    /// What was known already: nothing was asked for it alone, so it has no digest.
    fn knew(
        &mut self,
        query: &str,
        series: Vec<Sampled>,
        known: Option<&Arc<Known>>,
    ) -> Vec<Sampled> {
        self.asked.push((query.to_owned(), None));
        self.note(known.and_then(|known| known.skew()));
        series
    }

    fn note(&mut self, skew: Option<i64>) {
        let further = |a: i64, b: i64| if b.abs() > a.abs() { b } else { a };
        self.skew = match (self.skew, skew) {
            (Some(a), Some(b)) => Some(further(a, b)),
            (a, b) => a.or(b),
        };
    }
}

impl Span {
    /// The first and the last step, and how long one is.
    fn steps(self) -> (i64, i64, i64) {
        let step = (self.bin as i64).max(1);
        let from = self.merged.saturating_sub_unsigned(self.before);
        let first = from.div_euclid(step) * step;
        (first, self.at.div_euclid(step) * step, step)
    }
}

/// The query for when an arm's newest sample was taken.
fn newest_of(query: &Template, arm: &Matchers) -> String {
    format!("max(timestamp({}))", query.of(arm))
}

/// The same of both arms.
struct Both<T> {
    canary: T,
    base: T,
}

impl Reader {
    /// Looks: asks for all signals at the same time. What could not be read says so; the
    /// rest is read all the same.
    pub async fn look(&self, span: Span) -> Look {
        if let Some(known) = &self.known {
            self.learn(known, span).await;
        }
        let asked = self.asks.iter().map(|ask| self.read(ask, span));
        let mut skew: Option<i64> = None;
        let mut readings = Vec::new();
        for (reading, off) in join_all(asked).await {
            if off.map(i64::abs) > skew.map(i64::abs) {
                skew = off;
            }
            readings.push(reading);
        }
        Look {
            at: span.at,
            skew,
            readings,
        }
    }

    /// One signal, and how far the server's clock was off.
    async fn read(&self, ask: &Ask, span: Span) -> (Reading, Option<i64>) {
        let mut log = Log::default();
        let answer = match &ask.what {
            What::Errors { total, bad } => self.errors(total, bad, span, &mut log).await,
            What::Slow { buckets, limit } => self.slow(buckets, *limit, span, &mut log).await,
            What::Value(query) => self.value(query, span, &mut log).await,
        };
        let reading = Reading {
            signal: ask.signal.clone(),
            answer: match answer {
                Ok(answer) => answer,
                Err(Without::Missing(why)) => Answer::Missing(why),
                Err(Without::Failed(why)) => Answer::Failed(why),
            },
            asked: log.asked,
        };
        (reading, log.skew)
    }

    /// Asks for what is new of everything, in two questions. What cannot be had so is asked
    /// for one by one after, so that an error is told where it belongs.
    async fn learn(&self, known: &Known, span: Span) {
        let (first, last, step) = span.steps();
        let mut from: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        let mut instants = Vec::new();
        for arm in [&self.arms.canary, &self.arms.base] {
            for ask in &self.asks {
                let (spans, newest) = match &ask.what {
                    What::Errors { total, bad } => (vec![total, bad], Some(total)),
                    What::Slow { buckets, .. } => (vec![buckets], Some(buckets)),
                    What::Value(query) => (vec![query], None),
                };
                for query in spans.into_iter().map(|query| query.of(arm)) {
                    if let Some(missing) = known.missing(&query, first, last, step) {
                        from.entry(missing).or_default().push(query);
                    }
                }
                let newest = newest.map(|query| newest_of(query, arm));
                instants.extend(newest.filter(|it| known.at(it, span.at).is_none()));
            }
        }
        for (from, mut queries) in from {
            queries.sort_unstable();
            queries.dedup();
            let query = known::together(&queries);
            if let Ok(answer) = self.prometheus.over(&query, from, last, step).await
                && let Some(all) = known::apart(answer.series, queries.len())
            {
                for (query, series) in queries.iter().zip(all) {
                    known.learn(query, (from, last, step), series, answer.skew);
                }
            }
        }
        instants.sort_unstable();
        instants.dedup();
        if !instants.is_empty()
            && let Ok(answer) = self
                .prometheus
                .at(&known::together(&instants), span.at)
                .await
            && let Some(all) = known::apart(answer.series, instants.len())
        {
            for (query, series) in instants.iter().zip(all) {
                known.learn_at(query, span.at, series, answer.skew);
            }
        }
    }

    async fn over(
        &self,
        query: &Template,
        span: Span,
        log: &mut Log,
    ) -> Result<Both<Vec<Sampled>>, Without> {
        let (first, last, step) = span.steps();
        let mut both = Vec::new();
        for arm in [&self.arms.canary, &self.arms.base] {
            let query = query.of(arm);
            let known = self.known.as_ref();
            if let Some(series) = known.and_then(|it| it.over(&query, first, last, step)) {
                both.push(log.knew(&query, series, known));
                continue;
            }
            let answer = self.prometheus.over(&query, first, last, step).await;
            both.push(log.take(&query, answer)?);
        }
        let base = both.pop().unwrap_or_default();
        let canary = both.pop().unwrap_or_default();
        Ok(Both { canary, base })
    }

    /// When the newest sample of each arm was taken: a series that has ended is still
    /// answered for five minutes.
    async fn newest(
        &self,
        query: &Template,
        span: Span,
        log: &mut Log,
    ) -> Result<Both<Option<i64>>, Without> {
        let mut both = Vec::new();
        for arm in [&self.arms.canary, &self.arms.base] {
            let query = newest_of(query, arm);
            let known = self.known.as_ref();
            let series = match known.and_then(|it| it.at(&query, span.at)) {
                Some(series) => log.knew(&query, series, known),
                None => {
                    let answer = self.prometheus.at(&query, span.at).await;
                    log.take(&query, answer)?
                }
            };
            let times = series.iter().flat_map(|it| &it.samples);
            both.push(times.map(|(_, value)| value.floor() as i64).max());
        }
        let base = both.pop().flatten();
        let canary = both.pop().flatten();
        Ok(Both { canary, base })
    }

    async fn errors(
        &self,
        total: &Template,
        bad: &Template,
        span: Span,
        log: &mut Log,
    ) -> Result<Answer, Without> {
        let all = self.over(total, span, log).await?;
        there(&all, total, self)?;
        let failed = self.over(bad, span, log).await?;
        if failed.canary.is_empty() && failed.base.is_empty() {
            return Err(Without::Missing(format!(
                "no failure was ever counted in either arm, or the query asks for the wrong \
                 series: {}. Begin the counter at 0",
                bad.of(&self.arms.canary)
            )));
        }
        let newest = self.newest(total, span, log).await?;
        let canary = counted::errors(&all.canary, &failed.canary, span.bin)?;
        let base = counted::errors(&all.base, &failed.base, span.bin)?;
        Ok(Answer::Counts(series(canary, base, newest, span)))
    }

    async fn slow(
        &self,
        buckets: &Template,
        limit: f64,
        span: Span,
        log: &mut Log,
    ) -> Result<Answer, Without> {
        let all = self.over(buckets, span, log).await?;
        there(&all, buckets, self)?;
        let newest = self.newest(buckets, span, log).await?;
        let of = |arm: &[Sampled]| counted::slow(arm, limit, span.bin);
        let (canary, base) = (of(&all.canary)?, of(&all.base)?);
        Ok(Answer::Counts(series(canary, base, newest, span)))
    }

    async fn value(&self, query: &Template, span: Span, log: &mut Log) -> Result<Answer, Without> {
        let all = self.over(query, span, log).await?;
        there(&all, query, self)?;
        for (of, arm) in [
            (&all.canary, &self.arms.canary),
            (&all.base, &self.arms.base),
        ] {
            if of.len() > 1 {
                return Err(Without::Failed(format!(
                    "{} series instead of one: aggregate {}",
                    of.len(),
                    query.of(arm)
                )));
            }
        }
        let (canary, base) = (counted::values(&all.canary), counted::values(&all.base));
        // A query may be any: how old its samples are is not asked.
        let last = |arm: &Counted<f64>| arm.bins.keys().next_back().copied();
        let newest = Both {
            canary: last(&canary),
            base: last(&base),
        };
        Ok(Answer::Values(series(canary, base, newest, span)))
    }
}

/// Says which arm has no series at all.
fn there(all: &Both<Vec<Sampled>>, query: &Template, reader: &Reader) -> Result<(), Without> {
    for (of, arm, name) in [
        (&all.canary, &reader.arms.canary, "canary"),
        (&all.base, &reader.arms.base, "base"),
    ] {
        if of.is_empty() {
            let query = query.of(arm);
            return Err(Without::Missing(format!(
                "no series of the {name}: {query}"
            )));
        }
    }
    Ok(())
}

/// Both arms side by side, by time.
fn series<T: Copy>(
    canary: Counted<T>,
    base: Counted<T>,
    newest: Both<Option<i64>>,
    span: Span,
) -> Series<T> {
    let ends: BTreeSet<i64> = canary
        .bins
        .keys()
        .chain(base.bins.keys())
        .copied()
        .collect();
    let bins = ends.into_iter().map(|end| Bin {
        end,
        canary: canary.bins.get(&end).copied(),
        base: base.bins.get(&end).copied(),
    });
    let (before, since) = bins.partition(|bin| bin.end <= span.merged);
    Series {
        before,
        since,
        canary_newest: newest.canary,
        base_newest: newest.base,
        resets: canary.resets + base.resets,
        not_a_number: canary.not_a_number + base.not_a_number,
    }
}
