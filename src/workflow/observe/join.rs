//! Where watching and taking back meet: nobody else in this phase knows of it.

use serde::Serialize;

use super::look::Seen;
use super::{ObserveError, Standing};
use crate::promotion::ObjectId;
use crate::workflow::Workspace;
use crate::workflow::promote::Promotion;
use crate::workflow::sign_off::{Desk, Key};

/// How far taking it back has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rolling {
    /// In words.
    pub step: String,
    /// The merge that is taken back.
    pub merge: ObjectId,
}

/// How far taking a promotion back has come; `None` where nobody began.
pub(super) fn status(
    _ws: &Workspace,
    _desk: &Desk,
    _promotion: &Promotion,
) -> Result<Option<Rolling>, ObserveError> {
    Ok(None)
}

/// The merge that it takes back.
pub(super) fn merge_of(it: &Rolling) -> ObjectId {
    it.merge
}

/// Why nothing is taken back without a person, in words.
pub(super) fn stopped(_desk: &Desk, _promotion: &Promotion) -> Vec<String> {
    Vec::new()
}

/// Takes a promotion back for what was seen, as far as it goes now: in words how far.
pub(super) fn roll_back(
    _ws: &Workspace,
    _desk: &Desk,
    _standing: &Standing,
    _seen: &Seen,
    _key: &Key,
) -> Result<String, ObserveError> {
    Ok("nothing takes it back yet".into())
}

/// Goes on with what was begun: in words how far.
pub(super) fn go_on(
    _ws: &Workspace,
    _desk: &Desk,
    _standing: &Standing,
    _key: &Key,
) -> Result<String, ObserveError> {
    Ok("nothing takes it back yet".into())
}
