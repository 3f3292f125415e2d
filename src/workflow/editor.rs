//! A person's editor: which it is, and how it is told a line.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::path::Path;

use crate::config::user;

use super::dirs;

/// The longest text that is read back, in bytes.
const MOST: u64 = 1 << 20;

/// The person's editor, by their settings and the environment.
pub fn command() -> Vec<String> {
    let env = |name: &str| std::env::var(name).ok().filter(|it| !it.is_empty());
    let settings = dirs::config_dir().ok().map(|dir| user::load(&dir).0);
    choose(
        settings.and_then(|it| it.editor).as_deref(),
        env("VISUAL").as_deref(),
        env("EDITOR").as_deref(),
    )
}

/// Has a text written in an editor on this terminal: what it is then, or why it stays as
/// it was. Blocks until the editor ends.
pub fn write(command: &[String], text: &str) -> Result<String, String> {
    let Some((program, rest)) = command.split_first() else {
        return Err("no editor is set: set EDITOR".into());
    };
    let lent = |error: std::io::Error| format!("the text could not be lent: {error}");
    let mut file = tempfile::Builder::new()
        .prefix("countersign-")
        .suffix(".md")
        .tempfile()
        .map_err(lent)?;
    file.write_all(text.as_bytes()).map_err(lent)?;
    file.flush().map_err(lent)?;
    let status = std::process::Command::new(program)
        .args(rest)
        .args(arguments(program, file.path(), 0, 0))
        .status()
        .map_err(|error| {
            format!(
                "the editor {program} could not be started: {error}. Set EDITOR, or `editor` in \
                 config.toml"
            )
        })?;
    if !status.success() {
        return Err(format!("the editor {program} ended with {status}"));
    }
    // By its name: many editors write another file in its place.
    let mut bytes = Vec::new();
    let read = std::fs::File::open(file.path());
    read.and_then(|file| file.take(MOST).read_to_end(&mut bytes))
        .map_err(|error| format!("the text could not be read: {error}"))?;
    Ok(crate::promotion::text::decode(&bytes).into_owned())
}

/// The editor's command: a person's settings, `VISUAL`, `EDITOR`, then `vi`.
pub fn choose(settings: Option<&str>, visual: Option<&str>, editor: Option<&str>) -> Vec<String> {
    [settings, visual, editor]
        .into_iter()
        .flatten()
        .map(split)
        .find(|words| !words.is_empty())
        .unwrap_or_else(|| vec!["vi".into()])
}

/// Words of a command, with quotes as a shell has them and nothing else.
fn split(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The arguments that open `file` at a line and column (from 1; 0: none).
pub fn arguments(editor: &str, file: &Path, line: u32, column: u32) -> Vec<OsString> {
    let name = Path::new(editor)
        .file_stem()
        .map(|n| n.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let path = || file.as_os_str().to_owned();
    if line == 0 {
        return vec![path()];
    }
    let column = column.max(1);
    let with_place = || {
        let mut place = path();
        place.push(format!(":{line}:{column}"));
        place
    };
    match name.as_str() {
        "vim" | "nvim" | "gvim" | "mvim" => {
            vec![format!("+call cursor({line},{column})").into(), path()]
        }
        "vi" | "view" | "ed" | "jed" | "joe" | "mg" | "ne" => {
            vec![format!("+{line}").into(), path()]
        }
        "nano" | "pico" => vec![format!("+{line},{column}").into(), path()],
        "emacs" | "emacsclient" | "micro" | "kak" => {
            vec![format!("+{line}:{column}").into(), path()]
        }
        "hx" | "helix" | "subl" | "sublime_text" | "zed" | "lapce" => vec![with_place()],
        "code" | "code-insiders" | "codium" | "vscodium" | "cursor" | "windsurf" => {
            vec!["--goto".into(), with_place()]
        }
        "idea" | "pycharm" | "charm" => vec!["--line".into(), line.to_string().into(), path()],
        "kate" | "gedit" => vec![format!("+{line}").into(), path()],
        _ => vec![path()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(editor: &str, line: u32, column: u32) -> Vec<String> {
        arguments(editor, Path::new("/r/a b.py"), line, column)
            .into_iter()
            .map(|a| a.into_string().unwrap())
            .collect()
    }

    #[test]
    fn each_editor_is_told_the_line_in_its_way() {
        assert_eq!(
            args("/usr/bin/nvim", 7, 3),
            ["+call cursor(7,3)", "/r/a b.py"]
        );
        assert_eq!(args("vi", 7, 3), ["+7", "/r/a b.py"]);
        assert_eq!(args("nano", 7, 0), ["+7,1", "/r/a b.py"]);
        assert_eq!(args("emacsclient", 7, 3), ["+7:3", "/r/a b.py"]);
        assert_eq!(args("hx", 7, 3), ["/r/a b.py:7:3"]);
        assert_eq!(args("code", 7, 3), ["--goto", "/r/a b.py:7:3"]);
        assert_eq!(args("pycharm", 7, 3), ["--line", "7", "/r/a b.py"]);
        assert_eq!(args("unheard-of", 7, 3), ["/r/a b.py"]);
        assert_eq!(args("nvim", 0, 0), ["/r/a b.py"]);
    }

    #[test]
    fn the_first_editor_that_is_set_counts() {
        assert_eq!(
            choose(None, Some(" "), Some("code --wait")),
            ["code", "--wait"]
        );
        assert_eq!(
            choose(Some("'my editor' -x"), None, None),
            ["my editor", "-x"]
        );
        assert_eq!(choose(None, None, None), ["vi"]);
    }
}
