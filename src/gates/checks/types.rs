//! `types`: mypy on the module by its name, and, where the project tells mypy
//! different things for different names, under the name it would have in the
//! target lane as well.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::{Check, Measure, Scope, typeshed};
use crate::gates::Trouble;
use crate::gates::job::{Answer, Call, Job, MYPY_LOG as LOG, Terms};
use crate::gates::settings;
use crate::gates::subject::{Finder, Subject, dotted};
use crate::promotion::{Criterion, Finding, GateId, RepoPath};

/// The gate.
pub struct Types;

impl Check for Types {
    fn id(&self) -> GateId {
        GateId::new("types")
    }

    fn criterion(&self) -> Criterion {
        Criterion::StaticAnalysis
    }

    fn title(&self) -> &'static str {
        "mypy finds nothing new"
    }

    fn definition(&self) -> u32 {
        5
    }

    fn tools(&self) -> &'static [&'static str] {
        &["mypy"]
    }

    fn runs_code(&self) -> bool {
        true
    }

    fn scope(&self) -> Scope {
        Scope::Imports
    }

    fn has_baseline(&self) -> bool {
        true
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(run(job))
    }
}

async fn run(job: &Job<'_>) -> Result<Measure, Trouble> {
    let subject = job.subject;
    let config = settings::mypy(subject);
    let mut measure = mypy(job, &subject.tree, &subject.module, config.as_deref()).await?;
    let by_name = config
        .as_deref()
        .is_some_and(settings::mypy_depends_on_names);
    if let Some(target) = subject.target.as_ref().filter(|_| by_name) {
        let place = job.place()?;
        let moved = place.work.join("moved").join("tree");
        mirror(&subject.tree, &moved, &subject.module, target)
            .map_err(|e| Trouble::disk(job.bench.scratch.root(), &e))?;
        let there = mypy(job, &moved, target, config.as_deref()).await?;
        let name = dotted(target, &RepoPath::default()).unwrap_or_else(|| target.to_string());
        measure.findings = merged(measure.findings, there.findings, &name);
        measure
            .work
            .push(("files under the target name".into(), there.work[0].1));
    }
    Ok(measure)
}

/// Adds what only shows under the target name.
fn merged(mut here: Vec<Finding>, there: Vec<Finding>, name: &str) -> Vec<Finding> {
    let key = |f: &Finding| (f.rule.clone(), f.path.clone(), f.line, f.column);
    let known: HashSet<_> = here.iter().map(key).collect();
    for mut finding in there {
        if !known.contains(&key(&finding)) {
            finding.message = format!("{} (only as {name})", finding.message);
            here.push(finding);
        }
    }
    here
}

/// One run on the module as it stands at `module` below `root`. Findings bear
/// the paths of the tree, wherever `root` is.
async fn mypy(
    job: &Job<'_>,
    root: &Path,
    module: &RepoPath,
    config: Option<&Path>,
) -> Result<Measure, Trouble> {
    let mypy = job.toolbox.get("mypy")?;
    let subject = job.subject;
    let place = job.place()?;
    let cache = place.work.join("cache");
    let proof = Proof::of(&mypy.version, subject, root, module);
    if proof == Proof::Log {
        typeshed::copy(job, mypy, config, &cache).await?;
    }
    let mut option = std::ffi::OsString::from("--config-file=");
    option.push(config.unwrap_or(Path::new("")));
    let mut call = Call::new(mypy, &mypy.program, root)
        .args([
            "-O",
            "json",
            "--no-error-summary",
            "--no-color-output",
            "--no-pretty",
            "--show-traceback",
        ])
        .args(["--follow-imports=silent".into(), option])
        .args(["--python-executable"])
        .args([&job.toolbox.python])
        .args(["--cache-dir".into(), cache.into_os_string()])
        .args(proof.arguments(&place.work))
        .args(&job.options.args);
    // With what is above it: mypy looks there where the root is a package.
    call.readable.push(root.parent().unwrap_or(root).to_owned());
    // `src` matters only where the module stands as it is in the tree.
    let import_root = match module == &subject.module {
        true => subject.import_root(),
        false => RepoPath::default(),
    };
    if !import_root.is_root() {
        call.env
            .push(("MYPYPATH", root.join(import_root.to_fs()).into()));
    }
    let name = dotted(module, &import_root).filter(|_| !subject.is_file);
    call = match &name {
        Some(name) => call.args(["-p", name]),
        None => {
            let files: Vec<_> = subject
                .files
                .iter()
                .map(|file| rebased(file, &subject.module, module))
                .collect();
            call.args(["--explicit-package-bases", "--"])
                .args(Subject::arguments(&files))
        }
    };
    let terms = Terms {
        keep: Some(&unlogged),
        ..Terms::of(job.options)
    };
    let answer = job.run_on(&place, call, terms).await?;
    if let Some(config) = config
        && let Some(complaint) = complaint(&answer.stderr, config)
    {
        job.note(format!(
            "mypy does not understand the project's settings: {}",
            job.recorded(&complaint)
        ));
    }
    let checked = proof.read(&answer, &place.work);
    judge(&answer, checked, subject, root, module, config)
}

/// How mypy proves which files it checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    /// By its log, which names them before it begins, and says that it came to the end.
    Log,
    /// By a report. mypy uses no cache of its own then.
    Report,
}

impl Proof {
    /// The log is only read where nothing in it could be read in another way.
    fn of(version: &str, subject: &Subject, root: &Path, module: &RepoPath) -> Self {
        let plain = |path: &Path| {
            let text = path.to_str().unwrap_or("\n");
            let harmless = |c: char| c.is_ascii_alphanumeric() || "_-./+@=,~ ".contains(c);
            text.chars().all(harmless)
        };
        let files = subject.files.iter();
        let mut names = files.map(|file| rebased(file, &subject.module, module));
        let major = version.split('.').next().and_then(|n| n.parse().ok());
        match major >= Some(1) && plain(root) && names.all(|name| plain(&name.to_fs())) {
            true => Self::Log,
            false => Self::Report,
        }
    }

    fn arguments(self, work: &Path) -> Vec<std::ffi::OsString> {
        match self {
            Self::Log => vec!["-v".into()],
            Self::Report => vec![
                "--linecoverage-report".into(),
                work.join("lines").into_os_string(),
            ],
        }
    }

    fn read(self, answer: &Answer, work: &Path) -> Option<HashSet<PathBuf>> {
        match self {
            Self::Log => logged(&answer.stderr),
            Self::Report => reported(&fs::read(work.join("lines/coverage.json")).ok()?),
        }
    }
}

/// What mypy wrote without its log, which differs from run to run.
fn unlogged(output: &[u8]) -> Vec<u8> {
    let lines = output.split_inclusive(|b| *b == b'\n');
    lines
        .filter(|line| !line.starts_with(LOG.trim_ascii_end().as_bytes()))
        .collect::<Vec<_>>()
        .concat()
}

/// The files that the log says it would check, if it came to its end.
fn logged(stderr: &[u8]) -> Option<HashSet<PathBuf>> {
    let text = std::str::from_utf8(stderr).ok()?;
    let lines = || text.lines().filter_map(|line| line.strip_prefix(LOG));
    let source = |line: &str| -> Option<PathBuf> {
        let line = line.strip_prefix("Found source:")?.trim_ascii_start();
        let (path, rest) = line.strip_prefix("BuildSource(path='")?.split_once('\'')?;
        rest.starts_with(", module='").then(|| path.into())
    };
    lines()
        .any(|line| line.starts_with("Build finished in "))
        .then(|| lines().filter_map(source).collect())
}

/// The files that the report says it checked.
fn reported(lines: &[u8]) -> Option<HashSet<PathBuf>> {
    let lines: LineCoverage = serde_json::from_slice(lines).ok()?;
    Some(lines.lines.into_keys().map(PathBuf::from).collect())
}

/// A path below one directory as it is below another.
fn rebased(path: &RepoPath, from: &RepoPath, to: &RepoPath) -> RepoPath {
    match path.strip(from) {
        Some(rest) if rest.is_root() => to.clone(),
        Some(rest) => to.join(rest.as_bytes()),
        None => path.clone(),
    }
}

/// mypy goes on with defaults where it cannot read its settings, and only says so.
fn complaint(stderr: &[u8], config: &Path) -> Option<String> {
    let name = config.file_name()?.to_string_lossy().into_owned();
    String::from_utf8_lossy(stderr)
        .lines()
        .find(|line| line.contains(&name) && !line.starts_with(LOG))
        .map(str::to_owned)
}

/// With `warn_unused_configs` mypy says of its settings, among the lines of JSON and in
/// words, which sections no file needed. Of one module few files are asked for.
fn is_of_settings(line: &[u8], config: Option<&Path>) -> bool {
    use std::os::unix::ffi::OsStrExt as _;
    let rest = config.and_then(|it| line.strip_prefix(it.as_os_str().as_bytes()));
    rest.is_some_and(|it| it.starts_with(b": note: unused section(s): "))
}

/// One line of `-O json`.
#[derive(Debug, Deserialize)]
struct Message {
    file: String,
    line: i64,
    column: i64,
    message: String,
    code: Option<String>,
    severity: String,
}

/// `--linecoverage-report`: its keys are the files that were checked.
#[derive(Debug, Deserialize)]
struct LineCoverage {
    lines: HashMap<String, serde_json::Value>,
}

fn judge(
    answer: &Answer,
    checked: Option<HashSet<PathBuf>>,
    subject: &Subject,
    root: &Path,
    module: &RepoPath,
    config: Option<&Path>,
) -> Result<Measure, Trouble> {
    if !matches!(answer.code, 0..=2) {
        return Err(answer.unexpected("mypy"));
    }
    let doubt = |why: String| Trouble::unbelievable("mypy", why);
    let known: HashMap<String, &RepoPath> = subject
        .files
        .iter()
        .map(|file| {
            let there = rebased(file, &subject.module, module);
            (there.to_fs().to_string_lossy().into_owned(), file)
        })
        .collect();
    let finder = Finder::new(&subject.tree);
    let mut measure = Measure::default();
    let mut errors = 0;
    for line in answer
        .stdout
        .split(|b| *b == b'\n')
        .filter(|l| !l.trim_ascii().is_empty())
        .filter(|line| !is_of_settings(line, config))
    {
        let message: Message = serde_json::from_slice(line)
            .map_err(|error| doubt(format!("a line is no JSON ({error})")))?;
        let code = message.code.as_deref().unwrap_or("mypy");
        let at = Path::new(&message.file);
        let at = at.strip_prefix(root).unwrap_or(at);
        let Some(file) = known.get(at.to_string_lossy().trim_start_matches("./")) else {
            if message.severity == "error" {
                return Err(Trouble::new(
                    format!(
                        "mypy was stopped by {}:{}: {}",
                        message.file, message.line, message.message
                    ),
                    "this file lies outside the module: repair it, or keep mypy from following it",
                ));
            }
            continue;
        };
        let number = |n: i64| u32::try_from(n).unwrap_or(0);
        let (row, column) = (number(message.line), number(message.column + 1));
        let finding = if message.severity == "error" {
            errors += 1;
            if answer.code == 2 && code != "syntax" {
                return Err(Trouble::new(
                    format!("mypy was stopped by {file}: {}", message.message),
                    "see the raw output; run the command shown by hand",
                ));
            }
            finder.error(code, &message.message, file, row, column)
        } else {
            finder.note(code, &message.message, file, row, column)
        };
        measure.findings.push(finding);
    }
    measure.findings.sort_by(|a, b| {
        (&a.path, a.line, a.column, &a.rule, &a.message)
            .cmp(&(&b.path, b.line, b.column, &b.rule, &b.message))
    });
    if answer.code == 2 && errors == 0 {
        // What it cannot decode it says in words, and elsewhere.
        for line in String::from_utf8_lossy(&answer.stderr).lines() {
            let Some((name, words)) = line.split_once(": error: ") else {
                continue;
            };
            let at = Path::new(name);
            let at = at.strip_prefix(root).unwrap_or(at);
            if let Some(file) = known.get(at.to_string_lossy().trim_start_matches("./")) {
                errors += 1;
                measure
                    .findings
                    .push(finder.error("unreadable", words, file, 0, 0));
            }
        }
    }
    if answer.code == 2 {
        // A syntax error stops mypy: nothing else was checked, which a failure may say.
        return match errors {
            0 => Err(answer.unexpected("mypy")),
            _ => {
                measure.work = vec![("files".into(), 1)];
                let what = match measure.findings.iter().any(|f| f.rule == "unreadable") {
                    true => "a file that is no text",
                    false => "a syntax error",
                };
                measure.fails = Some(format!("{what} kept mypy from checking the module"));
                Ok(measure)
            }
        };
    }
    if (answer.code == 0) != measure.findings.is_empty() {
        return Err(doubt("its exit code contradicts its report".into()));
    }
    let checked: HashSet<PathBuf> = checked
        .ok_or_else(|| doubt("its report of what it checked is missing or damaged".into()))?
        .iter()
        .map(|file| file.strip_prefix(root).unwrap_or(file).to_owned())
        .collect();
    let all: HashSet<&RepoPath> = subject.files.iter().collect();
    // (At the merge-base a file may have come from outside of the package.)
    let inside = subject
        .files
        .iter()
        .filter(|f| f.is_within(&subject.module));
    let mut unchecked = inside.filter(|file| {
        let there = rebased(file, &subject.module, module);
        let stub = RepoPath::from_bytes([file.as_bytes(), b"i"].concat());
        !checked.contains(&there.to_fs()) && !all.contains(&stub)
    });
    if let Some(first) = unchecked.next() {
        let more = match unchecked.count() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        return Err(Trouble::new(
            format!("mypy did not check {first}{more}"),
            "is it excluded by mypy's settings, or not part of the package?",
        ));
    }
    measure.work = vec![("files".into(), checked.len() as u64)];
    Ok(measure)
}

/// The tree seen through links, with the module at `target` as well: its own
/// imports by its present name must go on working. Only the directories on the
/// way are made.
fn mirror(tree: &Path, to: &Path, module: &RepoPath, target: &RepoPath) -> io::Result<()> {
    fs::create_dir_all(to)?;
    mirror_dir(tree, to, &RepoPath::default(), target)?;
    let goal = to.join(target.to_fs());
    if let Some(parent) = goal.parent() {
        fs::create_dir_all(parent)?;
    }
    if fs::symlink_metadata(&goal).is_err() {
        std::os::unix::fs::symlink(tree.join(module.to_fs()), goal)?;
    }
    Ok(())
}

fn mirror_dir(tree: &Path, to: &Path, dir: &RepoPath, target: &RepoPath) -> io::Result<()> {
    for entry in fs::read_dir(tree.join(dir.to_fs()))? {
        let entry = entry?;
        let path = dir.join(std::os::unix::ffi::OsStrExt::as_bytes(
            entry.file_name().as_os_str(),
        ));
        let there = to.join(path.to_fs());
        if *target == path {
            continue; // what stands where it would go
        }
        if target.is_within(&path) && entry.file_type()?.is_dir() {
            fs::create_dir(&there)?;
            mirror_dir(tree, to, &path, target)?;
        } else {
            std::os::unix::fs::symlink(entry.path(), there)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject {
            files: vec!["pkg/a.py".into(), "pkg/b.py".into(), "pkg/b.pyi".into()],
            ..Subject::test("pkg", "/WORK")
        }
    }

    fn judge_text(code: i32, stdout: &str, lines: Option<&str>) -> Result<Measure, Trouble> {
        let answer = Answer {
            code,
            stdout: stdout.into(),
            stderr: b"pkg: it went wrong".to_vec(),
        };
        let subject = subject();
        judge(
            &answer,
            lines.and_then(|lines| reported(lines.as_bytes())),
            &subject,
            Path::new("/WORK"),
            &subject.module,
            None,
        )
    }

    const LINES: &str = r#"{"lines": {"/WORK/pkg/a.py": [1, 2], "/WORK/pkg/b.pyi": []}}"#;
    const ERROR: &str = r#"{"file": "pkg/a.py", "line": 3, "column": 16, "end_line": 3, "end_column": 19, "message": "Argument 2 has incompatible type", "hint": null, "code": "arg-type", "severity": "error"}"#;

    #[test]
    fn errors_are_findings_with_columns_from_one() {
        let measure = judge_text(1, ERROR, Some(LINES)).unwrap();
        assert_eq!(measure.findings.len(), 1);
        assert_eq!(
            (measure.findings[0].line, measure.findings[0].column),
            (3, 17)
        );
        assert_eq!(measure.work, [("files".to_owned(), 2)]);
    }

    #[test]
    fn clean_needs_the_proof_that_every_file_was_checked() {
        assert!(judge_text(0, "", Some(LINES)).is_ok());
        assert!(judge_text(0, "", None).is_err());
        let excluded = r#"{"lines": {"/WORK/pkg/b.pyi": []}}"#;
        let error = judge_text(0, "", Some(excluded)).unwrap_err().to_string();
        assert!(error.contains("pkg/a.py"), "{error}");
    }

    const LOGGED: &str = "\
LOG:  Config File:            /WORK/mypy.ini
LOG:  Found source:           BuildSource(path='/WORK/pkg/a.py', module='pkg.a', has_text=False, base_dir=None, followed=False)
LOG:  Found source:           BuildSource(path='pkg/b.pyi', module='pkg.b', has_text=False, base_dir=None, followed=False)
LOG:  Parsing /WORK/other/c.py (other.c)
/WORK/mypy.ini: Unrecognized option: x
LOG:  Build finished in 0.054 seconds with 120 modules, and 0 errors
";

    #[test]
    fn the_log_names_what_is_checked_and_is_believed_only_to_its_end() {
        let known = logged(LOGGED.as_bytes()).unwrap();
        assert_eq!(known.len(), 2, "{known:?}");
        let answer = |code| Answer {
            code,
            stdout: Vec::new(),
            stderr: LOGGED.into(),
        };
        let (subject, root) = (subject(), Path::new("/WORK"));
        let judged = |known| judge(&answer(0), known, &subject, root, &subject.module, None);
        assert_eq!(judged(Some(known)).unwrap().work, [("files".to_owned(), 2)]);
        let end = LOGGED.find("LOG:  Build").unwrap();
        assert_eq!(logged(&LOGGED.as_bytes()[..end]), None);
        // Followed, but not asked for: what is wrong there is not told.
        let followed = LOGGED.replace("Found source:           BuildSource(path='/WORK/pkg/a", "x");
        assert!(judged(logged(followed.as_bytes())).is_err());
        assert_eq!(
            unlogged(LOGGED.as_bytes()),
            b"/WORK/mypy.ini: Unrecognized option: x\n"
        );
        let config = Path::new("/WORK/mypy.ini");
        let said = complaint(LOGGED.as_bytes(), config).unwrap();
        assert!(said.contains("Unrecognized"), "{said}");
    }

    #[test]
    fn odd_names_and_old_versions_are_proved_by_a_report() {
        let of = |version, file: &str| {
            let subject = Subject {
                files: vec![file.into()],
                ..subject()
            };
            Proof::of(version, &subject, Path::new("/WORK"), &subject.module)
        };
        assert_eq!(of("2.4.1", "pkg/a.py"), Proof::Log);
        assert_eq!(of("1.0", "pkg/a.py"), Proof::Log);
        assert_eq!(of("0.991", "pkg/a.py"), Proof::Report);
        assert_eq!(of("", "pkg/a.py"), Proof::Report);
        assert_eq!(of("2.4.1", "pkg/a'.py"), Proof::Report);
        assert_eq!(of("2.4.1", "pkg/a\n.py"), Proof::Report);
        assert_eq!(of("2.4.1", "pkg/\u{e4}.py"), Proof::Report);
    }

    #[test]
    fn contradictions_and_garbage_are_no_verdict() {
        assert!(judge_text(0, ERROR, Some(LINES)).is_err());
        assert!(judge_text(1, "", Some(LINES)).is_err());
        assert!(judge_text(1, "Traceback", Some(LINES)).is_err());
        assert!(judge_text(2, "", None).is_err());
        assert!(judge_text(137, ERROR, Some(LINES)).is_err());
        assert!(judge_text(1, &ERROR[..40], Some(LINES)).is_err());
    }

    #[test]
    fn a_syntax_error_in_the_module_fails_and_elsewhere_is_no_verdict() {
        let syntax = ERROR.replace("arg-type", "syntax");
        assert!(judge_text(2, &syntax, None).unwrap().fails.is_some());
        let elsewhere = syntax.replace("pkg/a.py", "other/x.py");
        let error = judge_text(2, &elsewhere, None).unwrap_err().to_string();
        assert!(error.contains("other/x.py"), "{error}");
    }

    #[test]
    fn what_cannot_be_decoded_fails() {
        let said = |stderr: &str| {
            let answer = Answer {
                code: 2,
                stdout: Vec::new(),
                stderr: stderr.into(),
            };
            let subject = subject();
            judge(
                &answer,
                None,
                &subject,
                Path::new("/WORK"),
                &subject.module,
                None,
            )
        };
        let words = "Cannot decode file: 'utf-8' codec can't decode byte 0xe4";
        let measure = said(&format!("/WORK/pkg/a.py: error: {words}\n")).unwrap();
        assert_eq!(measure.findings[0].message, words);
        assert!(measure.fails.unwrap().starts_with("a file that is no text"));
        assert!(said(&format!("other/x.py: error: {words}\n")).is_err());
    }

    #[test]
    fn the_mirror_has_the_module_at_its_target_too() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir_all(tree.join("candidate/x")).unwrap();
        fs::create_dir_all(tree.join("core/y")).unwrap();
        fs::write(tree.join("candidate/x/a.py"), "").unwrap();
        fs::write(tree.join("core/y/b.py"), "").unwrap();
        let to = dir.path().join("to");
        mirror(&tree, &to, &"candidate/x".into(), &"core/x".into()).unwrap();
        assert!(to.join("core/x/a.py").exists());
        assert!(to.join("core/y/b.py").exists());
        assert!(to.join("candidate/x/a.py").exists());
        assert!(!tree.join("core/x").exists());
    }
}
