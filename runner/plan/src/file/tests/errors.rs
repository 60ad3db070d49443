//! What a file is refused for: the whole text of each error.

use super::*;

/// The whole text of the error.
fn check_error(text: &str, expected: &str) {
    match parse(text) {
        Ok(_) => panic!("no error in {text:?}"),
        Err(error) => assert_eq!(error.to_string(), format!("sluicegate.yaml:{expected}"), "in {text:?}"),
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
        "3:1: a tab cannot indent YAML: use spaces\n  |\n3 | →x: {}\n  | ^",
    );
    check_error(
        "version: 1\nstages:\n  secrets:\n    threshold: 80\n  \tdisable: []\n",
        "5:3: a tab cannot indent YAML: use spaces\n  |\n5 |   →disable: []\n  |   ^",
    );
    check_error(
        "version: 1\nstages: {}\ncache:\t[\n",
        "3:8: unclosed bracket '['\n  |\n3 | cache:→[\n  |        ^",
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
    check_error(
        "version: '1'\n",
        "1:10: the version is a number: write `version: 1`\n  |\n1 | version: '1'\n  |          ^",
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
        "version: 1.0\n",
        "1:10: a number without sign and fraction is expected here\n  |\n1 | version: 1.0\n  |          ^",
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
    let error = parse(&deep).unwrap_err();
    assert_eq!((error.line, error.message.as_str()), (2, "lists and maps nest deeper than 48"));
    let deep: String = (0..60).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_eq!(parse(&deep).unwrap_err().message, "lists and maps nest deeper than 48");
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
        history: bool,
    }
    let file = parse("version: 1\nstages:\n  x: { timeout: 5m, hystory: true }\n").unwrap();
    let section = file.stage_section(&StageId::new("x").unwrap()).unwrap();
    let error = file.shown(section.parse::<Own>().map(|own| own.history).unwrap_err());
    assert_eq!(
        error.to_string(),
        "sluicegate.yaml:3:21: unknown key `hystory`; known are `history`\n  |\n\
         3 |   x: { timeout: 5m, hystory: true }\n  |                     ^"
            .replace("known are `history`", "did you mean `history`?")
    );
}
