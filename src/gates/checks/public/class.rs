//! Classes: what they derive from, what makes one, what it has.

use ruff_python_ast::{Expr, ExprCall, Stmt, StmtAnnAssign, StmtClassDef};
use ruff_text_size::Ranged;

use super::function::{self, drop_first, last};
use super::read::{Definition, is_documented, short};
use crate::gates::checks::syntax::Source;
use crate::promotion::api::{Class, Item, Kind, Parameter, What};

/// Decorators that make `__init__` from the annotated fields.
const DATA_CLASSES: [&str; 4] = ["dataclass", "define", "frozen", "mutable"];

/// What every object has.
const EVERYWHERE: [&str; 18] = [
    "__init__",
    "__new__",
    "__post_init__",
    "__repr__",
    "__str__",
    "__eq__",
    "__ne__",
    "__hash__",
    "__format__",
    "__sizeof__",
    "__reduce__",
    "__reduce_ex__",
    "__dir__",
    "__getattribute__",
    "__setattr__",
    "__delattr__",
    "__init_subclass__",
    "__subclasshook__",
];

/// Reads a class, and what in it should be explained. `path`: its name, with
/// those of the classes around it.
pub(super) fn class(
    def: &StmtClassDef,
    source: &Source<'_>,
    path: &str,
    definitions: &mut Vec<Definition>,
) -> Class {
    definitions.push(Definition {
        name: path.to_owned(),
        kind: "class",
        line: source.line(def.name.range().start()),
        documented: is_documented(&def.body),
    });
    let arguments = def.arguments.as_deref();
    let bases = arguments.map_or(&[][..], |arguments| &arguments.args);
    let bases: Vec<String> = bases
        .iter()
        .filter(|base| !base.is_starred_expr())
        .map(|base| short(source, base))
        .filter(|base| base != "object")
        .collect();
    let mut reader = Reader {
        source,
        path,
        definitions,
        class: Class::default(),
        fields: fields(def, source, &bases),
    };
    reader.body(&def.body);
    let Reader {
        mut class, fields, ..
    } = reader;
    class.bases = bases;
    if class.made_with.is_none() {
        class.made_with = fields.map(|mut fields| {
            let found = &mut fields.found;
            found.sort_by_key(|parameter| parameter.kind == Kind::NameOnly); // stable
            std::mem::take(found)
        });
    }
    class
}

/// The fields of a data class.
struct Fields {
    /// How the next one may be given.
    kind: Kind,
    found: Vec<Parameter>,
}

fn fields(def: &StmtClassDef, source: &Source<'_>, bases: &[String]) -> Option<Fields> {
    let mut kind = Kind::Either;
    let mut is_data = bases.iter().any(|base| last(base) == "NamedTuple");
    for decorator in &def.decorator_list {
        let (name, call) = match &decorator.expression {
            Expr::Call(call) => (source.words(&*call.func), Some(call)),
            other => (source.words(other), None),
        };
        if !DATA_CLASSES.contains(&last(&name)) {
            continue;
        }
        let said = |name: &str| call.and_then(|call| said(call, name, source));
        is_data = said("init").as_deref() != Some("False");
        if said("kw_only").as_deref() == Some("True") {
            kind = Kind::NameOnly;
        }
    }
    is_data.then_some(Fields {
        kind,
        found: Vec::new(),
    })
}

/// What a call says by that name.
fn said(call: &ExprCall, name: &str, source: &Source<'_>) -> Option<String> {
    let keyword = call.arguments.find_keyword(name)?;
    Some(short(source, &keyword.value))
}

struct Reader<'a> {
    source: &'a Source<'a>,
    path: &'a str,
    definitions: &'a mut Vec<Definition>,
    class: Class,
    fields: Option<Fields>,
}

impl Reader<'_> {
    fn body(&mut self, body: &[Stmt]) {
        for stmt in body {
            match stmt {
                Stmt::FunctionDef(def) => self.function(def),
                Stmt::ClassDef(def) if !def.name.id.starts_with('_') => {
                    let name = def.name.id.as_str();
                    let path = format!("{}.{name}", self.path);
                    let inner = class(def, self.source, &path, self.definitions);
                    let line = self.source.line(def.name.range().start());
                    self.add(name, line, What::Class(inner));
                }
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        self.value(target, None);
                    }
                }
                Stmt::AnnAssign(assign) => self.annotated(assign),
                Stmt::If(branches) => {
                    self.body(&branches.body);
                    for clause in &branches.elif_else_clauses {
                        self.body(&clause.body);
                    }
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, name: &str, line: u32, what: What) {
        let item = Item { line, what };
        self.class.members.insert(name.to_owned(), item);
    }

    fn function(&mut self, def: &ruff_python_ast::StmtFunctionDef) {
        let name = def.name.id.as_str();
        let line = self.source.line(def.name.range().start());
        let is_overload = function::is_overload(def, self.source);
        if function::decorated(def, self.source, &["setter", "deleter"]) {
            let is_setter = function::decorated(def, self.source, &["setter"]);
            if let Some(Item {
                what: What::Function(property),
                ..
            }) = self.class.members.get_mut(name)
            {
                property.settable |= is_setter;
            }
            return;
        }
        let what = function::method(def, self.source);
        let is_made = name == "__init__" || name == "__new__" && self.class.made_with.is_none();
        if is_made && !is_overload {
            let mut parameters = what.parameters.clone();
            if name == "__new__" && what.binding == crate::promotion::api::Binding::Static {
                drop_first(&mut parameters);
            }
            self.class.made_with = Some(parameters);
        }
        let is_special = name.starts_with("__") && name.ends_with("__");
        let is_listed = match is_special {
            true => !EVERYWHERE.contains(&name),
            false => !name.starts_with('_'),
        };
        if !is_listed {
            return;
        }
        if is_overload {
            let what = What::Function(what);
            let item = Item { line, what };
            self.class.members.entry(name.to_owned()).or_insert(item);
            return;
        }
        // What overrides is explained where it comes from.
        if !is_special && !function::decorated(def, self.source, &["override"]) {
            self.definitions.push(Definition {
                name: format!("{}.{name}", self.path),
                kind: "method",
                line,
                documented: is_documented(&def.body),
            });
        }
        self.add(name, line, What::Function(what));
    }

    fn value(&mut self, target: &Expr, annotation: Option<String>) {
        match target {
            Expr::Name(name) if !name.id.starts_with('_') => {
                let line = self.source.line(target.range().start());
                let known = self.class.members.get(name.id.as_str());
                // `f = classmethod(f)` is still `f`.
                if known.is_none_or(|item| matches!(item.what, What::Value { .. })) {
                    self.add(&name.id, line, What::Value { annotation });
                }
            }
            Expr::Tuple(tuple) => {
                for target in &tuple.elts {
                    self.value(target, None);
                }
            }
            _ => {}
        }
    }

    fn annotated(&mut self, assign: &StmtAnnAssign) {
        let annotation = short(self.source, &*assign.annotation);
        let class_only = last(&annotation) == "ClassVar";
        let Some(fields) = self.fields.as_mut().filter(|_| !class_only) else {
            self.value(&assign.target, Some(annotation));
            return;
        };
        if last(&annotation) == "KW_ONLY" {
            fields.kind = Kind::NameOnly;
            return;
        }
        let Expr::Name(name) = &*assign.target else {
            return;
        };
        let mut kind = fields.kind;
        let mut default = assign.value.as_ref().map(|it| short(self.source, &**it));
        if let Some(Expr::Call(call)) = assign.value.as_deref()
            && matches!(
                last(&self.source.words(&*call.func)),
                "field" | "ib" | "attrib"
            )
        {
            let said = |name: &str| said(call, name, self.source);
            if said("init").as_deref() == Some("False") {
                self.value(&assign.target, Some(annotation));
                return;
            }
            if said("kw_only").as_deref() == Some("True") {
                kind = Kind::NameOnly;
            }
            default = ["default", "default_factory", "factory"]
                .iter()
                .find_map(|name| said(name));
        }
        let parameter = Parameter {
            name: name.id.to_string(),
            kind,
            default,
            annotation: Some(annotation),
        };
        let known = fields.found.iter_mut().find(|it| it.name == parameter.name);
        match known {
            Some(known) => *known = parameter,
            None => fields.found.push(parameter),
        }
    }
}
