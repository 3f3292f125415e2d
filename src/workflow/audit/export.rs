//! The log as files that stock tools check: `ssh-keygen`, `sha256sum`, `jq`.
//!
//! Everything is written as it was signed, byte for byte, also what proves nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::json;

use crate::audit::checkpoint::Checkpoint;
use crate::audit::line::Line;
use crate::audit::merkle::{Head, leaf};
use crate::audit::store::LOG;
use crate::config::project::FILE_NAME;
use crate::promotion::review::{Predicate, Statement};
use crate::promotion::{RepoPath, Sha256, text};
use crate::review::envelope::pae;
use crate::review::{Envelope, Signature};
use crate::workflow::Workspace;
use crate::workflow::sign_off::Authority;

use super::{AuditError, Entry, Ground, Log};

/// How long a line of an armoured signature is, as `ssh-keygen` writes it.
const COLUMNS: usize = 70;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// How many entries.
    pub entries: usize,
    /// How many of them prove nothing.
    pub wrong: usize,
    /// How many keyrings.
    pub keyrings: usize,
    /// How many policies.
    pub policies: usize,
    /// Digests that are named and whose files never stood on the base branch.
    pub missing: Vec<Sha256>,
}

/// Writes a log with everything that is needed to check it to a directory, which
/// must not exist or be empty.
pub fn export(
    ws: &Workspace,
    authority: &Authority,
    log: &Log,
    to: &Path,
) -> Result<Exported, AuditError> {
    let ground = Ground::of(ws, authority)?;
    empty(to)?;
    let mut exported = Exported {
        entries: log.entries.len(),
        wrong: log.entries.iter().filter(|it| it.is.is_err()).count(),
        keyrings: 0,
        policies: 0,
        missing: Vec::new(),
    };
    let bytes: Vec<u8> = log
        .entries
        .iter()
        .flat_map(|it| it.line.iter().copied())
        .collect();
    write(&to.join(LOG), &bytes)?;
    let mut table = String::new();
    let mut policies = BTreeSet::new();
    for entry in &log.entries {
        let parts = Parts::of(entry);
        let directory = to.join("entries").join(format!("{:06}", entry.position));
        make(&directory)?;
        parts.write(entry, log, &directory)?;
        let _ = writeln!(table, "{}", parts.row(entry));
        policies.extend(parts.statement.as_ref().and_then(|it| {
            it.predicate
                .decision()
                .map(|decision| decision.policy.sha256)
        }));
    }
    write(&to.join("entries.tsv"), table.as_bytes())?;
    make(&to.join("entries"))?;
    let commit = git2::Oid::from_bytes(authority.commit.as_bytes());
    let git = git2::Repository::open(&ground.git_dir);
    let history = |path: &RepoPath, wanted: &BTreeSet<Sha256>| {
        let (git, commit) = (git.as_ref().ok()?, commit.as_ref().ok()?);
        in_history(git, *commit, path, wanted).ok()
    };
    let keyrings: BTreeSet<Sha256> = ground.keyrings.keys().copied().collect();
    for (path, wanted, kind, extension) in [
        (
            &authority.keyring_path,
            &keyrings,
            "keyrings",
            "allowed_signers",
        ),
        (&RepoPath::from(FILE_NAME), &policies, "policies", "toml"),
    ] {
        let mut found = history(path, wanted).unwrap_or_default();
        let nothing = Sha256::of(b"");
        if wanted.contains(&nothing) {
            found.insert(nothing, Vec::new());
        }
        let directory = to.join(kind);
        make(&directory)?;
        for (digest, bytes) in &found {
            write(&directory.join(format!("{digest}.{extension}")), bytes)?;
        }
        let missing = wanted.iter().filter(|it| !found.contains_key(it));
        exported.missing.extend(missing);
        match kind {
            "keyrings" => exported.keyrings = found.len(),
            _ => exported.policies = found.len(),
        }
    }
    write(&to.join("head.json"), &head(log, authority)?)?;
    let checkpoint = Checkpoint {
        origin: format!("countersign/{}", authority.repository.id),
        head: log.head,
    };
    write(&to.join("head.txt"), checkpoint.text().as_bytes())?;
    write(&to.join("README.md"), README.as_bytes())?;
    Ok(exported)
}

fn head(log: &Log, authority: &Authority) -> Result<Vec<u8>, AuditError> {
    let head = json!({
        "entries": log.head.size,
        "root": Sha256::from_bytes(log.head.root),
        "log": log.digest,
        "branch": authority.audit_branch,
        "commit": log.tip,
        "repository": authority.repository,
        "base_ref": authority.base_ref,
        "base_commit": authority.commit,
    });
    let mut bytes = serde_json::to_vec_pretty(&head)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What an entry is made of, as far as it can be taken apart.
#[derive(Default)]
struct Parts {
    payload_type: String,
    payload: Option<Vec<u8>>,
    blob: Option<Vec<u8>>,
    /// As it says itself. Only where the entry was verified is it true.
    statement: Option<Statement>,
    namespace: Option<String>,
}

impl Parts {
    fn of(entry: &Entry) -> Self {
        let text = entry.line.strip_suffix(b"\n").unwrap_or(&entry.line);
        let Ok(line) = serde_json::from_slice::<Line<Envelope>>(text) else {
            return Self::default();
        };
        let payload = line.envelope.payload().ok();
        let blob = line.envelope.signature().ok().map(|(_, blob)| blob);
        let signature = blob.as_ref().and_then(|blob| Signature::read(blob).ok());
        Self {
            payload_type: line.envelope.payload_type().to_owned(),
            statement: payload.as_ref().and_then(|it| Statement::read(it).ok()),
            namespace: signature.map(|it| it.namespace().to_owned()),
            payload,
            blob,
        }
    }

    fn write(&self, entry: &Entry, log: &Log, to: &Path) -> Result<(), AuditError> {
        write(&to.join("line"), &entry.line)?;
        if let Some(payload) = &self.payload {
            write(&to.join("payload.json"), payload)?;
            write(&to.join("pae"), &pae(&self.payload_type, payload))?;
        }
        if let Some(blob) = &self.blob {
            write(&to.join("signature.sig"), armoured(blob).as_bytes())?;
        }
        let path = log.tree.inclusion(entry.position, log.head.size);
        write_json(
            &to.join("inclusion.json"),
            &json!({
                "index": entry.position,
                "size": log.head.size,
                "leaf": hex(&leaf(&entry.line)),
                "path": path.unwrap_or_default().iter().map(hex).collect::<Vec<_>>(),
                "root": hex(&log.head.root),
            }),
        )?;
        let seen = self.statement.as_ref().map(|it| it.predicate.said().seen);
        let seen = seen.filter(|seen| log.tree.root_at(seen.size) == Some(*seen.root.as_bytes()));
        let Some(seen) = seen else { return Ok(()) };
        let proof = log.tree.consistency(seen.size).unwrap_or_default();
        let old = Head {
            size: seen.size,
            root: *seen.root.as_bytes(),
        };
        let head = |head: &Head| json!({ "size": head.size, "root": hex(&head.root) });
        write_json(
            &to.join("consistency.json"),
            &json!({
                "old": head(&old),
                "new": head(&log.head),
                "path": proof.iter().map(hex).collect::<Vec<_>>(),
            }),
        )
    }

    /// The entry's line of `entries.tsv`.
    fn row(&self, entry: &Entry) -> String {
        let said = self.statement.as_ref().map(|it| it.predicate.said());
        let kind = match self.statement.as_ref().map(|it| &it.predicate) {
            Some(Predicate::Decision(_)) => "decision",
            Some(Predicate::KeyChange(_)) => "key-change",
            Some(Predicate::Record(_)) => "record",
            None => "unknown",
        };
        let (mark, why) = entry.mark();
        [
            entry.position.to_string(),
            Sha256::of(&entry.line).to_string(),
            kind.to_owned(),
            said.map_or("-".into(), |said| said.principal.to_owned()),
            said.map_or("-".into(), |said| said.role.to_string()),
            self.namespace.clone().unwrap_or("-".into()),
            said.map_or("-".into(), |said| said.keyring.to_string()),
            mark.to_owned(),
            why,
        ]
        .map(|field| text::visible(&field).replace('\t', " "))
        .join("\t")
    }
}

/// The form that `ssh-keygen -Y sign` writes and `-Y verify` reads.
pub fn armoured(blob: &[u8]) -> String {
    let mut text = String::from("-----BEGIN SSH SIGNATURE-----\n");
    let base64 = BASE64_STANDARD.encode(blob);
    for line in base64.as_bytes().chunks(COLUMNS) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str("-----END SSH SIGNATURE-----\n");
    text
}

fn hex(hash: &[u8; 32]) -> String {
    Sha256::from_bytes(*hash).to_string()
}

/// The files that ever stood at `path` in the history of a commit, of those that
/// are wanted, by digest.
fn in_history(
    git: &git2::Repository,
    commit: git2::Oid,
    path: &RepoPath,
    wanted: &BTreeSet<Sha256>,
) -> Result<BTreeMap<Sha256, Vec<u8>>, git2::Error> {
    let mut found = BTreeMap::new();
    let mut looked_at = BTreeSet::new();
    let mut walk = git.revwalk()?;
    walk.push(commit)?;
    for commit in walk {
        if found.len() == wanted.len() {
            break;
        }
        let tree = git.find_commit(commit?)?.tree()?;
        let Ok(entry) = tree.get_path(&path.to_fs()) else {
            continue;
        };
        if !looked_at.insert(entry.id()) {
            continue;
        }
        let Ok(blob) = git.find_blob(entry.id()) else {
            continue;
        };
        let digest = Sha256::of(blob.content());
        if wanted.contains(&digest) {
            found.insert(digest, blob.content().to_vec());
        }
    }
    Ok(found)
}

fn empty(to: &Path) -> Result<(), AuditError> {
    match std::fs::read_dir(to) {
        Ok(mut inside) => match inside.next() {
            None => Ok(()),
            Some(_) => Err(AuditError::Occupied(to.to_owned())),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(to),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            Err(AuditError::Occupied(to.to_owned()))
        }
        Err(error) => Err(AuditError::disk(to)(error)),
    }
}

fn make(directory: &Path) -> Result<(), AuditError> {
    std::fs::create_dir_all(directory).map_err(AuditError::disk(directory))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), AuditError> {
    std::fs::write(path, bytes).map_err(AuditError::disk(path))
}

fn write_json(path: &Path, value: &serde_json::Value) -> Result<(), AuditError> {
    let mut bytes = serde_json::to_vec(value)?;
    bytes.push(b'\n');
    write(path, &bytes)
}

const README: &str = include_str!("../../../assets/audit/README.md");
