//! What tools find ready: compiled files of their environment, and what mypy
//! knows of the standard library. Neither changes what they find.

#![allow(clippy::unwrap_used)]

mod gates_support;

use std::path::{Path, PathBuf};
use std::process::Command;

use gates_support::{CLEAN, Checked, Repo, tools};

fn python(at: &Path, program: &str) -> bool {
    Command::new(tools().join("bin/python"))
        .args(["-c", program])
        .current_dir(at)
        .status()
        .unwrap()
        .success()
}

/// Every file below a directory.
fn files(at: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(at).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.file_type().unwrap().is_dir() {
            true => files(&entry.path()),
            false => vec![entry.path()],
        })
        .collect()
}

#[test]
fn compiled_files_of_the_tree_are_not_believed() {
    let wrong = (
        "candidate/m/a.py",
        "def add(a: int, b: int) -> int:\n    return a - b\n",
    );
    let repo = Repo::new(&CLEAN);
    // Of the right source, and made so that Python does not compare it with any.
    let compile = "import py_compile as p; \
                   p.compile('candidate/m/a.py', invalidation_mode=p.PycInvalidationMode.UNCHECKED_HASH)";
    assert!(python(&repo.root(), compile));
    repo.commit(&[wrong]);
    let believed = "from candidate.m.a import add; assert add(1, 2) == 3";
    assert!(python(&repo.root(), believed), "else this shows nothing");
    let checked = repo.check("candidate/m", &["--only", "tests"]);
    assert_eq!(
        checked.status("tests"),
        "failed",
        "{}",
        checked.why("tests")
    );
}

#[test]
fn tools_find_their_own_compiled_files_and_tests_may_make_some() {
    let test = "import importlib.util, json, py_compile, sys\n\n\n\
                def test_it():\n    \
                assert json.__cached__.startswith(sys.pycache_prefix)\n    \
                with open(json.__cached__, 'rb') as compiled:\n        \
                assert compiled.read(4) == importlib.util.MAGIC_NUMBER\n    \
                import candidate.m.a as a\n    \
                assert a.add(1, 2) == 3\n    \
                assert py_compile.compile(a.__file__) == a.__cached__\n";
    let repo = Repo::new(&[CLEAN[0], CLEAN[1], ("tests/test_m.py", test)]);
    let checked = repo.check("candidate/m", &["--only", "tests"]);
    assert_eq!(
        checked.status("tests"),
        "passed",
        "{}",
        checked.why("tests")
    );
    // Nothing of the module is among what other runs will find.
    let kept = files(&repo.cache().join("tools/compiled"));
    let decoder = |file: &PathBuf| file.to_string_lossy().contains("/json/decoder.");
    assert!(kept.iter().any(decoder));
    assert!(kept.iter().all(|file| file.is_symlink()), "{kept:?}");
}

/// What mypy said of each finding.
fn said(checked: &Checked) -> Vec<(String, String, String)> {
    let findings = checked.gate("types")["evidence"]["findings"].as_array();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let findings = findings.unwrap().iter();
    findings
        .map(|f| (text(&f["rule"]), text(&f["path"]), text(&f["message"])))
        .collect()
}

#[test]
fn mypy_finds_the_same_with_and_without_what_it_knows() {
    let source = "import asyncio\nimport json\nimport subprocess\nfrom dataclasses import dataclass\n\n\n\
                  @dataclass\nclass A:\n    n: int\n\n\n\
                  def f(text: str) -> int:\n    a = A('1')\n    json.loads(1.5)\n    \
                  subprocess.run(['x'], chek=True)\n    asyncio.run(3)\n    return text\n";
    let repo = Repo::new(&[CLEAN[0], ("candidate/m/a.py", source)]);
    let only = ["--only", "types", "--no-cache"];
    let first = repo.check("candidate/m", &only);
    assert!(said(&first).len() >= 5, "{:?}", said(&first));
    let kept = repo.cache().join("tools/typeshed");
    let databases = || {
        files(&kept)
            .into_iter()
            .filter(|file| !file.ends_with("manifest.json"))
    };
    assert!(databases().count() > 0);
    let second = repo.check("candidate/m", &only);
    assert_eq!(said(&second), said(&first));

    // Damaged, it is not used, and made again.
    let largest = databases()
        .max_by_key(|file| file.metadata().unwrap().len())
        .unwrap();
    let content = std::fs::read(&largest).unwrap();
    let mut damaged = content.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(&largest, &damaged).unwrap();
    let third = repo.check("candidate/m", &only);
    assert_eq!(said(&third), said(&first));
    assert_ne!(std::fs::read(&largest).unwrap(), damaged);

    // Settings with code of the project's: it begins from nothing.
    std::fs::remove_dir_all(&kept).unwrap();
    let plugin = ("mypy.ini", "[mypy]\nplugins = plugin.py\n");
    let code = "from mypy.plugin import Plugin\n\n\ndef plugin(version: str) -> type[Plugin]:\n    return Plugin\n";
    repo.commit(&[plugin, ("plugin.py", code)]);
    let fourth = repo.check("candidate/m", &only);
    assert_eq!(said(&fourth), said(&first));
    assert_eq!(databases().count(), 0);
}
