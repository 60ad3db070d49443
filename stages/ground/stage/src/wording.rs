//! What the YAML reader says, in the words of someone who writes a pipeline file.

use crate::suggestion;

/// Lines behind its message in which a tab is looked for.
const MOST_LINES: usize = 100;

/// Rewords a message of the YAML reader; what is not known here stays as it is.
pub(crate) fn reword(message: &str) -> String {
    let unknown = [("unknown field `", "key"), ("unknown variant `", "value")];
    for (opening, what) in unknown {
        if let Some(rest) = message.strip_prefix(opening) {
            return unknown_word(rest, what).unwrap_or_else(|| message.to_owned());
        }
    }
    if let Some(name) = message.strip_prefix("duplicate mapping key: ") {
        let name = name.split_once(", set ").map_or(name, |(name, _)| name);
        return format!("duplicate key `{name}`");
    }
    if let Some(name) = message.strip_prefix("missing field `") {
        return format!("the key `{name} is missing");
    }
    if let Some((_, expected)) =
        message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "))
    {
        return format!("{expected} is expected here");
    }
    match message {
        "expected sequence start" => "a list is expected here".to_owned(),
        "expected mapping start" => "a map is expected here".to_owned(),
        "expected string scalar" => "text is expected here".to_owned(),
        "cannot deserialize null into string; use Option<String>" => "text is expected here".to_owned(),
        "invalid u8" => "a whole number from 0 to 255 is expected here".to_owned(),
        "invalid u16" => "a whole number from 0 to 65535 is expected here".to_owned(),
        "invalid u32" | "invalid u64" | "invalid usize" => {
            "a number without sign and fraction is expected here".to_owned()
        }
        "invalid boolean" => "`true` or `false` is expected here".to_owned(),
        "externally tagged enum expected scalar or mapping" => "a word or a map is expected here".to_owned(),
        _ => message.to_owned(),
    }
}

/// Returns the action that a message asks for; `None` where its place says it all.
pub(crate) fn action(message: &str) -> Option<String> {
    if let Some((_, meant)) = message.rsplit_once("; did you mean ") {
        return Some(format!("write {}", meant.trim_end_matches('?')));
    }
    if let Some(expected) = message.strip_suffix(" is expected here") {
        return Some(format!("write {expected}"));
    }
    let starts = |words: &[&str]| words.iter().any(|start| message.starts_with(start));
    let action = match message {
        TAB => "put spaces in the place of the tab",
        _ if starts(&["unknown "]) => "take it out, or write one of those that are known",
        _ if starts(&["duplicate key "]) => "keep one of the two",
        _ if starts(&["the key "]) && message.ends_with(" is missing") => "add the key",
        _ if message.ends_with(" is a map of keys and values") => "write it as keys, each with its value",
        _ if starts(&["unclosed "]) => "close it",
        _ if starts(&["mapping values are not allowed"]) => "put the value in quotes, or below its key",
        _ => return closing(message),
    };
    Some(action.to_owned())
}

/// Returns the action with which a message closes: `no date: write it as 2027-01-31`. What it quotes may say anything.
fn closing(message: &str) -> Option<String> {
    let quotes = |text: &str| text.matches('`').count() % 2 == 1;
    let begins = |opening: &str| {
        let (before, action) = message.rsplit_once(opening)?;
        (!quotes(before)).then(|| format!("{}{action}", opening.trim_start_matches([':', ';', ' '])))
    };
    [": write ", "; write ", ": use ", ": begin "].into_iter().find_map(begins)
}

/// What is wrong with a tab in front of a line.
pub const TAB: &str = "a tab cannot indent YAML: use spaces";

/// Returns the line and column of the tab that indents, where `message`, of a YAML reader at `line`, comes of one: readers
/// point behind it, or at the end of what stands before.
pub fn indenting_tab(text: &str, line: usize, message: &str) -> Option<(usize, usize)> {
    let mut words = message.split(|character: char| !character.is_alphabetic());
    if !words.any(|word| matches!(word, "tab" | "tabs")) {
        return None;
    }
    let tab = |(at, line): (usize, &str)| {
        let blank = line.chars().take_while(|character| matches!(character, ' ' | '\t'));
        Some((at + 1, blank.collect::<String>().find('\t')? + 1))
    };
    text.lines().enumerate().skip(line.saturating_sub(1)).take(MOST_LINES).find_map(tab)
}

/// Rewords ``x`, expected one of a, b``; `None` when it has another form.
fn unknown_word(rest: &str, what: &str) -> Option<String> {
    let (word, expected) = rest.split_once("`, expected ")?;
    let list = expected.strip_prefix("one of ").unwrap_or(expected);
    let known: Vec<&str> =
        list.split([',', ' ']).map(|name| name.trim_matches('`')).filter(|name| !name.is_empty()).collect();
    if known.is_empty() {
        return Some(format!("unknown {what} `{}`", word.escape_debug()));
    }
    let hint = match suggestion(word, known.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("known are `{}`", known.join("`, `")),
    };
    Some(format!("unknown {what} `{}`; {hint}", word.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &str) {
        assert_eq!(reword(message), expected);
    }

    #[test]
    fn an_action_is_what_closes_the_message() {
        let check = |message: &str, expected: Option<&str>| {
            assert_eq!(action(message).as_deref(), expected, "{message}");
        };
        check("`a` is no date: write it as 2027-01-31", Some("write it as 2027-01-31"));
        check("the entry cannot be an alias; write it out", Some("write it out"));
        check("`A` is not a name: use lower-case letters", Some("use lower-case letters"));
        check("the version is a number: write `version: 1`", Some("write `version: 1`"));
        check("a list is expected here", Some("write a list"));
        check("`true` or `false` is expected here", Some("write `true` or `false`"));
        check("`x; did you mean y` is unknown; did you mean `z`?", Some("write `z`"));
        check("`x: write nothing` is odd", None);
        check("something else", None);
    }

    #[test]
    fn a_tab_that_indents_is_pointed_at() {
        let check = |text: &str, line, expected| {
            assert_eq!(indenting_tab(text, line, "found a tab"), expected, "{text:?}");
        };
        check("a:\n\tb: c\n", 2, Some((2, 1)));
        check("a:\n  \tb: c\n", 2, Some((2, 3)));
        check("a: b\n\n\tc\n", 1, Some((3, 1)));
        check("\ta: b\nc:\td\n", 2, None);
        assert_eq!(indenting_tab("a:\n\tb: [\n", 2, "the table is not closed"), None);
    }

    #[test]
    fn the_reader_speaks_of_keys_lists_and_maps() {
        check(
            "unknown field `hystory`, expected one of history, deny",
            "unknown key `hystory`; did you mean `history`?",
        );
        check(
            "unknown field `x`, expected one of history, deny",
            "unknown key `x`; known are `history`, `deny`",
        );
        check(
            "unknown field `x`, expected one of `history`, `deny`",
            "unknown key `x`; known are `history`, `deny`",
        );
        check(
            "unknown variant `ful`, expected one of full, change",
            "unknown value `ful`; did you mean `full`?",
        );
        check("unknown field `x`, expected one of ", "unknown key `x`");
        check("unknown field `x`, there are no fields", "unknown field `x`, there are no fields");
        check(
            "duplicate mapping key: a, set DuplicateKeyPolicy in Options if acceptable",
            "duplicate key `a`",
        );
        check("missing field `reason`", "the key `reason` is missing");
        check("expected sequence start", "a list is expected here");
        check("invalid u8", "a whole number from 0 to 255 is expected here");
        check("invalid u64", "a number without sign and fraction is expected here");
        check("invalid type: map, expected a word or a list", "a word or a list is expected here");
        check("something else", "something else");
    }
}
