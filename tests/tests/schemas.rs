//! The schemas that are committed are those that the binary prints. `sluicegate schema OF > templates/FILE` renews one.

use tests::{Site, project};

/// What the project is checked with itself.
#[test]
fn the_pipeline_of_the_project_is_one() {
    let site = Site::new();
    site.write("sluicegate.yaml", std::fs::read(project().join("sluicegate.yaml")).unwrap_or_default());
    let planned = site.run(&["plan", "--offline"]);
    assert_eq!(planned.code, 0, "{}", planned.stderr);
}

#[test]
fn the_schemas_of_the_project_are_those_of_the_binary() {
    for (of, file) in [("pipeline", "sluicegate.schema.json"), ("report", "report.schema.json")] {
        let printed = Site::new().run(&["schema", of]).stdout;
        let committed = std::fs::read_to_string(project().join("templates").join(file)).unwrap_or_default();
        assert!(printed == committed, "templates/{file} is stale: sluicegate schema {of} > templates/{file}");
    }
}
