use super::*;
use crate::promotion::lane::default_lanes;

struct Tree(tempfile::TempDir, Vec<RepoPath>);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let at = dir.path().join(path);
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::fs::write(at, text).unwrap();
        }
        let paths = files.iter().map(|(path, _)| RepoPath::from(*path));
        let python = paths.filter(RepoPath::is_python);
        Self(dir, python.collect())
    }

    fn subject(&self) -> Subject {
        Subject {
            files: self.1.clone(),
            lanes: default_lanes().into(),
            ..Subject::test("candidate/m", self.0.path())
        }
    }

    fn look(&self) -> (Measure, Readme) {
        let (subject, options) = (self.subject(), GateOptions::default());
        syntax::with_stack(|| look(&subject, About::of(&subject, &options))).unwrap()
    }

    fn against(&self, base: Option<&Tree>) -> Measure {
        let mut head = self.look().0;
        let base = base.map(|base| base.look().0);
        Documentation.compare(&self.subject(), &mut head, base.as_ref());
        head
    }
}

fn found(measure: &Measure) -> Vec<(&str, String, u32)> {
    let findings = measure.findings.iter();
    findings
        .map(|f| (f.rule.as_str(), f.path.to_string(), f.line))
        .collect()
}

const INIT: &str = "candidate/m/__init__.py";

#[test]
fn what_is_public_and_not_explained_is_found() {
    let (measure, _) = Tree::new(&[
        (INIT, ""),
        (
            "candidate/m/a.py",
            "def f():\n    ...\n\n\ndef g():\n    'Yes.'\n",
        ),
        ("candidate/m/_b.py", "def f(): ...\n"),
        ("candidate/m/sub/__init__.py", ""),
        ("candidate/m/test_a.py", "def test(): ...\n"),
    ])
    .look();
    let init = INIT.to_owned();
    let a = "candidate/m/a.py".to_owned();
    assert_eq!(
        found(&measure),
        [
            ("file-docstring", init, 0),
            ("file-docstring", a.clone(), 0),
            ("docstring", a, 1),
        ]
    );
    assert_eq!(measure.fails, None, "the merge-base decides");
    assert_eq!(
        measure.work,
        [("files".to_owned(), 4), ("definitions".to_owned(), 2)]
    );
}

#[test]
fn what_does_not_parse_fails_whatever_was_there_before() {
    let (measure, _) = Tree::new(&[(INIT, "'''Yes.'''\n"), ("candidate/m/a.py", "def (\n")]).look();
    assert_eq!(
        measure.fails.as_deref(),
        Some("1 file does not parse: candidate/m/a.py")
    );
    let (tests, _) = Tree::new(&[("candidate/m/tests/test_a.py", "")]).look();
    assert!(tests.inapplicable.is_some());
}

#[test]
fn an_entry_of_the_changelog_is_new_where_the_module_is_not_the_same() {
    let with =
        |init: &str, changelog: &str| Tree::new(&[(INIT, init), ("CHANGELOG.md", changelog)]);
    let (old, new) = ("'''Yes.'''\n", "'''Yes, still.'''\n");
    let entry = "- `candidate.m`: sums\n";
    let more = "- `candidate.m`: sums\n- m: more sums\n";
    let base = with(old, entry);
    let why = |tree: &Tree, base: Option<&Tree>| tree.against(base).fails.unwrap_or_default();
    assert_eq!(why(&with(old, entry), Some(&base)), "");
    assert_eq!(why(&with(new, more), Some(&base)), "");
    assert_eq!(why(&with(new, entry), None), "", "nothing to compare with");
    assert!(why(&with(new, entry), Some(&base)).contains("no entry that names it was added"));
    assert!(why(&with(new, "- other\n"), None).contains("no entry of CHANGELOG.md names"));
    let none = Tree::new(&[(INIT, new)]);
    assert!(why(&none, None).contains("there is no changelog"));
    let note = with(new, more).against(Some(&base));
    assert_eq!(note.findings[0].message, "the changelog says: m: more sums");
}

#[test]
fn examples_that_are_not_run_are_told_and_are_none() {
    let subject = Tree::new(&[(INIT, "")]).subject();
    let judged = |text: &str| {
        let mut measure = Measure::default();
        let examples = Examples::of(&Document::parse(text));
        add_not_run(&mut measure, &examples, &"R".into(), &subject);
        measure
    };
    let none = judged("# m\n\n```sh\nls\n```\n");
    assert!(none.fails.unwrap().contains("R has no example"));
    let marked = judged("```python no-run\nx\n```\n");
    assert!(
        marked
            .fails
            .unwrap()
            .contains("every example is marked no-run")
    );
    let one = judged("```python no-run\nx\n```\n\n```python\ny\n```\n");
    assert_eq!((one.fails, one.findings.len()), (None, 1));
}

#[test]
fn every_end_of_an_example_counts() {
    let subject = Tree::new(&[(INIT, "")]).subject();
    let judged = |ended: &[Ended]| {
        let mut measure = Measure::default();
        add_ended(&mut measure, ended, &"R".into(), &subject);
        measure
    };
    let well = judged(&[Ended::Well(1), Ended::Well(0)]);
    assert_eq!(
        (well.fails, well.work),
        (None, vec![("blocks".to_owned(), 1)])
    );
    // A session of which nothing is run shows nothing.
    assert!(judged(&[Ended::Well(0)]).fails.is_some());
    let badly = Ended::Badly {
        line: 7,
        what: "the example raises KeyError".into(),
        words: "'a'".into(),
    };
    let badly = judged(&[Ended::Well(1), badly, Ended::NotRun]);
    assert_eq!(
        badly.fails.as_deref(),
        Some("R:7: the example raises KeyError")
    );
    assert_eq!(badly.findings[0].text(), "the example raises KeyError: 'a'");
    assert!(badly.findings[1].message.starts_with("1 example after"));
}
