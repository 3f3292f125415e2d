//! Where the base branch takes no push and there is a forge.

use std::process::Output;

use crate::fake::{Fake, Fault, git};
use crate::scene::{MODULE, Options, Scene, ended};
use crate::states::PROTECTED;

const ADDRESS: &str = "https://git.acme.example/acme/lantern.git";

#[test]
fn a_pull_request_is_opened_once_and_a_person_merges_it() {
    let fake = Fake::new();
    let scene = Scene::new(&Options {
        settings: format!("[forge]\nkind = \"github\"\napi = {:?}\n", fake.api),
        ..Options::default()
    });
    let scene = scene.moved_to(fake.bare(), ADDRESS);
    scene.hook(PROTECTED);
    let run = |token: Option<&str>| -> Output {
        let key = scene.key("elif");
        let mut command = scene.countersign("one");
        command
            .args(["rollback", MODULE, "--yes", "--key", &key])
            .args(["--reason", "it is slow <!-- @everyone"])
            .env("GH_HOST", &fake.host)
            .env_remove("GH_ENTERPRISE_TOKEN");
        if let Some(token) = token {
            command.env("GH_ENTERPRISE_TOKEN", token);
        }
        command.output().unwrap()
    };
    // Without a token the branch is there, and what to do is said.
    let said = ended(&run(None), 1);
    assert!(said.contains("No pull request was opened: "), "{said}");
    assert_eq!(scene.states("one").last().unwrap(), "awaiting-merge");
    // The answer gets lost: it is looked for, and not opened again.
    fake.fault("POST", "/pulls", Fault::LostAfter, 1);
    run(Some("tok_olga"));
    let said = ended(&run(Some("tok_olga")), 1);
    assert!(said.contains("Pull request: "), "{said}");
    ended(&run(Some("tok_olga")), 1);
    assert_eq!(fake.writes("POST", "/pulls"), 1);
    let pull = fake.state().pulls[0].clone();
    assert!(pull.head.starts_with("rollback/fees-"), "{}", pull.head);
    assert_eq!(pull.base, "main");
    assert_eq!(pull.title, "Roll back core/fees to candidate/fees");
    let body = pull.body.unwrap();
    assert!(
        body.contains("it is slow") && !body.contains("<!-- @everyone"),
        "{body}"
    );
    assert_eq!(scene.states("one").len(), 4);

    // A person merges it there.
    scene.no_hook();
    fake.merge(pull.number, "priya");
    scene.hook(PROTECTED);
    ended(&run(Some("tok_olga")), 0);
    assert_eq!(
        scene.states("one")[4..],
        [
            "reverted",
            "hotfix-branched",
            "re-validating",
            "rolled-back"
        ]
    );
    let left = git(&fake.bare(), &["ls-tree", "-r", "--name-only", "main"]);
    assert!(
        left.contains("candidate/fees/rates.py") && !left.contains("core/fees/"),
        "{left}"
    );
    assert!(
        fake.passed().iter().all(|it| !it.path.contains("merge")),
        "nothing here merges"
    );
}
