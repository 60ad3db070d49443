//! A stream that is read no further than to a bound.

use std::io::{self, Read};

/// A stream that ends at a bound, or where it breaks off, and remembers why.
pub(crate) struct Bounded<R> {
    inner: R,
    left: u64,
    /// Whether there is more behind the bound.
    pub(crate) over: bool,
    /// Whether it broke off.
    pub(crate) broken: bool,
}

impl<R> Bounded<R> {
    pub(crate) const fn new(inner: R, left: u64) -> Self {
        Self { inner, left, over: false, broken: false }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.over || self.broken || buffer.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).saturating_add(1).min(buffer.len());
        match buffer.get_mut(..most).map_or(Ok(0), |part| self.inner.read(part)) {
            Ok(length) if length as u64 > self.left => {
                self.over = true;
                Ok(0)
            }
            Ok(length) => {
                self.left -= length as u64;
                Ok(length)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(_) => {
                self.broken = true;
                Ok(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_ends_at_its_bound_and_says_so() {
        let check = |length: usize, bound: u64, expected: (usize, bool)| {
            let bytes = vec![7; length];
            let mut stream = Bounded::new(bytes.as_slice(), bound);
            let mut read = Vec::new();
            stream.read_to_end(&mut read).unwrap();
            assert_eq!((read.len(), stream.over), expected, "{length} {bound}");
        };
        check(0, 0, (0, false));
        check(99, 99, (99, false));
        check(99, 200, (99, false));
        check(1, 0, (0, true));
    }
}
