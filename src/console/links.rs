//! Links on the screen, as OSC 8 tells them to a terminal: an address leads where it says,
//! and the number of a pull request to that pull request. Nothing else is a link, whatever a
//! repository's text says.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};

use super::layout;
use super::model::module::Pane;
use super::model::{Model, Screen};

/// The longest address, in bytes.
const MOST: usize = 2000;

/// Cells that lead somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where they begin.
    pub at: Position,
    /// What is in them.
    pub cells: Vec<Cell>,
    /// Where they lead: printable ASCII.
    pub address: String,
}

/// The links of a drawn screen.
pub fn find(model: &Model, buffer: &Buffer) -> Vec<Link> {
    let mut links = Vec::new();
    let shown = buffer.area.as_size() == model.size && !layout::too_small(model.size);
    let covered =
        !shown || model.overlay.is_some() || model.choice.is_some() || model.palette.is_some();
    if covered {
        return links;
    }
    if model.errand.is_some() {
        addresses(buffer, layout::sheet(model), &mut links);
    } else {
        match &model.screen {
            Screen::Dashboard => dashboard(model, buffer, &mut links),
            Screen::Module(view) if view.pane == Pane::Facts => {
                if let Some(pull) = model.pulls.of.get(&view.path) {
                    let number = format!("#{}", pull.number);
                    let area = layout::pane(model);
                    for y in area.y..area.bottom() {
                        push(buffer, area, y, &number, &pull.url, &mut links);
                        push(buffer, area, y, &pull.url, &pull.url, &mut links);
                    }
                }
            }
            _ => {}
        }
    }
    addresses(buffer, layout::frame(model).status, &mut links);
    links
}

fn dashboard(model: &Model, buffer: &Buffer, links: &mut Vec<Link>) {
    use super::model::dashboard::Entry;
    let area = layout::tree(model);
    let rows = model.dashboard.rows.iter().skip(model.dashboard.top);
    for (y, row) in (area.y..area.bottom()).zip(rows) {
        let (Entry::Module(id) | Entry::Waiting(id)) = row.entry else {
            continue;
        };
        let module = model.catalog.module(id);
        if let Some(pull) = module.and_then(|module| model.pulls.of.get(&module.path)) {
            let number = format!("#{}", pull.number);
            push(buffer, area, y, &number, &pull.url, links);
        }
    }
}

/// Addresses that are shown whole: one that a line or a sign ends may have lost its end.
fn addresses(buffer: &Buffer, area: Rect, links: &mut Vec<Link>) {
    let area = area.intersection(buffer.area);
    for y in area.y..area.bottom() {
        let mut x = area.x;
        while x < area.right() {
            let end = (x..area.right()).find(|x| !is_plain(&buffer[(*x, y)]));
            let end = end.unwrap_or(area.right());
            let word: String = (x..end).map(|x| buffer[(x, y)].symbol()).collect();
            let from = word.find("https://").or_else(|| word.find("http://"));
            let whole = end < area.right() && buffer[(end, y)].symbol() == " ";
            if let (Some(from), true) = (from, whole) {
                let address = word[from..].trim_end_matches(['.', ',', ';', ')', '>']);
                push(buffer, area, y, address, address, links);
            }
            x = end + 1;
        }
    }
}

fn is_plain(cell: &Cell) -> bool {
    let mut bytes = cell.symbol().bytes();
    bytes.len() == 1 && bytes.all(|it| it.is_ascii_graphic())
}

/// Makes a link of the first place in a row that says so.
fn push(buffer: &Buffer, area: Rect, y: u16, text: &str, address: &str, links: &mut Vec<Link>) {
    let sound = address.len() <= MOST
        && address.bytes().all(|it| it.is_ascii_graphic())
        && (address.starts_with("https://") || address.starts_with("http://"));
    let wide = text.len() as u16;
    if !sound || text.is_empty() || wide > area.width {
        return;
    }
    let cells = |x: u16| (x..x + wide).map(move |x| &buffer[(x, y)]);
    let says = |x: &u16| {
        let before = *x == area.x || !is_plain(&buffer[(x - 1, y)]);
        let said = cells(*x).zip(text.bytes());
        before
            && said
                .into_iter()
                .all(|(cell, it)| cell.symbol().as_bytes() == [it])
    };
    if let Some(x) = (area.x..=area.right() - wide).find(says) {
        links.push(Link {
            at: Position::new(x, y),
            cells: cells(x).cloned().collect(),
            address: address.to_owned(),
        });
    }
}
