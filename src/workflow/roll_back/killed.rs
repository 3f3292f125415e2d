//! Instants at which a test kills this process, to see that nothing is lost, and nothing
//! done twice. In a release there are none.

/// The variable that names one: `reverted/pushed`.
#[cfg(debug_assertions)]
const VARIABLE: &str = "COUNTERSIGN_TEST_KILL";

/// Such an instant. Nothing happens at it but in a test.
#[cfg(debug_assertions)]
pub(super) fn at(step: &str, instant: &str) {
    let named = std::env::var(VARIABLE).is_ok_and(|it| it == format!("{step}/{instant}"));
    if named {
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Such an instant.
#[cfg(not(debug_assertions))]
pub(super) fn at(_step: &str, _instant: &str) {}
