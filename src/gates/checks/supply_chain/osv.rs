//! Advisories in the OSV format, and which versions they are about.

use std::str::FromStr as _;

use pep440_rs::Version;
use serde::Deserialize;

use super::distribution::canonical;

/// One advisory, as far as it is used.
#[derive(Clone, Debug, Deserialize)]
pub struct Advisory {
    /// Its name.
    pub id: String,
    /// Layout, `1.…`.
    #[serde(default)]
    pub schema_version: Option<String>,
    /// When it was last changed.
    #[serde(default)]
    pub modified: Option<String>,
    /// When it was taken back.
    #[serde(default)]
    pub withdrawn: Option<String>,
    /// Its other names.
    #[serde(default)]
    pub aliases: Option<Vec<String>>,
    /// In a line.
    #[serde(default)]
    pub summary: Option<String>,
    /// What it is about.
    #[serde(default)]
    pub affected: Option<Vec<Affected>>,
}

/// A package, and the versions of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Affected {
    /// The package.
    #[serde(default)]
    pub package: Option<Package>,
    /// Versions one by one.
    #[serde(default)]
    pub versions: Option<Vec<String>>,
    /// Versions from to.
    #[serde(default)]
    pub ranges: Option<Vec<Range>>,
}

/// A package of an ecosystem.
#[derive(Clone, Debug, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// `PyPI` for Python.
    pub ecosystem: String,
}

/// A range of versions.
#[derive(Clone, Debug, Deserialize)]
pub struct Range {
    /// What its versions are: `ECOSYSTEM`, `SEMVER`, `GIT`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it begins and ends.
    #[serde(default)]
    pub events: Vec<std::collections::BTreeMap<String, String>>,
}

impl Package {
    /// True for one of Python's.
    pub fn is_python(&self) -> bool {
        self.ecosystem == "PyPI" || self.ecosystem.starts_with("PyPI:")
    }
}

impl Advisory {
    /// True where that version of that distribution (canonical) is affected.
    /// What cannot be told counts as affected.
    pub fn affects(&self, distribution: &str, version: &str) -> bool {
        self.withdrawn.is_none()
            && self
                .of(distribution)
                .any(|affected| affected.includes(version))
    }

    /// The versions in which it is mended.
    pub fn fixes(&self, distribution: &str) -> Vec<String> {
        let events = self
            .of(distribution)
            .flat_map(|affected| affected.ranges.iter().flatten())
            .filter(|range| range.kind == "ECOSYSTEM")
            .flat_map(|range| &range.events);
        let mut fixes: Vec<String> = events.filter_map(|e| e.get("fixed").cloned()).collect();
        fixes.sort_by_key(|fix| (Version::from_str(fix).ok(), fix.clone()));
        fixes.dedup();
        fixes
    }

    /// All its names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let aliases = self.aliases.iter().flatten();
        std::iter::once(self.id.as_str()).chain(aliases.map(String::as_str))
    }

    /// True for a package that was made to do harm.
    pub fn is_malicious(&self) -> bool {
        self.names().any(|name| name.starts_with("MAL-"))
    }

    fn of(&self, distribution: &str) -> impl Iterator<Item = &Affected> {
        self.affected.iter().flatten().filter(move |affected| {
            affected.package.as_ref().is_some_and(|package| {
                package.is_python() && canonical(&package.name) == distribution
            })
        })
    }
}

impl Affected {
    fn includes(&self, version: &str) -> bool {
        let versions = self.versions.as_deref().unwrap_or_default();
        let ranges = self.ranges.as_deref().unwrap_or_default();
        let usable: Vec<_> = ranges.iter().filter(|range| range.kind != "GIT").collect();
        if versions.is_empty() && usable.is_empty() {
            return true;
        }
        let Ok(parsed) = Version::from_str(version) else {
            // Without an order only equal text can be told, and only where there is any.
            return versions.iter().any(|known| known == version) || !usable.is_empty();
        };
        // `1.4+local.1` is a build of 1.4.
        let public = parsed.clone().without_local();
        let listed = versions.iter().any(|known| {
            known == version
                || Version::from_str(known).is_ok_and(|known| known == parsed || known == public)
        });
        listed
            || usable
                .iter()
                .any(|range| range.includes(&parsed) || range.includes(&public))
    }
}

impl Range {
    fn includes(&self, version: &Version) -> bool {
        if self.kind != "ECOSYSTEM" {
            return true;
        }
        let mut events = Vec::new();
        for (name, at) in self.events.iter().flatten() {
            let order = match name.as_str() {
                "introduced" => 0,
                "fixed" => 1,
                "last_affected" => 2,
                "limit" => continue,
                _ => return true,
            };
            let at = match (order, at.as_str()) {
                (0, "0") => None,
                (_, text) => match Version::from_str(text) {
                    Ok(version) => Some(version),
                    Err(_) => return true,
                },
            };
            events.push((at, order));
        }
        events.sort();
        let mut inside = false;
        for (at, order) in events {
            let reached = at.as_ref().is_none_or(|at| at <= version);
            let passed = at.as_ref().is_none_or(|at| at < version);
            match order {
                0 if reached => inside = true,
                1 if reached => inside = false,
                2 if passed => inside = false,
                _ => {}
            }
        }
        inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn advisory(affected: serde_json::Value) -> Advisory {
        serde_json::from_value(json!({"id": "X-1", "affected": affected})).unwrap()
    }

    fn ranged(events: serde_json::Value) -> Advisory {
        advisory(json!([{
            "package": {"name": "Demo_Pkg", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }]))
    }

    #[test]
    fn ranges_are_walked_in_the_order_of_versions() {
        let one = ranged(json!([
            {"fixed": "2.0.3"}, {"introduced": "2.0"}, {"introduced": "1.0"}, {"fixed": "1.5"}
        ]));
        for (version, hit) in [
            ("0.9", false),
            ("1.0", true),
            ("1.4.0", true),
            ("v1.4", true),
            ("1.5rc1", true),
            ("1.5.dev1", true),
            ("1.5", false),
            ("1.9", false),
            ("2.0a1", false),
            ("2.0.2", true),
            ("2.0.3.post1", false),
            ("1!1.4", false),
            ("1.4+local.1", true),
            ("1.5+local.1", false),
        ] {
            assert_eq!(one.affects("demo-pkg", version), hit, "{version}");
        }
        assert!(!one.affects("demo", "1.4"));
        assert_eq!(one.fixes("demo-pkg"), ["1.5", "2.0.3"]);
    }

    #[test]
    fn the_last_affected_version_is_affected() {
        let one = ranged(json!([{"introduced": "0"}, {"last_affected": "3.1"}]));
        for (version, hit) in [
            ("0.0.1", true),
            ("3.1.0", true),
            ("3.1.post1", false),
            ("3.2", false),
        ] {
            assert_eq!(one.affects("demo-pkg", version), hit, "{version}");
        }
    }

    #[test]
    fn versions_and_ranges_are_a_union() {
        let package = json!({"name": "demo", "ecosystem": "PyPI"});
        let one = advisory(json!([{
            "package": package, "versions": ["7.0", "weird"],
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1"}, {"fixed": "2"}]}],
        }]));
        for (version, hit) in [
            ("7.0.0", true),
            ("7.0+x", true),
            ("1.5", true),
            ("3", false),
        ] {
            assert_eq!(one.affects("demo", version), hit, "{version}");
        }
        assert!(one.affects("demo", "weird"));
    }

    #[test]
    fn what_cannot_be_told_is_affected_and_what_was_withdrawn_is_not() {
        let package = json!({"name": "demo", "ecosystem": "PyPI"});
        for ranges in [
            json!([]),
            json!([{"type": "GIT", "events": [{"introduced": "abc"}]}]),
            json!([{"type": "SEMVER", "events": [{"introduced": "9.0.0"}]}]),
            json!([{"type": "ECOSYSTEM", "events": [{"introduced": "x.y"}]}]),
            json!([{"type": "ECOSYSTEM", "events": [{"reintroduced": "1"}]}]),
        ] {
            let one = advisory(json!([{"package": package, "ranges": ranges}]));
            assert!(one.affects("demo", "1"), "{ranges}");
        }
        let mut gone = advisory(json!([{"package": package}]));
        gone.withdrawn = Some("2026-01-01T00:00:00Z".into());
        assert!(!gone.affects("demo", "1"));
        let other = advisory(json!([{"package": {"name": "demo", "ecosystem": "npm"}}]));
        assert!(!other.affects("demo", "1"));
    }
}
