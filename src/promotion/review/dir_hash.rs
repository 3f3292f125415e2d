//! `dirHash`: one digest of a module's files that anybody can make again with
//! stock tools, without git:
//!
//! ```sh
//! cd candidate/retry && find . -type f -printf '%P\0' | xargs -0 sha256sum |
//!   LC_ALL=C sort | sha256sum
//! ```
//!
//! Links and modes are not in it; the git object that stands beside it has them.

use super::super::Sha256;

/// The digest of the sorted lines `sha256sum` prints of these files, by their paths
/// from the module's directory. The path of a module that is one file is its name.
pub fn dir_hash<'a>(files: impl IntoIterator<Item = (Sha256, &'a [u8])>) -> Sha256 {
    let mut lines: Vec<_> = files
        .into_iter()
        .map(|(sum, path)| line(sum, path))
        .collect();
    lines.sort();
    Sha256::of(&lines.concat())
}

/// As GNU coreutils 9 writes it: a name that would break the line is escaped, and a
/// backslash before the digest says so.
fn line(sum: Sha256, path: &[u8]) -> Vec<u8> {
    let escape = |byte: u8| match byte {
        b'\\' => Some(br"\\"),
        b'\n' => Some(br"\n"),
        b'\r' => Some(br"\r"),
        _ => None,
    };
    let escaped = path.iter().any(|byte| escape(*byte).is_some());
    let mut line = Vec::with_capacity(path.len() + 68);
    line.extend(escaped.then_some(b'\\'));
    line.extend(sum.to_string().bytes());
    line.extend(b"  ");
    for byte in path {
        match escape(*byte) {
            Some(two) => line.extend(two),
            None => line.push(*byte),
        }
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_command_in_its_documentation_prints() {
        let module = tempfile::tempdir().unwrap();
        let names = ["__init__.py", ".hidden", "sub/a.py", "odd\nname\r\\.txt"];
        std::fs::create_dir(module.path().join("sub")).unwrap();
        for name in names {
            std::fs::write(module.path().join(name), name).unwrap();
        }
        let command = "find . -type f -printf '%P\\0' | xargs -0 sha256sum | \
                       LC_ALL=C sort | sha256sum";
        let printed = std::process::Command::new("sh")
            .args(["-c", command])
            .current_dir(module.path())
            .output()
            .unwrap();
        let ours = dir_hash(names.map(|name| (Sha256::of(name.as_bytes()), name.as_bytes())));
        let printed = String::from_utf8(printed.stdout).unwrap();
        assert_eq!(printed, format!("{ours}  -\n"));
    }

    #[test]
    fn the_order_of_files_is_nothing_and_their_names_are() {
        let (a, b) = (Sha256::of(b"a"), Sha256::of(b"b"));
        let one = dir_hash([(a, &b"x"[..]), (b, b"y")]);
        assert_eq!(one, dir_hash([(b, &b"y"[..]), (a, b"x")]));
        assert_ne!(one, dir_hash([(a, &b"y"[..]), (b, b"x")]));
        assert_eq!(dir_hash([]), Sha256::of(b""));
    }
}
