//! What a folder of shards holds: `manifest.json` beside them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use model::Digest;
use serde::{Deserialize, Serialize};

use crate::Index;
use crate::shard::{ShardError, Summary};

/// The manifest's name in the folder.
pub const MANIFEST: &str = "manifest.json";

/// Rises when the manifest's fields change their meaning.
const VERSION: u32 = 1;

/// What a folder of shards holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// Version of this format.
    pub version: u32,
    /// The shards by ecosystem.
    pub shards: BTreeMap<String, Shelf>,
}

/// One shard in the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Shelf {
    /// Its name in the folder.
    pub file: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// BLAKE3 of all but the last 32 bytes of the file, which hold this very digest.
    pub digest: Digest,
    /// How many advisories are in it.
    pub advisories: u64,
    /// How many packages they name.
    pub packages: u64,
    /// How many records were left out because they are withdrawn.
    pub withdrawn: u64,
    /// How many records could not be read and are missing.
    pub lost: u64,
    /// What it was built from, as the caller names it.
    pub built_from: String,
    /// When that was fetched, as the caller says, RFC 3339.
    pub fetched: Option<String>,
    /// When the newest advisory changed, RFC 3339; `None` when no record says.
    pub newest: Option<String>,
}

impl Shelf {
    /// Returns how many records it was made of.
    pub(crate) fn records(&self) -> u64 {
        self.advisories + self.withdrawn
    }
}

/// Why a folder of shards cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// There is none: no database was ever built here.
    #[error("{0} has no advisory database")]
    Missing(PathBuf),
    /// The manifest cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The manifest.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The manifest is damaged.
    #[error("{path} is no manifest of an advisory database")]
    Malformed {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// The manifest was written by another version of the tool.
    #[error("{path} has version {found}, this version reads {VERSION}")]
    Version {
        /// The manifest.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
}

/// How a shard stands.
#[derive(Debug)]
pub enum State {
    /// It is there, and it is the one the manifest names.
    Ready(Summary),
    /// It cannot be opened.
    Unusable(ShardError),
    /// It is another one than the manifest names: a build is under way, or was cut off. It can be used.
    Other(Digest),
}

/// A manifest and how its shards stand.
#[derive(Debug)]
pub struct Status {
    /// The manifest.
    pub manifest: Manifest,
    /// How its shards stand, by ecosystem.
    pub states: BTreeMap<String, State>,
}

/// Reads the manifest of a folder and opens each of its shards, without reading them whole.
pub fn status(folder: &Path) -> Result<Status, ManifestError> {
    let manifest = Manifest::read(folder)?;
    let state = |(ecosystem, shelf): (&String, &Shelf)| {
        let state = match Index::open(&folder.join(file_name(ecosystem))) {
            Err(error) => State::Unusable(error),
            Ok(index) if index.digest() != shelf.digest => State::Other(index.digest()),
            Ok(index) => State::Ready(index.summary().clone()),
        };
        (ecosystem.clone(), state)
    };
    let states = manifest.shards.iter().map(state).collect();
    Ok(Status { manifest, states })
}

/// Returns the name of an ecosystem's shard in its folder: `PyPI.idx`, `AlmaLinux%3A9.idx`.
pub fn file_name(ecosystem: &str) -> String {
    let mut name = String::with_capacity(ecosystem.len() + 4);
    for byte in ecosystem.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            b'.' if !name.is_empty() => name.push('.'),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    name + ".idx"
}

impl Manifest {
    pub(crate) fn new() -> Self {
        Self { version: VERSION, shards: BTreeMap::new() }
    }

    /// Reads the manifest of a folder.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(MANIFEST);
        let bytes = fs::read(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ManifestError::Missing(folder.to_owned()),
            _ => ManifestError::Read { path: path.clone(), source },
        })?;
        let manifest: Self = serde_json::from_slice(&bytes)
            .map_err(|source| ManifestError::Malformed { path: path.clone(), source })?;
        if manifest.version == VERSION {
            Ok(manifest)
        } else {
            Err(ManifestError::Version { path, found: manifest.version })
        }
    }

    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        replace(&folder.join(MANIFEST), &bytes)
    }
}

/// Puts a file in the place of another at once: who reads meanwhile reads the old one or the new one, whole.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.prefix(".advisory-").tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_ecosystem_leads_out_of_the_folder() {
        for (ecosystem, expected) in [
            ("crates.io", "crates.io.idx"),
            ("PyPI", "PyPI.idx"),
            ("AlmaLinux:9", "AlmaLinux%3A9.idx"),
            ("Rocky Linux:9", "Rocky%20Linux%3A9.idx"),
            ("../../etc/x", "%2E.%2F..%2Fetc%2Fx.idx"),
            (".", "%2E.idx"),
        ] {
            assert_eq!(file_name(ecosystem), expected);
        }
    }
}
