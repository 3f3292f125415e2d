//! One line of `promotion-audit.log`: a DSSE envelope with its place in the log.
//!
//! `seq` counts from 0. `prev` is the SHA-256 of the line before, with its newline;
//! that of nothing for the first. Both stand beside the payload and are not signed:
//! who signs vouches for what they have *seen*, and losing a race to another entry
//! must not cost a second signature. That they are right follows from counting and
//! hashing, and that nothing is missing at the end from later signatures and
//! checkpoints.

use serde::{Deserialize, Serialize};

use crate::promotion::Sha256;

/// The longest line that is read, in bytes with its newline.
pub const MOST_BYTES: usize = 4 << 20;

/// A line, as it is written: by RFC 8785, and a newline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line<E> {
    /// The envelope's own fields.
    #[serde(flatten)]
    pub envelope: E,
    /// Where it stands, from 0.
    pub seq: u64,
    /// The digest of the line before.
    pub prev: Sha256,
}

/// What is wrong with a line by itself or after the one before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The end of the file comes before the newline.
    #[error("it has no newline: writing it was not finished")]
    Torn,
    /// Too much for one.
    #[error("it has {0} bytes, more than {MOST_BYTES}")]
    TooLong(usize),
    /// No JSON, or other fields than a line has.
    #[error("it is no entry: {0}")]
    Shape(String),
    /// Another way to write the same, or a field that is not known.
    #[error("it is not written as RFC 8785 says, or has a field that is not known")]
    NotCanonical,
    /// A wrong count.
    #[error("it says that it is entry {found}, but it is entry {expected}")]
    Seq {
        /// What it says.
        found: u64,
        /// What it is.
        expected: u64,
    },
    /// Something before it was changed, taken out or put in.
    #[error(
        "it says that the line before has the digest {}, but that has {}",
        found.short(), expected.short()
    )]
    Prev {
        /// What it says.
        found: Sha256,
        /// What it is.
        expected: Sha256,
    },
}

/// Where the next line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its `seq`.
    pub seq: u64,
    /// Its `prev`.
    pub prev: Sha256,
}

impl Place {
    /// The first.
    pub fn first() -> Self {
        Self {
            seq: 0,
            prev: Sha256::of(b""),
        }
    }

    /// The one behind a line that is there.
    pub fn after(self, line: &[u8]) -> Self {
        Self {
            seq: self.seq + 1,
            prev: Sha256::of(line),
        }
    }
}

/// Writes an envelope as the line at that place, with its newline.
pub fn write<E: Serialize>(envelope: E, at: Place) -> Result<Vec<u8>, serde_json::Error> {
    let line = Line {
        envelope,
        seq: at.seq,
        prev: at.prev,
    };
    let mut bytes = serde_json_canonicalizer::to_vec(&line)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads the line at that place. `bytes` are the line with its newline.
pub fn read<E>(bytes: &[u8], at: Place) -> Result<Line<E>, Fault>
where
    E: Serialize + for<'a> Deserialize<'a>,
{
    if bytes.len() > MOST_BYTES {
        return Err(Fault::TooLong(bytes.len()));
    }
    let text = bytes.strip_suffix(b"\n").ok_or(Fault::Torn)?;
    let line: Line<E> =
        serde_json::from_slice(text).map_err(|error| Fault::Shape(error.to_string()))?;
    // Fields that are there twice, or not known, are gone when it is written again.
    let again =
        serde_json_canonicalizer::to_vec(&line).map_err(|error| Fault::Shape(error.to_string()))?;
    if again != text {
        return Err(Fault::NotCanonical);
    }
    if line.seq != at.seq {
        return Err(Fault::Seq {
            found: line.seq,
            expected: at.seq,
        });
    }
    if line.prev != at.prev {
        return Err(Fault::Prev {
            found: line.prev,
            expected: at.prev,
        });
    }
    Ok(line)
}

/// The lines of a log, each with its newline; the last may lack one.
pub fn lines(log: &[u8]) -> impl Iterator<Item = &[u8]> {
    log.split_inclusive(|byte| *byte == b'\n')
}

/// How many bytes of a log are whole lines: what follows was not finished.
pub fn whole(log: &[u8]) -> usize {
    memchr::memrchr(b'\n', log).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Said {
        word: String,
    }

    fn said(word: &str) -> Said {
        Said { word: word.into() }
    }

    fn log(words: &[&str]) -> Vec<u8> {
        let mut place = Place::first();
        let mut log = Vec::new();
        for word in words {
            let line = write(said(word), place).unwrap();
            place = place.after(&line);
            log.extend(line);
        }
        log
    }

    /// Reads everything; what is wrong with which line.
    fn read_all(log: &[u8]) -> Result<Vec<String>, (u64, Fault)> {
        let mut place = Place::first();
        let mut words = Vec::new();
        for line in lines(log) {
            let read = read::<Said>(line, place).map_err(|fault| (place.seq, fault))?;
            words.push(read.envelope.word);
            place = place.after(line);
        }
        Ok(words)
    }

    #[test]
    fn the_first_line_follows_nothing() {
        let log = log(&["a", "b"]);
        let text = String::from_utf8(log.clone()).unwrap();
        let first = text.lines().next().unwrap();
        assert_eq!(
            first,
            "{\"prev\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\
             \"seq\":0,\"word\":\"a\"}"
        );
        assert_eq!(read_all(&log).unwrap(), ["a", "b"]);
    }

    #[test]
    fn every_change_but_to_the_end_is_seen_at_its_place() {
        let whole = log(&["a", "b", "c", "d"]);
        let all: Vec<Vec<u8>> = lines(&whole).map(<[u8]>::to_vec).collect();
        let first_fault = |lines: &[&Vec<u8>]| {
            let log: Vec<u8> = lines.iter().flat_map(|line| line.iter().copied()).collect();
            read_all(&log).unwrap_err().0
        };
        let [a, b, c, d] = &all[..] else {
            panic!("four lines")
        };
        assert_eq!(first_fault(&[a, c, d]), 1); // taken out
        assert_eq!(first_fault(&[a, b, b, c, d]), 2); // put in twice
        assert_eq!(first_fault(&[a, c, b, d]), 1); // swapped
        assert_eq!(first_fault(&[b, c, d]), 0);
        // Cut at the end it is still a log: signatures and checkpoints see that.
        let cut: Vec<u8> = [a, b].into_iter().flatten().copied().collect();
        assert_eq!(read_all(&cut).unwrap().len(), 2);
    }

    #[test]
    fn each_byte_of_what_others_follow_counts() {
        let whole = log(&["a", "b", "c"]);
        let last = lines(&whole).last().unwrap().len();
        for at in 0..whole.len() - last {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                assert!(read_all(&flipped).is_err(), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_torn_end_is_told_from_a_whole_one() {
        let mut torn = log(&["a", "b"]);
        assert_eq!(whole(&torn), torn.len());
        torn.pop();
        assert_eq!(read_all(&torn), Err((1, Fault::Torn)));
        assert_eq!(whole(&torn), lines(&torn).next().unwrap().len());
        assert_eq!(whole(b"nothing is whole"), 0);
    }

    #[test]
    fn there_is_one_way_to_write_a_line() {
        let line = String::from_utf8(log(&["a"])).unwrap();
        for other in [
            line.replace("\"seq\":0", "\"seq\": 0"),
            line.replace("\"seq\":0", "\"more\":1,\"seq\":0"),
            line.replace("\"seq\":0", "\"seq\":0,\"seq\":0"),
            line.replace("\"seq\":0", "\"seq\":0.0"),
            line.replace('\n', "\r\n"),
            line.replace("\"a\"", "\"\\u0061\""),
        ] {
            assert!(read_all(other.as_bytes()).is_err(), "{other}");
        }
    }
}
