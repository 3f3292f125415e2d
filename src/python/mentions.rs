//! Strings that may name a module or a Python file: `"a.b"`, `"a/b.py"`, paths
//! that are put together, and code in a string.

use ruff_python_ast::{Expr, ExprBinOp, ExprCall, Operator};

use super::visit::is_identifier;

/// A longer string is data.
const LONGEST: usize = 4_000;

/// What a string may name.
pub(super) fn of(text: &str) -> Vec<&str> {
    let text = text.trim();
    if text.len() > LONGEST {
        return Vec::new();
    }
    if is_dotted(text) || is_path(text) {
        return vec![text.trim_start_matches("./")];
    }
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || ";,()'\"`[]=".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    words
        .windows(2)
        .filter(|pair| match pair[0] {
            "import" | "from" | "-m" => is_dotted(pair[1]),
            _ => is_path(pair[1]),
        })
        .map(|pair| pair[1].trim_start_matches("./"))
        .collect()
}

/// `root / "a" / "b.py"`: the strings at its end, as a path.
pub(super) fn divided(slash: &ExprBinOp) -> Option<String> {
    if slash.op != Operator::Div {
        return None;
    }
    let mut parts = vec![slash.right.as_string_literal_expr()?.value.to_str()];
    let mut at = &*slash.left;
    while let Expr::BinOp(inner) = at {
        if inner.op != Operator::Div {
            break;
        }
        let Some(part) = inner.right.as_string_literal_expr() else {
            break;
        };
        parts.push(part.value.to_str());
        at = &*inner.left;
    }
    if let Expr::StringLiteral(first) = at {
        parts.push(first.value.to_str());
    }
    parts.reverse();
    path(&parts)
}

/// `join(root, "a", "b.py")`, `root.joinpath("a", "b.py")`, `Path("a", "b.py")`.
pub(super) fn joined(call: &ExprCall) -> Option<String> {
    let name = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.id.as_str(),
        _ => return None,
    };
    if !matches!(name, "join" | "joinpath" | "Path" | "PurePath") {
        return None;
    }
    let mut parts: Vec<&str> = call
        .arguments
        .args
        .iter()
        .rev()
        .map_while(|argument| Some(argument.as_string_literal_expr()?.value.to_str()))
        .collect();
    parts.reverse();
    path(&parts)
}

/// Only several parts: one by itself is looked at as a string.
fn path(parts: &[&str]) -> Option<String> {
    let path = parts.join("/");
    (parts.len() > 1 && is_path(&path)).then_some(path)
}

fn is_dotted(text: &str) -> bool {
    text.contains('.') && !text.ends_with(".py") && text.split('.').all(is_identifier)
}

/// A Python file in a directory.
fn is_path(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || "_-.".contains(c))
    };
    let text = text.trim_start_matches("./");
    text.ends_with(".py") && text.contains('/') && text.split('/').all(plain)
}
