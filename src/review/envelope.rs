//! DSSE 1.0: a payload, its type, and who signed both.
//!
//! What is signed is not the payload but its pre-authentication encoding, in
//! which nothing can be taken for anything else (DSSE protocol, "PAE").

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

/// A payload with its signature. There is one signature: who decides signs alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// The payload, in base64.
    payload: String,
    /// What the payload is.
    payload_type: String,
    /// Who signed it.
    signatures: Vec<Signed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    /// The key, as `ssh-keygen -l` names it: a hint, not proof.
    keyid: String,
    /// An SSHSIG blob, in base64.
    sig: String,
}

/// Why something is no envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEnvelope {
    /// Text that is no base64, or not the one that its bytes have.
    #[error("its {0} is no base64")]
    Base64(&'static str),
    /// None, or several.
    #[error("it has {0} signatures, not one")]
    Signatures(usize),
}

impl Envelope {
    /// An envelope with one signature.
    pub fn new(payload_type: &str, payload: &[u8], keyid: &str, signature: &[u8]) -> Self {
        Self {
            payload: BASE64_STANDARD.encode(payload),
            payload_type: payload_type.to_owned(),
            signatures: vec![Signed {
                keyid: keyid.to_owned(),
                sig: BASE64_STANDARD.encode(signature),
            }],
        }
    }

    /// The same, of base64 as it was read. What is in it is looked at later.
    pub fn of_text(payload_type: &str, payload: &str, keyid: &str, signature: &str) -> Self {
        Self {
            payload: payload.to_owned(),
            payload_type: payload_type.to_owned(),
            signatures: vec![Signed {
                keyid: keyid.to_owned(),
                sig: signature.to_owned(),
            }],
        }
    }

    /// What the payload is said to be. Signed.
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// The payload. Nobody should read it before its signature was checked.
    pub fn payload(&self) -> Result<Vec<u8>, NotAnEnvelope> {
        decode(&self.payload, "payload")
    }

    /// What is signed: the pre-authentication encoding, with the payload in it.
    pub fn signed(&self) -> Result<Encoded, NotAnEnvelope> {
        let wrong = NotAnEnvelope::Base64("payload");
        let padding = self
            .payload
            .bytes()
            .rev()
            .take_while(|b| *b == b'=')
            .count();
        let length = (self.payload.len() / 4 * 3).checked_sub(padding);
        let length = length.ok_or(wrong.clone())?;
        let mut bytes = head(&self.payload_type, length);
        let at = bytes.len();
        let decoded = BASE64_STANDARD.decode_vec(&self.payload, &mut bytes);
        match decoded.is_ok() && bytes.len() - at == length {
            true => Ok(Encoded { bytes, at }),
            false => Err(wrong),
        }
    }

    /// The key that is said to have signed, and the signature.
    pub fn signature(&self) -> Result<(&str, Vec<u8>), NotAnEnvelope> {
        let [signed] = self.signatures.as_slice() else {
            return Err(NotAnEnvelope::Signatures(self.signatures.len()));
        };
        Ok((&signed.keyid, decode(&signed.sig, "signature")?))
    }
}

/// Base64 with its padding; the bits behind the last byte are zero.
fn decode(text: &str, what: &'static str) -> Result<Vec<u8>, NotAnEnvelope> {
    BASE64_STANDARD
        .decode(text)
        .map_err(|_| NotAnEnvelope::Base64(what))
}

/// A pre-authentication encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    bytes: Vec<u8>,
    /// Where the payload begins.
    at: usize,
}

impl Encoded {
    /// All of it: what is signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The payload. Nobody should read it before its signature was checked.
    pub fn payload(&self) -> &[u8] {
        &self.bytes[self.at..]
    }
}

/// The pre-authentication encoding: `DSSEv1`, then type and body, each after its
/// length in bytes.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(payload_type, payload.len());
    bytes.extend_from_slice(payload);
    bytes
}

/// What comes before a body of that length, with room for it.
fn head(payload_type: &str, length: usize) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {length} ", payload_type.len());
    let mut bytes = Vec::with_capacity(head.len() + length);
    bytes.extend_from_slice(head.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The sample of the DSSE protocol.
    #[test]
    fn the_encoding_is_that_of_the_protocol() {
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
        assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    }

    #[test]
    fn one_signature_and_no_field_that_is_not_known() {
        let envelope = Envelope::new("t", b"payload", "SHA256:x", b"signature");
        let text = serde_json::to_string(&envelope).unwrap();
        assert_eq!(serde_json::from_str::<Envelope>(&text).unwrap(), envelope);
        assert_eq!(envelope.payload().unwrap(), b"payload");
        assert_eq!(
            envelope.signature().unwrap(),
            ("SHA256:x", b"signature".to_vec())
        );
        for more in [
            text.replace("{\"payload\"", "{\"more\":1,\"payload\""),
            text.replace("\"keyid\"", "\"cert\":\"\",\"keyid\""),
            text.replace("\"keyid\"", "\"sig\":\"\",\"keyid\""),
        ] {
            assert!(serde_json::from_str::<Envelope>(&more).is_err(), "{more}");
        }
        let mut two = envelope.clone();
        two.signatures.push(two.signatures[0].clone());
        assert_eq!(two.signature(), Err(NotAnEnvelope::Signatures(2)));
        two.signatures.clear();
        assert_eq!(two.signature(), Err(NotAnEnvelope::Signatures(0)));
    }

    #[test]
    fn base64_has_one_text() {
        let mut envelope = Envelope::new("t", b"p", "k", b"s");
        for text in ["cB==", "cA=", "cA", "cA==\n", " cA==", "cA==cA=="] {
            envelope.payload = text.into();
            let wrong = NotAnEnvelope::Base64("payload");
            assert_eq!(envelope.payload(), Err(wrong.clone()), "{text:?}");
            assert_eq!(envelope.signed(), Err(wrong), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_other_text_has_the_same_bytes(
            bytes in proptest::collection::vec(any::<u8>(), 0..40), at in 0usize..60, to in " -~",
        ) {
            let text = BASE64_STANDARD.encode(&bytes);
            prop_assert_eq!(decode(&text, "payload"), Ok(bytes.clone()));
            let at = at.min(text.len());
            let other = format!("{}{to}{}", &text[..at], text.get(at + 1..).unwrap_or(""));
            let read = decode(&other, "payload");
            prop_assert!(other == text || read != Ok(bytes));
            prop_assert!(read.is_err() || read.is_ok_and(|it| BASE64_STANDARD.encode(it) == other));
        }

        #[test]
        fn what_is_signed_is_the_encoding_of_the_payload(
            bytes in proptest::collection::vec(any::<u8>(), 0..40), text in "[A-Za-z+/=]{0,9}",
        ) {
            let envelope = Envelope::new("t", &bytes, "k", b"s");
            let signed = envelope.signed().unwrap();
            prop_assert_eq!(signed.bytes(), pae("t", &bytes));
            prop_assert_eq!(signed.payload(), bytes);
            let any = Envelope::of_text("t", &text, "k", "");
            prop_assert_eq!(any.signed().map(|it| it.payload().to_vec()), any.payload());
        }

        #[test]
        fn no_two_contents_have_one_encoding(
            (a, b) in (("[a-z0-9 ]{0,8}", "[a-z0-9 ]{0,8}"), ("[a-z0-9 ]{0,8}", "[a-z0-9 ]{0,8}")),
        ) {
            let same = pae(&a.0, a.1.as_bytes()) == pae(&b.0, b.1.as_bytes());
            prop_assert_eq!(same, a == b);
        }
    }
}
