//! Names and hashed passwords of web and file servers: `name:hash`, with or without more behind.

use super::syntax::pairs::lines;
use super::{Field, Form, Format};

pub(super) const FORMAT: Format = Format {
    rule: "htpasswd-hash",
    names: &[
        ".htpasswd",
        "htpasswd",
        "*.htpasswd",
        ".htdigest",
        "proftpdpasswd",
        "proftpd.passwd",
        "ftpd.passwd",
        "pure-ftpd.passwd",
        "vsftpd.passwd",
        "userlist.txt",
    ],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    lines(text).filter_map(|line| hash(text.get(line.clone())?, line.start)).collect()
}

/// Reads one line. The hash is the second field; `htdigest` has a realm before it.
pub(super) fn hash(content: &[u8], start: usize) -> Option<Field> {
    let content = content.trim_ascii_end();
    if content.starts_with(b"#") {
        return None;
    }
    // PgBouncer writes both in quotes.
    if let Some(rest) = content.strip_prefix(b"\"") {
        let close = memchr::memchr(b'"', rest)?;
        let open = 1 + close + 1 + memchr::memchr(b'"', rest.get(close + 1..)?)? + 1;
        let length = memchr::memchr(b'"', content.get(open..)?)?;
        let name = String::from_utf8_lossy(rest.get(..close)?).into_owned();
        return Some(Field { name, range: start + open..start + open + length, form: Form::Hashed });
    }
    let colon = memchr::memchr(b':', content)?;
    let mut from = colon + 1;
    for part in content.get(from..)?.split(|byte| *byte == b':').take(2) {
        if is_hash(part) {
            let name = String::from_utf8_lossy(content.get(..colon)?).into_owned();
            return Some(Field { name, range: start + from..start + from + part.len(), form: Form::Hashed });
        }
        from += part.len() + 1;
    }
    None
}

/// Recognizes what `crypt` and its successors write.
fn is_hash(part: &[u8]) -> bool {
    let digits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
    match part {
        [b'$', rest @ ..] => rest.contains(&b'$') && rest.len() > 12,
        [b'{', rest @ ..] => rest.contains(&b'}') && rest.len() > 12,
        _ if part.len() == 13 => part.iter().all(digits) && part.iter().any(u8::is_ascii_uppercase),
        _ => part.len() == 32 && part.iter().all(u8::is_ascii_hexdigit),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn hashes_are_read() {
        let apr1 = "$apr1$tp8glkbm$fjg65tI1eipoBh62aEjIy0";
        assert_eq!(super::read(format!("# x\nadmin:{apr1}\nb:\n").as_bytes()).len(), 1);
        check("userlist.txt", "\"a\" \"md5abcdef\"\n", &["md5abcdef"]);
        check(
            ".htdigest",
            "a:realm:0123456789abcdef0123456789abcde1\n",
            &["0123456789abcdef0123456789abcde1"],
        );
    }
}
