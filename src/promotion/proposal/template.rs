//! A form, taken apart into fields and what lies between them, byte for byte.

use std::ops::Range;

use super::field::{About, Field, Kind, Need, Shape};
use super::line::{Label, Line, choices, is_placeholder, slug};

/// Where a form leaves the module's name open.
const MODULE: &str = "<module>";

/// What marks the line of evidence below a criterion.
const EVIDENCE: &str = "Evidence:";

/// A form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Its title.
    pub title: String,
    pub(super) pieces: Vec<Piece>,
    sections: Vec<Section>,
    fields: Vec<Field>,
    /// How its lines end.
    pub(super) eol: &'static str,
}

/// A part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Kept as it is.
    Text(String),
    /// The field of that index.
    Field(usize),
}

/// The fields below a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading; empty for what stands before the first.
    pub title: String,
    /// Its fields.
    pub fields: Range<usize>,
}

/// What a kind of document must have answered.
#[derive(Clone, Copy, Debug)]
pub struct Asks {
    /// True where everything is, that does not say that it may be left out.
    pub all: bool,
    /// The parts that must say something, each by the words its heading or label has.
    pub parts: &'static [&'static [&'static str]],
}

/// A section's lines, while it is read.
struct Body<'a> {
    title: &'a str,
    slug: String,
    level: u8,
    /// True where text of its own has a place there.
    open: bool,
    lines: Vec<&'a str>,
}

impl Template {
    /// Reads a form. Every text is one.
    pub fn parse(text: &str, asks: Asks) -> Self {
        Self::read(text, asks, None)
    }

    /// Reads a document that was made from a form and filled in.
    pub fn parse_filled(text: &str, asks: Asks, form: &Self) -> Self {
        Self::read(text, asks, Some(form))
    }

    fn read(text: &str, asks: Asks, form: Option<&Self>) -> Self {
        let mut template = Self {
            eol: if text.contains("\r\n") { "\r\n" } else { "\n" },
            ..Self::default()
        };
        let bodies = bodies(text, &mut template);
        for (heading, body) in bodies {
            let from = template.fields.len();
            match titled(heading).filter(|_| form.is_none()) {
                Some(field) => template.add(&body, field, form),
                None => template.keep(heading),
            }
            template.section(&body, form);
            template.sections.push(Section {
                title: body.title.to_owned(),
                fields: from..template.fields.len(),
            });
        }
        template.need(asks);
        template
    }

    /// The sections that ask for something.
    pub fn sections(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|it| !it.fields.is_empty())
    }

    /// The section of a field.
    pub fn section_of(&self, field: &Field) -> Option<&Section> {
        self.sections.get(field.section)
    }

    /// All fields, in their order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field with that id.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|it| it.id == id)
    }

    fn keep(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    fn section(&mut self, body: &Body<'_>, form: Option<&Self>) {
        let kinds: Vec<Line<'_>> = kinds(&body.lines);
        // Signatures at the end of a document are nobody's to fill in.
        let signs = |line: &Line<'_>| matches!(line, Line::Label(it) if it.bullet.is_none() && is_signature(it.label));
        let tail = kinds.iter().position(signs).unwrap_or(kinds.len());
        let asks = |line: &Line<'_>| matches!(line, Line::Task(..) | Line::Label(_));
        let bullet = |line: &Line<'_>| matches!(line, Line::Bullet(..));
        let head = &kinds[..tail];
        if head.iter().any(asks) || (form.is_none() && head.iter().any(bullet)) {
            let prompts = form.is_none();
            self.lines(body, &kinds, tail, prompts, form);
        } else if body.open {
            self.block(body, &kinds[..tail], tail, form);
        } else {
            self.lines(body, &kinds, tail, false, form);
        }
    }

    /// Field by field.
    fn lines(
        &mut self,
        body: &Body<'_>,
        kinds: &[Line<'_>],
        tail: usize,
        prompts: bool,
        form: Option<&Self>,
    ) {
        let mut at = 0;
        while at < body.lines.len() {
            let line = body.lines[at];
            let is_tail = at >= tail;
            let (taken, field) = match &kinds[at] {
                Line::Label(label) if is_tail || is_signature(label.label) => {
                    (1, signature(label, line))
                }
                _ if is_tail => (0, None),
                Line::Label(label) => {
                    let deep = label
                        .bullet
                        .map_or(0, |indent| below(&body.lines[at + 1..], indent));
                    (1 + deep, labelled(label, &body.lines[at..=at + deep]))
                }
                Line::Task(indent, before, _, words) => {
                    let next = body
                        .lines
                        .get(at + 1)
                        .is_some_and(|it| is_evidence(it, *indent));
                    let raw = &body.lines[at..=at + usize::from(next)];
                    (raw.len(), Some(task(*indent, before, words, raw)))
                }
                Line::Bullet(indent, before, words) if prompts => {
                    let deep = below(&body.lines[at + 1..], *indent);
                    let raw = &body.lines[at..=at + deep];
                    (raw.len(), Some(prompt(*indent, before, words, raw)))
                }
                _ => (0, None),
            };
            match field {
                Some(field) => self.add(body, field, form),
                None => self.keep(line),
            }
            at += taken.max(1);
        }
    }

    /// One field for all of a section's text.
    fn block(&mut self, body: &Body<'_>, kinds: &[Line<'_>], tail: usize, form: Option<&Self>) {
        let starts = |line: &Line<'_>| matches!(line, Line::Text | Line::Bullet(..));
        let from = match form {
            Some(_) => kinds
                .iter()
                .position(|it| !matches!(it, Line::Blank | Line::Rule)),
            None => kinds.iter().position(starts),
        };
        let Some(from) = from else {
            let empty = kinds
                .iter()
                .all(|it| matches!(it, Line::Blank | Line::Rule));
            if empty && tail == body.lines.len() {
                let field = block_field(Shape::Below, String::new());
                self.add(body, field, form);
            }
            body.lines.iter().for_each(|line| self.keep(line));
            return;
        };
        let ends = |line: &Line<'_>| match form {
            Some(_) => matches!(line, Line::Rule),
            None => !starts(line) && *line != Line::Blank,
        };
        let end = kinds[from..]
            .iter()
            .position(ends)
            .map_or(kinds.len(), |it| from + it);
        let text = kinds[from..end].iter().rposition(|it| *it != Line::Blank);
        let end = text.map_or(from, |it| from + it + 1);
        body.lines[..from].iter().for_each(|line| self.keep(line));
        let field = block_field(Shape::Block, body.lines[from..end].concat());
        self.add(body, field, form);
        body.lines[end..].iter().for_each(|line| self.keep(line));
    }

    fn add(&mut self, body: &Body<'_>, mut field: Field, form: Option<&Self>) {
        field.section = self.sections.len();
        if field.label.is_empty() {
            field.label = match body.title.is_empty() {
                true => self.title.clone(),
                false => bare(body.title).to_owned(),
            };
            field.id = body.slug.clone();
        } else if body.slug.is_empty() {
            field.id = slug(&field.label);
        } else {
            field.id = format!("{}/{}", body.slug, slug(&field.label));
        }
        let taken = |id: &str| self.fields.iter().any(|it| it.id == id);
        if field.id.is_empty() || taken(&field.id) {
            let numbered = |n: usize| format!("{}-{n}", field.id);
            let free = (2..).map(numbered).find(|id| !taken(id));
            field.id = free.unwrap_or_default();
        }
        if field.about == About::Other {
            field.about = about(body.title, &field.label, field.kind == Kind::Text);
        }
        if let Some(form) = form {
            field.filled(form.field(&field.id));
        }
        self.pieces.push(Piece::Field(self.fields.len()));
        self.fields.push(field);
    }

    /// Which fields have to be answered.
    fn need(&mut self, asks: Asks) {
        let sections = &self.sections;
        let named = |field: &Field| sections.get(field.section).map_or("", |it| &it.title);
        let headed = |words: &[&str]| sections.iter().any(|it| has(&it.title, words));
        let needs = self.fields.iter().map(|field| {
            let title = named(field);
            let says = |text: &str| {
                let lower = text.to_lowercase();
                OPTIONAL.iter().any(|it| lower.contains(it))
            };
            if matches!(field.kind, Kind::Criterion | Kind::Signature) {
                return Need::Nobody;
            }
            if says(title) || says(&field.label) || says(&field.hint) || has(title, &LOOSE) {
                return Need::Optional;
            }
            let by_label = |words: &&&[&str]| !headed(words) && has(&field.label, words);
            if asks.all || asks.parts.iter().any(|words| by_label(&words)) {
                return Need::Required;
            }
            match asks.parts.iter().any(|words| has(title, words)) {
                true => Need::OneOfSection,
                false => Need::Optional,
            }
        });
        let needs: Vec<Need> = needs.collect();
        for (field, need) in self.fields.iter_mut().zip(needs) {
            field.need = need;
        }
    }
}

/// Words with which a form says that something may be left out.
const OPTIONAL: [&str; 5] = [
    "(optional",
    "if applicable",
    "where applicable",
    "if any",
    "only if",
];

/// Sections that are there for whoever has something.
const LOOSE: [&str; 4] = ["artifact", "attachment", "appendix", "link"];

/// True where a word of a title begins with one of `stems`.
pub(super) fn has(title: &str, stems: &[&str]) -> bool {
    let title = title.to_lowercase();
    stems.iter().any(|stem| {
        title.match_indices(stem).any(|(at, _)| {
            let before = title[..at].chars().next_back();
            !before.is_some_and(char::is_alphanumeric)
        })
    })
}

/// A title without its number.
fn bare(title: &str) -> &str {
    let numbered = |c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | ' ');
    match title.trim_start_matches(numbered) {
        "" => title,
        bare => bare,
    }
}

/// The headings as they stand, each with what is below it.
fn bodies<'a>(text: &'a str, template: &mut Template) -> Vec<(&'a str, Body<'a>)> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let kinds = kinds(&lines);
    let body = |title, level| Body {
        title,
        slug: slug(title),
        level,
        open: level > 0,
        lines: Vec::new(),
    };
    let mut bodies = vec![("", body("", 0))];
    let mut first = true;
    for (line, kind) in lines.iter().zip(&kinds) {
        if let Line::Heading(level, title) = kind {
            // The title is no heading of a part: what stands below it introduces.
            let is_title = first && *level == 1;
            if is_title {
                template.title = (*title).to_owned();
            }
            first = false;
            let named = if is_title { "" } else { *title };
            let level = if is_title { 0 } else { *level };
            bodies.push((*line, body(named, level)));
        } else if let Some((_, body)) = bodies.last_mut() {
            body.lines.push(line);
        }
    }
    // What has parts of its own is no place for text.
    let levels: Vec<u8> = bodies.iter().map(|(_, it)| it.level).collect();
    for ((_, body), next) in bodies.iter_mut().zip(levels.iter().skip(1)) {
        body.open &= *next <= body.level;
    }
    bodies
}

/// What each line is; code and comments are kept.
fn kinds<'a>(lines: &[&'a str]) -> Vec<Line<'a>> {
    let mut fence: Option<&str> = None;
    let mut comment = false;
    let kind = |line: &&'a str| {
        let bare = line.trim();
        if let Some(mark) = fence {
            if bare.starts_with(mark) {
                fence = None;
            }
            return Line::Kept;
        }
        if comment {
            comment = !bare.contains("-->");
            return Line::Kept;
        }
        if let Some(mark) = ["```", "~~~"].into_iter().find(|it| bare.starts_with(it)) {
            fence = Some(mark);
            return Line::Kept;
        }
        if let Some(at) = bare.rfind("<!--") {
            comment = !bare[at..].contains("-->");
            if at == 0 || comment {
                return Line::Kept;
            }
        }
        Line::of(line.trim_end_matches(['\n', '\r']))
    };
    lines.iter().map(kind).collect()
}

/// How many of these lines belong to a bullet that stands so far in.
fn below(lines: &[&str], indent: usize) -> usize {
    let deeper = |line: &&&str| {
        let text = line.trim_start();
        !text.trim().is_empty() && line.len() - text.len() > indent
    };
    lines.iter().take_while(deeper).count()
}

fn is_signature(label: &str) -> bool {
    has(label, &["signature", "sign-off", "signed", "reviewer"]) || has(label, &["approver"])
}

fn is_evidence(line: &str, indent: usize) -> bool {
    let text = line.trim_start();
    let words = text.strip_prefix("- ").unwrap_or(text);
    line.len() - text.len() > indent && words.starts_with(EVIDENCE)
}

fn field(label: &str, kind: Kind, shape: Shape, raw: String) -> Field {
    Field {
        id: String::new(),
        section: 0,
        label: label.to_owned(),
        kind,
        about: About::Other,
        need: Need::Optional,
        hint: String::new(),
        current: None,
        raw,
        shape,
    }
}

fn block_field(shape: Shape, raw: String) -> Field {
    let hint = raw.trim().to_owned();
    Field {
        hint,
        ..field("", Kind::Text, shape, raw)
    }
}

fn signature(label: &Label<'_>, line: &str) -> Option<Field> {
    Some(field(
        label.label,
        Kind::Signature,
        Shape::Kept,
        line.to_owned(),
    ))
}

fn labelled(label: &Label<'_>, lines: &[&str]) -> Option<Field> {
    let first = lines.first()?;
    let line = first.trim_end_matches(['\n', '\r']);
    let mut hint = label.rest.to_owned();
    for more in &lines[1..] {
        hint.push('\n');
        hint.push_str(more.trim());
    }
    let hint = hint.trim().to_owned();
    let lower = label.label.to_lowercase();
    let asks = has(
        &lower,
        &["model-facing", "model facing", "user-facing", "user data"],
    );
    let kind = match choices(&hint) {
        Some(words) => Kind::Choice(words),
        None if hint.eq_ignore_ascii_case("yyyy-mm-dd") || lower == "date" => Kind::Date,
        None if has(&lower, &["owner"]) => Kind::Owner,
        None if has(&lower, &["module", "branch", "component"]) && !asks => Kind::Line,
        None if lower.ends_with('?') && asks => Kind::Choice(vec!["yes".into(), "no".into()]),
        None => Kind::Text,
    };
    let about = match &kind {
        Kind::Owner => About::Owner,
        Kind::Date => About::Date,
        Kind::Line if has(&lower, &["branch"]) => About::Branch,
        Kind::Line => About::Module,
        Kind::Choice(_) if asks => About::ModelFacing,
        Kind::Choice(_) if has(&lower, &["risk"]) => About::RiskLevel,
        Kind::Text if hint.contains(MODULE) && has(&lower, &["from", "move"]) => About::Move,
        _ => About::Other,
    };
    let shape = Shape::After {
        before: label.before.to_owned(),
        indent: label.bullet,
        code: hint.len() > 2
            && hint.starts_with('`')
            && hint.ends_with('`')
            && hint.matches('`').count() == 2,
        // Two blanks at the end are a line break.
        end: if line.ends_with("  ") {
            "  ".into()
        } else {
            String::new()
        },
    };
    Some(Field {
        hint,
        about,
        ..field(label.label, kind, shape, lines.concat())
    })
}

/// A heading with a place for the module's name.
fn titled(heading: &str) -> Option<Field> {
    let (before, end) = heading.trim_end_matches(['\n', '\r']).split_once(MODULE)?;
    let shape = Shape::Within {
        before: before.to_owned(),
        end: end.to_owned(),
    };
    Some(Field {
        hint: MODULE.to_owned(),
        about: About::Module,
        ..field("Module", Kind::Line, shape, heading.to_owned())
    })
}

fn task(indent: usize, before: &str, words: &str, raw: &[&str]) -> Field {
    // What must hold is still to be said: nothing speaks to that.
    if is_placeholder(words) {
        let shape = Shape::After {
            before: format!("{before}[ ] "),
            indent: Some(indent),
            code: false,
            end: String::new(),
        };
        let label = words.trim_matches(['<', '>', ' ']);
        return Field {
            hint: words.to_owned(),
            ..field(label, Kind::Text, shape, raw.concat())
        };
    }
    let shape = Shape::Task {
        before: before.to_owned(),
        words: words.to_owned(),
        indent,
    };
    let label = words.replace(['`', '*'], "");
    Field {
        hint: words.to_owned(),
        ..field(&label, Kind::Criterion, shape, raw.concat())
    }
}

fn prompt(indent: usize, before: &str, words: &str, raw: &[&str]) -> Field {
    let more = raw[1..].iter().map(|it| it.trim());
    let words = std::iter::once(words)
        .chain(more)
        .collect::<Vec<_>>()
        .join(" ");
    let label = words.trim_end_matches(['.', ':', ' ']).to_owned();
    let shape = Shape::Prompt {
        before: before.to_owned(),
        words: label.clone(),
        indent,
    };
    Field {
        hint: words,
        ..field(&label, Kind::Text, shape, raw.concat())
    }
}

/// What facts can say something to.
fn about(title: &str, label: &str, text: bool) -> About {
    let both = format!("{title} {label}");
    let title_has = |words: &[&str]| has(title, words);
    match () {
        () if !text => About::Other,
        () if title_has(&["risk"]) => About::Risks,
        () if title_has(&["rollback", "roll back", "revert"]) => About::Rollback,
        () if title_has(&["artifact", "attachment", "evidence"]) => About::Artifacts,
        () if title_has(&["description", "summary", "objective", "purpose"]) => About::Description,
        () if has(&both, &["why", "motivation", "rationale"]) => About::Why,
        () => About::Other,
    }
}

impl Field {
    /// Takes over what its form says of it, and tells what was written since.
    fn filled(&mut self, form: Option<&Field>) {
        let was = self.hint.clone();
        if let Some(form) = form {
            self.kind = form.kind.clone();
            self.about = form.about;
            self.hint = form.hint.clone();
            if form.raw == self.raw {
                return;
            }
        }
        let bare = match &self.shape {
            Shape::After { code: true, .. } => was.trim_matches('`'),
            _ => &was,
        };
        let asked = !matches!(self.kind, Kind::Criterion | Kind::Signature);
        if asked && !is_placeholder(bare) && !(bare == self.hint && form.is_some()) {
            self.current = Some(bare.to_owned());
        }
    }
}

pub(super) const fn evidence_mark() -> &'static str {
    EVIDENCE
}
