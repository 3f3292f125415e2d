//! `docs/configuration.md`, printed from the table that the files are read by.

use super::schema::{Key, PROJECT, Section, Shape, USER};

const INTRO: &str = "\
# Configuration

<!-- Printed from src/config/schema/; a test compares. Renew it with:
     COUNTERSIGN_BLESS=1 cargo test --test config -->

## The repository: `countersign.toml`

`countersign.toml` at the repository's root says what Countersign should know of the
repository. All of it may be left out: without the file, modules go from `candidate` to
`core` or `lukhas`. `countersign init` writes one with what it finds.

The file of the work tree counts where one is checked out, and that of the commit where
a revision is asked for (`--rev`) or nothing is checked out. Keys that are not listed
here are refused, with the nearest one that is. Paths are relative to the repository's
root, with `/` between parts; a byte that is no UTF-8 is written `\\xNN`.

Globs: `*` stands for anything but `/`, `**` for any number of directories, `?` for one
character, `[a-z]` for one of several. A glob without a `/` matches a name at any depth;
what matches a directory matches everything in it.
";

const USER_INTRO: &str = "\
## A person: `config.toml`

A person's own settings are apart from the repository, in the platform's configuration
directory (`~/.config/countersign` on Linux, or where `COUNTERSIGN_CONFIG_DIR` points;
`countersign doctor` names it). A mistake in them is told, and the defaults are used.
Keys of the console are in `keymap.toml` beside it.
";

/// The whole document.
pub fn markdown() -> String {
    let mut out = String::from(INTRO);
    section(&PROJECT, "", &mut out);
    out.push('\n');
    out.push_str(USER_INTRO);
    section(&USER, "", &mut out);
    out
}

fn section(section: &Section, parent: &str, out: &mut String) {
    let path = section.path(parent);
    if !path.is_empty() {
        out.push_str(&format!(
            "\n### `{}`\n\n{}\n",
            section.heading(parent),
            section.doc
        ));
    }
    // What stands above is not said again.
    if let Shape::Named { key, .. } = section.shape {
        let names: Vec<_> = section.names().map(|name| format!("`{name}`")).collect();
        let names = names.join(", ");
        let key = key.words();
        out.push_str(&format!(
            "\nEach name is {key}. In it, as above: {names}.\n"
        ));
        return;
    }
    if !section.keys.is_empty() {
        out.push_str("\n| key | is | without it | says |\n|---|---|---|---|\n");
        for key in section.keys {
            row(key, out);
        }
    }
    if let Shape::Map {
        key,
        value,
        example,
    } = section.shape
    {
        out.push_str(&format!(
            "\nEach key is {}, each value {}:\n\n```toml\n{}\n{example}\n```\n",
            key.words(),
            value.words(),
            section.heading(parent)
        ));
    }
    for inner in section.sections {
        self::section(inner, &path, out);
    }
}

fn row(key: &Key, out: &mut String) {
    let default = if key.default.contains('`')
        || key.required
        || key.default.contains(' ') && !key.default.starts_with('[')
    {
        key.default.to_owned()
    } else {
        format!("`{}`", key.default)
    };
    let cells = [
        format!("`{}`", key.name),
        key.kind.words(),
        default,
        key.doc.to_owned(),
    ];
    out.push_str(&format!("| {} |\n", cells.join(" | ")));
}
