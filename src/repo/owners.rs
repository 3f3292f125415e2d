//! CODEOWNERS, as GitHub reads it, with GitLab's sections.
//!
//! It looks like `.gitignore` and is not: the last match wins, there is no
//! negation, no character range, and `docs/*` stops at the files of `docs`.

use crate::promotion::{ObjectId, RepoPath, text};

use super::{Repo, RepoError};

/// Where GitHub looks, in its order, then GitLab's own place.
pub const PLACES: [&str; 4] = [
    ".github/CODEOWNERS",
    "CODEOWNERS",
    "docs/CODEOWNERS",
    ".gitlab/CODEOWNERS",
];

/// GitHub ignores a larger file.
const MOST_BYTES: usize = 3 << 20;

/// A CODEOWNERS file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeOwners {
    rules: Vec<Rule>,
    sections: usize,
    slips: Vec<Slip>,
}

/// A line that does not do what whoever wrote it will have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// The line, from 1; 0: the whole file.
    pub line: usize,
    /// What is wrong with it. Hostile: it quotes the line.
    pub why: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    pattern: Pattern,
    owners: Vec<String>,
    section: usize,
}

/// The file at a commit: the configured one, or the first where GitHub looks.
pub fn read(
    repo: &Repo,
    commit: ObjectId,
    configured: Option<&RepoPath>,
) -> Result<Option<CodeOwners>, RepoError> {
    match place(repo, commit, configured)? {
        Some((_, id)) => Ok(Some(CodeOwners::parse(&repo.read_blob(id)?))),
        None => Ok(None),
    }
}

/// Where it is at a commit, and what it is.
pub fn place(
    repo: &Repo,
    commit: ObjectId,
    configured: Option<&RepoPath>,
) -> Result<Option<(RepoPath, ObjectId)>, RepoError> {
    let places: Vec<RepoPath> = match configured {
        Some(path) => vec![path.clone()],
        None => PLACES.into_iter().map(RepoPath::from).collect(),
    };
    for place in places {
        let entry = repo.entry(commit, &place)?;
        if let Some(entry) = entry.filter(|it| it.mode.is_file()) {
            return Ok(Some((place, entry.id)));
        }
    }
    Ok(None)
}

impl CodeOwners {
    /// Reads a file. Lines that GitHub would refuse own nothing.
    pub fn parse(content: &[u8]) -> Self {
        let mut file = Self::default();
        if content.len() > MOST_BYTES {
            file.slip(0, format!("it is larger than {} MB", MOST_BYTES >> 20));
            return file;
        }
        let mut defaults: Vec<String> = Vec::new();
        for (at, line) in content.split(|b| *b == b'\n').enumerate() {
            let line = line.trim_ascii();
            if let Some(owners) = section(line) {
                file.sections += 1;
                defaults = owners;
                continue;
            }
            let mut words = words(line).into_iter();
            let Some(word) = words.next() else {
                continue;
            };
            let Some(pattern) = Pattern::parse(&word) else {
                let pattern = text::decode(&word);
                file.slip(at + 1, format!("{pattern} is no pattern that GitHub takes"));
                continue;
            };
            let (owners, others): (Vec<_>, Vec<_>) = words.partition(|w| w.contains(&b'@'));
            for other in others {
                let other = text::decode(&other);
                file.slip(
                    at + 1,
                    format!("{other} is neither @user, @team nor an address"),
                );
            }
            let mut owners: Vec<String> = owners
                .iter()
                .map(|w| String::from_utf8_lossy(w).into_owned())
                .collect();
            if owners.is_empty() {
                owners.clone_from(&defaults);
            }
            file.rules.push(Rule {
                pattern,
                owners,
                section: file.sections,
            });
        }
        file
    }

    /// Lines that do not do what whoever wrote them will have meant.
    pub fn slips(&self) -> &[Slip] {
        &self.slips
    }

    fn slip(&mut self, line: usize, why: String) {
        self.slips.push(Slip { line, why });
    }

    /// Who owns a file: the owners of the last rule that matches (of each
    /// section, where there are any). Empty: nobody.
    pub fn of_file(&self, path: &RepoPath) -> Vec<&str> {
        let mut owners: Vec<&str> = Vec::new();
        for section in 0..=self.sections {
            let rule = self
                .rules
                .iter()
                .rev()
                .filter(|rule| rule.section == section)
                .find(|rule| rule.pattern.matches(path.as_bytes()));
            for owner in rule.into_iter().flat_map(|rule| &rule.owners) {
                if !owners.contains(&owner.as_str()) {
                    owners.push(owner);
                }
            }
        }
        owners
    }

    /// Who owns a directory: whoever would own a new Python file in it.
    pub fn of_directory(&self, path: &RepoPath) -> Vec<&str> {
        self.of_file(&path.join("__countersign__.py"))
    }
}

/// `[Name]`, `^[Name]`, `[Name][2] @default` (GitLab): its default owners.
fn section(line: &[u8]) -> Option<Vec<String>> {
    let rest = line.strip_prefix(b"^").unwrap_or(line);
    let rest = rest.strip_prefix(b"[")?;
    let close = rest.iter().position(|b| *b == b']')?;
    let after = &rest[close + 1..];
    // `[ab]c.py @x` is no section but a character range, which nobody supports.
    if !after.is_empty() && !after.starts_with(b"[") && !after[0].is_ascii_whitespace() {
        return None;
    }
    let owners = words(after).into_iter().filter(|w| w.contains(&b'@'));
    Some(
        owners
            .map(|w| String::from_utf8_lossy(&w).into_owned())
            .collect(),
    )
}

/// The words of a line up to a comment. A backslash keeps the next character,
/// itself included: patterns need to know.
fn words(line: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut word = Vec::new();
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                word.push(byte);
                word.extend(bytes.next());
            }
            b'#' if word.is_empty() => break,
            b if b.is_ascii_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            b => word.push(b),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// `**`: any directories, also none.
    Any,
    /// One name, possibly with `*` and `?`.
    Name(Vec<u8>),
}

impl Pattern {
    fn parse(text: &[u8]) -> Option<Self> {
        let refused = text.starts_with(b"!")
            || text.contains(&b'[')
            || text == b"/"
            || text.windows(3).any(|w| w == b"***");
        if refused {
            return None;
        }
        let anchored = text.starts_with(b"/");
        let text = if anchored { &text[1..] } else { text };
        let directory = text.ends_with(b"/");
        let mut segments: Vec<Segment> = text
            .split(|b| *b == b'/')
            .filter(|part| !part.is_empty())
            .map(|part| match part {
                b"**" => Segment::Any,
                name => Segment::Name(name.to_vec()),
            })
            .collect();
        if !anchored && segments.len() == 1 && segments[0] != Segment::Any {
            segments.insert(0, Segment::Any);
        }
        if directory && segments.last() != Some(&Segment::Any) {
            segments.push(Segment::Any);
        }
        (!segments.is_empty()).then_some(Self(segments))
    }

    /// All places in the pattern are tried side by side, one part of the path
    /// at a time: a hostile pattern costs no more than its length.
    fn matches(&self, path: &[u8]) -> bool {
        let last = self.0.len() - 1;
        let mut here = vec![false; self.0.len()];
        here[0] = true;
        let mut parts = path.split(|b| *b == b'/').peekable();
        while let Some(part) = parts.next() {
            let mut next = vec![false; self.0.len()];
            for at in 0..=last {
                if !here[at] {
                    continue;
                }
                match &self.0[at] {
                    // At the end it stands for everything *in* what came before.
                    Segment::Any if at == last => return true,
                    Segment::Any => {
                        next[at] = true;
                        // Also no directory at all.
                        here[at + 1] = true;
                    }
                    Segment::Name(name) if !matches_name(name, part) => {}
                    // At the end a name matches a directory with all in it, but `*` only files.
                    Segment::Name(name) if at == last => {
                        if name != b"*" || parts.peek().is_none() {
                            return true;
                        }
                    }
                    Segment::Name(_) => next[at + 1] = true,
                }
            }
            here = next;
        }
        false
    }
}

/// `*` and `?` within one name. Iterative: patterns are hostile too.
fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'\\') if p + 1 < pattern.len() => (pattern[p + 1] == name[n]).then_some(2),
            Some(byte) => (*byte == name[n]).then_some(1),
            None => None,
        };
        match (step, star) {
            (Some(step), _) => {
                p += step;
                n += 1;
            }
            (None, Some((at, from))) => {
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn owner(file: &str, path: &str) -> String {
        CodeOwners::parse(file.as_bytes())
            .of_file(&path.into())
            .join(" ")
    }

    /// The examples of GitHub's documentation.
    #[test]
    fn patterns_mean_what_github_says() {
        let cases = [
            ("*", "a/b/c.py", true),
            ("*.js", "a/b/c.js", true),
            ("*.js", "a/b/c.jsx", false),
            ("/build/logs/", "build/logs/x/y", true),
            ("/build/logs/", "a/build/logs/x", false),
            ("docs/*", "docs/getting-started.md", true),
            ("docs/*", "docs/build-app/troubleshooting.md", false),
            ("apps/", "x/apps/y", true),
            ("apps/", "apps", false),
            ("/docs/", "docs/a/b", true),
            ("/docs/", "x/docs/a", false),
            ("/scripts/", "scripts/a", true),
            ("**/logs", "build/logs", true),
            ("**/logs", "deeply/nested/logs/a", true),
            ("/apps/github", "apps/github", true),
            ("/apps/github", "apps/github/x", true),
            ("apps/github", "x/apps/github", false),
            ("/a/**/z.py", "a/z.py", true),
            ("/a/**/z.py", "a/b/c/z.py", true),
            ("/a/**", "a", false),
            ("/candidate/quan*", "candidate/quantum/x.py", true),
            ("/candidate/quantu?/", "candidate/quantum/x.py", true),
            ("/a\\ b/", "a b/c", true),
            ("quantum", "candidate/quantum/x.py", true),
            ("/candidate/[ab].py", "candidate/a.py", false),
            ("!x.py", "x.py", false),
            ("/", "x.py", false),
        ];
        for (pattern, path, expected) in cases {
            let found = owner(&format!("{pattern} @a"), path);
            assert_eq!(found == "@a", expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn the_last_match_wins_even_without_owners() {
        let file = "* @all\n/core/ @core @ops  # both\n/core/free/\n# /core/ @nobody\n";
        assert_eq!(owner(file, "x.py"), "@all");
        assert_eq!(owner(file, "core/x.py"), "@core @ops");
        assert_eq!(owner(file, "core/free/x.py"), "");
        assert_eq!(owner("a.py who@example.org\r\n", "a.py"), "who@example.org");
    }

    #[test]
    fn sections_have_defaults_and_add_up() {
        let file = "* @all\n[Docs] @writers\ndocs/\n^[Two words][2] @x\ndocs/api/ @api\n";
        assert_eq!(owner(file, "docs/api/a.md"), "@all @writers @api");
        assert_eq!(owner(file, "a.py"), "@all");
    }

    #[test]
    fn a_directory_is_owned_by_who_owns_new_files_in_it() {
        let file = CodeOwners::parse(b"/candidate/*/ @q\n/candidate/quantum/old.py @old\n");
        assert_eq!(file.of_directory(&"candidate/quantum".into()), ["@q"]);
        assert!(file.of_directory(&"candidate".into()).is_empty());
    }

    #[test]
    fn lines_that_own_nothing_are_named() {
        let file = CodeOwners::parse(b"* @a\n\n# [x]\n!x.py @b\n/core/ who\n[ab].py @c\n");
        let lines: Vec<_> = file.slips().iter().map(|slip| slip.line).collect();
        assert_eq!(lines, [4, 5, 6], "{:?}", file.slips());
        assert!(
            CodeOwners::parse(b"* @a # all\n/core/\n")
                .slips()
                .is_empty()
        );
        let large = CodeOwners::parse(&vec![b'#'; MOST_BYTES + 1]);
        assert_eq!(large.slips().len(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(content in proptest::collection::vec(any::<u8>(), 0..300),
                              path in "[a-c/*]{1,12}") {
            CodeOwners::parse(&content).of_file(&path.as_str().into());
        }

        #[test]
        fn a_path_matches_itself(path in "[a-z]{1,6}(/[a-z]{1,6}){0,4}") {
            let file = format!("/{path} @me");
            prop_assert_eq!(owner(&file, &path), "@me");
        }
    }
}
