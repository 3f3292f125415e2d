//! Who imports what: Python's own `ast` over all files of a commit.

use std::path::Path;

use countersign::python::{Edge, ImportKind};
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
    let figures = compare(&demo, "HEAD");
    assert!(figures["edges"].as_u64().unwrap() > 10, "{figures}");
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
    }
}
