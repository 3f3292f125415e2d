//! A form with what fills it in: facts, and what a person answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::criteria::{Evidenced, Proof, prove};
use super::field::{Field, Kind, Need, Problem};
use super::template::Template;
use super::write::Entry;
use crate::promotion::RepoPath;

/// Which document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// PROMOTE.md.
    Promote,
    /// The Ethics Assessment.
    Ethics,
}

impl Which {
    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Promote => "PROMOTE.md",
            Self::Ethics => "Ethics Assessment",
        }
    }
}

/// What facts say to a field, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefill {
    /// What would be written.
    pub value: String,
    /// Where it comes from, in words.
    pub because: String,
    /// True where it only suggests: a person has to decide.
    pub suggests: bool,
}

/// What a person answered, by document and field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// Of PROMOTE.md.
    #[serde(default)]
    pub promote: BTreeMap<String, String>,
    /// Of the Ethics Assessment.
    #[serde(default)]
    pub assessment: BTreeMap<String, String>,
    /// Whether there is one to write; `None` where nobody said.
    #[serde(default)]
    pub ethics: Option<bool>,
    /// Why none is to be written, though something speaks for it.
    #[serde(default)]
    pub because: String,
}

impl Answers {
    /// Those of one document.
    pub fn of(&self, which: Which) -> &BTreeMap<String, String> {
        match which {
            Which::Promote => &self.promote,
            Which::Ethics => &self.assessment,
        }
    }

    /// What was answered to a field.
    pub fn get(&self, which: Which, id: &str) -> Option<&str> {
        self.of(which).get(id).map(String::as_str)
    }

    /// Answers a field.
    pub fn set(&mut self, which: Which, id: &str, value: &str) {
        self.of_mut(which).insert(id.to_owned(), value.to_owned());
    }

    /// Takes an answer back: facts fill it in again.
    pub fn clear(&mut self, which: Which, id: &str) -> bool {
        self.of_mut(which).remove(id).is_some()
    }

    /// True where nothing was answered.
    pub fn is_empty(&self) -> bool {
        self.promote.is_empty() && self.assessment.is_empty() && self.ethics.is_none()
    }

    fn of_mut(&mut self, which: Which) -> &mut BTreeMap<String, String> {
        match which {
            Which::Promote => &mut self.promote,
            Which::Ethics => &mut self.assessment,
        }
    }
}

/// One document to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Which it is.
    pub which: Which,
    /// Where it belongs.
    pub path: RepoPath,
    /// What it was made from, in words.
    pub from: String,
    /// Its fields.
    pub template: Template,
    /// What facts say to them, by field.
    pub prefills: BTreeMap<String, Prefill>,
}

/// What is still wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// In which document.
    pub which: Which,
    /// The field.
    pub id: String,
    /// Its name for people.
    pub label: String,
    /// What is wrong.
    pub problem: Problem,
}

impl Form {
    /// What would be written for a field: what was answered, what the document says
    /// already, what facts say. `None` where that is nothing.
    pub fn value<'a>(&'a self, answers: &'a Answers, field: &'a Field) -> Option<&'a str> {
        if !field.is_asked() {
            return None;
        }
        if let Some(answered) = answers.get(self.which, &field.id) {
            return Some(answered).filter(|it| !it.trim().is_empty());
        }
        if let Some(current) = &field.current {
            return Some(current);
        }
        let prefill = self.prefills.get(&field.id).filter(|it| !it.suggests);
        prefill.map(|it| it.value.as_str())
    }

    /// What is wrong with a field as it is.
    pub fn problems(&self, answers: &Answers, field: &Field) -> Vec<Problem> {
        let value = self.value(answers, field);
        let suggested = self.prefills.get(&field.id).filter(|it| it.suggests);
        if value.is_none()
            && field.is_asked()
            && let Some(it) = suggested
        {
            let words = format!("{} is suggested: {}", it.value, it.because);
            return vec![Problem::Undecided(words)];
        }
        if value.is_none() && field.need == Need::OneOfSection && !self.says(answers, field) {
            return vec![Problem::SectionMissing];
        }
        field.problems(value.unwrap_or_default())
    }

    /// True where something of the field's section is answered.
    fn says(&self, answers: &Answers, field: &Field) -> bool {
        let fields = self.template.fields().iter();
        let mut beside = fields.filter(|it| it.section == field.section);
        beside.any(|it| self.value(answers, it).is_some())
    }

    /// Everything that is wrong, of a section that says nothing only once.
    pub fn open(&self, answers: &Answers) -> Vec<Open> {
        let mut said = None;
        let mut open = Vec::new();
        for field in self.template.fields() {
            for problem in self.problems(answers, field) {
                if problem == Problem::SectionMissing
                    && said.replace(field.section) == Some(field.section)
                {
                    continue;
                }
                open.push(Open {
                    which: self.which,
                    id: field.id.clone(),
                    label: field.label.clone(),
                    problem,
                });
            }
        }
        open
    }

    /// What evidence says of a criterion; `None` for any other field.
    pub fn proof(&self, field: &Field, evidenced: &Evidenced) -> Option<Proof> {
        (field.kind == Kind::Criterion).then(|| prove(&field.hint, evidenced))
    }

    /// The document.
    pub fn render(&self, answers: &Answers, evidenced: &Evidenced) -> String {
        let fields = self.template.fields();
        let proofs = fields.iter().filter_map(|field| {
            let proof = self.proof(field, evidenced)?;
            Some((field.id.as_str(), proof))
        });
        let proofs: BTreeMap<&str, Proof> = proofs.collect();
        let values = fields.iter().filter_map(|field| {
            // As the form spells it.
            let value = self.value(answers, field)?;
            let spelled = match &field.kind {
                Kind::Choice(words) => words
                    .iter()
                    .find(|it| it.eq_ignore_ascii_case(value.trim())),
                _ => None,
            };
            let value = spelled.map_or(value, String::as_str);
            Some((field.id.as_str(), value.to_owned()))
        });
        let values: BTreeMap<&str, String> = values.collect();
        self.template.render(|field| {
            match (proofs.get(field.id.as_str()), values.get(field.id.as_str())) {
                (Some(proof), _) => Entry::Proof(proof),
                (None, Some(value)) => Entry::Answer(value),
                (None, None) => Entry::Nothing,
            }
        })
    }
}
