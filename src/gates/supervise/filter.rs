//! No network by a filter of system calls, where there are no namespaces.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition,
    SeccompFilter, SeccompRule,
};

/// Numbers of the system calls that open a way out.
struct Calls {
    /// `socket`, under each of its numbers.
    socket: &'static [i64],
    /// `io_uring_setup`, likewise: it opens sockets without asking any filter.
    io_uring_setup: &'static [i64],
}

/// In the number of a call in x32, which an x86-64 kernel may have as well.
const X32: i64 = 0x4000_0000;

/// `None` on machines nobody told us the numbers of.
const CALLS: Option<Calls> = if cfg!(target_arch = "x86_64") {
    Some(Calls {
        socket: &[41, 41 | X32],
        io_uring_setup: &[425, 425 | X32],
    })
} else if cfg!(target_arch = "aarch64") {
    Some(Calls {
        socket: &[198],
        io_uring_setup: &[425],
    })
} else {
    None
};

const ACCESS: u32 = 13; // EACCES
const INET: u64 = 2;
const INET6: u64 = 10;
const STREAM: u64 = 1;
/// What may follow `type` in its number: non-blocking, close-on-exec.
const TYPE: u64 = 0xf;

/// True where there is such a filter.
pub(super) fn works() -> bool {
    CALLS.is_some() && std::path::Path::new("/proc/sys/kernel/seccomp/actions_avail").exists()
}

/// Denies this process, and what follows from it, every socket but local ones,
/// and with `tcp` those of TCP. False where it could not be done.
pub(super) fn apply(tcp: bool) -> bool {
    program(tcp).is_some_and(|program| seccompiler::apply_filter(&program).is_ok())
}

fn program(tcp: bool) -> Option<BpfProgram> {
    let calls = CALLS?;
    let condition =
        |argument, op, value| SeccompCondition::new(argument, Len::Dword, op, value).ok();
    let rule = |conditions: Vec<Option<SeccompCondition>>| {
        SeccompRule::new(conditions.into_iter().collect::<Option<_>>()?).ok()
    };
    // Neither local, nor the kernel's, nor of the internet.
    let mut rules = vec![rule(
        [1, 16, INET, INET6]
            .map(|family| condition(0, Op::Ne, family))
            .into(),
    )?];
    for family in [INET, INET6] {
        let this = || condition(0, Op::Eq, family);
        if tcp {
            rules.extend(
                (0..=TYPE)
                    .filter(|kind| *kind != STREAM)
                    .map(|kind| rule(vec![this(), condition(1, Op::MaskedEq(TYPE), kind)]))
                    .collect::<Option<Vec<_>>>()?,
            );
            // A stream, and not by TCP: what confines TCP does not see it.
            rules.push(rule(vec![
                this(),
                condition(2, Op::Ne, 0),
                condition(2, Op::Ne, 6),
            ])?);
        } else {
            rules.push(rule(vec![this()])?);
        }
    }
    let mut all: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for number in calls.socket {
        all.insert(*number, rules.clone());
    }
    for number in calls.io_uring_setup {
        all.insert(*number, Vec::new()); // whatever its arguments
    }
    let filter = SeccompFilter::new(
        all,
        SeccompAction::Allow,
        SeccompAction::Errno(ACCESS),
        std::env::consts::ARCH.try_into().ok()?,
    );
    filter.ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_filters_can_be_made() {
        if CALLS.is_some() {
            assert!(program(true).is_some() && program(false).is_some());
        }
    }
}
