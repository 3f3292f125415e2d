//! `countersign audit revoke`

use std::io::IsTerminal as _;

use color_eyre::Result;
use serde::Serialize;

use super::args::RevokeArgs;
use crate::cli::output::Output;
use crate::cli::{Exit, Usage};
use crate::promotion::review::Role;
use crate::workflow::audit::{self, Revocation, Shared};
use crate::workflow::sign_off::{self, Key};

/// The document of `audit revoke --json`.
#[derive(Serialize)]
struct Document<'a> {
    key: &'a str,
    compromised_from: Option<u64>,
    role: Role,
    signer: &'a str,
    entry: u64,
    /// Whether the remote has it; `null` where there is none.
    shared: Option<bool>,
}

/// Runs the command.
pub fn run(args: &RevokeArgs, out: &mut Output) -> Result<Exit> {
    let (ws, authority, log) = super::read(&args.repo, out)?;
    let keys = sign_off::keys(&ws, &authority, args.key.as_deref())?;
    let fits = |key: &&Key| {
        let asked = args.role.map(Role::from);
        key.fingerprint != args.fingerprint
            && key
                .roles
                .iter()
                .any(|role| role.may_change_keys() && asked.is_none_or(|asked| asked == *role))
    };
    let key = keys.iter().find(fits).ok_or_else(|| {
        Usage(format!(
            "none of the keys at hand may say that: it takes another than {}, of somebody who is \
             owner or release in {}. Name it with --key",
            args.fingerprint, authority.keyring_path
        ))
    })?;
    let roles = key.roles.iter().copied();
    let roles: Vec<Role> = roles.filter(|role| role.may_change_keys()).collect();
    let role = match (args.role, roles.as_slice()) {
        (Some(role), _) => role.into(),
        (None, [role]) => *role,
        _ => return Err(Usage("your key holds both roles: say which with --role".into()).into()),
    };
    let revocation = Revocation {
        fingerprint: args.fingerprint.clone(),
        compromised_from: args.compromised_from,
        note: args.note.clone(),
        role,
    };
    let appended = audit::revoke(
        &ws,
        &authority,
        &log,
        &revocation,
        key,
        std::io::stdin().is_terminal(),
    )?;
    match args.json.json {
        true => {
            let document = Document {
                key: &args.fingerprint,
                compromised_from: args.compromised_from,
                role,
                signer: &key.fingerprint,
                entry: appended.position,
                shared: appended.shared.known(),
            };
            out.json("countersign.audit-revoke", 1, &document)?;
        }
        false => out.line(format!("signed: entry {} of the log", appended.position))?,
    }
    match appended.shared {
        Shared::NotYet(why) => out.notice(format!("it is not shared yet: {why}")),
        Shared::Alone | Shared::Yes => {}
    }
    out.notice(format!(
        "the log says so now; the keyring still lists the key. Take its line out of {} by a \
         change that is merged",
        authority.keyring_path
    ));
    Ok(Exit::Holds)
}
