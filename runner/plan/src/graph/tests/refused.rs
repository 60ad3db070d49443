//! What there is no plan for: the whole text of each error.

use super::*;

#[test]
fn names_that_nobody_has_are_refused() {
    check_error(
        "stages: { secrets: {} }",
        &Ask { profile: "pusch", ..ASK },
        "unknown profile `pusch`; did you mean `push`?",
    );
    check_error(
        "stages: { secrets: {} }",
        &Ask { only: &["secret"], ..ASK },
        "unknown stage `secret`; did you mean `secrets`?",
    );
    check_error(
        "stages:\n  secrts: {}\n",
        &ASK,
        "sluicegate.yaml:3:3: unknown kind of stage `secrts`; did you mean `secrets`?\n  |\n3 |   secrts: {}\n  |   ^",
    );
    check_error(
        "stages:\n  x: { uses: toll }\n",
        &ASK,
        "sluicegate.yaml:3:14: unknown kind of stage `toll`; did you mean `tool`?\n  |\n3 |   x: { uses: toll }\n  |              ^",
    );
    check_error(
        "stages:\n  secrets: { uses: tool }\n",
        &ASK,
        "sluicegate.yaml:3:20: `secrets` is the name of a kind of stage; a stage that uses another one has another name\n  |\n\
         3 |   secrets: { uses: tool }\n  |                    ^",
    );
    check_error(
        "stages:\n  a: { uses: tool, needs: [sekrets] }\n  secrets: {}\n",
        &ASK,
        "sluicegate.yaml:3:28: unknown stage `sekrets`, needed by `a`; did you mean `secrets`?\n  |\n\
         3 |   a: { uses: tool, needs: [sekrets] }\n  |                            ^",
    );
    check_error(
        "profiles: { x: { stages: [secrets], scope: full, require: [sing] } }\nstages: { secrets: {} }\n",
        &ASK,
        "sluicegate.yaml:2:60: unknown stage `sing`, named by profile `x`; did you mean `sign`?\n  |\n\
         2 | profiles: { x: { stages: [secrets], scope: full, require: [sing] } }\n  |                                                            ^",
    );
}

#[test]
fn what_this_version_does_not_have_is_not_listed() {
    check_error(
        "profiles: { x: { stages: [nonsense], scope: full } }\nstages: { secrets: {} }\n",
        &ASK,
        "sluicegate.yaml:2:27: unknown stage `nonsense`, named by profile `x`; known are `dependencies`, `inventory`, \
         `secrets` and `tool`\n  |\n\
         2 | profiles: { x: { stages: [nonsense], scope: full } }\n  |                           ^",
    );
}

#[test]
fn producers_are_there_once() {
    check_error(
        "stages:\n  a: { uses: tool, wants: [inventry] }\n",
        &ASK,
        "sluicegate.yaml:3:3: stage `a` needs artifact `inventry` of its tree, which no stage gives\n  |\n\
         3 |   a: { uses: tool, wants: [inventry] }\n  |   ^",
    );
    check_error(
        "stages:\n  a: { uses: tool, gives: [x] }\n  b: { uses: tool, gives: [x] }\n",
        &ASK,
        "sluicegate.yaml:4:3: stages `a` and `b` both give artifact `x` of the tree; one of them must go\n  |\n\
         4 |   b: { uses: tool, gives: [x] }\n  |   ^",
    );
    // Each of its own subject is no clash.
    check(
        "stages: { a: { uses: tool, gives: [x] }, b: { uses: tool, gives: [x], on-images: true } }",
        &ASK,
        &["0 a tree: in profile `ci`"],
    );
}

#[test]
fn circles_are_named_from_end_to_end() {
    check_error(
        "stages:\n  a: { uses: tool, wants: [x], gives: [y] }\n  b: { uses: tool, wants: [y], gives: [z] }\n  c: { uses: tool, gives: [x], needs: [b] }\n  d: { uses: tool, needs: [a] }\n",
        &ASK,
        "sluicegate.yaml:3:3: stages wait for each other: `a` needs artifact `x` of `c`; `c` needs `b`; `b` needs artifact `y` of `a`\n  |\n\
         3 |   a: { uses: tool, wants: [x], gives: [y] }\n  |   ^",
    );
    check_error(
        "stages:\n  a: { uses: tool, needs: [a] }\n",
        &ASK,
        "sluicegate.yaml:3:3: stages wait for each other: `a` needs `a`\n  |\n3 |   a: { uses: tool, needs: [a] }\n  |   ^",
    );
    check_error(
        "stages:\n  a: { uses: tool, gives-images: true, wants-every: [x] }\n  b: { uses: tool, on-images: true, gives: [x] }\n",
        &ASK,
        "sluicegate.yaml:3:3: stages wait for each other: `a` waits for every image that `a` gives\n  |\n\
         3 |   a: { uses: tool, gives-images: true, wants-every: [x] }\n  |   ^",
    );
}

#[test]
fn an_error_of_a_section_has_its_line() {
    check_error(
        "stages:\n  a: { uses: tool, levle: 3 }\n",
        &ASK,
        "sluicegate.yaml:3:20: unknown key `levle`; did you mean `level`?\n  |\n3 |   a: { uses: tool, levle: 3 }\n  |                    ^",
    );
}
