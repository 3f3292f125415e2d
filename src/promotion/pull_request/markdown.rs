//! Text from modules in Markdown that others read, and that bots act on: nobody is
//! mentioned, no issue is closed, no comment, fence, box, link or command is begun.

use crate::promotion::text;

/// A comment that nobody sees: it parts what must not be read as one.
const PART: &str = "<!-- -->";

/// One line of text that says what it says, and does nothing.
pub fn escape(text: &str) -> String {
    let text = text::visible(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = None;
    for (at, c) in text.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '`' => out.push_str("&grave;"),
            // `@name`, `#7`, `owner/name#7`, `https://…`, and `GH-7`.
            '@' | '#' => {
                out.push(c);
                out.push_str(PART);
            }
            ':' => {
                out.push(c);
                if text[at..].starts_with("://") {
                    out.push_str(PART);
                }
            }
            '-' if matches!(before, Some('H' | 'h')) => {
                out.push_str("\\-");
                out.push_str(PART);
            }
            // What bots take for a command begins a line; ours never do, but a table's
            // cell may be taken for one.
            '/' if at == 0 => out.push_str("&sol;"),
            '\\' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '+' | '-' | '!' | '|' | '~'
            | '$' | '=' | '^' => {
                out.push('\\');
                out.push(c);
            }
            'w' if before.is_none_or(|it: char| !it.is_alphanumeric())
                && text[at..].starts_with("www.") =>
            {
                out.push('w');
                out.push_str(PART);
            }
            c => out.push(c),
        }
        before = Some(c);
    }
    out
}

/// A path, a name or a digest, as code where that shows it as it is.
pub fn code(text: &str) -> String {
    let plain = |c: char| {
        c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '+' | '=' | ',' | ' ')
    };
    let text = text::visible(text);
    let edge = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let fits = text.chars().all(plain) && edge(text.chars().next()) && !text.ends_with(' ');
    match fits {
        true => format!("`{text}`"),
        false => escape(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    /// What a reader of Markdown sees, and what it made of it beside paragraphs.
    fn read(markdown: &str) -> (String, Vec<String>) {
        let (mut seen, mut others) = (String::new(), Vec::new());
        for event in Parser::new_ext(markdown, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
            match event {
                Event::Text(text) => seen.push_str(&text),
                Event::InlineHtml(html) if &*html == PART => {}
                Event::Start(Tag::Paragraph) | Event::End(_) => {}
                other => others.push(format!("{other:?}")),
            }
        }
        (seen, others)
    }

    #[test]
    fn nothing_acts() {
        for (text, raw) in [
            ("@octocat", "@octocat"),
            ("fixes #12", "#12"),
            ("acme/x#12", "x#12"),
            ("GH-12", "GH-12"),
            ("closes https://github.com/a/b/issues/1", "https://"),
            ("<!-- countersign:end -->", "<!-- countersign"),
            ("```sh", "```"),
            ("~~~", "~~~"),
            ("- [x] 1. all good", "[x]"),
            ("/merge", "/merge"),
            ("[a](https://evil.example)", "]("),
            ("![a](x)", "!["),
            ("<img src=x>", "<img"),
            ("www.evil.example", "www.evil"),
            ("a|b", "a|b"),
            ("$x$", "$x$"),
        ] {
            let safe = escape(text);
            assert!(!safe.contains(raw), "{text:?} became {safe:?}");
            let (seen, others) = read(&format!("x {safe}"));
            assert_eq!(seen, format!("x {text}"));
            assert_eq!(others, [""; 0], "{safe:?}");
        }
        assert_eq!(escape("a\n/merge\u{202e}"), "a␊/merge&lt;U\\+202E&gt;");
        assert_eq!(code("candidate/fees"), "`candidate/fees`");
        assert_eq!(code("a`@b"), "a&grave;@<!-- -->b");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_only_text(text in "[ -~äé\n]{0,40}") {
            let safe = escape(&text);
            prop_assert!(!safe.contains('\n'));
            let (seen, others) = read(&format!("x {safe}x"));
            let want = format!("x {}x", text::visible(&text));
            prop_assert_eq!(others, Vec::<String>::new(), "{}", safe);
            // Markdown makes several blanks one, and none at the end.
            let squeezed = |it: &str| it.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(squeezed(&seen), squeezed(&want));
        }

        #[test]
        fn nobody_is_mentioned(text in "[@#a-c/:h-]{0,20}") {
            let safe = escape(&text);
            let bytes: Vec<char> = safe.chars().collect();
            for pair in bytes.windows(2) {
                prop_assert!(!(matches!(pair[0], '@' | '#') && pair[1] != '<'), "{}", safe);
            }
        }
    }
}
