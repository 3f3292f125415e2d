//! Random keys on every screen, and windows of every size: nothing panics, and nothing of
//! what came from outside acts on the terminal.

use countersign::console::diff;
use countersign::console::effect::{Doing, Effect, Proposing, Watching};
use countersign::console::event::{Event, Message, Planned, Told as Wizarding};
use countersign::console::model::canary::Told;
use countersign::console::model::{Model, errand};
use countersign::console::theme::Theme;
use countersign::console::update::update;
use countersign::promotion::text::is_hostile;
use countersign::promotion::{Dossier, Stage};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Size;

use crate::sign_off::HOSTILE;
use crate::update::Random;
use crate::{canary, every, fixture, picture, review, sign_off, wizard};

/// How many keys each screen gets.
const KEYS: usize = 10_000;
/// After so many it is opened anew: a walk soon leaves where it began.
const WALK: usize = 250;

const CODES: [KeyCode; 20] = [
    KeyCode::Enter,
    KeyCode::Enter,
    KeyCode::Esc,
    KeyCode::Tab,
    KeyCode::BackTab,
    KeyCode::Up,
    KeyCode::Down,
    KeyCode::Down,
    KeyCode::Left,
    KeyCode::Right,
    KeyCode::Home,
    KeyCode::End,
    KeyCode::PageUp,
    KeyCode::PageDown,
    KeyCode::Backspace,
    KeyCode::Delete,
    KeyCode::Insert,
    KeyCode::F(1),
    KeyCode::F(5),
    KeyCode::F(12),
];

fn key(random: &mut Random) -> Event {
    let code = match random.below(3) {
        0 => CODES[random.below(CODES.len() as u64) as usize],
        _ => KeyCode::Char(char::from(b' ' + random.below(95) as u8)),
    };
    let modifiers = match random.below(10) {
        0 => KeyModifiers::CONTROL,
        1 => KeyModifiers::ALT,
        2 => KeyModifiers::SHIFT,
        _ => KeyModifiers::NONE,
    };
    Event::Key(KeyEvent::new(code, modifiers))
}

/// What a worker would send back, with hostile text in it.
fn answer(model: &Model, effect: Effect, random: &mut Random) -> Option<Message> {
    let fails = random.below(8) == 0;
    let why = format!("not now {HOSTILE}");
    Some(match effect {
        Effect::Dossier { generation, id } => {
            let module = model.catalog.module(id)?.clone();
            let dossier = Dossier {
                module,
                facts: model.catalog.facts(id)?.clone(),
                gates: fixture::quantum_states(),
                stage: Stage::Candidate,
                sign_off: None,
                blockers: vec![format!("4 Tests {HOSTILE}")],
            };
            let result = if fails {
                Err(why)
            } else {
                Ok(Box::new(dossier))
            };
            Message::Dossier { generation, result }
        }
        Effect::Raw { generation, .. } => Message::Raw {
            generation,
            result: if fails {
                Err(why)
            } else {
                Ok(vec![HOSTILE.to_owned(); 90])
            },
        },
        Effect::Check { run, .. } => Message::CheckEnded {
            run,
            at: model.now + 7,
            result: Err(why),
        },
        Effect::Sheet { generation, .. } => Message::Sheet {
            generation,
            result: if fails {
                Err(why)
            } else {
                Ok(Box::new(review::hostile()))
            },
        },
        Effect::WriteNote { generation, text } => Message::NoteWritten {
            generation,
            result: Ok(format!("{text}\u{202e}")),
        },
        Effect::Log { generation } => Message::Log {
            generation,
            result: if fails {
                Err(why)
            } else {
                Ok(Box::new(sign_off::wrong_log()))
            },
        },
        Effect::LogEntry { generation, .. } => Message::LogEntry {
            generation,
            result: if fails {
                Err(why)
            } else {
                Ok(Box::new(sign_off::entry()))
            },
        },
        Effect::Propose(Proposing::Open { generation, .. }) => Message::Proposal {
            generation,
            told: Wizarding::Opened(if fails {
                Err(why)
            } else {
                Ok(Box::new(wizard::opened()))
            }),
        },
        Effect::Propose(Proposing::Plan { generation, .. }) => Message::Proposal {
            generation,
            told: Wizarding::Planned(Planned::Not(why)),
        },
        Effect::Errand(Doing::Read { generation, .. }) => Message::Errand {
            generation,
            told: errand::Told::Read(Err(why)),
        },
        Effect::Errand(Doing::ReadRollback { generation, .. }) => Message::Errand {
            generation,
            told: errand::Told::Read(Err(why)),
        },
        Effect::Canary(watching) => {
            let (generation, told) = match watching {
                Watching::Read { generation, .. } => {
                    let mut all = canary::all();
                    all.push(canary::hostile());
                    all.rotate_left(random.below(7) as usize);
                    all.truncate(random.below(8) as usize);
                    let read = Ok(Box::new(canary::watched(all)));
                    (generation, Told::Read(if fails { Err(why) } else { read }))
                }
                Watching::Look { generation, .. } => {
                    let found = canary::hostile().verdict?;
                    let found = Ok(Box::new(found));
                    (
                        generation,
                        Told::Looked(if fails { Err(why) } else { found }),
                    )
                }
                Watching::Wake { generation, .. } if fails => (generation, Told::Due),
                _ => return None,
            };
            let at = model.now + 1_000;
            Message::Canary {
                generation,
                at,
                told,
            }
        }
        Effect::Say(said) => Message::Canary {
            generation: said.generation,
            at: model.now,
            told: Told::Said(if fails { Err(why) } else { Ok(why) }),
        },
        Effect::Edit { .. } => Message::Edited(Err(why)),
        _ => return None,
    })
}

/// Lets workers answer whatever is wanted, and what follows from that.
fn perform(model: &mut Model, effects: Vec<Effect>, random: &mut Random) {
    for effect in effects {
        if let Some(message) = answer(model, effect, random) {
            let more = update(model, Event::Message(message));
            // One step further is enough: a worker may be slow.
            for effect in more {
                if let Some(message) = answer(model, effect, random) {
                    update(model, Event::Message(message));
                }
            }
        }
    }
}

fn drawn(name: &str, model: &Model, theme: &Theme) {
    let buffer = picture::draw(model, theme);
    for cell in buffer.content() {
        let hostile = cell.symbol().contains(is_hostile);
        assert!(!hostile, "{name}: {:?} is on the screen", cell.symbol());
    }
    // What draws leaves such characters out without a word: where one was, it has to be seen.
    let shown = picture::text(&buffer);
    for (at, _) in shown.match_indices("[2J") {
        let before = shown[..at].trim_end_matches([' ', '\n', '│', '▐']);
        // What lies over it may hide just that, with the blank column beside it; text in a
        // box keeps off its left edge.
        let line = shown[..at].rsplit('\n').next().unwrap_or_default();
        let edge = ['│', '▐', '╮', '╯'];
        let right = line.matches(['│', '▐', '╭', '╮', '╰', '╯']).count() > 1;
        let hidden = line.ends_with(edge) || right && line.trim_end_matches(' ').ends_with(edge);
        // As JSON writes it (\u001b) it is text.
        let seen = hidden || before.ends_with(['␛', '…', 'b']);
        assert!(
            seen,
            "{name}: an escape was there and is not seen:\n{shown}"
        );
    }
}

/// Walks from the screens whose name begins so.
fn walk(prefix: &str, seed: u64) {
    let size = Size::new(90, 26);
    let starts: Vec<_> = every::screens(size)
        .into_iter()
        .filter(|(name, _)| name.starts_with(prefix))
        .collect();
    assert!(!starts.is_empty());
    let mut random = Random(seed);
    let theme = Theme::dark();
    let mut model = starts[0].1.clone();
    let mut name = starts[0].0;
    for step in 0..KEYS {
        if step % WALK == 0 {
            let start = &starts[(step / WALK) % starts.len()];
            (name, model) = (start.0, start.1.clone());
        }
        let event = match random.below(60) {
            // Controls are no text: what is typed has none.
            0 => Event::Paste("q漢\u{9b}31m\u{202e}e\u{301}\nx".into()),
            1 => Event::Resize(random.below(180) as u16 + 1, random.below(60) as u16 + 1),
            2 => Event::Mouse(MouseEvent {
                kind: match random.below(3) {
                    0 => MouseEventKind::ScrollDown,
                    1 => MouseEventKind::ScrollUp,
                    _ => MouseEventKind::Down(MouseButton::Left),
                },
                column: random.below(180) as u16,
                row: random.below(60) as u16,
                modifiers: KeyModifiers::NONE,
            }),
            _ => key(&mut random),
        };
        let effects = update(&mut model, event);
        perform(&mut model, effects, &mut random);
        if step % 16 == 0 {
            drawn(name, &model, &theme);
        }
    }
}

macro_rules! walks {
    ($($name:ident $prefix:literal $seed:literal;)*) => {
        $(#[test] fn $name() { walk($prefix, $seed); })*

        #[test]
        fn every_screen_is_walked() {
            for (name, _) in every::screens(Size::new(80, 24)) {
                assert!([$($prefix),*].iter().any(|it| name.starts_with(it)), "{name}");
            }
        }
    };
}

walks! {
    random_keys_on_the_dashboard "dashboard" 11;
    random_keys_on_a_module "module" 12;
    random_keys_in_the_diff "module, diff" 13;
    random_keys_on_impact "module, impact" 14;
    random_keys_on_decisions "module, decisions" 15;
    random_keys_on_a_review "review" 16;
    random_keys_in_the_wizard "wizard" 17;
    random_keys_on_an_errand "errand" 18;
    random_keys_in_the_log "audit" 19;
    random_keys_on_the_canary "canary" 22;
    random_keys_in_a_note "review, note" 20;
    random_keys_in_the_palette "dashboard, palette" 21;
}

/// Windows from 1x1 to 400x120, on every screen, one after the other.
#[test]
fn windows_of_every_size() {
    let mut random = Random(20_261_127);
    let corners = [(1, 1), (400, 1), (1, 120), (400, 120), (60, 16), (59, 16)];
    for (name, mut model) in every::screens(Size::new(80, 24)) {
        let sizes = (0..10).map(|_| (random.below(400) as u16 + 1, random.below(120) as u16 + 1));
        let sizes: Vec<_> = corners.into_iter().chain(sizes).collect();
        for (width, height) in sizes {
            let effects = update(&mut model, Event::Resize(width, height));
            for effect in effects {
                assert!(
                    matches!(effect, Effect::Diff(diff::Request { .. })),
                    "{name}"
                );
            }
            drawn(name, &model, &Theme::no_color());
            // A key while it is small must not break what is shown when it is large.
            update(&mut model, key(&mut random));
        }
    }
}
