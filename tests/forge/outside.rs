//! What others make of it: GitHub's schema of our query, and Debian's `gh`.

use std::process::Command;

use countersign::workflow::pull_request::publish;
use serde_json::Value;

use crate::fake::spec;
use crate::scene::{BRANCH, Scene};

/// A tool that has to be there in CI, and is told of where it is missing.
fn has(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|it| it.status.success());
    if !found {
        let told = format!("skipped: {program} is not installed; tests/run installs it");
        assert!(
            std::env::var_os("CI").is_none_or(|it| it != "true"),
            "{told}"
        );
        eprintln!("{told}");
    }
    found
}

#[test]
fn the_query_is_valid_by_githubs_schema() {
    let Some(packages) = spec::path("COUNTERSIGN_TEST_GRAPHQL") else {
        return;
    };
    if !has("node") {
        return;
    }
    let check = |query: &str| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/forge/valid.mjs");
        let done = Command::new("node")
            .arg(script)
            .arg(&packages)
            .arg(query)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned()
            + &String::from_utf8_lossy(&done.stderr);
        (done.status.success(), said)
    };
    let query = countersign::forge::search::QUERY;
    let (valid, said) = check(query);
    assert!(valid, "{said}");
    let (valid, said) = check(&query.replace("isDraft", "isDraught"));
    assert!(!valid && said.contains("isDraught"), "{said}");
}

/// `gh` insists on https for a host that is not GitHub's own, but not over a socket of
/// this machine: so that is where it is sent.
#[test]
fn gh_reads_the_pull_request() {
    if !has("gh") {
        return;
    }
    let scene = Scene::new();
    let mut content = scene.content();
    content.body.stage = "validated".into();
    let done = publish(&scene.ws(), &scene.forge("olga"), &content, true).unwrap();
    scene.fake.forget();
    let home = tempfile::tempdir().unwrap();
    let config = format!(
        "http_unix_socket: {}\nprompt: disabled\n",
        scene.fake.socket.display()
    );
    std::fs::write(home.path().join("config.yml"), config).unwrap();
    let gh = |arguments: &[&str]| {
        let done = Command::new("gh")
            .args(arguments)
            .env("GH_CONFIG_DIR", home.path())
            .env("GH_HOST", "git.acme.example")
            .env("GH_ENTERPRISE_TOKEN", "tok_priya")
            .env("GH_NO_UPDATE_NOTIFIER", "1")
            .env("NO_COLOR", "1")
            .env_remove("GH_TOKEN")
            .env_remove("GITHUB_TOKEN")
            .current_dir(home.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(
            done.status.success(),
            "gh {arguments:?}: {said}\n{:?}",
            scene.fake.passed()
        );
        String::from_utf8(done.stdout).unwrap()
    };
    let fields = "number,title,body,state,isDraft,headRefName,headRefOid,baseRefName,author,url";
    let number = done.number.to_string();
    let read = gh(&[
        "pr",
        "view",
        &number,
        "--repo",
        "acme/lantern",
        "--json",
        fields,
    ]);
    let read: Value = serde_json::from_str(&read).unwrap();
    assert_eq!(read["title"], "Promote candidate/fees to core/fees");
    assert_eq!(
        (&read["isDraft"], &read["state"]),
        (&Value::Bool(true), &Value::from("OPEN"))
    );
    assert_eq!(read["headRefName"], BRANCH);
    assert_eq!(read["headRefOid"], content.head.to_string());
    assert_eq!(read["author"]["login"], "olga");
    assert!(
        read["body"]
            .as_str()
            .unwrap()
            .contains("| Stage | validated |")
    );
    let rest = gh(&[
        "api",
        &format!("repos/acme/lantern/pulls/{number}"),
        "--jq",
        ".user.login",
    ]);
    assert_eq!(rest.trim(), "olga");
    assert!(
        scene
            .fake
            .passed()
            .iter()
            .all(|it| it.agent.starts_with("GitHub CLI"))
    );
}
