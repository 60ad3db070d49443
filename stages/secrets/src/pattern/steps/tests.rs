//! The steps agree with the automaton.

use super::*;
use crate::pattern::{Edges, Parsed, compile};
use regex_automata::Input;

/// Asserts that steps and automaton say the same of a text; returns whether there were steps.
fn check(pattern: &str, edges: Edges, text: &[u8]) -> bool {
    // Two groups of one name are refused.
    let Ok(parsed) = Parsed::of(pattern, edges) else { return false };
    let Some(steps) = &parsed.steps else { return false };
    let regex = compile(&parsed.hir).unwrap();
    let compare = |walked: Walked, input: Input<'_>| {
        let Ok(walked) = walked else { return };
        let mut captures = regex.create_captures();
        regex.search_captures(&input, &mut captures);
        let expected: Vec<_> = captures.iter().map(|span| span.map(|span| span.range())).collect();
        let expected = captures.is_match().then_some(expected);
        assert_eq!(walked, expected, "{pattern} in {:?}", String::from_utf8_lossy(text));
    };
    compare(steps.find(text, 0..text.len()), Input::new(text));
    for start in 0..text.len().min(40) {
        let input = Input::new(text).range(start..text.len()).anchored(regex_automata::Anchored::Yes);
        compare(steps.at(text, start..text.len()), input);
    }
    true
}

#[test]
fn own_rules_walk_as_they_run() {
    let entries = crate::catalog::entries().unwrap();
    let (mut walked, mut all) = (0, 0);
    for (id, _, bad, near) in crate::catalog::tests::examples() {
        let entry = entries.iter().find(|entry| entry.id == id).unwrap();
        if entry.pattern.is_empty() {
            continue;
        }
        for text in bad.iter().chain(&near) {
            for edges in [Edges::End, Edges::Both, Edges::None] {
                all += 2;
                walked += usize::from(check(&entry.pattern, edges, text.as_bytes()));
                walked += usize::from(check(&entry.pattern, edges, &text.as_bytes()[..text.len() / 2]));
            }
        }
    }
    assert!(all > 5000 && walked * 100 >= all * 98, "{walked} of {all}");
}

#[test]
fn what_only_an_automaton_knows_is_left_to_it() {
    assert!(!check("(a*)*b", Edges::None, b"aab"));
    assert!(!check("(?u:\\w)+", Edges::None, b"aab"));
    assert!(!check("(?u:\\b)a", Edges::None, b"aab"));
}

#[test]
fn too_many_steps_are_too_many() {
    let text = "a".repeat(4000);
    let parsed = Parsed::of("(a|aa)+(a|aa)+(a|aa)+b", Edges::None).unwrap();
    assert_eq!(parsed.steps.unwrap().find(text.as_bytes(), 0..text.len()), Err(TooLong));
}

proptest::proptest! {
    #[test]
    fn any_expression_walks_as_it_runs(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "a", "b", "[ab]", "[^a]", "(a|b)", "(ab|a)", "(?<n>a?b)", "(?:ab){1,3}", "(?:ab?){2,}?", "^", "$",
                r"\b", r"\B", "|", ".", "(?i:A)", "(?m:^)", "(b+)?",
            ]),
            1..6,
        ),
        times in proptest::collection::vec(proptest::sample::select(vec!["", "", "*", "+?", "{2}", "{1,3}"]), 6),
        text in "[ab \n]{0,12}",
    ) {
        let looks = ["^", "$", "|", r"\b", r"\B", "(?m:^)"];
        let part = |(part, times): (&&str, &&str)| if looks.contains(part) { (*part).to_owned() } else { format!("{part}{times}") };
        let pattern: String = parts.iter().zip(&times).map(part).collect();
        for edges in [Edges::None, Edges::Both] {
            check(&pattern, edges, text.as_bytes());
        }
    }
}
