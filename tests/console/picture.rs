//! What is on the screen, as text and as styles.

use std::collections::BTreeMap;

use countersign::console::glyphs::Glyphs;
use countersign::console::model::Model;
use countersign::console::screens;
use countersign::console::theme::Theme;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

/// Draws the model.
pub fn draw(model: &Model, theme: &Theme) -> Buffer {
    let backend = TestBackend::new(model.size.width, model.size.height);
    let mut terminal = Terminal::new(backend).unwrap();
    terminal
        .draw(|frame| screens::render(frame, model, theme))
        .unwrap();
    terminal.backend().buffer().clone()
}

/// The text, line by line.
pub fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut out = String::new();
    for y in 0..area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A theme and what it is called.
type Named = (&'static str, fn() -> Theme);

/// The themes of a picture; styles are told as the first has them.
const THEMES: [Named; 3] = [
    ("dark", Theme::dark),
    ("light", Theme::light),
    ("no colour", Theme::no_color),
];

/// How a cell looks.
type Look = (Color, Color, Modifier);

/// Runs of equal style: `row: from-to style, …`. Rows like the one above them are left
/// out. A style is told as the dark theme has it, and numbered where the other themes tell
/// apart what it does not; what they make of it goes into the legend.
fn styles(buffers: &[Buffer; 3], legend: &mut BTreeMap<String, Vec<[String; 3]>>) -> String {
    let area = buffers[0].area;
    let mut out = String::new();
    let mut above = String::new();
    for y in 0..area.height {
        let mut runs: Vec<(u16, u16, [Look; 3])> = Vec::new();
        for x in 0..area.width {
            let looks = buffers.each_ref().map(|it| {
                let cell = &it[(x, y)];
                (cell.fg, cell.bg, cell.modifier)
            });
            match runs.last_mut() {
                Some((_, end, last)) if *last == looks => *end = x,
                _ => runs.push((x, x, looks)),
            }
        }
        let named = runs.into_iter().map(|(from, to, looks)| {
            let looks = looks.map(describe);
            let dark = looks[0].clone();
            let same = legend.entry(dark.clone()).or_default();
            let at = same.iter().position(|it| *it == looks);
            let at = at.unwrap_or_else(|| {
                same.push(looks);
                same.len() - 1
            });
            format!("{from}-{to} {}", name(&dark, at))
        });
        let line = named.collect::<Vec<_>>().join(", ");
        if line != above {
            out.push_str(&format!("{y:>2}: {line}\n"));
        }
        above = line;
    }
    out
}

fn name(dark: &str, at: usize) -> String {
    match at {
        0 => dark.to_owned(),
        _ => format!("{dark} #{}", at + 1),
    }
}

fn describe((fg, bg, modifier): Look) -> String {
    let color = |c: Color| match c {
        Color::Reset => "·".to_owned(),
        Color::Rgb(r, g, b) => format!("{r:02x}{g:02x}{b:02x}"),
        other => other.to_string(),
    };
    let mut out = format!("{}/{}", color(fg), color(bg));
    for (name, bit) in [
        ("B", Modifier::BOLD),
        ("D", Modifier::DIM),
        ("I", Modifier::ITALIC),
        ("U", Modifier::UNDERLINED),
        ("R", Modifier::REVERSED),
    ] {
        if modifier.contains(bit) {
            out.push_str(&format!("+{name}"));
        }
    }
    out
}

/// One screen in every size and theme: for each size its text, which must not depend on the
/// theme, and its styles; at the end what each style is in the other themes.
pub fn picture<'a>(models: impl IntoIterator<Item = &'a Model>) -> String {
    let mut legend = BTreeMap::new();
    let mut out = String::new();
    for model in models {
        let buffers = THEMES.map(|(_, theme)| draw(model, &theme()));
        let shown = text(&buffers[0]);
        for ((name, _), buffer) in THEMES.iter().zip(&buffers) {
            assert_eq!(text(buffer), shown, "the text depends on the theme {name}");
        }
        let area = buffers[0].area;
        let styles = styles(&buffers, &mut legend);
        out.push_str(&format!("=== {}x{}\n{shown}", area.width, area.height));
        out.push_str(&format!("--- styles\n{styles}"));
    }
    out.push_str("=== dark: light; no colour\n");
    for (dark, all) in &legend {
        for (at, looks) in all.iter().enumerate() {
            let name = name(dark, at);
            out.push_str(&format!("{name}: {}; {}\n", looks[1], looks[2]));
        }
    }
    out
}

/// Only ASCII, for terminals that show no more.
pub fn ascii(model: &Model) -> String {
    text(&draw(model, &Theme::no_color().with_glyphs(Glyphs::ASCII)))
}
