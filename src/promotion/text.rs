//! Text from repositories is hostile: it may hold terminal escapes, bidi
//! controls and invisible characters. Everything shown passes through here.

use std::borrow::Cow;

/// Characters that would act on a terminal or hide something from a reader:
/// C0 and C1 controls, bidi controls (CVE-2021-42574), zero-width and
/// invisible formatting characters, line and paragraph separators, tags.
pub fn is_hostile(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// One line of text made safe and visible: C0 controls as control pictures
/// (`␛`), everything else that is hostile as `<U+202E>`. Tabs are hostile here
/// too; expand them first with [`expand_tabs`] where they are layout.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push_visible(&mut out, c);
    }
    Cow::Owned(out)
}

/// So many of something: `1 key`, `2 keys`, `3 entries`.
pub fn counted(many: usize, what: &str) -> String {
    let before = what
        .strip_suffix('y')
        .filter(|it| !it.ends_with(['a', 'e', 'o', 'u']));
    match (many, before) {
        (1, _) => format!("1 {what}"),
        (n, Some(before)) => format!("{n} {before}ies"),
        (n, None) => format!("{n} {what}s"),
    }
}

/// A word for the shell.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", visible(word).replace('\'', "'\\''")),
    }
}

/// Appends one character as [`visible`] shows it.
pub fn push_visible(out: &mut String, c: char) {
    match c {
        '\u{0}'..='\u{1f}' => {
            out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'));
        }
        '\u{7f}' => out.push('\u{2421}'),
        c if is_hostile(c) => out.push_str(&format!("<U+{:04X}>", c as u32)),
        c => out.push(c),
    }
}

/// Bytes as text: what is no UTF-8 becomes `<NN>` (its hexadecimal value), so
/// that a reader sees that it is there. Not yet safe to show: see [`visible`].
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut out = String::with_capacity(bytes.len() + 16);
            for chunk in bytes.utf8_chunks() {
                out.push_str(chunk.valid());
                for byte in chunk.invalid() {
                    out.push_str(&format!("<{byte:02X}>"));
                }
            }
            Cow::Owned(out)
        }
    }
}

/// Replaces tabs by spaces up to the next multiple of `width` columns.
/// Counts characters, not cells: good for the leading tabs of source code.
pub fn expand_tabs(line: &str, width: usize) -> Cow<'_, str> {
    if !line.contains('\t') {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len() + 16);
    let mut column = 0;
    for c in line.chars() {
        if c == '\t' {
            let fill = width - column % width;
            out.extend(std::iter::repeat_n(' ', fill));
            column += fill;
        } else {
            out.push(c);
            column += 1;
        }
    }
    Cow::Owned(out)
}

/// serde_json leaves DEL, C1, bidi and invisible characters as they are. Outside
/// of strings no such character occurs, so escaping all of them keeps the value.
pub fn escape_json(json: &str) -> String {
    if json.chars().all(|c| c == '\n' || !is_hostile(c)) {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if c != '\n' && is_hostile(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_one_or_many() {
        for (many, what, told) in [
            (0, "file", "0 files"),
            (1, "entry", "1 entry"),
            (2, "entry", "2 entries"),
            (3, "key", "3 keys"),
        ] {
            assert_eq!(counted(many, what), told);
        }
    }
    use proptest::prelude::*;

    #[test]
    fn escapes_and_bidi_become_visible() {
        assert_eq!(visible("\u{1b}[2Jx"), "␛[2Jx");
        assert_eq!(visible("a\u{202e}b"), "a<U+202E>b");
        assert_eq!(visible("\u{9b}31m"), "<U+009B>31m");
        assert_eq!(decode(b"caf\xe9"), "caf<E9>");
    }

    #[test]
    fn tabs_stop_at_multiples() {
        assert_eq!(expand_tabs("\ta\tb", 4), "    a   b");
    }

    proptest! {
        #[test]
        fn escaped_json_is_the_same_value(text: String) {
            let json = serde_json::to_string(&text).unwrap();
            let escaped = escape_json(&json);
            prop_assert!(!escaped.chars().any(is_hostile));
            prop_assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
        }

        #[test]
        fn nothing_hostile_survives(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = decode(&bytes);
            prop_assert!(!visible(&text).chars().any(is_hostile));
        }

        #[test]
        fn ordinary_text_is_untouched(text in "[ -~äöü漢字]*") {
            prop_assert!(matches!(visible(&text), Cow::Borrowed(_)));
        }
    }
}
