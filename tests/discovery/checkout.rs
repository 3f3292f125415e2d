//! Checkouts that are used again are what an export would be, whatever was done to them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use countersign::promotion::ObjectId;
use countersign::repo::{Checkout, ExportSummary, Pool, Repo, export};
use git2::Oid;
use tokio_util::sync::CancellationToken;

use super::fixture::Fixture;

struct Trees {
    f: Fixture,
    repo: Repo,
    dir: tempfile::TempDir,
    pool: Pool,
}

impl Trees {
    fn new() -> (Self, Oid) {
        let f = Fixture::new();
        f.write("a.py", "a = 1\n").write("p/b.py", "b = 2\n");
        f.write("p/q/c.py", "c = 3\n").write("data.json", "{}\n");
        f.link("inside", "p/b.py").link("outside", "/etc/passwd");
        let commit = f.commit("one");
        let repo = Repo::discover(f.path()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let pool = Pool::new(dir.path().join("trees"), &repo);
        let trees = Self { f, repo, dir, pool };
        (trees, commit)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn check_out(&self, commit: Oid, name: &str) -> (ExportSummary, Checkout) {
        let commit = ObjectId::from_hex(&commit.to_string()).unwrap();
        let cancel = CancellationToken::new();
        let made = self
            .pool
            .checkout(&self.repo, commit, &self.at(name), &mut |_, _| {}, &cancel);
        let (summary, checkout) = made.unwrap();
        (
            summary,
            checkout.expect("the temporary directory has change times"),
        )
    }

    /// Checks out again and holds it against a fresh export.
    fn holds(&self, commit: Oid, name: &str) -> Checkout {
        let (summary, checkout) = self.check_out(commit, name);
        let fresh = self.at(&format!("fresh-{name}"));
        let id = ObjectId::from_hex(&commit.to_string()).unwrap();
        let cancel = CancellationToken::new();
        let expected = export(&self.repo, id, &fresh, &mut |_, _| {}, &cancel).unwrap();
        assert_eq!(summary, expected);
        assert_eq!(content(&self.at(name)), content(&fresh));
        checkout
    }
}

/// Every path with its kind, rights and content.
fn content(root: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            let what = if meta.is_dir() {
                open.push(path.clone());
                Vec::new()
            } else if meta.is_symlink() {
                fs::read_link(&path)
                    .unwrap()
                    .into_os_string()
                    .into_encoded_bytes()
            } else {
                fs::read(&path).unwrap()
            };
            let relative = path.strip_prefix(root).unwrap().to_owned();
            all.insert(relative, (meta.mode(), what));
        }
    }
    all
}

#[test]
fn what_is_unchanged_is_not_written_again() {
    let (trees, one) = Trees::new();
    let (_, checkout) = trees.check_out(one, "first");
    let inode = |at: &str| trees.at(at).symlink_metadata().unwrap().ino();
    let b = inode("first/p/b.py");
    trees.pool.give_back(checkout);
    assert!(!trees.at("first").exists());
    trees.f.write("a.py", "a = 2\n").remove("p/q");
    trees.f.write("new/d.py", "d = 4\n");
    let two = trees.f.commit("two");
    trees.holds(two, "second");
    assert_eq!(inode("second/p/b.py"), b);
    // (No say on its inode: a file system may give the same number again.)
    assert_eq!(fs::read(trees.at("second/a.py")).unwrap(), b"a = 2\n");
}

/// What a test suite may do to its checkout, and worse.
#[test]
fn nothing_that_was_done_to_a_checkout_is_left() {
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("keep"), "mine").unwrap();
    let away = secret.path().to_owned();
    let kept = away.join("second-name");
    type Deed = Box<dyn Fn(&Path)>;
    let deeds: Vec<(&str, Deed)> = vec![
        (
            "other content",
            Box::new(|t| fs::write(t.join("a.py"), "a = 10\n").unwrap()),
        ),
        (
            "same size and time",
            Box::new(|t| {
                let file = t.join("a.py");
                let before = fs::metadata(&file).unwrap().modified().unwrap();
                fs::write(&file, "a = 9\n").unwrap();
                let file = fs::File::options().write(true).open(&file).unwrap();
                file.set_modified(before).unwrap();
            }),
        ),
        (
            "removed",
            Box::new(|t| fs::remove_dir_all(t.join("p")).unwrap()),
        ),
        (
            "other rights",
            Box::new(|t| {
                let set = |name: &str, mode| {
                    fs::set_permissions(t.join(name), fs::Permissions::from_mode(mode)).unwrap();
                };
                set("a.py", 0o755);
                set("p/q", 0o000);
                set("p", 0o000);
            }),
        ),
        (
            "more files",
            Box::new(|t| {
                fs::create_dir_all(t.join("p/__pycache__/x")).unwrap();
                fs::write(t.join("p/__pycache__/x/y"), "").unwrap();
                fs::write(t.join("conftest.py"), "").unwrap();
            }),
        ),
        (
            "a link for a directory",
            Box::new({
                let away = away.clone();
                move |t| {
                    fs::remove_dir_all(t.join("p")).unwrap();
                    symlink(&away, t.join("p")).unwrap();
                }
            }),
        ),
        (
            "a link for the whole",
            Box::new({
                let away = away.clone();
                move |t| {
                    fs::rename(t, t.with_extension("moved")).unwrap();
                    symlink(&away, t).unwrap();
                }
            }),
        ),
        (
            "a second name",
            Box::new(move |t| fs::hard_link(t.join("a.py"), &kept).unwrap()),
        ),
        (
            "a file for the whole",
            Box::new(|t| {
                fs::remove_dir_all(t).unwrap();
                fs::write(t, "").unwrap();
            }),
        ),
    ];
    let (trees, one) = Trees::new();
    let (_, mut checkout) = trees.check_out(one, "0");
    for (n, (deed, does)) in deeds.iter().enumerate() {
        println!("{deed}");
        does(&trees.at(&n.to_string()));
        trees.pool.give_back(checkout);
        checkout = trees.holds(one, &(n + 1).to_string());
        assert_eq!(fs::read(away.join("keep")).unwrap(), b"mine", "{deed}");
    }
    assert_ne!(
        fs::metadata(away.join("second-name")).unwrap().ino(),
        fs::metadata(trees.at(&deeds.len().to_string()).join("a.py"))
            .unwrap()
            .ino()
    );
}

#[test]
fn a_pool_that_is_damaged_is_only_slower() {
    let (trees, one) = Trees::new();
    let (_, checkout) = trees.check_out(one, "first");
    trees.pool.give_back(checkout);
    let slot = fs::read_dir(trees.at("trees"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    fs::write(slot.path().join("manifest"), "[").unwrap();
    let checkout = trees.holds(one, "second");
    trees.pool.give_back(checkout);
    let slot = fs::read_dir(trees.at("trees"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    fs::remove_dir_all(slot.path().join("tree")).unwrap();
    trees.holds(one, "third");
}

#[test]
fn several_at_once_never_have_the_same() {
    let (trees, one) = Trees::new();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let trees = &trees;
            let (pool, repo) = (trees.pool.clone(), trees.repo.clone());
            let at = trees.at(&format!("at-{n}"));
            scope.spawn(move || {
                let id = ObjectId::from_hex(&one.to_string()).unwrap();
                let cancel = CancellationToken::new();
                for round in 0..10 {
                    let made = pool.checkout(&repo, id, &at, &mut |_, _| {}, &cancel);
                    let (_, checkout) = made.unwrap();
                    assert_eq!(fs::read(at.join("a.py")).unwrap(), b"a = 1\n");
                    fs::write(at.join("a.py"), format!("a = {n}{round}\n")).unwrap();
                    let mine = fs::read_to_string(at.join("a.py")).unwrap();
                    assert_eq!(mine, format!("a = {n}{round}\n"));
                    pool.give_back(checkout.unwrap());
                }
            });
        }
    });
    // And no more are kept than a machine needs.
    assert!(fs::read_dir(trees.at("trees")).unwrap().count() <= 8);
}
