//! Compares with another reader, and looks at places and bounds.

use proptest::prelude::*;

use super::*;

/// Compares with another reader of JSON.
fn agrees(text: &str) {
    fn same(ours: &Value<'_>, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Value::Null, serde_json::Value::Null) => true,
            (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
            (Value::Number(a), serde_json::Value::Number(b)) => {
                a.parse::<f64>().ok() == b.to_string().parse::<f64>().ok()
            }
            (Value::String(a), serde_json::Value::String(b)) => a.text == *b,
            (Value::Array(a), serde_json::Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Value::Object(a), serde_json::Value::Object(b)) => {
                b.iter().all(|(key, b)| a.find(key).is_some_and(|a| same(a, b)))
                    && a.entries.iter().all(|(key, _)| b.contains_key(&*key.text))
            }
            _ => false,
        }
    }
    match (parse(text), serde_json::from_str::<serde_json::Value>(text)) {
        (Ok(ours), Ok(theirs)) => assert!(same(&ours, &theirs), "{text:?} {ours:?}"),
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{text:?}: {ours:?} {theirs:?}"),
    }
}

#[test]
fn agrees_with_another_reader() {
    for text in [
        "",
        " ",
        "null",
        "nul",
        "[]",
        "[1,]",
        "[1 2]",
        "{",
        "{}",
        r#"{"a":1}"#,
        r#"{"a":1,}"#,
        r#"{a:1}"#,
        r#"{"a":{"b":[true,false,null,"x"]},"a":2}"#,
        "01",
        "-",
        "-0",
        "1.",
        "1.5e+3",
        "1e",
        ".5",
        "\"a",
        "\"\\q\"",
        r#""\u00e9\ud83d\ude00\n\/""#,
        "\"\t\"",
        "1 2",
        "[[[[[]]]]]",
        "\u{a0}1",
        "\"é\"",
    ] {
        agrees(text);
    }
}

#[test]
fn positions_are_those_between_the_quotes() {
    let text = r#"{ "ä": {"v": "x\ty"} }"#;
    let value = parse(text).unwrap();
    let (key, inner) = &value.object().unwrap().entries[0];
    assert_eq!(&text[key.at.clone()], "ä");
    let found = inner.object().unwrap().find("v").unwrap().string().unwrap();
    assert_eq!((&text[found.at.clone()], &*found.text), (r"x\ty", "x\ty"));
}

#[test]
fn halves_of_pairs_are_replaced() {
    let text = |json: &str| parse(json).unwrap().string().unwrap().text.to_string();
    assert_eq!(text(r#""\ud83dx""#), "\u{FFFD}x");
    assert_eq!(text(r#""\ud83d\u0041""#), "\u{FFFD}A");
    assert_eq!(text("\u{FEFF}\"x\""), "x");
}

#[test]
fn depth_is_bounded() {
    assert!(parse(&"[".repeat(100_000)).unwrap_err().reason.contains("deeper"));
    let fits = "[".repeat(DEEPEST) + &"]".repeat(DEEPEST);
    assert!(parse(&fits).is_ok());
}

proptest! {
    #[test]
    fn any_text_ends_well(text: String) {
        if let Err(error) = parse(&text) {
            prop_assert!(error.at <= text.len());
        }
    }

    #[test]
    // Halves of pairs (`\u`) and numbers beyond a double (`e`) are the one thing on which the two differ.
    fn near_json_agrees(text in r#"([\[\]{},:"0-9abcdfn .+\-]|\\[nx"]|true|false|null){0,24}"#) {
        agrees(&text);
    }
}
