//! Writing answers into a form.

use super::criteria::Proof;
use super::field::{Field, Shape};
use super::template::{Piece, Template, evidence_mark};

/// What is to be written for a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// Nothing: it stays as it is.
    Nothing,
    /// An answer.
    Answer(&'a str),
    /// What evidence says of it.
    Proof(&'a Proof),
}

impl Template {
    /// The form with these entries. Without any it is what it was, byte for byte.
    pub fn render<'a>(&self, entry: impl Fn(&Field) -> Entry<'a>) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Field(at) => {
                    if let Some(field) = self.fields().get(*at) {
                        out.push_str(&field.write(entry(field), self.eol));
                    }
                }
            }
        }
        out
    }
}

impl Field {
    fn write(&self, entry: Entry<'_>, eol: &str) -> String {
        let value = match (&entry, &self.shape) {
            (
                Entry::Proof(proof),
                Shape::Task {
                    before,
                    words,
                    indent,
                },
            ) => {
                let mark = if proof.holds { 'x' } else { ' ' };
                let deep = " ".repeat(indent + 2);
                let end = self.end(eol);
                let said = evidence_mark();
                return format!(
                    "{before}[{mark}] {words}{eol}{deep}- {said} {}{end}",
                    proof.words
                );
            }
            (Entry::Answer(value), _) => value.trim(),
            _ => "",
        };
        // What is as it was stays so, however it was written.
        if value.is_empty() || self.current.as_deref().map(str::trim) == Some(value) {
            return self.raw.clone();
        }
        match &self.shape {
            Shape::After {
                before,
                indent,
                code,
                end,
            } => {
                let gap = if before.ends_with(' ') { "" } else { " " };
                let tick = if *code { "`" } else { "" };
                let value = lines(value, indent.map(|it| it + 2), eol);
                format!("{before}{gap}{tick}{value}{tick}{end}{}", self.end(eol))
            }
            Shape::Prompt {
                before,
                words,
                indent,
            } => {
                let value = lines(value, Some(indent + 2), eol);
                format!("{before}{words}: {value}{}", self.end(eol))
            }
            Shape::Within { before, end } => {
                format!("{before}{}{end}{}", lines(value, None, eol), self.end(eol))
            }
            Shape::Block => format!("{}{}", lines(value, Some(0), eol), self.end(eol)),
            Shape::Below => format!("{eol}{}{eol}", lines(value, Some(0), eol)),
            Shape::Task { .. } | Shape::Kept => self.raw.clone(),
        }
    }

    /// The end of its last line.
    fn end<'a>(&self, eol: &'a str) -> &'a str {
        if self.raw.ends_with('\n') { eol } else { "" }
    }
}

/// A value, each further line so far in; all on one line where there can be no other.
fn lines(value: &str, indent: Option<usize>, eol: &str) -> String {
    let Some(indent) = indent else {
        return value.split_whitespace().collect::<Vec<_>>().join(" ");
    };
    let deep = " ".repeat(indent);
    let mut out = String::new();
    let mut end = 0;
    for (at, line) in value.lines().enumerate() {
        let line = line.trim_end();
        if at > 0 {
            out.push_str(eol);
            if !line.is_empty() {
                out.push_str(&deep);
            }
        }
        out.push_str(line);
        end = out.len();
    }
    out.truncate(end);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{ASSESSMENT, FORM, PROMOTE};
    use super::super::{Asks, Need};
    use super::*;

    const ALL: Asks = Asks {
        all: true,
        parts: &[],
    };

    fn filled(text: &str, answers: &[(&str, &str)]) -> String {
        let template = Template::parse(text, ALL);
        for (id, _) in answers {
            let known: Vec<_> = template.fields().iter().map(|it| &it.id).collect();
            assert!(template.field(id).is_some(), "{id}: {known:?}");
        }
        template.render(|field| {
            let found = answers.iter().find(|(id, _)| *id == field.id);
            found.map_or(Entry::Nothing, |(_, value)| Entry::Answer(value))
        })
    }

    #[test]
    fn without_answers_a_form_is_what_it_was() {
        for text in [FORM, PROMOTE, ASSESSMENT] {
            assert_eq!(filled(text, &[]), text);
        }
    }

    #[test]
    fn answers_stand_in_their_places() {
        let out = filled(
            FORM,
            &[
                ("facts/module", "candidate/x"),
                ("facts/owner", "@mara"),
                ("facts/branch", "promote/x-20260309"),
                ("facts/risk", "LOW"),
                ("what-it-does", "It waits.\n\nAnd then it goes on."),
                ("why-now/problem", "Shops pay\ntwice."),
                ("rollback", "Revert it."),
                ("controls/fallbacks", "A default."),
            ],
        );
        assert_eq!(
            out,
            "# The form\n\n> Fill it in.\n\n## 1) Facts\n- **Module:** candidate/x\n- **Owner:** @mara\n\
             - **Branch:** `promote/x-20260309`\n- **Risk:** LOW\n\n## 2) What it does\nIt waits.\n\n\
             And then it goes on.\n\n## 3) Why now\n- Problem: Shops pay\n  twice.\n- Gain:\n\n\
             ## 4) Criteria\n- [ ] `mypy`: nothing new\n- [ ] the cat is fed\n\n## 5) Rollback\n\nRevert it.\n\n\
             ## 6) Controls\n- Limits and filters.\n- Fallbacks: A default.\n\n---\n\n**Owner sign-off:**  \n`@` — date:\n"
        );
    }

    #[test]
    fn what_was_written_is_read_again_and_stays() {
        let asks = ALL;
        let form = Template::parse(FORM, asks);
        let first = filled(
            FORM,
            &[
                ("facts/owner", "@mara"),
                ("what-it-does", "It waits long."),
                ("rollback", "Revert it now."),
                ("why-now/gain", "One\ntwo three"),
                ("controls/fallbacks", "A default."),
            ],
        );
        let document = first.replace("> Fill it in.", "> Filled in by hand, with more.");
        let again = Template::parse_filled(&document, asks, &form);
        let current = |id: &str| again.field(id).and_then(|it| it.current.clone());
        assert_eq!(current("facts/owner").as_deref(), Some("@mara"));
        assert_eq!(current("facts/risk"), None);
        assert_eq!(
            again.field("facts/risk").unwrap().kind,
            form.field("facts/risk").unwrap().kind
        );
        assert_eq!(current("what-it-does").as_deref(), Some("It waits long."));
        assert_eq!(current("rollback").as_deref(), Some("Revert it now."));
        assert_eq!(current("why-now/gain").as_deref(), Some("One\ntwo three"));
        assert_eq!(current("controls/fallbacks").as_deref(), Some("A default."));
        let held = again
            .fields()
            .iter()
            .filter_map(|it| Some((&it.id, it.current.as_deref()?)));
        let held: std::collections::BTreeMap<_, _> = held.collect();
        let same = again.render(|field| match held.get(&field.id) {
            Some(current) => Entry::Answer(current),
            None => Entry::Nothing,
        });
        assert_eq!(same, document);
        let other = again.render(|field| match field.id.as_str() {
            "facts/owner" => Entry::Answer("@jo"),
            _ => Entry::Nothing,
        });
        assert_eq!(other, document.replace("@mara", "@jo"));
    }

    #[test]
    fn evidence_ticks_and_is_replaced() {
        let proof = |holds, words: &str| Proof {
            gates: Vec::new(),
            holds,
            unseen: false,
            words: words.into(),
        };
        let (yes, no) = (
            proof(true, "types passed"),
            proof(false, "missing: types failed"),
        );
        let with = |template: &Template, proof: &Proof| {
            template.render(|field| match field.id.starts_with("criteria/mypy") {
                true => Entry::Proof(proof),
                false => Entry::Nothing,
            })
        };
        let form = Template::parse(FORM, ALL);
        let first = with(&form, &yes);
        assert!(
            first.contains("- [x] `mypy`: nothing new\n  - Evidence: types passed\n- [ ] the cat"),
            "{first}"
        );
        let again = Template::parse_filled(&first, ALL, &form);
        let second = with(&again, &no);
        assert_eq!(
            second,
            first
                .replace("[x]", "[ ]")
                .replace("types passed", "missing: types failed")
        );
    }

    #[test]
    fn parts_say_what_is_needed() {
        let asks = Asks {
            all: false,
            parts: &[&["why"], &["fallback"]],
        };
        let template = Template::parse(FORM, asks);
        let need = |id: &str| template.field(id).unwrap().need;
        assert_eq!(need("why-now/gain"), Need::OneOfSection);
        assert_eq!(need("controls/fallbacks"), Need::Required);
        assert_eq!(need("controls/limits-and-filters"), Need::Optional);
        assert_eq!(need("controls/owner-sign-off"), Need::Nobody);
        assert_eq!(
            Template::parse(FORM, ALL).field("facts/risk").unwrap().need,
            Need::Required
        );
    }

    #[test]
    fn lines_end_as_they_did() {
        let text = FORM.replace('\n', "\r\n");
        assert_eq!(filled(&text, &[]), text);
        let out = filled(&text, &[("what-it-does", "a\nb")]);
        assert!(out.contains("does\r\na\r\nb\r\n\r\n##"), "{out:?}");
        assert!(!out.replace("\r\n", "").contains('\n'));
    }

    proptest! {
        #[test]
        fn any_text_is_a_form_and_stays_as_it_is(text in "(#{1,3} [a-c:]{0,4}\\n|- \\[[ x]\\] a\\n|- \\*\\*[ab]:\\*\\* ?[@x]?( {2})?\\n|- a: b\\n|  b\\n|- c\\n|\\r?\\n|---\\n|```\\n|<!-- |-->|\\*\\*Owner sign-off:\\*\\*\\n|[a-z|é :?]{0,9}\\n?){0,30}") {
            let form = Template::parse(&text, ALL);
            prop_assert_eq!(&form.render(|_| Entry::Nothing), &text);
            let again = Template::parse_filled(&text, ALL, &form);
            prop_assert_eq!(&again.render(|_| Entry::Nothing), &text);
            let mut ids: Vec<_> = form.fields().iter().map(|it| &it.id).collect();
            let all = ids.len();
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), all);
        }

        #[test]
        fn odd_bytes_are_kept(text in "\\PC{0,200}") {
            let form = Template::parse(&text, ALL);
            prop_assert_eq!(form.render(|_| Entry::Nothing), text);
        }
    }
}
