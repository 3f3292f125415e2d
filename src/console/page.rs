//! Where a frame is collected, in as few bytes as it takes: only colours that change are
//! said, and the cursor goes on from where it is. Over a slow line that is what a key costs.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use crossterm::cursor::{MoveRight, MoveTo};
use crossterm::queue;
use crossterm::style::{
    Attribute, Color as Said, Colors, Print, ResetColor, SetAttribute, SetColors, SetUnderlineColor,
};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, IntoCrossterm as _, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

/// The bytes of a frame, so that they leave in one write.
#[derive(Clone, Default)]
pub struct Page(Rc<RefCell<Vec<u8>>>);

impl Page {
    /// What was collected; from here on it is empty.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.borrow_mut())
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Draws onto a page; all but the cells as ratatui does it.
pub struct Painter {
    page: Page,
    inner: CrosstermBackend<Page>,
}

impl Painter {
    /// Onto that page.
    pub fn new(page: Page) -> Self {
        let inner = CrosstermBackend::new(page.clone());
        Self { page, inner }
    }
}

/// How the terminal writes from here on.
#[derive(Clone, Copy, PartialEq)]
struct Pen {
    fg: Color,
    bg: Color,
    underline: Color,
    modifier: Modifier,
}

const PLAIN: Pen = Pen {
    fg: Color::Reset,
    bg: Color::Reset,
    underline: Color::Reset,
    modifier: Modifier::empty(),
};

const ATTRIBUTES: [(Modifier, Attribute); 9] = [
    (Modifier::BOLD, Attribute::Bold),
    (Modifier::DIM, Attribute::Dim),
    (Modifier::ITALIC, Attribute::Italic),
    (Modifier::UNDERLINED, Attribute::Underlined),
    (Modifier::SLOW_BLINK, Attribute::SlowBlink),
    (Modifier::RAPID_BLINK, Attribute::RapidBlink),
    (Modifier::REVERSED, Attribute::Reverse),
    (Modifier::HIDDEN, Attribute::Hidden),
    (Modifier::CROSSED_OUT, Attribute::CrossedOut),
];

impl Pen {
    /// What a cell needs. Of a blank one no colour is seen but the one behind it.
    fn of(cell: &Cell, now: Self) -> Self {
        let blank = cell.symbol() == " " && cell.modifier.is_empty();
        Self {
            fg: if blank { now.fg } else { cell.fg },
            bg: cell.bg,
            underline: if blank {
                now.underline
            } else {
                cell.underline_color
            },
            modifier: cell.modifier,
        }
    }

    /// From this to that.
    fn change(mut self, to: Self, page: &mut Page) -> io::Result<()> {
        if self.modifier != to.modifier {
            queue!(page, SetAttribute(Attribute::Reset))?;
            self = PLAIN;
            for (modifier, attribute) in ATTRIBUTES {
                if to.modifier.contains(modifier) {
                    queue!(page, SetAttribute(attribute))?;
                }
            }
        }
        let said =
            |from: Color, to: Color| -> Option<Said> { (from != to).then(|| to.into_crossterm()) };
        let colors = Colors {
            foreground: said(self.fg, to.fg),
            background: said(self.bg, to.bg),
        };
        if colors.foreground.or(colors.background).is_some() {
            queue!(page, SetColors(colors))?;
        }
        match said(self.underline, to.underline) {
            Some(color) => queue!(page, SetUnderlineColor(color)),
            None => Ok(()),
        }
    }
}

impl Backend for Painter {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let page = &mut self.page;
        let mut pen = PLAIN;
        // Where the cursor is, where that is sure: terminals differ in how wide some
        // characters are.
        let mut cursor: Option<Position> = None;
        for (x, y, cell) in content {
            match cursor {
                Some(at) if at == (Position { x, y }) => {}
                Some(at) if at.y == y && at.x < x => queue!(page, MoveRight(x - at.x))?,
                _ => queue!(page, MoveTo(x, y))?,
            }
            let wanted = Pen::of(cell, pen);
            pen.change(wanted, page)?;
            pen = wanted;
            queue!(page, Print(cell.symbol()))?;
            let sure = cell.symbol().len() == 1;
            cursor = sure.then(|| Position { x: x + 1, y });
        }
        queue!(page, ResetColor, SetAttribute(Attribute::Reset))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.inner.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;

    const AREA: Rect = Rect::new(0, 0, 12, 4);

    fn screen() -> vt100::Parser {
        let size = |n: u16| n.try_into().unwrap();
        vt100::Parser::new(size(AREA.height), size(AREA.width), 0)
    }

    /// What one sees of a screen, cell by cell.
    fn seen(parser: &vt100::Parser) -> Vec<String> {
        let cells = (0..AREA.height).flat_map(|y| (0..AREA.width).map(move |x| (y, x)));
        let told = cells.map(|(y, x)| {
            let cell = parser.screen().cell(y, x).unwrap();
            let plain = !(cell.bold() || cell.underline() || cell.inverse() || cell.italic());
            let blank = plain && cell.contents().trim().is_empty();
            let text = if blank { " " } else { cell.contents() };
            let fg = if blank {
                vt100::Color::Default
            } else {
                cell.fgcolor()
            };
            let how = [cell.bold(), cell.underline(), cell.inverse(), cell.italic()];
            format!("{text:?} {fg:?} on {:?} {how:?}", cell.bgcolor())
        });
        told.collect()
    }

    fn draw<B: Backend<Error = io::Error>>(backend: &mut B, from: &Buffer, to: &Buffer) {
        let cells = from.diff(to);
        backend.draw(cells.into_iter()).unwrap();
    }

    fn cell() -> impl Strategy<Value = Cell> {
        let symbol = prop_oneof![4 => Just(" "), 4 => Just("a"), 1 => Just("│"), 1 => Just("語")];
        let color = || {
            prop_oneof![
                2 => Just(Color::Reset),
                1 => Just(Color::Indexed(235)),
                1 => Just(Color::Rgb(1, 2, 3)),
                1 => Just(Color::Red)
            ]
        };
        let modifier = prop_oneof![
            4 => Just(Modifier::empty()),
            1 => Just(Modifier::BOLD),
            1 => Just(Modifier::REVERSED | Modifier::ITALIC),
            1 => Just(Modifier::UNDERLINED)
        ];
        (symbol, color(), color(), modifier).prop_map(|(symbol, fg, bg, modifier)| {
            let mut cell = Cell::new(symbol);
            cell.fg = fg;
            cell.bg = bg;
            cell.modifier = modifier;
            cell
        })
    }

    fn buffer() -> impl Strategy<Value = Buffer> {
        let cells = proptest::collection::vec(cell(), usize::from(AREA.width * AREA.height));
        cells.prop_map(|content| {
            let mut buffer = Buffer::empty(AREA);
            buffer.content = content;
            // What is wide has room for it, as widgets see to.
            for y in 0..AREA.height {
                for x in 0..AREA.width {
                    if buffer[(x, y)].symbol() == "語" && x + 1 < AREA.width {
                        buffer[(x + 1, y)] = Cell::default();
                    } else if buffer[(x, y)].symbol() == "語" {
                        buffer[(x, y)] = Cell::default();
                    }
                }
            }
            buffer
        })
    }

    proptest! {
        /// Frame after frame, one sees what one would see of ratatui's own.
        #[test]
        fn it_looks_the_same_in_fewer_bytes(frames in proptest::collection::vec(buffer(), 1..4)) {
            let (own, theirs) = (Page::default(), Page::default());
            let (mut painter, mut crossterm) =
                (Painter::new(own.clone()), CrosstermBackend::new(theirs.clone()));
            let (mut left, mut right) = (screen(), screen());
            let mut before = Buffer::empty(AREA);
            for frame in frames {
                draw(&mut painter, &before, &frame);
                draw(&mut crossterm, &before, &frame);
                left.process(&own.take());
                right.process(&theirs.take());
                prop_assert_eq!(seen(&left), seen(&right));
                before = frame;
            }
        }
    }

    #[test]
    fn only_what_changes_is_said() {
        let page = Page::default();
        let mut painter = Painter::new(page.clone());
        let from = Buffer::empty(AREA);
        let mut to = from.clone();
        for (x, fg) in [(0, 1), (1, 2), (4, 2)] {
            to[(x, 0)]
                .set_symbol("a")
                .set_fg(Color::Indexed(fg))
                .set_bg(Color::Indexed(9));
        }
        draw(&mut painter, &from, &to);
        let text = String::from_utf8(page.take()).unwrap();
        let said = text.strip_suffix("\x1b[0m\x1b[0m").unwrap_or(&text);
        assert_eq!(said, "\x1b[1;1H\x1b[38;5;1;48;5;9ma\x1b[38;5;2ma\x1b[2Ca");
    }

    #[test]
    fn of_a_blank_no_colour_is_said_but_the_one_behind_it() {
        let page = Page::default();
        let mut painter = Painter::new(page.clone());
        let from = Buffer::empty(AREA);
        let mut to = from.clone();
        for (x, symbol, fg) in [(0, "a", 1), (1, " ", 2), (2, "b", 1)] {
            to[(x, 0)]
                .set_symbol(symbol)
                .set_fg(Color::Indexed(fg))
                .set_bg(Color::Indexed(9));
        }
        draw(&mut painter, &from, &to);
        let text = String::from_utf8(page.take()).unwrap();
        assert!(
            text.starts_with("\x1b[1;1H\x1b[38;5;1;48;5;9ma b\x1b[0m"),
            "{text:?}"
        );
    }
}
