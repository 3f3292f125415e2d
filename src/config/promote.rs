//! `[promote]`: what moving a module does besides.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::reader::{Node, Reader};
use super::value::Value;
use crate::promotion::branch_name;
use crate::promotion::{Lane, RepoPath};

/// The branch, where nothing else is said.
pub const BRANCH: &str = "promote/{module}-{date}";
/// The copy of the audit log, where nothing else is said.
pub const LOG: &str = "promotion-audit.log";

/// What a repository says of moving modules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promote {
    /// The template of the branch's name: see [`branch_name`].
    pub branch: String,
    /// Whether the old names stay importable.
    pub shims: bool,
    /// The command to try the result with; `None`: `make smoke`, where there is such a
    /// target; empty: none.
    pub smoke: Option<Vec<String>>,
    /// The gates that have to hold again.
    pub stages: Vec<String>,
    /// The changelog; `None`: where it usually is.
    pub changelog: Option<RepoPath>,
    /// The transparency scorecard; `None`: where there is one, else at the root.
    pub scorecard: Option<RepoPath>,
    /// Whether CODEOWNERS follows.
    pub codeowners: bool,
    /// Where the copy of the audit log goes.
    pub log: RepoPath,
    /// The target lane of a module, or of all that lies in a directory, where that is
    /// not the first one.
    pub targets: BTreeMap<RepoPath, RepoPath>,
}

impl Promote {
    /// The target lane that is named for a module: of several that fit the one whose
    /// path is longest.
    pub fn target(&self, module: &RepoPath) -> Option<&RepoPath> {
        let fits = self.targets.iter().filter(|(at, _)| module.is_within(at));
        fits.max_by_key(|(at, _)| at.as_bytes().len())
            .map(|(_, target)| target)
    }
}

impl Default for Promote {
    fn default() -> Self {
        Self {
            branch: BRANCH.into(),
            shims: false,
            smoke: None,
            stages: ["tests", "types", "lint"].map(String::from).into(),
            changelog: None,
            scorecard: None,
            codeowners: true,
            log: LOG.into(),
            targets: BTreeMap::new(),
        }
    }
}

/// Reads the section.
pub(super) fn read(node: &Node, lanes: &[Lane], reader: &mut Reader) -> Promote {
    let mut said = Promote::default();
    if let Some(found) = node.keys.get("branch")
        && let Some(branch) = found.value.clone().text()
    {
        let example = branch_name::fill(&branch, &"a/b".into(), "20260101");
        match git2::Reference::is_valid_name(&format!("refs/heads/{example}"))
            && !example.starts_with('-')
            && branch.contains("{module}")
        {
            true => said.branch = branch,
            false => reader.refuse(
                found.span.clone(),
                format!("`{branch}` makes no name for a branch of one module"),
                "write, for example: branch = \"promote/{module}-{date}\"",
            ),
        }
    }
    let flag = |key: &str| match node.get(key) {
        Some(Value::Bool(flag)) => Some(flag),
        _ => None,
    };
    let path = |key: &str| node.get(key).and_then(Value::path);
    said.shims = flag("shims").unwrap_or(said.shims);
    said.codeowners = flag("codeowners").unwrap_or(said.codeowners);
    said.smoke = node.get("smoke").and_then(Value::texts);
    said.stages = node
        .get("stages")
        .and_then(Value::texts)
        .unwrap_or(said.stages);
    said.changelog = path("changelog");
    said.scorecard = path("scorecard");
    said.log = path("log").unwrap_or(said.log);
    let targets = node.section("targets").map_or(&[][..], |map| &map.entries);
    for (module, target) in targets {
        let (Some(at), Some(to)) = (module.value.clone().path(), target.value.clone().path())
        else {
            continue; // was refused already
        };
        // What lies in no lane is no module, and goes nowhere.
        let lane = lanes.iter().find(|lane| at.is_within(&lane.source));
        match lane.is_none_or(|lane| lane.targets.contains(&to)) {
            true => drop(said.targets.insert(at, to)),
            false => reader.refuse(
                target.span.clone(),
                format!("`{at}` lies in a lane that does not lead to `{to}`"),
                "name one of the targets of its lane",
            ),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::project::parse;

    fn said(text: &str) -> Promote {
        parse(&format!("[promote]\n{text}"), "f").unwrap().promote
    }

    #[test]
    fn what_is_not_said_is_the_guides() {
        assert_eq!(said(""), Promote::default());
        assert_eq!(parse("", "f").unwrap().promote, Promote::default());
    }

    #[test]
    fn what_is_said_counts() {
        let said = said(
            "branch = \"move/{module}\"\nshims = true\nsmoke = []\nstages = [\"lint\"]\n\
             changelog = \"C.md\"\nscorecard = \"S.md\"\ncodeowners = false\nlog = \"l/x\"\n",
        );
        assert_eq!(said.branch, "move/{module}");
        assert!(said.shims && !said.codeowners);
        assert_eq!(said.smoke, Some(Vec::new()));
        assert_eq!(said.stages, ["lint"]);
        assert_eq!(said.changelog, Some("C.md".into()));
        assert_eq!(said.log, "l/x".into());
    }

    #[test]
    fn the_nearest_target_counts_and_only_one_of_the_lanes() {
        let said =
            said("[promote.targets]\n\"candidate/a\" = \"lukhas\"\n\"candidate/a/b\" = \"core\"\n");
        let of = |module: &str| said.target(&module.into()).map(ToString::to_string);
        assert_eq!(of("candidate/a"), Some("lukhas".into()));
        assert_eq!(of("candidate/a/c.py"), Some("lukhas".into()));
        assert_eq!(of("candidate/a/b/c.py"), Some("core".into()));
        assert_eq!(of("candidate/ab"), None);
        let wrong = "[promote.targets]\n\"candidate/a\" = \"elsewhere\"\n";
        let told = parse(wrong, "f").unwrap_err().to_string();
        assert!(told.contains("a lane that does not lead to"), "{told}");
    }

    #[test]
    fn a_branch_is_one_modules_and_has_a_name_that_git_takes() {
        for wrong in ["promote", "-x{module}", "a..{module}", "{module} x"] {
            let told = parse(&format!("[promote]\nbranch = \"{wrong}\"\n"), "f").unwrap_err();
            assert!(told.to_string().contains("no name for a branch"), "{told}");
        }
    }
}
