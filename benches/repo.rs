//! How long reading a repository takes. Prints medians:
//!
//! ```text
//! cargo bench --bench repo                       # a synthetic repository
//! COUNTERSIGN_BENCH_REPO=DIR COUNTERSIGN_BENCH_REV=REV cargo bench --bench repo
//! ```
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use countersign::repo::{Pool, export};
use countersign::workflow::{Workspace, triage};
use tokio_util::sync::CancellationToken;

/// As many candidate files as the largest repository looked at.
const FILES: usize = 2_359;

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let rev = std::env::var("COUNTERSIGN_BENCH_REV").ok();
    let path = match std::env::var_os("COUNTERSIGN_BENCH_REPO") {
        Some(path) => PathBuf::from(path),
        None => synthetic(&dir.path().join("repo")),
    };
    let cache = dir.path().join("cache");
    let open = || Workspace::open_caching(&path, rev.as_deref(), Some(cache.clone())).unwrap();

    let modules = open().modules().unwrap();
    println!("{} modules at {}", modules.len(), open().revision());
    report("open", 20, || drop(open()));
    report("open + modules", 20, || drop(open().modules().unwrap()));
    report("merge-base", 5, || {
        open().base();
    });
    report("index, cold", 3, || {
        let _ = std::fs::remove_dir_all(&cache);
        open().index().unwrap();
    });
    report("index, warm", 10, || drop(open().index().unwrap()));
    let ws = open();
    ws.index().unwrap();
    report("facts (index in memory)", 5, || {
        triage::facts(&ws, &modules, &CancellationToken::new(), &mut |_| {}).unwrap();
    });
    let mut first = None;
    let began = Instant::now();
    triage::facts(&open(), &modules, &CancellationToken::new(), &mut |_| {
        first.get_or_insert_with(|| began.elapsed());
    })
    .unwrap();
    line("first facts", first.unwrap_or_default());
    let mut at = 0;
    report("export", 3, || {
        at += 1;
        let dest = dir.path().join(format!("export-{at}"));
        let commit = ws.commit().unwrap();
        export(
            ws.repo(),
            commit,
            &dest,
            &mut |_, _| {},
            &CancellationToken::new(),
        )
        .unwrap();
    });
    let pool = Pool::new(dir.path().join("trees"), ws.repo());
    let again = || {
        let dest = dir.path().join("again");
        let (commit, cancel) = (ws.commit().unwrap(), CancellationToken::new());
        let made = pool.checkout(ws.repo(), commit, &dest, &mut |_, _| {}, &cancel);
        pool.give_back(made.unwrap().1.unwrap());
    };
    again();
    report("export, again", 3, again);
}

fn report(what: &str, times: usize, mut run: impl FnMut()) {
    let mut took: Vec<Duration> = (0..times)
        .map(|_| {
            let began = Instant::now();
            run();
            began.elapsed()
        })
        .collect();
    took.sort();
    line(what, took[times / 2]);
}

fn line(what: &str, took: Duration) {
    println!("{what:<26}{:>10.1} ms", took.as_secs_f64() * 1e3);
}

/// Packages five deep, a few thousand lines of history-free Python.
fn synthetic(path: &Path) -> PathBuf {
    let git = git2::Repository::init(path).unwrap();
    let mut index = git.index().unwrap();
    for n in 0..FILES {
        let package = format!("candidate/p{}/q{}/r{}", n % 40, n % 8, n % 3);
        let source = format!(
            "import os\nfrom candidate.p{}.q{} import r0\n\n{}",
            (n + 1) % 40,
            n % 8,
            (0..60)
                .map(|l| format!("def f{l}(x):\n    return x + {n}\n\n"))
                .collect::<String>()
        );
        add(&git, &mut index, &format!("{package}/m{n}.py"), &source);
        if n % 4 == 0 {
            add(&git, &mut index, &format!("{package}/__init__.py"), "");
            let test = format!("from {}.m{n} import f1\n", package.replace('/', "."));
            add(&git, &mut index, &format!("tests/test_m{n}.py"), &test);
        }
    }
    let tree = git.find_tree(index.write_tree_to(&git).unwrap()).unwrap();
    let who = git2::Signature::new("Ada", "ada@example.org", &git2::Time::new(0, 0)).unwrap();
    git.commit(Some("HEAD"), &who, &who, "all", &tree, &[])
        .unwrap();
    path.to_owned()
}

fn add(git: &git2::Repository, index: &mut git2::Index, path: &str, content: &str) {
    let entry = git2::IndexEntry {
        ctime: git2::IndexTime::new(0, 0),
        mtime: git2::IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: 0o100644,
        uid: 0,
        gid: 0,
        file_size: 0,
        id: git.blob(content.as_bytes()).unwrap(),
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    };
    index.add(&entry).unwrap();
}
