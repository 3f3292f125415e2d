//! Gates of the team's own, declared as `[[gates.custom]]`: any command that
//! reports in SARIF, JUnit or JSON lines.

mod call;
mod judge;
mod junit;
mod lines;
mod sarif;

pub(super) use call::{file as file_of, path, program};

use futures_util::future::BoxFuture;

use super::{Check, Measure, Scope};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::promotion::policy::{CustomGate, GateOptions};
use crate::promotion::{Criterion, GateId, RepoPath, command};

/// The gate.
pub struct Custom {
    gate: CustomGate,
    id: GateId,
}

impl Custom {
    /// As it was declared.
    pub fn of(gate: &CustomGate) -> Self {
        Self {
            id: GateId::named(gate.name.as_str()),
            gate: gate.clone(),
        }
    }
}

impl Check for Custom {
    fn id(&self) -> GateId {
        self.id.clone()
    }

    fn criterion(&self) -> Criterion {
        self.gate.criterion
    }

    fn title(&self) -> &str {
        &self.gate.title
    }

    fn definition(&self) -> u32 {
        2
    }

    fn tools(&self) -> &'static [&'static str] {
        &[]
    }

    fn scope(&self) -> Scope {
        Scope::Imports
    }

    fn has_baseline(&self) -> bool {
        true
    }

    fn told(&self, _: &GateOptions) -> serde_json::Value {
        let gate = &self.gate;
        serde_json::json!({
            "command": gate.command,
            "format": gate.format,
            "clean": gate.clean,
            "found": gate.found,
            "tools": gate.tools,
        })
    }

    fn parts(&self) -> Vec<RepoPath> {
        let command = &self.gate.command;
        let named = command.iter().filter_map(|it| call::file(it));
        let mut parts: Vec<_> = named.map(|(_, path)| path).collect();
        // The `tests` of `pytest tests`: read where it runs, so that its content counts.
        parts.extend(command.iter().skip(1).filter_map(|it| call::word(it)));
        parts.extend(self.gate.tools.iter().cloned());
        parts.sort();
        parts.dedup();
        parts
    }

    fn program(&self) -> Option<&str> {
        let program = self.gate.command.first().map(String::as_str);
        program.filter(|program| !program.contains('/'))
    }

    fn runs_code(&self) -> bool {
        command::mentions(&self.gate.command, "python")
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move {
            let ran = call::run(&self.gate, job).await?;
            judge::judge(&self.gate, &ran, job)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::policy::ReportFormat;

    #[test]
    fn whatever_a_command_may_read_is_a_part_of_it() {
        let gate = CustomGate {
            name: "own".into(),
            title: "Own".into(),
            criterion: Criterion::Tests,
            command: ["pytest", "-q", "tests", "--config=a.toml", "{module}"]
                .map(String::from)
                .into(),
            format: ReportFormat::Junit,
            clean: vec![0],
            found: vec![1],
            tools: vec!["scripts".into()],
            options: GateOptions::default(),
        };
        let parts = Custom::of(&gate).parts();
        assert_eq!(parts, ["a.toml", "scripts", "tests"].map(RepoPath::from));
    }
}
