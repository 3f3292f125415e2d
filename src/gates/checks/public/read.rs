//! One file: what stands at its top level, and what of it is documented.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextSize};

use super::{Place, class, function, imports};
use crate::gates::checks::syntax::Source;
use crate::promotion::api::{File, Item, What};

/// What makes a value that nobody imports.
const HELPERS: [&str; 5] = [
    "getLogger",
    "get_logger",
    "TypeVar",
    "ParamSpec",
    "TypeVarTuple",
];

/// What was read of a file.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// True where it has a docstring.
    pub documented: bool,
    /// True where it has no statement at all.
    pub is_empty: bool,
    /// True where not all of `__all__` can be read without running it.
    pub computed: bool,
    /// What it has; path and whether it is public are for others to say.
    pub file: File,
    /// What others may use of it and should find explained.
    pub definitions: Vec<Definition>,
}

/// A function, class or method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name, with that of its class.
    pub name: String,
    /// What it is: `function`, `class`, `method`.
    pub kind: &'static str,
    /// The line of its name.
    pub line: u32,
    /// True where it has a docstring.
    pub documented: bool,
}

/// Reads a file that parses.
pub(super) fn file(source: &Source<'_>, place: Place<'_>) -> Read {
    let body = &source.parsed.syntax().body;
    let mut reader = Reader {
        source,
        place,
        file: File::default(),
        all: None,
        computed: false,
        helpers: BTreeSet::new(),
        passed_on: BTreeSet::new(),
        definitions: BTreeMap::new(),
    };
    reader.body(body);
    let names = reader.names();
    let mut file = reader.file;
    for name in &names {
        // `__all__` may name what a star brought, or a part of the package.
        file.items.entry(name.clone()).or_insert_with(|| {
            let part = place.join(name);
            let what = match place.files.contains(&part) {
                true => What::Passed {
                    file: part,
                    name: None,
                },
                false => What::Foreign,
            };
            Item { line: 0, what }
        });
    }
    if !file.stars.is_empty() {
        // What a star of the module's own brings is looked up there.
        file.items
            .retain(|_, item| item.line > 0 || item.what != What::Foreign);
    }
    let wanted = reader.definitions.into_iter();
    let mut definitions: Vec<Definition> = wanted
        .filter(|(name, _)| names.contains(name))
        .flat_map(|(_, definitions)| definitions)
        .collect();
    definitions.sort_by_key(|definition| definition.line);
    file.names = names;
    Read {
        documented: is_documented(body),
        is_empty: body.is_empty(),
        computed: reader.computed,
        file,
        definitions,
    }
}

struct Reader<'a> {
    source: &'a Source<'a>,
    place: Place<'a>,
    file: File,
    /// `__all__`.
    all: Option<BTreeSet<String>>,
    computed: bool,
    /// Values nobody imports.
    helpers: BTreeSet<String>,
    /// What is imported in a way that says that it is passed on.
    passed_on: BTreeSet<String>,
    /// By the name at the top level.
    definitions: BTreeMap<String, Vec<Definition>>,
}

impl Reader<'_> {
    /// The names others may use.
    fn names(&self) -> BTreeSet<String> {
        if let Some(all) = self.all.as_ref().filter(|_| !self.computed) {
            return all.clone();
        }
        let own = self.file.items.iter().filter(|(name, item)| {
            !name.starts_with('_')
                && match item.what {
                    What::Function(_) | What::Class(_) => true,
                    What::Value { .. } => !self.helpers.contains(*name),
                    What::Passed { .. } => self.place.is_package || self.passed_on.contains(*name),
                    What::Foreign => self.passed_on.contains(*name),
                }
        });
        let own = own.map(|(name, _)| name.clone());
        own.chain(self.all.clone().into_iter().flatten()).collect()
    }

    fn body(&mut self, body: &[Stmt]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                let line = self.line(def.name.range().start());
                let name = def.name.id.as_str();
                if function::is_overload(def, self.source) {
                    self.add_new(name, line, function::plain(def, self.source));
                    return;
                }
                let what = function::plain(def, self.source);
                self.define(name, "function", line, is_documented(&def.body));
                self.add(name, line, What::Function(what));
            }
            Stmt::ClassDef(def) => {
                let line = self.line(def.name.range().start());
                let name = def.name.id.as_str();
                let mut definitions = Vec::new();
                let class = class::class(def, self.source, name, &mut definitions);
                self.definitions.insert(name.to_owned(), definitions);
                self.add(name, line, What::Class(class));
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.assign(target, Some(&assign.value), None);
                }
            }
            Stmt::AnnAssign(assign) => {
                let annotation = short(self.source, &*assign.annotation);
                self.assign(&assign.target, assign.value.as_deref(), Some(annotation));
            }
            Stmt::AugAssign(assign) if is_name(&assign.target, "__all__") => {
                self.extend_all(&assign.value);
            }
            Stmt::TypeAlias(alias) => self.assign(&alias.name, None, None),
            Stmt::Expr(alone) => self.call_on_all(&alone.value),
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    if let Expr::Name(name) = target {
                        self.file.items.remove(name.id.as_str());
                    }
                }
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let again = alias.asname.as_ref().is_some_and(|n| n.id == alias.name.id);
                    let line = self.line(alias.range().start());
                    let (name, what) = imports::module(alias, self.place);
                    self.import(name, line, what, again);
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    let again = alias.asname.as_ref().is_some_and(|n| n.id == alias.name.id);
                    let line = self.line(alias.range().start());
                    match imports::from(import, alias, self.place) {
                        imports::From::Name(name, what) => self.import(name, line, what, again),
                        imports::From::Star(Some(file)) => self.file.stars.push(file),
                        imports::From::Star(None) => {}
                    }
                }
            }
            Stmt::If(branches) => {
                let test = self.source.words(&*branches.test);
                // What stands below it is for type checkers only.
                if !matches!(test.as_str(), "TYPE_CHECKING" | "typing.TYPE_CHECKING") {
                    self.body(&branches.body);
                }
                for clause in &branches.elif_else_clauses {
                    self.body(&clause.body);
                }
            }
            Stmt::Try(attempt) => {
                self.body(&attempt.body);
                for handler in &attempt.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    self.body(&handler.body);
                }
                self.body(&attempt.orelse);
                self.body(&attempt.finalbody);
            }
            Stmt::With(with) => self.body(&with.body),
            _ => {}
        }
    }

    fn line(&self, at: TextSize) -> u32 {
        self.source.line(at)
    }

    fn define(&mut self, name: &str, kind: &'static str, line: u32, documented: bool) {
        let definition = Definition {
            name: name.to_owned(),
            kind,
            line,
            documented,
        };
        self.definitions.insert(name.to_owned(), vec![definition]);
    }

    /// The last definition counts, as Python has it.
    fn add(&mut self, name: &str, line: u32, what: What) {
        let item = Item { line, what };
        self.file.items.insert(name.to_owned(), item);
    }

    /// A signature among several, where there is no other.
    fn add_new(&mut self, name: &str, line: u32, what: crate::promotion::api::Function) {
        let item = Item {
            line,
            what: What::Function(what),
        };
        self.file.items.entry(name.to_owned()).or_insert(item);
    }

    fn import(&mut self, name: String, line: u32, what: What, again: bool) {
        if again {
            self.passed_on.insert(name.clone());
        }
        let known = self.file.items.get(&name).map(|item| &item.what);
        // A function for want of what is imported is a function.
        if !matches!(known, Some(What::Function(_) | What::Class(_))) {
            self.add(&name, line, what);
        }
    }

    fn assign(&mut self, target: &Expr, value: Option<&Expr>, annotation: Option<String>) {
        match target {
            Expr::Name(name) if name.id == "__all__" => {
                self.all = Some(BTreeSet::new());
                self.computed = false;
                if let Some(value) = value {
                    self.extend_all(value);
                }
            }
            Expr::Name(name) => {
                let name = name.id.as_str();
                let known = self.file.items.get(name).map(|item| &item.what);
                // `try: import x` with `x = None`, or a function that is wrapped.
                if known.is_none_or(|what| matches!(what, What::Value { .. })) {
                    if value.is_some_and(is_helper) {
                        self.helpers.insert(name.to_owned());
                    }
                    let line = self.line(target.range().start());
                    self.add(name, line, What::Value { annotation });
                }
            }
            Expr::Tuple(tuple) => {
                for target in &tuple.elts {
                    self.assign(target, None, None);
                }
            }
            _ => {}
        }
    }

    fn extend_all(&mut self, value: &Expr) {
        let elements = match value {
            Expr::List(list) => &list.elts,
            Expr::Tuple(tuple) => &tuple.elts,
            Expr::BinOp(sum) => {
                self.extend_all(&sum.left);
                self.extend_all(&sum.right);
                return;
            }
            _ => {
                self.computed = true;
                return;
            }
        };
        for element in elements {
            match element {
                Expr::StringLiteral(text) => {
                    let all = self.all.get_or_insert_with(BTreeSet::new);
                    all.insert(text.value.to_str().to_owned());
                }
                _ => self.computed = true,
            }
        }
    }

    /// `__all__.append("x")`, `__all__.extend([…])`
    fn call_on_all(&mut self, expr: &Expr) {
        let Expr::Call(call) = expr else { return };
        let Expr::Attribute(method) = &*call.func else {
            return;
        };
        if !is_name(&method.value, "__all__") {
            return;
        }
        match (method.attr.id.as_str(), call.arguments.args.first()) {
            ("extend", Some(more)) => self.extend_all(more),
            ("append", Some(Expr::StringLiteral(text))) => {
                let all = self.all.get_or_insert_with(BTreeSet::new);
                all.insert(text.value.to_str().to_owned());
            }
            _ => self.computed = true,
        }
    }
}

fn is_name(expr: &Expr, name: &str) -> bool {
    expr.as_name_expr().is_some_and(|found| found.id == name)
}

/// True for a logger and the like.
fn is_helper(value: &Expr) -> bool {
    let Expr::Call(call) = value else {
        return false;
    };
    let name = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.id.as_str(),
        _ => return false,
    };
    HELPERS.contains(&name)
}

/// True where a body begins with a text that says something.
pub(super) fn is_documented(body: &[Stmt]) -> bool {
    let Some(Stmt::Expr(first)) = body.first() else {
        return false;
    };
    let text = first.value.as_string_literal_expr();
    text.is_some_and(|text| !text.value.to_str().trim().is_empty())
}

/// Longest expression kept, in characters.
const LONGEST: usize = 80;

/// What stands there, on one line, cut.
pub(super) fn short(source: &Source<'_>, node: &impl Ranged) -> String {
    let words = source.words(node);
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}
