//! The gates, one file each. Adding one is one file and one line in [`all`].

mod acknowledged;
pub mod api;
pub mod benchmarks;
pub mod compile;
pub mod coverage;
pub mod custom;
pub mod documentation;
pub mod ethics;
mod files;
pub mod format;
pub mod imports;
pub mod integration;
pub mod lane_imports;
pub mod lint;
pub mod observability;
pub mod owner;
pub mod privilege;
pub mod promote;
mod prose;
mod public;
mod records;
pub mod ruff;
pub mod secrets;
pub mod suite;
pub mod supply_chain;
mod syntax;
pub mod tests;
pub mod types;
pub mod typeshed;

use std::sync::{Arc, LazyLock};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::Trouble;
use super::job::Job;
use super::subject::Subject;
use crate::promotion::Benchmarks;
use crate::promotion::api::Listed;
use crate::promotion::policy::GateOptions;
use crate::promotion::{Coverage, Criterion, Finding, GateId, Lane, Policy, RepoPath, ToolRun};

/// What the documents of a single file end in, beside it: `x.PROMOTE.md` of `x.py`.
pub const BESIDE: [&str; 3] = [".PROMOTE.md", ".ETHICS_ASSESSMENT.md", ".ETHICS.md"];

/// What a gate's result depends on beside its options and tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The module and the configuration of tools.
    Module,
    /// Also everything the module imports.
    Imports,
    /// Also its tests, and everything those import.
    Tests,
    /// As [`Scope::Imports`], and everything that the examples in what the gate
    /// reads import.
    Examples,
    /// Also what declares dependencies, the names of what the repository holds
    /// itself, and the advisories.
    Declarations,
    /// Also infrastructure that differs from the merge-base, wherever it is.
    Branch,
}

/// What is known of a module before its tree is there.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The module.
    pub module: &'a RepoPath,
    /// Where it would be promoted to.
    pub target: Option<&'a RepoPath>,
    /// All lanes of the repository.
    pub lanes: &'a [Lane],
    /// What the gate is told.
    pub options: &'a GateOptions,
}

impl<'a> About<'a> {
    /// What is known of a subject.
    pub fn of(subject: &'a Subject, options: &'a GateOptions) -> Self {
        Self {
            module: &subject.module,
            target: subject.target.as_ref(),
            lanes: &subject.lanes,
            options,
        }
    }
}

/// One gate.
pub trait Check: Send + Sync {
    /// Its name.
    fn id(&self) -> GateId;
    /// The criterion it speaks for.
    fn criterion(&self) -> Criterion;
    /// What it checks, in a few words.
    fn title(&self) -> &str;
    /// Goes up whenever the same content may give another result.
    fn definition(&self) -> u32;
    /// The tools it uses.
    fn tools(&self) -> &'static [&'static str];
    /// What its result depends on.
    fn scope(&self) -> Scope {
        Scope::Module
    }
    /// True where only what the merge-base did not have counts, if the policy
    /// says so.
    fn has_baseline(&self) -> bool {
        false
    }
    /// True where it does less at the merge-base than in the head: what it
    /// measures there is kept apart, and never stands for a head.
    fn differs_at_base(&self) -> bool {
        false
    }
    /// What of its options its result depends on.
    fn told(&self, options: &GateOptions) -> serde_json::Value {
        serde_json::json!({ "args": options.args })
    }
    /// Why it does not apply where it is turned off.
    fn off(&self) -> &str {
        "turned off in countersign.toml"
    }
    /// What it reads beside the content of its scope: files and directories of
    /// the repository, whether they are there or not.
    fn reads(&self, about: About<'_>) -> Vec<RepoPath> {
        let _ = about;
        Vec::new()
    }
    /// Files and directories of the repository that are a part of the gate
    /// itself. Those of the revision that is checked are, on the merge-base too.
    fn parts(&self) -> Vec<RepoPath> {
        Vec::new()
    }
    /// The program it runs, where that is none of its tools: its name, or
    /// `{python}`.
    fn program(&self) -> Option<&str> {
        None
    }
    /// True where it runs, or reads by the rules of one Python, the project's
    /// code: then only the Python that the repository pins will do.
    fn runs_code(&self) -> bool {
        false
    }
    /// True where its result depends on what the tests gave at the merge-base.
    fn looks_back(&self) -> bool {
        false
    }
    /// True where its result depends on who owns the module.
    fn asks_owner(&self) -> bool {
        false
    }
    /// Why it does not apply, if it does not.
    fn inapplicable(&self, subject: &Subject) -> Option<String> {
        subject
            .files
            .is_empty()
            .then(|| "it holds no Python file".into())
    }
    /// Does the work on one tree.
    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>>;
    /// Adds what follows only from both trees to what was found in the head.
    /// `base` is what was measured at the merge-base, empty for a module that is
    /// new; `None` where nothing is compared.
    fn compare(&self, subject: &Subject, head: &mut Measure, base: Option<&Measure>) {
        let _ = (subject, head, base);
    }
}

/// What a gate saw in one tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// What was found; new or old is decided later.
    pub findings: Vec<Finding>,
    /// The proof of work; all above zero.
    pub work: Vec<(String, u64)>,
    /// Coverage, from the gate that measures it.
    pub coverage: Option<Coverage>,
    /// The names that others may use, from the gate that lists them.
    #[serde(default)]
    pub api: Vec<Listed>,
    /// Benchmarks, from the gate that runs them.
    #[serde(default)]
    pub benchmarks: Option<Benchmarks>,
    /// Why it fails for another reason than findings.
    pub fails: Option<String>,
    /// Why there can be no verdict, whatever was found.
    #[serde(default)]
    pub undecided: Option<Undecided>,
    /// Why the gate does not apply, where only the tree can tell.
    #[serde(default)]
    pub inapplicable: Option<String>,
    /// In numbers, if counting findings is not what matters.
    pub summary: Option<String>,
    /// What [`Check::compare`] needs to know of this tree.
    #[serde(default)]
    pub facts: serde_json::Value,
}

/// Why there can be no verdict, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undecided {
    /// What is missing.
    pub why: String,
    /// How to have it.
    pub help: String,
}

/// What of a run has to fail, so that its tool can be believed, and is none of the module's:
/// in words, for people who read what the tool wrote.
pub fn trial(run: &ToolRun) -> Option<String> {
    ruff::trial(run).or_else(|| secrets::canary::trial(run))
}

/// Every gate, in the order of the pipeline; a team's own come last.
pub fn all(policy: &Policy) -> Vec<Arc<dyn Check>> {
    let mut all: Vec<Arc<dyn Check>> = vec![
        Arc::new(compile::Compile),
        Arc::new(lint::Lint),
        Arc::new(types::Types),
        Arc::new(format::Format),
        Arc::new(imports::Imports),
        Arc::new(tests::Tests),
        Arc::new(coverage::CoverageGate),
        Arc::new(integration::Integration),
        Arc::new(benchmarks::BenchmarksGate),
        Arc::new(supply_chain::SupplyChain),
        Arc::new(supply_chain::safety::Safety),
        Arc::new(secrets::Secrets),
        Arc::new(privilege::Privilege),
        Arc::new(lane_imports::LaneImports),
        Arc::new(documentation::Documentation),
        Arc::new(api::ApiGate),
        Arc::new(ethics::Ethics),
        Arc::new(observability::Observability),
        Arc::new(promote::Promote),
        Arc::new(owner::OwnerGate),
    ];
    for gate in &policy.custom {
        all.push(Arc::new(custom::Custom::of(gate)));
    }
    all
}

/// One for each core: more would take turns, each with all of a file taken apart in memory.
static ASIDE: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from)));

/// Work that blocks, beside the others. It must not wait for such work itself.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Trouble> {
    let turn = ASIDE.acquire().await;
    let work = move || {
        let _turn = turn;
        work()
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Trouble::new(format!("Countersign itself failed: {error}"), "report this"))
}

/// `a, b and 3 more`: names in a sentence.
pub(super) fn some(names: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        n => format!("{shown} and {n} more"),
    }
}

/// "3 files", "1 file".
pub(super) fn count(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

#[cfg(test)]
mod turns {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn no_more_are_at_work_than_there_are_cores() {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let most = Arc::new(AtomicUsize::new(0));
        let now = Arc::new(AtomicUsize::new(0));
        let work = || {
            let (now, most) = (now.clone(), most.clone());
            aside(move || {
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                // So that those beside it are at work too, as far as they may be.
                std::thread::sleep(Duration::from_millis(20));
                now.fetch_sub(1, SeqCst);
            })
        };
        let all = futures_util::future::join_all((0..3 * cores).map(|_| work())).await;
        assert!(all.iter().all(Result::is_ok));
        assert!((1..=cores).contains(&most.load(SeqCst)), "{most:?}");
    }
}
