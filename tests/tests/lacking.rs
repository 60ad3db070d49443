//! What a database lacks: records that cannot be read, most of what was there before, the flaws of the last weeks.

use std::fs;

use tests::{Advisory, Ran, Site};

const FLASK: Advisory =
    Advisory { ecosystem: "PyPI", package: "flask", id: "TEST-2026-0001", introduced: "0", fixed: "2.2.5" };

/// A tree with a flask that [`FLASK`] affects.
fn shop() -> Site {
    let site = Site::new();
    site.write("sluicegate.yaml", "version: 1\nstages:\n  dependencies: {}\n");
    site.write("requirements.txt", "flask==2.2.4\n");
    site
}

/// A record of a package that nobody has, which changed on a day.
fn record(id: &str, modified: &str) -> String {
    let affected = serde_json::json!([{"package": {"ecosystem": "PyPI", "name": "other"}, "ranges": [
        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]);
    serde_json::json!({"id": id, "modified": modified, "affected": affected}).to_string()
}

/// A database with a record that cannot be read and none that is young.
#[test]
fn what_a_database_does_not_know_is_told_by_status_and_run() {
    let site = shop();
    let folder = site.beside("osv");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("old.json"), record("TEST-2020-0001", "2020-01-05T00:00:00Z")).unwrap();
    fs::write(folder.join("broken.json"), "{\"id\": \"TEST-2020-0002\", \"affected\": [").unwrap();
    let from = folder.to_str().unwrap();
    let refused = site.run(&["db", "update", "--from", from]);
    assert_eq!((refused.code, refused.stdout.as_str()), (3, ""), "{}", refused.stderr);
    assert_eq!(
        refused.stderr,
        "error[incomplete]: nothing of the folder is taken, as one record cannot be read\n\
         error[incomplete]: broken.json: not an OSV record: EOF while parsing a list at line 1 column 38\n  \
         help: mend or remove what cannot be read, or take the rest with --force\n"
    );
    assert_eq!(site.run(&["db", "status"]).code, 3, "nothing was built");
    let built = site.run(&["db", "update", "--force", "--from", from]);
    assert_eq!(built.code, 0, "{}", built.stderr);
    let status = site.run(&["db", "status"]);
    assert!(status.stdout.contains("without 1 record that could not be read"), "{}", status.stdout);
    let gaps = || {
        let (code, report) = site.report(&["--offline"]);
        let gaps = report["gaps"].as_array().unwrap().iter().map(|gap| (&gap["code"], &gap["kind"]));
        (code, gaps.map(|(code, kind)| format!("{code} {kind}")).collect::<Vec<_>>())
    };
    let [lost, stale] =
        ["\"lost-advisories\" \"unread\"", "\"stale-database\" \"partial\""].map(str::to_owned);
    assert_eq!(gaps(), (3, vec![lost.clone(), stale]));
    let record = site.beside("record").display().to_string();
    assert_eq!(site.run(&["run", "--offline", "-q", "--record", &record]).code, 3);
    for subject in ["lost-advisories", "dependencies/lost-advisories"] {
        let told = site.run(&["explain", subject, "--record", &record]);
        let lines: Vec<&str> = told.stdout.lines().collect();
        assert_eq!(told.code, 0, "{}", told.stderr);
        let [what, id, state, closed, kind, ..] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(
            *what,
            "dependencies/lost-advisories: one advisory for PyPI could not be read when the database was built, so what is in \
             it is not known"
        );
        assert!(id.starts_with("  id: "), "{id}");
        assert_eq!((*state, *closed), ("  state: new, blocks", "  closed by: run `sluicegate db update`"));
        assert_eq!(*kind, "unread gap: a file, or an advisory, should have been read and could not be");
        let by_id = site.run(&["explain", id.trim_start_matches("  id: "), "--record", &record]);
        assert_eq!(by_id.stdout, told.stdout);
    }
    // What is missing can be accepted, and so can any age, by who answers for the policy.
    site.write("sluicegate.yaml", "version: 1\nstages:\n  dependencies: { max-age: none }\n");
    assert_eq!(gaps(), (3, vec![lost.clone()]));
    let waiver = "waivers: [{ gap: lost-advisories, reason: known, owner: me, expires: 2999-01-31 }]\n";
    site.write(
        "sluicegate.yaml",
        format!("version: 1\nstages:\n  dependencies: {{ max-age: none }}\n{waiver}"),
    );
    assert_eq!(gaps(), (0, vec![lost]));
}

#[test]
fn an_update_that_would_lose_most_of_what_is_there_asks_for_force() {
    let site = shop();
    let folder = site.beside("osv");
    fs::create_dir_all(&folder).unwrap();
    let from = folder.to_str().unwrap();
    for number in 1..=5 {
        let id = format!("TEST-2026-000{number}");
        fs::write(folder.join(format!("{id}.json")), record(&id, "2999-01-05T00:00:00Z")).unwrap();
    }
    let npm = Advisory { ecosystem: "npm", package: "left-pad", ..FLASK };
    site.database(&[npm]);
    let whole = site.run(&["db", "update", "--from", from]);
    assert_eq!((whole.code, whole.stderr.as_str()), (0, "npm: its one advisory of before stays\n"));
    let first = |ran: &Ran| ran.stdout.split(", newest").next().unwrap_or_default().to_owned();
    assert_eq!(first(&whole), "PyPI: 5 advisories");
    for number in 2..=4 {
        fs::remove_file(folder.join(format!("TEST-2026-000{number}.json"))).unwrap();
    }
    let fewer = site.run(&["db", "update", "--from", from, "-q"]);
    assert_eq!((fewer.code, fewer.stdout.as_str()), (3, ""));
    assert_eq!(
        fewer.stderr,
        "error[incomplete]: PyPI stays as it is: it has 5 advisories, and the source only 2\n  \
         help: see whether the source is whole; --force takes it as it is\n"
    );
    let forced = site.run(&["db", "update", "--from", from, "--force"]);
    assert_eq!((forced.code, first(&forced)), (0, "PyPI: 2 advisories (5 before)".to_owned()));
}

#[test]
fn an_ecosystem_is_named_as_osv_does() {
    let site = shop();
    site.database(&[FLASK]);
    let from = site.beside("bucket").display().to_string();
    let check = |name: &str, code: i32, expected: &str| {
        let ran = site.run(&["db", "update", "--from", &from, "--ecosystem", name, "-q"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (code, expected), "{name}");
    };
    check("pypi", 2, "error[usage]: `pypi` is no ecosystem\n  help: write it as OSV does: PyPI\n");
    check(
        "PyPI,Hex",
        3,
        "error[incomplete]: the source has no advisory of Hex\n  help: see that the source has it, as NAME/all.zip, or leave the name away\n",
    );
    check("PyPI", 0, "");
}
