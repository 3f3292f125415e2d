//! How a log is cut into files, so that one more entry does not write all of them anew.
//!
//! ```text
//! promotion-audit.log/000000/00    entries 0 to 9
//! promotion-audit.log/000000/01    entries 10 to 19
//! promotion-audit.log/012345/67    entries 12345670 to 12345679
//! ```
//!
//! Ten lines a file and a hundred files a directory: the digits of an entry's number say
//! where it stands. All files but the last are full, so a log is cut in one way only, and
//! what is cut in another is none. One behind the other, as `git ls-tree -r` lists them,
//! they are the log.

use super::line;

/// Lines in a full file.
pub const LINES: usize = 10;
/// Files in a full directory.
pub const FILES: usize = 100;
/// Directories at most: their names have six digits.
pub const MOST_DIRECTORIES: usize = 1_000_000;

/// The name of the directory of that number.
pub(super) fn directory(number: usize) -> String {
    format!("{number:06}")
}

/// The name of the file of that number in its directory.
pub(super) fn file(number: usize) -> String {
    format!("{number:02}")
}

/// Where the entry at that position is: the path below the log's directory, and which
/// line of that file it is, from 1.
pub fn place_of(position: u64) -> (String, u64) {
    let number = position / LINES as u64;
    let (files, lines) = (FILES as u64, LINES as u64);
    let path = format!("{:06}/{:02}", number / files, number % files);
    (path, position % lines + 1)
}

/// The contents of the files of a log, or of the end of one that begins with a file. A
/// log of nothing is one empty file: git has no empty directories.
pub(super) fn cut(log: &[u8]) -> Vec<&[u8]> {
    let mut files = Vec::new();
    let (mut start, mut end, mut count) = (0, 0, 0);
    for line in line::lines(log) {
        end += line.len();
        count += 1;
        if count == LINES {
            files.push(&log[start..end]);
            (start, count) = (end, 0);
        }
    }
    if count > 0 || files.is_empty() {
        files.push(&log[start..]);
    }
    files
}

/// Whether a file holds as many lines as one has that others follow.
pub(super) fn is_full(content: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', content).count() == LINES && content.ends_with(b"\n")
}

/// Whether a file can be the last: it holds some lines, of which the last may not be
/// finished, and no more than a full one. `first`: no other stands before it.
pub(super) fn can_be_last(content: &[u8], first: bool) -> bool {
    let lines = line::lines(content).take(LINES + 1).count();
    lines <= LINES && (lines > 0 || first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_digits_of_a_number_say_where_it_stands() {
        assert_eq!(place_of(0), ("000000/00".into(), 1));
        assert_eq!(place_of(12), ("000000/01".into(), 3));
        assert_eq!(place_of(12_345_678), ("012345/67".into(), 9));
        assert_eq!(format!("{}/{}", directory(12_345), file(67)), "012345/67");
    }

    #[test]
    fn a_log_of_nothing_is_one_empty_file() {
        assert_eq!(cut(b""), [b""]);
        assert!(can_be_last(b"", true) && !can_be_last(b"", false));
    }

    proptest! {
        /// Of all ways to cut a log one is taken: that by which it is cut.
        #[test]
        fn there_is_one_way_to_cut_a_log(
            log in "(a\n|\n){0,45}(a)?", cuts in proptest::collection::vec(0usize..91, 0..5),
        ) {
            let log = log.as_bytes();
            let files = cut(log);
            prop_assert_eq!(files.concat(), log);
            let fits = |files: &[&[u8]]| files.split_last().is_some_and(|(last, others)| {
                others.iter().all(|it| is_full(it)) && can_be_last(last, others.is_empty())
            });
            prop_assert!(fits(&files));
            let mut cuts: Vec<usize> = cuts.into_iter().map(|it| it.min(log.len())).collect();
            cuts.sort_unstable();
            cuts.push(log.len());
            let mut start = 0;
            let other: Vec<&[u8]> = cuts.into_iter().map(|end| {
                let file = &log[start..end];
                start = end;
                file
            }).collect();
            prop_assert!(other == files || !fits(&other), "{other:?}");
        }
    }
}
