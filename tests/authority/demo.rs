//! The people of the demo, with their keys.

use super::*;

/// The demo with its people's keys.
fn demo_with_keys(dir: &Path) -> (demo::Demo, PathBuf) {
    let made = demo::build(&dir.join("demo")).unwrap();
    let keys = demo::keys(&made).unwrap();
    (made, keys)
}

#[test]
fn the_people_of_the_demo_sign_and_stock_openssh_believes_them() {
    let dir = tempfile::tempdir().unwrap();
    let (made, keys) = demo_with_keys(dir.path());
    let found = authority(&open(&made.path, None)).unwrap();
    let ring = dir.path().join("ring");
    fs::write(&ring, fs::read(made.path.join(KEYRING)).unwrap()).unwrap();
    assert_eq!(
        found.keyring.digest,
        Keyring::read(&fs::read(&ring).unwrap()).unwrap().digest
    );
    let mut roles = Vec::new();
    for entry in &found.keyring.entries {
        let file = keys.join(entry.principal.split('@').next().unwrap());
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        let role = entry.roles[0];
        let signer = Signer::open(&file).unwrap();
        let signature = signer.sign(b"x", role.namespace(), Ask::Nobody).unwrap();
        signature.check(b"x", role.namespace(), &entry.key).unwrap();
        assert!(openssh_believes(
            &ring,
            &file,
            &entry.principal,
            role.namespace()
        ));
        assert!(!openssh_believes(&ring, &file, &entry.principal, "file"));
        roles.extend(entry.roles.clone());
    }
    assert!(Role::ALL.iter().all(|role| roles.contains(role)));
    let directory = fs::metadata(&keys).unwrap().permissions().mode();
    assert_eq!(directory & 0o777, 0o700);
    // Nothing of them is in the repository.
    let status = Command::new("git")
        .arg("-C")
        .arg(&made.path)
        .args(["status", "--porcelain"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&status.stdout), "");
    assert!(!keys.starts_with(&made.path));
}

fn openssh_believes(ring: &Path, key: &Path, principal: &str, namespace: &str) -> bool {
    let message = ring.with_extension("message");
    fs::write(&message, "what was shown").unwrap();
    let signature = ring.with_extension("message.sig");
    let _ = fs::remove_file(&signature);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", namespace, "-f"])
        .arg(key)
        .arg(&message)
        .status()
        .expect("ssh-keygen (Debian: openssh-client)");
    assert!(made.success());
    Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", namespace, "-I", principal, "-f"])
        .arg(ring)
        .arg("-s")
        .arg(&signature)
        .stdin(fs::File::open(&message).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

#[test]
fn somebody_can_review_in_the_demo_who_wrote_none_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let made = demo::build(&dir.path().join("demo")).unwrap();
    let ws = open(&made.path, None);
    let found = authority(&ws).unwrap();
    let authors = countersign::repo::people::authors(
        ws.repo(),
        ws.base(),
        ws.commit().unwrap(),
        &"candidate/retry".into(),
    )
    .unwrap();
    assert!(authors.contains(&"mara.lindqvist@example.org".to_owned()));
    for role in [Role::Tech, Role::Security, Role::Ethics] {
        let free = found
            .holders(role, 0)
            .iter()
            .any(|who| !authors.contains(&(*who).to_owned()));
        assert!(free, "nobody is left to sign as {role}");
    }
    assert!(
        found
            .holders(Role::Tech, 0)
            .contains(&"mara.lindqvist@example.org")
    );
}

#[test]
fn the_demo_starts_without_openssh_and_says_where_its_keys_are() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("demo");
    let ran = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["demo", "--no-console", "--at"])
        .arg(&at)
        .env_clear()
        .env("HOME", dir.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(0), "{told}");
    let keys = dir.path().canonicalize().unwrap().join("demo.keys");
    assert!(
        told.contains(&format!("are in {}", keys.display())),
        "{told}"
    );
    assert!(keys.join("mara.lindqvist").is_file());
    let config = Repository::open(&at).unwrap().config().unwrap();
    let key = config.get_string("user.signingKey").unwrap();
    assert_eq!(PathBuf::from(key), keys.join("mara.lindqvist"));
    assert_eq!(config.get_string("gpg.format").unwrap(), "ssh");
}

#[test]
fn a_demo_whose_keys_cannot_be_put_anywhere_starts_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("demo.keys"), "mine").unwrap();
    let ran = countersign(
        dir.path(),
        dir.path(),
        &["demo", "--no-console", "--at", "demo"],
    );
    let told = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(0), "{told}");
    assert!(
        told.contains("nobody can sign in it, for want of keys"),
        "{told}"
    );
    assert_eq!(fs::read(dir.path().join("demo.keys")).unwrap(), b"mine");
}
