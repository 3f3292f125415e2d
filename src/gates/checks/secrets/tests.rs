use super::copies::Copied;
use super::*;
use crate::promotion::Severity;

const PATH: &str = "m/a.py";

fn subject() -> Subject {
    Subject {
        files: vec![PATH.into()],
        ..Subject::test("m", "/nowhere")
    }
}

fn secret(kind: &str, line_number: u32) -> Secret {
    Secret {
        filename: "000000-a.py".into(),
        line_number,
        kind: kind.into(),
        hashed_secret: "9fe500c731d634292010d083c40a3cb3eea8e514".into(),
    }
}

fn weighed(text: &str, secrets: &[Secret], leaks: &[Leak], answers: &[&str]) -> Measure {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("000000-a.py"), text).unwrap();
    let copy = |name: &str, above| Copied {
        name: name.into(),
        path: PATH.into(),
        plain: "000000-a.py".into(),
        above,
    };
    let copies = Copies {
        all: vec![copy("again-000000.txt", 1), copy("000000-a.py", 0)],
        files: 1,
        ..Copies::default()
    };
    let answers: Vec<_> = answers.iter().map(|it| (*it).to_owned()).collect();
    let answers = Acknowledged::read(ID, "DIGEST", &answers).unwrap();
    weigh(&subject(), &copies, dir.path(), secrets, leaks, &answers)
}

#[test]
fn a_key_fails_whatever_was_there_before_and_what_looks_like_one_does_not() {
    let key = weighed("x\n", &[secret("AWS Access Key", 1)], &[], &[]);
    assert!(key.fails.unwrap().starts_with("1 key in the module"));
    assert_eq!(key.findings[0].rule, "aws-access-key");
    assert_eq!(
        key.findings[0].message,
        "AWS Access Key, sha1 9fe500c731d63429"
    );
    assert_eq!(key.findings[0].source, "");
    let word = weighed("x\n", &[secret("Secret Keyword", 1)], &[], &[]);
    assert_eq!(word.fails, None);
    assert_eq!(word.findings.len(), 1);
}

#[test]
fn an_answer_with_a_reason_is_shown_and_a_comment_lets_nothing_pass() {
    let found = [secret("AWS Access Key", 2)];
    let text = "# pragma: allowlist nextline secret\nx\n";
    let asked = weighed(text, &found, &[], &[]);
    assert!(asked.fails.is_some());
    let rules: Vec<_> = asked.findings.iter().map(|f| f.rule.as_str()).collect();
    assert_eq!(rules, ["aws-access-key", "pragma"]);
    let answered = weighed(
        text,
        &found,
        &[],
        &["9fe500c731d63429 m: of AWS's own manual"],
    );
    assert_eq!(answered.fails, None);
    assert!(
        answered
            .findings
            .iter()
            .all(|f| f.severity == Severity::Note)
    );
    assert!(
        answered.findings[1]
            .message
            .ends_with("of AWS's own manual")
    );
    // The message is its identity: an answer must not make it another finding.
    assert_eq!(answered.findings[0].message, asked.findings[0].message);
    let other = weighed(text, &found, &[], &["0000000000000000 m: x"]);
    assert!(other.fails.is_some());
}

#[test]
fn private_keys_are_told_apart_though_the_tool_does_not() {
    let key = |body: &str| {
        let name = "PRIVATE";
        format!("-----BEGIN {name} KEY-----\n  {body}\n-----END {name} KEY-----\n")
    };
    let two = format!("a = 1\n{}\n{}", key("aaa"), key("bbb"));
    let both = weighed(&two, &[secret(PRIVATE_KEY, 2)], &[], &[]);
    let lines: Vec<_> = both.findings.iter().map(|f| f.line).collect();
    assert_eq!(lines, [2, 6]);
    assert_ne!(both.findings[0].message, both.findings[1].message);
    assert!(both.fails.unwrap().starts_with("2 keys"));
    // It is the same key where it moved to.
    let moved = weighed(&key("bbb"), &[secret(PRIVATE_KEY, 1)], &[], &[]);
    assert_eq!(moved.findings[0].message, both.findings[1].message);
}

/// detect-secrets names one of each kind in a file, and in YAML the line of what
/// holds it.
#[test]
fn every_private_key_counts_once_however_often_it_is_named() {
    let key = |kind: &str, body: &str| {
        let name = "PRIVATE";
        format!("-----BEGIN {kind}{name} KEY-----\n{body}\n-----END {kind}{name} KEY-----\n")
    };
    let text = format!("a: |\n{}{}", key("RSA ", "aaa"), key("EC ", "bbb"));
    let named = [secret(PRIVATE_KEY, 1), secret(PRIVATE_KEY, 5)];
    let found = weighed(&text, &named, &[], &[]);
    let lines: Vec<_> = found.findings.iter().map(|f| f.line).collect();
    assert_eq!(lines, [2, 5]);
    assert!(found.fails.unwrap().starts_with("2 keys"));
    // One of a form that is not known here is not lost.
    let other = weighed("x\n", &[secret(PRIVATE_KEY, 1)], &[], &[]);
    assert_eq!(other.findings.len(), 1);
}

#[test]
fn what_is_found_in_two_copies_is_found_once_and_where_it_stands() {
    let again = |line_number| Secret {
        filename: "again-000000.txt".into(),
        ..secret("AWS Access Key", line_number)
    };
    let both = [secret("AWS Access Key", 2), again(3)];
    let found = weighed("a\nb\n", &both, &[], &[]);
    assert_eq!((found.findings.len(), found.findings[0].line), (1, 2));
    assert!(found.fails.unwrap().starts_with("1 key "));
    assert_eq!(found.work[0], ("files".to_owned(), 1));
    let alone = weighed("a\nb\n", &[again(3)], &[], &[]);
    assert_eq!((alone.findings.len(), alone.findings[0].line), (1, 2));
    let leak = Leak {
        file: "again-000000.txt".into(),
        line: 3,
        rule: "jwt".into(),
    };
    let found = weighed("a\nb\n", &both[..1], &[leak], &[]);
    assert_eq!(found.findings.len(), 1);
}

#[test]
fn what_gitleaks_finds_as_well_is_found_once() {
    let leak = |line, rule: &str| Leak {
        file: "000000-a.py".into(),
        line,
        rule: rule.into(),
    };
    let leaks = [
        leak(1, "aws-access-token"),
        leak(2, "generic-api-key"),
        leak(3, "jwt"),
    ];
    let found = weighed("a\nb\nc\n", &[secret("AWS Access Key", 1)], &leaks, &[]);
    let rules: Vec<_> = found.findings.iter().map(|f| f.rule.as_str()).collect();
    assert_eq!(
        rules,
        ["aws-access-key", "gitleaks-generic-api-key", "gitleaks-jwt"]
    );
    assert!(found.fails.unwrap().starts_with("2 keys"));
}

#[test]
fn words_of_a_tool_are_kept_without_what_may_be_a_secret() {
    let said = b"error: cannot open file\nx = ghp_t7Rk2mWq9ZxVb4NcYh6LpDs8 password=hunter2 done\n";
    let kept = String::from_utf8(redacted(said)).unwrap();
    assert_eq!(
        kept,
        "error: cannot open file\nx \u{2026} \u{2026} \u{2026} done\n"
    );
}
