//! pytest's JUnit report: only for the words of failures, and as a proof that
//! the session reached its end. Counts come from our own records.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, BytesText, Event};

/// What pytest says of a file it cannot collect, and nothing more.
const COLLECTION: &str = "collection failure";

/// Messages by (class name, name) of the test.
pub type Messages = HashMap<(String, String), Vec<String>>;

/// Reads a report; `Err` with the reason where it is not whole.
pub fn read(xml: &[u8]) -> Result<Messages, String> {
    if xml.is_empty() {
        return Err("there is no JUnit report".into());
    }
    let mut reader = Reader::from_reader(xml);
    let mut messages = Messages::new();
    let mut test: Option<(String, String)> = None;
    let (mut depth, mut closed) = (0_u32, false);
    let mut buffer = Vec::new();
    loop {
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|error| format!("the JUnit report is damaged ({error})"))?;
        match event {
            Event::Start(tag) => {
                depth += 1;
                enter(&tag, &mut test, &mut messages)?;
            }
            Event::Empty(tag) => {
                let outer = test.clone();
                enter(&tag, &mut test, &mut messages)?;
                test = outer;
            }
            Event::Text(text) => {
                if let Some(test) = &test {
                    explain(&text, messages.get_mut(test));
                }
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                closed |= tag.name().as_ref() == "testsuites" && depth == 0;
                if tag.name().as_ref() == "testcase" {
                    test = None;
                }
            }
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    if !closed {
        return Err("the JUnit report is cut off".into());
    }
    Ok(messages)
}

fn enter(
    tag: &BytesStart<'_>,
    test: &mut Option<(String, String)>,
    messages: &mut Messages,
) -> Result<(), String> {
    match tag.name().as_ref() {
        "testcase" => {
            let name = attribute(tag, "name").ok_or(
                "the JUnit report holds a test without a name: the session was ended early",
            )?;
            let class = attribute(tag, "classname").unwrap_or_default();
            *test = Some((class, name));
        }
        "failure" | "error" => {
            if let Some(test) = test.clone() {
                let message = attribute(tag, "message").unwrap_or_default();
                messages.entry(test).or_default().push(message);
            }
        }
        _ => {}
    }
    Ok(())
}

/// Of a file that cannot be collected the message only says so; why stands in
/// the text, on the last line that pytest marks with an `E`.
fn explain(text: &BytesText<'_>, messages: Option<&mut Vec<String>>) {
    let Some(message) = messages.and_then(|all| all.last_mut()) else {
        return;
    };
    if message != COLLECTION {
        return;
    }
    let why = text
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("E ").map(str::trim));
    if let Some(why) = why {
        *message = why.to_owned();
    }
}

/// The value of an attribute, without its escapes.
pub fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(name).ok()??;
    let value = attribute.value.into_owned();
    Some(match quick_xml::escape::unescape(&value) {
        Ok(text) => text.into_owned(),
        Err(_) => value,
    })
}

/// What pytest calls a test in the report, from its node id.
pub fn name_of(id: &str) -> (String, String) {
    let (id, parameters) = match id.find('[') {
        Some(at) => id.split_at(at),
        None => (id, ""),
    };
    let mut parts: Vec<&str> = id.split("::").collect();
    let name = parts.pop().unwrap_or_default();
    let class: Vec<String> = parts
        .iter()
        .enumerate()
        .map(|(n, part)| match n {
            0 => part.strip_suffix(".py").unwrap_or(part).replace('/', "."),
            _ => (*part).to_owned(),
        })
        .collect();
    (class.join("."), format!("{name}{parameters}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<?xml version="1.0"?><testsuites><testsuite><testcase classname="cases.test_all.T" name="t[a::b]"><failure message="a &lt; b&#10;c">x</failure></testcase></testsuite></testsuites>"#;

    #[test]
    fn messages_are_found_by_node_id() {
        let messages = read(XML.as_bytes()).unwrap();
        let name = name_of("cases/test_all.py::T::t[a::b]");
        assert_eq!(messages[&name], ["a < b\nc"]);
    }

    #[test]
    fn what_kept_a_file_from_being_collected_is_said() {
        let xml = "<testsuites><testsuite><testcase classname=\"\" name=\"tests.test_a\">\
                   <error message=\"collection failure\">tests/test_a.py:1: in &lt;module&gt;\n    \
                   import numpy\nE   ModuleNotFoundError: No module named 'numpy'</error>\
                   </testcase></testsuite></testsuites>";
        let messages = read(xml.as_bytes()).unwrap();
        let name = (String::new(), "tests.test_a".to_owned());
        assert_eq!(
            messages[&name],
            ["ModuleNotFoundError: No module named 'numpy'"]
        );
    }

    #[test]
    fn a_report_that_is_not_whole_is_refused() {
        assert!(read(b"").is_err());
        for end in 1..XML.len() {
            assert!(read(&XML.as_bytes()[..end]).is_err(), "{end}");
        }
        let nameless = XML.replace(r#"name="t[a::b]""#, "");
        assert!(read(nameless.as_bytes()).is_err());
    }
}
