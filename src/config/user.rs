//! A person's settings, in `config.toml` of their configuration directory:
//! theme, editor and which keymap. Keys are in `keymap.toml` beside it; the console reads that.

use std::path::Path;

use super::error::ConfigError;
use super::reader::Reader;
use super::schema::USER;
use super::value::Value;

/// The name of the file in the configuration directory.
pub const FILE_NAME: &str = "config.toml";

/// The keymaps that are built in, by name.
pub const KEYMAPS: [&str; 2] = ["vim", "arrows"];

/// A person's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserConfig {
    /// The theme's name; `None`: by the terminal's background.
    pub theme: Option<String>,
    /// The editor's command; `None`: `$VISUAL`, then `$EDITOR`.
    pub editor: Option<String>,
    /// The keymap that theirs lies over; `None`: the first of [`KEYMAPS`].
    pub keymap: Option<String>,
    /// The console speaks in plain lines.
    pub linear: bool,
    /// The console opens where it was left.
    pub resume: bool,
}

impl Default for UserConfig {
    fn default() -> Self {
        Self {
            theme: None,
            editor: None,
            keymap: None,
            linear: false,
            resume: true,
        }
    }
}

/// Reads the settings' text; `file` is its name in errors.
pub fn parse(text: &str, file: &str) -> Result<UserConfig, ConfigError> {
    let mut reader = Reader::new(text, file);
    let root = reader.read(&USER);
    reader.finish(UserConfig {
        theme: root.get("theme").and_then(Value::text),
        editor: root.get("editor").and_then(Value::text),
        keymap: root.get("keymap").and_then(Value::text),
        linear: root.get("linear") == Some(Value::Bool(true)),
        resume: root.get("resume") != Some(Value::Bool(false)),
    })
}

/// The settings in that configuration directory. Never fails: what cannot be
/// read is told in the notice and has its default, so that a slip in a
/// person's settings keeps nobody from their work.
pub fn load(config_dir: &Path) -> (UserConfig, Option<String>) {
    let path = config_dir.join(FILE_NAME);
    let name = path.display().to_string();
    match std::fs::read_to_string(&path) {
        Ok(text) => match parse(&text, &name) {
            Ok(config) => (config, None),
            Err(error) => (UserConfig::default(), Some(error.to_string())),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (UserConfig::default(), None),
        Err(error) => (
            UserConfig::default(),
            Some(format!("{name} cannot be read: {error}")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_slips_are_told() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(load(dir.path()), (UserConfig::default(), None));
        let path = dir.path().join(FILE_NAME);
        std::fs::write(&path, "theme = \"light\"\neditor = \"hx\"\n").unwrap();
        let (config, notice) = load(dir.path());
        assert_eq!((config.theme.as_deref(), notice), (Some("light"), None));
        assert_eq!(config.editor.as_deref(), Some("hx"));
        std::fs::write(&path, "them = \"light\"\n").unwrap();
        let (config, notice) = load(dir.path());
        assert_eq!(config, UserConfig::default());
        assert!(
            notice
                .unwrap()
                .contains("config.toml:1:1: unknown key `them`; did you mean `theme`?")
        );
    }
}
