//! A repository made from nothing, with one module such as there are many.

use std::fmt::Write as _;
use std::path::Path;

use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature, Time};

/// The module that is checked.
pub const MODULE: &str = "candidate/ledger";

/// Files of it beside `__init__.py`, on the branch.
const FILES: usize = 19;
/// What the branch adds.
const NEW: usize = 2;

const SETTINGS: &str = r#"[project]
name = "shop"
version = "1.0.0"
requires-python = ">=3.10"
dependencies = []

[tool.black]
line-length = 100

[tool.ruff]
line-length = 100

[tool.mypy]
warn_unused_ignores = true

[tool.pytest.ini_options]
testpaths = ["tests"]
"#;

/// Our own settings: the tools, and an export of what is known of vulnerabilities
/// that is made at `osv`.
pub fn settings(tools: &Path, osv: &Path) -> String {
    std::fs::create_dir_all(osv).expect("a directory");
    let record = r#"{"id": "PYSEC-2099-1", "modified": "2020-01-01T00:00:00Z", "affected":
        [{"package": {"name": "nobody-needs-this", "ecosystem": "PyPI"}, "versions": ["1.0"]}]}"#;
    let now = jiff::Timestamp::now();
    let about =
        format!(r#"{{"format": 1, "ecosystem": "PyPI", "fetched_at": "{now}", "records": 1}}"#);
    for (name, text) in [
        ("PYSEC-2099-1.json", record),
        ("countersign-osv.json", &about),
    ] {
        std::fs::write(osv.join(name), text).expect("a file");
    }
    let text = |path: &Path| path.display().to_string();
    format!(
        "tools.environment = {:?}\n\n[gates.supply-chain]\nosv = {:?}\n",
        text(tools),
        text(osv)
    )
}

/// Commits a change to a file of the module from which nothing follows.
pub fn change(at: &Path, module: &str, n: usize) {
    let file = super::python_files(at, module)
        .pop()
        .map(|file| at.join(file));
    let file = file.expect("a file of the module");
    let text = std::fs::read_to_string(&file).expect("its text");
    let text = text.lines().filter(|line| !line.starts_with("# Change "));
    let text: Vec<_> = text.collect();
    let changed = format!("{}\n\n\n# Change {n}.\n", text.join("\n").trim_end());
    std::fs::write(file, changed).expect("a file");
    commit(&Repository::open(at).expect("a repository"));
}

/// Commits our settings to a repository that is there.
pub fn settle(at: &Path, settings: &str) {
    std::fs::write(at.join("countersign.toml"), settings).expect("a file");
    commit(&Repository::open(at).expect("a repository"));
}

/// Writes it: `main`, and a branch with changes to the module.
pub fn repository(at: &Path, settings: &str) {
    let mut options = RepositoryInitOptions::new();
    let git = Repository::init_opts(at, options.initial_head("main")).expect("a repository");
    let write = |path: String, text: String| {
        let file = at.join(path);
        std::fs::create_dir_all(file.parent().unwrap_or(at)).expect("a directory");
        std::fs::write(file, text).expect("a file");
    };
    write("pyproject.toml".into(), SETTINGS.into());
    write("countersign.toml".into(), settings.into());
    write("requirements.txt".into(), "idna==3.10\n".into());
    write(
        format!("{MODULE}/__init__.py"),
        "\"\"\"Postings, balances and statements.\"\"\"\n".into(),
    );
    for n in 0..FILES - NEW {
        write(
            format!("{MODULE}/part{n:02}.py"),
            part(n, n % 5 == 0, false),
        );
        write(format!("tests/ledger/test_part{n:02}.py"), test(n));
    }
    commit(&git);
    let head = git.head().and_then(|head| head.peel_to_commit());
    git.branch("work", &head.expect("a commit"), true)
        .and_then(|_| git.set_head("refs/heads/work"))
        .expect("a branch");
    for n in 0..4 {
        write(format!("{MODULE}/part{n:02}.py"), part(n, n % 5 == 0, true));
    }
    for n in FILES - NEW..FILES {
        write(format!("{MODULE}/part{n:02}.py"), part(n, false, false));
        write(format!("tests/ledger/test_part{n:02}.py"), test(n));
    }
    commit(&git);
}

/// One file: classes, branches, loops; `sloppy` with something for every tool to find.
fn part(n: usize, sloppy: bool, changed: bool) -> String {
    let mut text = String::from("\"\"\"One part of the ledger.\"\"\"\n\n");
    text += match sloppy {
        true => "import json\nimport dataclasses\nfrom collections import abc\n\n",
        false => "import dataclasses\nfrom collections import abc\n\n",
    };
    let _ = write!(
        text,
        r#"
@dataclasses.dataclass(frozen=True)
class Posting{n}:
    """An amount on a day."""

    day: int
    cents: int


class Book{n}:
    """Postings in order of their days."""

    def __init__(self, postings: abc.Iterable[Posting{n}] = ()) -> None:
        self._postings = sorted(postings, key=lambda posting: posting.day)

    def add(self, posting: Posting{n}) -> None:
        """Adds a posting where it belongs."""
        at = len(self._postings)
        while at > 0 and self._postings[at - 1].day > posting.day:
            at -= 1
        self._postings.insert(at, posting)

    def balance(self, day: int) -> int:
        """What there is at the end of a day."""
        total = 0
        for posting in self._postings:
            if posting.day > day:
                break
            total += posting.cents
        return total
"#
    );
    for k in 0..8 {
        let _ = write!(
            text,
            r#"
    def statement_{k}(self, first: int, last: int) -> dict[int, int]:
        """Balances of the days from `first` to `last`."""
        if first > last:
            raise ValueError("the first day is after the last")
        days: dict[int, int] = {{}}
        for day in range(first, last + 1):
            balance = self.balance(day)
            if balance or day in (first, last):
                days[day] = balance + {k}
        return days
"#
        );
    }
    if changed {
        text += r#"
    def first_day(self) -> int | None:
        """When it began."""
        if not self._postings:
            return None
        return self._postings[0].day
"#;
    }
    if sloppy {
        let _ = write!(
            text,
            "\n\ndef total{n}(book: Book{n}) -> int :\n    \"\"\"All of it.\"\"\"\n    return \
             str(book.balance(10**6))\n"
        );
    }
    text
}

/// Tests of one file, which compute for a while.
fn test(n: usize) -> String {
    let mut text = format!(
        "from {} import part{n:02} as part\n",
        MODULE.replace('/', ".")
    );
    let _ = write!(
        text,
        r#"

def book() -> part.Book{n}:
    made = part.Book{n}(part.Posting{n}(day, day * 7 % 100) for day in range(60))
    made.add(part.Posting{n}(30, 5))
    return made


def test_balance() -> None:
    assert book().balance(0) == 0
    assert book().balance(1) == 7
"#
    );
    for k in 0..8 {
        let _ = write!(
            text,
            r#"

def test_statement_{k}() -> None:
    days = book().statement_{k}(1, 60)
    assert len(days) == 60
    assert days[1] == 7 + {k}
"#
        );
    }
    text
}

fn commit(git: &Repository) {
    let who = Signature::new("Mara", "mara@example.org", &Time::new(1_700_000_000, 0));
    let made = who.and_then(|who| {
        let mut index = git.index()?;
        index.add_all(["*"], IndexAddOption::DEFAULT, None)?;
        index.write()?;
        let tree = git.find_tree(index.write_tree()?)?;
        let parent = git.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<_> = parent.iter().collect();
        git.commit(Some("HEAD"), &who, &who, "Work", &tree, &parents)
    });
    made.expect("a commit");
}
