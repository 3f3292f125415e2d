//! What tests need and the environment does not have. Tests that cannot be run
//! for that say nothing of the module: it neither passes nor fails.

use std::collections::BTreeSet;

use crate::gates::checks::Undecided;
use crate::gates::subject::Subject;
use crate::promotion::RepoPath;

/// The first parts of names that tests import and that are not installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacking(BTreeSet<String>);

impl Lacking {
    /// Adds a name that could not be imported, said in `test`, unless the
    /// repository has something of that name: then it is its own mistake.
    pub fn add(
        &mut self,
        name: &str,
        test: &RepoPath,
        subject: &Subject,
        roots: &[RepoPath],
    ) -> bool {
        let first = name.split('.').next().unwrap_or_default();
        if first.is_empty() || is_own(first, test, subject, roots) {
            return false;
        }
        self.0.insert(first.to_owned());
        true
    }

    /// True where nothing was missed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Why there can be no verdict.
    pub fn undecided(&self, what: &str) -> Undecided {
        let names: Vec<&str> = self.0.iter().map(String::as_str).collect();
        let (subject, verb) = match names.as_slice() {
            [one] => (format!("module {one}"), "is"),
            many => (format!("modules {}", many.join(", ")), "are"),
        };
        Undecided {
            why: format!(
                "{what} cannot be determined: {subject} {verb} not installed in the environment"
            ),
            help: format!(
                "install what provides {} there: name the requirements under [tools] requirements, \
                 or the project's own environment under [tools] environment, in countersign.toml",
                names.join(", ")
            ),
        }
    }
}

/// True where the repository has a module or package of that name, where Python
/// looks or beside the test.
fn is_own(first: &str, test: &RepoPath, subject: &Subject, roots: &[RepoPath]) -> bool {
    let beside = test.parent();
    roots.iter().chain(beside.as_ref()).any(|root| {
        let at = subject.on_disk(&root.join(first));
        at.is_dir() || at.with_extension("py").is_file()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_the_repositorys_is_lacking() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(tree.path().join("candidate/m")).unwrap();
        std::fs::create_dir_all(tree.path().join("tests")).unwrap();
        std::fs::write(tree.path().join("tests/helper.py"), "").unwrap();
        let subject = Subject::test("candidate/m", tree.path());
        let mut lacking = Lacking::default();
        let mut add = |name| {
            lacking.add(
                name,
                &"tests/test_a.py".into(),
                &subject,
                &["".into(), "src".into()],
            )
        };
        assert!(!add("candidate.gone") && !add("helper") && !add(""));
        assert!(add("numpy.linalg") && add("torch"));
        let Undecided { why, help } = lacking.undecided("whether the tests pass");
        assert!(
            why.ends_with("modules numpy, torch are not installed in the environment"),
            "{why}"
        );
        assert!(help.contains("numpy, torch"), "{help}");
    }
}
