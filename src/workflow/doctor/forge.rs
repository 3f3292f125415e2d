//! The forge: which one, whether a token is at hand, and what it may.

use super::{Area, Check};
use crate::workflow::Workspace;
use crate::workflow::pull_request::{PullRequestError, known, reach};

const AREA: Area = Area::Repository;
const NAME: &str = "forge";

/// What can be said of it. Asks the forge, where there is one and a token for it.
pub fn examine(ws: &Workspace) -> Vec<Check> {
    let known = match known(ws) {
        Ok(known) => known,
        // Everything works without.
        Err(PullRequestError::NoForge(why)) => {
            return vec![Check::ok(AREA, NAME, format!("none: {why}"))];
        }
        Err(error) => {
            let remedy = "correct [forge] in countersign.toml; docs/pull-requests.md";
            return vec![Check::problem(AREA, NAME, error.to_string(), remedy)];
        }
    };
    let place = &known.place;
    let reached = match reach(&known) {
        Ok(reached) => reached,
        Err(error) => {
            let remedy = "until then there are no pull requests; all else works";
            let found = format!("{place}: {error}");
            return vec![Check::warning(AREA, NAME, found, remedy)];
        }
    };
    let who = format!(
        "{place}, as {} (the token is that of {})",
        reached.login, reached.token_from
    );
    vec![match reached.may_write {
        true => Check::ok(AREA, NAME, format!("{who}: may push and post")),
        false => Check::warning(
            AREA,
            NAME,
            format!("{who}: may only read"),
            "use a token that may write contents, pull requests and commit statuses there",
        ),
    }]
}
