//! Whose keys are at hand: named, set up in git, in `~/.ssh`, or held by the agent.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::promotion::review::standing::{State, is_wanted};
use crate::promotion::review::{Now, Role, Rules, SignOff, Verb};
use crate::review::{Entry, Keyring, Signer};
use crate::workflow::{Workspace, dirs};

use super::{Authority, SignOffError};

/// A key at hand that the keyring knows.
#[derive(Clone, Debug)]
pub struct Key {
    /// What `ssh-keygen -Y sign -f` is given.
    pub file: PathBuf,
    /// Whose it is.
    pub principal: String,
    /// What it may sign.
    pub roles: Vec<Role>,
    /// Its name, `SHA256:…`.
    pub fingerprint: String,
    /// Its line of the keyring.
    pub entry: Entry,
}

/// Who sits here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Me {
    /// Names of the keyring: by a key at hand, else by git's `user.email`.
    pub principals: Vec<String>,
    /// What those may sign.
    pub roles: Vec<Role>,
}

/// The keys at hand that the keyring knows, those first that were named first:
/// `named`, git's `user.signingKey`, `~/.ssh/*.pub`, the agent. A named key has to be
/// known; of the others that are not nothing is said. Where they are of several persons only
/// those count whose person git's `user.signingKey` or `user.email` names.
pub fn keys(
    ws: &Workspace,
    authority: &Authority,
    named: Option<&Path>,
) -> Result<Vec<Key>, SignOffError> {
    if let Some(file) = named {
        let signer = Signer::open(file)?;
        let found = of_signer(&authority.keyring, file, &signer);
        return match found {
            Some(key) => Ok(vec![key]),
            None => Err(SignOffError::NoKey(format!(
                "the keyring of {} ({}) has no line for the key {}. Its owner has it added there \
                 by a change that is merged: docs/sign-off.md",
                authority.base_ref,
                authority.keyring_path,
                crate::review::sshsig::fingerprint(signer.key()),
            ))),
        };
    }
    let mut keys: Vec<Key> = Vec::new();
    let by_git = configured(ws);
    for file in by_git
        .clone()
        .into_iter()
        .chain(in_home())
        .chain(of_agent())
    {
        let found = Signer::open(&file)
            .ok()
            .and_then(|signer| of_signer(&authority.keyring, &file, &signer));
        if let Some(key) = found
            && !keys.iter().any(|it| it.fingerprint == key.fingerprint)
        {
            keys.push(key);
        }
    }
    // Of several persons whose keys lie here it is the one that git names who sits here.
    let by_key = keys.iter().find(|it| Some(&it.file) == by_git.as_ref());
    let email = email(ws);
    let mine = |it: &&Key| it.principal.eq_ignore_ascii_case(&email);
    let person = by_key.or_else(|| keys.iter().find(mine));
    if let Some(person) = person.map(|it| it.principal.clone()) {
        keys.retain(|it| it.principal == person);
    }
    Ok(keys)
}

/// git's `user.email`; empty where there is none.
fn email(ws: &Workspace) -> String {
    let config = ws.repo().open_git().ok().and_then(|git| git.config().ok());
    let email = config.and_then(|config| config.get_string("user.email").ok());
    email.unwrap_or_default()
}

fn of_signer(keyring: &Keyring, file: &Path, signer: &Signer) -> Option<Key> {
    let fingerprint = crate::review::sshsig::fingerprint(signer.key());
    let lines: Vec<&Entry> = keyring.of_key(&fingerprint).collect();
    let now = jiff::Timestamp::now().as_second();
    let valid = |entry: &&&Entry| Role::ALL.iter().any(|role| entry.allows(*role, now));
    let entry = (*lines.iter().find(valid).or(lines.first())?).clone();
    Some(Key {
        file: file.to_owned(),
        principal: entry.principal.clone(),
        roles: entry.roles.clone(),
        fingerprint,
        entry,
    })
}

/// git's `user.signingKey`: a file, or `key::` and a key. Where git does not sign with SSH it
/// may name a key of GnuPG, and then it is no file.
fn configured(ws: &Workspace) -> Option<PathBuf> {
    let git = ws.repo().open_git().ok()?;
    let config = git.config().ok()?.snapshot().ok()?;
    let by_ssh = config.get_str("gpg.format").ok() == Some("ssh");
    let key = config.get_str("user.signingkey").ok()?;
    match key.strip_prefix("key::") {
        Some(literal) => public_file(literal),
        None => {
            let file = match key.strip_prefix("~/") {
                Some(rest) => home()?.join(rest),
                None => PathBuf::from(key),
            };
            (by_ssh || file.is_file()).then_some(file)
        }
    }
}

fn home() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned())
}

/// Keys in `~/.ssh`, in the order of their names: private ones where they are.
fn in_home() -> Vec<PathBuf> {
    let Some(home) = home() else {
        return Vec::new();
    };
    let listed = std::fs::read_dir(home.join(".ssh"));
    let mut files: Vec<PathBuf> = listed
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == "pub"))
        .map(|public| {
            let private = public.with_extension("");
            match private.is_file() {
                true => private,
                false => public,
            }
        })
        .collect();
    files.sort();
    files
}

/// Keys of the agent, each as a file with its public half.
fn of_agent() -> Vec<PathBuf> {
    if std::env::var_os("SSH_AUTH_SOCK").is_none() {
        return Vec::new();
    }
    let listed = Command::new("ssh-add")
        .arg("-L")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let text = listed.ok().filter(|done| done.status.success());
    let text = text.map(|done| String::from_utf8_lossy(&done.stdout).into_owned());
    text.iter()
        .flat_map(|text| text.lines())
        .filter_map(public_file)
        .collect()
}

/// Keeps a public key where `ssh-keygen -f` finds it; the agent has the other half.
fn public_file(line: &str) -> Option<PathBuf> {
    let key = ssh_key::PublicKey::from_openssh(line.trim()).ok()?;
    let name = crate::promotion::Sha256::of(line.trim().as_bytes()).to_string();
    let directory = dirs::data_dir().ok()?.join("keys");
    std::fs::create_dir_all(&directory).ok()?;
    let file = directory.join(format!("{}.pub", &name[..16]));
    if !file.exists() {
        std::fs::write(&file, key.to_openssh().ok()? + "\n").ok()?;
    }
    Some(file)
}

/// What a person may sign, with all of these keys together.
pub fn roles(keys: &[Key], principal: &str) -> Vec<Role> {
    let own = keys.iter().filter(|key| key.principal == principal);
    let mut roles: Vec<Role> = own.flat_map(|key| key.roles.clone()).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// Who sits here. By a key at hand; where there is none, by git's `user.email`.
pub fn me(ws: &Workspace, authority: &Authority) -> Result<Me, SignOffError> {
    let keys = keys(ws, authority, None)?;
    let mut me = Me::default();
    for key in &keys {
        me.add(&key.principal, &key.roles);
    }
    if me.principals.is_empty() {
        let email = email(ws);
        let lines = authority.keyring.entries.iter();
        for entry in lines.filter(|it| it.principal.eq_ignore_ascii_case(&email)) {
            me.add(&entry.principal, &entry.roles);
        }
    }
    Ok(me)
}

impl Me {
    fn add(&mut self, principal: &str, roles: &[Role]) {
        if !self.principals.iter().any(|it| it == principal) {
            self.principals.push(principal.to_owned());
        }
        for role in roles {
            if !self.roles.contains(role) {
                self.roles.push(*role);
            }
        }
    }

    /// What is asked of them for a module: as what they are to decide, and why, in words.
    pub(super) fn asked(
        &self,
        off: &SignOff,
        rules: &Rules,
        now: &Now<'_>,
        validated: bool,
    ) -> Option<(Role, String)> {
        let mine = |state: &&State| self.principals.contains(&state.principal);
        let stale = off
            .states
            .iter()
            .filter(mine)
            .find(|state| state.decision == Verb::Approve && !state.holds());
        if off.holds() || self.made(now) {
            return None;
        }
        if let Some(state) = stale.filter(|_| validated) {
            let why = state.reasons.first().map(|reason| reason.words());
            let why = why.unwrap_or_default();
            let why = format!("your approval as {} is stale: {why}", state.role);
            return Some((state.role, why));
        }
        if !validated {
            return None;
        }
        // Whoever rejected it waits for others, not others for them.
        let mut spoke = off.states.iter().filter(mine).filter(|it| it.holds());
        if spoke.clone().any(|it| it.decision == Verb::Reject) {
            return None;
        }
        let me = spoke.next().map(|it| &it.principal);
        let me = me.or(self.principals.first())?;
        let ethics = now.ethics_applies;
        let wanted = |role: &&Role| is_wanted(off, rules, ethics, me, **role);
        let mut roles = self.roles.iter().filter(|role| role.is_reviewer());
        let role = *roles.find(wanted)?;
        Some((role, format!("an approval as {role} is missing")))
    }

    fn made(&self, now: &Now<'_>) -> bool {
        self.principals.iter().any(|me| {
            now.authors
                .iter()
                .any(|author| author.eq_ignore_ascii_case(me))
        })
    }
}
