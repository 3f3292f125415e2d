//! Bytes as Python takes them for text.

/// Encodings in which what is ASCII is itself.
const LIKE_ASCII: [&str; 7] = [
    "utf-8", "utf8", "ascii", "us-ascii", "latin", "iso-8859", "cp125",
];

/// The text, and how many bytes come before it; or why it is not looked at.
pub(super) fn text(source: &[u8]) -> Result<(&str, usize), &'static str> {
    let skipped = if source.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    };
    let text = std::str::from_utf8(&source[skipped..]).map_err(|_| "the file is not in UTF-8")?;
    if let Some(name) = cookie(text) {
        let name = name.to_ascii_lowercase().replace('_', "-");
        let utf8 = name.starts_with("utf-8") || name.starts_with("utf8");
        let plain = LIKE_ASCII.iter().any(|it| name.starts_with(it)) && text.is_ascii();
        if !utf8 && !plain {
            return Err("the file is not in UTF-8");
        }
    }
    if text.contains('\0') {
        return Err("the file has NUL bytes in it");
    }
    Ok((text, skipped))
}

/// The encoding that the first two lines name (PEP 263).
fn cookie(text: &str) -> Option<&str> {
    for line in text.lines().take(2) {
        let line = line.trim_start_matches([' ', '\t', '\x0c']);
        if let Some(comment) = line.strip_prefix('#') {
            let after = comment.find("coding").map(|at| &comment[at + 6..]);
            if let Some(rest) = after.and_then(|rest| rest.strip_prefix([':', '='])) {
                let rest = rest.trim_start_matches([' ', '\t']);
                let end = rest.find(|c: char| !c.is_alphanumeric() && !"-_.".contains(c));
                return Some(&rest[..end.unwrap_or(rest.len())]);
            }
        } else if !line.is_empty() {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_text_is_looked_at() {
        assert_eq!(text(b"\xef\xbb\xbfx"), Ok(("x", 3)));
        assert!(text(b"# -*- coding: latin-1 -*-\nx = 'a'").is_ok());
        assert!(text("# coding=latin-1\nx = 'ä'".as_bytes()).is_err());
        assert!(text(b"# vim: set fileencoding=utf-16 :\n").is_err());
        assert!(text(b"x = '\xe4'").is_err());
        assert!(text("x = 1\n# coding: utf-16\n# coding: utf-7 ä\n".as_bytes()).is_ok());
    }
}
