//! Names of distributions, and which of them provides what is imported.

/// Modules of Python's own library, of 3.10 and newer.
const STANDARD: &str = include_str!("../../../../assets/python/stdlib.txt");

/// Where the name that is imported is not the distribution's.
const OTHERWISE: &[(&str, &[&str])] = &[
    ("attr", &["attrs"]),
    ("bs4", &["beautifulsoup4"]),
    ("Crypto", &["pycryptodome", "pycrypto"]),
    ("Cryptodome", &["pycryptodomex"]),
    (
        "cv2",
        &[
            "opencv-python",
            "opencv-python-headless",
            "opencv-contrib-python",
        ],
    ),
    ("dateutil", &["python-dateutil"]),
    ("dns", &["dnspython"]),
    ("docx", &["python-docx"]),
    ("dotenv", &["python-dotenv"]),
    ("faiss", &["faiss-cpu", "faiss-gpu"]),
    ("fitz", &["pymupdf"]),
    ("git", &["gitpython"]),
    ("github", &["pygithub"]),
    ("jose", &["python-jose"]),
    ("jwt", &["pyjwt"]),
    ("ldap", &["python-ldap"]),
    ("magic", &["python-magic"]),
    ("multipart", &["python-multipart"]),
    ("mpl_toolkits", &["matplotlib"]),
    ("MySQLdb", &["mysqlclient"]),
    ("nacl", &["pynacl"]),
    ("OpenSSL", &["pyopenssl"]),
    ("PIL", &["pillow"]),
    ("pkg_resources", &["setuptools"]),
    ("prometheus_client", &["prometheus-client"]),
    ("psycopg2", &["psycopg2", "psycopg2-binary"]),
    ("pylab", &["matplotlib"]),
    ("pythoncom", &["pywin32"]),
    ("serial", &["pyserial"]),
    ("skimage", &["scikit-image"]),
    ("sklearn", &["scikit-learn"]),
    ("slugify", &["python-slugify"]),
    ("socketio", &["python-socketio"]),
    ("telegram", &["python-telegram-bot"]),
    ("usb", &["pyusb"]),
    ("win32api", &["pywin32"]),
    ("yaml", &["pyyaml"]),
    ("zmq", &["pyzmq"]),
];

/// Packages that many distributions share.
const SHARED: [&str; 9] = [
    "azure",
    "backports",
    "google",
    "jaraco",
    "opentelemetry",
    "qiskit",
    "ruamel",
    "sphinxcontrib",
    "zope",
];

/// A distribution's canonical name: lower case, runs of `-`, `_`, `.` as one `-`.
pub fn canonical(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.trim().chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// True for what comes with Python.
pub fn is_standard(name: &str) -> bool {
    STANDARD.lines().any(|known| known == name)
}

/// True where that distribution may hold the module that is imported as `name`.
pub fn provides(distribution: &str, name: &str) -> bool {
    let same = canonical(name);
    if distribution == same
        || distribution.strip_prefix("types-") == Some(&same)
        || distribution.strip_suffix("-stubs") == Some(&same)
    {
        return true;
    }
    if SHARED.contains(&name) && distribution.starts_with(&format!("{same}-")) {
        return true;
    }
    OTHERWISE
        .iter()
        .any(|(known, by)| *known == name && by.contains(&distribution))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_tell_distributions_apart() {
        assert_eq!(canonical("Demo__.-Pkg"), "demo-pkg");
        assert!(is_standard("json") && is_standard("tomllib") && is_standard("_thread"));
        assert!(!is_standard("requests"));
    }

    #[test]
    fn imports_are_matched_with_what_provides_them() {
        for (distribution, name) in [
            ("requests", "requests"),
            ("pyyaml", "yaml"),
            ("google-cloud-storage", "google"),
            ("typing-extensions", "typing_extensions"),
            ("opencv-python-headless", "cv2"),
        ] {
            assert!(provides(distribution, name), "{name}");
        }
        assert!(!provides("requests-mock", "requests"));
        assert!(!provides("yaml-tools", "yaml"));
    }
}
