//! What a file that is no text is, by the bytes it begins with. Nothing is decoded.

/// What is known of a binary file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Binary {
    /// Its kind, where it says so itself.
    pub kind: Option<&'static str>,
    /// Columns and rows of an image.
    pub pixels: Option<(usize, usize)>,
}

/// Files that begin so are of that kind, whatever follows: no text begins so.
const KINDS: [(&[u8], &str); 21] = [
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF87a", "GIF image"),
    (b"GIF89a", "GIF image"),
    (b"%PDF-", "PDF document"),
    (b"PK\x03\x04", "ZIP archive"),
    (b"\x1f\x8b", "gzip archive"),
    (b"\xfd7zXZ\0", "xz archive"),
    (b"\x28\xb5\x2f\xfd", "zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (b"\x7fELF", "ELF program"),
    (b"\0asm", "WebAssembly program"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"\x93NUMPY", "NumPy array"),
    (b"\x89HDF\r\n\x1a\n", "HDF5 data"),
    (b"PAR1", "Parquet table"),
    (b"ARROW1\0\0", "Arrow table"),
    (b"\x80\x02", PICKLE),
    (b"\x80\x03", PICKLE),
    (b"\x80\x04\x95", PICKLE),
    (b"\x80\x05\x95", PICKLE),
];
const PICKLE: &str = "Python pickle (it may run code when it is loaded)";

impl Binary {
    /// What a file is; `None` for a text.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let begins = KINDS.iter().find(|(magic, _)| bytes.starts_with(magic));
        let kind = begins.map(|(_, kind)| *kind).or_else(|| riff(bytes));
        // As git decides it: a NUL byte among the first 8,000.
        let is_binary = kind.is_some() || bytes[..bytes.len().min(8000)].contains(&0);
        let image = kind.is_some_and(|kind| kind.ends_with("image"));
        let size = image.then(|| imagesize::blob_size(bytes).ok()).flatten();
        is_binary.then_some(Self {
            kind,
            pixels: size.map(|it| (it.width, it.height)),
        })
    }
}

/// Kinds that share a container.
fn riff(bytes: &[u8]) -> Option<&'static str> {
    match (bytes.get(..4)?, bytes.get(8..12)?) {
        (b"RIFF", b"WEBP") => Some("WebP image"),
        (b"RIFF", b"WAVE") => Some("WAVE sound"),
        _ => None,
    }
}

impl std::fmt::Display for Binary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind.unwrap_or("binary"))?;
        match self.pixels {
            Some((columns, rows)) => write!(f, ", {columns} x {rows} pixels"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(bytes: &[u8]) -> Option<String> {
        Binary::of(bytes).map(|it| it.to_string())
    }

    #[test]
    fn images_say_how_large_they_are() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x78\0\0\0\x50\x08\x06\0\0\0";
        assert_eq!(words(png).unwrap(), "PNG image, 120 x 80 pixels");
        let gif = b"GIF89a\x20\x03\x58\x02\xf7\0\0";
        assert_eq!(words(gif).unwrap(), "GIF image, 800 x 600 pixels");
        let jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\
            \xff\xc0\0\x11\x08\0\x50\0\x78\x03\x01\x22\0\x02\x11\x01\x03\x11\x01";
        assert_eq!(words(jpeg).unwrap(), "JPEG image, 120 x 80 pixels");
        // One that was cut says what it is, and no more.
        assert_eq!(words(&png[..12]).unwrap(), "PNG image");
    }

    #[test]
    fn what_says_nothing_is_binary_and_text_is_none() {
        assert_eq!(words(b"a\0b").unwrap(), "binary");
        assert_eq!(words(b"PK\x03\x04...").unwrap(), "ZIP archive");
        assert!(
            words(b"\x80\x04\x95.")
                .unwrap()
                .starts_with("Python pickle")
        );
        for text in ["", "import os\n", "GIF", "PK", "BM = 1\n", "%PDX"] {
            assert_eq!(words(text.as_bytes()), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn damaged_headers_do_not_panic(
            kind in 0..KINDS.len(), rest in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let bytes = [KINDS[kind].0, &rest].concat();
            prop_assert!(Binary::of(&bytes).unwrap().kind.is_some());
            Binary::of(&rest);
        }
    }
}
