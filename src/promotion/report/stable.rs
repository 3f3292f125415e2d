//! Words without what differs from run to run: addresses, places of a machine,
//! temporary names, durations.

/// Longest text kept, in characters. Shorter than what evidence keeps, so that
/// where that was cut (which depends on the length of paths) is not seen here.
const LONGEST: usize = 500;

/// The text with the unstable parts replaced by `…`.
pub(super) fn stable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let fresh = !(before.is_alphanumeric() || before == '_');
        let found = match c {
            '0' if fresh => address(rest),
            '/' if fresh && !matches!(before, '.' | '/' | '}') => place(rest),
            't' if fresh => temporary(rest, "tmp", 8),
            'p' if fresh => ["pytest-of-", "pytest-"]
                .iter()
                .find_map(|name| temporary(rest, name, 1)),
            _ => None,
        }
        .or_else(|| duration(rest).filter(|_| c.is_ascii_digit() && fresh && before != '.'));
        let length = match found {
            Some((shown, length)) => {
                out.push_str(&shown);
                length
            }
            None => {
                out.push(c);
                c.len_utf8()
            }
        };
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    match out.char_indices().nth(LONGEST) {
        Some((end, _)) => out[..end].to_owned(),
        None => out,
    }
}

/// What to show instead of so many bytes.
type Found = Option<(String, usize)>;

fn span(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// `0x7f3c2a1b9d30`
fn address(text: &str) -> Found {
    let digits = span(text.strip_prefix("0x")?, |c| c.is_ascii_hexdigit());
    (digits >= 6).then(|| ("0x…".to_owned(), 2 + digits))
}

/// `/home/somebody/x/y.py`: an absolute path with more than one part.
fn place(text: &str) -> Found {
    let length = span(text, |c| {
        !c.is_whitespace() && !"'\"`()<>[]{},;:|".contains(c)
    });
    let parts = text[..length].split('/').filter(|part| !part.is_empty());
    (parts.count() > 1).then(|| ("/…".to_owned(), length))
}

/// `tmpab12_x9z`, `pytest-of-somebody`, `pytest-17`: a name with what follows it.
fn temporary(text: &str, name: &str, least: usize) -> Found {
    let after = text.strip_prefix(name)?;
    let word = |c: char| match name {
        "pytest-" => c.is_ascii_digit(),
        _ => c.is_ascii_alphanumeric() || c == '_' || (c == '-' && name == "pytest-of-"),
    };
    let length = span(after, word);
    (length >= least).then(|| (format!("{name}…"), name.len() + length))
}

/// `0.01s`, `12 ms`, `3 seconds`.
fn duration(text: &str) -> Found {
    const UNITS: [&str; 13] = [
        "seconds", "second", "secs", "sec", "minutes", "minute", "min", "ms", "us", "µs", "ns",
        "s", "h",
    ];
    let digits = span(text, |c| c.is_ascii_digit() || c == '.');
    let after = text[digits..].strip_prefix(' ').unwrap_or(&text[digits..]);
    let unit = UNITS.iter().find(|unit| {
        after
            .strip_prefix(**unit)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })?;
    Some((format!("… {unit}"), text.len() - after.len() + unit.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_differs_from_run_to_run_is_gone() {
        for (text, expected) in [
            ("<A object at 0x7f3c2a1b9d30>", "<A object at 0x…>"),
            ("in 0.01s, then 12 ms", "in … s, then … ms"),
            ("open('/home/u/x.py') failed", "open('/…') failed"),
            (
                "tmpab12_x9z and pytest-of-root/pytest-3/a",
                "tmp… and pytest-of-…/pytest-…/a",
            ),
            ("{tree}/a/b.py:3: bad", "{tree}/a/b.py:3: bad"),
        ] {
            assert_eq!(stable(text), expected);
        }
    }

    #[test]
    fn what_says_something_stays() {
        for text in [
            "Line too long (120 > 88)",
            "Incompatible types in assignment (expression has type \"int\", variable has type \"str\")",
            "Module has no attribute \"tmp_path\"",
            "a/b/c.py imports core.x; and/or",
            "Magic value 0x1F, version 1.2.3",
            "the /healthz endpoint",
        ] {
            assert_eq!(stable(text), text);
        }
    }

    proptest! {
        #[test]
        fn doing_it_twice_changes_nothing(text in "[ -~…]{0,80}") {
            let once = stable(&text);
            prop_assert_eq!(stable(&once), once);
        }
    }
}
