//! Exit codes: the same four for every command.

use std::error::Error;
use std::process::ExitCode;

use color_eyre::Result;

use crate::workflow::ci::{CiError, WorkflowError};
use crate::workflow::demo::DemoError;
use crate::workflow::demo::canary::CanaryDemoError;
use crate::workflow::init::InitError;
use crate::workflow::observe::ObserveError;
use crate::workflow::propose::ProposeError;
use crate::workflow::pull_request::PullRequestError;
use crate::workflow::report::WriteError;
use crate::workflow::roll_back::RollBackError;
use crate::workflow::select::SelectError;
use crate::workflow::validate::CheckError;
use crate::workflow::{ConfigError, OpenError, RepoError};

use super::Usage;
use super::output::Output;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// What was asked for holds, or was done.
    Holds = 0,
    /// A gate failed, or something was not verified.
    Failed = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// Could not be determined: a tool or service is missing, crashed or timed out.
    Undetermined = 3,
    /// A person, or the system, asked it to stop (as shells report SIGINT).
    Interrupted = 130,
}

impl Exit {
    /// The code of an error, by the types in its chain. What is not known to be
    /// a mistake of the person's is "could not be determined".
    pub fn of(report: &color_eyre::Report) -> Self {
        if report.chain().any(is_usage) {
            Self::Usage
        } else {
            Self::Undetermined
        }
    }
}

/// What a command ends with whose errors are of that type: a refusal is an answer, and it
/// is no; what is wrong with the question is wrong usage.
pub(super) fn answered<E: Error + Send + Sync + 'static>(
    done: Result<Exit>,
    is_refusal: fn(&E) -> bool,
    is_usage: fn(&E) -> bool,
    out: &mut Output,
) -> Result<Exit> {
    done.or_else(|report| match report.downcast_ref::<E>() {
        Some(error) if is_refusal(error) => {
            out.error(&error.to_string());
            Ok(Exit::Failed)
        }
        Some(error) if is_usage(error) => Err(Usage(error.to_string()).into()),
        _ => Err(report),
    })
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

fn is_usage(cause: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(OpenError::Repo(error)) = cause.downcast_ref() {
        return error.is_usage();
    }
    cause.downcast_ref().is_some_and(RepoError::is_usage)
        || cause.downcast_ref().is_some_and(InitError::is_usage)
        || cause.downcast_ref().is_some_and(ProposeError::is_usage)
        || cause.downcast_ref().is_some_and(ObserveError::is_usage)
        || cause.downcast_ref().is_some_and(WriteError::is_usage)
        || cause.downcast_ref().is_some_and(SelectError::is_usage)
        || cause.downcast_ref().is_some_and(CheckError::is_usage)
        || cause.downcast_ref().is_some_and(PullRequestError::is_usage)
        || cause.downcast_ref().is_some_and(RollBackError::is_usage)
        || cause.downcast_ref().is_some_and(CiError::is_usage)
        || cause.downcast_ref().is_some_and(WorkflowError::is_usage)
        || matches!(
            cause.downcast_ref(),
            Some(DemoError::Occupied { .. } | DemoError::Io { .. })
        )
        || matches!(
            cause.downcast_ref(),
            Some(
                CanaryDemoError::Demo(DemoError::Occupied { .. } | DemoError::Io { .. })
                    | CanaryDemoError::Occupied { .. }
                    | CanaryDemoError::Busy { .. }
            )
        )
        || cause.is::<OpenError>()
        || cause.is::<ConfigError>()
        || cause.is::<Usage>()
}
