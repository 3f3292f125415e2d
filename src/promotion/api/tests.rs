use proptest::prelude::*;

use super::*;

fn parameter(name: &str, kind: Kind, default: Option<&str>) -> Parameter {
    Parameter {
        name: name.into(),
        kind,
        default: default.map(str::to_owned),
        annotation: None,
    }
}

fn function(parameters: Vec<Parameter>) -> What {
    What::Function(Function {
        parameters,
        ..Function::default()
    })
}

fn file(items: Vec<(&str, What)>) -> File {
    let names = items.iter().map(|(name, _)| (*name).to_owned());
    File {
        path: "m.py".into(),
        public: true,
        names: names.filter(|name| !name.starts_with('_')).collect(),
        items: items
            .into_iter()
            .map(|(name, what)| (name.to_owned(), Item { line: 1, what }))
            .collect(),
        stars: Vec::new(),
    }
}

fn api(files: Vec<(&str, File)>) -> Api {
    let files = files
        .into_iter()
        .map(|(name, file)| (name.to_owned(), file));
    Api {
        files: files.collect(),
    }
}

fn passed(file: &str, name: &str) -> What {
    What::Passed {
        file: file.into(),
        name: Some(name.into()),
    }
}

fn said(old: &Api, new: &Api) -> Vec<String> {
    changes(old, new)
        .into_iter()
        .map(|change| {
            let sign = if change.breaking { "!" } else { "+" };
            format!("{sign} {}: {}", change.name, change.what)
        })
        .collect()
}

#[test]
fn what_is_passed_on_is_one_thing_with_two_names() {
    let call = |names: &[&str]| {
        let parameters = names.iter().map(|it| parameter(it, Kind::Either, None));
        function(parameters.collect())
    };
    let old = api(vec![
        ("", file(vec![("call", passed("call", "call"))])),
        ("call", file(vec![("call", call(&["act"]))])),
    ]);
    let lines: Vec<_> = list(&old).into_iter().map(|it| it.name).collect();
    assert_eq!(lines, ["call(act)"]);
    let new = api(vec![
        ("", file(vec![("call", passed("call", "call"))])),
        ("call", file(vec![("call", call(&["act", "policy"]))])),
    ]);
    assert_eq!(said(&old, &new), ["! call: new required parameter policy"]);
    // Where it is defined is nobody's business, as long as it can be had there.
    let private = api(vec![
        ("", file(vec![("call", passed("_call", "call"))])),
        ("call", file(vec![("call", passed("_call", "call"))])),
        (
            "_call",
            File {
                public: false,
                ..file(vec![("call", call(&["act"]))])
            },
        ),
    ]);
    assert_eq!(said(&old, &private), [""; 0]);
    let gone = api(vec![("", file(vec![("call", call(&["act"]))]))]);
    assert_eq!(said(&old, &gone), ["! call: the module was removed"]);
    let none = api(vec![("", file(vec![])), ("call", file(vec![]))]);
    assert_eq!(said(&old, &none), ["! call: it was removed"]);
}

#[test]
fn a_kind_is_more_than_a_name() {
    let one = |what| api(vec![("", file(vec![("x", what)]))]);
    let plain = function(vec![]);
    let other = |change: fn(&mut Function)| {
        let mut function = Function::default();
        change(&mut function);
        What::Function(function)
    };
    let value = What::Value { annotation: None };
    for (old, new, expected) in [
        (
            plain.clone(),
            other(|f| f.is_async = true),
            "! x: it was a function and is an async function",
        ),
        (
            plain.clone(),
            other(|f| f.binding = Binding::Property),
            "! x: it was a function and is a property",
        ),
        (
            plain.clone(),
            value.clone(),
            "! x: it was a function and is a value",
        ),
        (
            value.clone(),
            other(|f| f.binding = Binding::Property),
            "! x: it was a value and is a property",
        ),
    ] {
        assert_eq!(said(&one(old), &one(new)), [expected]);
    }
    // Both are only read; and of what is foreign nothing is known.
    let property = other(|f| f.binding = Binding::Property);
    assert_eq!(said(&one(property), &one(value.clone())), [""; 0]);
    assert_eq!(said(&one(plain), &one(What::Foreign)), [""; 0]);
}

fn class(bases: &[&str], made: Option<Vec<Parameter>>, members: Vec<(&str, What)>) -> What {
    What::Class(Class {
        bases: bases.iter().map(|base| (*base).to_owned()).collect(),
        made_with: made,
        members: file(members).items,
    })
}

fn needs(name: &str) -> Option<Vec<Parameter>> {
    Some(vec![parameter(name, Kind::Either, None)])
}

#[test]
fn a_class_is_its_bases_what_makes_it_and_what_it_has() {
    let method = || vec![("run", function(vec![]))];
    let old = api(vec![(
        "",
        file(vec![("C", class(&["a.B", "E"], needs("x"), method()))]),
    )]);
    let new = api(vec![(
        "",
        file(vec![("C", class(&["B"], needs("y"), vec![]))]),
    )]);
    assert_eq!(
        said(&old, &new),
        [
            "! C: it no longer derives from E",
            "! C: parameter x was renamed to y",
            "! C.run: it was removed",
        ]
    );
    // A method may move to a base of the module's own.
    let moved = api(vec![(
        "",
        file(vec![
            ("_Base", class(&[], needs("x"), method())),
            ("C", class(&["a.B", "E", "_Base"], None, vec![])),
        ]),
    )]);
    assert_eq!(said(&old, &moved), [""; 0]);
}

#[test]
fn what_a_base_has_is_told_of_it_or_where_it_has_no_name_of_those_who_have_it() {
    let with = |base: &str, made: &str, members: &[&str]| {
        let members = members.iter().map(|name| (*name, function(vec![])));
        api(vec![(
            "",
            file(vec![
                (base, class(&[], needs(made), members.collect())),
                ("C", class(&[base], None, vec![])),
            ]),
        )])
    };
    let hidden = with("_Base", "x", &["run"]);
    assert_eq!(said(&hidden, &hidden), [""; 0]);
    assert_eq!(
        said(&hidden, &with("_Base", "y", &["walk"])),
        [
            "! C: parameter x was renamed to y",
            "! C.run: it was removed",
        ]
    );
    assert_eq!(
        said(&with("Base", "x", &["run"]), &with("Base", "y", &[])),
        [
            "! Base: parameter x was renamed to y",
            "! Base.run: it was removed",
        ]
    );
}

#[test]
fn stars_are_followed() {
    let mut root = file(vec![]);
    root.stars.push("a".into());
    let old = api(vec![
        ("", root.clone()),
        (
            "a",
            file(vec![("f", function(vec![])), ("_g", function(vec![]))]),
        ),
    ]);
    let lines: Vec<_> = list(&old).into_iter().map(|it| it.name).collect();
    assert_eq!(lines, ["f()"]);
    let mut circle = file(vec![]);
    circle.stars.push("".into());
    let odd = api(vec![("", root), ("a", circle)]);
    assert_eq!(list(&odd), []);
    assert_eq!(said(&old, &odd), ["! f: it was removed"]);
}

/// Each of many passes on all the others, and each class derives from all.
#[test]
fn what_is_entangled_comes_to_an_end() {
    let names: Vec<String> = (0..12).map(|n| format!("c{n}")).collect();
    let class = |member: bool| {
        What::Class(Class {
            bases: names.clone(),
            made_with: None,
            members: file(if member {
                vec![("m", function(vec![]))]
            } else {
                vec![]
            })
            .items,
        })
    };
    let all = |member: bool| {
        let files = names.iter().map(|name| {
            let mut file = file(vec![(name, class(member))]);
            file.stars.clone_from(&names);
            (name.as_str(), file)
        });
        api(files.collect())
    };
    assert_eq!(changes(&all(true), &all(true)), []);
    assert_eq!(changes(&all(true), &all(false)).len(), 12);
}

#[test]
fn parameters_say_what_they_are() {
    let either = |name: &str| parameter(name, Kind::Either, None);
    let by_name = |name: &str, default| parameter(name, Kind::NameOnly, default);
    let compared = |old: &[Parameter], new: &[Parameter]| {
        parameters::compare(old, new)
            .into_iter()
            .map(|(breaking, what)| format!("{}{what}", if breaking { "!" } else { "" }))
            .collect::<Vec<_>>()
    };
    let (a, b) = (either("a"), either("b"));
    let optional = parameter("b", Kind::Either, Some("1"));
    let rest = parameter("rest", Kind::Rest, None);
    for (old, new, expected) in [
        (
            vec![a.clone()],
            vec![a.clone(), optional.clone()],
            "new optional parameter b",
        ),
        (
            vec![a.clone()],
            vec![a.clone(), b.clone()],
            "!new required parameter b",
        ),
        (
            vec![a.clone(), b.clone()],
            vec![a.clone()],
            "!parameter b was removed",
        ),
        (
            vec![a.clone()],
            vec![b.clone()],
            "!parameter a was renamed to b",
        ),
        (
            vec![a.clone(), b.clone()],
            vec![b.clone(), a.clone()],
            "!parameters given by position are in another order: b, a (was a, b)",
        ),
        (
            vec![a.clone(), optional.clone()],
            vec![a.clone(), b.clone()],
            "!parameter b is required now",
        ),
        (
            vec![a.clone(), optional.clone()],
            vec![a.clone(), parameter("b", Kind::Either, Some("2"))],
            "the default of b is 2 (was 1)",
        ),
        (
            vec![a.clone()],
            vec![by_name("a", None)],
            "!parameter a can no longer be given by position",
        ),
        (
            vec![a.clone()],
            vec![parameter("a", Kind::PositionOnly, None)],
            "!parameter a can no longer be given by name",
        ),
        (vec![by_name("a", None)], vec![a.clone()], ""),
        (
            vec![a.clone(), rest.clone()],
            vec![a.clone()],
            "!*rest was removed",
        ),
        (
            vec![a.clone()],
            vec![a.clone(), rest.clone()],
            "it takes * now",
        ),
        (
            vec![a.clone(), rest.clone()],
            vec![a.clone(), optional.clone(), rest],
            "!parameters given by position are in another order: a, b (was a)",
        ),
    ] {
        let found = compared(&old, &new);
        assert!(
            found.first().map_or("", String::as_str) == expected,
            "{old:?} → {new:?}: {found:?}"
        );
    }
    let function = What::Function(Function {
        parameters: vec![
            parameter("a", Kind::PositionOnly, None),
            either("b"),
            by_name("c", Some("None")),
        ],
        returns: Some("int".into()),
        ..Function::default()
    });
    assert_eq!(words::line("f", &function), "f(a, /, b, *, c=None) -> int");
}

/// A function's parameters, in an order that Python allows.
fn parameters_of_a_function() -> impl Strategy<Value = Vec<Parameter>> {
    let one = (0..5usize, 0..3u8, any::<bool>());
    (
        proptest::collection::vec(one, 0..5),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(some, rest, names)| {
            let mut all: Vec<Parameter> = Vec::new();
            for (name, kind, optional) in some {
                let name = ["a", "b", "c", "d", "e"][name];
                if all.iter().any(|it| it.name == name) {
                    continue;
                }
                let kind = [Kind::PositionOnly, Kind::Either, Kind::NameOnly][usize::from(kind)];
                all.push(parameter(name, kind, optional.then_some("0")));
            }
            all.sort_by_key(|it| match it.kind {
                Kind::PositionOnly => 0,
                Kind::Either => 1,
                _ => 2,
            });
            // Behind an optional one all that can be given by position are optional.
            let mut optional = false;
            for it in all.iter_mut().filter(|it| it.kind != Kind::NameOnly) {
                optional |= it.default.is_some();
                if optional {
                    it.default = Some("0".into());
                }
            }
            if rest {
                let at = all.iter().position(|it| it.kind == Kind::NameOnly);
                all.insert(at.unwrap_or(all.len()), parameter("rest", Kind::Rest, None));
            }
            if names {
                all.push(parameter("names", Kind::Names, None));
            }
            all
        })
}

/// What a call gives to which parameter; `None` where Python refuses it.
/// Arguments given by position are numbered, those by name named.
fn bind(parameters: &[Parameter], given: usize, named: &[&str]) -> Option<Vec<(String, String)>> {
    let mut bound: Vec<(String, String)> = Vec::new();
    let rest = parameters.iter().any(|it| it.kind == Kind::Rest);
    let names = parameters.iter().any(|it| it.kind == Kind::Names);
    let places: Vec<&Parameter> = parameters
        .iter()
        .filter(|it| matches!(it.kind, Kind::PositionOnly | Kind::Either))
        .collect();
    if given > places.len() && !rest {
        return None;
    }
    for (at, parameter) in places.iter().enumerate().take(given) {
        bound.push((at.to_string(), parameter.name.clone()));
    }
    for name in named {
        let found = parameters
            .iter()
            .find(|it| it.name == *name && matches!(it.kind, Kind::Either | Kind::NameOnly));
        match found {
            Some(it) if bound.iter().any(|(_, to)| *to == it.name) => return None,
            Some(it) => bound.push(((*name).to_owned(), it.name.clone())),
            None if names => {}
            None => return None,
        }
    }
    let required = parameters
        .iter()
        .filter(|it| !matches!(it.kind, Kind::Rest | Kind::Names) && it.default.is_none());
    for it in required {
        if !bound.iter().any(|(_, to)| *to == it.name) {
            return None;
        }
    }
    Some(bound)
}

proptest! {
    #[test]
    fn the_same_is_no_change(parameters in parameters_of_a_function()) {
        prop_assert_eq!(parameters::compare(&parameters, &parameters), []);
        let one = api(vec![("", file(vec![("f", function(parameters))]))]);
        prop_assert_eq!(changes(&one, &one), []);
    }

    #[test]
    fn another_option_by_name_breaks_nothing(parameters in parameters_of_a_function()) {
        let mut more = parameters.clone();
        let at = more.iter().position(|it| it.kind == Kind::Names).unwrap_or(more.len());
        more.insert(at, parameter("new", Kind::NameOnly, Some("0")));
        let said = parameters::compare(&parameters, &more);
        prop_assert_eq!(said, [(false, "new optional parameter new".to_owned())]);
    }

    #[test]
    fn what_breaks_nothing_takes_every_call_it_took(
        (old, new) in (parameters_of_a_function(), parameters_of_a_function()),
    ) {
        let breaks = parameters::compare(&old, &new).iter().any(|(breaking, _)| *breaking);
        if breaks {
            return Ok(());
        }
        for given in 0..7 {
            for mask in 0..64u32 {
                let names = ["a", "b", "c", "d", "e", "z"];
                let named: Vec<&str> = (0..6).filter(|i| mask & (1 << i) != 0).map(|i| names[i]).collect();
                let Some(before) = bind(&old, given, &named) else { continue };
                let after = bind(&new, given, &named);
                prop_assert!(after.is_some(), "{given} {named:?}: {old:?} → {new:?}");
                // And each argument means what it meant.
                let after = after.unwrap();
                for (argument, to) in before {
                    let is_name_only = old.iter().any(|it| it.name == to && it.kind == Kind::NameOnly);
                    let by_place = old.iter().any(|it| it.name == to && it.kind == Kind::PositionOnly);
                    let now = after.iter().find(|(other, _)| *other == argument);
                    match now {
                        Some((_, now)) => prop_assert!(*now == to || by_place, "{argument}: {old:?} → {new:?}"),
                        None => prop_assert!(is_name_only, "{argument}: {old:?} → {new:?}"),
                    }
                }
            }
        }
    }

    #[test]
    fn no_api_is_too_odd(links in proptest::collection::vec((0..4usize, 0..4usize, any::<bool>()), 0..12)) {
        let names = ["", "a", "b", "_c"];
        let mut files: BTreeMap<String, File> = names.iter().map(|name| {
            ((*name).to_owned(), file(vec![("f", passed("a", "f")), ("_g", function(vec![]))]))
        }).collect();
        for (from, to, star) in links {
            let file = files.get_mut(names[from]).unwrap();
            match star {
                true => file.stars.push(names[to].into()),
                false => {
                    file.items.get_mut("f").unwrap().what = passed(names[to], "f");
                }
            }
        }
        let api = Api { files };
        let _ = list(&api);
        prop_assert_eq!(changes(&api, &api), []);
    }
}
