//! One entry, opened: the bytes that were signed, and how to check them without us.

use crate::audit::chunks;
use crate::audit::line::Line;
use crate::audit::store::LOG;
use crate::promotion::{RepoPath, Sha256, text};
use crate::review::envelope::pae;
use crate::review::{Envelope, Signature};
use crate::workflow::sign_off::Authority;

use super::{AuditError, Entry, Log, export::armoured};

/// An entry with everything that is in it.
#[derive(Debug)]
pub struct Opened<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// The payload: exactly the bytes that were signed, but for their type and length.
    pub payload: Vec<u8>,
    /// The same, indented for people. As it is where it is no JSON.
    pub pretty: String,
    /// Exactly the bytes that were signed.
    pub pae: Vec<u8>,
    /// The signature, armoured.
    pub signature: String,
    /// How to check it with stock tools, in the repository.
    pub commands: Vec<String>,
}

/// Opens the entry at that position.
pub fn open<'a>(
    log: &'a Log,
    position: u64,
    authority: &Authority,
) -> Result<Opened<'a>, AuditError> {
    let at = usize::try_from(position).ok();
    let entry = at.and_then(|at| log.entries.get(at));
    let entry = entry.ok_or(AuditError::NoEntry {
        position,
        size: log.head.size,
    })?;
    let line = entry.line.strip_suffix(b"\n").unwrap_or(&entry.line);
    let line = serde_json::from_slice::<Line<Envelope>>(line).ok();
    let envelope = line.map(|line| line.envelope);
    let payload = envelope.as_ref().and_then(|it| it.payload().ok());
    let blob = envelope
        .as_ref()
        .and_then(|it| Some(it.signature().ok()?.1));
    let kind = envelope.as_ref().map_or("", |it| it.payload_type());
    let payload = payload.unwrap_or_default();
    let pretty = serde_json::from_slice::<serde_json::Value>(&payload)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| text::decode(&payload).into_owned());
    Ok(Opened {
        entry,
        pae: pae(kind, &payload),
        pretty,
        signature: blob.as_deref().map(armoured).unwrap_or_default(),
        commands: commands(log, entry, kind, blob.as_deref(), authority),
        payload,
    })
}

fn commands(
    log: &Log,
    entry: &Entry,
    kind: &str,
    blob: Option<&[u8]>,
    authority: &Authority,
) -> Vec<String> {
    let branch = text::shell_word(&authority.audit_branch);
    let (path, line) = match log.is_cut {
        true => chunks::place_of(entry.position),
        false => (String::new(), entry.position + 1),
    };
    let path = [LOG, &path].join("/");
    let path = path.trim_end_matches('/');
    let mut commands = vec![format!("git show {branch}:{path} | sed -n {line}p > line")];
    let Ok(verified) = &entry.is else {
        return commands;
    };
    let namespace = blob.and_then(|blob| Signature::read(blob).ok());
    let namespace = namespace.map(|it| it.namespace().to_owned());
    let said = verified.statement.predicate.said();
    commands.extend([
        "jq -r .payload line | base64 -d > payload".to_owned(),
        format!(
            "{{ printf 'DSSEv1 {} {kind} %d ' \"$(wc -c < payload)\"; cat payload; }} > pae",
            kind.len()
        ),
        "{ echo '-----BEGIN SSH SIGNATURE-----'; jq -r '.signatures[0].sig' line | fold -w 70; \
         echo '-----END SSH SIGNATURE-----'; } > signature"
            .to_owned(),
        keyring(&said.keyring, authority),
        format!(
            "ssh-keygen -Y verify -f signers -I {} -n {} -O verify-time={} -s signature < pae",
            text::shell_word(said.principal),
            text::shell_word(&namespace.unwrap_or_default()),
            time(said.signed_at)
        ),
    ]);
    commands
}

/// How to get the keyring that a statement was signed under.
fn keyring(digest: &Sha256, authority: &Authority) -> String {
    let path: &RepoPath = &authority.keyring_path;
    match *digest == authority.keyring.digest {
        true => format!(
            "git show {}:{} > signers   # sha256 {digest}",
            authority.commit,
            text::shell_word(&path.to_text())
        ),
        false => format!(
            "countersign audit export DIR && cp DIR/keyrings/{digest}.allowed_signers signers   \
             # the keyring of that time; {path} is another now"
        ),
    }
}

/// A time as ssh-keygen reads it.
fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map(|time| time.strftime("%Y%m%d%H%M%SZ").to_string())
        .unwrap_or_default()
}
