//! What is compared with what.

use countersign::promotion::RepoPath;
use countersign::workflow::compare::{
    Against, Change, Content, FileDiff, ModuleDiff, Row, Side, against_choices, compare,
};

use super::place::{Place, Put, text};

fn file<'a>(diff: &'a ModuleDiff, path: &str) -> &'a FileDiff {
    let all: Vec<_> = diff.files.iter().map(|f| f.path().to_string()).collect();
    diff.files
        .iter()
        .find(|f| *f.path() == RepoPath::from(path))
        .unwrap_or_else(|| panic!("no {path} among {all:?}"))
}

const BODY: &str = "import os\n\n\ndef one():\n    return os.name\n\n\ndef two(a):\n    return a + 1\n\n\ndef three():\n    return 3\n";

fn against_base(place: &Place, module: &str) -> ModuleDiff {
    compare(&place.workspace(), &module.into(), &Against::Base).unwrap()
}

#[test]
fn every_kind_of_change_is_told() {
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("candidate/q/__init__.py", text("")),
            ("candidate/q/gone.py", text("GONE = 1\n")),
            ("candidate/q/old.py", text(BODY)),
            ("candidate/q/same.py", text("SAME = 1\n")),
            ("candidate/q/tool.py", text("TOOL = 1\n")),
            ("candidate/q/link.py", text("LINK = 1\n")),
            ("candidate/q/data.bin", text(b"\0\x01".to_vec())),
        ],
    );
    place.commit(
        "work",
        &[
            ("candidate/q/gone.py", Put::Nothing),
            ("candidate/q/old.py", Put::Nothing),
            ("candidate/q/new.py", text(BODY.replace("a + 1", "a + 2"))),
            (
                "candidate/q/tool.py",
                Put::Executable(b"TOOL = 1\n".to_vec()),
            ),
            ("candidate/q/link.py", Put::Link("/etc/passwd")),
            ("candidate/q/data.bin", text(b"\0\x02".to_vec())),
            ("candidate/q/added.py", text("A = 1")),
            ("candidate/q/sub", Put::Gitlink),
            (
                "candidate/q/big.bin",
                text("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12345\n"),
            ),
        ],
    );
    let diff = against_base(&place, "candidate/q");
    let change = |path: &str| file(&diff, path).change;
    assert_eq!(change("candidate/q/gone.py"), Change::Removed);
    assert_eq!(change("candidate/q/new.py"), Change::Renamed);
    assert_eq!(change("candidate/q/same.py"), Change::Unchanged);
    assert_eq!(change("candidate/q/tool.py"), Change::Mode);
    assert_eq!(change("candidate/q/link.py"), Change::Kind);
    assert_eq!(change("candidate/q/data.bin"), Change::Modified);
    assert_eq!(change("candidate/q/added.py"), Change::Added);
    assert_eq!(change("candidate/q/sub"), Change::Added);
    assert!(
        diff.files
            .iter()
            .all(|f| *f.path() != "candidate/q/old.py".into())
    );

    let renamed = file(&diff, "candidate/q/new.py");
    assert_eq!(
        renamed.left.as_ref().unwrap().path,
        "candidate/q/old.py".into()
    );
    assert_eq!(
        (renamed.rows.stats().added, renamed.rows.stats().removed),
        (1, 1)
    );
    let content = |path: &str| &file(&diff, path).right.as_ref().unwrap().content;
    assert!(matches!(content("candidate/q/link.py"), Content::Symlink(t) if t == b"/etc/passwd"));
    assert!(matches!(
        content("candidate/q/data.bin"),
        Content::Binary(_)
    ));
    assert!(matches!(content("candidate/q/sub"), Content::Gitlink));
    assert!(matches!(
        content("candidate/q/big.bin"),
        Content::Lfs { size: 12345, .. }
    ));
}

#[test]
fn renames_are_followed_into_and_out_of_the_module() {
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("scratch/idea.py", text(BODY)),
            (
                "candidate/q/leaves.py",
                text(BODY.replace("one", "uno").replace("os", "sys")),
            ),
            ("candidate/q/__init__.py", text("")),
        ],
    );
    place.commit(
        "work",
        &[
            ("scratch/idea.py", Put::Nothing),
            ("candidate/q/idea.py", text(BODY)),
            ("candidate/q/leaves.py", Put::Nothing),
            (
                "candidate/other/leaves.py",
                text(BODY.replace("one", "uno").replace("os", "sys")),
            ),
        ],
    );
    let diff = against_base(&place, "candidate/q");
    let came = file(&diff, "candidate/q/idea.py");
    assert_eq!(came.change, Change::Renamed);
    assert_eq!(came.left.as_ref().unwrap().path, "scratch/idea.py".into());
    let went = file(&diff, "candidate/other/leaves.py");
    assert_eq!(went.change, Change::Renamed);
    assert_eq!(
        went.left.as_ref().unwrap().path,
        "candidate/q/leaves.py".into()
    );
}

#[test]
fn the_first_lane_with_a_counterpart_is_the_default() {
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("candidate/q/a.py", text("A = 1\n")),
            ("candidate/lonely/a.py", text("A = 1\n")),
            ("lukhas/q/a.py", text("A = 0\n")),
            ("lukhas/q/only_there.py", text("B = 0\n")),
        ],
    );
    let ws = place.workspace();
    let choices = |module: &str| against_choices(&ws, &module.into()).unwrap();
    let target = |lane: &str| Against::Target(lane.into());
    assert_eq!(
        choices("candidate/q"),
        [target("lukhas"), Against::Base, target("core")]
    );
    assert_eq!(
        choices("candidate/lonely"),
        [Against::Base, target("core"), target("lukhas")]
    );

    let diff = compare(&ws, &"candidate/q".into(), &target("lukhas")).unwrap();
    assert_eq!(diff.left_path, "lukhas/q".into());
    let changed = file(&diff, "candidate/q/a.py");
    assert_eq!(changed.change, Change::Modified);
    assert_eq!(changed.left.as_ref().unwrap().path, "lukhas/q/a.py".into());
    assert_eq!(
        file(&diff, "lukhas/q/only_there.py").change,
        Change::Removed
    );

    let fresh = compare(&ws, &"candidate/q".into(), &target("core")).unwrap();
    assert!(fresh.files.iter().all(|f| f.change == Change::Added));
    let wrong = compare(&ws, &"candidate/q".into(), &target("nowhere")).unwrap_err();
    assert!(wrong.to_string().contains("core, lukhas"), "{wrong}");
}

#[test]
fn a_module_of_one_file_is_compared_with_one_file() {
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("candidate/one.py", text("A = 1\n")),
            ("core/one.py", text("A = 2\n")),
        ],
    );
    let ws = place.workspace();
    let diff = compare(
        &ws,
        &"candidate/one.py".into(),
        &Against::Target("core".into()),
    )
    .unwrap();
    assert_eq!(diff.files.len(), 1);
    assert_eq!(diff.files[0].change, Change::Modified);
    assert_eq!(
        diff.files[0].rows.rows(),
        [Row::Replace { left: 0, right: 0 }]
    );
}

#[test]
fn blocks_that_moved_are_followed_between_files() {
    let block = "def moved(a, b):\n    total = a + b\n    check(total)\n    return total\n";
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            (
                "candidate/q/a.py",
                text(format!(
                    "import x\n\n\n{block}\n\ndef stays():\n    return 1\n"
                )),
            ),
            ("candidate/q/b.py", text("import y\n")),
        ],
    );
    place.commit(
        "work",
        &[
            (
                "candidate/q/a.py",
                text("import x\n\n\ndef stays():\n    return 1\n"),
            ),
            ("candidate/q/b.py", text(format!("import y\n\n\n{block}"))),
        ],
    );
    let diff = against_base(&place, "candidate/q");
    let (a, b) = (
        file(&diff, "candidate/q/a.py"),
        file(&diff, "candidate/q/b.py"),
    );
    let from = a
        .moves
        .iter()
        .find(|m| m.side == Side::Left)
        .expect("a block that left");
    let to = b
        .moves
        .iter()
        .find(|m| m.side == Side::Right)
        .expect("a block that came");
    assert!(from.lines.len() >= 4);
    assert_eq!(to.lines, 3..7);
    assert_eq!(&diff.files[from.file].path(), &b.path());
    // Two lines alike are no block.
    let mut small = Place::new();
    small.commit(
        "main",
        &[
            ("candidate/q/a.py", text("one = 1\ntwo = 2\n")),
            ("candidate/q/b.py", text("")),
        ],
    );
    small.commit(
        "work",
        &[
            ("candidate/q/a.py", text("")),
            ("candidate/q/b.py", text("one = 1\ntwo = 2\n")),
        ],
    );
    assert!(
        against_base(&small, "candidate/q")
            .files
            .iter()
            .all(|f| f.moves.is_empty())
    );
}

#[test]
fn without_a_commit_or_a_base_it_says_so() {
    let place = Place::new();
    let ws = countersign::workflow::Workspace::open(place.path(), None).unwrap();
    let error = compare(&ws, &"candidate/q".into(), &Against::Base).unwrap_err();
    assert!(error.to_string().contains("no commit"), "{error}");
    let mut place = Place::new();
    place.commit("lonely", &[("candidate/q/a.py", text("A = 1\n"))]);
    let diff = against_base(&place, "candidate/q");
    assert!(diff.left.contains("no base"), "{}", diff.left);
    assert_eq!(diff.files[0].change, Change::Added);
}

#[test]
fn a_line_of_megabytes_and_many_lines_are_compared() {
    let long = "x = '".to_owned() + &"é".repeat(2_500_000) + "'\n";
    let many: String = (0..100_000)
        .map(|n| format!("value_{n} = compute({n})\n"))
        .collect();
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("candidate/q/long.py", text(long.clone())),
            ("candidate/q/many.py", text(many.clone())),
        ],
    );
    place.commit(
        "work",
        &[
            ("candidate/q/long.py", text(long.replacen("'\n", "è'\n", 1))),
            (
                "candidate/q/many.py",
                text(many.replace("compute(5", "evaluate(5")),
            ),
        ],
    );
    let diff = against_base(&place, "candidate/q");
    assert_eq!(file(&diff, "candidate/q/long.py").rows.rows().len(), 1);
    assert_eq!(
        file(&diff, "candidate/q/many.py").rows.stats().added,
        11_111
    );
}
