//! The papers of a promotion: changelog, transparency scorecard, copy of the audit log.

use crate::audit::line;
use crate::config::ProjectConfig;
use crate::promotion::papers::{ScorecardEntry, chapter, noted, scored};
use crate::promotion::review::Verb;
use crate::promotion::{GateStatus, ObjectId, RepoPath, text};
use crate::repo::{Mode, RepoError};
use crate::workflow::Workspace;
use crate::workflow::sign_off::{Desk, Present};

use super::plan::{Request, planned};
use super::{Left, Plan, PromoteError, Why, Write};

/// Where a changelog is, unless it is configured.
const CHANGELOGS: [&str; 4] = [
    "CHANGELOG.md",
    "docs/CHANGELOG.md",
    "docs/changelog.md",
    "CHANGES.md",
];
/// The name of the scorecard, wherever it is.
const SCORECARD: &str = "TRANSPARENCY_SCORECARD.md";

pub(super) fn write(
    ws: &Workspace,
    desk: &Desk,
    present: &Present,
    request: &Request,
    plan: &mut Plan,
) -> Result<(), PromoteError> {
    changelog(ws, plan)?;
    scorecard(ws, desk, present, request, plan)?;
    log(ws, desk, plan)?;
    Ok(())
}

fn changelog(ws: &Workspace, plan: &mut Plan) -> Result<(), RepoError> {
    let configured = ws.config().promote.changelog.clone();
    let places = match &configured {
        Some(path) => vec![path.clone()],
        None => CHANGELOGS.map(RepoPath::from).to_vec(),
    };
    let note = note(ws, plan);
    for place in places {
        let there = planned(ws, plan, &place)?;
        let (before, mode) = match (there, &configured) {
            (Some(there), _) => there,
            (None, Some(_)) => (Vec::new(), Mode::File),
            (None, None) => continue,
        };
        let text = std::str::from_utf8(&before).ok();
        match text.and_then(|text| noted(text, &note)) {
            Some(after) => plan.writes.push(Write {
                path: place,
                why: Why::Changelog,
                mode,
                before: Some(before).filter(|it| !it.is_empty()),
                after: after.into_bytes(),
            }),
            None => plan.left.push(Left {
                path: place,
                line: 0,
                why: format!("its form is not known here: add {note:?}"),
            }),
        }
        return Ok(());
    }
    plan.notices
        .push("there is no changelog: none gets a note".into());
    Ok(())
}

fn note(ws: &Workspace, plan: &Plan) -> String {
    let path = |path: &RepoPath| text::visible(&path.to_text()).into_owned();
    let (from, to) = (&plan.relocation.from, &plan.relocation.to);
    let names = from.dotted().zip(to.dotted());
    let import = match (names, ws.config().promote.shims) {
        (Some((old, new)), true) => {
            format!(": import `{new}`; `{old}` goes on working, with a warning")
        }
        (Some((old, new)), false) => format!(": import `{new}`, not `{old}`"),
        (None, _) => String::new(),
    };
    format!("Promoted `{}` to `{}`{import}", path(from), path(to))
}

fn scorecard(
    ws: &Workspace,
    desk: &Desk,
    present: &Present,
    request: &Request,
    plan: &mut Plan,
) -> Result<(), RepoError> {
    let place = match &ws.config().promote.scorecard {
        Some(path) => path.clone(),
        None => nearest(existing(ws, plan.head)?.map(|it| plan.relocation.after(&it))),
    };
    let there = planned(ws, plan, &place)?;
    let (before, mode) = match there {
        Some((before, mode)) => (Some(before), mode),
        None => (None, Mode::File),
    };
    let text = match &before {
        None => None,
        Some(before) => match std::str::from_utf8(before) {
            Ok(text) => Some(text),
            Err(_) => {
                plan.left.push(Left {
                    path: place,
                    line: 0,
                    why: "it is no UTF-8: add the entry of this promotion".into(),
                });
                return Ok(());
            }
        },
    };
    let entry = entry(ws, desk, present, request, plan)?;
    let after = scored(text, &entry).into_bytes();
    plan.writes.push(Write {
        path: place,
        why: Why::Scorecard,
        mode,
        before,
        after,
    });
    Ok(())
}

/// Where the transparency scorecard of a commit is, or is to be.
pub(in crate::workflow) fn scorecard_at(
    ws: &Workspace,
    config: &ProjectConfig,
    commit: ObjectId,
) -> Result<RepoPath, RepoError> {
    match &config.promote.scorecard {
        Some(path) => Ok(path.clone()),
        None => Ok(nearest(existing(ws, commit)?)),
    }
}

/// The scorecards that are there.
fn existing(ws: &Workspace, commit: ObjectId) -> Result<impl Iterator<Item = RepoPath>, RepoError> {
    let all = ws.repo().walk(commit, &RepoPath::default())?;
    let named = all
        .into_iter()
        .filter(|(path, entry)| path.name() == SCORECARD.as_bytes() && entry.mode.is_file());
    Ok(named.map(|(path, _)| path))
}

/// The one nearest to the root; where there is none, at the root.
fn nearest(scorecards: impl Iterator<Item = RepoPath>) -> RepoPath {
    let nearest = scorecards.min_by_key(|path| {
        let depth = path.as_bytes().iter().filter(|b| **b == b'/').count();
        (depth, path.clone())
    });
    nearest.unwrap_or_else(|| SCORECARD.into())
}

fn entry(
    ws: &Workspace,
    desk: &Desk,
    present: &Present,
    request: &Request,
    plan: &Plan,
) -> Result<ScorecardEntry, RepoError> {
    let policy = &ws.config().policy;
    let all = present.report.gates.iter();
    let (off, asked): (Vec<_>, Vec<_>) = all.partition(|gate| policy.is_off(&gate.evidence.gate));
    let count = |status: GateStatus| {
        let gates = asked.iter();
        gates
            .filter(|gate| gate.evidence.status() == status)
            .count()
    };
    let mut validation = format!(
        "{} gates passed, {} not applicable",
        count(GateStatus::Passed),
        count(GateStatus::NotApplicable)
    );
    if !off.is_empty() {
        let names: Vec<&str> = off.iter().map(|it| it.evidence.gate.as_str()).collect();
        validation += &format!(", not asked: {}", names.join(", "));
    }
    if let Some(digest) = present.gate_report {
        validation += &format!("; gate report sha256 `{digest}`");
    }
    let off = desk.sign_off_of(ws, present);
    let approvals = off
        .states
        .iter()
        .filter(|state| state.holds() && state.decision == Verb::Approve)
        .map(|state| format!("{} ({})", state.principal, state.role));
    let approvals: Vec<String> = approvals.collect();
    let day = match request.date.as_bytes() {
        [..] if request.date.len() == 8 && request.date.is_ascii() => format!(
            "{}-{}-{}",
            &request.date[..4],
            &request.date[4..6],
            &request.date[6..]
        ),
        _ => request.date.clone(),
    };
    Ok(ScorecardEntry {
        to: plan.relocation.to.clone(),
        from: plan.relocation.from.clone(),
        day,
        said: vec![
            ("Validation", validation),
            ("Signed off by", approvals.join(", ")),
            ("Outstanding risks", risks(ws, plan)?),
            (
                "Left for a person",
                match plan.left.len() {
                    0 => "nothing".to_owned(),
                    1 => "1 place that names the module".to_owned(),
                    n => format!("{n} places that name the module"),
                },
            ),
            (
                "Audit log",
                format!("{} entries, root `{}`", plan.log.size, plan.log.root),
            ),
        ],
    })
}

/// What PROMOTE.md says of risks.
fn risks(ws: &Workspace, plan: &Plan) -> Result<String, RepoError> {
    let named = |(from, _): &&(RepoPath, RepoPath)| {
        let name = from.name();
        name == b"PROMOTE.md" || name.ends_with(b".PROMOTE.md")
    };
    // That of the module as a whole, not of a part of it.
    let own = plan.files.iter().filter(named);
    let own = own.min_by_key(|(from, _)| from.as_bytes().len());
    if let Some((from, to)) = own
        && let Some(entry) = ws.repo().entry(plan.head, from)?
        && entry.mode.is_file()
    {
        let says = ws.repo().read_blob(entry.id)?;
        if let Some(risks) = chapter(&String::from_utf8_lossy(&says), "risk") {
            return Ok(risks);
        }
        return Ok(format!("see `{}`", text::visible(&to.to_text())));
    }
    Ok("none are written down".into())
}

/// The beginning of the log that everybody who signs now has seen, byte for byte.
fn log(ws: &Workspace, desk: &Desk, plan: &mut Plan) -> Result<(), RepoError> {
    let whole = usize::try_from(plan.log.size).unwrap_or(usize::MAX);
    let lines = desk.log.entries.iter().take(whole);
    let after: Vec<u8> = lines.flat_map(|entry| entry.line.clone()).collect();
    debug_assert_eq!(line::whole(&after), after.len());
    let place = plan.log_path.clone();
    let (before, mode) = match planned(ws, plan, &place)? {
        Some((before, mode)) => (Some(before), mode),
        None => (None, Mode::File),
    };
    if let Some(before) = &before
        && !after.starts_with(before)
    {
        plan.blocked.push(format!(
            "{place} is no beginning of the audit log: somebody changed one of the two. \
             `countersign audit verify` says more"
        ));
        return Ok(());
    }
    plan.writes.push(Write {
        path: place,
        why: Why::Log,
        mode,
        before,
        after,
    });
    Ok(())
}
