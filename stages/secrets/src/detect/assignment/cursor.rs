//! Reads what stands between a name and its value.

use crate::detect::assignment::Operator;
use crate::hint::Language;
use crate::value::is_word;

/// Returns the length of `value=`: markup that gives name and value as two attributes.
fn value_attribute(rest: &[u8]) -> Option<usize> {
    let behind =
        rest.get(5..).filter(|_| rest.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"value")))?;
    let space = behind.iter().take_while(|byte| **byte == b' ').count();
    (behind.get(space) == Some(&b'=')).then_some(5 + space + 1)
}

/// A place on the rest of a line.
pub(super) struct Cursor<'a> {
    pub(super) rest: &'a [u8],
    pub(super) at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.rest.get(self.at).copied()
    }

    /// Passes spaces; tells how many.
    pub(super) fn skip_space(&mut self) -> usize {
        let from = self.at;
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.at - from
    }

    /// Passes the quote and the bracket that close a quoted name; tells whether the name was quoted.
    pub(super) fn close_name(&mut self, opening: Option<u8>) -> bool {
        // In a string inside a string the quotes are escaped.
        if self.peek() == Some(b'\\') && matches!(self.rest.get(self.at + 1), Some(b'"' | b'\'')) {
            self.at += 1;
        }
        let quoted = matches!(self.peek(), Some(b'"' | b'\'' | b'`'));
        if quoted {
            self.at += 1;
        }
        if matches!(self.peek(), Some(b']')) {
            self.at += 1;
        }
        quoted && opening.is_none_or(|byte| !byte.is_ascii_alphanumeric())
    }

    /// Passes what ties a value to the name before it, and what stands between them; `opening` is the byte before the name.
    pub(super) fn operator(
        &mut self,
        opening: Option<u8>,
        quoted: bool,
        language: Language,
    ) -> Option<Operator> {
        let space = self.skip_space();
        let rest = self.rest.get(self.at..)?;
        let (operator, length) = match rest {
            [b'=', b'=', b'=', ..] | [b'!', b'=', b'=', ..] => (Operator::Compare, 3),
            [b'=' | b'!', b'=', ..] => (Operator::Compare, 2),
            [b'=', b'>', ..] | [b':' | b'?' | b'+', b'=', ..] => (Operator::Assign, 2),
            [b'|', b'|', b'=', ..] => (Operator::Assign, 3),
            [b'-', b'>', ..] if quoted => (Operator::Assign, 2),
            [b'=', ..] => (Operator::Assign, 1),
            [b':', b':', ..] => return None,
            [b':', ..] => return Some(self.colon(language)),
            [b',', ..] if quoted => (Operator::Comma, 1),
            [b'(', ..] if !quoted && space == 0 => (Operator::Call, 1),
            [b'>', ..] if (quoted || matches!(opening, Some(b'<' | b':'))) && space == 0 => {
                (Operator::Element, 1)
            }
            [b'v' | b'V', ..] if quoted && space > 0 => (Operator::Assign, value_attribute(rest)?),
            // A type never follows a quoted name: `for="password" class="x"`.
            [_, ..] if space > 0 && quoted => return Some(Operator::Space),
            // Nor an element's: `<KeyIcon className="x"`.
            [_, ..] if space > 0 && opening == Some(b'<') => return None,
            [first, ..] if space > 0 => return self.behind_space(*first, language),
            _ => return None,
        };
        self.at += length;
        Some(operator)
    }

    /// After a colon stands the value, or a type and then the value.
    fn colon(&mut self, language: Language) -> Operator {
        self.at += 1;
        if language != Language::Code {
            return Operator::Colon;
        }
        let rest = self.rest.get(self.at..).unwrap_or_default();
        let typed = rest
            .iter()
            .take(48)
            .take_while(|byte| {
                is_word(**byte)
                    || matches!(
                        byte,
                        b' ' | b'&' | b'<' | b'>' | b'[' | b']' | b'?' | b'\'' | b'.' | b'*' | b'|'
                    )
            })
            .count();
        match (rest.get(typed), rest.get(typed + 1)) {
            (Some(b'='), Some(next))
                if !matches!(next, b'=' | b'>') && !rest.get(..typed).unwrap_or_default().contains(&b'"') =>
            {
                self.at += typed + 1;
                Operator::Assign
            }
            _ => Operator::Colon,
        }
    }

    /// Nothing but space behind the name: an option's argument, or a type and then the value.
    fn behind_space(&mut self, first: u8, language: Language) -> Option<Operator> {
        if language == Language::Code && first.is_ascii_alphabetic() {
            // Go writes the type between name and value.
            let rest = self.rest.get(self.at..)?;
            let typed = rest
                .iter()
                .take(24)
                .take_while(|byte| is_word(**byte) || matches!(byte, b'[' | b']'))
                .count();
            let behind = rest.get(typed..)?.iter().take_while(|byte| **byte == b' ').count();
            if rest.get(typed + behind) == Some(&b'=') && rest.get(typed + behind + 1) != Some(&b'=') {
                self.at += typed + behind + 1;
                return Some(Operator::Assign);
            }
        }
        // Whether space is enough is for the caller, who sees what stands before.
        Some(Operator::Space)
    }
}
