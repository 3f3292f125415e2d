//! The guardian: gives the terminal back where we cannot (`kill -9`, a crash of
//! the process). It is our own program started again as `__guard`, in a
//! session of its own, blocked on a pipe that only we hold the other end of.
//! When the pipe closes without a goodbye, it restores the terminal and ends.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};

use rustix::termios::{
    ControlModes, InputModes, LocalModes, OptionalActions, OutputModes, Termios, tcgetattr,
    tcsetattr,
};

use super::terminal::leave_sequence;

/// The hidden first argument.
pub const COMMAND: &str = "__guard";

/// What the pipe holds where we left by ourselves.
const GOODBYE: &[u8] = b"bye";

/// How the terminal was before we took it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    modes: [u64; 4],
}

impl Before {
    /// How the terminal on standard output is now; `None` where it is no terminal.
    pub fn now() -> Option<Self> {
        let termios = tcgetattr(std::io::stdout()).ok()?;
        Some(Self {
            modes: [
                u64::from(termios.input_modes.bits()),
                u64::from(termios.output_modes.bits()),
                u64::from(termios.control_modes.bits()),
                u64::from(termios.local_modes.bits()),
            ],
        })
    }

    fn to_args(self) -> [String; 4] {
        self.modes.map(|mode| format!("{mode:x}"))
    }

    fn from_args(args: &[OsString]) -> Option<Self> {
        let mut modes = [0; 4];
        if args.len() != modes.len() {
            return None;
        }
        for (mode, arg) in modes.iter_mut().zip(args) {
            *mode = u64::from_str_radix(arg.to_str()?, 16).ok()?;
        }
        Some(Self { modes })
    }

    fn apply(self, termios: &mut Termios) {
        let [input, output, control, local] = self.modes;
        // The words are as wide as the platform has them; they came from it.
        termios.input_modes = InputModes::from_bits_retain(input as _);
        termios.output_modes = OutputModes::from_bits_retain(output as _);
        termios.control_modes = ControlModes::from_bits_retain(control as _);
        termios.local_modes = LocalModes::from_bits_retain(local as _);
    }
}

/// The guardian, as we see it.
pub struct Guardian {
    child: Child,
    lifeline: Option<ChildStdin>,
}

impl Guardian {
    /// Starts the guardian. Without it we still restore the terminal in every
    /// way of ending but those that leave us no time to.
    pub fn start(before: Before) -> std::io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(COMMAND)
            .args(before.to_args())
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let lifeline = child.stdin.take();
        Ok(Self { child, lifeline })
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        if let Some(mut lifeline) = self.lifeline.take() {
            let _ = lifeline.write_all(GOODBYE);
        }
        let _ = self.child.wait();
    }
}

/// The guardian's whole life, if these are its arguments.
pub fn main(args: &[OsString]) -> Option<ExitCode> {
    if args.get(1).is_none_or(|arg| arg != COMMAND) {
        return None;
    }
    let Some(before) = Before::from_args(&args[2..]) else {
        return Some(ExitCode::from(2));
    };
    // Out of reach of what ends our parent: signals from the terminal, a
    // closed window, `kill -9 -<group>`.
    let _ = rustix::process::setsid();
    let mut said = Vec::new();
    let heard = std::io::stdin().lock().read_to_end(&mut said);
    if heard.is_ok() && said == GOODBYE {
        return Some(ExitCode::SUCCESS);
    }
    let out = std::io::stdout();
    if let Ok(mut termios) = tcgetattr(&out) {
        before.apply(&mut termios);
        let _ = tcsetattr(&out, OptionalActions::Now, &termios);
    }
    let mut out = out.lock();
    let _ = out.write_all(leave_sequence().as_bytes());
    let _ = out.flush();
    Some(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_survive_the_command_line() {
        let before = Before {
            modes: [0x4500, 0x5, 0xbf, 0x8a3b],
        };
        let args: Vec<OsString> = before.to_args().into_iter().map(Into::into).collect();
        assert_eq!(Before::from_args(&args), Some(before));
        assert_eq!(Before::from_args(&args[1..]), None);
        assert!(main(&["countersign".into(), "list".into()]).is_none());
    }
}
