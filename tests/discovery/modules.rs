//! What counts as a module, and in which order.

use super::fixture::{Fixture, listed, paths};

fn lanes(f: &Fixture, lanes: &[(&str, &str)]) {
    let text: String = lanes
        .iter()
        .map(|(source, targets)| {
            format!("[[lanes]]\nsource = \"{source}\"\ntargets = [{targets}]\n")
        })
        .collect();
    f.write("countersign.toml", text);
}

#[test]
fn packages_namespaces_and_files_at_every_depth() {
    let f = Fixture::new();
    f.write("candidate/__init__.py", "")
        .write("candidate/z.py", "x = 1\n")
        .write("candidate/pkg/__init__.py", "")
        .write("candidate/pkg/b.py", "")
        .write("candidate/pkg-2/a.py", "")
        .write("candidate/deep/1/2/3/4/5/leaf.py", "")
        .write("candidate/docs/read.md", "")
        .write("candidate/stubs/only.pyi", "")
        .write("core/not_a_candidate.py", "");
    f.commit("all");
    assert_eq!(
        listed(&f.open()),
        [
            "candidate/deep Namespace 1",
            "candidate/deep/1 Namespace 1",
            "candidate/deep/1/2 Namespace 1",
            "candidate/deep/1/2/3 Namespace 1",
            "candidate/deep/1/2/3/4 Namespace 1",
            "candidate/deep/1/2/3/4/5 Namespace 1",
            "candidate/deep/1/2/3/4/5/leaf.py File 1",
            "candidate/pkg Package 2",
            "candidate/pkg/b.py File 1",
            "candidate/pkg-2 Namespace 1",
            "candidate/pkg-2/a.py File 1",
            "candidate/z.py File 1",
        ]
    );
    let tree = f.open().modules().unwrap();
    let leaf = tree
        .get(tree.find("candidate/deep/1/2/3/4/5/leaf.py").unwrap())
        .unwrap();
    assert_eq!(leaf.depth, 6);
    assert_eq!(leaf.parent, tree.find("candidate/deep/1/2/3/4/5"));
    assert_eq!(tree.modules().last().unwrap().bytes, 6);
}

#[test]
fn several_lanes_with_their_own_targets() {
    let f = Fixture::new();
    f.write("pkg/sandbox/a.py", "")
        .write("pkg/real.py", "")
        .write("exp/deep/c.py", "");
    lanes(
        &f,
        &[
            ("pkg/sandbox", "\"pkg\""),
            ("exp/deep", "\"core\", \"lukhas\""),
        ],
    );
    f.commit("all");
    assert_eq!(paths(&f.open()), ["pkg/sandbox/a.py", "exp/deep/c.py"]);
    let tree = f.open().modules().unwrap();
    assert_eq!(
        tree.modules().iter().map(|m| m.lane).collect::<Vec<_>>(),
        [0, 1]
    );
}

#[test]
fn a_lane_that_is_not_there_or_no_directory_holds_nothing() {
    let f = Fixture::new();
    f.write("candidate", "a file").commit("file");
    assert!(paths(&f.open()).is_empty());
}

#[test]
fn globs_include_and_exclude() {
    let f = Fixture::new();
    f.write("candidate/a/__init__.py", "")
        .write("candidate/a/old_x.py", "")
        .write("candidate/a/y.py", "")
        .write("candidate/b/__init__.py", "")
        .write("candidate/b/z.py", "");
    f.write(
        "countersign.toml",
        "[modules]\nexclude = [\"old_*.py\", \"candidate/b\"]\n",
    );
    f.commit("all");
    assert_eq!(
        listed(&f.open()),
        ["candidate/a Package 2", "candidate/a/y.py File 1"]
    );
    f.write(
        "countersign.toml",
        "[modules]\ninclude = [\"candidate/b\", \"y.py\"]\n",
    );
    assert_eq!(
        listed(&f.open()),
        [
            "candidate/a Package 1",
            "candidate/a/y.py File 1",
            "candidate/b Package 2",
            "candidate/b/z.py File 1"
        ]
    );
}

#[test]
fn names_are_bytes_and_links_are_not_followed() {
    let f = Fixture::new();
    f.write(b"candidate/caf\xe9.py", "")
        .write("candidate/\u{202e}yp.py", "")
        .write("candidate/a\u{1b}[2Jb/__init__.py", "");
    f.link("candidate/passwd.py", "/etc/passwd")
        .link("candidate/etc", "/etc");
    f.commit("hostile");
    let ws = f.open();
    let found = paths(&ws);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.contains(&"candidate/caf\\xe9.py".to_owned()));
    let tree = ws.modules().unwrap();
    for path in found {
        assert!(tree.find(&path).is_some(), "{path:?}");
    }
}

#[test]
fn renamed_files_stand_where_they_are_at_each_revision() {
    let f = Fixture::new();
    f.write("candidate/old.py", "x = 1\n").commit("old");
    f.remove("candidate/old.py")
        .write("candidate/new.py", "x = 1\n")
        .commit("new");
    assert_eq!(paths(&f.open()), ["candidate/new.py"]);
    assert_eq!(paths(&f.at("HEAD~1")), ["candidate/old.py"]);
    let same = |rev: &str| f.at(rev).modules().unwrap().modules()[0].object;
    assert_eq!(same("HEAD"), same("HEAD~1"));
}

#[test]
fn the_work_tree_has_no_say() {
    let f = Fixture::new();
    f.write("candidate/a.py", "").commit("a");
    f.write("candidate/untracked.py", "")
        .remove("candidate/a.py");
    assert_eq!(paths(&f.open()), ["candidate/a.py"]);
}
