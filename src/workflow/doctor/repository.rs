//! The repository, its base branch, its configuration and its owners.

use std::path::Path;

use super::{Area, Check};
use crate::config::project::FILE_NAME;
use crate::gates::Trouble;
use crate::promotion::ModuleTree;
use crate::repo::{merge_base, owners};
use crate::workflow::{OpenError, Workspace, validate};

const AREA: Area = Area::Repository;

/// What can be said of the repository at `path`, and the repository if it opens.
pub fn examine(path: &Path) -> (Option<Workspace>, Vec<Check>) {
    let ws = match Workspace::open(path, None) {
        Ok(ws) => ws,
        Err(OpenError::Config(error)) => {
            let opened = Check::ok(AREA, "repository", path.display().to_string());
            let remedy = format!("correct {FILE_NAME}; docs/configuration.md has every key");
            let config = Check::problem(AREA, "configuration", error.to_string(), remedy);
            return (None, vec![opened, config]);
        }
        Err(error) => {
            let remedy = "run this inside a git repository, or name one with --repo DIR";
            return (
                None,
                vec![Check::problem(
                    AREA,
                    "repository",
                    error.to_string(),
                    remedy,
                )],
            );
        }
    };
    let root = ws.root().display().to_string();
    let mut checks = vec![Check::ok(AREA, "repository", root), configuration(&ws)];
    let Some(commit) = ws.commit() else {
        checks.push(Check::problem(
            AREA,
            "commit",
            "nothing was ever committed: there is nothing to look at",
            "commit something first (git commit)",
        ));
        return (Some(ws), checks);
    };
    let what = format!("{} at {}", ws.revision(), commit.short());
    checks.push(Check::ok(AREA, "commit", what));
    checks.push(base(&ws));
    checks.push(modules(&ws));
    checks.push(code_owners(&ws, commit));
    checks.push(advisories(&ws));
    (Some(ws), checks)
}

fn configuration(ws: &Workspace) -> Check {
    match ws.notices() {
        [] => {
            let there = ws.root().join(FILE_NAME).is_file();
            let found = if there {
                format!("{FILE_NAME} is understood")
            } else {
                format!("no {FILE_NAME}: the defaults hold (candidate to core or lukhas)")
            };
            Check::ok(AREA, "configuration", found)
        }
        notices => Check::warning(
            AREA,
            "configuration",
            notices.join("; "),
            "commit it, so that everybody checks by the same rules",
        ),
    }
}

/// What vulnerabilities are known from, and how to have it.
fn advisories(ws: &Workspace) -> Check {
    const NAME: &str = "advisories";
    match validate::advisories(ws).current() {
        Ok(export) => Check::ok(AREA, NAME, export.described()),
        Err(Trouble::Error { why, help }) => Check::warning(
            AREA,
            NAME,
            format!("{why}; where a version is pinned, supply-chain is an error"),
            help,
        ),
        Err(Trouble::Cancelled) => Check::ok(AREA, NAME, "not looked at"),
    }
}

fn base(ws: &Workspace) -> Check {
    const NAME: &str = "base";
    let branch = match merge_base::base_branch(ws.repo(), ws.config().base.as_deref()) {
        Ok(Some((name, _))) => name,
        Ok(None) => {
            return Check::warning(
                AREA,
                NAME,
                "there is no origin/HEAD, main or master: every finding counts as new",
                format!("name the branch that promotions go to in {FILE_NAME}: base = \"…\""),
            );
        }
        Err(error) => {
            return Check::problem(
                AREA,
                NAME,
                error.to_string(),
                format!("correct `base` in {FILE_NAME}, or fetch that branch"),
            );
        }
    };
    match ws.find_base() {
        Ok(Some(base)) if ws.is_its_own_base() => Check::warning(
            AREA,
            NAME,
            format!(
                "{} is what {branch} holds already ({}): compared with itself nothing is new",
                ws.revision(),
                base.short()
            ),
            "look at a promotion branch, or demand that old findings go too: zero = \"all\" for a gate",
        ),
        Ok(Some(base)) => Check::ok(AREA, NAME, format!("{branch}, merge-base {}", base.short())),
        Ok(None) => Check::warning(
            AREA,
            NAME,
            format!(
                "{branch} has no commit in common with {}: every finding counts as new",
                ws.revision()
            ),
            "in a shallow clone: git fetch --unshallow",
        ),
        Err(error) => Check::problem(
            AREA,
            NAME,
            error.to_string(),
            "git fsck says what is damaged",
        ),
    }
}

fn modules(ws: &Workspace) -> Check {
    const NAME: &str = "lanes";
    let sources: Vec<_> = ws
        .config()
        .lanes
        .iter()
        .map(|lane| lane.source.to_string())
        .collect();
    let sources = sources.join(", ");
    match ws.modules() {
        Ok(tree) if tree.is_empty() => Check::warning(
            AREA,
            NAME,
            format!("no Python in {sources}"),
            format!(
                "countersign init --print shows what could be lanes here; write them to {FILE_NAME}"
            ),
        ),
        Ok(tree) => Check::ok(AREA, NAME, counted(&tree, &sources)),
        Err(error) => Check::problem(
            AREA,
            NAME,
            error.to_string(),
            "git fsck says what is damaged",
        ),
    }
}

fn counted(tree: &ModuleTree, sources: &str) -> String {
    let modules = tree.len();
    format!("{modules} modules in {sources}")
}

fn code_owners(ws: &Workspace, commit: crate::promotion::ObjectId) -> Check {
    const NAME: &str = "owners";
    let configured = ws.config().owners.codeowners.as_ref();
    match (owners::read(ws.repo(), commit, configured), configured) {
        (Ok(Some(file)), _) => match file.slips() {
            [] => Check::ok(AREA, NAME, "CODEOWNERS is there"),
            slips => Check::warning(
                AREA,
                NAME,
                slipped(slips),
                "correct these lines: they give nobody anything to own",
            ),
        },
        (Ok(None), Some(path)) => Check::warning(
            AREA,
            NAME,
            format!("there is no {path}, which {FILE_NAME} names"),
            "correct `owners.codeowners`, or add the file",
        ),
        (Ok(None), None) if ws.config().owners.modules.is_empty() => Check::warning(
            AREA,
            NAME,
            "there is no CODEOWNERS: owners are only hints from history",
            format!("add .github/CODEOWNERS, or [owners.modules] in {FILE_NAME}"),
        ),
        (Ok(None), None) => Check::ok(AREA, NAME, format!("{FILE_NAME} names them")),
        (Err(error), _) => Check::problem(
            AREA,
            NAME,
            error.to_string(),
            "git fsck says what is damaged",
        ),
    }
}

/// What is wrong in CODEOWNERS, the first few lines of it.
fn slipped(slips: &[owners::Slip]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = slips
        .iter()
        .take(SHOWN)
        .map(|slip| match slip.line {
            0 => slip.why.clone(),
            line => format!("line {line}: {}", slip.why),
        })
        .collect();
    let more = match slips.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!("; and {n} more"),
    };
    format!("in CODEOWNERS, {}{more}", shown.join("; "))
}
