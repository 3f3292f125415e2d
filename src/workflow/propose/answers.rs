//! A file of answers, for those who cannot or will not use the screen, and for drafts
//! that are kept with the work.
//!
//! ```toml
//! module = "candidate/x"
//! forms = "9f…"            # what they answer: from --write-answers
//! ethics = "yes"           # or "no"; empty: as the facts say
//! because = ""             # why not, where something speaks for it
//!
//! [promote]
//! "metadata/owner" = "@mara"
//!
//! [assessment]
//! "objectives" = """
//! …"""
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::promotion::proposal::{Answers, Field, Form, Kind, Which};
use crate::promotion::{Sha256, text};

use super::Sitting;

/// Why a file of answers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// No TOML, or other fields.
    #[error("it cannot be read: {0}")]
    Shape(String),
    /// Answers about another module.
    #[error("its answers are about {was:?}, not about {now}")]
    Module {
        /// What it was made for.
        was: String,
        /// What is asked for.
        now: String,
    },
    /// Answers to other forms.
    #[error(
        "the forms changed since it was made ({}, now {}): make it again with --write-answers",
        was.short(), now.short()
    )]
    Forms {
        /// What it was made for.
        was: Sha256,
        /// What is there.
        now: Sha256,
    },
    /// A field that is not asked for.
    #[error("{which} asks for no {id:?}{near}")]
    Field {
        /// The document.
        which: &'static str,
        /// What was answered.
        id: String,
        /// The nearest name, in words; or empty.
        near: String,
    },
    /// What nobody may answer by hand.
    #[error("{0:?} is not to be answered by hand: {1}")]
    ByHand(String, &'static str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    module: String,
    forms: Sha256,
    #[serde(default)]
    ethics: String,
    #[serde(default)]
    because: String,
    #[serde(default)]
    promote: BTreeMap<String, String>,
    #[serde(default)]
    assessment: BTreeMap<String, String>,
}

/// Reads a file of answers to what is asked. Fields without an answer are left to the
/// facts.
pub fn read_answers(sitting: &Sitting, file: &str) -> Result<Answers, AnswersError> {
    let file: File =
        toml_edit::de::from_str(file).map_err(|error| AnswersError::Shape(error.to_string()))?;
    let now = sitting.proposal.module.to_text();
    if file.module != now {
        return Err(AnswersError::Module {
            was: file.module,
            now: now.into_owned(),
        });
    }
    if file.forms != sitting.forms {
        return Err(AnswersError::Forms {
            was: file.forms,
            now: sitting.forms,
        });
    }
    let ethics = match file.ethics.as_str() {
        "" => None,
        "yes" => Some(true),
        "no" => Some(false),
        other => {
            let words = format!("ethics is {other:?}, which is neither yes nor no");
            return Err(AnswersError::Shape(words));
        }
    };
    let mut answers = Answers {
        ethics,
        because: file.because.trim().to_owned(),
        ..Answers::default()
    };
    for (which, given) in [
        (Which::Promote, file.promote),
        (Which::Ethics, file.assessment),
    ] {
        let form = sitting.proposal.form(which);
        for (id, value) in given {
            check(form, &id)?;
            if !value.trim().is_empty() {
                answers.set(which, &id, value.trim());
            }
        }
    }
    Ok(answers)
}

fn check(form: &Form, id: &str) -> Result<(), AnswersError> {
    let Some(field) = form.template.field(id) else {
        let near = form.template.fields().iter().filter(|it| it.is_asked());
        let near = near.map(|it| (strsim::jaro_winkler(&it.id, id), &it.id));
        let near = near
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|it| it.0 > 0.8);
        return Err(AnswersError::Field {
            which: form.which.title(),
            id: id.to_owned(),
            near: near.map_or(String::new(), |(_, near)| {
                format!("; did you mean {near:?}?")
            }),
        });
    };
    match field.kind {
        Kind::Criterion => Err(AnswersError::ByHand(
            id.into(),
            "evidence ticks it (countersign check)",
        )),
        Kind::Signature => Err(AnswersError::ByHand(
            id.into(),
            "people sign with their keys (countersign sign)",
        )),
        _ => Ok(()),
    }
}

/// A file to be filled in: what is answered and what facts say stands in it, with the
/// reasons; what a person has to decide is left open.
pub fn write_answers(sitting: &Sitting, answers: &Answers) -> String {
    let proposal = &sitting.proposal;
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "# Answers for the promotion of {}. Lines with # are not read.\n\
         # countersign propose {} --answers FILE --yes",
        comment(&proposal.module.to_text()),
        comment(&proposal.module.to_text()),
    );
    for note in &proposal.notes {
        let _ = writeln!(out, "# Note: {}", comment(note));
    }
    let module = toml_edit::Value::from(proposal.module.to_text().as_ref());
    let _ = writeln!(out, "module = {module}\nforms = \"{}\"", sitting.forms);
    let _ = writeln!(out);
    match proposal.touches.as_slice() {
        [] => {
            let _ = writeln!(
                out,
                "# Nothing says that it touches models, users or safety."
            );
        }
        all => {
            let _ = writeln!(out, "# It seems to touch models, users or safety:");
            for why in all.iter().take(10) {
                let _ = writeln!(out, "#   {}", comment(why));
            }
        }
    }
    let said = match answers.ethics {
        None => "",
        Some(true) => "yes",
        Some(false) => "no",
    };
    let _ = writeln!(
        out,
        "# Whether an Ethics Assessment is written: yes, no, or empty (as the facts say).\n\
         # A no against what speaks for it needs a reason.\n\
         ethics = \"{said}\"\nbecause = {}",
        quoted(&answers.because)
    );
    for (which, table) in [(Which::Promote, "promote"), (Which::Ethics, "assessment")] {
        let form = proposal.form(which);
        let _ = writeln!(
            out,
            "\n# {}: {}, from {}\n[{table}]",
            which.title(),
            comment(&form.path.to_text()),
            comment(&form.from)
        );
        for section in form.template.sections() {
            let fields = form.template.fields().get(section.fields.clone());
            for field in fields.unwrap_or_default() {
                entry(&mut out, sitting, form, answers, &section.title, field);
            }
        }
    }
    out
}

fn entry(
    out: &mut String,
    sitting: &Sitting,
    form: &Form,
    answers: &Answers,
    section: &str,
    field: &Field,
) {
    let place = match section {
        "" => comment(&field.label),
        section => format!("{}: {}", comment(section), comment(&field.label)),
    };
    let _ = writeln!(out, "\n# {place}");
    if let Some(proof) = form.proof(field, &sitting.proposal.evidenced) {
        let mark = if proof.holds { 'x' } else { ' ' };
        let _ = writeln!(out, "#   [{mark}] {}", comment(&proof.words));
        return;
    }
    if !field.is_asked() {
        let _ = writeln!(out, "#   stays empty: people sign with their keys");
        return;
    }
    if !field.hint.is_empty() && field.hint != field.label {
        for line in field.hint.lines() {
            let _ = writeln!(out, "#   {}", comment(line));
        }
    }
    if let Some(prefill) = form.prefills.get(&field.id) {
        let how = if prefill.suggests {
            format!("suggested: {}", comment(&prefill.value))
        } else {
            "from facts".to_owned()
        };
        let _ = writeln!(out, "#   {how}, because {}", comment(&prefill.because));
    }
    let value = form.value(answers, field).unwrap_or_default();
    let _ = writeln!(
        out,
        "{} = {}",
        toml_edit::Key::new(&field.id),
        quoted(value)
    );
}

/// A string as TOML has it; several lines stay several.
fn quoted(value: &str) -> String {
    let simple = |c: char| c == '\n' || !(c.is_control() || text::is_hostile(c));
    if value.contains('\n') && value.chars().all(simple) {
        let inner = value.replace('\\', "\\\\").replace("\"\"\"", "\"\"\\\"");
        return format!("\"\"\"\n{inner}\n\"\"\"");
    }
    toml_edit::Value::from(value).to_string()
}

/// One harmless line.
fn comment(value: &str) -> String {
    text::visible(value).replace('\n', " ")
}
