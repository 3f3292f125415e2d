//! The branch and its one commit: shown in full before it is made.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::promotion::proposal::{Answers, Ticks, Which};
use crate::promotion::text::visible;
use crate::promotion::{Module, ObjectId, RepoPath, branch_name};
use crate::repo::diff::{Alignment, Lines, Side, unified};
use crate::repo::land;
use crate::repo::relocate::{self, Written as Content};
use crate::repo::{Mode, RepoError, people};
use crate::workflow::Workspace;

use super::{ProposeError, Sitting};

/// A document that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Where.
    pub path: RepoPath,
    /// What is there before; `None` where nothing is.
    pub before: Option<String>,
    /// What is there then.
    pub text: String,
}

/// How the branch stands to what is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is made.
    New,
    /// It gets one more commit.
    Continued,
    /// It says all of it already.
    Same,
}

/// What would be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The branch.
    pub branch: String,
    /// How it stands.
    pub standing: Standing,
    /// What the commit goes upon, in words.
    pub upon: String,
    /// The documents that differ.
    pub documents: Vec<Document>,
    /// What the commit says.
    pub message: String,
    /// Who commits.
    pub author: String,
    /// What evidence ticks in it, and what it does not.
    pub ticks: Ticks,
    parent: ObjectId,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The branch.
    pub branch: String,
    /// Its commit.
    pub commit: ObjectId,
    /// False where it was there already.
    pub made: bool,
    /// What to do next.
    pub next: Vec<String>,
}

/// The branch a module is promoted on, by what countersign.toml says of it.
pub(super) fn branch_name(ws: &Workspace, module: &Module, date: &str) -> String {
    let lane = ws.config().lanes.get(module.lane);
    let below = lane.and_then(|lane| module.path.strip(&lane.source));
    let path = below.filter(|it| !it.is_root());
    let path = path.unwrap_or_else(|| module.path.clone());
    let day: String = date.chars().filter(char::is_ascii_digit).collect();
    branch_name::fill(&ws.config().promote.branch, &path, &day)
}

impl Sitting {
    /// What would be written with these answers. Refused while something is open.
    pub fn plan(&self, answers: &Answers) -> Result<Plan, ProposeError> {
        let open = self.proposal.open(answers);
        if !open.is_empty() {
            return Err(ProposeError::Open(open));
        }
        self.preview(answers)
    }

    /// The same, also while something is open.
    pub fn preview(&self, answers: &Answers) -> Result<Plan, ProposeError> {
        let repo = self.ws.repo();
        // git itself may know better: it reads its environment as well.
        let author = people::committer(repo)?;
        let author = author.unwrap_or_else(|| "whoever git says commits here".to_owned());
        let tip = self.landing.was;
        let parent = tip.unwrap_or(self.start);
        let mut documents = Vec::new();
        for (path, text) in self.proposal.documents(answers) {
            let before = match repo.entry(parent, &path)? {
                Some(entry) if entry.mode.is_file() => Some(repo.read_blob(entry.id)?),
                _ => None,
            };
            let before = before.map(|it| String::from_utf8_lossy(&it).into_owned());
            if before.as_ref() != Some(&text) {
                documents.push(Document { path, before, text });
            }
        }
        let standing = match (tip, documents.is_empty()) {
            (_, true) => Standing::Same,
            (None, _) => Standing::New,
            (Some(_), _) if self.named => Standing::Continued,
            (Some(_), _) => return Err(ProposeError::Taken(self.branch.clone())),
        };
        let upon = match tip {
            Some(tip) => format!("{} ({})", self.branch, tip.short()),
            None => self.start_words.clone(),
        };
        Ok(Plan {
            branch: self.branch.clone(),
            message: self.message(answers, standing),
            standing,
            upon,
            documents,
            author,
            ticks: self.proposal.ticks(answers),
            parent,
        })
    }

    fn message(&self, answers: &Answers, standing: Standing) -> String {
        let proposal = &self.proposal;
        let (module, target) = (shown(&proposal.module), shown(&proposal.target));
        let mut out = match standing {
            Standing::Continued => format!("Say more of the promotion of {module}\n"),
            Standing::New | Standing::Same => {
                format!("Propose {module} for promotion to {target}\n")
            }
        };
        out.push('\n');
        for form in proposal.forms(answers) {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "- {}: {}", form.which.title(), shown(&form.path));
        }
        if !proposal.applies(answers).holds() {
            let why = match answers.because.trim() {
                "" => String::new(),
                why => format!(": {}", one_line(why)),
            };
            let _ = writeln!(out, "- {}: none is written{why}", Which::Ethics.title());
        }
        if let Some((digest, whole)) = &proposal.evidenced.report {
            let part = if *whole { "" } else { ", not every gate in it" };
            let at = &proposal.evidenced.commit;
            let _ = writeln!(out, "- Gate report: sha256:{digest} of {at}{part}");
        }
        out
    }

    /// Makes the commit. What was kept of the answers is forgotten then.
    pub fn write(&self, plan: &Plan) -> Result<Written, ProposeError> {
        let (commit, made) = match plan.standing {
            Standing::Same => (plan.parent, false),
            Standing::New | Standing::Continued => (self.commit(plan)?, true),
        };
        self.forget()?;
        let module = shown(&self.proposal.module);
        let branch = &plan.branch;
        Ok(Written {
            branch: branch.clone(),
            commit,
            made,
            next: vec![
                format!("countersign check {module} --rev {branch}"),
                format!("countersign sign {module} --rev {branch}"),
            ],
        })
    }
}

impl Sitting {
    /// Made aside, then put onto the branch at once: to both or to none.
    fn commit(&self, plan: &Plan) -> Result<ObjectId, ProposeError> {
        let repo = self.ws.repo();
        let root = repo.entry(plan.parent, &RepoPath::default())?;
        let root = root.ok_or_else(|| RepoError::MissingObject {
            id: plan.parent,
            what: "a commit's tree".into(),
        })?;
        let write = |document: &Document| {
            let content = document.text.clone().into_bytes();
            let mode = Mode::File;
            (document.path.clone(), Content { content, mode })
        };
        let writes: BTreeMap<_, _> = plan.documents.iter().map(write).collect();
        let tree = relocate::written(repo, root.id, &writes)?;
        let made = land::commit(repo, tree, plan.parent, &plan.message)?;
        self.landing.land(repo, made, "countersign propose")?;
        Ok(made)
    }
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    visible(&words.join(" ")).into_owned()
}

fn shown(path: &RepoPath) -> String {
    visible(&path.to_text()).into_owned()
}

/// What changes in a document, line by line, with a few around: `+`, `-` or a blank, and
/// the line; `@` where something is left out.
pub fn changes(before: &str, after: &str) -> Vec<(char, String)> {
    let (left, right) = (Lines::new(before.as_bytes()), Lines::new(after.as_bytes()));
    let aligned = Alignment::of(&left, &right);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut all = Vec::new();
    for hunk in unified::hunks(&aligned, 2) {
        if hunk.left.start > 0 {
            all.push(('@', format!("line {}", hunk.right.start + 1)));
        }
        for (row, side) in unified::order(&aligned.rows()[hunk.rows]) {
            let sign = match (row.differs(), side) {
                (false, _) => ' ',
                (true, Side::Left) => '-',
                (true, Side::Right) => '+',
            };
            let lines = if side == Side::Left { &left } else { &right };
            if let Some(line) = row.line(side) {
                all.push((sign, text(lines.line(line))));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_line_by_line() {
        assert_eq!(
            changes("a\nb\nc\nd\ne\n", "a\nb\nc\nd\nf\n"),
            [
                ('@', "line 3".to_owned()),
                (' ', "c".to_owned()),
                (' ', "d".to_owned()),
                ('-', "e".to_owned()),
                ('+', "f".to_owned()),
            ]
        );
        assert_eq!(changes("a\n", "a\n"), []);
    }
}
