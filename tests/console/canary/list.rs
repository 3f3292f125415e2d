//! The list of what was merged.

use countersign::console::effect::{Effect, Watching};
use countersign::console::model::Screen;
use countersign::console::model::canary::Told;
use countersign::console::update::start;
use ratatui::layout::Size;

use super::world::{id, over};
use super::{SECONDS, SIZE, all, canary_of, healthy, held, seen, tell, view, watched};
use crate::fixture::{keys, loaded, loading};
use crate::screens::open;
use crate::update::said;

#[test]
fn where_a_module_is_wanted_first_its_canary_is() {
    let mut model = loading(SIZE);
    model.first = Some("candidate/quantum".into());
    let effects = start(&mut model);
    assert!(
        matches!(
            effects[..],
            [
                Effect::Load { .. },
                Effect::Canary(Watching::Read { fetch: false, .. })
            ]
        ),
        "{effects:?}"
    );
    let generation = view(&model).generation;
    let told = Told::Read(Ok(Box::new(watched(all()))));
    tell(&mut model, generation, told);
    let selected = view(&model).selected().map(|it| it.module().clone());
    assert_eq!(selected, Some("candidate/quantum".into()));
    assert!(view(&model).opened.is_some());
    // Only once: what is read again later leaves everybody where they are.
    assert!(matches!(start(&mut model)[..], [Effect::Load { .. }]));
}

#[test]
fn what_nobody_looked_at_says_with_which_key_to() {
    let [_, _, new] = over();
    for size in [Size::new(60, 16), Size::new(80, 24)] {
        let model = canary_of(size, watched(vec![new.clone()]));
        let shown = seen(&model);
        assert!(shown.matches("yet: l does").count() == 2, "{shown}");
        let footer = shown.lines().last().unwrap();
        assert!(footer.contains(" l look"), "{shown}");
    }
}

#[test]
fn the_worst_is_first_and_what_is_over_is_last() {
    let model = canary_of(SIZE, watched(all()));
    let rows = &view(&model).rows;
    let names: Vec<_> = rows
        .iter()
        .map(|at| {
            view(&model).watched().unwrap().all[*at]
                .module()
                .to_text()
                .into_owned()
        })
        .collect();
    assert_eq!(
        names,
        [
            "candidate/memory/fold",
            "candidate/tools",
            "candidate/fresh",
            "candidate/quantum",
            "candidate/old",
            "candidate/bio"
        ]
    );
}

#[test]
fn it_is_read_again_when_the_next_look_is_due_and_not_before() {
    let mut model = loaded(SIZE);
    let effects = keys(&mut model, "C");
    let generation = view(&model).generation;
    let read = |generation, fetch| Effect::Canary(Watching::Read { generation, fetch });
    assert_eq!(effects, [read(generation, false)]);
    assert!(!model.wants_ticks());
    let told = Told::Read(Ok(Box::new(watched(vec![healthy()]))));
    let wake = Effect::Canary(Watching::Wake {
        generation,
        at: Some(SECONDS + 245),
    });
    assert_eq!(tell(&mut model, generation, told), [wake]);
    assert!(!model.wants_ticks());
    // An alarm of another time is nothing.
    assert_eq!(tell(&mut model, generation + 70, Told::Due), []);
    let effects = tell(&mut model, generation, Told::Due);
    let newer = view(&model).generation;
    assert_eq!(effects, [read(newer, true)]);
    // Where nobody looks it is not asked all the time; where nothing is watched never.
    let mut late = healthy();
    late.next_look = Some(SECONDS - 9_000);
    let told = Told::Read(Ok(Box::new(watched(vec![late]))));
    let wake = |at| {
        Effect::Canary(Watching::Wake {
            generation: newer,
            at,
        })
    };
    assert_eq!(tell(&mut model, newer, told), [wake(Some(SECONDS + 60))]);
    let told = Told::Read(Ok(Box::new(watched(over()[..2].to_vec()))));
    assert_eq!(tell(&mut model, newer, told), [wake(None)]);
    let effects = keys(&mut model, "<esc>");
    assert!(effects.contains(&wake(None)), "{effects:?}");
    // It is left: an alarm that was on its way finds nobody.
    assert_eq!(tell(&mut model, newer, Told::Due), []);
}

#[test]
fn a_merged_module_opens_on_its_canary() {
    let mut model = open(SIZE);
    keys(&mut model, "C");
    let generation = view(&model).generation;
    tell(
        &mut model,
        generation,
        Told::Read(Ok(Box::new(watched(all())))),
    );
    assert!(view(&model).opened.is_some());
    assert_eq!(view(&model).selected().unwrap().promotion.commit, id(7));
    // Back is where one came from, also from the next one; the list was not on the way.
    keys(&mut model, "]<esc>");
    assert!(matches!(model.screen, Screen::Module(_)));
    // One that is not merged says so.
    keys(&mut model, "C");
    let generation = view(&model).generation;
    tell(
        &mut model,
        generation,
        Told::Read(Ok(Box::new(watched(vec![held()])))),
    );
    assert!(said(&model).contains("no promotion of candidate/quantum is merged"));
}

#[test]
fn what_could_not_be_read_again_stays_with_a_word_on_why() {
    let mut model = canary_of(SIZE, watched(vec![healthy()]));
    let effects = keys(&mut model, "r");
    let [
        Effect::Canary(Watching::Read {
            generation,
            fetch: true,
        }),
    ] = effects[..]
    else {
        panic!("{effects:?}");
    };
    assert!(seen(&model).contains("reading the log…"));
    tell(
        &mut model,
        generation,
        Told::Read(Err("the log does not hold".into())),
    );
    assert!(seen(&model).contains("PASS SO FAR"));
    assert!(said(&model).contains("does not hold"));
    let mut model = loaded(SIZE);
    keys(&mut model, "C");
    let generation = view(&model).generation;
    tell(&mut model, generation, Told::Read(Err("no keyring".into())));
    assert!(seen(&model).contains("no keyring"));
}
