//! Archives of every kind, whole and damaged.

use std::io::Write as _;

use super::*;

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn check(bytes: &[u8], members: &[(&str, &str)], limits: &[Limit]) {
    let mut shown = Vec::new();
    let reached = open(bytes, &Budget::default(), &mut |member| {
        shown.push((member.wrapping.join(" "), String::from_utf8_lossy(&member.bytes).into_owned()));
    });
    let expected: Vec<_> = members.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    assert_eq!((shown, reached), (expected, Some(limits.to_vec())));
}

#[test]
fn members_are_read_through_all_wrappings() {
    check(&zip(&[("a/b.txt", b"x")]), &[("zip:a/b.txt", "x")], &[]);
    check(&tar(&[("a.txt", b"x"), ("b", b"y")]), &[("tar:a.txt", "x"), ("tar:b", "y")], &[]);
    check(&gzip(&tar(&[("a.txt", b"x")])), &[("gzip tar:a.txt", "x")], &[]);
    check(&gzip(b"plain"), &[("gzip", "plain")], &[]);
    check(&zip(&[("in.zip", &zip(&[("a", b"x")]))]), &[("zip:in.zip zip:a", "x")], &[]);
}

#[test]
fn bounds_are_said() {
    let deep = zip(&[("1.zip", &zip(&[("2.zip", &zip(&[("a", b"x")]))]))]);
    check(&deep, &[], &[Limit::ArchiveDepth]);
    check(&gzip(&vec![0; 20 << 20]), &[], &[Limit::ArchiveRatio]);
    let whole = gzip(&[b"some text that is cut off", [b'x'; 9999].as_slice()].concat());
    let mut seen = 0;
    let limits = open(&whole[..whole.len() - 6], &Budget::default(), &mut |_| seen += 1);
    assert_eq!((limits, seen), (Some(vec![Limit::ArchiveUnreadable]), 1));
    let many = zip(&vec![("a", b"x".as_slice()); 1][..]);
    let spent = Budget::default();
    while spent.take_member() {}
    assert_eq!(open(&many, &spent, &mut |_| {}), Some(vec![Limit::ArchiveMembers]));
}

#[test]
fn what_only_begins_like_an_archive_is_none() {
    let none = |bytes: &[u8]| assert_eq!(open(bytes, &Budget::default(), &mut |_| {}), None);
    none(b"PK\x03\x04 and then nothing");
    none(b"\x1f\x8b\x08 and then nothing");
    let mut text = vec![b'x'; 600];
    text[257..262].copy_from_slice(b"ustar");
    none(&text);
    // A sum that holds, in a text without any NUL.
    text[148..156].copy_from_slice(b"        ");
    let sum: u32 = text[..512].iter().map(|byte| u32::from(*byte)).sum();
    text[148..156].copy_from_slice(format!("{sum:o} ").as_bytes().last_chunk::<8>().unwrap_or(b"00000000"));
    none(&text);
}

#[test]
fn a_packed_tarball_is_charged_for_its_members_alone() {
    let budget = Budget::default();
    let before = budget.bytes();
    let random: Vec<u8> = (0..1_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let most = std::cell::Cell::new(0);
    let limits = open(&gzip(&tar(&[("a", &random), ("b", &random)])), &budget, &mut |member| {
        most.set(most.get().max(member.bytes.len()));
    });
    assert_eq!((limits, most.get()), (Some(vec![]), 1 << 20));
    assert_eq!(before - budget.bytes(), 2 << 20);
}

#[test]
fn long_paths_are_read() {
    let long = "folder/".repeat(30) + "x.txt";
    check(&tar(&[(&long, b"x")]), &[(&format!("tar:{long}"), "x")], &[]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn any_damage_is_survived(at: u16, byte: u8, cut: u16) {
        for mut bytes in [zip(&[("a", b"hello")]), tar(&[("a", b"hello")]), gzip(b"hello")] {
            let place = usize::from(at) % bytes.len();
            bytes[place] = byte;
            bytes.truncate(usize::from(cut) % (bytes.len() + 1));
            open(&bytes, &Budget::default(), &mut |_| {});
        }
    }
}

#[test]
fn other_kinds_are_known_by_their_first_bytes() {
    let kinds: [(&[u8], bool); 8] = [
        (b"\xFD7zXZ\x00\x00\x04", true),
        (b"BZh91AY&SY\xB4", true),
        (b"BZhang wrote this", false),
        (b"\x28\xB5\x2F\xFD\x04\x58", true),
        (b"7z\xBC\xAF\x27\x1C\x00", true),
        (b"Rar!\x1A\x07\x01\x00", true),
        (b"PK\x03\x04", false),
        (b"", false),
    ];
    for (bytes, expected) in kinds {
        assert_eq!(is_of_other_kind(bytes), expected, "{bytes:?}");
    }
}

#[test]
fn a_method_that_is_not_undone_is_named() {
    let with = |method: u16| {
        let mut bytes = zip(&[("a.txt", b"x"), ("b.txt", b"y")]);
        // The method stands at these places of the headers of the first member.
        let central = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
        for at in [8, central + 10] {
            bytes[at..at + 2].copy_from_slice(&method.to_le_bytes());
        }
        bytes
    };
    for (method, expected) in [
        (9, Method::Deflate64),
        (12, Method::Bzip2),
        (14, Method::Lzma),
        (93, Method::Zstandard),
        (95, Method::Xz),
        (98, Method::Ppmd),
        (6, Method::Other),
    ] {
        check(&with(method), &[("zip:b.txt", "y")], &[Limit::ArchiveMethod(expected)]);
    }
}
