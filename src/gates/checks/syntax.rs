//! Reading Python without running it.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ModModule, PySourceType, Stmt};
use ruff_python_parser::{Parsed, parse_unchecked_source};
use ruff_text_size::{Ranged, TextSize};

/// What is nested deeper is not looked into: nobody writes that, and the stack
/// ends somewhere.
const MOST_DEPTH: usize = 500;

/// A larger file is not source that anybody reads.
const MOST_BYTES: usize = 4 << 20;

/// Enough for a tree of [`MOST_DEPTH`].
const STACK_BYTES: usize = 64 << 20;

/// A Python file that was read.
pub struct Source<'a> {
    /// Its text.
    pub text: &'a str,
    /// Its syntax.
    pub parsed: &'a Parsed<ModModule>,
    starts: Vec<usize>,
}

impl Source<'_> {
    /// The line of an offset, from 1.
    pub fn line(&self, at: TextSize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= at.to_usize());
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// What stands there, on one line.
    pub fn words(&self, node: &impl Ranged) -> String {
        let range = node.range();
        let slice = self
            .text
            .get(range.start().to_usize()..range.end().to_usize());
        let words = slice.unwrap_or_default().split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Looks at a file; `None` where it has errors or cannot be looked at.
pub fn read<T>(content: &[u8], look: impl FnOnce(&Source<'_>) -> T) -> Option<T> {
    if content.len() > MOST_BYTES {
        return None;
    }
    let text = String::from_utf8_lossy(content);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let mut depth = Depth::default();
    depth.visit_body(&parsed.syntax().body);
    if depth.too_deep {
        // To drop a tree is to recurse through it. Lost instead.
        std::mem::forget(parsed);
        return None;
    }
    let newlines = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
    let source = Source {
        text,
        parsed: &parsed,
        starts: std::iter::once(0).chain(newlines).collect(),
    };
    parsed.has_valid_syntax().then(|| look(&source))
}

/// Work that recurses through syntax, on a stack that is large enough.
pub fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        thread.spawn_scoped(scope, work).ok()?.join().ok()
    })
}

#[derive(Default)]
struct Depth {
    now: usize,
    too_deep: bool,
}

impl Depth {
    fn deeper(&mut self, visit: impl FnOnce(&mut Self)) {
        if self.now >= MOST_DEPTH {
            self.too_deep = true;
            return;
        }
        self.now += 1;
        visit(self);
        self.now -= 1;
    }
}

impl Visitor<'_> for Depth {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        self.deeper(|this| walk_stmt(this, stmt));
    }

    fn visit_expr(&mut self, expr: &Expr) {
        self.deeper(|this| walk_expr(this, expr));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_too_deep_is_not_looked_at() {
        let deep = format!("x = {}1\n", "-".repeat(100_000));
        let seen = with_stack(|| read(deep.as_bytes(), |_| ()));
        assert_eq!(seen, Some(None));
    }

    proptest! {
        #[test]
        fn any_bytes_may_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes, |source| source.line(TextSize::new(0)));
        }
    }
}
