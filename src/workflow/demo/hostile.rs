//! What a terminal, an editor and a parser would rather not meet, made here so that no repository
//! of ours has to hold it.

use super::File;

/// A commit message that clears the screen, renames the window and turns text around.
pub(super) const MESSAGE: &str = "Add bank_import \x1b[2J\x1b[H\x1b]0;owned\x07\n\n\
    Approved \u{202e}ton\u{202c} by security. \x1b[1A\x1b[2KAll gates passed.\n";

/// Characters to a line, where a screen has a few hundred.
const WIDE: usize = 10_000;
/// Bytes to a line, where a pager has a few thousand.
const LONG: usize = 5_000_000;

/// Sequences that move the cursor, name the window, fill the clipboard, disguise a link, open a
/// device string, use the eight-bit introducer, and rub out; two of them are never closed.
const ESCAPES: &str = "\x1b[2J\x1b[H\x1b[31m \x1b]0;owned\x07 \x1b]52;c;b3duZWQ=\x07 \
    \x1b]8;;https://phish.example.org\x1b\\bank.example.org\x1b]8;;\x1b\\ \
    \x1bP1$r0m\x1b\\ \u{9b}5A rejected\x08\x08\x08\x08\x08\x08\x08\x08 \x1b[?1049h \x1b]0;open";

/// All of it; most of it still compiles.
pub(super) fn files() -> Vec<File> {
    let module = |name: &[u8], content: &[u8]| File {
        path: [b"candidate/bank_import/", name].concat(),
        mode: 0o100644,
        content: content.into(),
    };
    let link = |name: &[u8], target: &[u8]| File {
        mode: 0o120000,
        ..module(name, target)
    };
    vec![
        // In the text.
        module(b"banner.py", banner().as_bytes()),
        module(b"access.py", ACCESS.as_bytes()),
        module(b"settings.py", settings().as_bytes()),
        // In the encoding: no cookie, so Python refuses it.
        module(
            b"latin1.py",
            b"\"\"\"Relev\xe9s.\"\"\"\n\nCAF\xc9 = \"caf\xe9\"\n",
        ),
        // In the size.
        module(b"wide.py", wide().as_bytes()),
        module(b"samples/one-line.json", one_line().as_bytes()),
        // In the name.
        module(
            b"\x1b[2J\x1b]0;owned\x07.py",
            b"\"\"\"Its name clears the screen.\"\"\"\n",
        ),
        module(
            "statement_\u{202e}fdp.py".as_bytes(),
            b"\"\"\"Its name reads as a document.\"\"\"\n",
        ),
        module(b"relev\xe9.py", b"\"\"\"Its name is not UTF-8.\"\"\"\n"),
        module(b"two\nlines.py", b"\"\"\"Its name takes two lines.\"\"\"\n"),
        module(b"--help.py", b"\"\"\"Its name is an option.\"\"\"\n"),
        // In the kind.
        link(b"samples/accounts.csv", b"/etc/passwd"),
    ]
}

fn banner() -> String {
    format!(
        "\"\"\"Greets whoever prints this file.\"\"\"\n\n\
         # {ESCAPES}\n\
         GREETING = r\"{ESCAPES}\"\n\
         ACCENTS = \"Z\u{0351}\u{0322}a\u{0300}\u{0316}l\u{035b}\u{0323}g\u{0313}\u{0330}o\u{0344}\u{032c}\"\n\
         WIDTHS = \"\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f466}\u{ff37}\u{200b}\u{feff}\u{1f1f8}\u{1f1ea}\"\n"
    )
}

/// Reads as if only an administrator gets through; everybody does. (CVE-2021-42574)
const ACCESS: &str = "\"\"\"Who may import.\"\"\"\n\n\n\
    def may_import(level: str) -> bool:\n\
    \x20   \"\"\"Administrators only\u{202e} \u{2066}, or so it reads.\"\"\"\n\
    \x20   if level != \"user\u{202e} \u{2066}# administrators only\u{2069} \u{2066}\":\n\
    \x20       return True\n\
    \x20   return False\n";

/// A key in the form of a real one; in two pieces, as scanners read this file too.
fn settings() -> String {
    let key = ["AKIA", "3JX7QWZP5MKD2VNT"].concat();
    format!("\"\"\"How to reach the bank's file store.\"\"\"\n\nACCESS_KEY = \"{key}\"\n")
}

fn wide() -> String {
    let head = "DIGITS = \"";
    let digits: String = ('0'..='9').cycle().take(WIDE - head.len() - 1).collect();
    format!("\"\"\"One line, {WIDE} columns.\"\"\"\n\n{head}{digits}\"\n")
}

fn one_line() -> String {
    let entry = "{\"minor\":4711,\"text\":\"rent\"},";
    let entries = entry.repeat(LONG / entry.len());
    format!("[{}]\n", entries.trim_end_matches(','))
}
