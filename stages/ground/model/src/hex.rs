//! Hexadecimal, as ids and digests are written.

/// Writes bytes in lower-case hexadecimal.
pub fn encode(bytes: &[u8]) -> String {
    // Listings hash the text of every file's id: formatting each byte would be what they spend their time on.
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' - 10 + value });
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xF));
    }
    text
}

/// Reads hexadecimal of either case; `None` when it is none.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(encode(&all).as_bytes()), Some(all));
        assert_eq!(decode(b"aBfF"), Some(vec![0xab, 0xff]));
        for bad in ["a", "+f", "zz", "0x"] {
            assert_eq!(decode(bad.as_bytes()), None, "{bad}");
        }
    }
}
