//! The log tells what every stage and every unit of its work took.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::Site;

/// Names of the spans that a run tells, units with their stage.
fn spans(site: &Site, verbosity: &str) -> BTreeSet<String> {
    let ran = site.run(&["run", "--offline", verbosity, "--log-format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = ran.stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let closed = lines.filter(|line| line.pointer("/fields/message") == Some(&Value::from("close")));
    let text =
        |line: &Value, at: &str| line.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    closed.map(|line| format!("{} of {}", text(&line, "/span/name"), text(&line, "/span/stage"))).collect()
}

#[test]
fn every_stage_and_every_unit_has_a_span() {
    let site = Site::new();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  secrets: {}\n")
        .write("src/app.py", "print('shop')\n");
    assert_eq!(spans(&site, "-v"), BTreeSet::from(["stage of ".to_owned()]));
    assert_eq!(spans(&site, "-vv"), BTreeSet::from(["stage of ".to_owned()]), "everything is kept");
    site.write("src/app.py", "print('other')\n");
    assert_eq!(spans(&site, "-vv"), BTreeSet::from(["stage of ".to_owned(), "unit of secrets".to_owned()]),);
}
