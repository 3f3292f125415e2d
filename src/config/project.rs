//! The repository's configuration, `countersign.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::ConfigError;
use crate::promotion::{Lane, Policy, RepoPath, lane};

/// The name of the file, at the repository's root.
pub const FILE_NAME: &str = "countersign.toml";

/// Everything `countersign.toml` can say, with the defaults where it is silent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectConfig {
    /// The branch that promotions go to; `None`: `origin/HEAD`, else `main`, else `master`.
    pub base: Option<String>,
    /// The lanes.
    pub lanes: Vec<Lane>,
    /// Globs of modules that count; empty: all. Against paths from the root.
    pub include: Vec<String>,
    /// Globs of modules that don't.
    pub exclude: Vec<String>,
    /// Owners.
    pub owners: Owners,
    /// Tests.
    pub tests: Tests,
    /// Tools.
    pub tools: Tools,
    /// What is demanded of the gates.
    pub policy: Policy,
}

/// Who owns what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Owners {
    /// The CODEOWNERS file; `None`: where GitHub looks (`.github/`, root, `docs/`).
    pub codeowners: Option<RepoPath>,
    /// Glob → owner, before CODEOWNERS; of several that match the longest glob wins.
    pub modules: BTreeMap<String, String>,
}

/// Where tests are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tests {
    /// Globs of file names that are tests.
    pub patterns: Vec<String>,
    /// Module path → further test paths (files or directories).
    pub modules: BTreeMap<String, Vec<RepoPath>>,
}

impl Default for Tests {
    fn default() -> Self {
        Self {
            patterns: vec!["test_*.py".into(), "*_test.py".into()],
            modules: BTreeMap::new(),
        }
    }
}

/// Where tools come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tools {
    /// The environment whose tools and packages the gates use (a directory with
    /// `bin/python`), relative to the repository's work tree or absolute; `None`:
    /// `.venv` or `venv` in the work tree, else one that Countersign makes.
    pub environment: Option<String>,
    /// Requirement files to install into an environment that Countersign makes.
    pub requirements: Vec<RepoPath>,
    /// The Python to make it with; `None`: `python3` from `PATH`.
    pub python: Option<String>,
}

impl Default for ProjectConfig {
    fn default() -> Self {
        Self {
            base: None,
            lanes: lane::default_lanes(),
            include: Vec::new(),
            exclude: Vec::new(),
            owners: Owners::default(),
            tests: Tests::default(),
            tools: Tools::default(),
            policy: Policy::default(),
        }
    }
}

/// Reads `countersign.toml`; `file` is its name in errors.
pub fn parse(_text: &str, _file: &str) -> Result<ProjectConfig, ConfigError> {
    Ok(ProjectConfig::default())
}
