//! Who may sign what: a file in the form of `allowed_signers` (ssh-keygen(1)), so
//! that stock `ssh-keygen -Y verify -f` reads the same file.
//!
//! ```text
//! # principal   options                                        key
//! mara@example.org namespaces="promotion-tech-v1@countersign" ssh-ed25519 AAAA… laptop
//! ```
//!
//! Less is allowed than OpenSSH allows. One principal a line, and no patterns:
//! `*` would be everybody. No certificates, for then somebody else decides who
//! signs. The namespaces are named one by one, for they are the roles. A time ends
//! in `Z`: without it OpenSSH takes that of the machine.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ssh_key::PublicKey;
use ssh_key::public::KeyData;

use crate::promotion::Sha256;
use crate::promotion::review::Role;

use super::sshsig::{acceptable, fingerprint};

/// One key of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who: the one name of a person.
    pub principal: String,
    /// What the key may sign.
    pub roles: Vec<Role>,
    /// Signatures from before this time do not count, in seconds since 1970 UTC.
    pub after: Option<i64>,
    /// Signatures from this time on do not count.
    pub before: Option<i64>,
    /// The key.
    pub key: KeyData,
    /// What stands behind the key.
    pub comment: String,
    /// The line, from 1.
    pub line: usize,
    /// The digest of the line without its comment and with single blanks.
    pub digest: Sha256,
}

impl Entry {
    /// The key's name, `SHA256:…`.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.key)
    }

    /// Whether the key may sign in that role at that time.
    pub fn allows(&self, role: Role, time: i64) -> bool {
        self.roles.contains(&role)
            && self.after.is_none_or(|after| after <= time)
            && self.before.is_none_or(|before| time < before)
    }
}

/// A line that cannot stand, or lines that do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub what: String,
}

/// All keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyring {
    /// Line by line.
    pub entries: Vec<Entry>,
    /// The digest of the file.
    pub digest: Sha256,
}

impl Keyring {
    /// Reads a keyring. With any problem there is none: who cannot read a line
    /// does not know whom it lets in.
    pub fn read(file: &[u8]) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut entries = Vec::new();
        let text = std::str::from_utf8(file).map_err(|error| {
            let before = &file[..error.valid_up_to()];
            vec![Problem {
                line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
                what: "it is no UTF-8".into(),
            }]
        })?;
        for (at, line) in text.lines().enumerate() {
            let line_number = at + 1;
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match entry(line, line_number) {
                Ok(entry) => entries.push(entry),
                Err(what) => problems.push(Problem {
                    line: line_number,
                    what,
                }),
            }
        }
        problems.extend(together(&entries));
        match problems.is_empty() {
            true => Ok(Self {
                entries,
                digest: Sha256::of(file),
            }),
            false => Err(problems),
        }
    }

    /// The lines with that key: one for each time it counts.
    pub fn of_key<'a>(&'a self, fingerprint: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.fingerprint() == fingerprint)
    }

    /// The lines of that person.
    pub fn of_principal<'a>(&'a self, principal: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.principal == principal)
    }
}

/// What no line shows by itself: one key is one person's, and a machine's is
/// nobody's; and who has two names could sign for two.
fn together(entries: &[Entry]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut owner: BTreeMap<String, &Entry> = BTreeMap::new();
    let mut machine: BTreeMap<&str, (bool, usize)> = BTreeMap::new();
    let mut names: BTreeMap<String, &Entry> = BTreeMap::new();
    for entry in entries {
        let name = entry.principal.to_ascii_lowercase();
        let first = *names.entry(name).or_insert(entry);
        if first.principal != entry.principal {
            problems.push(Problem {
                line: entry.line,
                what: format!(
                    "{} is written {} in line {}: one person has one name",
                    entry.principal, first.principal, first.line
                ),
            });
        }
        let first = *owner.entry(entry.fingerprint()).or_insert(entry);
        if first.principal != entry.principal {
            problems.push(Problem {
                line: entry.line,
                what: format!(
                    "the key of {} (line {}) is given to {} as well: one key is one person's",
                    first.principal, first.line, entry.principal
                ),
            });
        }
        let is_machine = entry.roles.contains(&Role::Automation);
        let (was, line) = *machine
            .entry(&entry.principal)
            .or_insert((is_machine, entry.line));
        if was != is_machine {
            problems.push(Problem {
                line: entry.line,
                what: format!(
                    "{} is a machine in one line and a person in another (line {line})",
                    entry.principal
                ),
            });
        }
    }
    problems
}

fn entry(line: &str, number: usize) -> Result<Entry, String> {
    if line.starts_with([' ', '\t']) {
        return Err("it begins with a blank: OpenSSH would read it, but take that away".into());
    }
    if let Some(c) = line.chars().find(|c| c.is_control() && *c != '\t') {
        return Err(format!("it holds the control character U+{:04X}", c as u32));
    }
    let (principal, rest) = field(line)?;
    check_principal(principal)?;
    let (options, rest) = field(rest)?;
    let (namespaces, after, before) = read_options(options)?;
    let (kind, rest) = field(rest)?;
    let (data, comment) = field(rest).map_err(|_| "the key is missing".to_owned())?;
    let key = PublicKey::from_openssh(&format!("{kind} {data}"))
        .map_err(|error| format!("{kind} with what follows it is no key: {error}"))?
        .key_data()
        .clone();
    acceptable(&key).map_err(|flaw| flaw.to_string())?;
    let roles = roles(&namespaces)?;
    if let (Some(after), Some(before)) = (after, before)
        && after >= before
    {
        return Err("valid-before is not later than valid-after: it never counts".into());
    }
    let plain = format!("{principal} {options} {kind} {data}");
    Ok(Entry {
        principal: principal.to_owned(),
        roles,
        after,
        before,
        key,
        comment: comment.trim().to_owned(),
        line: number,
        digest: Sha256::of(plain.as_bytes()),
    })
}

/// The next field, up to a blank outside quotes.
fn field(text: &str) -> Result<(&str, &str), String> {
    let text = text.trim_start_matches([' ', '\t']);
    let mut quoted = false;
    let end = text
        .char_indices()
        .find(|(_, c)| {
            quoted ^= *c == '"';
            matches!(c, ' ' | '\t') && !quoted
        })
        .map_or(text.len(), |(at, _)| at);
    if quoted {
        return Err("a quotation mark is not closed".into());
    }
    match end {
        0 => {
            Err("it has a principal, options and a key, in this order: something is missing".into())
        }
        end => Ok((&text[..end], &text[end..])),
    }
}

fn check_principal(principal: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@');
    match principal.chars().find(|c| !plain(*c)) {
        Some('*' | '?' | '!') => Err(format!(
            "{principal:?} is a pattern: name each person in a line of their own"
        )),
        Some(',') => Err(format!(
            "{principal:?} are several principals: name each in a line of their own"
        )),
        Some(c) => Err(format!(
            "the principal {principal:?} holds {c:?}: letters, digits and . _ - + @ may stand there"
        )),
        None => Ok(()),
    }
}

type Options = (String, Option<i64>, Option<i64>);

fn read_options(options: &str) -> Result<Options, String> {
    let mut found: BTreeMap<&str, &str> = BTreeMap::new();
    let mut rest = options;
    while !rest.is_empty() {
        let (name, quoted) = rest.split_once("=\"").ok_or_else(|| match rest {
            "cert-authority" => "cert-authority lets somebody else decide who signs: \
                                 name each key in a line of its own"
                .to_owned(),
            other => format!(
                "{other:?} is no option that is known here: namespaces=\"…\", \
                 valid-after=\"…\" and valid-before=\"…\" are"
            ),
        })?;
        let (value, more) = quoted
            .split_once('"')
            .ok_or("a quotation mark is not closed")?;
        if !["namespaces", "valid-after", "valid-before"].contains(&name) {
            return Err(format!("the option {name:?} is not known here"));
        }
        if found.insert(name, value).is_some() {
            return Err(format!("the option {name} is there twice"));
        }
        rest = match more.strip_prefix(',') {
            Some("") => return Err("a comma ends the options".into()),
            Some(more) => more,
            None if more.is_empty() => more,
            None => return Err(format!("{more:?} follows the option {name}")),
        };
    }
    let namespaces = found
        .get("namespaces")
        .ok_or("namespaces=\"…\" is missing: without it the key could sign in every role")?;
    let time = |name: &str| {
        found
            .get(name)
            .map(|text| self::time(name, text))
            .transpose()
    };
    Ok((
        (*namespaces).to_owned(),
        time("valid-after")?,
        time("valid-before")?,
    ))
}

fn roles(namespaces: &str) -> Result<Vec<Role>, String> {
    let mut roles = Vec::new();
    for namespace in namespaces.split(',') {
        let role = Role::of_namespace(namespace).ok_or_else(|| {
            let known: Vec<_> = Role::ALL.iter().map(|role| role.namespace()).collect();
            format!(
                "{namespace:?} is no namespace of a role; there are {}",
                known.join(", ")
            )
        })?;
        if roles.contains(&role) {
            return Err(format!("the namespace {namespace} is there twice"));
        }
        roles.push(role);
    }
    if roles.contains(&Role::Automation) && roles.len() > 1 {
        return Err("a machine's key can hold no other role".into());
    }
    Ok(roles)
}

/// `YYYYMMDDZ`, `YYYYMMDDHHMMZ` or `YYYYMMDDHHMMSSZ`.
fn time(name: &str, text: &str) -> Result<i64, String> {
    let wrong = || {
        format!(
            "{name}={text:?} is no time as it is written here: 20260131Z or 202601311200Z, in UTC"
        )
    };
    let digits = text.strip_suffix('Z').ok_or_else(wrong)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let format = match digits.len() {
        8 => DateTime::strptime("%Y%m%d%H%M%S", format!("{digits}000000")),
        12 => DateTime::strptime("%Y%m%d%H%M%S", format!("{digits}00")),
        14 => DateTime::strptime("%Y%m%d%H%M%S", digits),
        _ => return Err(wrong()),
    };
    let time = format.map_err(|_| wrong())?;
    let time: Timestamp = TimeZone::UTC.to_timestamp(time).map_err(|_| wrong())?;
    Ok(time.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBo7J5bFZ2mUr7l8oKw0j0QqMnYV5y1JfqkP6l4r9x2a";
    const TECH: &str = "namespaces=\"promotion-tech-v1@countersign\"";

    fn key(seed: u8) -> String {
        use base64::Engine as _;
        use base64::prelude::BASE64_STANDARD;
        let mut blob = Vec::new();
        for part in [b"ssh-ed25519".as_slice(), &[seed; 32]] {
            blob.extend((part.len() as u32).to_be_bytes());
            blob.extend(part);
        }
        format!("ssh-ed25519 {}", BASE64_STANDARD.encode(&blob))
    }

    fn problem(line: &str) -> String {
        let problems = Keyring::read(line.as_bytes()).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems[0].to_string()
    }

    #[test]
    fn a_line_says_who_may_sign_what_and_when() {
        let file = format!(
            "# people\n\nmara@example.org {TECH},valid-after=\"20260101Z\",valid-before=\"202701011200Z\" {A} laptop of Mara\n"
        );
        let ring = Keyring::read(file.as_bytes()).unwrap();
        let entry = &ring.entries[0];
        assert_eq!(entry.principal, "mara@example.org");
        assert_eq!(entry.roles, [Role::Tech]);
        assert_eq!((entry.line, entry.comment.as_str()), (3, "laptop of Mara"));
        assert_eq!(entry.after, Some(1_767_225_600));
        assert!(entry.allows(Role::Tech, 1_767_225_600));
        assert!(!entry.allows(Role::Tech, 1_767_225_599));
        assert!(!entry.allows(Role::Tech, entry.before.unwrap()));
        assert!(!entry.allows(Role::Security, 1_780_000_000));
        assert_eq!(ring.of_principal("mara@example.org").count(), 1);
        assert_eq!(ring.of_key(&entry.fingerprint()).count(), 1);
    }

    #[test]
    fn the_comment_and_blanks_are_no_part_of_an_entry() {
        let digest = |line: &str| Keyring::read(line.as_bytes()).unwrap().entries[0].digest;
        let one = digest(&format!("a {TECH} {A} x"));
        assert_eq!(one, digest(&format!("a   {TECH}\t{A}")));
        assert_ne!(one, digest(&format!("b {TECH} {A}")));
        let longer = format!("a {TECH},valid-after=\"20260101Z\" {A}");
        assert_ne!(one, digest(&longer));
    }

    #[test]
    fn what_would_let_in_more_than_one_is_refused() {
        for (line, words) in [
            (format!("* {TECH} {A}"), "pattern"),
            (format!("*@example.org {TECH} {A}"), "pattern"),
            (format!("!a {TECH} {A}"), "pattern"),
            (format!("a,b {TECH} {A}"), "several principals"),
            (format!("\"a b\" {TECH} {A}"), "holds '\"'"),
            (format!("a cert-authority {A}"), "cert-authority"),
            (format!("a cert-authority,{TECH} {A}"), "not known here"),
            (format!("a {A}"), "no option that is known"),
            (
                format!("a valid-after=\"20260101Z\" {A}"),
                "namespaces=\"…\" is missing",
            ),
            (
                format!("a namespaces=\"promotion-*\" {A}"),
                "no namespace of a role",
            ),
            (
                format!("a namespaces=\"file\" {A}"),
                "no namespace of a role",
            ),
            (format!("a namespaces=\"\" {A}"), "no namespace of a role"),
            (format!("a {TECH},{TECH} {A}"), "there twice"),
            (
                format!("a {TECH},verify-required=\"\" {A}"),
                "not known here",
            ),
            (format!("a {TECH}, {A}"), "comma"),
            (format!("a {TECH},valid-before=\"20260101\" {A}"), "in UTC"),
            (
                format!("a {TECH},valid-before=\"20260231Z\" {A}"),
                "no time",
            ),
            (
                format!("a {TECH},valid-after=\"20260102Z\",valid-before=\"20260101Z\" {A}"),
                "never counts",
            ),
            (format!("a {TECH} ssh-ed25519"), "key is missing"),
            (format!("a {TECH} ssh-ed25519 AAAA"), "no key"),
            (format!("a {TECH} ssh-dss AAAAB3NzaC1kc3MAAAAA"), "no key"),
            (format!(" a {TECH} {A}"), "blank"),
            (format!("a\u{1b} {TECH} {A}"), "control character"),
            (
                format!("a namespaces=\"promotion-tech-v1@countersign {A}"),
                "not closed",
            ),
        ] {
            let told = problem(&line);
            assert!(told.contains(words), "{line}: {told}");
        }
    }

    #[test]
    fn a_machine_reviews_nothing() {
        let line = format!(
            "ci namespaces=\"promotion-automation-v1@countersign,promotion-tech-v1@countersign\" {A}"
        );
        assert!(problem(&line).contains("no other role"));
        let machine = "namespaces=\"promotion-automation-v1@countersign\"";
        let two = format!("ci {machine} {}\nci {TECH} {}\n", key(1), key(2));
        assert!(problem(&two).contains("a machine in one line and a person in another"));
    }

    #[test]
    fn one_key_is_one_persons() {
        let two = format!("a {TECH} {A}\nb {TECH} {A}\n");
        assert!(problem(&two).contains("one key is one person's"));
        let fine = format!("a {TECH} {}\na {TECH} {}\n", key(1), key(2));
        assert_eq!(Keyring::read(fine.as_bytes()).unwrap().entries.len(), 2);
    }

    #[test]
    fn one_person_has_one_name() {
        let two = format!("mara {TECH} {}\nMara {TECH} {}\n", key(1), key(2));
        assert!(problem(&two).contains("one person has one name"));
    }

    #[test]
    fn every_wrong_line_is_named() {
        let file = format!("* {TECH} {A}\n\na {TECH} {A}\nb {A}\n");
        let problems = Keyring::read(file.as_bytes()).unwrap_err();
        let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [1, 4]);
        let problems = Keyring::read(b"a\nb\xff").unwrap_err();
        assert_eq!(problems[0].line, 2);
    }
}
