//! A Markdown document, as lines of visible text with headings and code.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// A label is no longer than this many words.
const LONGEST_LABEL: usize = 8;

/// Stands for `<` while a document is parsed.
const OPENS: &str = "\u{1}";

/// A document.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Its lines with text, without code blocks and comments.
    pub lines: Vec<Line>,
    /// Its code blocks.
    pub code: Vec<Code>,
}

/// A line as a reader sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u32,
    /// Its text, without markup.
    pub text: String,
    /// The level of the heading it is, from 1.
    pub heading: Option<u8>,
    /// True for a task that is ticked.
    pub ticked: bool,
    /// How many lists it lies in.
    pub depth: usize,
    /// True for the first line of an item of a list.
    pub item: bool,
    /// What stands in it as code.
    pub code: Vec<String>,
}

/// A code block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The line its content begins on, from 1.
    pub line: u32,
    /// What follows the fence: language and more; empty for an indented block.
    pub info: String,
    /// Its content.
    pub text: String,
    /// The comment right before it.
    pub comment: String,
}

/// The lines that belong to a heading or a label.
#[derive(Clone, Debug, Default)]
pub struct Part<'a> {
    /// Where it begins.
    pub line: u32,
    /// The heading or label.
    pub title: String,
    /// What follows: texts, with the lines they are from.
    pub texts: Vec<(String, &'a Line)>,
}

impl Document {
    /// Reads a document. Every text is one.
    pub fn parse(text: &str) -> Self {
        let text = &without_tags(text);
        let mut reader = Reader::new(text);
        let options = Options::ENABLE_TASKLISTS | Options::ENABLE_TABLES;
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            reader.event(event, range.start);
        }
        let mut document = reader.document;
        for line in &mut document.lines {
            let text = line.text.replace(OPENS, "<");
            line.text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for code in &mut line.code {
                *code = code.replace(OPENS, "<");
            }
        }
        for code in &mut document.code {
            code.text = code.text.replace(OPENS, "<");
            code.info = code.info.replace(OPENS, "<");
        }
        document.lines.retain(|line| !line.text.is_empty());
        document
    }

    /// The part below all headings with one of these words; where there are
    /// none, behind all labels with one. The title is no heading of a part.
    pub fn part(&self, words: &[&str]) -> Option<Part<'_>> {
        self.below_headings(words)
            .or_else(|| self.behind_labels(words))
    }

    /// The part below all headings with one of these words.
    pub fn below_headings(&self, words: &[&str]) -> Option<Part<'_>> {
        let title = self.lines.iter().position(|line| line.heading.is_some());
        let mut part: Option<Part<'_>> = None;
        let mut within: Option<u8> = None;
        for (at, line) in self.lines.iter().enumerate() {
            if let Some(level) = line.heading {
                if within.is_some_and(|outer| level > outer) {
                    continue;
                }
                let is_title = level == 1 && title == Some(at);
                within = (!is_title && has_word(&line.text, words)).then_some(level);
                if within.is_some() {
                    part.get_or_insert_with(|| Part {
                        line: line.number,
                        title: line.text.clone(),
                        texts: Vec::new(),
                    });
                }
            } else if within.is_some()
                && let Some(part) = &mut part
            {
                part.texts.push((line.text.clone(), line));
            }
        }
        part
    }

    /// The part behind all labels with one of these words: the rest of the line,
    /// and what is nested below it or follows without a label of its own.
    pub fn behind_labels(&self, words: &[&str]) -> Option<Part<'_>> {
        let mut part: Option<Part<'_>> = None;
        let mut within: Option<usize> = None;
        for line in &self.lines {
            let labelled = line.heading.is_none().then(|| label(&line.text)).flatten();
            let starts = labelled.filter(|(label, _)| has_word(label, words));
            if let Some((label, rest)) = starts {
                within = Some(line.depth);
                let part = part.get_or_insert_with(|| Part {
                    line: line.number,
                    title: label.to_owned(),
                    texts: Vec::new(),
                });
                part.texts.push((rest.to_owned(), line));
                continue;
            }
            let Some(depth) = within else { continue };
            let ends = line.heading.is_some()
                || line.depth < depth
                || (line.depth == depth && (line.item || labelled.is_some()));
            if ends {
                within = None;
            } else if let Some(part) = &mut part {
                part.texts.push((line.text.clone(), line));
            }
        }
        part
    }

    /// The document below those headings, or nothing.
    pub fn chapter(&self, words: &[&str]) -> Option<Document> {
        let mut lines = Vec::new();
        let mut within: Option<u8> = None;
        for line in &self.lines {
            if let Some(level) = line.heading
                && within.is_none_or(|outer| level <= outer)
            {
                within = has_word(&line.text, words).then_some(level);
            } else if within.is_some() {
                lines.push(line.clone());
            }
        }
        (!lines.is_empty()).then_some(Document {
            lines,
            code: Vec::new(),
        })
    }
}

/// The text with `<` marked wherever it could begin a tag, but for comments and
/// links: `<what to write>` is one to the parser, and swallows what follows it.
fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let inner = rest.split(['>', '\n', ' ']).next().unwrap_or_default();
        let is_link = inner.contains("://") || inner.contains('@');
        let kept = rest.starts_with("!--") || (is_link && rest[inner.len()..].starts_with('>'));
        out.push_str(if kept { "<" } else { OPENS });
    }
    out.push_str(rest);
    out
}

/// A label and what follows it: `Owner: @mara`, `Owner | @mara`.
pub fn label(text: &str) -> Option<(&str, &str)> {
    let (at, sign) = text
        .char_indices()
        .find(|(_, c)| matches!(c, ':' | '|' | '—' | '–'))?;
    let (label, rest) = (&text[..at], &text[at + sign.len_utf8()..]);
    let spaced = rest.is_empty() || rest.starts_with(char::is_whitespace);
    let words = label.split_whitespace().count();
    (spaced && (1..=LONGEST_LABEL).contains(&words)).then(|| (label.trim(), rest.trim()))
}

/// True where a word of a title begins with one of `stems`.
fn has_word(title: &str, stems: &[&str]) -> bool {
    let title = title.to_lowercase();
    let found = |stem: &str| {
        title.match_indices(stem).any(|(at, _)| {
            let before = title[..at].chars().next_back();
            !before.is_some_and(char::is_alphanumeric)
        })
    };
    stems.iter().any(|stem| found(stem))
}

/// Puts together what the parser says.
struct Reader {
    /// Where each line starts.
    starts: Vec<usize>,
    document: Document,
    heading: Option<u8>,
    depth: usize,
    item: bool,
    ticked: bool,
    code: Option<Code>,
    /// The last comment, until something else follows.
    comment: String,
    /// True in a comment that goes on over lines: each of them is an event.
    in_comment: bool,
}

impl Reader {
    fn new(text: &str) -> Self {
        let newlines = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self {
            starts: std::iter::once(0).chain(newlines).collect(),
            document: Document::default(),
            heading: None,
            depth: 0,
            item: false,
            ticked: false,
            code: None,
            comment: String::new(),
            in_comment: false,
        }
    }

    fn line_of(&self, offset: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    fn event(&mut self, event: Event<'_>, at: usize) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => self.heading = Some(number(level)),
            Event::End(TagEnd::Heading(_)) => self.heading = None,
            Event::Start(Tag::List(_)) => self.depth += 1,
            Event::End(TagEnd::List(_)) => self.depth = self.depth.saturating_sub(1),
            Event::Start(Tag::Item) => (self.item, self.ticked) = (true, false),
            Event::End(TagEnd::Item) => self.ticked = false,
            Event::TaskListMarker(ticked) => self.ticked = ticked,
            Event::Start(Tag::CodeBlock(kind)) => self.start_code(kind, at),
            Event::End(TagEnd::CodeBlock) => self.document.code.extend(self.code.take()),
            Event::End(TagEnd::TableCell) => self.add(at, " | ", false),
            Event::Text(text) => match &mut self.code {
                Some(code) => {
                    code.text.push_str(&text);
                }
                None => self.text(&text, at),
            },
            Event::Code(code) => {
                self.add(at, &code, true);
                if let Some(line) = self.document.lines.last_mut() {
                    line.code.push(code.into_string());
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => self.html(&html, at),
            Event::End(TagEnd::HtmlBlock) => self.in_comment = false,
            _ => {}
        }
    }

    fn start_code(&mut self, kind: CodeBlockKind<'_>, at: usize) {
        let (info, below) = match kind {
            CodeBlockKind::Fenced(info) => (info.into_string(), 1),
            CodeBlockKind::Indented => (String::new(), 0),
        };
        self.code = Some(Code {
            line: self.line_of(at) + below,
            info,
            text: String::new(),
            comment: std::mem::take(&mut self.comment),
        });
    }

    fn html(&mut self, html: &str, at: usize) {
        let line = html.trim();
        if !self.in_comment && !line.starts_with("<!--") {
            if !line.is_empty() {
                self.text(html, at);
            }
            return;
        }
        if !self.in_comment {
            self.comment.clear();
        }
        self.in_comment = !line.contains("-->");
        let said = line.strip_prefix("<!--").unwrap_or(line);
        let said = said.strip_suffix("-->").unwrap_or(said).trim();
        if !self.comment.is_empty() {
            self.comment.push(' ');
        }
        self.comment.push_str(said);
    }

    fn text(&mut self, text: &str, at: usize) {
        self.comment.clear();
        // One event may go over lines (HTML blocks).
        let mut offset = at;
        for line in text.split_inclusive('\n') {
            self.add(offset, line, true);
            offset += line.len();
        }
    }

    /// Adds to the line at an offset. `visible`: it opens one where there is none.
    fn add(&mut self, at: usize, text: &str, visible: bool) {
        let number = self.line_of(at);
        match self.document.lines.last_mut() {
            Some(line) if line.number == number => line.text.push_str(text),
            _ if visible => {
                let line = Line {
                    number,
                    text: text.to_owned(),
                    heading: self.heading,
                    ticked: self.ticked,
                    depth: self.depth,
                    item: std::mem::take(&mut self.item),
                    code: Vec::new(),
                };
                self.document.lines.push(line);
            }
            _ => {}
        }
    }
}

fn number(level: HeadingLevel) -> u8 {
    level as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SAMPLE: &str = "\
# Promote `x`: why and how

- **Owner:** @mara
- **Risk level:** LOW

## 3) Motivation & Benefits
Shops are *charged* twice.
<!-- say more -->
### More
<What gets better, and why now.>

## Criteria
- [x] all tests
- [ ] none left
  - nested

| Owner | @ole |
|---|---|
| Fallback | the cache |

```python
x = 1
```
";

    fn texts(part: &Part<'_>) -> Vec<String> {
        part.texts.iter().map(|(text, _)| text.clone()).collect()
    }

    #[test]
    fn parts_are_found_below_headings_or_behind_labels() {
        let document = Document::parse(SAMPLE);
        let part = document.part(&["why", "motivat"]).unwrap();
        assert_eq!(
            (part.line, part.title.as_str()),
            (6, "3) Motivation & Benefits")
        );
        assert_eq!(
            texts(&part),
            [
                "Shops are charged twice.",
                "<What gets better, and why now.>"
            ]
        );
        let owner = document.part(&["owner"]).unwrap();
        assert_eq!(texts(&owner)[0], "@mara");
        assert_eq!(
            texts(&document.part(&["fallback"]).unwrap()),
            ["the cache |"]
        );
        let criteria = document.part(&["criteri"]).unwrap();
        let ticked: Vec<bool> = criteria.texts.iter().map(|(_, line)| line.ticked).collect();
        assert_eq!(ticked[..3], [true, false, false]);
        assert!(document.part(&["rollback"]).is_none());
    }

    #[test]
    fn code_has_its_line_and_what_is_said_of_it() {
        let text = "a\n\n<!-- skip -->\n```python no-run\nx\n\ny\n```\n\n    indented\n\n- item\n\n  ```py\n  z\n  ```\n";
        let code = Document::parse(text).code;
        let seen: Vec<_> = code
            .iter()
            .map(|c| (c.line, c.info.as_str(), c.text.as_str(), c.comment.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (5, "python no-run", "x\n\ny\n", "skip"),
                (10, "", "indented\n", ""),
                (15, "py", "z\n", ""),
            ]
        );
    }

    #[test]
    fn a_comment_is_no_text_however_long_it_is() {
        let text =
            "a\n\n<!--\nskip: it\n\ncharges <a> card\n-->\n```py\nx\n```\n\n<!-- one\ntwo -->\nb\n";
        let document = Document::parse(text);
        let lines: Vec<_> = document
            .lines
            .iter()
            .map(|line| (line.number, line.text.as_str()))
            .collect();
        assert_eq!(lines, [(1, "a"), (14, "b")]);
        assert!(document.code[0].comment.starts_with("skip: it"));
        // One that nobody ends goes on to the end, and no further than its block.
        let open = Document::parse("> <!-- a\n> b\n\nc\n\n<!-- d\ne\n");
        let lines: Vec<_> = open.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(lines, ["c"]);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for text in [text.as_str(), &String::from_utf8_lossy(&bytes)] {
                let document = Document::parse(text);
                let lines = text.split('\n').count() as u32;
                prop_assert!(document.lines.iter().all(|line| line.number <= lines));
                let _ = document.part(&["a"]);
                let _ = document.chapter(&["a"]);
            }
        }

        #[test]
        fn nor_one_made_of_markup(parts in proptest::collection::vec(
            prop_oneof!["\n", "#", "- ", "[x] ", "```", "<!--", "-->", "|", ":", "`", "> ", "  ", "é", "a", "<b>", "&amp;"], 0..60)) {
            let text = parts.concat();
            let document = Document::parse(&text);
            let _ = document.behind_labels(&["a"]);
            let _ = document.below_headings(&["a"]);
        }
    }
}
