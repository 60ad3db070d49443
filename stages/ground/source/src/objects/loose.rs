//! Loose objects: a file each, `blob 42`, a NUL and the content, deflated.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use model::{Algorithm, hex};

use super::{Kind, with_inflater};
use crate::hash::object_id;

/// Longest header: a kind, a space, a size and a NUL.
const HEADER: usize = 32;
/// What deflating adds to content that cannot be made smaller: less than one byte in a thousand, and a few.
const LARGER: u64 = 1 << 10;

/// Returns where an object lies if it is loose.
fn path(folder: &Path, id: &[u8]) -> PathBuf {
    let name = hex::encode(id);
    let (first, rest) = name.split_at_checked(2).unwrap_or(("", &name));
    folder.join(first).join(rest)
}

/// Returns the size of an object without reading all of it.
pub(super) fn size(folder: &Path, id: &[u8]) -> Option<u64> {
    let mut packed = [0; 128];
    let length = std::fs::File::open(path(folder, id)).ok()?.read(&mut packed).ok()?;
    header(packed.get(..length)?).map(|header| header.size)
}

/// Reads an object of at most `bound` bytes, which is what its id says.
pub(super) fn read(folder: &Path, id: &[u8], algorithm: Algorithm, bound: u64) -> Option<(Kind, Vec<u8>)> {
    let mut packed = Vec::new();
    let most = bound.saturating_add(bound / LARGER).saturating_add(LARGER);
    std::fs::File::open(path(folder, id)).ok()?.take(most).read_to_end(&mut packed).ok()?;
    let Header { kind, size, length } = header(&packed)?;
    if size > bound {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(size).ok()?.checked_add(length)?];
    let (status, _, written) = with_inflater(|inflater| inflater.once(&packed, &mut bytes)).ok()?;
    let is_whole = status == gix_zlib::Status::StreamEnd && written == bytes.len();
    if !is_whole || object_id(algorithm, &bytes).bytes() != id {
        return None;
    }
    bytes.drain(..length);
    Some((kind, bytes))
}

struct Header {
    kind: Kind,
    size: u64,
    /// How many bytes it takes.
    length: usize,
}

fn header(packed: &[u8]) -> Option<Header> {
    let mut start = [0; HEADER];
    let (_, _, written) = with_inflater(|inflater| inflater.prefix(packed, &mut start)).ok()?;
    let end = start.get(..written)?.iter().position(|byte| *byte == 0)?;
    let (kind, size) = std::str::from_utf8(start.get(..end)?).ok()?.split_once(' ')?;
    let kind = match kind {
        "commit" => Kind::Commit,
        "tree" => Kind::Tree,
        "blob" => Kind::Blob,
        "tag" => Kind::Tag,
        _ => return None,
    };
    Some(Header { kind, size: size.parse().ok()?, length: end + 1 })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Reads what a file holds under the id of `object`.
    fn check_file(content: &[u8], object: &[u8], bound: u64, expected: Option<(Kind, &[u8])>) {
        let folder = tempfile::tempdir().unwrap();
        let id = object_id(Algorithm::GitSha1, object);
        let path = path(folder.path(), id.bytes());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        let found = read(folder.path(), id.bytes(), Algorithm::GitSha1, bound);
        assert_eq!(found.as_ref().map(|(kind, bytes)| (*kind, bytes.as_slice())), expected);
    }

    fn check(object: &[u8], bound: u64, expected: Option<(Kind, &[u8])>) {
        check_file(&deflated(object), object, bound, expected);
    }

    fn deflated(object: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(object).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn an_object_is_read_whole_or_not_at_all() {
        check(b"blob 3\0abc", 3, Some((Kind::Blob, b"abc")));
        check(b"tree 0\0", 0, Some((Kind::Tree, b"")));
        check(b"blob 3\0abc", 2, None);
        check(b"blob 4\0abc", 9, None);
        check(b"blob 2\0abc", 9, None);
        check(b"file 3\0abc", 9, None);
        check(b"blob three", 9, None);
        let (object, whole) = (b"blob 3\0abc", deflated(b"blob 3\0abc"));
        check_file(object, object, 9, None);
        check_file(&whole[..whole.len() - 6], object, 9, None);
        check_file(&deflated(b"blob 3\0abd"), object, 9, None);
        let (long, object) = (vec![b'x'; 100_000], [b"blob 100000\0".to_vec(), vec![b'x'; 100_000]].concat());
        check(&object, 1 << 20, Some((Kind::Blob, &long)));
    }
}
