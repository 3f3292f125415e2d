//! `countersign doctor`

use color_eyre::Result;
use serde::Serialize;

use super::Exit;
use super::args::DoctorArgs;
use super::output::{Output, Style};
use crate::workflow::doctor::{self, Area, Check, State};

/// The JSON document; see `docs/json.md`.
#[derive(Serialize)]
struct Report<'a> {
    state: State,
    checks: &'a [Check],
}

/// Runs the command; `slips` is what the console cannot take of a person's own files.
/// Ends in [`Exit::Holds`] where gates can run, warnings or not; in [`Exit::Usage`] where the repository or its configuration keeps them
/// from it; in [`Exit::Undetermined`] where the machine does.
pub fn run(args: DoctorArgs, slips: &[String], out: &mut Output) -> Result<Exit> {
    let checks = doctor::examine(&args.repo.repo, slips);
    if args.json.json {
        let report = Report {
            state: doctor::worst(&checks),
            checks: &checks,
        };
        out.json("countersign.doctor", 1, &report)?;
    } else {
        print(&checks, out)?;
    }
    Ok(exit(&checks))
}

fn exit(checks: &[Check]) -> Exit {
    let problem = |area: fn(Area) -> bool| {
        checks
            .iter()
            .any(|check| check.state == State::Problem && area(check.area))
    };
    if problem(|area| area == Area::Repository) {
        Exit::Usage
    } else if problem(|_| true) {
        Exit::Undetermined
    } else {
        Exit::Holds
    }
}

fn print(checks: &[Check], out: &mut Output) -> Result<()> {
    for check in checks {
        let (style, word) = match check.state {
            State::Ok => (Style::Good, "ok"),
            State::Warning => (Style::Warning, "warning"),
            State::Problem => (Style::Bad, "problem"),
        };
        let mut lines = check.found.lines();
        out.spans(&[
            (style, &format!("{word:<8}")),
            (Style::Strong, &format!("{:<14}", check.name)),
            (Style::Plain, &out.here(lines.next().unwrap_or_default())),
        ])?;
        for line in lines {
            out.line(out.here(format!("{:22}{line}", "")))?;
        }
        if let Some(remedy) = &check.remedy {
            out.spans(&[
                (Style::Faint, &format!("{:20}→ ", "")),
                (Style::Plain, &out.here(remedy)),
            ])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_cause_decides() {
        let check = |area, state| Check {
            area,
            name: "x",
            state,
            found: String::new(),
            remedy: None,
        };
        let warning = check(Area::Repository, State::Warning);
        let machine = check(Area::Machine, State::Problem);
        let repository = check(Area::Repository, State::Problem);
        assert_eq!(exit(std::slice::from_ref(&warning)), Exit::Holds);
        assert_eq!(exit(&[warning, machine.clone()]), Exit::Undetermined);
        assert_eq!(exit(&[machine, repository]), Exit::Usage);
    }
}
