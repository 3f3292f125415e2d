//! What a few names mean in each scope of a file, as Python decides it.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{
    Visitor, walk_except_handler, walk_expr, walk_parameter, walk_pattern, walk_stmt,
};
use ruff_python_ast::{
    Alias, Comprehension, ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

/// What a scope is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Module,
    Class,
    Function,
    Comprehension,
}

/// What gives a name its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    /// `import a.b`: the name is the first part.
    Package(TextSize),
    /// `import a.b as c`, `from a import b`
    Alias(TextSize),
    /// Anything else.
    Other(TextSize),
}

/// A use of a name.
#[derive(Clone, Debug)]
pub(super) struct Load<'a> {
    pub scope: usize,
    pub name: &'a str,
    pub range: TextRange,
    /// The attributes that follow, with where each ends.
    pub chain: Vec<(&'a str, TextSize)>,
}

/// The scopes of a file, as far as some names are concerned.
pub(super) struct Scopes<'a> {
    interest: HashSet<&'a str>,
    pub kinds: Vec<Kind>,
    parents: Vec<usize>,
    bindings: Vec<HashMap<&'a str, Vec<Binding>>>,
    globals: Vec<HashSet<&'a str>>,
    pub loads: Vec<Load<'a>>,
    now: usize,
}

impl<'a> Scopes<'a> {
    /// Of a file, for these names.
    pub fn of(body: &'a [Stmt], interest: HashSet<&'a str>) -> Self {
        let mut scopes = Self {
            interest,
            kinds: Vec::new(),
            parents: Vec::new(),
            bindings: Vec::new(),
            globals: Vec::new(),
            loads: Vec::new(),
            now: 0,
        };
        scopes.open(Kind::Module);
        scopes.visit_body(body);
        scopes
    }

    /// What gives a name its meaning in that scope itself.
    pub fn bindings(&self, scope: usize, name: &str) -> &[Binding] {
        self.bindings[scope].get(name).map_or(&[], Vec::as_slice)
    }

    /// The scope whose binding a name has in `scope`; `also` has it too.
    pub fn resolve(&self, scope: usize, name: &str, also: &HashSet<usize>) -> Option<usize> {
        if self.globals[scope].contains(name) {
            return (self.has(0, name) || also.contains(&0)).then_some(0);
        }
        let mut at = scope;
        loop {
            let seen = at == scope || self.kinds[at] != Kind::Class;
            if seen && (self.has(at, name) || also.contains(&at)) {
                return Some(at);
            }
            if at == 0 {
                return None;
            }
            at = self.parents[at];
        }
    }

    /// The scope that the import at that place binds its name in.
    pub fn of_import(&self, name: &str, at: TextSize) -> Option<usize> {
        (0..self.kinds.len()).find(|scope| {
            let mut bindings = self.bindings(*scope, name).iter();
            bindings.any(|it| matches!(it, Binding::Package(b) | Binding::Alias(b) if *b == at))
        })
    }

    fn has(&self, scope: usize, name: &str) -> bool {
        self.bindings[scope].contains_key(name)
    }

    fn open(&mut self, kind: Kind) -> usize {
        let before = self.now;
        self.kinds.push(kind);
        self.parents.push(before);
        self.bindings.push(HashMap::new());
        self.globals.push(HashSet::new());
        self.now = self.kinds.len() - 1;
        before
    }

    fn bind(&mut self, name: &'a str, binding: Binding) {
        if !self.interest.contains(name) {
            return;
        }
        let scope = match self.globals[self.now].contains(name) {
            true => 0,
            false => self.now,
        };
        self.bindings[scope].entry(name).or_default().push(binding);
    }

    fn alias(&mut self, alias: &'a Alias, whole: bool) {
        let at = alias.range.start();
        match &alias.asname {
            Some(name) => self.bind(&name.id, Binding::Alias(at)),
            None if whole => self.bind(&alias.name.id, Binding::Alias(at)),
            None => {
                let first = alias.name.id.split('.').next().unwrap_or_default();
                self.bind(first, Binding::Package(at));
            }
        }
    }

    fn parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters.iter() {
            let name = parameter.name();
            self.bind(&name.id, Binding::Other(name.range.start()));
        }
    }

    /// Defaults and annotations belong to what is around the function.
    fn outside(&mut self, parameters: &'a Parameters) {
        for parameter in parameters.iter() {
            if let Some(default) = parameter.default() {
                self.visit_expr(default);
            }
            walk_parameter(self, parameter.as_parameter());
        }
    }

    fn comprehension(&mut self, parts: &'a [Comprehension], results: &[&'a Expr]) {
        if let Some(first) = parts.first() {
            self.visit_expr(&first.iter);
        }
        let before = self.open(Kind::Comprehension);
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.visit_expr(&part.iter);
            }
            self.visit_expr(&part.target);
            part.ifs.iter().for_each(|test| self.visit_expr(test));
        }
        results.iter().for_each(|result| self.visit_expr(result));
        self.now = before;
    }

    /// `a.b.c`: the name with all that follows.
    fn chain(&mut self, expr: &'a Expr) -> bool {
        let mut chain = Vec::new();
        let mut at = expr;
        while let Expr::Attribute(attribute) = at {
            chain.push((attribute.attr.id.as_str(), attribute.attr.range.end()));
            at = &attribute.value;
        }
        let Expr::Name(name) = at else { return false };
        chain.reverse();
        let (id, range) = (name.id.as_str(), name.range());
        if !self.interest.contains(id) {
            return true;
        }
        match name.ctx {
            ExprContext::Load => self.loads.push(Load {
                scope: self.now,
                name: id,
                range,
                chain,
            }),
            _ => self.bind(id, Binding::Other(range.start())),
        }
        true
    }
}

impl<'a> Visitor<'a> for Scopes<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => import.names.iter().for_each(|it| self.alias(it, false)),
            Stmt::ImportFrom(import) => import.names.iter().for_each(|it| self.alias(it, true)),
            Stmt::Global(global) => {
                let names = global.names.iter().map(|name| name.id.as_str());
                let names: Vec<&str> = names.collect();
                self.globals[self.now].extend(names);
            }
            Stmt::Nonlocal(nonlocal) => {
                for name in &nonlocal.names {
                    self.bind(&name.id, Binding::Other(name.range.start()));
                }
            }
            Stmt::FunctionDef(function) => {
                self.bind(
                    &function.name.id,
                    Binding::Other(function.name.range.start()),
                );
                for decorator in &function.decorator_list {
                    self.visit_decorator(decorator);
                }
                self.outside(&function.parameters);
                if let Some(returns) = &function.returns {
                    self.visit_annotation(returns);
                }
                let before = self.open(Kind::Function);
                self.parameters(&function.parameters);
                self.visit_body(&function.body);
                self.now = before;
            }
            Stmt::ClassDef(class) => {
                self.bind(&class.name.id, Binding::Other(class.name.range.start()));
                for decorator in &class.decorator_list {
                    self.visit_decorator(decorator);
                }
                if let Some(arguments) = &class.arguments {
                    self.visit_arguments(arguments);
                }
                let before = self.open(Kind::Class);
                self.visit_body(&class.body);
                self.now = before;
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.bind(&name.id, Binding::Other(name.range.start()));
        }
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(it) => it.name.as_ref(),
            Pattern::MatchStar(it) => it.name.as_ref(),
            Pattern::MatchMapping(it) => it.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bind(&name.id, Binding::Other(name.range.start()));
        }
        walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(_) | Expr::Attribute(_) => {
                if !self.chain(expr) {
                    walk_expr(self, expr);
                }
            }
            Expr::Named(named) => {
                // It belongs to what is around a comprehension.
                let here = self.now;
                while self.kinds[self.now] == Kind::Comprehension {
                    self.now = self.parents[self.now];
                }
                self.visit_expr(&named.target);
                self.now = here;
                self.visit_expr(&named.value);
            }
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.outside(parameters);
                }
                let before = self.open(Kind::Function);
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters);
                }
                self.visit_expr(&lambda.body);
                self.now = before;
            }
            Expr::ListComp(it) => self.comprehension(&it.generators, &[&it.elt]),
            Expr::SetComp(it) => self.comprehension(&it.generators, &[&it.elt]),
            Expr::Generator(it) => self.comprehension(&it.generators, &[&it.elt]),
            Expr::DictComp(it) => {
                let results: Vec<&Expr> =
                    it.key.as_deref().into_iter().chain([&*it.value]).collect();
                self.comprehension(&it.generators, &results);
            }
            _ => walk_expr(self, expr),
        }
    }
}
