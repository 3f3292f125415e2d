//! Finds the imports of one file in its syntax tree.

use std::sync::Arc;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, PySourceType, Stmt, StmtIf};
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::{Ranged, TextSize};

use super::imports::{Import, ImportKind, Scan, ScanState};
use super::mentions;

/// Expressions and statements nested deeper are not looked into: nobody writes
/// that, and the stack ends somewhere.
const MOST_DEPTH: usize = 1_000;

/// Reads one file. Bytes that are no UTF-8 cannot be part of an import.
pub(super) fn scan(source: &[u8]) -> Scan {
    let text = String::from_utf8_lossy(source);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let mut finder = Finder::default();
    finder.visit_body(&parsed.syntax().body);

    let mut found = finder.found;
    found.sort_by_key(|(at, _)| *at);
    let lines = count_lines(text.as_bytes(), found.iter().map(|(at, _)| at.to_usize()));
    let imports = found
        .into_iter()
        .zip(lines)
        .map(|((_, import), line)| Import { line, ..import })
        .collect();
    let state = if finder.too_deep {
        ScanState::TooDeep
    } else if parsed.has_valid_syntax() {
        ScanState::Valid
    } else {
        ScanState::Broken
    };
    if finder.too_deep {
        // To drop a tree is to recurse through it, which would end the
        // process where the tree is deeper than the stack. Lost instead.
        std::mem::forget(parsed);
    }
    Scan { state, imports }
}

/// The line of each offset; they ascend.
fn count_lines(text: &[u8], offsets: impl Iterator<Item = usize>) -> Vec<u32> {
    let (mut line, mut seen) = (1, 0);
    offsets
        .map(|offset| {
            let newlines = text[seen..offset].iter().filter(|b| **b == b'\n').count();
            line += u32::try_from(newlines).unwrap_or(u32::MAX);
            seen = offset;
            line
        })
        .collect()
}

#[derive(Default)]
struct Finder {
    found: Vec<(TextSize, Import)>,
    depth: usize,
    functions: usize,
    typing: usize,
    too_deep: bool,
}

impl Finder {
    fn add(&mut self, at: TextSize, kind: ImportKind, level: u32, module: &str) -> &mut Import {
        self.found.push((
            at,
            Import {
                kind,
                level: u16::try_from(level).unwrap_or(u16::MAX),
                module: module.into(),
                name: None,
                alias: None,
                line: 0,
                lazy: self.functions > 0,
                typing: self.typing > 0,
            },
        ));
        let last = self.found.len() - 1;
        &mut self.found[last].1
    }

    fn deeper(&mut self, visit: impl FnOnce(&mut Self)) {
        if self.depth >= MOST_DEPTH {
            self.too_deep = true;
            return;
        }
        self.depth += 1;
        visit(self);
        self.depth -= 1;
    }

    fn branches(&mut self, branches: &StmtIf) {
        let typing = usize::from(is_type_checking(&branches.test));
        self.visit_expr(&branches.test);
        self.typing += typing;
        self.visit_body(&branches.body);
        self.typing -= typing;
        for clause in &branches.elif_else_clauses {
            self.visit_elif_else_clause(clause);
        }
    }

    fn call(&mut self, call: &ExprCall) {
        let Some(Expr::StringLiteral(text)) = call.arguments.args.first() else {
            return;
        };
        let Some(names) = names_a_module(&call.func) else {
            return;
        };
        self.text(text.range().start(), text.value.to_str(), names);
    }

    /// What a string may mean by itself, or with those around it.
    fn mention(&mut self, at: TextSize, text: &str) {
        for name in mentions::of(text) {
            self.add(at, ImportKind::Mention, 0, name);
        }
    }

    fn text(&mut self, at: TextSize, text: &str, names: Names) {
        let dotted = text.trim_start_matches('.');
        let level = text.len() - dotted.len();
        let plausible = dotted.split('.').all(is_identifier)
            && match names {
                Names::Module => true,
                Names::Member => level == 0 && dotted.contains('.'),
            };
        if plausible {
            self.add(at, ImportKind::Text, level as u32, dotted);
        }
    }
}

impl<'a> Visitor<'a> for Finder {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.deeper(|finder| match stmt {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let at = alias.range().start();
                    finder.add(at, ImportKind::Module, 0, &alias.name.id).alias = alias
                        .asname
                        .as_ref()
                        .map(|name| Arc::from(name.id.as_str()));
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| &module.id);
                for alias in &import.names {
                    let at = alias.range().start();
                    if alias.name.id.as_str() == "*" {
                        finder.add(at, ImportKind::Star, import.level, module);
                        continue;
                    }
                    let found = finder.add(at, ImportKind::From, import.level, module);
                    found.name = Some(alias.name.id.as_str().into());
                    found.alias = alias.asname.as_ref().map(|name| name.id.as_str().into());
                }
            }
            Stmt::If(branches) => finder.branches(branches),
            Stmt::FunctionDef(function) => {
                // Decorators and defaults run where the function is defined.
                for decorator in &function.decorator_list {
                    finder.visit_decorator(decorator);
                }
                finder.visit_parameters(&function.parameters);
                finder.functions += 1;
                finder.visit_body(&function.body);
                finder.functions -= 1;
            }
            Stmt::Assign(assign) => {
                let plugins = assign.targets.iter().any(|target| {
                    target
                        .as_name_expr()
                        .is_some_and(|name| name.id == "pytest_plugins")
                });
                if plugins {
                    for text in strings(&assign.value) {
                        finder.text(text.range().start(), text.value.to_str(), Names::Module);
                    }
                }
                walk_stmt(finder, stmt);
            }
            // What stands alone is documentation.
            Stmt::Expr(alone) if alone.value.is_string_literal_expr() => {}
            _ => walk_stmt(finder, stmt),
        });
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.deeper(|finder| {
            match expr {
                Expr::StringLiteral(text) => {
                    finder.mention(text.range().start(), text.value.to_str());
                }
                Expr::Call(call) => {
                    finder.call(call);
                    if let Some(path) = mentions::joined(call) {
                        finder.mention(call.range().start(), &path);
                    }
                }
                Expr::BinOp(slash) => {
                    if let Some(path) = mentions::divided(slash) {
                        finder.mention(slash.range().start(), &path);
                    }
                }
                _ => {}
            }
            walk_expr(finder, expr);
        });
    }
}

/// What the string that a function takes first names.
#[derive(Clone, Copy)]
pub(super) enum Names {
    /// A module: `import_module("a")`.
    Module,
    /// Something in a module: `patch("a.b")`.
    Member,
}

pub(super) fn names_a_module(function: &Expr) -> Option<Names> {
    let (owner, name) = match function {
        Expr::Name(name) => (None, name.id.as_str()),
        Expr::Attribute(attribute) => (Some(&*attribute.value), attribute.attr.id.as_str()),
        _ => return None,
    };
    match name {
        "import_module" | "__import__" | "find_spec" | "importorskip" | "run_module" => {
            Some(Names::Module)
        }
        "patch" | "setattr" | "delattr" => Some(Names::Member),
        "dict" | "object" | "multiple" => match owner? {
            Expr::Name(name) if name.id == "patch" => Some(Names::Member),
            Expr::Attribute(attribute) if attribute.attr.id == "patch" => Some(Names::Member),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn is_type_checking(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => name.id == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.id == "TYPE_CHECKING",
        _ => false,
    }
}

/// A string, or those of a list or tuple.
pub(super) fn strings(value: &Expr) -> Vec<&ruff_python_ast::ExprStringLiteral> {
    match value {
        Expr::StringLiteral(text) => vec![text],
        Expr::List(list) => list
            .elts
            .iter()
            .filter_map(Expr::as_string_literal_expr)
            .collect(),
        Expr::Tuple(list) => list
            .elts
            .iter()
            .filter_map(Expr::as_string_literal_expr)
            .collect(),
        _ => Vec::new(),
    }
}

pub(super) fn is_identifier(part: &str) -> bool {
    let mut chars = part.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `line kind dots module name/alias flags`, one an import.
    fn found(source: &str) -> Vec<String> {
        let show = |i: &Import| {
            let mut text = format!(
                "{} {:?} {}{}",
                i.line,
                i.kind,
                ".".repeat(i.level.into()),
                i.module
            );
            i.name.iter().for_each(|name| text += &format!(" {name}"));
            i.alias
                .iter()
                .for_each(|name| text += &format!(" as {name}"));
            text += if i.lazy { " lazy" } else { "" };
            text += if i.typing { " typing" } else { "" };
            text
        };
        scan(source.as_bytes()).imports.iter().map(show).collect()
    }

    #[test]
    fn every_form_of_import() {
        let source = "\
import a, b.c as d
from e import f as g, h
from . import i
from ..j.k import *
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import l
else:
    import m
def n():
    import o
class P:
    import q
try:
    import r
except ImportError:
    r = None
import s; import t
";
        assert_eq!(
            found(source),
            [
                "1 Module a",
                "1 Module b.c as d",
                "2 From e f as g",
                "2 From e h",
                "3 From . i",
                "4 Star ..j.k",
                "5 From typing TYPE_CHECKING",
                "7 Module l typing",
                "9 Module m",
                "11 Module o lazy",
                "13 Module q",
                "15 Module r",
                "18 Module s",
                "18 Module t",
            ]
        );
    }

    #[test]
    fn strings_that_will_be_imported() {
        let source = "\
importlib.import_module('a.b')
import_module('.c', package='d')
@mock.patch('e.f.G')
def test(monkeypatch):
    monkeypatch.setattr('h.i', 1)
    with patch.dict('j.k', {}): pass
    patch('not a module'); patch('single'); dict('l.m'); open('n.o')
pytest_plugins = ['p.q', 'r']
";
        let mut found = found(source);
        found.retain(|it| !it.contains("Mention"));
        assert_eq!(
            found,
            [
                "1 Text a.b",
                "2 Text .c",
                "3 Text e.f.G",
                "5 Text h.i lazy",
                "6 Text j.k lazy",
                "8 Text p.q",
                "8 Text r",
            ]
        );
    }

    #[test]
    fn strings_that_may_name_a_module() {
        let source = "\
'a.b'
X = ['a.b', './a/b.py', 'no module', '1.2', 'http://a/b.py', 'single']
P = Path(__file__).parents[2] / 'a' / 'b' / 'c.py'
Q = os.path.join(ROOT, 'a', 'b', 'c.py')
R = ROOT.joinpath('a/b', 'd.py')
run([sys.executable, '-c', 'import a.b as x; from c.d import e'])
run('python -m a.b --help', shell=True)
importlib.import_module('a.c')
";
        let mut found = found(source);
        found.retain(|it| it.contains("Mention"));
        assert_eq!(
            found,
            [
                "2 Mention a.b",
                "2 Mention a/b.py",
                "3 Mention a/b/c.py",
                "4 Mention a/b/c.py",
                "5 Mention a/b/d.py",
                "6 Mention a.b",
                "6 Mention c.d",
                "7 Mention a.b",
                "8 Mention a.c",
            ]
        );
    }

    #[test]
    fn broken_files_still_tell() {
        let scan = scan(b"import a\ndef (:\nfrom b import c\n");
        assert_eq!(scan.state, ScanState::Broken);
        assert!(scan.imports.iter().any(|i| &*i.module == "a"));
        assert!(scan.imports.iter().any(|i| &*i.module == "b"));
        let scan = super::scan(b"\xef\xbb\xbfimport a\n# \xff\nimport b\n");
        assert_eq!(scan.imports.len(), 2);
        assert_eq!(scan.state, ScanState::Valid);
    }

    #[test]
    fn deep_nesting_ends_nothing() {
        let deep = [
            "(".repeat(30_000),
            format!("x = a{}\nimport b\n", ".a".repeat(200_000)),
            format!("x = {}1\nimport b\n", "1 + ".repeat(100_000)),
            format!("x = {}1\n", "-".repeat(50_000)),
            (0..300)
                .map(|n| format!("{}if x:\n", " ".repeat(n)))
                .collect(),
        ];
        let states = std::thread::Builder::new()
            .stack_size(super::super::scan::STACK_BYTES)
            .spawn(move || deep.map(|source| scan(source.as_bytes())))
            .unwrap()
            .join()
            .unwrap();
        assert_eq!(states[1].state, ScanState::TooDeep);
        assert_eq!(&*states[1].imports[0].module, "b");
        assert_eq!(&*states[2].imports[0].module, "b");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(source in proptest::collection::vec(any::<u8>(), 0..200)) {
            scan(&source);
        }

        #[test]
        fn lines_are_those_of_the_source(before in 0usize..50, dots in 0usize..4) {
            let source = format!("{}from {}a.b import c\n", "x = 1\n".repeat(before), ".".repeat(dots));
            let expected = format!("{} From {}a.b c", before + 1, ".".repeat(dots));
            prop_assert_eq!(found(&source), [expected]);
        }
    }
}
