//! `secrets`: detect-secrets on every file of the module, and gitleaks where it
//! is installed. What is known of a secret is its digest: neither findings nor
//! what is kept of a tool's output hold the secret itself.
//!
//! Two kinds are told apart. What has the form of a key of a known service, or
//! is a private key, counts wherever it was first: it has been seen, and must be
//! revoked. What only looks like a secret counts where it is new. A comment in
//! the code, or a baseline of the project's, lets nothing pass; an answer in
//! `countersign.toml` does, and is shown.

pub(super) mod canary;
mod copies;
mod detect;
mod gitleaks;

use std::collections::BTreeSet;
use std::path::Path;

use futures_util::future::BoxFuture;

use super::acknowledged::Acknowledged;
use super::{Check, Measure, aside, count};
use crate::gates::Trouble;
use crate::gates::cache::digest;
use crate::gates::job::{Call, Job, Terms};
use crate::gates::subject::{Finder, Subject};
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, Finding, GateId, RepoPath};
use copies::Copies;
use detect::Secret;
use gitleaks::Leak;

/// The gate.
pub struct Secrets;

/// Its name.
const ID: &str = "secrets";

/// What detect-secrets tells by its form alone: no word beside it, and no
/// entropy, is needed to know it for a key.
const KEYS: [&str; 14] = [
    "AWS Access Key",
    "Azure Storage Account access key",
    "GitHub Token",
    "GitLab Token",
    "Mailchimp Access Key",
    "NPM tokens",
    "OpenAI Token",
    PRIVATE_KEY,
    "PyPI Token",
    "SendGrid API Key",
    "Slack Token",
    "Square OAuth Secret",
    "Stripe Access Key",
    "Telegram Bot Token",
];
/// Of these detect-secrets digests the first line only, which all have alike.
const PRIVATE_KEY: &str = "Private Key";
/// So many digits of a digest tell one secret from another.
const DIGITS: usize = 16;
/// Rules of gitleaks that only go by looks.
const LOOKS: [&str; 2] = ["generic-api-key", "curl-auth-user"];

impl Check for Secrets {
    fn id(&self) -> GateId {
        GateId::new(ID)
    }

    fn criterion(&self) -> Criterion {
        Criterion::Security
    }

    fn title(&self) -> &'static str {
        "No keys, and no new secrets"
    }

    fn definition(&self) -> u32 {
        2
    }

    fn tools(&self) -> &'static [&'static str] {
        &["detect-secrets"]
    }

    fn has_baseline(&self) -> bool {
        true
    }

    fn told(&self, options: &GateOptions) -> serde_json::Value {
        serde_json::json!({
            "acknowledged": options.acknowledged,
            "gitleaks": gitleaks::stamp(),
        })
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(run(job))
    }
}

async fn run(job: &Job<'_>) -> Result<Measure, Trouble> {
    let answers = Acknowledged::read(ID, "DIGEST", &job.options.acknowledged)?;
    let tool = job.toolbox.get(detect::TOOL)?;
    let place = job.place()?;
    let directory = place.work.join("files");
    let copies = {
        let (subject, directory) = (job.subject.clone(), directory.clone());
        let copy = move || {
            std::fs::create_dir_all(&directory)?;
            canary::plant(&directory)?;
            Copies::make(&subject, &directory)
        };
        let disk = |error| Trouble::disk(job.bench.scratch.root(), &error);
        aside(copy).await?.map_err(disk)?
    };
    let known = |name: &str| copies.of(name).is_some();
    let keep = |output: &[u8]| match detect::is_report(output) {
        true => output.to_vec(),
        false => redacted(output),
    };
    let call = Call::new(tool, &tool.program, &directory)
        .args(detect::ARGUMENTS)
        .args(["."]);
    let terms = Terms {
        keep: Some(&keep),
        ..Terms::of(job.options)
    };
    let answer = job.run_on(&place, call, terms).await?;
    let secrets = detect::judge(&answer, &tool.version, known)?;
    let leaks = match gitleaks::program() {
        Some(program) => gitleaks::run(job, &place, &program, &directory, &redacted, known).await?,
        None => {
            job.note("gitleaks is not installed: detect-secrets alone searched");
            Vec::new()
        }
    };
    if let Some(skipped) = copies.described() {
        job.note(skipped);
    }
    let subject = job.subject.clone();
    aside(move || weigh(&subject, &copies, &directory, &secrets, &leaks, &answers)).await
}

/// What was found, without what was found.
fn weigh(
    subject: &Subject,
    copies: &Copies,
    directory: &Path,
    secrets: &[Secret],
    leaks: &[Leak],
    answers: &Acknowledged,
) -> Measure {
    let mut sheet = Sheet {
        finder: Finder::new(&subject.tree),
        answers,
        findings: Vec::new(),
        said: BTreeSet::new(),
        keys: 0,
    };
    for (path, why) in &copies.unread {
        let message = format!("not searched for secrets: {why}");
        sheet
            .findings
            .push(masked(sheet.finder.error("unread", &message, path, 0, 0)));
    }
    let mut lines = Lines::default();
    let mut seen = BTreeSet::new();
    for secret in secrets {
        let Some(copy) = copies.of(&secret.filename) else {
            continue; // was refused already
        };
        let path = &copy.path;
        let text = lines.of(directory, &copy.plain);
        let line = secret.line_number.saturating_sub(copy.above).max(1);
        let kind = &secret.kind;
        seen.insert((path, line));
        if kind != PRIVATE_KEY {
            let hash = &secret.hashed_secret[..DIGITS];
            sheet.add(&rule(kind), kind, "sha1", hash, (path, line), text);
            continue;
        }
        // One stands for all of the same kind in a file, and is known by
        // nothing but its first line.
        for (line, key) in private_keys(text, line) {
            seen.insert((path, line));
            let hash = &digest(key.as_bytes())[..DIGITS];
            sheet.add(&rule(kind), kind, "sha256", hash, (path, line), text);
        }
    }
    for leak in leaks {
        let Some(copy) = copies.of(&leak.file) else {
            continue;
        };
        let path = &copy.path;
        let line = leak.line.saturating_sub(copy.above).max(1);
        // What both found was found once.
        if seen.contains(&(path, line)) {
            continue;
        }
        let text = lines.of(directory, &copy.plain);
        let words = text.get(line as usize - 1).map_or("", |line| line.trim());
        let hash = &digest(words.as_bytes())[..DIGITS];
        let rule = format!("gitleaks-{}", leak.rule);
        sheet.add(&rule, &leak.rule, "sha256", hash, (path, line), text);
    }
    sheet.measure(copies.files)
}

struct Sheet<'a> {
    finder: Finder<'a>,
    answers: &'a Acknowledged,
    findings: Vec<Finding>,
    /// What was found where: what is found again there is the same.
    said: BTreeSet<(RepoPath, String)>,
    /// Keys that nobody answered for.
    keys: usize,
}

impl Sheet<'_> {
    fn add(
        &mut self,
        rule: &str,
        kind: &str,
        by: &str,
        hash: &str,
        (path, line): (&RepoPath, u32),
        text: &[String],
    ) {
        let message = format!("{kind}, {by} {hash}");
        if !self.said.insert((path.clone(), message.clone())) {
            return;
        }
        let mut finding = masked(self.finder.error(rule, &message, path, line, 0));
        let index = line as usize - 1;
        let before = index.checked_sub(1).and_then(|index| text.get(index));
        let passes = [text.get(index), before]
            .into_iter()
            .flatten()
            .any(|line| lets_pass(line));
        let mut notes = Vec::new();
        match self.answers.apply(hash, &mut finding) {
            Some(reason) => notes.push(Acknowledged::note(reason, &finding, &self.finder)),
            None => {
                let by_form =
                    KEYS.contains(&kind) || rule.starts_with("gitleaks-") && !LOOKS.contains(&kind);
                self.keys += usize::from(by_form);
                if passes {
                    let message = "a comment asks to let this pass, which only \
                                   gates.secrets.acknowledged in countersign.toml does";
                    notes.push(masked(self.finder.note("pragma", message, path, line, 0)));
                }
            }
        }
        self.findings.push(finding);
        self.findings.extend(notes);
    }

    fn measure(self, files: usize) -> Measure {
        Measure {
            findings: self.findings,
            work: vec![
                ("files".into(), files as u64),
                ("planted secrets".into(), canary::PLANTED.len() as u64),
            ],
            // Old or new: whoever has the repository has them.
            fails: (self.keys > 0).then(|| {
                format!(
                    "{} in the module: revoke what is real and take it out; what is no key is \
                     answered for in gates.secrets.acknowledged, with a reason",
                    count(self.keys, "key")
                )
            }),
            ..Measure::default()
        }
    }
}

/// Without the line it stands on.
fn masked(finding: Finding) -> Finding {
    Finding {
        source: String::new(),
        ..finding
    }
}

/// `AWS Access Key` as `aws-access-key`.
fn rule(kind: &str) -> String {
    let words = kind.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}

/// True for a line with a comment by which detect-secrets or gitleaks is told
/// to let it pass.
fn lets_pass(line: &str) -> bool {
    let words = ["allowlist", "whitelist"]
        .iter()
        .any(|word| line.contains(word));
    line.contains("pragma:") && words || line.contains("gitleaks:allow")
}

/// The private keys of a text, each with its line, whole: to its end, or to that
/// of the text. `found` is where a tool says there is one; in YAML it may name
/// another line.
fn private_keys(text: &[String], found: u32) -> Vec<(u32, String)> {
    let is_key = |line: &str| line.contains("PRIVATE KEY");
    let begins =
        |line: &str| line.contains("BEGIN") && is_key(line) || line.contains("PuTTY-User-Key-File");
    let whole = |number: u32| {
        let rest = text.get(number as usize - 1..).unwrap_or_default();
        let end = rest
            .iter()
            .position(|line| line.contains("END") && is_key(line))
            .map_or(rest.len(), |at| at + 1);
        let lines: Vec<_> = rest[..end].iter().map(|line| line.trim()).collect();
        (number, lines.join("\n"))
    };
    let starts = (1..).zip(text).filter(|(_, line)| begins(line));
    let keys: Vec<_> = starts.map(|(number, _)| whole(number)).collect();
    match keys.is_empty() {
        true => vec![whole(found)],
        false => keys,
    }
}

/// The lines of the copy that was read last.
#[derive(Default)]
struct Lines {
    name: String,
    lines: Vec<String>,
}

impl Lines {
    fn of(&mut self, directory: &Path, name: &str) -> &[String] {
        if self.name != name {
            let text = std::fs::read_to_string(directory.join(name)).unwrap_or_default();
            self.lines = text.split('\n').map(str::to_owned).collect();
            self.name = name.to_owned();
        }
        &self.lines
    }
}

/// Words of a tool that may be kept: whatever is long enough to be a secret is
/// taken out.
fn redacted(output: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(output);
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        // Words of a message have vowels between dots and slashes; the longest
        // of them is shorter than any key.
        let longest = word.split(['.', '/', '-', '_', ':']).map(str::len).max();
        match longest.unwrap_or_default() > 14 || word.chars().any(|c| "@=\"'`".contains(c)) {
            true => out.push_str(&piece.replace(word, "…")),
            false => out.push_str(piece),
        }
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests;
