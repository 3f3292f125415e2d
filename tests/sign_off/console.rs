//! A review in the console, by a key that takes a passphrase: OpenSSH asks for it on the
//! terminal, which the console lends it.

use std::path::PathBuf;
use std::process::Command;

use crate::gates_support::{eventually, tools, waits};
use crate::terminal::Console;
use crate::{MODULE, Scene, log};

const SECRET: &str = "correct horse";

/// The console of a tech reviewer, on the module that is reviewed.
fn console(scene: &Scene) -> Console {
    let ssh = ssh(scene, &[("priya", "id_ed25519")]);
    let locked = Command::new("ssh-keygen")
        .args(["-q", "-p", "-N", SECRET, "-f"])
        .arg(ssh.join("id_ed25519"))
        .status()
        .unwrap();
    assert!(locked.success());
    open(scene)
}

/// Puts these keys into `~/.ssh`, by those names.
fn ssh(scene: &Scene, keys: &[(&str, &str)]) -> PathBuf {
    let ssh = scene.file("home/.ssh");
    std::fs::create_dir_all(&ssh).unwrap();
    for (from, to) in keys {
        for end in ["", ".pub"] {
            let (from, to) = (format!("{from}{end}"), format!("{to}{end}"));
            std::fs::copy(scene.file(&from), ssh.join(to)).unwrap();
        }
    }
    ssh
}

fn open(scene: &Scene) -> Console {
    let files = [
        ("HOME", scene.file("home")),
        ("COUNTERSIGN_TEST_TOOLS", tools()),
        ("COUNTERSIGN_CACHE_DIR", scene.repo.cache()),
        ("COUNTERSIGN_DATA_DIR", scene.file("data")),
        ("COUNTERSIGN_CONFIG_DIR", scene.file("config")),
    ];
    let variables = [("SSH_AUTH_SOCK", ""), ("COUNTERSIGN_TEST_IDLE", "1")];
    let mut console = Console::start(&scene.repo.root(), &variables, &files);
    console.find_module("fees", MODULE);
    console
}

#[test]
fn ctrl_c_at_the_passphrase_signs_nothing_and_the_right_one_signs() {
    let scene = Scene::new();
    scene.check();
    let root = scene.repo.root();
    let mut console = console(&scene);
    console.press("s");
    console.until("as tech · priya@example.org");
    // What is read again after the start would ask to be looked at again.
    console.until_idle();
    console.press("yyyyyyy");
    console.until("7 of 7 answered");
    console.press("sa\r");
    console.until_there_are(1, "Enter passphrase");
    // What comes between its question and its reading ssh-keygen would miss.
    let key = scene.file("home/.ssh/id_ed25519");
    eventually("ssh-keygen waits", || waits(key.to_str().unwrap()));
    console.answer("\x03");
    console.until("ssh-keygen did not sign: it was interrupted");
    assert!(log(&root).is_none(), "nothing is signed");

    // It goes on where it was, with everything that was answered.
    console.press("\r");
    console.until("7 of 7 answered");
    console.until_idle();
    console.press("sa\r");
    console.until_there_are(2, "Enter passphrase");
    console.answer(&format!("{SECRET}\r"));
    console.until("signed as entry 0");
    assert_eq!(log(&root).unwrap().split(|byte| *byte == b'\n').count(), 2);
    console.press("\r");
    console.until("Gates");
    console.press("q");
    assert_eq!(console.ended(), 0);
    let verified = scene.run(&["audit", "verify"]);
    assert_eq!(
        verified.status.code(),
        Some(0),
        "{}",
        crate::words(&verified)
    );
    let state = &scene.show()["sign_off"]["states"][0];
    assert_eq!(state["principal"], "priya@example.org");
    assert_eq!(state["reasons"], serde_json::json!([]), "it counts");
}

#[test]
fn a_review_opens_in_the_role_that_is_waited_for_and_knows_all_of_ones_roles() {
    let scene = Scene::new();
    let ring = ["tech", "security"].map(|role| {
        let public = scene.key(role);
        format!("lena@example.org namespaces=\"promotion-{role}-v1@countersign\" {public}\n")
    });
    scene.on_main(".countersign/keyring", |before| before + &ring.concat());
    scene.check();
    scene.approve("priya");
    ssh(&scene, &[("tech", "id_a"), ("security", "id_b")]);
    let mut console = open(&scene);
    console.press("6");
    console.until("an approval as security is missing");
    console.until("lena@example.org, as tech, security with");
    console.press("s");
    console.until("as security · lena@example.org");
    console.until_idle();
    console.press("R");
    console.until("as tech · lena@example.org");
    console.press("q");
    assert_eq!(console.ended(), 0);

    // Whoever spoke comes back to that: in another role they would be no second person.
    scene.approve("security");
    let mut console = open(&scene);
    console.press("6");
    console.until("signed off");
    console.press("s");
    console.until("as security · lena@example.org");
    console.press("q");
    assert_eq!(console.ended(), 0);
}

#[test]
fn of_several_persons_keys_here_those_count_whom_git_names() {
    let scene = Scene::new();
    scene.check();
    ssh(&scene, &[("priya", "id_a"), ("jonas", "id_b")]);
    let printed = || {
        let done = scene.run(&["sign", MODULE, "--print-answers"]);
        crate::words(&done)
    };
    let said = printed();
    assert!(
        said.contains("as what? --role tech or --role security"),
        "{said}"
    );
    let key = scene.file("jonas");
    for (name, value, who) in [
        ("user.email", "priya@example.org", "priya"),
        // The key is said by name: that is who it is.
        ("user.signingKey", key.to_str().unwrap(), "jonas"),
    ] {
        scene.git(&["config", name, value]);
        let said = printed();
        assert!(
            said.contains(&format!("{who}@example.org")),
            "{name}: {said}"
        );
        assert!(!said.contains("as what?"), "{name}: {said}");
    }
    let mut console = open(&scene);
    console.press("s");
    console.until("as security · jonas@example.org");
    console.press("q");
    assert_eq!(console.ended(), 0);
    // Another role is not theirs, and no one else's key is taken for it.
    let done = scene.run(&["sign", MODULE, "--role", "tech", "--print-answers"]);
    let said = crate::words(&done);
    assert!(
        said.contains("jonas@example.org may not sign as tech"),
        "{said}"
    );
}
