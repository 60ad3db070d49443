//! What a file is refused for, and that what is cut out of it stays where it was.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

mod errors;
mod random;

fn parse(text: &str) -> Result<PipelineFile, ConfigError> {
    PipelineFile::parse("sluicegate.yaml", text.as_bytes())
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
        x.variables.iter().map(|(name, at)| format!("{name} {}", file.text.place(*at))).collect::<Vec<_>>(),
        ["IMAGE sluicegate.yaml:11:12"]
    );
    assert_eq!(x.place.to_string(), "sluicegate.yaml:6:3");
    let when = x.when.as_ref().unwrap();
    assert_eq!(format!("{:?} {:?}", when.paths, when.event), "Some(Globs([\"**/*.rs\"])) Some({Push, Tag})");
    assert_eq!(file.extends()[0].path, "./a.yaml");
    let push = &file.profiles()["push"];
    assert_eq!((push.budget, push.require.len()), (Some(Duration::from_secs(10)), 1));
}

/// A file with everything in it.
const EXAMPLE: &str = r#"version: 1
profiles:
  push:    { stages: [secrets, sast, dependencies], scope: outgoing }   # commits about to be pushed
  release: { stages: all, scope: full, require: [sign] }
stages:                                   # a map: no name clashes, stable diffs
  secrets: {}
  dependencies: { when: { paths: ["**/*lock*", "**/go.mod"] } }
  image: { images: ["${IMAGE}"], bases: [] }
  eslint:                                 # an external tool, in a container or a process
    uses: tool
    image: registry.example/node@sha256:0123
    run: [npx, eslint, -f, json]          # argv
    network: none
    collect: { sarif: /out/eslint.sarif }
    timeout: 5m
gate:
  fail-on: high
  rules: [{ name: exploited, if: "finding.kev && finding.reachable != 'no'", action: fail }]   # CEL
waivers:
  - { id: CVE-2024-0001, path: "legacy/**", reason: not-reachable, owner: "@sec", expires: 2027-01-31 }
cache: { trust: own }                     # own | scoped
extends: [./policy/organization.yaml]
report: { sarif: out/sluicegate.sarif, html: out/sluicegate.html }
"#;

#[test]
fn every_part_of_a_whole_file_is_found() {
    let file = parse(EXAMPLE).unwrap_or_else(|error| panic!("{error}"));
    let kinds: Vec<String> = file.stages().iter().map(|(id, entry)| format!("{id} {}", entry.kind)).collect();
    assert_eq!(kinds, ["dependencies dependencies", "eslint tool", "image image", "secrets secrets"]);
    let text = |section: Option<Section>| section.map(|section| section.text.trim_start().to_owned());
    assert_eq!(
        text(file.stage_section(&StageId::new("eslint").unwrap())).unwrap(),
        "image: registry.example/node@sha256:0123\n    run: [npx, eslint, -f, json]          \n    network: none\n    \
         collect: { sarif: /out/eslint.sarif }\n"
    );
    assert_eq!(text(file.section("cache")).unwrap(), "{ trust: own }                     \n");
    assert_eq!(text(file.section("trust")), None);
    assert!(file.excerpt(&["gate", "waivers", "baseline"]).contains("\n  - { id: CVE-2024-0001,"));
}

#[test]
fn an_error_in_a_section_of_the_top_shows_the_line_as_it_is() {
    let file = parse("{version: 1, cache: {trust: 7}, stages: {}}").unwrap_or_else(|error| panic!("{error}"));
    let error = file.read_section::<BTreeMap<String, bool>>("cache").map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("1 | {version: 1, cache: {trust: 7}, stages: {}}"), "{error}");
    assert_eq!(
        file.read_section::<BTreeMap<String, u8>>("cache"),
        Ok(Some([("trust".to_owned(), 7)].into()))
    );
    assert_eq!(file.read_section::<String>("baseline"), Ok(None));
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
