//! The pictures of the README: the real program, on the demo, after its gates
//! have run. `cargo bench --bench pictures` makes them anew in `docs/pictures`.

mod svg;

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const COUNTERSIGN: &str = env!("CARGO_BIN_EXE_countersign");
const DEADLINE: Duration = Duration::from_secs(60);

struct Picture {
    name: &'static str,
    title: &'static str,
    theme: &'static str,
    size: (u16, u16),
    keys: &'static [&'static str],
}

const PICTURES: &[Picture] = &[
    Picture {
        name: "dashboard-dark",
        title: "The dashboard: modules as a tree, the ten criteria as columns",
        theme: "dark",
        size: (118, 24),
        keys: &["j", "j", "j"],
    },
    Picture {
        name: "dashboard-light",
        title: "The dashboard in the light theme",
        theme: "light",
        size: (118, 24),
        keys: &["j", "j", "j"],
    },
    Picture {
        name: "module-dark",
        title: "A module: its gates, and what one of them found",
        theme: "dark",
        size: (118, 24),
        keys: &["/", "s", "t", "a", "t", "e", "m", "\r", "\r"],
    },
    Picture {
        name: "coverage-dark",
        title: "Coverage, file by file",
        theme: "dark",
        size: (118, 18),
        keys: &["/", "r", "e", "f", "u", "n", "d", "\r", "\r", "2"],
    },
    Picture {
        name: "diff-dark",
        title: "The promotion side by side, against what is in the target lane",
        theme: "dark",
        size: (150, 40),
        keys: &["/", "s", "c", "h", "e", "d", "\r", "\r", "3"],
    },
    Picture {
        name: "diff-light",
        title: "The promotion side by side, with uncovered lines in the margin",
        theme: "light",
        size: (150, 40),
        keys: &["/", "s", "t", "a", "t", "e", "m", "\r", "\r", "3", "]"],
    },
    Picture {
        name: "review-dark",
        title: "A review: the checklist beside the evidence that each question goes by",
        theme: "dark",
        size: (118, 24),
        keys: &["s", "y", "j", "y", "j", "y", "j", "j"],
    },
    Picture {
        name: "wizard-dark",
        title: "The wizard: PROMOTE.md, section by section, filled in from facts",
        theme: "dark",
        size: (118, 24),
        keys: &["/", "f", "e", "e", "s", "\r", "w"],
    },
    Picture {
        name: "impact-light",
        title: "Impact: who names a module, and what the move does to each place",
        theme: "light",
        size: (118, 24),
        keys: &["/", "f", "e", "e", "s", "\r", "\r", "7"],
    },
];

/// Those of the log, once two reviewers have signed.
const SIGNED: &[Picture] = &[Picture {
    name: "audit-light",
    title: "The audit log: one entry, and the stock command that checks it",
    theme: "light",
    size: (118, 24),
    keys: &["a", "\r"],
}];

/// Who sits there: one of the demo's reviewers.
const REVIEWERS: [&str; 2] = ["ines.duarte", "samuel.adeyemi"];

fn main() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let demo = temp.path().join("demo");
    // The environment of the tools is kept for the next time.
    let cache = root.join("target/pictures-cache");
    let made = countersign::workflow::demo::build(&demo).expect("the demo");
    let modules = git2::Repository::open(&made.path)
        .and_then(|repo| {
            let tree = repo.revparse_single("HEAD:candidate")?.peel_to_tree()?;
            Ok(tree
                .iter()
                .filter_map(|entry| entry.name().ok().map(str::to_owned))
                .filter(|name| !name.starts_with("__") && !name.ends_with(".md"))
                .collect::<Vec<_>>())
        })
        .expect("the demo's lane");
    for module in modules {
        println!("checking {module}");
        Command::new(COUNTERSIGN)
            .args(["check", &format!("candidate/{module}"), "-C"])
            .arg(&demo)
            .env("COUNTERSIGN_CACHE_DIR", &cache)
            .output()
            .expect("countersign runs");
    }
    let keys = countersign::workflow::demo::keys(&made).expect("the demo's keys");
    let config = git2::Repository::open(&made.path).and_then(|repo| repo.config());
    config
        .and_then(|mut config| {
            let key = keys.join(REVIEWERS[0]);
            config.set_str("user.signingKey", &key.to_string_lossy())
        })
        .expect("the demo's settings");
    draw(PICTURES, &demo, &cache, temp.path());
    for reviewer in REVIEWERS {
        sign(&keys.join(reviewer), &demo, &cache, temp.path());
    }
    draw(SIGNED, &demo, &cache, temp.path());
}

/// Has somebody approve `retry`, with yes to every question.
fn sign(key: &Path, demo: &Path, cache: &Path, home: &Path) {
    let run = |arguments: &[&str]| {
        let done = Command::new(COUNTERSIGN)
            .args(["sign", "candidate/retry", "--key"])
            .arg(key)
            .arg("-C")
            .arg(demo)
            .args(arguments)
            .env("HOME", home)
            .env("COUNTERSIGN_CACHE_DIR", cache)
            .env("COUNTERSIGN_DATA_DIR", home.join("data"))
            .output()
            .expect("countersign runs");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{said}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    let answers = run(&["--print-answers"]).replace("answer = \"\"", "answer = \"yes\"");
    let file = home.join("answers.toml");
    std::fs::write(&file, answers).expect("a file of answers");
    run(&["--approve", "--answers", &file.to_string_lossy()]);
}

fn draw(pictures: &[Picture], demo: &Path, cache: &Path, home: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for picture in pictures {
        let screen = visit(picture, demo, cache, home);
        let palette = match picture.theme {
            "light" => &svg::LIGHT,
            _ => &svg::DARK,
        };
        let to = root.join(format!("docs/pictures/{}.svg", picture.name));
        std::fs::write(&to, svg::draw(screen.screen(), palette, picture.title))
            .expect("docs/pictures can be written");
        println!("{}\n{}", to.display(), screen.screen().contents());
    }
}

/// Opens the console, types the keys, and gives the screen they lead to.
fn visit(picture: &Picture, demo: &Path, cache: &Path, home: &Path) -> vt100::Parser {
    let (cols, rows) = picture.size;
    let pair = native_pty_system()
        .openpty(PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        })
        .expect("a pty");
    let mut command = CommandBuilder::new(COUNTERSIGN);
    command.args(["--theme", picture.theme]);
    command.arg(demo);
    for (name, value) in [
        ("TERM", "xterm-256color"),
        ("COLORTERM", "truecolor"),
        ("LANG", "C.UTF-8"),
        ("COUNTERSIGN_TEST_IDLE", "1"),
    ] {
        command.env(name, value);
    }
    command.env("HOME", home);
    command.env("COUNTERSIGN_CACHE_DIR", cache);
    command.env("COUNTERSIGN_CONFIG_DIR", home.join("config"));
    command.env("COUNTERSIGN_DATA_DIR", home.join("data"));
    let mut child = pair.slave.spawn_command(command).expect("the console");
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let mut writer = pair.master.take_writer().expect("a writer");
    let (send, output) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            if send.send(buffer[..n].to_vec()).is_err() {
                return;
            }
        }
    });
    let mut screen = vt100::Parser::new(
        rows.try_into().expect("rows"),
        cols.try_into().expect("columns"),
        0,
    );
    settle(&output, &mut screen, 0);
    for (sent, key) in picture.keys.iter().enumerate() {
        writer.write_all(key.as_bytes()).expect("the console reads");
        writer.flush().expect("the console reads");
        settle(&output, &mut screen, sent + 1);
    }
    child.kill().expect("the console ends");
    let _ = child.wait();
    screen
}

/// Until the console has dealt with that many keys and has nothing left to do.
fn settle(output: &Receiver<Vec<u8>>, screen: &mut vt100::Parser, keys: usize) {
    let wanted = format!("\x1b]7777;idle={keys}\x07");
    let mut raw = Vec::new();
    while !raw
        .windows(wanted.len())
        .any(|window| window == wanted.as_bytes())
    {
        let bytes = output.recv_timeout(DEADLINE).expect("the console answers");
        screen.process(&bytes);
        raw.extend(bytes);
    }
}
