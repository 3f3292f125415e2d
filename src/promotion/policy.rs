//! What a repository demands of its gates. Read from `countersign.toml`; every
//! key is documented in `docs/configuration.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::RepoPath;

/// Which findings count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zero {
    /// Those the merge-base did not have ("zero new", the guide's rule).
    #[default]
    New,
    /// All of them.
    All,
}

/// Which Python counts as the one that the repository pins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinnedPython {
    /// Only the very release.
    Exact,
    /// Any patch release of it.
    #[default]
    Minor,
    /// Any Python.
    Ignore,
}

/// What one gate is told. Fields that a gate has no use for are refused by
/// the configuration, not ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateOptions {
    /// `false` turns the gate off; it is then shown as not applicable, with that reason.
    pub enabled: bool,
    /// Seconds until its tool is ended.
    pub timeout_s: u64,
    /// Which findings count.
    pub zero: Zero,
    /// Further arguments for its tool, at the end of the command.
    pub args: Vec<String>,
    /// `lint`: the rules that must be on.
    pub select: Vec<String>,
    /// `coverage`: least coverage of the module, in percent.
    pub minimum: f64,
    /// `coverage`: least coverage of the statements that changed, in percent.
    pub changed_minimum: Option<f64>,
    /// `coverage`: how much may be lost since the merge-base, in percentage points.
    pub max_drop: Option<f64>,
    /// `supply-chain`: the directory of the OSV export.
    pub osv: Option<String>,
    /// `supply-chain`: how old it may be, in seconds.
    pub osv_max_age_s: u64,
    /// `supply-chain`: what provides what is imported, as `import = distribution`.
    pub provides: Vec<String>,
    /// `secrets`, `privilege`: what a person answered for, as `NAME PATH: reason`.
    pub acknowledged: Vec<String>,
    /// `documentation`, `promote`, `ethics`: where the document is.
    pub places: Vec<String>,
    /// `promote`, `ethics`: the form to be filled in.
    pub template: Option<RepoPath>,
    /// `documentation`, `api`: where changelogs are.
    pub changelog: Vec<String>,
    /// `ethics`: modules that it applies to, whatever else is found.
    pub applies_to: Vec<RepoPath>,
    /// `ethics`: the `places` of `promote`, whose document it reads as well.
    pub promote_places: Vec<String>,
}

impl Default for GateOptions {
    fn default() -> Self {
        Self {
            enabled: true,
            timeout_s: 600,
            zero: Zero::New,
            args: Vec::new(),
            select: vec!["E".into(), "F".into(), "W".into()],
            minimum: 90.0,
            changed_minimum: None,
            max_drop: None,
            osv: None,
            osv_max_age_s: 7 * 86_400,
            provides: Vec::new(),
            acknowledged: Vec::new(),
            places: Vec::new(),
            template: None,
            changelog: Vec::new(),
            applies_to: Vec::new(),
            promote_places: Vec::new(),
        }
    }
}

/// What a repository demands of its gates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Per gate, by its name; a gate not named has the defaults.
    pub gates: BTreeMap<String, GateOptions>,
}

impl Policy {
    /// The options of that gate.
    pub fn gate(&self, gate: &super::GateId) -> GateOptions {
        self.gates.get(gate.as_str()).cloned().unwrap_or_default()
    }
}
