//! The cache: many processes at once, damage of every kind, why a gate runs or
//! does not, and keeping it small.

#![allow(clippy::unwrap_used)]

mod gates_support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use gates_support::{CLEAN, Repo};
use serde_json::Value;

/// Gates that are quick, and work on either side of the merge-base.
const QUICK: [&str; 2] = ["--only", "compile,lint,format,imports"];

/// Every regular file below a directory of the store.
fn entries(repo: &Repo, kind: &str) -> Vec<PathBuf> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, found),
                false => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    walk(&repo.cache().join("evidence").join(kind), &mut found);
    found.sort();
    found
}

/// What does not depend on when and how fast it ran.
fn verdicts(json: &Value) -> Vec<Value> {
    let gates = json["modules"][0]["gates"].as_array().unwrap();
    let strip = |gate: &Value| {
        let mut evidence = gate["evidence"].clone();
        for volatile in ["runs", "started", "duration_ms", "commit"] {
            evidence.as_object_mut().unwrap().remove(volatile);
        }
        evidence
    };
    gates.iter().map(strip).collect()
}

fn ran(stderr: &str) -> bool {
    stderr.contains(" running")
}

/// Something done to a file of the store.
type Damage<'a> = &'a dyn Fn(&Path);

#[test]
fn damage_of_every_kind_is_made_again_and_told() {
    let repo = Repo::new(&CLEAN);
    repo.branch();
    repo.commit(&[("candidate/m/b.py", "import os\n")]);
    let first = repo.check("candidate/m", &QUICK);
    assert_eq!(first.status("lint"), "failed", "{}", first.stderr);
    let again = repo.check("candidate/m", &QUICK);
    assert!(!ran(&again.stderr), "{}", again.stderr);

    let damages: [(&str, Damage); 6] = [
        ("cut", &|file| {
            let whole = fs::read(file).unwrap();
            fs::write(file, &whole[..whole.len() / 2]).unwrap();
        }),
        ("a flipped bit", &|file| {
            let mut whole = fs::read(file).unwrap();
            let middle = whole.len() / 2;
            if let Some(byte) = whole.get_mut(middle) {
                *byte ^= 1;
            }
            fs::write(file, whole).unwrap();
        }),
        ("a pass forged over a failure", &|file| {
            let forged = fs::read_to_string(file)
                .unwrap()
                .replace(r#""is":"failed""#, r#""is":"passed""#);
            fs::write(file, forged.replace(r#""new""#, r#""old""#)).unwrap();
        }),
        ("a wrong digest", &|file| {
            let whole = fs::read_to_string(file).unwrap();
            let (_, body) = whole.split_once('\n').unwrap_or_default();
            let seal = "0".repeat(64);
            fs::write(file, format!("countersign record 1 {seal}\n{body}")).unwrap();
        }),
        ("nothing", &|file| fs::write(file, "").unwrap()),
        ("a directory", &|file| {
            fs::remove_file(file).unwrap();
            fs::create_dir_all(file.join("deeper")).unwrap();
        }),
    ];
    for (name, damage) in damages {
        for kind in ["evidence", "measures", "outputs"] {
            entries(&repo, kind).iter().for_each(|file| damage(file));
        }
        let mended = repo.check("candidate/m", &QUICK);
        assert_eq!(verdicts(&mended.json), verdicts(&first.json), "{name}");
        assert!(ran(&mended.stderr), "{name}: {}", mended.stderr);
        let told = mended.stderr.contains("damaged in the cache, made again");
        assert!(told, "{name}: {}", mended.stderr);
        let after = repo.check("candidate/m", &QUICK);
        assert!(!ran(&after.stderr), "{name}: {}", after.stderr);
        assert!(
            !after.stderr.contains("damaged"),
            "{name}: {}",
            after.stderr
        );
    }
}

/// Root may read everything: then there is nothing to try.
#[test]
fn an_unreadable_entry_is_made_again() {
    let repo = Repo::new(&CLEAN);
    let first = repo.check("candidate/m", &QUICK);
    for file in entries(&repo, "evidence") {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    }
    let readable = fs::read(&entries(&repo, "evidence")[0]).is_ok();
    let again = repo.check("candidate/m", &QUICK);
    assert_eq!(verdicts(&again.json), verdicts(&first.json));
    assert_eq!(
        again.stderr.contains("damaged"),
        !readable,
        "{}",
        again.stderr
    );
}

#[test]
fn eight_processes_at_once_with_one_killed_agree() {
    let modules = ["candidate/m", "candidate/n", "candidate/o", "candidate/p"];
    let mut files: Vec<(String, String)> = Vec::new();
    for (n, module) in modules.iter().enumerate() {
        files.push((format!("{module}/__init__.py"), String::new()));
        files.push((format!("{module}/a.py"), format!("A = {n}\n")));
    }
    let files: Vec<_> = files
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let repo = Repo::new(&files);
    repo.branch();
    // The second and the fourth have something new.
    repo.commit(&[
        ("candidate/n/a.py", "import os\nA = 1\n"),
        ("candidate/p/a.py", "A = 3\nB = 'x'\n"),
    ]);
    let start = |module: &str| {
        let mut command = repo.countersign();
        command.args(["check", module, "--json"]).args(QUICK);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let mut doomed = start("candidate/n");
    let running: Vec<_> = (0..8)
        .map(|n| (modules[n % 4], start(modules[n % 4])))
        .collect();
    // Killed in the middle of its work, with what it was writing.
    let said = BufReader::new(doomed.stderr.take().unwrap());
    let _ = said
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("running"));
    doomed.kill().unwrap();
    doomed.wait().unwrap();

    let mut by_module: Vec<(&str, Vec<Value>)> = Vec::new();
    for (module, process) in running {
        let output = process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let json: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{module}: {e}: {said}"));
        let bad = matches!(module, "candidate/n" | "candidate/p");
        assert_eq!(
            output.status.code(),
            Some(i32::from(bad)),
            "{module}: {said}"
        );
        assert!(!said.contains("damaged"), "{said}");
        by_module.push((module, verdicts(&json)));
    }
    for (module, verdicts_of) in &by_module {
        let first = by_module.iter().find(|(other, _)| other == module).unwrap();
        assert_eq!(&first.1, verdicts_of, "{module}");
    }
    // What they left is whole, and is believed.
    for module in modules {
        let after = repo.check(module, &QUICK);
        assert!(!ran(&after.stderr), "{module}: {}", after.stderr);
        assert!(!after.stderr.contains("damaged"), "{}", after.stderr);
        let (_, before) = by_module.iter().find(|(m, _)| *m == module).unwrap();
        assert_eq!(&verdicts(&after.json), before);
    }
    assert_eq!(
        repo.scratch(),
        Vec::<PathBuf>::new(),
        "nothing is left over"
    );
}

/// What `check --dry-run` says of a gate.
fn explained(repo: &Repo, gate: &str, more: &[&str]) -> Value {
    let output = repo
        .countersign()
        .args(["check", "candidate/m", "--dry-run", "--json"])
        .args(more)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let json: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {said}"));
    assert_eq!(json["schema"], "countersign.explain");
    let all = json["explained"].as_array().unwrap();
    let one = all.iter().find(|one| one["gate"] == gate).unwrap();
    assert_eq!(one["runs"], one["why"]["is"] != "current");
    one["why"].clone()
}

/// (input, name) of everything that changed.
fn changed(why: &Value) -> Vec<(String, String)> {
    assert_eq!(why["is"], "changed", "{why}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let changes = why["changes"].as_array().unwrap().iter();
    changes
        .map(|c| (text(&c["input"]), text(&c["name"])))
        .collect()
}

fn pair(input: &str, name: &str) -> (String, String) {
    (input.to_owned(), name.to_owned())
}

#[test]
fn every_kind_of_change_is_named() {
    let repo = Repo::new(&CLEAN);
    repo.branch();
    repo.commit(&[("candidate/m/b.py", "B: int = 1\n")]);
    assert_eq!(explained(&repo, "lint", &QUICK)["is"], "never");
    repo.check("candidate/m", &QUICK);
    let current = explained(&repo, "lint", &QUICK);
    assert_eq!(current["is"], "current");
    assert!(current["tools"][0].as_str().unwrap().starts_with("ruff "));
    assert_eq!(explained(&repo, "lint", &["--no-cache"])["is"], "asked");

    // A file of the module, by its name, though only its directory is hashed.
    repo.commit(&[("candidate/m/a.py", "A = 1\n")]);
    let why = explained(&repo, "lint", &QUICK);
    assert_eq!(changed(&why), [pair("file", "candidate/m/a.py")]);
    assert!(why["since"].is_i64());
    // Something the gate does not look at is no reason.
    repo.commit(&[CLEAN[1], ("other.txt", "x")]);
    assert_eq!(explained(&repo, "lint", &QUICK)["is"], "current");
    // A setting of the tool.
    repo.commit(&[("ruff.toml", "line-length = 100\n")]);
    let why = explained(&repo, "lint", &QUICK);
    assert_eq!(changed(&why), [pair("file", "ruff.toml")]);
    fs::remove_file(repo.root().join("ruff.toml")).unwrap();
    repo.commit(&[]);
    assert_eq!(explained(&repo, "lint", &QUICK)["is"], "current");

    let repo = repo.settings("[gates.lint]\nselect = [\"E\"]\n");
    let why = explained(&repo, "lint", &QUICK);
    assert_eq!(changed(&why), [pair("option", "select")]);
    assert_eq!(explained(&repo, "format", &QUICK)["is"], "current");
}

#[test]
fn another_tool_a_lost_and_a_damaged_evidence_are_named() {
    let repo = Repo::new(&CLEAN);
    repo.check("candidate/m", &QUICK);
    // Evidence that is not there any more.
    let evidence = entries(&repo, "evidence");
    let kept: Vec<_> = evidence
        .iter()
        .map(|file| fs::read(file).unwrap())
        .collect();
    evidence
        .iter()
        .for_each(|file| fs::remove_file(file).unwrap());
    let why = explained(&repo, "lint", &QUICK);
    assert_eq!(
        (&why["is"], &why["damaged"]),
        (&"lost".into(), &false.into())
    );
    evidence
        .iter()
        .for_each(|file| fs::write(file, "x").unwrap());
    let why = explained(&repo, "lint", &QUICK);
    assert_eq!(
        (&why["is"], &why["damaged"]),
        (&"lost".into(), &true.into())
    );
    for (file, content) in evidence.iter().zip(kept) {
        fs::write(file, content).unwrap();
    }
    // A tool that says it is of another version.
    let other = gates_support::faked(&repo.dir.path().join("other"), &[]);
    let real = fs::read_link(other.join("lib")).unwrap();
    fs::remove_file(other.join("lib")).unwrap();
    let python = fs::read_dir(&real)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .file_name();
    let site = other.join("lib").join(&python).join("site-packages");
    fs::create_dir_all(&site).unwrap();
    for entry in fs::read_dir(real.join(&python).join("site-packages")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("ruff-") {
            let info = site.join("ruff-0.0.1.dist-info");
            fs::create_dir(&info).unwrap();
            fs::write(
                info.join("METADATA"),
                "Metadata-Version: 2.1\nName: ruff\nVersion: 0.0.1\n",
            )
            .unwrap();
        } else {
            std::os::unix::fs::symlink(entry.path(), site.join(name)).unwrap();
        }
    }
    let repo = repo.environment(other);
    repo.check("candidate/m", &["--only", "compile"]); // the environment is known now
    let why = explained(&repo, "lint", &QUICK);
    assert!(changed(&why).contains(&pair("tool", "ruff")), "{why}");
    let ruff = &why["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["input"] == "tool")
        .unwrap();
    assert!(ruff["is"].as_str().unwrap().starts_with("0.0.1"), "{why}");
    assert_eq!(explained(&repo, "format", &QUICK)["is"], "current");
}

#[test]
fn checking_with_explain_says_why_and_runs() {
    let repo = Repo::new(&CLEAN);
    let first = repo.check("candidate/m", &["--only", "compile", "--explain"]);
    assert_eq!(first.json["explained"][0]["why"]["is"], "never");
    assert_eq!(first.status("compile"), "passed");
    let text = repo
        .countersign()
        .args(["check", "candidate/m", "--only", "compile", "--explain"])
        .output()
        .unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("does not run: passed on "), "{text}");
    assert!(text.contains("all of them current"), "{text}");
}

/// Takes whole entries out of the store without asking who needs them.
fn tear_out(repo: &Repo) {
    for kind in ["evidence", "inputs", "measures", "outputs"] {
        for file in entries_now(&repo.cache().join("evidence").join(kind)) {
            let name = file.file_name().unwrap().to_str().unwrap();
            if !name.starts_with(".new-") {
                let _ = fs::remove_file(file);
            }
        }
    }
}

/// As [`entries`], of a directory that changes meanwhile.
fn entries_now(dir: &Path) -> Vec<PathBuf> {
    let of = |dir: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    };
    of(dir).iter().flat_map(|shard| of(shard)).collect()
}

#[test]
fn four_processes_are_right_while_the_cache_is_pruned() {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    let repo = Repo::new(&CLEAN);
    repo.branch();
    repo.commit(&[
        ("candidate/n/__init__.py", ""),
        ("candidate/n/a.py", "import os\n"),
    ]);
    let modules = ["candidate/m", "candidate/n"];
    let right = modules.map(|module| repo.check(module, &QUICK));
    assert_eq!((right[0].exit, right[1].exit), (0, 1));
    let dead = repo.cache().join("scratch/17-dead");
    fs::create_dir_all(dead.join("run-1")).unwrap();
    fs::write(dead.join("lock"), "").unwrap();

    let (over, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let prune = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let mut command = repo.countersign();
                let output = command.args(["cache", "prune", "--all"]).output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(output.status.success(), "{said}");
                tear_out(&repo);
                rounds.fetch_add(1, Ordering::Relaxed);
            }
        });
        let checks: Vec<_> = (0..4)
            .map(|n| {
                let (repo, right) = (&repo, &right);
                scope.spawn(move || {
                    for round in 0..3 {
                        let which = (n + round) % 2;
                        let checked = repo.check(modules[which], &QUICK);
                        assert_eq!(checked.exit, right[which].exit, "{}", checked.stderr);
                        assert_eq!(verdicts(&checked.json), verdicts(&right[which].json));
                        assert!(!checked.stderr.contains("damaged"), "{}", checked.stderr);
                    }
                })
            })
            .collect();
        let failed = checks.into_iter().any(|check| check.join().is_err());
        over.store(true, Ordering::Relaxed);
        prune.join().unwrap();
        assert!(!failed, "a verdict was wrong");
    });
    assert!(rounds.load(Ordering::Relaxed) > 1);
    assert_eq!(
        repo.scratch(),
        Vec::<PathBuf>::new(),
        "nothing is left over"
    );
    // Nothing is broken by it.
    repo.check("candidate/n", &QUICK);
    let after = repo.check("candidate/n", &QUICK);
    assert!(!ran(&after.stderr), "{}", after.stderr);
}

#[test]
fn what_is_kept_is_shown_by_kind() {
    let repo = Repo::new(&CLEAN);
    repo.check("candidate/m", &QUICK);
    let shown = repo.countersign().arg("cache").output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains(repo.cache().to_str().unwrap()), "{shown}");
    for kind in ["evidence", "inputs", "measures", "outputs", "checkouts"] {
        assert!(shown.contains(&format!("  {kind} ")), "{kind}: {shown}");
    }
    let wrong = ["cache", "prune", "--older-than", "soon"];
    let wrong = repo.countersign().args(wrong).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}
