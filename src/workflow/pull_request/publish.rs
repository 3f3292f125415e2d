//! Opens a pull request as a draft, or brings the one that is open up to date. What is
//! there already is found first, whatever became of an earlier try.

use serde::Serialize;

use crate::forge::pulls::{NewPull, Pull};
use crate::forge::{Account, ForgeError, Request};
use crate::promotion::pull_request::{Body, artifacts, owned, update};
use crate::workflow::Workspace;

use super::push::push;
use super::{Content, Forge, Known, PullRequestError};

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Published {
    /// The number of the pull request.
    pub number: u64,
    /// Where a person looks at it.
    pub url: String,
    /// The remote got commits that it had not.
    pub pushed: bool,
    /// It is new.
    pub opened: bool,
    /// Its text was written anew.
    pub edited: bool,
    /// Who was asked for a review.
    pub asked: Vec<String>,
    /// Statuses that were posted: those that were not there as they are.
    pub posted: Vec<String>,
    /// The comment with links was written.
    pub linked: bool,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// What would be sent, where nothing is there yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// The push, as a command.
    pub push: String,
    /// The API they would go to.
    pub api: String,
    /// One after the other. The number of the pull request stands there as `NUMBER`.
    pub requests: Vec<Request>,
}

/// What would be sent. Asks nobody, and needs no token.
pub fn requests(known: &Known, content: &Content) -> Result<Requests, PullRequestError> {
    let github = known.github(None, super::Pace::default())?;
    let body = body(content, None, &"0".repeat(32))?;
    let mut requests = vec![github.opening(&new(content, &body))];
    if !content.reviewers.is_empty() {
        requests.push(github.requesting("NUMBER", &content.reviewers));
    }
    let head = content.head.to_string();
    let statuses = content.statuses.iter();
    requests.extend(statuses.map(|status| github.posting(&head, status)));
    if !content.links.is_empty() {
        let text = artifacts(&"0".repeat(32), &content.links);
        requests.push(github.commenting("NUMBER", &text));
    }
    Ok(Requests {
        push: format!(
            "git push {} {head}:refs/heads/{}",
            known.remote, content.branch
        ),
        api: format!("{}/", known.api.at(&[]).as_str().trim_end_matches('/')),
        requests,
    })
}

fn new<'a>(content: &'a Content, body: &'a str) -> NewPull<'a> {
    NewPull {
        head: &content.branch,
        base: &content.base,
        title: &content.title,
        body,
    }
}

/// The body, around what people wrote.
fn body(content: &Content, was: Option<&str>, nonce: &str) -> Result<String, PullRequestError> {
    let mine = Body {
        nonce: nonce.to_owned(),
        ..content.body.clone()
    };
    Ok(update(was.or(content.form.as_deref()), &mine)?)
}

/// Opens or refreshes it. `open`: a new one may be opened where there is none.
pub fn publish(
    ws: &Workspace,
    forge: &Forge,
    content: &Content,
    open: bool,
) -> Result<Published, PullRequestError> {
    let github = &forge.github;
    let me = github.me()?;
    let mut done = Published {
        notes: content.notes.clone(),
        ..Published::default()
    };
    let mut pull = current(forge, content)?;
    if pull.is_none() && !open {
        return Err(PullRequestError::None {
            branch: content.branch.clone(),
        });
    }
    if pull.is_some() {
        // Whatever became of a try to open one: here it is.
        forge.intents.close(&key(forge, content, "open"));
    }
    done.pushed = push(ws, &forge.remote, &content.branch, content.head)?;
    let nonce = match &pull {
        Some(_) => nonce_of(pull.as_ref()).unwrap_or_else(|| content.head.to_string()[..32].into()),
        None => forge.intents.nonce(&key(forge, content, "open"))?,
    };
    if pull.is_none() {
        let opened = self::open(forge, content, &nonce)?;
        // Where a try before this one got through, that one is it.
        done.opened = opened.body.as_deref().is_some_and(|it| owned(it, &nonce));
        pull = Some(opened);
    }
    let number = pull.map(|it| it.number).unwrap_or_default();
    let pull = github.pull(number)?;
    (done.number, done.url) = (number, pull.html_url.clone());
    let nonce = nonce_of(Some(&pull)).unwrap_or(nonce);
    done.edited = edit(forge, content, &pull, &nonce)?;
    let head = content.head.to_string();
    if pull.head.sha != head {
        return Err(PullRequestError::Moved {
            number,
            there: pull.head.sha.chars().take(12).collect(),
            here: content.head.short(),
        });
    }
    done.asked = ask(forge, content, &pull, &mut done.notes)?;
    done.posted = post(forge, content)?;
    done.linked = link(forge, content, number, &me, &nonce)?;
    Ok(done)
}

/// The open pull request of a branch. One that was merged is past.
pub(super) fn current(forge: &Forge, content: &Content) -> Result<Option<Pull>, PullRequestError> {
    let all = forge.github.pulls_of(&content.branch, &content.base)?;
    if let Some(open) = all.iter().find(|it| it.is_open()) {
        return Ok(Some(open.clone()));
    }
    match all.iter().find(|it| it.is_merged()) {
        Some(merged) => {
            let whole = forge.github.pull(merged.number)?;
            Err(PullRequestError::Merged {
                number: merged.number,
                branch: content.branch.clone(),
                by: whole.merged_by.map(|it| it.login),
                url: merged.html_url.clone(),
            })
        }
        None => Ok(None),
    }
}

/// The nonce that stands in the body of a pull request.
fn nonce_of(pull: Option<&Pull>) -> Option<String> {
    let body = pull?.body.as_deref()?;
    let line = body
        .lines()
        .find_map(|it| it.trim().strip_prefix("<!-- countersign:pull-request "))?;
    let nonce = line.strip_suffix(" -->")?;
    let fits = nonce.len() == 32 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| nonce.to_owned())
}

/// What an intent is called: the same at every try.
fn key(forge: &Forge, content: &Content, what: &str) -> String {
    let place = forge.github.place();
    let host = forge.github.client().api().host();
    let (head, base) = (&content.branch, &content.base);
    format!("{what} {host} {place} {head} {base}")
}

fn open(forge: &Forge, content: &Content, nonce: &str) -> Result<Pull, PullRequestError> {
    let github = &forge.github;
    let body = body(content, None, nonce)?;
    let request = github.opening(&new(content, &body));
    let find = || {
        let all = github.pulls_of(&content.branch, &content.base)?;
        Ok(all.into_iter().find(Pull::is_open))
    };
    let opened = forge.intents.once(
        github.client().pace(),
        &key(forge, content, "open"),
        nonce,
        &request,
        &find,
        &|request| github.client().write(request),
    )?;
    Ok(opened)
}

/// Line ends of the web are no difference.
fn same(a: &str, b: &str) -> bool {
    a.replace("\r\n", "\n") == b.replace("\r\n", "\n")
}

/// Writes our part of the body anew, where it is another by now.
fn edit(
    forge: &Forge,
    content: &Content,
    pull: &Pull,
    nonce: &str,
) -> Result<bool, PullRequestError> {
    let github = &forge.github;
    let now = pull.body.as_deref().unwrap_or_default();
    let wanted = body(content, Some(now), nonce)?;
    if same(&wanted, now) {
        return Ok(false);
    }
    let find = || {
        let pull = github.pull(pull.number)?;
        let is = pull.body.as_deref().is_some_and(|it| same(it, &wanted));
        Ok(is.then_some(pull))
    };
    forge.intents.once(
        github.client().pace(),
        &key(forge, content, "edit"),
        nonce,
        &github.editing(pull.number, &wanted),
        &find,
        &|request| github.client().write(request),
    )?;
    Ok(true)
}

/// Asks those for a review who were not asked and did not answer.
fn ask(
    forge: &Forge,
    content: &Content,
    pull: &Pull,
    notes: &mut Vec<String>,
) -> Result<Vec<String>, PullRequestError> {
    let github = &forge.github;
    let author = pull.user.as_ref();
    let answered = github.reviews(pull.number)?;
    let is_open = |login: &String| {
        let is = |it: &Account| it.is(login);
        !author.is_some_and(is)
            && !pull.requested_reviewers.iter().any(is)
            && !answered.iter().filter_map(|it| it.user.as_ref()).any(is)
    };
    let wanted: Vec<String> = content
        .reviewers
        .iter()
        .filter(|it| is_open(it))
        .cloned()
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let find = || {
        let pull = github.pull(pull.number)?;
        let asked = |login: &String| pull.requested_reviewers.iter().any(|it| it.is(login));
        Ok(wanted.iter().all(asked).then_some(pull))
    };
    let asked = forge.intents.once(
        github.client().pace(),
        &key(forge, content, "ask"),
        "",
        &github.requesting(pull.number, &wanted),
        &find,
        &|request| github.client().write(request),
    );
    match asked {
        Ok(_) => Ok(wanted),
        // Who may not see the repository cannot be asked: the rest goes on.
        Err(ForgeError::Refused { said, .. }) => {
            notes.push(format!("nobody was asked for a review: {said}"));
            Ok(Vec::new())
        }
        Err(error) => Err(error.into()),
    }
}

/// Posts the statuses that are not there as they are.
fn post(forge: &Forge, content: &Content) -> Result<Vec<String>, PullRequestError> {
    let github = &forge.github;
    let head = content.head.to_string();
    let there = github.statuses(&head)?;
    let mut posted = Vec::new();
    for wanted in &content.statuses {
        if there.contains(wanted) {
            continue;
        }
        let find = || {
            let there = github.statuses(&head)?;
            Ok(there.into_iter().find(|it| it == wanted))
        };
        forge.intents.once(
            github.client().pace(),
            &key(forge, content, &format!("status {head} {}", wanted.context)),
            "",
            &github.posting(&head, wanted),
            &find,
            &|request| github.client().write(request),
        )?;
        posted.push(wanted.context.clone());
    }
    Ok(posted)
}

/// Writes the comment with links: one, that is changed where it is there.
fn link(
    forge: &Forge,
    content: &Content,
    number: u64,
    me: &Account,
    nonce: &str,
) -> Result<bool, PullRequestError> {
    if content.links.is_empty() {
        return Ok(false);
    }
    let github = &forge.github;
    let text = artifacts(nonce, &content.links);
    let ours = || -> Result<_, ForgeError> {
        let all = github.comments(number)?;
        Ok(all.into_iter().find(|it| {
            it.user.as_ref().is_some_and(|it| it.id == me.id)
                && it.body.as_deref().is_some_and(|it| owned(it, nonce))
        }))
    };
    let there = ours()?;
    let is = |body: &Option<String>| body.as_deref().is_some_and(|it| same(it, &text));
    if there.as_ref().is_some_and(|it| is(&it.body)) {
        return Ok(false);
    }
    let request = match &there {
        Some(comment) => github.recommenting(comment.id, &text),
        None => github.commenting(number, &text),
    };
    let find = || Ok(ours()?.filter(|it| is(&it.body)));
    forge.intents.once(
        github.client().pace(),
        &key(forge, content, "links"),
        nonce,
        &request,
        &find,
        &|request| github.client().write(request),
    )?;
    Ok(true)
}
