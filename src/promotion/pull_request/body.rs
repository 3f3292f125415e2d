//! Title and body of a pull request for a promotion. What is ours stands between two
//! markers; what people write around them stays.

use std::fmt::Write as _;

use super::markdown::{code, escape};
use crate::promotion::review::Role;
use crate::promotion::{Criterion, GateStatus, ObjectId, RepoPath, Sha256};

/// Where our part begins.
pub const BEGIN: &str = "<!-- countersign:begin -->";
/// Where it ends.
pub const END: &str = "<!-- countersign:end -->";
/// The longest body that GitHub takes, in characters; ours is as long in bytes at most.
pub const LONGEST: usize = 65_536;
/// The longest title.
const LONGEST_TITLE: usize = 200;
/// Characters of a reason that are told.
const LONGEST_WHY: usize = 200;

/// A criterion, and what speaks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub criterion: Criterion,
    /// What its gates come to.
    pub status: GateStatus,
    /// Its gates.
    pub gates: Vec<Gate>,
}

impl Line {
    /// True where nothing looks at it: all of its gates are off.
    pub fn is_off(&self) -> bool {
        !self.gates.is_empty() && self.gates.iter().all(|gate| gate.off)
    }
}

/// A gate, and what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// How it came out.
    pub status: GateStatus,
    /// True where it is off: then it says nothing.
    pub off: bool,
    /// Why, in a line of the tools' and the module's words.
    pub why: String,
}

/// A decision, and what it is worth now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewer {
    /// Who.
    pub principal: String,
    /// As what.
    pub role: Role,
    /// `approved`, …
    pub did: &'static str,
    /// Where it stands in the log.
    pub position: u64,
    /// Why it counts no longer; empty where it does.
    pub stale: Vec<String>,
}

/// All that a body is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The module.
    pub module: RepoPath,
    /// Where it is to go.
    pub to: RepoPath,
    /// The stage, in a word.
    pub stage: String,
    /// The commit that all of this is about.
    pub commit: ObjectId,
    /// The commit that promoted it, where that was done.
    pub promoted: Option<ObjectId>,
    /// The digests of the module's content, by their names.
    pub content: Vec<(String, String)>,
    /// The digest of the gate report; `None` while a gate is missing.
    pub gate_report: Option<Sha256>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The ten criteria.
    pub criteria: Vec<Line>,
    /// Who decided.
    pub reviewers: Vec<Reviewer>,
    /// What keeps it from the next stage, in words.
    pub blockers: Vec<String>,
    /// PROMOTE.md: where it is, and what it says.
    pub promote: Option<(RepoPath, String)>,
    /// Tells this pull request from one of another try: 32 hexadecimal digits.
    pub nonce: String,
}

/// The body is too long whatever is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the text around Countersign's part of the pull request has {0} bytes, and GitHub takes \
     {LONGEST}: shorten it there"
)]
pub struct TooLong(pub usize);

/// The title. In it GitHub reads no Markdown, but bots read commands and words.
pub fn title(module: &RepoPath, to: &RepoPath) -> String {
    let plain = |path: &RepoPath| -> String {
        let text = path.to_text();
        let shown = crate::promotion::text::visible(&text);
        shown.replace('@', "(at)").replace('#', "(no.)")
    };
    let title = format!("Promote {} to {}", plain(module), plain(to));
    title.chars().take(LONGEST_TITLE).collect()
}

impl Body {
    /// Our part, markers and all, in `room` bytes at most. What does not fit is left
    /// out, and that is said: PROMOTE.md first, then the gates' words.
    fn part(&self, room: usize) -> Option<String> {
        let whole = self.write(true, true);
        if whole.len() <= room {
            return Some(whole);
        }
        let shorter = self.write(false, true);
        if shorter.len() <= room {
            return Some(shorter);
        }
        Some(self.write(false, false)).filter(|it| it.len() <= room)
    }

    fn write(&self, promote: bool, gates: bool) -> String {
        let mut out = String::new();
        // A String takes all that is written to it.
        let _ = self.write_to(&mut out, promote, gates);
        out
    }

    fn write_to(&self, out: &mut String, promote: bool, gates: bool) -> std::fmt::Result {
        let path = |path: &RepoPath| code(&path.to_text());
        writeln!(out, "{BEGIN}")?;
        writeln!(out, "<!-- countersign:pull-request {} -->", self.nonce)?;
        writeln!(
            out,
            "## Promotion of {} to {}\n",
            path(&self.module),
            path(&self.to)
        )?;
        writeln!(
            out,
            "Made by Countersign from evidence and the signed log; what is between its two markers \
             is written anew at each refresh. A person decides and a person merges.\n"
        )?;
        writeln!(out, "| | |\n|---|---|")?;
        let mut row = |name: &str, value: &str| writeln!(out, "| {name} | {value} |");
        row("Stage", &escape(&self.stage))?;
        row("Commit", &format!("`{}`", self.commit))?;
        if let Some(promoted) = &self.promoted {
            row("Moved by", &format!("`{promoted}`"))?;
        }
        for (name, digest) in &self.content {
            row(&format!("Content, {}", escape(name)), &code(digest))?;
        }
        match &self.gate_report {
            Some(digest) => row("Gate report", &format!("`{digest}`"))?,
            None => row("Gate report", "none yet: not every gate has a result")?,
        }
        row(
            "Owner",
            &self.owner.as_deref().map_or("nobody".into(), escape),
        )?;
        writeln!(out, "\n### The ten criteria\n")?;
        for line in &self.criteria {
            let ticked = line.status.holds() && !line.is_off();
            let mark = if ticked { 'x' } else { ' ' };
            writeln!(
                out,
                "- [{mark}] {}. {}: {}",
                line.criterion.number(),
                line.criterion.title(),
                word(line.status, line.is_off())
            )?;
            for gate in line.gates.iter().filter(|_| gates) {
                let why: String = gate.why.chars().take(LONGEST_WHY).collect();
                let colon = if why.is_empty() { "" } else { ": " };
                writeln!(
                    out,
                    "  - {} {}{colon}{}",
                    code(&gate.name),
                    word(gate.status, gate.off),
                    escape(&why)
                )?;
            }
        }
        if !gates {
            writeln!(
                out,
                "\nWhat each gate said is too long for here: see the report."
            )?;
        }
        writeln!(out, "\n### Decisions\n")?;
        if self.reviewers.is_empty() {
            writeln!(out, "None yet.")?;
        }
        for it in &self.reviewers {
            let stale = match it.stale.is_empty() {
                true => "holds".to_owned(),
                false => format!("stale: {}", escape(&it.stale.join("; "))),
            };
            writeln!(
                out,
                "- {} {} as {} (entry {}): {stale}",
                escape(&it.principal),
                it.did,
                it.role,
                it.position
            )?;
        }
        if !self.blockers.is_empty() {
            writeln!(out, "\n### What blocks the next stage\n")?;
            for blocker in &self.blockers {
                writeln!(out, "- {}", escape(blocker))?;
            }
        }
        if let Some((at, text)) = &self.promote {
            writeln!(
                out,
                "\n<details><summary>{}</summary>\n",
                escape(&at.to_text())
            )?;
            match promote {
                true => {
                    for line in text.lines() {
                        writeln!(out, "> {}  ", escape(line.trim_end()))?;
                    }
                }
                false => writeln!(out, "It is too long for here: see the file.")?,
            }
            writeln!(out, "\n</details>")?;
        }
        write!(out, "{END}")
    }
}

fn word(status: GateStatus, off: bool) -> &'static str {
    match off {
        true => "not asked",
        false => status.word(),
    }
}

/// The body with our part written anew. `was` is what stands there now, or the
/// repository's own form for a new one; what is around the markers stays as it is.
pub fn update(was: Option<&str>, body: &Body) -> Result<String, TooLong> {
    let was = was.unwrap_or_default();
    let (before, after) = match part_of(was) {
        Some(part) => (&was[..part.start], &was[part.end..]),
        None => (was, ""),
    };
    // Without markers there our part goes behind what people wrote.
    let gap = match before.trim_end().is_empty() || part_of(was).is_some() {
        true => "",
        false if before.ends_with("\n\n") => "",
        false if before.ends_with('\n') => "\n",
        false => "\n\n",
    };
    let around = before.len() + gap.len() + after.len();
    let part = LONGEST
        .checked_sub(around)
        .and_then(|room| body.part(room))
        .ok_or(TooLong(around))?;
    Ok(format!("{before}{gap}{part}{after}"))
}

/// Whether a body has that nonce between its markers: then it is of that try.
pub fn owned(body: &str, nonce: &str) -> bool {
    let line = format!("<!-- countersign:pull-request {nonce} -->");
    part_of(body).is_some_and(|part| body[part].lines().any(|it| it.trim_end() == line))
}

/// Our part, markers and all: from the first begin to the last end behind it. Each
/// stands alone on its line. GitHub may have made line ends those of the web.
fn part_of(body: &str) -> Option<std::ops::Range<usize>> {
    let mut at = 0;
    let (mut begin, mut end) = (None, None);
    for line in body.split_inclusive('\n') {
        match line.trim() {
            BEGIN if begin.is_none() => begin = Some(at),
            END if begin.is_some() => end = Some(at + line.trim_end().len()),
            _ => {}
        }
        at += line.len();
    }
    Some(begin?..end?)
}

/// The comment with links to what was made: found again by its first line.
pub fn artifacts(nonce: &str, links: &[(String, String)]) -> String {
    let mut out = format!("{BEGIN}\n<!-- countersign:pull-request {nonce} -->\n### Evidence\n\n");
    for (name, url) in links {
        // Inside of < > an address ends where it ends.
        let fits = url.starts_with("https://")
            && url
                .bytes()
                .all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'`' | b'\\' | b'@'));
        match fits {
            true => out.push_str(&format!("- [{}](<{url}>)\n", escape(name))),
            false => out.push_str(&format!("- {}: {}\n", escape(name), escape(url))),
        }
    }
    out.push_str(END);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn body() -> Body {
        Body {
            module: "candidate/fees".into(),
            to: "core/fees".into(),
            stage: "validated".into(),
            commit: ObjectId::from_bytes([7; 20]),
            promoted: None,
            content: vec![("gitTree".into(), "ab".repeat(20))],
            gate_report: Some(Sha256::of(b"x")),
            owner: Some("@mara".into()),
            criteria: vec![
                Line {
                    criterion: Criterion::Tests,
                    status: GateStatus::Passed,
                    gates: vec![],
                },
                Line {
                    criterion: Criterion::Syntax,
                    status: GateStatus::Failed,
                    gates: vec![Gate {
                        name: "syntax".into(),
                        status: GateStatus::Failed,
                        off: false,
                        why: format!("x.py:1 {END}\n- [x] all fine @octocat"),
                    }],
                },
            ],
            reviewers: vec![],
            blockers: vec!["syntax fails".into()],
            promote: Some(("candidate/fees/PROMOTE.md".into(), "# Why\n/merge\n".into())),
            nonce: "0".repeat(32),
        }
    }

    #[test]
    fn boxes_are_ticked_by_evidence_alone() {
        let text = update(None, &body()).unwrap();
        let boxes: Vec<&str> = text
            .lines()
            .filter(|line| line.trim_start().starts_with("- ["))
            .collect();
        assert_eq!(boxes, ["- [x] 4. Tests: passed", "- [ ] 2. Syntax: failed"]);
        assert_eq!(text.matches(END).count(), 1);
        assert!(
            !text.contains("@octocat") && !text.contains("@mara"),
            "{text}"
        );
        assert!(!text.lines().any(|line| line.starts_with('/')), "{text}");
        assert!(owned(&text, &"0".repeat(32)) && !owned(&text, &"1".repeat(32)));
    }

    #[test]
    fn what_people_wrote_stays() {
        let first = update(Some("Our form\n\n- [ ] asked\n"), &body()).unwrap();
        assert!(first.starts_with("Our form\n\n- [ ] asked\n\n<!-- countersign:begin -->\n"));
        let theirs = format!("{}\nAnd more by a person\n", first.replace("asked", "done"));
        let mut next = body();
        next.stage = "signed off".into();
        let second = update(Some(&theirs), &next).unwrap();
        assert!(second.starts_with("Our form\n\n- [ ] done\n"));
        assert!(second.ends_with("-->\nAnd more by a person\n"));
        assert!(second.contains("signed off") && !second.contains("| validated |"));
        assert_eq!(update(Some(&second), &next).unwrap(), second);
        let web = second.replace('\n', "\r\n");
        let third = update(Some(&web), &next).unwrap();
        assert_eq!(third.matches(BEGIN).count(), 1);
        assert!(third.starts_with("Our form\r\n"));
    }

    #[test]
    fn it_is_never_too_long() {
        let mut long = body();
        long.promote = Some(("p".into(), "words of it\n".repeat(9000)));
        let text = update(Some("form"), &long).unwrap();
        assert!(text.len() <= LONGEST && text.contains("too long for here: see the file"));
        assert!(text.contains("x.py:1"));
        long.criteria[1].gates = vec![long.criteria[1].gates[0].clone(); 2000];
        let text = update(None, &long).unwrap();
        assert!(text.len() <= LONGEST && text.contains("see the report"));
        let around = "x".repeat(LONGEST - 100);
        assert_eq!(
            update(Some(&around), &long).map_err(|it| it.0 > 65_000),
            Err(true)
        );
    }

    #[test]
    fn links_are_links_and_nothing_else() {
        let text = artifacts(
            "n",
            &[
                ("report".into(), "https://ci.example/1".into()),
                ("evil](x)".into(), "javascript:alert(1)".into()),
                ("two".into(), "https://a.example/> <b".into()),
            ],
        );
        assert!(text.contains("- [report](<https://ci.example/1>)"));
        assert_eq!(text.matches("](").count(), 1, "{text}");
    }

    proptest! {
        #[test]
        fn nothing_around_the_markers_changes(before in "[a-z\n<!-]{0,30}", after in "[a-z\n<!-]{0,30}") {
            let was = format!("{before}\n{BEGIN}\nold\n{END}\n{after}");
            let new = update(Some(&was), &body()).unwrap();
            let start = format!("{before}\n{BEGIN}");
            let end = format!("{END}\n{after}");
            prop_assert!(new.starts_with(&start));
            prop_assert!(new.ends_with(&end));
        }
    }

    #[test]
    fn a_criterion_whose_gates_are_off_is_not_ticked() {
        let gate = |name: &str, off| Gate {
            name: name.into(),
            status: GateStatus::NotApplicable,
            off,
            why: "turned off in countersign.toml".into(),
        };
        let mut body = body();
        body.criteria = vec![
            Line {
                criterion: Criterion::Observability,
                status: GateStatus::NotApplicable,
                gates: vec![gate("observability", true)],
            },
            Line {
                criterion: Criterion::Security,
                status: GateStatus::NotApplicable,
                gates: vec![gate("secrets", false), gate("safety", true)],
            },
        ];
        let text = update(None, &body).unwrap();
        assert!(text.contains("- [ ] 9. Observability: not asked"), "{text}");
        assert!(text.contains("- [x] 6. Security and supply chain: not applicable"));
        assert!(text.contains("`safety` not asked: turned off"), "{text}");
    }
}
