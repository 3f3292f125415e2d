//! The branches that there are to look at.

use super::{now, short};
use crate::console::model::choice::Item;
use crate::console::text::age;
use crate::workflow::Workspace;
use crate::workflow::promote::{branches, named};
use crate::workflow::roll_back::is_fix;

/// What the console was opened on first, then the branches of promotions and of fixes for what
/// was taken back.
pub(super) fn read(ws: &Workspace, opened: &str) -> Result<Vec<Item>, String> {
    let home = Item {
        value: None,
        name: short(opened).to_owned(),
        words: "what was opened".into(),
    };
    let own = branches(ws).and_then(|own| Ok((own, named(ws, is_fix)?)));
    let (own, fixes) = own.map_err(|error| error.to_string())?;
    let own = own.into_iter().chain(fixes).map(|branch| Item {
        words: format!("{}  {}", age(now() / 1_000 - branch.time), branch.summary),
        value: Some(branch.reference),
        name: branch.name,
    });
    Ok(std::iter::once(home).chain(own).collect())
}
