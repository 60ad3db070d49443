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

/// Returns the entries of a tree object with ids of `length` bytes, up to the first that is malformed.
pub(crate) fn entries(tree: &[u8], length: usize) -> impl Iterator<Item = TreeEntry<'_>> {
    let mut rest = tree;
    std::iter::from_fn(move || {
        let space = memchr::memchr(b' ', rest)?;
        let (mode, after) = rest.split_at_checked(space)?;
        let after = after.get(1..)?;
        let (name, after) = after.split_at_checked(memchr::memchr(0, after)?)?;
        let (id, after) = after.get(1..)?.split_at_checked(length)?;
        let mode = u32::from_str_radix(std::str::from_utf8(mode).ok()?, 8).ok()?;
        rest = after;
        Some(TreeEntry { name, id, mode })
    })
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

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let total: usize = entries(&bytes, 20).map(|entry| entry.name.len() + entry.id.len()).sum();
            prop_assert!(total <= bytes.len());
        }
    }
}
