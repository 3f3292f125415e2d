//! What a pull request says of a promotion, as text: its title and body, the comment
//! with links, and reviews that carry a signed decision. None of it is a source of
//! truth; all of it can be made again from git and the log.

mod body;
mod markdown;
mod review;
mod template;

pub use body::{
    BEGIN, Body, END, Gate, LONGEST, Line, Reviewer, TooLong, artifacts, owned, title, update,
};
pub use markdown::{code, escape};
pub use review::{Expected, Flaw, Posted, Stand, Table, believe, block, review};
pub use template::{Template, choose};
