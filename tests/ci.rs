//! Gate 1 spread over jobs: the generated workflow, run step by step as a forge
//! would, gives the report of one machine; and what is wrong is refused.

#![allow(clippy::unwrap_used)]

#[path = "ci/forge.rs"]
mod forge;
mod gates_support;
#[path = "support/schemas.rs"]
mod schemas;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use forge::{Forge, copy};
use gates_support::{Repo, recorded, tools};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

fn sha256(bytes: &[u8]) -> String {
    let sum = Sha256::digest(bytes);
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap()
}

fn text(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&all).into_owned()
}

/// Two modules on a branch: one that is in order, one with a finding.
fn repository() -> Repo {
    let repo = Repo::new(&recorded()).settings("base = \"main\"\n");
    repo.branch();
    repo.commit(&[
        ("candidate/n.py", "import os\n\nX = 1\n"),
        (
            "tests/test_n.py",
            "from candidate.n import X\n\n\ndef test_x():\n    assert X == 1\n",
        ),
    ]);
    repo
}

#[test]
fn the_workflow_run_cell_by_cell_gives_the_report_of_one_machine() {
    let repo = repository();
    let written = repo
        .countersign()
        .args(["ci", "workflow", "--prepare", "echo made > prepared"])
        .output()
        .unwrap();
    assert!(written.status.success(), "{}", text(&written));
    let file = repo.root().join(".github/workflows/countersign.yml");
    for (checker, args) in [
        (
            "check-jsonschema",
            &["--builtin-schema", "vendor.github-workflows"][..],
        ),
        ("zizmor", &["--offline", "--persona", "pedantic"]),
    ] {
        let output = Command::new(tools().join("bin").join(checker))
            .args(args)
            .arg(&file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{checker}: {}", text(&output));
    }

    let mut forge = Forge::new(&file, repo.root(), repo.dir.path().join("forge"));
    assert_eq!(forge.workflow["permissions"], json!({}));
    let nothing = BTreeMap::new();
    let refused = forge.job("plan without variables", &Value::Null, &nothing);
    assert!(!refused.success, "nothing says which Countersign to build");
    assert!(refused.said.contains("COUNTERSIGN_REV"), "{}", refused.said);
    forge
        .vars
        .insert("COUNTERSIGN_GIT", "https://example.org/countersign".into());
    forge.vars.insert("COUNTERSIGN_REV", "0123456789".repeat(4));
    let plan = forge.job("plan", &Value::Null, &nothing);
    assert!(plan.success, "{}", plan.said);
    let asked = fs::read_to_string(forge.at.join("cargo.log")).unwrap();
    assert!(
        asked.contains(&format!(
            "--locked --git https://example.org/countersign --rev {}",
            "0123456789".repeat(4)
        )),
        "{asked}"
    );

    let document: Value = serde_json::from_str(&plan.outputs["plan"]).unwrap();
    schemas::holds(&schemas::schema("countersign.ci-plan"), &document);
    let matrix = document["matrix"]["include"].as_array().unwrap();
    assert!(matrix.len() >= 6, "{document:#}");
    let run = |cell: &Value| {
        let name = cell["cell"].as_str().unwrap();
        let ran = forge.job(&format!("cells {name}"), cell, &plan.outputs);
        assert!(ran.temp.parent().unwrap().join("work/prepared").exists());
        let artifact = forge
            .at
            .join("artifacts")
            .join(format!("countersign-cell-{name}"));
        let list = read(&artifact.join("cell.json"));
        schemas::holds(&schemas::schema("countersign.ci-cell"), &list);
        usize::from(!ran.success)
    };
    let failed: usize = std::thread::scope(|scope| {
        let halves = matrix.chunks(matrix.len().div_ceil(2));
        let halves = halves.map(|half| scope.spawn(move || half.iter().map(run).sum::<usize>()));
        let halves: Vec<_> = halves.collect();
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    });
    assert!(failed > 0, "candidate/n has a finding");
    let collected = forge.job("collect", &Value::Null, &plan.outputs);
    assert!(!collected.success, "candidate/n has a finding");
    let report = forge.at.join("artifacts/countersign-report");
    assert!(report.is_dir(), "{}", collected.said);
    let summary = collected.temp.parent().unwrap().join("summary.md");
    assert!(
        fs::read_to_string(summary)
            .unwrap()
            .contains("candidate/n.py")
    );

    // The same on one machine.
    let local = repo.dir.path().join("local");
    let output = repo
        .countersign()
        .args(["check", "--all", "--out"])
        .arg(&local)
        .output()
        .unwrap();
    let sums = |at: &Path| fs::read_to_string(at.join("SHA256SUMS")).unwrap();
    assert_eq!(sums(&report), sums(&local), "{}", text(&output));
    let index = read(&local.join("index.json"));
    assert_eq!(index["digest"], read(&report.join("index.json"))["digest"]);
    for module in index["modules"].as_array().unwrap() {
        let core = Path::new(module["directory"].as_str().unwrap()).join("core.json");
        let bytes = |at: &Path| fs::read(at.join(&core)).unwrap();
        assert!(bytes(&report) == bytes(&local), "{}", core.display());
    }
}

/// Cells that were run, without a forge.
struct Cells {
    repo: Repo,
    plan: PathBuf,
    at: PathBuf,
}

impl Cells {
    fn new() -> Self {
        let repo = repository();
        let plan = repo.dir.path().join("plan.json");
        let at = repo.dir.path().join("cells");
        let cells = Self { repo, plan, at };
        let only = ["ci", "plan", "--all", "--only", "lint,supply-chain,owner"];
        let output = cells.run(&only);
        assert!(output.status.success(), "{}", text(&output));
        fs::write(&cells.plan, &output.stdout).unwrap();
        for cell in cells.plan()["plan"]["cells"].as_array().unwrap() {
            let name = cell["cell"].as_str().unwrap();
            let output = cells
                .repo
                .countersign()
                .args(["ci", "run", "--json", "--cell", name, "--plan"])
                .arg(&cells.plan)
                .arg("--out")
                .arg(cells.at.join(name))
                .output()
                .unwrap();
            assert!(
                matches!(output.status.code(), Some(0 | 1)),
                "{}",
                text(&output)
            );
            let document = serde_json::from_slice(&output.stdout).unwrap();
            schemas::holds(&schemas::schema("countersign.ci-run"), &document);
        }
        cells
    }

    fn plan(&self) -> Value {
        read(&self.plan)
    }

    fn run(&self, args: &[&str]) -> Output {
        self.repo.countersign().args(args).output().unwrap()
    }

    /// Collects a copy of the cells, after somebody was there.
    fn collect(&self, forge: &dyn Fn(&Path)) -> (i32, String, Vec<u8>) {
        let copied = self.repo.dir.path().join("copied");
        let _ = fs::remove_dir_all(&copied);
        copy(&self.at, &copied);
        forge(&copied);
        let output = self
            .repo
            .countersign()
            .args(["ci", "collect", "--json", "--plan"])
            .arg(&self.plan)
            .arg(&copied)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), said, output.stdout)
    }
}

/// The cell of lint and owner on a module.
const M: &str = "candidate.m.static";
const N: &str = "candidate.n.py.static";

/// Changes a JSON file.
fn edit(file: &Path, change: impl FnOnce(&mut Value)) {
    let mut value = read(file);
    change(&mut value);
    fs::write(file, value.to_string()).unwrap();
}

/// Makes a cell's list fit what is there.
fn list_anew(cell: &Path) {
    fn walk(at: &Path, below: &str, files: &mut serde_json::Map<String, Value>) {
        for entry in fs::read_dir(at).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{below}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{name}/"), files);
            } else if name != "cell.json" {
                files.insert(name, sha256(&fs::read(entry.path()).unwrap()).into());
            }
        }
    }
    let mut files = serde_json::Map::new();
    walk(cell, "", &mut files);
    edit(&cell.join("cell.json"), |list| list["files"] = files.into());
}

/// Changes what the key of evidence was made of, and makes all fit that.
fn forge_inputs(cell: &Path, change: impl Fn(&mut Value), also: impl Fn(&mut Value)) {
    let evidence = cell.join("evidence/candidate.m/lint.json");
    let key = read(&evidence)["key"].as_str().unwrap().to_owned();
    let old = cell.join(format!("inputs/{key}.json"));
    let mut inputs = read(&old);
    change(&mut inputs);
    let bytes = inputs.to_string().into_bytes();
    fs::remove_file(old).unwrap();
    fs::write(cell.join(format!("inputs/{}.json", sha256(&bytes))), &bytes).unwrap();
    edit(&evidence, |evidence| {
        evidence["key"] = sha256(&bytes).into();
        also(evidence);
    });
    list_anew(cell);
}

#[test]
fn what_is_wrong_with_a_cell_is_refused_by_name() {
    let cells = Cells::new();
    let (code, said, document) = cells.collect(&|_| {});
    let document: Value = serde_json::from_slice(&document).unwrap_or_else(|_| panic!("{said}"));
    schemas::holds(&schemas::schema("countersign.check"), &document);
    assert_eq!(code, 1, "candidate/n has a finding");
    let local = cells.run(&[
        "check",
        "--all",
        "--only",
        "lint,supply-chain,owner",
        "--json",
    ]);
    let local: Value = serde_json::from_slice(&local.stdout).unwrap();
    assert_eq!(document["digest"], local["digest"]);

    let lint = "evidence/candidate.m/lint.json";
    type Forgery<'a> = (&'a str, Box<dyn Fn(&Path) + 'a>, i32, Vec<&'a str>);
    let with_lint = |change: fn(&mut Value)| {
        move |at: &Path| {
            edit(&at.join(M).join(lint), change);
            list_anew(&at.join(M));
        }
    };
    let forgeries: Vec<Forgery<'_>> = vec![
        (
            "a cell is missing",
            Box::new(|at| fs::remove_dir_all(at.join(M)).unwrap()),
            3,
            vec![M, "is missing"],
        ),
        (
            "a cell is there twice",
            Box::new(|at| {
                copy(&at.join(M), &at.join("again"));
            }),
            1,
            vec![M, "is there twice", "again"],
        ),
        (
            "evidence was altered",
            Box::new(|at| edit(&at.join(M).join(lint), |it| it["summary"] = "fine".into())),
            1,
            vec![M, lint, "was altered"],
        ),
        (
            "an output was altered",
            Box::new(|at| {
                let outputs = at.join(M).join("outputs");
                let file = fs::read_dir(outputs).unwrap().next().unwrap().unwrap();
                fs::write(file.path(), "nothing to see").unwrap();
                list_anew(&at.join(M));
            }),
            1,
            vec![M, "is not what its name says"],
        ),
        (
            "an output was taken out",
            Box::new(|at| {
                fs::remove_dir_all(at.join(M).join("outputs")).unwrap();
                list_anew(&at.join(M));
            }),
            1,
            vec![M, "is missing"],
        ),
        (
            "a file was slipped in",
            Box::new(|at| fs::write(at.join(M).join("evidence/x.json"), "{}").unwrap()),
            1,
            vec![M, "evidence/x.json is not listed"],
        ),
        (
            "a link leads out",
            Box::new(|at| {
                let file = at.join(M).join(lint);
                fs::remove_file(&file).unwrap();
                std::os::unix::fs::symlink("/etc/hostname", file).unwrap();
            }),
            1,
            vec![M, "is no regular file"],
        ),
        (
            "a cell of another commit",
            Box::new(|at| {
                edit(&at.join(M).join("cell.json"), |it| {
                    it["commit"] = "0".repeat(40).into()
                });
            }),
            1,
            vec![M, "does not belong here", "commit 0000"],
        ),
        (
            "a cell of another plan",
            Box::new(|at| {
                edit(&at.join(M).join("cell.json"), |it| {
                    it["plan"] = "0".repeat(64).into()
                });
            }),
            1,
            vec![M, "does not belong here", "the plan 0000"],
        ),
        (
            "a cell that nobody planned",
            Box::new(|at| {
                edit(&at.join(M).join("cell.json"), |it| {
                    it["cell"] = "mine".into()
                })
            }),
            1,
            vec!["no cell \"mine\""],
        ),
        (
            "evidence of another cell",
            Box::new(|at| {
                copy(&at.join(N).join("evidence"), &at.join(M).join("evidence"));
                list_anew(&at.join(M));
            }),
            1,
            vec![M, "is not of cell"],
        ),
        (
            "evidence of another module in this one's place",
            Box::new(|at| {
                let other = at.join(N).join("evidence/candidate.n.py/lint.json");
                fs::copy(other, at.join(M).join(lint)).unwrap();
                list_anew(&at.join(M));
            }),
            1,
            vec![M, lint, "candidate/n.py"],
        ),
        (
            "evidence of other content",
            Box::new(with_lint(|it| it["object"] = "0".repeat(40).into())),
            1,
            vec![M, "of other content"],
        ),
        (
            "evidence with more than evidence",
            Box::new(with_lint(|it| it["extra"] = true.into())),
            1,
            vec![M, "holds more than evidence"],
        ),
        (
            "evidence that was not compared",
            Box::new(with_lint(|it| it["base"] = Value::Null)),
            1,
            vec![M, "what it was compared with"],
        ),
        (
            "evidence under another key",
            Box::new(with_lint(|it| it["key"] = "0".repeat(64).into())),
            1,
            vec![M, "inputs/0000"],
        ),
        (
            "another definition of the gate",
            Box::new(|at| {
                forge_inputs(
                    &at.join(M),
                    |it| it["head"]["definition"] = 77.into(),
                    |_| {},
                );
            }),
            1,
            vec![M, "of other head definition"],
        ),
        (
            "a gate that was told to look away",
            Box::new(|at| {
                forge_inputs(
                    &at.join(M),
                    |it| it["head"]["told"]["select"] = json!([]),
                    |_| {},
                );
            }),
            1,
            vec![M, "of other head told"],
        ),
        (
            "another version of a tool than it ran",
            Box::new(|at| {
                let old = |side: &mut Value| side["tools"][0][1] = "0.0.1 Project 3".into();
                let both = |it: &mut Value| {
                    old(&mut it["head"]);
                    old(&mut it["base"]);
                };
                forge_inputs(&at.join(M), both, |_| {});
            }),
            1,
            vec![M, "another ruff than it says"],
        ),
        (
            "another version of a tool than the other cells",
            Box::new(|at| {
                let old = |side: &mut Value| side["tools"][0][1] = "0.0.1 Project 3".into();
                let both = |it: &mut Value| {
                    old(&mut it["head"]);
                    old(&mut it["base"]);
                };
                let runs = |it: &mut Value| {
                    for run in it["runs"].as_array_mut().unwrap() {
                        run["version"] = "0.0.1".into();
                    }
                };
                forge_inputs(&at.join(M), both, runs);
            }),
            1,
            vec!["ruff 0.0.1", "candidate"],
        ),
        (
            "a directory that is no artifact",
            Box::new(|at| fs::create_dir(at.join("stray")).unwrap()),
            1,
            vec!["stray", "cell.json cannot be read"],
        ),
    ];
    for (what, forge, expected, words) in &forgeries {
        let (code, said, document) = cells.collect(forge);
        assert_eq!(code, *expected, "{what}: {said}");
        assert!(document.is_empty(), "{what}: a report was made");
        for word in words {
            assert!(said.contains(word), "{what}: {word:?} is not in: {said}");
        }
    }

    // What no digest shows: a job that makes up its evidence and all that belongs
    // to it. docs/ci.md says so; a run elsewhere gives another digest.
    let (code, said, forged) = cells.collect(&|at| {
        let file = "evidence/candidate.n.py/lint.json";
        edit(&at.join(N).join(file), |it| {
            it["outcome"] = json!({ "is": "passed" });
            it["findings"] = json!([]);
        });
        list_anew(&at.join(N));
    });
    assert!(matches!(code, 0 | 1), "{said}");
    let forged: Value = serde_json::from_slice(&forged).unwrap();
    assert_ne!(forged["digest"], document["digest"]);
}

#[test]
fn only_the_plan_of_this_commit_will_do() {
    let cells = Cells::new();
    let collect = |plan: &Path, more: &[&str]| {
        let output = cells
            .repo
            .countersign()
            .args(["ci", "collect", "--plan"])
            .arg(plan)
            .args(more)
            .arg(&cells.at)
            .output()
            .unwrap();
        (output.status.code().unwrap(), text(&output))
    };
    let digest = cells.plan()["digest"].as_str().unwrap().to_owned();
    let (code, said) = collect(&cells.plan, &["--expect", &digest]);
    assert_eq!(code, 1, "{said}");
    let (code, said) = collect(&cells.plan, &["--expect", &"0".repeat(64)]);
    assert!(code == 2 && said.contains("was expected"), "{said}");

    // A plan that leaves a cell out, and says so of itself consistently.
    let less = cells.repo.dir.path().join("less.json");
    let mut plan = cells.plan();
    plan["plan"]["cells"].as_array_mut().unwrap().pop();
    fs::write(&less, plan.to_string()).unwrap();
    let (code, said) = collect(&less, &[]);
    assert!(code == 2 && said.contains("is not so"), "{said}");
    plan["matrix"]["include"].as_array_mut().unwrap().pop();
    plan["cells"] = (plan["cells"].as_u64().unwrap() - 1).into();
    let canonical = serde_json_canonicalizer::to_vec(&plan["plan"]).unwrap();
    plan["digest"] = sha256(&canonical).into();
    fs::write(&less, plan.to_string()).unwrap();
    let (code, said) = collect(&less, &[]);
    assert!(
        code == 2 && said.contains("other modules or cells"),
        "{said}"
    );

    // Few cells: modules share them, and nothing is lost.
    let few = cells.run(&[
        "ci",
        "plan",
        "--all",
        "--only",
        "lint,owner",
        "--cells",
        "1",
    ]);
    let few: Value = serde_json::from_slice(&few.stdout).unwrap();
    assert_eq!(
        few["plan"]["cells"][0]["modules"],
        json!(["candidate/m", "candidate/n.py"])
    );
    let none = cells.run(&[
        "ci",
        "plan",
        "--all",
        "--only",
        "lint,tests",
        "--cells",
        "1",
    ]);
    assert_eq!(none.status.code(), Some(2), "{}", text(&none));

    // Nothing differs: no cells, and an empty report.
    let nothing = cells.repo.dir.path().join("nothing.json");
    let output = cells.run(&["ci", "plan", "--changed", "HEAD"]);
    fs::write(&nothing, &output.stdout).unwrap();
    assert_eq!(read(&nothing)["cells"], 0);
    fs::create_dir(cells.repo.dir.path().join("empty")).unwrap();
    let empty = cells.repo.dir.path().join("empty");
    let output = cells.run(&[
        "ci",
        "collect",
        "--plan",
        nothing.to_str().unwrap(),
        empty.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));

    // Another commit, and settings that only this machine has.
    cells.repo.commit(&[("candidate/n.py", "X = 2\n")]);
    let (code, said) = collect(&cells.plan, &[]);
    assert!(code == 2 && said.contains("it is of commit"), "{said}");
    fs::write(
        cells.repo.root().join("countersign.toml"),
        "base = \"main\"\n",
    )
    .unwrap();
    let output = cells.run(&["ci", "plan", "--all"]);
    assert!(
        text(&output).contains("commit it first"),
        "{}",
        text(&output)
    );
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_workflow_of_somebody_else_stays() {
    let repo = repository();
    let file = repo.root().join(".github/workflows/countersign.yml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "name: mine\n").unwrap();
    let write = || {
        let output = repo
            .countersign()
            .args(["ci", "workflow"])
            .output()
            .unwrap();
        (output.status.code().unwrap(), text(&output))
    };
    let (code, said) = write();
    assert!(code == 2 && said.contains("remove it first"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "name: mine\n");
    fs::remove_file(&file).unwrap();
    assert_eq!(write().0, 0);
    let printed = repo
        .countersign()
        .args(["ci", "workflow", "--print"])
        .output()
        .unwrap();
    assert_eq!(fs::read(&file).unwrap(), printed.stdout);
    assert_eq!(write().0, 0, "our own is replaced");
}
