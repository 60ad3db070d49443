//! Records as files: JSON lines in one zstd frame. The frame's checksum and end show when a part is missing.

use std::io::{self, BufRead, BufReader, Read, Write};

use model::Message;

use crate::record::{Builder, Record, RecordError};

/// Largest record that is read, unpacked.
const MAX_BYTES: u64 = 2 << 30;
/// Longest line that is read.
const MAX_LINE: u64 = 16 << 20;
/// Level of compression: records are written once and read rarely, but the run waits for it.
const LEVEL: i32 = 3;
/// Largest window a frame may ask for, as a power of two: memory that a foreign file decides on.
const MAX_WINDOW: u32 = 25;

/// Why a file is no record.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read or unpacked.
    #[error("line {line} of the record cannot be read")]
    Read {
        /// Line, from 1.
        line: u64,
        /// What the reader says.
        #[source]
        source: io::Error,
    },
    /// The file ends early.
    #[error("the record is cut off at line {line}")]
    Truncated {
        /// Line, from 1.
        line: u64,
    },
    /// A line, or all lines, are longer than is read.
    #[error("line {line} of the record is beyond the size that is read")]
    Large {
        /// Line, from 1.
        line: u64,
    },
    /// A line is no message.
    #[error("line {line} of the record is no message of a run")]
    Malformed {
        /// Line, from 1.
        line: u64,
        /// What the reader says.
        #[source]
        source: serde_json::Error,
    },
    /// The messages are no record.
    #[error("line {line}: {source}")]
    Record {
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        source: RecordError,
    },
}

impl Record {
    /// Reads a record, packed with zstd.
    pub fn read(reader: impl Read) -> Result<Self, ReadError> {
        let unpacked = || -> io::Result<_> {
            let mut decoder = zstd::Decoder::new(reader)?;
            decoder.window_log_max(MAX_WINDOW)?;
            Ok(BufReader::new(decoder))
        };
        Self::read_lines(unpacked().map_err(|source| ReadError::Read { line: 1, source })?)
    }

    fn read_lines(reader: impl BufRead) -> Result<Self, ReadError> {
        let mut reader = reader.take(MAX_BYTES);
        let mut builder = Builder::new();
        let mut bytes = Vec::new();
        let mut line = 0;
        loop {
            line += 1;
            bytes.clear();
            let read = (&mut reader).take(MAX_LINE).read_until(b'\n', &mut bytes);
            match read {
                Ok(0) if reader.limit() > 0 => break,
                Ok(_) if bytes.last() == Some(&b'\n') => {}
                Ok(_) if bytes.len() as u64 == MAX_LINE || reader.limit() == 0 => {
                    return Err(ReadError::Large { line });
                }
                Ok(_) => return Err(ReadError::Truncated { line }),
                Err(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(ReadError::Truncated { line });
                }
                Err(source) => return Err(ReadError::Read { line, source }),
            }
            let message: Message =
                serde_json::from_slice(&bytes).map_err(|source| malformed(&bytes, line, source))?;
            builder.take(message).map_err(|source| ReadError::Record { line, source })?;
        }
        builder.finish().map_err(|source| ReadError::Record { line, source })
    }

    /// Writes the record, packed with zstd.
    pub fn write(&self, writer: impl Write) -> io::Result<()> {
        let mut encoder = zstd::Encoder::new(writer, LEVEL)?;
        encoder.include_checksum(true)?;
        for message in self.messages() {
            serde_json::to_writer(&mut encoder, &message)?;
            encoder.write_all(b"\n")?;
        }
        encoder.finish()?.flush()
    }
}

/// A newer version may say things in another way: where the header says so, that is the reason.
fn malformed(bytes: &[u8], line: u64, source: serde_json::Error) -> ReadError {
    #[derive(serde::Deserialize)]
    struct Header {
        version: u32,
    }
    let version = serde_json::from_slice::<Header>(bytes).map(|header| header.version);
    match version {
        Ok(version) if line == 1 && version != super::RECORD_VERSION => {
            ReadError::Record { line, source: RecordError::Version(version) }
        }
        _ => ReadError::Malformed { line, source },
    }
}
