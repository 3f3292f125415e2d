//! The Python version that the repository pins, against the one there is.

use std::fmt;
use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};
use serde_json::Value;

use super::Trouble;
use crate::promotion::Interpreter;
use crate::promotion::policy::PinnedPython;

/// The files that may pin a version, at the repository's root.
pub const FILES: [&str; 3] = [".python-version", "pyproject.toml", "setup.cfg"];

/// Every pin of a repository, or why one cannot be read.
#[derive(Clone, Debug, Default)]
pub struct Pins(Vec<Pin>);

#[derive(Clone, Debug)]
struct Pin {
    /// Where it stands: `.python-version`, `pyproject.toml requires-python`.
    place: &'static str,
    /// As it is written.
    text: String,
    /// What it allows; several are alternatives.
    allowed: Result<Vec<Allowed>, String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Allowed {
    /// A release, or all that begin with it: `3.11`, `3.11.4`.
    Release(Vec<u64>),
    /// A range.
    Range(VersionSpecifiers),
    /// Another implementation than the one gates run with.
    Other,
}

/// How a pin takes a version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Another one.
    No,
    /// The same but for the patch release.
    Minor,
    /// As it says.
    Yes,
}

impl Pins {
    /// The pins in the contents of [`FILES`], and in the name of the Python
    /// that is configured (`python3.12`).
    pub fn of(files: [Option<&[u8]>; 3], python: Option<&str>) -> Self {
        let [version, pyproject, setup] = files;
        let mut pins = Vec::new();
        pins.extend(version.and_then(|text| python_version(&String::from_utf8_lossy(text))));
        if let Some(text) = pyproject {
            pins.extend(self::pyproject(&String::from_utf8_lossy(text)));
        }
        pins.extend(setup.and_then(|text| setup_cfg(&String::from_utf8_lossy(text))));
        pins.extend(python.and_then(configured));
        Self(pins)
    }

    /// What is recorded of the interpreter, whatever the policy says of it.
    pub fn record(&self, version: &str) -> Interpreter {
        Interpreter {
            version: version.to_owned(),
            pins: self.0.iter().map(ToString::to_string).collect(),
            as_pinned: self
                .0
                .iter()
                .all(|pin| matches!(pin.fit(version), Ok(Fit::Yes))),
        }
    }

    /// Why nothing may run under that interpreter, if it may not.
    pub fn allow(&self, version: &str, policy: PinnedPython) -> Result<(), Trouble> {
        let least = match policy {
            PinnedPython::Exact => Fit::Yes,
            PinnedPython::Minor => Fit::Minor,
            PinnedPython::Ignore => return Ok(()),
        };
        for pin in &self.0 {
            if pin.fit(version)? < least {
                return Err(Trouble::new(
                    format!("the repository pins Python {pin}, and there is {version}"),
                    "make an environment with that Python (`tools.python`, `tools.environment`), \
                     or let another one count with `tools.pinned_python` in countersign.toml",
                ));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.place)
    }
}

impl Pin {
    fn new(place: &'static str, text: &str, allowed: Result<Vec<Allowed>, String>) -> Self {
        // One line and not a book: it is shown and recorded.
        let text: Vec<&str> = text.split_whitespace().collect();
        Self {
            place,
            text: text.join(" ").chars().take(100).collect(),
            allowed,
        }
    }

    fn fit(&self, version: &str) -> Result<Fit, Trouble> {
        let allowed = self.allowed.as_ref().map_err(|why| {
            Trouble::new(
                format!(
                    "the Python version that {} pins cannot be read: {why}",
                    self.place
                ),
                format!(
                    "correct {}, or let any Python count with `tools.pinned_python = \"ignore\"` \
                     in countersign.toml",
                    self.place
                ),
            )
        })?;
        let found = Version::from_str(version).map_err(|error| {
            Trouble::new(
                format!("the interpreter's version {version:?} cannot be read: {error}"),
                "name another Python as `tools.python` in countersign.toml",
            )
        })?;
        Ok(allowed
            .iter()
            .map(|one| one.fit(&found))
            .max()
            .unwrap_or(Fit::No))
    }
}

impl Allowed {
    fn fit(&self, found: &Version) -> Fit {
        match self {
            Self::Release(parts) => {
                let release = found.release();
                let same = |n: usize| release.iter().zip(parts).take(n).all(|(a, b)| a == b);
                match (same(usize::MAX), same(2)) {
                    (true, _) => Fit::Yes,
                    (_, true) => Fit::Minor,
                    _ => Fit::No,
                }
            }
            Self::Range(range) if range.contains(found) => Fit::Yes,
            Self::Range(_) | Self::Other => Fit::No,
        }
    }
}

/// `.python-version`, as pyenv and uv read it: a version a line.
fn python_version(text: &str) -> Option<Pin> {
    let place = ".python-version";
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() {
        let why = Err("it names no version".to_owned());
        return Some(Pin::new(place, "nothing", why));
    }
    // Whatever Python the system has: that is no pin.
    if lines == ["system"] {
        return None;
    }
    let allowed = lines.iter().filter(|line| **line != "system");
    let allowed = allowed.map(|line| request(line)).collect();
    Some(Pin::new(place, &lines.join(", "), allowed))
}

/// One request: `3.11`, `3.11.4`, `cpython-3.11`, `>=3.11`, `3.13-dev`, `pypy3.10`.
fn request(line: &str) -> Result<Allowed, String> {
    let plain = ["cpython", "python"]
        .iter()
        .find_map(|name| line.strip_prefix(name))
        .map_or(line, |rest| rest.trim_start_matches(['-', '@']));
    if plain.starts_with(['<', '>', '=', '!', '~']) {
        return range(plain);
    }
    if [
        "pypy",
        "graalpy",
        "jython",
        "micropython",
        "stackless",
        "anaconda",
        "miniconda",
    ]
    .iter()
    .any(|other| plain.starts_with(other))
    {
        return Ok(Allowed::Other);
    }
    let plain = plain.strip_suffix("-dev").unwrap_or(plain);
    let parts: Option<Vec<u64>> = plain.split('.').map(|part| part.parse().ok()).collect();
    match parts {
        Some(parts) if parts.len() <= 3 => Ok(Allowed::Release(parts)),
        _ => Err(format!("`{line}` is no version")),
    }
}

fn range(text: &str) -> Result<Allowed, String> {
    VersionSpecifiers::from_str(text)
        .map(Allowed::Range)
        .map_err(|error| {
            let error = error.to_string();
            let first = error.lines().next().unwrap_or_default().to_owned();
            format!("`{}` is no version specifier ({first})", text.trim())
        })
}

fn pyproject(text: &str) -> Vec<Pin> {
    const PLACE: &str = "requires-python in pyproject.toml";
    const POETRY: &str = "tool.poetry.dependencies.python in pyproject.toml";
    let document: Value = match toml_edit::de::from_str(text) {
        Ok(document) => document,
        Err(_) => return vec![Pin::new(PLACE, "", Err("it is no TOML".into()))],
    };
    let mut pins = Vec::new();
    let mut take = |place, pointer: &str, read: fn(&str) -> Result<Allowed, String>| {
        let text = match document.pointer(pointer) {
            None => return,
            Some(Value::Object(table)) => match table.get("version") {
                Some(version) => version.as_str(),
                None => return,
            },
            Some(value) => value.as_str(),
        };
        pins.push(match text {
            Some(text) => Pin::new(place, text, read(text).map(|one| vec![one])),
            None => Pin::new(place, "", Err("it is no text".into())),
        });
    };
    take(PLACE, "/project/requires-python", range);
    take(POETRY, "/tool/poetry/dependencies/python", poetry);
    pins
}

/// Poetry's own words: `^3.11` and `~3.11`; else as everywhere.
fn poetry(text: &str) -> Result<Allowed, String> {
    let text = text.trim();
    let Some((mark, version)) = text
        .chars()
        .next()
        .filter(|mark| "^~".contains(*mark) && !text.starts_with("~="))
        .map(|mark| (mark, text[1..].trim()))
    else {
        return match text.starts_with(|c: char| c.is_ascii_digit()) {
            true => request(text.trim_end_matches(".*")),
            false => range(text),
        };
    };
    let parts: Option<Vec<u64>> = version.split('.').map(|part| part.parse().ok()).collect();
    let next = match (mark, parts.as_deref()) {
        ('^', Some([major, ..])) => format!("{}", major + 1),
        ('~', Some([major])) => format!("{}", major + 1),
        ('~', Some([major, minor, ..])) => format!("{major}.{}", minor + 1),
        _ => return Err(format!("`{text}` is no version specifier")),
    };
    range(&format!(">={version},<{next}"))
}

/// `python_requires` in the section `[options]`.
fn setup_cfg(text: &str) -> Option<Pin> {
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line.trim_end() == "[options]";
        } else if inside
            && let Some((key, value)) = line.split_once(['=', ':'])
            && key.trim() == "python_requires"
        {
            let value = value.trim();
            let place = "python_requires in setup.cfg";
            return Some(Pin::new(place, value, range(value).map(|one| vec![one])));
        }
    }
    None
}

/// A Python that is configured by a name with a version.
fn configured(python: &str) -> Option<Pin> {
    let name = python.rsplit('/').next()?;
    let version = name.strip_prefix("python")?;
    let parts: Option<Vec<u64>> = version.split('.').map(|part| part.parse().ok()).collect();
    // `python3` says nothing of interest.
    let parts = parts.filter(|parts| parts.len() >= 2)?;
    let place = "tools.python in countersign.toml";
    Some(Pin::new(place, version, Ok(vec![Allowed::Release(parts)])))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINOR: PinnedPython = PinnedPython::Minor;

    fn pinned(text: &str) -> Pins {
        Pins::of([Some(text.as_bytes()), None, None], None)
    }

    fn required(text: &str) -> Pins {
        let text = format!("[project]\nrequires-python = {text:?}\n");
        Pins::of([None, Some(text.as_bytes()), None], None)
    }

    #[test]
    fn a_release_pins_what_begins_with_it() {
        for (pin, version, exact, minor) in [
            ("3.11\n", "3.11.7", true, true),
            ("3.11.12\n", "3.11.7", false, true),
            ("3.11.7", "3.11.7", true, true),
            ("# why\ncpython-3.12\n", "3.11.7", false, false),
            ("3", "3.11.7", true, true),
            ("3.1", "3.11.7", false, false),
            ("3.10\n3.11\n", "3.11.7", true, true),
            (">=3.10,<3.12", "3.11.7", true, true),
            ("pypy3.10", "3.11.7", false, false),
            ("3.13-dev", "3.13.0", true, true),
        ] {
            let allow = |policy| pinned(pin).allow(version, policy).is_ok();
            assert_eq!(allow(PinnedPython::Exact), exact, "{pin}");
            assert_eq!(allow(MINOR), minor, "{pin}");
            assert!(allow(PinnedPython::Ignore), "{pin}");
        }
    }

    #[test]
    fn a_range_is_asked_for_as_it_is_written() {
        assert!(required(">=3.9").allow("3.11.7", MINOR).is_ok());
        assert!(required(">=3.11.9").allow("3.11.7", MINOR).is_err());
        assert!(required("==3.11.*").allow("3.11.7", MINOR).is_ok());
        assert!(required(">=3.8,<3.11").allow("3.11.7", MINOR).is_err());
        let poetry = |text: &str| {
            let text = format!("[tool.poetry.dependencies]\npython = {text:?}\n");
            let pins = Pins::of([None, Some(text.as_bytes()), None], None);
            pins.allow("3.11.7", MINOR).is_ok()
        };
        assert!(poetry("^3.9") && poetry("~3.11") && poetry("~=3.9") && poetry("3.11.*"));
        assert!(!poetry("~3.10") && !poetry("^3.12") && !poetry(">=3.12"));
        let cfg = b"[metadata]\npython_requires = >=3.12\n[options]\npython_requires = >=3.8\n";
        let pins = Pins::of([None, None, Some(cfg)], None);
        assert!(pins.allow("3.11.7", MINOR).is_ok());
    }

    #[test]
    fn every_pin_must_hold() {
        let toml = b"[project]\nrequires-python = '>=3.9'\n";
        let pins = Pins::of([Some(b"3.12"), Some(toml), None], None);
        let error = pins.allow("3.11.7", MINOR).unwrap_err().to_string();
        assert!(error.contains("3.12 (.python-version)"), "{error}");
        assert!(error.contains("3.11.7"), "{error}");
        assert!(
            Pins::of([None; 3], Some("/usr/bin/python3.12"))
                .allow("3.11.7", MINOR)
                .is_err()
        );
        assert!(
            Pins::of([None; 3], Some("python3"))
                .allow("3.11.7", MINOR)
                .is_ok()
        );
        assert!(Pins::default().allow("3.11.7", PinnedPython::Exact).is_ok());
    }

    #[test]
    fn what_is_pinned_is_recorded_whatever_the_policy() {
        let known = pinned("3.11.12").record("3.11.7");
        assert_eq!(known.pins, ["3.11.12 (.python-version)"]);
        assert!(!known.as_pinned);
        assert!(!pinned("three").record("3.11.7").as_pinned);
        assert!(pinned("3.11").record("3.11.7").as_pinned);
        assert!(pinned("system").record("3.11.7").pins.is_empty());
    }

    #[test]
    fn a_malformed_pin_is_told_and_not_guessed() {
        for text in [
            "",
            "# 3.11",
            "three",
            "3.11.x",
            "3.11.1.1",
            ">=three",
            "\u{1b}[2J",
        ] {
            let error = pinned(text).allow("3.11.7", MINOR).unwrap_err();
            assert!(
                error.to_string().contains("cannot be read"),
                "{text}: {error}"
            );
            assert!(pinned(text).allow("3.11.7", PinnedPython::Ignore).is_ok());
        }
        assert!(required("3.11").allow("3.11.7", MINOR).is_err());
        let broken = Pins::of([None, Some(b"[project\n"), None], None);
        assert!(broken.allow("3.11.7", MINOR).is_err());
        let number = Pins::of([None, Some(b"project.requires-python = 3\n"), None], None);
        assert!(number.allow("3.11.7", MINOR).is_err());
    }
}
