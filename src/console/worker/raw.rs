//! What the tools of a gate did and wrote.

use crate::console::text::wrap;
use crate::promotion::{Evidence, ToolExit, ToolRun, text};
use crate::workflow::validate;

/// How wide our own words are: lines are cut at the edge of the screen, and not wrapped.
const CELLS: usize = 54;

/// What the tools of an evidence did and wrote, line by line.
pub(super) fn lines(evidence: &Evidence) -> Vec<String> {
    let mut lines = Vec::new();
    for run in &evidence.runs {
        of_run(run, &mut lines);
    }
    if evidence.runs.is_empty() {
        lines.push("No tool ran for this gate.".into());
    }
    lines
}

/// One run.
fn of_run(run: &ToolRun, lines: &mut Vec<String>) {
    if run.baseline {
        lines.push("Of the base, to compare with:".into());
    }
    lines.push(format!("$ {}", run.command.join(" ")));
    lines.push(format!(
        "  {} {}, {}, {} ms",
        run.tool,
        run.version,
        ending(&run.exit),
        run.duration_ms
    ));
    // Else what has to fail there is taken for the module's.
    let trial = validate::trial(run).unwrap_or_default();
    let trial = wrap(&trial, CELLS).into_iter().filter(|it| !it.is_empty());
    lines.extend(trial.map(|line| format!("  {line}")));
    for (name, digest) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        match validate::output(digest) {
            Some(bytes) if bytes.is_empty() => {}
            Some(bytes) => {
                lines.push(format!("  {name}:"));
                let text = text::decode(&bytes);
                lines.extend(
                    text.lines()
                        .take(20_000)
                        .map(|line| text::expand_tabs(line, 8).into_owned()),
                );
            }
            None => lines.push(format!("  {name}: not kept any more (sha256 {digest})")),
        }
    }
    lines.push(String::new());
}

/// How a tool ended, in words.
fn ending(exit: &ToolExit) -> String {
    match exit {
        ToolExit::Code(code) => format!("exit {code}"),
        ToolExit::Signal(signal) => format!("killed by signal {signal}"),
        ToolExit::TimedOut(seconds) => format!("ended by us after {seconds} s"),
        ToolExit::Cancelled => "cancelled".into(),
        ToolExit::TooMuchOutput(bytes) => format!("ended by us after {bytes} bytes of output"),
        ToolExit::DiskFull(bytes) => {
            format!("ended by us with less than {bytes} bytes of disk left")
        }
        ToolExit::TooManyProcesses(n) => format!("ended by us with more than {n} processes"),
        ToolExit::NotStarted(why) => format!("not started: {why}"),
        ToolExit::Lost(why) => format!("lost: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(tool: &str, command: &[&str]) -> ToolRun {
        ToolRun {
            tool: tool.into(),
            version: "1".into(),
            command: command.iter().map(|it| (*it).to_owned()).collect(),
            baseline: false,
            exit: ToolExit::Code(1),
            duration_ms: 1,
            stdout: "ab".repeat(32),
            stderr: "ab".repeat(32),
        }
    }

    fn told(run: ToolRun) -> String {
        let mut lines = Vec::new();
        of_run(&run, &mut lines);
        let ours = lines
            .iter()
            .filter(|it| !it.contains("sha256") && !it.starts_with('$'));
        assert!(ours.clone().all(|it| it.len() <= 58), "{lines:?}");
        let words: Vec<_> = lines.iter().map(|it| it.trim()).collect();
        words.join(" ")
    }

    #[test]
    fn what_has_to_fail_is_said_to_be_none_of_the_modules() {
        let canary = "{scratch}/canary_of_countersign.py";
        let ruff = told(run("ruff", &["ruff", "check", "--", "a.py", canary]));
        assert!(ruff.contains("canary_of_countersign.py is ours"), "{ruff}");
        for tool in ["detect-secrets", "gitleaks"] {
            let shown = told(run(tool, &[tool, "scan", "."]));
            assert!(shown.contains("canary.txt are ours"), "{shown}");
        }
        for (tool, command) in [("ruff", "a.py"), ("gitleaks", "version"), ("mypy", ".")] {
            let shown = told(run(tool, &[tool, command]));
            assert!(!shown.contains("ours"), "{shown}");
        }
    }
}
