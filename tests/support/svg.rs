//! A terminal screen as an SVG picture, for the README.

use std::fmt::Write as _;

const CELL_W: f32 = 8.4;
const CELL_H: f32 = 18.0;
const PAD: f32 = 12.0;

/// The colours a picture falls back to where the program asked for none.
pub struct Palette {
    pub foreground: &'static str,
    pub background: &'static str,
    /// The sixteen named colours.
    pub named: [&'static str; 16],
}

pub const DARK: Palette = Palette {
    foreground: "#d8dee9",
    background: "#14171c",
    named: [
        "#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9",
        "#6b7486", "#ff7b86", "#b5e890", "#ffd68a", "#84c5ff", "#de9bf0", "#7ad7e0", "#ffffff",
    ],
};

pub const LIGHT: Palette = Palette {
    foreground: "#24292f",
    background: "#ffffff",
    named: [
        "#24292f", "#b3261e", "#1a7f37", "#8a5a00", "#0550ae", "#8250df", "#0b7285", "#57606a",
        "#6e7781", "#cf222e", "#116329", "#7d4e00", "#0969da", "#a475f9", "#1b7c83", "#24292f",
    ],
};

/// Draws `screen`; `title` is what a screen reader says of the picture.
pub fn draw(screen: &vt100::Screen, palette: &Palette, title: &str) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let width = f32::from(columns) * CELL_W + 2.0 * PAD;
    let height = f32::from(rows) * CELL_H + 2.0 * PAD;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n\
         <g font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" \
         font-size=\"14\" xml:space=\"preserve\">\n",
        escape(title),
        palette.background
    );
    for row in 0..rows {
        draw_row(&mut svg, screen, palette, row, columns);
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

#[derive(PartialEq, Clone)]
struct Style {
    fg: String,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

/// One `<rect>` for each run of one background, one `<text>` for each run of one style.
fn draw_row(svg: &mut String, screen: &vt100::Screen, palette: &Palette, row: u16, columns: u16) {
    let y = PAD + f32::from(row) * CELL_H;
    let mut runs: Vec<(u16, u16, String, Style)> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column) else {
            continue;
        };
        let style = style_of(cell, palette);
        let text = cell.contents();
        let text = if cell.is_wide_continuation() {
            ""
        } else if text.is_empty() {
            " "
        } else {
            text
        };
        match runs.last_mut() {
            Some((_, end, so_far, last)) if *last == style => {
                *end = column + 1;
                so_far.push_str(text);
            }
            _ => runs.push((column, column + 1, text.to_owned(), style)),
        }
    }
    for (start, end, text, style) in runs {
        let x = PAD + f32::from(start) * CELL_W;
        let w = f32::from(end - start) * CELL_W;
        if let Some(bg) = &style.bg {
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{CELL_H}\" fill=\"{bg}\"/>"
            );
        }
        if text.trim().is_empty() && !style.underline {
            continue;
        }
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{w:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{}{}{}{}>{}</text>",
            y + 13.5,
            style.fg,
            if style.bold {
                " font-weight=\"bold\""
            } else {
                ""
            },
            if style.italic {
                " font-style=\"italic\""
            } else {
                ""
            },
            if style.underline {
                " text-decoration=\"underline\""
            } else {
                ""
            },
            if style.dim { " opacity=\"0.6\"" } else { "" },
            escape(&text)
        );
    }
}

fn style_of(cell: &vt100::Cell, palette: &Palette) -> Style {
    let mut fg = colour(cell.fgcolor(), palette);
    let mut bg = colour(cell.bgcolor(), palette);
    if cell.inverse() {
        std::mem::swap(&mut fg, &mut bg);
        fg.get_or_insert_with(|| palette.background.to_owned());
        bg.get_or_insert_with(|| palette.foreground.to_owned());
    }
    Style {
        fg: fg.unwrap_or_else(|| palette.foreground.to_owned()),
        bg,
        bold: cell.bold(),
        dim: cell.dim(),
        italic: cell.italic(),
        underline: cell.underline(),
    }
}

fn colour(colour: vt100::Color, palette: &Palette) -> Option<String> {
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Idx(i @ 0..16) => Some(palette.named[usize::from(i)].to_owned()),
        vt100::Color::Idx(i @ 16..232) => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let i = i - 16;
            Some(format!(
                "#{:02x}{:02x}{:02x}",
                level(i / 36),
                level(i / 6 % 6),
                level(i % 6)
            ))
        }
        vt100::Color::Idx(i) => {
            let grey = 8 + 10 * (i - 232);
            Some(format!("#{grey:02x}{grey:02x}{grey:02x}"))
        }
        vt100::Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
