//! Reviews: made as a draft that only their author sees, then submitted.
//!
//! What a review says follows from what a person decided and signed: there is no other
//! way to an event here.

use serde::Deserialize;
use serde_json::json;

use crate::promotion::review::Verb;

use super::{Account, ForgeError, GitHub, Request, with};

/// What a review is, as GitHub says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewState {
    /// Only its author sees it.
    Pending,
    /// For.
    Approved,
    /// Against.
    ChangesRequested,
    /// Neither.
    Commented,
    /// Taken away by somebody.
    Dismissed,
    /// Something newer.
    #[serde(other)]
    Other,
}

impl ReviewState {
    /// That of a decision.
    pub fn of(verb: Verb) -> Self {
        match verb {
            Verb::Approve => Self::Approved,
            Verb::Reject => Self::ChangesRequested,
            Verb::Withdraw => Self::Commented,
        }
    }
}

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Review {
    /// Its number.
    pub id: u64,
    /// Whose it is; `None` where that account is gone.
    pub user: Option<Account>,
    /// Its text.
    #[serde(default)]
    pub body: String,
    /// What it is.
    pub state: ReviewState,
    /// The commit it is about.
    pub commit_id: Option<String>,
    /// Where a person looks at it.
    #[serde(default)]
    pub html_url: String,
}

impl GitHub {
    /// All reviews of a pull request, oldest first. Pending ones are one's own.
    pub fn reviews(&self, number: u64) -> Result<Vec<Review>, ForgeError> {
        let url = with(
            self.at(&["pulls", &number.to_string(), "reviews"]),
            &[("per_page", "100")],
        );
        self.client().list(&url)
    }

    /// What makes a pending review: without an event nothing is said by it yet.
    pub fn drafting(&self, number: u64, commit: &str, body: &str) -> Request {
        let path = format!("pulls/{number}/reviews");
        self.request("POST", &path, json!({ "commit_id": commit, "body": body }))
    }

    /// What submits it, as the decision that its author took.
    pub fn submitting(&self, number: u64, review: u64, verb: Verb, body: &str) -> Request {
        let event = match verb {
            Verb::Approve => "APPROVE",
            Verb::Reject => "REQUEST_CHANGES",
            Verb::Withdraw => "COMMENT",
        };
        let path = format!("pulls/{number}/reviews/{review}/events");
        self.request("POST", &path, json!({ "event": event, "body": body }))
    }
}
