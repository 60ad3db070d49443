//! Names whose value stands apart, mostly on a line of its own: `name: DB_PASSWORD` above `value: …` (Kubernetes, Amazon ECS),
//! `variable "db_password" {` above `default = …` (Terraform), `DBPassword:` above `Default: …` (CloudFormation),
//! `password =` above its string.

use std::ops::Range;

use super::{Assignment, Operator, judge, name_around};
use crate::automaton::Occurrence;
use crate::detect::value_cut;
use crate::generic::name::{Name, Noun};
use crate::hint::Language;
use crate::pass::{Look, Pass};
use crate::text;
use crate::value::is_word;

/// Bytes behind the name in which its value is looked for.
const REACH: usize = 600;
/// Bytes of a line before the name, and of a key with its quotes.
const LONGEST_KEY: usize = 80;
/// Fields that may stand between a name and its value: a type, a description.
const MOST_FIELDS: usize = 8;

/// Fields that hold the name of something.
const LABELS: &[&str] = &["key", "name", "option_name", "parameterkey", "parametername", "variable"];
/// Fields that hold what it has.
const VALUES: &[&str] =
    &["default", "defaultvalue", "default_value", "parametervalue", "string", "stringvalue", "value"];

/// How a name announces that its value comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The name is what a field holds: `name: DB_PASSWORD`.
    Label,
    /// The name is an element's text: `<name>password</name>`.
    Element,
    /// The name opens a block: `variable "db_password" {`, `"DBPassword": {`.
    Block,
    /// The line ends behind the name and its operator.
    Dangling,
}

/// A name that announces a value, whatever follows its line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Announced {
    form: Form,
    name: Range<usize>,
    /// Where what belongs to the name goes on.
    rest: usize,
    /// Spaces before the line of the name.
    indent: usize,
}

/// Looks for a value that stands apart from the name around a keyword.
pub(super) fn detect(pass: &mut Pass<'_>, at: Occurrence) -> Look {
    let text = pass.text;
    let language = pass.context.hint.language;
    if at.start < pass.assigned {
        return Look::Idle;
    }
    let name = name_around(text, at.start..at.end);
    let Some(announced) = announced(text, name.clone(), language) else { return Look::Idle };
    pass.assigned = name.end;
    pass.span(name.start, name.start + REACH);
    let known = text.get(name).and_then(Name::of);
    if let (Some(assignment), Some(known)) = (find(text, &announced, language), known) {
        judge(pass, assignment, known);
    }
    // Another line may tell more elsewhere.
    Look::Open
}

/// Reads the line of a name. What it says depends on this line alone.
fn announced(text: &[u8], name: Range<usize>, language: Language) -> Option<Announced> {
    let behind = text.get(name.end..text.len().min(name.end + LONGEST_KEY))?;
    // Nearly all names end here.
    let closed = match behind.first() {
        Some(b'"' | b'\'') => 1,
        Some(b'\r' | b'\n' | b':' | b' ' | b',' | b'<') => 0,
        _ => return None,
    };
    let line_end = memchr::memchr(b'\n', behind).unwrap_or(behind.len());
    let line = text::line(text, name.start, LONGEST_KEY);
    let before = text.get(line.start..name.start)?;
    let tail = behind.get(closed..line_end)?.trim_ascii();
    let form = form(before, behind, tail, closed > 0, language)?;
    let known = Name::of(text.get(name.clone())?)?;
    // The key of a map, on a line of its own, is no credential's.
    if form == Form::Dangling && known.noun == Noun::Key && !known.qualified {
        return None;
    }
    let rest = match form {
        Form::Label => name.end + closed,
        Form::Element => name.end + memchr::memchr(b'>', behind)? + 1,
        Form::Block | Form::Dangling => name.end + line_end,
    };
    let indent = before.iter().take_while(|byte| **byte == b' ').count();
    Some(Announced { form, name, rest, indent })
}

fn form(before: &[u8], behind: &[u8], tail: &[u8], quoted: bool, language: Language) -> Option<Form> {
    if behind.starts_with(b"</") {
        let open = before.strip_suffix(b">")?;
        let tag = open.get(memchr::memrchr(b'<', open)? + 1..)?;
        return is_among(LABELS, tag).then_some(Form::Element);
    }
    if tail.is_empty() || tail.starts_with(b",") {
        return is_label(before, quoted).then_some(Form::Label);
    }
    if tail == b"{" && quoted {
        let lead = before.get(..before.len().checked_sub(1)?)?.trim_ascii();
        return (lead == b"variable").then_some(Form::Block);
    }
    let alone = before.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\''));
    match tail {
        b": {" | b":{" if quoted && alone => Some(Form::Block),
        b"=" | b":" | b"= (" | b"=>" | b":=" => Some(Form::Dangling),
        b": |" | b": |-" | b": >" | b": >-" if alone && may_be_yaml(language) => Some(Form::Dangling),
        _ => None,
    }
}

/// Tells whether a text may be YAML; of a blob in a history the path is not known at first.
const fn may_be_yaml(language: Language) -> bool {
    matches!(language, Language::Settings | Language::Unknown)
}

/// Tells whether what stands before a name is a field that holds names.
fn is_label(before: &[u8], quoted: bool) -> bool {
    let before =
        if quoted { before.get(..before.len().saturating_sub(1)).unwrap_or_default() } else { before };
    let field = before.trim_ascii_end();
    let Some(field) = field.strip_suffix(b":").or_else(|| field.strip_suffix(b"=")) else { return false };
    let field = field.trim_ascii_end();
    let field = field.strip_suffix(b"\"").or_else(|| field.strip_suffix(b"'")).unwrap_or(field);
    let length = field.iter().rev().take_while(|byte| is_word(**byte)).count();
    is_among(LABELS, field.get(field.len() - length..).unwrap_or_default())
}

fn is_among(words: &[&str], word: &[u8]) -> bool {
    words.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

/// Looks for the value of a name that announced one.
fn find(text: &[u8], found: &Announced, language: Language) -> Option<Assignment> {
    let end = text.len().min(found.name.start + REACH);
    let mut reader = Reader { text: text.get(..end)?, at: found.rest, lines: 0 };
    for _ in 0..MOST_FIELDS {
        reader.next_field()?;
        if let Some(assignment) = reader.literal(found, language) {
            return Some(assignment);
        }
        if found.form == Form::Element {
            return reader.element(found, language);
        }
        // What stands less deep belongs to another.
        if may_be_yaml(language) && found.form == Form::Dangling && reader.column() <= found.indent {
            return None;
        }
        if matches!(reader.line(), [b'#', ..] | [b'/', b'/', ..]) {
            reader.at += reader.line().len();
            continue;
        }
        let (field, operator) = reader.field()?;
        if is_among(VALUES, field) {
            if matches!(reader.line(), b"|" | b"|-" | b">" | b">-") {
                reader.at += reader.line().len();
                reader.next_field()?;
                reader.is_block_text(found, reader.line()).then_some(())?;
            }
            return reader.cut(found, operator, language);
        }
        if is_among(LABELS, field) {
            return None;
        }
        reader.pass_field();
    }
    None
}

/// A place in what follows a name.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// Line ends that were passed.
    lines: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes to the next field; `None` where the text, the block or the item of the name ends.
    fn next_field(&mut self) -> Option<()> {
        let rest = self.rest();
        let skipped =
            rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'{'))?;
        self.lines += memchr::memchr_iter(b'\n', rest.get(..skipped)?).count();
        self.at += skipped;
        let first = *self.rest().first()?;
        (!matches!(first, b'-' | b'}' | b']' | b')')).then_some(())
    }

    fn column(&self) -> usize {
        let before = self.text.get(..self.at).unwrap_or_default();
        self.at - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)
    }

    /// Returns the rest of the line.
    fn line(&self) -> &'a [u8] {
        let rest = self.rest();
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default().trim_ascii_end()
    }

    /// Reads the string, or the text of a block, that a dangling operator waited for.
    fn literal(&self, found: &Announced, language: Language) -> Option<Assignment> {
        if found.form != Form::Dangling || self.lines != 1 {
            return None;
        }
        let line = self.line();
        let quote = line.first().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        if quote.is_none() && !self.is_block_text(found, line) {
            return None;
        }
        let cut =
            self.cut(found, Operator::Assign, if quote.is_some() { Language::Code } else { language })?;
        let behind = self.text.get(cut.value.end + usize::from(quote.is_some())..self.at + line.len());
        // A key of a map, or a part of a longer expression, is no value.
        behind.unwrap_or_default().iter().all(|byte| matches!(byte, b',' | b';' | b')')).then_some(cut)
    }

    /// Tells whether a line is all of the text that `password: |` announces.
    fn is_block_text(&self, found: &Announced, line: &[u8]) -> bool {
        let announced = self.text.get(found.name.end..self.at).unwrap_or_default().trim_ascii_end();
        let is_block = announced.ends_with(b"|") || announced.ends_with(b">") || announced.ends_with(b"-");
        let next = self.text.get(self.at + line.len()..).unwrap_or_default();
        let next = next.get(next.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()..);
        let deeper = next.unwrap_or_default().iter().take_while(|byte| **byte == b' ').count();
        is_block && self.column() > found.indent && deeper < self.column() && !line.contains(&b' ')
    }

    /// Reads the name of a field and what ties its value to it.
    fn field(&mut self) -> Option<(&'a [u8], Operator)> {
        let rest = self.rest().get(..LONGEST_KEY.min(self.rest().len()))?;
        let open = usize::from(matches!(rest.first(), Some(b'"' | b'\'')));
        let length = rest.get(open..)?.iter().take_while(|byte| is_word(**byte)).count();
        let field = rest.get(open..open + length).filter(|field| !field.is_empty())?;
        let behind = rest.get(open + length + open..)?;
        let space = behind.iter().take_while(|byte| **byte == b' ').count();
        let operator = match behind.get(space)? {
            b':' => Operator::Colon,
            b'=' => Operator::Assign,
            // A block inside the block: what it holds is not the name's.
            _ => return None,
        };
        let behind = behind.get(space + 1..)?;
        let next = behind.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.at += open + length + open + space + 1 + next;
        Some((field, operator))
    }

    /// Passes the value of a field that is of no interest.
    fn pass_field(&mut self) {
        let line = self.line();
        let mut quote = None;
        let mut length = line.len();
        for (at, byte) in line.iter().enumerate() {
            match (quote, byte) {
                (None, b',') => {
                    length = at;
                    break;
                }
                (None, b'"' | b'\'') => quote = Some(*byte),
                (Some(open), byte) if open == *byte => quote = None,
                _ => {}
            }
        }
        self.at += length;
    }

    /// Reads `<value>…</value>`.
    fn element(&mut self, found: &Announced, language: Language) -> Option<Assignment> {
        let inside = self.rest().strip_prefix(b"<")?;
        let length = inside.iter().take_while(|byte| is_word(**byte)).count();
        let opens = is_among(VALUES, inside.get(..length)?) && inside.get(length) == Some(&b'>');
        self.at += opens.then_some(length + 2)?;
        self.cut(found, Operator::Element, language)
    }

    fn cut(&self, found: &Announced, operator: Operator, language: Language) -> Option<Assignment> {
        let cut = value_cut::cut(self.line(), operator, language, false)?;
        Some(Assignment {
            name: found.name.clone(),
            value: self.at + cut.range.start..self.at + cut.range.end,
            operator,
            quote: cut.quote,
            embedded: false,
            wrapped: cut.wrapped,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, language: Language, expected: Option<&str>) {
        let at = text.to_ascii_lowercase().find("pass").unwrap();
        let name = name_around(text.as_bytes(), at..at + 4);
        let found = announced(text.as_bytes(), name, language)
            .and_then(|found| find(text.as_bytes(), &found, language));
        assert_eq!(found.map(|found| &text[found.value]), expected, "{text}");
    }

    #[test]
    fn a_field_holds_the_name_and_another_the_value() {
        let yaml = |text: &str, expected| check(text, Language::Settings, expected);
        yaml("- name: DB_PASSWORD\n  value: \"k9XwLq27vT\"\n", Some("k9XwLq27vT"));
        yaml("- name: DB_PASSWORD\r\n  value: k9XwLq27vT\r\n", Some("k9XwLq27vT"));
        yaml("- name: \"DB_PASSWORD\" \n\n  value: k9XwLq27vT", Some("k9XwLq27vT"));
        yaml("  - key: db-password\n    secure: false\n    value: k9XwLq27vT", Some("k9XwLq27vT"));
        yaml("- {name: DB_PASSWORD, value: k9XwLq27vT}", Some("k9XwLq27vT"));
        yaml("  option_name: DB_PASSWORD\n  value: k9XwLq27vT", Some("k9XwLq27vT"));
        yaml("- name: DB_PASSWORD\n  # of the shop\n  value: k9XwLq27vT\n", Some("k9XwLq27vT"));
        yaml("- name: DB_PASSWORD\n  value: |-\n    k9XwLq27vT\n- name: x", Some("k9XwLq27vT"));
        yaml("- name: DB_PASSWORD\n  value: |\n    k9XwLq27vT\n    and more\n", None);
        yaml("- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: x", None);
        yaml("- name: DB_PASSWORD\n- value: k9XwLq27vT", None);
        yaml("- name: DB_PASSWORD\n  name: other\n  value: k9XwLq27vT", None);
        yaml("- label: DB_PASSWORD\n  value: k9XwLq27vT", None);
        yaml("- name: DB_PASSWORD\n", None);
        let json = |text: &str, expected| check(text, Language::Json, expected);
        json("{\"name\": \"DB_PASSWORD\", \"value\": \"k9XwLq27vT\"}", Some("k9XwLq27vT"));
        json("{\n \"Name\": \"DB_PASSWORD\",\n \"Value\": \"k9XwLq27vT\"\n}", Some("k9XwLq27vT"));
        json(
            "{\"name\": \"DB_PASSWORD\", \"note\": \"a, b\", \"value\": \"k9XwLq27vT\"}",
            Some("k9XwLq27vT"),
        );
        json("{\"name\": \"DB_PASSWORD\"}, {\"value\": \"k9XwLq27vT\"}", None);
        check("env(name='DB_PASSWORD', value='k9XwLq27vT')", Language::Code, Some("k9XwLq27vT"));
        let xml = |text: &str, expected| check(text, Language::Markup, expected);
        xml("<name>hive.Password</name>\n  <value>k9XwLq27vT</value>", Some("k9XwLq27vT"));
        xml("<key>password</key><string>k9XwLq27vT</string>", Some("k9XwLq27vT"));
        xml("<name>password</name>\n<note>k9XwLq27vT</note>", None);
    }

    #[test]
    fn the_name_opens_a_block() {
        let check = |text: &str, expected| check(text, Language::Settings, expected);
        check("variable \"db_password\" {\n  default = \"k9XwLq27vT\"\n}", Some("k9XwLq27vT"));
        check(
            "variable \"db_password\" {\n  type = string\n\n  default = \"k9XwLq27vT\"\n}",
            Some("k9XwLq27vT"),
        );
        check("variable \"db_password\" {\n}\nlocals {\n  default = \"k9XwLq27vT\"\n}", None);
        check("resource \"db_password\" {\n  default = \"k9XwLq27vT\"\n}", None);
        check("DBPassword:\n  Type: String\n  Default: k9XwLq27vT\n", Some("k9XwLq27vT"));
        check("DBPassword:\n  Type: String\nOther:\n  Default: k9XwLq27vT\n", None);
        let text = "\"DBPassword\": {\n  \"Type\": \"String\",\n  \"Default\": \"k9XwLq27vT\"\n}";
        super::tests::check(text, Language::Json, Some("k9XwLq27vT"));
    }

    #[test]
    fn the_value_stands_below() {
        let code = |text: &str, expected| check(text, Language::Code, expected);
        code("const password =\n  \"k9XwLq27vT\";", Some("k9XwLq27vT"));
        code("password = (\n  'k9XwLq27vT'\n)", Some("k9XwLq27vT"));
        code("\"password\":\n  \"k9XwLq27vT\",", Some("k9XwLq27vT"));
        code("password =\n  \"k9XwLq27vT\" + other", None);
        code("password =\n  \"k9XwLq27vT\": 1", None);
        code("password =\n\n  \"k9XwLq27vT\"", None);
        code("password =\n  other(\"k9XwLq27vT\")", None);
        let yaml = |text: &str, expected| check(text, Language::Settings, expected);
        yaml("password:\n  \"k9XwLq27vT\"\nuser: ann", Some("k9XwLq27vT"));
        yaml("password: |\n  k9XwLq27vT\nuser: ann", Some("k9XwLq27vT"));
        yaml("password: >-\n  k9XwLq27vT\n  and more\n", None);
        check("password: >-\n  k9XwLq27vT\n", Language::Unknown, Some("k9XwLq27vT"));
        check("password: >-\n  k9XwLq27vT\n", Language::Prose, None);
        yaml("password: |\n  the words of it\n", None);
        yaml("password:\n  k9XwLq27vT\n", None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(text: Vec<u8>, at: u16) {
            let start = usize::from(at) % (text.len() + 1);
            let line = [b"name: password\n value: ".as_slice(), &text, b"<name>password</name>", &text].concat();
            for at in [6, line.len().min(start)] {
                let name = name_around(&line, at..at);
                for language in [Language::Code, Language::Settings, Language::Markup] {
                    let found = announced(&line, name.clone(), language)
                        .and_then(|found| find(&line, &found, language));
                    proptest::prop_assert!(found.is_none_or(|found| found.value.end <= line.len()));
                }
            }
        }
    }
}
