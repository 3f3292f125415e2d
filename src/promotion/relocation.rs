//! A move of a module: from a source lane to where it is promoted to.

use serde::{Deserialize, Serialize};

use super::RepoPath;

/// A module directory or a single file, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Relocation {
    /// Where it is: in a source lane.
    pub from: RepoPath,
    /// Where it will be.
    pub to: RepoPath,
}

impl Relocation {
    /// A move from here to there.
    pub fn new(from: RepoPath, to: RepoPath) -> Self {
        Self { from, to }
    }

    /// True where everything stays as it is.
    pub fn is_identity(&self) -> bool {
        self.from == self.to
    }

    /// True for what is moved.
    pub fn moves(&self, path: &RepoPath) -> bool {
        path.is_within(&self.from)
    }

    /// Where a moved path goes; `None` for one that stays.
    pub fn path(&self, path: &RepoPath) -> Option<RepoPath> {
        let rest = path.strip(&self.from)?;
        Some(match rest.is_root() {
            true => self.to.clone(),
            false => self.to.join(rest.as_bytes()),
        })
    }

    /// Where a path is after the move, wherever it was before.
    pub fn after(&self, path: &RepoPath) -> RepoPath {
        self.path(path).unwrap_or_else(|| path.clone())
    }

    /// What the module is called below a directory that Python finds modules in;
    /// `None` where it is not below it, or is that directory itself.
    pub fn name_below(path: &RepoPath, root: &RepoPath) -> Option<String> {
        let rest = path.strip(root).filter(|rest| !rest.is_root())?;
        let name = rest.dotted()?;
        let plain = name.split('.').all(is_identifier);
        plain.then_some(name)
    }

    /// Every dotted name that it has below these roots, with the one it gets.
    /// A root that does not hold the target gives it the name below the first
    /// that does.
    pub fn names(&self, roots: &[RepoPath]) -> Vec<Renamed> {
        let new_below = |root: &RepoPath| Self::name_below(&self.to, root);
        let mut names: Vec<Renamed> = Vec::new();
        for root in roots {
            let Some(old) = Self::name_below(&self.from, root) else {
                continue;
            };
            let found = new_below(root).map(|new| (new, root.clone()));
            let elsewhere = || {
                let mut others = roots.iter();
                others.find_map(|other| Some((new_below(other)?, other.clone())))
            };
            if let Some((new, new_root)) = found.or_else(elsewhere)
                && names.iter().all(|known| known.old != old)
            {
                names.push(Renamed {
                    root: root.clone(),
                    old,
                    new,
                    new_root,
                });
            }
        }
        names
    }
}

/// A dotted name of a moved module, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Renamed {
    /// The directory that the old name is below.
    pub root: RepoPath,
    /// The old name.
    pub old: String,
    /// The new name.
    pub new: String,
    /// The directory that the new name is below.
    pub new_root: RepoPath,
}

impl Renamed {
    /// A name at or below the old one, as it is after the move.
    pub fn apply(&self, name: &str) -> Option<String> {
        let rest = below(name, &self.old)?;
        Some(format!("{}{rest}", self.new))
    }
}

/// What follows `whole` in `name`, with its dot; `None` where `name` is not
/// `whole` and does not lie below it.
pub fn below<'a>(name: &'a str, whole: &str) -> Option<&'a str> {
    let rest = name.strip_prefix(whole)?;
    (rest.is_empty() || rest.starts_with('.')).then_some(rest)
}

/// True for what Python takes for a name.
pub fn is_identifier(part: &str) -> bool {
    let mut chars = part.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_along_and_neighbours_stay() {
        let relocation = Relocation::new("candidate/q".into(), "core/q".into());
        let path = |p: &str| relocation.path(&p.into()).map(|p| p.to_string());
        assert_eq!(path("candidate/q"), Some("core/q".into()));
        assert_eq!(path("candidate/q/a/b.py"), Some("core/q/a/b.py".into()));
        assert_eq!(path("candidate/qq/a.py"), None);
        let file = Relocation::new("candidate/q.py".into(), "core/q.py".into());
        assert_eq!(
            file.path(&"candidate/q.py".into()),
            Some("core/q.py".into())
        );
        assert_eq!(file.after(&"x.py".into()), "x.py".into());
    }

    #[test]
    fn names_follow_from_where_python_looks() {
        let names = |from: &str, to: &str, roots: &[&str]| {
            let roots: Vec<RepoPath> = roots.iter().map(|root| (*root).into()).collect();
            let relocation = Relocation::new(from.into(), to.into());
            let names = relocation.names(&roots).into_iter();
            let shown: Vec<String> = names.map(|it| format!("{}>{}", it.old, it.new)).collect();
            shown.join(" ")
        };
        assert_eq!(names("candidate/q", "core/q", &[""]), "candidate.q>core.q");
        assert_eq!(names("candidate/q.py", "q.py", &[""]), "candidate.q>q");
        assert_eq!(
            names("src/candidate/q", "src/core/q", &["", "src"]),
            "src.candidate.q>src.core.q candidate.q>core.q"
        );
        assert_eq!(
            names("candidate/q", "core/q", &["", "candidate"]),
            "candidate.q>core.q q>core.q"
        );
        assert_eq!(names("candidate/my-q", "core/my-q", &[""]), "");
    }

    #[test]
    fn a_name_that_begins_alike_is_another() {
        let renamed = Renamed {
            root: RepoPath::default(),
            old: "a.b".into(),
            new: "c".into(),
            new_root: RepoPath::default(),
        };
        assert_eq!(renamed.apply("a.b"), Some("c".into()));
        assert_eq!(renamed.apply("a.b.d"), Some("c.d".into()));
        assert_eq!(renamed.apply("a.bb"), None);
        assert_eq!(renamed.apply("a"), None);
    }
}
