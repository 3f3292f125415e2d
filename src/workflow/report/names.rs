//! Names in reports.

use crate::promotion::RepoPath;
use crate::promotion::report;

/// The directory of a module's report: its path with dots for slashes. Where two
/// modules could come to the same name, with a part of the digest of its path.
pub(in crate::workflow) fn directory(module: &RepoPath) -> String {
    let name = plain(&module.to_text().replace('/', "."));
    let stem = module.as_bytes().strip_suffix(b".py");
    let clear = stem
        .unwrap_or(module.as_bytes())
        .iter()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'/'));
    let short = name.len() <= 150;
    match clear && short && module.name() != b"py" {
        true => name,
        false => {
            let end = name
                .char_indices()
                .nth(150)
                .map_or(name.len(), |(at, _)| at);
            format!(
                "{}-{}",
                &name[..end],
                &report::digest(module.as_bytes())[..8]
            )
        }
    }
}

/// A name that is one on every file system.
pub(in crate::workflow) fn plain(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') => c,
            _ => '_',
        })
        .collect();
    match plain.starts_with('.') {
        true => format!("_{plain}"),
        false => plain,
    }
}

/// The list of digests that the digest of many reports is of: `sha256sum -c`
/// reads it.
pub(super) fn sums<'a>(reports: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut lines: Vec<_> = reports.into_iter().collect();
    lines.sort_by_key(|(_, directory)| *directory);
    let line = |(digest, directory): (&str, &str)| format!("{digest}  {directory}/core.json\n");
    lines.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_modules_share_a_directory() {
        let paths = [
            "a/b", "a.b", "a/b.py", "a/b/py", "A/b", "a/ b", "a/_b", "a\\b",
        ];
        let names: HashSet<_> = paths
            .iter()
            .map(|p| directory(&(*p).into()).to_lowercase())
            .collect();
        assert_eq!(names.len(), paths.len(), "{names:?}");
        assert_eq!(directory(&"candidate/quantum".into()), "candidate.quantum");
        assert!(directory(&RepoPath::from_bytes(vec![b'x'; 4000])).len() < 200);
    }
}
