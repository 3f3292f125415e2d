//! The program in a terminal: a person reads what a pull request would send, and only
//! then it is opened, at a forge.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::fake::{Fake, git};
use crate::reviews::{MODULE, Signed};
use crate::scene::{BRANCH, origin};

const DEADLINE: Duration = Duration::from_secs(60);

/// The program in a terminal of its own.
struct Console {
    _master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
}

impl Console {
    fn start(at: &Path, scene: &Signed, variables: &[(&str, &str)]) -> Self {
        let size = PtySize {
            rows: 40,
            cols: 120,
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
        command.env("HOME", scene.file("home"));
        command.env("COUNTERSIGN_CACHE_DIR", scene.repo.cache());
        command.env("COUNTERSIGN_DATA_DIR", scene.file("data"));
        command.env("COUNTERSIGN_CONFIG_DIR", scene.file("config"));
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
        Self {
            _master: pair.master,
            child,
            input,
            output,
            screen: vt100::Parser::new(40.try_into().unwrap(), 120.try_into().unwrap(), 0),
        }
    }

    /// Reads until that is on the screen.
    fn until(&mut self, words: &str) {
        let deadline = Instant::now() + DEADLINE;
        while !self.screen.screen().contents().contains(words) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(e) => panic!("{e}, no {words:?}:\n{}", self.screen.screen().contents()),
            }
        }
    }

    fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// To the module, and asks for its pull request.
    fn ask(&mut self) {
        self.until("fees");
        self.press("/fees\r");
        self.until("open");
        self.press("\r");
        self.until(MODULE);
        self.press("O");
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_person_opens_it_without_leaving_the_console() {
    let fake = Fake::new();
    let settings = format!("[forge]\nkind = \"github\"\napi = {:?}\n", fake.api);
    let scene = Signed::new(&settings);
    let root = scene.repo.root();
    origin(&root, &fake);
    let bare = fake.bare();
    let bare = bare.to_str().unwrap();
    git(&root, &["push", "-q", bare, "main"]);
    // The console looks at another branch: that of the module is found.
    git(&root, &["switch", "-q", "main"]);

    let mut without = Console::start(&root, &scene, &[]);
    without.ask();
    without.until("it cannot be done yet");
    without.until("there is no token for");
    without.press("\r");
    drop(without);
    assert_eq!(
        fake.passed().len(),
        0,
        "nothing was asked, nothing was sent"
    );

    let token = [
        ("GH_HOST", fake.host.as_str()),
        ("GH_ENTERPRISE_TOKEN", "tok_olga"),
    ];
    let mut console = Console::start(&root, &scene, &token);
    console.ask();
    console.until("Enter confirms it");
    console.until(BRANCH);
    assert_eq!(fake.writes("POST", "/pulls"), 0, "it was only read");
    console.press("\x1b");
    console.until("Gates");
    assert_eq!(fake.writes("POST", "/pulls"), 0, "Esc sends nothing");
    console.press("O");
    console.until("Enter confirms it");
    console.press("\r");
    console.until("pull request 1 opened as a draft");
    let shown = console.screen.screen().contents();
    assert!(!shown.contains("tok_"), "{shown}");
    assert_eq!(fake.writes("POST", "/pulls"), 1);
    let head = git(&root, &["rev-parse", BRANCH]);
    let there = git(Path::new(bare), &["rev-parse", BRANCH]);
    assert_eq!(head, there, "the branch is there");
    // What the screens say of it is read again.
    console.press("\r4");
    console.until("#1, draft");
    // Once more: it is found, and no second one is opened.
    console.press("O");
    console.until("Enter confirms it");
    console.press("\r");
    console.until("pull request 1");
    console.until("the remote had the branch");
    assert_eq!(fake.writes("POST", "/pulls"), 1);
}
