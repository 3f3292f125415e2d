//! `countersign audit`

pub mod args;
mod document;
mod log;
mod revoke;
mod verify;

use color_eyre::Result;

use super::args::RepoArg;
use super::exit::answered;
use super::output::{Output, Style};
use super::{Exit, facts};
use crate::promotion::Sha256;
use crate::promotion::text::counted;
use crate::workflow::Workspace;
use crate::workflow::audit::{self, AuditError, Exported, Log, Mark, Opened, Row, Shared};
use crate::workflow::sign_off::{self, Authority};
use args::{AuditArgs, AuditCommand, ExportArgs, ShareArgs, ShowArgs};

/// Runs the command.
pub fn run(args: AuditArgs, out: &mut Output) -> Result<Exit> {
    let done = match args.command {
        AuditCommand::Log(args) => log::run(&args, out),
        AuditCommand::Verify(args) => verify::run(&args, out),
        AuditCommand::Show(args) => show(&args, out),
        AuditCommand::Export(args) => export(&args, out),
        AuditCommand::Share(args) => share(&args, out),
        AuditCommand::Revoke(args) => revoke::run(&args, out),
    };
    answered(done, AuditError::is_wrong, AuditError::is_usage, out)
}

/// The repository, and whose keys count in it.
fn ground(repo: &RepoArg, out: &mut Output) -> Result<(Workspace, Authority)> {
    let ws = Workspace::open(&repo.repo, None)?;
    for notice in ws.notices() {
        out.notice(notice);
    }
    let authority = sign_off::authority(&ws)?;
    Ok((ws, authority))
}

fn read(repo: &RepoArg, out: &mut Output) -> Result<(Workspace, Authority, Log)> {
    let (ws, authority) = ground(repo, out)?;
    let log = audit::read(&ws, &authority)?;
    Ok((ws, authority, log))
}

fn show(args: &ShowArgs, out: &mut Output) -> Result<Exit> {
    let (_, authority, log) = read(&args.repo, out)?;
    let opened = audit::open(&log, args.position, &authority)?;
    match args.json.json {
        true => out.json(
            "countersign.audit-show",
            1,
            &document::Show::of(&opened, &log),
        )?,
        false => print(&opened, out)?,
    }
    if let Some(broken) = log.broken() {
        out.error(&format!("the audit log is broken: {broken}"));
    }
    Ok(match opened.entry.is.is_ok() && log.broken().is_none() {
        true => Exit::Holds,
        false => Exit::Failed,
    })
}

fn print(opened: &Opened<'_>, out: &mut Output) -> Result<()> {
    entry(&Row::of(opened.entry), out)?;
    out.line("")?;
    out.spans(&[(Style::Strong, "What was signed")])?;
    out.lines(&opened.pretty)?;
    out.line("")?;
    let title = format!(
        "The very bytes: {}, sha256 {}",
        opened.pae.len(),
        Sha256::of(&opened.pae)
    );
    out.spans(&[(Style::Strong, &title)])?;
    out.exact(&[(Style::Plain, &String::from_utf8_lossy(&opened.pae))])?;
    out.line("")?;
    out.spans(&[(Style::Strong, "The signature")])?;
    out.lines(&opened.signature)?;
    out.line("")?;
    out.spans(&[(Style::Strong, "To check it without Countersign")])?;
    for command in &opened.commands {
        out.exact(&[(Style::Plain, &out.command(command))])?;
    }
    Ok(())
}

/// One entry in a line, and why it does not count.
fn entry(row: &Row, out: &mut Output) -> Result<()> {
    let (style, mark) = match row.mark {
        Mark::Verified => (Style::Good, "verified"),
        Mark::NotVerified => (Style::Bad, "NOT VERIFIED"),
        Mark::Void => (Style::Warning, "void"),
        Mark::Twice => (Style::Faint, "twice"),
    };
    let (time, words) = match &row.said {
        Some(said) => (facts::minute(said.time), log::words(said)),
        None => (String::new(), String::new()),
    };
    out.spans(&[
        (Style::Faint, &format!("{:>6}  {time:16}  ", row.position)),
        (style, &format!("{mark:12}  ")),
        (Style::Plain, &words),
    ])?;
    if !row.why.is_empty() {
        out.spans(&[(style, &format!("        {}", row.why))])?;
    }
    Ok(())
}

fn export(args: &ExportArgs, out: &mut Output) -> Result<Exit> {
    let (ws, authority, log) = read(&args.repo, out)?;
    let exported = audit::export(&ws, &authority, &log, &args.dir)?;
    if args.json.json {
        let document = document::Export::of(&args.dir, &exported, &log);
        out.json("countersign.audit-export", 1, &document)?;
    } else {
        wrote(args, &exported, &authority, out)?;
    }
    for problem in &log.problems {
        out.error(&problem.to_string());
    }
    if exported.wrong > 0 {
        out.error(&format!(
            "{} of the entries prove nothing: `countersign audit verify`",
            exported.wrong
        ));
    }
    Ok(match log.holds() {
        true => Exit::Holds,
        false => Exit::Failed,
    })
}

fn wrote(
    args: &ExportArgs,
    exported: &Exported,
    authority: &Authority,
    out: &mut Output,
) -> Result<()> {
    out.line(format!(
        "wrote {}, {} and {} to {}",
        counted(exported.entries, "entry"),
        counted(exported.keyrings, "keyring"),
        counted(exported.policies, "policy"),
        args.dir.display()
    ))?;
    for digest in &exported.missing {
        out.notice(format!(
            "no file with the digest {digest} stands in the history of {}: it is not there",
            authority.base_ref
        ));
    }
    Ok(())
}

fn share(args: &ShareArgs, out: &mut Output) -> Result<Exit> {
    let (ws, authority) = ground(&args.repo, out)?;
    let shared = audit::share(&ws, &authority)?;
    let remote = authority.remote.as_deref();
    if args.json.json {
        out.json(
            "countersign.audit-share",
            1,
            &document::Share::of(remote, &shared),
        )?;
    }
    let said = match &shared {
        Shared::Yes => format!(
            "the log here and that of {} are the same",
            remote.unwrap_or_default()
        ),
        Shared::Alone => {
            "the log is not shared: [sign_off] in countersign.toml names no remote for it".into()
        }
        Shared::NotYet(why) => {
            out.error(&format!("the log is not shared yet: {why}"));
            return Ok(Exit::Undetermined);
        }
    };
    if !args.json.json {
        out.line(said)?;
    }
    Ok(Exit::Holds)
}
