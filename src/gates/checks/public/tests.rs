use super::*;
use crate::promotion::api::list;
use proptest::prelude::*;

fn public(files: &[(&str, &str)]) -> Public {
    let tree = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (path, text) in files {
        let at = tree.path().join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, text).unwrap();
        paths.push(RepoPath::from(*path));
    }
    syntax::with_stack(|| Public::at(tree.path(), &"candidate/m".into(), &paths)).unwrap()
}

fn lines(files: &[(&str, &str)]) -> Vec<String> {
    let listed = list(&public(files).api()).into_iter();
    listed.map(|listed| listed.name).collect()
}

fn lines_of(source: &str) -> Vec<String> {
    lines(&[("candidate/m/__init__.py", source)])
}

#[test]
fn functions_have_their_signatures() {
    let source = "\
def f(a, /, b: int = 1, *rest, c, d: str | None = None, **more) -> list[int]: ...
async def g(): ...
def _h(): ...
T = TypeVar('T')
log = logging.getLogger(__name__)
LIMIT: int = 3
a, b = 1, 2
del b
type Pair = tuple[int, int]
";
    assert_eq!(
        lines_of(source),
        [
            "LIMIT: int",
            "Pair",
            "a",
            "f(a, /, b: int = 1, *rest, c, d: str | None = None, **more) -> list[int]",
            "async g()",
        ]
    );
}

#[test]
fn classes_have_what_makes_them_and_what_they_have() {
    let source = "\
class A(Base, metaclass=M):
    limit = 3
    _hidden = 4
    def __init__(self, a, *, b=1): ...
    def run(self, x): ...
    @staticmethod
    def make(x): ...
    @classmethod
    def other(cls, y): ...
    @property
    def size(self) -> int: ...
    @size.setter
    def size(self, value): ...
    def __enter__(self): ...
    def __repr__(self): ...
    def _private(self): ...
    class Inner: ...
@dataclass(frozen=True)
class P:
    a: int
    b: list = field(default_factory=list)
    c: int = field(init=False)
    D: ClassVar[int] = 3
    _: KW_ONLY
    e: int
@dataclasses.dataclass(kw_only=True)
class Q:
    a: int
class N(NamedTuple):
    x: int = 0
";
    assert_eq!(
        lines_of(source),
        [
            "class A(a, *, b=1) of Base",
            "class A.Inner",
            "A.__enter__()",
            "A.limit",
            "static A.make(x)",
            "classmethod A.other(y)",
            "A.run(x)",
            "property A.size -> int",
            "class N(x: int = 0) of NamedTuple",
            "class P(a: int, b: list = list, *, e: int)",
            "P.D: ClassVar[int]",
            "P.c: int",
            "class Q(*, a: int)",
        ]
    );
}

#[test]
fn all_says_what_is_public_as_far_as_it_can_be_read() {
    for (source, expected) in [
        (
            "__all__ = ['_a']\ndef _a(): ...\ndef b(): ...\n",
            vec!["_a()"],
        ),
        (
            "__all__ = ['a']\n__all__ += ('b',)\na = b = c = 1\n",
            vec!["a", "b"],
        ),
        (
            "__all__ = ['a'] + ['b']\n__all__.extend(['c'])\n__all__.append('d')\na = b = c = d = e = 1\n",
            vec!["a", "b", "c", "d"],
        ),
        ("__all__ = ['gone']\n", vec!["gone"]),
        ("__all__ = []\na = 1\n", vec![]),
        ("__all__ = make()\na = _b = 1\n", vec!["a"]),
    ] {
        assert_eq!(lines_of(source), expected, "{source}");
    }
    let file = public(&[("candidate/m/__init__.py", "__all__ = make()\n")]);
    assert!(file.files[""].read.as_ref().unwrap().computed);
}

#[test]
fn a_package_passes_on_what_is_its_own() {
    for import in [
        "from candidate.m._a import f",
        "from ._a import f",
        "from . import _a\nfrom ._a import *",
        "from .b import f",
        "from .sub import f",
    ] {
        let import = format!("import json\nfrom os import path\n{import}\n");
        let lines = lines(&[
            ("candidate/m/__init__.py", &import),
            ("candidate/m/_a.py", "def f(x): ...\ndef _g(): ...\n"),
            ("candidate/m/_b.py", "from ._a import f\n"),
            ("candidate/m/b.py", "from ._b import f\n"),
            ("candidate/m/sub/__init__.py", "from .._a import f\n"),
        ]);
        assert!(lines.contains(&"f(x)".to_owned()), "{import}: {lines:?}");
        assert!(
            !lines
                .iter()
                .any(|it| it.contains("path") || it.contains("_g"))
        );
    }
    // What is nobody's is not known, and said by its name.
    let text = "from os import path as path\n__all__ = ['path', 'a']\n";
    assert_eq!(
        lines(&[
            ("candidate/m/__init__.py", text),
            ("candidate/m/a.py", "x = 1\n")
        ]),
        ["module a", "path", "a.x"]
    );
}

#[test]
fn branches_and_attempts_define_too() {
    let source = "\
try:
    import fast as f
except ImportError:
    f = None
if sys.version_info > (3, 11):
    def g(a): ...
else:
    def g(a, b): ...
if TYPE_CHECKING:
    def h(): ...
@overload
def k(a: int): ...
@overload
def k(a: str): ...
def k(a): ...
";
    assert_eq!(lines_of(source), ["g(a, b)", "k(a)"]);
}

#[test]
fn what_should_be_explained_is_what_others_may_use() {
    let source = "\
'''What it is.'''
__all__ = ['f', 'C']
def f(): 'yes'
def g(): ...
class C:
    '''Yes.'''
    def m(self): ...
    def _n(self): ...
    def __len__(self): ...
    @property
    def p(self): ' '
    @p.setter
    def p(self, x): ...
    @override
    def o(self): ...
";
    let public = public(&[("candidate/m/__init__.py", source)]);
    let read = public.files[""].read.as_ref().unwrap();
    assert!(read.documented && !read.is_empty);
    let seen: Vec<_> = read
        .definitions
        .iter()
        .map(|it| (it.name.as_str(), it.kind, it.line, it.documented))
        .collect();
    assert_eq!(
        seen,
        [
            ("f", "function", 3, true),
            ("C", "class", 5, true),
            ("C.m", "method", 7, false),
            ("C.p", "method", 11, false),
        ]
    );
}

#[test]
fn tests_are_nobodys_api_and_stubs_speak_for_what_has_no_source() {
    let public = public(&[
        ("candidate/m/__main__.py", "x = 1\n"),
        ("candidate/m/_p.py", "x = 1\n"),
        ("candidate/m/a.py", "x = 1\n"),
        ("candidate/m/a.pyi", "y: int\n"),
        ("candidate/m/c.pyi", "z: int\n"),
        ("candidate/m/broken.py", "def (\n"),
        ("candidate/m/conftest.py", ""),
        ("candidate/m/test_a.py", ""),
        ("candidate/m/tests/helper.py", ""),
        ("candidate/other.py", ""),
    ]);
    let names: Vec<_> = public.files.keys().map(String::as_str).collect();
    assert_eq!(names, ["__main__", "_p", "a", "broken", "c"]);
    let listed: Vec<_> = list(&public.api()).into_iter().map(|it| it.name).collect();
    assert_eq!(listed, ["a.x", "c.z: int"]);
    let unread: Vec<_> = public.unread().map(ToString::to_string).collect();
    assert_eq!(unread, ["candidate/m/broken.py"]);
}

#[test]
fn a_module_may_be_one_file() {
    let tree = tempfile::tempdir().unwrap();
    std::fs::create_dir(tree.path().join("candidate")).unwrap();
    std::fs::write(
        tree.path().join("candidate/m.py"),
        "from .x import y\ndef f(): ...\n",
    )
    .unwrap();
    let path = RepoPath::from("candidate/m.py");
    let public = Public::at(tree.path(), &path, std::slice::from_ref(&path));
    let listed: Vec<_> = list(&public.api()).into_iter().map(|it| it.name).collect();
    assert_eq!(listed, ["f()"]);
}

proptest! {
    #[test]
    fn no_source_is_too_odd(parts in proptest::collection::vec(prop_oneof![
        Just("from . import *\n"), Just("from ....x import a\n"), Just("__all__ = ['a', 'b']\n"),
        Just("__all__ += x\n"), Just("class A(A):\n def a(self): ...\n"), Just("def a(*, b): ...\n"),
        Just("@overload\ndef a(): ...\n"), Just("import candidate.m as a\n"), Just("del a\n"),
        Just("from candidate.m import a, A\n"), Just("@dataclass\nclass b:\n x: int = field(\n)\n"),
    ], 0..12)) {
        let text = parts.concat();
        let api = public(&[("candidate/m/__init__.py", &text), ("candidate/m/a.py", &text)]).api();
        let _ = list(&api);
        prop_assert_eq!(crate::promotion::api::changes(&api, &api), []);
    }
}
