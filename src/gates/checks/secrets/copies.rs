//! Every file of a module as it is given to the tools that search for secrets:
//! a copy under a plain name of ours. So neither what a file is called, nor a
//! byte that is no UTF-8, nor a setting that lies beside it keeps a tool from
//! reading it.

use std::path::Path;

use crate::gates::checks::files;
use crate::gates::subject::Subject;
use crate::promotion::RepoPath;

/// A larger file is not searched, and said to be.
const MOST_BYTES: u64 = 64 << 20;

/// Endings that tell detect-secrets how to read a file. With any other it is
/// read as text, whatever it says it is.
const ENDINGS: [&str; 24] = [
    "cls",
    "example",
    "eyaml",
    "go",
    "java",
    "js",
    "m",
    "php",
    "py",
    "pyi",
    "swift",
    "tf",
    "yaml",
    "yml",
    "cs",
    "c",
    "cpp",
    "cnf",
    "conf",
    "cfg",
    "cf",
    "ini",
    "properties",
    "toml",
];

/// Files that are nothing but digests, each of which looks like a secret.
const LOCKS: [&str; 8] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "Pipfile.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "yarn.lock",
    "Cargo.lock",
];

/// The copies of one module's files.
#[derive(Debug, Default)]
pub struct Copies {
    /// The name of each copy with the file that it is one of.
    pub files: Vec<(String, RepoPath)>,
    /// What holds no text, or only digests.
    pub skipped: Vec<(RepoPath, &'static str)>,
    /// What could not be read.
    pub unread: Vec<(RepoPath, String)>,
}

impl Copies {
    /// Copies every file of the module to a directory.
    pub fn make(subject: &Subject, to: &Path) -> std::io::Result<Self> {
        let all = files::of_module(subject)?;
        let mut copies = Self::default();
        let links = all.others.into_iter().map(|path| (path, "a link"));
        copies.skipped.extend(links);
        for path in all.files {
            copies.copy(subject, path, to)?;
        }
        Ok(copies)
    }

    fn copy(&mut self, subject: &Subject, path: RepoPath, to: &Path) -> std::io::Result<()> {
        let file = subject.on_disk(&path);
        let meta = match std::fs::symlink_metadata(&file) {
            Ok(meta) if meta.is_file() => meta,
            Ok(_) => {
                self.skipped.push((path, "a link"));
                return Ok(());
            }
            Err(error) => {
                self.unread.push((path, error.to_string()));
                return Ok(());
            }
        };
        if meta.len() > MOST_BYTES {
            let why = format!("it is larger than {} MB", MOST_BYTES >> 20);
            self.unread.push((path, why));
            return Ok(());
        }
        if LOCKS.iter().any(|name| name.as_bytes() == path.name()) {
            self.skipped.push((path, "a lock file"));
            return Ok(());
        }
        let bytes = match std::fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.unread.push((path, error.to_string()));
                return Ok(());
            }
        };
        if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
            self.skipped.push((path, "a pointer to Git LFS"));
            return Ok(());
        }
        let Some(text) = files::text(&bytes) else {
            self.skipped.push((path, "binary"));
            return Ok(());
        };
        let name = name(self.files.len(), &path);
        std::fs::write(to.join(&name), text)?;
        self.files.push((name, path));
        Ok(())
    }

    /// The file that a copy is one of.
    pub fn original(&self, name: &str) -> Option<&RepoPath> {
        let found = self.files.iter().find(|(copy, _)| copy == name);
        found.map(|(_, path)| path)
    }

    /// What was not searched, in a sentence.
    pub fn described(&self) -> Option<String> {
        let (first, why) = self.skipped.first()?;
        Some(match self.skipped.len() - 1 {
            0 => format!("not searched for secrets: {first} ({why})"),
            more => format!("not searched for secrets: {first} ({why}), and {more} more"),
        })
    }
}

/// A name that no tool makes anything of but what its ending says.
fn name(number: usize, path: &RepoPath) -> String {
    let text = path.to_text();
    let last = text.rsplit('/').next().unwrap_or_default();
    let (stem, ending) = last.rsplit_once('.').unwrap_or((last, ""));
    let mut stem: String = stem
        .chars()
        .take(40)
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if stem.to_ascii_lowercase().contains("swagger") {
        stem = "file".into();
    }
    let ending = match ENDINGS.contains(&ending) {
        true => ending,
        false => "txt",
    };
    format!("{number:06}-{stem}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_keeps_a_file_from_being_read() {
        for (path, expected) in [
            ("m/a.py", "000007-a.py"),
            ("m/swagger-ui.js", "000007-file.js"),
            ("m/logo.svg", "000007-logo.txt"),
            ("m/.env", "000007-.txt"),
            ("m/key", "000007-key.txt"),
            ("m/a b\n.yaml", "000007-a_b_.yaml"),
        ] {
            assert_eq!(name(7, &path.into()), expected);
        }
    }

    #[test]
    fn every_file_is_copied_and_what_is_not_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        std::fs::create_dir_all(tree.join("m/sub")).unwrap();
        for (path, content) in [
            ("m/a.py", &b"x"[..]),
            ("m/sub/.env", b"y"),
            ("m/poetry.lock", b"z"),
            ("m/x.bin", b"\0"),
            ("m/big.dat", b"version https://git-lfs.github.com/spec/v1\n"),
            ("old.py", b"w"),
        ] {
            std::fs::write(tree.join(path), content).unwrap();
        }
        std::os::unix::fs::symlink("/etc/passwd", tree.join("m/link")).unwrap();
        let subject = Subject {
            module: "m".into(),
            is_file: false,
            files: vec!["m/a.py".into(), "old.py".into()],
            tests: Vec::new(),
            target: None,
            owner: None,
            lanes: std::sync::Arc::new([]),
            tree,
        };
        let to = dir.path().join("to");
        std::fs::create_dir(&to).unwrap();
        let copies = Copies::make(&subject, &to).unwrap();
        let paths: Vec<_> = copies.files.iter().map(|(_, p)| p.to_string()).collect();
        assert_eq!(paths, ["m/a.py", "m/sub/.env", "old.py"]);
        assert_eq!(copies.skipped.len(), 4);
        assert!(copies.unread.is_empty());
        assert_eq!(std::fs::read_dir(&to).unwrap().count(), 3);
    }
}
