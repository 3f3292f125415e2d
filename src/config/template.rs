//! A first `countersign.toml`, written from the table: what was found as keys,
//! everything else as comments that show its default.

use std::collections::BTreeMap;

use toml_edit::Value as TomlValue;

use super::schema::{Key, PROJECT, Section, Shape};

/// What is to be said of one section, or of one of several with the same heading.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Said above it.
    pub notes: Vec<String>,
    /// Keys with a value.
    pub values: BTreeMap<&'static str, TomlValue>,
    /// Keys shown as a comment with this value instead of the documented one.
    pub hints: BTreeMap<&'static str, TomlValue>,
}

/// Entries by the dotted name of their section; the top is the empty name.
pub type Entries = BTreeMap<&'static str, Vec<Entry>>;

const HEAD: &str = "\
# What Countersign should know of this repository; docs/configuration.md has every key.
# A line like `# key = value` shows what could be said. Delete what you do not need.
";

/// The file.
pub fn render(entries: &Entries) -> String {
    let mut out = String::from(HEAD);
    section(&PROJECT, "", entries, &mut out);
    out
}

fn section(section: &Section, parent: &str, entries: &Entries, out: &mut String) {
    let path = section.path(parent);
    let given = entries.get(path.as_str()).map_or(&[][..], Vec::as_slice);
    if !section.doc.is_empty() {
        out.push('\n');
        comment(section.doc, out);
    }
    match given {
        [] => entry(section, parent, &Entry::default(), out),
        given => given
            .iter()
            .for_each(|given| entry(section, parent, given, out)),
    }
    // Of what stands above already one key is enough.
    if matches!(section.shape, Shape::Named { .. }) {
        return;
    }
    for inner in section.sections {
        self::section(inner, &path, entries, out);
    }
}

fn entry(section: &Section, parent: &str, given: &Entry, out: &mut String) {
    for note in &given.notes {
        comment(note, out);
    }
    let silent = if given.values.is_empty() { "# " } else { "" };
    let top = section.path(parent).is_empty();
    if top {
        out.push('\n');
    } else if !section.keys.is_empty() || section.shape != Shape::Table {
        out.push_str(&format!("{silent}{}\n", section.heading(parent)));
    }
    if let Shape::Map { example, .. } = section.shape {
        out.push_str(&format!("# {example}\n"));
    }
    let keys = match section.shape {
        Shape::Named { .. } => section.keys.get(..1).unwrap_or_default(),
        _ => section.keys,
    };
    for key in keys {
        line(key, given, out);
    }
}

fn line(key: &Key, given: &Entry, out: &mut String) {
    if let Some(value) = given.values.get(key.name) {
        out.push_str(&format!("{} = {}\n", key.name, value.to_string().trim()));
        return;
    }
    let shown = match given.hints.get(key.name) {
        Some(hint) => hint.to_string().trim().to_owned(),
        // A default in words is no TOML: show an example.
        None if key.default.parse::<TomlValue>().is_ok() => key.default.to_owned(),
        None => key.example.to_owned(),
    };
    out.push_str(&format!("# {} = {shown}\n", key.name));
}

/// Wrapped at 92 columns. Control characters would end the comment, so none survive.
fn comment(text: &str, out: &mut String) {
    let text = crate::promotion::text::visible(text);
    let mut line = String::from("#");
    for word in text.split(' ') {
        if line.len() > 1 && line.chars().count() + word.chars().count() > 91 {
            out.push_str(&line);
            out.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    out.push_str(&line);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ProjectConfig;
    use crate::config::project::parse;

    #[test]
    fn what_is_shown_as_a_comment_may_be_uncommented() {
        let file = render(&Entries::new());
        assert_eq!(
            parse(&file, "f").unwrap(),
            ProjectConfig::default(),
            "{file}"
        );
        let is_toml = |line: &str| {
            let line = line.trim_start_matches("# ");
            line.starts_with('[')
                || line
                    .split_once(" = ")
                    .is_some_and(|(key, _)| !key.trim_matches('"').contains(' '))
        };
        let uncommented: String = file
            .lines()
            .map(|line| {
                if is_toml(line) {
                    line.trim_start_matches("# ")
                } else {
                    ""
                }
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        let config = parse(&uncommented, "f").unwrap_or_else(|e| panic!("{e}\n{uncommented}"));
        assert_eq!(
            config.policy.gates.len(),
            crate::config::project::gate_names().count()
        );
        assert_eq!(config.lanes[0].source, "pkg/sandbox".into());
    }
}
