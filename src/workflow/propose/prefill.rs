//! What facts write into a form, each with its reason.

use crate::promotion::proposal::{About, Evidenced, Field, Form, Kind, Prefill, Which};
use crate::promotion::text::visible;
use crate::promotion::{Module, OwnerSource, RepoPath};

use super::facts::{Facts, Seen};

/// What it goes by.
pub(super) struct Given<'a> {
    pub module: &'a Module,
    pub target: &'a RepoPath,
    pub date: &'a str,
    pub branch: &'a str,
    pub facts: &'a Facts,
    pub evidenced: &'a Evidenced,
}

fn says(value: impl Into<String>, because: impl Into<String>) -> Option<Prefill> {
    Some(Prefill {
        value: value.into(),
        because: because.into(),
        suggests: false,
    })
}

fn suggests(value: impl Into<String>, because: impl Into<String>) -> Option<Prefill> {
    says(value, because).map(|it| Prefill {
        suggests: true,
        ..it
    })
}

impl Given<'_> {
    /// Fills in what is known.
    pub fn fill(&self, form: &mut Form) {
        let mut described = false;
        let mut risks = false;
        for field in form.template.fields() {
            let prefill = match field.about {
                About::Module => says(plain(&self.module.path), "it is the module"),
                About::Move => says(
                    format!(
                        "`{}` → **to:** `{}`",
                        plain(&self.module.path),
                        plain(self.target)
                    ),
                    "its lane leads there",
                ),
                About::Branch => says(self.branch, "the module and the day"),
                About::Date => says(self.date, "the day it is proposed"),
                About::Owner => self.owner(),
                About::RiskLevel if form.which == Which::Promote => self.level(field),
                About::ModelFacing if form.which == Which::Ethics => {
                    self.touches(field).map(|it| {
                        // It is answered in PROMOTE.md, and this is only written where it applies.
                        let suggests = self.facts.touches.is_empty();
                        Prefill { suggests, ..it }
                    })
                }
                About::ModelFacing => self.touches(field),
                About::Description if !described => {
                    let said = self.description(field);
                    described = said.is_some();
                    said
                }
                About::Risks if form.which == Which::Promote && !risks => {
                    risks = true;
                    self.risks()
                }
                About::Artifacts => self.artifacts(),
                _ => None,
            };
            if let Some(prefill) = prefill {
                form.prefills.insert(field.id.clone(), prefill);
            }
        }
    }

    fn owner(&self) -> Option<Prefill> {
        let Some(owner) = &self.facts.known.owner else {
            let me = self.facts.me.as_deref()?;
            return suggests(visible(me), "nobody is named as its owner; you commit here");
        };
        let name = visible(&owner.name).into_owned();
        match owner.source {
            OwnerSource::Config => says(name, "countersign.toml names its owner"),
            OwnerSource::Codeowners => says(name, "CODEOWNERS names its owner"),
            OwnerSource::History => suggests(name, "wrote most of it, and was named by nobody"),
        }
    }

    fn description(&self, field: &Field) -> Option<Prefill> {
        let (said, path) = self.facts.description.as_ref()?;
        let said = lines(said);
        let because = format!("it says so of itself in {path}");
        let fits = field.problems(&said).is_empty();
        fits.then(|| says(said, because)).flatten()
    }

    /// One of the words of the field, by what was seen.
    fn level(&self, field: &Field) -> Option<Prefill> {
        let Kind::Choice(words) = &field.kind else {
            return None;
        };
        let (risks, touches) = (&self.facts.risks, &self.facts.touches);
        let (level, because) = match (risks.as_slice(), touches.as_slice()) {
            ([], []) => ("low", "nothing was seen that speaks against it".to_owned()),
            ([risk, ..], [touch, ..]) => ("high", format!("{}; {}", risk.words(), touch.words())),
            ([seen, ..], []) | ([], [seen, ..]) => ("medium", seen.words()),
        };
        let word = words.iter().find(|it| it.eq_ignore_ascii_case(level))?;
        suggests(word, because)
    }

    fn touches(&self, field: &Field) -> Option<Prefill> {
        let Kind::Choice(words) = &field.kind else {
            return None;
        };
        let word = |said: &str| words.iter().find(|it| it.eq_ignore_ascii_case(said));
        match self.facts.touches.as_slice() {
            [] => suggests(
                word("no")?,
                "no library for models is imported, and no name sounds like users or safety",
            ),
            [seen, more @ ..] => {
                let more = match more.len() {
                    0 => String::new(),
                    n => format!(", and {n} more like it"),
                };
                suggests(word("yes")?, format!("{}{more}", seen.words()))
            }
        }
    }

    /// What was seen, each with a place for what is done against it.
    fn risks(&self) -> Option<Prefill> {
        if self.facts.risks.is_empty() {
            return None;
        }
        let line = |seen: &Seen| {
            let words = seen.words();
            let mut chars = words.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string());
            let words = format!("{}{}", first.unwrap_or_default(), chars.as_str());
            format!("- {}. Mitigation: TODO", visible(&words))
        };
        let all: Vec<String> = self.facts.risks.iter().map(line).collect();
        says(
            all.join("\n"),
            "its imports, calls and importers speak for these",
        )
    }

    fn artifacts(&self) -> Option<Prefill> {
        let (digest, whole) = self.evidenced.report.as_ref()?;
        let whole = if *whole {
            ""
        } else {
            " (not every gate in it)"
        };
        let said = format!(
            "- Gate report sha256:{digest}{whole} of {} at {}: `{}` makes it again.\n\
             - It is to go to {}.",
            plain(&self.module.path),
            self.evidenced.commit,
            self.evidenced.command,
            plain(self.target),
        );
        says(said, "the evidence there is")
    }
}

fn plain(path: &RepoPath) -> String {
    visible(&path.to_text()).into_owned()
}

/// Text of the repository, line by line, with nothing that hides in it.
fn lines(text: &str) -> String {
    let seen: Vec<_> = text.lines().map(visible).collect();
    seen.join("\n")
}
