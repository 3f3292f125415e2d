//! What is on the screen, as text and as styles.

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

/// Runs of equal style: `row: from-to style, …`. Rows like the one above them
/// are left out.
pub fn styles(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut out = String::new();
    let mut above = String::new();
    for y in 0..area.height {
        let mut runs: Vec<(u16, u16, String)> = Vec::new();
        for x in 0..area.width {
            let cell = &buffer[(x, y)];
            let style = describe(cell.fg, cell.bg, cell.modifier);
            match runs.last_mut() {
                Some((_, end, last)) if *last == style => *end = x,
                _ => runs.push((x, x, style)),
            }
        }
        let line: Vec<_> = runs
            .iter()
            .map(|(from, to, style)| format!("{from}-{to} {style}"))
            .collect();
        let line = line.join(", ");
        if line != above {
            out.push_str(&format!("{y:>2}: {line}\n"));
        }
        above = line;
    }
    out
}

fn describe(fg: Color, bg: Color, modifier: Modifier) -> String {
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

/// Text once, styles for every theme: text must not depend on the theme.
pub fn picture(model: &Model) -> String {
    let themes = [
        ("dark", Theme::dark()),
        ("light", Theme::light()),
        ("no colour", Theme::no_color()),
    ];
    let buffers = themes.map(|(name, theme)| (name, draw(model, &theme)));
    let shown = text(&buffers[0].1);
    let mut out = shown.clone();
    for (name, buffer) in &buffers {
        assert_eq!(text(buffer), shown, "the text depends on the theme {name}");
        out.push_str(&format!("--- styles, {name}\n{}", styles(buffer)));
    }
    out
}

/// Only ASCII, for terminals that show no more.
pub fn ascii(model: &Model) -> String {
    text(&draw(model, &Theme::no_color().with_glyphs(Glyphs::ASCII)))
}
