//! What an owner writes before a promotion: PROMOTE.md and, where it applies, the
//! Ethics Assessment. A form with its fields, what facts fill in and why, and what is
//! still wrong. Pure: what is written follows from the form, the answers and the evidence.

mod criteria;
mod field;
mod form;
mod line;
mod template;
mod ticks;
mod write;

pub use criteria::{Evidenced, Proof, REVIEWERS, prove};
pub use field::{About, Field, Kind, LEAST, MOST, Need, Problem};
pub use form::{Answers, Form, Open, Prefill, Which};
pub use template::{Asks, Section, Template};
pub use ticks::{Ticks, by_hand};
pub use write::Entry;

use super::RepoPath;

/// The id of whether an assessment is written.
pub const ETHICS: &str = "ethics";

/// Everything that an owner answers for one module.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The module.
    pub module: RepoPath,
    /// Where it would go.
    pub target: RepoPath,
    /// PROMOTE.md.
    pub promote: Form,
    /// The Ethics Assessment.
    pub ethics: Form,
    /// Why the assessment seems to apply; empty where nothing says so.
    pub touches: Vec<String>,
    /// What the gates say now.
    pub evidenced: Evidenced,
    /// What there is to know before one begins, in words.
    pub notes: Vec<String>,
}

/// Whether the Ethics Assessment is written, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applies {
    /// A person said so, or the opposite.
    Said(bool),
    /// It is written unless a person says otherwise, for a reason.
    Because(String),
    /// Nothing says that it applies.
    Nothing,
}

impl Applies {
    /// True where it is written.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Said(true) | Self::Because(_))
    }
}

impl Proposal {
    /// The form of that kind.
    pub fn form(&self, which: Which) -> &Form {
        match which {
            Which::Promote => &self.promote,
            Which::Ethics => &self.ethics,
        }
    }

    /// Whether the assessment is written, as far as it is answered.
    pub fn applies(&self, answers: &Answers) -> Applies {
        if let Some(said) = answers.ethics {
            return Applies::Said(said);
        }
        let fields = self.promote.template.fields().iter();
        for field in fields.filter(|it| it.about == About::ModelFacing) {
            let value = self.promote.value(answers, field).unwrap_or_default();
            if value.eq_ignore_ascii_case("yes") {
                return Applies::Because(format!("{:?} is answered with yes", field.label));
            }
        }
        match self.touches.first() {
            Some(why) => Applies::Because(why.clone()),
            None => Applies::Nothing,
        }
    }

    /// The forms that are written, in their order.
    pub fn forms(&self, answers: &Answers) -> Vec<&Form> {
        let ethics = self.applies(answers).holds().then_some(&self.ethics);
        std::iter::once(&self.promote).chain(ethics).collect()
    }

    /// What is wrong with saying that there is no assessment to write.
    pub fn unexplained(&self, answers: &Answers) -> Option<Problem> {
        let why = self
            .touches
            .first()
            .filter(|_| answers.ethics == Some(false))?;
        let said = field::words(&answers.because) >= LEAST;
        (!said).then(|| Problem::Unexplained(why.clone()))
    }

    /// Everything that is still wrong.
    pub fn open(&self, answers: &Answers) -> Vec<Open> {
        let unexplained = self.unexplained(answers).map(|problem| Open {
            which: Which::Ethics,
            id: ETHICS.to_owned(),
            label: "whether it is written".to_owned(),
            problem,
        });
        let forms = self.forms(answers).into_iter();
        let open = forms.flat_map(|form| form.open(answers));
        open.chain(unexplained).collect()
    }

    /// The documents as they would be written.
    pub fn documents(&self, answers: &Answers) -> Vec<(RepoPath, String)> {
        let forms = self.forms(answers).into_iter();
        let written = forms.map(|form| (form.path.clone(), form.render(answers, &self.evidenced)));
        written.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of everything.
    pub(super) const FORM: &str = "\
# The form

> Fill it in.

## 1) Facts
- **Module:** 
- **Owner:** @github-user
- **Branch:** `promote/<module>-YYYYMMDD`
- **Risk:** [LOW | HIGH]

## 2) What it does
A sentence
or two.

## 3) Why now
- Problem:
- Gain:

## 4) Criteria
- [ ] `mypy`: nothing new
- [ ] the cat is fed

## 5) Rollback

## 6) Controls
- Limits and filters.
- Fallbacks.

---

**Owner sign-off:**  
`@` — date:
";

    /// Ours.
    pub(super) const PROMOTE: &str = include_str!("../../../assets/templates/PROMOTE.md");
    pub(super) const ASSESSMENT: &str =
        include_str!("../../../assets/templates/ETHICS_ASSESSMENT.md");

    fn form(which: Which, text: &str) -> Form {
        Form {
            which,
            path: "candidate/x/PROMOTE.md".into(),
            from: "its form".into(),
            template: Template::parse(
                text,
                Asks {
                    all: true,
                    parts: &[],
                },
            ),
            prefills: Default::default(),
        }
    }

    fn proposal() -> Proposal {
        Proposal {
            module: "candidate/x".into(),
            target: "core/x".into(),
            promote: form(Which::Promote, PROMOTE),
            ethics: form(Which::Ethics, ASSESSMENT),
            touches: Vec::new(),
            evidenced: Evidenced::default(),
            notes: Vec::new(),
        }
    }

    const ASKS: &str = "metadata/does-it-touch-models-user-data";

    #[test]
    fn the_assessment_is_written_where_somebody_or_something_says_so() {
        let mut proposal = proposal();
        let mut answers = Answers::default();
        assert_eq!(proposal.applies(&answers), Applies::Nothing);
        answers.set(Which::Promote, ASKS, "yes");
        assert!(matches!(proposal.applies(&answers), Applies::Because(_)));
        assert_eq!(proposal.documents(&answers).len(), 2);
        answers.ethics = Some(false);
        assert_eq!(proposal.documents(&answers).len(), 1);
        proposal.touches = vec!["imports torch".into()];
        assert_eq!(
            proposal.applies(&Answers::default()),
            Applies::Because("imports torch".into())
        );
    }

    #[test]
    fn what_a_person_decides_is_only_suggested() {
        let mut proposal = proposal();
        let prefill = Prefill {
            value: "yes".into(),
            because: "imports torch".into(),
            suggests: true,
        };
        proposal.promote.prefills.insert(ASKS.into(), prefill);
        let field = proposal.promote.template.field(ASKS).unwrap().clone();
        let answers = Answers::default();
        assert_eq!(proposal.promote.value(&answers, &field), None);
        let problems = proposal.promote.problems(&answers, &field);
        assert_eq!(
            problems,
            [Problem::Undecided("yes is suggested: imports torch".into())]
        );
    }

    #[test]
    fn our_own_forms_ask_for_what_the_gates_look_for() {
        let proposal = proposal();
        let about: Vec<About> = proposal
            .promote
            .template
            .fields()
            .iter()
            .map(|it| it.about)
            .collect();
        for wanted in [
            About::Module,
            About::Owner,
            About::Branch,
            About::Date,
            About::RiskLevel,
            About::ModelFacing,
            About::Description,
            About::Why,
            About::Risks,
            About::Rollback,
            About::Artifacts,
        ] {
            assert!(about.contains(&wanted), "{wanted:?}");
        }
        let unbound: Vec<_> = proposal
            .promote
            .template
            .fields()
            .iter()
            .filter(|it| it.kind == Kind::Criterion)
            .filter(|it| prove(&it.hint, &Evidenced::default()).gates.is_empty())
            .collect();
        assert!(unbound.is_empty(), "{unbound:?}");
    }
}
