//! Functions and methods: how they are reached and what they take.

use ruff_python_ast::{ParameterWithDefault, Parameters, StmtFunctionDef};

use super::read::short;
use crate::gates::checks::syntax::Source;
use crate::promotion::api::{Binding, Function, Kind, Parameter};

/// A function that is no method.
pub(super) fn plain(def: &StmtFunctionDef, source: &Source<'_>) -> Function {
    Function {
        binding: Binding::Plain,
        is_async: def.is_async,
        settable: false,
        parameters: parameters(&def.parameters, source),
        returns: def
            .returns
            .as_ref()
            .map(|returns| short(source, &**returns)),
    }
}

/// A method.
pub(super) fn method(def: &StmtFunctionDef, source: &Source<'_>) -> Function {
    let mut function = plain(def, source);
    for decorator in &def.decorator_list {
        let name = source.words(&decorator.expression);
        function.binding = match last(&name) {
            "staticmethod" => Binding::Static,
            "classmethod" => Binding::Class,
            "property" | "cached_property" | "abstractproperty" => Binding::Property,
            _ => continue,
        };
    }
    if function.binding != Binding::Static {
        drop_first(&mut function.parameters);
    }
    function
}

/// Without `self` or `cls`.
pub(super) fn drop_first(parameters: &mut Vec<Parameter>) {
    let first = parameters.first().map(|parameter| parameter.kind);
    if matches!(first, Some(Kind::PositionOnly | Kind::Either)) {
        parameters.remove(0);
    }
}

/// One of several signatures: the function itself follows.
pub(super) fn is_overload(def: &StmtFunctionDef, source: &Source<'_>) -> bool {
    decorated(def, source, &["overload"])
}

/// True where a decorator has one of these names.
pub(super) fn decorated(def: &StmtFunctionDef, source: &Source<'_>, names: &[&str]) -> bool {
    let mut decorators = def.decorator_list.iter();
    decorators.any(|it| names.contains(&last(&source.words(&it.expression))))
}

/// The last part of a dotted name.
pub(super) fn last(name: &str) -> &str {
    let name = name.split(['(', '[']).next().unwrap_or_default();
    name.rsplit('.').next().unwrap_or_default()
}

/// What a function takes.
pub(super) fn parameters(parameters: &Parameters, source: &Source<'_>) -> Vec<Parameter> {
    let with = |kind: Kind| {
        move |parameter: &ParameterWithDefault| Parameter {
            name: parameter.parameter.name.id.to_string(),
            kind,
            default: parameter.default.as_ref().map(|it| short(source, &**it)),
            annotation: annotation(&parameter.parameter, source),
        }
    };
    let star = |kind: Kind, parameter: &ruff_python_ast::Parameter| Parameter {
        name: parameter.name.id.to_string(),
        kind,
        default: None,
        annotation: annotation(parameter, source),
    };
    let mut all: Vec<Parameter> = Vec::new();
    all.extend(parameters.posonlyargs.iter().map(with(Kind::PositionOnly)));
    all.extend(parameters.args.iter().map(with(Kind::Either)));
    all.extend(parameters.vararg.iter().map(|it| star(Kind::Rest, it)));
    all.extend(parameters.kwonlyargs.iter().map(with(Kind::NameOnly)));
    all.extend(parameters.kwarg.iter().map(|it| star(Kind::Names, it)));
    all
}

fn annotation(parameter: &ruff_python_ast::Parameter, source: &Source<'_>) -> Option<String> {
    let annotation = parameter.annotation.as_ref();
    annotation.map(|annotation| short(source, &**annotation))
}
