//! Reports: one file each.
