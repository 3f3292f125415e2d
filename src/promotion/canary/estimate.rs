//! Canary, base and their difference, to be shown. Decides nothing: it holds for one
//! look, not for all of them.

use serde::{Deserialize, Serialize};

use super::Counts;

/// The normal quantile of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// Both ratios, and their difference with its interval of 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The canary's ratio.
    pub canary: f64,
    /// The base's.
    pub base: f64,
    /// Canary less base.
    pub difference: f64,
    /// The interval's ends.
    pub interval: [f64; 2],
}

/// Newcombe's interval for a difference of two ratios, from Wilson's for each
/// ("Interval estimation for the difference between independent proportions", method
/// 10, *Statistics in Medicine* 17, 1998); with counts divided by the dispersion.
pub fn difference(canary: Counts, base: Counts, dispersion: f64) -> Option<Difference> {
    let (p, q) = (canary.ratio()?, base.ratio()?);
    let [low_p, high_p] = wilson(p, canary.total as f64 / dispersion);
    let [low_q, high_q] = wilson(q, base.total as f64 / dispersion);
    let down = ((p - low_p).powi(2) + (high_q - q).powi(2)).sqrt();
    let up = ((high_p - p).powi(2) + (q - low_q).powi(2)).sqrt();
    Some(Difference {
        canary: p,
        base: q,
        difference: p - q,
        interval: [p - q - down, p - q + up],
    })
}

/// Wilson's interval (*J. Amer. Statist. Assoc.* 22, 1927).
fn wilson(p: f64, n: f64) -> [f64; 2] {
    let square = Z * Z;
    let middle = (p + square / (2.0 * n)) / (1.0 + square / n);
    let half = Z / (1.0 + square / n) * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    [middle - half, middle + half]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_newcombes_own_example() {
        // 56/70 against 48/80, method 10: 0.0524 to 0.3339.
        let it = difference(
            Counts { total: 70, bad: 56 },
            Counts { total: 80, bad: 48 },
            1.0,
        )
        .unwrap();
        assert!((it.difference - 0.2).abs() < 1e-12);
        assert!((it.interval[0] - 0.0524).abs() < 5e-5, "{it:?}");
        assert!((it.interval[1] - 0.3339).abs() < 5e-5, "{it:?}");
    }

    #[test]
    fn bursts_make_it_wider_and_nothing_makes_none() {
        let counts = Counts {
            total: 1_000,
            bad: 10,
        };
        let width = |phi: f64| {
            let [low, high] = difference(counts, counts, phi).unwrap().interval;
            high - low
        };
        assert!(width(4.0) > 1.8 * width(1.0));
        assert_eq!(difference(counts, Counts::default(), 1.0), None);
    }
}
