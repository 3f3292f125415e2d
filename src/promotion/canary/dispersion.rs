//! Over-dispersion: how much more counts vary than chance alone would have them,
//! and over which spans of time.
//!
//! Errors come in bursts, and bursts come in waves. A test that takes them for
//! independent sees harm in every burst that happens to hit the canary. The index
//! of dispersion φ says how many times a sum's variance is what independent events
//! would give (Cox and Lewis, *The Statistical Analysis of Series of Events*, 1966,
//! ch. 4): 1 for chance, more for bursts. It grows with the span, until the span
//! is longer than what the bursts remember; so it is measured at spans of 1, 2, 4
//! … 128 bins.
//!
//! A span's batch says `z` (how far it is off), `h` (what `z` is in proportion to)
//! and `v` (the variance that chance gives `z`):
//!
//! - one arm: `z = x` events, `h = n` requests, `v = x`;
//! - two arms, canary `x` of `c`, base `y` of `b`: `z = (x·b - y·c)/(c+b)`, which waves
//!   that hit both arms alike leave at 0, `h = c·b/(c+b)`, `v = (x·b² + y·c²)/(c+b)²`.
//!
//! **Before the merge** each batch is set against the mean of all, so that slow waves
//! count: `φ = Σ (z - δh)² / Σ v` with `δ = Σz/Σh`. To it comes its standard error, from
//! how unevenly the batches make it up.
//!
//! **Few bursts** are known worse than that: after three short ones the next may be many
//! times as long, and no variance of three says so. A bin is of a burst where it is further
//! off than chance would bring any bin of that time, by Bernstein's inequality (S.
//! Bernstein, 1924): `|z - δh| > l/3 + √(l²/9 + 2lw)`, with `l = ln(bins/0.01)` and `w` the
//! bin's variance. If the sizes of `n` bursts are exponential, of whatever mean, the next one
//! over the mean of these follows Fisher's F with 2 and 2n degrees of freedom (Lawless, "A
//! prediction problem concerning samples from the exponential distribution",
//! *Technometrics* 13, 1971); its quantile is `n (0.01^(-1/n) - 1)`, and `ln 100` where the
//! mean is known. So what bursts alone add to φ counts `(n (0.01^(-1/n) - 1) / ln 100)²` times:
//! 463 times after one, 5.6 after three, 2.0 after seven, 1.5 after fifteen. That, or the
//! standard error, whichever is more. Where there was no burst nothing is added.
//!
//! **Since the merge** each is set against its neighbour, as Allan's variance does
//! (Allan, "Statistics of atomic frequency standards", *Proc. IEEE* 54, 1966): a lasting
//! step, which is what a harmful change makes, counts once and not against every
//! batch before it.

use super::{Bin, Counts};

/// The spans, in bins.
pub const SPANS: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// From how many batches on a span's φ is known.
const BATCHES: usize = 12;

/// How many events must lie in these batches.
const EVENTS: f64 = 20.0;

/// The chance that a time without bursts seems to have one, and that the next burst is
/// larger than it is taken to be at most.
const RARE: f64 = 0.01;

/// φ at each span; nothing where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dispersion([Option<f64>; SPANS.len()]);

impl Dispersion {
    /// Of the time before the merge: of both arms where both were there for at least
    /// half of it, else of the base alone.
    pub fn before(bins: &[Bin<Counts>]) -> Self {
        let sums = |bin: &Bin<Counts>| Sums {
            canary: bin.canary.unwrap_or_default(),
            base: bin.base.unwrap_or_default(),
        };
        let mut all: Vec<Sums> = bins.iter().map(sums).collect();
        let both = all.iter().filter(|it| it.both()).count();
        let two_arms = both * 2 >= all.len();
        all.retain(|it| {
            if two_arms {
                it.both()
            } else {
                it.base.total > 0
            }
        });
        let batches = |span: usize| -> Vec<Batch> {
            let batches = all.chunks_exact(span);
            let sums = batches.map(|bins| bins.iter().fold(Sums::default(), Sums::with));
            sums.map(|sums| match two_arms {
                true => sums.two_arms(),
                false => sums.one_arm(),
            })
            .collect()
        };
        let bursts = Bursts::of(&batches(1));
        Self(SPANS.map(|span| {
            let (phi, error) = against_the_mean(&batches(span))?;
            Some(phi + error.max(bursts.unknown(span)))
        }))
    }

    /// φ for sums over that many bins, at least 1: the greatest of all spans up to
    /// it. Nothing, when it is not known for spans that long.
    pub fn at(&self, bins: usize) -> Option<f64> {
        let reach = SPANS.iter().rposition(|span| *span <= bins.max(1))?;
        self.0[reach]?;
        Some(
            self.0[..=reach]
                .iter()
                .flatten()
                .copied()
                .fold(1.0, f64::max),
        )
    }

    /// The greatest φ that is known, at least 1.
    pub fn greatest(&self) -> f64 {
        self.0.iter().flatten().copied().fold(1.0, f64::max)
    }

    /// The greater of both at each span. What only the other knows is not known:
    /// it raises what the spans from there on say.
    pub fn raised_by(&self, other: &Self) -> Self {
        let mut both = *self;
        let mut least = 1.0f64;
        for (it, other) in both.0.iter_mut().zip(other.0) {
            least = other.map_or(least, |phi| phi.max(least));
            *it = it.map(|phi| phi.max(least));
        }
        both
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    canary: Counts,
    base: Counts,
}

#[derive(Clone, Copy, Debug)]
struct Batch {
    z: f64,
    h: f64,
    v: f64,
    events: u64,
}

impl Sums {
    fn both(&self) -> bool {
        self.canary.total > 0 && self.base.total > 0
    }

    fn with(self, other: &Self) -> Self {
        Self {
            canary: self.canary + other.canary,
            base: self.base + other.base,
        }
    }

    fn one_arm(self) -> Batch {
        Batch {
            z: self.base.bad as f64,
            h: self.base.total as f64,
            v: self.base.bad as f64,
            events: self.base.bad,
        }
    }

    fn two_arms(self) -> Batch {
        let (x, y) = (self.canary.bad as f64, self.base.bad as f64);
        let (c, b) = (self.canary.total as f64, self.base.total as f64);
        let n = c + b;
        Batch {
            z: (x * b - y * c) / n,
            h: c * b / n,
            v: (x * b * b + y * c * c) / (n * n),
            events: self.canary.bad + self.base.bad,
        }
    }
}

/// The bursts of the time before the merge.
struct Bursts {
    /// How far each bin of a burst is off; others are 0.
    off: Vec<f64>,
    /// How many times what they add to φ may be, beyond what it was.
    more: f64,
    /// The variance that chance gives all bins.
    variance: f64,
}

impl Bursts {
    fn of(bins: &[Batch]) -> Self {
        let sum = |of: fn(&Batch) -> f64| bins.iter().map(of).sum::<f64>();
        let (z, h, variance) = (sum(|it| it.z), sum(|it| it.h), sum(|it| it.v));
        let l = (bins.len() as f64 / RARE).ln();
        let off = |it: &Batch| {
            let off = it.z - z / h * it.h;
            let most = l / 3.0 + (l * l / 9.0 + 2.0 * l * variance / h * it.h).sqrt();
            if off.abs() > most { off } else { 0.0 }
        };
        let off: Vec<f64> = bins.iter().map(off).collect();
        let bursts = off.split(|it| *it == 0.0).filter(|it| !it.is_empty());
        let n = bursts.count() as f64;
        let next = n * (RARE.powf(-1.0 / n) - 1.0) / -RARE.ln();
        Self {
            off,
            more: if n > 0.0 { next.powi(2) - 1.0 } else { 0.0 },
            variance,
        }
    }

    /// What φ may be more over such a span than it was.
    fn unknown(&self, span: usize) -> f64 {
        if self.more == 0.0 {
            return 0.0;
        }
        let batches = self.off.chunks_exact(span);
        let squares = batches.map(|bins| bins.iter().sum::<f64>().powi(2));
        self.more * squares.sum::<f64>() / self.variance
    }
}

/// φ, and its standard error.
fn against_the_mean(batches: &[Batch]) -> Option<(f64, f64)> {
    let sum = |of: fn(&Batch) -> f64| batches.iter().map(of).sum::<f64>();
    let (z, h, v) = (sum(|it| it.z), sum(|it| it.h), sum(|it| it.v));
    let events = sum(|it| it.events as f64);
    if batches.len() < BATCHES || events < EVENTS || v <= 0.0 {
        return None;
    }
    let square = |it: &Batch| (it.z - z / h * it.h).powi(2);
    let lost = 1.0 - 1.0 / batches.len() as f64; // to the mean
    let phi = batches.iter().map(square).sum::<f64>() / v / lost;
    let uneven = batches.iter().map(|it| (square(it) - phi * it.v).powi(2));
    Some((phi, uneven.sum::<f64>().sqrt() / v))
}

/// What is learned of φ since the merge, bin by bin.
#[derive(Clone, Debug, Default)]
pub struct Neighbours([Span; SPANS.len()]);

#[derive(Clone, Debug, Default)]
struct Span {
    last: Option<Batch>,
    filling: Sums,
    filled: usize,
    pairs: usize,
    events: f64,
    squares: f64,
    variances: f64,
}

impl Neighbours {
    /// Takes the next bin in that has both arms.
    pub fn push(&mut self, canary: Counts, base: Counts) {
        let mut sums = Sums { canary, base };
        for (at, span) in self.0.iter_mut().enumerate() {
            span.filling = span.filling.with(&sums);
            span.filled += 1;
            if at > 0 && span.filled < 2 {
                return;
            }
            sums = std::mem::take(&mut span.filling);
            span.filled = 0;
            span.learn(sums.two_arms());
        }
    }

    /// What is known by now.
    pub fn dispersion(&self) -> Dispersion {
        let mut it = Dispersion::default();
        for (phi, span) in it.0.iter_mut().zip(&self.0) {
            *phi = span.phi();
        }
        it
    }
}

impl Span {
    fn learn(&mut self, next: Batch) {
        let Some(last) = self.last.replace(next) else {
            return;
        };
        let h = last.h + next.h;
        let square = ((last.z * next.h - next.z * last.h) / h).powi(2);
        let variance = (last.v * next.h * next.h + next.v * last.h * last.h) / (h * h);
        self.pairs += 1;
        self.events += (last.events + next.events) as f64 / 2.0;
        self.squares += square;
        self.variances += variance;
    }

    fn phi(&self) -> Option<f64> {
        let known = self.pairs >= BATCHES && self.events >= EVENTS && self.variances > 0.0;
        known.then(|| self.squares / self.variances)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::benchmark::random::Random;

    fn bins(n: usize, mut bad: impl FnMut(usize) -> (u64, u64)) -> Vec<Bin<Counts>> {
        let of = |bad| Some(Counts { total: 1_000, bad });
        (0..n)
            .map(|at| {
                let (canary, base) = bad(at);
                Bin {
                    end: at as i64,
                    canary: of(canary),
                    base: of(base),
                }
            })
            .collect()
    }

    /// Binomial counts with a mean of 2: nearly those of chance.
    fn chance(random: &mut Random) -> u64 {
        (0..20).filter(|_| random.part() < 0.1).count() as u64
    }

    #[test]
    fn chance_is_about_one() {
        let mut random = Random::new(1);
        let all = bins(2_016, |_| (chance(&mut random), chance(&mut random)));
        for span in [1, 2, 4, 8, 16, 32] {
            let phi = Dispersion::before(&all).at(span).unwrap();
            assert!((1.0..1.6).contains(&phi), "{span}: {phi}");
        }
    }

    #[test]
    fn clusters_are_as_large_as_they_are() {
        let mut random = Random::new(2);
        let all = bins(2_016, |_| {
            (7 * chance(&mut random), 7 * chance(&mut random))
        });
        let phi = Dispersion::before(&all).at(1).unwrap();
        assert!((5.5..8.0).contains(&phi), "{phi}");
    }

    /// The fewer bursts there were, the more the next one may be; without one nothing is added.
    #[test]
    fn few_bursts_are_known_badly() {
        let phi = |bursts: &[usize]| {
            let mut random = Random::new(4);
            let bins = bins(2_016, |at| {
                let burst = bursts.iter().any(|from| (*from..from + 3).contains(&at));
                (0, chance(&mut random) + if burst { 40 } else { 0 })
            });
            Dispersion::before(&bins).at(1).unwrap()
        };
        assert!(phi(&[]) < 1.1, "{}", phi(&[]));
        let one = phi(&[500]);
        assert!(one > 400.0, "{one}");
        let three = phi(&[500, 1_000, 1_500]);
        assert!((10.0..50.0).contains(&three), "{three}");
        // Bins in a row are one.
        let more = |bad: &[u64]| Bursts::of(&batches(bad)).more;
        assert_eq!(more(&[0, 90, 90, 90]), more(&[0, 0, 90]));
        assert!(more(&[0, 90, 0, 90]) < more(&[0, 90]) / 20.0);
    }

    /// Batches of one arm, with a hundred quiet ones behind them.
    fn batches(bad: &[u64]) -> Vec<Batch> {
        let all = bad.iter().copied().chain([0, 1].repeat(200));
        let base = |bad| Counts { total: 1_000, bad };
        let sums = all.map(|bad| Sums {
            base: base(bad),
            ..Sums::default()
        });
        sums.map(Sums::one_arm).collect()
    }

    #[test]
    fn waves_of_both_cancel_and_of_one_do_not() {
        let wave = |at: usize| if (at / 20).is_multiple_of(2) { 20 } else { 0 };
        let shared = Dispersion::before(&bins(2_016, |at| (wave(at), wave(at))));
        assert_eq!(shared.at(16), Some(1.0));
        let one = Dispersion::before(&bins(2_016, |at| (wave(at), 10)));
        assert!(one.at(16).unwrap() > 20.0, "{one:?}");
        // Over spans shorter than the wave it is still seen: it is set against the mean.
        assert!(one.at(2).unwrap() > 5.0, "{one:?}");
    }

    #[test]
    fn little_is_not_known() {
        let it = Dispersion::before(&bins(100, |_| (1, 1)));
        assert!(it.at(8).is_some());
        assert_eq!(it.at(16), None, "six batches");
        assert_eq!(
            Dispersion::before(&bins(2_016, |at| ((at == 5).into(), 0))),
            Dispersion::default()
        );
        assert_eq!(Dispersion::before(&[]).at(1), None);
    }

    #[test]
    fn a_lasting_step_counts_once() {
        let mut since = Neighbours::default();
        let mut random = Random::new(3);
        for at in 0..288 {
            let times = if at < 144 { 1 } else { 5 };
            let canary = (0..times).map(|_| chance(&mut random)).sum();
            let base = chance(&mut random);
            let of = |bad| Counts { total: 1_000, bad };
            since.push(of(canary), of(base));
        }
        let phi = since.dispersion().at(4).unwrap();
        assert!(phi < 2.0, "{phi}");
    }

    #[test]
    fn what_is_seen_since_only_raises() {
        let known = Dispersion([Some(2.0), Some(2.0), None, None, None, None, None, None]);
        let seen = Dispersion([
            Some(1.0),
            Some(5.0),
            Some(9.0),
            None,
            None,
            None,
            None,
            None,
        ]);
        let both = known.raised_by(&seen);
        assert_eq!(
            (both.at(1), both.at(2), both.at(4)),
            (Some(2.0), Some(5.0), None)
        );
    }
}
