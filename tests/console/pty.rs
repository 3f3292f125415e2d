//! The program itself in a pseudo-terminal. Nothing here waits for a time: each
//! key is counted, and the loop says which one it has dealt with (see
//! `run_loop`). The deadlines only turn a hang into a failure.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use git2::{Repository, Signature, Time};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const DEADLINE: Duration = Duration::from_secs(60);

/// A repository with modules, one of them with a hostile name.
pub fn repository(at: &Path) {
    let repo = Repository::init(at).unwrap();
    let blob = |text: &str| repo.blob(text.as_bytes()).unwrap();
    let module = |files: &[(&str, &str)]| {
        let mut tree = repo.treebuilder(None).unwrap();
        for (name, text) in files {
            tree.insert(*name, blob(text), 0o100_644).unwrap();
        }
        tree.write().unwrap()
    };
    let mut lane = repo.treebuilder(None).unwrap();
    for (name, files) in [
        (
            "quantum",
            &[("__init__.py", ""), ("noise.py", "X = 1\n")][..],
        ),
        ("bio", &[("__init__.py", "Y = 2\n")][..]),
        ("\u{1b}[2Jevil", &[("__init__.py", "Z = 3\n")][..]),
    ] {
        lane.insert(name, module(files), 0o040_000).unwrap();
    }
    let mut root = repo.treebuilder(None).unwrap();
    root.insert("candidate", lane.write().unwrap(), 0o040_000)
        .unwrap();
    let tree = repo.find_tree(root.write().unwrap()).unwrap();
    let who = Signature::new("Ada", "ada@example.org", &Time::new(1_700_000_000, 0)).unwrap();
    repo.commit(Some("HEAD"), &who, &who, "Begin", &tree, &[])
        .unwrap();
    let mut options = git2::build::CheckoutBuilder::new();
    repo.checkout_head(Some(options.force())).unwrap();
}

/// The program in a terminal of its own.
pub struct Console {
    _home: tempfile::TempDir,
    _master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    raw: Vec<u8>,
    screen: vt100::Parser,
    sent: usize,
    /// A descriptor of the terminal's own side, to look at its modes.
    tty: std::fs::File,
    before: [u64; 4],
}

fn modes(tty: &std::fs::File) -> [u64; 4] {
    let t = rustix::termios::tcgetattr(tty).unwrap();
    [
        t.input_modes.bits().into(),
        t.output_modes.bits().into(),
        t.control_modes.bits().into(),
        t.local_modes.bits().into(),
    ]
}

impl Console {
    fn open(columns: u16, rows: u16) -> Self {
        Self::with(columns, rows, &[], None)
    }

    /// With further variables; `script`: started by a shell that runs this.
    fn with(columns: u16, rows: u16, env: &[(&str, &str)], script: Option<&str>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let at = home.path().join("lantern");
        repository(&at);
        Self::start(home, &at, (columns, rows), env, script)
    }

    /// On the repository at `at`; the cache is in `home`.
    pub fn start(
        home: tempfile::TempDir,
        at: &Path,
        (columns, rows): (u16, u16),
        env: &[(&str, &str)],
        script: Option<&str>,
    ) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let name = pair.master.tty_name().unwrap();
        let tty = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(name)
            .unwrap();
        let before = modes(&tty);
        let program = env!("CARGO_BIN_EXE_countersign");
        let mut command = CommandBuilder::new(script.map_or(program, |_| "sh"));
        if let Some(script) = script {
            command.args(["-c", script, program]);
        }
        command.arg(at);
        command.cwd(home.path());
        command.env_clear();
        for (name, value) in [
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("COUNTERSIGN_TEST_IDLE", "1"),
            ("EDITOR", "true"),
        ] {
            command.env(name, value);
        }
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", home.path());
        command.env("COUNTERSIGN_CACHE_DIR", home.path().join("cache"));
        command.env("COUNTERSIGN_CONFIG_DIR", home.path().join("config"));
        for (name, value) in env {
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
        let mut console = Self {
            _home: home,
            _master: pair.master,
            child,
            input,
            output,
            raw: Vec::new(),
            screen: vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0),
            sent: 0,
            tty,
            before,
        };
        console.settle();
        console
    }

    /// Reads until `done` holds.
    fn until(&mut self, what: &str, mut done: impl FnMut(&[u8]) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !done(&self.raw) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => {
                    self.screen.process(&bytes);
                    self.raw.extend(bytes);
                }
                Err(e) => panic!("{e} while waiting for {what}:\n{}", self.text()),
            }
        }
    }

    /// Waits until everything that was sent is dealt with.
    fn settle(&mut self) {
        let wanted = format!("\x1b]7777;idle={}\x07", self.sent);
        self.until("idleness", |raw| {
            raw.windows(wanted.len()).any(|w| w == wanted.as_bytes())
        });
    }

    /// Sends keys, each of which counts once.
    pub fn keys(&mut self, keys: &[&str]) {
        for key in keys {
            self.input.write_all(key.as_bytes()).unwrap();
            self.input.flush().unwrap();
            self.sent += 1;
            self.settle();
        }
    }

    /// What it shows.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    pub fn shows(&self, what: &str) {
        assert!(
            self.text().contains(what),
            "no {what:?} in\n{}",
            self.text()
        );
    }

    /// Sends keys that are not for the console.
    fn type_in(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Waits until that was written, whoever wrote it.
    fn wrote(&mut self, what: &str) {
        self.until(what, |raw| {
            raw.windows(what.len()).any(|w| w == what.as_bytes())
        });
    }

    /// Everything that was written so far.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Leaves.
    pub fn quit(mut self) -> u32 {
        self.type_in("q");
        self.ended()
    }

    /// Leaves from where keys are text.
    pub fn quit_from_prompt(mut self) -> u32 {
        self.keys(&["\r"]);
        self.quit()
    }

    /// Waits for the end and checks that the terminal is as it was.
    fn ended(mut self) -> u32 {
        let status = self.child.wait().unwrap();
        // What an editor or a shell was lent was switched off before, too: the last counts.
        let switches = [
            (&b"\x1b[?1002h"[..], &b"\x1b[?1002l"[..]),
            (&b"\x1b[?1004h"[..], &b"\x1b[?1004l"[..]),
            (b"\x1b[?1006h", b"\x1b[?1006l"),
            (b"\x1b[?2004h", b"\x1b[?2004l"),
            (b"\x1b[?25l", b"\x1b[?25h"),
            (b"\x1b[?1049h", b"\x1b[?1049l"),
        ];
        self.until("everything to be switched off", |raw| {
            let last = |bytes: &[u8]| raw.windows(bytes.len()).rposition(|w| w == bytes);
            switches.iter().all(|(on, off)| last(on) < last(off))
        });
        // The modes are set by then, or right after by the guardian.
        let deadline = Instant::now() + DEADLINE;
        while modes(&self.tty) != self.before {
            assert!(Instant::now() < deadline, "the modes are not restored");
            std::thread::yield_now();
        }
        status.exit_code()
    }
}

#[test]
fn a_visit() {
    let mut console = Console::open(90, 24);
    console.shows("4 modules");
    console.shows("quantum/");
    console.shows("␛[2Jevil/");
    // Down to the last module, fold, unfold.
    console.keys(&["j", "j", "\x1b[B"]);
    console.keys(&["G", "l"]);
    console.shows("noise.py");
    // Filter.
    console.keys(&["/", "b", "i", "o"]);
    console.shows("1 of 4");
    assert!(!console.text().contains("quantum/"));
    console.keys(&["\r", "\r"]);
    console.shows("candidate/bio");
    console.shows("Never run: c runs the gates");
    console.keys(&["4"]);
    console.shows("package, 1 file");
    console.keys(&["?"]);
    console.shows("run the gates on this module");
    console.keys(&["?", "1"]);
    console.shows("never run");
    console.input.write_all(b"q").unwrap();
    assert_eq!(console.ended(), 0);
}

#[test]
fn sigterm_leaves_the_terminal_as_it_was() {
    let console = Console::open(80, 24);
    signal(&console, rustix::process::Signal::TERM);
    assert_eq!(console.ended(), 0);
}

#[test]
fn the_guardian_restores_the_terminal_after_kill_9() {
    let console = Console::open(80, 24);
    assert_ne!(modes(&console.tty), console.before, "raw while it runs");
    signal(&console, rustix::process::Signal::KILL);
    assert_ne!(console.ended(), 0);
}

fn signal(console: &Console, signal: rustix::process::Signal) {
    let id = console.child.process_id().unwrap() as i32;
    let pid = rustix::process::Pid::from_raw(id).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

#[test]
fn a_small_window_says_what_it_needs() {
    let mut console = Console::open(50, 12);
    console.shows("needed are 60x16");
    console.input.write_all(b"q").unwrap();
    assert_eq!(console.ended(), 0);
    // Nothing of the kind without a terminal.
    let home = tempfile::tempdir().unwrap();
    repository(home.path());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg(home.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("needs a terminal"));
}

/// Goes to the diff of `candidate/quantum` and opens the editor there.
fn edit(console: &mut Console) {
    console.keys(&["/", "q", "u", "a", "\r", "\r", "3"]);
    console.type_in("e");
    console.sent += 1;
}

#[test]
fn an_editor_has_the_terminal_and_gives_it_back() {
    let editor = "sh -c \"stty -a; echo READY; read said; test $said = fine\"";
    let mut console = Console::with(90, 24, &[("EDITOR", editor)], None);
    edit(&mut console);
    console.wrote("READY");
    assert_eq!(modes(&console.tty), console.before, "as a shell has it");
    console.type_in("fine\n");
    console.settle();
    assert!(!console.text().contains("ended with"), "{}", console.text());
    assert_ne!(modes(&console.tty), console.before, "raw again");
    assert_eq!(console.quit(), 0);
}

#[test]
fn an_editor_that_is_not_there_is_told_of() {
    let mut console = Console::with(90, 24, &[("EDITOR", "/nowhere/editor")], None);
    edit(&mut console);
    console.settle();
    console.shows("could not be started");
    assert_eq!(console.quit(), 0);
}

#[test]
fn ctrl_c_ends_an_editor_that_hangs_and_not_the_console() {
    let editor = "sh -c \"echo READY; exec cat\"";
    let mut console = Console::with(90, 24, &[("EDITOR", editor)], None);
    edit(&mut console);
    console.wrote("READY");
    console.type_in("\x03");
    console.settle();
    console.shows("the editor sh ended with signal: 2");
    console.keys(&["?"]);
    console.shows("go to the next change");
    assert_eq!(console.quit(), 0);
}

#[test]
fn an_editor_that_hangs_does_not_keep_a_closed_console_alive() {
    let editor = "sh -c \"trap '' HUP; echo READY; exec cat\"";
    let mut console = Console::with(90, 24, &[("EDITOR", editor)], None);
    edit(&mut console);
    console.wrote("READY");
    signal(&console, rustix::process::Signal::HUP);
    assert_eq!(console.ended(), 0);
}

#[test]
fn sighup_leaves_the_terminal_as_it_was() {
    let console = Console::open(80, 24);
    signal(&console, rustix::process::Signal::HUP);
    assert_eq!(console.ended(), 0);
}

#[test]
fn ctrl_z_goes_to_the_shell_and_fg_comes_back() {
    let script = "set -m; \"$0\" \"$1\"; stty -a; echo STOPPED; read go; fg; echo OVER";
    let mut console = Console::with(90, 24, &[], Some(script));
    console.shows("4 modules");
    console.type_in("\x1a");
    console.sent += 1;
    console.wrote("STOPPED");
    assert_eq!(modes(&console.tty), console.before, "as a shell has it");
    console.type_in("\n");
    console.settle();
    console.shows("4 modules");
    console.type_in("q");
    console.wrote("OVER");
    assert_eq!(console.ended(), 0);
}

#[test]
fn ctrl_z_does_not_hang_where_no_shell_could_continue_it() {
    let mut console = Console::open(80, 24);
    console.keys(&["\x1a", "?"]);
    console.shows("sort by name, status, age, owner");
    assert_eq!(console.quit(), 0);
}

#[test]
fn a_review_goes_on_after_the_program_ended() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let demo = countersign::workflow::demo::build(&place.path().join("demo")).unwrap();
    countersign::workflow::demo::keys(&demo).unwrap();
    let editor = "sh -c 'echo from the editor >> \"$0\"'";
    let env = [
        ("COUNTERSIGN_DATA_DIR", data.to_str().unwrap()),
        ("EDITOR", editor),
        ("SSH_AUTH_SOCK", ""),
    ];
    let start = || {
        Console::start(
            tempfile::tempdir().unwrap(),
            &demo.path,
            (100, 30),
            &env,
            None,
        )
    };
    let open = ["/", "r", "e", "t", "r", "y", "\r", "s"];
    let mut console = start();
    console.keys(&open);
    console.shows("as tech · mara.lindqvist@example.org");
    // Who wrote it is told so before answering anything.
    console.shows("An approval would not count");
    console.keys(&["y", "c", "o", "d", "d", "\r", "\x0f"]);
    console.shows("2 of 7 answered");
    console.keys(&["k"]);
    console.shows("odd");
    console.shows("from the editor");
    assert_eq!(console.quit(), 0);

    let mut console = start();
    console.keys(&open);
    console.shows("2 of 7 answered");
    console.shows("2 of 7 answers were kept from before");
    // Rejecting asks for the gates' report first: nothing was run here.
    console.keys(&["\t", "y", "y", "y", "y", "y", "s", "x", "\r"]);
    console.shows("not signed");
    console.shows("Gate 1 has no whole result for candidate/retry");
    console.keys(&["\r"]);
    console.shows("7 of 7 answered");
    assert_eq!(console.quit(), 0);
}

#[test]
fn the_console_opens_where_it_was_left() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path().join("lantern");
    repository(&at);
    let state = place.path().join("state");
    let env = [("COUNTERSIGN_STATE_DIR", state.to_str().unwrap())];
    let start = || Console::start(tempfile::tempdir().unwrap(), &at, (80, 24), &env, None);
    let mut console = start();
    console.keys(&["/", "q", "u", "a", "n", "t", "\r", "\r", "4"]);
    console.shows("goes to ");
    assert_eq!(console.quit(), 0);

    let mut console = start();
    console.shows("this is where you left; Esc goes to the dashboard");
    console.shows("…/quantum ");
    console.keys(&["\x1b", "/"]);
    // The filter narrowed the list: it is not what one comes back to.
    console.shows("bio");
    console.keys(&["\r"]);
    assert_eq!(console.quit(), 0);
    let session = std::fs::read_dir(state.join("console")).unwrap();
    let mut session = session.map(|it| it.unwrap().path());
    let session = session.find(|it| it.file_name().is_some_and(|it| it.len() == 69));
    let session = session.unwrap();
    std::fs::write(&session, "{\"version\":1").unwrap();

    // What is damaged is told, and as if it were not there.
    let mut console = start();
    console.shows("bio");
    console.shows("where you left: it was damaged");
    console.keys(&["?", "?"]);
    assert!(!console.text().contains("this is where you left"));
    assert_eq!(console.quit(), 0);
}

#[test]
fn where_it_was_left_counts_unless_a_person_or_a_newer_version_says_otherwise() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path().join("lantern");
    repository(&at);
    let state = place.path().join("state");
    let config = place.path().join("config");
    let env = [
        ("COUNTERSIGN_STATE_DIR", state.to_str().unwrap()),
        ("COUNTERSIGN_CONFIG_DIR", config.to_str().unwrap()),
    ];
    let started = |script| {
        let home = tempfile::tempdir().unwrap();
        Console::start(home, &at, (80, 24), &env, script)
    };
    let left = "this is where you left";
    let mut console = started(None);
    console.keys(&["/", "q", "u", "a", "n", "t", "\r", "\r", "<", "<"]);
    console.shows("c runs the gates on this module");
    assert_eq!(console.quit(), 0);
    let panes = std::fs::read_to_string(state.join("console/panes.json")).unwrap();
    assert!(panes.contains("\"gates\":-2"), "{panes}");

    // The sizes of panes count all the same.
    std::fs::create_dir(&config).unwrap();
    std::fs::write(config.join("config.toml"), "resume = false\n").unwrap();
    let console = started(None);
    console.shows("bio");
    assert!(!console.text().contains(left), "{}", console.text());
    assert_eq!(console.quit(), 0);
    std::fs::remove_file(config.join("config.toml")).unwrap();

    // That it was quit on the dashboard is what counts now: open it once more.
    let mut console = started(None);
    console.keys(&["/", "q", "u", "a", "n", "t", "\r", "\r"]);
    console.shows("c runs the gates on this module");
    assert_eq!(console.quit(), 0);
    let documents = std::fs::read_dir(state.join("console")).unwrap();
    let mut documents = documents.map(|it| it.unwrap().path());
    let session = documents.find(|it| it.file_name().is_some_and(|it| it.len() == 69));
    let session = session.unwrap();
    let text = std::fs::read_to_string(&session).unwrap();

    // Who names a revision wants that one, not the branch that was looked at.
    let repo = git2::Repository::open(&at).unwrap();
    let head = repo.head().unwrap().peel_to_commit().unwrap();
    repo.branch("elsewhere", &head, false).unwrap();
    let looking = "\"looking\":\"refs/heads/elsewhere\"";
    let elsewhere = text.replace("\"looking\":null", looking);
    for (script, looks) in [(None, true), (Some("exec \"$0\" \"$1\" --rev HEAD"), false)] {
        std::fs::write(&session, &elsewhere).unwrap();
        let console = started(script);
        console.shows(left);
        let shown = console.text();
        assert_eq!(shown.contains("elsewhere"), looks, "{shown}");
        assert_eq!(console.quit(), 0);
    }

    // What a newer version wrote is left alone.
    let newer = text.replace("\"version\":1", "\"version\":2");
    assert_ne!(newer, text);
    std::fs::write(&session, newer).unwrap();
    let console = started(None);
    console.shows("bio");
    assert!(!console.text().contains(left), "{}", console.text());
    assert_eq!(console.quit(), 0);
}

#[test]
fn what_is_copied_goes_to_the_terminals_clipboard() {
    use base64::Engine as _;
    let mut console = Console::open(80, 24);
    console.keys(&["/", "q", "u", "a", "n", "t", "\r", "Y"]);
    let text = base64::engine::general_purpose::STANDARD.encode("candidate/quantum");
    console.wrote(&format!("\x1b]52;c;{text}\x1b\\"));
    console.shows("copied to the terminal's clipboard: candidate/quantum");
    assert_eq!(console.quit(), 0);
}

#[test]
fn coming_back_to_the_window_shows_a_branch_that_moved_meanwhile() {
    let home = tempfile::tempdir().unwrap();
    let at = home.path().join("lantern");
    repository(&at);
    let mut console = Console::start(home, &at, (100, 24), &[], None);
    let repo = Repository::open(&at).unwrap();
    let head = repo.head().unwrap().peel_to_commit().unwrap();
    let who = Signature::new("Ada", "ada@example.org", &Time::new(1_700_000_100, 0)).unwrap();
    let tree = head.tree().unwrap();
    let next = repo.commit(Some("HEAD"), &who, &who, "Go on", &tree, &[&head]);
    let next = next.unwrap().to_string();
    assert!(!console.text().contains(&next[..7]));
    console.type_in("\x1b[O\x1b[I");
    console.wrote("moved:");
    console.keys(&["j"]);
    console.shows(&next[..7]);
    assert_eq!(console.quit(), 0);
}

/// Starts the program in a terminal and closes that: when it begins to draw, or
/// when it is idle, or one that is not its own and so sends it no signal.
const CLOSE: &str = "
import fcntl, os, pty, struct, sys, termios
when, program = sys.argv[1], sys.argv[2:]
size = struct.pack('4H', 24, 80, 0, 0)
if when == 'foreign':
    terminal, side = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for fd in range(3):
            os.dup2(side, fd)
        os.closerange(3, 64)
else:
    pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.execv(program[0], program)
if when == 'foreign':
    os.close(side)
said = os.read(terminal, 1)
while when != 'drawing' and b'7777;idle' not in said:
    said += os.read(terminal, 4096)
print(pid, flush=True)
os.close(terminal)
os.waitpid(pid, 0)
";

fn a_closed_terminal_ends_it(when: &str) {
    let home = tempfile::tempdir().unwrap();
    let at = home.path().join("lantern");
    repository(&at);
    let mut child = std::process::Command::new("python3")
        .args(["-c", CLOSE, when, env!("CARGO_BIN_EXE_countersign")])
        .arg(&at)
        .env("COUNTERSIGN_CACHE_DIR", home.path())
        .env("COUNTERSIGN_CONFIG_DIR", home.path())
        .env("COUNTERSIGN_TEST_IDLE", "1")
        .env("TERM", "xterm-256color")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut said).unwrap();
    let console: i32 = said.trim().parse().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > DEADLINE / 3 {
            let console = rustix::process::Pid::from_raw(console).unwrap();
            let _ = rustix::process::kill_process(console, rustix::process::Signal::KILL);
            panic!("it goes on without a terminal ({when})");
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_terminal_that_is_closed_ends_the_console() {
    a_closed_terminal_ends_it("drawing");
    a_closed_terminal_ends_it("idle");
}

#[test]
fn a_terminal_that_is_closed_without_a_signal_ends_the_console() {
    a_closed_terminal_ends_it("foreign");
}
