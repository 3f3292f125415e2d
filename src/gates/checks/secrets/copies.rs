//! Every file of a module as it is given to the tools that search for secrets:
//! a copy under a plain name of ours. So neither what a file is called, nor a
//! byte that is no UTF-8, nor a setting that lies beside it keeps a tool from
//! reading it. What detect-secrets would read in one way alone is there twice.

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

/// What a pointer to Git LFS says of a file, and nothing else does.
const POINTER: [&str; 4] = [
    "version https://git-lfs.github.com/spec/",
    "oid sha256:",
    "size ",
    "ext-",
];
/// No pointer is longer.
const MOST_POINTER: usize = 1024;

/// A copy of a file.
#[derive(Debug)]
pub struct Copied {
    /// Its name.
    pub name: String,
    /// The file.
    pub path: RepoPath,
    /// The copy that is the file as it is: this one, or the one it was made from.
    pub plain: String,
    /// How many lines of ours stand above those of the file.
    pub above: u32,
}

/// The copies of one module's files.
#[derive(Debug, Default)]
pub struct Copies {
    /// All of them.
    pub all: Vec<Copied>,
    /// How many files they are copies of.
    pub files: usize,
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
        if is_pointer(&bytes) {
            self.skipped.push((path, "a pointer to Git LFS"));
            return Ok(());
        }
        let Some(text) = files::text(&bytes) else {
            self.skipped.push((path, "binary"));
            return Ok(());
        };
        let plain = name(self.files, &path);
        if let Some((otherwise, above)) = otherwise(&plain, &text) {
            let name = format!("again-{:06}.txt", self.files);
            std::fs::write(to.join(&name), otherwise)?;
            self.all.push(Copied {
                name,
                path: path.clone(),
                plain: plain.clone(),
                above,
            });
        }
        std::fs::write(to.join(&plain), text)?;
        self.all.push(Copied {
            name: plain.clone(),
            path,
            plain,
            above: 0,
        });
        self.files += 1;
        Ok(())
    }

    /// The copy of that name.
    pub fn of(&self, name: &str) -> Option<&Copied> {
        self.all.iter().find(|copy| copy.name == name)
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

/// True for a pointer to Git LFS, whose digest looks like a secret.
fn is_pointer(bytes: &[u8]) -> bool {
    let of_one = |line: &str| POINTER.iter().any(|start| line.starts_with(start));
    bytes.len() <= MOST_POINTER
        && bytes.starts_with(POINTER[0].as_bytes())
        && std::str::from_utf8(bytes).is_ok_and(|text| text.lines().all(of_one))
}

/// A text that detect-secrets reads in another way, and how many lines stand
/// above it there. YAML, and what begins like an INI file whatever its name, it
/// takes apart, and sees no comment; other settings it takes apart only if it
/// found nothing in them as text.
fn otherwise(name: &str, text: &str) -> Option<(String, u32)> {
    let remark = |line: &str| line.is_empty() || line.starts_with(['#', ';']);
    // What Python takes for white space, and more.
    let blank = |c: char| c.is_whitespace() || c.is_control();
    let mut lines = text.split('\n').map(|line| line.trim_matches(blank));
    let first = lines.find(|line| !remark(line));
    let is_ini = first.is_some_and(|line| line.starts_with('[') && line.contains(']'));
    let is_yaml = [".yaml", ".yml", ".eyaml"]
        .iter()
        .any(|ending| name.ends_with(ending));
    if is_ini || is_yaml {
        // Neither YAML nor INI ends so: it is left as it is.
        return Some((format!("{text}\n.\n"), 0));
    }
    let sets = |line: &str| {
        remark(line.trim())
            || line.contains(['=', ':'])
            || line.starts_with(|c: char| c.is_whitespace() || c == '[')
    };
    let settings = name.ends_with(".txt") && text.contains(['=', ':']) && text.lines().all(sets);
    settings.then(|| (format!("[x]\n{text}"), 1))
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
    fn what_would_be_read_in_one_way_alone_is_copied_twice() {
        let as_text = |text: &str| Some((format!("{text}\n.\n"), 0));
        for (name, text) in [
            ("0-a.yaml", "a: b\n"),
            ("0-a.yml", "- x"),
            ("0-a.cfg", "# x\n\n[a]\nb = c\n"),
            ("0-a.py", "[__name__]\nX = 1\n"),
            ("0-a.py", "\u{1c}\n \u{1d}[__name__]\nX = 1\n"),
        ] {
            assert_eq!(otherwise(name, text), as_text(text), "{name}");
        }
        let env = "# x\nexport A=b\n\nC: d\n  more\n";
        assert_eq!(otherwise("0-.txt", env), Some((format!("[x]\n{env}"), 1)));
        for (name, text) in [
            ("0-a.py", "A = 1\n"),
            ("0-a.py", "X = 1\n[__name__]\n"),
            ("0-a.txt", ""),
            ("0-a.txt", "# remarks\n"),
            ("0-a.txt", "A=1\nwords\n"),
        ] {
            assert_eq!(otherwise(name, text), None, "{name} {text:?}");
        }
    }

    #[test]
    fn only_a_whole_pointer_is_one() {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n";
        assert!(is_pointer(pointer.as_bytes()));
        for more in ["password = x\n", "\n"] {
            assert!(!is_pointer(format!("{pointer}{more}").as_bytes()), "{more}");
        }
        assert!(!is_pointer(pointer.repeat(20).as_bytes()));
    }

    #[test]
    fn every_file_is_copied_and_what_is_not_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        std::fs::create_dir_all(tree.join("m/sub")).unwrap();
        for (path, content) in [
            ("m/a.py", &b"x"[..]),
            ("m/sub/.env", b"y = 1"),
            ("m/poetry.lock", b"z"),
            ("m/x.bin", b"\0"),
            ("m/big.dat", b"version https://git-lfs.github.com/spec/v1\n"),
            ("old.py", b"w"),
        ] {
            std::fs::write(tree.join(path), content).unwrap();
        }
        std::os::unix::fs::symlink("/etc/passwd", tree.join("m/link")).unwrap();
        let subject = Subject {
            files: vec!["m/a.py".into(), "old.py".into()],
            ..Subject::test("m", tree)
        };
        let to = dir.path().join("to");
        std::fs::create_dir(&to).unwrap();
        let copies = Copies::make(&subject, &to).unwrap();
        let names: Vec<_> = copies
            .all
            .iter()
            .map(|copy| format!("{} of {}, {} above", copy.name, copy.path, copy.above))
            .collect();
        assert_eq!(
            names,
            [
                "000000-a.py of m/a.py, 0 above",
                "again-000001.txt of m/sub/.env, 1 above",
                "000001-.txt of m/sub/.env, 0 above",
                "000002-old.py of old.py, 0 above",
            ]
        );
        assert_eq!(copies.of("again-000001.txt").unwrap().plain, "000001-.txt");
        assert_eq!((copies.files, copies.skipped.len()), (3, 4));
        assert!(copies.unread.is_empty());
        assert_eq!(std::fs::read_dir(&to).unwrap().count(), 4);
    }
}
