//! DSSE with securesystemslib: what is signed, and the envelope's JSON.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::review::Envelope;
use countersign::review::envelope::pae;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::python;

fn bytes(value: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()
}

/// One answer for each question.
fn ask(questions: &[Value]) -> Vec<Value> {
    let input: String = questions.iter().map(|it| format!("{it}\n")).collect();
    let printed = python("pae.py", input.as_bytes());
    let told: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told.len(), questions.len());
    told
}

#[test]
fn securesystemslib_makes_the_same_encoding_of_any_payload() {
    let mut contents: Vec<(String, Vec<u8>)> = vec![
        (String::new(), Vec::new()),
        (
            "http://example.com/HelloWorld".into(),
            b"hello world".to_vec(),
        ),
        ("é 1 ".into(), b" 0 DSSEv1 \n\0\xff".to_vec()),
        ("application/vnd.in-toto+json".into(), vec![b' '; 70_000]),
    ];
    let any = (
        proptest::arbitrary::any::<String>(),
        proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..600),
    );
    let mut runner = TestRunner::deterministic();
    contents.extend((0..500).map(|_| any.new_tree(&mut runner).unwrap().current()));
    let asked: Vec<Value> = contents
        .iter()
        .map(|(kind, payload)| json!({ "type": kind, "payload": BASE64_STANDARD.encode(payload) }))
        .collect();
    for ((kind, payload), told) in contents.iter().zip(ask(&asked)) {
        assert_eq!(pae(kind, payload), bytes(&told["pae"]), "{kind:?}");
    }
}

#[test]
fn securesystemslib_reads_our_envelopes_and_we_read_theirs() {
    for length in [0, 1, 2, 3, 1000] {
        let payload = vec![7; length];
        let ours = Envelope::new("application/vnd.in-toto+json", &payload, "SHA256:x", b"sig");
        let told = ask(&[json!({ "envelope": ours })]).remove(0);
        assert_eq!(bytes(&told["pae"]), pae(ours.payload_type(), &payload));
        assert_eq!(bytes(&told["payload"]), payload);
        let again: Envelope = serde_json::from_value(told["again"].clone()).unwrap();
        assert_eq!(again, ours);
    }
}
