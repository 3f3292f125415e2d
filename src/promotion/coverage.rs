//! Coverage, in integers: percentages are computed here and never read from a tool.

use serde::{Deserialize, Serialize};

use super::RepoPath;

/// Coverage of one file of the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCoverage {
    /// The file.
    pub path: RepoPath,
    /// Executable statements.
    pub statements: u32,
    /// Statements that ran.
    pub covered: u32,
    /// Branches there are.
    pub branches: u32,
    /// Branches that were taken.
    pub covered_branches: u32,
    /// Lines that hold statements which never ran, ascending, from 1.
    pub missing: Vec<u32>,
    /// Lines with a branch never taken, ascending, from 1.
    pub partial: Vec<u32>,
}

/// Coverage of a module: every Python file of it, those never imported included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// File by file, sorted by path.
    pub files: Vec<FileCoverage>,
}

/// Covered and all, of statements and branches together, as coverage.py counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratio {
    /// What ran.
    pub covered: u64,
    /// What there is.
    pub total: u64,
}

impl Ratio {
    /// In percent; `None` where there is nothing to cover.
    pub fn percent(self) -> Option<f64> {
        (self.total > 0).then(|| 100.0 * self.covered as f64 / self.total as f64)
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

impl FileCoverage {
    /// Statements and branches together.
    pub fn ratio(&self) -> Ratio {
        Ratio {
            covered: u64::from(self.covered) + u64::from(self.covered_branches),
            total: u64::from(self.statements) + u64::from(self.branches),
        }
    }
}

impl Coverage {
    /// Of the whole module.
    pub fn ratio(&self) -> Ratio {
        self.files.iter().fold(Ratio::default(), |sum, file| Ratio {
            covered: sum.covered + file.ratio().covered,
            total: sum.total + file.ratio().total,
        })
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
}
