//! Who is measured, where it lies, and in which version.

use std::path::{Path, PathBuf};
use std::process::Command;

use portable_pty::CommandBuilder;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Name {
    Countersign,
    Gitui,
    Lazygit,
    Tig,
    Delta,
    Difft,
}

pub const ALL: [Name; 6] = [
    Name::Countersign,
    Name::Gitui,
    Name::Lazygit,
    Name::Tig,
    Name::Delta,
    Name::Difft,
];
/// Those that take the whole screen and stay.
pub const SCREENS: [Name; 4] = [Name::Countersign, Name::Gitui, Name::Lazygit, Name::Tig];

impl Name {
    pub fn program(self) -> &'static str {
        match self {
            Self::Countersign => "countersign",
            Self::Gitui => "gitui",
            Self::Lazygit => "lazygit",
            Self::Tig => "tig",
            Self::Delta => "delta",
            Self::Difft => "difft",
        }
    }
}

/// One that can be measured.
pub struct Tool {
    pub name: Name,
    pub program: PathBuf,
    pub version: String,
}

/// All of them, in a home of their own that knows of no other.
pub struct Tools {
    found: Vec<Tool>,
    /// Who is not measured, and why.
    pub missing: Vec<(Name, String)>,
    home: PathBuf,
}

impl Tools {
    /// Looks along `PATH`. `COUNTERSIGN_BENCH_MISSING` says why one is not there, as
    /// `NAME: why`, a line each.
    pub fn find(home: &Path) -> Self {
        settle(home);
        let said = std::env::var("COUNTERSIGN_BENCH_MISSING").unwrap_or_default();
        let mut tools = Self {
            found: Vec::new(),
            missing: Vec::new(),
            home: home.to_owned(),
        };
        for name in ALL {
            let program = match name {
                Name::Countersign => Some(ours()),
                _ => along_path(name.program()),
            };
            match program.map(|program| (version(&program), program)) {
                Some((Some(version), program)) => tools.found.push(Tool {
                    name,
                    program,
                    version,
                }),
                Some((None, _)) => tools.missing.push((name, "it says no version".into())),
                None => {
                    let why = said.lines().find_map(|line| {
                        let (who, why) = line.split_once(": ")?;
                        (who == name.program()).then(|| why.to_owned())
                    });
                    let why = why.unwrap_or_else(|| "it is not on PATH".into());
                    tools.missing.push((name, why));
                }
            }
        }
        tools
    }

    pub fn get(&self, name: Name) -> Option<&Tool> {
        self.found.iter().find(|tool| tool.name == name)
    }

    /// Ready to be started in a directory, with the environment that all have.
    pub fn command(&self, program: &Path, at: &Path) -> CommandBuilder {
        let mut command = CommandBuilder::new(program);
        command.cwd(at);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", &self.home);
        for (name, value) in [
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("LESSHISTFILE", "-"),
        ] {
            command.env(name, value);
        }
        for what in ["CACHE", "CONFIG", "DATA", "STATE"] {
            let name = format!("COUNTERSIGN_{what}_DIR");
            command.env(name, self.home.join(what.to_lowercase()));
        }
        command
    }
}

/// What a person's home has after the first day: a name for git, and no greeting.
fn settle(home: &Path) {
    let lazygit = home.join(".config/lazygit");
    std::fs::create_dir_all(&lazygit).expect("a home");
    std::fs::write(
        lazygit.join("config.yml"),
        "disableStartupPopups: true\nupdate:\n  method: never\n",
    )
    .expect("settings");
    std::fs::write(
        home.join(".gitconfig"),
        "[user]\n\tname = Sample\n\temail = sample@example.org\n",
    )
    .expect("settings");
}

/// That of the same profile, or `COUNTERSIGN_BENCH_BINARY`.
fn ours() -> PathBuf {
    let named = std::env::var_os("COUNTERSIGN_BENCH_BINARY").map(PathBuf::from);
    named.unwrap_or_else(|| env!("CARGO_BIN_EXE_countersign").into())
}

fn along_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

/// The first word of what `--version` says that looks like one.
fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split([' ', ',', '=', '\n'])
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'))
        .map(str::to_owned)
}
