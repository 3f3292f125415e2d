//! Making signatures, with stock `ssh-keygen -Y sign`.
//!
//! So a passphrase, an agent or the touch of a FIDO key is between OpenSSH and the
//! person: no secret ever enters this process.

use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ssh_key::PublicKey;
use ssh_key::public::KeyData;

use super::{Flaw, Signature};

/// A key to sign with.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The private key, or its public half where an agent has the other.
    file: PathBuf,
    /// The public half.
    key: KeyData,
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum Cannot {
    /// No public half to be found.
    #[error("{}: {why}. Name a key file that has its .pub beside it, or the .pub of a key that the agent holds", path.display())]
    Key {
        /// The key.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// OpenSSH did not start.
    #[error(
        "ssh-keygen could not be started: {0}. Install OpenSSH's client (Debian: openssh-client)"
    )]
    Start(#[source] io::Error),
    /// OpenSSH refused, or the person did.
    #[error("ssh-keygen did not sign: {0}")]
    Refused(String),
    /// OpenSSH signed something else than we asked for.
    #[error("ssh-keygen signed, but the signature does not count: {0}")]
    Flaw(#[from] Flaw),
}

/// Whether there is somebody to ask for a passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// At the terminal, which must not be in use.
    Terminal,
    /// Nobody: a key that needs a passphrase cannot sign.
    Nobody,
}

impl Signer {
    /// The key in that file: a private one with its public half beside it, or a
    /// public one whose private half an agent or a FIDO key holds.
    pub fn open(file: &Path) -> Result<Self, Cannot> {
        let wrong = |path: &Path, why: String| Cannot::Key {
            path: path.to_owned(),
            why,
        };
        let public = match file.extension().is_some_and(|it| it == "pub") {
            true => file.to_owned(),
            false => {
                let mut name = file.as_os_str().to_owned();
                name.push(".pub");
                PathBuf::from(name)
            }
        };
        let text = std::fs::read_to_string(&public)
            .map_err(|error| wrong(&public, format!("it could not be read ({error})")))?;
        let key = PublicKey::from_openssh(text.trim())
            .map_err(|error| wrong(&public, format!("it is no public key ({error})")))?;
        super::sshsig::acceptable(key.key_data())
            .map_err(|flaw| wrong(&public, flaw.to_string()))?;
        Ok(Self {
            file: file.to_owned(),
            key: key.key_data().clone(),
        })
    }

    /// The public half.
    pub fn key(&self) -> &KeyData {
        &self.key
    }

    /// Signs bytes. What comes back was checked: it is by this key, for these
    /// bytes, in this namespace. Blocks until the person has done their part.
    pub fn sign(&self, message: &[u8], namespace: &str, ask: Ask) -> Result<Signature, Cannot> {
        let mut command = Command::new("ssh-keygen");
        command
            .args(["-q", "-Y", "sign", "-n", namespace, "-f"])
            .arg(&self.file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command.stderr(Stdio::piped());
        if ask == Ask::Nobody {
            command
                .env("SSH_ASKPASS_REQUIRE", "force")
                .env("SSH_ASKPASS", "/bin/false");
        }
        let mut child = command.spawn().map_err(Cannot::Start)?;
        // That a FIDO key waits to be touched is said there, and at once.
        let shown = match ask {
            Ask::Terminal => child
                .stderr
                .take()
                .map(|it| std::thread::spawn(|| show(it))),
            Ask::Nobody => None,
        };
        // A pipe that closes early says more by its exit code than by this.
        let written = child.stdin.take().map(|mut stdin| stdin.write_all(message));
        let done = child.wait_with_output().map_err(Cannot::Start)?;
        if !done.status.success() || written.is_none_or(|it| it.is_err()) {
            let said = match shown {
                Some(shown) => shown.join().unwrap_or_default(),
                None => done.stderr,
            };
            let said = String::from_utf8_lossy(&said);
            let said = said.lines().rfind(|line| !line.trim().is_empty());
            return Err(Cannot::Refused(match (said, done.status.code()) {
                (Some(said), _) => said.trim().to_owned(),
                (None, None) => "it was interrupted".to_owned(),
                (None, Some(_)) => format!("it said nothing, and {}", done.status),
            }));
        }
        let signature = Signature::read_armoured(&String::from_utf8_lossy(&done.stdout))?;
        signature.check(message, namespace, &self.key)?;
        Ok(signature)
    }
}

/// The most that is kept of what OpenSSH says, in bytes.
const MOST_SAID: usize = 4 << 10;

/// Passes on what OpenSSH says to the terminal as it says it, and keeps the end of it.
fn show(mut from: impl Read) -> Vec<u8> {
    let mut said = Vec::new();
    let mut buffer = [0; 512];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        // A terminal that is gone is no reason to stop reading.
        let _ = io::stderr().write_all(&buffer[..read]);
        said.extend_from_slice(&buffer[..read]);
        let over = said.len().saturating_sub(MOST_SAID);
        said.drain(..over);
    }
    said
}
