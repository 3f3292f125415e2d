//! Syntax colours. Parsing happens on a worker, a stretch of lines at a time;
//! each stretch begins where the last one ended, so that nothing is parsed twice
//! and a key never waits for it.

use std::sync::OnceLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use crate::console::theme::Role;
use crate::promotion::RepoPath;
use crate::workflow::compare::Lines;

/// Files with more bytes than this have no colours.
const MOST_BYTES: usize = 1 << 20;
/// Files with more lines than this have none either.
const MOST_LINES: usize = 30_000;
/// A line longer than this is left plain and starts the parser afresh.
const LONGEST_LINE: usize = 2_000;
/// Lines a stretch.
const STRETCH: usize = 512;

/// A stretch of a line with one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    /// The byte it ends before.
    end: u16,
    class: u8,
}

/// The looks that syntax can have.
const ROLES: [Role; 10] = [
    Role::Text,
    Role::SyntaxKeyword,
    Role::SyntaxString,
    Role::SyntaxComment,
    Role::SyntaxNumber,
    Role::SyntaxFunction,
    Role::SyntaxType,
    Role::SyntaxConstant,
    Role::SyntaxOperator,
    Role::SyntaxDecorator,
];

/// The colours of the first lines of a file: as many as are known yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Colours {
    spans: Vec<Span>,
    /// For each line where its spans end.
    ends: Vec<u32>,
}

impl Colours {
    /// How many lines they are for.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    fn spans(&self, line: usize) -> &[Span] {
        let end = |line: usize| self.ends.get(line).map(|end| *end as usize);
        let start = line.checked_sub(1).map_or(Some(0), end);
        match (start, end(line)) {
            (Some(start), Some(end)) => &self.spans[start..end],
            _ => &[],
        }
    }

    /// The look at a byte of a line. Bytes are asked for in ascending order
    /// with the same `hint`, which starts at 0.
    pub fn role(&self, line: usize, byte: usize, hint: &mut usize) -> Role {
        let spans = self.spans(line);
        while spans.get(*hint).is_some_and(|s| usize::from(s.end) <= byte) {
            *hint += 1;
        }
        spans
            .get(*hint)
            .map_or(Role::Text, |span| ROLES[usize::from(span.class)])
    }

    /// Appends what a stretch brought.
    pub fn append(&mut self, more: &Self) {
        let base = self.spans.len() as u32;
        self.spans.extend_from_slice(&more.spans);
        self.ends.extend(more.ends.iter().map(|end| end + base));
    }
}

/// Where to go on: the state of the parser between two lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Resume(Box<(ParseState, ScopeStack)>);

/// Why a file has no colours; `None` where it can have them.
pub fn refusal(lines: &Lines) -> Option<&'static str> {
    (lines.bytes().len() > MOST_BYTES || lines.len() > MOST_LINES)
        .then_some("too large for colours")
}

fn syntaxes() -> &'static SyntaxSet {
    static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
    SYNTAXES.get_or_init(SyntaxSet::load_defaults_newlines)
}

fn syntax(path: &RepoPath) -> Option<&'static SyntaxReference> {
    let name = String::from_utf8_lossy(path.name()).into_owned();
    let extension = match name.rsplit_once('.') {
        Some((_, "pyi")) => "py",
        Some((_, extension)) => extension,
        None => &name,
    };
    syntaxes().find_syntax_by_extension(extension)
}

/// Colours a stretch of lines. `None`: no syntax is known for such files, or
/// the work is no longer wanted.
pub fn stretch(
    path: &RepoPath,
    lines: &Lines,
    from: usize,
    resume: Option<Resume>,
    cancelled: &dyn Fn() -> bool,
) -> Option<(Colours, Resume)> {
    let syntax = syntax(path)?;
    let fresh = || (ParseState::new(syntax), ScopeStack::new());
    let (mut parser, mut stack) = match resume {
        Some(Resume(state)) => *state,
        None => fresh(),
    };
    let mut colours = Colours::default();
    for line in from..lines.len().min(from + STRETCH) {
        if cancelled() {
            return None;
        }
        let bytes = lines.line(line);
        if bytes.len() > LONGEST_LINE {
            (parser, stack) = fresh();
        } else {
            let text = parsable(bytes);
            match parser.parse_line(&text, syntaxes()) {
                Ok(ops) => push_line(&mut colours, &mut stack, &ops, bytes.len()),
                Err(_) => (parser, stack) = fresh(),
            }
        }
        colours.ends.push(colours.spans.len() as u32);
    }
    Some((colours, Resume(Box::new((parser, stack)))))
}

/// The line with a newline, and with `?` for each byte that is no UTF-8, so
/// that offsets stay what they are.
fn parsable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 1);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    text.push('\n');
    text
}

fn push_line(
    colours: &mut Colours,
    stack: &mut ScopeStack,
    ops: &[(usize, syntect::parsing::ScopeStackOp)],
    length: usize,
) {
    let first = colours.spans.len();
    let mut put = |end: usize, class: u8| {
        let end = end.min(length) as u16;
        let known = colours.spans.len() > first;
        match colours.spans.last_mut() {
            Some(last) if known && last.end >= end => {}
            Some(last) if known && last.class == class => last.end = end,
            _ if end > 0 => colours.spans.push(Span { end, class }),
            _ => {}
        }
    };
    for (at, op) in ops {
        put(*at, class(stack));
        // A stack that does not fit is the syntax's fault; the line stays as it is.
        let _ = stack.apply(op);
    }
    put(length, class(stack));
}

/// Which scopes have which look; the innermost scope that is named here decides.
fn classes() -> &'static [(Scope, u8)] {
    static CLASSES: OnceLock<Vec<(Scope, u8)>> = OnceLock::new();
    const NAMES: &[(&str, Role)] = &[
        ("meta.interpolation", Role::Text),
        ("comment", Role::SyntaxComment),
        ("punctuation.definition.string", Role::SyntaxString),
        ("punctuation.definition.comment", Role::SyntaxComment),
        ("string", Role::SyntaxString),
        ("constant.numeric", Role::SyntaxNumber),
        ("constant.character.escape", Role::SyntaxConstant),
        ("constant", Role::SyntaxConstant),
        ("keyword.operator.logical", Role::SyntaxKeyword),
        ("keyword.operator", Role::SyntaxOperator),
        ("keyword", Role::SyntaxKeyword),
        ("storage", Role::SyntaxKeyword),
        ("variable.language", Role::SyntaxConstant),
        ("variable.annotation", Role::SyntaxDecorator),
        ("punctuation.definition.annotation", Role::SyntaxDecorator),
        ("meta.annotation", Role::SyntaxDecorator),
        ("entity.name.function", Role::SyntaxFunction),
        ("variable.function", Role::SyntaxFunction),
        ("support.function", Role::SyntaxFunction),
        ("entity.name.class", Role::SyntaxType),
        ("entity.name.type", Role::SyntaxType),
        ("entity.other.inherited-class", Role::SyntaxType),
        ("entity.name.tag", Role::SyntaxType),
        ("support.type", Role::SyntaxType),
        ("support.class", Role::SyntaxType),
    ];
    CLASSES.get_or_init(|| {
        NAMES
            .iter()
            .filter_map(|(name, role)| {
                let class = ROLES.iter().position(|r| r == role)?;
                Some((Scope::new(name).ok()?, class as u8))
            })
            .collect()
    })
}

fn class(stack: &ScopeStack) -> u8 {
    stack
        .as_slice()
        .iter()
        .rev()
        .find_map(|scope| {
            classes()
                .iter()
                .find(|(prefix, _)| prefix.is_prefix_of(*scope))
                .map(|(_, class)| *class)
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(path: &str, text: &str) -> Vec<Vec<(String, Role)>> {
        let lines = Lines::new(text.as_bytes());
        let (colours, _) = stretch(&path.into(), &lines, 0, None, &|| false).unwrap();
        (0..lines.len())
            .map(|line| {
                let mut from = 0;
                colours
                    .spans(line)
                    .iter()
                    .map(|span| {
                        let to = usize::from(span.end);
                        let text =
                            String::from_utf8_lossy(&lines.line(line)[from..to]).into_owned();
                        from = to;
                        (text, ROLES[usize::from(span.class)])
                    })
                    .filter(|(text, _)| !text.trim().is_empty())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn python_has_its_colours() {
        let lines = roles(
            "a.py",
            "class A(B):\n    def f(self): # note\n        return 'x' + 1\n",
        );
        let has = |line: usize, text: &str, role: Role| {
            assert!(
                lines[line]
                    .iter()
                    .any(|(t, r)| t.contains(text) && *r == role),
                "{text} in {:?}",
                lines[line]
            );
        };
        has(0, "class", Role::SyntaxKeyword);
        has(0, "A", Role::SyntaxType);
        has(1, "def", Role::SyntaxKeyword);
        has(1, "f", Role::SyntaxFunction);
        has(1, "# note", Role::SyntaxComment);
        has(2, "return", Role::SyntaxKeyword);
        has(2, "'x'", Role::SyntaxString);
        has(2, "1", Role::SyntaxNumber);
    }

    #[test]
    fn stretches_join_without_a_seam() {
        // The second stretch begins inside of the string.
        let text = format!(
            "x = \"\"\"\n{}\"\"\"\ny = 1\n",
            "word\n".repeat(STRETCH + 40)
        );
        let lines = Lines::new(text.as_bytes());
        let path = RepoPath::from("a.py");
        let (mut all, mut resume) = stretch(&path, &lines, 0, None, &|| false).unwrap();
        while all.len() < lines.len() {
            let (more, next) = stretch(&path, &lines, all.len(), Some(resume), &|| false).unwrap();
            all.append(&more);
            resume = next;
        }
        assert_eq!(all.role(STRETCH + 10, 0, &mut 0), Role::SyntaxString);
        assert_eq!(all.role(STRETCH + 42, 4, &mut 0), Role::SyntaxNumber);
    }

    #[test]
    fn bytes_that_are_no_text_do_not_shift_colours() {
        let lines = Lines::new(&b"s = '\xff\xfe' # n\n"[..]);
        let (colours, _) = stretch(&"a.py".into(), &lines, 0, None, &|| false).unwrap();
        assert_eq!(colours.role(0, 9, &mut 0), Role::SyntaxComment);
    }

    #[test]
    fn what_is_not_known_has_none() {
        let lines = Lines::new(&b"x\n"[..]);
        assert!(stretch(&"a.zzz".into(), &lines, 0, None, &|| false).is_none());
        assert!(stretch(&"a.py".into(), &lines, 0, None, &|| true).is_none());
        assert!(refusal(&Lines::new(vec![b'x'; MOST_BYTES + 1])).is_some());
    }
}
