//! The shape of a configuration file, as one table. It drives what is allowed,
//! what is suggested, `docs/configuration.md`, and the comments `init` writes.

mod canary;
mod forge;
mod gates;
mod promote;
mod rollback;
mod sign_off;

/// The greatest number of a [`Kind::Count`].
pub const MOST: u32 = 99;

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// The number of this file's layout: 1.
    Version,
    /// `true` or `false`.
    Bool,
    /// Text that is not empty.
    Text,
    /// A list of texts.
    Texts,
    /// A path below the repository's root.
    Path,
    /// A list of such paths.
    Paths,
    /// A list of such paths, of which `"."` is the root itself; not empty.
    Targets,
    /// A glob.
    Glob,
    /// A list of globs.
    Globs,
    /// A time: `"90s"`, `"2m"`, `"1h"`, or seconds.
    Duration,
    /// A longer time, also in days: `"7d"`.
    Age,
    /// A list of these.
    Ages,
    /// A time of day: `"02:00"`.
    TimeOfDay,
    /// A number from 0 to 100.
    Percent,
    /// A number between 0 and 1.
    Share,
    /// A number greater than 0.
    Positive,
    /// A whole number greater than 0.
    Whole,
    /// How many: a whole number from this one to [`MOST`].
    Count(u32),
    /// A list of exit codes; not empty.
    Codes,
    /// A TCP port.
    Port,
    /// The path of a URL.
    UrlPath,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl Kind {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Version => "the number 1".into(),
            Self::Bool => "`true` or `false`".into(),
            Self::Text => "text".into(),
            Self::Texts => "a list of texts".into(),
            Self::Path => "a path from the repository's root".into(),
            Self::Paths => "a list of paths from the repository's root".into(),
            Self::Targets => "a list of directories; `\".\"` is the root".into(),
            Self::Glob => "a glob".into(),
            Self::Globs => "a list of globs".into(),
            Self::Duration => "a time: `\"90s\"`, `\"2m\"`, `\"1h\"`, or seconds".into(),
            Self::Age => "a time: `\"7d\"`, `\"12h\"`, or seconds".into(),
            Self::Ages => "a list of times: `[\"12h\", \"2d\"]`".into(),
            Self::TimeOfDay => "a time of day: `\"02:00\"`".into(),
            Self::Percent => "a number from 0 to 100".into(),
            Self::Share => "a number between 0 and 1".into(),
            Self::Positive => "a number greater than 0".into(),
            Self::Whole => "a whole number greater than 0".into(),
            Self::Count(least) => format!("a whole number from {least} to {MOST}"),
            Self::Codes => "a list of exit codes from 0 to 255".into(),
            Self::Port => "a port from 1 to 65535".into(),
            Self::UrlPath => "the path of a URL, beginning with `/`".into(),
            Self::OneOf(words) => {
                let words: Vec<_> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
                words.join(" or ")
            }
        }
    }
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its value must be.
    pub kind: Kind,
    /// True where it must be given.
    pub required: bool,
    /// What holds without it: TOML, or words.
    pub default: &'static str,
    /// A value that differs from the default, as TOML.
    pub example: &'static str,
    /// What it says, in a sentence or two.
    pub doc: &'static str,
}

/// How a section is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// `[name]`
    Table,
    /// `[[name]]`, any number of times.
    List,
    /// `[name]` with keys of the person's own.
    Map {
        /// What a key must be.
        key: Kind,
        /// What a value must be.
        value: Kind,
        /// A line of it, as TOML.
        example: &'static str,
    },
    /// `[name.key]`, with keys of the person's own that are tables.
    Named {
        /// What a key must be.
        key: Kind,
        /// A key, as TOML.
        example: &'static str,
    },
}

/// A table of a configuration file.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// The last part of its name; empty for the whole file.
    pub name: &'static str,
    /// How it is written.
    pub shape: Shape,
    /// What it is about.
    pub doc: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// The sections within.
    pub sections: &'static [Section],
}

impl Section {
    /// The key of that name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The section of that name.
    pub fn section(&self, name: &str) -> Option<&'static Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The names allowed in it, keys first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let keys = self.keys.iter().map(|key| key.name);
        keys.chain(self.sections.iter().map(|section| section.name))
    }

    /// Its heading in a file, given the dotted name of what it lies in.
    pub fn heading(&self, parent: &str) -> String {
        let name = self.path(parent);
        match self.shape {
            Shape::List => format!("[[{name}]]"),
            Shape::Table | Shape::Map { .. } | Shape::Named { .. } => format!("[{name}]"),
        }
    }

    /// Its dotted name, given that of what it lies in.
    pub fn path(&self, parent: &str) -> String {
        let mut path = parent.to_owned();
        if !parent.is_empty() {
            path.push('.');
        }
        path.push_str(self.name);
        if let Shape::Named { example, .. } = self.shape {
            path.push('.');
            path.push_str(example);
        }
        path
    }
}

const fn key(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    example: &'static str,
    doc: &'static str,
) -> Key {
    Key {
        name,
        kind,
        required: false,
        default,
        example,
        doc,
    }
}

const fn required(key: Key) -> Key {
    Key {
        required: true,
        ..key
    }
}

const fn section(
    name: &'static str,
    shape: Shape,
    doc: &'static str,
    keys: &'static [Key],
    sections: &'static [Section],
) -> Section {
    Section {
        name,
        shape,
        doc,
        keys,
        sections,
    }
}

/// `countersign.toml`.
pub const PROJECT: Section = section(
    "",
    Shape::Table,
    "",
    &[
        key(
            "version",
            Kind::Version,
            "1",
            "1",
            "The layout of this file. There is one so far.",
        ),
        key(
            "base",
            Kind::Text,
            "what `origin/HEAD` points to, else `main`, else `master`",
            "\"develop\"",
            "The branch that promotions go to. What is new is judged against the merge-base with it.",
        ),
    ],
    &[
        section(
            "lanes",
            Shape::List,
            "Where modules come from and where they are promoted to. Without any: \
             `candidate` to `core` or `lukhas`. Lanes may not lie in each other.",
            &[
                required(key(
                    "source",
                    Kind::Path,
                    "must be given",
                    "\"pkg/sandbox\"",
                    "The experimental directory. Every Python package and file below it is a module.",
                )),
                required(key(
                    "targets",
                    Kind::Targets,
                    "must be given",
                    "[\"pkg\"]",
                    "The production directories its modules may be promoted to; the first is the default.",
                )),
            ],
            &[],
        ),
        section(
            "modules",
            Shape::Table,
            "Which of the modules in the lanes count. Globs are matched against paths from the \
             repository's root.",
            &[
                key(
                    "include",
                    Kind::Globs,
                    "[]",
                    "[\"candidate/quantum/**\"]",
                    "Only modules that match one of these count. Empty: all.",
                ),
                key(
                    "exclude",
                    Kind::Globs,
                    "[]",
                    "[\"**/legacy/**\"]",
                    "Modules that match one of these do not count.",
                ),
            ],
            &[],
        ),
        section(
            "owners",
            Shape::Table,
            "Who answers for a module: what is written here, else CODEOWNERS, else a hint from history.",
            &[key(
                "codeowners",
                Kind::Path,
                "`.github/CODEOWNERS`, else `CODEOWNERS`, else `docs/CODEOWNERS`",
                "\".gitlab/CODEOWNERS\"",
                "The CODEOWNERS file.",
            )],
            &[section(
                "modules",
                Shape::Map {
                    key: Kind::Glob,
                    value: Kind::Text,
                    example: "\"candidate/quantum/**\" = \"@quantum-team\"",
                },
                "Owners by glob, before CODEOWNERS. Of several that match the longest glob wins.",
                &[],
                &[],
            )],
        ),
        section(
            "tests",
            Shape::Table,
            "Which tests are a module's: those that import it, those whose path mirrors its own, \
             and those named here.",
            &[key(
                "patterns",
                Kind::Globs,
                "[\"test_*.py\", \"*_test.py\"]",
                "[\"check_*.py\"]",
                "Names of files that hold tests.",
            )],
            &[section(
                "modules",
                Shape::Map {
                    key: Kind::Path,
                    value: Kind::Paths,
                    example: "\"candidate/quantum\" = [\"tests/e2e/quantum\"]",
                },
                "Further tests by module: files, or directories of them.",
                &[],
                &[],
            )],
        ),
        section(
            "tools",
            Shape::Table,
            "Where ruff, mypy, black, isort, pytest, coverage, pytest-benchmark, pip-audit and \
             detect-secrets come from.",
            &[
                key(
                    "environment",
                    Kind::Text,
                    "`.venv` or `venv` in the work tree, else one that Countersign makes",
                    "\".venv-gates\"",
                    "The Python environment whose tools and packages the gates use: a directory with \
                     `bin/python`, absolute or from the work tree's root.",
                ),
                key(
                    "requirements",
                    Kind::Paths,
                    "[]",
                    "[\"requirements.txt\"]",
                    "Requirement files to install into an environment that Countersign makes.",
                ),
                key(
                    "python",
                    Kind::Text,
                    "`python3` from `PATH`",
                    "\"python3.12\"",
                    "The Python that Countersign makes its environment with.",
                ),
                key(
                    "pinned_python",
                    Kind::OneOf(&["minor", "exact", "ignore"]),
                    "\"minor\"",
                    "\"exact\"",
                    "Which Python gates may run code with, where `.python-version`, \
                     `requires-python`, `python_requires` or a version in `python` above pin one: \
                     `\"minor\"`, any patch release of it, `\"exact\"`, only that one, or \
                     `\"ignore\"`, any. With another one they are an error. What was used is \
                     recorded either way.",
                ),
            ],
            &[],
        ),
        sign_off::SIGN_OFF,
        promote::PROMOTE,
        canary::CANARY,
        forge::FORGE,
        rollback::ROLLBACK,
        rollback::NOTIFY,
        gates::GATES,
    ],
);

/// A person's `config.toml`.
pub const USER: Section = section(
    "",
    Shape::Table,
    "",
    &[
        key(
            "theme",
            Kind::Text,
            "dark or light, by the terminal's background",
            "\"light\"",
            "The theme's name: `auto`, `none`, `dark`, `light`, `high-contrast`, \
             `high-contrast-light`, `deuteranopia`, `tritanopia`, or that of a file in `themes` \
             beside this one.",
        ),
        key(
            "editor",
            Kind::Text,
            "`$VISUAL`, else `$EDITOR`",
            "\"hx\"",
            "The command that opens a file at a line.",
        ),
        key(
            "keymap",
            Kind::OneOf(&super::user::KEYMAPS),
            "`\"vim\"`",
            "\"arrows\"",
            "Which keys your `keymap.toml` lies over: docs/keys.md has both.",
        ),
        key(
            "linear",
            Kind::Bool,
            "`false`",
            "true",
            "`true` has the console speak in plain lines and ask for one, as `--linear` does: for \
             screen readers (docs/linear.md).",
        ),
        key(
            "resume",
            Kind::Bool,
            "`true`",
            "false",
            "`false` has the console open on the dashboard's first row, not where it was left in \
             this clone.",
        ),
    ],
    &[],
);
