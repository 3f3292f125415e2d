//! Evidence: what a gate did, with what, and what came out.

use serde::{Deserialize, Serialize};

use super::api::Listed;
use super::{Benchmarks, Coverage, Finding, GateId, GateStatus, Novelty, ObjectId, RepoPath};

/// How a tool's process ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "how", content = "value")]
pub enum ToolExit {
    /// By itself, with this code.
    Code(i32),
    /// Killed by this signal.
    Signal(i32),
    /// Ended by us after this many seconds.
    TimedOut(u64),
    /// Ended by us because a person cancelled.
    Cancelled,
    /// Ended by us because it wrote more than this many bytes.
    TooMuchOutput(u64),
    /// Ended by us because less than this many bytes of disk were left.
    DiskFull(u64),
    /// Ended by us because it had more than this many processes.
    TooManyProcesses(usize),
    /// It never started, for this reason.
    NotStarted(String),
    /// Its supervisor vanished or said something we do not understand.
    Lost(String),
}

/// One run of one tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolRun {
    /// The tool's name.
    pub tool: String,
    /// Its version, as it says itself; empty where it could not be asked.
    pub version: String,
    /// The exact command. Paths of this machine are replaced by `{tree}`,
    /// `{scratch}` and `{tools}`, so that it can be repeated elsewhere.
    pub command: Vec<String>,
    /// `true` for the run on the merge-base that the baseline comes from.
    pub baseline: bool,
    /// How it ended.
    pub exit: ToolExit,
    /// Milliseconds from start to end.
    pub duration_ms: u64,
    /// sha256 of its standard output, in hexadecimal; the bytes are kept beside the evidence.
    pub stdout: String,
    /// sha256 of its standard error, in hexadecimal.
    pub stderr: String,
}

/// What an evidence amounts to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Outcome {
    /// The tool proved that it worked and nothing counts against the module.
    Passed,
    /// Something counts; `why` in one sentence with the numbers.
    Failed {
        /// One sentence.
        why: String,
    },
    /// The gate does not apply, for this reason.
    NotApplicable {
        /// One sentence.
        why: String,
    },
    /// The tool could not run, or what it said could not be believed.
    Error {
        /// What happened, in one sentence.
        why: String,
        /// What a person can do about it.
        help: String,
    },
}

/// What kept a gate's process from doing harm.
///
/// From the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// Own environment, private home, limits, whole process tree ended; nothing confined.
    Process,
    /// The same, and Landlock confines which files it can read and write.
    Landlock,
    /// The same, and a filter of system calls leaves it no network, not even loopback.
    Filtered,
    /// Landlock, and namespaces of its own: a network with nobody else on it,
    /// its own processes, its own shared memory.
    Namespaces,
}

/// The Python that the project's code ran under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// Its version.
    pub version: String,
    /// What the repository pins, and where: `3.11 (.python-version)`.
    pub pins: Vec<String>,
    /// True where it is what every pin asks for.
    pub as_pinned: bool,
}

/// What a gate did, with what, and what came out. Kept under its [`Evidence::key`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Version of this layout; see `docs/json.md`.
    pub version: u32,
    /// The gate.
    pub gate: GateId,
    /// The module.
    pub module: RepoPath,
    /// The git tree or blob of the module that was checked.
    pub object: ObjectId,
    /// The commit it was checked out from.
    pub commit: ObjectId,
    /// The commit of the baseline; `None` where the gate needs none.
    pub base: Option<ObjectId>,
    /// sha256 over everything the result depends on, in hexadecimal: content,
    /// baseline content, gate definition and options, tool versions, environment.
    pub key: String,
    /// What it amounts to.
    pub outcome: Outcome,
    /// In numbers, for one line on a screen: "212 tests", "93.4 %", "0 new, 14 old".
    pub summary: String,
    /// The proof of work: what was looked at, e.g. `files`, `tests`; all above zero for a pass.
    pub work: Vec<(String, u64)>,
    /// What was found, new first, then old, then fixed.
    pub findings: Vec<Finding>,
    /// Coverage, from the gate that measures it.
    pub coverage: Option<Coverage>,
    /// The names that others may use, from the gate that lists them; cut where
    /// there are very many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub api: Vec<Listed>,
    /// Benchmarks, from the gate that runs them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benchmarks: Option<Benchmarks>,
    /// The Python that the project's code ran under, of a gate that runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<Interpreter>,
    /// Every tool run.
    pub runs: Vec<ToolRun>,
    /// What confined the tools.
    pub isolation: Isolation,
    /// When it began, seconds since 1970 UTC.
    pub started: i64,
    /// Milliseconds from first to last.
    pub duration_ms: u64,
}

/// The current [`Evidence::version`].
pub const EVIDENCE_VERSION: u32 = 1;

impl Evidence {
    /// The status it gives where it is current.
    pub fn status(&self) -> GateStatus {
        match self.outcome {
            Outcome::Passed => GateStatus::Passed,
            Outcome::Failed { .. } => GateStatus::Failed,
            Outcome::NotApplicable { .. } => GateStatus::NotApplicable,
            Outcome::Error { .. } => GateStatus::Error,
        }
    }

    /// Its numbers where it holds, else why it does not: on one line, not yet safe to show.
    pub fn why(&self) -> &str {
        match &self.outcome {
            Outcome::Passed => &self.summary,
            Outcome::Failed { why }
            | Outcome::NotApplicable { why }
            | Outcome::Error { why, .. } => why,
        }
    }

    /// How many findings are of that novelty.
    pub fn count(&self, novelty: Novelty) -> usize {
        self.findings
            .iter()
            .filter(|f| f.novelty == novelty)
            .count()
    }
}
