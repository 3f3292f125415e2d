//! GitHub and GitHub Enterprise, by REST and GraphQL: pull requests, statuses, reviews,
//! comments. Here people look; the signed log is the truth.
//!
//! Nothing here merges, and no review is submitted but for a decision that a person
//! took: the event of a review is made of their [`Verb`](crate::promotion::review::Verb).
//! All that is sent goes through [`client`], which knows the limits; every write goes
//! through [`intent`], so that a second try finds what the first one did.

pub mod client;
pub mod comments;
pub mod error;
pub mod intent;
mod limits;
pub mod pace;
pub mod pulls;
pub mod remote;
pub mod reviews;
pub mod search;
pub mod statuses;
pub mod token;

use reqwest::Url;
use serde::Deserialize;

pub use client::{Client, Request};
pub use error::ForgeError;
pub use intent::{Intent, Intents};
pub use pace::Pace;
pub use remote::{Api, Place};
pub use token::{Found, Token};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its name, which its owner can change.
    pub login: String,
    /// Its number, which nobody can.
    pub id: u64,
}

impl Account {
    /// Whether it has that name: GitHub's names know no case.
    pub fn is(&self, login: &str) -> bool {
        self.login.eq_ignore_ascii_case(login)
    }
}

/// What may be done with the repository by whoever holds the token.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Reach {
    /// `owner/name`, as GitHub calls it now.
    pub full_name: String,
    /// Where a person looks at it.
    pub html_url: String,
    /// The branch that others come from.
    pub default_branch: String,
    /// Nobody writes there any more.
    #[serde(default)]
    pub archived: bool,
    /// Absent where nobody is logged in.
    #[serde(default)]
    pub permissions: Option<Permissions>,
}

/// The part of them that matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Permissions {
    /// To read.
    pub pull: bool,
    /// To push branches, and post statuses.
    pub push: bool,
}

/// One repository at GitHub.
pub struct GitHub {
    client: Client,
    place: Place,
}

impl GitHub {
    /// That repository, asked by that client.
    pub fn new(client: Client, place: Place) -> Self {
        Self { client, place }
    }

    /// Which it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What sends.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Who holds the token.
    pub fn me(&self) -> Result<Account, ForgeError> {
        self.client.get(&self.client.api().at(&["user"]))
    }

    /// The repository, and what may be done with it.
    pub fn reach(&self) -> Result<Reach, ForgeError> {
        self.client.get(&self.at(&[]))
    }

    /// An address below the repository's own.
    fn at(&self, parts: &[&str]) -> Url {
        let place = ["repos", &self.place.owner, &self.place.name];
        self.client.api().at(&[&place, parts].concat())
    }
}

/// An address with these in its query.
fn with(mut url: Url, query: &[(&str, &str)]) -> Url {
    url.query_pairs_mut().extend_pairs(query);
    url
}
