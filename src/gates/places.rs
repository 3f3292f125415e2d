//! Places for tools that run at the same time, shared fairly between modules.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::promotion::RepoPath;

/// So many tools may run at the same time. A place that becomes free goes to
/// the module that holds the fewest; among equals by rank, then to who waits
/// longest. So a module with slow tools cannot keep the others from going on.
#[derive(Clone, Debug)]
pub struct Places {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    all: usize,
    free: usize,
    held: HashMap<RepoPath, usize>,
    waiting: VecDeque<(RepoPath, Rank, oneshot::Sender<Taken>)>,
    /// Those who want to be alone: their turn comes when nobody else waits.
    patient: VecDeque<oneshot::Sender<Alone>>,
}

/// Who of a module goes first: what takes long begins early, so that at the end
/// nothing is waited for that could have run beside the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Others wait for it.
    First,
    /// It answers soon.
    Soon,
    /// It takes long, and nothing waits for it but the end.
    Long,
    /// Everything else.
    Rest,
}

/// A place; dropped, it is free again.
#[derive(Debug)]
pub struct Taken {
    places: Places,
    module: RepoPath,
}

/// Every place at once: nothing else of ours runs. Dropped, all are free again.
#[derive(Debug)]
pub struct Alone {
    places: Places,
}

impl Places {
    /// So many; at least one.
    pub fn new(places: usize) -> Self {
        let all = places.max(1);
        let state = State {
            all,
            free: all,
            held: HashMap::new(),
            waiting: VecDeque::new(),
            patient: VecDeque::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Waits for a place. Whoever stops waiting loses nothing for others.
    pub async fn take(&self, module: &RepoPath, rank: Rank) -> Taken {
        let turn = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return self.taken(&mut state, module.clone());
            }
            let (tell, turn) = oneshot::channel();
            state.waiting.push_back((module.clone(), rank, tell));
            turn
        };
        match turn.await {
            Ok(taken) => taken,
            // Unreachable: who waits is only ever removed by being told. More
            // tools than places do less harm than a gate that waits for ever.
            Err(_) => self.taken(&mut self.state(), module.clone()),
        }
    }

    /// Waits until no tool runs and none waits for a place, and takes all places:
    /// for what measures time, which comes after everything else.
    pub async fn take_all(&self) -> Alone {
        let turn = {
            let mut state = self.state();
            if state.is_idle() {
                state.free = 0;
                return self.alone();
            }
            let (tell, turn) = oneshot::channel();
            state.patient.push_back(tell);
            turn
        };
        match turn.await {
            Ok(alone) => alone,
            // Unreachable, as above.
            Err(_) => self.alone(),
        }
    }

    fn alone(&self) -> Alone {
        Alone {
            places: self.clone(),
        }
    }

    fn taken(&self, state: &mut State, module: RepoPath) -> Taken {
        *state.held.entry(module.clone()).or_default() += 1;
        Taken {
            places: self.clone(),
            module,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_idle(&self) -> bool {
        self.free == self.all && self.waiting.is_empty()
    }

    /// Who gets a free place: the module that holds the fewest, among equals by
    /// rank, then who waits longest.
    fn next(&mut self) -> Option<(RepoPath, oneshot::Sender<Taken>)> {
        let held = |module| self.held.get(module).copied().unwrap_or_default();
        let order = |at: &usize| (held(&self.waiting[*at].0), self.waiting[*at].1);
        let next = (0..self.waiting.len()).min_by_key(order)?;
        let (module, _, tell) = self.waiting.remove(next)?;
        Some((module, tell))
    }
}

impl Places {
    /// Hands out what is free. Who does not wait any more drops what it is sent,
    /// and so it goes to the next.
    fn hand_out(&self) {
        loop {
            let mut state = self.state();
            if state.free > 0
                && let Some((module, tell)) = state.next()
            {
                state.free -= 1;
                let taken = self.taken(&mut state, module);
                drop(state);
                drop(tell.send(taken));
            } else if state.is_idle()
                && let Some(tell) = state.patient.pop_front()
            {
                state.free = 0;
                drop(state);
                drop(tell.send(self.alone()));
            } else {
                return;
            }
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        {
            let mut state = self.places.state();
            if let Some(held) = state.held.get_mut(&self.module) {
                *held -= 1;
                if *held == 0 {
                    state.held.remove(&self.module);
                }
            }
            state.free += 1;
        }
        self.places.hand_out();
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        {
            let mut state = self.places.state();
            state.free = state.all;
        }
        self.places.hand_out();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn ready<T>(future: &mut std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_free_place_goes_to_the_module_that_holds_the_fewest() {
        let places = Places::new(2);
        let (slow, other) = (RepoPath::from("slow"), RepoPath::from("other"));
        let first = ready(&mut pin!(places.take(&slow, Rank::Rest))).unwrap();
        let second = ready(&mut pin!(places.take(&slow, Rank::Rest))).unwrap();
        let mut third = pin!(places.take(&slow, Rank::Rest));
        let mut fair = pin!(places.take(&other, Rank::Rest));
        assert!(ready(&mut third).is_none() && ready(&mut fair).is_none());
        drop(first);
        assert!(ready(&mut third).is_none(), "it holds one already");
        let held = ready(&mut fair).unwrap();
        drop((second, held));
        assert!(ready(&mut third).is_some());
        assert_eq!(places.state().free, 2);
    }

    #[test]
    fn among_the_tools_of_a_module_the_rank_decides() {
        let places = Places::new(1);
        let module = RepoPath::from("m");
        let held = ready(&mut pin!(places.take(&module, Rank::Rest))).unwrap();
        let mut rest = pin!(places.take(&module, Rank::Rest));
        let mut soon = pin!(places.take(&module, Rank::Soon));
        let mut first = pin!(places.take(&module, Rank::First));
        assert!(ready(&mut rest).is_none() && ready(&mut soon).is_none());
        assert!(ready(&mut first).is_none());
        drop(held);
        assert!(ready(&mut rest).is_none() && ready(&mut soon).is_none());
        drop(ready(&mut first).unwrap());
        assert!(ready(&mut rest).is_none());
        drop(ready(&mut soon).unwrap());
        assert!(ready(&mut rest).is_some());
    }

    #[test]
    fn who_stops_waiting_takes_no_place_along() {
        let places = Places::new(1);
        let module = RepoPath::from("m");
        let held = ready(&mut pin!(places.take(&module, Rank::Rest))).unwrap();
        {
            let mut gone = Box::pin(places.take(&module, Rank::Rest));
            assert!(ready(&mut gone.as_mut()).is_none());
            let mut told = Box::pin(places.take(&module, Rank::Rest));
            assert!(ready(&mut told.as_mut()).is_none());
            drop(gone);
            drop(held);
        } // told it has a place, and gone without looking
        assert_eq!(places.state().free, 1);
        assert!(places.state().held.is_empty());
    }

    #[test]
    fn who_measures_time_is_alone_and_comes_last() {
        let places = Places::new(2);
        let module = RepoPath::from("m");
        let first = ready(&mut pin!(places.take(&module, Rank::Rest))).unwrap();
        let mut alone = pin!(places.take_all());
        assert!(ready(&mut alone).is_none(), "something runs");
        let second = ready(&mut pin!(places.take(&module, Rank::Rest))).unwrap();
        let mut third = pin!(places.take(&module, Rank::Rest));
        assert!(ready(&mut third).is_none());
        drop(first);
        let third = ready(&mut third).unwrap();
        drop(second);
        assert!(ready(&mut alone).is_none(), "something runs still");
        drop(third);
        let all = ready(&mut alone).unwrap();
        let mut later = pin!(places.take(&module, Rank::Rest));
        let mut other = pin!(places.take_all());
        assert!(ready(&mut later).is_none() && ready(&mut other).is_none());
        drop(all);
        let later = ready(&mut later).unwrap();
        assert!(ready(&mut other).is_none());
        drop(later);
        drop(ready(&mut other).unwrap());
        assert_eq!(places.state().free, 2);
    }

    #[test]
    fn who_stops_waiting_to_be_alone_keeps_nobody_from_it() {
        let places = Places::new(2);
        let module = RepoPath::from("m");
        let held = ready(&mut pin!(places.take(&module, Rank::Rest))).unwrap();
        {
            let mut gone = Box::pin(places.take_all());
            assert!(ready(&mut gone.as_mut()).is_none());
        }
        let mut told = Box::pin(places.take_all());
        assert!(ready(&mut told.as_mut()).is_none());
        drop(held);
        drop(told); // told it is alone, and gone without looking
        assert_eq!(places.state().free, 2);
        drop(ready(&mut pin!(places.take_all())).unwrap());
    }
}
