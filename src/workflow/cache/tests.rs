use std::fs;

use super::inventory::SCRATCH;
use super::*;
use crate::gates::cache::digest;
use crate::gates::scratch;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A cache with an entry of each age in days, all of the same size.
fn cache(ages: &[u64]) -> (tempfile::TempDir, SystemTime) {
    let dir = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    for age in ages {
        let key = digest(&age.to_le_bytes());
        store(dir.path()).keep(&key, age).unwrap();
        let file = dir.path().join("evidence/measures");
        let file = file.join(&key[..2]).join(&key[2..]);
        let file = fs::File::options().write(true).open(file).unwrap();
        file.set_modified(now - DAY * u32::try_from(*age).unwrap())
            .unwrap();
    }
    (dir, now)
}

fn kept(dir: &Path, ages: &[u64]) -> Vec<u64> {
    let store = store(dir);
    let there = |age: &&u64| store.get::<u64>(&digest(&age.to_le_bytes())).is_some();
    ages.iter().filter(there).copied().collect()
}

#[test]
fn what_was_of_no_use_for_longest_goes_first() {
    let ages = [1, 5, 40, 90];
    let (dir, now) = cache(&ages);
    let older = |days| Rules {
        older_than: Some(DAY * days),
        ..Rules::default()
    };
    let said = prune_in(
        dir.path(),
        Rules {
            dry_run: true,
            ..older(30)
        },
        now,
    );
    assert_eq!(said.removed[0].entries, 2);
    assert_eq!(kept(dir.path(), &ages), ages);
    let (dir, now) = cache(&ages);
    let done = prune_in(dir.path(), older(30), now);
    assert_eq!(done.removed, said.removed);
    assert_eq!(done.bytes, said.bytes);
    assert_eq!(kept(dir.path(), &ages), [1, 5]);

    let (dir, now) = cache(&ages);
    let all = Inventory::of(dir.path());
    let one = all.items[0].bytes;
    let fixed: u64 = all.fixed.iter().map(|held| held.bytes).sum();
    let rules = Rules {
        max_bytes: Some(fixed + 3 * one),
        ..Rules::default()
    };
    prune_in(dir.path(), rules, now);
    assert_eq!(kept(dir.path(), &ages), [1, 5, 40]);
    let all = Rules {
        all: true,
        ..Rules::default()
    };
    prune_in(dir.path(), all, now);
    assert_eq!(kept(dir.path(), &ages), [0; 0]);
}

#[test]
fn what_a_run_may_need_is_left_and_what_a_dead_one_left_goes() {
    let (dir, now) = cache(&[0, 3]);
    let scratches = dir.path().join(SCRATCH);
    let run = scratch::Scratch::create(&scratches).unwrap();
    let dead = scratches.join("17-dead");
    fs::create_dir_all(dead.join("run-1")).unwrap();
    fs::write(dead.join("lock"), "").unwrap();
    // Written since the run began.
    store(dir.path()).keep(&digest(b"new"), &7).unwrap();
    let rules = Rules {
        all: true,
        ..Rules::default()
    };
    let done = prune_in(dir.path(), rules, now);
    assert_eq!(store(dir.path()).get::<u32>(&digest(b"new")), Some(7));
    assert_eq!(kept(dir.path(), &[3]), [0; 0]);
    assert!(done.in_use >= 1);
    assert!(run.root().exists() && !dead.exists());
    drop(run);
    assert_eq!(prune_in(dir.path(), rules, now).in_use, 0);
    assert_eq!(store(dir.path()).get::<u32>(&digest(b"new")), None);
}

#[test]
fn what_tools_know_goes_where_no_run_may_use_it() {
    let (dir, now) = cache(&[]);
    let known = [
        format!("tools/compiled/{0}-{0}/usr/lib", "0a".repeat(8)),
        format!("tools/typeshed/{}/files", "0a".repeat(16)),
    ];
    for path in &known {
        fs::create_dir_all(dir.path().join(path)).unwrap();
    }
    let rules = Rules {
        all: true,
        ..Rules::default()
    };
    let run = scratch::Scratch::create(&dir.path().join(SCRATCH)).unwrap();
    assert_eq!(prune_in(dir.path(), rules, now).in_use, 2);
    assert!(known.iter().all(|path| dir.path().join(path).exists()));
    drop(run);
    let done = prune_in(dir.path(), rules, now);
    assert_eq!(
        (done.removed[0].kind, done.removed[0].entries),
        (Kind::Compiled, 2)
    );
    assert!(!known.iter().any(|path| dir.path().join(path).exists()));
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let (dir, now) = cache(&[]);
    let mine = [
        "notes.txt",
        "tools/hammer/handle",
        "trees/oak-1-x/leaf",
        "imports/wine.bin",
        "evidence/measures/ab/photo.png",
        "evidence/measures/zz/photo.png",
        "scratch/pad/page",
        "tools/compiled/notes/page",
        "tools/typeshed/notes/page",
    ];
    for file in mine {
        let file = dir.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "mine").unwrap();
    }
    let rules = Rules {
        all: true,
        older_than: Some(Duration::ZERO),
        max_bytes: Some(0),
        dry_run: false,
    };
    prune_in(dir.path(), rules, now + DAY);
    for file in mine {
        assert!(dir.path().join(file).exists(), "{file}");
    }
}
