use super::*;
use crate::promotion::lane::default_lanes;
use crate::promotion::{Novelty, Severity};

struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let at = dir.path().join(path);
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::fs::write(at, text).unwrap();
        }
        Self(dir)
    }

    fn subject(&self) -> Subject {
        let mut subject = Subject {
            target: Some("core/m".into()),
            lanes: default_lanes().into(),
            ..Subject::test("candidate/m", self.0.path())
        };
        subject.files = python_files(&subject).unwrap();
        subject
    }

    fn measure(&self) -> Measure {
        let subject = self.subject();
        syntax::with_stack(|| measure(&subject, &GateOptions::default()))
            .unwrap()
            .unwrap()
    }

    /// What the gate says of it, against what was there before.
    fn against(&self, base: Option<&Tree>) -> Measure {
        let mut head = self.measure();
        let base = base.map(Tree::measure);
        ApiGate.compare(&self.subject(), &mut head, base.as_ref());
        head
    }
}

fn said(measure: &Measure) -> Vec<String> {
    let sign = |severity| match severity {
        Severity::Error => "!",
        Severity::Note => "",
    };
    measure
        .findings
        .iter()
        .map(|f| format!("{}{}: {}", sign(f.severity), f.rule, f.message))
        .collect()
}

const INIT: &str = "candidate/m/__init__.py";
const OLD: &str = "def f(a): ...\n";
const NEW: &str = "def f(a, b): ...\n";

#[test]
fn a_new_module_lists_what_it_offers() {
    let measure = Tree::new(&[(INIT, OLD)]).against(None);
    assert_eq!(
        said(&measure),
        ["compared: there is no version before this one to compare it with"]
    );
    let names: Vec<_> = measure
        .api
        .iter()
        .map(|it| (it.name.as_str(), it.line))
        .collect();
    assert_eq!(names, [("f(a)", 1)]);
    assert_eq!(measure.fails, None);
    assert_eq!(
        measure.work,
        [("files".to_owned(), 1), ("names".to_owned(), 1)]
    );
    let new = Tree::new(&[(INIT, OLD)]).against(Some(&Tree::new(&[])));
    assert!(new.fails.is_none() && new.findings[0].novelty == Novelty::New);
}

#[test]
fn what_stands_at_the_target_is_the_version_before() {
    let measure = Tree::new(&[(INIT, NEW), ("core/m/__init__.py", OLD)]).against(None);
    assert_eq!(
        said(&measure),
        [
            "compared: it is compared with core/m, which it would replace",
            "!breaking: f: new required parameter b"
        ]
    );
    let inside = "core/m/a/b.py";
    let measure = Tree::new(&[(INIT, OLD), (inside, OLD), ("core/m/a/b.md", "")]).against(None);
    assert_eq!(said(&measure)[1], "!breaking: a.b: the module was removed");
    let at_base = Tree::new(&[(INIT, NEW)]);
    let measure = Tree::new(&[(INIT, NEW), ("core/m/__init__.py", OLD)]).against(Some(&at_base));
    assert_eq!(measure.fails, None, "the merge-base comes first");
}

#[test]
fn what_breaks_must_be_declared() {
    let old = Tree::new(&[
        (INIT, OLD),
        ("CHANGELOG.md", "- Breaking: `m.f` long ago\n"),
    ]);
    let with = |changelog: &str| {
        Tree::new(&[(INIT, NEW), ("CHANGELOG.md", changelog)]).against(Some(&old))
    };
    for declared in [
        "- `candidate.m`, breaking: `f` takes `b`\n",
        "- m: breaking, `f` takes `b`\n",
        "## Breaking\n\n- `m.f` takes `b`\n",
        "- core/m: BREAKING, f takes b.\n",
    ] {
        let measure = with(declared);
        assert_eq!(measure.fails, None, "{declared}");
        assert!(said(&measure)[0].contains("(declared in CHANGELOG.md:"));
    }
    for open in [
        "",
        "- Breaking: `m.f` long ago\n",
        "- m: `f` takes `b`\n",
        "- m: a change that is not breaking, `f` takes `b`\n",
        "- m: breaking, something\n",
        "<!--\n- m: breaking, `f` takes `b`\n-->\n",
        "- m: breaking, `m.g` and `ff`\n",
        "- breaking: other.f\n",
        "- other: breaking, `f`\n",
    ] {
        let measure = with(open);
        let why = measure.fails.clone().unwrap_or_default();
        assert!(why.contains("what changed in f breaks"), "{open}: {why}");
        assert_eq!(said(&measure)[0], "!breaking: f: new required parameter b");
    }
}

#[test]
fn what_cannot_be_read_is_never_left_out_in_silence() {
    let broken = Tree::new(&[(INIT, OLD), ("candidate/m/a.py", "def (\n")]);
    let measure = broken.against(None);
    assert!(measure.fails.unwrap().contains("candidate/m/a.py"));
    // What could not be imported before breaks nobody.
    let mended = Tree::new(&[(INIT, OLD), ("candidate/m/a.py", "x = 1\n")]);
    assert_eq!(mended.against(Some(&broken)).fails, None);
}

#[test]
fn what_is_listed_has_an_end() {
    let many: String = (0..250).map(|n| format!("def f{n}(): ...\n")).collect();
    let measure = Tree::new(&[(INIT, &many)]).against(None);
    assert_eq!(measure.api.len(), MOST_LISTED);
    assert_eq!(measure.work[1], ("names".to_owned(), 250));
    // All that counts is told.
    let measure = Tree::new(&[(INIT, "")]).against(Some(&Tree::new(&[(INIT, &many)])));
    let breaking = measure.findings.iter().filter(|f| f.rule == "breaking");
    assert_eq!(breaking.count(), 250);
    assert!(measure.fails.unwrap().contains("f0, f1, f10 and 247 more"));
}

#[test]
fn only_tests_are_no_api() {
    let measure = Tree::new(&[("candidate/m/tests/test_a.py", "")]).against(None);
    assert_eq!(measure.inapplicable.as_deref(), Some("it holds only tests"));
}
