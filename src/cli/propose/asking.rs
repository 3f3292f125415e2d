//! The questions, one after the other. Every answer is kept as it is given.

use std::io::BufRead as _;

use color_eyre::Result;

use crate::promotion::proposal::{Answers, Applies, Field, Form, Kind, Which};
use crate::workflow::editor;
use crate::workflow::propose::{Plan, Sitting};

use super::{Output, Style};

/// What somebody typed.
enum Typed {
    Keep,
    Editor,
    Empty,
    Text(String),
}

/// Asks everything; `None`: the person left.
pub(super) fn walk(
    sitting: &Sitting,
    mut answers: Answers,
    out: &mut Output,
) -> Result<Option<Answers>> {
    let proposal = &sitting.proposal;
    out.spans(&[(
        Style::Strong,
        &format!("{} -> {}", proposal.module, proposal.target),
    )])?;
    out.line(
        "Enter keeps what is there, e opens your editor, - leaves it empty, q goes; \
         every answer is kept.",
    )?;
    if !form(sitting, Which::Promote, &mut answers, out)? {
        return Ok(None);
    }
    if !applies(sitting, &mut answers, out)? {
        return Ok(None);
    }
    let written = proposal.applies(&answers).holds();
    if written && !form(sitting, Which::Ethics, &mut answers, out)? {
        return Ok(None);
    }
    Ok(Some(answers))
}

/// Shows the commit's question.
pub(super) fn agrees(plan: &Plan, out: &mut Output) -> Result<bool> {
    out.line("")?;
    yes(&format!("Write {}?", plan.branch), out)
}

/// A question that takes a yes or a no.
pub(in crate::cli) fn yes(question: &str, out: &mut Output) -> Result<bool> {
    loop {
        let question = format!("{question} [y]es / [n]o: ");
        match said(&question, out)?.map(|it| it.to_lowercase()).as_deref() {
            None | Some("n" | "no" | "q") => return Ok(false),
            Some("y" | "yes") => return Ok(true),
            Some(_) => {}
        }
    }
}

/// Whether an assessment is written.
fn applies(sitting: &Sitting, answers: &mut Answers, out: &mut Output) -> Result<bool> {
    let proposal = &sitting.proposal;
    out.line("")?;
    out.spans(&[(Style::Strong, "Ethics Assessment")])?;
    for why in proposal.touches.iter().take(5) {
        out.spans(&[(Style::Faint, "  "), (Style::Faint, why)])?;
    }
    let (now, why) = match proposal.applies(answers) {
        Applies::Said(said) => (said, "you said so".to_owned()),
        Applies::Because(why) => (true, why),
        Applies::Nothing => (false, "nothing speaks for it".to_owned()),
    };
    let word = if now { "yes" } else { "no" };
    loop {
        let question = format!("Write one? [Enter: {word}, {why}] [y]es / [n]o / [q]uit: ");
        let Some(typed) = said(&question, out)? else {
            return Ok(false);
        };
        match typed.to_lowercase().as_str() {
            "q" => return Ok(false),
            "" => {}
            "y" | "yes" => answers.ethics = Some(true),
            "n" | "no" => answers.ethics = Some(false),
            _ => continue,
        }
        if let Some(problem) = proposal.unexplained(answers) {
            out.line(problem)?;
            match said("Why not (a line): ", out)? {
                Some(why) => answers.because = why,
                None => return Ok(false),
            }
            if proposal.unexplained(answers).is_some() {
                continue;
            }
        }
        sitting.keep(answers)?;
        return Ok(true);
    }
}

fn form(sitting: &Sitting, which: Which, answers: &mut Answers, out: &mut Output) -> Result<bool> {
    let form = sitting.proposal.form(which);
    out.line("")?;
    out.spans(&[
        (Style::Strong, which.title()),
        (
            Style::Faint,
            &format!("  {}, from {}", form.path, form.from),
        ),
    ])?;
    for section in form.template.sections() {
        if !section.title.is_empty() {
            out.line("")?;
            out.spans(&[(Style::Strong, &section.title)])?;
        }
        let fields = form.template.fields().get(section.fields.clone());
        for field in fields.unwrap_or_default() {
            if !ask(sitting, form, field, answers, out)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Asks one field until its answer may stand there. False: the person left.
fn ask(
    sitting: &Sitting,
    form: &Form,
    field: &Field,
    answers: &mut Answers,
    out: &mut Output,
) -> Result<bool> {
    if let Some(proof) = form.proof(field, &sitting.proposal.evidenced) {
        let mark = if proof.holds { "[x] " } else { "[ ] " };
        let style = if proof.holds {
            Style::Good
        } else {
            Style::Warning
        };
        out.spans(&[(style, mark), (Style::Plain, &field.label)])?;
        out.spans(&[(Style::Faint, "      "), (Style::Faint, &proof.words)])?;
        return Ok(true);
    }
    if !field.is_asked() {
        return Ok(true);
    }
    introduce(form, field, answers, out)?;
    loop {
        let question = match &field.kind {
            Kind::Choice(words) => format!("  {} [{}]: ", field.label, words.join(" | ")),
            _ => format!("  {}: ", field.label),
        };
        let Some(typed) = said(&question, out)? else {
            return Ok(false);
        };
        let typed = match typed.as_str() {
            "q" => return Ok(false),
            "" => Typed::Keep,
            "e" => Typed::Editor,
            "-" => Typed::Empty,
            _ => Typed::Text(typed),
        };
        match typed {
            Typed::Keep => {
                let suggested = form.prefills.get(&field.id).filter(|it| it.suggests);
                if let (None, Some(it)) = (form.value(answers, field), suggested) {
                    answers.set(form.which, &field.id, &it.value);
                }
            }
            Typed::Empty => answers.set(form.which, &field.id, ""),
            Typed::Text(text) => answers.set(form.which, &field.id, &choice(field, &text)),
            Typed::Editor => {
                let now = form.value(answers, field).unwrap_or_default();
                match editor::write(&editor::command(), now) {
                    Ok(text) => answers.set(form.which, &field.id, text.trim()),
                    Err(why) => {
                        out.error(&why);
                        continue;
                    }
                }
            }
        }
        let problems = form.problems(answers, field);
        if problems.is_empty() {
            sitting.keep(answers)?;
            return Ok(true);
        }
        for problem in problems {
            out.spans(&[
                (Style::Warning, "    "),
                (Style::Warning, &problem.to_string()),
            ])?;
        }
    }
}

/// What there is to know of a field before it is answered.
fn introduce(form: &Form, field: &Field, answers: &Answers, out: &mut Output) -> Result<()> {
    if field.is_long() && field.hint != field.label {
        for line in field.hint.lines() {
            out.spans(&[(Style::Faint, "    "), (Style::Faint, line)])?;
        }
    }
    let value = form.value(answers, field);
    let prefill = form.prefills.get(&field.id);
    for line in value.unwrap_or_default().lines() {
        out.spans(&[(Style::Good, "    = "), (Style::Plain, line)])?;
    }
    let answered = answers.get(form.which, &field.id).is_some();
    if let Some(prefill) = prefill.filter(|_| !answered) {
        let words = match prefill.suggests {
            true => format!(
                "    suggested: {}, because {}",
                prefill.value, prefill.because
            ),
            false => format!("    because {}", prefill.because),
        };
        out.spans(&[(Style::Faint, &words)])?;
    }
    Ok(())
}

/// A choice may be named by its beginning.
fn choice(field: &Field, text: &str) -> String {
    if let Kind::Choice(words) = &field.kind {
        let begins = |word: &&String| word.to_lowercase().starts_with(&text.to_lowercase());
        let mut found = words.iter().filter(begins);
        if let (Some(one), None) = (found.next(), found.next()) {
            return one.clone();
        }
    }
    text.to_owned()
}

pub(in crate::cli) fn said(question: &str, out: &mut Output) -> Result<Option<String>> {
    out.ask(question)?;
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line)? == 0 {
        out.line("")?;
        return Ok(None);
    }
    Ok(Some(line.trim().to_owned()))
}
