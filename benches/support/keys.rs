//! Keys for Countersign, and the frame that each of them brings.

use std::time::{Duration, Instant};

use vt100::{Color, Screen};

use super::pty::{Program, ROWS};

/// Between two keys: so that they meet more than one moment of what goes on.
const BETWEEN: Duration = Duration::from_millis(10);

/// Down and up a list.
pub fn up_and_down(program: &mut Program, keys: usize) -> Vec<Duration> {
    // Gates show their progress below, so little of the list may be seen.
    let key = |n: usize| if n % 20 < 10 { &b"j"[..] } else { b"k" };
    press(program, keys, key, selected)
}

/// Key after key: how long until a frame after which what it moves has moved. Other frames
/// may come in between, for whatever goes on goes on.
pub fn press<T: PartialEq>(
    program: &mut Program,
    keys: usize,
    key: impl Fn(usize) -> &'static [u8],
    moves: impl Fn(&Screen) -> T,
) -> Vec<Duration> {
    let pressed = (0..keys).filter_map(|n| {
        std::thread::sleep(BETWEEN);
        program.drain();
        let sent = Instant::now();
        program.send(key(n));
        let at = program.frame_with_another(&moves, Duration::from_secs(2))?;
        Some(at - sent)
    });
    pressed.collect()
}

/// What a line of the screen says.
pub fn line(screen: &Screen, row: u16) -> String {
    let rows = screen.rows(0, screen.size().1.get());
    rows.skip(usize::from(row)).take(1).collect()
}

/// The row of the list that is selected, by its colour, and what it says.
fn selected(screen: &Screen) -> Option<(u16, String)> {
    let is = |row: &u16| {
        let cell = screen.cell(*row, 3);
        cell.is_some_and(|cell| cell.bgcolor() != Color::Default)
    };
    let row = (2..ROWS - 2).find(is)?;
    let text = line(screen, row).chars().take(40).collect();
    Some((row, text))
}
