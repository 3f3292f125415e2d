//! What is known of pull requests, and since when.

use std::collections::HashMap;

use crate::console::event::Millis;
use crate::promotion::RepoPath;
use crate::workflow::pull_request::Brief;

/// The pull requests of modules. Nothing where there is no forge.
#[derive(Clone, Debug, Default)]
pub struct Pulls {
    /// By module.
    pub of: HashMap<RepoPath, Brief>,
    /// When they were read.
    pub at: Millis,
    /// Why they could not be read since; what is shown is as old as it says.
    pub why_not: Option<String>,
}

impl Pulls {
    /// Takes over what was read, or why it was not: then the old stays.
    pub fn apply(&mut self, at: Millis, result: Result<HashMap<RepoPath, Brief>, String>) {
        match result {
            Ok(of) => {
                *self = Self {
                    of,
                    at,
                    why_not: None,
                }
            }
            Err(why) => self.why_not = Some(why),
        }
    }
}

/// One in a few words: not yet safe to show.
pub fn words(pull: &Brief) -> String {
    let mut words = vec![format!("#{}", pull.number)];
    words.push(match (&pull.merged_by, pull.draft) {
        (Some(by), _) => format!("merged by {by}"),
        (None, true) if pull.state == "open" => "draft".to_owned(),
        (None, _) => pull.state.to_owned(),
    });
    if pull.state == "open" {
        if let Some(checks) = &pull.checks {
            words.push(format!("checks {checks}"));
        }
        if let Some(reviews) = &pull.reviews {
            words.push(reviews.clone());
        }
        if pull.conflicts {
            words.push("conflicts".to_owned());
        }
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brief() -> Brief {
        Brief {
            branch: "promote/a-20260102".into(),
            number: 12,
            url: "https://github.com/a/b/pull/12".into(),
            state: "open",
            draft: true,
            checks: Some("pending".into()),
            reviews: Some("review required".into()),
            conflicts: false,
            merged_by: None,
        }
    }

    #[test]
    fn it_is_said_in_a_few_words() {
        let mut pull = brief();
        assert_eq!(words(&pull), "#12, draft, checks pending, review required");
        (pull.draft, pull.conflicts) = (false, true);
        assert_eq!(
            words(&pull),
            "#12, open, checks pending, review required, conflicts"
        );
        (pull.state, pull.merged_by) = ("merged", Some("jonas".into()));
        assert_eq!(words(&pull), "#12, merged by jonas");
    }

    #[test]
    fn what_cannot_be_read_again_stays_and_grows_old() {
        let mut pulls = Pulls::default();
        let of: HashMap<RepoPath, Brief> = [("candidate/a".into(), brief())].into();
        pulls.apply(5, Ok(of));
        pulls.apply(9, Err("no network".into()));
        assert_eq!((pulls.of.len(), pulls.at), (1, 5));
        assert_eq!(pulls.why_not.as_deref(), Some("no network"));
        pulls.apply(10, Ok(HashMap::new()));
        assert_eq!((pulls.of.len(), pulls.at, pulls.why_not), (0, 10, None));
    }
}
