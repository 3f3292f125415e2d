//! `owner`: somebody answers for the module, by name. A hint from history is
//! nobody's word. The two reviewers are asked when they sign.

use futures_util::future::BoxFuture;

use super::{Check, Measure};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::gates::subject::Subject;
use crate::promotion::{Criterion, GateId, OwnerSource};

/// The gate.
pub struct OwnerGate;

impl Check for OwnerGate {
    fn id(&self) -> GateId {
        GateId::new("owner")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Reviewers
    }

    fn title(&self) -> &'static str {
        "Somebody answers for it"
    }

    fn definition(&self) -> u32 {
        1
    }

    fn tools(&self) -> &'static [&'static str] {
        &[]
    }

    fn asks_owner(&self) -> bool {
        true
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move { Ok(measure(job.subject)) })
    }
}

/// What it says of who owns the subject.
pub fn measure(subject: &Subject) -> Measure {
    let named = subject.owner.as_ref().and_then(|owner| {
        let place = match owner.source {
            OwnerSource::Config => "countersign.toml",
            OwnerSource::Codeowners => "CODEOWNERS",
            OwnerSource::History => return None,
        };
        (!owner.name.trim().is_empty()).then_some((owner.name.trim(), place))
    });
    match named {
        Some((name, place)) => Measure {
            work: vec![("owners".into(), name.split_whitespace().count() as u64)],
            summary: Some(format!("{name}, by {place}")),
            ..Measure::default()
        },
        None => Measure {
            work: vec![("modules".into(), 1)],
            fails: Some(format!(
                "nobody is named as the owner of {0}: write `\"{0}\" = \"@name\"` under \
                 [owners.modules] in countersign.toml, or a line for it in CODEOWNERS",
                subject.module
            )),
            summary: Some("no owner".into()),
            ..Measure::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::Owner;

    fn measured(owner: Option<(&str, OwnerSource)>) -> Measure {
        measure(&Subject {
            owner: owner.map(|(name, source)| Owner {
                name: name.into(),
                source,
            }),
            ..Subject::test("candidate/x", "/nowhere")
        })
    }

    #[test]
    fn only_who_was_named_is_an_owner() {
        let fine = measured(Some(("@a @b", OwnerSource::Codeowners)));
        assert_eq!(fine.fails, None);
        assert_eq!(fine.summary.as_deref(), Some("@a @b, by CODEOWNERS"));
        for nobody in [
            None,
            Some(("Ada", OwnerSource::History)),
            Some(("  ", OwnerSource::Config)),
        ] {
            let why = measured(nobody).fails.unwrap();
            assert!(why.contains("[owners.modules]"), "{why}");
        }
    }
}
