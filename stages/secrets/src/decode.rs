//! Credentials inside encoded values: base64, hexadecimal, percent escapes.

use std::ops::Range;

use model::SecretVerdict;

use crate::archive;
use crate::candidate::Source;
use crate::check;
use crate::detect::der;
use crate::engine_rule::EngineRule;
use crate::hint::Hint;
use crate::limit::Limit;
use crate::pass::{Look, Pass};
use crate::scan::{Context, Found};

/// How deep encodings are undone.
const DEEPEST: usize = 2;
/// Fewest characters of an encoded value: less holds no credential with what surrounds it.
const SHORTEST: usize = 32;
/// Longest encoded value that is decoded.
const LONGEST: usize = 4 << 20;
/// Fewest digits of a line of an encoded value that goes on in the next line, and where the next has as many.
const LINE: usize = 60;
const SHORT_LINE: usize = 44;
/// Folders that may stand before an encoded value.
const MOST_FOLDERS: usize = 16;
/// Escapes that a word must have to be percent-encoded on purpose.
const FEWEST_ESCAPES: usize = 3;

/// The encodings that are undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Base64,
    Hex,
    Percent,
}

impl Encoding {
    const fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent",
        }
    }
}

/// Decodes what is encoded inside `ranges` of the pass's text, and searches it.
pub(crate) fn search(pass: &mut Pass<'_>, ranges: &[Range<usize>], depth: usize) {
    if depth >= DEEPEST {
        return;
    }
    for range in ranges {
        for run in runs(pass.text, range.clone()) {
            if look_inside(pass, run.clone(), depth) == Look::Open || may_be_joined(pass.text, &run) {
                pass.open.push(run.clone());
                pass.spans.push(run);
            }
        }
        for word in escaped(pass.text, range.clone()) {
            pass.open.push(word.clone());
            let Some(inner) = pass.text.get(word.clone()).map(percent) else { continue };
            if spend(inner.len(), pass) {
                descend(pass, &inner, word, Encoding::Percent, depth);
            }
        }
    }
}

fn spend(bytes: usize, pass: &mut Pass<'_>) -> bool {
    let may = pass.context.budget.decode(bytes);
    if !may {
        pass.found.limit(Limit::Decoding);
    }
    may
}

/// Decodes one run of digits when a taste of it is worth it.
fn look_inside(pass: &mut Pass<'_>, run: Range<usize>, depth: usize) -> Look {
    let Some((encoding, skipped)) = pass.text.get(run.clone()).and_then(taste_behind_path) else {
        return Look::Idle;
    };
    let run = run.start + skipped..run.end;
    let Some(encoded) = pass.text.get(run.clone()) else { return Look::Idle };
    if run.len() > LONGEST || !spend(run.len(), pass) {
        pass.found.limit(Limit::Decoding);
        return Look::Open;
    }
    let decoded = match encoding {
        Encoding::Base64 => base64_lines(encoded),
        Encoding::Hex => hex(encoded),
        Encoding::Percent => Some(percent(encoded)),
    };
    let Some(inner) = decoded else { return Look::Open };
    if encoding == Encoding::Base64 && inner.first() == Some(&0x30) {
        if let Some(key) = der::recognize(&inner) {
            bare_key(pass, run, inner, key);
        }
        return Look::Open;
    }
    if pass.context.options.archives
        && archive::Kind::of(&inner).is_some()
        && let Some(found) = pass.context.open(&inner, depth + 1)
    {
        pass.found.lift(found, &inner, run, &[encoding.name().to_owned()]);
        return Look::Open;
    }
    descend(pass, &inner, run, encoding, depth);
    Look::Open
}

fn descend(pass: &mut Pass<'_>, inner: &[u8], outer: Range<usize>, encoding: Encoding, depth: usize) {
    let context = Context { hint: &Hint::NONE, plain: None, ..pass.context };
    let found: Found = context.search(inner, std::slice::from_ref(&(0..inner.len())), depth + 1);
    pass.found.lift(found, inner, outer, &[encoding.name().to_owned()]);
}

/// A private key without its armor.
fn bare_key(pass: &mut Pass<'_>, run: Range<usize>, inner: Vec<u8>, key: der::Key) {
    // Inside its armor the key is found with it.
    let before = pass.text.get(run.start.saturating_sub(80)..run.start).unwrap_or_default();
    let in_armor = memchr::memmem::find(before, b"-----BEGIN").is_some();
    let rule = match key {
        der::Key::Private => EngineRule::PrivateKey,
        der::Key::Encrypted => EngineRule::EncryptedPrivateKey,
        der::Key::Container => EngineRule::KeyStore,
    };
    if !in_armor && let Some(candidate) = pass.push(rule, run, Source::Structure, SecretVerdict::Checksum) {
        candidate.value = Some(inner);
        candidate.decoded = vec![Encoding::Base64.name().to_owned()];
        candidate.name = "private key".to_owned();
    }
}

/// Tells whether a byte is a digit of one of both alphabets of base64. Made of comparisons alone, so that the compiler can ask
/// for many bytes at once.
const fn is_digit(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // From `+` to `9`, but for `,` and `.`.
    let figure = (byte.wrapping_sub(b'+') < 15) & (byte != b',') & (byte != b'.');
    letter | figure | (byte == b'_')
}

/// Bytes of a block, one of which lies in every run of [`SHORTEST`].
const BLOCK: usize = SHORTEST / 2;

#[inline]
fn is_all_digits(block: &[u8; BLOCK]) -> bool {
    block.iter().fold(true, |all, byte| all & is_digit(*byte))
}

/// Returns how many digits a text begins with.
fn digits_ahead(text: &[u8]) -> usize {
    let (blocks, _) = text.as_chunks::<BLOCK>();
    let whole = BLOCK * blocks.iter().take_while(|block| is_all_digits(block)).count();
    let rest = text.get(whole..).unwrap_or_default();
    whole + rest.iter().take_while(|byte| is_digit(**byte)).count()
}

/// Returns how many digits a text ends with.
fn digits_behind(text: &[u8]) -> usize {
    let (_, blocks) = text.as_rchunks::<BLOCK>();
    let whole = BLOCK * blocks.iter().rev().take_while(|block| is_all_digits(block)).count();
    let rest = text.get(..text.len() - whole).unwrap_or_default();
    whole + rest.iter().rev().take_while(|byte| is_digit(**byte)).count()
}

/// Returns the runs of base64 digits of at least [`SHORTEST`] characters that reach into `range`, lines of equal length joined.
/// Blocks are looked at as a whole until one is all digits, so that plain text costs next to nothing.
fn runs(text: &[u8], range: Range<usize>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let from = range.start.saturating_sub(BLOCK);
    let part = text.get(from..text.len().min(range.end.saturating_add(BLOCK))).unwrap_or_default();
    let mut done = 0;
    for (number, block) in part.as_chunks::<BLOCK>().0.iter().enumerate() {
        let at = from + number * BLOCK;
        if !is_all_digits(block) || at < done {
            continue;
        }
        let before = text.get(done.max(at.saturating_sub(LONGEST))..at).unwrap_or_default();
        let start = at - digits_behind(before);
        let stop = at + digits_ahead(text.get(at..text.len().min(at + LONGEST)).unwrap_or_default());
        if stop - start >= SHORTEST {
            let padding = text.get(stop..).unwrap_or_default().iter().take(2);
            join(&mut found, text, start..stop + padding.take_while(|byte| **byte == b'=').count());
        }
        done = stop;
    }
    found
}

/// Tells whether a run may be one with that of the line before or behind, whichever lines those are.
fn may_be_joined(text: &[u8], run: &Range<usize>) -> bool {
    let before = text.get(..run.start).unwrap_or_default().trim_ascii_end();
    let leads = text.get(before.len()..run.start).is_some_and(|space| space.contains(&b'\n'));
    let ends = matches!(text.get(run.end..), None | Some([] | [b'\n', ..] | [b'\r', b'\n', ..]));
    leads || before.is_empty() || ends && run.len() >= SHORT_LINE
}

/// Appends a run, or makes it the next line of the last one.
fn join(found: &mut Vec<Range<usize>>, text: &[u8], run: Range<usize>) {
    if let Some(last) = found.last_mut() {
        let between = text.get(last.end..run.start).unwrap_or_default();
        let line_end = between.first() == Some(&b'\n') || between.starts_with(b"\r\n");
        // Property lists break lines earlier than all others do.
        let is_full = last.len() >= LINE || last.len() >= SHORT_LINE && run.len() == last.len();
        if line_end && between.len() <= 40 && between.iter().all(u8::is_ascii_whitespace) && is_full {
            last.end = run.end;
            return;
        }
    }
    found.push(run);
}

/// Tells what the run is, or what stands in it behind a path: `/` is a digit too. With it, how much of the run the path is.
fn taste_behind_path(run: &[u8]) -> Option<(Encoding, usize)> {
    let behind = |slash: usize| slash + 1;
    std::iter::once(0)
        .chain(memchr::memchr_iter(b'/', run).take(MOST_FOLDERS).map(behind))
        .filter(|start| run.len() - start >= SHORTEST)
        .find_map(|start| Some((taste(run.get(start..)?)?, start)))
}

/// Decodes the first characters and tells what the run is, when it can be text, an archive or a key.
fn taste(encoded: &[u8]) -> Option<Encoding> {
    let head = encoded.get(..48.min(encoded.len()))?;
    if head.iter().all(u8::is_ascii_hexdigit) {
        let inner = hex(head.get(..head.len() / 2 * 2)?)?;
        return is_promising(&inner).then_some(Encoding::Hex);
    }
    let head = head.split(u8::is_ascii_whitespace).next()?;
    let mut inner = [0; 36];
    let mut promises = |digits: usize| check::base64_into(head.get(..digits)?, &mut inner).map(is_promising);
    // Of most words and paths the first bytes say enough.
    (promises(8)? && promises(head.len() / 4 * 4)?).then_some(Encoding::Base64)
}

/// Tells whether decoded bytes are worth a look: text throughout, an archive, a key.
fn is_promising(inner: &[u8]) -> bool {
    is_text(inner) || archive::Kind::of(inner).is_some() || matches!(inner, [0x30, 0x81..=0x84, ..])
}

/// Tells whether the bytes are the beginning of a text in UTF-8.
fn is_text(bytes: &[u8]) -> bool {
    let plain = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E | 0x80..);
    // The last character may be cut off.
    let whole = std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
    whole && bytes.iter().all(plain)
}

fn base64_lines(encoded: &[u8]) -> Option<Vec<u8>> {
    if memchr::memchr(b'\n', encoded).is_none() {
        // A run may be a word or two too long on either side; whole groups are taken.
        return check::base64(encoded).or_else(|| check::base64(encoded.get(..encoded.len() / 4 * 4)?));
    }
    let digits: Vec<u8> = encoded.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    check::base64(&digits).or_else(|| check::base64(digits.get(..digits.len() / 4 * 4)?))
}

/// Decodes pairs of digits; one that is left over at the end is no part of the value.
fn hex(encoded: &[u8]) -> Option<Vec<u8>> {
    model::hex::decode(encoded.get(..encoded.len() / 2 * 2)?)
}

/// Returns the words with at least [`FEWEST_ESCAPES`] percent escapes.
fn escaped(text: &[u8], range: Range<usize>) -> Vec<Range<usize>> {
    let end = range.end.min(text.len());
    let Some(part) = text.get(range.start..end) else { return Vec::new() };
    let mut found: Vec<Range<usize>> = Vec::new();
    for at in memchr::memchr_iter(b'%', part).map(|at| range.start + at) {
        if found.last().is_some_and(|last| at < last.end) || !is_escape(text, at) {
            continue;
        }
        let in_word =
            |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`');
        let before = text.get(at.saturating_sub(512)..at).unwrap_or_default();
        let start = at - before.iter().rev().take_while(|byte| in_word(byte)).count();
        let behind = text.get(at..end.min(at + 8192)).unwrap_or_default();
        let stop = at + behind.iter().take_while(|byte| in_word(byte)).count();
        let word = text.get(start..stop).unwrap_or_default();
        let escapes = memchr::memchr_iter(b'%', word).filter(|at| is_escape(word, *at)).count();
        if escapes >= FEWEST_ESCAPES {
            found.push(start..stop);
        }
    }
    found
}

fn is_escape(text: &[u8], at: usize) -> bool {
    matches!(text.get(at + 1..at + 3), Some([a, b]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

fn percent(encoded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'%' && is_escape(rest, 0) {
            out.extend(behind.get(..2).and_then(hex).unwrap_or_default());
            rest = behind.get(2..).unwrap_or_default();
        } else {
            out.push(*first);
            rest = behind;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn runs_are_found_and_lines_joined() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<_> =
                runs(text.as_bytes(), 0..text.len()).into_iter().map(|run| &text[run]).collect();
            assert_eq!(found, expected, "{text}");
        };
        let run = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo";
        check("plain text with words and nothing else in it at all, whatever its length", &[]);
        check(run, &[run]);
        check(&format!("x = '{run}=='"), &[&format!("{run}==")]);
        check(&format!("{run} {run}"), &[run, run]);
        let line = "QUJD".repeat(19);
        check(&format!("  {line}\n  {line}\n  {run}"), &[&format!("{line}\n  {line}\n  {run}")]);
    }

    #[test]
    fn only_what_decodes_to_something_is_decoded() {
        let check = |encoded: &str, expected: Option<Encoding>| {
            assert_eq!(taste(encoded.as_bytes()), expected, "{encoded}")
        };
        check(&STANDARD.encode("username=admin and some more text"), Some(Encoding::Base64));
        check("75736572206e616d6520616e6420736f6d65206d6f72652074657874", Some(Encoding::Hex));
        check(&STANDARD.encode("Passwort für den Zugang zur Küche"), Some(Encoding::Base64));
        check("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", None);
        check("ThisIsAnIdentifierThatIsQuiteLongAndNotBase64", None);
        check(
            &STANDARD.encode([
                0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 200, 201, 202, 203, 204,
            ]),
            Some(Encoding::Base64),
        );
    }

    #[test]
    fn a_value_behind_a_path_is_found() {
        let value = STANDARD.encode("username=admin and some more text");
        let check = |run: String, expected| assert_eq!(taste_behind_path(run.as_bytes()), expected, "{run}");
        check(value.clone(), Some((Encoding::Base64, 0)));
        check(format!("/api/v1/{value}"), Some((Encoding::Base64, 8)));
        check("src/components/authentication/providers/index".to_owned(), None);
    }

    #[test]
    fn percent_escapes_are_undone() {
        assert_eq!(percent(b"a%3Db%2fc%zz%"), b"a=b/c%zz%");
        let text = "x token%3Dabc%26x%3D1 y 100%25";
        assert_eq!(escaped(text.as_bytes(), 0..text.len()), std::slice::from_ref(&(2..21)));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(text: Vec<u8>, start: u8, end: u16) {
            let range = usize::from(start).min(text.len())..usize::from(end).min(text.len());
            if range.start <= range.end {
                for found in runs(&text, range.clone()).into_iter().chain(escaped(&text, range.clone())) {
                    proptest::prop_assert!(found.end <= text.len());
                    taste(&text[found]);
                }
            }
            percent(&text);
        }
    }
}
