//! `go.work`: what a workspace of Go builds in place of what the `go.mod` of its modules ask for.
//!
//! Its `replace` lines count for all of them, so what they name is built; what stands in each `go.mod` is listed there all
//! the same. A module that several ask for is built at the highest of the versions, which one of them names.

use model::Ecosystem;

use super::go_mod::workspace;
use crate::format::Format;

pub(crate) const FORMAT: Format = Format {
    name: "go.work",
    globs: &["**/go.work"],
    ecosystem: Ecosystem::Go,
    last_resort: false,
    parse: workspace,
};
