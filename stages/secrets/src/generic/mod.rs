//! Credentials that only their name speaks for: whether the value under it is one.

pub(crate) mod name;

use crate::detect::assignment::Assignment;
use crate::generic::name::Name;
use crate::hint::Hint;

/// What a value under a credential's name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A credential, with this probability in percent.
    Credential(u8),
    /// Something that stands in for one.
    Placeholder,
    /// No credential at all.
    Nothing,
}

/// Judges the value of an assignment.
pub(crate) fn judge(text: &[u8], assignment: &Assignment, name: &Name, hint: &Hint) -> Verdict {
    let _ = (hint, name);
    let value = text.get(assignment.value.clone()).unwrap_or_default();
    if crate::placeholder::is_placeholder(value) {
        return Verdict::Placeholder;
    }
    let strength = crate::value::strength(value);
    Verdict::Credential(if strength > 60.0 { 60 } else { 20 })
}
