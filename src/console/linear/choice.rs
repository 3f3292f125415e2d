//! A list that something is chosen from, as lines.

use super::page::Page;
use crate::console::model::choice::{Choice, Item};
use crate::console::text::safe;

/// The page.
pub fn page(choice: &Choice) -> Page {
    let mut page = Page::new(choice.purpose.title().to_owned());
    match &choice.items {
        None => page.say("It is being read"),
        Some(items) => {
            page.of = ("choice", "choices");
            page.rows = items.iter().map(row).collect();
            page.selected = (!items.is_empty()).then_some(choice.row.at);
        }
    }
    page
}

fn row(item: &Item) -> String {
    format!("{}, {}", safe(&item.name), safe(&item.words))
}
