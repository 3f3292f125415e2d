//! Imports point one way: faces → workflow → instruments → promotion. This
//! reads every source file and says which ones do not.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

/// What each layer may import of the crate, beside itself.
const MAY: [(&str, &[&str]); 12] = [
    ("promotion", &[]),
    ("config", &["promotion"]),
    ("repo", &["promotion"]),
    ("python", &["promotion"]),
    ("gates", &["promotion"]),
    ("review", &["promotion"]),
    ("audit", &["promotion"]),
    ("canary", &["promotion"]),
    ("forge", &["promotion"]),
    (
        "workflow",
        &[
            "promotion",
            "config",
            "repo",
            "python",
            "gates",
            "review",
            "audit",
            "canary",
            "forge",
        ],
    ),
    (
        "cli",
        &[
            "promotion",
            "workflow",
            "config::user",
            "config::UserConfig",
        ],
    ),
    (
        "console",
        &[
            "promotion",
            "workflow",
            "config::user",
            "config::UserConfig",
        ],
    ),
];

#[test]
fn imports_point_one_way() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    assert!(files.len() > 60, "only {} files were found", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let name = file.strip_prefix(&source).unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        wrong.extend(violations(name, &text));
    }
    assert!(
        wrong.is_empty(),
        "imports that point the wrong way (docs/architecture.md):\n  {}",
        wrong.join("\n  ")
    );
}

/// Who may say which of these: nobody else does.
const FIX: [(&str, &[&str]); 2] = [
    ("gates::fix", &["workflow/fix/"]),
    ("workflow::fix", &["workflow/fix/", "cli/fix.rs"]),
];

/// A gate judges and changes nothing: what mends files is reached only from the
/// command of that name, and where the work tree is is known to no gate.
#[test]
fn no_gate_fixes_anything_or_knows_the_work_tree() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in files {
        let name = file.strip_prefix(&source).unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let (more, found) = fixes(name, &text);
        seen += found;
        wrong.extend(more);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 2, "the command itself uses it");
    for (file, text) in [
        ("gates/checks/lint.rs", "use crate::gates::fix;"),
        ("gates/pipeline.rs", "use super::fix::run;"),
        (
            "workflow/validate/mod.rs",
            "fn f() { crate::gates::fix::run() }",
        ),
        ("workflow/validate/mod.rs", "use crate::workflow::fix;"),
        ("gates/checks/lint.rs", "fn f() { ws.work_tree() }"),
    ] {
        assert_eq!(fixes(file, text).0.len(), 1, "{file}: {text}");
    }
}

/// What a file says of these that it may not, and how often it may.
fn fixes(file: &str, text: &str) -> (Vec<String>, usize) {
    let tokens = tokens(text);
    let (mut wrong, mut allowed) = (Vec::new(), 0);
    for (path, line) in imports(&tokens, &module_of(file)) {
        for (fix, by) in FIX {
            let is_it = path == fix || path.starts_with(&format!("{fix}::"));
            match by.iter().any(|by| file.starts_with(by)) {
                _ if !is_it => {}
                true => allowed += 1,
                false => wrong.push(format!("src/{file}:{line} uses crate::{path}")),
            }
        }
    }
    // To find `.venv`, which is not of the commit.
    let knows = file == "gates/toolchain/mod.rs" || !file.starts_with("gates/");
    let named = |(token, _): &&(Token, usize)| *token == Token::Name("work_tree".into());
    for (_, line) in tokens.iter().filter(named).filter(|_| !knows) {
        wrong.push(format!("src/{file}:{line} names the work tree"));
    }
    (wrong, allowed)
}

#[test]
fn every_layer_is_known() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut layers: Vec<_> = std::fs::read_dir(source)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["main.rs", "lib.rs"].contains(&name.as_str()))
        .collect();
    layers.sort();
    let mut known: Vec<_> = MAY.iter().map(|(layer, _)| *layer).collect();
    known.sort();
    assert_eq!(layers, known);
}

#[test]
fn planted_violations_are_found() {
    for (file, text) in [
        ("promotion/x.rs", "use crate::repo::Repo;"),
        ("promotion/x.rs", "fn f() { crate::config::parse() }"),
        ("promotion/x.rs", "use super::super::repo::Repo;"),
        ("promotion/mod.rs", "use super::repo::Repo;"),
        ("repo/x.rs", "use crate::{promotion::RepoPath, python};"),
        (
            "repo/diff/x.rs",
            "mod t { use super::super::super::super::gates; }",
        ),
        ("gates/x.rs", "use crate :: config :: ProjectConfig;"),
        ("workflow/x.rs", "use crate::cli::Exit;"),
        ("cli/x.rs", "use crate::console::run;"),
        ("console/x.rs", "use crate::cli::Exit;"),
        ("console/x.rs", "use crate::repo::Repo;"),
        (
            "cli/x.rs",
            "use crate::{workflow::{a, b}, config::{project, user}};",
        ),
        ("cli/x.rs", "use crate::{self as root};"),
        ("cli/x.rs", "use crate::*;"),
        (
            "console/x.rs",
            "const A: char = '\"'; use crate::repo::Repo; // \"",
        ),
        (
            "console/x.rs",
            "fn f<'a>(x: &'a str) {} use crate::repo::Repo;",
        ),
        (
            "console/x.rs",
            "const A: &str = r#\"\"\"#; use crate::repo::Repo;",
        ),
        ("promotion/x.rs", "use countersign::repo::Repo;"),
    ] {
        assert_eq!(violations(file, text).len(), 1, "{file}: {text}");
    }
}

#[test]
fn what_is_allowed_is_not_found() {
    for (file, text) in [
        (
            "promotion/x.rs",
            "use super::RepoPath; use crate::promotion::text;",
        ),
        (
            "promotion/x.rs",
            "// crate::repo::Repo\n/* crate::repo /* nested */ crate::gates */",
        ),
        (
            "promotion/x.rs",
            "/// See [`crate::repo`].\nconst A: &str = \"crate::repo::Repo\";",
        ),
        ("promotion/x.rs", "mod tests { use super::super::text; }"),
        (
            "promotion/x.rs",
            "const A: &str = r##\"use \"# crate::repo\"##;",
        ),
        (
            "promotion/x.rs",
            "pub(crate) fn f() {} use other::crate_::x;",
        ),
        (
            "repo/diff/x.rs",
            "use super::super::RepoError; use crate::promotion::{RepoPath, text};",
        ),
        (
            "workflow/x.rs",
            "use crate::{config::ProjectConfig, repo, python, gates::cache};",
        ),
        (
            "cli/x.rs",
            "use crate::config::user; use crate::{config::{user, UserConfig}, workflow};",
        ),
        ("main.rs", "use countersign::{cli, console, gates};"),
    ] {
        assert_eq!(violations(file, text), [""; 0], "{file}: {text}");
    }
}

fn rust_files(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
}

/// The imports of one file that point the wrong way; `file` is relative to `src`.
fn violations(file: &str, text: &str) -> Vec<String> {
    if ["main.rs", "lib.rs"].contains(&file) {
        return Vec::new();
    }
    let module = module_of(file);
    let may = MAY
        .iter()
        .find(|(layer, _)| *layer == module[0])
        .map_or(&[][..], |(_, may)| *may);
    let allowed = |path: &str| {
        path.split("::").next() == Some(&module[0])
            || may.iter().any(|may| {
                path == *may
                    || path
                        .strip_prefix(may)
                        .is_some_and(|rest| rest.starts_with("::"))
            })
    };
    imports(&tokens(text), &module)
        .into_iter()
        .filter(|(path, _)| !allowed(path))
        .map(|(path, line)| format!("src/{file}:{line} uses crate::{path}"))
        .collect()
}

/// `repo/diff/mod.rs` is `[repo, diff]`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(Into::into).collect()
}

#[derive(Debug, PartialEq)]
enum Token {
    Name(String),
    Separator,
    Open,
    Close,
    Other(char),
}

/// What is neither comment nor string nor character, with its line.
fn tokens(text: &str) -> Vec<(Token, usize)> {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line, mut tokens) = (0, 1, Vec::new());
    let peek = |at: usize| chars.get(at).copied().unwrap_or('\0');
    while at < chars.len() {
        let c = chars[at];
        let start = at;
        match c {
            '/' if peek(at + 1) == '/' => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
            }
            '/' if peek(at + 1) == '*' => {
                let mut depth = 0;
                while at < chars.len() {
                    match (chars[at], peek(at + 1)) {
                        ('/', '*') => (depth, at) = (depth + 1, at + 2),
                        ('*', '/') => (depth, at) = (depth - 1, at + 2),
                        _ => at += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            'r' if is_raw(&chars, at) => {
                let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
                at += hashes + 2;
                let end = |at: usize| {
                    chars[at] == '"' && (1..=hashes).all(|after| peek(at + after) == '#')
                };
                while at < chars.len() && !end(at) {
                    at += 1;
                }
                at += hashes + 1;
            }
            '"' => {
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    at += 1 + usize::from(chars[at] == '\\');
                }
                at += 1;
            }
            // A character; a lifetime has no second quote where one would be.
            '\'' if peek(at + 1) == '\\' => {
                at += 3;
                while at < chars.len() && chars[at] != '\'' {
                    at += 1;
                }
                at += 1;
            }
            '\'' if peek(at + 2) == '\'' => at += 3,
            c if c.is_alphanumeric() || c == '_' => {
                while at < chars.len() && (chars[at].is_alphanumeric() || chars[at] == '_') {
                    at += 1;
                }
                tokens.push((Token::Name(chars[start..at].iter().collect()), line));
            }
            ':' if peek(at + 1) == ':' => {
                at += 2;
                tokens.push((Token::Separator, line));
            }
            c => {
                at += 1;
                match c {
                    '{' => tokens.push((Token::Open, line)),
                    '}' => tokens.push((Token::Close, line)),
                    c if c.is_whitespace() => {}
                    c => tokens.push((Token::Other(c), line)),
                }
            }
        }
        let end = at.min(chars.len());
        line += chars[start..end].iter().filter(|c| **c == '\n').count();
        at = end;
    }
    tokens
}

fn is_raw(chars: &[char], at: usize) -> bool {
    let inside =
        at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') && chars[at - 1] != 'b';
    let rest = &chars[at + 1..];
    !inside && rest.get(rest.iter().take_while(|c| **c == '#').count()) == Some(&'"')
}

/// Every path from the crate's root, in dotted form, with its line. Groups give
/// one path each.
fn imports(tokens: &[(Token, usize)], module: &[String]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut braces: Vec<bool> = Vec::new();
    let name = |at: usize| match tokens.get(at) {
        Some((Token::Name(name), _)) => name.as_str(),
        _ => "",
    };
    let is = |at: usize, token: Token| tokens.get(at).is_some_and(|(t, _)| *t == token);
    let mut at = 0;
    while at < tokens.len() {
        let line = tokens[at].1;
        let starts = at == 0 || !is(at - 1, Token::Separator);
        match &tokens[at].0 {
            Token::Open => braces.push(at >= 2 && name(at - 2) == "mod"),
            Token::Close => {
                braces.pop();
            }
            Token::Name(first) if starts && is(at + 1, Token::Separator) => {
                let mut next = at + 2;
                let mut path: Option<Vec<String>> = match first.as_str() {
                    "crate" | "countersign" => Some(Vec::new()),
                    "super" => {
                        let inline = braces.iter().filter(|is_mod| **is_mod).count();
                        let mut ups = 1;
                        while name(next) == "super" && is(next + 1, Token::Separator) {
                            (ups, next) = (ups + 1, next + 2);
                        }
                        let depth = (module.len() + inline).checked_sub(ups);
                        depth.map(|depth| module[..depth.min(module.len())].to_vec())
                    }
                    _ => None,
                };
                if let Some(prefix) = path.take() {
                    next = expand(tokens, next, &prefix.join("::"), line, &mut found);
                    at = next;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads `a::b`, `*` or `{…}` after a prefix; returns where it ends.
fn expand(
    tokens: &[(Token, usize)],
    mut at: usize,
    prefix: &str,
    line: usize,
    found: &mut Vec<(String, usize)>,
) -> usize {
    let join = |name: &str| {
        if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}::{name}")
        }
    };
    match tokens.get(at).map(|(token, _)| token) {
        Some(Token::Name(name)) => {
            let path = join(name);
            if tokens
                .get(at + 1)
                .is_some_and(|(t, _)| *t == Token::Separator)
            {
                return expand(tokens, at + 2, &path, line, found);
            }
            found.push((path, line));
            at + 1
        }
        Some(Token::Open) => {
            at += 1;
            while at < tokens.len() && tokens[at].0 != Token::Close {
                let before = at;
                at = expand(tokens, at, prefix, tokens[at].1, found);
                // `as name` and commas between the members.
                while at < tokens.len() && !matches!(tokens[at].0, Token::Close | Token::Other(','))
                {
                    at += 1;
                }
                if at < tokens.len() && tokens[at].0 == Token::Other(',') {
                    at += 1;
                }
                assert!(at > before, "a group that does not end");
            }
            at + 1
        }
        _ => {
            found.push((join("*"), line));
            at + 1
        }
    }
}
