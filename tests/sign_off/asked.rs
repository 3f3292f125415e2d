//! A review on the command line, question by question.

use crate::gates_support::tools;
use crate::terminal::Console;
use crate::{MODULE, Scene};

fn run(scene: &Scene, arguments: &[&str]) -> Console {
    let files = [
        ("HOME", scene.file("home")),
        ("COUNTERSIGN_TEST_TOOLS", tools()),
        ("COUNTERSIGN_CACHE_DIR", scene.repo.cache()),
        ("COUNTERSIGN_DATA_DIR", scene.file("data")),
        ("COUNTERSIGN_CONFIG_DIR", scene.file("config")),
    ];
    Console::run(&scene.repo.root(), arguments, &[], &files)
}

#[test]
fn a_person_goes_back_to_an_answer_and_reads_all_of_them_before_they_sign() {
    let scene = Scene::new();
    scene.check();
    let key = scene.file("priya");
    let arguments = ["sign", MODULE, "-C", ".", "--key", key.to_str().unwrap()];
    let mut asked = run(&scene, &arguments);
    asked.until("1 of 7  Purpose");
    asked.answer("c\nUnclear.\n");
    asked.until("2 of 7  Design");
    asked.answer("back\n");
    asked.until("You said: concern: Unclear.");
    asked.answer("y\n");
    for number in 2..=7 {
        asked.until(&format!("{number} of 7  "));
        asked.answer("y\n");
    }
    asked.until("1  Purpose: yes");
    asked.until("a number answers that anew");
    asked.answer("2\n");
    asked.until_there_are(1, "You said: yes");
    asked.answer("n\nOne function.\n");
    asked.until("2  Design: not applicable: One function.");
    asked.answer("a\n");
    asked.until("A note for those who read it");
    asked.answer("Good.\n");
    asked.until("approve candidate/fees as tech");
    asked.until("Your note: Good.");
    asked.answer("s\n");
    // As it is to be typed where one is.
    asked.until("check it with: countersign audit show -C . 0");
    assert_eq!(asked.ended(), 0);

    let shown = scene.run(&["audit", "show", "0"]);
    let shown = crate::words(&shown);
    for part in ["One function.", "Good."] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("Unclear"), "{shown}");
}

#[test]
fn what_was_run_before_is_stale_here_as_well() {
    let scene = Scene::new();
    scene.check();
    scene
        .repo
        .commit(&[("candidate/fees/__init__.py", "RATE = 3\n")]);
    let key = scene.file("priya");
    let mut asked = run(&scene, &["sign", MODULE, "--key", key.to_str().unwrap()]);
    asked.until("1 of 7  Purpose");
    asked.answer("y\n");
    asked.until("stale  no evidence for what is there now");
    // A word that is none of the choices is told, and asked again.
    asked.answer("perhaps\n");
    asked.until("That is none of these.");
    asked.answer("q\n");
    assert_eq!(asked.ended(), 1);
}

#[test]
fn sentences_are_broken_between_words_and_commands_are_not() {
    let scene = Scene::new();
    let mut told = run(&scene, &["show", &"z".repeat(88)]);
    told.until("\n`countersign list` names them all");
    assert_eq!(told.ended(), 2);
    // So is what a command prints.
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let printed = scene.run(&["show", MODULE]);
    let printed = String::from_utf8(printed.stdout).unwrap();
    let long = printed.lines().rfind(|it| it.len() > 120);
    let long = long.unwrap_or_else(|| panic!("no line is long: {printed}"));
    let mut told = run(&scene, &["show", MODULE]);
    told.until(printed.trim_end().rsplit(' ').next().unwrap());
    let shown = joined(&told.text());
    assert!(shown.contains(&joined(long)), "{long}\n{shown}");
    assert_eq!(told.ended(), 0);
}
