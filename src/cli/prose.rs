//! Where a line for people is broken on a terminal that it is too long for.

use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

/// What commands begin with.
const NAME: &str = "countersign";

/// The parts of a line that each find room in so many cells, all but the first behind
/// `hang` of them. It is broken between words, never within a command or what stands in
/// backticks: those are to be copied.
pub(super) fn broken(line: &str, cells: usize, hang: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    if line.width() <= cells {
        parts.push(0..line.len());
        return parts;
    }
    let (mut part, mut used) = (0..0, 0);
    for piece in pieces(line) {
        let more = line[part.end..piece.end].width();
        if part.end > part.start && used + more > cells {
            parts.push(part);
            used = hang + line[piece.clone()].width();
            part = piece;
        } else {
            used += more;
            part.end = piece.end;
        }
    }
    parts.push(part);
    parts
}

/// Words, with the blanks that the line begins with, and what stays in one.
fn pieces(line: &str) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    // git is a word of sentences as well: a command it is behind `To do:` and the like.
    let (mut quoted, mut command, mut named) = (false, false, false);
    let mut at = 0;
    for word in line.split(' ') {
        let range = at..at + word.len();
        at = range.end + 1;
        if word.is_empty() {
            continue;
        }
        let bare = word.trim_start_matches(['`', '(']);
        match pieces.last_mut() {
            Some(last) if quoted || command => last.end = range.end,
            Some(_) => pieces.push(range),
            None => pieces.push(0..range.end),
        }
        quoted ^= word.matches('`').count() % 2 == 1;
        command |= bare == NAME || bare == "git" && named;
        named = word.ends_with(':');
        // `..` may end a path; what ends a sentence, or what is put in, ends a command.
        command &= !word.ends_with([',', ';', ':', ')', '`']);
        command &= !word.ends_with('.') || word.ends_with("..");
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(line: &str, cells: usize, hang: usize) -> Vec<&str> {
        let parts = broken(line, cells, hang).into_iter();
        parts.map(|part| &line[part]).collect()
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(rows("", 10, 0), [""]);
        assert_eq!(rows("as it is", 10, 0), ["as it is"]);
        assert_eq!(
            rows("  a line that is long", 10, 2),
            ["  a line", "that is", "long"]
        );
        // Wide letters take two cells, and what finds no room at all is left to the terminal.
        assert_eq!(rows("日本 日本語", 8, 0), ["日本", "日本語"]);
        assert_eq!(
            rows("a/very/long/path it is", 8, 0),
            ["a/very/long/path", "it is"]
        );
    }

    #[test]
    fn commands_are_not() {
        let line = "it is old. To do: countersign check -C .. a/b; or look at it";
        assert_eq!(
            rows(line, 20, 0),
            [
                "it is old. To do:",
                "countersign check -C .. a/b;",
                "or look at it"
            ]
        );
        assert_eq!(
            rows("next: git push origin promote/x, and what git says", 20, 2),
            ["next:", "git push origin promote/x,", "and what git says"]
        );
        let line = "`countersign audit verify` says, or `git show x`";
        assert_eq!(
            rows(line, 12, 0),
            ["`countersign audit verify`", "says, or", "`git show x`"]
        );
    }
}
