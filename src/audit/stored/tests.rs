//! A branch that is not cut as logs are, by somebody who can write there what they like.

use git2::{ObjectType, Oid, Repository, Signature};

use super::super::store::{LOG, MODE, Store, StoreError};
use super::DIRECTORY;

struct Branch {
    dir: tempfile::TempDir,
    store: Store,
}

/// An entry of a tree: mode, name, object.
type Named<'a> = (i32, &'a str, Oid);

impl Branch {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Repository::init(dir.path()).unwrap();
        let store = Store::open(dir.path(), "promotion-audit").unwrap();
        Self { dir, store }
    }

    fn blob(&self, lines: usize) -> Oid {
        self.content("line\n".repeat(lines).as_bytes())
    }

    fn content(&self, content: &[u8]) -> Oid {
        self.store.repo().blob(content).unwrap()
    }

    /// A tree as it is told, in that order, though git would write no such thing.
    fn tree(&self, entries: &[Named<'_>]) -> Oid {
        let mut bytes = Vec::new();
        for (mode, name, object) in entries {
            bytes.extend(format!("{mode:o} {name}\0").into_bytes());
            bytes.extend(object.as_bytes());
        }
        let odb = self.store.repo().odb().unwrap();
        odb.write(ObjectType::Tree, &bytes).unwrap()
    }

    fn directory(&self, files: &[Named<'_>]) -> Oid {
        let files = self.tree(files);
        self.tree(&[(DIRECTORY, "000000", files)])
    }

    /// What is read of a branch with that root.
    fn read(&self, root: Oid) -> Result<Vec<u8>, StoreError> {
        let git = self.store.repo();
        let who = Signature::now("a", "a@example.org").unwrap();
        let root = git.find_tree(root).unwrap();
        let commit = git.commit(None, &who, &who, "x", &root, &[]).unwrap();
        git.reference("refs/heads/promotion-audit", commit, true, "x")
            .unwrap();
        self.store.tip().map(|tip| tip.log)
    }

    fn read_log(&self, mode: i32, log: Oid) -> Result<Vec<u8>, StoreError> {
        self.read(self.tree(&[(mode, LOG, log)]))
    }

    #[track_caller]
    fn refused(&self, what: &str, mode: i32, log: Oid) {
        let read = self.read_log(mode, log);
        assert!(
            matches!(read, Err(StoreError::NotALog { .. })),
            "{what}: {read:?}"
        );
    }
}

#[test]
fn what_is_cut_otherwise_is_no_log() {
    let branch = Branch::new();
    let (full, some) = (branch.blob(10), branch.blob(3));
    let file = |name, object| (MODE, name, object);
    let good = branch.directory(&[file("00", full), file("01", some)]);
    assert_eq!(branch.read_log(DIRECTORY, good).unwrap().len(), 65);
    let (nine, eleven, nothing) = (branch.blob(9), branch.blob(11), branch.blob(0));
    let torn = branch.content(&[b"line\n".repeat(9).as_slice(), b"line"].concat());
    let link = branch.content(b"01");
    let other = branch.tree(&[file("00", some)]);
    for (what, files) in [
        ("a gap", vec![file("00", full), file("02", some)]),
        ("no beginning", vec![file("01", some)]),
        (
            "twice",
            vec![file("00", full), file("00", full), file("01", some)],
        ),
        ("order", vec![file("01", full), file("00", some)]),
        ("another name", vec![file("00", full), file("1", some)]),
        ("one more", vec![file("00", some), file("README", some)]),
        ("not full", vec![file("00", nine), file("01", some)]),
        ("too full", vec![file("00", eleven), file("01", some)]),
        (
            "too full at the end",
            vec![file("00", full), file("01", eleven)],
        ),
        (
            "torn before the end",
            vec![file("00", torn), file("01", some)],
        ),
        (
            "nothing at the end",
            vec![file("00", full), file("01", nothing)],
        ),
        ("a link", vec![file("00", full), (0o120_000, "01", link)]),
        ("a program", vec![file("00", full), (0o100_755, "01", some)]),
        (
            "a submodule",
            vec![file("00", full), (0o160_000, "01", some)],
        ),
        (
            "a directory",
            vec![file("00", full), (DIRECTORY, "01", other)],
        ),
        ("no files", vec![]),
    ] {
        branch.refused(what, DIRECTORY, branch.directory(&files));
    }
    // The end may be unfinished, and a log may be of nothing.
    let open = branch.directory(&[file("00", torn)]);
    assert_eq!(branch.read_log(DIRECTORY, open).unwrap().len(), 49);
    let empty = branch.directory(&[file("00", nothing)]);
    assert_eq!(branch.read_log(DIRECTORY, empty).unwrap(), b"");
}

#[test]
fn directories_that_are_not_those_of_a_log_are_refused() {
    let branch = Branch::new();
    let (full, some) = (branch.blob(10), branch.blob(3));
    let names: Vec<String> = (0..101).map(|n| format!("{n:02}")).collect();
    let files = |n: usize| {
        let all: Vec<Named<'_>> = names[..n].iter().map(|it| (MODE, &**it, full)).collect();
        branch.tree(&all)
    };
    let (hundred, few) = (files(100), branch.tree(&[(MODE, "00", some)]));
    let of = |name, object| (DIRECTORY, name, object);
    let good = branch.tree(&[of("000000", hundred), of("000001", few)]);
    assert_eq!(branch.read_log(DIRECTORY, good).unwrap().len(), 5_015);
    for (what, directories) in [
        ("not full", vec![of("000000", files(99)), of("000001", few)]),
        (
            "too full",
            vec![of("000000", files(101)), of("000001", few)],
        ),
        ("a gap", vec![of("000000", hundred), of("000002", few)]),
        ("twice", vec![of("000000", hundred), of("000000", hundred)]),
        ("order", vec![of("000001", few), of("000000", hundred)]),
        (
            "a file",
            vec![of("000000", hundred), (MODE, "000001", some)],
        ),
        (
            "a submodule",
            vec![of("000000", hundred), (0o160_000, "000001", few)],
        ),
        ("another name", vec![of("0", few)]),
        ("nothing", vec![]),
    ] {
        branch.refused(what, DIRECTORY, branch.tree(&directories));
    }
    // The log itself.
    branch.refused("a link", 0o120_000, branch.content(b"/etc/passwd"));
    branch.refused("a submodule", 0o160_000, good);
    branch.refused("a program", 0o100_755, some);
    let both = branch.tree(&[(MODE, LOG, some), (DIRECTORY, LOG, good)]);
    assert!(matches!(branch.read(both), Err(StoreError::NotALog { .. })));
    assert!(branch.dir.path().exists());
}

/// What was written as one file is read, and cut when it is written next.
#[test]
fn a_log_of_before_is_read_and_goes_on() {
    let branch = Branch::new();
    let log = "line\n".repeat(2_345).into_bytes();
    let one = branch.content(&log);
    assert_eq!(branch.read_log(MODE, one).unwrap(), log);
    let end = branch.store.end().unwrap();
    assert_eq!((end.size(), end.torn(), end.tree()), (2_345, 0, None));
    let next = super::super::write::Next {
        was: end.commit,
        parent: end.commit,
        behind: &end,
        lines: b"more\n",
        checkpoint: None,
        message: "Go on",
        time: 0,
    };
    let mut turn = branch.store.turn().unwrap();
    branch.store.write(&mut turn, &next).unwrap();
    let now = branch.store.end().unwrap();
    assert_eq!(
        branch.store.all(&now).unwrap(),
        [&log[..], b"more\n"].concat()
    );
    assert!(now.tree().is_some() && now.size() == 2_346);
    assert_eq!(branch.store.common(&end, &now).unwrap(), 2_345);
}

/// Grown line by line, it has the objects that it has when it is written at once.
#[test]
fn however_it_grew_it_is_the_same() {
    let branch = Branch::new();
    let lines: Vec<String> = (0..1_012).map(|n| format!("line {n}\n")).collect();
    let mut commits = Vec::new();
    let mut at = 0;
    for step in [1, 8, 1, 1, 9, 11, 950, 18, 1, 1, 11].iter().cycle() {
        if at == lines.len() {
            break;
        }
        let next = (at + step).min(lines.len());
        let end = branch.store.end().unwrap();
        assert_eq!(end.size(), at as u64);
        let more = lines[at..next].concat();
        let write = super::super::write::Next {
            was: end.commit,
            parent: end.commit,
            behind: &end,
            lines: more.as_bytes(),
            checkpoint: None,
            message: "x",
            time: 0,
        };
        let mut turn = branch.store.turn().unwrap();
        let written = branch.store.write(&mut turn, &write).unwrap();
        let tip = branch.store.tip().unwrap();
        assert_eq!(tip.log, lines[..next].concat().into_bytes());
        let whole = Branch::new();
        let nothing = whole.store.tip().unwrap();
        whole
            .store
            .replace(&nothing, &tip.log, None, "x", 0)
            .unwrap();
        assert_eq!(whole.store.end().unwrap().tree(), Some(written.tree));
        commits.push((next, written.commit));
        at = next;
    }
    // What any two of them have in common; and what a third has, that forked.
    for (a, one) in &commits {
        for (b, other) in &commits {
            let (one, other) = (branch.store.look_at(*one), branch.store.look_at(*other));
            let common = branch.store.common(&one.unwrap(), &other.unwrap()).unwrap();
            assert_eq!(common as usize, *a.min(b));
        }
    }
    let end = branch.store.end().unwrap();
    for fork in [0, 5, 9, 10, 11, 999, 1_000, 1_001, 1_011] {
        let mut forked = lines.clone();
        forked[fork] = "another\n".into();
        let other = Branch::new();
        let tip = other.store.tip().unwrap();
        let forked = forked.concat();
        other
            .store
            .replace(&tip, forked.as_bytes(), None, "x", 0)
            .unwrap();
        // The same objects, here.
        let tip = branch.store.tip().unwrap();
        branch
            .store
            .replace(&tip, forked.as_bytes(), None, "x", 0)
            .unwrap();
        let forked = branch.store.end().unwrap();
        assert_eq!(branch.store.common(&end, &forked).unwrap(), fork as u64);
        assert_eq!(branch.store.common(&forked, &end).unwrap(), fork as u64);
    }
}

#[test]
fn it_is_read_from_where_it_is_asked_for() {
    let branch = Branch::new();
    let lines: Vec<String> = (0..2_012).map(|n| format!("line {n}\n")).collect();
    let tip = branch.store.tip().unwrap();
    let log = [lines.concat().as_bytes(), b"torn"].concat();
    branch.store.replace(&tip, &log, None, "x", 0).unwrap();
    let end = branch.store.end().unwrap();
    assert_eq!((end.size(), end.torn()), (2_012, 4));
    for from in [0, 1, 9, 10, 999, 1_000, 1_995, 2_011, 2_012, 9_999] {
        let (start, bytes) = branch.store.from(&end, from).unwrap();
        assert!(start as u64 <= from && from.min(2_011) - (start as u64) < 10);
        assert_eq!(bytes, lines[start..].concat().as_bytes(), "{from}");
    }
}

/// A line that was not finished is taken away with its file, where it stands alone there.
#[test]
fn a_torn_end_leaves_nothing_behind() {
    for lines in [3, 10, 990, 1_000] {
        let branch = Branch::new();
        let whole = "line\n".repeat(lines).into_bytes();
        let tip = branch.store.tip().unwrap();
        let torn = [&whole[..], b"li"].concat();
        branch.store.replace(&tip, &torn, None, "x", 0).unwrap();
        let end = branch.store.end().unwrap();
        assert_eq!((end.size(), end.torn()), (lines as u64, 2));
        for more in [&b""[..], b"more\n"] {
            let now = branch.store.end().unwrap();
            let next = super::super::write::Next {
                was: now.commit,
                parent: now.commit,
                behind: &end,
                lines: more,
                checkpoint: None,
                message: "x",
                time: 0,
            };
            let mut turn = branch.store.turn().unwrap();
            branch.store.write(&mut turn, &next).unwrap();
            let read = branch.store.tip().unwrap().log;
            assert_eq!(read, [&whole[..], more].concat(), "{lines}");
        }
    }
}
