//! Commands as a person writes them in `countersign.toml`: arguments with
//! placeholders such as `{module}`. A brace that is meant is written twice.

/// A part of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it is.
    Text(String),
    /// To be filled in.
    Name(&'static str),
}

/// Why an argument cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no placeholder `{{{name}}}`")]
pub struct Unknown {
    /// What stands between the braces.
    pub name: String,
}

/// Reads an argument, in which `names` may stand between braces. A brace that
/// begins no name stands for itself.
pub fn parse(argument: &str, names: &[&'static str]) -> Result<Vec<Piece>, Unknown> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = argument;
    while let Some(c) = rest.chars().next() {
        if let Some(doubled) = ["{{", "}}"].iter().find(|d| rest.starts_with(**d)) {
            text.push(c);
            rest = &rest[doubled.len()..];
            continue;
        }
        let word = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let word = word.filter(|(word, _)| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        });
        let Some((word, after)) = word else {
            text.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        let Some(name) = names.iter().find(|name| **name == word) else {
            return Err(Unknown { name: word.into() });
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        pieces.push(Piece::Name(name));
        rest = after;
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

/// True where the placeholder stands somewhere in the command.
pub fn mentions(command: &[String], name: &str) -> bool {
    let held = format!("{{{name}}}");
    command.iter().any(|argument| argument.contains(&held))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stand_anywhere_and_braces_may_be_meant() {
        let parse = |argument| parse(argument, &["tree", "module"]);
        let text = |text: &str| Piece::Text(text.into());
        assert_eq!(
            parse("--in={tree}/{module}"),
            Ok(vec![
                text("--in="),
                Piece::Name("tree"),
                text("/"),
                Piece::Name("module")
            ])
        );
        assert_eq!(parse("{{tree}}"), Ok(vec![text("{tree}")]));
        assert_eq!(parse("{\"a\": 1}"), Ok(vec![text("{\"a\": 1}")]));
        assert_eq!(parse("a{"), Ok(vec![text("a{")]));
        assert_eq!(parse(""), Ok(vec![]));
        let unknown = parse("{modul}").unwrap_err();
        assert_eq!(unknown.to_string(), "there is no placeholder `{modul}`");
    }
}
