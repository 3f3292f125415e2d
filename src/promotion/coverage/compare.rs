//! Coverage at the merge-base and now, file by file and function by function.

use std::collections::BTreeMap;

use super::{Coverage, Difference, FileCoverage, FunctionCoverage, Ratio};
use crate::promotion::RepoPath;

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
        let mut pairs: BTreeMap<&RepoPath, Pair<&FileCoverage>> = BTreeMap::new();
        for file in self.base.files() {
            let (base, head) = (Some(file), None);
            pairs.insert(&file.path, Pair { base, head });
        }
        for file in &self.files {
            let base = pairs.get(&file.path).and_then(|pair| pair.base);
            let head = Some(file);
            pairs.insert(&file.path, Pair { base, head });
        }
        pairs.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::AtBase;
    use super::*;

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
}
