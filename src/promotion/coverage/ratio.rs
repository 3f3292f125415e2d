//! Covered of all, and how far that is from another: exact, never rounded.

use serde::{Deserialize, Serialize};

/// Covered and all, of statements and branches together, as coverage.py counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratio {
    /// What ran.
    pub covered: u64,
    /// What there is.
    pub total: u64,
}

impl Ratio {
    /// In percent with one decimal, cut and never rounded: 89.996 is `89.9 %`.
    /// `None` where there is nothing to cover.
    pub fn percent(self) -> Option<String> {
        let tenths = (u128::from(self.covered) * 1000).checked_div(u128::from(self.total))?;
        Some(format!("{}.{} %", tenths / 10, tenths % 10))
    }

    /// How far it is from `base`, in percentage points; `None` where either has
    /// nothing to cover.
    pub fn since(self, base: Self) -> Option<Difference> {
        let whole = i128::from(self.total) * i128::from(base.total);
        let part = i128::from(self.covered) * i128::from(base.total)
            - i128::from(base.covered) * i128::from(self.total);
        (whole > 0).then_some(Difference { part, whole })
    }

    /// True where `covered/total >= minimum/100`, exactly: no rounding before the
    /// comparison, so 89.996 % does not reach 90. Nothing to cover reaches everything.
    ///
    /// `minimum` is in percent and taken to a millionth of a percent.
    pub fn reaches(self, minimum: f64) -> bool {
        let minimum = (minimum.max(0.0) * 1e6).round() as u128;
        self.covered as u128 * 100_000_000 >= minimum * self.total as u128
    }
}

impl std::iter::Sum for Ratio {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            covered: sum.covered + one.covered,
            total: sum.total + one.total,
        })
    }
}

/// An exact difference of two ratios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    part: i128,
    whole: i128,
}

impl Difference {
    /// True where it fell by more than so many percentage points, exactly.
    pub fn drops_more_than(self, points: f64) -> bool {
        let points = (points.max(0.0) * 1e6).round() as i128;
        -self.part * 100_000_000 > points * self.whole
    }

    /// Below, at or above zero.
    pub fn sign(self) -> std::cmp::Ordering {
        self.part.cmp(&0)
    }
}

/// In percentage points with one decimal, cut: `+1.2`, `-0.4`. What is cut away
/// whole still shows its sign: `-0.0`. Nothing at all is `0.0`.
impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenths = self.part.unsigned_abs() * 1000 / self.whole.unsigned_abs().max(1);
        let sign = match self.sign() {
            std::cmp::Ordering::Less => "-",
            std::cmp::Ordering::Equal => "",
            std::cmp::Ordering::Greater => "+",
        };
        f.pad(&format!("{sign}{}.{}", tenths / 10, tenths % 10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_never_reached_by_rounding() {
        let ratio = Ratio {
            covered: 89_996,
            total: 100_000,
        };
        assert!(!ratio.reaches(90.0));
        assert!(
            Ratio {
                covered: 9,
                total: 10
            }
            .reaches(90.0)
        );
        assert!(
            Ratio {
                covered: 0,
                total: 0
            }
            .reaches(90.0)
        );
        assert!(
            !Ratio {
                covered: 44,
                total: 49
            }
            .reaches(89.796)
        ); // 89.7959…
    }

    #[test]
    fn percentages_are_cut() {
        let percent = |covered, total| Ratio { covered, total }.percent();
        assert_eq!(percent(89_996, 100_000).as_deref(), Some("89.9 %"));
        assert_eq!(percent(9, 10).as_deref(), Some("90.0 %"));
        assert_eq!(percent(1999, 2000).as_deref(), Some("99.9 %"));
        assert_eq!(percent(0, 0), None);
    }

    #[test]
    fn a_difference_is_exact_and_keeps_its_sign() {
        let difference = |head: (u64, u64), base: (u64, u64)| {
            let ratio = |(covered, total)| Ratio { covered, total };
            ratio(head).since(ratio(base)).unwrap()
        };
        let fell = difference((89_996, 100_000), (9, 10));
        assert_eq!(fell.to_string(), "-0.0");
        assert!(fell.drops_more_than(0.0) && fell.drops_more_than(0.003_9));
        assert!(!fell.drops_more_than(0.004));
        assert_eq!(difference((9, 10), (90, 100)).to_string(), "0.0");
        assert_eq!(difference((2, 3), (1, 3)).to_string(), "+33.3");
        assert!(!difference((2, 3), (1, 3)).drops_more_than(0.0));
    }
}
