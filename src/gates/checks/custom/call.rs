//! Running the command of a gate that a team declared.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::gates::Trouble;
use crate::gates::job::{Answer, Call, Job};
use crate::gates::subject::Subject;
use crate::promotion::RepoPath;
use crate::promotion::command::{self, Piece};
use crate::promotion::policy::CustomGate;

/// Largest report that is read.
const LARGEST_REPORT: u64 = 64 << 20;

/// How the command answered.
pub(super) struct Ran {
    /// Its exit code and what it wrote.
    pub answer: Answer,
    /// Its report.
    pub report: Vec<u8>,
}

/// The file of the repository that an argument may name, with what stands
/// before it: the path itself, or the value of `--option=path`.
pub fn file(argument: &str) -> Option<(&str, RepoPath)> {
    let (before, path) = match argument.split_once('=') {
        Some((option, path)) if option.starts_with('-') => (&argument[..=option.len()], path),
        _ => ("", argument),
    };
    let path = path.strip_prefix("./").unwrap_or(path);
    let names_one =
        path.contains(['/', '.']) && !path.contains(['{', '}']) && !path.starts_with('/');
    let path = RepoPath::from(path);
    (names_one && path.is_safe()).then_some((before, path))
}

/// The file or directory that a plain word among the arguments may name.
pub fn word(argument: &str) -> Option<RepoPath> {
    let is_word = !argument.is_empty() && !argument.starts_with('-');
    let other = argument.contains(['/', '.', '{', '}', '=']);
    (is_word && !other).then(|| RepoPath::from(argument))
}

/// Runs the command on the tree of the job.
pub(super) async fn run(gate: &CustomGate, job: &Job<'_>) -> Result<Ran, Trouble> {
    for tool in &gate.tools {
        if std::fs::symlink_metadata(job.head.join(tool.to_fs())).is_err() {
            return Err(Trouble::new(
                format!(
                    "{tool}, which the gate {} uses, is not in the repository",
                    gate.name
                ),
                "correct `tools` of this gate in countersign.toml, or commit the file",
            ));
        }
    }
    let place = job.place()?;
    let output = place.work.join("report");
    let name = gate.command.first().map_or("", String::as_str);
    let what = format!("the gate {}", gate.name);
    let program = program(&what, name, &gate.tools, job)?;
    let mut call = Call {
        tool: &gate.name,
        version: "",
        argv: vec![program.into()],
        cwd: &job.subject.tree,
        stdin: None,
        env: vec![("PATH", path(job))],
        readable: vec![job.head.parent().unwrap_or(job.head).to_owned()],
        writable: Vec::new(),
        stream_stdout: false,
    };
    for argument in gate.command.iter().skip(1) {
        call.argv.extend(filled(gate, argument, job, &output)?);
    }
    let to_file = command::mentions(&gate.command, "output");
    call.stream_stdout = to_file;
    let answer = job.run(&place, call).await?;
    let report = match to_file {
        true => written(gate, &output)?,
        false => answer.stdout.clone(),
    };
    Ok(Ran { answer, report })
}

/// The report in a file of its own. Whatever ran may have put anything there.
fn written(gate: &CustomGate, output: &Path) -> Result<Vec<u8>, Trouble> {
    let doubt = |why: &str| Trouble::unbelievable(&gate.name, why);
    match std::fs::symlink_metadata(output) {
        Ok(meta) if !meta.is_file() => Err(doubt("its report is no regular file")),
        Ok(meta) if meta.len() > LARGEST_REPORT => Err(doubt("its report is too large to be read")),
        Ok(_) => std::fs::read(output).map_err(|error| doubt(&error.to_string())),
        Err(_) => Err(doubt("it wrote no report to {output}")),
    }
}

/// The program of a command: of the environment, of the system, or of the
/// repository, where `tools` may be. `what` is it a program of?
pub fn program(
    what: &str,
    name: &str,
    tools: &[RepoPath],
    job: &Job<'_>,
) -> Result<PathBuf, Trouble> {
    if name == "{python}" {
        return Ok(job.toolbox.python.clone());
    }
    if let Some(own) = own_file(tools, name, job) {
        return Ok(own);
    }
    if name.contains('/') {
        return Err(Trouble::new(
            format!("the program {name} of {what} is not in the repository"),
            "correct `command` in countersign.toml, or commit the file",
        ));
    }
    job.toolbox.program(name).ok_or_else(|| {
        Trouble::new(
            format!("the program {name} of {what} is not installed"),
            "install it into the environment of the tools, or into /usr/local/bin, /usr/bin or /bin",
        )
    })
}

/// Where programs that the command starts are looked up.
pub fn path(job: &Job<'_>) -> OsString {
    let mut path = OsString::new();
    for directory in job.toolbox.path() {
        if !path.is_empty() {
            path.push(":");
        }
        path.push(directory);
    }
    path
}

/// A file of the repository that belongs to the command, at the revision that is
/// checked: on the merge-base it may not be there, or be another one.
fn own_file(tools: &[RepoPath], argument: &str, job: &Job<'_>) -> Option<PathBuf> {
    let path = RepoPath::from(argument.strip_prefix("./").unwrap_or(argument));
    let file = job.head.join(path.to_fs());
    let declared = || tools.iter().any(|tool| path.is_within(tool));
    let relative = path.is_safe() && !argument.starts_with('/');
    let there = relative && std::fs::symlink_metadata(&file).is_ok();
    (there && (declared() || (self::file(argument).is_some() && file.is_file()))).then_some(file)
}

/// An argument, filled in; `{files}` gives any number.
fn filled(
    gate: &CustomGate,
    argument: &str,
    job: &Job<'_>,
    output: &Path,
) -> Result<Vec<OsString>, Trouble> {
    let subject = job.subject;
    if let Some(own) = own_file(&gate.tools, argument, job) {
        return Ok(vec![own.into()]);
    }
    if let Some((before, path)) = file(argument)
        && !before.is_empty()
        && let Some(own) = own_file(&gate.tools, &path.to_text(), job)
    {
        let mut filled = OsString::from(before);
        filled.push(own);
        return Ok(vec![filled]);
    }
    let unreadable =
        |why: String| Trouble::new(why, "correct `command` of this gate in countersign.toml");
    let pieces = command::parse(argument, &CustomGate::PLACEHOLDERS)
        .map_err(|unknown| unreadable(unknown.to_string()))?;
    if pieces == [Piece::Name("files")] {
        return Ok(subject.files.iter().map(|it| relative(it, true)).collect());
    }
    let mut filled = OsString::new();
    for piece in pieces {
        let whole = filled.is_empty();
        match piece {
            Piece::Text(text) => filled.push(text),
            Piece::Name("module") => filled.push(relative(&subject.module, whole)),
            Piece::Name("target") => match &subject.target {
                Some(target) => filled.push(relative(target, whole)),
                None => {
                    return Err(unreadable(format!("{} has no target", subject.module)));
                }
            },
            Piece::Name("tree") => filled.push(&subject.tree),
            Piece::Name("python") => filled.push(&job.toolbox.python),
            Piece::Name("output") => filled.push(output),
            Piece::Name(other) => {
                return Err(unreadable(format!(
                    "`{{{other}}}` cannot stand in `{argument}`"
                )));
            }
        }
    }
    Ok(vec![filled])
}

/// A path as an argument: one that would be taken for an option says that it is none.
fn relative(path: &RepoPath, begins: bool) -> OsString {
    let mut argument = OsString::new();
    if begins && path.as_bytes().starts_with(b"-") {
        argument.push("./");
    }
    argument.push(path.to_fs());
    argument
}

/// Where in the tree something is that a report names.
pub(super) fn locate(named: &[u8], subject: &Subject) -> Result<RepoPath, String> {
    let shown = || crate::promotion::text::decode(named).into_owned();
    let tree = subject.tree.as_os_str().as_bytes();
    let relative = match named.first() {
        Some(b'/') => named
            .strip_prefix(tree)
            .and_then(|rest| rest.strip_prefix(b"/"))
            .ok_or_else(|| format!("it speaks of {}, outside of the tree", shown()))?,
        _ => named,
    };
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in relative.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                let within = parts.pop().is_some();
                if !within {
                    return Err(format!("it speaks of {}, outside of the tree", shown()));
                }
            }
            part => parts.push(part),
        }
    }
    let path = RepoPath::from_bytes(parts.join(&b'/'));
    let there = path.is_safe() && std::fs::symlink_metadata(subject.on_disk(&path)).is_ok();
    match there {
        true => Ok(path),
        false => Err(format!(
            "it speaks of {}, which is not in the tree",
            shown()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_may_name_a_file() {
        let named = |argument| file(argument).map(|(before, path)| (before, path.to_string()));
        assert_eq!(named("tools/a.py"), Some(("", "tools/a.py".into())));
        assert_eq!(named("./a.py"), Some(("", "a.py".into())));
        assert_eq!(
            named("--config=a.toml"),
            Some(("--config=", "a.toml".into()))
        );
        for none in [
            "check",
            "{module}/a.py",
            "..",
            "../a.py",
            "/etc/a.py",
            "a=b",
            "-v",
            "",
        ] {
            assert_eq!(named(none), None, "{none}");
        }
    }

    #[test]
    fn only_what_is_in_the_tree_is_located() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().to_owned();
        std::fs::create_dir_all(tree.join("candidate/m")).unwrap();
        std::fs::write(tree.join("candidate/m/a.py"), "").unwrap();
        let subject = Subject::test("candidate/m", &tree);
        let absolute = format!("{}/candidate/m/a.py", tree.display());
        for fine in ["candidate/m/a.py", "./candidate//m/x/../a.py", &absolute] {
            let found = locate(fine.as_bytes(), &subject).unwrap();
            assert_eq!(found, RepoPath::from("candidate/m/a.py"), "{fine}");
        }
        for wrong in [
            "a.py",
            "/etc/passwd",
            "../x",
            "candidate/m/../../../x",
            "",
            ".",
        ] {
            assert!(locate(wrong.as_bytes(), &subject).is_err(), "{wrong}");
        }
    }
}
