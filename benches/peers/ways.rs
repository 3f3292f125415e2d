//! How each tool is used for the same thing: what it is started with, what has to be on
//! the screen, and which keys do it. Every tool with the keys and settings it ships with.

use std::path::Path;

use portable_pty::CommandBuilder;

use super::scenes::Scene;
use super::tools::{Name, Tools};

/// A key, once something is on the screen.
pub struct Step {
    pub shown: &'static str,
    pub keys: &'static [u8],
}

/// Starting one, and what is useful of it.
pub struct Way {
    pub command: CommandBuilder,
    pub steps: Vec<Step>,
    pub shows: String,
}

const fn step(shown: &'static str, keys: &'static [u8]) -> Step {
    Step { shown, keys }
}

/// To the first screen that tells something of the repository: a module, a changed file,
/// the newest commit. Not a frame with nothing in it.
pub fn first(tools: &Tools, name: Name, scene: &Scene) -> Option<Way> {
    let tool = tools.get(name)?;
    let mut command = tools.command(&tool.program, &scene.at);
    if name == Name::Countersign {
        command.arg(&scene.at);
    }
    let shows = match name {
        Name::Countersign => &scene.module,
        Name::Gitui | Name::Lazygit => &scene.changed,
        Name::Tig => &scene.subject,
        Name::Delta | Name::Difft => return None,
    };
    Some(Way {
        command,
        steps: Vec::new(),
        shows: shows.clone(),
    })
}

/// The large change.
pub struct Change {
    pub way: Way,
    /// What leads to its end; none where it runs there by itself.
    pub end: Step,
}

const DOWN: &[u8] = b"\x1b[B";
const END: &[u8] = b"\x1b[F";
const PAGE_DOWN: &[u8] = b"\x1b[6~";

/// From the start to the first line of the large change, and on to its last.
pub fn change(tools: &Tools, name: Name, scene: &Scene) -> Option<Change> {
    let tool = tools.get(name)?;
    let program = tool.program.to_str()?;
    let git = |arguments: &[&str]| {
        let mut command = tools.command(Path::new("git"), &scene.at);
        command.args(arguments);
        command
    };
    let mut plain = tools.command(&tool.program, &scene.at);
    let (command, steps, end): (_, Vec<Step>, _) = match name {
        Name::Countersign => {
            plain.args(["--rev", "change", "."]);
            let steps = vec![step("big/", b"\r"), step("Gates", b"3")];
            (plain, steps, step("", b"G"))
        }
        Name::Gitui => {
            let steps = vec![step("table.py", DOWN), step("# now 3", b"\x1b[C")];
            (plain, steps, step("Prev hunk", END))
        }
        // A file is looked at line by line once it is entered.
        Name::Lazygit => {
            let steps = vec![step("table.py", DOWN), step("# now 3", b"\r")];
            (plain, steps, step("", END))
        }
        Name::Tig => {
            let line = format!("git diff | {program}");
            let mut command = tools.command(Path::new("sh"), &scene.at);
            command.args(["-c", &line]);
            // Its end is where it has read to: that has to be all.
            (command, Vec::new(), step("of 150005", b"\x1bOF"))
        }
        Name::Delta => {
            let pager = format!("core.pager={program} --paging=never");
            (git(&["-c", &pager, "diff"]), Vec::new(), step("", b""))
        }
        Name::Difft => {
            let external = format!("diff.external={program}");
            let arguments = ["--no-pager", "-c", &external, "diff"];
            (git(&arguments), Vec::new(), step("", b""))
        }
    };
    let shows = scene.first.clone();
    let way = Way {
        command,
        steps,
        shows,
    };
    Some(Change { way, end })
}

/// Paging through the large change: the way there, and the key.
pub fn pages(tools: &Tools, name: Name, scene: &Scene) -> Option<(Way, &'static [u8])> {
    match name {
        Name::Countersign | Name::Gitui | Name::Tig => {
            Some((change(tools, name, scene)?.way, PAGE_DOWN))
        }
        // PageDown moves it by two lines.
        Name::Lazygit => Some((change(tools, name, scene)?.way, b".")),
        // What people page through is less, fed by it.
        Name::Delta => {
            let program = tools.get(name)?.program.to_str()?.to_owned();
            let mut command = tools.command(Path::new("git"), &scene.at);
            command.args(["-c", &format!("core.pager={program}"), "diff"]);
            let way = Way {
                command,
                steps: Vec::new(),
                shows: scene.first.clone(),
            };
            Some((way, PAGE_DOWN))
        }
        // It has no pager: with less it would be less once more.
        Name::Difft => None,
    }
}
