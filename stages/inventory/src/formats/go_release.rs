//! The Go release that a module or a workspace names. Advisories of its standard library and of its tools stand under two
//! modules that no file requires.
//!
//! A `toolchain` line names the release that is used, where a newer one is not installed; without one the `go` line is
//! the least that can be used, and the one release that is known. Which one a machine takes in the end no file tells.

use std::borrow::Cow;

use model::Ecosystem;

use super::go_mod::Directive;
use crate::format::package;
use crate::graph::Graph;
use crate::text::{Lines, Piece};

/// The modules under which advisories of the release stand.
const MODULES: [&str; 2] = ["stdlib", "toolchain"];

/// Adds the release that the directives name.
pub(super) fn add(directives: &[Directive<'_>], lines: &Lines<'_>, graph: &mut Graph) {
    let word = |verb: &str| directives.iter().rfind(|one| one.verb == verb)?.words.first();
    // `default` stands for whatever is installed.
    let toolchain = word("toolchain").and_then(|word| Some((word, word.text.strip_prefix("go")?)));
    let language = word("go").map(|word| (word, &*word.text));
    let named: [Option<(&Piece<'_>, Cow<'_, str>)>; 2] =
        [toolchain, language].map(|named| named.map(|(word, text)| (word, version(text))));
    let (word, version) = match named {
        // A toolchain older than the language is not taken.
        [Some(one), Some(other)] => {
            let newer = advisory::compare(Ecosystem::Go, &other.1, &one.1).is_ok_and(|order| order.is_gt());
            if newer { other } else { one }
        }
        [Some(one), None] | [None, Some(one)] => one,
        [None, None] => return,
    };
    for module in MODULES {
        let mut found = package(Ecosystem::Go, module, &version, lines.span(&word.at));
        found.direct = Some(true);
        graph.add(found);
    }
}

/// Returns a release as advisories write it: `1.21.0-rc.2` for `1.21rc2`. What is built from a release, `1.21.3-custom`,
/// is that release.
fn version(text: &str) -> Cow<'_, str> {
    let text = text.split(['-', '+']).next().unwrap_or(text);
    let Some(at) = text.find(|c: char| c.is_ascii_alphabetic()) else {
        return Cow::Borrowed(text);
    };
    let (numbers, word) = text.split_at(at);
    let count = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
    let (word, count) = word.split_at(count);
    if count.is_empty() || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(text);
    }
    let zeros = ".0".repeat(2_usize.saturating_sub(numbers.matches('.').count()));
    Cow::Owned(format!("{numbers}{zeros}-{word}.{count}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_written_as_advisories_write_them() {
        for (written, expected) in [
            ("1.21rc2", "1.21.0-rc.2"),
            ("1.18beta1", "1.18.0-beta.1"),
            ("1.9.2rc2", "1.9.2-rc.2"),
            ("1.22.3", "1.22.3"),
            ("1.21", "1.21"),
            ("1.21.3-custom", "1.21.3"),
            ("1.21.3+auto", "1.21.3"),
            ("1.x", "1.x"),
        ] {
            assert_eq!(version(written), expected);
        }
    }
}
