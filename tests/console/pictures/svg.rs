//! A drawn screen as an SVG picture.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

// Whole numbers make small files. A cell is 0.6 of the font's size wide, and as high as what
// draws lines and bars: between rows there is no gap.
const FONT: u16 = 15;
const CELL_W: u16 = 9;
const CELL_H: u16 = 17;
const BASELINE: u16 = 13;
const PAD: u16 = 12;
const FAMILY: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace";

/// What a terminal shows where the theme asks for no colour.
pub struct Ground {
    pub foreground: &'static str,
    pub background: &'static str,
}

pub const DARK: Ground = Ground {
    foreground: "#d8dee9",
    background: "#14171c",
};

pub const LIGHT: Ground = Ground {
    foreground: "#24292f",
    background: "#ffffff",
};

/// Draws it; `title` is what a screen reader says of the picture.
pub fn draw(buffer: &Buffer, ground: &Ground, title: &str) -> String {
    let width = buffer.area.width * CELL_W + 2 * PAD;
    let height = buffer.area.height * CELL_H + 2 * PAD;
    let mut looks = Vec::new();
    let mut body = String::new();
    for y in 0..buffer.area.height {
        draw_row(&mut body, buffer, ground, y, &mut looks);
    }
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" xml:space=\"preserve\">\n<title>{}</title>\n\
         <style>text{{font:{FONT}px {FAMILY}}}",
        escape(title)
    );
    for (at, look) in looks.iter().enumerate() {
        let _ = write!(svg, ".l{at}{{{look}}}");
    }
    let _ = write!(
        svg,
        "</style>\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\n{body}</svg>\n",
        ground.background
    );
    svg
}

/// Cells side by side that look alike.
struct Run {
    from: u16,
    to: u16,
    text: String,
    look: String,
    back: Option<String>,
}

/// One `<rect>` for each run of one background, one `<text>` for each run of one look.
fn draw_row(svg: &mut String, buffer: &Buffer, ground: &Ground, y: u16, looks: &mut Vec<String>) {
    let top = PAD + y * CELL_H;
    let runs = runs(buffer, ground, y);
    for same in runs.chunk_by(|a, b| a.back == b.back) {
        let (from, to) = (same[0].from, same[same.len() - 1].to);
        if let Some(back) = &same[0].back {
            let (x, w) = (PAD + from * CELL_W, (to - from) * CELL_W);
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{top}\" width=\"{w}\" height=\"{CELL_H}\" fill=\"{back}\"/>"
            );
        }
    }
    for run in runs {
        let text = run.text.trim();
        if text.is_empty() {
            continue;
        }
        let blanks = run.text.len() - run.text.trim_start().len();
        let x = PAD + (run.from + blanks as u16) * CELL_W;
        let w = text.width() as u16 * CELL_W;
        let at = looks.iter().position(|it| *it == run.look);
        let at = at.unwrap_or_else(|| {
            looks.push(run.look);
            looks.len() - 1
        });
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{}\" class=\"l{at}\" textLength=\"{w}\" \
             lengthAdjust=\"spacingAndGlyphs\">{}</text>",
            top + BASELINE,
            escape(text)
        );
    }
}

fn runs(buffer: &Buffer, ground: &Ground, y: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut x = 0;
    while x < buffer.area.width {
        let cell = &buffer[(x, y)];
        let wide = (cell.symbol().width() as u16).max(1);
        let (look, back) = looks_of(cell, ground);
        // A blank has no colour of its own.
        let blank = cell.symbol() == " ";
        match runs.last_mut() {
            Some(last) if last.back == back && (blank || last.look == look) => {
                last.to = x + wide;
                last.text.push_str(cell.symbol());
            }
            _ => runs.push(Run {
                from: x,
                to: x + wide,
                text: cell.symbol().into(),
                look,
                back,
            }),
        }
        x += wide;
    }
    runs
}

/// How text looks, in CSS, and what is behind it where that is not the ground.
fn looks_of(cell: &Cell, ground: &Ground) -> (String, Option<String>) {
    let (mut fore, mut back) = (colour(cell.fg), colour(cell.bg));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut fore, &mut back);
        fore.get_or_insert_with(|| ground.background.into());
        back.get_or_insert_with(|| ground.foreground.into());
    }
    let mut look = format!(
        "fill:{}",
        fore.unwrap_or_else(|| ground.foreground.to_owned())
    );
    for (modifier, css) in [
        (Modifier::BOLD, ";font-weight:bold"),
        (Modifier::ITALIC, ";font-style:italic"),
        (Modifier::UNDERLINED, ";text-decoration:underline"),
        (Modifier::DIM, ";opacity:.6"),
    ] {
        if cell.modifier.contains(modifier) {
            look.push_str(css);
        }
    }
    (look, back)
}

fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Reset => None,
        Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        other => panic!("the themes of pictures name no colour {other}"),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
