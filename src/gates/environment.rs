//! The environment of a tool: built from nothing, so that no token, no
//! personal configuration and no proxy of ours is ever in it.

use std::ffi::OsString;
use std::path::Path;

use super::process::{MARKER, marker};
use super::scratch::Place;

/// Where Python looks for compiled files, and nowhere else.
pub const COMPILED: &str = "PYTHONPYCACHEPREFIX";

/// What every tool gets. `bin` comes first in its `PATH`.
pub fn base(place: &Place, bin: &Path) -> Vec<(OsString, OsString)> {
    let mut path = bin.as_os_str().to_owned();
    path.push(":/usr/local/bin:/usr/bin:/bin");
    let at = |name: &str| place.work.join(name).into_os_string();
    let fixed = |value: &str| OsString::from(value);
    let pairs: [(&str, OsString); 18] = [
        ("PATH", path),
        ("HOME", at("home")),
        ("TMPDIR", at("tmp")),
        ("XDG_CACHE_HOME", at("cache")),
        ("XDG_CONFIG_HOME", at("config")),
        ("XDG_DATA_HOME", at("home")),
        ("BLACK_CACHE_DIR", at("cache")),
        ("MYPY_CACHE_DIR", at("cache")),
        ("RUFF_NO_CACHE", fixed("true")),
        (COMPILED, at("pycache")),
        ("PYTHONDONTWRITEBYTECODE", fixed("1")),
        ("PYTHONNOUSERSITE", fixed("1")),
        ("PYTHONHASHSEED", fixed("0")),
        ("PYTHONUTF8", fixed("1")),
        ("LC_ALL", fixed("C.UTF-8")),
        ("TZ", fixed("UTC")),
        ("NO_COLOR", fixed("1")),
        (MARKER, marker(&place.control)),
    ];
    pairs.map(|(name, value)| (name.into(), value)).into()
}
