//! The marks on the screen. State is never told by colour alone: each status
//! has a shape of its own, also where only ASCII can be shown.

use crate::promotion::GateStatus;
use crate::promotion::canary::Word;
use crate::promotion::review::{Answer, Verb};
use crate::promotion::rollback::Mark;

use super::model::canary::State;
use super::theme::Role;

/// A set of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unicode,
    Ascii,
    Spoken,
}

impl Glyphs {
    /// For terminals that show Unicode.
    pub const UNICODE: Self = Self {
        kind: Kind::Unicode,
    };
    /// For those that don't.
    pub const ASCII: Self = Self { kind: Kind::Ascii };
    /// For text that is read aloud: words, and nothing where a word stands beside the mark.
    pub const SPOKEN: Self = Self { kind: Kind::Spoken };

    /// By the locale: what `LC_ALL`, `LC_CTYPE` or `LANG` say, the first that is set.
    pub fn for_locale(values: [Option<&str>; 3]) -> Self {
        let locale = values.into_iter().flatten().find(|v| !v.is_empty());
        let utf8 = locale.is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        });
        if utf8 { Self::UNICODE } else { Self::ASCII }
    }

    /// True where only ASCII may be drawn.
    pub fn is_ascii(self) -> bool {
        self.kind != Kind::Unicode
    }

    /// A mark with a word beside it, or one that only draws: nothing to be read aloud.
    fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        self.say(unicode, ascii, "")
    }

    fn say(self, unicode: &'static str, ascii: &'static str, spoken: &'static str) -> &'static str {
        match self.kind {
            Kind::Unicode => unicode,
            Kind::Ascii => ascii,
            Kind::Spoken => spoken,
        }
    }

    /// The mark of a status.
    pub fn status(self, status: GateStatus) -> &'static str {
        match status {
            GateStatus::Passed => self.pick("✓", "+"),
            GateStatus::Failed => self.pick("✗", "x"),
            GateStatus::Error => self.pick("!", "!"),
            GateStatus::NotApplicable => self.pick("–", "-"),
            GateStatus::NeverRun => self.pick("·", "."),
            GateStatus::Stale => self.pick("~", "~"),
            GateStatus::Running => self.pick("▸", ">"),
            GateStatus::Queued => self.pick("…", ":"),
        }
    }

    /// Before something folded.
    pub fn folded(self) -> &'static str {
        self.pick("▸", ">")
    }

    /// Before something unfolded.
    pub fn unfolded(self) -> &'static str {
        self.pick("▾", "v")
    }

    /// Where text was cut.
    pub fn ellipsis(self) -> &'static str {
        self.say("…", "~", "...")
    }

    /// Between facts on one line.
    pub fn separator(self) -> &'static str {
        self.say("·", "|", ",")
    }

    /// A horizontal line.
    pub fn horizontal(self) -> &'static str {
        self.pick("─", "-")
    }

    /// A vertical line.
    pub fn vertical(self) -> &'static str {
        self.pick("│", "|")
    }

    /// From here to there.
    pub fn arrow(self) -> &'static str {
        self.say("→", "->", "to")
    }

    /// What differs from the revision.
    pub fn uncommitted(self) -> &'static str {
        self.say("●", "*", "uncommitted")
    }

    /// A line that was moved; of two blocks that meet one is the other one.
    pub fn moved(self, other: bool) -> &'static str {
        match other {
            false => self.pick("»", "m"),
            true => self.pick("›", "M"),
        }
    }

    /// A comment to oneself.
    pub fn comment(self) -> &'static str {
        self.say("✎", "#", "your comment:")
    }

    /// What is indented in another way than it was.
    pub fn indented(self) -> &'static str {
        self.say("⇥", "I", "")
    }

    /// The scrollbar's thumb.
    pub fn thumb(self) -> &'static str {
        self.pick("▐", "#")
    }

    /// A filled part of a bar.
    pub fn bar(self) -> &'static str {
        self.pick("━", "=")
    }

    /// An empty part of a bar.
    pub fn bar_empty(self) -> &'static str {
        self.pick("─", "-")
    }

    /// A part of a bar that was empty before.
    pub fn bar_gained(self) -> &'static str {
        self.pick("█", "+")
    }

    /// A part of a bar that was filled before.
    pub fn bar_lost(self) -> &'static str {
        self.pick("░", "x")
    }

    /// How far something may go.
    pub fn limit(self) -> &'static str {
        self.pick("┊", "!")
    }

    /// The mark of an answer; of none, an empty place.
    pub fn answer(self, answer: Option<Answer>) -> &'static str {
        match answer {
            None => self.pick("○", "o"),
            Some(Answer::Yes) => self.pick("✓", "+"),
            Some(Answer::Concern) => self.pick("!", "!"),
            Some(Answer::NotApplicable) => self.pick("–", "-"),
        }
    }

    /// The mark of a decision that holds, and of one that does not.
    pub fn decision(self, verb: Verb, holds: bool) -> &'static str {
        match (holds, verb) {
            (false, _) => self.pick("~", "~"),
            (true, Verb::Approve) => self.pick("✓", "+"),
            (true, Verb::Reject) => self.pick("✗", "x"),
            (true, Verb::Withdraw) => self.pick("–", "-"),
        }
    }

    /// Approved by some of those that have to.
    pub fn begun(self) -> &'static str {
        self.pick("◐", "/")
    }

    /// A choice that was made, or not.
    pub fn chosen(self, chosen: bool) -> &'static str {
        match chosen {
            true => self.say("●", "*", "chosen:"),
            false => self.pick("○", "o"),
        }
    }

    /// Before what waits for somebody.
    pub fn waiting(self) -> &'static str {
        self.pick("▪", "*")
    }

    /// How something that is watched stands.
    pub fn watched(self, state: State) -> &'static str {
        match state {
            State::NeedsPerson => self.pick("!", "!"),
            State::Fail => self.pick("✗", "x"),
            State::RollingBack => self.pick("↶", "<"),
            State::Hold => self.pick("●", "*"),
            State::NotLooked => self.pick("○", "o"),
            State::NotSetUp => self.pick("·", "."),
            State::PassSoFar => self.pick("◐", "/"),
            State::Pass => self.pick("✓", "+"),
            State::RolledBack => self.pick("◂", "-"),
            State::Completed => self.pick("■", "#"),
        }
    }

    /// What a signal says.
    pub fn verdict(self, word: Word) -> &'static str {
        self.status(match word {
            Word::Pass => GateStatus::Passed,
            Word::Fail => GateStatus::Failed,
            Word::Insufficient => GateStatus::Queued,
            Word::NoData => GateStatus::NeverRun,
            Word::SourceError => GateStatus::Error,
        })
    }

    /// How far a step of a rollback is.
    pub fn step(self, mark: Mark) -> &'static str {
        match mark {
            Mark::Done => self.pick("✓", "+"),
            Mark::Now => self.pick("▸", ">"),
            Mark::Person => self.pick("!", "!"),
            Mark::Later => self.pick("·", "."),
        }
    }

    /// The heights of a bar within one cell, the lowest first.
    pub fn heights(self) -> &'static [&'static str] {
        match self.kind {
            Kind::Unicode => &["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
            Kind::Ascii => &["_", ".", "-", "=", "#"],
            Kind::Spoken => &[],
        }
    }

    /// A point of a chart's second line.
    pub fn point(self) -> &'static str {
        self.pick("•", "o")
    }

    /// A chart's limit.
    pub fn dashes(self) -> &'static str {
        self.pick("┈", "~")
    }

    /// Sorted ascending or descending.
    pub fn sort(self, reverse: bool) -> &'static str {
        if reverse {
            self.pick("▾", "v")
        } else {
            self.pick("▴", "^")
        }
    }
}

/// The style of a status.
pub fn role(status: GateStatus) -> Role {
    match status {
        GateStatus::Passed => Role::Passed,
        GateStatus::Failed => Role::Failed,
        GateStatus::Error => Role::Error,
        GateStatus::NotApplicable => Role::NotApplicable,
        GateStatus::NeverRun => Role::NeverRun,
        GateStatus::Stale => Role::Stale,
        GateStatus::Running => Role::Running,
        GateStatus::Queued => Role::Queued,
    }
}

/// The style of an answer.
pub fn answer_role(answer: Option<Answer>) -> Role {
    match answer {
        None => Role::NeverRun,
        Some(Answer::Yes) => Role::Passed,
        Some(Answer::Concern) => Role::Failed,
        Some(Answer::NotApplicable) => Role::NotApplicable,
    }
}

/// The look of how something that is watched stands.
pub fn watched_role(state: State) -> Role {
    match state {
        State::NeedsPerson | State::Fail | State::RollingBack => Role::Failed,
        State::Hold => Role::Warning,
        State::NotLooked => Role::NeverRun,
        State::NotSetUp => Role::NotApplicable,
        State::PassSoFar | State::Pass => Role::Passed,
        State::RolledBack => Role::Stale,
        State::Completed => Role::NotApplicable,
    }
}

/// The look of what a signal says.
pub fn verdict_role(word: Word) -> Role {
    match word {
        Word::Pass => Role::Passed,
        Word::Fail => Role::Failed,
        Word::SourceError => Role::Error,
        Word::Insufficient | Word::NoData => Role::Warning,
    }
}

/// The style of a decision that holds, and of one that does not.
pub fn decision_role(verb: Verb, holds: bool) -> Role {
    match (holds, verb) {
        (false, _) => Role::Stale,
        (true, Verb::Approve) => Role::Passed,
        (true, Verb::Reject) => Role::Failed,
        (true, Verb::Withdraw) => Role::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [GateStatus; 8] = [
        GateStatus::NotApplicable,
        GateStatus::Passed,
        GateStatus::NeverRun,
        GateStatus::Stale,
        GateStatus::Queued,
        GateStatus::Running,
        GateStatus::Error,
        GateStatus::Failed,
    ];

    #[test]
    fn every_status_has_a_shape_of_its_own() {
        for glyphs in [Glyphs::UNICODE, Glyphs::ASCII] {
            let shapes: std::collections::HashSet<_> =
                ALL.iter().map(|s| glyphs.status(*s)).collect();
            assert_eq!(shapes.len(), ALL.len());
        }
        assert!(ALL.iter().all(|s| Glyphs::ASCII.status(*s).is_ascii()));
    }

    #[test]
    fn the_first_locale_that_is_set_decides() {
        let glyphs = |a, b, c| Glyphs::for_locale([a, b, c]);
        assert_eq!(glyphs(None, None, Some("de_DE.UTF-8")), Glyphs::UNICODE);
        assert_eq!(glyphs(Some("C"), None, Some("de_DE.UTF-8")), Glyphs::ASCII);
        assert_eq!(glyphs(None, None, None), Glyphs::ASCII);
    }
}
