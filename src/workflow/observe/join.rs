//! Where watching and taking back meet: nobody else in this phase knows of it.

use serde::Serialize;

use super::ObserveError;
use crate::workflow::Workspace;
use crate::workflow::promote::Promotion;
use crate::workflow::sign_off::Desk;

/// How far taking it back has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rolling {
    /// In words.
    pub step: String,
}

/// How far taking a promotion back has come; `None` where nobody began.
pub(super) fn status(
    _ws: &Workspace,
    _desk: &Desk,
    _promotion: &Promotion,
) -> Result<Option<Rolling>, ObserveError> {
    Ok(None)
}
