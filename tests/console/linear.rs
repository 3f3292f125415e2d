//! The console in plain lines: every screen, and the whole program over a pipe and in a
//! terminal, without anything that draws.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use countersign::console::action::Action;
use countersign::console::linear::page::{plain, tidy};
use countersign::console::linear::{ENDLESS, page, selected};
use countersign::console::theme::Role;
use countersign::console::update::perform;
use countersign::promotion::text::is_hostile;

use crate::every;

/// Draws, and says nothing: boxes, blocks, and what is not text.
fn draws(c: char) -> bool {
    matches!(c, '\u{2500}'..='\u{259f}' | '\t') || c != '\n' && is_hostile(c)
}

#[test]
fn every_screen_is_read_out_in_words() {
    let mut all = String::new();
    for (name, model) in every::screens(ENDLESS) {
        let page = page(&model);
        assert!(!page.title.is_empty(), "{name}");
        let lines = page.all();
        for line in &lines {
            assert!(!line.contains(draws), "{name}: {line:?}");
            assert!(
                !line.trim().is_empty(),
                "{name}: an empty line in {lines:?}"
            );
        }
        assert!(lines.len() > 1, "{name} says nothing but {lines:?}");
        // Where one is is in both the same.
        if let Some(at) = page.selected {
            assert!(at < page.rows.len(), "{name}");
            assert_eq!(selected(&model), Some(at), "{name}");
        }
        all.push_str(&format!("--- {name}\n{}\n", lines.join("\n")));
    }
    insta::assert_snapshot!("linear", all);
}

#[test]
fn what_did_not_change_is_not_read_out_again() {
    let screens = every::screens(ENDLESS);
    let (_, mut model) = screens.into_iter().find(|it| it.0 == "dashboard").unwrap();
    let before = page(&model);
    assert_eq!(before.since(Some(&before)), [""; 0]);
    perform(&mut model, Action::Down);
    let after = page(&model).since(Some(&before));
    assert_eq!(after.len(), 1, "{after:?}");
    assert!(after[0].starts_with("3. selected: "), "{after:?}");
    // Where more is new, all of it is.
    perform(&mut model, Action::Open);
    assert!(page(&model).since(Some(&before)).len() > 5);
}

#[test]
fn long_lists_are_read_in_parts() {
    let mut page = countersign::console::linear::page::Page::new("List");
    page.rows = (0..60).map(|n| format!("row {n}")).collect();
    page.selected = Some(30);
    let lines = page.all();
    assert_eq!(lines[1], "60 rows, 26 to 50; \"more\" goes on");
    assert_eq!(lines[2], "26. row 25");
    assert_eq!(lines[7], "31. selected: row 30");
    assert_eq!(lines.len(), 27);
}

/// A list has dashes of its own, and nobody reads `2mo` aloud.
#[test]
fn what_a_diff_does_and_how_old_something_is_is_said_in_words() {
    let rows = [
        ("+ - one".to_owned(), Role::DiffAdded),
        ("-".to_owned(), Role::DiffRemoved),
        ("  - kept".to_owned(), Role::Text),
        (String::new(), Role::Text),
    ];
    assert_eq!(
        plain(&rows),
        ["added: - one", "removed: an empty line", "- kept"]
    );
    for (drawn, spoken) in [
        ("changed  2mo ago, folded", "changed 2 months ago, folded"),
        ("1h ago: 3s, 12 ago", "1 hour ago: 3s, 12 ago"),
    ] {
        assert_eq!(tidy(drawn), spoken);
    }
}

struct Spoke {
    out: String,
    code: Option<i32>,
}

/// Runs the program on a repository, these lines typed into it.
fn speak(home: &Path, at: &Path, env: &[(&str, &str)], typed: &[&str]) -> Spoke {
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg("--linear")
        .arg(at)
        .current_dir(home)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("LANG", "C.UTF-8")
        .env("TERM", "xterm-256color")
        .env("SSH_AUTH_SOCK", "")
        .env("COUNTERSIGN_CACHE_DIR", home.join("cache"))
        .env("COUNTERSIGN_CONFIG_DIR", home.join("config"))
        .env("COUNTERSIGN_DATA_DIR", home.join("data"))
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(typed.join("\n").as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said, "", "{out}");
    Spoke {
        out,
        code: output.status.code(),
    }
}

/// It said all of these, in this order, and drew nothing.
#[track_caller]
fn said(spoke: &Spoke, parts: &[&str]) {
    assert_eq!(spoke.code, Some(0), "{}", spoke.out);
    let drawn: Vec<char> = spoke.out.chars().filter(|c| draws(*c)).collect();
    assert!(drawn.is_empty(), "{drawn:?} in:\n{}", spoke.out);
    let mut rest = spoke.out.as_str();
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => panic!(
                "{part:?} is not in what follows:\n{rest}\n--- of\n{}",
                spoke.out
            ),
        }
    }
}

#[test]
fn a_reviewers_day_over_a_pipe() {
    let home = tempfile::tempdir().unwrap();
    let demo = countersign::workflow::demo::build(&home.path().join("shop")).unwrap();
    countersign::workflow::demo::keys(&demo).unwrap();
    let editor = "sh -c 'echo from the editor >> \"$0\"'";
    let typed = [
        // What there is; a module found by name, and opened.
        "/",
        "retry",
        "open",
        "coverage",
        "facts",
        // The review: answers by key and by name, a concern with its note.
        "sign off",
        "y",
        "2",
        "concern",
        "It cannot be told from a hang.",
        "and it is slow",
        ".",
        "yes",
        "y",
        "5",
        "n",
        ".editor",
        "y",
        "y",
        // What is to be signed, and why an approval would not count.
        "sign",
        "approve",
        "reject",
        "esc",
        "full-text",
        "esc",
        // And back, all the way.
        "back",
        "back",
        "nonsense",
        "sign the log",
        "q",
    ];
    let spoke = speak(home.path(), &demo.path, &[("EDITOR", editor)], &typed);
    said(
        &spoke,
        &[
            "Dashboard of shop",
            "50 modules",
            "Filter retry",
            "selected: candidate/retry",
            "Module candidate/retry, Gates",
            "never run: Every file compiles",
            "coverage was not measured yet",
            "Module candidate/retry, Facts",
            "owner: mara.lindqvist@example.org",
            "Review of candidate/retry, to core/retry, as tech by mara.lindqvist@example.org",
            "An approval would not count: Gate 1 has no whole result",
            "1 of 7 questions are answered",
            "1. Purpose: yes",
            "2. selected: Design: not answered",
            "a line with only a dot ends it",
            "Design: concern, with a note",
            "7 of 7 questions are answered",
            "It cannot be told from a hang.",
            "and it is slow",
            "from the editor",
            "last step",
            "approve, not possible: there are concerns about design",
            "Nothing is chosen yet",
            "Exactly what is signed as shown:",
            "candidate/retry -> core/retry, as tech by mara.lindqvist@example.org",
            "Note: there are concerns about design",
            "chosen: reject",
            "exactly what is signed as shown",
            "Module candidate/retry, Facts",
            "Nothing here is called nonsense.",
            "Left.",
        ],
    );
}

#[test]
fn a_terminal_stays_as_it_is() {
    use std::io::Read as _;
    let home = tempfile::tempdir().unwrap();
    let at = home.path().join("lantern");
    crate::pty::repository(&at);
    let size = portable_pty::PtySize::default();
    let pair = portable_pty::native_pty_system().openpty(size).unwrap();
    let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_countersign"));
    command.args(["--linear".as_ref(), at.as_os_str()]);
    for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")] {
        command.env(name, value);
    }
    for name in ["CACHE", "CONFIG", "DATA"] {
        command.env(format!("COUNTERSIGN_{name}_DIR"), home.path());
    }
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut input = pair.master.take_writer().unwrap();
    input
        .write_all(b"unfold-all\nbottom\nopen\n?\nq\n")
        .unwrap();
    let mut out = Vec::new();
    // A terminal that is gone ends reading with an error: what was read counts.
    let _ = pair
        .master
        .try_clone_reader()
        .unwrap()
        .read_to_end(&mut out);
    assert!(child.wait().unwrap().success());
    let out = String::from_utf8(out).unwrap().replace('\r', "");
    let spoke = Spoke { out, code: Some(0) };
    said(
        &spoke,
        &[
            "Dashboard of lantern",
            "Module candidate/",
            "things can be typed",
            "Left.",
        ],
    );
}

#[test]
fn hostile_names_are_read_out_and_have_no_effect() {
    let home = tempfile::tempdir().unwrap();
    let at = home.path().join("shop\u{1b}[2J\u{202e}");
    let demo = countersign::workflow::demo::build(&at).unwrap();
    let typed = [
        "/",
        "bank_import",
        "unfold-all",
        "open",
        "diff",
        "unfold-all",
        "}",
        "}",
        "facts",
        "impact",
        "log",
        "audit",
        "back",
    ];
    let spoke = speak(home.path(), &demo.path, &[], &typed);
    said(
        &spoke,
        &[
            "shop␛[2J<U+202E>",
            "Module candidate/bank_import, Diff",
            "Left.",
        ],
    );
}

#[test]
fn the_end_of_the_input_leaves_and_settings_choose_it() {
    let home = tempfile::tempdir().unwrap();
    let at = home.path().join("lantern");
    crate::pty::repository(&at);
    said(
        &speak(home.path(), &at, &[], &[]),
        &["Dashboard of lantern", "Left."],
    );
    std::fs::create_dir(home.path().join("config")).unwrap();
    let settings = home.path().join("config/config.toml");
    std::fs::write(settings, "linear = true\nkeymap = \"arrows\"\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg(&at)
        .env("COUNTERSIGN_CACHE_DIR", home.path().join("cache"))
        .env("COUNTERSIGN_CONFIG_DIR", home.path().join("config"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.starts_with("Dashboard of lantern"), "{out}");
    assert!(out.contains("Keys: c run gates, Enter open"), "{out}");
}
