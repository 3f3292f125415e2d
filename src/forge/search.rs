//! Many pull requests at once, by GraphQL: for a screen with hundreds of them.

use serde::Deserialize;
use serde_json::json;

use super::{ForgeError, GitHub};

/// What is asked.
pub const QUERY: &str = include_str!("../../assets/graphql/promotions.graphql");
/// Pages of fifty that are asked for at most: GitHub's search ends after 1,000.
const MOST_PAGES: usize = 20;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Brief {
    /// Its number.
    pub number: u64,
    /// Where a person looks at it.
    pub url: String,
    /// Its title.
    pub title: String,
    /// `OPEN`, `CLOSED` or `MERGED`.
    pub state: String,
    /// Nobody is asked to merge it yet.
    pub is_draft: bool,
    /// `MERGEABLE`, `CONFLICTING` or `UNKNOWN`.
    pub mergeable: String,
    /// `APPROVED`, `CHANGES_REQUESTED`, `REVIEW_REQUIRED`; `None`: no rule asks for any.
    pub review_decision: Option<String>,
    /// Its branch.
    pub head_ref_name: String,
    /// The commit of that.
    pub head_ref_oid: String,
    /// Where it is to go.
    pub base_ref_name: String,
    /// When it was merged.
    pub merged_at: Option<String>,
    /// Who merged it.
    pub merged_by: Option<Actor>,
    /// The commit that merged it.
    pub merge_commit: Option<Commit>,
    /// All statuses and checks of its head together.
    pub status_check_rollup: Option<Rollup>,
}

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Actor {
    /// Their account.
    pub login: String,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Commit {
    /// Its name.
    pub oid: String,
}

/// Checks together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Rollup {
    /// `SUCCESS`, `PENDING`, `FAILURE`, `ERROR`, `EXPECTED`.
    pub state: String,
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
    #[serde(default)]
    errors: Vec<Wrong>,
}

#[derive(Deserialize)]
struct Data {
    search: Search,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    page_info: Page,
    nodes: Vec<Option<Node>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    has_next_page: bool,
    end_cursor: Option<String>,
}

/// An issue has none of the fields that are asked for.
#[derive(Deserialize)]
#[serde(untagged)]
enum Node {
    Pull(Box<Brief>),
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Wrong {
    message: String,
}

impl GitHub {
    /// The pull requests whose branches begin with `prefix`, last changed first.
    pub fn promotions(&self, prefix: &str, base: &str) -> Result<Vec<Brief>, ForgeError> {
        let place = self.place();
        let search = format!(
            "repo:{}/{} is:pr head:{prefix} base:{base} sort:updated-desc",
            place.owner, place.name
        );
        let mut after: Option<String> = None;
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let variables = json!({ "search": search, "after": after });
            let answer: Answer = self.client().query(QUERY, &variables)?;
            let Some(data) = answer.data else {
                let said: Vec<_> = answer.errors.into_iter().map(|it| it.message).collect();
                return Err(ForgeError::Refused {
                    host: self.client().api().host().to_owned(),
                    what: "search".into(),
                    status: 200,
                    said: said.join("; "),
                });
            };
            all.extend(data.search.nodes.into_iter().flatten().filter_map(|it| {
                match it {
                    // What a search takes for near enough need not be.
                    Node::Pull(brief) if brief.head_ref_name.starts_with(prefix) => Some(*brief),
                    Node::Pull(_) | Node::Other(_) => None,
                }
            }));
            match data.search.page_info {
                Page {
                    has_next_page: true,
                    end_cursor: Some(cursor),
                } => after = Some(cursor),
                _ => break,
            }
        }
        Ok(all)
    }
}
