//! `__enter`: gives up every right the tool should not have, then becomes it.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{Network, Spec};
use crate::promotion::Isolation;

/// The file beside the spec in which this process says how far it came: the
/// isolation reached on the first line, why the tool did not start on the second.
pub(super) const ENTERED: &str = "entered";

/// Never returns `Ok`: it is the tool by then.
pub(super) fn run(path: &Path) -> io::Result<()> {
    let spec = Spec::read(path)?;
    // Opened before the doors close; closed by exec, so the tool never holds it.
    let mut entered = File::create(path.with_file_name(ENTERED))?;
    limit(&spec);
    #[cfg(target_os = "linux")]
    drop_capabilities();
    let isolation = match confine(&spec) {
        true => Isolation::Landlock,
        false => Isolation::Process,
    };
    serde_json::to_writer(&mut entered, &isolation)?;
    entered.write_all(b"\n")?;
    let (program, arguments) = spec
        .argv
        .split_first()
        .ok_or_else(|| io::Error::other("no command"))?;
    let error = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(spec.env)
        .current_dir(&spec.cwd)
        .exec();
    let name = PathBuf::from(program);
    write!(entered, "{}: {error}", name.display())?;
    Err(error)
}

/// Limits on resources. None is essential: what cannot be set is left.
fn limit(spec: &Spec) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, getppid, set_parent_process_death_signal};
        // If somebody kills the supervisor, at least the tool itself goes too.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        if getppid().is_none_or(|parent| parent.is_init()) {
            std::process::exit(3);
        }
        // When memory runs out the tool goes, not the terminal it is watched from.
        let _ = std::fs::write("/proc/self/oom_score_adj", "900");
    }
    let _ = rustix::process::nice(5);
    lower(Resource::Core, 0);
    lower(Resource::Fsize, spec.file_size);
    #[cfg(target_os = "linux")]
    {
        lower(Resource::Nproc, 8192);
        lower(Resource::As, address_space());
    }
}

/// Of root's privileges only those over files are kept, which Landlock confines.
/// The others would lead around it: new kernels let who may watch performance
/// read the environment, tokens and all, of any process.
#[cfg(target_os = "linux")]
fn drop_capabilities() {
    use rustix::thread::{
        CapabilitySet, capabilities, remove_capability_from_bounding_set, set_capabilities,
    };
    let keep = CapabilitySet::CHOWN
        | CapabilitySet::DAC_OVERRIDE
        | CapabilitySet::DAC_READ_SEARCH
        | CapabilitySet::FOWNER
        | CapabilitySet::FSETID;
    for bit in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        if !keep.contains(capability) {
            // Fails for those there are not, and for who is not privileged.
            let _ = remove_capability_from_bounding_set(capability);
        }
    }
    if let Ok(mut sets) = capabilities(None) {
        sets.effective &= keep;
        sets.permitted &= keep;
        sets.inheritable = CapabilitySet::empty();
        let _ = set_capabilities(None, sets);
    }
}

/// Lowers a limit, soft and hard; never raises one.
fn lower(resource: Resource, to: u64) {
    let now = getrlimit(resource);
    let least = |limit: Option<u64>| Some(limit.map_or(to, |limit| limit.min(to)));
    let _ = setrlimit(
        resource,
        Rlimit {
            current: least(now.current),
            maximum: least(now.maximum),
        },
    );
}

/// Twice the machine's memory, at least 8 GiB: address space is reserved far
/// beyond what is used, so this only stops what would bring the machine down.
#[cfg(target_os = "linux")]
fn address_space() -> u64 {
    let total = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
            line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .unwrap_or(0);
    (total * 1024 * 2).max(8 << 30)
}

/// What every program needs to read.
#[cfg(target_os = "linux")]
const SYSTEM: [&str; 14] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc",
    "/opt",
    "/proc",
    "/dev",
    "/sys",
    "/nix/store",
    "/run/systemd/resolve",
];

/// What programs need to write that is no file of anybody's. Shared memory is
/// needed by Python's `multiprocessing`.
#[cfg(target_os = "linux")]
const DEVICES: [&str; 7] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/shm",
];

/// Confines what can be read, written and signalled; false where the kernel cannot.
///
/// Landlock also keeps the tool from looking into other processes: our own
/// environment, tokens and all, is not readable from `/proc`.
#[cfg(target_os = "linux")]
fn confine(spec: &Spec) -> bool {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, Ruleset, RulesetAttr,
        RulesetCreatedAttr, RulesetError, RulesetStatus, Scope, path_beneath_rules,
    };
    let abi = ABI::V6;
    let port = match spec.network {
        Network::Loopback(port) => Some(Ok::<_, RulesetError>(NetPort::new(
            port,
            AccessNet::ConnectTcp,
        ))),
        Network::None | Network::All => None,
    };
    let rules = || -> Result<RulesetStatus, RulesetError> {
        let mut ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(abi))?
            .scope(Scope::from_all(abi))?;
        if spec.network != Network::All {
            ruleset = ruleset.handle_access(AccessNet::from_all(abi))?;
        }
        let status = ruleset
            .create()?
            .add_rules(path_beneath_rules(SYSTEM, AccessFs::from_read(abi)))?
            .add_rules(path_beneath_rules(&spec.readable, AccessFs::from_read(abi)))?
            .add_rules(path_beneath_rules(DEVICES, AccessFs::from_all(abi)))?
            .add_rules(path_beneath_rules(&spec.writable, AccessFs::from_all(abi)))?
            .add_rules(port)?
            .restrict_self()?;
        Ok(status.ruleset)
    };
    rules().is_ok_and(|status| status != RulesetStatus::NotEnforced)
}

#[cfg(not(target_os = "linux"))]
fn confine(_: &Spec) -> bool {
    false
}

/// True where the kernel has what [`confine`] needs. Asks, and changes nothing.
#[cfg(target_os = "linux")]
pub(super) fn can_confine() -> bool {
    use landlock::{ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr};
    static ANSWER: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *ANSWER.get_or_init(|| {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(ABI::V1))
            .and_then(|ruleset| ruleset.create())
            .is_ok()
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn can_confine() -> bool {
    false
}
