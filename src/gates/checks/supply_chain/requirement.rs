//! One requirement, as a line of a requirement file or an entry of
//! `pyproject.toml` states it.

use super::distribution::canonical;

/// What is demanded, and whether that is one thing or many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// One version: `==` without a wildcard, or `===`.
    Pinned(String),
    /// Whatever an index has, within a range or without one.
    Open,
    /// A URL, a repository or a directory: no index knows its version.
    Elsewhere,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The distribution, canonical; that of a URL is not always known.
    pub name: String,
    /// What is demanded of it.
    pub demand: Demand,
}

/// Reads a requirement; `None` where it is none. Markers and extras play no
/// part: every arm of a marker is some machine's.
pub fn read(text: &str) -> Option<Requirement> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let named = !name.is_empty()
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    let mut rest = rest.trim_start();
    if named && let Some(extras) = rest.strip_prefix('[') {
        rest = extras.split_once(']')?.1.trim_start();
    }
    if let Some(url) = rest.strip_prefix('@').filter(|_| named) {
        return (!url.trim().is_empty()).then(|| Requirement {
            name: canonical(name),
            demand: Demand::Elsewhere,
        });
    }
    let wheel = text.ends_with(".whl") || text.ends_with(".tar.gz") || text.ends_with(".zip");
    if wheel || text.contains("://") || text.starts_with(['.', '/']) {
        return Some(Requirement {
            name: text.to_owned(),
            demand: Demand::Elsewhere,
        });
    }
    if !named {
        return None;
    }
    let specifiers = rest.split(';').next().unwrap_or_default().trim();
    let specifiers = specifiers
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or(specifiers);
    Some(Requirement {
        name: canonical(name),
        demand: demand(specifiers)?,
    })
}

/// What a list of specifiers amounts to; `None` where one cannot be read.
fn demand(specifiers: &str) -> Option<Demand> {
    let mut pinned = None;
    for specifier in specifiers.split(',').map(str::trim) {
        if specifier.is_empty() {
            continue;
        }
        let end = specifier
            .find(|c| !matches!(c, '=' | '<' | '>' | '!' | '~'))
            .unwrap_or(specifier.len());
        let (operator, version) = specifier.split_at(end);
        let version = version.trim();
        if !["==", "===", "<", "<=", ">", ">=", "!=", "~="].contains(&operator)
            || version.is_empty()
            || version.contains(char::is_whitespace)
        {
            return None;
        }
        if operator == "===" || operator == "==" && !version.ends_with(".*") {
            // `==${VERSION}` is whatever the environment says.
            if version.contains(['$', '{', '*']) {
                return None;
            }
            pinned = Some(version.to_owned());
        }
    }
    Some(pinned.map_or(Demand::Open, Demand::Pinned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_told_from_everything_else() {
        let pinned = |text: &str| match read(text) {
            Some(Requirement {
                name,
                demand: Demand::Pinned(version),
            }) => Some(format!("{name} {version}")),
            _ => None,
        };
        for (text, expected) in [
            ("demo==1.4", "demo 1.4"),
            (
                "Demo_Pkg [b, c] == 1.4 ; sys_platform == 'win32'",
                "demo-pkg 1.4",
            ),
            ("demo (==1.4)", "demo 1.4"),
            ("demo===1.4", "demo 1.4"),
            ("demo==1.4,>=1", "demo 1.4"),
            ("a.b-_c==1!1.4+local.1", "a-b-c 1!1.4+local.1"),
        ] {
            assert_eq!(pinned(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "demo",
            "demo>=1",
            "demo~=1.4",
            "demo==1.*",
            "demo; python_version<'3'",
        ] {
            assert_eq!(read(text).map(|r| r.demand), Some(Demand::Open), "{text}");
        }
        for text in [
            "foo @ https://127.0.0.1/foo-1.0.tar.gz",
            "https://127.0.0.1/foo-1.0-py3-none-any.whl",
            "git+ssh://git@host/foo#egg=foo",
            "./vendored/foo",
            "foo-1.0-py3-none-any.whl",
        ] {
            assert_eq!(
                read(text).map(|r| r.demand),
                Some(Demand::Elsewhere),
                "{text}"
            );
        }
    }

    #[test]
    fn what_pip_would_refuse_is_no_requirement() {
        for text in [
            "",
            "demo=1.4",
            "demo==${V}",
            "demo 1.4",
            "demo==",
            "-x",
            "demo[a==1",
            "==1",
            "demo @",
            "demo==1.4 junk",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
