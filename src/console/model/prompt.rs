//! What is being typed, on one line.

use unicode_segmentation::UnicodeSegmentation;

/// What a prompt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Filter the dashboard.
    Filter,
    /// Search in the diff.
    Search,
    /// Filter the audit log.
    Log,
    /// Find what can be done.
    Palette,
    /// A link for a pull request.
    Link,
    /// Say why.
    Reason,
}

/// What is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What for.
    pub purpose: Purpose,
    text: String,
    /// In bytes, on a boundary of graphemes.
    cursor: usize,
}

impl Prompt {
    /// A prompt that starts with this text, the cursor at its end.
    pub fn new(purpose: Purpose, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            purpose,
            cursor: text.len(),
            text,
        }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Types text; what is no text (controls) is dropped.
    pub fn insert(&mut self, text: &str) {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
    }

    /// Deletes the character before the cursor.
    pub fn delete_back(&mut self) {
        let from = self.previous();
        self.text.replace_range(from..self.cursor, "");
        self.cursor = from;
    }

    /// Deletes the word before the cursor.
    pub fn delete_word(&mut self) {
        let trimmed = self
            .before()
            .trim_end_matches(|c: char| !c.is_alphanumeric());
        let from = trimmed
            .rfind(|c: char| !c.is_alphanumeric())
            .map_or(0, |at| {
                at + trimmed[at..].chars().next().map_or(0, char::len_utf8)
            });
        self.text.replace_range(from..self.cursor, "");
        self.cursor = from;
    }

    /// Deletes everything.
    pub fn clear(&mut self) {
        self.text.clear();
        self.cursor = 0;
    }

    /// Moves the cursor left.
    pub fn left(&mut self) {
        self.cursor = self.previous();
    }

    /// Moves the cursor right.
    pub fn right(&mut self) {
        let next = self.text[self.cursor..]
            .graphemes(true)
            .next()
            .map_or(0, str::len);
        self.cursor += next;
    }

    /// Moves the cursor to the start.
    pub fn start(&mut self) {
        self.cursor = 0;
    }

    /// Moves the cursor to the end.
    pub fn end(&mut self) {
        self.cursor = self.text.len();
    }

    fn previous(&self) -> usize {
        self.before()
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_word_is_deleted_with_what_follows_it() {
        let mut prompt = Prompt::new(Purpose::Filter, "core/quantum. ");
        prompt.delete_word();
        assert_eq!(prompt.text(), "core/");
        prompt.delete_word();
        assert_eq!(prompt.text(), "");
    }

    proptest! {
        #[test]
        fn the_cursor_stays_on_a_boundary(
            text in "\\PC{0,12}",
            steps in proptest::collection::vec(0..7u8, 0..40),
        ) {
            let mut prompt = Prompt::new(Purpose::Filter, text);
            for step in steps {
                match step {
                    0 => prompt.left(),
                    1 => prompt.right(),
                    2 => prompt.delete_back(),
                    3 => prompt.delete_word(),
                    4 => prompt.start(),
                    5 => prompt.end(),
                    _ => prompt.insert("e\u{301}漢\u{1b}"),
                }
                prop_assert!(prompt.text().is_char_boundary(prompt.before().len()));
                prop_assert!(step != 6 || !prompt.text().ends_with(char::is_control));
            }
        }
    }
}
