//! `junit.xml`: a suite for each gate, a case for the gate itself and one for
//! everything that counts against it.

use std::fmt::Write as _;

use crate::promotion::report::{GateReport, Report};
use crate::promotion::{Finding, Outcome, text};

/// The whole document.
pub(super) fn xml(report: &Report) -> String {
    let mut body = String::new();
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for gate in &report.gates {
        let suite = Suite::of(report, gate);
        tests += suite.tests;
        failures += suite.failures;
        errors += suite.errors;
        skipped += suite.skipped;
        suite.write(gate, &mut body);
    }
    let name = attribute(&report.module.to_text());
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{name}\" \
         tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
         skipped=\"{skipped}\">\n{body}</testsuites>\n"
    )
}

struct Suite {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    cases: String,
}

impl Suite {
    fn of(report: &Report, gate: &GateReport) -> Self {
        let evidence = &gate.evidence;
        let counting: Vec<&Finding> = evidence.findings.iter().filter(|f| f.counts()).collect();
        let class = format!("{}.{}", report.module.to_text(), gate.gate);
        let mut suite = Self {
            tests: 1,
            failures: 0,
            errors: 0,
            skipped: 0,
            cases: String::new(),
        };
        let verdict = match &evidence.outcome {
            Outcome::Passed => String::new(),
            Outcome::NotApplicable { why } => {
                suite.skipped = 1;
                format!("<skipped message=\"{}\"/>", attribute(why))
            }
            Outcome::Failed { why } => {
                suite.failures = 1;
                let why = attribute(why);
                format!("<failure type=\"{}\" message=\"{why}\"/>", gate.gate)
            }
            Outcome::Error { why, help } => {
                suite.errors = 1;
                let (why, help) = (attribute(why), attribute(help));
                format!(
                    "<error type=\"{}\" message=\"{why}\">{help}</error>",
                    gate.gate
                )
            }
        };
        suite.case(&class, gate.gate.as_str(), &verdict);
        for finding in counting {
            suite.tests += 1;
            suite.failures += 1;
            let place = place(finding);
            let failure = format!(
                "<failure type=\"{}\" message=\"{}\">{}</failure>",
                attribute(&finding.rule),
                attribute(&finding.text()),
                attribute(&place),
            );
            suite.case(&class, &format!("{} {place}", finding.rule), &failure);
        }
        suite
    }

    fn case(&mut self, class: &str, name: &str, body: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.cases,
            "    <testcase classname=\"{}\" name=\"{}\">{body}</testcase>",
            attribute(class),
            attribute(name),
        );
    }

    fn write(&self, gate: &GateReport, out: &mut String) {
        let seconds = gate.evidence.duration_ms as f64 / 1000.0;
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" \
             skipped=\"{}\" time=\"{seconds:.3}\">\n{}  </testsuite>",
            attribute(gate.gate.as_str()),
            self.tests,
            self.failures,
            self.errors,
            self.skipped,
            self.cases
        );
    }
}

/// `path:line:column`
pub(super) fn place(finding: &Finding) -> String {
    let mut place = finding.path.to_text().into_owned();
    if finding.line > 0 {
        let _ = write!(place, ":{}", finding.line);
        if finding.column > 0 {
            let _ = write!(place, ":{}", finding.column);
        }
    }
    place
}

/// Text that may stand between tags and in quotes. What XML has no form for was
/// made visible before.
fn attribute(words: &str) -> String {
    let visible = text::visible(words);
    let mut out = String::with_capacity(visible.len());
    for c in visible.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
