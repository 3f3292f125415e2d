//! What tries the result as a whole: a command, run as a gate is, in a checkout of its
//! own and confined.

use serde::Serialize;

use crate::promotion::policy::{CustomGate, GateOptions, ReportFormat, Zero};
use crate::promotion::{Criterion, GateId, ObjectId, RepoPath};
use crate::repo::RepoError;
use crate::workflow::Workspace;

/// Files in which `make` looks for its rules, in its order.
const MAKEFILES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

/// Runs a command and says in a report how it ended, so that its exit code and what is
/// reported can be held against each other.
const RUN: &str = "import json, subprocess, sys\n\
    code = subprocess.call(sys.argv[2:])\n\
    with open(sys.argv[1], 'w') as report:\n    \
    if code:\n        \
    said = ' '.join(sys.argv[2:]) + ' ended with exit code ' + str(code)\n        \
    print(json.dumps(dict(path='', rule='smoke', message=said)), file=report)\n    \
    print(json.dumps(dict(checked=1)), file=report)\n\
    sys.exit(1 if code else 0)\n";

/// What tries the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Smoke {
    /// A command: program and arguments.
    Command {
        /// It.
        command: Vec<String>,
    },
    /// None, and why.
    None {
        /// In words.
        why: String,
    },
}

/// What is configured, else `make smoke` where a Makefile has that target.
pub(in crate::workflow) fn of(
    ws: &Workspace,
    configured: Option<&Vec<String>>,
    commit: ObjectId,
) -> Result<Smoke, RepoError> {
    match configured {
        Some(command) if command.is_empty() => {
            return Ok(Smoke::None {
                why: "[promote] smoke in countersign.toml says that there is none".into(),
            });
        }
        Some(command) => {
            return Ok(Smoke::Command {
                command: command.clone(),
            });
        }
        None => {}
    }
    for name in MAKEFILES {
        if let Some(entry) = ws.repo().entry(commit, &RepoPath::from(name))?
            && entry.mode.is_file()
        {
            let has = has_target(&ws.repo().read_blob(entry.id)?);
            return Ok(match has {
                true => Smoke::Command {
                    command: vec!["make".into(), "smoke".into()],
                },
                false => Smoke::None {
                    why: format!("{name} has no target smoke"),
                },
            });
        }
    }
    Ok(Smoke::None {
        why: "there is no Makefile, and [promote] smoke in countersign.toml names no command"
            .into(),
    })
}

/// True where a rule of a Makefile makes `smoke`.
fn has_target(makefile: &[u8]) -> bool {
    String::from_utf8_lossy(makefile).lines().any(|line| {
        let rule = line
            .split_once(':')
            .filter(|(_, rest)| !rest.starts_with('=') && !line.starts_with(['\t', '#', '.']));
        rule.is_some_and(|(targets, _)| targets.split_whitespace().any(|it| it == "smoke"))
    })
}

impl Smoke {
    /// The name of the gate it is run as.
    pub fn gate() -> GateId {
        GateId::new("smoke")
    }

    /// As a gate, where there is a command.
    pub(in crate::workflow) fn as_gate(&self) -> Option<CustomGate> {
        let Self::Command { command } = self else {
            return None;
        };
        let mut all = vec![
            "{python}".to_owned(),
            "-c".into(),
            RUN.into(),
            "{output}".into(),
        ];
        // What looks like a placeholder is none of ours.
        all.extend(
            command
                .iter()
                .map(|it| it.replace('{', "{{").replace('}', "}}")),
        );
        Some(CustomGate {
            name: "smoke".into(),
            title: "The smoke test ends well".into(),
            criterion: Criterion::Tests,
            command: all,
            format: ReportFormat::JsonLines,
            clean: vec![0],
            found: vec![1],
            tools: Vec::new(),
            options: GateOptions {
                zero: Zero::All,
                ..GateOptions::default()
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_told_from_what_looks_like_one() {
        for (makefile, has) in [
            ("smoke:\n\ttrue\n", true),
            ("a smoke: b\n", true),
            ("smoke: a\n", true),
            (".PHONY: smoke\n", false),
            ("smoke := 1\n", false),
            ("# smoke:\n", false),
            ("\tsmoke: x\n", false),
            ("smoke-all:\n", false),
        ] {
            assert_eq!(has_target(makefile.as_bytes()), has, "{makefile}");
        }
    }

    #[test]
    fn a_command_is_passed_as_it_is() {
        let smoke = Smoke::Command {
            command: vec!["run".into(), "{module}".into()],
        };
        let gate = smoke.as_gate().unwrap();
        assert_eq!(gate.command[4..], ["run", "{{module}}"]);
        assert!(!RUN.contains('{'));
    }
}
