//! The name of the branch that a module is promoted on.

use super::RepoPath;

/// A template filled in: `{module}` is the module's path below its lane, with `-` between
/// the parts and for what git takes in no name; `{date}` the day, `YYYYMMDD`.
pub fn fill(template: &str, module: &RepoPath, date: &str) -> String {
    template
        .replace("{module}", &word(module))
        .replace("{date}", date)
}

/// True where the branch is one that the template makes for that module, on whatever day.
pub fn is_of(template: &str, module: &RepoPath, branch: &str) -> bool {
    let template = template.replace("{module}", &word(module));
    match template.split_once("{date}") {
        None => template == branch,
        Some((before, after)) => branch
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|date| date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit())),
    }
}

/// True where the branch is one that the template makes for some module, on some day.
pub fn is_one(template: &str, branch: &str) -> bool {
    let Some((before, after)) = template.split_once("{module}") else {
        // One name for all of them.
        return is_of(template, &RepoPath::default(), branch);
    };
    // Whatever stands for the module: what the template says around it has to fit.
    let starts = branch.match_indices(before).next().filter(|it| it.0 == 0);
    let Some(rest) = starts.map(|_| &branch[before.len()..]) else {
        return false;
    };
    let ends = rest.char_indices().map(|(at, _)| at).skip(1);
    let mut ends = ends.chain(std::iter::once(rest.len()));
    ends.any(|at| {
        let (module, tail) = rest.split_at(at);
        !module.is_empty() && !module.contains('/') && is_of(after, &RepoPath::default(), tail)
    })
}

fn word(module: &RepoPath) -> String {
    let text = module.to_text();
    let bare = text.strip_suffix(".py").unwrap_or(&text);
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    let word: String = bare
        .chars()
        .map(|c| if plain(c) { c } else { '-' })
        .collect();
    word.trim_matches('-').to_owned()
}

/// What a person types where no forge has it merged; `git` as it is called there.
pub fn merging(git: &str, base: &str, branch: &str) -> String {
    let [base, branch] = [base, branch].map(super::text::shell_word);
    format!("{git} checkout {base} && {git} merge {branch}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEMPLATE: &str = "promote/{module}-{date}";

    #[test]
    fn a_branch_is_named_after_the_module_and_the_day() {
        let name = |path: &str| fill(TEMPLATE, &path.into(), "20261126");
        assert_eq!(name("risk/scoring"), "promote/risk-scoring-20261126");
        assert_eq!(name("iban.py"), "promote/iban-20261126");
        assert_eq!(name("a b~c..d"), "promote/a-b-c--d-20261126");
        assert!(is_of(
            TEMPLATE,
            &"risk/scoring".into(),
            &name("risk/scoring")
        ));
        assert!(!is_of(TEMPLATE, &"risk".into(), &name("risk/scoring")));
        assert!(!is_of(TEMPLATE, &"risk".into(), "promote/risk-2026112"));
        assert!(is_of("m/{module}", &"risk".into(), "m/risk"));
        assert!(is_one(TEMPLATE, "promote/risk-scoring-20261126"));
        assert!(is_one("m/{module}", "m/risk"));
        for other in [
            "promote/risk-2026112",
            "promote/-20261126",
            "main",
            "a/promote/b-20261126",
        ] {
            assert!(!is_one(TEMPLATE, other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_module_knows_its_branch(path in "[a-z/._ ~^:?*-]{1,20}", date in "[0-9]{8}") {
            let path = RepoPath::from(path.as_str());
            let name = fill(TEMPLATE, &path, &date);
            prop_assert!(is_of(TEMPLATE, &path, &name));
            prop_assert!(is_one(TEMPLATE, &name) || word(&path).is_empty());
        }
    }
}
