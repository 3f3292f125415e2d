//! Signatures as people read them.

use super::{Binding, Class, Function, Kind, Parameter, What};

/// Longest signature shown, in characters.
const LONGEST: usize = 240;

/// `(a, /, b: int = 1, *, c) -> str`
fn signature(function: &Function) -> String {
    let mut out = match function.binding {
        Binding::Property => String::new(),
        _ => parameters(&function.parameters),
    };
    if let Some(returns) = &function.returns {
        out.push_str(&format!(" -> {returns}"));
    }
    cut(out)
}

/// What an item is, in a word.
pub(super) fn kind(what: &What) -> &'static str {
    match what {
        What::Function(function) => match (function.binding, function.is_async) {
            (Binding::Property, _) => "a property",
            (Binding::Static, _) => "a static method",
            (Binding::Class, _) => "a class method",
            (Binding::Plain, true) => "an async function",
            (Binding::Plain, false) => "a function",
        },
        What::Class(_) => "a class",
        What::Value { .. } => "a value",
        What::Passed { .. } => "a module",
        What::Foreign => "from elsewhere",
    }
}

/// A name with what follows it: `async f(a) -> int`, `class C(a) of Base`.
pub(super) fn line(name: &str, what: &What) -> String {
    cut(match what {
        What::Function(function) => {
            let before = match (function.binding, function.is_async) {
                (Binding::Property, _) => "property ",
                (Binding::Static, _) => "static ",
                (Binding::Class, _) => "classmethod ",
                (Binding::Plain, true) => "async ",
                (Binding::Plain, false) => "",
            };
            format!("{before}{name}{}", signature(function))
        }
        What::Class(class) => format!("class {name}{}", made(class)),
        What::Value {
            annotation: Some(annotation),
        } => format!("{name}: {annotation}"),
        What::Value { annotation: None } | What::Foreign => name.to_owned(),
        What::Passed { .. } => format!("module {name}"),
    })
}

fn made(class: &Class) -> String {
    let made = class.made_with.as_deref().map_or(String::new(), parameters);
    match class.bases.as_slice() {
        [] => made,
        bases => format!("{made} of {}", bases.join(", ")),
    }
}

fn parameters(parameters: &[Parameter]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut before = None;
    for parameter in parameters {
        if before == Some(Kind::PositionOnly) && parameter.kind != Kind::PositionOnly {
            parts.push("/".into());
        }
        let starred = matches!(before, Some(Kind::Rest | Kind::NameOnly));
        if parameter.kind == Kind::NameOnly && !starred {
            parts.push("*".into());
        }
        parts.push(one(parameter));
        before = Some(parameter.kind);
    }
    if before == Some(Kind::PositionOnly) {
        parts.push("/".into());
    }
    format!("({})", parts.join(", "))
}

fn one(parameter: &Parameter) -> String {
    let stars = match parameter.kind {
        Kind::Rest => "*",
        Kind::Names => "**",
        _ => "",
    };
    let mut out = format!("{stars}{}", parameter.name);
    if let Some(annotation) = &parameter.annotation {
        out.push_str(&format!(": {annotation}"));
    }
    if let Some(default) = &parameter.default {
        let sign = match parameter.annotation {
            Some(_) => " = ",
            None => "=",
        };
        out.push_str(&format!("{sign}{default}"));
    }
    out
}

fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
