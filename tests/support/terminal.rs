//! The program in a pseudo-terminal, as a person sees it: keys in, words out.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Far more than anything takes: it only turns a hang into a failure.
const DEADLINE: Duration = Duration::from_secs(120);
const ROWS: u16 = 40;
const COLUMNS: u16 = 120;

/// The program in a terminal of its own; it ends with this.
pub struct Console {
    _master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
}

impl Console {
    /// On the repository at `at`, with these variables and files and no others.
    pub fn start(at: &Path, variables: &[(&str, &str)], files: &[(&str, PathBuf)]) -> Self {
        let size = PtySize {
            rows: ROWS,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_countersign"));
        command.arg(at);
        command.cwd(at);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")] {
            command.env(name, value);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        for (name, value) in files {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let input = pair.master.take_writer().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 || sender.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let (rows, columns) = (ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap());
        Self {
            _master: pair.master,
            child,
            input,
            output,
            screen: vt100::Parser::new(rows, columns, 0),
        }
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Reads until that is on the screen.
    pub fn until(&mut self, words: &str) {
        self.until_there_are(1, words);
    }

    /// Reads until that is so many times on the screen.
    pub fn until_there_are(&mut self, count: usize, words: &str) {
        let deadline = Instant::now() + DEADLINE;
        while self.text().matches(words).count() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(e) => panic!("{e}, no {words:?}:\n{}", self.text()),
            }
        }
    }

    /// Types that.
    pub fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// To the screen of a module, by a part of its name.
    pub fn find_module(&mut self, part: &str, path: &str) {
        self.until(part);
        self.press(&format!("/{part}\r"));
        self.until("clear filter");
        self.press("\r");
        self.until(path);
        self.until("Gates");
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
