//! Values of a configuration file, checked by their [`Kind`].

use std::ops::Range;

use toml_edit::Value as TomlValue;

use super::schema::{Kind, MOST};
use crate::promotion::RepoPath;

/// A value that is what its key asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of [`Kind::Bool`].
    Bool(bool),
    /// Of [`Kind::Percent`], [`Kind::Count`], [`Kind::Share`], [`Kind::Positive`],
    /// [`Kind::Whole`], [`Kind::Port`] and [`Kind::Version`].
    Number(f64),
    /// Of [`Kind::Duration`] and [`Kind::Age`]; of [`Kind::TimeOfDay`] since midnight.
    Seconds(u64),
    /// Of [`Kind::Ages`].
    Ages(Vec<u64>),
    /// Of [`Kind::Text`], [`Kind::Glob`], [`Kind::UrlPath`] and [`Kind::OneOf`].
    Text(String),
    /// Of [`Kind::Texts`] and [`Kind::Globs`].
    Texts(Vec<String>),
    /// Of [`Kind::Codes`].
    Codes(Vec<i32>),
    /// Of [`Kind::Path`].
    Path(RepoPath),
    /// Of [`Kind::Paths`] and [`Kind::Targets`].
    Paths(Vec<RepoPath>),
}

impl Value {
    /// The number, of one that is.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The seconds, of a time.
    pub fn seconds(self) -> Option<u64> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            _ => None,
        }
    }

    /// The text, of one that is.
    pub fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The texts, of a list of them.
    pub fn texts(self) -> Option<Vec<String>> {
        match self {
            Self::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// The path, of one that is.
    pub fn path(self) -> Option<RepoPath> {
        match self {
            Self::Path(path) => Some(path),
            _ => None,
        }
    }

    /// The paths, of a list of them.
    pub fn paths(self) -> Option<Vec<RepoPath>> {
        match self {
            Self::Paths(paths) => Some(paths),
            _ => None,
        }
    }
}

/// Why a value is not what its key asks for.
#[derive(Clone, Debug)]
pub struct Refused {
    /// In one sentence.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
    /// Where, within the value; `None`: all of it.
    pub span: Option<Range<usize>>,
}

impl Refused {
    /// All of the value is wrong.
    pub fn whole(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: String::new(),
            span: None,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

/// Reads one value.
pub fn read(kind: Kind, value: &TomlValue) -> Result<Value, Refused> {
    let wrong = || {
        Refused::whole(format!(
            "this must be {}, and is {}",
            kind.words(),
            described(value)
        ))
    };
    match kind {
        Kind::Version => match value.as_integer() {
            Some(1) => Ok(Value::Number(1.0)),
            Some(other) => Err(Refused::whole(format!(
                "version {other} of this file is not known, only 1"
            ))
            .help("a newer Countersign may read it")),
            None => Err(wrong()),
        },
        Kind::Bool => value.as_bool().map(Value::Bool).ok_or_else(wrong),
        Kind::Text => text(value).ok_or_else(wrong)?.map(Value::Text),
        Kind::OneOf(words) => match value.as_str() {
            Some(word) if words.contains(&word) => Ok(Value::Text(word.to_owned())),
            _ => Err(wrong()),
        },
        Kind::Glob => glob(value.as_str().ok_or_else(wrong)?).map(Value::Text),
        Kind::Path => path(value.as_str().ok_or_else(wrong)?, false).map(Value::Path),
        Kind::Texts => list(value, wrong, |value| text(value)?.ok()).map(Value::Texts),
        Kind::Globs => each(value, wrong, glob).map(Value::Texts),
        Kind::Paths => each(value, wrong, |text| path(text, false)).map(Value::Paths),
        Kind::Targets => {
            let targets = each(value, wrong, |text| path(text, true))?;
            if targets.is_empty() {
                return Err(Refused::whole("a lane needs at least one target"));
            }
            Ok(Value::Paths(targets))
        }
        Kind::Duration => duration(value)
            .ok_or_else(wrong)
            .and_then(|seconds| match seconds {
                1..=86_400 => Ok(Value::Seconds(seconds)),
                _ => Err(Refused::whole("a time must be between a second and a day")),
            }),
        Kind::Age => duration(value)
            .ok_or_else(wrong)
            .and_then(|seconds| match seconds {
                1..=315_360_000 => Ok(Value::Seconds(seconds)),
                _ => Err(Refused::whole(
                    "a time must be between a second and ten years",
                )),
            }),
        Kind::Ages => {
            let age = |value: &TomlValue| {
                duration(value).filter(|seconds| (1..=315_360_000).contains(seconds))
            };
            match list(value, wrong, age)? {
                ages if ages.is_empty() => Err(Refused::whole("this needs at least one time")),
                ages => Ok(Value::Ages(ages)),
            }
        }
        Kind::TimeOfDay => time_of_day(value).map(Value::Seconds).ok_or_else(wrong),
        Kind::Percent => number(value)
            .filter(|number| (0.0..=100.0).contains(number))
            .map(Value::Number)
            .ok_or_else(wrong),
        Kind::Share => number(value)
            .filter(|number| *number > 0.0 && *number < 1.0)
            .map(Value::Number)
            .ok_or_else(wrong),
        Kind::Positive => number(value)
            .filter(|number| *number > 0.0 && number.is_finite())
            .map(Value::Number)
            .ok_or_else(wrong),
        Kind::Whole => value
            .as_integer()
            .filter(|number| (1..=1_000_000_000).contains(number))
            .map(|number| Value::Number(number as f64))
            .ok_or_else(wrong),
        Kind::Count(least) => value
            .as_integer()
            .filter(|count| (i64::from(least)..=i64::from(MOST)).contains(count))
            .map(|count| Value::Number(count as f64))
            .ok_or_else(wrong),
        Kind::Port => value
            .as_integer()
            .filter(|port| (1..=65_535).contains(port))
            .map(|port| Value::Number(port as f64))
            .ok_or_else(wrong),
        Kind::UrlPath => match value.as_str() {
            Some(path) if path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic()) => {
                Ok(Value::Text(path.to_owned()))
            }
            _ => Err(wrong()),
        },
        Kind::Codes => {
            let code = |value: &TomlValue| {
                let code = value.as_integer()?;
                (0..=255).contains(&code).then_some(code as i32)
            };
            match list(value, wrong, code)? {
                codes if codes.is_empty() => {
                    Err(Refused::whole("this needs at least one exit code"))
                }
                codes => Ok(Value::Codes(codes)),
            }
        }
    }
}

fn described(value: &TomlValue) -> String {
    match value {
        TomlValue::String(text) => format!("the text `{}`", text.value()),
        TomlValue::Integer(number) => format!("`{}`", number.value()),
        TomlValue::Float(number) => format!("`{}`", number.value()),
        TomlValue::Boolean(truth) => format!("`{}`", truth.value()),
        TomlValue::Datetime(_) => "a date".into(),
        TomlValue::Array(_) => "a list".into(),
        TomlValue::InlineTable(_) => "a table".into(),
    }
}

/// `None`: no text at all.
fn text(value: &TomlValue) -> Option<Result<String, Refused>> {
    value.as_str().map(|text| {
        if text.trim().is_empty() {
            Err(Refused::whole("this text is empty").help("leave the key out to have its default"))
        } else {
            Ok(text.to_owned())
        }
    })
}

fn list<T>(
    value: &TomlValue,
    wrong: impl Fn() -> Refused,
    item: impl Fn(&TomlValue) -> Option<T>,
) -> Result<Vec<T>, Refused> {
    let items = value.as_array().ok_or_else(&wrong)?;
    let read = |value: &TomlValue| {
        item(value).ok_or_else(|| Refused {
            span: value.span(),
            ..wrong()
        })
    };
    items.iter().map(read).collect()
}

fn each<T>(
    value: &TomlValue,
    wrong: impl Fn() -> Refused,
    item: impl Fn(&str) -> Result<T, Refused>,
) -> Result<Vec<T>, Refused> {
    list(value, wrong, |value| {
        let refused = |refused: Refused| Refused {
            span: refused.span.or_else(|| value.span()),
            ..refused
        };
        value.as_str().map(|text| item(text).map_err(refused))
    })?
    .into_iter()
    .collect()
}

fn glob(glob: &str) -> Result<String, Refused> {
    let refused = |why: &str| {
        Refused::whole(format!("this glob cannot be read: {why}")).help(
            "`*` stands for anything but `/`, `**` for any directories, `?` for one character, \
             `[a-z]` for one of several",
        )
    };
    if glob.trim().is_empty() {
        return Err(refused("it is empty"));
    }
    if glob.starts_with(['!', '#']) {
        return Err(refused("it starts with a mark that only ignore files know"));
    }
    ignore::gitignore::GitignoreBuilder::new("")
        .allow_unclosed_class(false)
        .add_line(None, glob)
        .map(|_| glob.to_owned())
        .map_err(|error| refused(&error.to_string()))
}

fn path(text: &str, root: bool) -> Result<RepoPath, Refused> {
    let help = "paths are relative to the repository's root, with `/` between parts";
    if root && matches!(text, "." | "./") {
        return Ok(RepoPath::default());
    }
    let path = RepoPath::from_text(text.strip_prefix("./").unwrap_or(text));
    if text.starts_with('/') || !path.is_safe() {
        let message = match text {
            "" => "this path is empty".to_owned(),
            "." | "./" => "the root cannot stand here".to_owned(),
            _ => format!("the path `{text}` does not stay within the repository"),
        };
        return Err(Refused::whole(message).help(help));
    }
    Ok(path)
}

fn number(value: &TomlValue) -> Option<f64> {
    let whole = || value.as_integer().map(|number| number as f64);
    value.as_float().or_else(whole)
}

/// Seconds since midnight of `"02:00"`.
fn time_of_day(value: &TomlValue) -> Option<u64> {
    let (hours, minutes) = value.as_str()?.split_once(':')?;
    let part = |text: &str, below: u64| {
        let plain = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u64>().ok().filter(|it| plain && *it < below)
    };
    Some(part(hours, 24)? * 3_600 + part(minutes, 60)? * 60)
}

/// Seconds of a number or of `"90s"`, `"2m"`, `"1h"`, `"7d"`.
fn duration(value: &TomlValue) -> Option<u64> {
    if let Some(seconds) = value.as_integer() {
        return u64::try_from(seconds).ok();
    }
    let text = value.as_str()?.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].trim() {
        "" | "s" | "sec" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    digits.trim_end().parse::<u64>().ok()?.checked_mul(unit)
}
