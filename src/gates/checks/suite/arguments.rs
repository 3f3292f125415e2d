//! How pytest is called, whatever it is to run: the module's tests, with what the
//! project's own settings say of them, and nothing that changes what is recorded.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::options::sift;
use crate::gates::cache::digest;
use crate::gates::job::Job;
use crate::gates::scratch::Place;
use crate::gates::subject::Subject;
use crate::gates::{Trouble, settings};

const PLUGIN: &str = include_str!("../../../../assets/python/countersign_pytest.py");

/// Where our plugin is: nothing else lies there.
pub(in crate::gates::checks) fn plugin(place: &Place) -> PathBuf {
    place.work.join("plugin")
}

/// The same as a script: run like that, it starts pytest.
pub(in crate::gates::checks) fn script(place: &Place) -> PathBuf {
    plugin(place).join("countersign_pytest.py")
}

/// Writes what every call needs, and notes what the project wants and none gets.
pub(in crate::gates::checks) fn write_files(job: &Job<'_>, place: &Place) -> Result<(), Trouble> {
    std::fs::create_dir(plugin(place)).map_err(|e| Trouble::disk(job.bench.scratch.root(), &e))?;
    job.write(&script(place), PLUGIN)?;
    job.write(&place.work.join("pytest.ini"), "[pytest]\n")?;
    let (_, dropped) = sift(&addopts(settings::pytest(job.subject).as_deref()));
    // Those of the merge-base are nobody's any more.
    if !dropped.is_empty() && !job.baseline {
        job.note(format!(
            "of the project's addopts these were not used: {}",
            dropped.join(" ")
        ));
    }
    Ok(())
}

/// What every call says: our plugin, none that runs tests otherwise, the settings
/// of the project in `tree`, a copy of the job's own.
pub(in crate::gates::checks) fn common(job: &Job<'_>, tree: &Path, place: &Place) -> Vec<OsString> {
    let settings = settings::pytest(job.subject);
    let config = match &settings {
        Some(file) => tree.join(file.strip_prefix(&job.subject.tree).unwrap_or(file)),
        None => place.work.join("pytest.ini"),
    };
    let mut argv: Vec<OsString> = [
        "-p",
        "countersign_pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:cov",
        "-p",
        "no:randomly",
        "-p",
        "no:xdist",
        "-p",
        "no:rerunfailures",
        "-c",
    ]
    .map(OsString::from)
    .into();
    argv.push(config.into());
    argv.push(option("--rootdir=", tree));
    for fixed in ["addopts=", "junit_family=xunit2"] {
        argv.extend(["-o".into(), fixed.into()]);
    }
    argv.extend(["-o".into(), pythonpath(tree, settings.as_deref())]);
    // Of what the project always passes to pytest, what its tests may depend on.
    // Everything else would change what is run or reported.
    let (kept, _) = sift(&addopts(settings.as_deref()));
    argv.extend(kept.into_iter().map(OsString::from));
    argv
}

/// The subject's tests. pytest reads `::` and `[` in an argument as a node id.
pub(in crate::gates::checks) fn tests(subject: &Subject) -> impl Iterator<Item = OsString> + '_ {
    let tests = subject.tests.iter().map(|test| test.to_fs().into());
    std::iter::once("--".into()).chain(tests)
}

/// What the project always passes to pytest.
fn addopts(settings: Option<&Path>) -> String {
    settings
        .and_then(|file| settings::pytest_option(file, "addopts"))
        .unwrap_or_default()
}

/// Where tests import from in a tree: the tree itself, and what the project's
/// settings of pytest add.
pub fn import_paths(settings: Option<&Path>, tree: &Path) -> Vec<PathBuf> {
    let mut paths = vec![tree.to_owned()];
    if tree.join("src").is_dir() {
        paths.push(tree.join("src"));
    }
    let own = settings
        .and_then(|file| settings::pytest_option(file, "pythonpath"))
        .unwrap_or_default();
    paths.extend(own.split_ascii_whitespace().map(|path| tree.join(path)));
    paths
}

/// Where tests import from, for pytest.
fn pythonpath(tree: &Path, settings: Option<&Path>) -> OsString {
    let paths = import_paths(settings, tree);
    let mut value = OsString::from("pythonpath=");
    for (n, path) in paths.iter().enumerate() {
        if n > 0 {
            value.push(" ");
        }
        // pytest splits as a shell does.
        value.push("'");
        value.push(path.to_string_lossy().replace('\'', "'\\''"));
        value.push("'");
    }
    value
}

pub(in crate::gates::checks) fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(path);
    option
}

/// Sixty-four digits that nobody can guess: by them we know what our own helpers wrote
/// from what the code beside them did.
pub(in crate::gates::checks) fn secret() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let random = |_| RandomState::new().hash_one(0);
    let parts: [u64; 8] = std::array::from_fn(random);
    digest(&parts.map(u64::to_ne_bytes).concat())
}
