//! What the system says of a file without opening it: enough to tell whether it is still the one that was listed.

use std::fs::Metadata;

/// Times are told to the nanosecond, but a clock may stand still for a while: what was modified less than this before some
/// moment may have been modified again at that moment, unseen.
const TICK: u32 = 10_000_000;

/// A moment of the file system's clock: seconds since the epoch and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Moment {
    pub(super) seconds: i64,
    pub(super) nanoseconds: u32,
}

/// What the system says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stamp {
    pub(super) size: u64,
    pub(super) modified: Moment,
    /// When content or attributes changed last; where the system does not tell, the epoch.
    pub(super) changed: Moment,
    /// 0 where the system does not tell.
    pub(super) inode: u64,
    pub(super) device: u64,
}

impl Stamp {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let moment = |seconds, nanoseconds: i64| Moment {
            seconds,
            nanoseconds: u32::try_from(nanoseconds).unwrap_or_default(),
        };
        Self {
            size: metadata.len(),
            modified: moment(metadata.mtime(), metadata.mtime_nsec()),
            changed: moment(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            device: metadata.dev(),
        }
    }

    #[cfg(not(unix))]
    pub(super) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok();
        Self {
            size: metadata.len(),
            modified: modified.map(Moment::of).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Tells whether the file is the one that was listed, unchanged. The time of the last change of attributes may
    /// differ: a new hard link or another mode leaves the content alone.
    pub(super) fn is_still(&self, now: &Self) -> bool {
        self.size == now.size
            && self.modified == now.modified
            && self.inode == now.inode
            && self.device == now.device
    }
}

impl Moment {
    /// Returns the moment of a system time.
    pub(super) fn of(time: std::time::SystemTime) -> Self {
        let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self {
            seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            nanoseconds: since.subsec_nanos(),
        }
    }
}

/// Tells whether a file modified then cannot be modified again at a later moment, or after it, without a new time.
pub(super) fn is_older(modified: Moment, later: Moment) -> bool {
    if modified.nanoseconds == 0 && later.nanoseconds == 0 {
        // A file system that counts whole seconds, or every second one.
        return modified.seconds.saturating_add(2) <= later.seconds;
    }
    let nanoseconds = modified.nanoseconds.saturating_add(TICK);
    let carry = i64::from(nanoseconds / 1_000_000_000);
    let end =
        Moment { seconds: modified.seconds.saturating_add(carry), nanoseconds: nanoseconds % 1_000_000_000 };
    end < later
}
