//! What is wrong with a configuration file, and where.

/// Everything wrong with one configuration file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.join("\n"))]
pub struct ConfigError {
    /// One text a problem, with file, line, column and excerpt, safe to show.
    pub problems: Vec<String>,
}
