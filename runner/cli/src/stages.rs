//! The one list of the stages that this binary has.

/// Every kind of stage, in the order in which help and `init` name them.
pub(crate) fn kinds() -> Vec<stage::Kind> {
    vec![secrets::stage(), inventory::stage(), dependencies::stage()]
}
