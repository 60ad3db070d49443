//! Typed channels between stages. The value travels in the engine; this names it and fixes its type.

use std::marker::PhantomData;

/// A typed channel: the stage that gives it and the stages that need it share this constant, so that a
/// value of another type cannot travel under the name.
///
/// ```
/// use model::Artifact;
/// const LINES: Artifact<u64> = Artifact::new("lines");
/// assert_eq!(LINES.name(), "lines");
/// ```
pub struct Artifact<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Artifact<T> {
    /// Names a channel. Names are kebab-case and unique in the whole binary.
    pub const fn new(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }

    /// Returns the name under which the value is declared, cached and recorded.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T> Clone for Artifact<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Artifact<T> {}
