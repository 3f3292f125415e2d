//! Of the tests that ran, those that test more than the module by itself.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::super::{Measure, Undecided, count};
use super::events::{Outcome, Session};
use super::path_of;
use crate::gates::Trouble;
use crate::promotion::RepoPath;
use crate::promotion::policy::GateOptions;

/// By what integration tests are known.
pub(super) struct Known<'a> {
    options: &'a GateOptions,
    globs: Gitignore,
}

impl<'a> Known<'a> {
    /// As the gate `integration` is told.
    pub fn by(options: &'a GateOptions) -> Result<Self, Trouble> {
        let mut globs = GitignoreBuilder::new("");
        for glob in &options.paths {
            let added = globs.add_line(None, glob).map(drop);
            added.map_err(|error| unreadable(&error))?;
        }
        let globs = globs.build().map_err(|error| unreadable(&error))?;
        Ok(Self { options, globs })
    }

    /// True for a file of such tests.
    pub fn is_file(&self, path: &RepoPath) -> bool {
        let globs = &self.globs;
        !path.is_root()
            && globs
                .matched_path_or_any_parents(path.to_fs(), false)
                .is_ignore()
    }

    fn is_marked(&self, session: &Session, id: &str) -> bool {
        let marks = session.marks.get(id);
        marks.is_some_and(|marks| marks.iter().any(|mark| self.options.markers.contains(mark)))
    }

    /// What of a session belongs to such tests.
    pub fn of(&self, session: &Session) -> Session {
        let in_file = |id: &str| self.is_file(&path_of(id.split("::").next().unwrap_or(id)));
        let is = |id: &str| in_file(id) || self.is_marked(session, id);
        let ids = |all: &[String]| all.iter().filter(|id| in_file(id)).cloned().collect();
        Session {
            items: session
                .items
                .iter()
                .filter(|(id, item)| is(id) || self.is_file(&path_of(&item.file)))
                .map(|(id, item)| (id.clone(), item.clone()))
                .collect(),
            deselected: session
                .deselected
                .iter()
                .filter(|id| is(id))
                .cloned()
                .collect(),
            uncollected: ids(&session.uncollected),
            skipped_files: ids(&session.skipped_files),
            missing: session.missing.clone(),
            marks: session.marks.clone(),
            exit: session.exit,
        }
    }

    /// What can be said where no such test ran. `theirs` is what of the run of `all`
    /// belongs to such tests, `files` the test files.
    pub fn none_ran(
        &self,
        theirs: &Session,
        all: &Session,
        files: &[RepoPath],
    ) -> Result<Measure, Trouble> {
        if !theirs.deselected.is_empty()
            || !theirs.items.is_empty()
            || !theirs.skipped_files.is_empty()
        {
            return Err(Trouble::new(
                "no integration test ran: all were skipped, or none was selected",
                "see the raw output; tests that need what is not here cannot speak for the module",
            ));
        }
        if let Some(file) = files.iter().find(|file| self.is_file(file)) {
            return Err(Trouble::new(
                format!("no integration test ran: none was collected from {file}"),
                "see the raw output; correct what keeps pytest from it, or remove the file",
            ));
        }
        if let Some(file) = all.uncollected.first() {
            return Ok(Measure {
                undecided: Some(Undecided {
                    why: format!(
                        "whether there are integration tests cannot be determined: {file} cannot \
                         be collected"
                    ),
                    help: "see the gate `tests`".into(),
                }),
                ..Measure::default()
            });
        }
        let list = |all: &[String]| match all {
            [] => "none".to_owned(),
            all => all.join(", "),
        };
        Ok(Measure {
            inapplicable: Some(format!(
                "no integration tests: of {} none matches {}, and no test is marked {}",
                count(files.len(), "test file"),
                list(&self.options.paths),
                list(&self.options.markers),
            )),
            ..Measure::default()
        })
    }
}

fn unreadable(error: &ignore::Error) -> Trouble {
    Trouble::new(
        format!("a glob of the gate integration cannot be read: {error}"),
        "correct `paths` under [gates.integration] in countersign.toml",
    )
}

/// True where a test of the session ran, or something failed.
pub(super) fn spoke(session: &Session) -> bool {
    let ran = |result| !matches!(result, Outcome::Skipped);
    !session.uncollected.is_empty() || session.items.values().any(|item| ran(item.result))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::checks::suite::events::{
        self,
        recorded::{self, signed},
    };

    fn session(lines: &[&str]) -> Session {
        let ran = |id: &str| {
            let file = id.split("::").next().unwrap_or(id);
            let item = format!(r#"{{"t":"item","id":"{id}","file":"{file}","line":1}}"#);
            let phases = ["setup", "call", "teardown"].map(|when| {
                format!(r#"{{"t":"report","id":"{id}","when":"{when}","outcome":"passed","xfail":null,"exc":null}}"#)
            });
            format!("{item}\n{}\n", phases.join("\n"))
        };
        let mut text = String::from("{\"t\":\"start\",\"v\":1}\n");
        for line in lines {
            text.push_str(&match line.starts_with('{') {
                true => format!("{line}\n"),
                false => ran(line),
            });
        }
        text.push_str("{\"t\":\"finish\",\"exit\":0}\n{\"t\":\"end\"}\n");
        let lines: Vec<&str> = text.lines().collect();
        let all = [&lines[..1], &recorded::PLANTED, &lines[1..]].concat();
        events::read(signed(&all, "key").concat().as_bytes(), "key").unwrap()
    }

    const UNIT: &str = "tests/test_m.py::test_a";
    const BY_PLACE: &str = "tests/integration/test_m.py::test_b";
    const BY_MARK: &str = "tests/test_m.py::test_c";
    const MARK: &str = r#"{"t":"marks","id":"tests/test_m.py::test_c","names":["slow","e2e"]}"#;

    #[test]
    fn they_are_known_by_place_and_by_mark() {
        let options = GateOptions::default();
        let known = Known::by(&options).unwrap();
        let theirs = known.of(&session(&[UNIT, BY_PLACE, BY_MARK, MARK]));
        let ids: Vec<_> = theirs.items.keys().map(String::as_str).collect();
        assert_eq!(ids, [BY_PLACE, BY_MARK]);
        assert!(spoke(&theirs));
        for (path, is) in [
            ("tests/e2e/test_a.py", true),
            ("candidate/m/tests/integration/x/test_a.py", true),
            ("tests/integration_test.py", false),
            ("candidate/integration/tests/test_a.py", false),
        ] {
            assert_eq!(known.is_file(&path.into()), is, "{path}");
        }
    }

    #[test]
    fn where_none_ran_it_is_said_why() {
        let options = GateOptions::default();
        let known = Known::by(&options).unwrap();
        let of_file = |file: &str, lines: &[&str]| {
            let all = session(lines);
            let theirs = known.of(&all);
            assert!(!spoke(&theirs));
            known.none_ran(&theirs, &all, &[file.into()])
        };
        let of = |lines: &[&str]| of_file("tests/test_m.py", lines);
        let why = of(&[UNIT]).unwrap().inapplicable.unwrap();
        assert!(
            why.contains("of 1 test file none matches **/tests/integration/**"),
            "{why}"
        );
        let broken = r#"{"t":"collect","id":"tests/test_x.py","outcome":"failed"}"#;
        let undecided = of(&[UNIT, broken]).unwrap().undecided.unwrap();
        assert!(
            undecided.why.contains("tests/test_x.py"),
            "{}",
            undecided.why
        );
        let deselected = format!(r#"{{"t":"deselected","id":"{BY_PLACE}"}}"#);
        assert!(of(&[UNIT, &deselected]).is_err());
        let skipped = r#"{"t":"collect","id":"tests/e2e/test_x.py","outcome":"skipped"}"#;
        assert!(of(&[UNIT, skipped]).is_err());
        // A file of theirs from which nothing was collected at all.
        let ignored = of_file("tests/e2e/test_y.py", &[UNIT]).unwrap_err();
        assert!(ignored.to_string().contains("tests/e2e/test_y.py"));
    }
}
