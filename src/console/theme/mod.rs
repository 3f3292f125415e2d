//! Themes: what each part of the screen looks like, by role.

use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::workflow::colours::Colours;

use super::glyphs::Glyphs;

mod depth;
#[cfg(test)]
mod tests;

/// The themes that are built in, by name.
pub const BUILT_IN: [(&str, &str); 6] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    (
        "high-contrast",
        include_str!("../../../themes/high-contrast.toml"),
    ),
    (
        "high-contrast-light",
        include_str!("../../../themes/high-contrast-light.toml"),
    ),
    (
        "deuteranopia",
        include_str!("../../../themes/deuteranopia.toml"),
    ),
    (
        "tritanopia",
        include_str!("../../../themes/tritanopia.toml"),
    ),
];

/// What kind of terminal a theme is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Light text on dark.
    Dark,
    /// Dark text on light.
    Light,
    /// No colours: bold, underline and reverse only.
    NoColor,
}

macro_rules! roles {
    ($($role:ident $name:literal $($plain:ident)*;)*) => {
        /// A part of the screen. Names in theme files are these in kebab-case.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Role { $($role,)* }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Self] = &[$(Self::$role,)*];

            /// Its name in theme files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)* }
            }

            /// Its look without colours.
            fn plain(self) -> Modifier {
                match self { $(Self::$role => Modifier::empty() $(.union(Modifier::$plain))*,)* }
            }
        }
    };
}

roles! {
    Text "text";
    Muted "muted";
    Faint "faint" DIM;
    Title "title" BOLD;
    Accent "accent" BOLD;
    Key "key" BOLD;
    Header "header" REVERSED;
    Footer "footer";
    Border "border" DIM;
    Selected "selected" REVERSED;
    SelectedInactive "selected-inactive" UNDERLINED;
    Match "match" BOLD UNDERLINED;
    Prompt "prompt" BOLD;
    Tab "tab";
    TabActive "tab-active" REVERSED BOLD;
    Passed "passed";
    Failed "failed" BOLD;
    Error "error" BOLD;
    NotApplicable "not-applicable";
    NeverRun "never-run" DIM;
    Stale "stale";
    Queued "queued";
    Running "running" BOLD;
    Info "info";
    Warning "warning" BOLD;
    Problem "problem" BOLD;
    Bar "bar";
    BarEmpty "bar-empty" DIM;
    LineNumber "line-number" DIM;
    DiffAdded "diff-added" BOLD;
    DiffAddedWord "diff-added-word" BOLD UNDERLINED;
    DiffRemoved "diff-removed" DIM;
    DiffRemovedWord "diff-removed-word" UNDERLINED;
    DiffMoved "diff-moved" ITALIC;
    DiffFold "diff-fold" DIM;
    DiffFile "diff-file" BOLD UNDERLINED;
    DiffEmpty "diff-empty" DIM;
    Uncovered "uncovered" BOLD;
    Covered "covered" DIM;
    SyntaxKeyword "syntax-keyword";
    SyntaxString "syntax-string";
    SyntaxComment "syntax-comment";
    SyntaxNumber "syntax-number";
    SyntaxFunction "syntax-function";
    SyntaxType "syntax-type";
    SyntaxConstant "syntax-constant";
    SyntaxOperator "syntax-operator";
    SyntaxDecorator "syntax-decorator";
}

/// A theme, with a style for every role.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    kind: Kind,
    styles: Vec<Style>,
    glyphs: Glyphs,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kind: Kind,
    #[serde(default)]
    styles: std::collections::BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default, rename = "mod")]
    modifiers: Vec<String>,
}

/// Why a theme could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// Not the name of a theme.
    #[error("there is no theme {name:?}: the themes are auto, none, {}{}", built_in(), file(.place))]
    Unknown {
        /// The name.
        name: String,
        /// Where a file of that name was looked for.
        place: Option<PathBuf>,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no theme.
    #[error("{file}: {problem}")]
    Invalid {
        /// Which file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Theme {
    /// The theme for dark terminals.
    pub fn dark() -> Self {
        Self::built_in("dark").unwrap_or_else(Self::no_color)
    }

    /// The theme for light terminals.
    pub fn light() -> Self {
        Self::built_in("light").unwrap_or_else(Self::no_color)
    }

    /// One of [`BUILT_IN`].
    pub fn built_in(name: &str) -> Option<Self> {
        let (name, text) = BUILT_IN.iter().find(|(it, _)| *it == name)?;
        Self::parse(text, &format!("themes/{name}.toml")).ok()
    }

    /// No colours: bold, underline, reverse.
    pub fn no_color() -> Self {
        let styles = Role::ALL
            .iter()
            .map(|role| Style::new().add_modifier(role.plain()))
            .collect();
        Self {
            kind: Kind::NoColor,
            styles,
            glyphs: Glyphs::UNICODE,
        }
    }

    /// The theme of that name: a file of the person's own `themes` directory, one that
    /// is built in, or `auto`, which goes by `COLORFGBG` and is dark where that says
    /// nothing.
    pub fn named(
        name: &str,
        colorfgbg: Option<&str>,
        themes: Option<&Path>,
    ) -> Result<Self, ThemeError> {
        match name {
            "none" => return Ok(Self::no_color()),
            "auto" if is_light(colorfgbg) => return Ok(Self::light()),
            "auto" => return Ok(Self::dark()),
            _ => {}
        }
        // A name, not a path: it is shown and looked for in one directory.
        let is_name = !name.is_empty() && !name.contains(['/', '\\', '.']);
        let place = themes.filter(|_| is_name);
        let place = place.map(|themes| themes.join(format!("{name}.toml")));
        if let Some(path) = &place {
            match std::fs::read_to_string(path) {
                Ok(text) => return Self::parse(&text, &path.display().to_string()),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => {
                    let path = path.clone();
                    return Err(ThemeError::Unreadable { path, source });
                }
            }
        }
        Self::built_in(name).ok_or_else(|| ThemeError::Unknown {
            name: name.to_owned(),
            place,
        })
    }

    /// Reads a theme. Roles it does not name have the terminal's own colours.
    pub fn parse(text: &str, file: &str) -> Result<Self, ThemeError> {
        let invalid = |problem: String| ThemeError::Invalid {
            file: file.to_owned(),
            problem,
        };
        let parsed: File = toml_edit::de::from_str(text).map_err(|e| invalid(e.to_string()))?;
        let mut styles = vec![Style::new(); Role::ALL.len()];
        for (name, entry) in &parsed.styles {
            let role = Role::ALL
                .iter()
                .find(|role| role.name() == name)
                .ok_or_else(|| invalid(format!("there is no style {name:?}")))?;
            styles[*role as usize] = entry.style().map_err(invalid)?;
        }
        Ok(Self {
            kind: parsed.kind,
            styles,
            glyphs: Glyphs::UNICODE,
        })
    }

    /// The same theme on a terminal that has so many colours.
    pub fn on(self, colours: Colours) -> Self {
        if colours == Colours::None {
            return Self::no_color().with_glyphs(self.glyphs);
        }
        let styles = Role::ALL.iter();
        let styles = styles.map(|role| depth::reduced(self.style(*role), role.plain(), colours));
        Self {
            styles: styles.collect(),
            ..self
        }
    }

    /// The same theme with other marks.
    pub fn with_glyphs(self, glyphs: Glyphs) -> Self {
        Self { glyphs, ..self }
    }

    /// The marks to draw with.
    pub fn glyphs(&self) -> Glyphs {
        self.glyphs
    }

    /// What kind of terminal it is for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The style of that role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

impl Entry {
    fn style(&self) -> Result<Style, String> {
        let color = |text: &String| {
            text.parse::<Color>()
                .map_err(|_| format!("{text:?} is no colour"))
        };
        let mut style = Style::new();
        style.fg = self.fg.as_ref().map(color).transpose()?;
        style.bg = self.bg.as_ref().map(color).transpose()?;
        for name in &self.modifiers {
            style = style.add_modifier(match name.as_str() {
                "bold" => Modifier::BOLD,
                "dim" => Modifier::DIM,
                "italic" => Modifier::ITALIC,
                "underline" => Modifier::UNDERLINED,
                "reverse" => Modifier::REVERSED,
                "strike" => Modifier::CROSSED_OUT,
                other => return Err(format!("{other:?} is no modifier")),
            });
        }
        Ok(style)
    }
}

fn built_in() -> String {
    let names: Vec<_> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

fn file(place: &Option<PathBuf>) -> String {
    place.as_ref().map_or(String::new(), |place| {
        format!(", and files like {}", place.display())
    })
}

/// `COLORFGBG` is `fg;bg` or `fg;x;bg` in the 16 ANSI colours.
fn is_light(colorfgbg: Option<&str>) -> bool {
    colorfgbg
        .and_then(|v| v.rsplit(';').next())
        .and_then(|bg| bg.parse::<u8>().ok())
        .is_some_and(|bg| bg == 7 || bg == 15)
}
