//! What a decision was given for, and what of it is different now.

use serde::Serialize;

use super::{Now, Person, Signed, Subject};
use crate::promotion::{RepoPath, Sha256};

/// Why a decision counts no longer, or never did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Reason {
    /// It was given in another repository.
    Repository,
    /// The content is another.
    Content {
        /// What was signed: a digest.
        was: String,
        /// What is there.
        now: String,
        /// How many files differ, where the repository can still tell.
        files: Option<usize>,
    },
    /// The gates came to another result.
    GateReport {
        /// What was signed.
        was: Sha256,
        /// What is there.
        now: Option<Sha256>,
    },
    /// The policy is another.
    Policy {
        /// What was signed.
        was: Sha256,
        /// What is there.
        now: Sha256,
    },
    /// The signer's line of the keyring is another, or gone.
    KeyringEntry,
    /// It would go to another place.
    Target {
        /// What was signed.
        was: RepoPath,
        /// What is there.
        now: RepoPath,
    },
    /// Another pull request.
    PullRequest {
        /// What was signed.
        was: Option<u64>,
        /// What is there.
        now: Option<u64>,
    },
    /// Another branch.
    BaseRef {
        /// What was signed.
        was: String,
        /// What is there.
        now: String,
    },
    /// Nobody approves their own work.
    OwnWork,
    /// The role approves nothing.
    NoReviewer,
    /// What it would promote brings rules of its own.
    Departure {
        /// Which, in words.
        what: String,
    },
    /// Its answers are none to the checklist.
    Checklist {
        /// Why.
        why: String,
    },
    /// It is older than the policy lets an approval be.
    Expired,
    /// Its key counts for nothing.
    Void {
        /// Why.
        why: String,
    },
}

impl Reason {
    /// In words, to follow "stale: ".
    pub fn words(&self) -> String {
        let number = |pr: &Option<u64>| match pr {
            Some(number) => format!("pull request {number}"),
            None => "no pull request".into(),
        };
        match self {
            Self::Repository => "given in another repository".into(),
            Self::Content { was, now, files } => {
                let differ = match files {
                    Some(1) => ": 1 file differs".to_owned(),
                    Some(n) => format!(": {n} files differ"),
                    None => String::new(),
                };
                format!(
                    "given for content {}, now {}{differ}",
                    short(was),
                    short(now)
                )
            }
            Self::GateReport {
                was,
                now: Some(now),
            } => format!("given for gate report {}, now {}", was.short(), now.short()),
            Self::GateReport { was, now: None } => format!(
                "given for gate report {}, and Gate 1 has no result now",
                was.short()
            ),
            Self::Policy { was, now } => {
                format!("given under policy {}, now {}", was.short(), now.short())
            }
            Self::KeyringEntry => "the signer's line of the keyring was changed".into(),
            Self::Target { was, now } if was == now => "given for a module elsewhere".into(),
            Self::Target { was, now } => format!("given for the move to {was}, now {now}"),
            Self::PullRequest { was, now } => {
                format!("given for {}, now {}", number(was), number(now))
            }
            Self::BaseRef { was, now } => format!("given for {was}, now {now}"),
            Self::OwnWork => "nobody approves their own work".into(),
            Self::NoReviewer => "this role approves nothing".into(),
            Self::Departure { what } => what.clone(),
            Self::Checklist { why } => format!("its answers do not fit the checklist: {why}"),
            Self::Expired => "given too long ago".into(),
            Self::Void { why } => why.clone(),
        }
    }
}

/// The beginning of a digest; words stay whole.
fn short(digest: &str) -> &str {
    match digest.contains(' ') {
        true => digest,
        false => digest.get(..10).unwrap_or(digest),
    }
}

/// Everything that speaks against a decision; nothing where it holds.
/// Why that decision does not hold, or would not if it were made now. Empty: it does.
pub fn reasons(signed: &Signed, now: &Now<'_>) -> Vec<Reason> {
    let decision = &signed.decision;
    let person = now.people.get(&decision.principal);
    let mut reasons = Vec::new();
    let mut differs = |yes: bool, reason: Reason| {
        if yes {
            reasons.push(reason);
        }
    };
    if let Some(why) = &signed.void {
        differs(true, Reason::Void { why: why.clone() });
    }
    differs(
        decision.repository.id != now.repository.id,
        Reason::Repository,
    );
    differs(!decision.role.is_reviewer(), Reason::NoReviewer);
    differs(
        is_author(&decision.principal, person, now.authors),
        Reason::OwnWork,
    );
    // The first that differs, so that no two equal digests are set side by side.
    let kind = ["gitTree", "gitBlob", "dirHash"]
        .into_iter()
        .find(|kind| signed.subject.digest.get(*kind) != now.subject.digest.get(*kind))
        .unwrap_or("dirHash");
    let content = |subject: &Subject| match subject.digest.get(kind) {
        Some(digest) => digest.clone(),
        None => format!("without {kind}"),
    };
    differs(
        // All digests, and none may be left out on either side.
        signed.subject.digest != now.subject.digest || signed.subject.digest.is_empty(),
        Reason::Content {
            was: content(&signed.subject),
            now: content(now.subject),
            files: None,
        },
    );
    differs(
        Some(decision.gate_report) != now.gate_report,
        Reason::GateReport {
            was: decision.gate_report,
            now: now.gate_report,
        },
    );
    differs(
        decision.policy.sha256 != now.policy,
        Reason::Policy {
            was: decision.policy.sha256,
            now: now.policy,
        },
    );
    differs(
        !person.is_some_and(|it| it.entries.contains(&decision.keyring_entry)),
        Reason::KeyringEntry,
    );
    differs(
        decision.from != now.subject.name || decision.to != *now.to,
        Reason::Target {
            was: decision.to.clone(),
            now: now.to.clone(),
        },
    );
    differs(
        decision.pull_request != now.pull_request,
        Reason::PullRequest {
            was: decision.pull_request,
            now: now.pull_request,
        },
    );
    differs(
        decision.base_ref != now.base_ref,
        Reason::BaseRef {
            was: decision.base_ref.clone(),
            now: now.base_ref.to_owned(),
        },
    );
    for what in now.departures {
        differs(true, Reason::Departure { what: what.clone() });
    }
    // Whoever signs by hand chooses what they leave out; and a checklist may ask more now.
    let checklist = now.checklists.get(&decision.role);
    let fits = checklist.map(|list| list.fit(decision.decision, &decision.checklist));
    if let Some(Err(unfit)) = fits {
        let why = unfit.to_string();
        differs(true, Reason::Checklist { why });
    }
    differs(
        now.since.is_some_and(|since| decision.signed_at < since),
        Reason::Expired,
    );
    reasons
}

fn is_author(principal: &str, person: Option<&Person>, authors: &[String]) -> bool {
    let wrote = |name: &str| {
        authors
            .iter()
            .any(|author| author.eq_ignore_ascii_case(name))
    };
    wrote(principal)
        || person.is_some_and(|it| it.emails.iter().chain(&it.account).any(|name| wrote(name)))
}
