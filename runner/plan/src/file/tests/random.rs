//! Random pipeline files in every style that people write.

/// Rolls fixed beforehand.
struct Dice<'a> {
    rolls: std::iter::Copied<std::slice::Iter<'a, u8>>,
    anchors: Vec<String>,
    anchor_count: usize,
}

impl Dice<'_> {
    /// A number below `sides`; 0 when the rolls are used up.
    fn roll(&mut self, sides: u8) -> u8 {
        self.rolls.next().map_or(0, |roll| roll % sides)
    }
}

/// Writes a valid file.
pub(super) fn file(rolls: &[u8]) -> String {
    let mut dice = Dice { rolls: rolls.iter().copied(), anchors: Vec::new(), anchor_count: 0 };
    let mut text = String::new();
    if dice.roll(4) == 1 {
        text.push('\u{feff}');
    }
    if dice.roll(5) == 1 {
        return as_json(&mut dice, text);
    }
    noise(&mut dice, &mut text);
    text.push_str("version: 1\n");
    if dice.roll(3) == 1 {
        gate(&mut dice, &mut text);
        stages(&mut dice, &mut text);
    } else {
        stages(&mut dice, &mut text);
        gate(&mut dice, &mut text);
    }
    if dice.roll(3) == 1 { text.replace('\n', "\r\n") } else { text }
}

/// Writes the file in flow style from end to end.
fn as_json(dice: &mut Dice<'_>, mut text: String) -> String {
    text.push_str("{ version: 1, gate: ");
    flow(dice, &mut text, 2);
    text.push_str(", # comment, }\n  \"stages\": {one: ");
    dice.anchors.clear();
    entry_flow(dice, &mut text);
    text.push_str("}, 'report': [], }\n");
    text
}

fn gate(dice: &mut Dice<'_>, text: &mut String) {
    dice.anchors.clear();
    text.push_str("gate:");
    value(dice, text, 2, 3);
    noise(dice, text);
}

fn stages(dice: &mut Dice<'_>, text: &mut String) {
    if dice.roll(4) == 1 {
        text.push_str("stages: {");
        for name in ["one", "two"] {
            dice.anchors.clear();
            text.push_str(&format!("{name}: "));
            entry_flow(dice, text);
            text.push_str(", ");
        }
        text.push_str("}\n");
        return;
    }
    text.push_str("stages:\n");
    for name in ["one", "two", "three"] {
        noise(dice, text);
        dice.anchors.clear();
        text.push_str(&format!("  {name}:"));
        match dice.roll(3) {
            0 => entry_block(dice, text),
            1 => {
                text.push(' ');
                entry_flow(dice, text);
                comment(dice, text);
            }
            _ => comment(dice, text),
        }
    }
}

const RUNNER: [&str; 4] = ["uses: x", "timeout: 5m", "needs: [a, b]", "when: {paths: [\"**\"], event: push}"];

fn entry_block(dice: &mut Dice<'_>, text: &mut String) {
    comment(dice, text);
    let mut runner = RUNNER.into_iter();
    for number in 0..=dice.roll(5) {
        noise(dice, text);
        if dice.roll(3) == 1 {
            if let Some(key) = runner.next() {
                text.push_str(&format!("    {key}"));
                comment(dice, text);
            }
        } else {
            text.push_str(&format!("    {}:", key(dice, number)));
            value(dice, text, 6, 3);
        }
    }
}

fn entry_flow(dice: &mut Dice<'_>, text: &mut String) {
    let mut runner = RUNNER.into_iter();
    text.push('{');
    for number in 0..dice.roll(5) {
        if dice.roll(3) == 1 {
            text.push_str(runner.next().unwrap_or("own: 1"));
        } else {
            text.push_str(&format!("{}: ", key(dice, number)));
            flow(dice, text, 2);
        }
        text.push(',');
        match dice.roll(3) {
            0 => {}
            1 => text.push(' '),
            _ => text.push_str(" # a, comment: }\n      "),
        }
    }
    text.push('}');
}

fn key(dice: &mut Dice<'_>, number: u8) -> String {
    match dice.roll(3) {
        0 => format!("key-{number}"),
        1 => format!("\"key é {number}\""),
        _ => format!("'k{number}' "),
    }
}

/// Writes what follows a colon, with the line's end.
fn value(dice: &mut Dice<'_>, text: &mut String, indent: usize, depth: u8) {
    let margin = " ".repeat(indent);
    match if depth == 0 { 1 } else { dice.roll(7) } {
        0 => comment(dice, text),
        1 | 2 => {
            text.push(' ');
            if dice.roll(4) == 1 {
                dice.anchor_count += 1;
                let name = format!("a{}", dice.anchor_count);
                let anchored = ["[1, b]", "word", "{c: d}"][usize::from(dice.roll(3))];
                text.push_str(&format!("&{name} {anchored}"));
                dice.anchors.push(name);
            } else {
                flow(dice, text, depth.min(2));
            }
            comment(dice, text);
        }
        3 => {
            let header = ["|", "|-", "|+", ">", ">-", ">+", "|2", "|2+"][usize::from(dice.roll(8))];
            let extra = if header.contains('2') { " " } else { "" };
            text.push_str(&format!(
                " {header}\n{margin}{extra}first # no comment\n\n{margin}{extra}second: {{\n"
            ));
            for _ in 0..dice.roll(3) {
                text.push('\n');
            }
        }
        4 => {
            comment(dice, text);
            for _ in 0..=dice.roll(2) {
                noise(dice, text);
                text.push_str(&format!("{margin}-"));
                value(dice, text, indent + 2, depth - 1);
            }
        }
        5 => {
            text.push_str(&format!(" plain text\n{margin}on two lines\n"));
        }
        _ => {
            comment(dice, text);
            for number in 0..=dice.roll(2) {
                noise(dice, text);
                text.push_str(&format!("{margin}{}:", key(dice, number)));
                value(dice, text, indent + 2, depth - 1);
            }
        }
    }
}

fn flow(dice: &mut Dice<'_>, text: &mut String, depth: u8) {
    match dice.roll(if depth == 0 { 5 } else { 8 }) {
        0 => text.push_str("word"),
        1 => text.push_str("\"two # words\""),
        2 => text.push_str("'it''s'"),
        3 => text.push_str("42"),
        4 => match dice.anchors.last() {
            Some(name) => text.push_str(&format!("*{name} ")),
            None => text.push('~'),
        },
        5 => {
            text.push('[');
            for _ in 0..dice.roll(3) {
                flow(dice, text, depth - 1);
                text.push_str(", ");
            }
            text.push(']');
        }
        _ => {
            text.push_str("{ ");
            for number in 0..dice.roll(3) {
                text.push_str(&format!("f{number}: "));
                flow(dice, text, depth - 1);
                text.push_str(", ");
            }
            text.push('}');
        }
    }
}

/// Ends a line, at times with a comment.
fn comment(dice: &mut Dice<'_>, text: &mut String) {
    text.push_str(if dice.roll(4) == 1 { " # why: { \"\n" } else { "\n" });
}

/// Empty lines and comments between entries.
fn noise(dice: &mut Dice<'_>, text: &mut String) {
    match dice.roll(6) {
        1 => text.push('\n'),
        2 => text.push_str("# ünder: [\n"),
        3 => text.push_str("  # more\n\n     # and more\n"),
        _ => {}
    }
}
