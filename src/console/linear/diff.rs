//! The diff as lines.

use super::page::Page;
use crate::console::model::module::ModuleView;

/// The file that is shown, line by line.
pub fn page(page: &mut Page, view: &ModuleView) {
    let Some(pane) = &view.diff else {
        page.say("The module is being compared");
        return;
    };
    let spoken = pane.spoken();
    page.title.push_str(&spoken.title);
    for line in &spoken.notes {
        page.say(line);
    }
    page.of = ("line", "lines");
    page.rows = spoken.lines;
    page.selected = (!page.rows.is_empty()).then_some(spoken.at);
}
