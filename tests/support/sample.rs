//! A large repository, made from nothing: as many files as a real one, so that
//! slowness shows.

use std::path::Path;

use git2::{Oid, Repository, Signature, Time};

/// 25,000 files, of which 2,359 are Python files in 636 packages of `candidate/`,
/// five levels deep, with importers in `core/` and tests in `tests/`.
pub fn large(at: &Path) {
    let repo = Repository::init(at).expect("a repository");
    let mut root = Dir::default();
    let mut packages = Vec::new();
    for n in 0..636 {
        let (a, b, c) = (n % 12, n / 12 % 9, n / 108);
        let path = match n {
            0..12 => format!("candidate/area{a:02}"),
            12..108 => format!("candidate/area{a:02}/part{b}"),
            _ => format!("candidate/area{a:02}/part{b}/unit{c}/piece{n:03}"),
        };
        packages.push(path);
    }
    let mut files = 0;
    for package in &packages {
        root.put(
            &format!("{package}/__init__.py"),
            b"\"\"\"A package.\"\"\"\n",
        );
        files += 1;
    }
    let mut n = 0;
    while files < 2359 {
        let package = &packages[n % packages.len()];
        root.put(&format!("{package}/module{n}.py"), source(n).as_bytes());
        files += 1;
        n += 1;
    }
    for n in 0..3000 {
        let text = format!(
            "from candidate.area{:02} import part0\nVALUE = {n}\n",
            n % 12
        );
        root.put(&format!("core/p{}/m{n}.py", n % 100), text.as_bytes());
    }
    for n in 0..1000 {
        let text = format!(
            "from candidate.area{:02} import module{}\n\n\ndef test_it() -> None:\n    assert module{}\n",
            n % 12,
            n % 12,
            n % 12
        );
        root.put(
            &format!("tests/candidate/t{}/test_{n}.py", n % 50),
            text.as_bytes(),
        );
    }
    for n in 0..18_641 {
        root.put(
            &format!("docs/d{}/page{n}.md", n % 300),
            format!("# Page {n}\n").as_bytes(),
        );
    }
    let tree = root.write(&repo);
    let tree = repo.find_tree(tree).expect("the tree");
    let who = Signature::new("Sample", "sample@example.org", &Time::new(1_700_000_000, 0))
        .expect("a signature");
    repo.commit(
        Some("refs/heads/main"),
        &who,
        &who,
        "A large repository",
        &tree,
        &[],
    )
    .expect("a commit");
    repo.set_head("refs/heads/main").expect("a branch");
    repo.checkout_head(Some(git2::build::CheckoutBuilder::new().force()))
        .expect("a work tree");
}

fn source(n: usize) -> String {
    let mut text = format!("\"\"\"Module {n}.\"\"\"\n\nimport json\nimport os\n");
    for f in 0..10 {
        text.push_str(&format!(
            "\n\ndef function_{f}(value: int) -> str:\n    if value > {f}:\n        return json.dumps(value)\n    return os.sep\n"
        ));
    }
    text
}

/// A directory to be: git wants trees written from the leaves up.
#[derive(Default)]
struct Dir {
    dirs: std::collections::BTreeMap<String, Dir>,
    files: std::collections::BTreeMap<String, Vec<u8>>,
}

impl Dir {
    fn put(&mut self, path: &str, content: &[u8]) {
        match path.split_once('/') {
            Some((dir, rest)) => self
                .dirs
                .entry(dir.to_owned())
                .or_default()
                .put(rest, content),
            None => {
                self.files.insert(path.to_owned(), content.to_vec());
            }
        }
    }

    fn write(&self, repo: &Repository) -> Oid {
        let mut builder = repo.treebuilder(None).expect("a tree");
        for (name, dir) in &self.dirs {
            builder
                .insert(name, dir.write(repo), 0o040_000)
                .expect("an entry");
        }
        for (name, content) in &self.files {
            let blob = repo.blob(content).expect("a blob");
            builder.insert(name, blob, 0o100_644).expect("an entry");
        }
        builder.write().expect("a tree")
    }
}
