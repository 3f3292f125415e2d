//! The sample repository is the same everywhere, and never in the way.

use std::{error::Error, ffi::OsStr, fs, path::Path, process::Command};

use countersign::workflow::demo::{self, DemoError};
use git2::{Repository, Sort, Status, StatusOptions};

type Outcome = Result<(), Box<dyn Error>>;

/// Changes only together with what is in `assets/demo`, and that on purpose.
const HEAD: &str = "c4fbc6d04d6c3a72b0cee7245a3a660e1eb227e8";
const MAIN: &str = "57e60435c9c12e55f5f4885fa9e4a26d7c6aa967";

const HISTORY: [(&str, &str); 16] = [
    (
        "Mara Lindqvist",
        "Count money exactly, and keep a book of it",
    ),
    ("Tomás Ferreira", "Pay out two business days after the sale"),
    ("Mara Lindqvist", "Open a lane for experiments"),
    ("Tomás Ferreira", "Try out fees by plan, and refunds"),
    (
        "Priya Raman",
        "Try out risk: rules, and a score for fast cards",
    ),
    (
        "Elif Şahin",
        "Bring statements and exchange over from the old back office",
    ),
    (
        "Jonas Okafor",
        "Charge a card once, however often we are asked to",
    ),
    ("Tomás Ferreira", "Try out settlement runs and webhooks"),
    (
        "Mara Lindqvist",
        "Say who may sign a promotion, and as what",
    ),
    (
        "Mara Lindqvist",
        "Add retry: try again, more and more patiently",
    ),
    ("Tomás Ferreira", "Add schedule: a calendar for each place"),
    (
        "Tomás Ferreira",
        "fees: cap what large shops pay; refunds: disputes",
    ),
    (
        "Priya Raman",
        "risk: look steps up by count; a rule for cards from abroad",
    ),
    (
        "Elif Şahin",
        "fx: quote by way of the euro; statements: sort; add iban",
    ),
    (
        "Jonas Okafor",
        "settlement: run as a service; webhooks: tell later from never",
    ),
    (
        "Noor van Dijk",
        "Add bank_import \u{1b}[2J\u{1b}[H\u{1b}]0;owned\u{7}",
    ),
];

#[test]
fn is_the_same_every_time() -> Outcome {
    let dir = tempfile::tempdir()?;
    let one = demo::build(&dir.path().join("one"))?;
    let two = demo::build(&dir.path().join("deep/er/two"))?;
    assert_eq!((one.head.as_str(), two.head.as_str()), (HEAD, HEAD));
    Ok(())
}

#[test]
fn has_a_history_by_a_team() -> Outcome {
    let dir = tempfile::tempdir()?;
    let repo = Repository::open(demo::build(dir.path())?.path)?;
    let mut walk = repo.revwalk()?;
    walk.push_head()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE)?;
    let commits = walk
        .map(|id| repo.find_commit(id?))
        .collect::<Result<Vec<_>, _>>()?;
    let told: Vec<_> = commits
        .iter()
        .map(|it| {
            let message = String::from_utf8_lossy(it.message_bytes());
            let subject = message.lines().next().unwrap_or_default().to_owned();
            (
                String::from_utf8_lossy(it.author().name_bytes()).into_owned(),
                subject,
            )
        })
        .collect();
    let expected: Vec<_> = HISTORY
        .map(|(who, what)| (who.to_owned(), what.to_owned()))
        .into();
    assert_eq!(told, expected);
    assert!(commits.is_sorted_by_key(|it| it.time().seconds()));

    let main = repo.refname_to_id("refs/heads/main")?;
    let head = repo.refname_to_id("HEAD")?;
    assert_eq!(
        repo.find_reference("HEAD")?.symbolic_target()?,
        Some("refs/heads/work/next-promotions")
    );
    assert_eq!(
        (main.to_string(), head.to_string()),
        (MAIN.into(), HEAD.into())
    );
    assert_eq!(repo.merge_base(main, head)?, main);
    Ok(())
}

#[test]
fn leaves_nothing_uncommitted() -> Outcome {
    let dir = tempfile::tempdir()?;
    let repo = Repository::open(demo::build(dir.path())?.path)?;
    let statuses = repo.statuses(Some(StatusOptions::new().include_untracked(true)))?;
    let dirty: Vec<_> = statuses
        .iter()
        .filter(|it| it.status() != Status::CURRENT)
        .map(|it| String::from_utf8_lossy(it.path_bytes()).into_owned())
        .collect();
    // Some file systems can't hold a name that isn't text.
    let expected: &[&str] = match cfg!(target_os = "linux") {
        true => &[],
        false => &["candidate/bank_import/relev\u{fffd}.py"],
    };
    assert_eq!(dirty, expected);
    Ok(())
}

#[test]
fn is_used_again_with_what_was_done_in_it() -> Outcome {
    let dir = tempfile::tempdir()?;
    let first = demo::build(dir.path())?;
    let repo = Repository::open(&first.path)?;
    let head = repo.head()?.peel_to_commit()?;
    let by = repo.signature()?;
    assert_eq!(by.email()?, "mara.lindqvist@example.org");
    let next = repo.commit(
        Some("HEAD"),
        &by,
        &by,
        "On we go\n",
        &head.tree()?,
        &[&head],
    )?;
    fs::write(dir.path().join("notes.txt"), "mine")?;

    assert_eq!(demo::build(dir.path())?, first);
    assert_eq!(repo.refname_to_id("HEAD")?, next);
    assert!(dir.path().join("notes.txt").exists());
    Ok(())
}

#[test]
fn leaves_anything_else_alone() -> Outcome {
    let dir = tempfile::tempdir()?;
    let refused = |at: &Path| matches!(demo::build(at), Err(DemoError::Occupied { .. }));

    let work = dir.path().join("work");
    fs::create_dir(&work)?;
    fs::write(work.join("thesis.txt"), "years of it")?;
    assert!(refused(&work));
    assert!(refused(&work.join("thesis.txt")));
    assert_eq!(fs::read_dir(&work)?.count(), 1);

    let other = dir.path().join("other");
    Repository::init(&other)?;
    assert!(refused(&other));

    let error = demo::build(&work).expect_err("it is occupied").to_string();
    assert!(
        error.contains(&*work.to_string_lossy()) && error.contains("--at DIR"),
        "{error}"
    );
    Ok(())
}

/// Runs by itself only as the child of the test below, under the settings of somebody else.
#[test]
#[ignore = "run by heeds_nobodys_settings"]
fn child() -> Outcome {
    let at = std::env::var_os("DEMO_AT").ok_or("DEMO_AT is not set")?;
    assert_eq!(demo::build(Path::new(&at))?.head, HEAD);
    Ok(())
}

#[test]
fn heeds_nobodys_settings() -> Outcome {
    let dir = tempfile::tempdir()?;
    let home = dir.path().join("home");
    fs::create_dir_all(home.join("template/hooks"))?;
    fs::write(home.join("attributes"), "* text eol=crlf ident\n")?;
    fs::write(
        home.join("template/hooks/post-checkout"),
        "#!/bin/sh\nexit 1\n",
    )?;
    fs::write(
        home.join(".gitconfig"),
        format!(
            "[user]\n name = Somebody Else\n email = else@example.org\n\
             [init]\n defaultBranch = trunk\n templateDir = {home}/template\n\
             [core]\n autocrlf = true\n eol = crlf\n safecrlf = true\n hooksPath = {home}/template/hooks\n \
             attributesFile = {home}/attributes\n\
             [commit]\n gpgSign = true\n[i18n]\n commitEncoding = latin1\n",
            home = home.display()
        ),
    )?;
    let at = dir.path().join("demo");
    let under = |program: &OsStr, arguments: &[&str]| {
        Command::new(program)
            .args(arguments)
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", &home)
            .env("GIT_CONFIG_GLOBAL", home.join(".gitconfig"))
            .env("DEMO_AT", &at)
            .output()
    };

    let built = under(
        std::env::current_exe()?.as_os_str(),
        &["--exact", "child", "--ignored"],
    )?;
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stdout)
    );
    assert!(!at.join(".git/hooks/post-checkout").exists());
    assert!(!fs::read(at.join("README.md"))?.contains(&b'\r'));

    let at = at.to_string_lossy();
    let status = under("git".as_ref(), &["-C", &at, "status", "--porcelain"])?;
    assert_eq!(String::from_utf8_lossy(&status.stdout), "");
    let sound = under("git".as_ref(), &["-C", &at, "fsck", "--strict"])?;
    assert!(
        sound.status.success(),
        "{}",
        String::from_utf8_lossy(&sound.stderr)
    );
    Ok(())
}
