//! A first keyring, which lets nobody sign: it says how a line looks.

use std::path::{Path, PathBuf};

use super::{InitError, write_new};
use crate::config::sign_off::KEYRING;

/// The file.
const TEXT: &str = "\
# Who may sign promotions, and as what. One line for each key of each person:
#
#   PRINCIPAL namespaces=\"ROLE[,ROLE…]\"[,valid-after=\"…\"][,valid-before=\"…\"] KEY [COMMENT]
#
# PRINCIPAL  the one name of a person: the e-mail address they commit under
# ROLE       promotion-tech-v1@countersign, promotion-security-v1@countersign,
#            promotion-ethics-v1@countersign, promotion-owner-v1@countersign,
#            promotion-release-v1@countersign; a machine's key has
#            promotion-automation-v1@countersign and no other
# times      in UTC: 20270131Z or 202701311200Z
# KEY        the first two words of ~/.ssh/id_ed25519.pub
# COMMENT    further addresses that the person commits under
#
# ssh-keygen reads the same file (`allowed_signers`). Only what the base branch has here
# counts, so let nobody change it alone: name its owners in CODEOWNERS. `countersign
# doctor` says what is wrong with it; docs/sign-off.md has more.
#
# mara@example.org namespaces=\"promotion-tech-v1@countersign\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAdlrXn/rFXoK/dbghpsJI/vvaZeZZiENNkSxpWJV7Yd
";

/// Where one belongs, if nothing is there.
pub(super) fn missing(root: &Path) -> Option<PathBuf> {
    let path = root.join(KEYRING);
    path.symlink_metadata().is_err().then_some(path)
}

/// Writes it. Its directory is made where there is none, and never a link.
pub(super) fn write(path: &Path) -> Result<(), InitError> {
    let directory = path.parent().unwrap_or(path);
    match directory.symlink_metadata() {
        Ok(there) if there.is_dir() => {}
        Ok(_) => {
            return Err(InitError::Exists {
                path: directory.into(),
            });
        }
        Err(_) => std::fs::create_dir(directory).map_err(|error| InitError::Write {
            path: directory.into(),
            error,
        })?,
    }
    write_new(path, TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::review::Role;
    use crate::review::Keyring;

    #[test]
    fn it_lets_nobody_sign_until_somebody_says_so() {
        assert_eq!(Keyring::read(TEXT.as_bytes()).unwrap().entries, []);
        let last = TEXT.lines().last().unwrap();
        let line = last.strip_prefix("# ").unwrap();
        let ring = Keyring::read(line.as_bytes()).unwrap();
        assert_eq!(ring.entries[0].roles, [Role::Tech]);
        for role in Role::ALL {
            assert!(TEXT.contains(role.namespace()), "{role}");
        }
    }
}
