//! `countersign.toml`: what a repository says of its lanes, owners, tests,
//! tools and gates. User settings (theme, keys, editor) live apart, in [`user`].

pub mod error;
pub mod project;
pub mod user;

pub use error::ConfigError;
pub use project::ProjectConfig;
pub use user::UserConfig;
