//! What the tools of a gate did and wrote.

use crate::promotion::{Evidence, ToolExit, text};
use crate::workflow::validate;

/// What the tools of an evidence did and wrote, line by line.
pub(super) fn lines(evidence: &Evidence) -> Vec<String> {
    let mut lines = Vec::new();
    for run in &evidence.runs {
        let of = if run.baseline { " (baseline)" } else { "" };
        lines.push(format!("$ {}{of}", run.command.join(" ")));
        lines.push(format!(
            "  {} {}, {}, {} ms",
            run.tool,
            run.version,
            ending(&run.exit),
            run.duration_ms
        ));
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
    if evidence.runs.is_empty() {
        lines.push("No tool ran for this gate.".into());
    }
    lines
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
