//! The keys of the team, which are worthless: whoever has Countersign has them.
//!
//! Each is made from a seed that stands here, so that the keyring, and with it every
//! commit, is the same on every machine. No program is needed to make them. The private
//! halves are put beside the repository, never into it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use git2::Repository;
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{LineEnding, PrivateKey};

use super::history::{ELIF, JONAS, MARA, NOOR, PRIYA, Person, TOMAS};
use super::{Demo, DemoError, File};
use crate::config::sign_off::KEYRING;
use crate::promotion::Sha256;
use crate::promotion::review::Role;
use crate::review::sshsig::fingerprint;

/// Reviews code and has written none of it, so that somebody is there to approve.
const INES: Person = Person {
    name: "Ines Duarte",
    email: "ines.duarte@example.org",
};
const SAMUEL: Person = Person {
    name: "Samuel Adeyemi",
    email: "samuel.adeyemi@example.org",
};
const HANNA: Person = Person {
    name: "Hanna Virtanen",
    email: "hanna.virtanen@example.org",
};
/// No person: it records what happened.
const BUILD: Person = Person {
    name: "the build",
    email: "build@example.org",
};

/// Who may sign what.
const HOLDERS: [(&Person, &[Role]); 10] = [
    (&INES, &[Role::Tech]),
    (&SAMUEL, &[Role::Security]),
    (&HANNA, &[Role::Ethics]),
    (&MARA, &[Role::Tech, Role::Owner, Role::Release]),
    (&TOMAS, &[Role::Owner]),
    (&PRIYA, &[Role::Owner]),
    (&JONAS, &[Role::Owner]),
    (&ELIF, &[Role::Owner]),
    (&NOOR, &[Role::Owner]),
    (&BUILD, &[Role::Automation]),
];

/// What stands in every private key.
const COMMENT: &str = "worthless: demo";

/// Puts the keys of the team beside the demo and has git sign with that of whoever sits
/// there. Gives the directory: `demo.keys` for `demo`, with a file for each person that
/// is called like their mail (`ines.duarte`). What is there already stays, if it is
/// the same.
pub fn keys(demo: &Demo) -> Result<PathBuf, DemoError> {
    let mut name = demo.path.as_os_str().to_owned();
    name.push(".keys");
    let directory = PathBuf::from(name);
    let io = |source| DemoError::Io {
        path: directory.clone(),
        source,
    };
    match DirBuilder::new().mode(0o700).create(&directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(io(error)),
        _ => {}
    }
    if !directory.symlink_metadata().map_err(io)?.is_dir() {
        return Err(DemoError::Occupied { path: directory });
    }
    for (person, _) in HOLDERS {
        let key = key(person).map_err(|error| io(io::Error::other(error)))?;
        let file = directory.join(local(person));
        let private = key.to_openssh(LineEnding::LF);
        let private = private.map_err(|error| io(io::Error::other(error)))?;
        let public = format!("{} {COMMENT}\n", public(&key));
        put(&file, private.as_bytes(), 0o600)?;
        put(&file.with_added_extension("pub"), public.as_bytes(), 0o644)?;
    }
    sign_with(&demo.path, &directory.join(local(&MARA))).map_err(|source| DemoError::Git {
        path: demo.path.clone(),
        source,
    })?;
    Ok(directory)
}

/// A new file with that content and mode. One that is there has to be the same.
fn put(path: &Path, content: &[u8], mode: u32) -> Result<(), DemoError> {
    let io = |source| DemoError::Io {
        path: path.into(),
        source,
    };
    let new = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path);
    match new {
        Ok(mut file) => file.write_all(content).map_err(io),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            match fs::read(path).map_err(io)? == content {
                true => Ok(()),
                false => Err(DemoError::Occupied { path: path.into() }),
            }
        }
        Err(error) => Err(io(error)),
    }
}

/// Only where nothing else was set up in this repository.
fn sign_with(repository: &Path, key: &Path) -> Result<(), git2::Error> {
    let mut config = Repository::open(repository)?
        .config()?
        .open_level(git2::ConfigLevel::Local)?;
    if config.get_entry("user.signingKey").is_err() {
        config.set_str("gpg.format", "ssh")?;
        config.set_str("user.signingKey", &key.to_string_lossy())?;
    }
    Ok(())
}

/// The keyring.
pub(super) fn keyring() -> Vec<File> {
    let mut text = String::from(
        "# Who may sign promotions, and as what. README.md has more.\n\
         # These keys are worthless: everybody who has Countersign has them.\n",
    );
    for (person, roles) in HOLDERS {
        let namespaces: Vec<_> = roles.iter().map(|role| role.namespace()).collect();
        // What cannot fail says so in the test.
        let Ok(key) = key(person) else { continue };
        text.push_str(&format!(
            "{} namespaces=\"{}\" {} {}\n",
            person.email,
            namespaces.join(","),
            public(&key),
            person.name
        ));
    }
    vec![File {
        path: KEYRING.into(),
        mode: 0o100644,
        content: text.into_bytes(),
    }]
}

/// The names of these keys, `SHA256:…`: whoever finds one in a real keyring should know.
pub fn worthless() -> impl Iterator<Item = String> {
    let keys = HOLDERS
        .into_iter()
        .filter_map(|(person, _)| key(person).ok());
    keys.map(|key| fingerprint(key.public_key().key_data()))
}

fn key(of: &Person) -> Result<PrivateKey, ssh_key::Error> {
    let seed = Sha256::of(format!("countersign demo, worthless: {}", of.email).as_bytes());
    let pair = Ed25519Keypair::from_seed(seed.as_bytes());
    PrivateKey::new(KeypairData::Ed25519(pair), COMMENT)
}

/// `ssh-ed25519 AAAA…`, without the comment.
fn public(key: &PrivateKey) -> String {
    let public = ssh_key::PublicKey::new(key.public_key().key_data().clone(), "");
    public.to_openssh().unwrap_or_default()
}

/// `ines.duarte`
fn local(of: &Person) -> &'static str {
    of.email
        .split_once('@')
        .map_or(of.email, |(local, _)| local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::Keyring;

    #[test]
    fn the_keyring_has_everybody() {
        let files = keyring();
        let ring = Keyring::read(&files[0].content).unwrap();
        assert_eq!(ring.entries.len(), HOLDERS.len());
        for (entry, (person, roles)) in ring.entries.iter().zip(HOLDERS) {
            assert_eq!(
                (entry.principal.as_str(), entry.roles.as_slice()),
                (person.email, roles)
            );
        }
        let known: Vec<_> = worthless().collect();
        assert!(
            ring.entries
                .iter()
                .all(|it| known.contains(&it.fingerprint()))
        );
    }

    #[test]
    fn what_somebody_put_there_stays() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let demo = super::super::build(&dir.path().join("demo"))?;
        let place = dir.path().canonicalize()?.join("demo.keys");
        assert_eq!(keys(&demo)?, place);
        assert_eq!(keys(&demo)?, place);
        fs::write(place.join("mara.lindqvist"), "mine")?;
        assert!(matches!(keys(&demo), Err(DemoError::Occupied { .. })));
        assert_eq!(fs::read(place.join("mara.lindqvist"))?, b"mine");
        fs::remove_dir_all(&place)?;
        std::os::unix::fs::symlink(dir.path(), &place)?;
        assert!(matches!(keys(&demo), Err(DemoError::Occupied { .. })));
        Ok(())
    }
}
