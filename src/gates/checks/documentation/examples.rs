//! The examples of a document: its Python blocks.

use serde::Serialize;

use crate::gates::checks::prose::{Code, Document};

/// What a block is marked with that is not to be run, behind its language or in
/// a comment before it.
pub const NO_RUN: &str = "no-run";

/// Languages that are Python.
const PYTHON: [&str; 4] = ["python", "python3", "py", "pycon"];

/// A block to be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// The line of the document its text begins on.
    pub line: u32,
    /// Its text.
    pub text: String,
    /// True where it is a session with `>>>`, whose answers count too.
    pub doctest: bool,
}

/// The Python blocks of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples {
    /// Those to be run, in order.
    pub blocks: Vec<Block>,
    /// The lines of those that are not.
    pub not_run: Vec<u32>,
}

impl Examples {
    /// Those of a document.
    pub fn of(document: &Document) -> Self {
        let mut examples = Self::default();
        let python = document.code.iter().filter(|code| is_python(code));
        for code in python.filter(|code| !code.text.trim().is_empty()) {
            if is_marked(code) {
                examples.not_run.push(code.line);
                continue;
            }
            let mut lines = code.text.lines();
            examples.blocks.push(Block {
                line: code.line,
                text: code.text.clone(),
                doctest: lines.any(|line| prompt(line, ">>>").is_some()),
            });
        }
        examples
    }
}

/// The Python in the examples of a document, for reading what it imports.
pub fn python_in(text: &str) -> String {
    let examples = Examples::of(&Document::parse(text));
    let mut code = String::new();
    for block in examples.blocks {
        for line in block.text.lines() {
            let typed = match block.doctest {
                false => Some(line),
                true => prompt(line, ">>>").or_else(|| prompt(line, "...")),
            };
            if let Some(typed) = typed {
                code.push_str(typed);
                code.push('\n');
            }
        }
    }
    code
}

/// What is typed behind a prompt.
fn prompt<'a>(line: &'a str, sign: &str) -> Option<&'a str> {
    let rest = line.trim_start().strip_prefix(sign)?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.strip_prefix(' ').unwrap_or(rest))
}

fn words(info: &str) -> impl Iterator<Item = &str> {
    let apart = |c: char| c.is_whitespace() || matches!(c, ',' | ':' | '{' | '}' | '.');
    info.split(apart).filter(|word| !word.is_empty())
}

fn is_python(code: &Code) -> bool {
    let language = words(&code.info).next().unwrap_or_default();
    PYTHON.contains(&language.to_lowercase().as_str())
}

fn is_marked(code: &Code) -> bool {
    let mut marks = words(&code.info).skip(1).chain(words(&code.comment));
    marks.any(|word| word == NO_RUN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# x

```python
import a
```

```sh
rm -rf /
```

```py
>>> from b import c
>>> for i in c:
...     print(i)
1
```

```python no-run
import d
```

<!-- no-run: it would charge a card -->
```python
import e
```

```python

```

    indented = \"is no Python for certain\"
";

    #[test]
    fn python_blocks_are_run_unless_they_say_no() {
        let examples = Examples::of(&Document::parse(TEXT));
        let seen: Vec<_> = examples
            .blocks
            .iter()
            .map(|b| (b.line, b.doctest))
            .collect();
        assert_eq!(seen, [(4, false), (12, true)]);
        assert_eq!(examples.not_run, [19, 24]);
    }

    #[test]
    fn what_they_import_can_be_read() {
        assert_eq!(
            python_in(TEXT),
            "import a\nfrom b import c\nfor i in c:\n    print(i)\n"
        );
    }
}
