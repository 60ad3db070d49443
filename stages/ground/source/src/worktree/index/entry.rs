//! One entry of git's index.

use std::ops::Range;

use crate::worktree::stamp::{Moment, Stamp, is_older};

/// Ten numbers, an id of SHA-1, flags and at least one byte of name.
pub(super) const LEAST: usize = 63;

/// What an entry of the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::worktree) enum Mode {
    File,
    Link,
    Submodule,
    /// A folder of a sparse index, or anything git may think of.
    Other,
}

/// One entry of git's index.
#[derive(Debug, Clone)]
pub(in crate::worktree) struct Entry {
    changed: (u32, u32),
    modified: (u32, u32),
    inode: u32,
    mode: u32,
    size: u32,
    name: (u32, u32),
    /// Raw id, as many bytes as the repository's ids have.
    id: [u8; 32],
    length: u8,
    stage: u8,
    /// Git was told not to look at the file, or not to have it here.
    pub(in crate::worktree) is_sparse: bool,
    is_vouched: bool,
}

impl Entry {
    /// Reads the fixed part of the entry at `at`; returns where its name begins.
    pub(super) fn parse(body: &[u8], at: usize, length: usize) -> Option<(Self, usize)> {
        let fixed = body.get(at..)?;
        let number = |field: usize| fixed.get(field * 4..).and_then(|rest| rest.first_chunk());
        let number = |field: usize| number(field).map(|bytes| u32::from_be_bytes(*bytes));
        let raw = fixed.get(40..40 + length)?;
        let mut id = [0; 32];
        id.get_mut(..length)?.copy_from_slice(raw);
        let short = |at: usize| fixed.get(at..).and_then(|rest| rest.first_chunk());
        let short = |at: usize| short(at).map(|bytes| u16::from_be_bytes(*bytes));
        let flags = short(40 + length)?;
        let extended = flags & 0x4000 != 0;
        let more = if extended { short(42 + length)? } else { 0 };
        let (assumed, stage, sparse, intended) =
            (flags & 0x8000 != 0, (flags >> 12) & 3, more & 0x4000 != 0, more & 0x2000 != 0);
        let entry = Self {
            changed: (number(0)?, number(1)?),
            modified: (number(2)?, number(3)?),
            inode: number(5)?,
            mode: number(6)?,
            size: number(9)?,
            name: (0, 0),
            id,
            length: u8::try_from(length).ok()?,
            stage: u8::try_from(stage).ok()?,
            is_sparse: sparse,
            is_vouched: !assumed && !sparse && !intended && stage == 0,
        };
        Some((entry, at + 42 + length + if extended { 2 } else { 0 }))
    }

    /// Makes an entry that vouches for nothing.
    pub(super) fn unknown(start: usize, end: usize) -> Option<Self> {
        let mut entry = Self {
            changed: (0, 0),
            modified: (0, 0),
            inode: 0,
            mode: 0o100_644,
            size: 0,
            name: (0, 0),
            id: [0; 32],
            length: 0,
            stage: 0,
            is_sparse: false,
            is_vouched: false,
        };
        entry.set_name(start, end)?;
        Some(entry)
    }

    pub(super) fn set_name(&mut self, start: usize, end: usize) -> Option<()> {
        self.name = (u32::try_from(start).ok()?, u32::try_from(end).ok()?);
        Some(())
    }

    pub(super) fn name(&self) -> Range<usize> {
        self.name.0 as usize..self.name.1 as usize
    }

    pub(super) fn stage(&self) -> u8 {
        self.stage
    }

    /// Returns the raw blob id, or the commit of a submodule.
    pub(in crate::worktree) fn id(&self) -> &[u8] {
        self.id.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Returns what it is.
    pub(in crate::worktree) fn mode(&self) -> Mode {
        match self.mode & 0o170_000 {
            0o100_000 => Mode::File,
            0o120_000 => Mode::Link,
            0o160_000 => Mode::Submodule,
            _ => Mode::Other,
        }
    }

    /// Tells whether git would believe, without opening it, that the file is unchanged since it was given this blob id;
    /// and whether that belief holds, which it need not for a file modified about when the index was written.
    pub(in crate::worktree) fn vouches_for(&self, stamp: &Stamp, written: Moment) -> bool {
        self.is_vouched
            && self.mode() == Mode::File
            && self.size == low(stamp.size)
            && self.modified == halves(stamp.modified)
            && (cfg!(not(unix)) || (self.changed == halves(stamp.changed) && self.inode == low(stamp.inode)))
            && is_older(stamp.modified, written)
    }
}

/// The index keeps the low 32 bits of everything.
#[expect(clippy::cast_possible_truncation, reason = "that is the format")]
fn low(value: u64) -> u32 {
    value as u32
}

fn halves(moment: Moment) -> (u32, u32) {
    (low(moment.seconds.cast_unsigned()), moment.nanoseconds)
}
