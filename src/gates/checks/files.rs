//! Every file of a module, not only Python, as text.

use std::path::Path;

use crate::gates::subject::Subject;
use crate::promotion::RepoPath;

/// What a module consists of.
#[derive(Debug, Default)]
pub struct Files {
    /// Its regular files, sorted.
    pub files: Vec<RepoPath>,
    /// Links, and what else is no file.
    pub others: Vec<RepoPath>,
}

/// Everything below a module. At the merge-base some of it may have been elsewhere.
pub fn of_module(subject: &Subject) -> std::io::Result<Files> {
    let mut all = Files::default();
    if subject.is_file {
        all.files.push(subject.module.clone());
    } else {
        walk(&subject.tree, &subject.module, &mut all)?;
    }
    let elsewhere = |file: &&RepoPath| !file.is_within(&subject.module);
    all.files
        .extend(subject.files.iter().filter(elsewhere).cloned());
    all.files.sort();
    all.files.dedup();
    all.others.sort();
    Ok(all)
}

fn walk(tree: &Path, directory: &RepoPath, all: &mut Files) -> std::io::Result<()> {
    use std::os::unix::ffi::OsStrExt as _;
    let entries = match std::fs::read_dir(tree.join(directory.to_fs())) {
        // At the merge-base it may not have been there under this name.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let path = directory.join(entry.file_name().as_bytes());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(tree, &path, all)?;
        } else if kind.is_file() {
            all.files.push(path);
        } else {
            all.others.push(path);
        }
    }
    Ok(())
}

/// The text of a file with the line ends of git; `None` where it is none.
pub fn text(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| read([pair[0], pair[1]]))
            .collect();
        String::from_utf16_lossy(&units)
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ if bytes.contains(&0) => return None,
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    // Python takes a lone carriage return for the end of a line.
    Some(text.replace("\r\n", "\n").replace('\r', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text_in_any_encoding_and_binary_is_none() {
        assert_eq!(text(b"a\r\nb\rc\n").unwrap(), "a\nb c\n");
        assert_eq!(text(b"caf\xe9 = 1").unwrap(), "caf\u{fffd} = 1");
        assert_eq!(text(b"\xff\xfea\0b\0").unwrap(), "ab");
        assert_eq!(text(b"\xfe\xff\0a\0b").unwrap(), "ab");
        assert_eq!(text(b"\x7fELF\0\0"), None);
    }
}
