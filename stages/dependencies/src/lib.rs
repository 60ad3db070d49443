//! dependencies.
