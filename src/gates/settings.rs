//! The project's own settings of tools, read from the root of the exported
//! tree. Settings deeper down are not used: a module must not be able to
//! silence the tools that judge it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::subject::Subject;

/// Names of files that may set tools: their content is part of what a gate's
/// result depends on, wherever they lie on the way to the module or its tests.
pub const FILES: [&str; 22] = [
    "pyproject.toml",
    "ruff.toml",
    ".ruff.toml",
    "setup.cfg",
    "setup.py",
    "tox.ini",
    "mypy.ini",
    ".mypy.ini",
    ".isort.cfg",
    ".editorconfig",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    ".coveragerc",
    "conftest.py",
    ".python-version",
    "py.typed",
    "__init__.py",
    "sitecustomize.py",
    "requirements.txt",
    ".flake8",
];

/// The file that sets ruff.
pub fn ruff(subject: &Subject) -> Option<PathBuf> {
    [".ruff.toml", "ruff.toml"]
        .iter()
        .find_map(|name| subject.root_file(name))
        .or_else(|| pyproject_with(subject, &["tool", "ruff"]))
}

/// The file that sets mypy.
pub fn mypy(subject: &Subject) -> Option<PathBuf> {
    ["mypy.ini", ".mypy.ini"]
        .iter()
        .find_map(|name| subject.root_file(name))
        .or_else(|| pyproject_with(subject, &["tool", "mypy"]))
        .or_else(|| ini_with(subject, "setup.cfg", &["mypy"]))
}

/// True where mypy is told different things for different modules.
pub fn mypy_depends_on_names(file: &Path) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.contains("[mypy-") || text.contains("tool.mypy.overrides")
}

/// The file that sets isort.
pub fn isort(subject: &Subject) -> Option<PathBuf> {
    subject
        .root_file(".isort.cfg")
        .or_else(|| pyproject_with(subject, &["tool", "isort"]))
        .or_else(|| ini_with(subject, "setup.cfg", &["isort", "tool:isort"]))
        .or_else(|| ini_with(subject, "tox.ini", &["isort", "tool:isort"]))
}

/// The file that sets pytest.
pub fn pytest(subject: &Subject) -> Option<PathBuf> {
    ["pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"]
        .iter()
        .find_map(|name| subject.root_file(name))
        .or_else(|| pyproject_with(subject, &["tool", "pytest"]))
        .or_else(|| ini_with(subject, "tox.ini", &["pytest"]))
        .or_else(|| ini_with(subject, "setup.cfg", &["tool:pytest"]))
}

/// The value of an option in pytest's settings, words and lists joined by blanks.
pub fn pytest_option(file: &Path, name: &str) -> Option<String> {
    if file.extension().is_some_and(|e| e == "toml") {
        let document = toml(file)?;
        let value = [
            &["tool", "pytest", "ini_options", name][..],
            &["tool", "pytest", name],
            &["pytest", name],
        ]
        .iter()
        .find_map(|keys| at(&document, keys))?;
        return Some(match value {
            Value::Array(items) => items
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(" "),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
    }
    ini_option(file, &["pytest", "tool:pytest"], name)
}

/// What coverage is told of the concurrency library in use: the only setting
/// of the project's that measuring depends on.
pub fn coverage_concurrency(subject: &Subject) -> Option<String> {
    let ini = |name: &str, section: &str| {
        ini_option(&subject.root_file(name)?, &[section], "concurrency")
    };
    ini(".coveragerc", "run")
        .or_else(|| ini("setup.cfg", "coverage:run"))
        .or_else(|| ini("tox.ini", "coverage:run"))
        .or_else(|| {
            let document = toml(&subject.root_file("pyproject.toml")?)?;
            match at(&document, &["tool", "coverage", "run", "concurrency"])? {
                Value::String(one) => Some(one.clone()),
                Value::Array(many) => Some(
                    many.iter()
                        .filter_map(Value::as_str)
                        .collect::<Vec<_>>()
                        .join(","),
                ),
                _ => None,
            }
        })
}

/// The rules ruff is told to ignore, in its settings and those they extend.
pub fn ruff_ignores(file: &Path, tree: &Path) -> Vec<String> {
    let mut ignores = Vec::new();
    let mut next = Some(file.to_owned());
    for _ in 0..8 {
        let Some(file) = next.take() else { break };
        let Some(document) = toml(&file) else { break };
        let in_pyproject = file
            .file_name()
            .is_some_and(|name| name == "pyproject.toml");
        let Some(ruff) = (if in_pyproject {
            at(&document, &["tool", "ruff"])
        } else {
            Some(&document)
        }) else {
            break;
        };
        for keys in [
            &["lint", "ignore"][..],
            &["lint", "extend-ignore"],
            &["ignore"],
            &["extend-ignore"],
        ] {
            let rules = at(ruff, keys).and_then(Value::as_array);
            for rule in rules.into_iter().flatten().filter_map(Value::as_str) {
                if !ignores.iter().any(|known| known == rule) {
                    ignores.push(rule.to_owned());
                }
            }
        }
        // `extend` may name any file: only those of the tree are followed.
        next = at(ruff, &["extend"])
            .and_then(Value::as_str)
            .and_then(|name| file.parent().map(|dir| dir.join(name)))
            .and_then(|path| path.canonicalize().ok())
            .filter(|path| path.starts_with(tree));
    }
    ignores
}

fn pyproject_with(subject: &Subject, keys: &[&str]) -> Option<PathBuf> {
    let file = subject.root_file("pyproject.toml")?;
    at(&toml(&file)?, keys).is_some().then_some(file)
}

fn ini_with(subject: &Subject, name: &str, sections: &[&str]) -> Option<PathBuf> {
    let file = subject.root_file(name)?;
    let text = std::fs::read_to_string(&file).ok()?;
    let has = text
        .lines()
        .filter_map(section)
        .any(|s| sections.contains(&s));
    has.then_some(file)
}

fn section(line: &str) -> Option<&str> {
    line.trim_end().strip_prefix('[')?.strip_suffix(']')
}

/// An option of an INI file; continued lines are joined.
fn ini_option(file: &Path, sections: &[&str], name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let mut inside = false;
    let mut value: Option<String> = None;
    for line in text.lines() {
        if let Some(found) = section(line) {
            inside = sections.contains(&found);
            continue;
        }
        if !inside || line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            if let Some(value) = &mut value {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        if value.is_some() {
            break;
        }
        if let Some((key, rest)) = line.split_once(['=', ':'])
            && key.trim() == name
        {
            value = Some(rest.trim().to_owned());
        }
    }
    value.map(|value| value.trim().to_owned())
}

fn toml(file: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(file).ok()?;
    toml_edit::de::from_str(&text).ok()
}

fn at<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().try_fold(value, |value, key| value.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_rules_are_found_through_extend_but_not_outside_the_tree() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().canonicalize().unwrap().join("tree");
        std::fs::create_dir(&tree).unwrap();
        std::fs::write(dir.path().join("out.toml"), "lint.ignore = ['F401']").unwrap();
        std::fs::write(
            tree.join("base.toml"),
            "extend = '../out.toml'\nextend-ignore = ['W1']",
        )
        .unwrap();
        let file = tree.join("pyproject.toml");
        std::fs::write(
            &file,
            "[tool.ruff]\nextend = 'base.toml'\n[tool.ruff.lint]\nignore = ['E501', 'E7']",
        )
        .unwrap();
        assert_eq!(ruff_ignores(&file, &tree), ["E501", "E7", "W1"]);
    }

    #[test]
    fn options_of_ini_files_may_go_on_over_lines() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pytest.ini");
        std::fs::write(
            &file,
            "[other]\naddopts = -q\n[pytest]\n# addopts = -x\naddopts =\n  -x\n  --import-mode=importlib\ntestpaths = a\n",
        )
        .unwrap();
        assert_eq!(
            pytest_option(&file, "addopts").as_deref(),
            Some("-x --import-mode=importlib")
        );
        assert_eq!(pytest_option(&file, "minversion"), None);
    }
}
