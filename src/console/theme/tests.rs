use super::*;

fn themes() -> impl Iterator<Item = (&'static str, Theme)> {
    BUILT_IN
        .iter()
        .map(|(name, text)| (*name, Theme::parse(text, name).unwrap()))
}

#[test]
fn built_in_themes_name_every_role() {
    for (name, theme) in themes() {
        let light = name.ends_with("light");
        assert_eq!(theme.kind() == Kind::Light, light, "{name}");
        for role in Role::ALL {
            assert_ne!(theme.style(*role), Style::new(), "{name} {}", role.name());
        }
    }
}

#[test]
fn without_colours_there_are_none() {
    for role in Role::ALL {
        for theme in [Theme::no_color(), Theme::dark().on(Colours::None)] {
            let style = theme.style(*role);
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}

#[test]
fn the_background_decides() {
    let kind = |colorfgbg| Theme::named("auto", Some(colorfgbg), None).unwrap().kind();
    assert_eq!(kind("0;15"), Kind::Light);
    assert_eq!(kind("15;default;0"), Kind::Dark);
}

#[test]
fn a_theme_of_ones_own_is_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let named = |name: &str| Theme::named(name, None, Some(dir.path()));
    let said = named("drak").unwrap_err().to_string();
    assert!(
        said.contains("auto, none, dark, light, high-contrast"),
        "{said}"
    );
    assert!(said.contains("drak.toml"), "{said}");
    let file = dir.path().join("mine.toml");
    std::fs::write(
        &file,
        "kind = \"light\"\n[styles]\ntext = { fg = \"red\" }\n",
    )
    .unwrap();
    assert_eq!(
        named("mine").unwrap().style(Role::Text),
        Style::new().fg(Color::Red)
    );
    // One's own goes before one of ours that has its name.
    std::fs::copy(&file, dir.path().join("dark.toml")).unwrap();
    assert_eq!(named("dark").unwrap(), named("mine").unwrap());
    std::fs::write(
        &file,
        "kind = \"light\"\n[styles]\ntxet = { fg = \"red\" }\n",
    )
    .unwrap();
    let said = named("mine").unwrap_err().to_string();
    assert!(
        said.contains("mine.toml") && said.contains("txet"),
        "{said}"
    );
    for path in ["../mine", "a/b", ""] {
        assert!(
            matches!(named(path), Err(ThemeError::Unknown { place: None, .. })),
            "{path}"
        );
    }
}

/// Red, green and blue as light, 0 to 1.
fn linear(color: Color) -> [f64; 3] {
    let Color::Rgb(r, g, b) = color else {
        panic!("{color:?} is not known by its light");
    };
    // The transfer function of sRGB, IEC 61966-2-1.
    [r, g, b].map(|it| {
        let it = f64::from(it) / 255.0;
        match it <= 0.04045 {
            true => it / 12.92,
            false => ((it + 0.055) / 1.055).powf(2.4),
        }
    })
}

/// The contrast ratio of WCAG 2.2, 1 to 21.
fn contrast(a: Color, b: Color) -> f64 {
    let luminance = |color| {
        let [r, g, b] = linear(color);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// What terminals of that kind have behind the text.
fn grounds(kind: Kind) -> &'static [Color] {
    match kind {
        Kind::Light => &[
            Color::Rgb(0xff, 0xff, 0xff),
            Color::Rgb(0xfa, 0xfa, 0xfa),
            Color::Rgb(0xfd, 0xf6, 0xe3),
        ],
        _ => &[
            Color::Rgb(0, 0, 0),
            Color::Rgb(0x1e, 0x1e, 0x1e),
            Color::Rgb(0x28, 0x2c, 0x34),
        ],
    }
}

/// Lines and fills: nothing is read there. `Bar` and `Covered` are signs (3 to 1).
const DRAWN: [Role; 3] = [Role::Border, Role::BarEmpty, Role::DiffEmpty];
const SIGNS: [Role; 2] = [Role::Bar, Role::Covered];

#[test]
fn text_stands_out_wherever_it_may_stand() {
    for (name, theme) in themes() {
        let wanted = match name.starts_with("high-contrast") {
            true => 7.0,
            false => 4.5,
        };
        let on = |role: Role| theme.style(role).bg.unwrap();
        for role in Role::ALL.iter().filter(|role| !DRAWN.contains(role)) {
            let style = theme.style(*role);
            let Some(text) = style.fg else { continue };
            let mut behind = match style.bg {
                Some(own) => vec![own],
                None => grounds(theme.kind()).to_vec(),
            };
            if style.bg.is_none() {
                behind.extend([Role::Selected, Role::SelectedInactive].map(on));
            }
            let in_diffs = matches!(role, Role::Text | Role::LineNumber);
            if in_diffs || role.name().starts_with("syntax-") {
                behind.extend(
                    [
                        Role::DiffAdded,
                        Role::DiffAddedWord,
                        Role::DiffRemoved,
                        Role::DiffRemovedWord,
                        Role::DiffMoved,
                    ]
                    .map(on),
                );
            }
            let wanted = if SIGNS.contains(role) { 3.0 } else { wanted };
            for ground in behind {
                let is = contrast(text, ground);
                assert!(is >= wanted, "{name} {}: {is:.2} on {ground}", role.name());
            }
        }
    }
}

/// How somebody sees a colour who has no cones of one kind: the matrices of Machado,
/// Oliveira and Fernandes (2009), severity 1, on linear light.
fn seen(color: Color, without: &str) -> [f64; 3] {
    let matrix: [[f64; 3]; 3] = match without {
        "protanopia" => [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        "deuteranopia" => [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        _ => [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    };
    let light = linear(color);
    matrix.map(|row| {
        row.iter()
            .zip(light)
            .map(|(a, b)| a * b)
            .sum::<f64>()
            .clamp(0.0, 1.0)
    })
}

/// CIE L*a*b* of linear sRGB under D65.
fn lab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let f = |t: f64| match t > 216.0 / 24389.0 {
        true => t.cbrt(),
        false => (24389.0 / 27.0 * t + 16.0) / 116.0,
    };
    let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
    let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
    let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn good_and_bad_differ_for_those_the_theme_is_for() {
    for (name, people) in [
        ("deuteranopia", &["protanopia", "deuteranopia"][..]),
        ("tritanopia", &["tritanopia"]),
    ] {
        let theme = Theme::built_in(name).unwrap();
        for (a, b) in [
            (Role::Passed, Role::Failed),
            (Role::Passed, Role::Error),
            (Role::Passed, Role::Stale),
            (Role::Failed, Role::Error),
            (Role::Failed, Role::Stale),
            (Role::DiffAdded, Role::DiffRemoved),
            (Role::DiffAddedWord, Role::DiffRemovedWord),
        ] {
            let of = |role: Role| {
                let style = theme.style(role);
                style.bg.or(style.fg).unwrap()
            };
            for who in people {
                let (one, other) = (lab(seen(of(a), who)), lab(seen(of(b), who)));
                let apart = one.iter().zip(other).map(|(x, y)| (x - y).powi(2));
                let apart = apart.sum::<f64>().sqrt();
                // 2.3 is just noticed (CIE76); this is seen at a glance.
                assert!(
                    apart >= 15.0,
                    "{name}, {who}: {} {} {apart:.1}",
                    a.name(),
                    b.name()
                );
            }
        }
    }
}

#[test]
fn fewer_colours_keep_what_matters_apart() {
    for (name, theme) in themes() {
        for colours in [Colours::Palette, Colours::Sixteen] {
            let theme = theme.clone().on(colours);
            for (a, b) in [
                (Role::Text, Role::Selected),
                (Role::Passed, Role::Failed),
                (Role::Header, Role::TabActive),
                (Role::Tab, Role::TabActive),
            ] {
                assert_ne!(theme.style(a), theme.style(b), "{name} {colours:?}");
            }
            for role in Role::ALL {
                let style = theme.style(*role);
                for color in [style.fg, style.bg].into_iter().flatten() {
                    let fits = !matches!(
                        (colours, color),
                        (_, Color::Rgb(..)) | (Colours::Sixteen, Color::Indexed(_))
                    );
                    assert!(fits, "{name} {}: {color}", role.name());
                }
            }
        }
    }
}
