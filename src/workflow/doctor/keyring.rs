//! What no line of a keyring shows by itself, and what its rules ask of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::promotion::ObjectId;
use crate::promotion::review::rules::seat;
use crate::promotion::review::{Role, Rules};
use crate::promotion::text::counted;
use crate::repo::identities as git_identities;
use crate::review::{Entry, Keyring};
use crate::workflow::sign_off::authority::addresses;
use crate::workflow::{Workspace, demo};

/// Days before a key counts no longer that it is said.
const SOON: i64 = 14;
const DAY: i64 = 86_400;
/// Commits that are asked under which names people write.
const COMMITS: usize = 2_000;

/// Names by address.
pub(super) type Identities = BTreeMap<String, BTreeSet<String>>;

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Concern {
    pub found: String,
    pub remedy: String,
}

/// Under which names people write, where that can be told.
pub(super) fn identities(ws: &Workspace, tip: Option<ObjectId>) -> Identities {
    tip.and_then(|tip| git_identities::identities(ws.repo(), tip, COMMITS).ok())
        .unwrap_or_default()
}

/// "6 keys of 5 persons and 1 of a machine"
pub(super) fn described(keyring: &Keyring) -> String {
    let (machines, people): (Vec<_>, Vec<_>) =
        keyring.entries.iter().partition(|it| is_machine(it));
    let persons: BTreeSet<_> = people.iter().map(|it| &it.principal).collect();
    let mut said = format!(
        "{} of {}",
        counted(people.len(), "key"),
        counted(persons.len(), "person")
    );
    if !machines.is_empty() {
        said.push_str(&format!(", {} of machines", counted(machines.len(), "key")));
    }
    said
}

/// Everything there is to say of it at that time.
pub(super) fn concerns(
    keyring: &Keyring,
    rules: &Rules,
    identities: &Identities,
    now: i64,
) -> Vec<Concern> {
    let mut concerns = seats(keyring, rules, now);
    concerns.extend(worthless(keyring));
    concerns.extend(alike(keyring, identities));
    concerns.extend(unknown_to_git(keyring));
    concerns.extend(ending(keyring, now));
    concerns
}

fn concern(found: String, remedy: impl Into<String>) -> Concern {
    Concern {
        found,
        remedy: remedy.into(),
    }
}

fn is_machine(entry: &Entry) -> bool {
    entry.roles.contains(&Role::Automation)
}

/// Whether its persons could sign a module off at all.
fn seats(keyring: &Keyring, rules: &Rules, now: i64) -> Vec<Concern> {
    let reviewers = |role: Option<Role>| -> BTreeSet<&str> {
        let may = |entry: &&Entry| match role {
            Some(role) => entry.allows(role, now),
            None => Role::ALL
                .iter()
                .any(|role| role.is_reviewer() && entry.allows(*role, now)),
        };
        let lines = keyring.entries.iter().filter(may);
        lines.map(|entry| entry.principal.as_str()).collect()
    };
    let mut concerns = Vec::new();
    let mut asked = Vec::new();
    for role in Role::ALL {
        let (needed, there) = (rules.needed(role, true), reviewers(Some(role)).len());
        asked.extend(std::iter::repeat_n(role, needed));
        if there < needed {
            let who = match there {
                0 => "nobody may sign as it".to_owned(),
                there => format!("only {} may", counted(there, "person")),
            };
            let applies = match role {
                Role::Ethics => ", where ethics applies",
                _ => "",
            };
            concerns.push(concern(
                format!(
                    "{} as {role} is needed{applies}, and {who}",
                    counted(needed, "approval")
                ),
                format!("give a reviewer the namespace {}", role.namespace()),
            ));
        }
    }
    let persons: Vec<&str> = reviewers(None).into_iter().collect();
    let fits: Vec<Vec<usize>> = asked
        .iter()
        .map(|role| {
            let may = reviewers(Some(*role));
            (0..persons.len())
                .filter(|at| may.contains(persons[*at]))
                .collect()
        })
        .collect();
    if concerns.is_empty() && seat(&fits).contains(&None) {
        concerns.push(concern(
            format!(
                "{} in different roles are needed, and too few persons hold them: nobody counts twice",
                counted(asked.len(), "approval")
            ),
            "give one of the roles to somebody else",
        ));
    }
    if persons.len() < rules.approvals {
        concerns.push(concern(
            format!(
                "{} have to approve, and {} may",
                counted(rules.approvals, "person"),
                match persons.len() {
                    0 => "nobody".to_owned(),
                    many => format!("only {many}"),
                }
            ),
            "add the lines of further reviewers",
        ));
    }
    concerns
}

/// Keys that everybody has.
fn worthless(keyring: &Keyring) -> Option<Concern> {
    let known: BTreeSet<_> = demo::worthless().collect();
    let lines = keyring.entries.iter();
    let lines = lines.filter(|entry| known.contains(&entry.fingerprint()));
    let lines: Vec<_> = lines.map(|entry| entry.line.to_string()).collect();
    (!lines.is_empty()).then(|| {
        concern(
            format!(
                "it has keys of the demo, which everybody has: line {}",
                lines.join(", ")
            ),
            "wherever it matters, take them out",
        )
    })
}

/// Two names that may be one person's, who could then sign for two.
fn alike(keyring: &Keyring, identities: &Identities) -> Vec<Concern> {
    let mut people: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in keyring.entries.iter().filter(|entry| !is_machine(entry)) {
        people.entry(&entry.principal).or_default().push(entry);
    }
    let people: Vec<_> = people.into_iter().collect();
    let mut concerns = Vec::new();
    for (at, (one, lines)) in people.iter().enumerate() {
        for (other, others) in &people[at + 1..] {
            if let Some(why) = why_alike(one, lines, other, others, identities) {
                concerns.push(concern(
                    format!(
                        "{one} (line {}) and {other} (line {}) look like one person: {why}",
                        lines[0].line, others[0].line
                    ),
                    "give one person one name, in every line of theirs",
                ));
            }
        }
    }
    concerns
}

fn why_alike(
    one: &str,
    lines: &[&Entry],
    other: &str,
    others: &[&Entry],
    identities: &Identities,
) -> Option<String> {
    if local(one) == local(other) {
        return Some(format!("both are called {}", local(one)));
    }
    let shared = lines.iter().find(|line| {
        !line.comment.is_empty() && others.iter().any(|it| it.comment == line.comment)
    });
    if let Some(line) = shared {
        return Some(format!("both keys bear the comment {:?}", line.comment));
    }
    let known = |name: &str, lines: &[&Entry]| -> BTreeSet<String> {
        let named = lines.iter().flat_map(|line| addresses(&line.comment));
        let own: BTreeSet<String> = named.chain([name.to_lowercase()]).collect();
        let more = own.iter().filter_map(|address| identities.get(address));
        let more: BTreeSet<String> = more.flatten().cloned().collect();
        &own | &more
    };
    let (one, other) = (known(one, lines), known(other, others));
    let name = one.intersection(&other).next()?;
    Some(format!("{name} is both"))
}

/// What stands before the `@`, without what a person adds to tell mail apart.
fn local(principal: &str) -> String {
    let local = principal.split(['@', '+']).next().unwrap_or(principal);
    local.to_lowercase()
}

/// Reviewers whom no address ties to what they commit: their own work is not known to
/// be theirs.
fn unknown_to_git(keyring: &Keyring) -> Vec<Concern> {
    let tied: BTreeSet<&str> = keyring
        .entries
        .iter()
        .filter(|entry| entry.principal.contains('@') || entry.comment.contains('@'))
        .map(|entry| entry.principal.as_str())
        .collect();
    let mut told = BTreeSet::new();
    keyring
        .entries
        .iter()
        .filter(|entry| entry.roles.iter().any(|role| role.is_reviewer()))
        .filter(|entry| !tied.contains(entry.principal.as_str()) && told.insert(&entry.principal))
        .map(|entry| {
            concern(
                format!(
                    "{} (line {}) has no e-mail address: what they commit is not known to be theirs",
                    entry.principal, entry.line
                ),
                "put the addresses they commit under into the comment of the line",
            )
        })
        .collect()
}

/// Persons who will soon have no key that counts, or have none any more.
fn ending(keyring: &Keyring, now: i64) -> Vec<Concern> {
    let mut people: BTreeMap<&str, &Entry> = BTreeMap::new();
    let end = |entry: &Entry| entry.before.unwrap_or(i64::MAX);
    for entry in &keyring.entries {
        let last = people.entry(&entry.principal).or_insert(entry);
        if end(entry) > end(last) {
            *last = entry;
        }
    }
    let soon = people.into_values().filter_map(|entry| {
        let before = entry.before.filter(|before| *before < now + SOON * DAY)?;
        let day = jiff::Timestamp::from_second(before).ok()?;
        let day = day.strftime("%Y-%m-%d");
        let (who, line) = (&entry.principal, entry.line);
        let found = match before <= now {
            true => format!("{who} has had no key that counts since {day} (line {line})"),
            false => format!("the last key of {who} counts until {day} (line {line})"),
        };
        Some(concern(found, "add their new key in a line of its own"))
    });
    soon.collect()
}
