//! Symbolic links of a tree: which of them leave it.

use std::collections::BTreeMap;

use crate::promotion::RepoPath;

/// As many links as Linux follows in one path.
const MOST_HOPS: usize = 40;

/// The links of one tree with their targets.
#[derive(Clone, Debug, Default)]
pub struct Links(BTreeMap<RepoPath, Vec<u8>>);

impl Links {
    /// Adds one.
    pub fn insert(&mut self, path: RepoPath, target: Vec<u8>) {
        self.0.insert(path, target);
    }

    /// All of them, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&RepoPath, &[u8])> {
        self.0
            .iter()
            .map(|(path, target)| (path, target.as_slice()))
    }

    /// True where following the link, and every link on its way, never leaves
    /// the tree. Resolved as the system would, part by part: `a/..` is not the
    /// directory of `a` where `a` is a link itself.
    pub fn stays_inside(&self, link: &RepoPath) -> bool {
        let mut at: Vec<&[u8]> = parts(link.as_bytes()).collect();
        let mut todo: Vec<&[u8]> = Vec::new();
        let mut hops = 0;
        loop {
            if let Some(target) = self.0.get(&RepoPath::from_bytes(at.join(&b'/'))) {
                hops += 1;
                let odd = target.is_empty() || target[0] == b'/' || target.contains(&0);
                if odd || hops > MOST_HOPS {
                    return false;
                }
                at.pop();
                let before = todo.len();
                todo.extend(parts(target));
                todo[before..].reverse();
            }
            match todo.pop() {
                None => return true,
                Some(b".") => {}
                Some(b"..") => {
                    if at.pop().is_none() {
                        return false;
                    }
                }
                Some(part) if part.eq_ignore_ascii_case(b".git") => return false,
                Some(part) => at.push(part),
            }
        }
    }
}

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|b| *b == b'/').filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(links: &[(&str, &str)]) -> Vec<bool> {
        let mut all = Links::default();
        for (path, target) in links {
            all.insert((*path).into(), target.as_bytes().to_vec());
        }
        links
            .iter()
            .map(|(path, _)| all.stays_inside(&(*path).into()))
            .collect()
    }

    #[test]
    fn plain_links() {
        assert_eq!(inside(&[("a/b", "../c")]), [true]);
        assert_eq!(inside(&[("a/b", "./c//d")]), [true]);
        assert_eq!(inside(&[("a/b", "..")]), [true]);
        assert_eq!(inside(&[("a/b", "../..")]), [false]);
        assert_eq!(inside(&[("a", "/etc/passwd")]), [false]);
        assert_eq!(inside(&[("a", "")]), [false]);
        assert_eq!(inside(&[("a", ".git/config")]), [false]);
    }

    #[test]
    fn a_link_on_the_way_is_followed() {
        // Read as text `d/../z` stays in `p/q/r`; followed it is `root/../z`.
        let links = [("p/q/r/d", "../../.."), ("p/q/r/e", "d/../z")];
        assert_eq!(inside(&links), [true, false]);
        assert_eq!(inside(&[("a", "/etc"), ("b", "a/passwd")]), [false, false]);
    }

    #[test]
    fn circles_end() {
        assert_eq!(inside(&[("a", "b"), ("b", "a")]), [false, false]);
        assert_eq!(inside(&[("a", "a/a")]), [false]);
    }
}
