//! Phase 2, Sign off: named persons decide, in a role, on exactly what they were
//! shown. Who may is read from the base branch, what was decided from the log.

mod answers;
pub mod authority;
mod decide;
mod keys;
mod now;
mod sheet;
mod state;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::project::FILE_NAME as CONFIG;
use crate::promotion::review::checklist::Unfit;
use crate::promotion::review::{Reason, Role, SignOff, Verb};
use crate::promotion::{Module, ModuleId, ModuleTree, RepoPath, Sha256};
use crate::repo::RepoError;
use crate::review::{Cannot, Refused};
use crate::workflow::Workspace;
use crate::workflow::audit::{self, AuditError, Log};

pub use crate::review::signer::Ask;
pub use answers::{Answers, AnswersError, read_answers, write_answers};
pub use authority::{Authority, AuthorityError, authority};
pub(super) use decide::nonce;
pub use decide::{Draft, Signed, append, draft, sign, waiting as unsent};
pub use keys::{Key, Me, keys, me, roles};
pub use now::Present;
pub use sheet::{Asked, GateLine, Sheet, sheet};
pub use state::States;

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum SignOffError {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The policy or the keyring of the base branch.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The log.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The gates.
    #[error(transparent)]
    Check(#[from] super::validate::CheckError),
    /// No key to sign with.
    #[error("{0}")]
    NoKey(String),
    /// The key cannot sign, or did not.
    #[error(transparent)]
    Cannot(#[from] Cannot),
    /// The keyring does not let that key sign in that role.
    #[error("{0}")]
    NotAllowed(String),
    /// Gate 1 has no whole result for what is there now.
    #[error(
        "Gate 1 has no whole result for {module} as it is now: {missing}. \
         To do: countersign check {module}"
    )]
    NoReport {
        /// The module.
        module: RepoPath,
        /// Which gates.
        missing: String,
    },
    /// Gate 1 says no.
    #[error(
        "Gate 1 does not hold for {module}: {gates}. It can be rejected, or approved \
         after countersign check {module} passes"
    )]
    DoesNotHold {
        /// The module.
        module: RepoPath,
        /// Which gates.
        gates: String,
    },
    /// The approval would not count.
    #[error("an approval of {module} as {role} would not count: {}", words(.reasons))]
    WouldNotCount {
        /// The module.
        module: RepoPath,
        /// As what.
        role: Role,
        /// Why.
        reasons: Vec<Reason>,
    },
    /// A file of answers.
    #[error("{}: {source}", path.display())]
    Answers {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: AnswersError,
    },
    /// The answers do not fit the checklist.
    #[error("the {role} checklist is not ready to be signed: {unfit}")]
    Unfit {
        /// Which.
        role: Role,
        /// Why.
        unfit: Unfit,
    },
    /// Nothing to take back.
    #[error("there is no decision by {principal} as {role} on {module} to withdraw")]
    NothingToWithdraw {
        /// Who.
        principal: String,
        /// As what.
        role: Role,
        /// On what.
        module: RepoPath,
    },
    /// What was shown is not what is there any more.
    #[error("{what} moved while it was reviewed: nothing was signed. Look at it again")]
    Moved {
        /// The revision, or the base branch.
        what: String,
    },
    /// Our own verification does not take what was signed.
    #[error("what was signed would not be believed, and was not logged: {0}")]
    Refused(#[from] Refused),
    /// Signed, and not in the log.
    #[error(
        "signed, but not logged: {source}. The signature is kept in {}; add it without \
         signing again: countersign sign --resend", path.display()
    )]
    NotLogged {
        /// Where the envelope is.
        path: PathBuf,
        /// Why.
        source: AuditError,
    },
    /// Countersign's own directory.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Nowhere to keep anything.
    #[error(transparent)]
    Home(#[from] super::dirs::NoHome),
    /// Our own statement could not be written.
    #[error("the statement could not be written: {0}")]
    Statement(#[from] serde_json::Error),
}

impl SignOffError {
    /// True where the question is wrong, or the answer is no: not unknown.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Repo(error) => error.is_usage(),
            Self::Check(error) => error.is_usage(),
            Self::NoKey(_)
            | Self::NothingToWithdraw { .. }
            | Self::Unfit { .. }
            | Self::Answers { .. } => true,
            _ => false,
        }
    }

    /// True where what was asked for is refused by the rules.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::NotAllowed(_)
                | Self::NoReport { .. }
                | Self::DoesNotHold { .. }
                | Self::WouldNotCount { .. }
                | Self::Moved { .. }
                | Self::Refused(_)
        )
    }
}

fn words(reasons: &[Reason]) -> String {
    let words: Vec<_> = reasons.iter().map(Reason::words).collect();
    words.join("; ")
}

/// Who may sign and what was signed, read once for several questions.
pub struct Desk {
    /// The policy and the keyring.
    pub authority: Authority,
    /// The log.
    pub log: Log,
    /// Where what is looked at has the rules otherwise than the base branch, in words.
    pub departures: Vec<String>,
}

impl Desk {
    /// Reads both. Uses no network.
    pub fn open(ws: &Workspace) -> Result<Self, SignOffError> {
        let authority = authority(ws)?;
        let log = audit::read(ws, &authority)?;
        let departures = rules(ws, &authority)?;
        Ok(Self {
            authority,
            log,
            departures,
        })
    }

    /// Whether a module is signed off, and what each decision is worth now.
    pub fn sign_off(&self, ws: &Workspace, module: &Module) -> Result<SignOff, SignOffError> {
        let present = Present::of(ws, module)?;
        Ok(self.sign_off_of(ws, &present))
    }

    /// The same of what was read already.
    pub fn sign_off_of(&self, ws: &Workspace, present: &Present) -> SignOff {
        let people = self.authority.people();
        let now = present.now(self, &people);
        let decisions = self.log.decisions();
        let mut off = crate::promotion::review::sign_off(&decisions, &self.authority.rules, &now);
        for state in &mut off.states {
            let signed = decisions.iter().find(|it| it.position == state.position);
            if let Some(signed) = signed {
                present.count_files(ws, signed, &mut state.reasons);
            }
        }
        off
    }

    /// The modules that somebody decided on, by their paths.
    pub fn decided(&self) -> BTreeMap<RepoPath, Vec<u64>> {
        let mut decided: BTreeMap<RepoPath, Vec<u64>> = BTreeMap::new();
        for signed in self.log.decisions() {
            decided
                .entry(signed.subject.name)
                .or_default()
                .push(signed.position);
        }
        decided
    }
}

/// What keeps everything here from being approved: rules that are not those of the
/// base branch. A keyring or a checklist that is only older does no harm, for neither
/// is read from here; gates that ran by older settings may have looked away.
fn rules(ws: &Workspace, authority: &Authority) -> Result<Vec<String>, AuthorityError> {
    let mut words: Vec<String> = authority::departures(ws, authority)?
        .into_iter()
        .filter(|it| it.changed_here || it.path == RepoPath::from(CONFIG))
        .map(|it| it.words(authority.branch()))
        .collect();
    if !ws.has_committed_config() {
        words.push(format!(
            "{CONFIG} is not as it is committed, and the gates heed it"
        ));
    }
    Ok(words)
}

/// What waits for somebody, in words; `None` for what does not. `validated` says of
/// each module whether Gate 1 holds for it.
pub fn waiting(
    ws: &Workspace,
    tree: &ModuleTree,
    desk: &Desk,
    me: &Me,
    validated: &dyn Fn(ModuleId) -> bool,
) -> Result<Vec<(ModuleId, String)>, SignOffError> {
    let decided = desk.decided();
    let mut waiting = Vec::new();
    for id in tree.ids() {
        let Some(module) = tree.get(id) else { continue };
        if !validated(id) && !decided.contains_key(&module.path) {
            continue;
        }
        if let Some((_, why)) = asked(ws, desk, me, module, validated(id))? {
            waiting.push((id, why));
        }
    }
    Ok(waiting)
}

/// As what somebody is to decide on a module, and why, in words; `None` where they are not.
/// `validated`: Gate 1 holds for it.
pub fn asked(
    ws: &Workspace,
    desk: &Desk,
    me: &Me,
    module: &Module,
    validated: bool,
) -> Result<Option<(Role, String)>, SignOffError> {
    let people = desk.authority.people();
    let present = Present::of(ws, module)?;
    let now = present.now(desk, &people);
    let off = desk.sign_off_of(ws, &present);
    Ok(me.asked(&off, &desk.authority.rules, &now, validated))
}

/// The word for what a decision did, for people.
pub fn verb_word(verb: Verb) -> &'static str {
    match verb {
        Verb::Approve => "approved",
        Verb::Reject => "rejected",
        Verb::Withdraw => "withdrew",
    }
}

/// The digest of exactly what was shown.
fn presented(text: &str) -> Sha256 {
    Sha256::of(text.as_bytes())
}
