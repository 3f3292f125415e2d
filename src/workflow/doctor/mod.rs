//! Says what is missing and how to get it. Looks only: nothing from the
//! repository is run, and nothing is changed but for a probe file in the cache. Where
//! there is a forge and a token for it, it is asked what the token may; where metrics are
//! read, their server whether it has them.

use std::path::Path;

use serde::Serialize;

use super::Workspace;

mod canary;
mod forge;
mod keyring;
mod machine;
mod repository;
mod sign_off;
mod terminal;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it should be.
    Ok,
    /// Something works less well than it could.
    Warning,
    /// Gates cannot run, their results cannot be kept, or what is written keeps
    /// everybody from signing.
    Problem,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// The repository and its configuration.
    Repository,
    /// Programs and places of this machine.
    Machine,
    /// The terminal and the person's settings.
    Terminal,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it belongs to.
    pub area: Area,
    /// Its name, stable.
    pub name: &'static str,
    /// How it came out.
    pub state: State,
    /// What was found, in a sentence. Hostile until shown through `text::visible`.
    pub found: String,
    /// What to do; `None` where all is well.
    pub remedy: Option<String>,
}

impl Check {
    fn ok(area: Area, name: &'static str, found: impl Into<String>) -> Self {
        Self {
            area,
            name,
            state: State::Ok,
            found: found.into(),
            remedy: None,
        }
    }

    fn warning(
        area: Area,
        name: &'static str,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Warning,
            remedy: Some(remedy.into()),
            ..Self::ok(area, name, found)
        }
    }

    fn problem(
        area: Area,
        name: &'static str,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Problem,
            ..Self::warning(area, name, found, remedy)
        }
    }
}

/// Looks at everything, as seen from `path`. What the console cannot take of a person's own
/// files it says itself: `slips`.
pub fn examine(path: &Path, slips: &[String]) -> Vec<Check> {
    let (workspace, mut checks) = repository::examine(path);
    let now = jiff::Timestamp::now().as_second();
    checks.extend(workspace.iter().flat_map(|ws| sign_off::examine(ws, now)));
    checks.extend(workspace.iter().flat_map(forge::examine));
    checks.extend(workspace.iter().flat_map(canary::examine));
    checks.extend(machine::examine(workspace.as_ref()));
    checks.extend(terminal::examine(slips));
    checks
}

/// The gravest of them.
pub fn worst(checks: &[Check]) -> State {
    checks
        .iter()
        .map(|check| check.state)
        .max()
        .unwrap_or(State::Ok)
}
