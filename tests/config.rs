//! `countersign.toml` as a person meets it: what is wrong is said once, at its
//! place, with what to write instead.

use countersign::config::{docs, project::parse};

/// What is said of that file.
fn problems(text: &str) -> String {
    match parse(text, "countersign.toml") {
        Ok(config) => panic!("accepted: {config:?}"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    let said = problems(text);
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
}

#[test]
fn the_whole_message_of_a_slip() {
    insta::assert_snapshot!(problems("base = \"main\"\n\n[[lanes]]\nsorce = \"pkg/sandbox\"\nsource = \"pkg/sandbox\"\ntargets = [\"pkg\"]\n"), @r#"
    countersign.toml:4:1: unknown key `sorce`; did you mean `source`?
       |
     4 | sorce = "pkg/sandbox"
       | ^^^^^
       = allowed in [[lanes]]: source, targets
    "#);
}

#[test]
fn several_slips_are_told_at_once_in_the_order_of_the_file() {
    let gates: Vec<_> = countersign::config::project::gate_names().collect();
    let said = problems(
        "[gates.coverage]\nminimum = 190\n[gates.tests]\ntimeout = \"soon\"\n[gates.lnt]\n[tools]\nsource = \"x\"\n",
    );
    let said = said.replace(&gates.join(", "), "GATES");
    insta::assert_snapshot!(said, @r#"
    countersign.toml:2:11: this must be a number from 0 to 100, and is `190`
       |
     2 | minimum = 190
       |           ^^^

    countersign.toml:4:11: this must be a time: `"90s"`, `"2m"`, `"1h"`, or seconds, and is the text `soon`
       |
     4 | timeout = "soon"
       |           ^^^^^^

    countersign.toml:5:8: unknown gate `lnt`; did you mean `lint`?
       |
     5 | [gates.lnt]
       |        ^^^
       = allowed in [gates]: GATES, custom

    countersign.toml:7:1: unknown key `source`; it belongs in [[lanes]]
       |
     7 | source = "x"
       | ^^^^^^
       = allowed in [tools]: environment, requirements, python, pinned_python
    "#);
}

#[test]
fn syntax_errors_have_a_place() {
    assert_says(
        "base = \"main\n",
        &[
            "countersign.toml:1:",
            "this is no TOML",
            "1 | base = \"main",
        ],
    );
    assert_says("a = 1\na = 2\n", &["countersign.toml:2:1"]);
}

#[test]
fn nearest_names() {
    assert_says(
        "bsae = \"x\"",
        &["unknown key `bsae`; did you mean `base`?"],
    );
    assert_says("[lane]\n", &["did you mean `lanes`?"]);
    assert_says(
        "[gates.typs]\n",
        &["unknown gate `typs`; did you mean `types`?"],
    );
    assert_says("minimum = 3\n", &["it belongs in [gates.coverage]"]);
    assert_says(
        "qqq = 3\n",
        &[
            "unknown key `qqq`\n",
            "allowed at the top: version, base, lanes",
        ],
    );
}

#[test]
fn a_gate_refuses_options_it_has_no_use_for() {
    assert_says(
        "[gates.compile]\nminimum = 3\n",
        &[
            "unknown key `minimum`",
            "allowed in [gates.compile]: enabled, timeout",
        ],
    );
}

#[test]
fn every_gate_can_be_configured_and_nothing_else() {
    let known: Vec<_> = countersign::workflow::validate::gates(&Default::default())
        .iter()
        .map(|gate| gate.id.to_string())
        .collect();
    let named: Vec<_> = countersign::config::project::gate_names().collect();
    assert_eq!(known, named);
}

#[test]
fn wrong_shapes() {
    assert_says(
        "[lanes]\nsource = \"x\"\n",
        &["1:2: `lanes` is a section", "write [[lanes]]"],
    );
    assert_says("gates = 3\n", &["`gates` is a section", "write [gates]"]);
    assert_says("lanes = []\n", &["write [[lanes]]"]);
    assert_says("base = [\"x\"]\n", &["this must be text, and is a list"]);
    assert_says(
        "[modules]\ninclude = [\"ok\", 3]\n",
        &["2:18: this must be a list of globs"],
    );
    assert_says(
        "[[lanes]]\nsource = \"x\"\n",
        &["1:1: `targets` is missing"],
    );
    assert!(parse("lanes = [{ source = \"a\", targets = [\"b\"] }]", "f").is_ok());
    assert!(parse("tools.python = \"python3\"\n", "f").is_ok());
}

#[test]
fn values_are_checked() {
    let lane = |source: &str, targets: &str| {
        format!("[[lanes]]\nsource = \"{source}\"\ntargets = [{targets}]\n")
    };
    for source in ["/abs", "../up", "a/../b", "", ".", "a//b", ".git/x"] {
        assert_says(&lane(source, "\"core\""), &["2:10: "]);
    }
    assert_says(&lane("a", "\"a\""), &["nothing would move"]);
    assert_says(
        &lane("a", "\"core\", \"a/b\""),
        &["lies in this lane's own source"],
    );
    assert_says(&lane("a", ""), &["at least one target"]);
    assert_says(
        &format!("{}{}", lane("a", "\"core\""), lane("a/b", "\"core\"")),
        &["5:10: this lane lies in another one, `a`"],
    );
    let root = parse(&lane("pkg/sandbox", "\".\""), "f").unwrap();
    assert_eq!(
        root.lanes[0].destination(&"pkg/sandbox/x".into(), &root.lanes[0].targets[0]),
        Some("x".into())
    );
    assert_says(
        "[modules]\nexclude = [\"a[\"]\n",
        &["2:12: this glob cannot be read"],
    );
    assert_says(
        "[gates.coverage]\nminimum = nan\n",
        &["a number from 0 to 100"],
    );
    assert_says(
        "[gates.coverage]\nminimum = -0.5\n",
        &["a number from 0 to 100"],
    );
    assert_says(
        "[gates.lint]\nzero = \"none\"\n",
        &["this must be `\"new\"` or `\"all\"`"],
    );
    assert_says(
        "[gates.lint]\ntimeout = 0\n",
        &["between a second and a day"],
    );
    assert_says(
        "[gates.lint]\ntimeout = \"99999999999999999999h\"\n",
        &["this must be a time"],
    );
    assert_says(
        "version = 2\n",
        &["version 2 of this file is not known", "a newer Countersign"],
    );
    assert_says(
        "[owners.modules]\n\"a[\" = \"@x\"\n",
        &["2:1: the glob: this glob"],
    );
    assert_says(
        "[tests.modules]\n\"../x\" = [\"tests\"]\n",
        &["2:1: the path: the path `../x`"],
    );
    for (written, seconds) in [
        ("90", 90),
        ("\"90s\"", 90),
        ("\"2m\"", 120),
        ("\"1h\"", 3600),
        ("\" 5 min \"", 300),
    ] {
        let config = parse(&format!("[gates.lint]\ntimeout = {written}\n"), "f").unwrap();
        assert_eq!(config.policy.gates["lint"].timeout_s, seconds);
    }
}

#[test]
fn hostile_text_is_shown_and_does_nothing() {
    let said = problems("\"\\u001b[2J\" = 1 # \u{202e}\u{9b}\n");
    assert!(!said.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{said}");
    assert!(said.contains("<U+202E>"), "{said}");
}

#[test]
fn a_line_of_megabytes_is_cut() {
    let said = problems(&format!("base = \"{}\nx = 1", "a".repeat(5_000_000)));
    assert!(said.len() < 2_000, "{} bytes", said.len());
    let said = problems(&format!("{} = 1", "k".repeat(5_000_000)));
    assert!(said.len() < 2_000, "{} bytes", said.len());
}

#[test]
fn the_document_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
    let printed = docs::markdown();
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        written, printed,
        "renew it with: COUNTERSIGN_BLESS=1 cargo test --test config"
    );
}
