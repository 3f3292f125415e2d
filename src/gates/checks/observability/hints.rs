//! What in the source speaks for a service. A hint may only add: nothing here
//! makes the gate not apply to what is declared.

use std::collections::BTreeMap;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use crate::gates::checks::syntax::{self, Source};

/// Libraries, or parts of them, that are there to serve.
const SERVERS: [&str; 26] = [
    "aiohttp.web",
    "bottle",
    "cherrypy",
    "daphne",
    "falcon",
    "fastapi",
    "flask",
    "gevent.pywsgi",
    "granian",
    "gunicorn",
    "http.server",
    "hypercorn",
    "litestar",
    "quart",
    "robyn",
    "sanic",
    "socketserver",
    "starlette",
    "tornado.httpserver",
    "tornado.web",
    "twisted.web",
    "uvicorn",
    "waitress",
    "werkzeug.serving",
    "wsgiref.simple_server",
    "xmlrpc.server",
];

/// Calls that begin to listen.
const CALLS: [&str; 7] = [
    "asyncio.start_server",
    "asyncio.start_unix_server",
    "grpc.aio.server",
    "grpc.server",
    "websockets.serve",
    "serve_forever",
    "create_server",
];

/// Something that speaks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hint {
    /// The line, from 1.
    pub line: u32,
    /// In words, after the file's name.
    pub what: String,
}

/// The first hint in a file. `imports`: the libraries it imports when it runs,
/// by the first part of their names.
pub(super) fn of(content: &[u8], imports: &[(String, u32)]) -> Option<Hint> {
    syntax::read(content, |source| {
        let mut seen = Seen {
            source,
            hints: BTreeMap::new(),
        };
        seen.visit_body(&source.parsed.syntax().body);
        let runs = |name: &str| imports.iter().any(|(import, _)| import == name);
        seen.hints.into_iter().find_map(|(line, (library, what))| {
            let first = library.split('.').next().unwrap_or_default();
            (library.is_empty() || runs(first)).then_some(Hint { line, what })
        })
    })?
}

struct Seen<'a> {
    source: &'a Source<'a>,
    /// By line: the library, if it is an import, and what is said.
    hints: BTreeMap<u32, (String, String)>,
}

impl Seen<'_> {
    fn imports(&mut self, name: &str, at: &impl Ranged) {
        let is = |server: &&&str| {
            name == **server
                || name
                    .strip_prefix(**server)
                    .is_some_and(|rest| rest.starts_with('.'))
        };
        if let Some(server) = SERVERS.iter().find(is) {
            let line = self.source.line(at.range().start());
            let hint = ((*server).to_owned(), format!("imports {server}"));
            self.hints.entry(line).or_insert(hint);
        }
    }
}

impl Visitor<'_> for Seen<'_> {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Import(import) => {
                for alias in &import.names {
                    self.imports(alias.name.as_str(), alias);
                }
            }
            Stmt::ImportFrom(import) if import.level == 0 => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                self.imports(module, import);
                for alias in &import.names {
                    self.imports(&format!("{module}.{}", alias.name.as_str()), import);
                }
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &Expr) {
        if let Expr::Call(call) = expr {
            let called = self.source.words(call.func.as_ref());
            let is = |known: &&&str| {
                called == **known
                    || (!known.contains('.') && called.ends_with(&format!(".{known}")))
            };
            if let Some(known) = CALLS.iter().find(is) {
                let line = self.source.line(expr.range().start());
                let hint = (String::new(), format!("calls {known}"));
                self.hints.entry(line).or_insert(hint);
            }
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(source: &str) -> Option<(u32, String)> {
        let imports = ["http", "flask", "aiohttp", "asyncio", "grpc"];
        let imports: Vec<_> = imports.iter().map(|name| ((*name).to_owned(), 1)).collect();
        of(source.as_bytes(), &imports).map(|hint| (hint.line, hint.what))
    }

    #[test]
    fn what_serves_is_found_and_what_only_asks_is_not() {
        let found = |source: &str| hint(source).unwrap().1;
        assert_eq!(found("import http.server\n"), "imports http.server");
        assert_eq!(found("from http.server import X\n"), "imports http.server");
        assert_eq!(found("from http import server\n"), "imports http.server");
        assert_eq!(found("from flask import Flask\n"), "imports flask");
        assert_eq!(
            found("def f():\n    from aiohttp import web\n"),
            "imports aiohttp.web"
        );
        assert_eq!(found("x = grpc.aio.server()\n"), "calls grpc.aio.server");
        assert_eq!(found("self.http.serve_forever(1)\n"), "calls serve_forever");
        assert_eq!(hint("x = 1\nserve_forever()\n").unwrap().0, 2);
        for none in [
            "from http import HTTPStatus\n",
            "import aiohttp\n",
            "import http.client\nimport grpc\n",
            "from . import flask\n",
            "\"\"\"Not serve_forever().\"\"\"\n",
            "import flasky\n",
            "def f(:\n",
            "",
        ] {
            assert_eq!(hint(none), None, "{none}");
        }
        // Only for those who read types.
        assert_eq!(hint("from fastapi import Request\n"), None);
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(SERVERS.is_sorted());
    }
}
