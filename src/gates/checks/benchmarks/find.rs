//! Which test files may hold benchmarks: read, not run. pytest says which do.

use std::collections::BTreeMap;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

use super::super::syntax;
use crate::promotion::RepoPath;

/// The fixture of pytest-benchmark.
const FIXTURE: &str = "benchmark";

/// Of these test files those that ask for the fixture, by themselves or through a
/// `conftest.py` above them. `read` gives a file of the same tree.
pub(super) fn asking(
    tests: &[RepoPath],
    read: impl Fn(&RepoPath) -> Option<Vec<u8>>,
) -> Vec<RepoPath> {
    let asks = |path: &RepoPath| read(path).is_some_and(|content| asks(&content));
    let mut conftests: BTreeMap<RepoPath, bool> = BTreeMap::new();
    let mut found = Vec::new();
    for test in tests {
        let above = std::iter::successors(test.parent(), RepoPath::parent);
        let mut by_conftest = above.map(|dir| dir.join("conftest.py"));
        let asking = asks(test)
            || by_conftest.any(|path| match conftests.get(&path) {
                Some(known) => *known,
                None => {
                    let known = asks(&path);
                    conftests.insert(path, known);
                    known
                }
            });
        if asking {
            found.push(test.clone());
        }
    }
    found
}

/// True where a function has a parameter of that name, or a call names it.
fn asks(content: &[u8]) -> bool {
    if memchr::memmem::find(content, FIXTURE.as_bytes()).is_none() {
        return false;
    }
    let look = |source: &syntax::Source<'_>| {
        let mut look = Look::default();
        look.visit_body(&source.parsed.syntax().body);
        look.found
    };
    syntax::read(content, look).unwrap_or(false)
}

#[derive(Default)]
struct Look {
    found: bool,
}

impl Visitor<'_> for Look {
    fn visit_stmt(&mut self, statement: &Stmt) {
        if let Stmt::FunctionDef(function) = statement {
            let mut parameters = function.parameters.iter_non_variadic_params();
            self.found |= parameters.any(|it| it.parameter.name.as_str() == FIXTURE);
        }
        if !self.found {
            walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expression: &Expr) {
        if let Expr::Call(call) = expression
            && let Expr::Attribute(attribute) = &*call.func
            && matches!(attribute.attr.as_str(), "usefixtures" | "getfixturevalue")
        {
            let mut arguments = call.arguments.args.iter();
            self.found |= arguments.any(|argument| {
                let text = argument.as_string_literal_expr();
                text.is_some_and(|text| text.value.to_str() == FIXTURE)
            });
        }
        if !self.found {
            walk_expr(self, expression);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_or_a_call_asks_and_a_word_does_not() {
        for source in [
            "def test_a(benchmark):\n    pass\n",
            "class TestA:\n    async def test_a(self, *, benchmark):\n        pass\n",
            "def f():\n    @fixture\n    def timed(request, benchmark): ...\n",
            "@pytest.mark.usefixtures('x', 'benchmark')\ndef test_a(): ...\n",
            "def test_a(request):\n    b = request.getfixturevalue(\"benchmark\")\n",
        ] {
            assert!(asks(source.as_bytes()), "{source}");
        }
        for source in [
            "",
            "# benchmark\n",
            "config.addinivalue_line('markers', 'benchmark: slow')\n",
            "def benchmark(): ...\n",
            "def test_a(benchmarks): ...\n",
            "def test_a(benchmark:\n",
        ] {
            assert!(!asks(source.as_bytes()), "{source}");
        }
    }

    #[test]
    fn a_conftest_asks_for_every_test_below_it() {
        let files = BTreeMap::from([
            ("tests/a/test_a.py", "def test_a(timed): ..."),
            ("tests/a/conftest.py", "def timed(benchmark): ..."),
            ("tests/test_b.py", "def test_b(benchmark): ..."),
            ("tests/test_c.py", "def test_c(): ..."),
        ]);
        let tests = ["tests/a/test_a.py", "tests/test_b.py", "tests/test_c.py"];
        let tests: Vec<RepoPath> = tests.map(RepoPath::from).into();
        let read = |path: &RepoPath| {
            let content = files.get(path.to_text().as_ref())?;
            Some(content.as_bytes().to_vec())
        };
        assert_eq!(asking(&tests, read), tests[..2]);
    }
}
