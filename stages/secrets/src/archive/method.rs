//! The ways of packing a member of a zip file that are not undone.

use serde::{Deserialize, Serialize};
use zip::CompressionMethod;

/// A way of packing that is not undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Method {
    /// A larger window than Deflate has: what Windows packs large files with.
    Deflate64,
    /// bzip2.
    Bzip2,
    /// LZMA.
    Lzma,
    /// Zstandard.
    Zstandard,
    /// xz.
    Xz,
    /// PPMd.
    Ppmd,
    /// Any other.
    Other,
}

impl Method {
    /// Returns what is not undone of the ways that a zip file names; `None` for those that are.
    pub(super) fn of(method: CompressionMethod) -> Option<Self> {
        match method {
            CompressionMethod::Stored | CompressionMethod::Deflated => None,
            CompressionMethod::DEFLATE64 => Some(Self::Deflate64),
            CompressionMethod::BZIP2 => Some(Self::Bzip2),
            CompressionMethod::LZMA => Some(Self::Lzma),
            CompressionMethod::ZSTD | CompressionMethod::ZSTD_DEPRECATED => Some(Self::Zstandard),
            CompressionMethod::XZ => Some(Self::Xz),
            CompressionMethod::PPMD => Some(Self::Ppmd),
            _ => Some(Self::Other),
        }
    }

    /// Returns what a gap says of a member that is packed so.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Deflate64 => "a member of the archive is packed with Deflate64, which is not unpacked",
            Self::Bzip2 => "a member of the archive is packed with bzip2, which is not unpacked",
            Self::Lzma => "a member of the archive is packed with LZMA, which is not unpacked",
            Self::Zstandard => "a member of the archive is packed with Zstandard, which is not unpacked",
            Self::Xz => "a member of the archive is packed with xz, which is not unpacked",
            Self::Ppmd => "a member of the archive is packed with PPMd, which is not unpacked",
            Self::Other => "a member of the archive is packed with a method that is not unpacked",
        }
    }
}
