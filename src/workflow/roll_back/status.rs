//! How far a rollback has come, by the log alone.

use crate::promotion::rollback::{Entry, Rollback};
use crate::workflow::Workspace;
use crate::workflow::audit::Recorded;
use crate::workflow::promote::Promotion;
use crate::workflow::sign_off::Desk;

use super::RollBackError;

/// How far the rollback of a promotion has come; `None` where nobody decided one. Uses
/// no network.
pub fn status(
    _ws: &Workspace,
    desk: &Desk,
    promotion: &Promotion,
) -> Result<Option<Rollback>, RollBackError> {
    Ok(of(&desk.log.records(), promotion))
}

/// The same from records that were read already.
pub(in crate::workflow) fn of(records: &[Recorded], promotion: &Promotion) -> Option<Rollback> {
    let counting = records.iter().filter(|it| it.void.is_none());
    let entries = counting.map(|it| Entry {
        position: it.position,
        record: &it.record,
    });
    Rollback::of(entries, promotion.commit)
}
