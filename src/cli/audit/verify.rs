//! `countersign audit verify`

use color_eyre::Result;
use serde::Serialize;

use super::args::VerifyArgs;
use crate::cli::output::{Output, Style};
use crate::cli::{Exit, Usage};
use crate::workflow::audit::{self, Ground, HeadDocument, Verdict};
use crate::workflow::sign_off::Authority;

/// The document of `audit verify --json`.
#[derive(Serialize)]
struct Document<'a> {
    branch: &'a str,
    remote: Option<&'a str>,
    base_ref: &'a str,
    #[serde(flatten)]
    verdict: &'a Verdict,
}

/// Runs the command.
pub fn run(args: &VerifyArgs, out: &mut Output) -> Result<Exit> {
    let (ws, authority) = super::ground(&args.repo, out)?;
    let log = match &args.log {
        Some(file) => {
            let bytes = std::fs::read(file)
                .map_err(|error| Usage(format!("{}: {error}", file.display())))?;
            audit::read_bytes(&Ground::of(&ws, &authority)?, &bytes.into())
        }
        None => audit::read(&ws, &authority)?,
    };
    let verdict = Verdict::of(&log);
    if args.json.json {
        let document = Document {
            branch: &authority.audit_branch,
            remote: authority.remote.as_deref(),
            base_ref: &authority.base_ref,
            verdict: &verdict,
        };
        out.json("countersign.audit-verify", 1, &document)?;
    } else {
        print(&verdict, &authority, args.log.is_some(), out)?;
    }
    Ok(match (verdict.holds, verdict.known) {
        (false, _) => Exit::Failed,
        (true, false) => Exit::Undetermined,
        (true, true) => Exit::Holds,
    })
}

fn print(verdict: &Verdict, authority: &Authority, copy: bool, out: &mut Output) -> Result<()> {
    let size = verdict.head.size;
    let (style, word) = match (verdict.holds, verdict.known) {
        (false, _) => (Style::Bad, "does NOT hold"),
        (true, false) => (Style::Warning, "holds, as far as can be told"),
        (true, true) => (Style::Good, "holds"),
    };
    out.spans(&[
        (Style::Strong, "The audit log "),
        (style, word),
        (
            Style::Plain,
            &match size {
                0 => ": it has no entry".to_owned(),
                1 => ": 1 entry".to_owned(),
                n => format!(": {n} entries"),
            },
        ),
    ])?;
    if let Some(wrong) = &verdict.first_wrong {
        out.spans(&[
            (Style::Bad, &format!("  entry {}", wrong.position)),
            (
                Style::Plain,
                &format!(" (line {} of the file) ", wrong.position + 1),
            ),
            (
                Style::Plain,
                &format!("is the first that proves nothing: {}", wrong.why),
            ),
        ])?;
        out.line(format!(
            "  {} before it hold; {} in all prove nothing",
            wrong.position, verdict.wrong
        ))?;
    }
    for problem in &verdict.problems {
        out.spans(&[(Style::Warning, &format!("  {problem}"))])?;
    }
    for (count, words) in [
        (
            verdict.verified,
            "verified: signature, keyring, place, and what its signer had seen",
        ),
        (
            verdict.void,
            "void: their key counts for nothing (countersign audit log)",
        ),
        (
            verdict.twice,
            "twice: the same statement once more, which counts once",
        ),
    ] {
        if count > 0 {
            out.line(out.here(format!("  {count:>6} {words}")))?;
        }
    }
    out.line(format!("  root {}", verdict.head.root))?;
    out.line(format!("  file {} (sha256)", verdict.log))?;
    if copy {
        out.line("  This is a copy: it was not held against what you saw of the log before")?;
    } else {
        out.line(held_against(verdict.pinned, "  what you saw of it before"))?;
        match (&authority.remote, verdict.shared) {
            (None, _) => out.line("  it is not shared over a remote")?,
            (Some(remote), Some(shared)) => out.line(format!(
                "  {remote} had the first {} of these when it was last asked",
                shared.size
            ))?,
            (Some(remote), None) => {
                out.line(format!(
                    "  {remote} had something else when it was last asked"
                ))?;
            }
        }
    }
    if let Some(unprotected) = &verdict.unprotected {
        out.spans(&[(Style::Warning, &format!("  {unprotected}"))])?;
    }
    Ok(())
}

fn held_against(pinned: Option<HeadDocument>, what: &str) -> String {
    match pinned {
        Some(head) => format!("{what}: {} entries, root {}", head.size, head.root),
        None => format!("{what}: nothing. It is remembered from now on"),
    }
}
