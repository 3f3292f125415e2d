//! Sign-off: its policy, who may sign, what they are asked, and where it is logged.
//!
//! Keyring and checklists are read as they are here, where they are being written;
//! that only those of the base branch count is said where they differ.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Area, Check, keyring};
use crate::config::project::FILE_NAME;
use crate::gates::checks;
use crate::promotion::review::{Role, Rules};
use crate::promotion::{ObjectId, RepoPath, text};
use crate::review::Keyring;
use crate::workflow::Workspace;
use crate::workflow::sign_off::authority::{self, Authority, AuthorityError, read_checklist};

const AREA: Area = Area::Repository;
const POLICY: &str = "sign-off";
const KEYRING: &str = "keyring";
const CHECKLISTS: &str = "checklists";
const LOG: &str = "audit log";

/// What can be said of it at that time, in seconds since 1970 UTC.
pub fn examine(ws: &Workspace, now: i64) -> Vec<Check> {
    let Some(commit) = ws.commit() else {
        return Vec::new();
    };
    let authority = authority::authority(ws);
    let mut checks = policy(ws, &authority);
    let authority = authority.ok();
    let said = &ws.config().sign_off;
    let keyring_path = match &authority {
        Some(authority) => &authority.keyring_path,
        None => &said.keyring,
    };
    let here = here(ws, commit, keyring_path);
    let rules = authority.as_ref().map_or(&said.rules, |it| &it.rules);
    checks.extend(keyring_checks(
        ws,
        authority.as_ref(),
        keyring_path,
        here,
        rules,
        now,
    ));
    checks.extend(checklists(ws, commit, authority.as_ref()));
    checks.extend(authority.map(|authority| log(ws, &authority)));
    checks
}

fn policy(ws: &Workspace, authority: &Result<Authority, AuthorityError>) -> Vec<Check> {
    let authority = match authority {
        Ok(authority) => authority,
        // Gates run all the same.
        Err(error @ (AuthorityError::NoBase | AuthorityError::Shallow { .. })) => {
            let remedy = "until then nobody can sign";
            return vec![Check::warning(AREA, POLICY, error.to_string(), remedy)];
        }
        Err(error) => {
            let remedy = "until then nobody can sign; docs/sign-off.md says what may stand there";
            return vec![Check::problem(AREA, POLICY, error.to_string(), remedy)];
        }
    };
    let (base, rules) = (authority.branch(), &authority.rules);
    let found = format!(
        "{}, by {base} ({})",
        demanded(rules),
        authority.commit.short()
    );
    let mut checks = vec![Check::ok(AREA, POLICY, found)];
    let departures = authority::departures(ws, authority).unwrap_or_default();
    let policy = departures.iter().find(|it| it.path == FILE_NAME.into());
    if let Some(departure) = policy {
        let remedy = match departure.changed_here {
            true => {
                format!("promote nothing on this branch; bring that change to {base} by itself")
            }
            false => format!("merge {base} into this branch"),
        };
        checks.push(Check::warning(AREA, POLICY, departure.words(base), remedy));
    }
    checks
}

/// "2 persons: tech 1, security 1, ethics 1 where it applies"
fn demanded(rules: &Rules) -> String {
    let roles: Vec<_> = rules
        .roles
        .iter()
        .filter(|(_, many)| **many > 0)
        .map(|(role, many)| match role {
            Role::Ethics => format!("{role} {many} where it applies"),
            role => format!("{role} {many}"),
        })
        .collect();
    let persons = text::counted(rules.approvals, "person");
    match roles.is_empty() {
        true => format!("approvals by {persons}, in whatever role"),
        false => format!("approvals by {persons}: {}", roles.join(", ")),
    }
}

/// A file as it is here: that of the work tree where one is looked at, else that of
/// the commit.
fn here(ws: &Workspace, commit: ObjectId, path: &RepoPath) -> Option<Vec<u8>> {
    if ws.is_checked_out()
        && let Some(root) = ws.repo().work_tree()
    {
        return read_file(&root.join(path.to_fs()));
    }
    let entry = ws.repo().entry(commit, path).ok()??;
    entry
        .mode
        .is_file()
        .then(|| ws.repo().read_blob(entry.id).ok())?
}

/// Nothing where a link, a pipe or something enormous is: git has none of them as a
/// keyring.
fn read_file(path: &Path) -> Option<Vec<u8>> {
    let data = std::fs::symlink_metadata(path).ok()?;
    (data.is_file() && data.len() <= 1 << 20).then(|| std::fs::read(path).ok())?
}

fn keyring_checks(
    ws: &Workspace,
    authority: Option<&Authority>,
    path: &RepoPath,
    here: Option<Vec<u8>>,
    rules: &Rules,
    now: i64,
) -> Vec<Check> {
    let base = authority.map_or("the base branch", Authority::branch);
    let there = authority.map(|it| &it.keyring);
    let Some(bytes) = here else {
        let nobody = authority.and_then(Authority::nobody);
        return vec![match (nobody, there) {
            (None, Some(there)) => Check::warning(
                AREA,
                KEYRING,
                format!(
                    "there is no {path} here; that of {base} counts ({})",
                    keyring::described(there)
                ),
                format!("merge {base} into this branch"),
            ),
            _ => Check::warning(
                AREA,
                KEYRING,
                format!("there is no {path}: nobody may sign"),
                format!("write one (docs/sign-off.md says how) and bring it to {base}"),
            ),
        }];
    };
    let read = match Keyring::read(&bytes) {
        Ok(read) => read,
        Err(problems) => {
            let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
            let found = format!("{path} has lines that cannot stand:\n{}", lines.join("\n"));
            let remedy = "correct them: until then it lets nobody sign";
            return vec![Check::problem(AREA, KEYRING, found, remedy)];
        }
    };
    let mut checks = Vec::new();
    if there.is_some_and(|there| there.digest != read.digest) {
        let found = format!("{path} here is not that of {base}, which alone counts");
        let remedy = format!("bring it to {base} by a change of its own");
        checks.push(Check::warning(AREA, KEYRING, found, remedy));
    }
    let tip = authority.map(|it| it.commit).or(ws.commit());
    let identities = keyring::identities(ws, tip);
    let concerns = keyring::concerns(&read, rules, &identities, now);
    if checks.is_empty() && concerns.is_empty() {
        checks.push(Check::ok(
            AREA,
            KEYRING,
            format!("{path}: {}", keyring::described(&read)),
        ));
    }
    let concerns = concerns.into_iter();
    checks.extend(concerns.map(|it| Check::warning(AREA, KEYRING, it.found, it.remedy)));
    checks
}

fn checklists(ws: &Workspace, commit: ObjectId, authority: Option<&Authority>) -> Vec<Check> {
    let directory = match authority {
        Some(authority) => &authority.checklists_path,
        None => &ws.config().sign_off.checklists,
    };
    let gates: BTreeSet<_> = checks::all(&ws.config().policy)
        .iter()
        .map(|gate| gate.id())
        .collect();
    let (mut checks, mut own) = (Vec::new(), Vec::new());
    for role in Role::ALL.into_iter().filter(|role| role.is_reviewer()) {
        let path = directory.join(format!("{role}.toml"));
        let Some(bytes) = here(ws, commit, &path) else {
            continue;
        };
        own.push(role.word());
        match read_checklist(&text::decode(&bytes), role) {
            Err(problems) => checks.push(Check::problem(
                AREA,
                CHECKLISTS,
                format!("{path}: {}", problems.join("; ")),
                "correct it: until then nobody can sign once it is on the base branch",
            )),
            Ok(list) => {
                let evidence = list.items.iter().flat_map(|item| &item.evidence);
                let unknown: BTreeSet<_> = evidence.filter(|gate| !gates.contains(gate)).collect();
                let unknown: Vec<_> = unknown.iter().map(|gate| gate.to_string()).collect();
                if !unknown.is_empty() {
                    let found = format!(
                        "{path} names gates that are not there: {}",
                        unknown.join(", ")
                    );
                    let remedy = "docs/gates.md has every gate's name";
                    checks.push(Check::warning(AREA, CHECKLISTS, found, remedy));
                }
            }
        }
    }
    if checks.is_empty() {
        let found = match own.is_empty() {
            true => "Countersign's own".to_owned(),
            false => format!(
                "the repository's own for {}, in {directory}",
                own.join(", ")
            ),
        };
        checks.push(Check::ok(AREA, CHECKLISTS, found));
    }
    checks
}

fn log(ws: &Workspace, authority: &Authority) -> Check {
    let branch = &authority.audit_branch;
    let git = match ws.repo().open_git() {
        Ok(git) => git,
        Err(error) => {
            let remedy = "git fsck says what is damaged";
            return Check::problem(AREA, LOG, error.to_string(), remedy);
        }
    };
    if let Some(remote) = &authority.remote
        && git.find_remote(remote).is_err()
    {
        return Check::warning(
            AREA,
            LOG,
            format!("it is shared over {remote}, and this clone has no remote of that name"),
            format!("git remote add {remote} URL"),
        );
    }
    let shared = match &authority.remote {
        Some(remote) => format!(", shared over {remote}"),
        None => ", in this clone alone".to_owned(),
    };
    let tracked = authority
        .remote
        .iter()
        .map(|it| format!("refs/remotes/{it}/{branch}"));
    let there = std::iter::once(format!("refs/heads/{branch}"))
        .chain(tracked)
        .any(|name| git.find_reference(&name).is_ok());
    let found = match there {
        true => format!("on the branch {branch}{shared}"),
        false => format!("not begun: the first signature makes the branch {branch}{shared}"),
    };
    Check::ok(AREA, LOG, found)
}
