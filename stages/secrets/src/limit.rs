//! The bounds of a scan, and what is said where one is reached.

use model::GapKind;
use serde::{Deserialize, Serialize};
use stage::Sink;

use crate::archive::Method;

/// A bound that was reached: part of the content was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Limit {
    /// The text holds more possible credentials than are weighed.
    TooManyCandidates,
    /// The text holds more credentials than are reported.
    TooManyHits,
    /// The text holds more requests to ignore than are heeded.
    TooManyMarkers,
    /// A file that exists to hold credentials is longer than its fields are read.
    CredentialFile,
    /// Decoding stopped at its bound.
    Decoding,
    /// Archives are nested deeper than they are opened.
    ArchiveDepth,
    /// The archive has more members than are read.
    ArchiveMembers,
    /// The archive holds more bytes than are read.
    ArchiveSize,
    /// A member expands so much that it was made to.
    ArchiveRatio,
    /// A member of an archive cannot be read.
    ArchiveMalformed,
    /// The file is an archive that cannot be read, or breaks off.
    ArchiveUnreadable,
    /// A member is encrypted.
    ArchiveEncrypted,
    /// The archive is of a kind that is not opened.
    ArchiveKind,
    /// A member of an archive is packed in a way that is not undone.
    ArchiveMethod(Method),
}

impl Limit {
    /// Says that the bound was reached in a file.
    pub(crate) fn say(&self, out: &Sink, path: &str) {
        let (kind, code, reason) = self.gap();
        out.gap_at(kind, code, path, None, reason, self.hint());
    }

    /// Returns what closes the gap, where that is more than to make the file smaller.
    const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::TooManyCandidates | Self::TooManyHits => {
                Some("mend what is reported and run it again, or accept the gap of this file by a waiver")
            }
            Self::CredentialFile => Some("split the file, or accept its gap by a waiver"),
            Self::ArchiveUnreadable => Some("mend the archive or take it out, or accept its gap by a waiver"),
            Self::TooManyMarkers
            | Self::Decoding
            | Self::ArchiveDepth
            | Self::ArchiveMembers
            | Self::ArchiveSize
            | Self::ArchiveRatio
            | Self::ArchiveMalformed
            | Self::ArchiveEncrypted
            | Self::ArchiveKind
            | Self::ArchiveMethod(_) => None,
        }
    }

    /// Returns what a gap says of the bound.
    const fn gap(&self) -> (GapKind, &'static str, &'static str) {
        match self {
            Self::TooManyCandidates => (
                GapKind::Unread,
                "too-many-candidates",
                "more than 20,000 possible credentials; the rest was not weighed",
            ),
            Self::TooManyHits => (
                GapKind::Unread,
                "too-many-credentials",
                "more than 1,000 credentials; only the worst are reported",
            ),
            Self::TooManyMarkers => (
                GapKind::Partial,
                "too-many-ignores",
                "more than 10,000 requests to ignore; the rest is not heeded",
            ),
            Self::CredentialFile => (
                GapKind::Unread,
                "credential-file-size",
                "fields of this file are read up to 4 MB; behind that it was looked at like any other text",
            ),
            Self::Decoding => (
                GapKind::Partial,
                "decoding-bound",
                "encoded values beyond 16 MB in all, or 4 MB each, were not decoded",
            ),
            Self::ArchiveDepth => {
                (GapKind::Partial, "archive-depth", "archives more than two deep were not opened")
            }
            Self::ArchiveMembers => (
                GapKind::Partial,
                "archive-members",
                "an archive has more than 10,000 members; the rest was not read",
            ),
            Self::ArchiveSize => (
                GapKind::Partial,
                "archive-size",
                "an archive holds more than is read: 32 MB a member, 256 MB in all",
            ),
            Self::ArchiveRatio => (
                GapKind::Partial,
                "archive-ratio",
                "a member of an archive expands more than 200 times, and was not read",
            ),
            Self::ArchiveMalformed => {
                (GapKind::Partial, "malformed-archive", "a member of the archive cannot be read")
            }
            Self::ArchiveUnreadable => {
                (GapKind::Unread, "unreadable-archive", "the archive cannot be read, or breaks off")
            }
            Self::ArchiveEncrypted => {
                (GapKind::Partial, "encrypted-archive", "a member of an archive is encrypted")
            }
            Self::ArchiveKind => {
                (GapKind::Partial, "unopened-archive", "xz, bzip2, Zstandard, 7-Zip and RAR are not opened")
            }
            Self::ArchiveMethod(method) => (GapKind::Partial, "unopened-archive", method.reason()),
        }
    }
}
