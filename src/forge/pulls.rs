//! Pull requests.

use serde::Deserialize;
use serde_json::json;

use super::{Account, ForgeError, GitHub, Request, with};

/// A pull request, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// Where a person looks at it.
    pub html_url: String,
    /// `open` or `closed`.
    pub state: String,
    /// Nobody is asked to merge it yet.
    #[serde(default)]
    pub draft: bool,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: Option<String>,
    /// Who opened it; `None` where that account is gone.
    pub user: Option<Account>,
    /// What is to be merged.
    pub head: Side,
    /// Into what.
    pub base: Side,
    /// When it was merged.
    pub merged_at: Option<String>,
    /// Who merged it. Only in what was asked for by its number.
    #[serde(default)]
    pub merged_by: Option<Account>,
    /// The commit that merged it; of one that is open, a try.
    pub merge_commit_sha: Option<String>,
    /// Whether it can be merged without conflicts; `None`: GitHub is finding out.
    #[serde(default)]
    pub mergeable: Option<bool>,
    /// Why it can or cannot: `clean`, `blocked`, `behind`, `dirty`, `unstable`, …
    #[serde(default)]
    pub mergeable_state: Option<String>,
    /// Who is asked for a review.
    #[serde(default)]
    pub requested_reviewers: Vec<Account>,
}

/// One side of a pull request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Side {
    /// The branch.
    #[serde(rename = "ref")]
    pub branch: String,
    /// Its commit.
    pub sha: String,
}

impl Pull {
    /// True once somebody merged it.
    pub fn is_merged(&self) -> bool {
        self.merged_at.is_some()
    }

    /// True while it can be changed.
    pub fn is_open(&self) -> bool {
        self.state == "open"
    }
}

/// One that is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPull<'a> {
    /// The branch with the change.
    pub head: &'a str,
    /// The branch it is to go to.
    pub base: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Its text.
    pub body: &'a str,
}

impl GitHub {
    /// The pull requests of a branch of this repository, newest first: open, closed and
    /// merged.
    pub fn pulls_of(&self, head: &str, base: &str) -> Result<Vec<Pull>, ForgeError> {
        let owner = &self.place().owner;
        let from = format!("{owner}:{head}");
        let query = [
            ("head", from.as_str()),
            ("base", base),
            ("state", "all"),
            ("sort", "created"),
            ("direction", "desc"),
            ("per_page", "100"),
        ];
        self.client().list(&with(self.at(&["pulls"]), &query))
    }

    /// One, with all that is told of it.
    pub fn pull(&self, number: u64) -> Result<Pull, ForgeError> {
        self.client().get(&self.at(&["pulls", &number.to_string()]))
    }

    /// What opens a draft.
    pub fn opening(&self, new: &NewPull<'_>) -> Request {
        let body = json!({
            "title": new.title,
            "head": new.head,
            "base": new.base,
            "body": new.body,
            "draft": true,
            "maintainer_can_modify": false,
        });
        self.request("POST", "pulls", body)
    }

    /// What changes its text.
    pub fn editing(&self, number: u64, body: &str) -> Request {
        self.request("PATCH", &format!("pulls/{number}"), json!({ "body": body }))
    }

    /// What asks for reviews.
    pub fn requesting(&self, number: impl std::fmt::Display, reviewers: &[String]) -> Request {
        let path = format!("pulls/{number}/requested_reviewers");
        self.request("POST", &path, json!({ "reviewers": reviewers }))
    }

    /// A write below this repository's own address.
    pub(super) fn request(
        &self,
        method: &'static str,
        path: &str,
        body: serde_json::Value,
    ) -> Request {
        let place = self.place();
        Request {
            method,
            path: format!("repos/{}/{}/{path}", place.owner, place.name),
            body,
        }
    }
}
