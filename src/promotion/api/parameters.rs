//! Which calls a changed function still takes.

use std::collections::HashSet;

use super::{Kind, Parameter};

/// What changed, and whether a call that was right before may be wrong now.
pub(super) type Said = (bool, String);

/// What became of the parameters of a function.
pub(super) fn compare(old: &[Parameter], new: &[Parameter]) -> Vec<Said> {
    let mut said = Vec::new();
    let rest = new.iter().any(|p| p.kind == Kind::Rest);
    let names = new.iter().any(|p| p.kind == Kind::Names);
    let took_names = old.iter().any(|p| p.kind == Kind::Names);
    let old_names: HashSet<&str> = plain(old).map(|p| p.name.as_str()).collect();
    let placed: Vec<&Parameter> = new.iter().filter(|p| by_position(p)).collect();
    let mut matched: HashSet<&str> = HashSet::new();
    // The names at which those that were given by position must be found.
    let mut kept: Vec<&str> = Vec::new();
    let places = old.iter().filter(|p| by_position(p));
    let places: Vec<&str> = places.map(|p| p.name.as_str()).collect();
    for was in plain(old) {
        let at = places.iter().position(|name| *name == was.name);
        let same = plain(new).find(|p| p.name == was.name);
        let here = at.and_then(|at| placed.get(at).copied());
        let fresh = here.filter(|p| !old_names.contains(p.name.as_str()));
        let now = match was.kind {
            // Nobody can have given it by name: its place is what counts.
            Kind::PositionOnly => same.filter(|p| by_position(p)).or(fresh),
            _ => same,
        };
        let Some(now) = now else {
            let name = &was.name;
            said.push(match fresh {
                Some(fresh) => {
                    matched.insert(&fresh.name);
                    kept.push(&fresh.name);
                    (
                        true,
                        format!("parameter {name} was renamed to {}", fresh.name),
                    )
                }
                None if was.kind == Kind::NameOnly && names => {
                    (false, format!("parameter {name} is taken by ** now"))
                }
                None => (true, format!("parameter {name} was removed")),
            });
            continue;
        };
        matched.insert(&now.name);
        if by_position(was) && by_position(now) {
            kept.push(&now.name);
        }
        if took_names && was.kind == Kind::PositionOnly && now.kind != Kind::PositionOnly {
            let name = &now.name;
            said.push((
                true,
                format!("{name} can be given by name now, which ** took before"),
            ));
        }
        said.extend(one(was, now));
    }
    let order: Vec<&str> = placed.iter().map(|p| p.name.as_str()).collect();
    let had_rest = old.iter().any(|p| p.kind == Kind::Rest);
    if !order.starts_with(&kept) || had_rest && order.len() > kept.len() {
        said.push((
            true,
            format!(
                "parameters given by position are in another order: {} (was {})",
                order.join(", "),
                places.join(", ")
            ),
        ));
    }
    for parameter in plain(new).filter(|p| !matched.contains(p.name.as_str())) {
        let required = parameter.default.is_none();
        let what = if required { "required" } else { "optional" };
        said.push((required, format!("new {what} parameter {}", parameter.name)));
    }
    for (kind, stars, there) in [(Kind::Rest, "*", rest), (Kind::Names, "**", names)] {
        let was = old.iter().find(|p| p.kind == kind);
        match (was, there) {
            (Some(was), false) => said.push((true, format!("{stars}{} was removed", was.name))),
            (None, true) => said.push((false, format!("it takes {stars} now"))),
            _ => {}
        }
    }
    said
}

/// What became of one parameter.
fn one(was: &Parameter, now: &Parameter) -> Vec<Said> {
    let mut said = Vec::new();
    let name = &was.name;
    if was.kind != Kind::PositionOnly && now.kind == Kind::PositionOnly {
        said.push((
            true,
            format!("parameter {name} can no longer be given by name"),
        ));
    }
    if by_position(was) && !by_position(now) {
        said.push((
            true,
            format!("parameter {name} can no longer be given by position"),
        ));
    }
    match (&was.default, &now.default) {
        (Some(_), None) => said.push((true, format!("parameter {name} is required now"))),
        (Some(was), Some(now)) if was != now => {
            said.push((false, format!("the default of {name} is {now} (was {was})")));
        }
        (None, Some(_)) => said.push((false, format!("parameter {name} is optional now"))),
        _ => {}
    }
    if was.annotation != now.annotation {
        let text = |annotation: &Option<String>| annotation.clone().unwrap_or("not said".into());
        said.push((
            false,
            format!(
                "the type of {name} is {} (was {})",
                text(&now.annotation),
                text(&was.annotation)
            ),
        ));
    }
    said
}

fn plain(parameters: &[Parameter]) -> impl Iterator<Item = &Parameter> {
    let is_plain = |p: &&Parameter| !matches!(p.kind, Kind::Rest | Kind::Names);
    parameters.iter().filter(is_plain)
}

fn by_position(parameter: &Parameter) -> bool {
    matches!(parameter.kind, Kind::PositionOnly | Kind::Either)
}
