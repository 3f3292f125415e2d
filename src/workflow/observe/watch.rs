//! The watcher: looks at everything that is due, writes down what changed, runs nights, has
//! harm taken back, and says when it was watched to the end. It holds nothing that cannot
//! be read again: it can be ended and started anywhere, at any time, more than once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::board::Ground;
use super::look::{self, Seen};
use super::metrics;
use super::nights::{self, Ran};
use super::record::{Pen, Written};
use super::serve::{self, Health};
use super::source::{self, NoSource};
use super::{ObserveError, Standing, act, fetch, join};
use crate::canary::{Known, Prometheus};
use crate::config::canary::Canary;
use crate::promotion::canary::{Action, Word};
use crate::promotion::{ObjectId, Stage};
use crate::workflow::Workspace;
use crate::workflow::sign_off::{Ask, Key};

/// However little there is to do, it is looked for new promotions so often, in seconds.
const AT_LEAST: i64 = 60;
/// A round that takes longer than this beyond what it may is no longer well, in seconds.
const PATIENCE: u64 = 300;
/// A night that could not be run is tried again so much later, in seconds.
const AGAIN: i64 = 600;

/// How it is watched.
#[derive(Clone, Debug)]
pub struct Options {
    /// The key that signs; without one nothing is written and nothing is done.
    pub key: Option<Key>,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// One round, nights included.
    pub once: bool,
    /// Where `/healthz` and `/metrics` are answered.
    pub listen: Option<SocketAddr>,
    /// Whether remotes are asked for what is new.
    pub fetch: bool,
    /// What the watcher is called.
    pub name: String,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// The newest verdict of each promotion that was looked at: the worst of them.
    pub worst: Option<Word>,
    /// True where something could not be done.
    pub failed: bool,
}

/// Watches until it is stopped, or once. What is in hand when it is stopped is finished;
/// a look or a night that is under way is broken off, for nothing followed from it yet.
pub async fn watch(
    ws: Workspace,
    options: Options,
    stop: CancellationToken,
) -> Result<Watched, ObserveError> {
    let health = Health::new(&options.name, now(), AT_LEAST as u64 + PATIENCE);
    let health = Arc::new(health);
    // What is answered is answered until the very end.
    let answering = CancellationToken::new();
    if let Some(address) = options.listen {
        let at = serve::serve(address, health.clone(), answering.clone()).await?;
        tracing::info!(address = %at, "listening");
    }
    let mut watcher = Watcher {
        ws,
        options,
        health,
        stop,
        ground: None,
        source: None,
        open: None,
        known: Arc::default(),
        looked: BTreeMap::new(),
        night: None,
        tried: BTreeMap::new(),
    };
    let name = watcher.options.name.clone();
    tracing::info!(watcher = %name, acts = watcher.acts(), "watching");
    let watched = watcher.run().await;
    tracing::info!(watcher = %name, "stopped");
    answering.cancel();
    watched
}

/// A night that was run, and the promotion it is of.
type Night = (ObjectId, Result<Option<Ran>, ObserveError>);

struct Watcher {
    ws: Workspace,
    options: Options,
    health: Arc<Health>,
    stop: CancellationToken,
    ground: Option<Arc<Ground>>,
    source: Option<(Canary, Arc<Result<Prometheus, NoSource>>)>,
    /// How many promotions were watched when that was last told.
    open: Option<usize>,
    /// What the server answered before.
    known: Arc<Known>,
    /// When each promotion was last looked at.
    looked: BTreeMap<ObjectId, i64>,
    night: Option<JoinHandle<Night>>,
    /// When nights that could not be run may be tried again.
    tried: BTreeMap<(ObjectId, i64), i64>,
}

impl Watcher {
    /// True where something follows from what is seen.
    fn acts(&self) -> bool {
        self.options.key.is_some() && !self.options.dry_run
    }

    async fn run(&mut self) -> Result<Watched, ObserveError> {
        loop {
            let ended = self.round().await;
            let next = match &ended {
                Ok((_, next)) => (*next).clamp(now() + 1, now() + AT_LEAST),
                Err(_) => now() + AT_LEAST,
            };
            let within = (next - now()).max(0) as u64 + PATIENCE;
            let told = ended.as_ref().map(|_| ()).map_err(ToString::to_string);
            match &told {
                Ok(()) => {
                    self.health.metrics.add(metrics::ROUNDS, &[], 1.0);
                    self.health
                        .metrics
                        .set(metrics::LAST_ROUND, &[], now() as f64);
                }
                Err(why) => {
                    self.health.metrics.add(metrics::ROUND_ERRORS, &[], 1.0);
                    tracing::error!(%why, "a round did not come to its end");
                }
            }
            self.health.round(now(), within, told);
            if self.options.once {
                return ended.map(|(watched, _)| watched);
            }
            let pause = Duration::from_secs((next - now()).max(0) as u64);
            let mut night = self.night.take();
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.stop.cancelled() => {}
                done = ended_night(&mut night) => self.night_ended(done).await?,
            }
            self.night = night;
            if self.stop.is_cancelled() {
                if let Some(night) = self.night.take() {
                    // It hears of it by the same token.
                    let _ = night.await;
                }
                return Ok(Watched::default());
            }
        }
    }

    /// Everything that is due now; with when the next thing is.
    async fn round(&mut self) -> Result<(Watched, i64), ObserveError> {
        let ground = self.refreshed().await?;
        let time = now();
        let standings = ground.standings(time);
        self.count(&standings);
        let mut watched = Watched::default();
        let mut next = time + AT_LEAST;
        let source = self.source(&ground.desk.authority.config.canary);
        let mut due: BTreeMap<i64, Vec<&Standing>> = BTreeMap::new();
        for standing in standings.iter().filter(|it| it.is_open()) {
            let interval = standing.watch.interval.max(1) as i64;
            // The same times for every watcher, so that all see the same.
            let slot = time.div_euclid(interval) * interval;
            next = next.min(slot + interval);
            if self.looked.get(&standing.promotion.commit) < Some(&slot) {
                due.entry(slot).or_default().push(standing);
            }
        }
        for (slot, standings) in due {
            let began = std::time::Instant::now();
            let looks = self.look(&source, &standings, slot);
            let seen = tokio::select! {
                seen = looks => seen,
                () = self.stop.cancelled() => return Ok((watched, next)),
            };
            let took = began.elapsed().as_secs_f64();
            self.health.metrics.add(metrics::LOOK_SECONDS, &[], took);
            for (standing, seen) in standings.into_iter().zip(seen) {
                self.looked.insert(standing.promotion.commit, slot);
                watched.worst = watched.worst.max(Some(seen.verdict.word));
                watched.failed |= !self.follow(&ground, standing, seen).await;
            }
        }
        for standing in standings.iter().filter(|it| it.rollback.is_some()) {
            watched.failed |= !self.go_on(&ground, standing).await;
        }
        self.run_nights(&ground, &standings, &mut next).await?;
        let open = standings.iter().filter(|it| it.is_open()).count();
        if self.open != Some(open) {
            tracing::info!(open, "promotions that are watched");
            self.open = Some(open);
        }
        Ok((watched, next))
    }

    /// Looks at all of these, by what is known; and again, whole, where anything would
    /// follow: that is what is acted on.
    async fn look(
        &self,
        source: &Result<Prometheus, NoSource>,
        standings: &[&Standing],
        slot: i64,
    ) -> Vec<Seen> {
        let known = Some(&self.known);
        let mut all = look::look_at_all(source, known, standings, slot).await;
        for (seen, standing) in all.iter_mut().zip(standings) {
            if seen.verdict.action != Action::Hold {
                let whole = look::look_at_all(source, None, &[standing], slot).await;
                if let Some(whole) = whole.into_iter().next() {
                    *seen = whole;
                }
            }
        }
        let first = standings.iter().map(|it| {
            let before = it.watch.learn + it.watch.policy.bin;
            it.merged_at.saturating_sub_unsigned(before)
        });
        if let Some(first) = first.min() {
            self.known.forget(first, slot);
        }
        all
    }

    /// What the repository says now, read again where a reference of it moved.
    async fn refreshed(&mut self) -> Result<Arc<Ground>, ObserveError> {
        let (ws, before) = (self.ws.clone(), self.ground.clone());
        let fetching = self.options.fetch;
        let work = tokio::task::spawn_blocking(move || {
            let troubles = match (fetching, &before) {
                (true, Some(before)) => fetch::fetch(&ws, &before.desk),
                (true, None) => Ground::read(&ws).map_or_else(
                    |error| vec![error.to_string()],
                    |first| fetch::fetch(&ws, &first.desk),
                ),
                (false, _) => Vec::new(),
            };
            let ground = match before {
                Some(before) if before.is_current(&ws)? => before,
                _ => Arc::new(Ground::read(&ws)?),
            };
            Ok::<_, ObserveError>((ground, troubles))
        });
        let (ground, troubles) = work.await??;
        for why in troubles {
            self.health.metrics.add(metrics::FETCH_ERRORS, &[], 1.0);
            tracing::warn!(%why, "a remote was not asked; what is here is used");
        }
        self.ground = Some(ground.clone());
        Ok(ground)
    }

    /// The server, as long as it is said in the same way.
    fn source(&mut self, said: &Canary) -> Arc<Result<Prometheus, NoSource>> {
        match &self.source {
            // One that could not be asked is tried again: a secret may have come.
            Some((same, source)) if same == said && source.is_ok() => source.clone(),
            _ => {
                let source = Arc::new(source::server(said));
                self.source = Some((said.clone(), source.clone()));
                source
            }
        }
    }

    fn count(&self, standings: &[Standing]) {
        let numbers = &self.health.metrics;
        numbers.clear(metrics::PROMOTIONS);
        for stage in [
            Stage::Merged,
            Stage::Canary,
            Stage::Completed,
            Stage::RolledBack,
        ] {
            let count = standings.iter().filter(|it| it.stage == stage).count();
            numbers.set(
                metrics::PROMOTIONS,
                &[("stage", stage.word())],
                count as f64,
            );
        }
    }

    /// Keeps what was seen, and does what follows; false where something could not be done.
    async fn follow(&self, ground: &Arc<Ground>, standing: &Standing, seen: Seen) -> bool {
        let verdict = &seen.verdict;
        let (module, word) = (standing.module().to_string(), verdict.word.to_string());
        let numbers = &self.health.metrics;
        numbers.add(metrics::LOOKS, &[("word", &word)], 1.0);
        for each in Word::ALL {
            let is = f64::from(u8::from(each == verdict.word));
            let labels = [("module", module.as_str()), ("word", &each.to_string())];
            numbers.set(metrics::VERDICT, &labels, is);
        }
        if let Some(good) = verdict.last_good {
            numbers.set(metrics::LAST_GOOD, &[("module", &module)], good as f64);
        }
        let (at, why) = (verdict.at, verdict.why.as_str());
        match verdict.action {
            Action::Hold => tracing::info!(%module, at, %word, why, "looked"),
            Action::Complete => tracing::info!(%module, at, %word, why, "looked: to the end"),
            Action::RollBack => tracing::warn!(%module, at, %word, why, "looked: harm"),
        }
        let act = act::Act {
            ws: self.ws.clone(),
            ground: ground.clone(),
            standing: standing.clone(),
            key: self.options.key.clone().filter(|_| self.acts()),
            dry_run: self.options.dry_run,
            watcher: self.options.name.clone(),
        };
        let done = tokio::task::spawn_blocking(move || act.follow(seen)).await;
        self.told(&module, done.map_err(ObserveError::from))
    }

    /// Goes on with a rollback that was begun; false where that could not be done.
    async fn go_on(&self, ground: &Arc<Ground>, standing: &Standing) -> bool {
        if !self.acts() || join::is_over(&ground.desk, standing) {
            return true;
        }
        let module = standing.module().to_string();
        let act = act::Act {
            ws: self.ws.clone(),
            ground: ground.clone(),
            standing: standing.clone(),
            key: self.options.key.clone(),
            dry_run: false,
            watcher: self.options.name.clone(),
        };
        let done = tokio::task::spawn_blocking(move || act.go_on()).await;
        self.told(&module, done.map_err(ObserveError::from))
    }

    /// Tells what was done, and what could not be.
    fn told(&self, module: &str, done: Result<act::Done, ObserveError>) -> bool {
        let numbers = &self.health.metrics;
        let done = done.unwrap_or_else(|error| act::Done {
            failed: vec![("round", error.to_string())],
            ..act::Done::default()
        });
        for (kind, position) in &done.written {
            numbers.add(metrics::RECORDS, &[("kind", kind)], 1.0);
            tracing::info!(%module, kind, entry = position, "written down");
        }
        for (what, words) in &done.said {
            tracing::info!(%module, what, %words, "done");
        }
        for outcome in &done.rollbacks {
            numbers.add(metrics::ROLLBACKS, &[("outcome", outcome)], 1.0);
        }
        for (what, why) in &done.failed {
            numbers.add(metrics::RECORD_ERRORS, &[], 1.0);
            tracing::error!(%module, what, %why, "could not be done");
        }
        done.failed.is_empty()
    }

    /// Begins the night that is due, one at a time; once, it is waited for.
    async fn run_nights(
        &mut self,
        ground: &Arc<Ground>,
        standings: &[Standing],
        next: &mut i64,
    ) -> Result<(), ObserveError> {
        for standing in standings.iter().filter(|it| it.is_open()) {
            let Some(due) = standing.nights.next else {
                continue;
            };
            let again = self.tried.get(&(standing.promotion.commit, due));
            let begins = again.map_or(due, |again| due.max(*again));
            *next = (*next).min(begins);
            if begins > now() || self.night.is_some() || !self.acts() {
                continue;
            }
            self.tried
                .insert((standing.promotion.commit, due), now() + AGAIN);
            let module = standing.module().to_string();
            tracing::info!(%module, due, "a night begins");
            let (ws, ground) = (self.ws.clone(), ground.clone());
            let (standing, stop) = (standing.clone(), self.stop.clone());
            let commit = standing.promotion.commit;
            let night = tokio::spawn(async move {
                let ran = nights::run(&ws, &ground.desk, &standing, due, stop).await;
                (commit, ran)
            });
            self.night = Some(night);
            if self.options.once {
                let mut night = self.night.take();
                let done = ended_night(&mut night).await;
                self.night_ended(done).await?;
            }
        }
        Ok(())
    }

    /// Writes down how a night went.
    async fn night_ended(&mut self, done: Night) -> Result<(), ObserveError> {
        let (commit, ran) = done;
        let ran = match ran {
            Ok(Some(ran)) => ran,
            Ok(None) => return Ok(()),
            Err(error) => {
                self.health.metrics.add(metrics::RECORD_ERRORS, &[], 1.0);
                tracing::error!(why = %error, "a night could not be run");
                return Ok(());
            }
        };
        use crate::promotion::canary::smoke::Run;
        let first = match ran.night.first {
            Run::Passed => "passed",
            Run::Failed => "failed",
            Run::NotRun => "not run",
        };
        self.health
            .metrics
            .add(metrics::NIGHTS, &[("first", first)], 1.0);
        if ran.night.first == Run::NotRun {
            // Nothing is known: it is tried again as long as it is in time.
            tracing::warn!(why = %ran.why, "a night did not happen");
            return Ok(());
        }
        tracing::info!(first, why = %ran.why, "a night is over");
        let Some(key) = self.options.key.clone().filter(|_| self.acts()) else {
            return Ok(());
        };
        let ground = self.refreshed().await?;
        let standings = ground.standings(now());
        let standing = standings
            .into_iter()
            .find(|it| it.promotion.commit == commit);
        let Some(standing) = standing else {
            return Ok(());
        };
        let module = standing.module().to_string();
        let (ws, watcher) = (self.ws.clone(), self.options.name.clone());
        let written = tokio::task::spawn_blocking(move || {
            let pen = Pen {
                ws: &ws,
                key: &key,
                watcher: &watcher,
                ask: Ask::Nobody,
            };
            pen.night(&standing, &ran).map(|(written, _)| written)
        });
        let mut done = act::Done::default();
        match written.await? {
            Ok(Written::Now(appended)) => done.written.push(("smoke", appended.position)),
            Ok(Written::Before) => {}
            Err(error) => done.failed.push(("smoke", error.to_string())),
        }
        self.told(&module, Ok(done));
        Ok(())
    }
}

/// Waits for a night that is being run; for ever where none is.
async fn ended_night(night: &mut Option<JoinHandle<Night>>) -> Night {
    let done = match night {
        Some(handle) => handle.await,
        None => std::future::pending().await,
    };
    *night = None;
    done.unwrap_or_else(|error| (ObjectId::from_bytes([0; 20]), Err(error.into())))
}

fn now() -> i64 {
    Timestamp::now().as_second()
}
