//! Colours on terminals that do not have all of them.

use anstyle::{AnsiColor, RgbColor};
use anstyle_lossy::palette::VGA;
use anstyle_lossy::{rgb_to_ansi, rgb_to_xterm};
use ratatui::style::{Color, Modifier, Style};

use crate::workflow::colours::Colours;

/// A style in the nearest colours that there are. With 16 of them a background says
/// little and can hide what is on it: there `plain`, which tells the role without
/// colours, takes its place.
pub fn reduced(style: Style, plain: Modifier, colours: Colours) -> Style {
    match colours {
        Colours::True => style,
        Colours::None => Style::new().add_modifier(plain),
        Colours::Palette => Style {
            fg: style.fg.map(palette),
            bg: style.bg.map(palette),
            ..style
        },
        Colours::Sixteen if style.bg.is_some() => Style::new().add_modifier(plain),
        Colours::Sixteen => Style {
            fg: style.fg.map(sixteen),
            ..style
        },
    }
}

fn palette(color: Color) -> Color {
    match color {
        Color::Rgb(r, g, b) => Color::Indexed(rgb_to_xterm(RgbColor(r, g, b)).0),
        other => other,
    }
}

fn sixteen(color: Color) -> Color {
    let Color::Rgb(r, g, b) = color else {
        return color;
    };
    match rgb_to_ansi(RgbColor(r, g, b), VGA) {
        // The terminal's own: what stands on it is legible, whichever it is.
        AnsiColor::Black | AnsiColor::White | AnsiColor::BrightWhite => Color::Reset,
        AnsiColor::Red => Color::Red,
        AnsiColor::Green => Color::Green,
        AnsiColor::Yellow => Color::Yellow,
        AnsiColor::Blue => Color::Blue,
        AnsiColor::Magenta => Color::Magenta,
        AnsiColor::Cyan => Color::Cyan,
        AnsiColor::BrightBlack => Color::DarkGray,
        AnsiColor::BrightRed => Color::LightRed,
        AnsiColor::BrightGreen => Color::LightGreen,
        AnsiColor::BrightYellow => Color::LightYellow,
        AnsiColor::BrightBlue => Color::LightBlue,
        AnsiColor::BrightMagenta => Color::LightMagenta,
        AnsiColor::BrightCyan => Color::LightCyan,
    }
}
