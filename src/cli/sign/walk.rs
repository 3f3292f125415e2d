//! The questions, one after the other. `back` leads to the one before, and what is answered
//! is read once more before it is signed.

use color_eyre::Result;

use crate::cli::output::{Output, Style};
use crate::cli::propose::said;
use crate::promotion::review::{Answer, Answered, Verb};
use crate::workflow::sign_off::{Answers, Asked, Sheet};

use super::word;

/// What is asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// An item of the checklist.
    Item(usize),
    /// Why it was answered so.
    Why(usize, Answer),
    /// What is decided, with all answers before one's eyes.
    Decision,
    /// What is to be told with it.
    Note(Verb),
    /// Whether it is signed.
    Sign(Verb),
}

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// It is none: asked again.
    Unclear,
    /// Something else is asked.
    On,
    /// The person goes, without signing.
    Left,
    /// The person signs that.
    Signs(Verb),
}

/// Where a person is, with what was said so far.
struct Walk<'a> {
    items: &'a [Asked],
    barred: &'a [String],
    elsewhere: Option<&'a str>,
    answers: Vec<Option<(Answer, String)>>,
    note: String,
    at: At,
}

/// Shows the sheet and asks, item by item. `None`: the person left. `elsewhere` says that
/// this is not what is promoted: once more where one decides, as the sheet is long.
pub(super) fn walk(
    sheet: &Sheet,
    elsewhere: Option<&str>,
    out: &mut Output,
) -> Result<Option<Answers>> {
    for line in sheet.text.lines() {
        out.line(line)?;
    }
    let mut walk = Walk {
        elsewhere,
        ..Walk::of(&sheet.items, &sheet.barred)
    };
    loop {
        out.line("")?;
        walk.show(sheet, out)?;
        let mut heard = Heard::Unclear;
        while heard == Heard::Unclear {
            let Some(typed) = said(&walk.asks(), out)? else {
                return Ok(None);
            };
            heard = walk.hear(&typed);
            if heard == Heard::Unclear {
                out.line(walk.unclear(&typed))?;
            }
        }
        match heard {
            Heard::Left => return Ok(None),
            Heard::Signs(verb) => return Ok(Some(walk.said(verb))),
            Heard::On | Heard::Unclear => {}
        }
    }
}

fn is_concern(said: &Option<(Answer, String)>) -> bool {
    matches!(said, Some((Answer::Concern, _)))
}

impl<'a> Walk<'a> {
    fn of(items: &'a [Asked], barred: &'a [String]) -> Self {
        let mut walk = Self {
            items,
            barred,
            elsewhere: None,
            answers: vec![None; items.len()],
            note: String::new(),
            at: At::Decision,
        };
        walk.at = walk.next();
        walk
    }

    /// What was not asked yet; then what is decided.
    fn next(&self) -> At {
        let open = self.answers.iter().position(Option::is_none);
        open.map_or(At::Decision, At::Item)
    }

    /// What was asked before; `None` at the beginning.
    fn before(&self) -> Option<At> {
        match self.at {
            At::Item(at) => at.checked_sub(1).map(At::Item),
            At::Why(at, _) => Some(At::Item(at)),
            At::Decision => self.items.len().checked_sub(1).map(At::Item),
            At::Note(_) => Some(At::Decision),
            At::Sign(verb) => Some(At::Note(verb)),
        }
    }

    fn may_approve(&self) -> bool {
        self.barred.is_empty() && !self.answers.iter().any(is_concern)
    }

    /// The note that an empty line keeps.
    fn kept(&self, at: usize, answer: Answer) -> Option<&str> {
        let said = self.answers.get(at)?.as_ref();
        said.filter(|(was, _)| *was == answer)
            .map(|(_, note)| note.as_str())
    }

    /// The question, on the line of its answer.
    fn asks(&self) -> String {
        let back = self.before().map_or("", |_| " / [b]ack");
        match self.at {
            At::Item(at) => {
                let keep = match self.answers.get(at) {
                    Some(Some(_)) => "Enter keeps it / ",
                    _ => "",
                };
                format!("{keep}[y]es / [c]oncern / [n]ot applicable{back} / [q]uit: ")
            }
            At::Why(at, answer) => match self.kept(at, answer) {
                Some(_) => "Why, in a line (Enter keeps it / [b]ack / [q]uit): ".into(),
                None => "Why, in a line ([b]ack / [q]uit): ".into(),
            },
            At::Decision => {
                let approve = match self.may_approve() {
                    true => "[a]pprove / ",
                    false => "",
                };
                format!(
                    "{approve}[r]eject / a number answers that anew{back} / [q]uit without \
                     signing: "
                )
            }
            At::Note(_) => match self.note.is_empty() {
                true => "A note for those who read it (may be empty / [b]ack / [q]uit without \
                         signing): "
                    .into(),
                false => "A note for those who read it (Enter keeps it / - empties it / [b]ack / \
                          [q]uit without signing): "
                    .into(),
            },
            At::Sign(_) => "[s]ign / [b]ack / [q]uit without signing: ".into(),
        }
    }

    /// Takes what somebody typed: a letter, or more of its word. Where text is asked for,
    /// the letter or the whole word: what only begins like one is text.
    fn hear(&mut self, typed: &str) -> Heard {
        let small = typed.to_lowercase();
        let text = matches!(self.at, At::Why(..) | At::Note(_));
        let is = |word: &str| match text && small.len() > 1 {
            true => small == word,
            false => !small.is_empty() && word.starts_with(&small),
        };
        if is("back") {
            let Some(before) = self.before() else {
                return Heard::Unclear;
            };
            self.at = before;
            return Heard::On;
        }
        if is("quit") {
            return Heard::Left;
        }
        match self.at {
            At::Item(at) => {
                let said = self.answers.get(at).cloned().flatten();
                match said {
                    _ if is("yes") => self.answer(at, Answer::Yes, ""),
                    _ if is("concern") => self.at = At::Why(at, Answer::Concern),
                    _ if is("not applicable") => self.at = At::Why(at, Answer::NotApplicable),
                    Some(_) if typed.is_empty() => self.at = self.next(),
                    _ => return Heard::Unclear,
                }
            }
            At::Why(at, answer) => match (typed, self.kept(at, answer)) {
                ("", None) => return Heard::Unclear,
                ("", Some(_)) => self.at = self.next(),
                (why, _) => self.answer(at, answer, why),
            },
            At::Decision => match typed.parse::<usize>() {
                Ok(number) if (1..=self.items.len()).contains(&number) => {
                    self.at = At::Item(number - 1);
                }
                _ if is("approve") && self.may_approve() => self.at = At::Note(Verb::Approve),
                _ if is("reject") => self.at = At::Note(Verb::Reject),
                _ => return Heard::Unclear,
            },
            At::Note(verb) => {
                match typed {
                    "" => {}
                    "-" => self.note.clear(),
                    note => self.note = note.to_owned(),
                }
                self.at = At::Sign(verb);
            }
            At::Sign(verb) if is("sign") => return Heard::Signs(verb),
            At::Sign(_) => return Heard::Unclear,
        }
        Heard::On
    }

    /// Why nothing came of what was typed.
    fn unclear(&self, typed: &str) -> String {
        let approve = "approve".starts_with(&typed.to_lowercase()) && !typed.is_empty();
        match self.at {
            At::Why(_, Answer::Concern) => "A concern needs its reason.".into(),
            At::Why(..) => "Why it does not apply is needed.".into(),
            At::Decision if approve && !self.barred.is_empty() => {
                format!("An approval would not count: {}.", self.barred.join("; "))
            }
            At::Decision if approve => {
                let concerns = self.items.iter().zip(&self.answers);
                let concerns = concerns.filter(|(_, it)| is_concern(it));
                let concerns: Vec<_> = concerns.map(|(it, _)| it.title.as_str()).collect();
                format!(
                    "There is a concern about {}: with one nobody approves. Its number asks it \
                     again.",
                    concerns.join(", ")
                )
            }
            _ => "That is none of these.".into(),
        }
    }

    fn answer(&mut self, at: usize, answer: Answer, note: &str) {
        if let Some(known) = self.answers.get_mut(at) {
            *known = Some((answer, note.to_owned()));
        }
        self.at = self.next();
    }

    /// What there is to know before it is asked.
    fn show(&self, sheet: &Sheet, out: &mut Output) -> Result<()> {
        match self.at {
            At::Item(at) => self.show_item(at, out),
            At::Why(at, answer) => match self.kept(at, answer) {
                Some(note) => out.line(format!("You said: {note}")),
                None => Ok(()),
            },
            At::Decision => {
                out.spans(&[(Style::Strong, "Your answers")])?;
                for (at, item) in self.items.iter().enumerate() {
                    let said = self.words(at);
                    out.line(format!("  {}  {}: {said}", at + 1, item.title))?;
                }
                if let Some(words) = self.elsewhere {
                    out.spans(&[(Style::Warning, words)])?;
                }
                for why in self.barred {
                    out.line(format!("an approval would not count: {why}"))?;
                }
                Ok(())
            }
            At::Note(_) if self.note.is_empty() => Ok(()),
            At::Note(_) => out.line(format!("Your note: {}", self.note)),
            At::Sign(verb) => {
                let module = &sheet.present.module.path;
                let what = format!("{} {module} as {}", word(verb), sheet.role);
                out.spans(&[(Style::Strong, &what)])?;
                match self.note.as_str() {
                    "" => out.line("without a note"),
                    note => out.line(format!("Your note: {note}")),
                }
            }
        }
    }

    fn show_item(&self, at: usize, out: &mut Output) -> Result<()> {
        let Some(item) = self.items.get(at) else {
            return Ok(());
        };
        let title = format!("{} of {}  {}", at + 1, self.items.len(), item.title);
        out.spans(&[(Style::Strong, &title)])?;
        out.line(&item.question)?;
        for gate in &item.evidence {
            out.spans(&[
                (Style::Faint, &format!("  {:14} ", gate.gate)),
                (Style::Plain, &format!("{}  {}", gate.status, gate.why)),
            ])?;
        }
        match self.answers.get(at) {
            Some(Some(_)) => out.line(format!("You said: {}", self.words(at))),
            _ => Ok(()),
        }
    }

    /// What was answered.
    fn words(&self, at: usize) -> String {
        let Some(Some((answer, note))) = self.answers.get(at) else {
            return "not answered".into();
        };
        match answer {
            Answer::Yes => "yes".into(),
            Answer::Concern => format!("concern: {note}"),
            Answer::NotApplicable => format!("not applicable: {note}"),
        }
    }

    fn said(self, verb: Verb) -> Answers {
        let answered = self.items.iter().zip(self.answers);
        let answered = answered.filter_map(|(item, said)| {
            let (answer, note) = said?;
            Some(Answered {
                answer,
                id: item.id.clone(),
                note,
            })
        });
        Answers {
            decision: Some(verb),
            answered: answered.collect(),
            note: self.note,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items() -> Vec<Asked> {
        let asked = |id: &str| Asked {
            id: id.into(),
            title: id.into(),
            question: String::new(),
            evidence: Vec::new(),
        };
        ["design", "tests", "api"].map(asked).into()
    }

    /// What comes of these lines, the last last.
    fn hear(walk: &mut Walk<'_>, lines: &[&str]) -> Heard {
        let heard = lines.iter().map(|line| walk.hear(line));
        heard.last().unwrap_or(Heard::Unclear)
    }

    #[test]
    fn an_answer_is_amended_from_the_next_question_and_from_the_end() {
        let items = items();
        let mut walk = Walk::of(&items, &[]);
        assert_eq!(walk.hear("back"), Heard::Unclear, "nothing was before");
        hear(&mut walk, &["yes", "c", "Slow.", "b"]);
        assert_eq!(walk.at, At::Item(1));
        assert!(walk.asks().starts_with("Enter keeps it / "));
        // It goes on where it was.
        hear(&mut walk, &["c", "back", "y"]);
        assert_eq!((walk.at, walk.words(1)), (At::Item(2), "yes".into()));
        hear(&mut walk, &["n", "No API."]);
        assert_eq!(walk.at, At::Decision);
        hear(&mut walk, &["1", "concern", "Odd."]);
        assert_eq!(
            (walk.at, walk.words(0)),
            (At::Decision, "concern: Odd.".into())
        );
        // With a concern nobody approves.
        assert_eq!(walk.hear("approve"), Heard::Unclear);
        assert!(walk.unclear("a").contains("a concern about design"));
        assert_eq!(walk.unclear("z"), "That is none of these.");
        hear(&mut walk, &["1", "c", ""]);
        assert_eq!(walk.words(0), "concern: Odd.");
        assert_eq!(hear(&mut walk, &["1", "y", "a", "Fine.", "b"]), Heard::On);
        assert_eq!(hear(&mut walk, &["", "sign"]), Heard::Signs(Verb::Approve));
        let said = walk.said(Verb::Approve);
        let answers: Vec<_> = said
            .answered
            .iter()
            .map(|it| (&*it.id, it.answer))
            .collect();
        let wanted = [
            ("design", Answer::Yes),
            ("tests", Answer::Yes),
            ("api", Answer::NotApplicable),
        ];
        assert_eq!((answers, said.note.as_str()), (wanted.into(), "Fine."));
    }

    #[test]
    fn what_is_no_answer_is_asked_again_and_a_person_may_go() {
        let (items, barred) = (items(), ["you wrote it".to_owned()]);
        let mut walk = Walk::of(&items, &barred);
        for line in ["", "x", "yesterday", "3"] {
            assert_eq!(walk.hear(line), Heard::Unclear, "{line}");
        }
        hear(&mut walk, &["y", "y", "n"]);
        // A word of the choices is a note like any other, and an empty one is none.
        assert_eq!(walk.hear(""), Heard::Unclear);
        assert!(walk.unclear("").contains("is needed"));
        assert_eq!(hear(&mut walk, &["yes", "a"]), Heard::Unclear, "barred");
        assert!(walk.unclear("a").contains("you wrote it"));
        assert_eq!(hear(&mut walk, &["9"]), Heard::Unclear);
        assert_eq!(
            hear(&mut walk, &["r", "No.", "b", "-", "x"]),
            Heard::Unclear
        );
        assert_eq!((walk.at, walk.note.as_str()), (At::Sign(Verb::Reject), ""));
        assert_eq!(walk.hear("q"), Heard::Left);
    }

    #[test]
    fn wherever_something_is_asked_the_same_letters_go_back_and_away() {
        let items = items();
        let to: [&[&str]; 5] = [
            &["y", "c"],
            &["y", "n"],
            &["y", "y", "y"],
            &["y", "y", "y", "r"],
            &["y", "y", "y", "a", "Fine."],
        ];
        for to in to {
            for (line, heard) in [("q", Heard::Left), ("Quit", Heard::Left), ("b", Heard::On)] {
                let mut walk = Walk::of(&items, &[]);
                hear(&mut walk, to);
                let (at, asks) = (walk.at, walk.asks());
                assert_eq!(walk.hear(line), heard, "{line} at {at:?}");
                assert!(asks.contains("[b]ack") && asks.contains("[q]uit"), "{asks}");
                assert_ne!((heard, walk.at), (Heard::On, at));
            }
        }
        // What only begins like one of them is text.
        let mut walk = Walk::of(&items, &[]);
        hear(&mut walk, &["c", "qu"]);
        assert_eq!(walk.words(0), "concern: qu");
    }
}
