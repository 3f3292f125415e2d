//! A program in a pseudo-terminal that answers as terminals do, with the instant of
//! everything it writes.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use vt100::Screen;

pub const ROWS: u16 = 50;
pub const COLUMNS: u16 = 160;
/// The end of a synchronised update: what came before it is one frame.
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// A program in a terminal of its own; it ends with this.
pub struct Program {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    parser: vt100::Parser<Answers>,
    started: Instant,
}

/// What a key brought onto the screen.
#[derive(Clone, Copy, Debug)]
pub struct Painted {
    /// When the last of it came.
    pub at: Instant,
    /// How many bytes it was.
    pub bytes: usize,
}

impl Program {
    /// Starts it; time runs from here.
    pub fn start(command: CommandBuilder) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: ROWS,
                cols: COLUMNS,
                pixel_width: 0,
                pixel_height: 0,
            })
            .expect("a pty");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).expect("it starts");
        drop(pair.slave);
        let (send, output) = channel();
        std::thread::spawn(move || {
            let _master = pair.master;
            let mut buffer = [0; 65536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if send.send((Instant::now(), buffer[..n].to_vec())).is_err() {
                    break;
                }
            }
        });
        let (rows, columns) = (ROWS.try_into(), COLUMNS.try_into());
        Self {
            child,
            writer,
            output,
            parser: vt100::Parser::new_with_callbacks(
                rows.expect("rows"),
                columns.expect("columns"),
                0,
                Answers::default(),
            ),
            started,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process id")
    }

    pub fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    pub fn send(&mut self, keys: &[u8]) {
        // One that has ended reads no keys: what is waited for then does not come.
        let _ = self.writer.write_all(keys);
        let _ = self.writer.flush();
    }

    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        let answers = std::mem::take(&mut self.parser.callbacks_mut().0);
        if !answers.is_empty() {
            self.send(&answers);
        }
    }

    /// Takes in what is there already.
    pub fn drain(&mut self) {
        while let Ok((_, bytes)) = self.output.try_recv() {
            self.take(&bytes);
        }
    }

    /// The next that is written, on the screen; `None` where nothing is in time, or it ended.
    fn next(&mut self, most: Duration) -> Option<(Instant, Vec<u8>)> {
        let (at, bytes) = self.output.recv_timeout(most).ok()?;
        self.take(&bytes);
        Some((at, bytes))
    }

    /// Until the screen is so: how long after the start. What was there before counts.
    pub fn until(&mut self, so: impl Fn(&Screen) -> bool, most: Duration) -> Option<Duration> {
        let deadline = Instant::now() + most;
        if so(self.screen()) {
            return Some(self.started.elapsed());
        }
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            let (at, _) = self.next(left)?;
            if so(self.screen()) {
                return Some(at - self.started);
            }
        }
        None
    }

    /// Until that text is on the screen.
    pub fn until_shows(&mut self, text: &str, most: Duration) -> Option<Duration> {
        self.until(|screen| screen.contents().contains(text), most)
    }

    /// What comes until nothing does for `quiet`; `None` where nothing comes at all.
    pub fn painted(&mut self, quiet: Duration, most: Duration) -> Option<Painted> {
        let (at, bytes) = self.next(most)?;
        let mut painted = Painted {
            at,
            bytes: bytes.len(),
        };
        while let Some((at, more)) = self.next(quiet) {
            painted.at = at;
            painted.bytes += more.len();
        }
        Some(painted)
    }

    /// Until a frame has ended after which what is looked at differs.
    pub fn frame_with_another<T: PartialEq>(
        &mut self,
        of: impl Fn(&Screen) -> T,
        most: Duration,
    ) -> Option<Instant> {
        let deadline = Instant::now() + most;
        let before = of(self.screen());
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            let (at, bytes) = self.next(left)?;
            let ended = bytes.windows(FRAME_ENDS.len()).any(|it| it == FRAME_ENDS);
            if ended && of(self.screen()) != before {
                return Some(at);
            }
        }
        None
    }

    /// Until nothing was written for `quiet`, or `most` has passed: when the last came.
    pub fn settle(&mut self, quiet: Duration, most: Duration) -> Duration {
        let deadline = Instant::now() + most;
        let mut last = self.started.elapsed();
        while Instant::now() < deadline {
            let Some((at, _)) = self.next(quiet) else {
                break;
            };
            last = at - self.started;
        }
        last
    }

    /// Until it is gone by itself.
    pub fn gone(&mut self, most: Duration) -> bool {
        let deadline = Instant::now() + most;
        while Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return true;
            }
            // What it still writes has to be read, or it could not end.
            let _ = self.next(Duration::from_millis(1));
        }
        false
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is asked of a terminal, answered: some programs wait for that.
#[derive(Default)]
pub struct Answers(Vec<u8>);

impl vt100::Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        before: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        last: char,
    ) {
        let first = params.first().and_then(|it| it.first());
        match (before, first, last) {
            (None, None | Some(0), 'c') => self.0.extend(b"\x1b[?62;22c"),
            (Some(b'>'), _, 'c') => self.0.extend(b"\x1b[>0;0;0c"),
            (None, Some(5), 'n') => self.0.extend(b"\x1b[0n"),
            (None, Some(6), 'n') => {
                let (row, column) = screen.cursor_position();
                let answer = format!("\x1b[{};{}R", row + 1, column + 1);
                self.0.extend(answer.as_bytes());
            }
            _ => {}
        }
    }

    /// White on black.
    fn unhandled_osc(&mut self, _: &mut Screen, params: &[&[u8]]) {
        match params {
            [b"10", b"?"] => self.0.extend(b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\"),
            [b"11", b"?"] => self.0.extend(b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
            _ => {}
        }
    }
}
