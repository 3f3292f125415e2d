//! Who imports what: Python's own `ast` over all files of a commit.

use std::path::Path;

use countersign::promotion::{Module, Relocation, RepoPath};
use countersign::python::{Edge, ImportKind, Rewriter};
use countersign::workflow::Workspace;
use serde_json::{Value, json};

use crate::python;

/// Holds our edges against those of `ast`; the figures.
fn compare(repo: &Path, rev: &str) -> Value {
    let ws = Workspace::open_caching(repo, Some(rev), None).unwrap();
    let index = ws.index().unwrap();
    let is_statement =
        |edge: &Edge<'_>| !matches!(edge.import.kind, ImportKind::Text | ImportKind::Mention);
    let edges: Vec<Value> = index
        .edges()
        .filter(|(edge, _)| is_statement(edge))
        .map(|(edge, to)| {
            let import = edge.import;
            let name = match import.kind {
                ImportKind::Star => Some("*"),
                _ => import.name.as_deref(),
            };
            json!([
                edge.path,
                import.line,
                import.level,
                import.module,
                name,
                to
            ])
        })
        .collect();
    let roots: Vec<String> = index.roots().iter().map(ToString::to_string).collect();
    let asked = json!({ "repo": repo, "rev": rev, "roots": roots, "edges": edges });
    let told = python("imports.py", asked.to_string().as_bytes());
    let figures: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(figures["missing"], json!([]), "{figures}");
    assert_eq!(figures["invented"], json!([]), "{figures}");
    assert_eq!(figures["edges"], figures["ours"], "{figures}");
    figures
}

#[test]
fn imports_are_those_of_pythons_own_parser() {
    let dir = tempfile::tempdir().unwrap();
    let demo = dir.path().join("demo");
    countersign::workflow::demo::build(&demo).unwrap();
    assert!(nothing_changes(&demo, "HEAD") > 10);
    let figures = compare(&demo, "HEAD");
    assert!(figures["edges"].as_u64().unwrap() > 10, "{figures}");
}

/// Moves modules to where they are: no byte of any Python file may change. How
/// many files were looked at.
fn nothing_changes(repo: &Path, rev: &str) -> usize {
    let ws = Workspace::open_caching(repo, Some(rev), None).unwrap();
    let index = ws.index().unwrap();
    let tree = ws.modules().unwrap();
    let mut largest: Vec<&Module> = tree.modules().iter().collect();
    largest.sort_by_key(|module| std::cmp::Reverse(module.files));
    let read = |path: &RepoPath| ws.repo().read_blob(index.blob(path)?).ok();
    let mut looked = 0;
    for module in largest.into_iter().take(3) {
        let stays = Relocation::new(module.path.clone(), module.path.clone());
        let rewriter = Rewriter::new(&index, &stays, &read);
        for path in index.paths() {
            let source = read(path).unwrap();
            let edits = rewriter.python(path, &source).edits;
            assert!(edits.is_empty(), "{path}: {edits:?}");
            looked += 1;
        }
    }
    looked
}

/// The same of a real repository: `COUNTERSIGN_BENCH_REPO=DIR`, and revisions with
/// spaces between them in `COUNTERSIGN_BENCH_REV`.
#[test]
#[ignore = "wants a real repository"]
fn imports_of_a_real_repository() {
    let repo = std::env::var_os("COUNTERSIGN_BENCH_REPO").unwrap();
    let revs = std::env::var("COUNTERSIGN_BENCH_REV").unwrap_or_else(|_| "HEAD".into());
    for rev in revs.split_whitespace() {
        println!("{rev}: {}", compare(Path::new(&repo), rev));
        println!(
            "{rev}: {} files unchanged",
            nothing_changes(Path::new(&repo), rev)
        );
    }
}
