//! Implementations by others come to the same: trees with pymerkle and with the test
//! vectors of certificate transparency, encodings with securesystemslib, signatures of FIDO
//! keys with the installed OpenSSH and with its own test data, checkpoints with those of Go's checksum database.
#![allow(clippy::unwrap_used)]

mod checkpoint;
#[path = "../gates_support/mod.rs"]
mod gates_support;
mod imports;
mod merkle;
mod openssh;
mod pae;
mod sshsig;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a script of this directory with the test tools' Python; what it prints.
fn python(script: &str, input: &[u8]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/agreement")
        .join(script);
    let mut command = Command::new(gates_support::tools().join("bin/python"));
    command.arg(&script);
    let (succeeded, printed) = run(&mut command, input);
    assert!(succeeded, "{}: see above", script.display());
    String::from_utf8(printed).unwrap()
}

/// Runs a command; whether it succeeded, and what it printed.
fn run(command: &mut Command, input: &[u8]) -> (bool, Vec<u8>) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{:?}: {error}; see tests/run", command.get_program()));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // Beside reading, so that neither side waits for the other.
    let written = std::thread::spawn(move || stdin.write_all(&input));
    let done = child.wait_with_output().unwrap();
    // A pipe that closes early says more by its exit code than by this.
    let _ = written.join().unwrap();
    (done.status.success(), done.stdout)
}
