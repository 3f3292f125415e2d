//! What is posted on the commit of a promotion: how its criteria and its approvals stand.

use crate::forge::statuses::{MOST_DESCRIPTION, Status, StatusState};
use crate::promotion::pull_request::Line;
use crate::promotion::{Dossier, GateStatus, text};

/// The status that is to be required.
const APPROVALS: &str = "countersign/approvals";

/// One status a criterion, and that of the approvals, which can be required.
pub(super) fn statuses(dossier: &Dossier, criteria: &[Line]) -> Vec<Status> {
    let mut statuses = told(criteria);
    let off = dossier.sign_off.as_ref();
    let holds = off.is_some_and(|it| it.holds());
    let sign_off = dossier
        .gates
        .iter()
        .find(|it| it.gate == crate::promotion::stage::SIGN_OFF);
    let (status, why) = match sign_off {
        Some(gate) if holds => (StatusState::Success, gate.why.as_str()),
        Some(gate) => match state(gate.status) {
            // Never green but by decisions that hold.
            StatusState::Success => (StatusState::Pending, gate.why.as_str()),
            other => (other, gate.why.as_str()),
        },
        None => (StatusState::Pending, ""),
    };
    statuses.push(Status {
        state: status,
        context: APPROVALS.into(),
        description: Some(short(if why.is_empty() {
            "nobody decided yet"
        } else {
            why
        })),
        target_url: None,
    });
    statuses
}

/// A criterion that nothing looks at has none: GitHub knows no word for that, success would
/// be untrue, and pending would never end.
fn told(criteria: &[Line]) -> Vec<Status> {
    let looked_at = criteria.iter().filter(|line| !line.is_off());
    looked_at.map(status).collect()
}

/// What a criterion comes to. What is off is named, and is no part of a success.
fn status(line: &Line) -> Status {
    let name = serde_json::to_value(line.criterion).unwrap_or_default();
    let open = line.gates.iter().filter(|it| !it.status.holds());
    let open: Vec<String> = open
        .map(|it| format!("{} {}", it.name, it.status))
        .collect();
    let off = line.gates.iter().filter(|it| it.off);
    let off: Vec<&str> = off.map(|it| it.name.as_str()).collect();
    let mut words = match open.is_empty() {
        true => line.status.to_string(),
        false => open.join(", "),
    };
    if !off.is_empty() {
        words += &format!("; not asked: {}", off.join(", "));
    }
    Status {
        state: state(line.status),
        context: format!("countersign/{}", name.as_str().unwrap_or_default()),
        description: Some(short(&words)),
        target_url: None,
    }
}

fn state(status: GateStatus) -> StatusState {
    match status {
        status if status.holds() => StatusState::Success,
        GateStatus::Failed => StatusState::Failure,
        GateStatus::Error => StatusState::Error,
        _ => StatusState::Pending,
    }
}

/// A description: one line that is not too long, and mentions nobody.
fn short(words: &str) -> String {
    let visible = text::visible(words).replace('@', "(at)");
    match visible.chars().count() > MOST_DESCRIPTION {
        true => {
            let cut: String = visible.chars().take(MOST_DESCRIPTION - 1).collect();
            format!("{cut}…")
        }
        false => visible,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::Criterion;
    use crate::promotion::pull_request::Gate;

    fn line(gates: &[(&str, GateStatus, bool)]) -> Line {
        let all = gates.iter().map(|(_, status, _)| *status);
        Line {
            criterion: Criterion::Security,
            status: GateStatus::roll_up(all).unwrap(),
            gates: gates
                .iter()
                .map(|(name, status, off)| Gate {
                    name: (*name).into(),
                    status: *status,
                    off: *off,
                    why: String::new(),
                })
                .collect(),
        }
    }

    #[test]
    fn what_is_off_is_no_success() {
        use GateStatus::{Failed, NotApplicable, Passed};
        let all_off = line(&[("privilege", NotApplicable, true)]);
        assert_eq!(told(&[all_off]), []);
        let said = |line: &Line| {
            let it = status(line);
            (it.state, it.description.unwrap())
        };
        let part = line(&[("secrets", Passed, false), ("safety", NotApplicable, true)]);
        assert_eq!(told(std::slice::from_ref(&part)).len(), 1);
        assert_eq!(
            said(&part),
            (StatusState::Success, "passed; not asked: safety".into())
        );
        let failed = line(&[("secrets", Failed, false), ("safety", NotApplicable, true)]);
        let words = "secrets failed; not asked: safety";
        assert_eq!(said(&failed), (StatusState::Failure, words.into()));
        // What does not apply for a reason of its own is one.
        let none = line(&[("privilege", NotApplicable, false)]);
        assert_eq!(said(&none), (StatusState::Success, "not applicable".into()));
    }
}
