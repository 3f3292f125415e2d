//! JSON lines: one object a finding, and on the last line how much was checked.

use serde::Deserialize;

use super::judge::{Found, Report};

#[derive(Deserialize)]
struct Line {
    path: Option<String>,
    message: Option<String>,
    rule: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    severity: Option<String>,
    checked: Option<u64>,
}

pub(super) fn read(report: &[u8]) -> Result<Report, String> {
    let mut read = Report::default();
    let lines = report.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    for (n, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
        let n = n + 1;
        let line: Line = serde_json::from_slice(line)
            .map_err(|error| format!("line {n} of its report is no such object ({error})"))?;
        if !read.work.is_empty() {
            return Err(format!("line {n} of its report comes after its end"));
        }
        if let Some(checked) = line.checked {
            if line.path.is_some() || line.message.is_some() {
                return Err(format!("line {n} of its report is a finding and its end"));
            }
            if checked == 0 {
                return Err("its report says that nothing was checked".into());
            }
            read.work = vec![("checked".into(), checked)];
            continue;
        }
        let lacks = |what: &str| format!("line {n} of its report has no `{what}`");
        let counts = match line.severity.as_deref() {
            None | Some("error") => true,
            Some("note") => false,
            Some(_) => {
                return Err(format!(
                    "the `severity` on line {n} is neither error nor note"
                ));
            }
        };
        read.found.push(Found {
            rule: line.rule.unwrap_or_else(|| "finding".into()),
            message: line.message.ok_or_else(|| lacks("message"))?,
            detail: String::new(),
            path: line.path.ok_or_else(|| lacks("path"))?.into_bytes(),
            line: line.line.unwrap_or(0),
            column: line.column.unwrap_or(0),
            counts,
        });
    }
    match read.work.is_empty() {
        true => Err("its report does not end with {\"checked\": N}: it may be cut off".into()),
        false => Ok(read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUND: &str = r#"{"path":"a.py","line":3,"column":2,"rule":"R1","message":"bad"}"#;
    const END: &str = r#"{"checked": 4}"#;

    #[test]
    fn a_whole_report_has_findings_and_an_end() {
        let report = read(format!("{FOUND}\n\n{END}\n").as_bytes()).unwrap();
        assert_eq!(report.work, [("checked".to_owned(), 4)]);
        let found = &report.found[0];
        assert_eq!(
            (found.rule.as_str(), found.line, found.column),
            ("R1", 3, 2)
        );
        assert!(found.counts);
    }

    #[test]
    fn whatever_is_not_whole_is_refused() {
        let whole = format!("{FOUND}\n{END}");
        for end in 0..whole.len() {
            assert!(read(&whole.as_bytes()[..end]).is_err(), "{end}");
        }
        for wrong in [
            format!("{END}\n{FOUND}"),
            format!("{END}\n{END}"),
            format!("{}\n{END}", FOUND.replace("message", "mesage")),
            format!("{}\n{END}", FOUND.replace("path", "file")),
            format!("{}\n{END}", FOUND.replace('3', "-3")),
            format!("warning: x\n{END}"),
            FOUND.replace('{', "{\"checked\":1,"),
            END.replace('4', "0"),
            END.replace('4', "true"),
            "{}".into(),
        ] {
            assert!(read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
