//! Nothing in the program merges or approves by itself. This reads every source file and
//! says what could: calls of git that merge, references that are moved, requests to a
//! forge that merge or approve, signatures. Each has a place where it may stand, and why.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

/// What is looked for, and the files in which it may stand.
const FOUND_ONLY: [(&str, &[&str]); 45] = [
    // git merges nothing. What takes a promotion back merges trees, on objects.
    ("git merge", &[]),
    (".merge(", &[]),
    ("merge_commits", &[]),
    ("merge_trees", &["src/repo/revert.rs"]),
    ("merge_analysis", &[]),
    ("\"rebase\"", &["src/repo/land.rs"]), // the word for what is under way
    ("\"cherry-pick\"", &["src/repo/land.rs"]), // the same
    (
        "\"merge\"",
        &[
            "src/repo/land.rs",                        // the same
            "src/promotion/review/decision/record.rs", // the word for a kind of record
        ],
    ),
    // Whatever takes an argument list to git: the log's own branch is pushed, and that of
    // a promotion for its pull request.
    (
        "\"push\"",
        &[
            "src/workflow/audit/remote.rs",
            "src/workflow/pull_request/push.rs",
        ],
    ),
    ("\"--force\"", &[]),
    // A rollback: base branch and log in one step, each from where it was seen, and only on
    // to what follows it.
    ("\"--force-with-lease", &["src/workflow/audit/remote.rs"]),
    (
        "append_together",
        &[
            "src/workflow/audit/mod.rs",
            "src/workflow/audit/together.rs",
            "src/workflow/roll_back/log.rs",
        ],
    ),
    ("\"update-ref\"", &[]),
    ("\"symbolic-ref\"", &[]),
    ("\"commit-tree\"", &["src/repo/land.rs"]),
    ("\"read-tree\"", &["src/repo/land.rs"]),
    // References: the promotion branch, the log's branch, the demo's own.
    (
        ".reference_matching(",
        &[
            "src/repo/land.rs",
            "src/audit/store.rs",
            "src/workflow/audit/append.rs", // what the log's remote was seen to have
        ],
    ),
    (".reference(", &["src/repo/land.rs", "src/workflow/demo.rs"]),
    (".set_target(", &[]),
    (".set_head(", &[]),
    // Who puts commits onto a branch: a person's `promote`, `propose` and `canary finish`; and
    // what takes back what was merged, where no remote does.
    (
        ".land(",
        &[
            "src/workflow/promote/prove.rs",
            "src/workflow/propose/plan.rs",
            "src/cli/promote.rs",
            "src/console/worker/promote.rs", // what a person read and confirmed
            "src/workflow/observe/finish.rs", // a branch of its own, as below
            "src/workflow/roll_back/log.rs",
        ],
    ),
    // No watcher does it.
    ("observe::finish(", &["src/cli/canary/finish.rs"]),
    (
        "promote::prove(",
        &["src/cli/promote.rs", "src/console/worker/promote.rs"],
    ),
    // It is carried out only where a person confirmed what was read, as below.
    ("promote::carry_out(", &["src/console/worker/errand.rs"]),
    // Signatures: with a key that a person named or has at hand, by a command of theirs.
    (
        "Signer::open",
        &[
            "src/workflow/sign_off/decide.rs",
            "src/workflow/sign_off/keys.rs",
            "src/workflow/audit/revoke.rs",
            "src/workflow/record.rs",
        ],
    ),
    // Each step of a rollback.
    ("record::sign(", &["src/workflow/roll_back/log.rs"]),
    (
        "record::append(",
        &[
            "src/workflow/promote/record.rs",
            "src/workflow/propose/recording.rs", // the owner's own proposal
            "src/workflow/pull_request/state.rs", // that a person merged it, by who may say so
        ],
    ),
    // What a watcher saw, and what a person says of the watch. It approves nothing.
    ("record::append_next(", &["src/workflow/observe/record.rs"]),
    (
        "Some(Verb::Approve)",
        &[
            "src/cli/args/sign.rs",                  // --approve
            "src/workflow/sign_off/answers.rs",      // what a person wrote into the file
            "src/console/update/review/deciding.rs", // the key of that name
        ],
    ),
    // Forges.
    ("/merge\"", &[]),
    ("mergePullRequest", &[]),
    ("AutoMerge", &[]),
    // What a person decided and signed becomes a review, in one place, by their command.
    ("\"APPROVE\"", &["src/forge/reviews.rs"]),
    (".submitting(", &["src/workflow/pull_request/review.rs"]),
    ("pull_request::submit(", &["src/cli/pr.rs"]),
    // A pull request is opened by a person: with `pr`, or with the key that confirms what
    // the console showed of it.
    // That of a rollback is opened where the base branch takes no push.
    (
        "pull_request::publish(",
        &[
            "src/cli/pr.rs",
            "src/console/worker/pull_request.rs",
            "src/workflow/roll_back/ask.rs",
        ],
    ),
    // Its worker goes only where `update` says so, and that says it at one key alone.
    ("pull_request::send(", &["src/console/worker/errand.rs"]),
    (
        "Doing::Go { generation }",
        &[
            "src/console/update/errand.rs", // the key that confirms
            "src/console/worker/errand.rs", // what is done then
        ],
    ),
    ("PullRequestReview", &[]),
    ("ReadyForReview", &[]),
    ("enqueue", &[]),
    ("mutation ", &[]),
    ("Method::PUT", &[]),
    ("Method::DELETE", &[]),
    ("update-branch", &[]),
];

#[test]
fn nothing_merges_or_approves_by_itself() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    rust_files(&root.join("src"), &mut files);
    assert!(files.len() > 60, "only {} files were found", files.len());
    let mut wrong = Vec::new();
    for file in &files {
        let name = file.strip_prefix(root).unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(file).unwrap();
        // Tests try things out.
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.trim_start();
            if code.starts_with("//") || name.ends_with("tests.rs") {
                continue;
            }
            for (pattern, may) in FOUND_ONLY {
                if code.contains(pattern) && !may.contains(&name) {
                    wrong.push(format!("{name}:{}: {pattern}", number + 1));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "something here could merge or approve by itself:\n  {}",
        wrong.join("\n  ")
    );
}

/// The list is not longer than it has to be: what it allows is there.
#[test]
fn what_is_allowed_is_needed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (pattern, may) in FOUND_ONLY {
        for name in may {
            let text = std::fs::read_to_string(root.join(name)).unwrap();
            assert!(text.contains(pattern), "{name} has no {pattern} any more");
        }
    }
}

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}
