//! Advisories made for a test, in the form of OSV, packed as the public bucket packs them.

use std::io::Write as _;

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// One advisory: versions of a package from the first affected to the first that is not.
#[derive(Debug, Clone, Copy)]
pub struct Advisory {
    /// Name of the ecosystem, as OSV has it.
    pub ecosystem: &'static str,
    /// Name of the package.
    pub package: &'static str,
    /// Its id.
    pub id: &'static str,
    /// First version affected.
    pub introduced: &'static str,
    /// First version not affected any more.
    pub fixed: &'static str,
}

impl Advisory {
    /// Returns the record.
    pub fn record(&self) -> Value {
        let kind = if self.ecosystem == "PyPI" { "ECOSYSTEM" } else { "SEMVER" };
        json!({
            "schema_version": "1.6.0",
            "id": self.id,
            // No day on which these tests run is long after it, so that the database is never an old one.
            "modified": "2999-01-05T00:00:00Z",
            "published": "2026-01-05T00:00:00Z",
            "summary": "Made for a test",
            "severity": [{ "type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
            "affected": [{
                "package": { "ecosystem": self.ecosystem, "name": self.package },
                "ranges": [{ "type": kind, "events": [{ "introduced": self.introduced }, { "fixed": self.fixed }] }],
            }],
        })
    }
}

/// Packs advisories as `all.zip`.
pub fn archive<'a>(advisories: impl IntoIterator<Item = &'a Advisory>) -> Vec<u8> {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for advisory in advisories {
        archive
            .start_file(format!("{}.json", advisory.id), SimpleFileOptions::default())
            .expect("a name fits");
        archive.write_all(advisory.record().to_string().as_bytes()).expect("memory can be written");
    }
    archive.finish().expect("memory can be written").into_inner()
}
