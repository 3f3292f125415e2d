//! Exports: exactly the tree, never the work tree, never outside.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use countersign::promotion::{ObjectId, RepoPath};
use countersign::repo::{ExportSummary, Repo, RepoError, export};
use git2::Oid;
use tokio_util::sync::CancellationToken;

use super::fixture::Fixture;

fn run(f: &Fixture, commit: Oid, dest: &Path) -> Result<ExportSummary, RepoError> {
    let repo = Repo::discover(f.path()).unwrap();
    let commit = ObjectId::from_hex(&commit.to_string()).unwrap();
    export(
        &repo,
        commit,
        dest,
        &mut |_, _| {},
        &CancellationToken::new(),
    )
}

/// A tree object as bytes: libgit2's builder refuses what an attacker would write.
fn raw_tree(f: &Fixture, entries: &[(&str, &[u8], Oid)]) -> Oid {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(mode.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(id.as_bytes());
    }
    f.git
        .odb()
        .unwrap()
        .write(git2::ObjectType::Tree, &bytes)
        .unwrap()
}

fn left_over(dir: &Path) -> Vec<String> {
    let names = std::fs::read_dir(dir).unwrap();
    names
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn exactly_the_tree() {
    let f = Fixture::new();
    f.write("a/b/c.py", "text\r\n")
        .write(".gitattributes", "*.py text eol=lf export-ignore\n")
        .write(b"a/caf\xe9", b"\xff\0\xfe")
        .write("run.sh", "#!/bin/sh\n");
    std::fs::set_permissions(
        f.path().join("run.sh"),
        std::fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    f.link("link", "a/b").link("a/up", "../run.sh");
    let commit = f.commit("all");
    f.write("a/b/c.py", "work tree").write("untracked", "");

    let out = tempfile::tempdir().unwrap();
    let dest = out.path().join("tree");
    let mut steps = Vec::new();
    let repo = Repo::discover(f.path()).unwrap();
    let id = ObjectId::from_hex(&commit.to_string()).unwrap();
    let summary = export(
        &repo,
        id,
        &dest,
        &mut |done, of| steps.push((done, of)),
        &CancellationToken::new(),
    )
    .unwrap();

    let committed = f.git.revparse_single("HEAD:a/b/c.py").unwrap().id();
    let expected = f.git.find_blob(committed).unwrap().content().to_vec();
    assert_eq!(std::fs::read(dest.join("a/b/c.py")).unwrap(), expected);
    assert_eq!(
        std::fs::read(dest.join(RepoPath::from_bytes(b"a/caf\xe9".to_vec()).to_fs())).unwrap(),
        b"\xff\0\xfe"
    );
    assert_eq!(
        std::fs::read_link(dest.join("link")).unwrap(),
        Path::new("a/b")
    );
    assert!(dest.join("link/c.py").exists());
    let mode = |name: &str| dest.join(name).metadata().unwrap().permissions().mode() & 0o111;
    assert_ne!(mode("run.sh"), 0);
    assert_eq!(mode("a/b/c.py"), 0);
    assert!(!dest.join("untracked").exists());
    assert!(!dest.join(".git").exists());
    assert_eq!(summary.files, 6);
    assert!(summary.neutralised.is_empty());
    assert_eq!(steps.last(), Some(&(4, 4)));
    assert_eq!(left_over(out.path()), ["tree"]);
}

#[test]
fn links_out_of_the_tree_become_text() {
    let f = Fixture::new();
    f.write("d/x", "")
        .link("passwd", "/etc/passwd")
        .link("d/up", "../../..")
        .link("d/in", "../d");
    // Harmless as text, outside when `d/in` is followed.
    f.link("e", "d/in/../../x");
    let commit = f.commit("links");
    let out = tempfile::tempdir().unwrap();
    let summary = run(&f, commit, &out.path().join("t")).unwrap();
    assert_eq!(
        summary.neutralised,
        ["d/up".into(), "e".into(), RepoPath::from("passwd")]
    );
    let passwd = out.path().join("t/passwd");
    assert!(passwd.symlink_metadata().unwrap().is_file());
    assert_eq!(std::fs::read(passwd).unwrap(), b"/etc/passwd");
}

#[test]
fn hostile_trees_write_nothing_at_all() {
    let f = Fixture::new();
    let outside = tempfile::tempdir().unwrap();
    let evil = f.git.blob(b"evil").unwrap();
    let link = f
        .git
        .blob(outside.path().to_str().unwrap().as_bytes())
        .unwrap();
    let inner = raw_tree(&f, &[("100644", b"x", evil)]);
    let deeper = raw_tree(&f, &[("40000", b"b", inner)]);
    let dotdot = raw_tree(&f, &[("40000", b"..", inner)]);
    let trees = [
        raw_tree(&f, &[("100644", b"..", evil)]),
        raw_tree(&f, &[("40000", b"..", inner)]),
        raw_tree(&f, &[("40000", b"a", dotdot)]),
        raw_tree(&f, &[("40000", b".GIT", inner)]),
        raw_tree(&f, &[("100644", b"a/../../x", evil)]),
        raw_tree(&f, &[("100644", b"/tmp/x", evil)]),
        // A link and a directory of the same name: a file below would go through the link.
        raw_tree(&f, &[("120000", b"a", link), ("40000", b"a", inner)]),
        raw_tree(&f, &[("120000", b"a", link), ("40000", b"a", deeper)]),
        raw_tree(&f, &[("100644", b"a", evil), ("100644", b"a", evil)]),
        raw_tree(&f, &[("160000", b"a", evil), ("40000", b"a", inner)]),
    ];
    for (at, tree) in trees.into_iter().enumerate() {
        let commit = f.commit_tree(tree, &[], "evil");
        let out = tempfile::tempdir().unwrap();
        let error = run(&f, commit, &out.path().join("t")).unwrap_err();
        assert!(
            matches!(error, RepoError::UnsafeName { .. }),
            "{at}: {error:?}"
        );
        assert!(left_over(out.path()).is_empty(), "{at}");
        assert!(left_over(outside.path()).is_empty(), "{at}");
    }
}

#[test]
fn submodules_are_empty_and_absent_contents_are_named() {
    let f = Fixture::new();
    let here = f.git.blob(b"here").unwrap();
    let gone = Oid::from_str("0123456789012345678901234567890123456789").unwrap();
    let tree = raw_tree(
        &f,
        &[
            ("100644", b"gone.py", gone),
            ("100644", b"here.py", here),
            ("160000", b"sub", gone),
        ],
    );
    let commit = f.commit_tree(tree, &[], "partial");
    let out = tempfile::tempdir().unwrap();
    let summary = run(&f, commit, &out.path().join("t")).unwrap();
    assert_eq!(summary.missing, [RepoPath::from("gone.py")]);
    assert_eq!(summary.submodules, [RepoPath::from("sub")]);
    assert!(left_over(&out.path().join("t/sub")).is_empty());
    assert_eq!(summary.files, 1);
    // The rest of the program lives with the same gap.
    assert!(super::fixture::paths(&f.open()).is_empty());
    assert_eq!(f.open().index().unwrap().paths().len(), 2);
}

#[test]
fn what_is_there_is_not_written_over_and_a_cancelled_export_leaves_nothing() {
    let f = Fixture::new();
    f.write("a.py", "").commit("a");
    let commit = f.git.head().unwrap().target().unwrap();
    let out = tempfile::tempdir().unwrap();
    assert!(matches!(
        run(&f, commit, out.path()),
        Err(RepoError::Io { .. })
    ));
    let cancel = CancellationToken::new();
    cancel.cancel();
    let repo = Repo::discover(f.path()).unwrap();
    let id = ObjectId::from_hex(&commit.to_string()).unwrap();
    let result = export(&repo, id, &out.path().join("t"), &mut |_, _| {}, &cancel);
    assert!(matches!(result, Err(RepoError::Cancelled)));
    assert!(left_over(out.path()).is_empty());
}
