//! What a tool may read, write, signal and reach: privileges, Landlock, and a
//! filter of system calls.

use super::Spec;
use crate::promotion::Isolation;

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

/// Gives up what the spec does not leave; false if that failed.
#[cfg(target_os = "linux")]
pub(super) fn enforce(spec: &Spec) -> bool {
    use super::Network;
    drop_capabilities();
    if spec.isolation == Isolation::Process {
        return true;
    }
    let filtered = match (spec.network, spec.isolation) {
        (Network::All, _) | (_, Isolation::Process | Isolation::Landlock) => true,
        // A network of its own: nobody else is there.
        (Network::None, Isolation::Namespaces) => true,
        (Network::None, Isolation::Filtered) => super::filter::apply(false),
        (Network::Loopback(_), _) => !super::filter::works() || super::filter::apply(true),
    };
    filtered && landlock(spec)
}

/// Landlock also keeps the tool from looking into other processes: our own
/// environment, tokens and all, is not readable from `/proc`.
#[cfg(target_os = "linux")]
fn landlock(spec: &Spec) -> bool {
    use super::Network;
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, Ruleset, RulesetAttr,
        RulesetCreatedAttr, RulesetError, RulesetStatus, Scope, path_beneath_rules,
    };
    let abi = ABI::V6;
    let rules = || -> Result<RulesetStatus, RulesetError> {
        let mut ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(abi))?
            .scope(Scope::from_all(abi))?;
        let own = spec.network == Network::None && spec.isolation == Isolation::Namespaces;
        if !own && spec.network != Network::All {
            ruleset = ruleset.handle_access(AccessNet::from_all(abi))?;
        }
        let mut created = ruleset.create()?;
        if let Network::Loopback(port) = spec.network {
            created = created.add_rule(NetPort::new(port, AccessNet::ConnectTcp))?;
        }
        let status = created
            .add_rules(path_beneath_rules(SYSTEM, AccessFs::from_read(abi)))?
            .add_rules(path_beneath_rules(&spec.readable, AccessFs::from_read(abi)))?
            .add_rules(path_beneath_rules(DEVICES, AccessFs::from_all(abi)))?
            .add_rules(path_beneath_rules(&spec.writable, AccessFs::from_all(abi)))?
            .restrict_self()?;
        Ok(status.ruleset)
    };
    rules().is_ok_and(|status| status != RulesetStatus::NotEnforced)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn enforce(spec: &Spec) -> bool {
    spec.isolation == Isolation::Process
}

/// True where the kernel has Landlock. Asks, and changes nothing.
#[cfg(target_os = "linux")]
pub(super) fn has_landlock() -> bool {
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
pub(super) fn has_landlock() -> bool {
    false
}
