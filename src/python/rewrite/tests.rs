use super::*;
use crate::promotion::ObjectId;
use crate::python::{Blob, BlobSource, Options, SourceFile};
use proptest::prelude::*;

struct Contents(Vec<(&'static str, String)>);

impl BlobSource for Contents {
    fn read_each(
        &self,
        next: &mut dyn FnMut() -> Option<ObjectId>,
        each: &mut dyn FnMut(ObjectId, Blob<'_>),
    ) {
        while let Some(id) = next() {
            let at = usize::from(id.as_bytes()[0]);
            each(id, Blob::Content(self.0[at].1.as_bytes()));
        }
    }
}

/// A lane with a module `q`, and one file that is looked at.
fn tree(path: &'static str, source: &str, init: &str) -> (Index, Contents) {
    let mut files = vec![
        ("candidate/__init__.py", init.to_owned()),
        ("candidate/q/__init__.py", String::new()),
        ("candidate/q/a.py", String::new()),
        ("candidate/q/deep/b.py", String::new()),
        ("candidate/other.py", String::new()),
        ("candidate/qq.py", String::new()),
        ("core/__init__.py", String::new()),
        ("core/kept.py", String::new()),
        ("app/star.py", "core = 1\n".into()),
    ];
    files.retain(|(known, _)| *known != path);
    files.push((path, source.to_owned()));
    let listed = (0..).zip(&files).map(|(n, (path, _))| SourceFile {
        path: (*path).into(),
        blob: ObjectId::from_bytes([n; 20]),
    });
    let listed: Vec<SourceFile> = listed.collect();
    let options = Options {
        roots: vec!["".into()],
        lanes: vec!["candidate".into()],
        tests: Vec::new(),
    };
    let contents = Contents(files);
    (Index::build(listed, options, &contents, None), contents)
}

fn rewritten(path: &'static str, source: &str, to: &str, init: &str) -> (String, Rewriting) {
    moved(("candidate/q", to), path, source, init)
}

fn moved(
    (from, to): (&str, &str),
    path: &'static str,
    source: &str,
    init: &str,
) -> (String, Rewriting) {
    let (index, contents) = tree(path, source, init);
    let relocation = Relocation::new(from.into(), to.into());
    let read = |wanted: &RepoPath| {
        let mut files = contents.0.iter();
        let found = files.find(|(path, _)| RepoPath::from(*path) == *wanted);
        found.map(|(_, source)| source.as_bytes().to_vec())
    };
    let path = path.into();
    let rewriter = Rewriter::new(&index, &relocation, &read);
    let found = rewriter.python(&path, source.as_bytes());
    // What is told apart without its syntax is told the same by it.
    if let Ok(text) = source::text(source.as_bytes()) {
        assert_eq!(found, rewriter.parsed(&path, source.as_bytes(), text));
    }
    let text = apply(source.as_bytes(), &found.edits);
    (String::from_utf8_lossy(&text).into_owned(), found)
}

#[track_caller]
fn becomes(source: &str, expected: &str) {
    let (text, found) = rewritten("app/x.py", source, "core/q", "");
    assert_eq!(text, expected, "{found:?}");
    assert_eq!(found.left().count(), 0, "{found:?}");
}

#[track_caller]
fn is_left(source: &str, why: &str) {
    let (text, found) = rewritten("app/x.py", source, "core/q", "");
    assert_eq!(text, source);
    assert!(found.left().any(|it| it.why.contains(why)), "{found:?}");
}

#[test]
fn plain_imports_and_their_uses() {
    becomes("import candidate.q\n", "import core.q\n");
    becomes(
        "import candidate.q.a as m; m\n",
        "import core.q.a as m; m\n",
    );
    becomes(
        "import candidate.q.a\nx = candidate.q.a.f(candidate.q)\n",
        "import core.q.a\nx = core.q.a.f(core.q)\n",
    );
    becomes(
        "import candidate.q.a\ncandidate.other.g()\n",
        "import candidate, core.q.a\ncandidate.other.g()\n",
    );
    becomes(
        "import candidate.q, candidate.other\ncandidate.other.g(), candidate.q\n",
        "import core.q, candidate.other\ncandidate.other.g(), core.q\n",
    );
    becomes(
        "import candidate.q\ndef f(candidate): return candidate.q\n",
        "import core.q\ndef f(candidate): return candidate.q\n",
    );
    becomes(
        "import candidate.qq, candidate\n",
        "import candidate.qq, candidate\n",
    );
}

#[test]
fn lists_are_split_where_only_some_of_it_moves() {
    becomes(
        "from candidate import other, q\n",
        "from candidate import other\nfrom core import q\n",
    );
    becomes(
        "if 1:\n    from candidate import (\n        q,  # why\n        other,\n    )  # noqa\n",
        "if 1:\n    from candidate import (\n          # why\n        other,\n    )  # noqa\n    from core import q  # noqa\n",
    );
    becomes(
        "from candidate import q as z, other; x = 1\n",
        "from candidate import other; from core import q as z; x = 1\n",
    );
    becomes("from candidate import q\r\n", "from core import q\r\n");
    becomes(
        "from candidate import (q, q as z)\n",
        "from core import (q, q as z)\n",
    );
    becomes("from candidate.q import *\n", "from core.q import *\n");
}

#[test]
fn strings_that_are_imported() {
    becomes(
        "import_module('candidate.q.a')\n",
        "import_module('core.q.a')\n",
    );
    becomes("patch(f\"candidate.q.{x}\")\n", "patch(f\"core.q.{x}\")\n");
    becomes(
        "import_module('.a', 'candidate.q')\n",
        "import_module('.a', 'core.q')\n",
    );
    becomes(
        "import_module('.q.a', 'candidate')\n",
        "import_module('core.q.a', 'candidate')\n",
    );
    becomes(
        "sys.modules['candidate.q'] = 1\n",
        "sys.modules['core.q'] = 1\n",
    );
    becomes(
        "pytest_plugins = ['candidate.q.a']\n",
        "pytest_plugins = ['core.q.a']\n",
    );
    is_left("import_module('candidate' '.q.a')\n", "put together");
    is_left("x = ['candidate.q.a']\n", "may name");
    is_left("patch(f'candidate.q{x}')\n", "only known when it is run");
}

#[test]
fn what_would_mean_something_else_is_left() {
    is_left(
        "try:\n    import candidate.q\nexcept ImportError:\n    candidate = None\n",
        "something else too",
    );
    is_left(
        "core = 1\nimport candidate.q\ncandidate.q.f()\n",
        "core is something else",
    );
    is_left(
        "def f(core):\n    import candidate.q\n    return candidate.q, core\n",
        "core is something else",
    );
    is_left(
        "from app.star import *\nimport candidate.q\ncandidate.q.f()\n",
        "what a star brings",
    );
    let in_class = "class K:\n    import candidate.q\n";
    is_left(in_class, "attribute of a class");
    // Also where its first word stays: `K.candidate.q` is not looked for.
    let (text, found) = moved(("candidate/q", "candidate/p"), "app/x.py", in_class, "");
    assert_eq!(text, in_class);
    assert!(
        found
            .left()
            .any(|it| it.why.contains("attribute of a class"))
    );
    is_left("import candidate.q\n(candidate).q.f()\n", "brackets");
    is_left("import candidate.q\ndef (:\n", "does not parse");
    is_left("# coding: utf-7\nimport candidate.q\n", "UTF-8");
    is_left(
        "import candidate.other\ncandidate.q.f()\n",
        "because others do",
    );
}

#[test]
fn relative_names_follow_both_ways() {
    let within = |source, expected| {
        let (text, found) = rewritten("candidate/q/deep/b.py", source, "core/q", "");
        assert_eq!(text, expected, "{found:?}");
    };
    within(
        "from ...other import g\n",
        "from candidate.other import g\n",
    );
    within(
        "from ... import other, q\n",
        "from candidate import other\nfrom ... import q\n",
    );
    within(
        "from ..a import f\nfrom . import c\n",
        "from ..a import f\nfrom . import c\n",
    );
    within("from ...q.a import f\n", "from ...q.a import f\n");
    within("from candidate.q.a import f\n", "from core.q.a import f\n");
    let beside = |source, expected| {
        let (text, found) = rewritten("candidate/x.py", source, "core/q", "");
        assert_eq!(text, expected, "{found:?}");
    };
    beside("from .q.a import f\n", "from core.q.a import f\n");
    beside("from .import q\n", "from core import q\n");
    beside(
        "from . import q, other\n",
        "from . import other\nfrom core import q\n",
    );
    beside("from .qq import f\n", "from .qq import f\n");
}

#[test]
fn a_package_may_call_something_else_by_its_name() {
    let (text, _) = rewritten(
        "app/x.py",
        "from candidate import q\n",
        "core/q",
        "from .q import q\n",
    );
    assert_eq!(
        text, "from candidate import q\n",
        "it is what the package passes on"
    );
    let (text, _) = rewritten(
        "app/x.py",
        "from candidate import q\n",
        "core/q",
        "from . import q\n",
    );
    assert_eq!(text, "from core import q\n");
    let (text, found) = rewritten(
        "app/x.py",
        "import candidate.q as m\n",
        "core/q",
        "def q(): ...\n",
    );
    assert_eq!(
        (text.as_str(), found.left().count()),
        ("import candidate.q as m\n", 1)
    );
    let (text, _) = rewritten("candidate/__init__.py", "from .q import q\n", "core/q", "");
    assert_eq!(text, "from core.q import q\n");
}

#[test]
fn a_single_file_moves_alone() {
    let one = ("candidate/other.py", "core/other.py");
    let becomes = |path, source, expected: &str| {
        let (text, found) = moved(one, path, source, "");
        assert_eq!(text, expected, "{found:?}");
        assert_eq!(found.left().count(), 0, "{found:?}");
    };
    becomes(
        "app/x.py",
        "from candidate import other, q\nimport candidate.other\ncandidate.other.g()\n",
        "from candidate import q\nfrom core import other\nimport core.other\ncore.other.g()\n",
    );
    becomes(
        "candidate/x.py",
        "from .other import g\nfrom . import other as o\n",
        "from core.other import g\nfrom core import other as o\n",
    );
    becomes(
        "candidate/other.py",
        "from . import q\nfrom .q.a import f\nfrom .other import g\nfrom . import other, qq\n",
        "from candidate import q\nfrom candidate.q.a import f\nfrom .other import g\nfrom candidate import qq\nfrom . import other\n",
    );
    becomes(
        "candidate/q/a.py",
        "from ..other import g\n",
        "from core.other import g\n",
    );
    // A package of that name is what Python finds.
    let beside = ("candidate/q.py", "core/q.py");
    let source = "from candidate import q\nfrom candidate.q import a\n";
    assert_eq!(moved(beside, "app/x.py", source, "").0, source);
}

#[test]
fn it_may_be_called_otherwise_or_lie_at_the_top() {
    let to = |to, source| rewritten("app/x.py", source, to, "").0;
    assert_eq!(
        to("core/z", "from candidate import q\n"),
        "from core import z as q\n"
    );
    assert_eq!(
        to("core/z", "import candidate.q\ncandidate.q.f()\n"),
        "import core.z\ncore.z.f()\n"
    );
    assert_eq!(
        to("q", "from candidate import q as x, other\n"),
        "from candidate import other\nimport q as x\n"
    );
    assert_eq!(to("q", "from candidate import q\n"), "import q\n");
    // Out of the module and back: above the new place there is no package.
    let source = "from ...q.a import f\n";
    let (text, _) = rewritten("candidate/q/deep/b.py", source, "q", "");
    assert_eq!(text, "from ..a import f\n");
}

proptest! {
    #[test]
    fn any_bytes_are_looked_at(source in proptest::collection::vec(any::<u8>(), 0..120)) {
        let (index, _) = tree("app/x.py", "", "");
        let relocation = Relocation::new("candidate/q".into(), "core/q".into());
        let rewriter = Rewriter::new(&index, &relocation, &|_| None);
        rewriter.python(&"app/x.py".into(), &source);
        rewriter.text(&"pyproject.toml".into(), &source);
        rewriter.text(&"setup.cfg".into(), &source);
    }

    #[test]
    fn pieces_in_any_order_stay_python(pieces in proptest::collection::vec(prop::sample::select(vec![
        "import candidate.q", "from candidate import q", "from candidate import (q, other)", "; ", "\n", "\n\t",
        "if 1:\n    ", "candidate.q.f()", "candidate", " as x", "# candidate.q", "'candidate.q'", "(", ")", "x = ",
        "import_module('candidate.q.a')", "\\\n", "from . import q", ", ", "core", "é", "def f(core): ", "[candidate for candidate in x]",
    ]), 0..14)) {
        let source = pieces.concat();
        let (text, found) = rewritten("app/x.py", &source, "core/q", "");
        if !found.edits.is_empty() {
            let parsed = parse_unchecked_source(&text, PySourceType::Python);
            prop_assert!(parsed.has_valid_syntax());
            prop_assert!(!found.left().any(|it| it.why.contains("Countersign")), "{source}");
        }
        let (same, found) = rewritten("app/x.py", &source, "candidate/q", "");
        prop_assert_eq!(same, source, "{:?}", found);
    }
}
