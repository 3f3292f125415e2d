//! One line of a form: what kind of line it is, byte for byte.

/// A label is no longer than this many words.
const LONGEST_LABEL: usize = 10;

/// What a line is, as far as a form goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Nothing on it.
    Blank,
    /// `## Title`: the level, the title.
    Heading(u8, &'a str),
    /// `---`.
    Rule,
    /// `- [ ] words`: how deep it is, what stands before the mark, whether it is ticked,
    /// the words.
    Task(usize, &'a str, bool, &'a str),
    /// `- **Owner:** @x`.
    Label(Label<'a>),
    /// `- words`: how deep it is, the bullet, the words.
    Bullet(usize, &'a str, &'a str),
    /// Anything else that a reader sees as text.
    Text,
    /// What is kept as it is: quotes, tables, HTML.
    Kept,
}

/// A label and what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label<'a> {
    /// How many columns stand before the bullet; `None` without one.
    pub bullet: Option<usize>,
    /// Everything up to where a value goes, with the blank before it.
    pub before: &'a str,
    /// The label alone.
    pub label: &'a str,
    /// What stands there now, without blanks around it.
    pub rest: &'a str,
}

impl<'a> Line<'a> {
    /// Of a line without its end.
    pub fn of(line: &'a str) -> Self {
        let bare = line.trim();
        if bare.is_empty() {
            return Self::Blank;
        }
        let indent = line.len() - line.trim_start().len();
        if indent < 4
            && let Some(heading) = heading(bare)
        {
            return heading;
        }
        let same = |c: char| {
            bare.chars()
                .filter(|it| !it.is_whitespace())
                .all(|it| it == c)
        };
        if bare.len() >= 3 && (same('-') || same('*') || same('_')) {
            return Self::Rule;
        }
        if bare.starts_with(['>', '|']) || is_tag(bare) {
            return Self::Kept;
        }
        let marker = ["- ", "* ", "+ "].iter().any(|it| bare.starts_with(it));
        if !marker {
            // A name in bold is a label, a sentence with a colon is none.
            return match bare.starts_with("**") {
                true => label(line, indent, None).map_or(Self::Text, Self::Label),
                false => Self::Text,
            };
        }
        let start = indent + 2 + (bare[2..].len() - bare[2..].trim_start().len());
        for (mark, ticked) in [("[ ]", false), ("[x]", true), ("[X]", true)] {
            if let Some(words) = line[start..].strip_prefix(mark)
                && words.starts_with(' ')
            {
                return Self::Task(indent, &line[..start], ticked, words.trim());
            }
        }
        match label(line, start, Some(indent)) {
            Some(label) => Self::Label(label),
            None => Self::Bullet(indent, &line[..start], line[start..].trim()),
        }
    }
}

/// True where a line begins with HTML: `<what to write>` is none.
fn is_tag(bare: &str) -> bool {
    let Some(inner) = bare.strip_prefix('<') else {
        return false;
    };
    let name = inner.trim_start_matches('/');
    let end = name.find(|c: char| !c.is_ascii_alphanumeric());
    let (name, rest) = name.split_at(end.unwrap_or(name.len()));
    inner.starts_with("!--") || (TAGS.contains(&name) && rest.starts_with(['>', '/', ' ']))
}

/// Tags that stand in documents.
const TAGS: [&str; 14] = [
    "a", "br", "center", "details", "div", "hr", "img", "p", "picture", "pre", "span", "summary",
    "table", "ul",
];

fn heading(bare: &str) -> Option<Line<'_>> {
    let level = bare.bytes().take_while(|it| *it == b'#').count();
    let rest = &bare[level..];
    let is_one = (1..=6).contains(&level) && (rest.is_empty() || rest.starts_with(' '));
    is_one.then(|| Line::Heading(level as u8, rest.trim().trim_end_matches('#').trim_end()))
}

/// `**Owner:** @x`, `**Owner**: @x`, `Owner: @x`, `**Is it?** [yes / no]`.
fn label(line: &str, start: usize, bullet: Option<usize>) -> Option<Label<'_>> {
    let text = &line[start..];
    let (label, end) = match text.strip_prefix("**") {
        Some(inner) => {
            let close = inner.find("**")?;
            let after = start + 2 + close + 2;
            let bold = inner[..close].trim();
            match line[after..].strip_prefix(':') {
                Some(_) => (bold, after + 1),
                None if bold.ends_with([':', '?']) => (bold.trim_end_matches(':'), after),
                None => return None,
            }
        }
        None => {
            let at = text.char_indices().find(|(at, c)| {
                let next = text[at + c.len_utf8()..].chars().next();
                matches!(c, ':' | '?') && next.is_none_or(char::is_whitespace)
            });
            let (at, sign) = at?;
            let end = at + usize::from(sign == '?');
            (text[..end].trim(), start + at + 1)
        }
    };
    let words = label.split_whitespace().count();
    if !(1..=LONGEST_LABEL).contains(&words) {
        return None;
    }
    let rest = line[end..].trim();
    let gap = line[end..].len() - line[end..].trim_start().len();
    let before = if rest.is_empty() { end } else { end + gap };
    Some(Label {
        bullet,
        before: &line[..before],
        label,
        rest,
    })
}

/// The choices of `[LOW | HIGH]` and `[yes / no]`.
pub(super) fn choices(text: &str) -> Option<Vec<String>> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let parts: Vec<String> = inner
        .split(['/', '|'])
        .map(|it| it.trim().to_owned())
        .collect();
    let single = parts.iter().all(|it| it.split_whitespace().count() == 1);
    (parts.len() > 1 && single).then_some(parts)
}

/// True where something is still to be written instead.
pub(super) fn is_placeholder(text: &str) -> bool {
    let bare = text.trim().trim_matches('`').trim();
    let open = [
        "",
        "@",
        "@github-user",
        "@user",
        "yyyy-mm-dd",
        "tbd",
        "todo",
        "…",
        "...",
    ];
    let lower = bare.to_lowercase();
    open.contains(&lower.as_str())
        || choices(bare).is_some()
        || (bare.starts_with('<') && bare.ends_with('>'))
        || (bare.contains('<') && bare.contains("YYYYMMDD"))
}

/// What tells headings and labels apart in an id: `4) Risks & Mitigation` is
/// `risks-mitigation`.
pub(super) fn slug(text: &str) -> String {
    let numbered = |c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | ' ');
    let bare = text.trim_start_matches(numbered);
    let bare = if bare.is_empty() { text } else { bare };
    let mut slug = String::new();
    for c in bare.chars() {
        match c.is_alphanumeric() {
            true => slug.extend(c.to_lowercase()),
            false if !slug.ends_with('-') && !slug.is_empty() => slug.push('-'),
            false => {}
        }
    }
    let short: Vec<&str> = slug.trim_end_matches('-').split('-').take(6).collect();
    short.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_however_they_are_written() {
        for (line, label, rest, before) in [
            ("- **Owner:** @x", "Owner", "@x", "- **Owner:** "),
            ("* **Owner**: @x ", "Owner", "@x", "* **Owner**: "),
            (
                "- Why a -> b (c/d):",
                "Why a -> b (c/d)",
                "",
                "- Why a -> b (c/d):",
            ),
            (
                "- **Is it?** [yes / no]",
                "Is it?",
                "[yes / no]",
                "- **Is it?** ",
            ),
            ("**Date:**  ", "Date", "", "**Date:**"),
        ] {
            let Line::Label(found) = Line::of(line) else {
                panic!("{line}: {:?}", Line::of(line));
            };
            assert_eq!(
                (found.label, found.rest, found.before),
                (label, rest, before)
            );
        }
        for none in [
            "A sentence: with a colon",
            "- see https://x.y/z",
            "**bold** words",
        ] {
            assert!(!matches!(Line::of(none), Line::Label(_)), "{none}");
        }
    }

    #[test]
    fn other_lines_are_told_apart() {
        assert_eq!(Line::of("## 4) Risks ##"), Line::Heading(2, "4) Risks"));
        assert_eq!(
            Line::of("- [x] all pass"),
            Line::Task(0, "- ", true, "all pass")
        );
        assert_eq!(Line::of("- all of it"), Line::Bullet(0, "- ", "all of it"));
        assert_eq!(Line::of("* * *"), Line::Rule);
        assert_eq!(Line::of("> said"), Line::Kept);
        assert_eq!(Line::of("<details>"), Line::Kept);
        assert_eq!(Line::of("<What gets better, and why.>"), Line::Text);
        assert_eq!(Line::of("#hash"), Line::Text);
    }

    #[test]
    fn slugs_leave_numbers_and_marks_out() {
        assert_eq!(slug("5) Risks & Mitigation"), "risks-mitigation");
        assert_eq!(slug("2. Scope & Stakeholders"), "scope-stakeholders");
        assert_eq!(slug("Is this model-facing?"), "is-this-model-facing");
        assert_eq!(slug("48"), "48");
    }

    #[test]
    fn choices_and_open_places() {
        assert_eq!(choices("[LOW | HIGH]").unwrap(), ["LOW", "HIGH"]);
        assert_eq!(choices("[as before]"), None);
        for open in [
            "@github-user",
            "YYYY-MM-DD",
            "<what>",
            "`promote/<module>-YYYYMMDD`",
            "@",
        ] {
            assert!(is_placeholder(open), "{open}");
        }
        assert!(!is_placeholder("@mara") && !is_placeholder("core/x"));
    }
}
