//! The server that is asked, and the secret that it is told.

use std::path::PathBuf;
use std::time::Duration;

use crate::canary::{Credentials, Limits, Prometheus, SourceError};
use crate::config::canary::{Auth, Canary};
use crate::workflow::dirs;

/// The pause after a first try that failed.
const PAUSE: Duration = Duration::from_millis(500);

/// Why no server can be asked.
#[derive(Debug, thiserror::Error)]
pub enum NoSource {
    /// None is named.
    #[error(
        "the base branch's countersign.toml names no server. Write, for example: \
         [canary] prometheus = \"http://127.0.0.1:9090\""
    )]
    None,
    /// Its address is none.
    #[error(transparent)]
    Address(#[from] SourceError),
    /// The secret is not here.
    #[error(
        "the server wants a secret that is not here: set the variable {variable}, or write it \
         into {}", file.display()
    )]
    NoSecret {
        /// The variable.
        variable: String,
        /// The file.
        file: PathBuf,
    },
    /// It is none.
    #[error("what {0} holds can be no token or password, or the name is none")]
    BadSecret(String),
    /// Others can read it.
    #[error("{} can be read by others. To do: chmod 600 {}", .0.display(), .0.display())]
    Open(PathBuf),
}

/// The server, told who asks. Nothing is asked yet.
pub fn server(said: &Canary) -> Result<Prometheus, NoSource> {
    let variable = |name: &str| std::env::var(name).ok();
    let settings = dirs::config_dir().unwrap_or_default();
    server_in(said, &variable, &settings)
}

/// The same in another environment, with a person's settings there.
pub fn server_in(
    said: &Canary,
    variable: &dyn Fn(&str) -> Option<String>,
    settings: &std::path::Path,
) -> Result<Prometheus, NoSource> {
    let url = said.prometheus.as_deref().ok_or(NoSource::None)?;
    let limits = Limits {
        deadline: Duration::from_secs(said.deadline),
        tries: said.tries,
        pause: PAUSE,
        ..Limits::default()
    };
    let server = Prometheus::new(url, limits)?;
    if said.auth == Auth::None {
        return Ok(server);
    }
    let file = settings.join(&said.secret_file);
    let (secret, from) = match variable(&said.secret_variable).filter(|it| !it.trim().is_empty()) {
        Some(secret) => (secret, said.secret_variable.clone()),
        None => {
            let missing = |_| NoSource::NoSecret {
                variable: said.secret_variable.clone(),
                file: file.clone(),
            };
            let secret = std::fs::read_to_string(&file).map_err(missing)?;
            if is_open(&file) {
                return Err(NoSource::Open(file));
            }
            (secret, file.display().to_string())
        }
    };
    let credentials = match said.auth {
        Auth::Basic => Credentials::basic(said.user.as_deref().unwrap_or_default(), &secret),
        _ => Credentials::bearer(&secret),
    };
    let credentials = credentials.ok_or(NoSource::BadSecret(from))?;
    Ok(server.as_somebody(credentials))
}

/// True where others than its owner can read a file.
fn is_open(file: &std::path::Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(file).is_ok_and(|it| it.mode() & 0o044 != 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn said(auth: Auth) -> Canary {
        Canary {
            prometheus: Some("http://127.0.0.1:1".into()),
            auth,
            user: Some("me".into()),
            ..Canary::default()
        }
    }

    #[test]
    fn a_secret_comes_from_its_variable_else_from_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let none = |_: &str| None;
        let of = |auth, variable: &dyn Fn(&str) -> Option<String>| {
            server_in(&said(auth), variable, dir.path())
        };
        assert!(of(Auth::None, &none).is_ok());
        let missing = of(Auth::Bearer, &none).unwrap_err().to_string();
        assert!(
            missing.contains("COUNTERSIGN_PROMETHEUS_SECRET"),
            "{missing}"
        );
        assert!(of(Auth::Bearer, &|_| Some("x".into())).is_ok());
        let file = dir.path().join("prometheus.secret");
        std::fs::write(&file, "s3cret\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let open = of(Auth::Basic, &none).unwrap_err().to_string();
        assert!(
            open.contains("chmod 600") && !open.contains("s3cret"),
            "{open}"
        );
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let server = of(Auth::Basic, &none).unwrap();
        assert!(!format!("{server:?}").contains("s3cret"));
        let bad = of(Auth::Bearer, &|_| Some("a\u{7}b".into())).unwrap_err();
        assert!(!bad.to_string().contains("a\u{7}b"));
    }

    #[test]
    fn without_a_server_nothing_is_asked() {
        let none = server_in(&Canary::default(), &|_| None, std::path::Path::new("."));
        assert!(matches!(none, Err(NoSource::None)));
    }
}
