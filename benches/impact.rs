//! How long it takes to know what a move means. Prints medians and the slowest:
//!
//! ```text
//! COUNTERSIGN_BENCH_REPO=DIR COUNTERSIGN_BENCH_REV=REV cargo bench --bench impact
//! ```
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use countersign::promotion::ModuleId;
use countersign::workflow::{Workspace, impact};

/// So many modules are looked at, evenly spread over all of them.
const MODULES: usize = 60;

fn main() {
    let Some(path) = std::env::var_os("COUNTERSIGN_BENCH_REPO").map(PathBuf::from) else {
        println!("COUNTERSIGN_BENCH_REPO names no repository: nothing is measured");
        return;
    };
    let rev = std::env::var("COUNTERSIGN_BENCH_REV").ok();
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let open = || Workspace::open_caching(&path, rev.as_deref(), Some(cache.clone())).unwrap();

    report("import graph, cold", 3, || {
        let _ = std::fs::remove_dir_all(&cache);
        let index = open().index().unwrap();
        assert!(!index.reverse().is_empty());
    });
    report("import graph, from the cache", 5, || {
        open().index().unwrap().reverse();
    });
    let began = Instant::now();
    open().words().unwrap();
    line("words of all files, cold", began.elapsed());
    report("words of all files, from the cache", 5, || {
        drop(open().words().unwrap())
    });

    let ws = open();
    let (index, words) = (ws.index().unwrap(), ws.words().unwrap());
    index.reverse();
    drop(words);
    println!(
        "{} files, {} imports that lead to one",
        index.paths().len(),
        index.reverse().len()
    );
    let tree = ws.modules().unwrap();
    let ids: Vec<ModuleId> = tree.ids().collect();
    let step = (ids.len() / MODULES).max(1);
    let mut took: Vec<(Duration, String)> = Vec::new();
    let mut again: Vec<Duration> = Vec::new();
    for id in ids.iter().step_by(step) {
        let module = tree.get(*id).unwrap();
        let began = Instant::now();
        let found = impact::impact(&ws, module, None, false);
        let elapsed = began.elapsed();
        let Ok(found) = found else { continue };
        let began = Instant::now();
        drop(impact::impact(&ws, module, None, false));
        again.push(began.elapsed());
        let files = found.edits.len();
        let name = format!(
            "{} ({} files of its own, {} places, {files} files rewritten)",
            module.path,
            module.files,
            found.importers.len()
        );
        took.push((elapsed, name));
    }
    took.sort();
    let at = |part: usize| took[(took.len() - 1) * part / 100].0;
    println!("impact of {} modules, everything in memory:", took.len());
    line("  median", at(50));
    line("  9 of 10 within", at(90));
    for (elapsed, name) in took.iter().rev().take(3) {
        line("  slowest", *elapsed);
        println!("    {name}");
    }
    again.sort();
    println!("each of them looked at once more:");
    line("  median", again[again.len() / 2]);
    again
        .iter()
        .rev()
        .take(3)
        .for_each(|it| line("  slowest", *it));
    println!("peak memory: {} MB", peak());
}

/// The most memory this process had, in MB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kb = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kb.unwrap_or(0) / 1024
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
    println!("{what:<38}{:>10.1} ms", took.as_secs_f64() * 1e3);
}
