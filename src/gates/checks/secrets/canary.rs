//! Secrets that we plant: that each comes back is the proof that a tool was
//! given our files, has its detectors, and no filter that swallows.

use std::path::Path;

use super::{detect, gitleaks};
use crate::promotion::ToolRun;

/// A planted secret: the file, its line, and what detect-secrets calls it.
pub type Planted = (&'static str, u32, &'static str);

/// A file of Python: quoted strings.
const CODE: &str = "canary.py";
/// A file that detect-secrets reads as YAML: its own way of taking it apart.
const YAML: &str = "canary.yaml";
/// A file of no kind.
const TEXT: &str = "canary.txt";

/// Everything that must come back.
pub const PLANTED: [Planted; 13] = [
    (CODE, 1, "AWS Access Key"),
    (CODE, 2, "GitHub Token"),
    (CODE, 3, "Private Key"),
    (CODE, 4, "Slack Token"),
    (CODE, 5, "Stripe Access Key"),
    (CODE, 6, "Basic Auth Credentials"),
    (CODE, 7, "Secret Keyword"),
    (CODE, 8, "Hex High Entropy String"),
    (CODE, 9, "Base64 High Entropy String"),
    (CODE, 10, "GitLab Token"),
    (YAML, 1, "Secret Keyword"),
    (YAML, 2, "AWS Access Key"),
    (TEXT, 1, "AWS Access Key"),
];

/// True for a file of ours.
pub fn is_ours(name: &str) -> bool {
    [CODE, YAML, TEXT].contains(&name)
}

/// What is on trial in that run, for people who read what the tool wrote.
pub fn trial(run: &ToolRun) -> Option<String> {
    let names = [detect::TOOL, gitleaks::TOOL].contains(&run.tool.as_str());
    let looks = run.command.iter().any(|it| it == ".");
    (names && looks).then(|| {
        format!(
            "{} is on trial in this run: {CODE}, {YAML} and {TEXT} are ours, with secrets that it \
             has to find. All else is about the module.",
            run.tool
        )
    })
}

/// Writes them. They are put together here, so that whoever searches our own
/// source finds none; they were never valid.
pub fn plant(directory: &Path) -> std::io::Result<()> {
    let aws = format!("AKIA{}", "QX4TJ7VN2KDMWZPH");
    let word = format!("kR7w-{}", "pl0ver-tH3n");
    // Two lines have the comment by which a project lets a secret pass: it must not.
    let pass = format!("pragma: {} secret", "allowlist");
    let code = [
        format!("a = \"{aws}\""),
        format!(
            "b = \"ghp_{}\"  # {pass}",
            "t7Rk2mWq9ZxVb4NcYh6LpDs8JfGa3UeQi5Ko"
        ),
        format!("c = \"-----BEGIN RSA {} KEY-----\"", "PRIVATE"),
        format!(
            "d = \"xoxb-{}\"",
            "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"
        ),
        format!("e = \"sk_live_{}\"", "Zk3vQ8mT1xW6nB9rC2pL7dHf"),
        format!("f = \"https://user:{word}@example.org/\""),
        format!("password = \"{word}\"  # {pass}"),
        format!("h = \"9f3c1b7ae05d42c6{}\"", "8b1f0e7d93a65c24"),
        format!("i = \"q8ZrT2vXk9LmW4nBc7Hp{}\"", "Yd3SfJg6UaEe1QiRo5Kt"),
        format!("j = \"glpat-{}\"", "t7Rk2mWq9ZxVb4NcYh6L"),
    ];
    std::fs::write(directory.join(CODE), code.join("\n") + "\n")?;
    let yaml = format!("password: {word}\nkey: {aws}\n");
    std::fs::write(directory.join(YAML), yaml)?;
    std::fs::write(directory.join(TEXT), format!("see {aws}\n"))
}
