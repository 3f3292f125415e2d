//! What tools can mend by themselves: ruff's safe fixes, the order of imports,
//! black. On a disposable tree, with the settings and the sandbox of the gates
//! of the same names. No gate calls this: a gate judges and changes nothing.

use std::sync::Mutex;

use super::Trouble;
use super::checks::{compile, format, imports, ruff};
use super::job::{Bench, Job, Reporter};
use super::subject::Subject;
use super::toolchain::Toolbox;
use crate::promotion::policy::Policy;
use crate::promotion::{GateId, RepoPath};

/// The gates whose tools mend, in their order: black has the last word.
pub const GATES: [&str; 3] = ["lint", "imports", "format"];

/// Who works on what, and with which tools.
pub struct Bay<'a> {
    /// The module in a tree that is nobody's: its files are changed.
    pub subject: &'a Subject,
    /// What the gates are told.
    pub policy: &'a Policy,
    /// The tools.
    pub toolbox: &'a Toolbox,
    /// Where they work.
    pub bench: &'a Bench,
    /// Those who watch.
    pub reporter: &'a Reporter,
}

/// Mends the files of a module in their tree; gives what a person should know.
/// A tool that fails is trouble, and then the tree is worth nothing.
pub async fn run(bay: &Bay<'_>) -> Result<Vec<String>, Trouble> {
    let mut notes = Vec::new();
    for name in GATES {
        let gate = GateId::new(name);
        let options = bay.policy.gate(&gate);
        if !options.enabled {
            notes.push(format!("{name} is turned off in countersign.toml"));
            continue;
        }
        let job = bay.job(bay.subject, &options, gate);
        match name {
            "lint" => ruff::fix(&job, &options.select).await?,
            "imports" => imports::fix(&job).await?,
            _ => format::fix(&job).await?,
        }
        notes.extend(job.log_so_far().notes);
    }
    notes.dedup();
    Ok(notes)
}

/// Makes sure that files of the tree still compile.
pub async fn compiles(bay: &Bay<'_>, files: &[RepoPath]) -> Result<(), Trouble> {
    let subject = Subject {
        files: files.to_vec(),
        ..bay.subject.clone()
    };
    let gate = GateId::new("compile");
    let options = bay.policy.gate(&gate);
    let measure = compile::run(&bay.job(&subject, &options, gate)).await?;
    match measure.findings.iter().find(|finding| finding.counts()) {
        None => Ok(()),
        Some(broken) => Err(Trouble::new(
            format!(
                "after the tools {}, line {}, does not compile: {}",
                broken.path, broken.line, broken.message
            ),
            "mend the file by hand, and report this to whoever makes the tool",
        )),
    }
}

impl Bay<'_> {
    fn job<'a>(
        &'a self,
        subject: &'a Subject,
        options: &'a crate::promotion::policy::GateOptions,
        gate: GateId,
    ) -> Job<'a> {
        Job {
            subject,
            options,
            toolbox: self.toolbox,
            baseline: false,
            head: &self.subject.tree,
            bench: self.bench,
            reporter: Reporter {
                gate: Some(gate),
                ..self.reporter.clone()
            },
            suite: None,
            log: Mutex::default(),
        }
    }
}
