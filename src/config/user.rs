//! A person's settings: theme, keys, editor.

/// A person's settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserConfig {
    /// The theme's name; `None`: by the terminal's background.
    pub theme: Option<String>,
    /// The editor's command; `None`: `$VISUAL`, then `$EDITOR`.
    pub editor: Option<String>,
}
