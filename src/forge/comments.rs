//! Comments on pull requests, which GitHub has as those of issues.

use serde::Deserialize;
use serde_json::json;

use super::{Account, ForgeError, GitHub, Request, with};

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Comment {
    /// Its number.
    pub id: u64,
    /// Whose it is; `None` where that account is gone.
    pub user: Option<Account>,
    /// Its text.
    pub body: Option<String>,
    /// Where a person looks at it.
    pub html_url: String,
}

impl GitHub {
    /// All comments on a pull request, oldest first.
    pub fn comments(&self, number: u64) -> Result<Vec<Comment>, ForgeError> {
        let url = with(
            self.at(&["issues", &number.to_string(), "comments"]),
            &[("per_page", "100")],
        );
        self.client().list(&url)
    }

    /// What writes one.
    pub fn commenting(&self, number: impl std::fmt::Display, body: &str) -> Request {
        let path = format!("issues/{number}/comments");
        self.request("POST", &path, json!({ "body": body }))
    }

    /// What changes one.
    pub fn recommenting(&self, comment: u64, body: &str) -> Request {
        let path = format!("issues/comments/{comment}");
        self.request("PATCH", &path, json!({ "body": body }))
    }
}
