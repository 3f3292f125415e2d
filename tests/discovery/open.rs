//! Opening: every kind of repository, and every refusal with what to do.

use countersign::repo::{Repo, RepoError};
use countersign::workflow::{OpenError, Workspace};

use super::fixture::{Fixture, canonical, init, open, paths};

fn small() -> Fixture {
    let f = Fixture::new();
    f.write("candidate/a.py", "").commit("a");
    f
}

fn refusal(path: &std::path::Path, rev: Option<&str>) -> RepoError {
    match open(path, rev).map(|_| ()) {
        Err(OpenError::Repo(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn from_a_directory_below_the_root() {
    let f = small();
    let ws = open(&f.path().join("candidate"), None).unwrap();
    assert_eq!(canonical(ws.root()), canonical(f.path()));
    assert_eq!(ws.revision(), "main");
    assert!(ws.notices().is_empty());
    assert_eq!(paths(&ws), ["candidate/a.py"]);
}

#[test]
fn a_bare_clone() {
    let f = small();
    let dir = tempfile::tempdir().unwrap();
    let url = f.path().to_str().unwrap();
    git2::build::RepoBuilder::new()
        .bare(true)
        .clone(url, dir.path())
        .unwrap();
    let ws = open(dir.path(), None).unwrap();
    assert_eq!(canonical(ws.root()), canonical(dir.path()));
    assert_eq!(paths(&ws), ["candidate/a.py"]);
    assert!(!ws.is_checked_out());
}

#[test]
fn a_linked_work_tree_has_its_own_branch_and_changes() {
    let f = small();
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("linked");
    f.git.worktree("linked", &place, None).unwrap();
    std::fs::write(place.join("candidate/a.py"), "changed").unwrap();
    let ws = open(&place, None).unwrap();
    assert_eq!(ws.revision(), "linked");
    assert_eq!(canonical(ws.root()), canonical(&place));
    assert!(super::fixture::facts_of(&ws, "candidate/a.py").uncommitted);
    assert!(!super::fixture::facts_of(&f.open(), "candidate/a.py").uncommitted);
    assert_eq!(ws.repo().common_dir(), f.open().repo().common_dir());
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let inner = small();
    let outer = Fixture::new();
    outer.write("candidate/outer.py", "").commit("outer");
    let url = inner.path().to_str().unwrap();
    let mut submodule = outer
        .git
        .submodule(url, "candidate/inner".as_ref(), true)
        .unwrap();
    submodule.clone(None).unwrap();
    submodule.add_finalize().unwrap();
    outer.commit("inner");
    assert_eq!(paths(&outer.open()), ["candidate/outer.py"], "not followed");
    let ws = open(&outer.path().join("candidate/inner"), None).unwrap();
    assert_eq!(paths(&ws), ["candidate/a.py"]);
}

#[test]
fn a_detached_head_is_called_by_its_commit() {
    let f = small();
    let id = f.git.head().unwrap().target().unwrap();
    f.git.set_head_detached(id).unwrap();
    assert_eq!(f.open().revision(), &id.to_string()[..10]);
}

#[test]
fn without_a_commit() {
    let dir = tempfile::tempdir().unwrap();
    init(dir.path(), false);
    let ws = open(dir.path(), None).unwrap();
    assert_eq!(
        (ws.commit(), ws.base(), ws.revision()),
        (None, None, "main")
    );
    assert!(ws.modules().unwrap().is_empty());
    assert!(ws.index().unwrap().paths().is_empty());
    let error = ws.require_commit().unwrap_err();
    assert!(error.to_string().contains("git commit"), "{error}");
}

#[test]
fn what_is_no_repository_is_said_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let error = refusal(dir.path(), None);
    assert!(
        matches!(error, RepoError::NotARepository { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains(dir.path().to_str().unwrap()));
    assert!(error.to_string().contains("git init"));
    let error = refusal(&dir.path().join("absent"), None);
    assert!(matches!(error, RepoError::NoSuchPath { .. }), "{error:?}");
    assert!(error.is_usage());
}

#[test]
fn sha256_and_unknown_formats_are_refused_by_name() {
    let f = small();
    let mut config = f.git.config().unwrap();
    config.set_i32("core.repositoryformatversion", 1).unwrap();
    config.set_str("extensions.objectformat", "sha256").unwrap();
    let error = refusal(f.path(), None);
    assert!(matches!(error, RepoError::Sha256 { .. }), "{error:?}");
    config.set_str("extensions.objectformat", "sha1").unwrap();
    config.set_str("extensions.refstorage", "reftable").unwrap();
    let error = refusal(f.path(), None);
    assert!(matches!(error, RepoError::Unsupported { .. }), "{error:?}");
    assert!(error.to_string().contains("refstorage"), "{error}");
}

#[test]
fn a_revision_that_is_none() {
    let f = small();
    let error = refusal(f.path(), Some("no-such\u{1b}[2J"));
    assert!(
        matches!(error, RepoError::NoSuchRevision { .. }),
        "{error:?}"
    );
    assert!(!error.to_string().contains('\u{1b}'));
    let blob = f
        .git
        .revparse_single("HEAD:candidate/a.py")
        .unwrap()
        .id()
        .to_string();
    assert!(matches!(
        refusal(f.path(), Some(&blob)),
        RepoError::NoSuchRevision { .. }
    ));
}

#[test]
fn the_merge_base_is_with_the_base_branch() {
    let f = small();
    let left = f.git.head().unwrap().target().unwrap();
    f.write("core/x.py", "").commit("on main");
    let main = f.git.head().unwrap().target().unwrap();
    f.git.reference("refs/heads/work", left, true, "").unwrap();
    f.git.set_head("refs/heads/work").unwrap();
    f.check_out(left);
    f.write("candidate/b.py", "").commit("on work");
    let base = |ws: &Workspace| ws.base().unwrap().to_string();
    assert_eq!(base(&f.open()), left.to_string());
    assert_eq!(base(&f.at("main")), main.to_string());
    // Another base branch, configured.
    f.write("countersign.toml", "base = \"work\"\n");
    let work = f.git.head().unwrap().target().unwrap();
    assert_eq!(base(&f.open()), work.to_string());
}

#[test]
fn the_configuration_is_that_of_what_is_looked_at() {
    let f = Fixture::new();
    f.write("pkg/sandbox/a.py", "").write("lab/b.py", "");
    f.write(
        "countersign.toml",
        "[[lanes]]\nsource = \"pkg/sandbox\"\ntargets = [\"pkg\"]\n",
    );
    f.commit("sandbox");
    assert_eq!(paths(&f.open()), ["pkg/sandbox/a.py"]);
    f.write(
        "countersign.toml",
        "[[lanes]]\nsource = \"lab\"\ntargets = [\"pkg\"]\n",
    );
    let ws = f.open();
    assert_eq!(paths(&ws), ["lab/b.py"]);
    assert!(
        ws.notices()[0].contains("uncommitted"),
        "{:?}",
        ws.notices()
    );
    assert_eq!(paths(&f.at("HEAD")), ["pkg/sandbox/a.py"]);
    f.write("countersign.toml", "lane = 1\n");
    assert!(matches!(open(f.path(), None), Err(OpenError::Config(_))));
}

#[test]
fn objects_are_read_at_any_revision() {
    let f = small();
    f.write("candidate/a.py", "two").commit("two");
    let repo = Repo::discover(f.path()).unwrap();
    let read = |rev: &str| {
        let commit = repo.resolve(rev).unwrap();
        let entry = repo
            .entry(commit, &"candidate/a.py".into())
            .unwrap()
            .unwrap();
        repo.read_blob(entry.id).unwrap()
    };
    assert_eq!(
        (read("HEAD~1"), read("HEAD")),
        (b"".to_vec(), b"two".to_vec())
    );
    let commit = repo.resolve("HEAD").unwrap();
    assert!(
        repo.entry(commit, &"candidate/a.py/b".into())
            .unwrap()
            .is_none()
    );
    assert!(repo.walk(commit, &"absent".into()).unwrap().is_empty());
    assert_eq!(
        repo.walk(commit, &"candidate/a.py".into()).unwrap().len(),
        1
    );
}
