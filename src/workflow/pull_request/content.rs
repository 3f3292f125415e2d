//! What the pull request of a module says now: all of it from git, evidence and the log.

use crate::forge::statuses::Status;
use crate::promotion::pull_request::{self as words, Body, Gate, Line, Reviewer, Template};
use crate::promotion::review::Role;
use crate::promotion::review::standing::State;
use crate::promotion::{
    Criterion, Dossier, GateStatus, ModuleId, ModuleTree, ObjectId, Policy, RepoPath, branch_name,
    dossier, text,
};
use crate::repo::tree::{self, Mode};
use crate::workflow::sign_off::{Desk, Present, verb_word};
use crate::workflow::{Workspace, triage};

use super::PullRequestError;
use super::about::Carried;
use super::statuses::statuses;

/// Where a module's PROMOTE.md is, unless it is configured.
const PROMOTE: [&str; 3] = [
    "{module}/PROMOTE.md",
    "{module}.PROMOTE.md",
    "docs/promote/{path}.md",
];
/// The most that is read of a form or of PROMOTE.md.
const MOST_BYTES: usize = 256 << 10;

/// All that a pull request is made of.
#[derive(Clone, Debug)]
pub struct Content {
    /// The module.
    pub module: RepoPath,
    /// Its branch.
    pub branch: String,
    /// The branch it is to go to.
    pub base: String,
    /// The commit.
    pub head: ObjectId,
    /// The title.
    pub title: String,
    /// The body, still without its nonce.
    pub body: Body,
    /// The repository's own form.
    pub form: Option<String>,
    /// One status a criterion that something looks at, and that of the approvals.
    pub statuses: Vec<Status>,
    /// Accounts to be asked for a review.
    pub reviewers: Vec<String>,
    /// Links to what was made: name and address.
    pub links: Vec<(String, String)>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// Gathers what there is of a module as it is at the revision. Runs nothing and asks
/// nobody. `carried`: it was moved since, on that branch.
pub(super) fn content(
    ws: &Workspace,
    desk: &Desk,
    tree: &ModuleTree,
    id: ModuleId,
    links: Vec<(String, String)>,
    carried: Option<&Carried>,
) -> Result<(Content, Present), PullRequestError> {
    let dossier = triage::dossier(ws, tree, id)?;
    let module = dossier.module.path.clone();
    let mut present = Present::of(ws, &dossier.module)?;
    let branch = match carried {
        Some(carried) => {
            present.to = carried.promotion.to.clone();
            carried.promotion.branch.clone()
        }
        None => branch(ws, desk, &dossier)?,
    };
    let mut notes = Vec::new();
    let criteria = lines(&ws.config().policy, &dossier);
    let body = Body {
        module: module.clone(),
        to: present.to.clone(),
        stage: dossier.stage.word().to_owned(),
        commit: present.head,
        content: present.subject.digest.clone().into_iter().collect(),
        gate_report: present.gate_report,
        owner: dossier.facts.owner.as_ref().map(|it| it.name.clone()),
        criteria: criteria.clone(),
        reviewers: reviewers(&dossier),
        blockers: dossier.blockers.clone(),
        promote: promote(ws, &module, present.head)?,
        promoted: carried.map(|it| it.promotion.commit),
        nonce: String::new(),
    };
    let content = Content {
        title: words::title(&module, &present.to),
        base: desk.authority.branch().to_owned(),
        head: carried.map_or(present.head, |it| it.tip),
        form: form(ws, desk, &mut notes)?,
        statuses: statuses(&dossier, &criteria),
        reviewers: accounts(desk, present.ethics_applies, &mut notes),
        branch,
        body,
        module,
        links,
        notes,
    };
    Ok((content, present))
}

/// The branch that is looked at, if it is one that this module is promoted on.
fn branch(ws: &Workspace, desk: &Desk, dossier: &Dossier) -> Result<String, PullRequestError> {
    let revision = ws.revision();
    let branch = revision.strip_prefix("refs/heads/").unwrap_or(revision);
    let module = &dossier.module.path;
    let template = &ws.config().promote.branch;
    let lane = &ws.config().lanes[dossier.module.lane].source;
    let short = module.strip(lane).unwrap_or_else(|| module.clone());
    let git = ws.repo().open_git()?;
    let has = |name: String| git.find_reference(&name).is_ok();
    let mut is_branch = has(format!("refs/heads/{branch}"));
    let mut branch = branch;
    // A reviewer looks at what the remote has.
    let remote = ws.config().forge.remote.as_deref().unwrap_or("origin");
    let there = branch
        .strip_prefix(remote)
        .and_then(|it| it.strip_prefix('/'));
    if let Some(there) = there.filter(|_| !is_branch && has(format!("refs/remotes/{branch}"))) {
        (branch, is_branch) = (there, true);
    }
    let ours = branch_name::is_of(template, &short, branch);
    let others = [
        desk.authority.branch(),
        desk.authority.audit_branch.as_str(),
    ];
    match is_branch && ours && !others.contains(&branch) {
        true => Ok(branch.to_owned()),
        false => Err(PullRequestError::Branch {
            branch: branch.to_owned(),
            module: module.clone(),
            template: branch_name::fill(template, &short, "YYYYMMDD"),
        }),
    }
}

fn lines(policy: &Policy, dossier: &Dossier) -> Vec<Line> {
    let all = dossier::criteria(&dossier.gates);
    let line = |(criterion, status): (Criterion, GateStatus)| Line {
        criterion,
        status,
        gates: dossier
            .gates
            .iter()
            .filter(|gate| gate.criterion == criterion)
            .map(|gate| Gate {
                name: gate.gate.to_string(),
                status: gate.status,
                off: policy.is_off(&gate.gate),
                why: gate.why.clone(),
            })
            .collect(),
    };
    Criterion::ALL.into_iter().zip(all).map(line).collect()
}

fn reviewers(dossier: &Dossier) -> Vec<Reviewer> {
    let states = dossier.sign_off.iter().flat_map(|it| &it.states);
    let reviewer = |state: &State| Reviewer {
        principal: state.principal.clone(),
        role: state.role,
        did: verb_word(state.decision),
        position: state.position,
        stale: state.reasons.iter().map(|it| it.words()).collect(),
    };
    states.map(reviewer).collect()
}

/// The accounts of those who may decide as reviewers, in roles that are asked for.
fn accounts(desk: &Desk, ethics_applies: bool, notes: &mut Vec<String>) -> Vec<String> {
    let authority = &desk.authority;
    let now = jiff::Timestamp::now().as_second();
    let mut accounts = Vec::new();
    let mut without = Vec::new();
    let roles = Role::ALL
        .into_iter()
        .filter(|role| role.is_reviewer() && (ethics_applies || *role != Role::Ethics));
    for principal in roles.flat_map(|role| authority.holders(role, now)) {
        match authority.accounts.get(principal) {
            Some(account) => {
                let login = account.split('#').next().unwrap_or_default().to_owned();
                if !accounts.contains(&login) {
                    accounts.push(login);
                }
            }
            None if !without.contains(&principal) => without.push(principal),
            None => {}
        }
    }
    if !without.is_empty() {
        notes.push(format!(
            "nobody is asked for {}: [forge.reviewers] on {} names no account",
            without.join(", "),
            authority.branch()
        ));
    }
    accounts
}

/// The repository's own form: that of the base branch, as GitHub takes it.
fn form(
    ws: &Workspace,
    desk: &Desk,
    notes: &mut Vec<String>,
) -> Result<Option<String>, PullRequestError> {
    let git = ws.repo().open_git()?;
    let commit = desk.authority.commit;
    let mut paths: Vec<RepoPath> = Vec::new();
    for place in ["", ".github", "docs"] {
        let at = RepoPath::from(place);
        let there = ws.repo().entry(commit, &at)?;
        let Some(there) = there.filter(|it| it.mode == Mode::Tree) else {
            continue;
        };
        let here = tree::subtree(&git, there.id)?;
        for entry in here.iter() {
            let path = at.join(entry.name_bytes());
            let is_dir = entry.kind() == Some(git2::ObjectType::Tree);
            match entry.kind() {
                Some(git2::ObjectType::Blob) => paths.push(path),
                _ if is_dir
                    && entry
                        .name_bytes()
                        .eq_ignore_ascii_case(b"pull_request_template") =>
                {
                    paths.extend(tree::walk(&git, commit, &path)?.into_iter().map(|it| it.0));
                }
                _ => {}
            }
        }
    }
    let path = match words::choose(paths.iter()) {
        Template::File(path) => path,
        Template::Several => {
            notes.push(
                "the repository has several forms for pull requests and none called promotion.md: \
                 none is used"
                    .into(),
            );
            return Ok(None);
        }
        Template::None => return Ok(None),
    };
    read(ws, commit, &path)
}

/// The module's PROMOTE.md, where it has one.
fn promote(
    ws: &Workspace,
    module: &RepoPath,
    head: ObjectId,
) -> Result<Option<(RepoPath, String)>, PullRequestError> {
    let gate = ws.config().policy.gates.get("promote");
    let configured = gate.map_or(&[][..], |it| it.places.as_slice());
    let places: Vec<&str> = match configured {
        [] => PROMOTE.to_vec(),
        configured => configured.iter().map(String::as_str).collect(),
    };
    let text = module.to_text();
    for place in places {
        let path = place.replace("{module}", &text).replace("{path}", &text);
        let path = RepoPath::from_text(&path);
        if let Some(text) = read(ws, head, &path)? {
            return Ok(Some((path, text)));
        }
    }
    Ok(None)
}

fn read(
    ws: &Workspace,
    commit: ObjectId,
    path: &RepoPath,
) -> Result<Option<String>, PullRequestError> {
    let entry = ws.repo().entry(commit, path)?;
    let Some(entry) = entry.filter(|it| it.mode.is_file()) else {
        return Ok(None);
    };
    let bytes = ws.repo().read_blob(entry.id)?;
    let bytes = &bytes[..bytes.len().min(MOST_BYTES)];
    Ok(Some(text::decode(bytes).into_owned()))
}
