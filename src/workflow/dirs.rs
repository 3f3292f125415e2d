//! Where Countersign keeps its own files, apart from any repository.

use std::path::PathBuf;

/// The platform has no place for them: no home directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no home directory to keep Countersign's {what} in. Set HOME, or {variable} to a directory"
)]
pub struct NoHome {
    what: &'static str,
    variable: &'static str,
}

/// What can be made again: indexes, exports, environments, evidence.
pub fn cache_dir() -> Result<PathBuf, NoHome> {
    place("cache", "COUNTERSIGN_CACHE_DIR", |dirs| {
        dirs.cache_dir().into()
    })
}

/// What can't.
pub fn data_dir() -> Result<PathBuf, NoHome> {
    place("data", "COUNTERSIGN_DATA_DIR", |dirs| {
        dirs.data_dir().into()
    })
}

/// What was seen and can be deleted, but not made again: looks at a canary.
pub fn state_dir() -> Result<PathBuf, NoHome> {
    place("state", "COUNTERSIGN_STATE_DIR", |dirs| {
        dirs.state_dir().unwrap_or(dirs.data_local_dir()).into()
    })
}

/// A person's settings.
pub fn config_dir() -> Result<PathBuf, NoHome> {
    place("settings", "COUNTERSIGN_CONFIG_DIR", |dirs| {
        dirs.config_dir().into()
    })
}

fn place(
    what: &'static str,
    variable: &'static str,
    dir: impl FnOnce(&directories::ProjectDirs) -> PathBuf,
) -> Result<PathBuf, NoHome> {
    match std::env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(path) => Ok(std::path::absolute(&path).unwrap_or_else(|_| path.into())),
        None => directories::ProjectDirs::from("dev", "Countersign", "countersign")
            .map(|dirs| dir(&dirs))
            .ok_or(NoHome { what, variable }),
    }
}
