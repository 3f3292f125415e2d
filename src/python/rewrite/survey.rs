//! What there is in a file that may name a module: statements and strings.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{
    Expr, ExprCall, FStringPart, InterpolatedStringElement, Stmt, StmtIf, StmtImport,
    StmtImportFrom, StringLiteral,
};
use ruff_text_size::{Ranged, TextRange};

use crate::promotion::impact::When;
use crate::python::visit::{Names, is_type_checking, names_a_module, strings};

/// What is nested deeper is not looked into: nobody writes that.
const MOST_DEPTH: usize = 300;

/// An import.
pub(super) enum Import<'a> {
    Plain(&'a StmtImport, When),
    From(&'a StmtImportFrom, When),
}

/// A string that will be imported, or begins what will be.
pub(super) struct Text<'a> {
    /// Where its characters are, if they stand there as they are.
    pub content: Option<TextRange>,
    /// The whole expression.
    pub range: TextRange,
    /// What it says, as far as that is written down.
    pub value: &'a str,
    /// False where more follows that is only known when it is run.
    pub whole: bool,
    /// What it names.
    pub names: Names,
    /// What relative names are below, if a string says so.
    pub package: Option<&'a StringLiteral>,
    /// When it is run.
    pub when: When,
    /// True where the first part of the name is what comes of it.
    pub top: bool,
}

/// All of it.
#[derive(Default)]
pub(super) struct Survey<'a> {
    pub imports: Vec<Import<'a>>,
    pub texts: Vec<Text<'a>>,
    /// Strings that are types.
    pub annotations: Vec<&'a StringLiteral>,
    /// Strings that stand alone.
    pub docs: Vec<TextRange>,
    pub too_deep: bool,
    depth: usize,
    functions: usize,
    typing: usize,
}

impl<'a> Survey<'a> {
    /// Of these statements.
    pub fn of(body: &'a [Stmt]) -> Self {
        let mut survey = Self::default();
        survey.visit_body(body);
        survey
    }

    fn when(&self) -> When {
        match (self.typing > 0, self.functions > 0) {
            (true, _) => When::Typing,
            (false, true) => When::Lazy,
            (false, false) => When::Always,
        }
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

    fn branches(&mut self, branches: &'a StmtIf) {
        let typing = usize::from(is_type_checking(&branches.test));
        self.visit_expr(&branches.test);
        self.typing += typing;
        self.visit_body(&branches.body);
        self.typing -= typing;
        for clause in &branches.elif_else_clauses {
            self.visit_elif_else_clause(clause);
        }
    }

    fn call(&mut self, call: &'a ExprCall) {
        let modules = matches!(&*call.func, Expr::Attribute(method)
            if is_sys_modules(&method.value)
                && matches!(method.attr.id.as_str(), "get" | "pop" | "setdefault"));
        let names = match modules {
            true => Some(Names::Module),
            false => names_a_module(&call.func),
        };
        let Some(names) = names else { return };
        let keyword = |wanted: &[&str]| {
            let mut keywords = call.arguments.keywords.iter();
            let is_wanted = |name: &str| wanted.contains(&name);
            let found = keywords.find(|it| {
                it.arg
                    .as_ref()
                    .is_some_and(|arg| is_wanted(arg.id.as_str()))
            });
            found.map(|it| &it.value)
        };
        let first = call.arguments.args.first();
        let Some(named) = first.or_else(|| keyword(&["name", "target", "modname", "mod_name"]))
        else {
            return;
        };
        let package = call.arguments.args.get(1).or_else(|| keyword(&["package"]));
        let package = package.and_then(literal);
        let top = matches!(&*call.func, Expr::Name(name) if name.id == "__import__");
        self.text(named, names, package);
        if let Some(last) = self.texts.last_mut().filter(|it| it.range == named.range()) {
            last.top = top;
        }
        // `patch.dict("sys.modules", {"a.b": …})`
        let of_modules =
            literal(named).is_some_and(|it| &*it.value == "sys.modules") || is_sys_modules(named);
        if let (true, Some(Expr::Dict(dict))) = (of_modules, call.arguments.args.get(1)) {
            for key in dict.items.iter().filter_map(|item| item.key.as_ref()) {
                self.text(key, Names::Module, None);
            }
        }
    }

    fn text(&mut self, named: &'a Expr, names: Names, package: Option<&'a StringLiteral>) {
        let Some((value, content, whole)) = head(named) else {
            return;
        };
        let when = self.when();
        self.texts.push(Text {
            content,
            range: named.range(),
            value,
            whole,
            names,
            package,
            when,
            top: false,
        });
    }
}

impl<'a> Visitor<'a> for Survey<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.deeper(|this| match stmt {
            Stmt::Import(import) => {
                let when = this.when();
                this.imports.push(Import::Plain(import, when));
            }
            Stmt::ImportFrom(import) => {
                let when = this.when();
                this.imports.push(Import::From(import, when));
            }
            Stmt::If(branches) => this.branches(branches),
            Stmt::FunctionDef(function) => {
                for decorator in &function.decorator_list {
                    this.visit_decorator(decorator);
                }
                this.visit_parameters(&function.parameters);
                if let Some(returns) = &function.returns {
                    this.visit_annotation(returns);
                }
                this.functions += 1;
                this.visit_body(&function.body);
                this.functions -= 1;
            }
            Stmt::Assign(assign) => {
                let plugins = assign.targets.iter().any(|target| {
                    let name = target.as_name_expr();
                    name.is_some_and(|name| name.id == "pytest_plugins")
                });
                if plugins {
                    for text in strings(&assign.value) {
                        let content = plain(text.value.as_slice());
                        this.texts.push(Text {
                            content,
                            range: text.range,
                            value: text.value.to_str(),
                            whole: true,
                            names: Names::Module,
                            package: None,
                            when: When::Always,
                            top: false,
                        });
                    }
                }
                walk_stmt(this, stmt);
            }
            Stmt::Expr(alone) if alone.value.is_string_literal_expr() => {
                this.docs.push(alone.range);
            }
            _ => walk_stmt(this, stmt),
        });
    }

    fn visit_annotation(&mut self, annotation: &'a Expr) {
        let mut todo = vec![annotation];
        while let Some(expr) = todo.pop() {
            match expr {
                Expr::StringLiteral(text) => self.annotations.extend(text.value.as_slice()),
                Expr::Subscript(of) => match (last_name(&of.value), &*of.slice) {
                    ("Literal", _) => {} // values, not types
                    ("Annotated", Expr::Tuple(list)) => todo.extend(list.elts.first()),
                    _ => todo.push(&of.slice),
                },
                Expr::Tuple(list) => todo.extend(&list.elts),
                Expr::List(list) => todo.extend(&list.elts),
                Expr::BinOp(either) => todo.extend([&*either.left, &*either.right]),
                _ => {}
            }
            if todo.len() > MOST_DEPTH {
                break;
            }
        }
        self.visit_expr(annotation);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.deeper(|this| {
            match expr {
                Expr::Call(call) => this.call(call),
                Expr::Subscript(of) if is_sys_modules(&of.value) => {
                    this.text(&of.slice, Names::Module, None);
                }
                Expr::Compare(compare) => {
                    let mut against = compare.comparators.iter();
                    if against.any(is_sys_modules) {
                        this.text(&compare.left, Names::Module, None);
                    }
                }
                _ => {}
            }
            walk_expr(this, expr);
        });
    }
}

fn last_name(expr: &Expr) -> &str {
    match expr {
        Expr::Name(name) => &name.id,
        Expr::Attribute(of) => &of.attr.id,
        _ => "",
    }
}

/// `sys.modules`
fn is_sys_modules(expr: &Expr) -> bool {
    match expr {
        Expr::Attribute(of) => {
            let sys = of.value.as_name_expr();
            of.attr.id.as_str() == "modules" && sys.is_some_and(|name| name.id == "sys")
        }
        _ => false,
    }
}

fn literal(expr: &Expr) -> Option<&StringLiteral> {
    match expr.as_string_literal_expr()?.value.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

/// What an expression begins with, where that is a string: the string, where its
/// characters are, and whether that is all.
fn head(expr: &Expr) -> Option<(&str, Option<TextRange>, bool)> {
    match expr {
        Expr::StringLiteral(text) => {
            Some((text.value.to_str(), plain(text.value.as_slice()), true))
        }
        Expr::FString(text) => match text.value.as_slice() {
            [FStringPart::FString(only)] => match only.elements.iter().next()? {
                InterpolatedStringElement::Literal(first) => {
                    let whole = only.elements.iter().count() == 1;
                    // What is escaped does not stand there as it is.
                    let same = first.range.len().to_usize() == first.value.len();
                    Some((&first.value, same.then_some(first.range), whole))
                }
                InterpolatedStringElement::Interpolation(_) => None,
            },
            _ => None,
        },
        // `"a." + b`, `"a.%s" % b`, `"a.{}".format(b)`
        Expr::BinOp(both) => head(&both.left).map(|(value, at, _)| (value, at, false)),
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(of) if of.attr.id.as_str() == "format" => {
                head(&of.value).map(|(value, at, _)| (value, at, false))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Where the characters of a string are, if they stand there as they are.
fn plain(parts: &[StringLiteral]) -> Option<TextRange> {
    let [part] = parts else { return None };
    let range = part.content_range();
    (range.len().to_usize() == part.value.len()).then_some(range)
}
