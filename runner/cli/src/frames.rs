//! Packed frames one behind the other, as a stored case has them. What they unpack to is bounded before anything reads it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::fault::Fault;

/// A file larger than this is refused.
const MOST_BYTES: u64 = 1 << 30;
/// Unpacked, so much of a file is read, and so many times the size of the file on top of it. Records of runs pack 10 to 60
/// times; what packs further is made to fill memory.
const MOST_UNPACKED: u64 = 64 << 20;
const MOST_TIMES: u64 = 200;
/// Largest window a frame may ask for, as a power of two: memory that a foreign file decides on.
const MOST_WINDOW: u32 = 25;

/// The frames of a file.
pub(crate) struct Frames<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
    /// Where the next frame begins.
    at: usize,
    /// What may still be unpacked.
    left: u64,
}

impl<'a> Frames<'a> {
    /// Reads a file.
    pub(crate) fn open(path: &'a Path) -> Result<Self, Fault> {
        let mut frames = Self { path, bytes: Vec::new(), at: 0, left: 0 };
        let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut frames.bytes));
        let length = read.map_err(|error| frames.refuse(error))? as u64;
        if length > MOST_BYTES {
            return Err(frames.refuse(format_args!("it is larger than {MOST_BYTES} bytes")));
        }
        frames.left = MOST_UNPACKED + MOST_TIMES * length;
        Ok(frames)
    }

    /// Returns the next frame, packed.
    pub(crate) fn next(&mut self) -> Result<&[u8], Fault> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = zstd::zstd_safe::find_frame_compressed_size(rest)
            .map_err(|_| self.refuse("it is cut off, or no record of `run --record`"))?;
        let frame = rest.get(..length).unwrap_or(rest);
        let unpacked = unpacked(frame, self.left).map_err(|error| self.refuse(error))?;
        let left = self.left.checked_sub(unpacked).ok_or_else(|| {
            let length = self.bytes.len();
            self.refuse(format_args!("its {length} bytes unpack to more than any record of that size"))
        })?;
        let from = self.at;
        self.at += frame.len();
        self.left = left;
        Ok(self.bytes.get(from..self.at).unwrap_or_default())
    }

    /// Says why the file is not read.
    pub(crate) fn refuse(&self, reason: impl std::fmt::Display) -> Fault {
        Fault::usage(format!("cannot read the record {}: {reason}", self.path.display()))
            .hint("write one with this version: sluicegate run --record FILE")
    }
}

/// Opens a frame.
pub(crate) fn decoder(frame: &[u8]) -> io::Result<zstd::Decoder<'static, &[u8]>> {
    let mut decoder = zstd::Decoder::with_buffer(frame)?;
    decoder.window_log_max(MOST_WINDOW)?;
    Ok(decoder)
}

/// Returns how many bytes a frame unpacks to, and one more than `most` where it is more.
fn unpacked(frame: &[u8], most: u64) -> io::Result<u64> {
    io::copy(&mut decoder(frame)?.take(most + 1), &mut io::sink())
}
