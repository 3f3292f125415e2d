//! One look: asks for everything, and puts the answers side by side.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::answer::{Answered, Sampled, SourceError};
use super::counted::{self, Counted, Unusable};
use super::prometheus::Prometheus;
use crate::promotion::Sha256;
use crate::promotion::canary::{Answer, Arms, Ask, Bin, Look, Reading, Series, Template, What};

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
        let further = |a: i64, b: i64| if b.abs() > a.abs() { b } else { a };
        self.skew = match (self.skew, answer.skew) {
            (Some(a), Some(b)) => Some(further(a, b)),
            (a, b) => a.or(b),
        };
        Ok(answer.series)
    }
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

    async fn over(
        &self,
        query: &Template,
        span: Span,
        log: &mut Log,
    ) -> Result<Both<Vec<Sampled>>, Without> {
        let step = (span.bin as i64).max(1);
        let from = span.merged.saturating_sub_unsigned(span.before);
        let first = from.div_euclid(step) * step;
        let last = span.at.div_euclid(step) * step;
        let mut both = Vec::new();
        for arm in [&self.arms.canary, &self.arms.base] {
            let query = query.of(arm);
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
            let query = format!("max(timestamp({}))", query.of(arm));
            let answer = self.prometheus.at(&query, span.at).await;
            let series = log.take(&query, answer)?;
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
