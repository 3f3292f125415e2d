//! `countersign pr`
//!
//! The pull request of a module: opened as a draft, kept up to date, read. A person
//! merges it, on GitHub.

use std::io::IsTerminal;

use color_eyre::Result;
use serde::Serialize;

use crate::promotion::RepoPath;
use crate::workflow::Workspace;
use crate::workflow::audit::Shared;
use crate::workflow::pull_request::{
    self, Content, Forge, MergeOf, Noted, Published, PullRequestError, Requests, Standing,
    Submitted,
};
use crate::workflow::sign_off::{self, Ask, Desk};

use super::args::PrArgs;
use super::exit::answered;
use super::output::{Output, Style};
use super::{Exit, workspace};

/// Runs the command.
pub fn run(args: PrArgs, out: &mut Output) -> Result<Exit> {
    let ws = workspace(&args.at, out)?;
    ws.require_commit()?;
    refused(act(&ws, &args, out), out)
}

/// An answer that is no is no error.
fn refused(done: Result<Exit>, out: &mut Output) -> Result<Exit> {
    answered(
        done,
        PullRequestError::is_refusal,
        PullRequestError::is_usage,
        out,
    )
}

fn act(ws: &Workspace, args: &PrArgs, out: &mut Output) -> Result<Exit> {
    let desk = Desk::open(ws)?;
    let links = args.link.iter().map(|it| pull_request::link(it));
    let links = links.collect::<Result<_, _>>()?;
    let about = pull_request::about(ws, &desk, &args.module, links)?;
    let content = about.content;
    let known = pull_request::known(ws)?;
    if args.dry_run {
        let requests = pull_request::requests(&known, &content)?;
        told(&content, out);
        return dry(args, &content.module, &requests, out);
    }
    let forge = Forge::open(&known)?;
    if args.open || args.refresh {
        let published = pull_request::publish(ws, &forge, &content, args.open)?;
        return done(args, &content.module, &published, out);
    }
    let standing = pull_request::standing(&desk, &forge, &content, about.now.as_ref())?;
    if args.review {
        let submitted = pull_request::submit(&desk, &forge, standing.number, &content.module)?;
        posted(&submitted, out)?;
        return Ok(Exit::Holds);
    }
    if args.record_merge {
        let keys = sign_off::keys(ws, &desk.authority, args.key.as_deref())?;
        let of = MergeOf {
            module: &content.module,
            to: &about.present.to,
            number: standing.number,
        };
        let noted = pull_request::note_merge(ws, &desk, &forge, &of, &keys, ask())?;
        return note(&standing, &noted, out);
    }
    status(args, &content.module, &standing, out)
}

fn ask() -> Ask {
    match std::io::stdin().is_terminal() {
        true => Ask::Terminal,
        false => Ask::Nobody,
    }
}

fn told(content: &Content, out: &mut Output) {
    for note in &content.notes {
        out.notice(note);
    }
}

/// After `sign --pull-request`: the decision stands in the log, and is posted as a review.
pub(super) fn review(ws: &Workspace, module: &RepoPath, out: &mut Output) -> Result<Exit> {
    let post = |out: &mut Output| -> Result<Exit> {
        // The log is another than before.
        let desk = Desk::open(ws)?;
        let about = pull_request::about(ws, &desk, &module.to_text(), Vec::new())?;
        let forge = Forge::open(&pull_request::known(ws)?)?;
        let now = about.now.as_ref();
        let standing = pull_request::standing(&desk, &forge, &about.content, now)?;
        let submitted = pull_request::submit(&desk, &forge, standing.number, module)?;
        posted(&submitted, out)?;
        Ok(Exit::Holds)
    };
    let ended = post(out);
    if ended.is_err() {
        out.notice(format!(
            "the decision stands in the log; it is not on the pull request yet. To do, without \
             signing again: countersign pr {module} --review"
        ));
    }
    refused(ended, out)
}

fn posted(submitted: &Submitted, out: &mut Output) -> Result<()> {
    for note in &submitted.notes {
        out.notice(note);
    }
    let was = match submitted.was_there {
        true => "was on pull request",
        false => "is on pull request",
    };
    // Documents for programs go to standard output alone.
    out.notice(format!(
        "the decision {was} {} as a review: {}",
        submitted.number, submitted.url
    ));
    Ok(())
}

fn note(standing: &Standing, noted: &Noted, out: &mut Output) -> Result<Exit> {
    let by = standing.merged_by.as_deref().unwrap_or("somebody");
    match noted {
        Noted::Before(position) => {
            out.line(format!("entry {position} of the log says so already"))?
        }
        Noted::Now(appended) => {
            out.line(format!(
                "entry {} of the log: {by} merged pull request {}",
                appended.position, standing.number
            ))?;
            if let Shared::NotYet(why) = &appended.shared {
                out.notice(format!("it is in the log here, and not shared yet: {why}"));
            }
        }
    }
    Ok(Exit::Holds)
}

/// The document of `pr --json`.
#[derive(Serialize)]
struct Document<'a> {
    module: &'a RepoPath,
    /// With `--dry-run`.
    requests: Option<&'a Requests>,
    /// With `--open` or `--refresh`.
    published: Option<&'a Published>,
    /// Otherwise.
    standing: Option<&'a Standing>,
}

fn dry(args: &PrArgs, module: &RepoPath, requests: &Requests, out: &mut Output) -> Result<Exit> {
    if args.json.json {
        let document = Document {
            module,
            requests: Some(requests),
            published: None,
            standing: None,
        };
        out.json("countersign.pr", 1, &document)?;
        return Ok(Exit::Holds);
    }
    out.exact(&[(Style::Plain, &requests.push)])?;
    for request in &requests.requests {
        out.line("")?;
        let line = format!("{} {}{}", request.method, requests.api, request.path);
        out.exact(&[(Style::Strong, &line)])?;
        out.lines(serde_json::to_string_pretty(&request.body)?)?;
    }
    out.notice("nothing was sent, and nobody was asked what is there already");
    Ok(Exit::Holds)
}

fn done(args: &PrArgs, module: &RepoPath, published: &Published, out: &mut Output) -> Result<Exit> {
    for note in &published.notes {
        out.notice(note);
    }
    if args.json.json {
        let document = Document {
            module,
            requests: None,
            published: Some(published),
            standing: None,
        };
        out.json("countersign.pr", 1, &document)?;
        return Ok(Exit::Holds);
    }
    let what = match (published.opened, published.edited) {
        (true, _) => "opened as a draft",
        (false, true) => "brought up to date",
        (false, false) => "is up to date",
    };
    out.line(format!(
        "pull request {} {what}: {}",
        published.number, published.url
    ))?;
    if published.pushed {
        out.line("the branch was pushed")?;
    }
    if !published.asked.is_empty() {
        out.line(format!(
            "asked for a review: {}",
            published.asked.join(", ")
        ))?;
    }
    if !published.posted.is_empty() {
        out.line(format!("statuses posted: {}", published.posted.join(", ")))?;
    }
    if published.linked {
        out.line("the comment with links was written")?;
    }
    Ok(Exit::Holds)
}

fn status(args: &PrArgs, module: &RepoPath, it: &Standing, out: &mut Output) -> Result<Exit> {
    if args.json.json {
        let document = Document {
            module,
            requests: None,
            published: None,
            standing: Some(it),
        };
        out.json("countersign.pr", 1, &document)?;
        return Ok(Exit::Holds);
    }
    let draft = if it.draft { ", a draft" } else { "" };
    out.spans(&[
        (Style::Strong, &format!("pull request {}", it.number)),
        (Style::Plain, &format!("  {}{draft}  {}", it.state, it.url)),
    ])?;
    let mut row = |label: &str, value: &str| {
        out.spans(&[
            (Style::Faint, &format!("  {label:12}")),
            (Style::Plain, value),
        ])
    };
    let short: String = it.head.chars().take(12).collect();
    row(
        "head",
        &match it.current {
            true => short,
            false => format!("{short}, which is not what is looked at here"),
        },
    )?;
    if it.state == "open" {
        let mergeable = match it.mergeable {
            Some(true) => "without conflicts",
            Some(false) => "has conflicts",
            None => "GitHub is finding out",
        };
        let state = it.mergeable_state.as_deref().unwrap_or("unknown");
        row(
            "merging",
            &format!("{mergeable} ({state}); a person does it there"),
        )?;
    }
    for (name, state) in &it.checks {
        row("check", &format!("{name}  {state}"))?;
    }
    for review in &it.reviews {
        let who = match &review.signed {
            Some((principal, role)) => format!("{} for {principal} as {role}", review.login),
            None => review.login.clone(),
        };
        let worth = match &review.flaw {
            None => "signed, and matches".to_owned(),
            Some(flaw) => format!("counts for nothing: {flaw}"),
        };
        row("review", &format!("{who}: {worth}"))?;
    }
    if !it.requested.is_empty() {
        row("asked", &it.requested.join(", "))?;
    }
    if let Some(by) = &it.merged_by {
        let commit: String = it
            .merge_commit
            .iter()
            .flat_map(|it| it.chars().take(12))
            .collect();
        row("merged by", &format!("{by} ({commit})"))?;
        out.line(out.here("to note that in the log: countersign pr MODULE --record-merge"))?;
    }
    Ok(Exit::Holds)
}
