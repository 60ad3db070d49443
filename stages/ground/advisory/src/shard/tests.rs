//! Shards that are torn, damaged or forged: an error at worst, and never another answer.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::blocks::sums;
use super::layout::{DIGEST, Header, PRELUDE};
use crate::collect::Collector;
use crate::{Index, Lookup, ShardError, Text};

/// Makes a shard that has something of everything.
fn shard() -> Vec<u8> {
    let mut records = Vec::new();
    for number in 0..6 {
        let events = json!([{"introduced": "0"}, {"fixed": format!("1.{number}.0")}]);
        records.push(json!({
            "id": format!("GO-{number}"), "aliases": [format!("CVE-{number}"), "GHSA-x"], "summary": "short",
            "affected": [{
                "package": {"ecosystem": "Go", "name": format!("example.org/m{}", number % 4)},
                "ranges": [{"type": "SEMVER", "events": events}], "versions": ["3.0.0", "odd"],
                "ecosystem_specific": {"custom_ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "2.0.0"}]}]},
            }],
        }));
    }
    write(records.iter())
}

fn write<'a>(records: impl Iterator<Item = &'a serde_json::Value>) -> Vec<u8> {
    let mut collector = Collector::new(None);
    for record in records {
        collector.take("file", record.to_string().as_bytes());
    }
    collector.finish().unwrap().shards.remove("Go").unwrap()
}

/// What a shard says when it is asked everything.
type Answer = Vec<(String, String, Vec<Text>)>;

fn ask(bytes: Vec<u8>) -> Result<Answer, ShardError> {
    let index = Index::from_bytes(Arc::from(bytes))?;
    let mut answer = Vec::new();
    for name in ["example.org/m0", "example.org/m1", "example.org/m2", "example.org/m3", "example.org/m4"] {
        for version in ["v0.1.0", "v1.9.0", "v2.0.0", "odd", "v0.0.0-20230102030405-abcdefabcdef"] {
            let Lookup { matches, undecided } = index.matches(name, version)?;
            let texts = matches.iter().map(|found| index.text(found)).collect::<Result<Vec<_>, _>>()?;
            answer.push((format!("{matches:?}"), format!("{undecided:?}"), texts));
        }
    }
    Ok(answer)
}

/// Where the body lies in a file.
fn body(file: &[u8]) -> std::ops::Range<usize> {
    let length = u32::from_le_bytes(file[12..16].try_into().unwrap());
    let start = PRELUDE + usize::try_from(length).unwrap();
    let header: Header = postcard::from_bytes(&file[PRELUDE..start]).unwrap();
    start..start + header.body().unwrap()
}

/// Makes the checksums of a changed body true again, as a forger would.
fn reseal(file: &mut Vec<u8>) {
    let body = body(file);
    let sums = sums(&file[body.clone()]);
    file.truncate(body.end);
    file.extend_from_slice(&sums);
    let digest = blake3::hash(file);
    file.extend_from_slice(digest.as_bytes());
}

#[test]
fn resealing_an_untouched_shard_changes_nothing() {
    let file = shard();
    let mut same = file.clone();
    reseal(&mut same);
    assert_eq!(file, same);
    assert!(Index::from_bytes(Arc::from(file)).unwrap().verify().is_ok());
}

#[test]
fn a_damaged_byte_is_an_error_or_makes_no_difference() {
    let file = shard();
    let whole = ask(file.clone()).unwrap();
    assert!(whole.iter().any(|(matches, ..)| matches.contains("GO-5")));
    for at in 0..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        match ask(damaged.clone()) {
            Ok(answer) => assert_eq!(answer, whole, "byte {at}"),
            Err(ShardError::Damaged | ShardError::Foreign | ShardError::Format(_)) => {}
            Err(error) => panic!("byte {at}: {error}"),
        }
        if let Ok(index) = Index::from_bytes(Arc::from(damaged)) {
            assert!(index.verify().is_err(), "byte {at}");
        }
    }
}

#[test]
fn a_shard_cut_off_anywhere_is_an_error() {
    let file = shard();
    for length in 0..file.len() {
        assert!(Index::from_bytes(Arc::from(&file[..length])).is_err(), "{length} bytes");
    }
    let longer = [file.as_slice(), &[0]].concat();
    assert!(Index::from_bytes(Arc::from(longer)).is_err());
}

#[test]
fn a_forged_body_never_panics() {
    let file = shard();
    for at in body(&file) {
        for forged in [0x00, 0x01, 0x7f, 0xff, file[at] ^ 0x01] {
            let mut file = file.clone();
            file[at] = forged;
            reseal(&mut file);
            let _ = ask(file);
        }
    }
}

#[test]
fn the_same_records_give_the_same_bytes_in_any_order() {
    let record = |id: &str, name: &str, fixed: &str| {
        json!({"id": id, "aliases": ["CVE-2", "CVE-1"], "details": "d".repeat(5_000), "affected": [{
            "package": {"ecosystem": "Go", "name": name},
            "ranges": [{"type": "SEMVER", "events": [{"fixed": fixed}, {"introduced": "0"}]}],
        }]})
    };
    let records = [
        record("B", "y", "1.0.0"),
        record("A", "x", "1.0"),
        record("C", "x", "v1.0.0"),
        record("A", "x", "2.0"),
    ];
    let forth = write(records.iter());
    assert_eq!(forth, write(records.iter().rev()));
    assert_ne!(forth, write(records[1..].iter()));
}

proptest! {
    #[test]
    fn any_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Index::from_bytes(Arc::from(bytes)).is_err());
    }

    #[test]
    fn a_body_forged_in_many_places_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
    ) {
        let mut file = shard();
        let body = body(&file);
        for (place, byte) in changes {
            let at = body.start + place.index(body.len());
            file[at] = byte;
        }
        reseal(&mut file);
        let _ = ask(file);
    }
}

#[test]
fn the_digest_stands_at_the_end() {
    let file = shard();
    let index = Index::from_bytes(Arc::from(file.as_slice())).unwrap();
    assert_eq!(index.digest().bytes(), &file[file.len() - DIGEST..]);
    assert_eq!(index.ecosystem(), "Go");
    assert_eq!((index.summary().advisories, index.summary().packages), (6, 4));
}
