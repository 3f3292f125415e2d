//! What the log is told of watching. Of many watchers one writes: it writes behind the log
//! as it was read, or not at all, reads again, and finds that it need not any more.

use std::collections::BTreeMap;

use super::look::Seen;
use super::nights::Ran;
use super::said::{CONTROL, Control, PROMOTION, Said, Verdicts};
use super::{ObserveError, Standing};
use crate::promotion::canary::smoke::Run;
use crate::promotion::canary::verdict::span;
use crate::promotion::canary::{Action, Word};
use crate::promotion::review::decision::RecordKind;
use crate::promotion::{ObjectId, Sha256, text};
use crate::repo::RepoError;
use crate::workflow::Workspace;
use crate::workflow::audit::{self, Appended, AuditError, Shared};
use crate::workflow::record::{self, Facts};
use crate::workflow::sign_off::{Ask, Desk, Key, SignOffError};

/// How often is tried to be the next.
const TRIES: usize = 8;
/// A verdict that does not change is written down so often, in seconds.
const DAILY: i64 = 86_400;
/// Changes of mind that are written down in a day: a verdict that flaps fills no log.
const MOST_A_DAY: usize = 24;

/// Who says it, and whether others are asked first.
pub(super) struct Pen<'a> {
    pub ws: &'a Workspace,
    pub key: &'a Key,
    /// Who watches, for people.
    pub watcher: &'a str,
    /// Whether there is somebody to ask for a passphrase.
    pub ask: Ask,
}

/// What came of writing something down.
#[derive(Debug)]
pub(super) enum Written {
    /// It stands there now.
    Now(Appended),
    /// Somebody else wrote it, or it need not be.
    Before,
}

impl Pen<'_> {
    /// Writes what `needed` makes of the log as it is; nothing where it makes nothing.
    fn write(
        &self,
        standing: &Standing,
        needed: &dyn Fn(&Said) -> Option<Facts>,
    ) -> Result<(Written, Desk), ObserveError> {
        let mut desk = Desk::open(self.ws)?;
        for _ in 0..TRIES {
            // What others wrote at the remote counts as well: unasked, nothing is said.
            let remote = desk.authority.remote.clone().unwrap_or_default();
            let shared = audit::share(self.ws, &desk.authority).map_err(SignOffError::from)?;
            if let Shared::NotYet(why) = shared {
                let unasked = AuditError::NotShared { remote, why };
                return Err(SignOffError::from(unasked).into());
            }
            desk = Desk::open(self.ws)?;
            let records = desk.log.records();
            let said = Said::of(&records, &standing.promotion, standing.schedule());
            let Some(facts) = needed(&said) else {
                return Ok((Written::Before, desk));
            };
            let written = record::append_next(self.ws, &desk, facts, self.key, self.ask)?;
            if let Some(appended) = written {
                return Ok((Written::Now(appended), Desk::open(self.ws)?));
            }
        }
        Err(SignOffError::from(AuditError::Busy).into())
    }

    fn facts(
        &self,
        standing: &Standing,
        kind: RecordKind,
        commit: Option<ObjectId>,
        said: impl IntoIterator<Item = (&'static str, String)>,
        note: String,
    ) -> Result<Facts, ObserveError> {
        let it = &standing.promotion;
        let subject = record::subject(self.ws, it.head, &it.from, &it.from)?;
        let subject = subject.ok_or_else(|| RepoError::MissingObject {
            id: it.head,
            what: it.from.to_string(),
        })?;
        let mut facts: BTreeMap<String, String> = said
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        facts.insert(PROMOTION.into(), it.commit.to_string());
        Ok(Facts {
            kind,
            subject,
            to: it.to.clone(),
            head: it.head,
            pull_request: None,
            commit,
            facts,
            note,
        })
    }

    /// Writes a verdict down, where that is due: it changed, decides, or a day is over.
    pub fn verdict(
        &self,
        standing: &Standing,
        seen: &Seen,
        evidence: Sha256,
    ) -> Result<(Written, Desk), ObserveError> {
        let it = &seen.verdict;
        let facts = self.facts(
            standing,
            RecordKind::Verdict,
            Some(standing.merge),
            [
                ("action", word_of(&it.action)?),
                ("at", it.at.to_string()),
                ("evidence", evidence.to_string()),
                ("outcome", outcome(it.word, it.action)),
                (
                    "watched",
                    format!("{} of {}", span(it.watched[0]), span(it.watched[1])),
                ),
                ("watcher", self.watcher.to_owned()),
                ("why", it.why.clone()),
                ("word", word_of(&it.word)?),
            ],
            String::new(),
        )?;
        self.write(standing, &|said| {
            is_due(&said.verdicts, it.at, it.word, it.action).then(|| facts.clone())
        })
    }

    /// Writes down how a night went, unless somebody did.
    pub fn night(&self, standing: &Standing, ran: &Ran) -> Result<(Written, Desk), ObserveError> {
        let night = &ran.night;
        let number = standing.nights.over.len() + 1;
        let finding = night.judge(number);
        let facts = self.facts(
            standing,
            RecordKind::Smoke,
            Some(ran.commit),
            [
                ("again", word_of(&night.again)?),
                ("base", word_of(&night.base)?),
                ("due", night.due.to_string()),
                ("first", word_of(&night.first)?),
                ("outcome", finding.why),
                ("watcher", self.watcher.to_owned()),
            ],
            text::visible(&ran.why).chars().take(2_000).collect(),
        )?;
        self.write(standing, &|said| {
            let ran = said.nights.iter().any(|it| it.due == night.due);
            (!ran).then(|| facts.clone())
        })
    }

    /// Writes down that it was watched to the end, unless somebody did.
    pub fn completion(
        &self,
        standing: &Standing,
        seen: &Seen,
        evidence: Sha256,
    ) -> Result<(Written, Desk), ObserveError> {
        let it = &seen.verdict;
        let passed = |run: Run| run == Run::Passed;
        let nights = seen.history.nights.iter();
        let nights = nights
            .filter(|it| passed(it.first) || passed(it.again))
            .count();
        let facts = self.facts(
            standing,
            RecordKind::Completion,
            Some(standing.merge),
            [
                ("at", it.at.to_string()),
                ("evidence", evidence.to_string()),
                ("nights", nights.to_string()),
                ("outcome", it.why.clone()),
                ("watched", span(it.watched[0])),
                ("watcher", self.watcher.to_owned()),
            ],
            String::new(),
        )?;
        self.write(standing, &|said| {
            (said.completion.is_none()).then(|| facts.clone())
        })
    }

    /// Writes down what a person says of the watch.
    pub fn control(
        &self,
        standing: &Standing,
        control: Control,
        more: Vec<(&'static str, String)>,
        outcome: String,
        reason: &str,
    ) -> Result<Written, ObserveError> {
        let mut said = vec![(CONTROL, control.word().to_owned()), ("outcome", outcome)];
        said.extend(more);
        let facts = self.facts(
            standing,
            RecordKind::Verdict,
            Some(standing.merge),
            said,
            reason.to_owned(),
        )?;
        Ok(self.write(standing, &|_| Some(facts.clone()))?.0)
    }
}

/// True where the log should be told a verdict of a look at `at`.
pub(super) fn is_due(said: &[Verdicts], at: i64, word: Word, action: Action) -> bool {
    let decides = action != Action::Hold;
    let Some(last) = said.last() else {
        return true;
    };
    if said.iter().any(|it| it.at >= at) {
        return false;
    }
    let changed = (last.word, last.action) != (word, action);
    let lately = said.iter().filter(|it| it.at > at - DAILY);
    match changed {
        true => decides || lately.count() < MOST_A_DAY,
        false => at - last.at >= DAILY,
    }
}

fn outcome(word: Word, action: Action) -> String {
    match action {
        Action::RollBack => format!("{word}: to be taken back"),
        Action::Complete => format!("{word}: watched to the end"),
        Action::Hold => format!("{word}: held"),
    }
}

/// A word as JSON has it.
fn word_of<T: serde::Serialize>(word: &T) -> Result<String, serde_json::Error> {
    let value = serde_json::to_value(word)?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(all: &[(i64, Word)]) -> Vec<Verdicts> {
        let verdict = |(at, word): &(i64, Word)| Verdicts {
            entry: 0,
            at: *at,
            word: *word,
            action: Action::Hold,
            why: String::new(),
            evidence: String::new(),
            watcher: String::new(),
        };
        all.iter().map(verdict).collect()
    }

    #[test]
    fn changes_decisions_and_days_are_written_down() {
        use Word::{Fail, Insufficient, Pass};
        let hold = |said: &[Verdicts], at, word| is_due(said, at, word, Action::Hold);
        assert!(hold(&said(&[]), 0, Pass));
        let one = said(&[(100, Pass)]);
        assert!(!hold(&one, 400, Pass) && hold(&one, 400, Insufficient));
        assert!(hold(&one, 100 + DAILY, Pass));
        assert!(is_due(&one, 400, Pass, Action::Complete));
        // The same look by another watcher, or a later one that was quicker.
        assert!(!hold(&one, 100, Insufficient));
        assert!(!is_due(&one, 99, Fail, Action::RollBack));
    }

    #[test]
    fn a_verdict_that_flaps_fills_no_log() {
        use Word::{Fail, Insufficient, Pass};
        let words = [Pass, Insufficient];
        let flapping: Vec<_> = (0..24).map(|n| (n * 300, words[n as usize % 2])).collect();
        let flapping = said(&flapping);
        assert!(!is_due(&flapping, 24 * 300, Pass, Action::Hold));
        assert!(is_due(&flapping, 24 * 300, Fail, Action::RollBack));
        assert!(is_due(&flapping, DAILY + 300, Pass, Action::Hold));
    }
}
