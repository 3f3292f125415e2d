//! A review that carries a signed decision: a table for people, and the envelope, on
//! one line, for whoever checks it. The table is made of what was signed, and a reader
//! holds one against the other.

use crate::promotion::ObjectId;
use crate::promotion::review::{Decision, Statement, Verb};

use super::markdown::{code, escape};

/// What the fence is called.
const FENCE: &str = "countersign-v1";
/// The longest body that is read.
const LONGEST: usize = super::LONGEST;

/// What people read, made of what was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table(String);

impl Table {
    /// That of a statement; `None` where it is no decision.
    pub fn of(statement: &Statement) -> Option<Self> {
        let decision = statement.predicate.decision()?;
        let subject = statement.subject.first()?;
        let mut out = String::from("| | |\n|---|---|\n");
        let mut row = |name: &str, value: &str| out.push_str(&format!("| {name} | {value} |\n"));
        row("Decision", verb(decision.decision));
        row("Role", &escape(&decision.role.to_string()));
        row("By", &escape(&decision.principal));
        row("Module", &code(&subject.name.to_text()));
        row("To", &code(&decision.to.to_text()));
        row("Commit", &format!("`{}`", decision.head));
        for (name, digest) in &subject.digest {
            row(&format!("Content, {}", escape(name)), &code(digest));
        }
        row("Gate report", &format!("`{}`", decision.gate_report));
        row("Note", &escape(&decision.note));
        Some(Self(out))
    }
}

fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Approve => "approve",
        Verb::Reject => "reject",
        Verb::Withdraw => "withdraw",
    }
}

/// The body of a review. `envelope` is JSON on one line; `None` where it is not, or the
/// statement is no decision, or all of it is too long.
pub fn review(statement: &Statement, envelope: &str) -> Option<String> {
    let decision = statement.predicate.decision()?;
    if envelope.contains(['\n', '\r', '`']) {
        return None;
    }
    let table = Table::of(statement)?.0;
    let body = format!(
        "<!-- countersign:review {} -->\n{table}\n<details><summary>The signed decision</summary>\n\n\
         ```{FENCE}\n{envelope}\n```\n\n</details>",
        decision.nonce
    );
    (body.len() <= LONGEST).then_some(body)
}

/// Why a review counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Longer than any of ours.
    #[error("it is too long")]
    TooLong,
    /// More than one block, so that it would be a matter of taste which counts.
    #[error("it has {0} signed blocks, not one")]
    Blocks(usize),
    /// A block that does not end, or holds not exactly one line.
    #[error("its signed block is not one line")]
    Block,
    /// Something else than a decision.
    #[error("what it carries is no decision")]
    NoDecision,
    /// The words for people say something else than what was signed.
    #[error("its table is not that of what was signed")]
    Table,
    /// Posted by somebody else.
    #[error("{posted} posted it, and {principal} is {account} by the base branch")]
    Account {
        /// Who posted it.
        posted: String,
        /// Who signed.
        principal: String,
        /// Their account.
        account: String,
    },
    /// Nobody says which account that person has.
    #[error("the base branch names no account of {0}")]
    NoAccount(String),
    /// Says on GitHub something else than was signed.
    #[error("on GitHub it is {0}, which is not what was signed")]
    State(String),
    /// Taken away.
    #[error("it was dismissed")]
    Dismissed,
    /// Posted on a commit other than the one that was signed.
    #[error("it was posted on another commit than was signed")]
    Commit,
    /// The head went on, with other content.
    #[error("the head is another, and the content differs from what was signed")]
    Content,
    /// Signed for another pull request.
    #[error("it was signed for pull request {0}")]
    PullRequest(u64),
    /// Signed for another place.
    #[error("it was signed for a promotion into another branch")]
    BaseRef,
}

/// The one block of a body: the envelope, still to be checked. `Ok(None)` where there
/// is none: a review of people's own words.
pub fn block(body: &str) -> Result<Option<&str>, Flaw> {
    if body.len() > LONGEST {
        return Err(Flaw::TooLong);
    }
    // GitHub may have made line ends those of the web.
    let lines: Vec<&str> = body
        .lines()
        .map(|line| line.trim_end_matches('\r'))
        .collect();
    let opens = |line: &str| {
        let bare = line.trim_start_matches([' ', '\t', '>']);
        let fence = bare.trim_start_matches(['`', '~']);
        fence.len() < bare.len() && fence.trim().starts_with("countersign-")
    };
    let count = lines.iter().filter(|line| opens(line)).count();
    let at = match count {
        0 => return Ok(None),
        1 => lines.iter().position(|line| opens(line)).unwrap_or(0),
        many => return Err(Flaw::Blocks(many)),
    };
    let whole = lines[at] == format!("```{FENCE}")
        && lines.get(at + 2) == Some(&"```")
        && lines
            .get(at + 1)
            .is_some_and(|it| it.starts_with('{') && !it.contains('`'));
    match whole {
        true => Ok(lines.get(at + 1).copied()),
        false => Err(Flaw::Block),
    }
}

/// What GitHub says that a review is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// For.
    Approved,
    /// Against.
    ChangesRequested,
    /// Neither.
    Commented,
    /// Taken away.
    Dismissed,
    /// Not submitted, or something that is not known here.
    Other,
}

/// A review as GitHub has it.
#[derive(Clone, Copy, Debug)]
pub struct Posted<'a> {
    /// Its text.
    pub body: &'a str,
    /// What it is.
    pub stand: Stand,
    /// The commit it was posted on.
    pub commit: Option<ObjectId>,
    /// The name of the account that posted it.
    pub login: &'a str,
    /// Its number.
    pub account: u64,
}

/// What a review is held against.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The number of the pull request.
    pub number: u64,
    /// Its head now.
    pub head: ObjectId,
    /// The branch it is to go to, as the log names it.
    pub base_ref: &'a str,
    /// True where the content at the head is that of the statement's digests, all of them.
    pub same_content: bool,
    /// The account of the signer by the base branch: `name`, or `name#id`.
    pub account: Option<&'a str>,
}

/// Holds a review against the statement in its block, whose signature, key and role
/// were checked before.
pub fn believe(
    posted: &Posted<'_>,
    statement: &Statement,
    expected: &Expected<'_>,
) -> Result<(), Flaw> {
    let decision = statement.predicate.decision().ok_or(Flaw::NoDecision)?;
    let table = Table::of(statement).ok_or(Flaw::NoDecision)?.0;
    account(posted, decision, expected.account)?;
    match (posted.stand, decision.decision) {
        (Stand::Approved, Verb::Approve)
        | (Stand::ChangesRequested, Verb::Reject)
        | (Stand::Commented, Verb::Withdraw) => {}
        (Stand::Dismissed, _) => return Err(Flaw::Dismissed),
        (other, _) => return Err(Flaw::State(words(other).into())),
    }
    if !has_table(posted.body, &table) {
        return Err(Flaw::Table);
    }
    if posted.commit != Some(decision.head) {
        return Err(Flaw::Commit);
    }
    if decision.head != expected.head && !expected.same_content {
        return Err(Flaw::Content);
    }
    if let Some(number) = decision.pull_request.filter(|it| *it != expected.number) {
        return Err(Flaw::PullRequest(number));
    }
    match decision.base_ref == expected.base_ref {
        true => Ok(()),
        false => Err(Flaw::BaseRef),
    }
}

fn account(posted: &Posted<'_>, decision: &Decision, account: Option<&str>) -> Result<(), Flaw> {
    let Some(account) = account else {
        return Err(Flaw::NoAccount(decision.principal.clone()));
    };
    let (login, id) = match account.split_once('#') {
        Some((login, id)) => (login, id.parse::<u64>().ok()),
        None => (account, None),
    };
    // The number where it is given: a name that was given up may be taken by others.
    let same = match id {
        Some(id) => id == posted.account,
        None => login.eq_ignore_ascii_case(posted.login),
    };
    match same {
        true => Ok(()),
        false => Err(Flaw::Account {
            posted: posted.login.to_owned(),
            principal: decision.principal.clone(),
            account: account.to_owned(),
        }),
    }
}

/// Whether the only table of a body is that one.
fn has_table(body: &str, table: &str) -> bool {
    let lines = body.lines().map(|line| line.trim_end_matches('\r'));
    let rows: Vec<&str> = lines
        .filter(|line| line.trim_start_matches([' ', '>']).starts_with('|'))
        .collect();
    rows == table.lines().collect::<Vec<_>>()
}

fn words(stand: Stand) -> &'static str {
    match stand {
        Stand::Approved => "an approval",
        Stand::ChangesRequested => "a request for changes",
        Stand::Commented => "a comment",
        Stand::Dismissed => "dismissed",
        Stand::Other => "not submitted",
    }
}

#[cfg(test)]
mod tests;
