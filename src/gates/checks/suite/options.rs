//! What the project always passes to pytest, and what of it is kept.

/// True for Pythons that have `-P`.
pub(in crate::gates::checks) fn has_safe_path(version: &str) -> bool {
    let mut parts = version.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    version >= (3, 11)
}

/// The options that are kept, and those that are not.
pub(super) fn sift(addopts: &str) -> (Vec<String>, Vec<String>) {
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    let mut words = addopts.split_ascii_whitespace().peekable();
    while let Some(word) = words.next() {
        let plain = word.trim_matches(['"', '\'']);
        if ["--import-mode=", "--strict", "--ds=", "--asyncio-mode="]
            .iter()
            .any(|known| plain.starts_with(known))
        {
            kept.push(plain.to_owned());
        } else if plain == "-p" && words.peek().is_some_and(|name| !name.starts_with("no:")) {
            kept.push(plain.to_owned());
            kept.extend(words.next().map(str::to_owned));
        } else {
            dropped.push(word.to_owned());
        }
    }
    (kept, dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_change_the_run_is_dropped() {
        let (kept, dropped) =
            sift("-x --import-mode=importlib -p my.plugin -p no:junitxml --strict-markers -k fast");
        assert_eq!(
            kept,
            [
                "--import-mode=importlib",
                "-p",
                "my.plugin",
                "--strict-markers"
            ]
        );
        assert_eq!(dropped, ["-x", "-p", "no:junitxml", "-k", "fast"]);
    }

    #[test]
    fn safe_path_came_with_3_11() {
        assert!(!has_safe_path("3.10.14") && has_safe_path("3.11.0") && has_safe_path("3.14.1"));
        assert!(!has_safe_path(""));
    }
}
