//! A file of answers, for those who cannot or will not use the screen.
//!
//! ```toml
//! about = "9f…"          # what they are about: from --print-answers
//! decision = "approve"   # or "reject", "withdraw"
//! note = ""
//!
//! [items.design]
//! answer = "yes"         # or "concern", "not-applicable"; those need a note
//! note = ""
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::promotion::review::{Answer, Answered, Verb};
use crate::promotion::{Sha256, text};

use super::Sheet;

/// What somebody answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// What they decide; `None` where they left it open.
    pub decision: Option<Verb>,
    /// Item by item, without those left open.
    pub answered: Vec<Answered>,
    /// For those who read the decision.
    pub note: String,
}

/// Why a file of answers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// No TOML, or other fields.
    #[error("it cannot be read: {0}")]
    Shape(String),
    /// Answers to something else.
    #[error(
        "its answers are about something else ({}, now {}): the content, the evidence or the \
         rules changed since it was made. Make it again with --print-answers, and read again",
        was.short(), now.short()
    )]
    About {
        /// What it was made for.
        was: Sha256,
        /// What is there.
        now: Sha256,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    about: Sha256,
    #[serde(default)]
    decision: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    items: BTreeMap<String, Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    #[serde(default)]
    answer: String,
    #[serde(default)]
    note: String,
}

/// Reads a file of answers to that sheet, in the order of its checklist.
pub fn read_answers(sheet: &Sheet, file: &str) -> Result<Answers, AnswersError> {
    let shape = |error: &dyn std::fmt::Display| AnswersError::Shape(error.to_string());
    let file: File = toml_edit::de::from_str(file).map_err(|error| shape(&error))?;
    let now = sheet.about();
    if file.about != now {
        return Err(AnswersError::About {
            was: file.about,
            now,
        });
    }
    let word =
        |word: &str, known: &str| AnswersError::Shape(format!("{word:?} is none of {known}"));
    let decision = match file.decision.as_str() {
        "" => None,
        "approve" => Some(Verb::Approve),
        "reject" => Some(Verb::Reject),
        "withdraw" => Some(Verb::Withdraw),
        other => return Err(word(other, "approve, reject, withdraw")),
    };
    let mut answered = Vec::new();
    for (id, item) in file.items {
        let answer = match item.answer.as_str() {
            "" => continue, // left open, which the checklist says
            "yes" => Answer::Yes,
            "concern" => Answer::Concern,
            "not-applicable" => Answer::NotApplicable,
            other => return Err(word(other, "yes, concern, not-applicable")),
        };
        answered.push(Answered {
            id,
            answer,
            note: item.note,
        });
    }
    let place = |id: &str| sheet.checklist.items.iter().position(|item| item.id == id);
    answered.sort_by_key(|it| place(&it.id));
    Ok(Answers {
        decision,
        answered,
        note: file.note,
    })
}

/// A file to be filled in: nothing in it is answered.
pub fn write_answers(sheet: &Sheet) -> String {
    let mut out = String::new();
    for line in sheet.text.lines() {
        let _ = writeln!(out, "# {line}"); // writing to a String cannot fail
    }
    let _ = write!(
        out,
        "\nabout = \"{}\"\ndecision = \"\" # approve, reject or withdraw\nnote = \"\"\n",
        sheet.about()
    );
    for item in &sheet.items {
        let _ = write!(
            out,
            "\n# {}\n[items.{}]\nanswer = \"\" # yes, concern or not-applicable\nnote = \"\"\n",
            text::visible(&item.question).replace('\n', " "),
            toml_edit::Key::new(&item.id)
        );
    }
    out
}
