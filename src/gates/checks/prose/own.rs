//! Whether somebody wrote something: more than the template, and more than
//! what a template leaves for them to replace.

use std::collections::HashMap;

use super::document::{Document, Line, Part, label};

/// Words that stand where something is still to be said.
const OPEN: [&str; 9] = [
    "…",
    "...",
    "?",
    "@",
    "yyyy-mm-dd",
    "@github-user",
    "@user",
    "n/a",
    "tbd",
];

/// What begins like this is still to be said, whatever follows.
const LATER: [&str; 5] = ["todo", "tbd", "tbc", "fixme", "xxx"];

/// The lines of a template.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// Whether each is ticked there.
    lines: HashMap<String, bool>,
}

/// What was written under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filled {
    /// There is no such part.
    Missing,
    /// Only what the template says, or less than is asked for: what there is.
    Open {
        /// Where.
        line: u32,
        /// The part's own heading.
        title: String,
        /// What was written.
        text: String,
    },
    /// Something.
    Written {
        /// Where.
        line: u32,
        /// What was written.
        text: String,
    },
}

impl Template {
    /// Of that document.
    pub fn of(document: &Document) -> Self {
        let lines = document.lines.iter();
        Self {
            lines: lines
                .map(|line| (line.text.to_lowercase(), line.ticked))
                .collect(),
        }
    }

    /// Whether at least `least` words of its own stand in a part.
    pub fn filled(&self, part: Option<Part<'_>>, least: usize) -> Filled {
        let Some(part) = part else {
            return Filled::Missing;
        };
        let mut open = false;
        let texts: Vec<String> = part
            .texts
            .iter()
            .map(|(text, line)| self.own(text, &line.text, line.ticked, &mut open))
            .filter(|text| !text.is_empty())
            .collect();
        let text = texts.join(" ");
        let line = part.line;
        if words(&text) < least {
            let title = part.title;
            return Filled::Open { line, title, text };
        }
        Filled::Written { line, text }
    }

    /// The first thing of its own that a document says, beside headings.
    pub fn first_own(&self, document: &Document) -> Option<String> {
        let mut open = false;
        let own = |line: &Line| self.own(&line.text, &line.text, line.ticked, &mut open);
        let texts = document.lines.iter().filter(|line| line.heading.is_none());
        texts.map(own).find(|text| words(text) > 0)
    }

    /// What of a text is neither the template's nor a place to be filled in.
    /// `line` is the whole line it is of; `within`: something to be replaced has
    /// begun on a line before.
    fn own(&self, text: &str, line: &str, ticked: bool, within: &mut bool) -> String {
        let open = without_placeholders(text, within);
        let first = open.split(|c: char| !c.is_alphanumeric()).next();
        if first.is_some_and(|word| LATER.contains(&word.to_lowercase().as_str())) {
            return String::new();
        }
        match self.lines.get(&line.to_lowercase()) {
            // A criterion of the template is one's own when it is ticked.
            Some(there) if *there == ticked => return String::new(),
            Some(_) => return open,
            None => {}
        }
        // `Problem this solves: …` with the label from the template.
        if let Some((label, rest)) = label(&open) {
            let begun = format!("{}:", label.to_lowercase());
            if rest.is_empty() || self.lines.keys().any(|line| line.starts_with(&begun)) {
                return rest.to_owned();
            }
        }
        open
    }
}

/// How many words there are.
fn words(text: &str) -> usize {
    let is_word = |word: &&str| word.chars().any(char::is_alphanumeric);
    text.split_whitespace().filter(is_word).count()
}

/// A text without `<what to write>`, `[yes / no]`, `TODO` and the like. The
/// first may go on over lines where it begins one: `within` says so.
fn without_placeholders(text: &str, within: &mut bool) -> String {
    let mut rest = text;
    let mut out = String::new();
    if *within {
        let Some((_, after)) = rest.split_once('>') else {
            return out;
        };
        (*within, rest) = (false, after);
    }
    while let Some(at) = rest.find(['<', '[']) {
        out.push_str(&rest[..at]);
        let close = if rest[at..].starts_with('<') {
            '>'
        } else {
            ']'
        };
        let Some(end) = rest[at..].find(close) else {
            if close == '>' && at == 0 && out.is_empty() {
                *within = true;
                return out;
            }
            out.push_str(&rest[at..=at]);
            rest = &rest[at + 1..];
            continue;
        };
        let inner = &rest[at + 1..at + end];
        if !(close == '>' || is_choice(inner)) {
            out.push_str(&rest[at..=at + end]);
        }
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    let said = out.split_whitespace().filter(|word| {
        let bare =
            word.trim_matches(|c: char| matches!(c, ':' | ',' | ';' | '(' | ')' | '*' | '_'));
        !OPEN.contains(&bare.to_lowercase().as_str())
    });
    said.collect::<Vec<_>>().join(" ")
}

/// `yes / no`, `LOW | MEDIUM | HIGH`: something to choose from.
fn is_choice(text: &str) -> bool {
    let mut parts = text.split(['/', '|']);
    parts.clone().count() > 1 && parts.all(|part| words(part) == 1) || words(text) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEMPLATE: &str = "\
## Why
- Problem this solves:
- Rationale:

## Criteria
- [ ] all tests pass
- [ ] two people sign

## Risks
Brief list of what can go wrong.
";

    fn filled(template: &str, text: &str, word: &str) -> Filled {
        let document = Document::parse(text);
        Template::of(&Document::parse(template)).filled(document.part(&[word]), 3)
    }

    fn text(filled: Filled) -> Option<String> {
        match filled {
            Filled::Written { text, .. } => Some(text),
            _ => None,
        }
    }

    #[test]
    fn the_template_itself_fills_nothing_in() {
        for word in ["why", "criteri", "risk"] {
            assert!(
                matches!(filled(TEMPLATE, TEMPLATE, word), Filled::Open { .. }),
                "{word}"
            );
        }
        assert_eq!(filled(TEMPLATE, TEMPLATE, "owner"), Filled::Missing);
    }

    #[test]
    fn what_stands_behind_a_label_of_the_template_counts() {
        let own = TEMPLATE.replace("solves:", "solves: shops pay twice");
        assert_eq!(
            text(filled(TEMPLATE, &own, "why")).as_deref(),
            Some("shops pay twice")
        );
        let inside = TEMPLATE.replace("solves:", "solves:\n  shops pay twice");
        assert!(text(filled(TEMPLATE, &inside, "why")).is_some());
    }

    #[test]
    fn a_ticked_criterion_of_the_template_counts() {
        let ticked = TEMPLATE.replace("[ ] all", "[x] all");
        assert_eq!(
            text(filled(TEMPLATE, &ticked, "criteri")).as_deref(),
            Some("all tests pass")
        );
    }

    #[test]
    fn places_to_be_filled_in_are_not() {
        for open in [
            "<what can go wrong, and who notices>",
            "TODO: think of some of them",
            "[LOW | MEDIUM | HIGH] [yes / no] @github-user YYYY-MM-DD",
            "TBD TBD TBD TBD",
            "<!-- a comment of several words -->",
            "<!--\nA comment of several\n\nwords over lines.\n-->",
            "none",
            "...",
            "<Only if it touches models: objectives, threat\nmodel, mitigations.>",
        ] {
            let text = format!("## Risks\n{open}\n");
            let seen = filled(TEMPLATE, &text, "risk");
            assert!(!matches!(seen, Filled::Written { .. }), "{open}: {seen:?}");
        }
        let text = "## Risks\nA card [as before] is charged twice.\n";
        assert!(matches!(filled("", text, "risk"), Filled::Written { .. }));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(template in "[-#a \\n:<>\\[\\]|é]{0,60}", text in "[-#a \\n:<>\\[\\]/|é]{0,60}") {
            let _ = filled(&template, &text, "a");
            prop_assert!(without_placeholders(&text, &mut false).len() <= text.len());
        }

        #[test]
        fn a_document_never_fills_itself_in(text in "(## a\\n|- a b c d\\n|x: y z\\n|\\n){0,20}") {
            let itself = filled(&text, &text, "a");
            prop_assert!(!matches!(itself, Filled::Written { .. }), "{:?}", itself);
        }
    }
}
