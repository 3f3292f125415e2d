//! What a promotion would do, to the last byte, and why it may not be done.

use std::collections::BTreeMap;

use crate::gates::checks;
use crate::promotion::impact::{self, Class, Form, When};
use crate::promotion::relocation::Renamed;
use crate::promotion::{
    GateId, Lane, Module, ModuleKind, ObjectId, Relocation, RepoPath, branch_name,
};
use crate::repo::land::{Landing, Standing};
use crate::repo::revert::{self, Change};
use crate::repo::tree::{self, Mode};
use crate::repo::{RepoError, branch, merge_base, status};
use crate::workflow::sign_off::{Desk, Present};
use crate::workflow::{Workspace, audit, validate};

use super::{
    Left, Plan, PromoteError, Why, Write, collisions, links, owners, papers, shims, smoke,
};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The target lane; `None`: the one that `[promote.targets]` names, else the first.
    pub lane: Option<RepoPath>,
    /// The branch; `None`: the one that is looked at where it is the module's, else the
    /// one the template makes.
    pub branch: Option<String>,
    /// The day, `YYYYMMDD`.
    pub date: String,
}

/// Plans the promotion of a module as it is at the revision. Blocks; changes nothing.
pub fn plan(
    ws: &Workspace,
    desk: &Desk,
    module: &Module,
    request: &Request,
) -> Result<Plan, PromoteError> {
    let head = ws.require_commit()?;
    let lane = lane(ws, module)?;
    let to = crate::workflow::impact::destination(ws, module, request.lane.clone())?;
    let relocation = Relocation::new(module.path.clone(), to);
    let present = present(ws, module, &relocation)?;
    let moves = moves(ws, head, module, &relocation)?;
    let impact = crate::workflow::impact::impact(
        ws,
        module,
        Some(relocation.to.clone()),
        ws.config().promote.shims,
    )?;
    let (branch, makes_branch, mut blocked) = branch_for(ws, desk, head, module, lane, request)?;
    let mut plan = Plan {
        files: files(ws, head, &moves)?,
        smoke: smoke::of(ws, ws.config().promote.smoke.as_ref(), head)?,
        stages: stages(ws)?,
        tests: tests(ws, &relocation)?,
        log: audit::seen(&desk.log),
        log_path: ws.config().promote.log.clone(),
        blocked: Vec::new(),
        notices: Vec::new(),
        writes: Vec::new(),
        left: left(&impact),
        head,
        branch,
        makes_branch,
        moves,
        impact,
        relocation,
    };
    plan.blocked = refusals(ws, desk, &present);
    plan.blocked.append(&mut blocked);
    let collisions =
        collisions::collisions(ws.repo(), head, module, &plan.relocation, &plan.moves)?;
    plan.blocked.extend(collisions);
    plan.blocked.extend(broken(ws, module, &plan.impact));
    write(ws, desk, module, lane, &present, request, &mut plan)?;
    plan.notices.extend(notices(ws, desk, module, head)?);
    Ok(plan)
}

fn lane<'a>(ws: &'a Workspace, module: &Module) -> Result<&'a Lane, PromoteError> {
    let lane = ws.config().lanes.get(module.lane);
    lane.ok_or_else(|| {
        RepoError::NoSuchTarget {
            module: module.path.clone(),
            target: RepoPath::default(),
            targets: Vec::new(),
        }
        .into()
    })
}

/// What the reviewers' decisions are held against: this very move.
fn present(
    ws: &Workspace,
    module: &Module,
    relocation: &Relocation,
) -> Result<Present, PromoteError> {
    let mut present = Present::of(ws, module)?;
    present.to = relocation.to.clone();
    Ok(present)
}

/// Why what is there may not be moved: it is not signed off, or not any more.
fn refusals(ws: &Workspace, desk: &Desk, present: &Present) -> Vec<String> {
    let mut why = Vec::new();
    if let Some(broken) = desk.log.broken() {
        why.push(format!("the audit log is broken: {broken}"));
    }
    if !present.missing.is_empty() {
        let missing: Vec<_> = present.missing.iter().map(GateId::as_str).collect();
        let missing = match present.report.gates.is_empty() {
            true => "any gate".into(),
            false => missing.join(", "),
        };
        why.push(format!(
            "first the gates are to be run: Gate 1 has no current result of {missing} \
             (countersign check {})",
            present.module.path
        ));
    }
    let failing = present.failing();
    if !failing.is_empty() {
        why.push(format!("Gate 1 does not hold: {}", failing.join(", ")));
    }
    let off = desk.sign_off_of(ws, present);
    if !off.holds() {
        why.push(format!("it is not signed off: {}", off.missing.join("; ")));
        let stale = off.states.iter().filter(|state| !state.holds());
        why.extend(stale.map(|state| {
            let reasons: Vec<_> = state.reasons.iter().map(|it| it.words()).collect();
            format!(
                "the decision of {} as {} is stale: {}",
                state.principal,
                state.role,
                reasons.join(", ")
            )
        }));
    }
    why
}

/// The module, and the documents of a single file that stand beside it.
fn moves(
    ws: &Workspace,
    head: ObjectId,
    module: &Module,
    relocation: &Relocation,
) -> Result<Vec<(RepoPath, RepoPath)>, RepoError> {
    let Relocation { from, to } = relocation;
    let mut moves = vec![(from.clone(), to.clone())];
    let bare = |path: &RepoPath| path.as_bytes().strip_suffix(b".py").map(<[u8]>::to_vec);
    if module.kind == ModuleKind::File
        && let (Some(from), Some(to)) = (bare(from), bare(to))
    {
        for beside in checks::BESIDE {
            let beside = beside.as_bytes();
            let old = RepoPath::from_bytes([from.as_slice(), beside].concat());
            if ws.repo().entry(head, &old)?.is_some() {
                moves.push((old, RepoPath::from_bytes([to.as_slice(), beside].concat())));
            }
        }
    }
    Ok(moves)
}

fn files(
    ws: &Workspace,
    head: ObjectId,
    moves: &[(RepoPath, RepoPath)],
) -> Result<Vec<(RepoPath, RepoPath)>, RepoError> {
    let mut files = Vec::new();
    for (from, to) in moves {
        let relocation = Relocation::new(from.clone(), to.clone());
        let all = ws.repo().walk(head, from)?.into_iter();
        files.extend(all.map(|(path, _)| (path.clone(), relocation.after(&path))));
    }
    Ok(files)
}

fn stages(ws: &Workspace) -> Result<Vec<GateId>, PromoteError> {
    let known: Vec<GateId> = validate::gates(&ws.config().policy)
        .into_iter()
        .map(|gate| gate.id)
        .collect();
    let named = ws.config().promote.stages.iter();
    named
        .map(|name| {
            let found = known.iter().find(|id| id.as_str() == name);
            found
                .cloned()
                .ok_or_else(|| PromoteError::Stage { name: name.clone() })
        })
        .collect()
}

/// The module's tests, where they are after the move.
fn tests(ws: &Workspace, relocation: &Relocation) -> Result<Vec<RepoPath>, RepoError> {
    let tests = validate::tests_of(ws, &*ws.index()?, &relocation.from)?;
    Ok(tests.iter().map(|path| relocation.after(path)).collect())
}

/// What production imports, and nobody knows how to rewrite: after the move it is gone.
fn broken(ws: &Workspace, module: &Module, impact: &impact::Impact) -> Vec<String> {
    let lanes = &ws.config().lanes;
    let targets = lanes
        .get(module.lane)
        .map_or(&[][..], |it| it.targets.as_slice());
    let in_production = |path: &RepoPath| {
        let tests = |part: &[u8]| part == b"tests" || part.starts_with(b"test_");
        targets.iter().any(|it| path.is_within(it))
            && !lanes.iter().any(|it| path.is_within(&it.source))
            && !path.as_bytes().split(|byte| *byte == b'/').any(tests)
    };
    let imports = |form: Form| {
        use Form::{From, Import, Relative, Star, Text, Use};
        matches!(form, Import | From | Relative | Star | Text | Use)
    };
    let left = impact.importers.iter().filter(|it| {
        it.class == Class::Left
            && it.when != When::Typing
            && imports(it.form)
            && in_production(&it.path)
    });
    left.map(|it| {
        format!(
            "{}:{} imports {} and would break: {}. Write it otherwise, or have the old name go on \
             working ([promote] shims)",
            it.path, it.line, it.name, it.why
        )
    })
    .collect()
}

fn left(impact: &impact::Impact) -> Vec<Left> {
    let left = impact.importers.iter().filter(|it| it.class == Class::Left);
    // Where it is to be found afterwards.
    left.map(|it| Left {
        path: impact.relocation.after(&it.path),
        ..Left::from(it)
    })
    .collect()
}

/// The branch, whether it is made, and why it cannot be used.
fn branch_for(
    ws: &Workspace,
    desk: &Desk,
    head: ObjectId,
    module: &Module,
    lane: &Lane,
    request: &Request,
) -> Result<(String, bool, Vec<String>), PromoteError> {
    let template = &ws.config().promote.branch;
    let below = module.path.strip(&lane.source);
    let below = below.unwrap_or_else(|| module.path.clone());
    let looked_at = ws.revision();
    let looked_at = looked_at.strip_prefix("refs/heads/").unwrap_or(looked_at);
    let name = match &request.branch {
        Some(name) => name.clone(),
        None if branch_name::is_of(template, &below, looked_at) => looked_at.to_owned(),
        None => branch_name::fill(template, &below, &request.date),
    };
    let mut blocked = Vec::new();
    if name == desk.authority.branch() || name == desk.authority.audit_branch {
        blocked.push(format!(
            "{name} is no branch to promote on: a person merges into it"
        ));
    }
    if !git2::Reference::is_valid_name(&format!("refs/heads/{name}")) || name.starts_with('-') {
        blocked.push(format!("{name:?} is no name for a branch"));
        return Ok((name, false, blocked));
    }
    let landing = Landing::of(ws.repo(), &name)?;
    match landing.was {
        Some(was) if was != head => blocked.push(format!(
            "the branch {name} is there and is not what is looked at: look at it with `--rev \
             {name}`, or name another with `--branch`"
        )),
        _ => {}
    }
    if let Standing::Elsewhere(at) = &landing.standing {
        blocked.push(format!(
            "the branch {name} is checked out in {}: do it there",
            at.display()
        ));
    }
    Ok((name, landing.was.is_none(), blocked))
}

/// Everything that is written, into the plan.
fn write(
    ws: &Workspace,
    desk: &Desk,
    module: &Module,
    lane: &Lane,
    present: &Present,
    request: &Request,
    plan: &mut Plan,
) -> Result<(), PromoteError> {
    let repo = ws.repo();
    let git = repo.open_git()?;
    for (path, edits) in plan.impact.edits.clone() {
        if edits.is_empty() {
            continue;
        }
        let Some(entry) = tree::entry(&git, plan.head, &path)? else {
            continue;
        };
        let before = tree::read_blob(&git, entry.id)?;
        let after = impact::apply(&before, &edits);
        plan.writes.push(Write {
            path: plan.relocation.after(&path),
            why: Why::Imports,
            mode: entry.mode,
            before: Some(before),
            after,
        });
    }
    let (relinked, absolute) = links::links(repo, plan.head, &plan.relocation)?;
    plan.writes.extend(relinked);
    plan.notices.extend(absolute);
    packages(ws, module, lane, plan)?;
    if ws.config().promote.shims {
        let names = plan.relocation.names(ws.index()?.roots());
        match importable(&names) {
            Some(renamed) => {
                let shims = shims::shims(repo, plan.head, &plan.relocation, renamed)?;
                plan.writes.extend(shims);
            }
            None => plan.notices.push(format!(
                "{} has no name that Python imports, so no shim is written",
                plan.relocation.from
            )),
        }
    }
    owners::write(ws, module, plan)?;
    papers::write(ws, desk, present, request, plan)?;
    // One file may have several reasons; what was written first goes on.
    merge(&mut plan.writes);
    Ok(())
}

/// Which of its names a module is imported by: the shortest, below what lies deepest.
fn importable(names: &[Renamed]) -> Option<&Renamed> {
    names.iter().min_by_key(|it| it.old.len())
}

/// The packages that the move makes on the way to the module, where its old place had
/// them. A directory that is there stays as it is.
fn packages(
    ws: &Workspace,
    module: &Module,
    lane: &Lane,
    plan: &mut Plan,
) -> Result<(), PromoteError> {
    let (mut old, mut new) = (module.path.parent(), plan.relocation.to.parent());
    while let (Some(from), Some(to)) = (old, new) {
        let within = from.is_within(&lane.source) && !to.is_root();
        if !within || ws.repo().entry(plan.head, &to)?.is_some() {
            break;
        }
        let init = from.join(b"__init__.py");
        if let Some(entry) = ws.repo().entry(plan.head, &init)?
            && entry.mode.is_file()
        {
            let says = ws.repo().read_blob(entry.id)?;
            let path = to.join(b"__init__.py");
            if !says.trim_ascii().is_empty() {
                plan.notices.push(format!(
                    "{path} is made empty; {init} is not, and stays where it is"
                ));
            }
            plan.writes.push(Write {
                path,
                why: Why::Package,
                mode: Mode::File,
                before: None,
                after: Vec::new(),
            });
        }
        (old, new) = (from.parent(), to.parent());
    }
    Ok(())
}

/// Two writes of one path become one: the later was made of what was there before, so
/// only documents may meet, and they are made with what is planned already.
fn merge(writes: &mut Vec<Write>) {
    let mut last: BTreeMap<RepoPath, Write> = BTreeMap::new();
    for write in writes.drain(..) {
        match last.get_mut(&write.path) {
            Some(before) => before.after = write.after,
            None => {
                last.insert(write.path.clone(), write);
            }
        }
    }
    writes.extend(
        last.into_values()
            .filter(|it| it.before.as_ref() != Some(&it.after)),
    );
}

/// What a file will hold by what is planned so far, else what it holds.
pub(super) fn planned(
    ws: &Workspace,
    plan: &Plan,
    path: &RepoPath,
) -> Result<Option<(Vec<u8>, Mode)>, RepoError> {
    if let Some(write) = plan.writes.iter().rfind(|it| it.path == *path) {
        return Ok(Some((write.after.clone(), write.mode)));
    }
    let Some(entry) = ws.repo().entry(plan.head, path)? else {
        return Ok(None);
    };
    if !entry.mode.is_file() {
        return Ok(None);
    }
    Ok(Some((ws.repo().read_blob(entry.id)?, entry.mode)))
}

/// What changed from one commit to the other and is of a module or names it, in order.
fn naming(
    ws: &Workspace,
    module: &Module,
    before: ObjectId,
    after: ObjectId,
) -> Result<Vec<RepoPath>, PromoteError> {
    let name = module.name();
    let name = name.strip_suffix(".py").unwrap_or(&name);
    let finder = memchr::memmem::Finder::new(name);
    let mut found = Vec::new();
    for path in revert::paths(ws.repo(), Change { before, after })? {
        if path.is_within(&module.path) {
            found.push(path);
            continue;
        }
        let entry = ws.repo().entry(after, &path)?;
        let Some(entry) = entry.filter(|it| it.mode.is_file()) else {
            continue;
        };
        if finder.find(&ws.repo().read_blob(entry.id)?).is_some() {
            found.push(path);
        }
    }
    Ok(found)
}

/// What a person should know before.
fn notices(
    ws: &Workspace,
    desk: &Desk,
    module: &Module,
    head: ObjectId,
) -> Result<Vec<String>, PromoteError> {
    let mut notices = Vec::new();
    if ws.is_checked_out()
        && !status::uncommitted(ws.repo(), std::slice::from_ref(&module.path))?.is_empty()
    {
        notices.push(format!(
            "{} has uncommitted changes, which are not part of this",
            module.path
        ));
    }
    let base = desk.authority.commit;
    let left = merge_base::merge_base(ws.repo(), head, base)?;
    let since = match left {
        Some(left) => naming(ws, module, left, base)?,
        None => vec![module.path.clone()],
    };
    if let Some(first) = since.first() {
        let more = match since.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        notices.push(format!(
            "since this branch left {}, {first}{more} there came to name {} or changed: that is \
             not rewritten here. Merge it into the branch first, and check and sign again",
            desk.authority.branch(),
            module.name()
        ));
    }
    if branch::named(ws.repo(), desk.authority.branch())?.is_none() {
        notices.push("the base branch is not here".into());
    }
    Ok(notices)
}
