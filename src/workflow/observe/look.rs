//! One look: asks once, and judges.

use std::sync::Arc;

use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};

use super::Standing;
use super::source::NoSource;
use crate::canary::{Known, Prometheus, Reader, Span};
use crate::promotion::Sha256;
use crate::promotion::canary::{Answer, History, Look, Policy, Reading, Verdict, judge};

/// How many promotions are looked at at the same time.
const AT_ONCE: usize = 8;

/// What was seen, and what it comes to: everything that it takes to judge it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// What the server said.
    pub look: Look,
    /// What is known beside.
    pub history: History,
    /// By which rules.
    pub policy: Policy,
    /// The verdict.
    pub verdict: Verdict,
}

impl Seen {
    /// Its canonical bytes with their digest: what a record in the log names.
    pub fn evidence(&self) -> Result<(Sha256, Vec<u8>), serde_json::Error> {
        // By way of a value: what is no number becomes `null`, and not an error.
        let bytes = serde_json_canonicalizer::to_vec(&serde_json::to_value(self)?)?;
        Ok((Sha256::of(&bytes), bytes))
    }
}

/// Looks at a promotion as of `at`, in Unix seconds: asks the server once and judges.
/// Whatever keeps it from asking stands in the verdict. With what is `known` only what is
/// new is asked for: nothing may follow from such a look but another one without.
pub async fn look(
    source: &Result<Prometheus, NoSource>,
    known: Option<&Arc<Known>>,
    standing: &Standing,
    at: i64,
) -> Seen {
    let watch = &standing.watch;
    let look = match (source, watch.arms()) {
        (_, _) if watch.asks.is_empty() => Ok(Vec::new()),
        (Ok(prometheus), Some(arms)) => {
            let reader = Reader {
                prometheus: prometheus.clone(),
                arms,
                asks: watch.asks.clone(),
                known: known.cloned(),
            };
            let span = Span {
                merged: standing.merged_at,
                before: watch.learn,
                at,
                bin: watch.policy.bin,
            };
            return seen(standing, reader.look(span).await);
        }
        (Err(why), _) => Err(why.to_string()),
        (_, None) => Err(NO_ARMS.to_owned()),
    };
    let readings = match look {
        Ok(readings) => readings,
        Err(why) => watch
            .asks
            .iter()
            .map(|ask| Reading {
                signal: ask.signal.clone(),
                answer: Answer::Failed(why.clone()),
                asked: Vec::new(),
            })
            .collect(),
    };
    let look = Look {
        at,
        skew: None,
        readings,
    };
    seen(standing, look)
}

/// Looks at many promotions as of `at`, several at a time. A server that is gone is not
/// waited for by each of them.
pub async fn look_at_all(
    source: &Result<Prometheus, NoSource>,
    known: Option<&Arc<Known>>,
    all: &[&Standing],
    at: i64,
) -> Vec<Seen> {
    let round = match source {
        Ok(server) => &Ok(server.round()),
        Err(_) => source,
    };
    let looks = all.iter().map(|standing| look(round, known, standing, at));
    futures_util::stream::iter(looks)
        .buffered(AT_ONCE)
        .collect()
        .await
}

/// That it is not said who is compared.
pub(super) const NO_ARMS: &str = "the base branch's countersign.toml does not say which labels \
     are the canary's and which the base's: [canary] canary = 'version=\"2\"', base = …";

fn seen(standing: &Standing, look: Look) -> Seen {
    let history = History {
        merged: standing.merged_at,
        nights: standing.nights.over.clone(),
        last_good: standing.last_good,
    };
    let policy = standing.watch.policy.clone();
    Seen {
        verdict: judge(&look, &history, &policy),
        look,
        history,
        policy,
    }
}
