//! `secrets`: every file is searched, nothing in the code keeps it from that,
//! and no secret gets into what is kept.

#![allow(clippy::unwrap_used)]

mod gates_support;

use std::path::Path;

use gates_support::{CLEAN, Checked, Repo, faked};

const GATE: &str = "secrets";

fn with(files: &[(&'static str, &str)]) -> Vec<(String, String)> {
    let all = CLEAN.iter().chain(files);
    all.map(|(path, content)| ((*path).to_owned(), (*content).to_owned()))
        .collect()
}

fn repo(files: &[(&'static str, &str)]) -> Repo {
    let files = with(files);
    let files: Vec<_> = files
        .iter()
        .map(|(p, c)| (p.as_str(), c.as_str()))
        .collect();
    Repo::new(&files)
}

fn check(repo: &Repo) -> Checked {
    repo.check("candidate/m", &["--only", GATE])
}

fn summary(checked: &Checked) -> &str {
    checked.gate(GATE)["evidence"]["summary"].as_str().unwrap()
}

fn at(rule: &str, path: &str, line: u64) -> (String, String, u64) {
    (rule.to_owned(), path.to_owned(), line)
}

/// Put together here, so that this file holds none.
fn password() -> String {
    format!("wq9-{}", "tr4verse-M1ll")
}

fn aws_key() -> String {
    format!("AKIA{}", "Z7PLMQ2RXC4VTN9B")
}

/// True where any file below holds it.
fn is_kept(directory: &Path, secret: &str) -> bool {
    std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .any(|entry| {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => is_kept(&path, secret),
                false => {
                    let content = std::fs::read(&path).unwrap_or_default();
                    content
                        .windows(secret.len())
                        .any(|it| it == secret.as_bytes())
                }
            }
        })
}

#[test]
fn one_new_secret_is_one_new_finding_and_a_pure_move_brings_none() {
    let old = format!("password = \"{}\"\n", password());
    let repo = repo(&[
        ("candidate/m/old.py", &old),
        ("candidate/m/conf/x.env", &old),
    ]);
    repo.branch();
    let more = format!("\n\n{old}DB_PASSWORD = \"{}x\"\n", password());
    repo.commit(&[("candidate/m/old.py", &more)]);
    let checked = check(&repo);
    assert_eq!(summary(&checked), "1 new, 2 old");
    assert_eq!(
        checked.findings(GATE)[0],
        at("secret-keyword", "candidate/m/old.py", 4)
    );
    assert_eq!(checked.status(GATE), "failed");

    repo.commit(&[("candidate/m/old.py", &old)]);
    repo.rename("candidate/m", "candidate/n");
    repo.commit_as_is();
    let moved = repo.check("candidate/n", &["--only", GATE]);
    assert_eq!(summary(&moved), "0 new, 2 old");
    assert_eq!(moved.status(GATE), "passed", "{}", moved.why(GATE));
}

#[test]
fn a_key_counts_though_it_is_old_until_somebody_answers_for_it() {
    let code = format!("KEY = \"{}\"\n", aws_key());
    let repo = repo(&[("candidate/m/keys.py", &code)]);
    repo.branch();
    repo.commit(&[("candidate/m/b.py", "X = 1\n")]);
    let checked = check(&repo);
    assert_eq!(summary(&checked), "0 new, 1 old");
    assert_eq!((checked.status(GATE), checked.exit), ("failed", 1));
    assert!(
        checked.why(GATE).contains("revoke"),
        "{}",
        checked.why(GATE)
    );
    let findings = &checked.gate(GATE)["evidence"]["findings"];
    let message = findings[0]["message"].as_str().unwrap();
    let digest = message.rsplit(' ').next().unwrap();

    let repo = repo.settings(&format!(
        "[gates.secrets]\nacknowledged = [\"{digest} candidate/m/keys.py: of the manual\"]\n"
    ));
    let checked = check(&repo);
    assert_eq!(checked.status(GATE), "passed", "{}", checked.why(GATE));
    let findings = checked.gate(GATE)["evidence"]["findings"].to_string();
    assert!(
        findings.contains("acknowledged: of the manual"),
        "{findings}"
    );
    // An answer that cannot be read is no answer.
    let repo = repo.settings("[gates.secrets]\nacknowledged = [\"all of it\"]\n");
    assert_eq!(check(&repo).status(GATE), "error");
}

#[test]
fn nothing_in_the_code_lets_a_secret_pass() {
    let secret = format!("password = \"{}\"", password());
    let pragma = format!("{secret}  # pragma: {} secret\n", "allowlist");
    let plain = format!("{secret}\n");
    let baseline =
        "{\"version\": \"1.5.0\", \"plugins_used\": [], \"filters_used\": [], \"results\": {}}\n";
    let repo = repo(&[
        (".secrets.baseline", baseline),
        (".gitleaks.toml", "[allowlist]\npaths = ['''.*''']\n"),
        ("candidate/m/.secrets.baseline", baseline),
    ]);
    repo.branch();
    let names = [
        "candidate/m/a_pragma.py",
        "candidate/m/logo.svg",
        "candidate/m/swagger/ui.py",
    ];
    repo.commit(&[(names[0], &pragma), (names[1], &plain), (names[2], &plain)]);
    // And one that is no UTF-8.
    let latin = [b"# caf\xe9\n".as_slice(), plain.as_bytes()].concat();
    std::fs::write(repo.root().join("candidate/m/latin.py"), latin).unwrap();
    repo.commit_as_is();
    let checked = check(&repo);
    assert_eq!(
        checked.findings(GATE),
        [
            at("secret-keyword", names[0], 1),
            at("secret-keyword", "candidate/m/latin.py", 2),
            at("secret-keyword", names[1], 1),
            at("secret-keyword", names[2], 1),
        ]
    );
    let evidence = checked.gate(GATE)["evidence"].to_string();
    assert!(evidence.contains("\"pragma\""), "{evidence}");
}

/// detect-secrets takes settings apart, and what only looks like settings; it
/// sees no comment there. Other settings it takes apart only if it found nothing
/// in them as text.
#[test]
fn what_a_tool_would_take_for_settings_is_searched_as_text_too() {
    let repo = repo(&[]);
    repo.branch();
    let key = aws_key();
    let odd = format!("[__name__]\n# {key}\nX = 1\n");
    let ini = format!("[db]\nhost = a\n; old = {key}\n");
    let name = "PRIVATE";
    let yaml = format!(
        "# {key}\na: b\ntls: |\n  -----BEGIN {name} KEY-----\n  x\n  -----END {name} KEY-----\n"
    );
    let token = format!("q8ZrT2vXk9LmW4nBc7Hp{}", "Yd3SfJg6UaEe1QiRo5Kt");
    let env = format!("# {key}\n\nVALUE={token}\n");
    let paths = [
        "candidate/m/b.env",
        "candidate/m/b.ini",
        "candidate/m/b.py",
        "candidate/m/b.yaml",
    ];
    repo.commit(&[
        (paths[0], &env),
        (paths[1], &ini),
        (paths[2], &odd),
        (paths[3], &yaml),
    ]);
    let checked = check(&repo);
    let mut found = checked.findings(GATE);
    found.sort();
    assert_eq!(
        found,
        [
            at("aws-access-key", paths[0], 1),
            at("aws-access-key", paths[1], 3),
            at("aws-access-key", paths[2], 2),
            at("aws-access-key", paths[3], 1),
            at("base64-high-entropy-string", paths[0], 3),
            at("private-key", paths[3], 4),
        ]
    );
    assert!(
        checked.why(GATE).contains("5 keys"),
        "{}",
        checked.why(GATE)
    );
}

#[test]
fn no_secret_is_kept_anywhere() {
    let code = format!("password = \"{}\"\nKEY = \"{}\"\n", password(), aws_key());
    let repo = repo(&[]);
    repo.branch();
    repo.commit(&[("candidate/m/keys.py", &code)]);
    let checked = check(&repo);
    assert_eq!(checked.findings(GATE).len(), 2);
    for secret in [password(), aws_key()] {
        assert!(
            is_kept(&repo.root(), &secret),
            "the test sees it where it is"
        );
        assert!(!checked.json.to_string().contains(&secret));
        assert!(!checked.stderr.contains(&secret));
        assert!(!is_kept(&repo.cache().join("evidence"), &secret));
    }
}

/// The real tool, but for what a script changes in what it says.
fn with_tool(script: &str) -> Checked {
    let repo = repo(&[]);
    let script = script.replace("REAL", "\"${0%/*}/python\" -P -m detect_secrets");
    let environment = faked(
        &repo.dir.path().join("env"),
        &[("detect-secrets", &format!("#!/bin/sh\n{script}\n"))],
    );
    check(&repo.environment(environment))
}

#[test]
fn the_exit_code_is_always_0_so_it_says_nothing() {
    for (script, why) in [
        ("exit 0", "no report"),
        ("exit 1", "exit code 1"),
        ("echo '{}'", "no report"),
        ("REAL \"$@\" | head -c 300", "no report"),
        (
            "REAL \"$@\" | sed 's/\"results\": {/\"results\": {}, \"x\": {/'",
            "13 of 13",
        ),
        ("REAL scan --all-files --no-verify .", "is_line_allowlisted"),
        (
            "REAL \"$@\" --disable-plugin AWSKeyDetector",
            "AWSKeyDetector",
        ),
        (
            "REAL \"$@\" --exclude-files 'candidate'",
            "should_exclude_file",
        ),
        (
            "REAL \"$@\" | sed 's/\"version\": \"1.5.0\"/\"version\": \"1.0.3\"/'",
            "1.0.3",
        ),
        ("kill -9 $$", "signal 9"),
    ] {
        let checked = with_tool(script);
        assert_eq!(checked.status(GATE), "error", "{script}");
        assert!(
            checked.why(GATE).contains(why),
            "{script}: {}",
            checked.why(GATE)
        );
    }
    // Unchanged it passes: what is told apart above is not the script.
    let checked = with_tool("exec REAL \"$@\"");
    assert_eq!(checked.status(GATE), "passed", "{}", checked.why(GATE));
}

#[test]
fn it_cannot_be_turned_off() {
    let repo = repo(&[]).settings("[gates.secrets]\nenabled = false\n");
    let output = repo
        .countersign()
        .args(["check", "candidate/m", "--only", GATE])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}

/// A gitleaks of ours, first on the path.
fn with_gitleaks(script: &str) -> Checked {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = repo(&[]);
    let bin = repo.dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let file = bin.join("gitleaks");
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = version ] && echo 8.30.0 && exit 0\n\
         while [ \"$1\" != --report-path ]; do shift; done\n{script}\n"
    );
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = repo
        .countersign()
        .env("PATH", format!("{}:{path}", bin.display()))
        .args(["check", "candidate/m", "--only", GATE, "--json"])
        .output()
        .unwrap();
    Checked::of(output)
}

#[test]
fn gitleaks_has_a_say_where_it_is_installed() {
    let song = r#"{"RuleID": "aws-access-token", "File": "canary.py", "StartLine": 1}"#;
    let leak = r#"{"RuleID": "private-key", "File": "000001-a.py", "StartLine": 2}"#;
    let checked = with_gitleaks(&format!("echo '[{song}]' > \"$2\"; exit 10"));
    assert_eq!(checked.status(GATE), "passed", "{}", checked.why(GATE));
    let runs = checked.gate(GATE)["evidence"]["runs"].to_string();
    assert!(
        runs.contains("8.30.0") && runs.contains("--redact"),
        "{runs}"
    );

    let checked = with_gitleaks(&format!("echo '[{song}, {leak}]' > \"$2\"; exit 10"));
    assert_eq!(
        checked.findings(GATE),
        [at("gitleaks-private-key", "candidate/m/a.py", 2)]
    );
    assert_eq!(checked.status(GATE), "failed");
    // 1 is both, a leak and an error: so it is asked for 10, and 1 is none.
    for script in [
        format!("echo '[{song}]' > \"$2\"; exit 1"),
        "echo '[]' > \"$2\"; exit 10".to_owned(),
    ] {
        let checked = with_gitleaks(&script);
        assert_eq!(checked.status(GATE), "error", "{script}");
    }
}

#[test]
fn without_gitleaks_it_says_so_and_goes_on() {
    if std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .any(|dir| dir.join("gitleaks").is_file())
    {
        return; // covered by the test above
    }
    let checked = check(&repo(&[]));
    let evidence = checked.gate(GATE)["evidence"].to_string();
    assert!(evidence.contains("gitleaks is not installed"), "{evidence}");
    assert_eq!(checked.status(GATE), "passed");
}
