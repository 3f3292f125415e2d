//! How many colours a terminal says it has.

/// What a terminal can show. Ordered: the more the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colours {
    /// None are wanted (`NO_COLOR`, see <https://no-color.org>) or to be had.
    None,
    /// The 16 of ECMA-48 and its successors.
    Sixteen,
    /// Those of xterm.
    Palette,
    /// 24 bit.
    True,
}

/// By the environment, which `get` reads: an empty variable is one that is not set.
pub fn colours(get: impl Fn(&str) -> Option<String>) -> Colours {
    let term = get("TERM").unwrap_or_default();
    if get("NO_COLOR").is_some() || term == "dumb" {
        return Colours::None;
    }
    let says = get("COLORTERM").unwrap_or_default();
    if matches!(says.as_str(), "truecolor" | "24bit") || term.contains("direct") {
        Colours::True
    } else if term.contains("256color") {
        Colours::Palette
    } else {
        Colours::Sixteen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_it() {
        for (variables, expected) in [
            (&[("TERM", "xterm")][..], Colours::Sixteen),
            (&[], Colours::Sixteen),
            (&[("TERM", "dumb")], Colours::None),
            (&[("TERM", "tmux-256color")], Colours::Palette),
            (&[("TERM", "xterm-direct")], Colours::True),
            (&[("TERM", "xterm"), ("COLORTERM", "24bit")], Colours::True),
            (
                &[("COLORTERM", "truecolor"), ("NO_COLOR", "1")],
                Colours::None,
            ),
        ] {
            let get = |name: &str| {
                let found = variables.iter().find(|(it, _)| *it == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(colours(get), expected, "{variables:?}");
        }
    }
}
