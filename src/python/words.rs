//! Which files say the name or the path of something in a lane, in any kind of
//! text: settings, prose, comments. Words only: what they mean is looked at later.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use memchr::memmem;

use super::imports::{Import, ImportKind, Scan};
use super::scan::{self, BlobSource, SourceFile};
use crate::promotion::relocation::{Renamed, below};
use crate::promotion::{Relocation, RepoPath};

/// Endings of files that hold nothing a person wrote about modules.
const NOT_TEXT: [&str; 34] = [
    ".png", ".jpg", ".jpeg", ".gif", ".ico", ".svg", ".webp", ".pdf", ".zip", ".gz", ".tgz", ".xz",
    ".bz2", ".whl", ".so", ".dll", ".exe", ".pyc", ".bin", ".db", ".sqlite", ".npy", ".npz",
    ".pkl", ".pt", ".onnx", ".parquet", ".woff", ".woff2", ".ttf", ".mp3", ".mp4", ".ndjson",
    ".lock",
];

/// A longer word is data.
const LONGEST: usize = 300;

/// So many words of one file are kept: a list of all files is no prose.
const MOST_WORDS: usize = 5_000;

/// Which files say what.
#[derive(Debug, Default)]
pub struct Words {
    /// The files that say something.
    files: Vec<RepoPath>,
    /// Each word once, with the numbers of the files that say it: most are said by many.
    said: Vec<(Arc<str>, Vec<u32>)>,
}

impl Words {
    /// Reads every text file that the cache does not know. `lanes` are the
    /// source lanes; a cache is good for those only.
    pub fn build(
        mut files: Vec<SourceFile>,
        lanes: &[RepoPath],
        source: &dyn BlobSource,
        cache: Option<&Path>,
    ) -> Self {
        files.retain(|file| {
            let name = file.path.to_text().to_ascii_lowercase();
            !NOT_TEXT.iter().any(|ending| name.ends_with(ending))
        });
        let finders = finders(lanes);
        let look = |content: &[u8]| look(content, &finders);
        let scans = scan::scan_all_with(&files, source, cache, &look);
        let mut words = Self::default();
        let mut said: HashMap<Arc<str>, Vec<u32>> = HashMap::new();
        for file in files {
            let Some(scan) = scans.get(&file.blob).filter(|it| !it.imports.is_empty()) else {
                continue;
            };
            let number = words.files.len() as u32;
            for word in &scan.imports {
                said.entry(word.module.clone()).or_default().push(number);
            }
            words.files.push(file.path);
        }
        words.said = said.into_iter().collect();
        words
    }

    /// The files that say one of these names, or the path of what is moved.
    pub fn saying(&self, relocation: &Relocation, names: &[Renamed]) -> Vec<&RepoPath> {
        let path = relocation.from.to_text();
        let finder = memmem::Finder::new(path.as_bytes());
        let says = |word: &str| {
            names.iter().any(|it| below(word, &it.old).is_some())
                || finder.find(word.as_bytes()).is_some_and(|at| {
                    let rest = &word[at + path.len()..];
                    let plain = |c: char| c == '_' || c == '-' || c.is_alphanumeric();
                    !rest.starts_with(plain)
                })
        };
        let found = self.said.iter().filter(|(word, _)| says(word));
        let found: BTreeSet<u32> = found.flat_map(|(_, files)| files).copied().collect();
        let files = found
            .into_iter()
            .filter_map(|at| self.files.get(at as usize));
        files.collect()
    }
}

/// What the words of a lane begin with: `a/b/`, `a.b.`, `b.`.
fn finders(lanes: &[RepoPath]) -> Vec<memmem::Finder<'static>> {
    let mut begins: HashSet<String> = HashSet::new();
    for lane in lanes {
        let path = lane.to_text().into_owned();
        let last = path.rsplit('/').next().unwrap_or_default().to_owned();
        begins.insert(format!("{path}/"));
        begins.insert(format!("{last}."));
    }
    let begins = begins.into_iter();
    begins
        .map(|text| memmem::Finder::new(text.as_bytes()).into_owned())
        .collect()
}

fn look(content: &[u8], finders: &[memmem::Finder<'static>]) -> Scan {
    let mut found: Vec<usize> = Vec::new();
    for finder in finders {
        found.extend(finder.find_iter(content).take(MOST_WORDS));
    }
    found.sort_unstable();
    let part = |b: u8| b.is_ascii_alphanumeric() || b >= 0x80 || b"_./-".contains(&b);
    let mut seen = HashSet::new();
    let mut imports = Vec::new();
    let mut end = 0;
    for at in found {
        if at < end {
            continue;
        }
        let start = content[..at]
            .iter()
            .rposition(|b| !part(*b))
            .map_or(0, |it| it + 1);
        let length = content[at..].iter().position(|b| !part(*b));
        end = length.map_or(content.len(), |length| at + length);
        let start = start.max(at.saturating_sub(LONGEST));
        let stop = end.min(at + LONGEST);
        let word = String::from_utf8_lossy(&content[start..stop]);
        let word = word.trim_end_matches('.');
        if seen.insert(word.to_owned()) {
            imports.push(Import {
                kind: ImportKind::Mention,
                level: 0,
                module: word.into(),
                name: None,
                alias: None,
                line: 0,
                lazy: false,
                typing: false,
            });
        }
    }
    Scan {
        imports,
        ..Scan::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let scan = look(
            text.as_bytes(),
            &finders(&["candidate".into(), "pkg/sandbox".into()]),
        );
        scan.imports
            .iter()
            .map(|it| it.module.to_string())
            .collect()
    }

    #[test]
    fn words_of_the_lanes_are_found_once() {
        assert_eq!(
            words("see `candidate.m.x`, (candidate/m/x.py) and ./candidate/m. candidate.m.x\n"),
            ["candidate.m.x", "candidate/m/x.py", "./candidate/m"]
        );
        assert_eq!(
            words("pkg.sandbox.q pkg/sandbox/q"),
            ["pkg.sandbox.q", "pkg/sandbox/q"]
        );
        assert!(words("candidate, candidates/x").is_empty());
        assert!(words("").is_empty());
    }
}
