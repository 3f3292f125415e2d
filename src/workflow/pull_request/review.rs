//! Decisions as reviews: posted once they stand in the log, and read back with no more
//! trust than a stranger's words deserve.

use serde::Serialize;

use crate::audit::line::Line;
use crate::forge::reviews::{Review, ReviewState};
use crate::forge::{Account, ForgeError};
use crate::promotion::pull_request::{self as words, Expected, Posted, Stand};
use crate::promotion::review::{Role, Statement, Subject, Verb};
use crate::promotion::{ObjectId, RepoPath};
use crate::review::{Envelope, verify};
use crate::workflow::sign_off::Desk;

use super::{Forge, PullRequestError};

/// A review that stands on GitHub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Submitted {
    /// The pull request.
    pub number: u64,
    /// Where a person looks at it.
    pub url: String,
    /// It was there before.
    pub was_there: bool,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// The last decision in the log by one of these persons on a module, with its envelope.
pub(super) fn last(
    desk: &Desk,
    module: &RepoPath,
    principals: &[&str],
) -> Option<(Statement, Envelope)> {
    desk.log.entries.iter().rev().find_map(|entry| {
        let verified = entry.is.as_ref().ok()?;
        let decision = verified.statement.predicate.decision()?;
        let subject = verified.statement.subject.first()?;
        let is = subject.name == *module && principals.contains(&decision.principal.as_str());
        if !is || entry.void.is_some() || entry.twice.is_some() {
            return None;
        }
        let line = entry.line.strip_suffix(b"\n").unwrap_or(&entry.line);
        let line: Line<Envelope> = serde_json::from_slice(line).ok()?;
        Some((verified.statement.clone(), line.envelope))
    })
}

/// Posts the last decision on a module by whoever holds the token as a review. It has
/// to stand in the log: what only a forge has counts for nothing.
pub fn submit(
    desk: &Desk,
    forge: &Forge,
    number: u64,
    module: &RepoPath,
) -> Result<Submitted, PullRequestError> {
    let github = &forge.github;
    let me = github.me()?;
    let accounts = &desk.authority.accounts;
    let mine: Vec<&str> = accounts
        .iter()
        .filter(|(_, account)| is_account(account, &me))
        .map(|(principal, _)| principal.as_str())
        .collect();
    if mine.is_empty() {
        return Err(PullRequestError::NoDecision(format!(
            "[forge.reviewers] on {} names nobody with the account {}: a review by it would not \
             be believed",
            desk.authority.branch(),
            me.login
        )));
    }
    let Some((statement, envelope)) = last(desk, module, &mine) else {
        return Err(PullRequestError::NoDecision(format!(
            "there is no decision by {} on {module} in the log: sign first (countersign sign \
             {module} --pull-request)",
            mine.join(" or ")
        )));
    };
    let decision = statement.predicate.decision();
    let (Some(decision), Ok(line)) = (decision, serde_json::to_string(&envelope)) else {
        return Err(PullRequestError::NoDecision("it cannot be written".into()));
    };
    let Some(body) = words::review(&statement, &line) else {
        return Err(PullRequestError::NoDecision(
            "it is too long for a review; it stands in the log all the same".into(),
        ));
    };
    let pull = github.pull(number)?;
    unmoved(number, &pull.head.sha, decision.head)?;
    if pull.user.as_ref().is_some_and(|it| it.id == me.id) && decision.decision != Verb::Withdraw {
        return Err(PullRequestError::Own {
            number,
            login: me.login,
            verb: match decision.decision {
                Verb::Approve => "approve",
                _ => "reject",
            },
        });
    }
    let mark = format!("<!-- countersign:review {} -->", decision.nonce);
    let own = || -> Result<Vec<Review>, ForgeError> {
        let all = github.reviews(number)?;
        let is_own = |it: &Review| it.user.as_ref().is_some_and(|it| it.id == me.id);
        Ok(all.into_iter().filter(is_own).collect())
    };
    let is_it = |it: &Review| {
        it.body
            .lines()
            .next()
            .is_some_and(|line| line.trim() == mark)
    };
    let mut notes = Vec::new();
    if decision.decision == Verb::Withdraw {
        notes.push(
            "an approval that is on GitHub already stays there until somebody dismisses it; the \
             status countersign/approvals goes by the log"
                .to_owned(),
        );
    }
    let there = own()?;
    if let Some(done) = there
        .iter()
        .find(|it| is_it(it) && it.state != ReviewState::Pending)
    {
        return Ok(Submitted {
            number,
            url: done.html_url.clone(),
            was_there: true,
            notes,
        });
    }
    let pending = there.iter().find(|it| it.state == ReviewState::Pending);
    if let Some(other) = pending.filter(|it| !is_it(it)) {
        return Err(PullRequestError::Pending {
            login: me.login,
            number,
            url: other.html_url.clone(),
        });
    }
    let pace = github.client().pace();
    let key = |what: &str| {
        let host = github.client().api().host();
        format!(
            "{what} {host} {} {number} {}",
            github.place(),
            decision.nonce
        )
    };
    let made = forge.intents.once(
        pace,
        &key("review"),
        &decision.nonce,
        &github.drafting(number, &decision.head.to_string(), &body),
        &|| Ok(own()?.into_iter().find(|it| is_it(it))),
        &|request| github.client().write(request),
    )?;
    // Whoever pushed meanwhile: nothing is said about that.
    unmoved(number, &github.pull(number)?.head.sha, decision.head)?;
    let submitted = match made.state {
        ReviewState::Pending => forge.intents.once(
            pace,
            &key("submit"),
            &decision.nonce,
            &github.submitting(number, made.id, decision.decision, &body),
            &|| {
                let done = |it: &Review| is_it(it) && it.state != ReviewState::Pending;
                Ok(own()?.into_iter().find(done))
            },
            &|request| github.client().write(request),
        )?,
        _ => made,
    };
    if github.pull(number)?.head.sha != decision.head.to_string() {
        notes.push("the head moved right after: the review is about the commit before".into());
    }
    Ok(Submitted {
        number,
        url: submitted.html_url,
        was_there: false,
        notes,
    })
}

fn unmoved(number: u64, there: &str, here: ObjectId) -> Result<(), PullRequestError> {
    match there == here.to_string() {
        true => Ok(()),
        false => Err(PullRequestError::Moved {
            number,
            there: there.chars().take(12).collect(),
            here: here.short(),
        }),
    }
}

/// Whether an account of the configuration is that one: by its number where it has one.
fn is_account(account: &str, me: &Account) -> bool {
    match account.split_once('#') {
        Some((_, id)) => id.parse() == Ok(me.id),
        None => me.is(account),
    }
}

/// A review with a signed block, and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Belief {
    /// Whose it is on GitHub.
    pub login: String,
    /// Who signed, and as what; `None` where that is not known.
    pub signed: Option<(String, Role)>,
    /// Where a person looks at it.
    pub url: String,
    /// Why it counts for nothing; `None` where it does count.
    pub flaw: Option<String>,
}

/// Reads the reviews that carry a block. `now` is the module as it is at the head.
pub fn believed(
    desk: &Desk,
    reviews: &[Review],
    number: u64,
    head: ObjectId,
    now: Option<&Subject>,
) -> Vec<Belief> {
    let mut all = Vec::new();
    for review in reviews.iter().filter(|it| it.state != ReviewState::Pending) {
        let login = review.user.as_ref().map(|it| it.login.clone());
        let mut belief = Belief {
            login: login.unwrap_or_default(),
            signed: None,
            url: review.html_url.clone(),
            flaw: None,
        };
        match judge(desk, review, number, head, now, &mut belief) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(flaw) => belief.flaw = Some(flaw),
        }
        all.push(belief);
    }
    all
}

/// `Ok(false)`: people's own words, with no block.
fn judge(
    desk: &Desk,
    review: &Review,
    number: u64,
    head: ObjectId,
    now: Option<&Subject>,
    belief: &mut Belief,
) -> Result<bool, String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let Some(line) = words::block(&review.body).map_err(|flaw| words(&flaw))? else {
        return Ok(false);
    };
    let envelope: Envelope = serde_json::from_str(line).map_err(|error| words(&error))?;
    let keyring = &desk.authority.keyring;
    let verified = verify(&envelope, &|digest| {
        (keyring.digest == *digest).then(|| keyring.clone())
    })
    .map_err(|refused| words(&refused))?;
    let said = verified.statement.predicate.said();
    if said.repository.id != desk.authority.repository.id {
        return Err("it was signed for another repository".into());
    }
    belief.signed = Some((said.principal.to_owned(), said.role));
    let user = review.user.as_ref();
    let account = desk.authority.accounts.get(said.principal);
    let posted = Posted {
        body: &review.body,
        stand: match review.state {
            ReviewState::Approved => Stand::Approved,
            ReviewState::ChangesRequested => Stand::ChangesRequested,
            ReviewState::Commented => Stand::Commented,
            ReviewState::Dismissed => Stand::Dismissed,
            ReviewState::Pending | ReviewState::Other => Stand::Other,
        },
        commit: review.commit_id.as_deref().and_then(ObjectId::from_hex),
        login: user.map_or("", |it| &it.login),
        account: user.map_or(0, |it| it.id),
    };
    let expected = Expected {
        number,
        head,
        base_ref: &desk.authority.base_ref,
        same_content: now.is_some() && verified.statement.subject.first() == now,
        account: account.map(String::as_str),
    };
    match words::believe(&posted, &verified.statement, &expected) {
        Ok(()) => Ok(true),
        Err(flaw) => Err(flaw.to_string()),
    }
}
