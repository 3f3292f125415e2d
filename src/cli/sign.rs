//! `countersign sign`
//!
//! The review on the command line: what is shown, question by question, then the
//! signature by `ssh-keygen`. With `--answers FILE` nothing is asked.

mod walk;

use std::io::IsTerminal;

use color_eyre::Result;
use serde::Serialize;

use crate::promotion::review::{Role, Verb};
use crate::promotion::{RepoPath, Sha256};
use crate::workflow::audit::{self, Shared};
use crate::workflow::promote::elsewhere;
use crate::workflow::sign_off::{
    self, Answers, Ask, Desk, Key, Sheet, SignOffError, Signed, read_answers, write_answers,
};
use crate::workflow::{Workspace, triage};

use super::args::SignArgs;
use super::exit::answered;
use super::output::Output;
use super::{Exit, Usage, workspace};

/// Runs the command.
pub fn run(args: SignArgs, out: &mut Output) -> Result<Exit> {
    let ws = workspace(&args.at, out)?;
    ws.require_commit()?;
    let done = decide(&ws, &args, out);
    answered(done, SignOffError::is_refusal, SignOffError::is_usage, out)
}

fn decide(ws: &Workspace, args: &SignArgs, out: &mut Output) -> Result<Exit> {
    let desk = Desk::open(ws)?;
    if args.resend {
        return resend(ws, &desk, out);
    }
    let Some(module) = &args.module else {
        return Err(Usage("which module? countersign sign MODULE --role ROLE".into()).into());
    };
    let tree = ws.modules()?;
    let id = triage::find(ws, &tree, module)?;
    let Some(module) = tree.get(id) else {
        return Ok(Exit::Undetermined);
    };
    let keys = sign_off::keys(ws, &desk.authority, args.key.as_deref())?;
    let (key, role) = choose(&desk, &keys, args.role.map(Role::from))?;
    let sheet = sign_off::sheet(ws, &desk, module, role, key)?;
    if args.print_answers {
        out.lines(write_answers(&sheet))?;
        return Ok(Exit::Holds);
    }
    let elsewhere = elsewhere(ws, &module.path)?.map(|branch| {
        let name = branch.name;
        format!(
            "this is {}, and the promotion is on {name}: --rev {name} looks there",
            ws.revision()
        )
    });
    if let Some(words) = &elsewhere {
        out.notice(words);
    }
    let asked = args.verb();
    let answers = match (&args.answers, asked) {
        (Some(file), _) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| Usage(format!("{}: {error}", file.display())))?;
            read_answers(&sheet, &text).map_err(|source| SignOffError::Answers {
                path: file.clone(),
                source,
            })?
        }
        (None, Some(Verb::Withdraw)) => Answers {
            decision: None,
            answered: Vec::new(),
            note: String::new(),
        },
        (None, _) => {
            if !out.is_terminal() || !std::io::stdin().is_terminal() {
                return Err(Usage(
                    "nobody is here to be asked: give --answers FILE, made with --print-answers"
                        .into(),
                )
                .into());
            }
            match walk::walk(&sheet, elsewhere.as_deref(), out)? {
                Some(answers) => answers,
                None => {
                    out.notice("nothing was signed");
                    return Ok(Exit::Failed);
                }
            }
        }
    };
    let said = answers.decision;
    if let (Some(asked), Some(said)) = (asked, said)
        && asked != said
    {
        return Err(Usage(format!(
            "the file says {}, the command line {}",
            word(said),
            word(asked)
        ))
        .into());
    }
    let Some(verb) = asked.or(said) else {
        return Err(Usage(
            "what is decided? Set decision in the file, or give --approve, --reject or --withdraw"
                .into(),
        )
        .into());
    };
    let note = args.note.clone().unwrap_or(answers.note);
    let draft = sign_off::draft(&desk, &sheet, key, verb, answers.answered, note)?;
    let ask = match std::io::stdin().is_terminal() {
        true => Ask::Terminal,
        false => Ask::Nobody,
    };
    let signed = sign_off::sign(ws, &desk, &draft, key, ask)?;
    tell(args, &sheet, verb, &signed, out)?;
    if args.pull_request {
        return super::pr::review(ws, &sheet.present.module.path, out);
    }
    Ok(Exit::Holds)
}

/// The key and the role: those that are asked for, or the only ones there are.
fn choose<'a>(desk: &Desk, keys: &'a [Key], role: Option<Role>) -> Result<(&'a Key, Role)> {
    if keys.is_empty() {
        let authority = &desk.authority;
        return Err(
            SignOffError::NoKey(match authority.keyring.entries.is_empty() {
                true => format!(
                    "{} has no keyring at {}: nobody may sign. See docs/sign-off.md",
                    authority.base_ref, authority.keyring_path
                ),
                false => format!(
                    "no key at hand is in the keyring of {} ({}): name one with --key, set git's \
                 user.signingKey, or add it to the agent",
                    authority.base_ref, authority.keyring_path
                ),
            })
            .into(),
        );
    }
    let may = |key: &&Key, role: Role| key.roles.contains(&role);
    if let Some(role) = role {
        // The first key answers where none may: it says what it may.
        let key = keys.iter().find(|key| may(key, role)).unwrap_or(&keys[0]);
        return Ok((key, role));
    }
    let mut all: Vec<(&Key, Role)> = Vec::new();
    for key in keys {
        let reviewer = key.roles.iter().filter(|role| role.is_reviewer());
        for role in reviewer {
            if !all.iter().any(|(_, known)| known == role) {
                all.push((key, *role));
            }
        }
    }
    match all.as_slice() {
        [one] => Ok(*one),
        [] => Err(SignOffError::NotAllowed(format!(
            "the key of {} can hold no reviewer's role",
            keys[0].principal
        ))
        .into()),
        many => {
            let roles: Vec<_> = many.iter().map(|(_, role)| role.to_string()).collect();
            Err(Usage(format!("as what? --role {}", roles.join(" or --role "))).into())
        }
    }
}

/// Adds to the log what was signed and could not be logged then, and shares what is
/// in it here alone.
fn resend(ws: &Workspace, desk: &Desk, out: &mut Output) -> Result<Exit> {
    for envelope in sign_off::unsent(desk)? {
        let signed = sign_off::append(ws, desk, &envelope, "Add what was signed before")?;
        out.line(format!("logged as entry {}", signed.appended.position))?;
    }
    match audit::share(ws, &desk.authority).map_err(SignOffError::from)? {
        Shared::Alone => out.line("the log is whole here; there is no remote to share it with")?,
        Shared::Yes => out.line("the log is whole here, and shared")?,
        Shared::NotYet(why) => {
            out.error(&format!("the log is whole here, and not shared: {why}"));
            return Ok(Exit::Undetermined);
        }
    }
    Ok(Exit::Holds)
}

/// The document of `sign --json`.
#[derive(Serialize)]
struct Document<'a> {
    module: &'a RepoPath,
    to: &'a RepoPath,
    role: Role,
    principal: &'a str,
    key: &'a str,
    decision: Verb,
    statement: Sha256,
    position: u64,
    /// Whether the remote has it; `null` where there is none.
    shared: Option<bool>,
}

fn tell(
    args: &SignArgs,
    sheet: &Sheet,
    verb: Verb,
    signed: &Signed,
    out: &mut Output,
) -> Result<()> {
    let present = &sheet.present;
    let appended = &signed.appended;
    if args.json.json {
        let document = Document {
            module: &present.module.path,
            to: &present.to,
            role: sheet.role,
            principal: &sheet.principal,
            key: &sheet.key,
            decision: verb,
            statement: signed.digest,
            position: appended.position,
            shared: appended.shared.known(),
        };
        return out.json("countersign.sign", 1, &document);
    }
    out.line(format!(
        "{} {} {} as {}: entry {} of the log",
        sheet.principal,
        sign_off::verb_word(verb),
        present.module.path,
        sheet.role,
        appended.position
    ))?;
    if let Shared::NotYet(why) = &appended.shared {
        out.notice(format!(
            "it is in the log here, and not shared yet: {why}. The next entry, or \
             countersign sign --resend, shares it"
        ));
    }
    out.line(out.here(format!(
        "check it with: countersign audit show {}",
        appended.position
    )))
}

fn word(verb: Verb) -> &'static str {
    match verb {
        Verb::Approve => "approve",
        Verb::Reject => "reject",
        Verb::Withdraw => "withdraw",
    }
}
