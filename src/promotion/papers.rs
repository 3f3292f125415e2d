//! What a promotion writes into the papers of a repository: a note in the changelog, an
//! entry in the transparency scorecard, lines of CODEOWNERS. Pure: text in, text out.
//! What was there before stays byte for byte.

use super::{RepoPath, text};

/// A scorecard without an entry.
const NEW: &str = "# Transparency scorecard\n\nOne entry for each promotion.\n";

/// The longest text that is taken over from another document.
const LONGEST: usize = 600;

/// A changelog with a note under "Unreleased", where there is such a heading, else with
/// that heading before the newest release. `None`: its form is not known here.
pub fn noted(changelog: &str, note: &str) -> Option<String> {
    let end = ending(changelog);
    let lines: Vec<&str> = changelog.split_inclusive('\n').collect();
    let bare = |at: usize| lines.get(at).map_or("", |line| line.trim());
    let mut fenced = false;
    let mut headings: Vec<(usize, usize)> = Vec::new(); // line, level
    for (at, line) in lines.iter().enumerate() {
        let text = line.trim_start();
        if text.starts_with("```") || text.starts_with("~~~") {
            fenced = !fenced;
        }
        let level = line.bytes().take_while(|b| *b == b'#').count();
        let is_heading = (1..=6).contains(&level) && line[level..].starts_with([' ', '\t']);
        if !fenced && is_heading {
            headings.push((at, level));
        }
    }
    let bullet = match lines.iter().find(|line| line.starts_with(['-', '*'])) {
        Some(line) if line.starts_with('*') => '*',
        _ => '-',
    };
    let item = format!("{bullet} {note}{end}");
    let insert = |at: usize, text: &str| {
        let mut out: String = lines[..at].concat();
        if !out.is_empty() && !out.ends_with('\n') {
            out.push_str(end);
        }
        out.push_str(text);
        out + &lines[at..].concat()
    };
    let is_open = |at: usize| bare(at).to_lowercase().contains("unreleased");
    if let Some(index) = headings.iter().position(|(at, _)| is_open(*at)) {
        let (at, level) = headings[index];
        let below = &headings[index + 1..];
        let below: Vec<_> = below.iter().take_while(|(_, it)| *it > level).collect();
        let changed = below.iter().find(|(at, _)| {
            bare(*at)
                .trim_start_matches('#')
                .trim()
                .eq_ignore_ascii_case("changed")
        });
        if let Some((at, _)) = changed {
            return Some(insert(after_blank(&lines, at + 1), &item));
        }
        if !below.is_empty() {
            let marks = "#".repeat(level + 1);
            let text = format!("{end}{marks} Changed{end}{end}{item}");
            return Some(insert(at + 1, &text));
        }
        return Some(match after_blank(&lines, at + 1) {
            // Before a text that is no list a blank line has to stand, too.
            next if next > at + 1 && is_item(bare(next)) => insert(next, &item),
            next if next > at + 1 && next < lines.len() => insert(next, &format!("{item}{end}")),
            _ => insert(at + 1, &format!("{end}{item}")),
        });
    }
    match headings.as_slice() {
        [] if changelog.is_empty() => Some(format!(
            "# Changelog{end}{end}## Unreleased{end}{end}{item}"
        )),
        // Another markup, or none.
        [] => None,
        // Only a title: behind what it says.
        [(_, 1)] => {
            let gap = if changelog.ends_with('\n') { "" } else { end };
            Some(format!(
                "{changelog}{gap}{end}## Unreleased{end}{end}{item}"
            ))
        }
        all => {
            let (at, level) = all
                .iter()
                .find(|(_, level)| *level > 1)
                .copied()
                .unwrap_or(all[0]);
            let marks = "#".repeat(level.max(2));
            Some(insert(
                at,
                &format!("{marks} Unreleased{end}{end}{item}{end}"),
            ))
        }
    }
}

fn is_item(line: &str) -> bool {
    line.starts_with(['-', '*', '+'])
}

/// The first line from `at` on that is not blank.
fn after_blank(lines: &[&str], at: usize) -> usize {
    let blank = lines[at.min(lines.len())..].iter();
    at + blank.take_while(|line| line.trim().is_empty()).count()
}

fn ending(text: &str) -> &'static str {
    match text.split_inclusive('\n').next() {
        Some(line) if line.ends_with("\r\n") => "\r\n",
        _ => "\n",
    }
}

/// What the transparency scorecard says of one promotion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScorecardEntry {
    /// Where the module is now.
    pub to: RepoPath,
    /// Where it was.
    pub from: RepoPath,
    /// The day: `2026-11-26`.
    pub day: String,
    /// Each a name with what is said of it, in this order.
    pub said: Vec<(&'static str, String)>,
}

/// A scorecard with one entry more at its end; a new one where there is none.
pub fn scored(scorecard: Option<&str>, entry: &ScorecardEntry) -> String {
    let before = scorecard.unwrap_or(NEW);
    let end = ending(before);
    let mut out = before.to_owned();
    if !out.is_empty() {
        if !out.ends_with('\n') {
            out.push_str(end);
        }
        out.push_str(end);
    }
    let path = |path: &RepoPath| text::visible(&path.to_text()).into_owned();
    out.push_str(&format!(
        "## `{}` ({}){end}{end}",
        path(&entry.to),
        entry.day
    ));
    out.push_str(&format!("- **From:** `{}`{end}", path(&entry.from)));
    for (name, said) in &entry.said {
        out.push_str(&format!("- **{name}:** {}{end}", one_line(said)));
    }
    out
}

/// A scorecard in which the newest entry of a module has that line at its end; with an entry
/// of its own where it has none. `None`: the line stands there.
pub fn completed(scorecard: Option<&str>, to: &RepoPath, day: &str, line: &str) -> Option<String> {
    let before = scorecard.unwrap_or_default();
    if before.lines().any(|it| it.trim_end() == line) {
        return None;
    }
    let end = ending(before);
    let own = format!("## `{}`", text::visible(&to.to_text()));
    let lines: Vec<&str> = before.split_inclusive('\n').collect();
    let Some(heading) = lines.iter().rposition(|it| it.starts_with(&own)) else {
        let entry = format!("{own} ({day}){end}{end}{line}{end}");
        let before = scorecard.unwrap_or(NEW);
        let gap = if before.ends_with('\n') { "" } else { end };
        return Some(format!("{before}{gap}{end}{entry}"));
    };
    let below = lines[heading + 1..].iter();
    let all = below.take_while(|it| !it.starts_with("# ") && !it.starts_with("## "));
    let all: Vec<_> = all.collect();
    let said = all.iter().rposition(|it| !it.trim().is_empty());
    let at = heading + 1 + said.map_or(0, |it| it + 1);
    let (head, tail) = (lines[..at].concat(), lines[at..].concat());
    let gap = match (head.ends_with('\n'), said.is_some()) {
        (true, true) => "",
        (true, false) | (false, true) => end,
        (false, false) => &format!("{end}{end}"),
    };
    Some(format!("{head}{gap}{line}{end}{tail}"))
}

/// A document as it is now, without the paragraph that a promotion added: `before` is what
/// there was before that, `after` what it made of it. Where it made the document, what
/// begins with its last heading of the second level is meant. `None` where it did more than
/// add one paragraph, or where that does not stand in the document exactly once.
pub fn withdrawn(now: &str, before: Option<&str>, after: &str) -> Option<String> {
    let lines =
        |text: &'_ str| -> Vec<String> { text.split_inclusive('\n').map(str::to_owned).collect() };
    let (now, after) = (lines(now), lines(after));
    let added = match before.map(lines) {
        Some(before) => {
            let same = |(a, b): &(&String, &String)| a == b;
            let head = before.iter().zip(&after).take_while(same).count();
            let ends = before[head..].iter().rev().zip(after[head..].iter().rev());
            let tail = ends.take_while(same).count();
            if head + tail < before.len() {
                return None;
            }
            head..after.len() - tail
        }
        None => after.iter().rposition(|line| line.starts_with("## "))?..after.len(),
    };
    let added = &after[added];
    if added.iter().all(|line| line.trim().is_empty()) {
        return None;
    }
    let mut places = (0..=now.len().checked_sub(added.len())?)
        .filter(|at| now[*at..*at + added.len()] == *added);
    let at = places.next().filter(|_| places.next().is_none())?;
    Some([&now[..at], &now[at + added.len()..]].concat().concat())
}

/// What a document says under the first heading with that word, in one line: without the
/// marks of lists and headings.
pub fn chapter(markdown: &str, word: &str) -> Option<String> {
    let level = |line: &str| {
        let level = line.bytes().take_while(|b| *b == b'#').count();
        (1..=6).contains(&level).then_some(level)
    };
    let mut lines = markdown.lines();
    let heading = lines.find(|line| level(line).is_some() && line.to_lowercase().contains(word))?;
    let own = level(heading)?;
    let below = lines.take_while(|line| level(line).is_none_or(|it| it > own));
    let mut said = String::new();
    for line in below {
        let line = line.trim();
        let (words, apart) = match line.trim_start_matches('#') {
            rest if rest.len() < line.len() => (rest.trim_start(), true),
            _ => match is_item(line) && line[1..].starts_with([' ', '\t']) {
                true => (line[1..].trim_start(), true),
                false => (line, false),
            },
        };
        // Each item by itself, also where nothing ends the one before it.
        let ends = said.is_empty() || said.ends_with(['.', ':', ';', '!', '?']);
        said.push_str(if apart && !ends && !words.is_empty() {
            "; "
        } else {
            " "
        });
        said.push_str(words);
        said.truncate(said.trim_end().len());
    }
    let said = one_line(&said);
    (!said.is_empty()).then_some(said)
}

/// Text of somebody else's in one line: nothing in it begins a line of its own.
fn one_line(said: &str) -> String {
    let words: Vec<&str> = said.split_whitespace().collect();
    let line = text::visible(&words.join(" ")).into_owned();
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{} …", &line[..at]),
        None => line,
    }
}

/// CODEOWNERS with the patterns that name the module, or something in it, naming where it
/// goes. `None` where no line does.
pub fn reowned(file: &[u8], from: &RepoPath, to: &RepoPath) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(file.len());
    let mut changed = false;
    for line in file.split_inclusive(|b| *b == b'\n') {
        let blank = line
            .iter()
            .take_while(|b| **b == b' ' || **b == b'\t')
            .count();
        let rest = &line[blank..];
        let slash = usize::from(rest.first() == Some(&b'/'));
        let named = rest[slash..].strip_prefix(from.as_bytes());
        let ends = named.and_then(|rest| rest.first().copied());
        match (named, ends) {
            (Some(behind), Some(b'/' | b' ' | b'\t' | b'\r' | b'\n')) => {
                out.extend_from_slice(&line[..blank + slash]);
                out.extend_from_slice(to.as_bytes());
                out.extend_from_slice(behind);
                changed = true;
            }
            _ => out.extend_from_slice(line),
        }
    }
    changed.then_some(out)
}

/// The line that gives a module to its owners, at the end of CODEOWNERS: the last one that
/// fits counts. `None` where its path cannot stand there as it is.
pub fn owned(file: &[u8], path: &RepoPath, is_dir: bool, owners: &str) -> Option<Vec<u8>> {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_-./+@".contains(b);
    if !path.as_bytes().iter().all(plain) || owners.is_empty() {
        return None;
    }
    let mut out = file.to_vec();
    let end: &[u8] = match file.windows(2).any(|it| it == b"\r\n") {
        true => b"\r\n",
        false => b"\n",
    };
    if !out.is_empty() && out.last() != Some(&b'\n') {
        out.extend_from_slice(end);
    }
    out.push(b'/');
    out.extend_from_slice(path.as_bytes());
    if is_dir {
        out.push(b'/');
    }
    out.push(b' ');
    out.extend_from_slice(owners.as_bytes());
    out.extend_from_slice(end);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_note_stands_under_what_is_not_released() {
        let noted = |text| noted(text, "moved").unwrap();
        assert_eq!(
            noted("# Changes\n\n## [Unreleased]\n\n- one\n\n## 1.0\n\n- zero\n"),
            "# Changes\n\n## [Unreleased]\n\n- moved\n- one\n\n## 1.0\n\n- zero\n"
        );
        assert_eq!(
            noted("# C\n\n## Unreleased\n\n### Added\n\n* a\n\n### Changed\n\n* b\n\n## 1.0\n"),
            "# C\n\n## Unreleased\n\n### Added\n\n* a\n\n### Changed\n\n* moved\n* b\n\n## 1.0\n"
        );
        assert_eq!(
            noted("# C\n\n## Unreleased\n\n### Added\n\n- a\n"),
            "# C\n\n## Unreleased\n\n### Changed\n\n- moved\n\n### Added\n\n- a\n"
        );
        assert_eq!(
            noted("# C\n\n## Unreleased\n\n## 1.0\n"),
            "# C\n\n## Unreleased\n\n- moved\n\n## 1.0\n"
        );
        assert_eq!(
            noted("# C\n\n## Unreleased\n"),
            "# C\n\n## Unreleased\n\n- moved\n"
        );
    }

    #[test]
    fn where_nothing_is_open_it_is_opened_before_the_newest_release() {
        let noted = |text| noted(text, "moved");
        assert_eq!(
            noted("# C\n\nAll of it.\n\n## 1.0\n\n- a\n").unwrap(),
            "# C\n\nAll of it.\n\n## Unreleased\n\n- moved\n\n## 1.0\n\n- a\n"
        );
        assert_eq!(
            noted("# C\r\n\r\n## 1.0\r\n").unwrap(),
            "# C\r\n\r\n## Unreleased\r\n\r\n- moved\r\n\r\n## 1.0\r\n"
        );
        assert_eq!(noted("# C").unwrap(), "# C\n\n## Unreleased\n\n- moved\n");
        assert_eq!(
            noted("").unwrap(),
            "# Changelog\n\n## Unreleased\n\n- moved\n"
        );
        // reStructuredText, say.
        assert_eq!(noted("Changes\n=======\n\n1.0\n---\n"), None);
        // A heading in a listing is none.
        assert_eq!(noted("```\n# Unreleased\n```\n"), None);
    }

    #[test]
    fn a_completion_goes_to_the_newest_entry_of_its_module_once() {
        let line = "- **Canary:** `core/a` was watched for 48h";
        let of = |before: &str| completed(Some(before), &"core/a".into(), "2026-01-02", line);
        let own = "# S\n\n## `core/a` (2025)\n\n- **From:** `x`\n\n## `core/a` (2026)\n\n- **From:** `y`\n";
        let other = "\n## `core/ab` (2026)\n\n- **From:** `z`\n";
        assert_eq!(
            of(&format!("{own}{other}")).unwrap(),
            format!("{own}{line}\n{other}")
        );
        assert_eq!(of(own.trim_end()).unwrap(), format!("{own}{line}\n"));
        assert_eq!(of(&of(own).unwrap()), None);
        let windows = of(&own.replace('\n', "\r\n")).unwrap();
        assert_eq!(
            windows.matches("\r\n").count(),
            windows.matches('\n').count()
        );
        assert!(
            of(other)
                .unwrap()
                .ends_with(&format!("`z`\n\n## `core/a` (2026-01-02)\n\n{line}\n"))
        );
        let made = completed(None, &"core/a".into(), "2026-01-02", line).unwrap();
        let whole = made.starts_with("# Transparency scorecard\n");
        assert!(whole && made.ends_with(&format!("{line}\n")), "{made}");
    }

    #[test]
    fn the_scorecard_gets_an_entry_and_keeps_what_it_had() {
        let entry = ScorecardEntry {
            to: "core/x".into(),
            from: "candidate/x".into(),
            day: "2026-11-26".into(),
            said: vec![("Risks", "one\n## two \u{202e}".into())],
        };
        let new = scored(None, &entry);
        assert!(
            new.ends_with(
                "\n\n## `core/x` (2026-11-26)\n\n- **From:** `candidate/x`\n- **Risks:** one ## two <U+202E>\n"
            ),
            "{new}"
        );
        let more = scored(Some("# Ours"), &entry);
        assert!(more.starts_with("# Ours\n\n## `core/x`"), "{more}");
    }

    #[test]
    fn a_paragraph_is_withdrawn_from_what_others_wrote_beside_it() {
        let was = "# C\n\n## Unreleased\n\n- old\n";
        let ours = noted(was, "ours").unwrap();
        let more = noted(&ours, "theirs").unwrap();
        assert_eq!(
            withdrawn(&more, Some(was), &ours),
            noted(was, "theirs"),
            "{more}"
        );
        assert_eq!(withdrawn(&ours, Some(was), &ours).as_deref(), Some(was));
        // It is there twice, changed, or did more than add.
        let twice = noted(&ours, "ours").unwrap();
        assert_eq!(withdrawn(&twice, Some(was), &ours), None);
        assert_eq!(withdrawn("# C\n", Some(was), &ours), None);
        assert_eq!(
            withdrawn(&more, Some(was), &ours.replace("old", "new")),
            None
        );
        let entry = |to: &str| ScorecardEntry {
            to: to.into(),
            from: "candidate/x".into(),
            day: "2026-11-26".into(),
            said: vec![],
        };
        let one = scored(None, &entry("core/a"));
        let two = scored(Some(&one), &entry("core/b"));
        let left = withdrawn(&two, None, &one).unwrap();
        assert!(
            !left.contains("core/a") && left.contains("core/b"),
            "{left}"
        );
        assert!(left.starts_with("# Transparency scorecard"), "{left}");
    }

    #[test]
    fn a_chapter_is_one_line() {
        let text = "# P\n\n## Why\n\nx\n\n## Known risks\n\nOne\nline.\n### More\n- two\n## End\n";
        assert_eq!(
            chapter(text, "risk").as_deref(),
            Some("One line. More; two")
        );
        let list = "## Risks\n\n- It waits long\n  on a lock.\n- A retry -\n  twice\n* x\n";
        let said = "It waits long on a lock. A retry - twice; x";
        assert_eq!(chapter(list, "risk").as_deref(), Some(said));
        assert_eq!(chapter("# P\n## Risks\n## End\n", "risk"), None);
        let long = format!("# Risk\n{}", "é".repeat(1000));
        assert!(chapter(&long, "risk").unwrap().ends_with(" …"));
    }

    #[test]
    fn owners_go_along() {
        let (from, to) = ("candidate/x".into(), "core/x".into());
        let file = b"* @a\n/candidate/x/ @b\ncandidate/x/y.py @c # z\n/candidate/xx @d\n";
        let new = reowned(file, &from, &to).unwrap();
        assert_eq!(
            String::from_utf8(new).unwrap(),
            "* @a\n/core/x/ @b\ncore/x/y.py @c # z\n/candidate/xx @d\n"
        );
        assert_eq!(reowned(b"candidate/ @a\n", &from, &to), None);
        assert_eq!(
            owned(b"* @a", &to, true, "@b @c").unwrap(),
            b"* @a\n/core/x/ @b @c\n"
        );
        assert_eq!(owned(b"", &"a b".into(), true, "@b"), None);
    }

    proptest! {
        #[test]
        fn nothing_that_was_there_is_lost(text in "([#a-zU \\-*\r]{0,9}\n){0,9}[# a]{0,3}") {
            if let Some(noted) = noted(&text, "NOTE") {
                let mut left = noted.as_str();
                for line in text.split_inclusive('\n') {
                    let line = line.trim_end_matches('\n');
                    let at = left.find(line);
                    prop_assert!(at.is_some(), "{line:?} is gone from {noted:?}");
                    left = &left[at.unwrap_or(0) + line.len()..];
                }
                prop_assert!(noted.contains("NOTE"));
            }
        }
    }
}
