//! Rewritten importers are run by the real Python before and after a move: where
//! nothing is left for a person, the outcome must be the same.
#![allow(clippy::unwrap_used)]

mod forms;
mod tree;

use countersign::promotion::impact::Class;
use countersign::promotion::{Relocation, RepoPath};
use countersign::python::{Rewriter, Rewriting};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tree::Tree;

/// A lane, its target, and what the package around may be like.
#[derive(Clone, Debug)]
struct Layout {
    from: &'static str,
    to: &'static str,
    lane: &'static str,
    /// Without an `__init__.py` in the lane.
    namespace: bool,
    /// What the lane's `__init__.py` says.
    init: &'static str,
}

fn layouts() -> impl Strategy<Value = Layout> {
    let moves = prop::sample::select(vec![
        ("candidate/q", "core/q", "candidate"),
        ("candidate/q", "core/deep/q", "candidate"),
        ("candidate/q", "q", "candidate"),
        ("candidate/q", "core/z", "candidate"),
        ("pkg/sandbox/q", "pkg/q", "pkg/sandbox"),
        ("pkg/sandbox/q", "pkg/stable/q", "pkg/sandbox"),
    ]);
    let inits = prop::sample::select(vec![
        "",
        "from . import q\n",
        "from .q import NAME\nfrom .other import g\n",
        "from .q import *\n",
        "from .q.a import f as q_f; from . import other\n",
        "def late():\n    from . import q\n    return q\n",
    ]);
    (moves, any::<bool>(), inits).prop_map(|((from, to, lane), namespace, init)| Layout {
        from,
        to,
        lane,
        namespace,
        init,
    })
}

/// The whole tree: the lane, the module in it, and importers everywhere.
fn build(layout: &Layout, chosen: &[usize], inner: &[usize], endings: usize) -> Tree {
    let mut tree = Tree::default();
    let lane = layout.lane;
    for part in ["pkg", "pkg/stable", "core", "core/deep"] {
        let keep =
            part.starts_with(layout.lane.split('/').next().unwrap()) || part.starts_with("core");
        if keep && !(layout.namespace && part != "pkg") {
            tree.add(&format!("{part}/__init__.py"), "");
        }
    }
    tree.add("core/kept.py", "K = 'kept'\n");
    if !layout.namespace {
        tree.add(&format!("{lane}/__init__.py"), layout.init);
    }
    tree.add(&format!("{lane}/other.py"), "def g():\n    return 'g'\n");
    tree.add(&format!("{lane}/qq.py"), "def f():\n    return 'qq'\n");
    let module = layout.from;
    let dotted = lane.replace('/', ".");
    tree.add(
        &format!("{module}/__init__.py"),
        "NAME = 'q'\n__all__ = ['NAME']\n",
    );
    tree.add(
        &format!("{module}/a.py"),
        "class T: pass\ndef f():\n    return 'f'\n",
    );
    tree.add(&format!("{module}/sub/__init__.py"), "");
    tree.add(
        &format!("{module}/sub/b.py"),
        "from ..a import f\ndef h():\n    return 'h' + f()\n",
    );
    for (at, form) in chosen.iter().enumerate() {
        let source = forms::outside(*form, &dotted);
        tree.add(
            &format!("top/i{at}.py"),
            &forms::ending(&source, endings + at),
        );
        tree.add(&format!("core/i{at}.py"), &source);
        tree.add(&format!("{lane}/i{at}.py"), &source);
        tree.add(&format!("{lane}/r{at}.py"), &forms::beside(*form));
    }
    for (at, form) in inner.iter().enumerate() {
        let source = forms::inside(*form, &dotted);
        tree.add(&format!("{module}/sub/n{at}.py"), &source);
    }
    tree
}

/// Rewrites every file and moves the module.
fn moved(tree: &Tree, relocation: &Relocation) -> (Tree, Vec<(RepoPath, Rewriting)>) {
    let index = tree.index();
    let read = |path: &RepoPath| tree.files.get(path).cloned();
    let rewriter = Rewriter::new(&index, relocation, &read);
    let mut after = Tree::default();
    let mut all = Vec::new();
    for (path, source) in &tree.files {
        let rewriting = rewriter.python(path, source);
        let new = countersign::promotion::impact::apply(source, &rewriting.edits);
        after.files.insert(relocation.after(path), new);
        all.push((path.clone(), rewriting));
    }
    (after, all)
}

/// The same cases on every machine: no commit fails for what it did not change.
/// `PROPTEST_RNG_SEED=N` looks for others.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: 20,
        max_shrink_iters: 40,
        rng_seed: match usual.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            asked => asked,
        },
        ..usual
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_importer_works_after_the_move(
        layout in layouts(),
        chosen in proptest::collection::vec(0..forms::OUTSIDE, 8),
        inner in proptest::collection::vec(0..forms::INSIDE, 4),
        endings in 0usize..4,
    ) {
        let tree = build(&layout, &chosen, &inner, endings);
        let relocation = Relocation::new(layout.from.into(), layout.to.into());
        let (after, all) = moved(&tree, &relocation);
        let names: Vec<RepoPath> = tree.files.keys().cloned().collect();
        let before_run = tree.run(&names);
        let new_names: Vec<RepoPath> = names.iter().map(|path| relocation.after(path)).collect();
        let after_run = after.run(&new_names);
        for ((path, rewriting), name) in all.iter().zip(&names) {
            let left = rewriting.references.iter().any(|it| {
                it.class == Class::Left && it.why != "it is prose"
            });
            if left {
                continue;
            }
            let (was, is) = (&before_run[name], &after_run[&relocation.after(name)]);
            prop_assert_eq!(
                was, is,
                "{} of {:?}\n--- before\n{}\n--- after\n{}",
                path, layout,
                String::from_utf8_lossy(&tree.files[path]),
                String::from_utf8_lossy(&after.files[&relocation.after(path)])
            );
        }
        // What is not touched by an edit is the same, byte for byte.
        for (path, rewriting) in &all {
            for edit in &rewriting.edits {
                prop_assert!(edit.range.end <= tree.files[path].len());
            }
        }
    }

}

proptest! {
    #[test]
    fn a_move_to_where_it_is_changes_nothing(
        layout in layouts(),
        chosen in proptest::collection::vec(0..forms::OUTSIDE, 8),
        inner in proptest::collection::vec(0..forms::INSIDE, 4),
        endings in 0usize..4,
    ) {
        let tree = build(&layout, &chosen, &inner, endings);
        let relocation = Relocation::new(layout.from.into(), layout.from.into());
        let (after, _) = moved(&tree, &relocation);
        for (path, source) in &tree.files {
            prop_assert_eq!(
                String::from_utf8_lossy(&after.files[path]),
                String::from_utf8_lossy(source),
                "{}", path
            );
        }
    }
}

#[test]
fn every_form_is_tried_and_most_are_rewritten() {
    let layout = Layout {
        from: "candidate/q",
        to: "core/q",
        lane: "candidate",
        namespace: false,
        init: "",
    };
    let all: Vec<usize> = (0..forms::OUTSIDE).collect();
    let inner: Vec<usize> = (0..forms::INSIDE).collect();
    let tree = build(&layout, &all, &inner, 0);
    let relocation = Relocation::new(layout.from.into(), layout.to.into());
    let (after, rewritten) = moved(&tree, &relocation);
    let names: Vec<RepoPath> = tree.files.keys().cloned().collect();
    let before_run = tree.run(&names);
    let new_names: Vec<RepoPath> = names.iter().map(|path| relocation.after(path)).collect();
    let after_run = after.run(&new_names);
    let mut left = Vec::new();
    for (path, rewriting) in &rewritten {
        let why: Vec<&str> = rewriting.left().map(|it| it.why.as_str()).collect();
        if why.iter().any(|why| *why != "it is prose") {
            left.push(format!("{path}: {}", why.join("; ")));
            continue;
        }
        assert_eq!(before_run[path][0], "ok", "{path}: {:?}", before_run[path]);
        assert_eq!(
            before_run[path],
            after_run[&relocation.after(path)],
            "{path}\n{}",
            String::from_utf8_lossy(&after.files[&relocation.after(path)])
        );
    }
    let shown = left.join("\n");
    assert!(
        left.len() * 4 <= rewritten.len(),
        "{} of {}:\n{shown}",
        left.len(),
        rewritten.len()
    );
    println!("{} of {} left:\n{shown}", left.len(), rewritten.len());
}
