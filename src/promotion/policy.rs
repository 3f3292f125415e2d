//! What a repository demands of its gates. Read from `countersign.toml`; every
//! key is documented in `docs/configuration.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Criterion, RepoPath};

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
    /// `benchmarks`: how much slower one may be, in percent.
    pub budget: f64,
    /// `benchmarks`: what prints a report of them, instead of pytest.
    pub command: Vec<String>,
    /// `benchmarks`: those that may be gone, by their names.
    pub removed: Vec<String>,
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
    /// `integration`: globs of files with such tests.
    pub paths: Vec<String>,
    /// `integration`: marks of such tests.
    pub markers: Vec<String>,
    /// `observability`: how services are started.
    pub services: Vec<Service>,
    /// `observability`: what is none, though it looks like one.
    pub not_services: Vec<RepoPath>,
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
            budget: 5.0,
            command: Vec::new(),
            removed: Vec::new(),
            osv: None,
            osv_max_age_s: 7 * 86_400,
            provides: Vec::new(),
            acknowledged: Vec::new(),
            places: Vec::new(),
            template: None,
            changelog: Vec::new(),
            applies_to: Vec::new(),
            promote_places: Vec::new(),
            paths: vec!["**/tests/integration/**".into(), "**/tests/e2e/**".into()],
            markers: vec!["integration".into(), "e2e".into()],
            services: Vec::new(),
            not_services: Vec::new(),
        }
    }
}

/// How a service is started, and what it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The module that it is.
    pub module: RepoPath,
    /// Program and arguments, with placeholders of [`Service::PLACEHOLDERS`].
    pub command: Vec<String>,
    /// Where it listens; `None`: where it is told to.
    pub port: Option<u16>,
    /// What it is asked whether it is healthy.
    pub health: String,
    /// What it is asked for its metrics.
    pub metrics: String,
    /// Seconds until it must be healthy.
    pub ready_s: u64,
    /// Seconds until it must have ended when asked to.
    pub stop_s: u64,
}

impl Service {
    /// What may stand between braces in its command.
    pub const PLACEHOLDERS: [&'static str; 4] = ["module", "tree", "python", "port"];
}

/// In which form a gate of the team's own reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportFormat {
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit's XML.
    Junit,
    /// One JSON object a line, and how much was checked on the last.
    JsonLines,
}

/// A gate of the team's own: a command, and how to read what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomGate {
    /// Its name; none of Countersign's own gates has it.
    pub name: String,
    /// What it checks, in a few words.
    pub title: String,
    /// The criterion it speaks for.
    pub criterion: Criterion,
    /// Program and arguments, with placeholders of [`CustomGate::PLACEHOLDERS`].
    pub command: Vec<String>,
    /// The form of its report.
    pub format: ReportFormat,
    /// Exit codes of a run that found nothing.
    pub clean: Vec<i32>,
    /// Exit codes of a run that found something.
    pub found: Vec<i32>,
    /// Files and directories of the repository that belong to the command. Those
    /// of the revision that is checked count, on the merge-base as well.
    pub tools: Vec<RepoPath>,
    /// Whether it is on, which findings count, and its time-out.
    pub options: GateOptions,
}

impl CustomGate {
    /// What may stand between braces in its command.
    pub const PLACEHOLDERS: [&'static str; 6] =
        ["module", "target", "tree", "python", "output", "files"];
}

impl GateOptions {
    /// What that gate is told where nobody says anything.
    pub fn of(gate: &str) -> Self {
        Self {
            // It needs a service that sees what is required.
            enabled: gate != "safety",
            ..Self::default()
        }
    }
}

/// What a repository demands of its gates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Per gate, by its name; a gate not named has the defaults.
    pub gates: BTreeMap<String, GateOptions>,
    /// The gates of the team's own.
    pub custom: Vec<CustomGate>,
}

impl Policy {
    /// The options of that gate.
    pub fn gate(&self, gate: &super::GateId) -> GateOptions {
        let name = gate.as_str();
        let own = || self.custom.iter().find(|own| own.name == name);
        let options = self.gates.get(name).or_else(|| Some(&own()?.options));
        options.cloned().unwrap_or_else(|| GateOptions::of(name))
    }

    /// True for a gate that is not run.
    pub fn is_off(&self, gate: &super::GateId) -> bool {
        !self.gate(gate).enabled
    }
}
