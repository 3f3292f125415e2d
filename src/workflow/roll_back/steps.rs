//! One step after the other.

use std::collections::BTreeMap;

use crate::promotion::rollback::{
    Cause, How, Open, Rollback, Sight, State, Step, TOLD, Wait, next,
};
use crate::promotion::{ObjectId, RepoPath, text};
use crate::repo::{revert, tree};
use crate::workflow::Workspace;
use crate::workflow::audit::{Along, Outcome};
use crate::workflow::promote::Promotion;
use crate::workflow::sign_off::{self, Ask, Desk, Key};

use super::log::{self, Said};
use super::look::{self, Seen};
use super::make::{self, Revert};
use super::memory::Memory;
use super::revalidate::{self, Ended};
use super::{RollBackError, ask, decide, killed, tell};

/// How often others may be faster.
const MOST_LATE: usize = 40;
/// How many steps there are at most, with those that are taken again.
const MOST: usize = 200;
/// Paths of a conflict that are written down.
const MOST_PATHS: usize = 100;
/// Branches of one name.
const MOST_NAMES: usize = 20;

/// Who wants what.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// Where.
    pub ws: &'a Workspace,
    /// What is taken back.
    pub promotion: &'a Promotion,
    /// Why. By hand it always goes, and goes on where it was (then the reason may be
    /// empty); any other cause does what the policy lets it.
    pub cause: &'a Cause,
    /// What signs each step.
    pub key: &'a Key,
    /// Whether a person can be asked for its passphrase.
    pub ask: Ask,
    /// Hears of each state as it is reached.
    pub report: &'a dyn Fn(State),
    /// From whoever carries it out, at once: by hand alone.
    pub take_over: bool,
}

impl<'a> Order<'a> {
    /// One that asks nobody and takes nothing over; `report` hears of each state.
    pub fn of(
        ws: &'a Workspace,
        promotion: &'a Promotion,
        cause: &'a Cause,
        key: &'a Key,
        report: &'a dyn Fn(State),
    ) -> Self {
        Self {
            ws,
            promotion,
            cause,
            key,
            ask: Ask::Nobody,
            report,
            take_over: false,
        }
    }
}

/// What is known in this process alone, and may be forgotten.
struct Run<'a> {
    order: &'a Order<'a>,
    memory: Memory,
    take_over: bool,
    /// Why the base branch did not take our commit.
    refused: Option<String>,
    /// States that did not arrive: not tried again now. In words, why.
    unheard: Vec<(State, String)>,
    /// States that arrived, and the log does not say so yet.
    heard: Vec<State>,
    late: usize,
}

/// What a step came to.
enum Came {
    /// Look again.
    On,
    /// It waits: in words, for what.
    Waits(String),
    /// Nothing is left.
    Over,
}

/// Does steps until nothing is left, or until it has to wait: [`Rollback::waits`] says
/// for what.
pub fn advance(order: &Order<'_>, desk: &Desk) -> Result<Rollback, RollBackError> {
    let Some(memory) = Memory::open(desk, order.promotion.commit)? else {
        let story = super::status(order.ws, desk, order.promotion)?;
        let why = "another Countersign on this machine carries it out".to_owned();
        return match story {
            Some(story) => Ok(Rollback {
                waits: Some(why),
                ..story
            }),
            None => Err(RollBackError::Busy),
        };
    };
    let mut run = Run {
        order,
        memory,
        take_over: order.take_over && order.cause.is_by_hand(),
        refused: None,
        unheard: Vec::new(),
        heard: Vec::new(),
        late: 0,
    };
    let mut seen = look::fresh(order.ws, &desk.authority, order.promotion)?;
    for _ in 0..MOST {
        let came = match &seen.story {
            None => run.decide(&seen)?,
            Some(story) => run.step(&seen, story)?,
        };
        if let (Came::Waits(_) | Came::Over, Some(story)) = (&came, seen.story.take()) {
            let mut waits = match came {
                Came::Waits(why) => vec![why],
                _ => Vec::new(),
            };
            let unheard = run.unheard.iter();
            waits.extend(unheard.map(|(state, why)| format!("{state} was not told: {why}")));
            return Ok(Rollback {
                waits: (!waits.is_empty()).then(|| waits.join(". ")),
                ..story
            });
        }
        if run.late >= MOST_LATE {
            return Err(RollBackError::Busy);
        }
        killed::at("look", "before");
        seen = look::fresh(order.ws, &seen.desk.authority, order.promotion)?;
    }
    Err(RollBackError::Busy)
}

impl Run<'_> {
    fn now(&self) -> i64 {
        jiff::Timestamp::now().as_second()
    }

    fn decide(&mut self, seen: &Seen) -> Result<Came, RollBackError> {
        let Order {
            ws,
            promotion,
            cause,
            ..
        } = *self.order;
        let decision = decide::decide(ws, seen, promotion, cause, self.now())?;
        let said = Said {
            word: State::Decided.word(),
            commit: Some(decision.merge),
            facts: decision.facts(seen, cause),
            along: Vec::new(),
        };
        self.append(seen, said)
    }

    fn step(&mut self, seen: &Seen, it: &Rollback) -> Result<Came, RollBackError> {
        let mut sight = self.sight(seen, it)?;
        let mut step = next(it, &sight);
        if step == Step::Tell {
            self.tell(seen, it);
            sight.untold = false;
            step = next(it, &sight);
            // Else the next entry says who was told.
            if matches!(step, Step::Wait(_) | Step::End) && !self.heard.is_empty() {
                return self.said(seen, it, Said::of(TOLD, None, []));
            }
        }
        match step {
            Step::End => Ok(Came::Over),
            Step::Wait(wait) => self.wait(seen, it, &wait),
            Step::Tell => Ok(Came::On),
            Step::Claim { over } => self.claim(seen, over),
            Step::NoteBack(since) => {
                let own = it.prepared.as_ref().is_some_and(|own| own.commit == since);
                let how = match own && it.open.is_none() && seen.line.contains(&since) {
                    true => How::Pushed,
                    false => How::ByPerson,
                };
                let facts = [("how", how.word().to_owned())];
                self.said(
                    seen,
                    it,
                    Said::of(State::Reverted.word(), Some(since), facts),
                )
            }
            Step::Freeze(why) => {
                let facts = [("why", why)];
                self.said(seen, it, Said::of(State::Frozen.word(), None, facts))
            }
            Step::Prepare => self.prepare(seen, it),
            Step::Revert => self.revert(seen, it),
            Step::AskForMerge => self.ask_for_merge(seen, it),
            Step::Branch => self.branch(seen, it),
            Step::Revalidate => {
                let commit = it.hotfix.as_ref().map(|it| it.commit);
                self.said(seen, it, Said::of(State::Revalidating.word(), commit, []))
            }
            Step::Finish => self.finish(seen, it),
        }
    }

    fn sight(&self, seen: &Seen, it: &Rollback) -> Result<Sight, RollBackError> {
        let ws = self.order.ws;
        let claim = it.claim.as_ref().map(|it| it.nonce.clone());
        let skip = |state: &State| {
            self.heard.contains(state) || self.unheard.iter().any(|(it, _)| it == state)
        };
        let early = !it.state.is_back();
        let mine = claim.filter(|nonce| self.memory.has(nonce));
        Ok(Sight {
            now: self.now(),
            stuck: match it.state == State::NeedsHuman && mine.is_none() {
                true => make::revert(ws, seen, it)?
                    .paths()
                    .is_some_and(|paths| it.conflicts == shown(paths)),
                false => false,
            },
            mine,
            by_hand: self.order.cause.is_by_hand(),
            take_over: self.take_over,
            base: Some(seen.base),
            back: match early {
                true => make::back(ws, seen, it)?,
                false => None,
            },
            refused: self.refused.is_some(),
            irreversible: match early {
                true => decide::irreversible(ws, seen, it)?,
                false => None,
            },
            stopped: seen.stopped.clone(),
            untold: !tell::untold(&seen.desk, it).iter().all(skip),
        })
    }

    /// Tells what is to be told, each state once.
    fn tell(&mut self, seen: &Seen, it: &Rollback) {
        for state in tell::untold(&seen.desk, it) {
            if self.heard.contains(&state) || self.unheard.iter().any(|(it, _)| *it == state) {
                continue;
            }
            match tell::tell(seen, &self.memory, it, state) {
                Ok(()) => self.heard.push(state),
                Err(why) => self.unheard.push((state, why)),
            }
        }
    }

    fn claim(&mut self, seen: &Seen, over: Option<String>) -> Result<Came, RollBackError> {
        let nonce = sign_off::nonce()?;
        self.memory.keep(&nonce)?;
        let mut facts: BTreeMap<String, String> = [
            ("claim".to_owned(), nonce),
            ("until".to_owned(), self.until(seen)),
        ]
        .into();
        facts.extend(over.map(|over| ("over".to_owned(), over)));
        if let Cause::ByHand { why } = self.order.cause {
            facts.insert("by-hand".into(), make::one_line(why));
        }
        let said = Said {
            word: State::Claimed.word(),
            commit: None,
            facts,
            along: Vec::new(),
        };
        let late = self.late;
        let came = self.append(seen, said)?;
        // Once: of two persons who do so at once one has it in the end.
        self.take_over &= self.late > late;
        Ok(came)
    }

    fn until(&self, seen: &Seen) -> String {
        let ttl = i64::try_from(seen.desk.authority.rollback.claim).unwrap_or(i64::MAX);
        self.now().saturating_add(ttl).to_string()
    }

    fn prepare(&mut self, seen: &Seen, it: &Rollback) -> Result<Came, RollBackError> {
        match make::revert(self.order.ws, seen, it)? {
            Revert::Commit(commit) => {
                let facts = [("base", seen.base.to_string())];
                self.said(
                    seen,
                    it,
                    Said::of(State::Prepared.word(), Some(commit), facts),
                )
            }
            Revert::Nothing => {
                let facts = [("how", How::ByPerson.word().to_owned())];
                let said = Said::of(State::Reverted.word(), Some(seen.base), facts);
                self.said(seen, it, said)
            }
            Revert::Conflict(paths) => {
                self.needs_human(seen, it, "what came since changed the same", &paths)
            }
            Revert::Dependents(paths) => {
                let why = "what came since imports it by its new name, and would break";
                self.needs_human(seen, it, why, &paths)
            }
        }
    }

    fn needs_human(
        &mut self,
        seen: &Seen,
        it: &Rollback,
        why: &str,
        paths: &[RepoPath],
    ) -> Result<Came, RollBackError> {
        let shown = shown(paths);
        if it.state == State::NeedsHuman && it.conflicts == shown {
            return self.wait(seen, it, &Wait::Person);
        }
        let more = match paths.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let why = format!("{why}: {}{more}. Nothing was pushed", shown.join(", "));
        let facts = [("files", shown.join("\n")), ("why", why)];
        self.said(seen, it, Said::of(State::NeedsHuman.word(), None, facts))
    }

    fn revert(&mut self, seen: &Seen, it: &Rollback) -> Result<Came, RollBackError> {
        // Made again: it may have been another machine that prepared it.
        let made = make::revert(self.order.ws, seen, it)?;
        let Some(prepared) = it
            .prepared
            .as_ref()
            .filter(|it| made == Revert::Commit(it.commit))
        else {
            return self.prepare(seen, it);
        };
        let along = Along {
            reference: seen.base_ref().to_owned(),
            was: Some(seen.base),
            to: prepared.commit,
        };
        let facts = [("how", How::Pushed.word().to_owned())];
        let said = Said::of(State::Reverted.word(), Some(prepared.commit), facts);
        let said = said.moving(Some(along));
        match self.put(seen, it, said)? {
            Outcome::Refused(why) => {
                self.refused = Some(why);
                Ok(Came::On)
            }
            other => self.settle(seen, other, seen.branch()),
        }
    }

    fn ask_for_merge(&mut self, seen: &Seen, it: &Rollback) -> Result<Came, RollBackError> {
        let Some(prepared) = &it.prepared else {
            return self.prepare(seen, it);
        };
        let name = make::branch(self.order.ws, it, "rollback");
        let (branch, along) = self.free(seen, &name, prepared.commit)?;
        let facts = [
            ("branch", branch.clone()),
            ("why", self.refused.clone().unwrap_or_default()),
        ];
        let said = Said::of(State::AwaitingMerge.word(), Some(prepared.commit), facts);
        let outcome = self.put(seen, it, said.moving(along))?;
        self.settle(seen, outcome, &branch)
    }

    /// A name that is free, or has that commit already: then nothing has to move.
    fn free(
        &self,
        seen: &Seen,
        name: &str,
        commit: ObjectId,
    ) -> Result<(String, Option<Along>), RollBackError> {
        let there = look::branches(self.order.ws, &seen.desk.authority, name)?;
        for n in 1..=MOST_NAMES {
            let branch = match n {
                1 => name.to_owned(),
                n => format!("{name}-{n}"),
            };
            let reference = format!("refs/heads/{branch}");
            match there.iter().find(|(it, _)| *it == reference) {
                Some((_, at)) if *at == commit => return Ok((branch, None)),
                Some(_) => {}
                None => {
                    let along = Along {
                        reference,
                        was: None,
                        to: commit,
                    };
                    return Ok((branch, Some(along)));
                }
            }
        }
        Err(RollBackError::Refused {
            module: self.order.promotion.from.clone(),
            why: format!("{name} and {MOST_NAMES} names like it are taken"),
        })
    }

    fn branch(&mut self, seen: &Seen, it: &Rollback) -> Result<Came, RollBackError> {
        let ws = self.order.ws;
        let Some(reverted) = &it.reverted else {
            return Ok(Came::On);
        };
        let name = make::branch(ws, it, make::HOTFIX);
        let (open, along) = match make::hotfix(ws, seen, it, reverted.commit)? {
            Ok(commit) => {
                let (branch, along) = self.free(seen, &name, commit)?;
                (Open { branch, commit }, along)
            }
            Err(paths) => match self.made_by_hand(seen, it, &name, reverted.commit)? {
                Some(open) => (open, None),
                None => {
                    let shown = shown(&paths);
                    return Ok(Came::Waits(format!(
                        "the branch for the fix conflicts with what came since, in {}: make {name} \
                         by hand, from {}, with the module in it, and push it",
                        shown.join(", "),
                        reverted.commit.short()
                    )));
                }
            },
        };
        let facts = [("branch", open.branch.clone())];
        let said = Said::of(State::HotfixBranched.word(), Some(open.commit), facts);
        let outcome = self.put(seen, it, said.moving(along))?;
        self.settle(seen, outcome, &open.branch)
    }

    /// A branch of that name that somebody made, with the module in it.
    fn made_by_hand(
        &self,
        seen: &Seen,
        it: &Rollback,
        name: &str,
        on: ObjectId,
    ) -> Result<Option<Open>, RollBackError> {
        let ws = self.order.ws;
        for (reference, commit) in look::branches(ws, &seen.desk.authority, name)? {
            look::bring(ws, &seen.desk.authority, &reference, commit)?;
            let has = tree::entry(&ws.repo().open_git()?, commit, &it.to)?.is_some();
            if has && revert::holds(ws.repo(), commit, on)? {
                let short = reference.strip_prefix("refs/heads/");
                return Ok(Some(Open {
                    branch: short.unwrap_or(&reference).to_owned(),
                    commit,
                }));
            }
        }
        Ok(None)
    }

    fn finish(&mut self, seen: &Seen, it: &Rollback) -> Result<Came, RollBackError> {
        let Some(hotfix) = &it.hotfix else {
            return Ok(Came::On);
        };
        let ws = self.order.ws;
        let made = make::hotfix_objects(ws, seen, it)?;
        if !made {
            let name = format!("refs/heads/{}", hotfix.branch);
            look::bring(ws, &seen.desk.authority, &name, hotfix.commit)?;
        }
        killed::at("gates", "begun");
        match revalidate::run(ws, it, hotfix.commit)? {
            Ended::Unknown(gates) => Ok(Came::Waits(format!(
                "Gate 1 could not be run on {}: {}. The base branch is as it was; to try it again: \
                 countersign rollback {} --resume",
                hotfix.branch,
                gates.join(", "),
                text::visible(&it.from.to_text())
            ))),
            Ended::Judged(gates) => {
                let word = match gates.holds {
                    true => "holds",
                    false => "does-not-hold",
                };
                let mut facts = vec![("gates", word.to_owned())];
                if !gates.failing.is_empty() {
                    facts.push(("failing", gates.failing.join("\n")));
                }
                let said = Said::of(State::RolledBack.word(), Some(hotfix.commit), facts);
                self.said(seen, it, said)
            }
        }
    }

    fn wait(&mut self, seen: &Seen, it: &Rollback, wait: &Wait) -> Result<Came, RollBackError> {
        let mut words = wait.words(it);
        if let (Wait::Merge, Some(open)) = (wait, &it.open) {
            let url = match self.memory.pull() {
                Some(url) => Ok(Some(url)),
                None => ask::open(self.order.ws, seen, it, open),
            };
            match url {
                Ok(Some(url)) => {
                    self.memory.keep_pull(&url)?;
                    words = format!("{words}. Pull request: {url}");
                }
                Ok(None) => {}
                Err(error) => words = format!("{words}. No pull request was opened: {error}"),
            }
        }
        Ok(Came::Waits(words))
    }

    /// An entry by who holds the claim.
    fn said(&mut self, seen: &Seen, it: &Rollback, said: Said) -> Result<Came, RollBackError> {
        let outcome = self.put(seen, it, said)?;
        let branch = seen.ground.branch.clone();
        self.settle(seen, outcome, &branch)
    }

    fn put(
        &mut self,
        seen: &Seen,
        it: &Rollback,
        mut said: Said,
    ) -> Result<Outcome, RollBackError> {
        if let Some(claim) = &it.claim {
            said.facts.insert("claim".into(), claim.nonce.clone());
            said.facts.insert("until".into(), self.until(seen));
        }
        let told: Vec<_> = self.heard.iter().map(|it| it.word()).collect();
        if !told.is_empty() {
            said.facts.insert(TOLD.into(), told.join(" "));
        }
        let state = State::named(said.word);
        let outcome = log::append(self.order, seen, said)?;
        if matches!(outcome, Outcome::Won(_)) {
            self.heard.clear();
            state.into_iter().for_each(|it| (self.order.report)(it));
        }
        Ok(outcome)
    }

    /// An entry that nobody's claim is needed for.
    fn append(&mut self, seen: &Seen, said: Said) -> Result<Came, RollBackError> {
        let state = State::named(said.word);
        let outcome = log::append(self.order, seen, said)?;
        if matches!(outcome, Outcome::Won(_)) {
            state.into_iter().for_each(|it| (self.order.report)(it));
        }
        let branch = seen.ground.branch.clone();
        self.settle(seen, outcome, &branch)
    }

    fn settle(&mut self, seen: &Seen, outcome: Outcome, what: &str) -> Result<Came, RollBackError> {
        match outcome {
            Outcome::Won(_) => {
                self.late = 0;
                Ok(Came::On)
            }
            Outcome::Late => {
                self.late += 1;
                Ok(Came::On)
            }
            Outcome::Refused(why) => Err(RollBackError::Rejected {
                remote: seen.ground.remote.clone().unwrap_or_default(),
                what: what.to_owned(),
                why,
            }),
        }
    }
}

/// Paths of a conflict as they are written down.
fn shown(paths: &[RepoPath]) -> Vec<String> {
    let first = paths.iter().take(MOST_PATHS);
    first
        .map(|path| text::visible(&path.to_text()).into_owned())
        .collect()
}
