//! A field of a form: what is asked, and what is wrong with an answer.

use super::line::is_placeholder;

/// The longest answer, in bytes: somebody has to read it.
pub const MOST: usize = 16_384;

/// So many words say something; the gates ask for as many.
pub const LEAST: usize = 3;

/// What kind of answer is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line.
    Line,
    /// As many lines as it takes.
    Text,
    /// One of these words.
    Choice(Vec<String>),
    /// `YYYY-MM-DD`.
    Date,
    /// Who answers for it.
    Owner,
    /// What must hold: evidence ticks it, nobody does by hand.
    Criterion,
    /// Stays empty: people sign with their keys.
    Signature,
}

/// What a field is about, as far as facts can say something to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The module's name.
    Module,
    /// From where to where it goes.
    Move,
    /// Its owner.
    Owner,
    /// The branch it is proposed on.
    Branch,
    /// The day.
    Date,
    /// How risky it is, in a word.
    RiskLevel,
    /// Whether it touches models, users or safety.
    ModelFacing,
    /// What it does.
    Description,
    /// Why it is to be promoted.
    Why,
    /// What can go wrong.
    Risks,
    /// How it is taken back.
    Rollback,
    /// What speaks for it: reports and the like.
    Artifacts,
    /// Something only a person knows.
    Other,
}

/// Whether it has to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It has to be.
    Required,
    /// One of those of its section has to be.
    OneOfSection,
    /// It may be left as it is.
    Optional,
    /// Nobody answers it.
    Nobody,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What tells it apart: `metadata/owner`.
    pub id: String,
    /// The index of its section.
    pub section: usize,
    /// For people.
    pub label: String,
    /// What kind of answer is asked for.
    pub kind: Kind,
    /// What it is about.
    pub about: About,
    /// Whether it has to be answered.
    pub need: Need,
    /// What the form says in its place.
    pub hint: String,
    /// What the document says already, where it was filled in before.
    pub current: Option<String>,
    /// Exactly what stands in the document, with the end of the line.
    pub(super) raw: String,
    /// How a value is written there.
    pub(super) shape: Shape,
}

/// How a value is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Behind a label: what stands before it; how many columns further lines go in,
    /// `None` where there can be none; whether it stands as code; what ends the line.
    After {
        before: String,
        indent: Option<usize>,
        code: bool,
        end: String,
    },
    /// Behind words that ask for it.
    Prompt {
        before: String,
        words: String,
        indent: usize,
    },
    /// Between what stands before and behind it.
    Within { before: String, end: String },
    /// In the place of a whole section's text.
    Block,
    /// Below a heading that has no text.
    Below,
    /// A box to be ticked.
    Task {
        before: String,
        words: String,
        indent: usize,
    },
    /// Never.
    Kept,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is none.
    #[error("it has to be answered")]
    Missing,
    /// None of its section was answered.
    #[error("one of this section has to be answered")]
    SectionMissing,
    /// No assessment is to be written, though something speaks for it.
    #[error("say why there is none to write: {0}")]
    Unexplained(String),
    /// A person has to decide, and did not.
    #[error("decide: {0}")]
    Undecided(String),
    /// Something in it is still to be written.
    #[error("{0} is still to be replaced")]
    Placeholder(String),
    /// Too little.
    #[error("at least {least} words are asked for, and there {}", are(*.words))]
    Short {
        /// So many there are.
        words: usize,
        /// So many are asked for.
        least: usize,
    },
    /// None of the choices.
    #[error("{0:?} is none of {1}")]
    Choice(String, String),
    /// No day.
    #[error("{0:?} is no day: write it as 2026-03-09")]
    Date(String),
    /// Nobody.
    #[error("{0:?} names nobody: write @name, @org/team or an address")]
    Owner(String),
    /// More than one line.
    #[error("it has to be one line")]
    Lines,
    /// Too much.
    #[error("it is longer than {MOST} bytes")]
    Long,
    /// It would change what follows it.
    #[error("line {0} would begin another part of the document: indent it, or leave the mark out")]
    Breaks(usize),
    /// It would hide what follows it.
    #[error("{0} is opened and not closed: it would hide what follows")]
    Open(&'static str),
}

fn are(words: usize) -> String {
    match words {
        0 => "are none".into(),
        1 => "is 1".into(),
        n => format!("are {n}"),
    }
}

impl Field {
    /// True where an answer has several lines.
    pub fn is_long(&self) -> bool {
        self.kind == Kind::Text
    }

    /// True where a person answers it.
    pub fn is_asked(&self) -> bool {
        self.need != Need::Nobody
    }

    /// What is wrong with an answer; nothing where it may stand there.
    pub fn problems(&self, value: &str) -> Vec<Problem> {
        let value = value.trim();
        if value.is_empty() {
            return match self.need {
                Need::Required => vec![Problem::Missing],
                Need::OneOfSection | Need::Optional | Need::Nobody => Vec::new(),
            };
        }
        let mut problems = Vec::new();
        match &self.kind {
            Kind::Choice(words) => {
                if !words.iter().any(|it| it.eq_ignore_ascii_case(value)) {
                    problems.push(Problem::Choice(value.into(), words.join(", ")));
                }
                return problems;
            }
            Kind::Date if !is_day(value) => problems.push(Problem::Date(value.into())),
            Kind::Owner if !is_somebody(value) => problems.push(Problem::Owner(value.into())),
            _ => {}
        }
        if value.len() > MOST {
            problems.push(Problem::Long);
        }
        if self.kind != Kind::Text && value.contains('\n') {
            problems.push(Problem::Lines);
        }
        problems.extend(open(value).map(Problem::Placeholder));
        if self.kind == Kind::Text {
            let words = words(value);
            // What nobody has to answer may be answered in a word.
            if self.need != Need::Optional && words < LEAST && problems.is_empty() {
                let least = LEAST;
                problems.push(Problem::Short { words, least });
            }
            problems.extend(breaks(value).map(Problem::Breaks));
        }
        problems.extend(unclosed(value).map(Problem::Open));
        problems
    }
}

/// The first thing that is still to be written.
fn open(value: &str) -> Option<String> {
    if is_placeholder(value) {
        return Some(value.trim().to_owned());
    }
    let marks = |c: char| !c.is_alphanumeric();
    let later = value.split_whitespace().find(|word| {
        let bare = word.trim_matches(marks);
        ["TODO", "TBD", "FIXME", "XXX"].contains(&bare)
    });
    later.map(|word| word.trim_matches(marks).to_owned())
}

/// The line, from 1, that would begin a heading or end the part.
fn breaks(value: &str) -> Option<usize> {
    let mut fenced = false;
    value
        .lines()
        .position(|line| {
            let bare = line.trim();
            if bare.starts_with("```") || bare.starts_with("~~~") {
                fenced = !fenced;
                return false;
            }
            let rule = bare.chars().all(|c| c == '-') || bare.chars().all(|c| c == '=');
            let heading = bare.trim_start_matches('#').len() < bare.len()
                && bare.trim_start_matches('#').starts_with([' ', '\t']);
            !fenced && !bare.is_empty() && (heading || rule)
        })
        .map(|at| at + 1)
}

/// What is begun in it and goes on behind it.
fn unclosed(value: &str) -> Option<&'static str> {
    let fences = |mark: &str| {
        let lines = value
            .lines()
            .filter(|line| line.trim_start().starts_with(mark));
        lines.count() % 2 == 1
    };
    if fences("```") {
        return Some("```");
    }
    if fences("~~~") {
        return Some("~~~");
    }
    let last = value.rfind("<!--")?;
    (!value[last..].contains("-->")).then_some("<!--")
}

/// How many words there are.
pub(super) fn words(text: &str) -> usize {
    let is_word = |word: &&str| word.chars().any(char::is_alphanumeric);
    text.split_whitespace().filter(is_word).count()
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let number = |text: &str, long: usize| {
        let digits = text.len() == long && text.bytes().all(|it| it.is_ascii_digit());
        digits.then(|| text.parse::<u32>().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}

fn is_somebody(text: &str) -> bool {
    let named = |word: &str| {
        word.trim_matches(['@', '`', ','])
            .chars()
            .any(char::is_alphabetic)
    };
    !is_placeholder(text) && text.split_whitespace().any(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: Kind, need: Need) -> Field {
        Field {
            id: "a/b".into(),
            section: 0,
            label: "B".into(),
            kind,
            about: About::Other,
            need,
            hint: String::new(),
            current: None,
            raw: String::new(),
            shape: Shape::Block,
        }
    }

    fn said(kind: Kind, value: &str) -> Vec<String> {
        let problems = field(kind, Need::Required).problems(value);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_says_nothing_is_told() {
        assert_eq!(said(Kind::Text, " \n"), ["it has to be answered"]);
        assert_eq!(
            said(Kind::Text, "too short"),
            ["at least 3 words are asked for, and there are 2"]
        );
        assert_eq!(
            said(Kind::Text, "It calls out. Mitigation: TODO."),
            ["TODO is still to be replaced"]
        );
        assert_eq!(
            said(Kind::Line, "<what>"),
            ["<what> is still to be replaced"]
        );
        assert_eq!(said(Kind::Text, "A card is charged twice."), [""; 0]);
        assert_eq!(field(Kind::Text, Need::Optional).problems("none"), []);
        assert_eq!(field(Kind::Text, Need::Optional).problems(""), []);
    }

    #[test]
    fn days_owners_and_choices_are_what_they_should_be() {
        for day in [
            "2026-02-30",
            "2025-13-01",
            "26-1-1",
            "tomorrow",
            "2025-02-29",
        ] {
            assert_eq!(said(Kind::Date, day).len(), 1, "{day}");
        }
        assert!(said(Kind::Date, "2024-02-29").is_empty());
        assert_eq!(said(Kind::Owner, "@").len(), 2);
        assert!(said(Kind::Owner, "@mara @org/team").is_empty());
        let levels = || Kind::Choice(vec!["LOW".into(), "HIGH".into()]);
        assert!(said(levels(), "low").is_empty());
        assert_eq!(
            said(levels(), "MEDIUM"),
            ["\"MEDIUM\" is none of LOW, HIGH"]
        );
        assert_eq!(said(Kind::Line, "a b\nc d"), ["it has to be one line"]);
    }

    #[test]
    fn nothing_may_break_out_of_its_place() {
        let breaks = |text: &str| said(Kind::Text, text);
        assert!(breaks("one two three\n## Owner\n@me")[0].starts_with("line 2 would begin"));
        assert!(breaks("one two three\n---")[0].starts_with("line 2"));
        assert!(breaks("one two three\n===")[0].starts_with("line 2"));
        assert!(breaks("one two three <!-- and")[0].starts_with("<!-- is opened"));
        assert!(breaks("one two three\n```\n# x")[0].starts_with("``` is opened"));
        assert!(breaks("one two three\n```\n# x\n```\n#4 of 5").is_empty());
    }
}
