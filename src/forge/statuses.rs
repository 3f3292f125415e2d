//! Commit statuses, and what checks of others say.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ForgeError, GitHub, Request, with};

/// What a status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusState {
    /// It could not be found out.
    Error,
    /// No.
    Failure,
    /// Not yet.
    Pending,
    /// Yes.
    Success,
}

impl StatusState {
    /// As GitHub calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Failure => "failure",
            Self::Pending => "pending",
            Self::Success => "success",
        }
    }
}

/// A status of a commit: of those with one context, the newest counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// What it says.
    pub state: StatusState,
    /// Its name: `countersign/tests`.
    pub context: String,
    /// A line.
    pub description: Option<String>,
    /// Where there is more.
    pub target_url: Option<String>,
}

/// The longest description that is taken, in characters.
pub const MOST_DESCRIPTION: usize = 140;

#[derive(Deserialize)]
struct Combined {
    statuses: Vec<Status>,
}

/// A check of an app: GitHub Actions, say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CheckRun {
    /// Its name.
    pub name: String,
    /// `completed`, or not yet.
    pub status: String,
    /// How it ended: `success`, `failure`, `neutral`, `skipped`, …
    pub conclusion: Option<String>,
}

#[derive(Deserialize)]
struct CheckRuns {
    check_runs: Vec<CheckRun>,
}

impl GitHub {
    /// The statuses of a commit, the newest of each context.
    pub fn statuses(&self, commit: &str) -> Result<Vec<Status>, ForgeError> {
        let url = with(
            self.at(&["commits", commit, "status"]),
            &[("per_page", "100")],
        );
        self.client().pages(&url, |page: Combined| page.statuses)
    }

    /// The newest run of every check of a commit.
    pub fn check_runs(&self, commit: &str) -> Result<Vec<CheckRun>, ForgeError> {
        let url = with(
            self.at(&["commits", commit, "check-runs"]),
            &[("per_page", "100"), ("filter", "latest")],
        );
        self.client().pages(&url, |page: CheckRuns| page.check_runs)
    }

    /// What posts a status.
    pub fn posting(&self, commit: &str, status: &Status) -> Request {
        let mut body = json!({
            "state": status.state,
            "context": status.context,
            "description": status.description,
        });
        if let Some(url) = &status.target_url {
            body["target_url"] = json!(url);
        }
        self.request("POST", &format!("statuses/{commit}"), body)
    }
}
