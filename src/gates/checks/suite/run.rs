//! One run of tests under coverage, in a tree of its own.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::arguments::option;
use super::lacking::Lacking;
use super::options::has_safe_path;
use super::{Checkout, Shared, arguments, measured, path_of, verdict, written};
use crate::gates::checks::{Measure, Undecided};
use crate::gates::job::{Answer, Call, Job};
use crate::gates::scratch::Place;
use crate::gates::subject::Subject;
use crate::gates::toolchain::Tool;
use crate::gates::{Trouble, settings};
use crate::promotion::RepoPath;

const REPORT: &str = include_str!("../../../../assets/python/coverage_report.py");

/// What came out.
#[derive(Clone, Debug)]
pub struct Ran {
    /// How the tests ended.
    pub tests: Result<Measure, Trouble>,
    /// How those of them ended that test more than the module by itself.
    pub integration: Result<Measure, Trouble>,
    /// What they covered.
    pub coverage: Result<measured::Measured, Trouble>,
    /// What was not installed, if anything was missed.
    pub lacking: Lacking,
}

/// Runs the tests of the job's subject under coverage, in the place given: the tree
/// will be `tree` in its work directory, and comes from `checkout`.
pub async fn run(
    job: &Job<'_>,
    place: &Place,
    shared: &Shared,
    checkout: &Checkout,
) -> Result<Ran, Trouble> {
    let pytest = job.toolbox.get("pytest")?;
    let coverage = job.toolbox.get("coverage")?;
    let run = Run {
        job,
        shared,
        coverage,
        tree: place.work.join("tree"),
        place,
        key: arguments::secret(),
    };
    checkout.bring(&run.tree).await?;
    let rc = run.write_files()?;
    let answer = run.pytest(pytest).await?;
    let judged = verdict::judge(
        &answer,
        (&written(&run.events()), &run.key),
        &run.report(),
        job.subject,
        &shared.integration,
        &job.bench.imports.roots,
    );
    let coverage = match &judged {
        Ok(judged) => run.coverage(&judged.ids, &rc).await,
        Err(trouble) => Err(trouble.clone()),
    };
    checkout.give_back(&run.tree).await;
    let (tests, integration, lacking) = match judged {
        Ok(judged) => (Ok(judged.measure), judged.integration, judged.lacking),
        Err(trouble) => (Err(trouble.clone()), Err(trouble), Lacking::default()),
    };
    Ok(Ran {
        tests: tests.map_err(|trouble| run.told(trouble)),
        integration: integration.map_err(|trouble| run.told(trouble)),
        coverage: coverage.map_err(|trouble| run.told(trouble)),
        lacking,
    })
}

struct Run<'a> {
    job: &'a Job<'a>,
    shared: &'a Shared,
    coverage: &'a Tool,
    place: &'a Place,
    tree: PathBuf,
    /// Known to our plugin and to us.
    key: String,
}

impl Run<'_> {
    fn events(&self) -> PathBuf {
        self.place.work.join("events.jsonl")
    }

    fn junit(&self) -> PathBuf {
        self.place.work.join("junit.xml")
    }

    /// The JUnit report, without the places of this machine.
    fn report(&self) -> Vec<u8> {
        let report = written(&self.junit());
        match std::str::from_utf8(&report) {
            Ok(text) => self.placeless(text).into_bytes(),
            Err(_) => report,
        }
    }

    fn placeless(&self, words: &str) -> String {
        let place = |path: &Path| path.to_str().map(str::to_owned).unwrap_or_default();
        match place(&self.place.work) {
            work if work.is_empty() => words.to_owned(),
            work => words
                .replace(&place(&self.tree), "{tree}")
                .replace(&work, "{scratch}"),
        }
    }

    fn told(&self, trouble: Trouble) -> Trouble {
        match trouble {
            Trouble::Error { why, help } => Trouble::new(self.placeless(&why), help),
            Trouble::Cancelled => Trouble::Cancelled,
        }
    }

    fn rcfile(&self) -> PathBuf {
        self.place.work.join("coveragerc")
    }

    /// Where coverage records.
    fn cov(&self) -> PathBuf {
        self.place.work.join("cov")
    }

    fn data(&self) -> PathBuf {
        self.cov().join("data")
    }

    /// Gives the settings of coverage, for what comes when the tests are over and
    /// what is written here can no longer be trusted.
    fn write_files(&self) -> Result<String, Trouble> {
        let disk = |e: std::io::Error| Trouble::disk(self.job.bench.scratch.root(), &e);
        std::fs::create_dir(self.cov()).map_err(disk)?;
        arguments::write_files(self.job, self.place)?;
        let subject = self.job.subject;
        let module = self.tree.join(subject.module.to_fs());
        let source = match subject.is_file {
            true => module.parent().unwrap_or(&self.tree).to_owned(),
            false => module.clone(),
        };
        let mut rc = format!(
            "[run]\nbranch = true\nsource = {}\nrelative_files = true\nparallel = true\n\
             sigterm = true\ncore = ctrace\npatch =\n    subprocess\n    _exit\n\
             data_file = {}\n",
            source.display(),
            self.data().display(),
        );
        if let Some(concurrency) = settings::coverage_concurrency(subject) {
            rc.push_str(&format!(
                "concurrency = {}\n",
                concurrency.replace('\n', ",")
            ));
        }
        rc.push_str("[report]\ninclude_namespace_packages = true\n");
        if subject.is_file {
            rc.push_str(&format!("include = {}\n", subject.module.to_fs().display()));
        }
        rc.push_str("[json]\nshow_contexts = true\n");
        self.job.write(&self.rcfile(), &rc)?;
        Ok(rc)
    }

    /// How coverage is started: without the current directory on the import
    /// path, where a directory of the repository might pose as a package.
    fn start(&self) -> Vec<OsString> {
        if has_safe_path(&self.coverage.python_version) {
            let python = (&self.coverage.python).into();
            vec![python, "-P".into(), "-m".into(), "coverage".into()]
        } else {
            vec![(&self.coverage.program).into()]
        }
    }

    async fn pytest(&self, pytest: &Tool) -> Result<Answer, Trouble> {
        let mut argv = self.start();
        argv.push("run".into());
        argv.push(option("--rcfile=", &self.rcfile()));
        argv.push(arguments::script(self.place).into());
        argv.extend(arguments::common(self.job, &self.tree, self.place));
        // A file that cannot be collected fails the gate; what the others have to
        // say is wanted all the same.
        let fixed = [
            "--continue-on-collection-errors",
            "--maxfail=0",
            "--tb=short",
            "--color=no",
        ];
        argv.extend(fixed.map(OsString::from));
        argv.push(option("--junitxml=", &self.junit()));
        let options = &self.shared.options;
        argv.extend(options.args.iter().map(OsString::from));
        argv.extend(arguments::tests(self.job.subject));
        let mut call = Call::new(pytest, Path::new(""), &self.tree);
        call.argv = argv;
        call.env = vec![
            ("PYTHONPATH", arguments::plugin(self.place).into()),
            ("COUNTERSIGN_EVENTS", self.events().into()),
            self.job.own_compiled(self.place)?,
        ];
        call.stream_stdout = true;
        call.stdin = Some(self.key.clone().into_bytes());
        self.job.run_with(self.place, call, options).await
    }

    /// The report, made in a place of its own, of the files as they were committed:
    /// where the tests ran nothing can be trusted any more, but for what coverage
    /// recorded.
    async fn coverage(
        &self,
        ids: &HashSet<String>,
        rc: &str,
    ) -> Result<measured::Measured, Trouble> {
        let place = self.job.place()?;
        let at = |name: &str| place.work.join(name);
        let (helper, rcfile, report) = (at("coverage_report.py"), at("rc"), at("coverage.json"));
        self.job.write(&helper, REPORT)?;
        let path = |path: &Path| path.display().to_string();
        self.job
            .write(&rcfile, rc.replace(&path(&self.data()), &path(&at("data"))))?;
        let subject = self.job.subject;
        let mut call = Call::new(self.coverage, &self.coverage.python, &subject.tree)
            .args(["-I".as_ref(), "-B".as_ref(), helper.as_os_str()])
            .args([&rcfile, &self.cov(), &report]);
        call.readable.push(self.place.work.clone());
        let answer = self
            .job
            .run_with(&place, call, &self.shared.options)
            .await?;
        if answer.code != 0 {
            let said = [answer.stdout, answer.stderr].concat();
            if let Some(file) = unparsable(&said, subject) {
                return Ok(measured::Measured::unparsable(file));
            }
            return Err(Trouble::new(
                format!(
                    "coverage could not report{}",
                    crate::gates::trouble::last_words(&said)
                ),
                "a file of the module that does not compile, or tests that remove \
                 coverage's data, cause this",
            ));
        }
        let report = std::fs::read(&report).unwrap_or_default();
        let mut measured = measured::read(&report, subject, ids)?;
        if let Some(file) = measured::reaching_in(subject) {
            measured.measure.undecided = Some(Undecided {
                why: format!("{file} reaches into coverage: what was measured cannot be believed"),
                help: "leave measuring to this gate: take what uses coverage's own API out of it"
                    .into(),
            });
        }
        Ok(measured)
    }
}

/// The file of the module that coverage gave up on because it does not compile.
fn unparsable<'a>(said: &[u8], subject: &'a Subject) -> Option<&'a RepoPath> {
    let said = String::from_utf8_lossy(said);
    let (_, rest) = said.split_once("Couldn't parse '")?;
    let (name, _) = rest.split_once("' as Python source")?;
    let name = path_of(name);
    subject
        .files
        .iter()
        .find(|file| **file == name || name.as_bytes().ends_with(&[b"/", file.as_bytes()].concat()))
}
