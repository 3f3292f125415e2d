//! The pull request of a module: what would be sent, in words, and the sending.

use super::Source;
use super::errand::on_branch;
use crate::console::model::errand::{Look, Outcome, Paragraph, Sheet};
use crate::promotion::RepoPath;
use crate::workflow::Workspace;
use crate::workflow::pull_request::{
    self, Content, Forge, Known, Published, PullRequestError, Requests,
};
use crate::workflow::sign_off::Desk;

/// All that it takes to send what was read.
pub(super) struct Ready {
    ws: Workspace,
    known: Known,
    content: Content,
}

/// Works out what would be sent, as `pr --open --dry-run` does: asks nobody, sends
/// nothing. Without a token it is said all the same, and nothing can be sent.
pub(super) fn read(
    source: &Source,
    ws: Workspace,
    module: &RepoPath,
    branch: Option<&str>,
    links: &[String],
) -> Result<(Sheet, Option<Ready>), String> {
    let known = pull_request::known(&ws).map_err(|error| {
        format!(
            "{error}. A pull request takes a remote at GitHub, or [forge] in countersign.toml; \
             everything else goes on without: what is promoted is merged with git"
        )
    })?;
    let ws = on_branch(source, ws, module, branch)?;
    let content = content(&ws, module, links)?;
    let words = |error: PullRequestError| error.to_string();
    let requests = pull_request::requests(&known, &content).map_err(words)?;
    let may = match Forge::open(&known) {
        Ok(_) => Ok(format!(
            "pushes {} to {} and opens its pull request at {}, as a draft. A person merges it",
            content.branch, known.remote, known.place
        )),
        Err(error) => Err(error.to_string()),
    };
    let sheet = Sheet {
        text: text(&known, &content, &requests),
        may,
        gates: Vec::new(),
    };
    let ready = sheet.may.is_ok().then_some(Ready { ws, known, content });
    Ok((sheet, ready))
}

fn content(ws: &Workspace, module: &RepoPath, links: &[String]) -> Result<Content, String> {
    let desk = Desk::open(ws).map_err(|error| error.to_string())?;
    let links = links.iter().map(|it| pull_request::link(it)).collect();
    let about = |links| pull_request::about(ws, &desk, &module.to_text(), links);
    let about = Result::and_then(links, about);
    about.map(|it| it.content).map_err(|error| match error {
        PullRequestError::Branch { .. } => {
            format!("{error}. Here a proposal writes one (`propose` on this module's screen)")
        }
        error => error.to_string(),
    })
}

/// What would be sent, one after the other, and the text itself.
fn text(known: &Known, content: &Content, requests: &Requests) -> Vec<Paragraph> {
    let Content {
        branch, base, head, ..
    } = content;
    let line = |look: Look, text: String| (look, text);
    let gap = || (Look::Text, String::new());
    let mut text =
        vec![
        line(Look::Title, content.title.clone()),
        line(Look::Text, format!("from {branch} into {base}, as a draft")),
        line(Look::Text, format!("at {} ({})", known.place, requests.api)),
        gap(),
        line(Look::Title, "What is sent, in this order".into()),
        line(
            Look::Text,
            format!("the branch, as it is at {}: {}", head.short(), requests.push),
        ),
        line(
            Look::Text,
            "the pull request; where one is open for this branch already, our part of its text \
             is brought up to date instead"
                .into(),
        ),
    ];
    if !content.reviewers.is_empty() {
        let asked = content.reviewers.join(", ");
        text.push(line(Look::Text, format!("a request for review by {asked}")));
    }
    let count = content.statuses.len();
    text.push(line(
        Look::Text,
        format!(
            "{count} statuses of {}, where they are not there as they are:",
            head.short()
        ),
    ));
    for status in &content.statuses {
        let words = status.description.as_deref().unwrap_or_default();
        let state = status.state.word();
        let words = match words == state {
            true => String::new(),
            false => format!(": {words}"),
        };
        let row = format!("  {} {state}{words}", status.context);
        text.push(line(Look::Muted, row));
    }
    for (name, url) in &content.links {
        let words = format!("a comment with links: {name} {url}");
        text.push(line(Look::Text, words));
    }
    for note in &content.notes {
        text.push(line(Look::Warning, note.clone()));
    }
    text.push(gap());
    text.push(line(Look::Title, "Its text".into()));
    let body = requests.requests.first().and_then(|it| it.body.get("body"));
    let body = body.and_then(|it| it.as_str()).unwrap_or_default();
    text.extend(body.lines().map(|it| line(Look::Text, it.to_owned())));
    text
}

/// Sends what was read.
pub(super) fn send(ready: &Ready) -> Outcome {
    let Ready { ws, known, content } = ready;
    let published =
        Forge::open(known).and_then(|forge| pull_request::publish(ws, &forge, content, true));
    match published {
        Ok(published) => sent(&published),
        Err(error) => Outcome {
            done: false,
            words: error.to_string(),
            text: vec![(
                Look::Muted,
                "What was sent before that stays; trying again goes on from there, and opens no \
                 second one."
                    .into(),
            )],
            record: None,
            branch: None,
        },
    }
}

fn sent(published: &Published) -> Outcome {
    let what = match (published.opened, published.edited) {
        (true, _) => "opened as a draft",
        (false, true) => "brought up to date",
        (false, false) => "is up to date",
    };
    let mut text = Vec::new();
    let mut say = |words: String| text.push((Look::Text, words));
    say(match published.pushed {
        true => "the branch was pushed".into(),
        false => "the remote had the branch".into(),
    });
    if !published.asked.is_empty() {
        say(format!(
            "asked for a review: {}",
            published.asked.join(", ")
        ));
    }
    if !published.posted.is_empty() {
        say(format!("statuses posted: {}", published.posted.join(", ")));
    }
    for note in &published.notes {
        text.push((Look::Warning, note.clone()));
    }
    text.push((Look::Muted, "A person merges it, on GitHub.".into()));
    Outcome {
        done: true,
        words: format!(
            "pull request {} {what}: {}",
            published.number, published.url
        ),
        text,
        record: None,
        branch: None,
    }
}
