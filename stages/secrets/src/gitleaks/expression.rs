//! Rewrites an expression of Go's RE2 syntax where the same text means something else here.

/// Rewrites an expression. What is the same in both syntaxes, or wrong in both, stays as it is.
pub(super) fn translate(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len() + 8);
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let used = match first {
            '\\' if rest.starts_with("\\Q") => quoted(rest, &mut out),
            '\\' => escape(rest, &mut out),
            '[' => class(rest, &mut out),
            '{' if !is_repetition(rest) => push(&mut out, "\\{", 1),
            '}' => {
                let close = if ends_repetition(&out) { "}" } else { "\\}" };
                push(&mut out, close, 1)
            }
            _ => {
                out.push(first);
                first.len_utf8()
            }
        };
        rest = rest.get(used..).unwrap_or_default();
    }
    out
}

fn push(out: &mut String, text: &str, used: usize) -> usize {
    out.push_str(text);
    used
}

/// `\Q…\E` is all literal.
fn quoted(rest: &str, out: &mut String) -> usize {
    let body = rest.get(2..).unwrap_or_default();
    let (literal, used) =
        body.split_once("\\E").map_or((body, rest.len()), |(literal, _)| (literal, literal.len() + 4));
    out.push_str(&regex_syntax::escape(literal));
    used
}

/// Go lets any punctuation be escaped.
fn escape(rest: &str, out: &mut String) -> usize {
    let Some(next) = rest.chars().nth(1) else { return push(out, "\\\\", 1) };
    if matches!(next, '<' | '>') || !next.is_ascii() {
        out.push(next);
    } else {
        out.push('\\');
        out.push(next);
    }
    1 + next.len_utf8()
}

/// Tells whether `{` opens a repetition as `{3}`, `{3,}` or `{3,5}`.
fn is_repetition(rest: &str) -> bool {
    let Some((inside, _)) = rest.get(1..).and_then(|rest| rest.split_once('}')) else { return false };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

/// Tells whether what was written so far ends inside a repetition, or in the braces of `\x{…}` and `\p{…}`.
fn ends_repetition(out: &str) -> bool {
    let Some(open) = out.rfind('{') else { return false };
    let before = out.get(..open).unwrap_or_default();
    let inside = out.get(open..).unwrap_or_default();
    !before.ends_with('\\')
        && (is_repetition(&format!("{inside}}}"))
            || ["\\x", "\\p", "\\P"].iter().any(|mark| before.ends_with(mark)))
}

/// Inside a class `[`, `&&`, `--` and `~~` are operators here and characters in Go.
fn class(rest: &str, out: &mut String) -> usize {
    out.push('[');
    let mut used = 1;
    let mut first = true;
    if rest.get(used..).is_some_and(|rest| rest.starts_with('^')) {
        out.push('^');
        used += 1;
    }
    while let Some(inside) = rest.get(used..)
        && let Some(character) = inside.chars().next()
    {
        match character {
            ']' if !first => {
                out.push(']');
                return used + 1;
            }
            ']' => out.push_str("\\]"),
            '[' if inside.starts_with("[:") && inside.contains(":]") => {
                let length = inside.find(":]").map_or(2, |end| end + 2);
                out.push_str(inside.get(..length).unwrap_or_default());
                used += length;
                first = false;
                continue;
            }
            '[' => out.push_str("\\["),
            '\\' => {
                used += escape(inside, out);
                first = false;
                continue;
            }
            '&' | '~' => {
                out.push('\\');
                out.push(character);
            }
            '-' if inside.starts_with("--") || out.ends_with('-') => out.push_str("\\-"),
            other => out.push(other),
        }
        used += character.len_utf8();
        first = false;
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{Edges, Pattern};

    fn check(go: &str, matches: &[&str], misses: &[&str]) {
        let pattern = Pattern::new(translate(go), Edges::None);
        pattern.check().unwrap_or_else(|error| panic!("{go}: {error}"));
        let is_match = |text: &str| pattern.find(text.as_bytes(), 0..text.len()).is_some();
        for text in matches {
            assert!(is_match(text), "{go} {text}");
        }
        for text in misses {
            assert!(!is_match(text), "{go} {text}");
        }
    }

    #[test]
    fn the_same_text_means_the_same() {
        check("^[[a]$", &["[", "a"], &["b"]);
        check("^[]a]$", &["]", "a"], &["b"]);
        check("^[^]a]$", &["b"], &["]", "a"]);
        check("^[a&&b]$", &["&", "a"], &["c"]);
        check("^[a~~]$", &["~"], &["b"]);
        check("^[[:alpha:]_]$", &["x", "_"], &["1"]);
        check(r"^[\w.-]+$", &["a.b-c"], &["a b"]);
        check(r"^\Qa.b\E$", &["a.b"], &["axb"]);
        check(r"^\/\'\<$", &["/'<"], &[]);
        check("^a{$", &["a{"], &[]);
        check("^a{,2}$", &["a{,2}"], &["aa"]);
        check("^{a}{2}$", &["{a}}"], &["{a}"]);
        check("^a{2,}$", &["aaa"], &["a"]);
        check(r"^\x{41}$", &["A"], &["B"]);
        check("(?i)^ab(?P<x>c)$", &["ABC"], &["AB"]);
    }
}
