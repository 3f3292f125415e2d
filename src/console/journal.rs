//! What happens beside the work and stops nobody (a cache that cannot be kept, a file that
//! cannot be removed): it is kept among the messages, and says nothing by itself.

use std::fmt::{Debug, Write as _};

use tokio::sync::mpsc::UnboundedSender;
use tracing::field::{Field, Visit};
use tracing::{Event as Traced, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

use super::event::{Event, Message};
use super::model::Level;

/// The longest that is kept of one, in characters.
const MOST: usize = 2_000;

/// Passes on what this program itself traces, as messages.
struct Journal {
    events: UnboundedSender<Event>,
}

/// Passes everything on from now on. Where somebody listens already, that stays.
pub fn listen(events: UnboundedSender<Event>) {
    let journal = tracing_subscriber::registry().with(Journal { events });
    // Fails only where there is another: then that one is used.
    let _ = tracing::subscriber::set_global_default(journal);
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, traced: &Traced<'_>, _: Context<'_, S>) {
        let level = match *traced.metadata().level() {
            tracing::Level::ERROR => Level::Problem,
            tracing::Level::WARN => Level::Warning,
            tracing::Level::INFO => Level::Info,
            _ => return,
        };
        // What libraries trace is theirs.
        let crates = traced.metadata().target().split("::").next();
        if crates != Some(env!("CARGO_CRATE_NAME")) {
            return;
        }
        let mut words = Words::default();
        traced.record(&mut words);
        let text: String = words.said.chars().take(MOST).collect();
        let _ = self
            .events
            .send(Event::Message(Message::Journal { level, text }));
    }
}

/// The message, then what is known beside it.
#[derive(Default)]
struct Words {
    said: String,
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a text cannot fail.
        let _ = match field.name() {
            "message" => {
                let rest = std::mem::take(&mut self.said);
                write!(self.said, "{value:?}{rest}")
            }
            name => write!(self.said, "; {name}: {value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::unbounded_channel;

    #[test]
    fn what_this_program_traces_is_passed_on_and_nothing_else() {
        let (sender, mut events) = unbounded_channel();
        let journal = tracing_subscriber::registry().with(Journal { events: sender });
        tracing::subscriber::with_default(journal, || {
            let error = "no space left";
            tracing::warn!(%error, "the index cannot be kept");
            tracing::debug!("of no interest");
            tracing::error!(target: "hyper::client", "another's");
            tracing::info!("it starts from nothing");
        });
        let mut passed = Vec::new();
        while let Ok(Event::Message(Message::Journal { level, text })) = events.try_recv() {
            passed.push((level, text));
        }
        assert_eq!(
            passed,
            [
                (
                    Level::Warning,
                    "the index cannot be kept; error: no space left".to_owned()
                ),
                (Level::Info, "it starts from nothing".to_owned()),
            ]
        );
    }
}
