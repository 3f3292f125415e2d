//! The program in a pseudo-terminal, as a person sees it: keys in, words out.
#![allow(dead_code)] // every test file uses a part

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
    master: Box<dyn MasterPty + Send>,
    /// The modes of the terminal before.
    before: String,
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    raw: Vec<u8>,
    /// How many keys it was sent.
    sent: usize,
    screen: vt100::Parser,
}

impl Console {
    /// On the repository at `at`, with these variables and files and no others.
    pub fn start(at: &Path, variables: &[(&str, &str)], files: &[(&str, PathBuf)]) -> Self {
        Self::run(at, &["."], variables, files)
    }

    /// A command there.
    pub fn run(
        at: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
        files: &[(&str, PathBuf)],
    ) -> Self {
        let size = PtySize {
            rows: ROWS,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(arguments);
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
        // Each begins on the dashboard, wherever the one before was left.
        let config = files.iter().find(|it| it.0 == "COUNTERSIGN_CONFIG_DIR");
        if let Some((_, config)) = config {
            std::fs::create_dir_all(config).unwrap();
            std::fs::write(config.join("config.toml"), "resume = false\n").unwrap();
        }
        let before = modes(&*pair.master);
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
            master: pair.master,
            before,
            child,
            input,
            output,
            raw: Vec::new(),
            sent: 0,
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
        self.read_until(words, |console| {
            console.text().matches(words).count() >= count
        });
    }

    /// Reads until all keys are dealt with and nothing is under way, where it runs with
    /// `COUNTERSIGN_TEST_IDLE`.
    pub fn until_idle(&mut self) {
        let wanted = format!("\x1b]7777;idle={}\x07", self.sent);
        self.read_until("idleness", |console| {
            let mut windows = console.raw.windows(wanted.len());
            windows.any(|it| it == wanted.as_bytes())
        });
    }

    fn read_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !done(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => {
                    self.screen.process(&bytes);
                    self.raw.extend(bytes);
                }
                Err(e) => panic!("{e}, no {what:?}:\n{}", self.text()),
            }
        }
    }

    /// Types that.
    pub fn press(&mut self, keys: &str) {
        self.sent += keys.chars().count();
        self.answer(keys);
    }

    /// Types what is for another program, which has the terminal meanwhile.
    pub fn answer(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Waits for its end, with the terminal as it was before: its exit code.
    pub fn ended(mut self) -> u32 {
        let status = self.child.wait().unwrap();
        // The guardian may be later than the console itself.
        let deadline = Instant::now() + DEADLINE;
        while modes(&*self.master) != self.before {
            assert!(Instant::now() < deadline, "the modes are not restored");
            std::thread::yield_now();
        }
        status.exit_code()
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

fn modes(terminal: &dyn MasterPty) -> String {
    format!("{:?}", terminal.get_termios().unwrap())
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
