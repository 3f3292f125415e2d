//! Which repository of which forge a remote of git is, and where its API answers.

use std::net::IpAddr;

use reqwest::Url;

use super::ForgeError;

/// GitHub's own host.
const GITHUB: &str = "github.com";
/// The hosts of companies at GitHub.
const TENANTS: &str = ".ghe.com";

/// A repository at a forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The host, in small letters, with a port where the address names one of HTTP.
    pub host: String,
    /// Whose it is.
    pub owner: String,
    /// What it is called.
    pub name: String,
}

impl Place {
    /// Of a remote's address: https, ssh, or the short form of scp. `None`: it is no
    /// repository of a forge, but a path say.
    pub fn of_url(url: &str) -> Option<Self> {
        let (host, path) = match url.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, path) = rest.split_once('/')?;
                let host = authority.rsplit('@').next()?;
                let host = match scheme.to_ascii_lowercase().as_str() {
                    "https" | "http" => host,
                    // The port is that of ssh, and says nothing of where the API is.
                    "ssh" | "git" | "git+ssh" | "ssh+git" => without_port(host),
                    _ => return None,
                };
                (host, path)
            }
            // `C:\x` and `./a:b` are paths; scp's form has no slash before its colon.
            None => {
                let (authority, path) = url.split_once(':')?;
                if authority.len() < 2 || authority.contains(['/', '\\']) {
                    return None;
                }
                (authority.rsplit('@').next()?, path)
            }
        };
        let host = match host.to_ascii_lowercase().as_str() {
            "www.github.com" | "ssh.github.com" => GITHUB.to_owned(),
            host => host.to_owned(),
        };
        let path = path.trim_matches('/');
        let (owner, name) = path.split_once('/')?;
        let name = name.strip_suffix(".git").unwrap_or(name);
        (is_host(&host) && is_name(owner) && is_name(name)).then(|| Self {
            host,
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.owner, self.name)
    }
}

fn without_port(host: &str) -> &str {
    host.split_once(':').map_or(host, |(host, _)| host)
}

fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "443"));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    !name.is_empty()
        && !name.starts_with(['-', '.'])
        && name.chars().all(plain)
        && port.parse::<u16>().is_ok()
}

/// What GitHub lets owners and repositories be called.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !name.is_empty() && name.len() <= 100 && name.chars().all(plain) && name != "." && name != ".."
}

/// Where an API answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    rest: Url,
    graphql: Url,
    /// The host whose token it takes, as `gh` names it.
    host: String,
}

impl Api {
    /// That of a forge's host, or the one that a configuration names.
    pub fn of(place: &Place, configured: Option<&str>) -> Result<Self, ForgeError> {
        let base = match configured {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None if place.host == GITHUB => "https://api.github.com".to_owned(),
            None if place.host.ends_with(TENANTS) => format!("https://api.{}", place.host),
            None => format!("https://{}/api/v3", place.host),
        };
        let bad = || ForgeError::BadApi(base.clone());
        let rest = Url::parse(&base).map_err(|_| bad())?;
        let plain = rest.username().is_empty()
            && rest.password().is_none()
            && rest.query().is_none()
            && rest.fragment().is_none();
        let sealed = rest.scheme() == "https" || rest.scheme() == "http" && is_loopback(&rest);
        if !plain || !sealed || rest.cannot_be_a_base() {
            return Err(bad());
        }
        let graphql = match base.strip_suffix("/v3") {
            Some(enterprise) => format!("{enterprise}/graphql"),
            None => format!("{base}/graphql"),
        };
        let graphql = Url::parse(&graphql).map_err(|_| bad())?;
        let named = rest.host_str().unwrap_or_default();
        let own = match named.strip_prefix("api.") {
            Some(own) if own == GITHUB || own.ends_with(TENANTS) => own,
            _ => named,
        };
        let host = match rest.port() {
            Some(port) => format!("{own}:{port}"),
            None => own.to_owned(),
        };
        Ok(Self {
            rest,
            graphql,
            host,
        })
    }

    /// The host whose token it takes.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// True for GitHub itself, false for an Enterprise of somebody's.
    pub fn is_public(&self) -> bool {
        self.host == GITHUB
    }

    /// An address; each part is escaped.
    pub fn at(&self, parts: &[&str]) -> Url {
        let mut url = self.rest.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url
    }

    /// Where GraphQL is asked.
    pub fn graphql(&self) -> &Url {
        &self.graphql
    }

    /// Whether an address is of this API, so that the token may go there.
    pub fn owns(&self, url: &Url) -> bool {
        url.scheme() == self.rest.scheme()
            && url.host_str() == self.rest.host_str()
            && url.port_or_known_default() == self.rest.port_or_known_default()
    }

    /// True where it answers on this machine: no proxy has to do with that.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.rest)
    }
}

/// Only what never leaves the machine may go unsealed.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> Option<String> {
        Place::of_url(url).map(|it| it.to_string())
    }

    #[test]
    fn every_form_of_an_address_is_read() {
        for url in [
            "https://github.com/acme/lantern.git",
            "https://github.com/acme/lantern",
            "https://github.com/acme/lantern/",
            "https://me:ghp_x@github.com/acme/lantern.git",
            "https://GitHub.com/acme/lantern",
            "http://www.github.com/acme/lantern",
            "ssh://git@github.com/acme/lantern.git",
            "ssh://git@ssh.github.com:443/acme/lantern.git",
            "git://github.com/acme/lantern.git",
            "git@github.com:acme/lantern.git",
            "git@github.com:/acme/lantern.git",
            "github.com:acme/lantern",
        ] {
            assert_eq!(
                place(url).as_deref(),
                Some("github.com/acme/lantern"),
                "{url}"
            );
        }
        for (url, said) in [
            (
                "https://git.acme.example:8443/a/b",
                "git.acme.example:8443/a/b",
            ),
            (
                "ssh://git@git.acme.example:2222/a/b.git",
                "git.acme.example/a/b",
            ),
            ("https://github.com/a/.github", "github.com/a/.github"),
        ] {
            assert_eq!(place(url).as_deref(), Some(said), "{url}");
        }
    }

    #[test]
    fn what_is_no_forge_is_none() {
        for url in [
            "/srv/git/a/b.git",
            "../a/b",
            "./a:b/c",
            "C:\\a\\b",
            "file:///srv/a/b",
            "https://github.com/acme",
            "https://github.com/a/b/c",
            "https://github.com/../b",
            "https://github.com/a/b?x=1",
            "https://exa mple.org/a/b",
            "ext::sh -c x",
            "https:///a/b",
            "",
        ] {
            assert_eq!(place(url), None, "{url}");
        }
    }

    fn api(url: &str, configured: Option<&str>) -> Result<Api, ForgeError> {
        Api::of(&Place::of_url(url).unwrap(), configured)
    }

    #[test]
    fn each_forge_has_its_own_api() {
        for (url, configured, rest, graphql, host) in [
            (
                "https://github.com/a/b",
                None,
                "https://api.github.com/user",
                "https://api.github.com/graphql",
                "github.com",
            ),
            (
                "https://acme.ghe.com/a/b",
                None,
                "https://api.acme.ghe.com/user",
                "https://api.acme.ghe.com/graphql",
                "acme.ghe.com",
            ),
            (
                "https://git.acme.example/a/b",
                None,
                "https://git.acme.example/api/v3/user",
                "https://git.acme.example/api/graphql",
                "git.acme.example",
            ),
            (
                "/x:a/b",
                Some("http://127.0.0.1:7/api/v3/"),
                "http://127.0.0.1:7/api/v3/user",
                "http://127.0.0.1:7/api/graphql",
                "127.0.0.1:7",
            ),
        ] {
            let place = Place::of_url(url).unwrap_or(Place {
                host: "x".into(),
                owner: "a".into(),
                name: "b".into(),
            });
            let api = Api::of(&place, configured).unwrap();
            assert_eq!(api.at(&["user"]).as_str(), rest);
            assert_eq!(api.graphql().as_str(), graphql);
            assert_eq!(api.host(), host);
        }
    }

    #[test]
    fn no_token_goes_where_it_could_be_read_on_the_way() {
        for configured in [
            "http://git.acme.example/api/v3",
            "https://me:secret@git.acme.example",
            "https://git.acme.example/?x=1",
            "file:///etc",
            "git.acme.example",
            "http://127.0.0.1.acme.example/",
        ] {
            assert!(
                api("https://github.com/a/b", Some(configured)).is_err(),
                "{configured}"
            );
        }
        let own = api("https://github.com/a/b", None).unwrap();
        for (url, is_own) in [
            ("https://api.github.com/x", true),
            ("https://api.github.com:443/x", true),
            ("http://api.github.com/x", false),
            ("https://api.github.com:8443/x", false),
            ("https://api.github.com.evil.example/x", false),
            ("https://uploads.github.com/x", false),
        ] {
            assert_eq!(own.owns(&Url::parse(url).unwrap()), is_own, "{url}");
        }
        let path = own.at(&["repos", "a/../b", "?x"]);
        assert_eq!(
            path.as_str(),
            "https://api.github.com/repos/a%2F..%2Fb/%3Fx"
        );
    }
}
