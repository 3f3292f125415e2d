use super::*;
use crate::promotion::lane::default_lanes;

const SIX: &str = "\
# Assessment of x
## Objectives
To score cards fairly.
## Threat model
Somebody games the score.
## Mitigations & controls
A person looks at refusals.
## Data provenance
Our own payments, hashed.
## Privacy
No names leave the shop.
## Fallback behaviours
Without a score cards pass.
";

fn measured_with(options: &GateOptions, files: &[(&str, &str)]) -> Measure {
    let tree = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = tree.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let python = files.iter().map(|(path, _)| RepoPath::from(*path));
    let subject = Subject {
        files: python.filter(RepoPath::is_python).collect(),
        target: Some("core/x".into()),
        lanes: default_lanes().into(),
        ..Subject::test("candidate/x", tree.path())
    };
    measure(&subject, options, |_| Vec::new())
}

fn measured(files: &[(&str, &str)]) -> Measure {
    measured_with(&GateOptions::default(), files)
}

const PLAIN: (&str, &str) = ("candidate/x/a.py", "def add(a, b):\n    return a + b\n");
const USERS: (&str, &str) = ("candidate/x/b.py", "def greet(user):\n    return user\n");

#[test]
fn where_nothing_speaks_for_it_the_reason_says_what_was_looked_at() {
    let why = measured(&[PLAIN]).inapplicable.unwrap();
    assert!(
        why.contains("it has no PROMOTE.md") && why.contains("1 file was read"),
        "{why}"
    );
    let no = (
        "candidate/x/PROMOTE.md",
        "# x\n- **Is this model-facing?** no\n",
    );
    let why = measured(&[PLAIN, no]).inapplicable.unwrap();
    assert!(why.contains("candidate/x/PROMOTE.md says no"), "{why}");
    let open = (
        "candidate/x/PROMOTE.md",
        "# x\n- **Is this model-facing?** [yes / no]\n",
    );
    let why = measured(&[PLAIN, open]).inapplicable.unwrap();
    assert!(why.contains("candidate/x/PROMOTE.md does not"), "{why}");
}

#[test]
fn a_person_or_a_hint_makes_it_apply_and_a_no_takes_nothing_away() {
    let yes = (
        "candidate/x/PROMOTE.md",
        "# x\n- **Is this model-facing?** yes\n",
    );
    let no = (
        "candidate/x/PROMOTE.md",
        "# x\n- **Is this model-facing?** no\n",
    );
    let configured = GateOptions {
        applies_to: vec!["candidate/x".into()],
        ..GateOptions::default()
    };
    for measure in [
        measured(&[PLAIN, yes]),
        measured(&[PLAIN, USERS]),
        measured(&[USERS, no]),
        measured_with(&configured, &[PLAIN]),
    ] {
        assert_eq!(measure.inapplicable, None);
        let why = measure.fails.unwrap();
        assert!(
            why.ends_with("write candidate/x/ETHICS_ASSESSMENT.md"),
            "{why}"
        );
    }
}

#[test]
fn all_six_parts_have_to_be_written() {
    let whole = measured(&[PLAIN, ("candidate/x/ETHICS.md", SIX)]);
    assert_eq!(
        (whole.fails, whole.summary.as_deref()),
        (None, Some("6 of 6 parts"))
    );
    for (name, text) in [
        ("objectives", "To score cards fairly."),
        ("threat model", "Somebody games the score."),
        ("mitigations", "A person looks at refusals."),
        ("dataset provenance", "Our own payments, hashed."),
        ("privacy safeguards", "No names leave the shop."),
        ("fallback behaviours", "Without a score cards pass."),
    ] {
        for open in [
            "",
            "<to be written by its owner>",
            "TODO: say more about it",
        ] {
            let text = SIX.replace(text, open);
            let measure = measured(&[PLAIN, ("candidate/x/ETHICS.md", &text)]);
            assert_eq!(
                measure.fails.as_deref(),
                Some(format!("candidate/x/ETHICS.md lacks {name}").as_str()),
            );
        }
    }
}

#[test]
fn the_form_is_no_assessment() {
    let form = ("docs/project/ETHICS_ASSESSMENT_TEMPLATE.md", SIX);
    let measure = measured(&[PLAIN, form, ("candidate/x/ETHICS.md", SIX)]);
    assert_eq!(measure.summary.as_deref(), Some("0 of 6 parts"));
    // It alone says nothing of this module.
    assert!(measured(&[PLAIN, form]).inapplicable.is_some());
}

#[test]
fn it_may_be_a_chapter_of_promote_md() {
    let chapter = SIX
        .replace("## ", "### ")
        .replace("# Assessment of x\n", "");
    let own = format!("# Promote candidate/x\n## Ethics assessment\n{chapter}\n## Risks\nnone\n");
    let measure = measured(&[PLAIN, ("candidate/x/PROMOTE.md", &own)]);
    assert_eq!(
        measure.summary.as_deref(),
        Some("6 of 6 parts"),
        "{measure:?}"
    );
    let labels = "# Promote candidate/x\n## Ethics assessment\n- Objectives: to score cards fairly\n- Threat model: somebody games it\n- Mitigations: a person looks\n- Dataset provenance: our own payments\n- Privacy safeguards: no names leave\n- Fallback behaviours:\n";
    let measure = measured(&[PLAIN, ("candidate/x/PROMOTE.md", labels)]);
    assert_eq!(
        measure.fails.as_deref(),
        Some("candidate/x/PROMOTE.md lacks fallback behaviours")
    );
    let form =
        "# Promote\n## Ethics assessment\n<Only if it touches models:\nobjectives and more>\n";
    let own = form.replace("Promote", "Promote candidate/x");
    let measure = measured(&[
        PLAIN,
        ("candidate/PROMOTE.md", form),
        ("candidate/x/PROMOTE.md", &own),
    ]);
    assert!(measure.inapplicable.is_some(), "{measure:?}");
}
