//! What came out, as a table, with our place in it.

use super::tools::{ALL, Name};

/// What one tool needed.
#[derive(Clone, Debug)]
pub struct Cell {
    /// What counts: less is better.
    pub value: f64,
    pub words: String,
}

/// One thing that was measured of all.
pub struct Row {
    pub what: String,
    /// By tool; or why there is nothing. `None` where the tool is not made for it.
    pub cells: Vec<(Name, Result<Cell, String>)>,
}

/// What is above all rows.
pub fn head() {
    let names = ALL.map(|name| name.program());
    println!("| | {} | Countersign is |", names.join(" | "));
    println!("|---|{}---|", "---|".repeat(names.len()));
}

/// The rows as far as they are there; says why something was not measured.
pub fn print(rows: &[Row]) -> Vec<String> {
    let mut notes = Vec::new();
    for row in rows {
        let of = |name: Name| row.cells.iter().find(|(of, _)| *of == name);
        let cells = ALL.map(|name| match of(name) {
            None => "".to_owned(),
            Some((_, Ok(cell))) => cell.words.clone(),
            Some((_, Err(why))) => {
                notes.push(format!("{}: {why}", name.program()));
                "not measured".to_owned()
            }
        });
        println!("| {} | {} | {} |", row.what, cells.join(" | "), place(row));
    }
    notes
}

/// `first: 0.5 of gitui`, `2.1 times tig`.
fn place(row: &Row) -> String {
    let measured =
        |(name, cell): &(Name, Result<Cell, String>)| Some((*name, cell.as_ref().ok()?.value));
    let values = || row.cells.iter().filter_map(measured);
    let Some((_, ours)) = values().find(|(name, _)| *name == Name::Countersign) else {
        return "not measured".into();
    };
    let others = values().filter(|(name, _)| *name != Name::Countersign);
    let Some((best, least)) = others.min_by(|a, b| a.1.total_cmp(&b.1)) else {
        return "alone".into();
    };
    let best = best.program();
    match (ours <= least, least > 0.0) {
        (true, false) => format!("first, with {best}"),
        (true, true) => format!("first: {:.2} of {best}", ours / least),
        (false, true) => format!("**behind {best}: {:.2} times**", ours / least),
        (false, false) => format!("**behind {best}**"),
    }
}
