//! Who may sign what: policy, keyring and checklists as the newest commit of the base
//! branch has them. The branch under review says nothing of it, nor does the work tree.

mod base;
mod departures;
mod error;
mod history;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{self, ProjectConfig};
use crate::promotion::review::decision::{PolicyAt, Repository};
use crate::promotion::review::standing::Person;
use crate::promotion::review::{Checklist, Role, Rules};
use crate::promotion::{ObjectId, RepoPath, text};
use crate::repo::{Repo, line};
use crate::review::Keyring;
use crate::workflow::Workspace;

use base::{Base, There};
pub use departures::{Departure, departures};
pub use error::{AuthorityError, On};
pub use history::{Keyrings, keyrings, keyrings_named};

/// Our own checklists.
const CHECKLISTS: [(Role, &str); 3] = [
    (
        Role::Tech,
        include_str!("../../../assets/checklists/tech.toml"),
    ),
    (
        Role::Security,
        include_str!("../../../assets/checklists/security.toml"),
    ),
    (
        Role::Ethics,
        include_str!("../../../assets/checklists/ethics.toml"),
    ),
];
/// The layout of the policy.
const POLICY_VERSION: u32 = 1;

/// Who may sign what, by the base branch alone.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The newest commit of the base branch.
    pub commit: ObjectId,
    /// The base branch as every clone calls it, `refs/heads/main`: also where only
    /// `origin/main` is here. See [`crate::repo::branch`] for which of the two counts
    /// where they differ.
    pub base_ref: String,
    /// How many have to sign, and as what.
    pub rules: Rules,
    /// The digest of `countersign.toml` there; of nothing where there is none.
    pub policy: PolicyAt,
    /// Who may sign. Empty where there is none: see [`Authority::nobody`].
    pub keyring: Arc<Keyring>,
    /// Where the keyring is.
    pub keyring_path: RepoPath,
    /// What each role of a reviewer is asked.
    pub checklists: BTreeMap<Role, Checklist>,
    /// Where the repository's own checklists are.
    pub checklists_path: RepoPath,
    /// Days that an approval counts; `None`: as long as nothing changes.
    pub valid_days: Option<u32>,
    /// The branch of the audit log, without `refs/heads/`.
    pub audit_branch: String,
    /// Where promotions leave a copy of the log on the base branch.
    pub log_copy: RepoPath,
    /// The remote the log is shared over; `None`: none.
    pub remote: Option<String>,
    /// Which repository this is. Its id is the first commit on the base branch's line
    /// of first parents.
    pub repository: Repository,
    /// All that `countersign.toml` says there.
    pub config: Arc<ProjectConfig>,
    /// The account of each person at the forge: `name`, or `name#number`.
    pub accounts: BTreeMap<String, String>,
    /// What may be taken back without a person.
    pub rollback: config::rollback::Rollback,
    /// Who is told of it.
    pub notify: config::notify::Notify,
    /// The commits of that line, newest first.
    line: Arc<[ObjectId]>,
}

/// Reads it. Uses no network, and walks the base branch once, to its first commit.
pub fn authority(ws: &Workspace) -> Result<Authority, AuthorityError> {
    let repo = ws.repo();
    let Base {
        branch,
        policy,
        config,
    } = base::base(ws)?;
    let accounts = config.forge.reviewers.clone();
    let said = config.sign_off.clone();
    let there = There::new(repo, &branch)?;
    if said.branch == branch.short() {
        return Err(AuthorityError::LogOnBase {
            on: there.on(),
            branch: said.branch,
        });
    }
    let keyring = keyring(&there, &said.keyring)?;
    let checklists = CHECKLISTS
        .into_iter()
        .map(|(role, ours)| Ok((role, checklist(&there, &said.checklists, role, ours)?)))
        .collect::<Result<_, AuthorityError>>()?;
    let line = line::commits(repo, branch.tip)?;
    let first = *line.last().unwrap_or(&branch.tip);
    if !line::is_first(repo, first)? {
        return Err(AuthorityError::Shallow { on: there.on() });
    }
    let repository = Repository {
        name: said.repository.unwrap_or_else(|| name(repo)),
        id: first,
    };
    Ok(Authority {
        commit: branch.tip,
        base_ref: branch.name,
        rules: said.rules,
        policy: PolicyAt {
            version: POLICY_VERSION,
            sha256: policy,
        },
        keyring: Arc::new(keyring),
        keyring_path: said.keyring,
        checklists,
        checklists_path: said.checklists,
        valid_days: said.valid_days,
        audit_branch: said.branch,
        log_copy: config.promote.log.clone(),
        remote: said.remote,
        repository,
        accounts,
        rollback: config.rollback.clone(),
        notify: config.notify.clone(),
        config: Arc::new(config),
        line: line.into(),
    })
}

impl Authority {
    /// The base branch for people: `main`.
    pub fn branch(&self) -> &str {
        let name = self.base_ref.strip_prefix("refs/heads/");
        name.unwrap_or(&self.base_ref)
    }

    /// That nobody may sign, and what to do, where that is so.
    pub fn nobody(&self) -> Option<String> {
        self.keyring.entries.is_empty().then(|| {
            format!(
                "{} names nobody in {}, so nobody may sign. Add a line for each key there, by a \
                 change that is merged: docs/sign-off.md",
                self.branch(),
                self.keyring_path
            )
        })
    }

    /// The keyring's persons, by their one name. Addresses in the comment of a line are
    /// theirs as well: whoever wrote under one of them wrote it.
    pub fn people(&self) -> BTreeMap<String, Person> {
        let mut people: BTreeMap<String, Person> = BTreeMap::new();
        for entry in &self.keyring.entries {
            let person = people.entry(entry.principal.clone()).or_default();
            person.entries.push(entry.digest);
            let name = entry.principal.to_lowercase();
            if !name.contains('@') {
                person.account = Some(name.clone());
            }
            for address in std::iter::once(name).chain(addresses(&entry.comment)) {
                if address.contains('@') && !person.emails.contains(&address) {
                    person.emails.push(address);
                }
            }
        }
        people
    }

    /// Those whom some line lets sign in that role at that time, in seconds since 1970 UTC.
    pub fn holders(&self, role: Role, time: i64) -> Vec<&str> {
        let lines = self.keyring.entries.iter();
        let mut holders: Vec<_> = lines
            .filter(|entry| entry.allows(role, time))
            .map(|entry| entry.principal.as_str())
            .collect();
        holders.sort_unstable();
        holders.dedup();
        holders
    }
}

/// The words of a comment that are e-mail addresses, in lower case.
pub(in crate::workflow) fn addresses(comment: &str) -> impl Iterator<Item = String> {
    comment
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '(' | ')'))
        .filter(|word| word.contains('@'))
        .map(str::to_lowercase)
}

fn keyring(there: &There<'_>, path: &RepoPath) -> Result<Keyring, AuthorityError> {
    let bytes = there.file(path)?.unwrap_or_default();
    Keyring::read(&bytes).map_err(|problems| AuthorityError::Keyring {
        path: path.clone(),
        on: there.on(),
        problems,
    })
}

fn checklist(
    there: &There<'_>,
    directory: &RepoPath,
    role: Role,
    ours: &str,
) -> Result<Checklist, AuthorityError> {
    let path = directory.join(format!("{role}.toml"));
    let theirs = there.file(&path)?;
    let text = match &theirs {
        Some(bytes) => text::decode(bytes),
        None => ours.into(),
    };
    let wrong = |problems| AuthorityError::Checklist {
        path: path.clone(),
        on: there.on(),
        problems,
    };
    read_checklist(&text, role).map_err(wrong)
}

/// Reads a checklist, which has to be that of a role; else says what is wrong.
pub fn read_checklist(text: &str, role: Role) -> Result<Checklist, Vec<String>> {
    let list: Checklist = toml_edit::de::from_str(text)
        .map_err(|error| vec![error.to_string().trim().replace('\n', " ")])?;
    let mut problems = list.problems();
    if list.role != role {
        problems.push(format!(
            "its role is {}, and its name says {role}",
            list.role
        ));
    }
    match problems.is_empty() {
        true => Ok(list),
        false => Err(problems),
    }
}

/// What the repository's directory is called: that of the clone, not of a linked work
/// tree.
fn name(repo: &Repo) -> String {
    let git_dir = repo.common_dir();
    let directory = match git_dir.file_name().is_some_and(|name| name == ".git") {
        true => git_dir.parent(),
        false => Some(git_dir),
    };
    let name = directory.and_then(|it| it.file_name()).unwrap_or_default();
    let name = text::visible(&name.to_string_lossy()).into_owned();
    name.strip_suffix(".git").unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_a_comment_are_found() {
        let found: Vec<_> =
            addresses("Mara <Mara@Home.org>, 7+m@users.noreply.github.com x").collect();
        assert_eq!(found, ["mara@home.org", "7+m@users.noreply.github.com"]);
        assert_eq!(addresses("laptop").count(), 0);
    }

    #[test]
    fn a_checklist_is_of_the_role_that_its_name_says() {
        for (role, text) in CHECKLISTS {
            assert_eq!(read_checklist(text, role).unwrap().role, role);
        }
        let tech = CHECKLISTS[0].1;
        let told = read_checklist(tech, Role::Security).unwrap_err();
        assert_eq!(told, ["its role is tech, and its name says security"]);
        let told = read_checklist("version = 1\nrole = \"tech\"\n", Role::Tech).unwrap_err();
        assert!(told[0].contains("items"), "{told:?}");
        let more = format!("skip = true\n{tech}");
        let told = read_checklist(&more, Role::Tech).unwrap_err();
        assert!(told[0].contains("skip"), "{told:?}");
    }
}
