//! Where the statement that a line is a part of begins.

use ruff_python_ast::PySourceType;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;

/// For each line of a file the line, from 1, on which its logical line begins:
/// its own, but within brackets, strings and continued lines.
pub fn statements(source: &[u8]) -> Vec<u32> {
    let text = String::from_utf8_lossy(source);
    let starts: Vec<usize> = std::iter::once(0)
        .chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1))
        .collect();
    let line = |offset: usize| starts.partition_point(|start| *start <= offset);
    let mut begins: Vec<u32> = (1..).take(starts.len()).collect();
    let parsed = parse_unchecked_source(&text, PySourceType::Python);
    let mut first = None;
    for token in parsed.tokens() {
        match token.kind() {
            TokenKind::Newline => {
                if let Some(first) = first.take() {
                    let last = line(token.start().to_usize());
                    begins[first - 1..last].fill(first as u32);
                }
            }
            TokenKind::Indent | TokenKind::Dedent | TokenKind::NonLogicalNewline => {}
            TokenKind::Comment => {}
            _ => {
                first.get_or_insert_with(|| line(token.start().to_usize()));
            }
        }
    }
    begins
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_within_a_statement_leads_to_its_first() {
        let source = "\
x = 1

# why
y = f(
    1,

    # two
    2,
)
@decorated
def g(
    a,
):
    '''What
    it does.'''
    return a + \\
        1
z = 2";
        assert_eq!(
            statements(source.as_bytes()),
            [
                1, 2, 3, 4, 4, 4, 4, 4, 4, 10, 11, 11, 11, 14, 14, 16, 16, 18
            ]
        );
        assert_eq!(statements(b""), [1]);
        assert_eq!(statements(b"\xef\xbb\xbfx = (\n1)\n").len(), 3);
    }

    proptest! {
        #[test]
        fn any_bytes_have_their_lines(source in proptest::collection::vec(any::<u8>(), 0..200)) {
            let lines = statements(&source);
            prop_assert!(lines.iter().zip(1..).all(|(begins, line)| *begins >= 1 && *begins <= line));
        }
    }
}
