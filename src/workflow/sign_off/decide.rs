//! From answers to a decision in the log: drafted, signed by the person's own key,
//! checked as others will check it, and appended.

use std::path::PathBuf;

use crate::promotion::review::decision::PAYLOAD_TYPE;
use crate::promotion::review::standing::{self, reasons};
use crate::promotion::review::{
    Answer, Answered, Decision, Item, Predicate, Reason, Role, Statement, Verb,
};
use crate::promotion::{ObjectId, Sha256};
use crate::review::envelope::pae;
use crate::review::signer::Ask;
use crate::review::{Envelope, Signer, sshsig, verify};
use crate::workflow::audit::{self, Appended};
use crate::workflow::{Workspace, dirs};

use super::{Desk, Key, Present, Sheet, SignOffError, authority, verb_word};

/// A decision that nobody has signed yet.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What will be signed.
    pub statement: Statement,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// In which role.
    pub role: Role,
    /// By which key, `SHA256:…`.
    key: String,
    /// The commit it is about.
    head: ObjectId,
    /// The commit of the base branch.
    base: ObjectId,
    /// For the log's own history.
    message: String,
}

/// A decision that is in the log.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Where, and whether others have it.
    pub appended: Appended,
    /// The digest of the statement.
    pub digest: Sha256,
}

/// Why an approval in that role by that key would not count, in words.
pub(super) fn barred(desk: &Desk, present: &Present, role: Role, key: &Key) -> Vec<String> {
    if present.gate_report.is_none() {
        return vec!["Gate 1 has no whole result for what is there now".into()];
    }
    let failing = present.failing();
    let mut barred = Vec::new();
    if !failing.is_empty() {
        barred.push(format!("Gate 1 does not hold: {}", failing.join(", ")));
    }
    let would = would(desk, present, role, key);
    barred.extend(would.iter().map(Reason::words));
    barred
}

/// What the standing of an approval would be that is given now.
fn would(desk: &Desk, present: &Present, role: Role, key: &Key) -> Vec<Reason> {
    let people = desk.authority.people();
    let now = present.now(desk, &people);
    let mut decision = decision(desk, present, role, key, Verb::Approve);
    let items = desk.authority.checklists.get(&role).map(|list| &list.items);
    let yes = |item: &Item| Answered {
        id: item.id.clone(),
        answer: Answer::Yes,
        note: String::new(),
    };
    decision.checklist = items.into_iter().flatten().map(yes).collect();
    let signed = standing::Signed {
        position: desk.log.head.size,
        subject: present.subject.clone(),
        decision,
        void: None,
    };
    reasons(&signed, &now)
}

/// Everything of a decision that follows from what is there.
fn decision(desk: &Desk, present: &Present, role: Role, key: &Key, verb: Verb) -> Decision {
    let authority = &desk.authority;
    Decision {
        decision: verb,
        role,
        principal: key.principal.clone(),
        repository: authority.repository.clone(),
        pull_request: None,
        head: present.head,
        base_ref: authority.base_ref.clone(),
        from: present.module.path.clone(),
        to: present.to.clone(),
        gate_report: present.gate_report.unwrap_or(Sha256::of(b"")),
        policy: authority.policy,
        keyring: authority.keyring.digest,
        keyring_entry: key.entry.digest,
        presented: Sha256::of(b""),
        checklist: Vec::new(),
        note: String::new(),
        supersedes: None,
        seen: audit::seen(&desk.log),
        nonce: String::new(),
        signed_at: jiff::Timestamp::now().as_second(),
    }
}

/// Makes a decision of what somebody answered. Refused while items are open, where
/// concerns stand against an approval, and where it would not count.
pub fn draft(
    desk: &Desk,
    sheet: &Sheet,
    key: &Key,
    verb: Verb,
    answers: Vec<Answered>,
    note: String,
) -> Result<Draft, SignOffError> {
    let (present, role) = (&sheet.present, sheet.role);
    let module = || present.module.path.clone();
    sheet
        .checklist
        .fit(verb, &answers)
        .map_err(|unfit| SignOffError::Unfit { role, unfit })?;
    let last = desk.log.decisions().into_iter().rfind(|signed| {
        let it = &signed.decision;
        signed.subject.name == present.module.path
            && it.principal == key.principal
            && it.role == role
    });
    let mut decision = decision(desk, present, role, key, verb);
    match (verb, present.gate_report, &last) {
        (Verb::Withdraw, _, None) => {
            return Err(SignOffError::NothingToWithdraw {
                principal: key.principal.clone(),
                role,
                module: module(),
            });
        }
        // What is taken back needs no new evidence: it is about the same as before.
        (Verb::Withdraw, None, Some(last)) => decision.gate_report = last.decision.gate_report,
        (_, None, _) => {
            let missing: Vec<_> = present.missing.iter().map(ToString::to_string).collect();
            return Err(SignOffError::NoReport {
                module: module(),
                missing: missing.join(", "),
            });
        }
        (Verb::Approve, Some(_), _) => {
            let failing = present.failing();
            if !failing.is_empty() {
                return Err(SignOffError::DoesNotHold {
                    module: module(),
                    gates: failing.join(", "),
                });
            }
            let reasons = would(desk, present, role, key);
            if !reasons.is_empty() {
                return Err(SignOffError::WouldNotCount {
                    module: module(),
                    role,
                    reasons,
                });
            }
        }
        _ => {}
    }
    decision.presented = sheet.presented();
    decision.checklist = answers;
    decision.note = note;
    decision.nonce = nonce()?;
    decision.supersedes = last.map(|last| last.digest()).transpose()?;
    let message = format!(
        "{} {} {} as {role}",
        key.principal,
        verb_word(verb),
        present.module.path
    );
    let predicate = Predicate::Decision(Box::new(decision));
    let statement = Statement::of(present.subject.clone(), predicate);
    Ok(Draft {
        bytes: statement.bytes()?,
        statement,
        role,
        key: key.fingerprint.clone(),
        head: present.head,
        base: sheet.base,
        message,
    })
}

/// Sixteen random bytes in hexadecimal: no two decisions are the same bytes.
pub(in crate::workflow) fn nonce() -> Result<String, SignOffError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| SignOffError::Disk {
        path: "the system's random numbers".into(),
        source: std::io::Error::other(error),
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Has the person's key sign a draft, and appends it to the log. The head and the base
/// branch are read again before and after: where one moved, nothing is signed, or what
/// was signed is thrown away. Blocks until the person has done their part.
pub fn sign(
    ws: &Workspace,
    desk: &Desk,
    draft: &Draft,
    key: &Key,
    ask: Ask,
) -> Result<Signed, SignOffError> {
    let signer = Signer::open(&key.file)?;
    if sshsig::fingerprint(signer.key()) != draft.key {
        return Err(SignOffError::NoKey(format!(
            "{} is another key now than the one that the sheet was made for",
            key.file.display()
        )));
    }
    unmoved(ws, draft)?;
    let message = pae(PAYLOAD_TYPE, &draft.bytes);
    let signature = signer.sign(&message, draft.role.namespace(), ask)?;
    unmoved(ws, draft)?;
    let blob = signature.blob().map_err(crate::review::Cannot::Flaw)?;
    let envelope = Envelope::new(PAYLOAD_TYPE, &draft.bytes, &draft.key, &blob);
    // What others would not believe does not get into the log.
    let keyring = desk.authority.keyring.clone();
    verify(&envelope, &|digest| {
        (keyring.digest == *digest).then(|| keyring.clone())
    })?;
    append(ws, desk, &envelope, &draft.message)
}

fn unmoved(ws: &Workspace, draft: &Draft) -> Result<(), SignOffError> {
    let head = match ws.is_checked_out() {
        true => ws.repo().head()?.0,
        false => Some(ws.repo().resolve(ws.revision())?),
    };
    if head != Some(draft.head) {
        return Err(SignOffError::Moved {
            what: ws.revision().to_owned(),
        });
    }
    let authority = authority(ws)?;
    match authority.commit == draft.base {
        true => Ok(()),
        false => Err(SignOffError::Moved {
            what: authority.base_ref,
        }),
    }
}

/// Appends what was signed. It is on disk before, and stays there until the log has
/// it: no signature is lost, and none has to be made twice.
pub fn append(
    ws: &Workspace,
    desk: &Desk,
    envelope: &Envelope,
    message: &str,
) -> Result<Signed, SignOffError> {
    let payload = envelope.payload().map_err(crate::review::Refused::from)?;
    let digest = Sha256::of(&payload);
    let kept = keep(envelope, &digest)?;
    let appended = audit::append(ws, &desk.authority, envelope, message).map_err(|source| {
        SignOffError::NotLogged {
            path: kept.clone(),
            source,
        }
    })?;
    // It is in the log: what is left here is in nobody's way.
    let _ = std::fs::remove_file(&kept);
    Ok(Signed { appended, digest })
}

/// Where signatures wait for the log.
fn outbox() -> Result<PathBuf, SignOffError> {
    Ok(dirs::data_dir()?.join("signed"))
}

fn keep(envelope: &Envelope, digest: &Sha256) -> Result<PathBuf, SignOffError> {
    let directory = outbox()?;
    let path = directory.join(format!("{digest}.json"));
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(&directory)?;
        let mut file = std::fs::File::create(&path)?;
        std::io::Write::write_all(&mut file, &serde_json::to_vec(envelope)?)?;
        file.sync_all()
    };
    write().map_err(|source| SignOffError::Disk {
        path: path.clone(),
        source,
    })?;
    Ok(path)
}

/// Signatures that wait for the log of this repository, oldest first.
pub fn waiting(desk: &Desk) -> Result<Vec<Envelope>, SignOffError> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(outbox()?)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let read = std::fs::read(&file).ok();
        let envelope: Option<Envelope> = read.and_then(|it| serde_json::from_slice(&it).ok());
        let statement = envelope
            .as_ref()
            .and_then(|it| it.payload().ok())
            .and_then(|payload| Statement::read(&payload).ok());
        let (Some(envelope), Some(statement)) = (envelope, statement) else {
            continue; // half written before anybody was told of it
        };
        let said = statement.predicate.said();
        if said.repository.id == desk.authority.repository.id {
            all.push((said.signed_at, envelope));
        }
    }
    all.sort_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, envelope)| envelope).collect())
}
