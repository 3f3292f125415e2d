//! Which forge a repository is at.

use serde::Serialize;

use crate::config::forge::ForgeKind;
use crate::forge::{Api, Client, ForgeError, GitHub, Pace, Place, Token, token};
use crate::promotion::{RepoPath, branch_name};
use crate::repo::RepoError;
use crate::workflow::Workspace;
use crate::workflow::promote::{self, Branch};

use super::PullRequestError;

/// The remote, where nothing else is said.
const REMOTE: &str = "origin";

/// A forge that was found. Nothing was asked of it yet.
#[derive(Clone, Debug)]
pub struct Known {
    /// The repository there.
    pub place: Place,
    /// Where its API answers.
    pub api: Api,
    /// The remote.
    pub remote: String,
}

impl Known {
    pub(super) fn github(&self, token: Option<Token>, pace: Pace) -> Result<GitHub, ForgeError> {
        let client = Client::new(self.api.clone(), token, pace)?;
        Ok(GitHub::new(client, self.place.clone()))
    }
}

/// Finds it by the configuration and the remote's address, as git understands it
/// (`insteadOf` and all). Uses no network and no token.
pub fn known(ws: &Workspace) -> Result<Known, PullRequestError> {
    let said = &ws.config().forge;
    let none = |why: String| Err(PullRequestError::NoForge(why));
    if said.kind == ForgeKind::None {
        return none("countersign.toml says forge.kind = \"none\"".into());
    }
    let remote = said.remote.as_deref().unwrap_or(REMOTE);
    let git = ws.repo().open_git()?;
    let url = git.find_remote(remote).ok();
    let url = url.and_then(|it| it.url().ok().map(str::to_owned));
    let Some(url) = url else {
        return none(format!("git knows no remote {remote}"));
    };
    let Some(place) = Place::of_url(&url) else {
        return none(format!(
            "the remote {remote} is no address of a forge, as https://github.com/OWNER/NAME is"
        ));
    };
    let api = Api::of(&place, said.api.as_deref())?;
    let sure = api.is_public() || place.host.ends_with(".ghe.com") || said.api.is_some();
    if said.kind == ForgeKind::Auto && !sure {
        return none(format!(
            "it is not known what {} is. Where it is GitHub Enterprise, say so: forge.kind = \
             \"github\" in countersign.toml",
            place.host
        ));
    }
    Ok(Known {
        place,
        api,
        remote: remote.to_owned(),
    })
}

/// True where there is none: what is promoted is merged by hand.
pub fn is_without(ws: &Workspace) -> bool {
    matches!(known(ws), Err(PullRequestError::NoForge(_)))
}

/// The branches here that a module is promoted on, the newest first.
pub fn branches(ws: &Workspace, module: &RepoPath) -> Result<Vec<String>, RepoError> {
    let config = ws.config();
    let short = config.below_lane(module);
    let own = |it: &Branch| branch_name::is_of(&config.promote.branch, &short, &it.name);
    let all = promote::branches(ws)?.into_iter();
    let own = all.filter(|it| it.is_here() && own(it));
    Ok(own.map(|it| it.name).collect())
}

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// Where it was found: never the token.
    pub token_from: &'static str,
    /// Whose it is.
    pub login: String,
    /// The repository, as GitHub calls it now.
    pub repository: String,
    /// Whether it may push and post statuses.
    pub may_write: bool,
}

/// Asks the forge what the token at hand may. Uses the network.
pub fn reach(known: &Known) -> Result<Reached, ForgeError> {
    token::no_core_dumps();
    let found = token::find(&known.api)?;
    let pace = Pace {
        deadline: std::time::Duration::from_secs(5),
        patience: std::time::Duration::ZERO,
        ..Pace::default()
    };
    let github = known.github(Some(found.token), pace)?;
    let (me, there) = (github.me()?, github.reach()?);
    Ok(Reached {
        token_from: found.from,
        login: me.login,
        repository: there.full_name,
        may_write: !there.archived && there.permissions.is_some_and(|it| it.push),
    })
}
