//! Records: that something happened to a promotion, signed and appended to the log.
//!
//! One way for all kinds, with a person's key or that of a machine. A record says what
//! happened; it decides nothing.

use std::collections::BTreeMap;

use crate::promotion::review::decision::{PAYLOAD_TYPE, Record, RecordKind};
use crate::promotion::review::{Predicate, Role, Statement, Subject, dir_hash};
use crate::promotion::{ObjectId, RepoPath, Sha256};
use crate::repo::RepoError;
use crate::repo::tree::{self, Mode};
use crate::review::envelope::pae;
use crate::review::signer::Ask;
use crate::review::{Cannot, Envelope, Signer, verify};
use crate::workflow::Workspace;
use crate::workflow::audit::{self, Appended};
use crate::workflow::sign_off::{self, Desk, Key, SignOffError};

/// What happened, before anybody signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What.
    pub kind: RecordKind,
    /// The module with its digests: see [`subject`].
    pub subject: Subject,
    /// Where the module goes.
    pub to: RepoPath,
    /// The commit that was looked at.
    pub head: ObjectId,
    /// The number of the pull request.
    pub pull_request: Option<u64>,
    /// The commit that came of it.
    pub commit: Option<ObjectId>,
    /// What else is to be known, by names in `a-z`, `0-9` and `-`. The log's words show
    /// the one called `outcome`.
    pub facts: BTreeMap<String, String>,
    /// What else there is to say.
    pub note: String,
}

/// The role in which a key signs such a record; `None` where it may not.
pub fn role_of(key: &Key, kind: RecordKind) -> Option<Role> {
    let mut signers = kind.signers().iter().copied();
    signers.find(|role| key.roles.contains(role))
}

/// The first of some keys that may sign such a record.
pub fn key_for(keys: &[Key], kind: RecordKind) -> Option<&Key> {
    keys.iter().find(|key| role_of(key, kind).is_some())
}

/// Signs with `by` what happened, and appends it. `ask` says whether there is somebody
/// to ask for a passphrase. What others would not believe is not appended. When this
/// returns the record is on disk.
pub fn append(
    ws: &Workspace,
    desk: &Desk,
    facts: Facts,
    by: &Key,
    ask: Ask,
) -> Result<Appended, SignOffError> {
    let (envelope, message) = sign(desk, facts, by, ask)?;
    Ok(sign_off::append(ws, desk, &envelope, &message)?.appended)
}

/// The same, behind the log as `desk` has it or not at all: `None` where somebody else
/// wrote meanwhile. For what a machine says, which can be said again.
pub fn append_next(
    ws: &Workspace,
    desk: &Desk,
    facts: Facts,
    by: &Key,
    ask: Ask,
) -> Result<Option<Appended>, SignOffError> {
    let (envelope, message) = sign(desk, facts, by, ask)?;
    let authority = &desk.authority;
    Ok(audit::append_next(
        ws, authority, &desk.log, &envelope, &message,
    )?)
}

/// Signs with `by` what happened, and appends nothing. With the envelope comes what the
/// history of the log's branch says of it.
pub fn sign(
    desk: &Desk,
    facts: Facts,
    by: &Key,
    ask: Ask,
) -> Result<(Envelope, String), SignOffError> {
    let authority = &desk.authority;
    let Some(role) = role_of(by, facts.kind) else {
        let roles: Vec<_> = facts.kind.signers().iter().map(|it| it.word()).collect();
        return Err(SignOffError::NotAllowed(format!(
            "the key {} of {} may not sign a {} record: that takes somebody who is {} in {} on {}",
            by.fingerprint,
            by.principal,
            facts.kind,
            roles.join(" or "),
            authority.keyring_path,
            authority.branch(),
        )));
    };
    let message = format!(
        "{} recorded the {} of {} as {role}",
        by.principal, facts.kind, facts.subject.name
    );
    let record = Record {
        base_ref: authority.base_ref.clone(),
        commit: facts.commit,
        facts: facts.facts,
        from: facts.subject.name.clone(),
        head: facts.head,
        keyring: authority.keyring.digest,
        keyring_entry: by.entry.digest,
        kind: facts.kind,
        nonce: sign_off::nonce()?,
        note: facts.note,
        principal: by.principal.clone(),
        pull_request: facts.pull_request,
        repository: authority.repository.clone(),
        role,
        seen: audit::seen(&desk.log),
        signed_at: jiff::Timestamp::now().as_second(),
        to: facts.to,
    };
    let statement = Statement::of(facts.subject, Predicate::Record(Box::new(record)));
    let bytes = statement.bytes()?;
    let signer = Signer::open(&by.file)?;
    let signature = signer.sign(&pae(PAYLOAD_TYPE, &bytes), role.namespace(), ask)?;
    let blob = signature.blob().map_err(Cannot::Flaw)?;
    let envelope = Envelope::new(PAYLOAD_TYPE, &bytes, &by.fingerprint, &blob);
    verify(&envelope, &|digest| {
        (authority.keyring.digest == *digest).then(|| authority.keyring.clone())
    })?;
    Ok((envelope, message))
}

/// What stands at `at` in a commit, with its digests, as the module `name`: the path it
/// came from, also where it stands elsewhere by now. `None` where nothing stands there.
pub fn subject(
    ws: &Workspace,
    commit: ObjectId,
    at: &RepoPath,
    name: &RepoPath,
) -> Result<Option<Subject>, RepoError> {
    let git = ws.repo().open_git()?;
    let Some(entry) = tree::entry(&git, commit, at)? else {
        return Ok(None);
    };
    let mut sums = Vec::new();
    for (path, entry) in tree::walk(&git, commit, at)? {
        if !entry.mode.is_file() {
            continue; // git's own digest has links and submodules
        }
        let sum = Sha256::of(&tree::read_blob(&git, entry.id)?);
        let own = match path.strip(at) {
            Some(rest) if !rest.is_root() => rest.as_bytes().to_vec(),
            // A single file is called as it was where it came from.
            _ => name.name().to_vec(),
        };
        sums.push((sum, own));
    }
    let files = sums.iter().map(|(sum, name)| (*sum, name.as_slice()));
    let kind = match entry.mode {
        Mode::Tree => "gitTree",
        _ => "gitBlob",
    };
    let digest = [
        (kind.to_owned(), entry.id.to_string()),
        ("dirHash".to_owned(), dir_hash(files).to_string()),
    ];
    Ok(Some(Subject {
        name: name.clone(),
        digest: digest.into(),
    }))
}
