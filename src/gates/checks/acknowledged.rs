//! What a person has looked at and answered for in `countersign.toml`: such a
//! finding is shown as a note, with the reason, and does not count.

use crate::gates::Trouble;
use crate::gates::subject::Finder;
use crate::promotion::{Finding, RepoPath, Severity};

/// One answer: `"NAME PATH: reason"`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    name: String,
    path: RepoPath,
    reason: String,
}

/// All answers of a gate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged(Vec<Answer>);

impl Acknowledged {
    /// Reads `gates.GATE.acknowledged`; `name` says what stands first in an entry.
    pub fn read(gate: &str, name: &str, entries: &[String]) -> Result<Self, Trouble> {
        let read = |entry: &String| {
            one(entry).ok_or_else(|| {
                Trouble::new(
                    format!(
                        "gates.{gate}.acknowledged has an entry that cannot be read: {entry:?}"
                    ),
                    format!("write it as \"{name} PATH: reason\""),
                )
            })
        };
        entries.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Makes a note of what `name` at its path was answered for; the reason.
    pub fn apply(&self, name: &str, finding: &mut Finding) -> Option<&str> {
        let answer = self
            .0
            .iter()
            .find(|answer| answer.name == name && finding.path.is_within(&answer.path))?;
        finding.severity = Severity::Note;
        Some(&answer.reason)
    }

    /// The note that shows the reason.
    pub fn note(reason: &str, finding: &Finding, finder: &Finder<'_>) -> Finding {
        let message = format!("{}, acknowledged: {reason}", finding.rule);
        Finding {
            source: String::new(),
            ..finder.note("acknowledged", &message, &finding.path, finding.line, 0)
        }
    }
}

fn one(entry: &str) -> Option<Answer> {
    let (what, reason) = entry.split_once(": ")?;
    let (name, path) = what.trim().split_once(' ')?;
    let (path, reason) = (path.trim(), reason.trim());
    (!name.is_empty() && !path.is_empty() && !reason.is_empty()).then(|| Answer {
        name: name.to_owned(),
        path: RepoPath::from_text(path),
        reason: reason.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(path: &str) -> Finding {
        Finder::new("/nowhere".as_ref()).error("deletes", "m", &path.into(), 3, 0)
    }

    #[test]
    fn only_what_is_named_is_answered_for() {
        let entries = ["deletes candidate/m/a b.py: its own cache, see SEC-12".to_owned()];
        let all = Acknowledged::read("privilege", "RULE", &entries).unwrap();
        let mut named = finding("candidate/m/a b.py");
        assert_eq!(
            all.apply("deletes", &mut named),
            Some("its own cache, see SEC-12")
        );
        assert_eq!(named.severity, Severity::Note);
        for (name, path) in [
            ("grants", "candidate/m/a b.py"),
            ("deletes", "candidate/m/a b.pyi"),
            ("deletes", "candidate/m"),
        ] {
            let mut other = finding(path);
            assert_eq!(all.apply(name, &mut other), None);
            assert_eq!(other.severity, Severity::Error);
        }
    }

    #[test]
    fn an_answer_without_a_reason_is_none() {
        for entry in [
            "",
            "deletes",
            "deletes a.py",
            "deletes a.py:",
            "deletes a.py: ",
            ": x",
        ] {
            let read = Acknowledged::read("privilege", "RULE", &[entry.to_owned()]);
            assert!(read.is_err(), "{entry:?}");
        }
    }
}
