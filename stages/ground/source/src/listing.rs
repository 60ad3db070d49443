//! The bytes of a git tree object: mode, name and id of each entry.

/// One entry of a git tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TreeEntry<'a> {
    /// Raw name.
    pub(crate) name: &'a [u8],
    /// Raw id.
    pub(crate) id: &'a [u8],
    mode: u32,
}

impl TreeEntry<'_> {
    /// Tells whether the name is one that git writes and checks out: a tree made by hand may hold any.
    pub(crate) fn has_good_name(&self) -> bool {
        !matches!(self.name, b"" | b"." | b"..")
            && !self.name.contains(&b'/')
            && !self.name.eq_ignore_ascii_case(b".git")
    }

    pub(crate) fn is_folder(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    pub(crate) fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }

    pub(crate) fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }
}

/// Returns the entries of a tree object with ids of `length` bytes, up to the first that is malformed. Histories hold
/// hundreds of millions of entries, so this looks for one byte an entry only.
pub(crate) fn entries(tree: &[u8], length: usize) -> impl Iterator<Item = TreeEntry<'_>> {
    let mut rest = tree;
    std::iter::from_fn(move || {
        let (head, after) = rest.split_at_checked(memchr::memchr(0, rest)?)?;
        let (id, after) = after.get(1..)?.split_at_checked(length)?;
        let (mode, name) = mode(head)?;
        rest = after;
        Some(TreeEntry { name, id, mode })
    })
}

/// Reads octal digits up to a space; returns what follows it.
fn mode(head: &[u8]) -> Option<(u32, &[u8])> {
    let mut mode = 0_u32;
    for (at, byte) in head.iter().enumerate().take(12) {
        match byte {
            b'0'..=b'7' => mode = mode << 3 | u32::from(byte - b'0'),
            b' ' if at > 0 => return Some((mode, head.get(at + 1..)?)),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_come_in_order() {
        let mut tree = b"100644 a\0".to_vec();
        tree.extend([1; 20]);
        tree.extend(b"40000 b c\0");
        tree.extend([2; 20]);
        let listed: Vec<_> = entries(&tree, 20).collect();
        assert_eq!(listed.len(), 2);
        assert_eq!((listed[0].name, listed[0].id, listed[0].is_folder()), (&b"a"[..], &[1; 20][..], false));
        assert_eq!((listed[1].name, listed[1].id, listed[1].is_folder()), (&b"b c"[..], &[2; 20][..], true));
    }

    #[test]
    fn malformed_entries_end_the_list() {
        for bad in
            [&b"100644 a\0short"[..], b"1006x4 a\0", b" a\0", b"100644\0", b"100644 a", b"0000000000000 a\0"]
        {
            let mut tree = b"100644 ok\0".to_vec();
            tree.extend([1; 20]);
            tree.extend(bad);
            if bad.ends_with(b"\0") {
                tree.extend([2; 20]);
            }
            assert_eq!(entries(&tree, 20).count(), 1, "{}", bad.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let total: usize = entries(&bytes, 20).map(|entry| entry.name.len() + entry.id.len()).sum();
            prop_assert!(total <= bytes.len());
        }
    }
}
