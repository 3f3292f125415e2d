//! Checkpoints as others write them: Go's checksum database signs its tree with
//! `golang.org/x/mod/sumdb/note`; and the example of the C2SP specification.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::audit::checkpoint::{Checkpoint, NotACheckpoint, Signer};
use countersign::audit::merkle::Head;

use crate::run;

/// The key of sum.golang.org, as the `go` command has it built in.
const GO_KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
const GO_ORIGIN: &str = "go.sum database tree";
/// What that server said at some time; the second with a witness's signature on it.
const GO_NOTES: [&str; 2] = [
    "go.sum database tree\n\
     6476701\n\
     mb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\
     \n\
     — sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n",
    "go.sum database tree\n\
     15067302\n\
     gJyioq6dwR9n+NjEWORfYmH+ubeYm3kH42BBQ0bTpYI=\n\
     \n\
     — sum.golang.org Az3grp1rvWOs5NKlr/xR4GLN/CDyzzakmt1o61uSxYKpK1SerqOP2ClbX/peKUZjYnyomH5Xz7GZG3TpB7OeKn4E2ww=\n\
     — test.example.com qTGhC/xIPQ0AXKHK6Y+9ypRfuvMZWPjRXM8NiOg5M1WREn07VQXyuIXM3NRNav3ieVFLUqDRK77PWDmL6w8w84UqeAw=\n",
];

/// The example of c2sp.org/signed-note: its key, its text, its line.
const C2SP_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const C2SP_TEXT: &str = "This is an example message.\n";
const C2SP_LINE: &str = "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=";

/// Reads a verifier key, `name+id+base64(0x01 || key)`.
fn signer(vkey: &str) -> (Signer, String) {
    let mut fields = vkey.splitn(3, '+');
    let mut next = || fields.next().unwrap().to_owned();
    let (name, id, key) = (next(), next(), next());
    let bytes = BASE64_STANDARD.decode(&key).unwrap();
    assert_eq!(bytes[0], 1, "Ed25519");
    let key = bytes[1..].try_into().unwrap();
    (Signer { name, key }, id)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The id and the signature of a note's line.
fn parts(line: &str) -> (String, [u8; 64]) {
    let bytes = BASE64_STANDARD
        .decode(line.rsplit_once(' ').unwrap().1)
        .unwrap();
    (hex(&bytes[..4]), bytes[4..].try_into().unwrap())
}

/// An Ed25519 public key for openssl: that of RFC 8410, in which only the key differs.
fn pem(dir: &Path, key: &[u8; 32]) -> std::path::PathBuf {
    let start = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
    let der = [start.as_slice(), key].concat();
    let text = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        BASE64_STANDARD.encode(&der)
    );
    let file = dir.join("key.pem");
    std::fs::write(&file, text).unwrap();
    file
}

/// Whether openssl takes an Ed25519 signature.
fn openssl(key: &[u8; 32], text: &[u8], signature: &[u8; 64]) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let [message, sig] = ["message", "sig"].map(|name| dir.path().join(name));
    std::fs::write(&message, text).unwrap();
    std::fs::write(&sig, signature).unwrap();
    let mut command = Command::new("openssl");
    command.args(["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey"]);
    command.arg(pem(dir.path(), key)).arg("-in").arg(&message);
    command.arg("-sigfile").arg(&sig);
    run(&mut command, b"").0
}

fn read(note: &str, origin: &str, signer: &Signer) -> Result<Checkpoint, NotACheckpoint> {
    Checkpoint::read(note, origin, signer, |text, signature| {
        openssl(&signer.key, text, signature)
    })
}

#[test]
fn checkpoints_of_go_s_checksum_database_are_read() {
    let (go, _) = signer(GO_KEY);
    for (note, size) in GO_NOTES.into_iter().zip([6_476_701, 15_067_302]) {
        let found = read(note, GO_ORIGIN, &go).unwrap();
        assert_eq!((found.origin.as_str(), found.head.size), (GO_ORIGIN, size));
        // Not that of another log, and nothing of it can be another.
        let elsewhere = read(note, "another log", &go);
        assert!(matches!(elsewhere, Err(NotACheckpoint::Origin { .. })));
        let more = note.replacen(&size.to_string(), &(size + 1).to_string(), 1);
        let told = read(&more, GO_ORIGIN, &go);
        assert!(matches!(told, Err(NotACheckpoint::Wrong(_))), "{told:?}");
    }
}

#[test]
fn a_checkpoint_written_here_is_go_s_byte_for_byte() {
    let (go, _) = signer(GO_KEY);
    let note = GO_NOTES[0];
    let found = read(note, GO_ORIGIN, &go).unwrap();
    let text = note.split_once("\n\n").unwrap().0;
    assert_eq!(found.text(), format!("{text}\n"));
    let (_, signature) = parts(note.trim_end());
    let again = found.note(&go, |_| Ok::<_, ()>(signature)).unwrap();
    assert_eq!(again, note);
}

#[test]
fn keys_have_the_ids_that_their_owners_say() {
    for vkey in [GO_KEY, C2SP_KEY] {
        let (signer, id) = signer(vkey);
        let any = Checkpoint {
            origin: "x".into(),
            head: Head {
                size: 0,
                root: [0; 32],
            },
        };
        let note = any.note(&signer, |_| Ok::<_, ()>([0; 64])).unwrap();
        assert_eq!(parts(note.trim_end()).0, id, "{vkey}");
    }
}

/// Its text is no checkpoint, so what can be held against it is the line.
#[test]
fn the_example_of_the_specification_comes_out() {
    let (foo, id) = signer(C2SP_KEY);
    let (of_line, signature) = parts(C2SP_LINE);
    assert_eq!(of_line, id);
    assert!(openssl(&foo.key, C2SP_TEXT.as_bytes(), &signature));
    assert!(!openssl(
        &foo.key,
        b"This is another message.\n",
        &signature
    ));
    let any = Checkpoint {
        origin: "x".into(),
        head: Head {
            size: 0,
            root: [0; 32],
        },
    };
    let note = any.note(&foo, |_| Ok::<_, ()>(signature)).unwrap();
    assert_eq!(note.split_once("\n\n").unwrap().1, format!("{C2SP_LINE}\n"));
    let told = read(
        &format!("{C2SP_TEXT}\n{C2SP_LINE}\n"),
        "This is an example message.",
        &foo,
    );
    assert!(matches!(told, Err(NotACheckpoint::Shape(_))), "{told:?}");
}
