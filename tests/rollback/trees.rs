//! What is taken back, and what stays, of changes by lot on both sides.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use countersign::promotion::{ObjectId, RepoPath};
use countersign::repo::Repo;
use countersign::repo::revert::{self, Change, Made};
use proptest::prelude::*;

type Files = BTreeMap<String, String>;

/// Files of ten lines each: a change of one line leaves the others where they are.
fn file(lines: &[u8]) -> String {
    lines
        .iter()
        .enumerate()
        .map(|(at, line)| format!("{at}: {line}\n"))
        .collect()
}

fn commit(git: &git2::Repository, files: &Files, parent: Option<git2::Oid>) -> git2::Oid {
    let mut update = git2::build::TreeUpdateBuilder::new();
    for (path, content) in files {
        let blob = git.blob(content.as_bytes()).unwrap();
        update.upsert(path.as_str(), blob, git2::FileMode::Blob);
    }
    let empty = git.treebuilder(None).unwrap().write().unwrap();
    let empty = git.find_tree(empty).unwrap();
    let tree = git
        .find_tree(update.create_updated(git, &empty).unwrap())
        .unwrap();
    let who = git2::Signature::new("x", "x@x", &git2::Time::new(0, 0)).unwrap();
    let parent = parent.map(|it| git.find_commit(it).unwrap());
    let parents: Vec<_> = parent.iter().collect();
    git.commit(None, &who, &who, "x", &tree, &parents).unwrap()
}

fn files(repo: &Repo, tree: ObjectId) -> Files {
    fn walk(git: &git2::Repository, tree: &git2::Tree<'_>, at: &str, found: &mut Files) {
        for entry in tree {
            let path = format!("{at}{}", entry.name().unwrap());
            match entry.kind() {
                Some(git2::ObjectType::Tree) => {
                    let below = git.find_tree(entry.id()).unwrap();
                    walk(git, &below, &format!("{path}/"), found);
                }
                _ => {
                    let blob = git.find_blob(entry.id()).unwrap();
                    found.insert(path, String::from_utf8(blob.content().to_vec()).unwrap());
                }
            }
        }
    }
    let git = repo.open_git().unwrap();
    let mut found = Files::new();
    let tree = git.find_tree(countersign::repo::tree::oid(tree)).unwrap();
    walk(&git, &tree, "", &mut found);
    found
}

fn id(oid: git2::Oid) -> ObjectId {
    countersign::repo::tree::object_id(oid)
}

/// A change of one file: none, some lines, gone, or another one in its place.
#[derive(Clone, Debug)]
enum Edit {
    Lines(Vec<u8>),
    Gone,
}

/// What a promotion changes outside of the module, and what others change since: never
/// the same file. Then what is to come of it is plain.
#[derive(Clone, Debug)]
struct Case {
    inside: Vec<Vec<u8>>,
    outside: Vec<Vec<u8>>,
    /// By the promotion.
    rewritten: BTreeMap<usize, Edit>,
    /// Since, in the module.
    fixed: BTreeMap<usize, Edit>,
    /// Since, elsewhere.
    since: BTreeMap<usize, Edit>,
    new_inside: bool,
    new_outside: bool,
    made: bool,
}

fn edits(of: usize) -> impl Strategy<Value = BTreeMap<usize, Edit>> {
    let edit = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..12).prop_map(Edit::Lines),
        1 => Just(Edit::Gone),
    ];
    prop::collection::btree_map(0..of, edit, 0..of)
}

fn case() -> impl Strategy<Value = Case> {
    let contents = |many| prop::collection::vec(prop::collection::vec(any::<u8>(), 0..10), many);
    (
        contents(4),
        contents(6),
        edits(6),
        edits(4),
        edits(6),
        any::<(bool, bool, bool)>(),
    )
        .prop_map(
            |(inside, outside, rewritten, fixed, since, (a, b, c))| Case {
                inside,
                outside,
                rewritten,
                fixed,
                since,
                new_inside: a,
                new_outside: b,
                made: c,
            },
        )
}

fn at(directory: &str, nth: usize) -> String {
    match nth % 2 {
        0 => format!("{directory}/f{nth}.py"),
        _ => format!("{directory}/deep/f{nth}.py"),
    }
}

fn edited(files: &mut Files, path: String, edit: &Edit) {
    match edit {
        Edit::Lines(lines) => drop(files.insert(path, file(lines))),
        Edit::Gone => drop(files.remove(&path)),
    }
}

fn holds(case: &Case, dir: &Path) {
    let repo = Repo::discover(dir).unwrap();
    let git = repo.open_git().unwrap();
    let mut before = Files::from([("core/__init__.py".to_owned(), String::new())]);
    before.insert("candidate/__init__.py".into(), String::new());
    for (nth, lines) in case.outside.iter().enumerate() {
        before.insert(at("lib", nth), file(lines));
    }
    let outside = before.clone();
    for (nth, lines) in case.inside.iter().enumerate() {
        before.insert(at("candidate/m", nth), file(lines));
    }
    let mut after = outside.clone();
    for (nth, lines) in case.inside.iter().enumerate() {
        after.insert(at("core/m", nth), file(lines));
    }
    for (nth, edit) in &case.rewritten {
        edited(&mut after, at("lib", *nth), edit);
    }
    if case.made {
        after.insert("core/shim.py".into(), "made\n".into());
    }
    let mut now = after.clone();
    // What is to come of it: as before, with everything since.
    let mut expected = before.clone();
    let mut left = case.inside.len();
    for (nth, edit) in &case.fixed {
        // With its last file the module itself would be gone.
        if matches!(edit, Edit::Gone) {
            left -= 1;
            if left == 0 {
                continue;
            }
        }
        edited(&mut now, at("core/m", *nth), edit);
        edited(&mut expected, at("candidate/m", *nth), edit);
    }
    for (nth, edit) in &case.since {
        if !case.rewritten.contains_key(nth) {
            edited(&mut now, at("lib", *nth), edit);
            edited(&mut expected, at("lib", *nth), edit);
        }
    }
    if case.new_inside {
        now.insert("core/m/new/x.py".into(), "new\n".into());
        expected.insert("candidate/m/new/x.py".into(), "new\n".into());
    }
    if case.new_outside {
        now.insert("lib/new.py".into(), "new\n".into());
        expected.insert("lib/new.py".into(), "new\n".into());
    }
    let old = commit(&git, &before, None);
    let new = commit(&git, &after, Some(old));
    let tip = commit(&git, &now, Some(new));
    let change = Change {
        before: id(old),
        after: id(new),
    };
    let (from, to) = (RepoPath::from("candidate/m"), RepoPath::from("core/m"));
    let made = revert::applied(&repo, change.back(), (&to, &from), id(tip), &[]).unwrap();
    let Made::Tree(tree) = made else {
        panic!("{made:?}");
    };
    assert_eq!(files(&repo, tree), expected);

    // And forth again: what the promotion had made, with everything since.
    let back = commit(&git, &expected, Some(tip));
    let again = revert::applied(&repo, change, (&from, &to), id(back), &[]).unwrap();
    let Made::Tree(tree) = again else {
        panic!("{again:?}");
    };
    assert_eq!(files(&repo, tree), now);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn what_was_before_comes_back_and_what_came_since_stays(case in case()) {
        // One repository for all: commits that no reference names do not meet.
        static PLACE: OnceLock<tempfile::TempDir> = OnceLock::new();
        let place = PLACE.get_or_init(|| {
            let dir = tempfile::tempdir().unwrap();
            git2::Repository::init_bare(dir.path()).unwrap();
            dir
        });
        holds(&case, place.path());
    }
}

#[test]
fn what_both_changed_is_a_conflict_and_names_itself() {
    let dir = tempfile::tempdir().unwrap();
    git2::Repository::init_bare(dir.path()).unwrap();
    let repo = Repo::discover(dir.path()).unwrap();
    let git = repo.open_git().unwrap();
    let all = |module: &str, lib: &str, readme: &str| {
        Files::from([
            (format!("{module}/a.py"), "1\n".to_owned()),
            ("lib.py".to_owned(), lib.to_owned()),
            ("README.md".to_owned(), readme.to_owned()),
        ])
    };
    let old = commit(&git, &all("candidate/m", "a\n", "# R\n"), None);
    let new = commit(&git, &all("core/m", "b\n", "# R\n\n- m\n"), Some(old));
    let change = Change {
        before: id(old),
        after: id(new),
    };
    let (from, to) = (RepoPath::from("candidate/m"), RepoPath::from("core/m"));
    let undone = |files: &Files| {
        let tip = commit(&git, files, Some(new));
        revert::applied(
            &repo,
            change.back(),
            (&to, &from),
            id(tip),
            &["kept".into()],
        )
        .unwrap()
    };
    let conflict = |files: &Files| match undone(files) {
        Made::Conflict(paths) => paths.iter().map(ToString::to_string).collect(),
        Made::Tree(_) => Vec::new(),
    };
    let same = all("core/m", "c\n", "# R\n\n- m\n");
    assert_eq!(conflict(&same), ["lib.py"]);
    // Beside the paragraph somebody wrote another.
    let beside = all("core/m", "b\n", "# R\n\n- m\n- n\n");
    assert!(conflict(&beside).is_empty());
    // The paragraph itself was changed.
    let changed = all("core/m", "b\n", "# R\n\n- m, and more\n");
    assert_eq!(conflict(&changed), ["README.md"]);
    // Something new stands where it would go.
    let mut taken = all("core/m", "b\n", "# R\n\n- m\n");
    taken.insert("candidate/m/other.py".into(), "2\n".into());
    assert_eq!(conflict(&taken), ["candidate/m"]);
    // What is kept is kept.
    let mut kept = all("core/m", "b\n", "# R\n\n- m\n");
    kept.insert("kept".into(), "x".into());
    let Made::Tree(tree) = undone(&kept) else {
        panic!("a conflict");
    };
    assert_eq!(files(&repo, tree)["kept"], "x");
}
