//! What the reader of git's index takes and what it refuses.

use proptest::prelude::*;

use super::*;

/// Writes an index of version 2 with these names.
fn write(names: &[&str]) -> Vec<u8> {
    let mut file = b"DIRC\0\0\0\x02".to_vec();
    file.extend(u32::try_from(names.len()).unwrap().to_be_bytes());
    for (number, name) in (1_u8..).zip(names) {
        let start = file.len();
        for field in [1_u32, 2, 3, 4, 5, 6, 0o100_644, 8, 9, 10] {
            file.extend(field.to_be_bytes());
        }
        file.extend([number; 20]);
        file.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
        file.extend(name.as_bytes());
        let padded = (file.len() - start + 8) & !7;
        file.resize(start + padded, 0);
    }
    file
}

fn seal(mut file: Vec<u8>) -> Vec<u8> {
    let sum = Sha1::digest(&file);
    file.extend(sum);
    file
}

fn check(file: Vec<u8>, expected: Result<&[&str], IndexError>) {
    let parsed = Index::parse(file, Algorithm::GitSha1, Moment::default());
    let names = parsed.map(|index| {
        (0..index.len()).map(|at| String::from_utf8(index.name(at).to_vec()).unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(names, expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect()));
}

#[test]
fn entries_come_with_names_and_ids() {
    let names = ["a", "b/c", "b/dd", "longer/name/of/a/file.txt"];
    check(seal(write(&names)), Ok(&names));
    let index = Index::parse(seal(write(&names)), Algorithm::GitSha1, Moment::default()).unwrap();
    assert_eq!(index.entry(1).unwrap().id(), [2; 20]);
    assert_eq!(index.below(b"b/", 0, 0..4), 1..3);
    assert_eq!(index.below(b"c/", 0, 0..4), 3..3);
    assert_eq!(index.find(b"b/dd", 2, 1..3, 0), Some(2));
    assert_eq!(index.find(b"b/d", 0, 0..4, 3), None);
    assert_eq!(index.find(b"zz", 0, 0..4, 4), None);
}

#[test]
fn odd_files_are_refused() {
    check(Vec::new(), Err(IndexError::Malformed));
    check(b"DIRC".to_vec(), Err(IndexError::Malformed));
    check(seal(write(&["b", "a"])), Err(IndexError::Malformed));
    check(seal(write(&["a", "a"])), Err(IndexError::Malformed));
    let mut wrong = seal(write(&["a"]));
    wrong[20] ^= 1;
    check(wrong, Err(IndexError::Checksum));
    let mut version = write(&["a"]);
    version[7] = 9;
    check(seal(version), Err(IndexError::Version(9)));
    let mut count = write(&["a"]);
    count[8] = 0xff;
    check(seal(count), Err(IndexError::Malformed));
    let extended = |name: &[u8]| {
        let mut file = write(&["a"]);
        file.extend(name);
        file.extend(2_u32.to_be_bytes());
        file.extend([0, 0]);
        seal(file)
    };
    check(extended(b"TREE"), Ok(&["a"]));
    check(extended(b"sdir"), Ok(&["a"]));
    check(extended(b"link"), Err(IndexError::Split));
    check(extended(b"newx"), Err(IndexError::Extension("newx".into())));
    let mut unsummed = write(&["a"]);
    unsummed.extend([0; 20]);
    check(unsummed, Ok(&["a"]));
}

proptest! {
    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..300), version in 2_u8..5, count in 0_u8..8) {
        let mut file = b"DIRC\0\0\0".to_vec();
        file.extend([version, 0, 0, 0, count]);
        file.extend(bytes);
        file.extend([0; 20]);
        if let Ok(index) = Index::parse(file, Algorithm::GitSha1, Moment::default()) {
            for at in 0..index.len() {
                let found = index.find(index.name(at), 0, 0..index.len(), 0);
                prop_assert_eq!(found.map(|at| index.name(at)), Some(index.name(at)));
                prop_assert!((0..=index.len()).all(|next| index.find(index.name(at), 0, 0..index.len(), next) == found));
            }
        }
    }

    #[test]
    fn a_flipped_byte_never_breaks_the_reader(at in 0_usize..400, bit in 0_u8..8) {
        let mut file = write(&["a", "b/c", "b/dd", "longer/name"]);
        let length = file.len();
        file[at % length] ^= 1 << bit;
        file.extend([0; 20]);
        let _ = Index::parse(file, Algorithm::GitSha1, Moment::default());
    }
}
