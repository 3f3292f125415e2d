//! What a file says of itself.

use ruff_python_ast::{Expr, PySourceType, Stmt};
use ruff_python_parser::parse_unchecked_source;

/// Only so much of a file is read: a docstring stands at its beginning.
const MOST: usize = 64 * 1024;

/// The docstring of a file, without the blanks that indent it; `None` without one.
pub fn docstring(source: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(source.get(..MOST).unwrap_or(source));
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    // A tree that is too deep to be dropped has no place before the docstring: only what
    // is there up to its end is parsed.
    let text = &text[..end_of_first(text)];
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let Some(Stmt::Expr(first)) = parsed.syntax().body.first() else {
        return None;
    };
    let Expr::StringLiteral(string) = &*first.value else {
        return None;
    };
    let said = dedent(string.value.to_str());
    (!said.is_empty()).then_some(said)
}

/// Where the string that a file may begin with ends; 0 where it begins with none.
fn end_of_first(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if !bare.is_empty() && !bare.starts_with('#') {
            break;
        }
        at += line.len();
    }
    let rest = text[at..].trim_start();
    let start = text.len() - rest.len();
    let prefixed = rest.trim_start_matches(['r', 'R', 'u', 'U']);
    let open = start + (rest.len() - prefixed.len());
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        let Some(inside) = text[open..].strip_prefix(quote) else {
            continue;
        };
        let mut escaped = false;
        for (offset, c) in inside.char_indices() {
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if inside[offset..].starts_with(quote) {
                return open + quote.len() + offset + quote.len();
            }
        }
        return 0;
    }
    0
}

fn dedent(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().trim();
    let rest: Vec<&str> = lines.collect();
    let full = rest.iter().filter(|line| !line.trim().is_empty());
    let depth = full
        .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0);
    let mut out = first.to_owned();
    for line in rest {
        out.push('\n');
        out.push_str(line.get(depth..).unwrap_or_default().trim_end());
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_string_at_the_beginning_is_one() {
        let of = |source: &str| docstring(source.as_bytes());
        assert_eq!(
            of("#!/bin/x\n\n\"\"\"It waits.\n\n    And goes on.\n      Deeper.\n\"\"\"\nimport os\n").as_deref(),
            Some("It waits.\n\nAnd goes on.\n  Deeper.")
        );
        assert_eq!(of("r'''It\\s'''").as_deref(), Some("It\\s"));
        assert_eq!(of("'It\\'s'").as_deref(), Some("It's"));
        for none in [
            "import os\n\"\"\"x\"\"\"",
            "f'{x}'",
            "\"\"\"open",
            "b'x'",
            "''",
            "x = 'a'",
            "",
        ] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn a_tree_that_is_too_deep_is_not_built() {
        let deep = format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000));
        assert_eq!(docstring(deep.as_bytes()), None);
        let behind = format!("'''It waits.'''\nx = {deep}\n");
        assert_eq!(docstring(behind.as_bytes()).as_deref(), Some("It waits."));
    }

    proptest! {
        #[test]
        fn any_bytes_may_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = docstring(&bytes);
        }

        #[test]
        fn odd_strings_may_be_read(text in "[ru]?['\"\\\\a\\n é]{0,40}") {
            let _ = docstring(text.as_bytes());
        }
    }
}
