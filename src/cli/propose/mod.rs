//! `countersign propose`
//!
//! The wizard on the command line: question by question, then the commit, in full, then
//! the branch. With `--answers FILE` nothing is asked. Exit code 1: something is still to
//! be answered, or a person did not want it written.

mod asking;
mod document;

use std::io::{IsTerminal, Write as _};

use color_eyre::Result;
use color_eyre::eyre::WrapErr as _;

use crate::promotion::GateStatus;
use crate::promotion::proposal::Answers;
use crate::workflow::propose::{
    self, Ask, Judged, Plan, ProposeError, Sitting, Standing, Written, read_answers, write_answers,
};
use crate::workflow::{sign_off, triage};

use super::args::{ProposeArgs, YesNo};
use super::output::{Output, Style};
use super::{Exit, Usage, workspace};
pub(super) use asking::{said, yes};

/// Runs the command.
pub fn run(args: ProposeArgs, out: &mut Output) -> Result<Exit> {
    match propose(&args, out) {
        Err(report) => match report.downcast_ref::<ProposeError>() {
            // An answer, and it is no.
            Some(error) if error.is_refusal() => {
                out.error(&error.to_string());
                Ok(Exit::Failed)
            }
            _ => Err(report),
        },
        done => done,
    }
}

fn propose(args: &ProposeArgs, out: &mut Output) -> Result<Exit> {
    let ws = workspace(&args.at, out)?;
    ws.require_commit()?;
    let tree = ws.modules()?;
    let id = triage::find(&ws, &tree, &args.module)?;
    let ask = Ask {
        date: args.date.clone(),
        branch: args.branch.clone(),
    };
    let sitting = Sitting::open(&ws, &tree, id, ask)?;
    for note in &sitting.proposal.notes {
        out.notice(note);
    }
    let mut answers = begin(args, &sitting, out)?;
    if let Some(said) = args.ethics {
        answers.ethics = Some(said == YesNo::Yes);
        answers.because = args.because.clone().unwrap_or_default();
    }
    if let Some(file) = &args.write_answers {
        return give(&sitting, &answers, file, out);
    }
    let asks = args.answers.is_none() && !args.dry_run;
    if asks {
        if args.json.json || !out.is_terminal() || !std::io::stdin().is_terminal() {
            return Err(Usage(
                "nobody is here to be asked: give --answers FILE, made with --write-answers FILE"
                    .into(),
            )
            .into());
        }
        match asking::walk(&sitting, answers, out)? {
            Some(given) => answers = given,
            None => {
                out.notice("nothing was written; your answers are kept for the next time");
                return Ok(Exit::Failed);
            }
        }
    }
    decide(args, &sitting, &answers, out)
}

/// The answers to begin with.
fn begin(args: &ProposeArgs, sitting: &Sitting, out: &mut Output) -> Result<Answers> {
    if let Some(file) = &args.answers {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Usage(format!("{}: {error}", file.display())))?;
        let read = read_answers(sitting, &text);
        return Ok(read.map_err(|source| ProposeError::Answers {
            path: file.clone(),
            source,
        })?);
    }
    let Some((answers, since)) = sitting.draft() else {
        return Ok(Answers::default());
    };
    out.notice("going on with the answers that were kept from before");
    for words in since {
        out.notice(words);
    }
    Ok(answers)
}

/// Writes the file of answers, never over another.
fn give(
    sitting: &Sitting,
    answers: &Answers,
    file: &std::path::Path,
    out: &mut Output,
) -> Result<Exit> {
    let text = write_answers(sitting, answers);
    if file.as_os_str() == "-" {
        out.lines(text)?;
        return Ok(Exit::Holds);
    }
    let made = std::fs::File::create_new(file);
    let mut made = match made {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let words = format!("{} is there already and stays as it is", file.display());
            return Err(Usage(words).into());
        }
        made => made.wrap_err_with(|| format!("{} cannot be made", file.display()))?,
    };
    made.write_all(text.as_bytes())
        .wrap_err_with(|| format!("{} cannot be written", file.display()))?;
    out.line(format!("wrote {}: fill it in, then", file.display()))?;
    let module = &sitting.proposal.module;
    out.line(out.here(format!(
        "  countersign propose {module} --answers {} --dry-run",
        file.display()
    )))?;
    Ok(Exit::Holds)
}

fn decide(
    args: &ProposeArgs,
    sitting: &Sitting,
    answers: &Answers,
    out: &mut Output,
) -> Result<Exit> {
    let open = sitting.proposal.open(answers);
    let judged = sitting.judge(answers)?;
    let plan = match args.dry_run {
        true => sitting.preview(answers)?,
        false => sitting.plan(answers)?,
    };
    let mut told = document::Told {
        sitting,
        answers,
        plan: &plan,
        open: &open,
        judged: &judged,
        written: None,
        recorded: None,
    };
    if args.dry_run {
        if args.json.json {
            out.json("countersign.propose", 1, &told.document())?;
        } else {
            show(&plan, out)?;
            verdicts(&judged, out)?;
            if !open.is_empty() {
                out.line("")?;
                out.error(&ProposeError::Open(open.clone()).to_string());
            }
            unseen(&plan, sitting, out);
            out.notice("nothing was written");
        }
        return Ok(exit(&judged, open.is_empty()));
    }
    if !args.yes {
        if args.json.json || !out.is_terminal() || !std::io::stdin().is_terminal() {
            return Err(Usage(
                "nobody is here to read the commit first: give --yes, after a look at --dry-run"
                    .into(),
            )
            .into());
        }
        show(&plan, out)?;
        verdicts(&judged, out)?;
        unseen(&plan, sitting, out);
        if plan.standing != Standing::Same && !asking::agrees(&plan, out)? {
            sitting.keep(answers)?;
            out.notice("nothing was written; your answers are kept for the next time");
            return Ok(Exit::Failed);
        }
    }
    if args.yes {
        unseen(&plan, sitting, out);
    }
    let written = sitting.write(&plan)?;
    told.written = Some(&written);
    if !args.json.json {
        done(&plan, &written, out)?;
    }
    let (recorded, failed) = match record(args, sitting, &written, out)? {
        Recorded::Yes(position) => (Some(position), false),
        Recorded::No => (None, false),
        Recorded::Failed => (None, true),
    };
    if args.json.json {
        told.recorded = recorded;
        out.json("countersign.propose", 1, &told.document())?;
    }
    match failed {
        true => Ok(Exit::Undetermined),
        false => Ok(exit(&judged, true)),
    }
}

/// Whether the proposal is in the audit log.
enum Recorded {
    /// As that entry.
    Yes(u64),
    /// Nobody wanted it to be, or nobody could sign it.
    No,
    /// It was asked for, and is not.
    Failed,
}

/// Offers to record it where an owner's key is at hand; says so where none is.
fn record(
    args: &ProposeArgs,
    sitting: &Sitting,
    written: &Written,
    out: &mut Output,
) -> Result<Recorded> {
    let terminal = out.is_terminal() && std::io::stdin().is_terminal();
    let recorder = match sitting.recorder(args.key.as_deref()) {
        Ok(recorder) => recorder,
        Err(why) => {
            out.notice(format!("not recorded in the audit log: {why}"));
            return Ok(if args.record {
                Recorded::Failed
            } else {
                Recorded::No
            });
        }
    };
    let key = &recorder.key;
    let wanted = match (args.record, terminal && !args.yes) {
        (true, _) => true,
        (false, true) => asking::yes(
            &format!(
                "Record it in the audit log, signed as owner by {} ({})?",
                key.principal, key.fingerprint
            ),
            out,
        )?,
        (false, false) => {
            out.notice(format!(
                "not recorded in the audit log; {} could sign it: --record",
                key.principal
            ));
            false
        }
    };
    if !wanted {
        return Ok(Recorded::No);
    }
    let ask = if terminal {
        sign_off::Ask::Terminal
    } else {
        sign_off::Ask::Nobody
    };
    match sitting.record(&recorder, written, ask) {
        Ok(appended) => {
            if !args.json.json {
                out.line(format!(
                    "recorded in the audit log as entry {}",
                    appended.position
                ))?;
            }
            Ok(Recorded::Yes(appended.position))
        }
        Err(why) => {
            out.error(&format!("the branch is written, and not recorded: {why}"));
            Ok(Recorded::Failed)
        }
    }
}

/// What the gates say of the documents is told, and is no reason not to write them: an
/// owner may be named later. It decides on the exit code all the same.
fn exit(judged: &[Judged], complete: bool) -> Exit {
    let mut written = judged
        .iter()
        .filter(|it| matches!(it.gate.as_str(), "promote" | "ethics"));
    match complete && written.all(|it| it.status.holds()) {
        true => Exit::Holds,
        false => Exit::Failed,
    }
}

/// What no gate looked at is told before it is written as open.
fn unseen(plan: &Plan, sitting: &Sitting, out: &mut Output) {
    if let Some(words) = plan.ticks.unseen_words() {
        let command = &sitting.proposal.evidenced.command;
        out.notice(format!(
            "{words}; `{command}` first, and what holds is ticked"
        ));
    }
}

/// The commit as it would be, in full.
fn show(plan: &Plan, out: &mut Output) -> Result<()> {
    out.line("")?;
    let how = match plan.standing {
        Standing::New => "is made",
        Standing::Continued => "gets one more commit",
        Standing::Same => "says all of this already",
    };
    out.spans(&[
        (Style::Strong, "branch  "),
        (Style::Plain, &format!("{} {how}", plan.branch)),
    ])?;
    out.spans(&[(Style::Faint, "upon    "), (Style::Plain, &plan.upon)])?;
    out.spans(&[(Style::Faint, "by      "), (Style::Plain, &plan.author)])?;
    for line in plan.message.lines() {
        out.exact(&[(Style::Faint, "        "), (Style::Plain, line)])?;
    }
    for document in &plan.documents {
        out.line("")?;
        let path = document.path.to_text();
        match &document.before {
            None => {
                out.spans(&[(Style::Strong, &path), (Style::Faint, "  new")])?;
                for line in document.text.lines() {
                    out.exact(&[(Style::Good, "+ "), (Style::Plain, line)])?;
                }
            }
            Some(before) => {
                out.spans(&[(Style::Strong, &path), (Style::Faint, "  changed")])?;
                for (sign, line) in propose::changes(before, &document.text) {
                    let style = match sign {
                        '+' => Style::Good,
                        '-' => Style::Bad,
                        _ => Style::Faint,
                    };
                    out.exact(&[(style, &format!("{sign} ")), (style, &line)])?;
                }
            }
        }
    }
    Ok(())
}

fn verdicts(judged: &[Judged], out: &mut Output) -> Result<()> {
    out.line("")?;
    out.spans(&[(Style::Strong, "What the gates say of it")])?;
    for judged in judged {
        let style = match judged.status {
            GateStatus::Passed => Style::Good,
            GateStatus::Failed | GateStatus::Error => Style::Bad,
            GateStatus::NotApplicable => Style::Faint,
            _ => Style::Warning,
        };
        out.spans(&[
            (Style::Plain, &format!("  {:14} ", judged.gate)),
            (style, judged.status.word()),
            (Style::Plain, "  "),
            (Style::Faint, &judged.why),
        ])?;
    }
    Ok(())
}

fn done(plan: &Plan, written: &Written, out: &mut Output) -> Result<()> {
    out.line("")?;
    match written.made {
        true => out.line(format!(
            "{} is at {}, with {}",
            written.branch,
            written.commit.short(),
            plan.documents
                .iter()
                .map(|it| it.path.to_string())
                .collect::<Vec<_>>()
                .join(" and ")
        ))?,
        false => out.line(format!("{} says all of this already", written.branch))?,
    }
    out.line("next:")?;
    for next in &written.next {
        out.line(out.here(format!("  {next}")))?;
    }
    Ok(())
}
