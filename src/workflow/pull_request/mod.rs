//! The pull request of a promotion: opened as a draft and kept up to date, statuses,
//! reviews with the signed block, and what became of it. The log stays the truth, and
//! all of this can be left out.
//!
//! Nothing here approves by itself or merges at all: a review is made of a decision
//! that stands in the log, and who merges does so on GitHub.

mod about;
mod content;
mod place;
mod publish;
mod push;
mod review;
mod state;
mod statuses;

use std::path::PathBuf;

use crate::forge::{ForgeError, GitHub, Intents};
use crate::promotion::RepoPath;
use crate::promotion::pull_request::TooLong;
use crate::repo::RepoError;
use crate::workflow::OpenError;
use crate::workflow::dirs::NoHome;
use crate::workflow::sign_off::{AuthorityError, SignOffError};

pub use crate::forge::{Pace, Request, Token};
pub use about::{About, Carried, about, carried, link};
pub use content::Content;
pub use place::{Known, Reached, branches, is_without, known, reach};
pub use publish::{Published, Requests, publish, requests};
pub use review::{Belief, Submitted, believed, submit};
pub use state::{Brief, MergeOf, Noted, Standing, briefs, note_merge, standing};

/// Why a pull request was not opened, changed or read.
#[derive(Debug, thiserror::Error)]
pub enum PullRequestError {
    /// None is configured or found.
    #[error("there is no forge here: {0}")]
    NoForge(String),
    /// The forge.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The base branch.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The log, or the evidence.
    #[error(transparent)]
    SignOff(#[from] SignOffError),
    /// The texts around ours.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// Nowhere to keep intents.
    #[error(transparent)]
    Home(#[from] NoHome),
    /// Not the branch of a promotion.
    #[error(
        "{branch} is no branch to promote {module} on: only {template} is pushed for it. \
         Check one out (git switch -c promote/…), or look at it with --rev"
    )]
    Branch {
        /// What is looked at.
        branch: String,
        /// The module.
        module: RepoPath,
        /// What it would have to be called.
        template: String,
    },
    /// The repository at the commit before a move.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A link.
    #[error("{0} is no link: NAME=https://… is what it takes")]
    Link(String),
    /// The push.
    #[error("{branch} could not be pushed to {remote}: {why}")]
    Push {
        /// The branch.
        branch: String,
        /// The remote.
        remote: String,
        /// What git said.
        why: String,
    },
    /// None yet.
    #[error("there is no open pull request for {branch}. Open one: countersign pr MODULE --open")]
    None {
        /// The branch.
        branch: String,
    },
    /// It is past.
    #[error("pull request {number} of {branch} was merged{}: {url}", by_words(.by))]
    Merged {
        /// Its number.
        number: u64,
        /// The branch.
        branch: String,
        /// By whom.
        by: Option<String>,
        /// Where.
        url: String,
    },
    /// The pull request has another head.
    #[error(
        "the head of pull request {number} is {there}, and this is about {here}: nothing was said \
         about what nobody looked at. Push or fetch first"
    )]
    Moved {
        /// Its number.
        number: u64,
        /// Its head, short.
        there: String,
        /// What was looked at, short.
        here: String,
    },
    /// One's own.
    #[error(
        "you opened pull request {number} as {login}, and GitHub lets nobody {verb} their own: \
         the decision stands in the log all the same"
    )]
    Own {
        /// Its number.
        number: u64,
        /// One's account.
        login: String,
        /// What was decided.
        verb: &'static str,
    },
    /// A draft of a person's.
    #[error(
        "{login} has a review on pull request {number} that is not submitted yet, and there can be \
         one at a time: submit or discard it ({url}), then post this one: \
         countersign pr MODULE --review"
    )]
    Pending {
        /// One's account.
        login: String,
        /// Its number.
        number: u64,
        /// Where it is.
        url: String,
    },
    /// Somebody else's token.
    #[error(
        "the token is that of {login}, and {principal} signed, who is {account} by the base branch: \
         nobody posts the decision of another"
    )]
    NotYou {
        /// Whose token it is.
        login: String,
        /// Who signed.
        principal: String,
        /// Their account.
        account: String,
    },
    /// No such decision.
    #[error("{0}")]
    NoDecision(String),
    /// No key for a record.
    #[error(
        "nobody here may sign the record of a merge: that takes the key of an owner, of who releases, \
         or of a machine that the keyring names (--key FILE)"
    )]
    NoKey,
    /// Not merged.
    #[error("pull request {0} is not merged: there is nothing to record")]
    NotMerged(u64),
    /// An answer without what is needed.
    #[error("GitHub does not say {0}")]
    Silent(&'static str),
}

fn by_words(by: &Option<String>) -> String {
    by.as_ref()
        .map(|by| format!(" by {by}"))
        .unwrap_or_default()
}

impl PullRequestError {
    /// True where a person asked for what cannot be, or has to set something up.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::NoForge(_)
            | Self::Branch { .. }
            | Self::TooLong(_)
            | Self::NoDecision(_)
            | Self::Link(_) => true,
            Self::Forge(error) => error.is_usage(),
            Self::Repo(error) => error.is_usage(),
            Self::SignOff(error) => error.is_usage(),
            _ => false,
        }
    }

    /// True where the answer is no.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::None { .. }
                | Self::Merged { .. }
                | Self::Moved { .. }
                | Self::Own { .. }
                | Self::Pending { .. }
                | Self::NotYou { .. }
                | Self::NotMerged(_)
                | Self::NoKey
        )
    }
}

/// A forge that can be written to.
pub struct Forge {
    /// The repository there.
    pub github: GitHub,
    /// What is about to be written.
    pub intents: Intents,
    /// The remote that branches are pushed to.
    pub remote: String,
    /// Where the token was found: never the token.
    pub token_from: &'static str,
}

impl Forge {
    /// One that uses that token; intents are kept in `directory`.
    pub fn with(
        known: &Known,
        token: Option<Token>,
        pace: Pace,
        directory: PathBuf,
    ) -> Result<Self, ForgeError> {
        Ok(Self {
            github: known.github(token, pace)?,
            intents: Intents::at(directory),
            remote: known.remote.clone(),
            token_from: "a test",
        })
    }

    /// The one of a repository, with the token that is at hand.
    pub fn open(known: &Known) -> Result<Self, PullRequestError> {
        Self::open_at(known, Pace::default())
    }

    /// The same at another pace.
    pub fn open_at(known: &Known, pace: Pace) -> Result<Self, PullRequestError> {
        crate::forge::token::no_core_dumps();
        let found = crate::forge::token::find(&known.api)?;
        Ok(Self {
            github: known.github(Some(found.token), pace)?,
            intents: Intents::at(crate::workflow::dirs::data_dir()?.join("forge")),
            remote: known.remote.clone(),
            token_from: found.from,
        })
    }
}
