//! Lanes: where modules come from and where they are promoted to.

use serde::{Deserialize, Serialize};

use super::RepoPath;

/// A source directory and the directories its modules may be promoted to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// The experimental directory, e.g. `candidate`.
    pub source: RepoPath,
    /// The production directories, e.g. `core` and `lukhas`; the first is the
    /// default. The root (an empty path) is allowed as a target.
    pub targets: Vec<RepoPath>,
}

impl Lane {
    /// Where `module` would stand in `target`: its path below the source, below the target.
    pub fn destination(&self, module: &RepoPath, target: &RepoPath) -> Option<RepoPath> {
        module
            .strip(&self.source)
            .map(|rest| target.join(rest.as_bytes()))
    }
}

/// The guide's layout, used where nothing else is configured.
pub fn default_lanes() -> Vec<Lane> {
    vec![Lane {
        source: "candidate".into(),
        targets: vec!["core".into(), "lukhas".into()],
    }]
}
