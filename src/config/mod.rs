//! `countersign.toml`: what a repository says of its lanes, owners, tests,
//! tools, sign-off and gates. A person's settings (theme, editor) live apart, in [`user`].
//!
//! One table, [`schema`], says what is allowed. [`reader`] reads a file against
//! it, [`docs`] prints it.

pub mod canary;
pub mod docs;
pub mod error;
pub mod forge;
pub mod notify;
pub mod project;
pub mod promote;
mod reader;
pub mod rollback;
pub mod schema;
pub mod sign_off;
pub mod template;
pub mod user;
mod value;

pub use error::{ConfigError, Problem};
pub use project::ProjectConfig;
pub use reader::nearest;
pub use user::UserConfig;
