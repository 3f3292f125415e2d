//! The terminal, the editor and the person's settings.

use std::path::Path;

use super::machine::find;
use super::{Area, Check};
use crate::config::UserConfig;
use crate::config::user;
use crate::workflow::colours::{self, Colours};
use crate::workflow::dirs;

const AREA: Area = Area::Terminal;

/// Looks at the environment of this process.
pub fn examine(slips: &[String]) -> Vec<Check> {
    let get = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (settings, config) = settings();
    vec![
        terminal(get),
        colour(get),
        characters(get),
        editor(get, &config),
        settings,
        console(slips),
    ]
}

fn terminal(get: impl Fn(&str) -> Option<String>) -> Check {
    match get("TERM") {
        Some(term) if term != "dumb" => Check::ok(AREA, "terminal", term),
        term => Check::warning(
            AREA,
            "terminal",
            format!(
                "TERM is {}: the console cannot draw",
                term.as_deref().unwrap_or("not set")
            ),
            "open it in a terminal; every command has --json and works without one",
        ),
    }
}

fn colour(get: impl Fn(&str) -> Option<String>) -> Check {
    let off = get("NO_COLOR").is_some();
    let found = match colours::colours(get) {
        Colours::None if off => "off, by NO_COLOR",
        Colours::None => "none",
        Colours::Sixteen => {
            "16: the theme is mapped to them (COLORTERM=truecolor if the terminal can do more)"
        }
        Colours::Palette => "256: the theme is mapped to them",
        Colours::True => "24 bit",
    };
    Check::ok(AREA, "colours", found)
}

fn characters(get: impl Fn(&str) -> Option<String>) -> Check {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(get);
    let name = locale.as_deref().unwrap_or("not set");
    let plain = name.to_lowercase().replace('-', "");
    if plain.contains("utf8") {
        return Check::ok(AREA, "characters", name.to_owned());
    }
    Check::warning(
        AREA,
        "characters",
        format!("the locale is {name}, which is not UTF-8: signs may be drawn wrongly"),
        "export LANG=C.UTF-8",
    )
}

fn editor(get: impl Fn(&str) -> Option<String>, config: &UserConfig) -> Check {
    let command = config
        .editor
        .clone()
        .or_else(|| get("VISUAL"))
        .or_else(|| get("EDITOR"));
    let Some(command) = command else {
        return Check::warning(
            AREA,
            "editor",
            "neither VISUAL nor EDITOR is set: findings cannot be opened",
            "export EDITOR=…, or write editor = \"…\" to the settings",
        );
    };
    let program = command.split_whitespace().next().unwrap_or_default();
    if Path::new(program).is_file() || find(program.as_ref()).is_some() {
        return Check::ok(AREA, "editor", command);
    }
    Check::warning(
        AREA,
        "editor",
        format!("{program} is not in PATH: findings cannot be opened"),
        "install it, or name another editor",
    )
}

fn settings() -> (Check, UserConfig) {
    let dir = match dirs::config_dir() {
        Ok(dir) => dir,
        Err(error) => {
            let check = Check::warning(
                AREA,
                "settings",
                error.to_string(),
                "set COUNTERSIGN_CONFIG_DIR",
            );
            return (check, UserConfig::default());
        }
    };
    let (config, notice) = user::load(&dir);
    let check = match notice {
        None => Check::ok(AREA, "settings", dir.display().to_string()),
        Some(notice) => Check::warning(
            AREA,
            "settings",
            notice,
            "correct it; until then the defaults are used",
        ),
    };
    (check, config)
}

/// A person's keymap and theme, as the console takes them.
fn console(slips: &[String]) -> Check {
    if slips.is_empty() {
        return Check::ok(
            AREA,
            "console",
            "it takes the keymap and the theme as they are",
        );
    }
    Check::warning(
        AREA,
        "console",
        slips.join("\n"),
        "correct it; until then the rest counts, and the presets for what is wrong",
    )
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    fn with<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + Copy + 'a {
        move |name| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn a_terminal_is_judged_by_its_environment() {
        assert_eq!(terminal(with(&[("TERM", "dumb")])).state, State::Warning);
        assert_eq!(terminal(with(&[])).state, State::Warning);
        assert_eq!(terminal(with(&[("TERM", "xterm")])).state, State::Ok);
        assert_eq!(colour(with(&[("COLORTERM", "truecolor")])).found, "24 bit");
        assert!(
            colour(with(&[("COLORTERM", "truecolor"), ("NO_COLOR", "1")]))
                .found
                .starts_with("off")
        );
        assert_eq!(
            characters(with(&[("LANG", "en_GB.UTF-8")])).state,
            State::Ok
        );
        assert_eq!(
            characters(with(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")])).state,
            State::Warning
        );
    }

    #[test]
    fn an_editor_must_be_there() {
        let config = UserConfig::default();
        assert_eq!(editor(with(&[]), &config).state, State::Warning);
        assert_eq!(
            editor(with(&[("EDITOR", "sh -c x")]), &config).state,
            State::Ok
        );
        assert_eq!(
            editor(with(&[("EDITOR", "no-such-editor")]), &config).state,
            State::Warning
        );
        let config = UserConfig {
            editor: Some("sh".into()),
            ..config
        };
        assert_eq!(
            editor(with(&[("EDITOR", "no-such-editor")]), &config).found,
            "sh"
        );
    }
}
