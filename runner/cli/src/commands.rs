//! One file a command.

pub(crate) mod baseline;
pub(crate) mod cache;
pub(crate) mod completions;
pub(crate) mod db;
pub(crate) mod explain;
pub(crate) mod hook;
pub(crate) mod init;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod schema;
