//! prek with the same static checks, as hooks of this machine: nothing is
//! installed or fetched.

use std::path::PathBuf;
use std::process::Command;

use super::took::{self, Took};
use super::{Bench, python_files};

pub struct Prek {
    program: PathBuf,
    root: PathBuf,
    home: PathBuf,
    files: Vec<String>,
}

impl Prek {
    pub fn of(bench: &Bench) -> Self {
        let root = bench.tree("prek", "HEAD");
        let (python, ruff) = (bench.tool("python"), bench.tool("ruff"));
        // What the project sets up itself is what Countersign heeds, too.
        let isort = std::fs::read_to_string(root.join("pyproject.toml"))
            .is_ok_and(|text| text.contains("[tool.isort]"));
        let imports = match isort {
            true => format!("{} --check", bench.tool("isort").display()),
            false => format!("{} check --select I", ruff.display()),
        };
        let module = bench.module.replace('/', ".");
        let hooks = [
            (
                "py_compile",
                format!("{} -m py_compile", python.display()),
                true,
            ),
            (
                "ruff",
                format!("{} check --select E,F,W", ruff.display()),
                true,
            ),
            (
                "mypy",
                format!(
                    "{} --follow-imports=silent -p {module}",
                    bench.tool("mypy").display()
                ),
                false,
            ),
            (
                "black",
                format!("{} --check -q", bench.tool("black").display()),
                true,
            ),
            ("imports", imports, true),
        ];
        let mut config = "repos:\n  - repo: local\n    hooks:\n".to_owned();
        for (name, entry, files) in hooks {
            config += &format!(
                "      - id: {name}\n        name: {name}\n        language: system\n        \
                 types: [python]\n        pass_filenames: {files}\n        entry: {entry}\n"
            );
        }
        std::fs::write(root.join(".pre-commit-config.yaml"), config).expect("its settings");
        let files = python_files(&root, bench.module);
        let prek = Self {
            program: bench.tool("prek"),
            home: bench.work.join("home"),
            root,
            files,
        };
        prek.run();
        prek
    }

    /// Without caches of its tools; its own are there.
    pub fn cold(&self) -> Took {
        let caches = [".mypy_cache", ".ruff_cache"].map(|name| self.root.join(name));
        for cache in caches.into_iter().chain([self.home.join("black")]) {
            let _ = std::fs::remove_dir_all(cache);
        }
        self.run()
    }

    /// As it stands.
    pub fn run(&self) -> Took {
        let mut command = Command::new(&self.program);
        command
            .current_dir(&self.root)
            .args(["run", "--files"])
            .args(&self.files)
            .env("PREK_HOME", self.home.join("prek"))
            .env("BLACK_CACHE_DIR", self.home.join("black"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        let (took, output) = took::output(&mut command);
        // Old findings of the module make a hook fail; that they ran is what counts.
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            matches!(output.status.code(), Some(0 | 1)) && said.contains("imports"),
            "prek: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        took
    }
}
