//! What a file is refused for, and that what is cut out of it stays where it was.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

mod random;

fn parse(text: &str) -> Result<PipelineFile, ConfigError> {
    PipelineFile::parse("sluicegate.yaml", text.as_bytes())
}

/// The whole text of the error.
fn check_error(text: &str, expected: &str) {
    match parse(text) {
        Ok(_) => panic!("no error in {text:?}"),
        Err(error) => assert_eq!(error.to_string(), format!("sluicegate.yaml:{expected}"), "in {text:?}"),
    }
}

/// The text of the section of the stage `x`.
fn check_section(text: &str, expected: &str) {
    let file = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let section = file.stage_section(&StageId::new("x").unwrap()).unwrap();
    assert_eq!(section.text, expected, "in {text:?}");
}

/// The text of the section `gate`.
fn check_gate(text: &str, expected: &str) {
    let file = parse(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(file.section("gate").unwrap().text, expected, "in {text:?}");
}

#[test]
fn a_section_in_block_style_stays_at_its_lines() {
    check_section(
        "version: 1\nstages:\n  x:\n    a: 1\n    b: [2]\n  y: {}\n",
        "\n\n\n    a: 1\n    b: [2]\n",
    );
    check_section("version: 1\nstages:\n  x:\n    when: { event: push }\n    a: 1\n", "\n\n\n\n    a: 1\n");
    check_section(
        "version: 1\nstages:\n  x:\n    a: 1\n    timeout: 5m\n    b: 2\n",
        "\n\n\n    a: 1\n\n    b: 2\n",
    );
    check_section("version: 1\nstages:\n  x:\n    timeout: 5m\n", "");
    check_section("version: 1\nstages:\n  x:\n  y: {}\n", "");
    check_section("version: 1\r\nstages:\r\n  x:\r\n    a: 1\r\n  y:\r\n", "\n\n\n    a: 1\r\n");
}

#[test]
fn a_section_in_flow_style_keeps_its_braces() {
    check_section(
        "version: 1\nstages:\n  x: {a: 1, when: {branch: main}, b: 2}\n",
        "\n\n     {a: 1,                       b: 2}",
    );
    check_section("version: 1\nstages:\n  x: { timeout: 5m, a: 1 }\n", "\n\n     {              a: 1 }");
    check_section("version: 1\nstages:\n  x: { a: 1, timeout: 5m }\n", "\n\n     { a: 1,             }");
    check_section("version: 1\nstages: {x: {a: 1}, y: {}}\n", "\n            {a: 1}");
    check_section(
        "version: 1\nstages:\n  x: {\n    a: 1, # one, two\n    needs: [y],\n    b,\n  }\n",
        "\n\n     {\n    a: 1, \n\n    b,\n  }",
    );
    check_section(
        "{\"version\": 1, \"stages\": {\"x\": {\"a\": [1], \"uses\": \"y\"}}}",
        "                               {\"a\": [1],            }",
    );
    check_section("version: 1\nstages:\n  x: {}\n", "");
}

#[test]
fn comments_are_no_part_of_a_section() {
    check_section(
        "version: 1\nstages:\n  x: # why\n    # more\n    a: 1 # one\n    # two\n    b: '#'\n    # end\n",
        "\n\n\n\n    a: 1 \n    \n    b: '#'\n    \n",
    );
}

#[test]
fn a_block_scalar_keeps_its_lines() {
    let a = |text: &str, expected: &str| {
        let file = parse(text).unwrap_or_else(|error| panic!("{error}"));
        let section = file.stage_section(&StageId::new("x").unwrap()).unwrap();
        let value: Value = serde_saphyr::from_str(&section.text).unwrap();
        assert_eq!(value["a"], *expected, "in {:?}", section.text);
    };
    a("version: 1\nstages:\n  x:\n    a: |+\n      k\n\n    timeout: 5m\n    b: 1\n", "k\n\n");
    a("version: 1\nstages:\n  x:\n    a: |+\n      k\n    timeout: 5m\n", "k\n");
    a("version: 1\nstages:\n  x:\n    a: |+\n      k\n  y: {c: 1}\ngate: {}\n", "k\n");
    a("version: 1\nstages:\n  x:\n    a: |+\n      k\n    # comment\n\n    # comment\n    b: 1\n", "k\n");
    a("version: 1\nstages:\n  x:\n    a: |2+\n       k\n    # comment\n", " k\n");
    a(
        "version: 1\nstages:\n  x:\n    a: >-\n      k # no comment\n      l\n    timeout: 5m\n",
        "k # no comment l",
    );
}

#[test]
fn sections_of_the_top_are_values() {
    check_gate("version: 1\ngate:\n  fail-on: low\nreport: {}\n", "\n\n  fail-on: low\n");
    check_gate("version: 1\ngate: &g {fail-on: low}\n", "\n      &g {fail-on: low}\n");
    check_gate("version: 1\ngate: # nothing yet\n", "");
    check_gate("version: 1\ngate:\n- a\n- b\ncache: {}\n", "\n\n- a\n- b\n");
    check_gate("{version: 1, gate: {a: 1}, cache: {}}", "                   {a: 1}");
    check_gate("version: 1\ngate: {a: 1}\n...\n", "\n      {a: 1}\n");
    let file = parse("version: 1\nwaivers: []\nstages: {x: {a: 1}}\ngate: {a: 1}\n").unwrap();
    assert_eq!(file.excerpt(&["gate", "waivers", "baseline"]), "\nwaivers: []\n\ngate: {a: 1}\n");
    assert_eq!(file.excerpt(&["baseline"]), "");
    assert!(file.section("trust").is_none());
    let file = parse("{version: 1, gate: {a: 1}, cache: {}}").unwrap();
    assert_eq!(file.excerpt(&["gate"]), "{            gate: {a: 1},          }");
}

#[test]
fn the_runner_reads_its_own_keys() {
    let file = parse(
        "version: 1\nprofiles:\n  push: { stages: [x], scope: outgoing, require: [x], budget: 10s }\nextends: [./a.yaml]\n\
         stages:\n  x:\n    uses: secrets\n    when: { paths: \"**/*.rs\", branch: [main], event: [push, tag] }\n    needs: [y]\n\
         \x20   timeout: 1m30s\n    image: \"${IMAGE}:$${TAG}\"\n  y: {}\n",
    )
    .unwrap();
    let x = &file.stages()[&StageId::new("x").unwrap()];
    assert_eq!((x.kind.as_str(), x.timeout), ("secrets", Some(Duration::from_secs(90))));
    assert_eq!(
        x.needs.iter().map(|(id, place)| format!("{id} {place}")).collect::<Vec<_>>(),
        ["y sluicegate.yaml:9:13"]
    );
    assert_eq!(
        x.variables.iter().map(|(name, place)| format!("{name} {place}")).collect::<Vec<_>>(),
        ["IMAGE sluicegate.yaml:11:12"]
    );
    assert_eq!(x.place.to_string(), "sluicegate.yaml:6:3");
    let when = x.when.as_ref().unwrap();
    assert_eq!(format!("{:?} {:?}", when.paths, when.event), "Some(Globs([\"**/*.rs\"])) Some({Push, Tag})");
    assert_eq!(file.extends()[0].path, "./a.yaml");
    let push = &file.profiles()["push"];
    assert_eq!((push.budget, push.require.len()), (Some(Duration::from_secs(10)), 1));
}

#[test]
fn the_same_section_has_the_same_digest() {
    let digest = |section: &str| {
        let text = format!("version: 1\nstages:\n  x:{section}\n");
        parse(&text).unwrap_or_else(|error| panic!("{error}")).stages()[&StageId::new("x").unwrap()].digest
    };
    let one = digest(" {a: [b, \"c\"], d: 1}");
    for same in [
        "\n    # why\n    d: 1\n    a:\n    - b\n    - c",
        " {d: 1, a: ['b', c], timeout: 5m}",
        "\n    a: [b, &c c]\n    d: 1",
    ] {
        assert_eq!(digest(same), one, "{same}");
    }
    assert_eq!(digest(" {a: &x [1], b: *x}"), digest(" {a: [1], b: [1]}"));
    assert_eq!(digest(""), digest(" {}"));
    for other in [
        " {a: [c, b], d: 1}",
        " {a: [b, c], d: '1'}",
        " {a: [b, c]}",
        " {a: [b, c], d: }",
        " {a: {b: c}, d: 1}",
    ] {
        assert_ne!(digest(other), one, "{other}");
    }
}

#[test]
fn malformed_yaml_is_pointed_at() {
    check_error("", "1:1: the file is empty; it begins with `version: 1`");
    check_error(
        "# nothing\n",
        "1:1: the file is empty; it begins with `version: 1`\n  |\n1 | # nothing\n  | ^",
    );
    check_error("[]\n", "1:1: a pipeline file is a map of keys and values\n  |\n1 | []\n  | ^");
    check_error(
        "version: 1\nstages:\n\tx: {}\n",
        "3:2: tabs disallowed within this context (block indentation)\n  |\n3 | \u{fffd}x: {}\n  |  ^",
    );
    check_error(
        "version: 1\n---\nversion: 1\n",
        "2:1: a second document begins here; the file is one document\n  |\n2 | ---\n  | ^",
    );
    check_error(
        "%YAML 1.1\n---\nversion: 1\n",
        "1:1: YAML directives are disallowed\n  |\n1 | %YAML 1.1\n  | ^",
    );
    check_error(
        "version: !int 1\n",
        "1:10: tags (`!…`) are not read here\n  |\n1 | version: !int 1\n  |          ^",
    );
    check_error(
        "? version\n: 1\n",
        "1:3: the key `version` is written with `?`; write it as `key:`\n  |\n1 | ? version\n  |   ^",
    );
    check_error("version\n: 1\n", "2:1: did not find expected <document start>\n  |\n2 | : 1\n  | ^");
    check_error(
        "{version\n: 1}\n",
        "1:2: `:` does not stand behind the key `version` on its line\n  |\n1 | {version\n  |  ^",
    );
    check_error(
        "&a version: 1\n",
        "1:4: the key `version` cannot have an anchor\n  |\n1 | &a version: 1\n  |    ^",
    );
    check_error("[a]: 1\n", "1:1: a key is a word here\n  |\n1 | [a]: 1\n  | ^");
}

#[test]
fn unknown_and_duplicate_keys_are_pointed_at() {
    check_error(
        "version: 1\nstage: {}\n",
        "2:1: unknown key `stage`; did you mean `stages`?\n  |\n2 | stage: {}\n  | ^",
    );
    check_error(
        "version: 1\nzebra: {}\n",
        "2:1: unknown key `zebra`; known are `version`, `extends`, `profiles`, `stages`, `gate`, `waivers`, `baseline`, \
         `trust`, `cache` and `report`\n  |\n2 | zebra: {}\n  | ^",
    );
    check_error(
        "version: 1\ngate: {}\n\"gate\": {}\n",
        "3:1: duplicate key `gate`: it stands in line 2 already\n  |\n3 | \"gate\": {}\n  | ^",
    );
    check_error(
        "version: 1\nstages:\n  x: { a: 1, timeout: 5m, a: 2 }\n",
        "3:27: duplicate key `a`: it stands in line 3 already\n  |\n3 |   x: { a: 1, timeout: 5m, a: 2 }\n  |                           ^",
    );
    check_error(
        "version: 1\nstages:\n  x: { when: { path: \"**\" } }\n",
        "3:16: unknown key `path`; did you mean `paths`?\n  |\n3 |   x: { when: { path: \"**\" } }\n  |                ^",
    );
    check_error(
        "version: 1\nprofiles:\n  ci: { stages: all, scope: ful }\n",
        "3:29: unknown value `ful`; did you mean `full`?\n  |\n3 |   ci: { stages: all, scope: ful }\n  |                             ^",
    );
    check_error(
        "version: 1\n\"\\e[31m\": 1\n",
        "2:1: unknown key `\\u{1b}[31m`; known are `version`, `extends`, `profiles`, \
         `stages`, `gate`, `waivers`, `baseline`, `trust`, `cache` and `report`\n  |\n2 | \"\\e[31m\": 1\n  | ^",
    );
}

#[test]
fn the_version_is_said_and_known() {
    check_error(
        "stages: {}\n",
        "1:1: the file does not say its version: begin it with `version: 1`\n  |\n1 | stages: {}\n  | ^",
    );
    check_error(
        "gate: {}\n",
        "1:1: the file does not say its version: begin it with `version: 1`\n  |\n1 | gate: {}\n  | ^",
    );
    check_error(
        "version: 2\n",
        "1:10: version 2 is not known; this Sluicegate reads version 1\n  |\n1 | version: 2\n  |          ^",
    );
    check_error(
        "version: one\n",
        "1:10: a number without sign and fraction is expected here\n  |\n1 | version: one\n  |          ^",
    );
}

#[test]
fn values_of_the_runner_are_checked_where_they_stand() {
    let stage = |entry: &str, expected: &str| {
        let text = format!("version: 1\nstages:\n  x: {entry}\n");
        let (position, rest) = expected.split_once(' ').unwrap();
        let column: usize = position.parse().unwrap();
        let caret = " ".repeat(column - 1);
        check_error(&text, &format!("3:{column}: {rest}\n  |\n3 |   x: {entry}\n  | {caret}^"));
    };
    stage("[a]", "6 the entry of stage `x` is a map of keys and values");
    stage("true", "6 the entry of stage `x` is a map of keys and values");
    stage("{ <<: {a: 1} }", "8 the entry of stage `x` cannot merge keys of another map; write them out");
    stage("{ timeout: soon }", "17 no length of time: write it as `30s`, `5m` or `1h30m`, up to `24h`");
    stage("{ timeout: 48h }", "17 no length of time: write it as `30s`, `5m` or `1h30m`, up to `24h`");
    stage("{ needs: y }", "15 a list is expected here");
    stage(
        "{ needs: [Y] }",
        "16 `Y` is not a name: use lower-case letters, digits and single `-` (at most 64 characters)",
    );
    stage("{ needs: [y, y] }", "19 `y` is in the list already");
    stage("{ when: { paths: [a, \"b[\"] } }", "27 `b[` is not a glob: unclosed character class; missing ']'");
    stage("{ when: { paths: \"b[\" } }", "23 `b[` is not a glob: unclosed character class; missing ']'");
    stage("{ when: { event: pushed } }", "23 unknown event `pushed`; did you mean `push`?");
    stage("{ when: { event: [tag, pushed] } }", "29 unknown event `pushed`; did you mean `push`?");
    stage("{ when: { paths: {a: b} } }", "23 a word or a list of words is expected here");
    stage("{ when: always }", "14 a map is expected here");
    stage("{ uses: [a] }", "14 text is expected here");
    check_error(
        "version: 1\nstages:\n  My_Stage: {}\n",
        "3:3: `My_Stage` is not a name: use lower-case letters, digits and single `-` (at most 64 characters)\n  |\n\
         3 |   My_Stage: {}\n  |   ^",
    );
    check_error(
        "version: 1\nprofiles: { ci: { stages: everything, scope: full } }\n",
        "2:27: `all` or a list of stages is expected here\n  |\n2 | profiles: { ci: { stages: everything, scope: full } }\n  |                           ^",
    );
    check_error(
        "version: 1\nprofiles:\n  ci: { stages: all }\n",
        "3:9: the key `scope` is missing\n  |\n3 |   ci: { stages: all }\n  |         ^",
    );
}

#[test]
fn an_alias_reaches_no_other_section() {
    check_error(
        "version: 1\nstages:\n  x: { a: &a [1] }\n  y: { a: *a }\n",
        "4:11: the alias `*a` names a value of another section (line 3); each section is read on its own: write the value \
         out\n  |\n4 |   y: { a: *a }\n  |           ^",
    );
    check_error(
        "version: 1\nstages:\n  x: &x { a: 1 }\n  y: *x\n",
        "4:6: the entry of stage `y` cannot be an alias; write it out\n  |\n4 |   y: *x\n  |      ^",
    );
    check_error(
        "version: 1\nstages:\n  x: { a: &t 5m, timeout: *t }\n",
        "3:27: the alias `*t` names a value of another section (line 3); each section is read on its own: write the value \
         out\n  |\n3 |   x: { a: &t 5m, timeout: *t }\n  |                           ^",
    );
    check_error(
        "version: *v\n",
        "1:10: while parsing node, found unknown anchor\n  |\n1 | version: *v\n  |          ^",
    );
    check_error(
        "version: 1\ngate: &a [*a]\n",
        "2:11: the alias stands inside the value that it names\n  |\n2 | gate: &a [*a]\n  |           ^",
    );
    check_section(
        "version: 1\nstages:\n  x: { a: &a [1], b: *a, timeout: 5m }\n",
        "\n\n     { a: &a [1], b: *a,             }",
    );
    parse("version: 1\nstages:\n  x: { timeout: &t 5m }\n  y: { timeout: *t }\n").unwrap();
}

#[test]
fn what_grows_without_bound_is_refused() {
    let bomb = (1..12).fold("  a0: &a0 [x, x, x, x]\n".to_owned(), |text, n| {
        let m = n - 1;
        format!("{text}  a{n}: &a{n} [*a{m}, *a{m}, *a{m}, *a{m}]\n")
    });
    check_error(
        &format!("version: 1\ngate:\n{bomb}"),
        "11:13: aliases make more than 200000 values of this one\n   |\n11 |   a8: &a8 [*a7, *a7, *a7, *a7]\n   |             ^"
            .replace("11:13", "11:11")
            .replace("             ^", "           ^")
            .as_str(),
    );
    let deep = format!("version: 1\ngate: {}{}\n", "[".repeat(60), "]".repeat(60));
    assert_eq!(parse(&deep).unwrap_err().line, 2);
    let wide = format!("version: 1\ngate: [{}]\n", "a,".repeat(60_000));
    assert!(parse(&wide).unwrap_err().message.starts_with("the file has more than 50000 values"));
    let many: String = (0..201).map(|n| format!("  x{n}: {{}}\n")).collect();
    check_error(
        &format!("version: 1\nstages:\n{many}"),
        "203:3: the file has more than 200 stages\n    |\n203 |   x200: {}\n    |   ^",
    );
}

#[test]
fn an_error_of_a_section_shows_the_line_of_the_file() {
    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Own {
        #[expect(dead_code, reason = "read by the derive alone")]
        history: bool,
    }
    let file = parse("version: 1\nstages:\n  x: { timeout: 5m, hystory: true }\n").unwrap();
    let section = file.stage_section(&StageId::new("x").unwrap()).unwrap();
    let error = file.shown(section.parse::<Own>().unwrap_err());
    assert_eq!(
        error.to_string(),
        "sluicegate.yaml:3:21: unknown key `hystory`; known are `history`\n  |\n\
         3 |   x: { timeout: 5m, hystory: true }\n  |                     ^"
            .replace("known are `history`", "did you mean `history`?")
    );
}

/// Everything that stays is where it was.
fn assert_in_place(text: &str, cut: &str) {
    let original: Vec<Vec<char>> =
        text.trim_start_matches('\u{feff}').split('\n').map(|line| line.chars().collect()).collect();
    for (number, line) in cut.split('\n').enumerate() {
        for (column, character) in line.chars().enumerate() {
            let ends_block = character == '#' && column == 0;
            let there = original.get(number).and_then(|line| line.get(column));
            assert!(
                character == ' ' || character == '\r' || ends_block || there == Some(&character),
                "line {number} column {column}: {character:?} instead of {there:?}\n{text}\n---\n{cut}"
            );
        }
    }
}

fn assert_bounded(text: &[u8], error: &ConfigError) {
    let text = String::from_utf8_lossy(text);
    let text = text.trim_start_matches('\u{feff}');
    let lines: Vec<&str> = text.split('\n').collect();
    assert!(error.line >= 1 && error.line <= lines.len(), "{error} in {text:?}");
    assert!(
        error.column >= 1 && error.column <= lines[error.line - 1].chars().count() + 1,
        "{error} in {text:?}"
    );
}

fn assert_sound(bytes: &[u8]) {
    match PipelineFile::parse("sluicegate.yaml", bytes) {
        Err(error) => assert_bounded(bytes, &error),
        Ok(file) => {
            let text = std::str::from_utf8(bytes).unwrap();
            for id in file.stages().keys() {
                assert_in_place(text, &file.stage_section(id).unwrap().text);
            }
            for key in PipelineFile::SECTIONS {
                assert_in_place(text, &file.section(key).map(|section| section.text).unwrap_or_default());
            }
            assert_in_place(text, &file.excerpt(&PipelineFile::SECTIONS));
        }
    }
}

/// What a stage's own reader must find: its entry of the whole file, without the runner's keys.
fn expected(whole: &Value, id: &str) -> Value {
    let mut entry = whole["stages"][id].clone();
    if let Some(entry) = entry.as_object_mut() {
        RUNNER_KEYS.iter().for_each(|key| {
            entry.remove(*key);
        });
    }
    if entry.as_object().is_some_and(serde_json::Map::is_empty) { Value::Null } else { entry }
}

const RUNNER_KEYS: [&str; 4] = crate::raw::RawEntry::KEYS;

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_at_a_place(bytes: Vec<u8>) {
        assert_sound(&bytes);
    }

    #[test]
    fn any_yaml_like_text_is_read_or_refused_at_a_place(text in "([a-z]{1,2}|version: 1\n|stages:|gate:|timeout:|  |[:,{}\\[\\]?#&*!|>'\"+\t~%@-]| |\r\n|\n|: |- |---\n|é){0,60}") {
        assert_sound(text.as_bytes());
        assert_sound(format!("version: 1\nstages:\n  x:\n    {}", text.replace('\n', "\n    ")).as_bytes());
        assert_sound(format!("version: 1\nstages: {{x: {{{text}}}}}").as_bytes());
    }

    #[test]
    fn a_cut_section_reads_as_it_does_in_the_whole(dice in proptest::collection::vec(any::<u8>(), 0..600)) {
        let text = random::file(&dice);
        assert_sound(text.as_bytes());
        let file = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let whole: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        for id in file.stages().keys() {
            let section = file.stage_section(id).unwrap();
            let read = if section.text.trim().is_empty() { Value::Null } else { serde_saphyr::from_str(&section.text).unwrap() };
            prop_assert_eq!(&read, &expected(&whole, id.as_str()), "stage {} of\n{}\n---\n{}", id, text, section.text);
        }
        let gate: Value = match file.section("gate") {
            Some(section) if !section.text.trim().is_empty() => serde_saphyr::from_str(&section.text).unwrap(),
            _ => Value::Null,
        };
        prop_assert_eq!(&gate, &whole["gate"], "gate of\n{}", text);
    }
}
