//! The JSON Schema of the pipeline file, from the same types that read it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema as _, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use stage::Kind;

use crate::PipelineFile;
use crate::raw::{RawEntry, RawProfile};

/// The schema of a section of the top that another crate reads: its key and the schema of its value.
pub type SectionSchema = (&'static str, fn(&mut SchemaGenerator) -> Schema);

/// Where definitions stand.
const DEFINITIONS: &str = "#/$defs/";
/// A name, as [`model::StageId`] takes it.
const NAME: &str = "[a-z0-9]+(-[a-z0-9]+)*";

/// Returns the JSON Schema of the whole file: `sections` are those of [`PipelineFile::SECTIONS`] that another crate
/// describes; the others take anything.
pub fn schema(kinds: &[Kind], sections: &[SectionSchema]) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut entries = BTreeMap::new();
    for kind in kinds {
        let own = (kind.schema)(&mut generator);
        entries.insert(kind.name, entry(kind, &own, &mut generator));
    }
    let mut properties = Map::new();
    properties.insert("version".into(), json!({ "const": 1, "description": "Version of the format." }));
    properties.insert("extends".into(), extends());
    properties.insert("profiles".into(), profiles(&mut generator));
    properties.insert("stages".into(), stages(kinds));
    for key in PipelineFile::SECTIONS {
        let described = sections.iter().find(|(name, _)| *name == key);
        let value = described.map_or(json!(true), |(_, schema)| nullable(schema(&mut generator).to_value()));
        properties.insert(key.into(), value);
    }
    let mut definitions = generator.take_definitions(true);
    for (name, entry) in entries {
        definitions.insert(definition(name), entry);
    }
    let mut root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sluicegate pipeline file",
        "description": "What must be shown before code goes on to deployment.",
        "type": "object",
        "properties": properties,
        "required": ["version"],
        "additionalProperties": false,
    });
    let definitions = reachable(&root, definitions);
    if let Some(root) = root.as_object_mut() {
        root.insert("$defs".into(), Value::Object(definitions));
    }
    sorted(root)
}

fn extends() -> Value {
    json!({
        "description": "Files of this tree that this one builds on, such as an organization's policy. They add and tighten.",
        "type": ["array", "null"],
        "items": { "type": "string", "minLength": 1 },
    })
}

fn profiles(generator: &mut SchemaGenerator) -> Value {
    let profile = generator.subschema_for::<RawProfile>();
    json!({
        "description": "Profiles by name; `push`, `ci` and `release` are built in.",
        "type": ["object", "null"],
        "patternProperties": { format!("^{NAME}$"): profile },
        "additionalProperties": false,
    })
}

/// A stage goes by the name of its kind, or by another one and says its kind with `uses`.
fn stages(kinds: &[Kind]) -> Value {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let reference = |name: &&str| json!({ "$ref": format!("{DEFINITIONS}{}", definition(name)) });
    let properties: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), reference(name))).collect();
    let by_kind: Vec<Value> = names
        .iter()
        .map(|name| json!({ "if": { "properties": { "uses": { "const": name } } }, "then": reference(name) }))
        .collect();
    json!({
        "description": "The stages by name; what applies to the tree when nothing is said.",
        "type": ["object", "null"],
        "properties": properties,
        "patternProperties": {
            format!("^(?!({})$){NAME}$", names.join("|")): {
                "type": "object",
                "properties": { "uses": { "enum": names } },
                "required": ["uses"],
                "allOf": by_kind,
            }
        },
        "additionalProperties": false,
    })
}

/// Returns the schema of a stage's entry: its own keys and the runner's.
fn entry(kind: &Kind, own: &Schema, generator: &mut SchemaGenerator) -> Value {
    let mut entry = resolved(own, generator);
    let runner = RawEntry::json_schema(generator).to_value();
    let mut properties = object(&entry, "properties");
    properties.extend(object(&runner, "properties"));
    let uses = json!({ "const": kind.name, "description": "The kind of stage; the key itself when nothing is said." });
    properties.insert("uses".into(), uses);
    if let Some(entry) = entry.as_object_mut() {
        entry.remove("title");
        entry.insert("description".into(), kind.summary.into());
        entry.insert("type".into(), json!(["object", "null"]));
        entry.insert("properties".into(), Value::Object(properties));
        entry.insert("additionalProperties".into(), false.into());
    }
    entry
}

/// Returns a schema itself where it is a reference to a definition.
fn resolved(schema: &Schema, generator: &SchemaGenerator) -> Value {
    let name =
        schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix(DEFINITIONS));
    let found = name.and_then(|name| generator.definitions().get(name));
    let value = found.cloned().unwrap_or_else(|| schema.clone().to_value());
    if value.is_object() { value } else { json!({}) }
}

fn object(schema: &Value, key: &str) -> Map<String, Value> {
    schema.get(key).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// A section that says nothing holds its defaults.
fn nullable(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn definition(kind: &str) -> String {
    format!("stage-{kind}")
}

/// Leaves out the definitions that nothing refers to.
fn reachable(root: &Value, mut definitions: Map<String, Value>) -> Map<String, Value> {
    let mut open = BTreeSet::new();
    references(root, &mut open);
    let mut kept = Map::new();
    while let Some(name) = open.pop_first() {
        if let Some(definition) = definitions.remove(&name) {
            references(&definition, &mut open);
            kept.insert(name, definition);
        }
    }
    kept
}

fn references(schema: &Value, into: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            let name =
                map.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix(DEFINITIONS));
            into.extend(name.map(str::to_owned));
            map.values().for_each(|value| references(value, into));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns the value with the keys of every map in order, however maps are built into this binary.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<String, Value> =
                map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(map.into_iter().collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;
    use crate::starter;
    use crate::testing::kinds;

    /// What fails.
    #[derive(JsonSchema)]
    #[schemars(deny_unknown_fields, rename_all = "kebab-case")]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Gate {
        fail_on: Option<String>,
    }

    fn whole() -> Value {
        schema(&kinds(), &[("gate", |generator| generator.subschema_for::<Gate>())])
    }

    /// Tells whether the schema and the reader agree that the file is valid, or that it is not.
    fn check(file: &str, valid: bool) {
        let value: Value = serde_saphyr::from_str(file).unwrap();
        let validator = jsonschema::validator_for(&whole()).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors.is_empty(), valid, "{file}: {errors:?}");
        let read = PipelineFile::parse("sluicegate.yaml", file.as_bytes()).map_err(|error| error.to_string());
        let sections = read.and_then(|file| {
            let sections = file.stages().iter().map(|(id, entry)| {
                let section = file.stage_section(id).ok_or("no section")?;
                let kind = kinds().into_iter().find(|kind| kind.name == entry.kind).ok_or("no kind")?;
                (kind.build)(&section).map(|_| ()).map_err(|error| error.to_string())
            });
            sections.collect::<Result<(), String>>()
        });
        assert_eq!(sections.is_ok(), valid, "{file}: {sections:?}");
    }

    #[test]
    fn the_schema_takes_what_the_reader_takes() {
        check(&starter(&kinds()), true);
        check(
            "version: 1\nprofiles: { ci: { stages: [secrets], scope: change, budget: 1h30m } }\nstages:\n",
            true,
        );
        check(
            "version: 1\nstages: { secrets: , x: { uses: tool, level: 2, when: { paths: a, event: [push, tag] }, timeout: 5m, needs: [secrets] } }\n",
            true,
        );
        check("version: 1\nextends: [a.yaml]\ngate:\ncache: { trust: own }\n", true);
    }

    #[test]
    fn the_schema_refuses_what_the_reader_refuses() {
        for file in [
            "stages: {}",
            "version: 2",
            "{ version: 1, stage: {} }",
            "{ version: 1, stages: { x: {} } }",
            "{ version: 1, stages: { x: { uses: toll } } }",
            "{ version: 1, stages: { x: { uses: tool, levle: 1 } } }",
            "{ version: 1, stages: { X: { uses: tool } } }",
            "{ version: 1, stages: { secrets: { levle: 1 } } }",
            "{ version: 1, stages: { secrets: [] } }",
            "{ version: 1, stages: { secrets: { timeout: soon } } }",
            "{ version: 1, stages: { secrets: { needs: x } } }",
            "{ version: 1, stages: { secrets: { when: { event: pushed } } } }",
            "{ version: 1, stages: { secrets: { when: { path: a } } } }",
            "{ version: 1, profiles: { ci: { stages: all } } }",
            "{ version: 1, profiles: { ci: { stages: every, scope: full } } }",
            "{ version: 1, profiles: { ci: { stages: all, scope: ful } } }",
            "{ version: 1, extends: a.yaml }",
        ] {
            check(file, false);
        }
    }

    #[test]
    fn sections_of_others_are_part_of_it() {
        let validator = jsonschema::validator_for(&whole()).unwrap();
        assert!(validator.is_valid(&json!({ "version": 1, "gate": { "fail-on": "high" } })));
        assert!(!validator.is_valid(&json!({ "version": 1, "gate": { "failon": "high" } })));
    }

    #[test]
    fn every_key_is_described_and_nothing_is_left_over() {
        fn visit(schema: &Value, path: &str, bare: &mut Vec<String>) {
            for (key, value) in object(schema, "properties") {
                let path = format!("{path}.{key}");
                let described = value.get("description").is_some()
                    || value.get("$ref").is_some()
                    || value.get("enum").is_some();
                if !described && value != json!(true) && value.get("const").is_none() {
                    bare.push(path.clone());
                }
                visit(&value, &path, bare);
            }
        }
        let whole = whole();
        let mut bare = Vec::new();
        visit(&whole, "", &mut bare);
        for (name, definition) in object(&whole, "$defs") {
            visit(&definition, &name, &mut bare);
        }
        assert_eq!(bare, [".gate", "Gate.fail-on"], "keys without a description");
        let names: Vec<String> = object(&whole, "$defs").into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "Event",
                "Gate",
                "Period",
                "RawProfile",
                "RawWhen",
                "Scope",
                "stage-dependencies",
                "stage-inventory",
                "stage-secrets",
                "stage-tool"
            ]
        );
        assert_eq!(whole, super::tests::whole());
    }
}
