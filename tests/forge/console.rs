//! The program in a terminal: a person reads what a pull request would send, and only
//! then it is opened, at a forge.

use std::path::Path;

use crate::fake::{Fake, git};
use crate::reviews::{MODULE, Signed};
use crate::scene::{BRANCH, origin};
use crate::terminal::Console;

fn started(scene: &Signed, variables: &[(&str, &str)]) -> Console {
    let files = [
        ("HOME", scene.file("home")),
        ("COUNTERSIGN_CACHE_DIR", scene.repo.cache().to_owned()),
        ("COUNTERSIGN_DATA_DIR", scene.file("data")),
        ("COUNTERSIGN_CONFIG_DIR", scene.file("config")),
    ];
    Console::start(&scene.repo.root(), variables, &files)
}

/// To the module, and asks for its pull request.
fn ask(console: &mut Console) {
    console.find_module("fees", MODULE);
    console.press("O");
}

#[test]
fn a_person_opens_it_without_leaving_the_console() {
    let fake = Fake::new();
    let settings = format!("[forge]\nkind = \"github\"\napi = {:?}\n", fake.api);
    let scene = Signed::new(&settings);
    let root = scene.repo.root();
    origin(&root, &fake);
    let bare = fake.bare();
    let bare = bare.to_str().unwrap();
    git(&root, &["push", "-q", bare, "main"]);
    // The console looks at another branch: that of the module is found.
    git(&root, &["switch", "-q", "main"]);

    let mut without = started(&scene, &[]);
    ask(&mut without);
    without.until("it cannot be done yet");
    without.until("there is no token for");
    without.press("\r");
    drop(without);
    assert_eq!(
        fake.passed().len(),
        0,
        "nothing was asked, nothing was sent"
    );

    let token = [
        ("GH_HOST", fake.host.as_str()),
        ("GH_ENTERPRISE_TOKEN", "tok_olga"),
    ];
    let mut console = started(&scene, &token);
    ask(&mut console);
    console.until("Enter confirms it");
    console.until(BRANCH);
    assert_eq!(fake.writes("POST", "/pulls"), 0, "it was only read");
    console.press("\x1b");
    console.until("Gates");
    assert_eq!(fake.writes("POST", "/pulls"), 0, "Esc sends nothing");
    console.press("O");
    console.until("Enter confirms it");
    console.press("\r");
    console.until("pull request 1 opened as a draft");
    let shown = console.text();
    assert!(!shown.contains("tok_"), "{shown}");
    assert_eq!(fake.writes("POST", "/pulls"), 1);
    let head = git(&root, &["rev-parse", BRANCH]);
    let there = git(Path::new(bare), &["rev-parse", BRANCH]);
    assert_eq!(head, there, "the branch is there");
    // What the screens say of it is read again.
    console.press("\r4");
    console.until("#1, draft");
    // Once more: it is found, and no second one is opened.
    console.press("O");
    console.until("Enter confirms it");
    console.press("\r");
    console.until("pull request 1");
    console.until("the remote had the branch");
    assert_eq!(fake.writes("POST", "/pulls"), 1);
}
