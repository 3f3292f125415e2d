//! The last line of a promotion that was watched to the end, in the transparency scorecard:
//! on a branch of its own, for a person to merge. The base branch is not ours to write.

use std::collections::BTreeMap;

use super::{ObserveError, Standing};
use crate::promotion::{ObjectId, RepoPath, branch_name, papers, text};
use crate::repo::land::{self, Landing};
use crate::repo::relocate::{self, Written};
use crate::repo::{Mode, RepoError};
use crate::workflow::sign_off::Desk;
use crate::workflow::{Workspace, promote};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The base branch has the line.
    There {
        /// In which file.
        scorecard: RepoPath,
    },
    /// A branch has it, made now or before.
    Branch {
        /// Its name.
        branch: String,
        /// Its commit.
        commit: ObjectId,
        /// In which file.
        scorecard: RepoPath,
        /// The line.
        line: String,
        /// It was made now.
        made: bool,
    },
}

/// Brings the line onto a branch that goes out from the base branch.
pub fn finish(ws: &Workspace, desk: &Desk, standing: &Standing) -> Result<Finish, ObserveError> {
    let module = standing.module();
    let (Some(line), Some(day)) = (standing.scorecard_line(), standing.completed_on()) else {
        return Err(ObserveError::NotCompleted {
            module: module.clone(),
            stage: standing.stage.word(),
        });
    };
    let authority = &desk.authority;
    let (repo, base) = (ws.repo(), authority.commit);
    let said = &authority.config.promote;
    let place = promote::scorecard_at(ws, &authority.config, base)?;
    let not_text = |why| ObserveError::Scorecard {
        scorecard: place.clone(),
        why,
    };
    let (before, mode) = match repo.entry(base, &place)? {
        None => (None, Mode::File),
        Some(entry) if entry.mode.is_file() => {
            let bytes = repo.read_blob(entry.id)?;
            let text = String::from_utf8(bytes).map_err(|_| not_text("it is no UTF-8"))?;
            (Some(text), entry.mode)
        }
        Some(_) => return Err(not_text("it is no file")),
    };
    let to = &standing.promotion.to;
    let Some(after) = papers::completed(before.as_deref(), to, &day, &line) else {
        return Ok(Finish::There { scorecard: place });
    };
    let lanes = authority.config.lanes.iter();
    let below = lanes.filter_map(|lane| module.strip(&lane.source));
    let short = below.min_by_key(|it| it.as_bytes().len());
    let short = short.unwrap_or_else(|| module.clone());
    let branch = branch_name::fill(&said.branch, &short, &day.replace('-', "")) + "-completed";
    let landing = Landing::of(repo, &branch)?;
    let branched = |commit, made| Finish::Branch {
        branch: branch.clone(),
        commit,
        scorecard: place.clone(),
        line: line.clone(),
        made,
    };
    if let Some(commit) = landing.was {
        return match repo.entry(commit, &place)? {
            Some(entry) if repo.read_blob(entry.id)? == after.as_bytes() => {
                Ok(branched(commit, false))
            }
            _ => Err(ObserveError::Taken { branch }),
        };
    }
    let root = repo.entry(base, &RepoPath::default())?;
    let root = root.ok_or_else(|| RepoError::MissingObject {
        id: base,
        what: "a commit's tree".into(),
    })?;
    let content = after.into_bytes();
    let writes = BTreeMap::from([(place.clone(), Written { content, mode })]);
    let tree = relocate::written(repo, root.id, &writes)?;
    let title = text::visible(&to.to_text()).into_owned();
    let message = format!("Note that {title} was watched to the end\n\n{line}\n");
    let commit = land::commit(repo, tree, base, &message)?;
    landing.land(repo, commit, "countersign canary finish")?;
    Ok(branched(commit, true))
}
