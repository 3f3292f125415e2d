//! Which pair is run next, of which benchmarks, in which order.

use super::random::Random;
use super::{Pair, Rule, Verdict};

/// One of the two trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The merge-base.
    Base,
    /// Now.
    Head,
}

/// The next pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Which it is, from 1.
    pub number: usize,
    /// The order of its runs.
    pub order: [Side; 2],
    /// The benchmarks that are still open, by their places.
    pub open: Vec<usize>,
}

/// All pairs of some benchmarks that run in the same processes. One that is
/// decided is not run again.
#[derive(Clone, Debug)]
pub struct Session {
    rule: Rule,
    seed: u32,
    random: Random,
    pairs: Vec<Vec<Pair>>,
    verdicts: Vec<Option<Verdict>>,
    turns: usize,
}

impl Session {
    /// So many benchmarks.
    pub fn new(benchmarks: usize, rule: Rule, seed: u32) -> Self {
        Self {
            rule,
            seed,
            random: Random::new(seed.into()),
            pairs: vec![Vec::new(); benchmarks],
            verdicts: vec![None; benchmarks],
            turns: 0,
        }
    }

    /// The next pair; `None` when nothing is open any more.
    pub fn turn(&mut self) -> Option<Turn> {
        let open: Vec<usize> = (0..self.pairs.len())
            .filter(|at| self.verdicts[*at].is_none())
            .collect();
        if open.is_empty() || self.turns >= self.rule.most {
            return None;
        }
        self.turns += 1;
        Some(Turn {
            number: self.turns,
            order: match self.random.coin() {
                true => [Side::Base, Side::Head],
                false => [Side::Head, Side::Base],
            },
            open,
        })
    }

    /// What was measured of one benchmark in a pair.
    pub fn add(&mut self, benchmark: usize, pair: Pair) {
        if let Some(pairs) = self.pairs.get_mut(benchmark) {
            pairs.push(pair);
            self.verdicts[benchmark] = self.rule.verdict(pairs, self.seed);
        }
    }

    /// The pairs of a benchmark, and its verdict: without one it is inconclusive.
    pub fn outcome(&self, benchmark: usize) -> (&[Pair], Verdict) {
        let pairs = self.pairs.get(benchmark).map_or(&[][..], Vec::as_slice);
        let verdict = self.verdicts.get(benchmark).copied().flatten();
        (pairs, verdict.unwrap_or(Verdict::Inconclusive))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(seed: u32, ratios: &[&dyn Fn(usize) -> u64]) -> (Session, Vec<Turn>) {
        let mut session = Session::new(ratios.len(), Rule::with(5.0), seed);
        let mut turns = Vec::new();
        while let Some(turn) = session.turn() {
            for at in &turn.open {
                let head = ratios[*at](turn.number);
                session.add(*at, Pair { base: 100, head });
            }
            turns.push(turn);
        }
        (session, turns)
    }

    #[test]
    fn what_is_decided_is_not_run_again() {
        let same = |_| 100;
        let slow = |_| 120;
        let open = |n: usize| [80, 130][n % 2];
        let (session, turns) = played(3, &[&same, &open, &slow]);
        assert_eq!(turns.len(), 30);
        assert_eq!(turns[9].open, [0, 1, 2]);
        assert!(turns[10..].iter().all(|turn| turn.open == [1]));
        let verdicts: Vec<_> = (0..3).map(|at| session.outcome(at).1).collect();
        assert_eq!(
            verdicts,
            [Verdict::Holds, Verdict::Inconclusive, Verdict::Regressed]
        );
        assert_eq!(session.outcome(1).0.len(), 30);
    }

    #[test]
    fn the_order_is_drawn_by_lot_and_can_be_repeated() {
        let open = |n: usize| [80, 130][n % 2];
        let (_, turns) = played(9, &[&open]);
        let (_, again) = played(9, &[&open]);
        assert_eq!(turns, again);
        let base_first = turns.iter().filter(|t| t.order[0] == Side::Base).count();
        assert!((8..=22).contains(&base_first), "{base_first}");
        assert_ne!(turns, played(10, &[&open]).1);
    }

    #[test]
    fn nothing_measured_is_nothing_decided() {
        let mut session = Session::new(1, Rule::with(5.0), 1);
        let mut turns = 0;
        while session.turn().is_some() {
            turns += 1;
        }
        assert_eq!(turns, 30);
        assert_eq!(session.outcome(0), (&[][..], Verdict::Inconclusive));
        assert!(Session::new(0, Rule::with(5.0), 1).turn().is_none());
    }
}
