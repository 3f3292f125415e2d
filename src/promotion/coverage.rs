//! Coverage, in integers: percentages are computed here and never read from a tool.

use serde::{Deserialize, Serialize};

use super::RepoPath;

/// Coverage of one function or method of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCoverage {
    /// `f`, `Class.method`; empty: what stands outside of functions.
    pub name: String,
    /// The line it begins on, from 1; 0 where it is not known.
    pub line: u32,
    /// Executable statements.
    pub statements: u32,
    /// Statements that ran.
    pub covered: u32,
    /// Branches there are.
    pub branches: u32,
    /// Branches that were taken.
    pub covered_branches: u32,
}

/// Coverage of one file of the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCoverage {
    /// The file. Of the merge-base: as it is called now, if it is still there.
    pub path: RepoPath,
    /// Of the merge-base: what it was called there, if otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<RepoPath>,
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
    /// Function by function, in the order of their lines; those without a
    /// statement are left out.
    #[serde(default)]
    pub functions: Vec<FunctionCoverage>,
}

/// Lines of one file that the merge-base did not have, or had otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// The file.
    pub path: RepoPath,
    /// How many lines were added or changed, blank ones and comments included.
    pub lines: u32,
    /// The statements they belong to.
    pub statements: u32,
    /// Those that ran.
    pub covered: u32,
    /// The lines of those that did not, ascending, from 1.
    pub missing: Vec<u32>,
}

/// The changed lines of a module, and how many of them ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Changed {
    /// File by file, sorted by path; files without a changed line are left out.
    Known {
        /// The files.
        files: Vec<ChangedFile>,
    },
    /// It cannot be said which lines changed.
    Unknown {
        /// Why.
        why: String,
    },
}

/// The same module at the merge-base, measured by the tests it had there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum AtBase {
    /// It was measured, or nothing that it depends on has changed since.
    Known {
        /// File by file, sorted by path.
        files: Vec<FileCoverage>,
        /// What a reader has to know of it: tests that failed there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The module was not there.
    Absent,
    /// It could not be measured.
    Unknown {
        /// Why.
        why: String,
    },
}

/// How much of a test file reaches the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// The test file.
    pub path: RepoPath,
    /// Its tests that ran.
    pub tests: u32,
    /// Those that ran a line of the module.
    pub reached: u32,
}

/// Coverage of a module: every Python file of it, those never imported included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// File by file, sorted by path.
    pub files: Vec<FileCoverage>,
    /// The lines that changed since the merge-base.
    #[serde(default)]
    pub changed: Changed,
    /// The module at the merge-base.
    #[serde(default)]
    pub base: AtBase,
    /// The module's test files, sorted by path.
    #[serde(default)]
    pub tests: Vec<Reach>,
}

impl Default for Changed {
    fn default() -> Self {
        let why = "it was not looked for".into();
        Self::Unknown { why }
    }
}

impl Default for AtBase {
    fn default() -> Self {
        let why = "it was not measured".into();
        Self::Unknown { why }
    }
}

/// Covered and all, of statements and branches together, as coverage.py counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratio {
    /// What ran.
    pub covered: u64,
    /// What there is.
    pub total: u64,
}

/// Covered and all of what has these four numbers.
fn ratio(statements: u32, covered: u32, branches: u32, covered_branches: u32) -> Ratio {
    Ratio {
        covered: u64::from(covered) + u64::from(covered_branches),
        total: u64::from(statements) + u64::from(branches),
    }
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

impl FunctionCoverage {
    /// Statements and branches together.
    pub fn ratio(&self) -> Ratio {
        ratio(
            self.statements,
            self.covered,
            self.branches,
            self.covered_branches,
        )
    }
}

impl FileCoverage {
    /// Statements and branches together.
    pub fn ratio(&self) -> Ratio {
        ratio(
            self.statements,
            self.covered,
            self.branches,
            self.covered_branches,
        )
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

impl Changed {
    /// Of all changed lines together; `None` where they are not known.
    pub fn ratio(&self) -> Option<Ratio> {
        let Self::Known { files } = self else {
            return None;
        };
        let ratio = |file: &ChangedFile| Ratio {
            covered: file.covered.into(),
            total: file.statements.into(),
        };
        Some(files.iter().map(ratio).sum())
    }

    /// The changed lines of a file.
    pub fn file(&self, path: &RepoPath) -> Option<&ChangedFile> {
        match self {
            Self::Known { files } => files.iter().find(|file| file.path == *path),
            Self::Unknown { .. } => None,
        }
    }
}

impl AtBase {
    /// Of the whole module; `None` where it was not there or is not known.
    pub fn ratio(&self) -> Option<Ratio> {
        match self {
            Self::Known { files, .. } => Some(files.iter().map(FileCoverage::ratio).sum()),
            Self::Absent | Self::Unknown { .. } => None,
        }
    }

    fn files(&self) -> &[FileCoverage] {
        match self {
            Self::Known { files, .. } => files,
            Self::Absent | Self::Unknown { .. } => &[],
        }
    }
}

/// One file, or one function of it, at the merge-base and now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<T> {
    /// At the merge-base, if it was there.
    pub base: Option<T>,
    /// Now, if it is still there.
    pub head: Option<T>,
}

impl Pair<Ratio> {
    /// How far it went, where both are known.
    pub fn difference(self) -> Option<Difference> {
        self.head?.since(self.base?)
    }
}

impl<'a> Pair<&'a FileCoverage> {
    /// Its path: as it is called now, or was.
    pub fn path(self) -> Option<&'a RepoPath> {
        self.head.or(self.base).map(|file| &file.path)
    }

    /// As numbers.
    pub fn ratios(self) -> Pair<Ratio> {
        Pair {
            base: self.base.map(FileCoverage::ratio),
            head: self.head.map(FileCoverage::ratio),
        }
    }

    /// Its functions, in the order of their lines now, then those that are gone.
    /// One that is there several times is compared in its order.
    pub fn functions(self) -> Vec<(&'a FunctionCoverage, Pair<Ratio>)> {
        let of = |file: Option<&'a FileCoverage>| file.map_or(&[][..], |file| &file.functions);
        let mut before: Vec<Option<&FunctionCoverage>> = of(self.base).iter().map(Some).collect();
        let mut pairs = Vec::new();
        for function in of(self.head) {
            let twin = before
                .iter_mut()
                .find(|other| other.is_some_and(|other| other.name == function.name))
                .and_then(Option::take);
            let pair = Pair {
                base: twin.map(FunctionCoverage::ratio),
                head: Some(function.ratio()),
            };
            pairs.push((function, pair));
        }
        pairs.extend(before.into_iter().flatten().map(|function| {
            let pair = Pair {
                base: Some(function.ratio()),
                head: None,
            };
            (function, pair)
        }));
        pairs
    }
}

impl Coverage {
    /// Of the whole module.
    pub fn ratio(&self) -> Ratio {
        self.files.iter().map(FileCoverage::ratio).sum()
    }

    /// Of the whole module, at the merge-base and now.
    pub fn pair(&self) -> Pair<Ratio> {
        Pair {
            base: self.base.ratio(),
            head: Some(self.ratio()),
        }
    }

    /// Its files at the merge-base and now, sorted by path.
    pub fn pairs(&self) -> Vec<Pair<&FileCoverage>> {
        let before = self.base.files();
        let mut pairs: Vec<_> = self
            .files
            .iter()
            .map(|file| Pair {
                base: before.iter().find(|other| other.path == file.path),
                head: Some(file),
            })
            .collect();
        let gone = before
            .iter()
            .filter(|other| self.files.iter().all(|file| file.path != other.path));
        pairs.extend(gone.map(|file| Pair {
            base: Some(file),
            head: None,
        }));
        pairs.sort_by(|a, b| a.path().cmp(&b.path()));
        pairs
    }
}

/// Ascending line numbers as ranges: `3–7, 12`.
pub fn ranges(lines: &[u32], dash: &str) -> String {
    let mut out: Vec<(u32, u32)> = Vec::new();
    for line in lines {
        match out.last_mut() {
            Some((_, end)) if *end + 1 == *line => *end = *line,
            _ => out.push((*line, *line)),
        }
    }
    let words = out.iter().map(|(from, to)| match from == to {
        true => from.to_string(),
        false => format!("{from}{dash}{to}"),
    });
    words.collect::<Vec<_>>().join(", ")
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

    #[test]
    fn files_and_functions_find_their_twins() {
        let function = |name: &str, line, covered| FunctionCoverage {
            name: name.into(),
            line,
            statements: 2,
            covered,
            ..FunctionCoverage::default()
        };
        let file = |path: &str, functions: Vec<FunctionCoverage>| FileCoverage {
            path: path.into(),
            statements: 4,
            covered: functions.iter().map(|f| f.covered).sum(),
            functions,
            ..FileCoverage::default()
        };
        let coverage = Coverage {
            files: vec![
                file("m/a.py", vec![function("f", 1, 2), function("f", 9, 0)]),
                file("m/c.py", vec![]),
            ],
            base: AtBase::Known {
                files: vec![
                    file("m/a.py", vec![function("f", 1, 1), function("g", 5, 1)]),
                    file("m/b.py", vec![]),
                ],
                note: None,
            },
            ..Coverage::default()
        };
        let pairs = coverage.pairs();
        let names: Vec<_> = pairs
            .iter()
            .map(|p| p.path().unwrap().to_string())
            .collect();
        assert_eq!(names, ["m/a.py", "m/b.py", "m/c.py"]);
        assert!(pairs[1].head.is_none() && pairs[2].base.is_none());
        let functions: Vec<String> = pairs[0]
            .functions()
            .iter()
            .map(|(f, pair)| {
                format!(
                    "{} {} {:?}",
                    f.name,
                    f.line,
                    pair.difference().map(|d| d.to_string())
                )
            })
            .collect();
        assert_eq!(functions, ["f 1 Some(\"+50.0\")", "f 9 None", "g 5 None"]);
    }

    #[test]
    fn neighbours_become_ranges() {
        assert_eq!(ranges(&[3, 4, 5, 9, 11, 12], "-"), "3-5, 9, 11-12");
        assert_eq!(ranges(&[], "-"), "");
    }
}
