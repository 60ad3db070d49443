//! What a file is by its name alone.

use stage::{Globs, GlobsError};

use crate::declaration::{self, KINDS, Kind};
use crate::format::{FORMATS, Format};
use crate::unsupported::{UNSUPPORTED, Unsupported};

/// What a file is by its name.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    /// It says what a project asks for.
    Declaration(&'static Kind),
    /// It names exact versions, and is read.
    Lockfile(&'static Format),
    /// It names versions, and is not read yet.
    Unsupported(&'static Unsupported),
}

/// Returns the globs of all files that have a name of their own in one of the lists.
pub(crate) fn named() -> impl Iterator<Item = &'static str> {
    let lockfiles = FORMATS.iter().flat_map(|format| format.globs).copied();
    let declarations = KINDS.iter().map(|kind| kind.glob);
    let unsupported = UNSUPPORTED.iter().map(|lockfile| lockfile.glob);
    lockfiles.chain(declarations).chain(unsupported)
}

/// The lists with their globs compiled.
pub(crate) struct Roles {
    /// All of them in one, which is asked first: most files that the stage declares have no role.
    any: Globs,
    lockfiles: Vec<(&'static Format, Globs)>,
    unsupported: Vec<(&'static Unsupported, Globs)>,
}

impl Roles {
    pub(crate) fn new() -> Result<Self, GlobsError> {
        let lockfiles = FORMATS.iter().map(|format| Ok((format, Globs::new(format.globs)?)));
        let unsupported = UNSUPPORTED.iter().map(|lockfile| Ok((lockfile, Globs::new([lockfile.glob])?)));
        Ok(Self {
            any: Globs::new(named())?,
            lockfiles: lockfiles.collect::<Result<_, _>>()?,
            unsupported: unsupported.collect::<Result<_, _>>()?,
        })
    }

    /// Returns the role of the file at `path`; of several the first counts, in the order of [`Role`].
    pub(crate) fn of(&self, path: &str) -> Option<Role> {
        if !self.any.matches(path) {
            return None;
        }
        let lockfile = || self.lockfiles.iter().find(|(_, globs)| globs.matches(path));
        let unsupported = || self.unsupported.iter().find(|(_, globs)| globs.matches(path));
        declaration::kind(path)
            .map(Role::Declaration)
            .or_else(|| Some(Role::Lockfile(lockfile()?.0)))
            .or_else(|| Some(Role::Unsupported(unsupported()?.0)))
    }
}

impl Role {
    /// Tells whether two files are read, or not read, in the same way.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Declaration(one), Self::Declaration(other)) => one.glob == other.glob,
            (Self::Lockfile(one), Self::Lockfile(other)) => one.name == other.name,
            (Self::Unsupported(one), Self::Unsupported(other)) => one.glob == other.glob,
            (Self::Declaration(_) | Self::Lockfile(_) | Self::Unsupported(_), _) => false,
        }
    }
}
