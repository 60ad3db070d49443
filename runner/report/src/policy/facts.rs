//! What a gate rule sees of a finding: the variable `finding`.
//!
//! Every field is always there and always of one type, so that a rule needs no presence tests: what is not known is
//! an empty text, an empty list, zero or `false`. The list of fields is this struct alone; checks and documentation
//! read it through its schema.

use model::{Evidence, Finding, Location, Reachable, Related};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::policy::Level;
use crate::state::State;

/// Longest text and longest list that a rule sees in full; a finding beyond them is an error of the rule, which
/// fails closed.
pub(crate) const MAX_LIST: usize = 1_000;

/// A finding, as gate rules see it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Facts {
    /// Id, as reports print it.
    id: String,
    /// Stage that found it.
    stage: String,
    /// What was being checked: `tree`, `image:…`.
    subject: String,
    /// Rule that fired.
    rule: String,
    /// `critical`, `high`, `medium`, `low`, `info` or `unknown`: a text, which has no order; `rank` has one.
    severity: String,
    /// 5 for critical down to 1 for info; `unknown` as the policy's `unknown-as` says.
    rank: u8,
    /// `new`, `unchanged` or `newly-disclosed`.
    state: String,
    /// What is wrong, in a few words.
    title: String,
    /// What is wrong here.
    message: String,
    /// Weaknesses, as CWE numbers.
    cwe: Vec<u32>,
    /// How to fix it.
    fix: String,
    /// Where.
    location: Place,
    /// How many steps lie between source and sink.
    steps: usize,
    /// Further places that belong to it.
    related: Vec<Place>,
    /// What it rests on.
    evidence: Basis,
    /// Whether the flaw is known to be exploited: `evidence.kev`.
    kev: bool,
    /// Whether code of the project reaches the flaw, `yes`, `no` or `unknown`: `evidence.reachable`.
    reachable: String,
    /// Version that fixes the flaw: `evidence.fixed`.
    fixed: String,
}

/// A place.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
struct Place {
    /// `file`, `commit`, `dependency`, `layer`, `field` or `exchange`.
    kind: String,
    /// Path in the tree.
    path: String,
    /// First line.
    start_line: u32,
    /// Last line.
    end_line: u32,
    /// `Kind/namespace/name` of a declarative object.
    object: String,
    /// Path of a field in the object.
    field: String,
    /// URL of an HTTP exchange.
    url: String,
}

/// What a finding rests on.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
struct Basis {
    /// `none`, `secret` or `advisory`.
    kind: String,
    /// How sure a credential is: `likely`, `format` or `checksum`.
    verdict: String,
    /// Probability of a real credential in percent.
    probability: u8,
    /// How a credential was wrapped, outermost first.
    decoded: Vec<String>,
    /// Package with its version, as package URL.
    purl: String,
    /// Version found.
    version: String,
    /// Advisory.
    advisory: String,
    /// Other identifiers of the same flaw.
    aliases: Vec<String>,
    /// Range that holds the version.
    affected: String,
    /// Version that fixes the flaw.
    fixed: String,
    /// Packages from a direct dependency down to this one.
    path: Vec<String>,
    /// Whether the project itself asks for the package.
    direct: bool,
    /// `runtime`, `development`, `optional` or `unknown`.
    scope: String,
    /// When the advisory was published.
    published: String,
    /// CVSS vector.
    cvss: String,
    /// Whether the flaw is known to be exploited.
    kev: bool,
    /// `yes`, `no` or `unknown`.
    reachable: String,
}

impl Facts {
    /// Collects what a rule sees.
    pub(crate) fn of(finding: &Finding, state: State, unknown_as: Level) -> Self {
        let evidence = Basis::of(&finding.evidence);
        Self {
            id: finding.id().to_owned(),
            stage: finding.stage.to_string(),
            subject: finding.subject.to_string(),
            rule: finding.rule.to_string(),
            severity: finding.severity.name().to_owned(),
            rank: Level::of(finding.severity, unknown_as).severity().rank(),
            state: state.name().to_owned(),
            title: finding.title.clone(),
            message: finding.message.clone(),
            cwe: finding.cwe.clone(),
            fix: finding.fix.as_ref().map(|fix| fix.text.clone()).unwrap_or_default(),
            location: Place::of(&finding.location),
            steps: finding.flow.len(),
            related: finding.related.iter().map(|Related { location, .. }| Place::of(location)).collect(),
            kev: evidence.kev,
            reachable: evidence.reachable.clone(),
            fixed: evidence.fixed.clone(),
            evidence,
        }
    }

    /// Returns a finding of which nothing is known, to try a rule on.
    pub(crate) fn nothing() -> Self {
        let evidence = Basis::of(&Evidence::None);
        Self {
            id: String::new(),
            stage: String::new(),
            subject: String::new(),
            rule: String::new(),
            severity: model::Severity::Unknown.name().to_owned(),
            rank: 1,
            state: State::New.name().to_owned(),
            title: String::new(),
            message: String::new(),
            cwe: Vec::new(),
            fix: String::new(),
            location: Place { kind: "file".into(), ..Place::default() },
            steps: 0,
            related: Vec::new(),
            kev: false,
            reachable: evidence.reachable.clone(),
            fixed: String::new(),
            evidence,
        }
    }

    /// Returns the length of the longest list.
    pub(crate) fn longest_list(&self) -> usize {
        let Basis { decoded, aliases, path, .. } = &self.evidence;
        [self.cwe.len(), self.related.len(), decoded.len(), aliases.len(), path.len()]
            .into_iter()
            .max()
            .unwrap_or(0)
    }
}

impl Place {
    fn of(location: &Location) -> Self {
        let (kind, object, field, url) = match location {
            Location::File { .. } => ("file", "", "", ""),
            Location::Commit { .. } => ("commit", "", "", ""),
            Location::Dependency { .. } => ("dependency", "", "", ""),
            Location::Layer { .. } => ("layer", "", "", ""),
            Location::Field { object, field, .. } => ("field", object.as_str(), field.as_str(), ""),
            Location::Exchange { url, .. } => ("exchange", "", "", url.as_str()),
        };
        Self {
            kind: kind.to_owned(),
            path: location.path().unwrap_or_default().to_owned(),
            start_line: location.span().map_or(0, |span| span.start_line),
            end_line: location.span().map_or(0, |span| span.end_line),
            object: object.to_owned(),
            field: field.to_owned(),
            url: url.to_owned(),
        }
    }
}

impl Basis {
    fn of(evidence: &Evidence) -> Self {
        let nothing =
            Self { reachable: word(&Reachable::Unknown), scope: "unknown".to_owned(), ..Self::default() };
        match evidence {
            Evidence::None => Self { kind: "none".to_owned(), ..nothing },
            Evidence::Secret { redacted: _, verdict, probability, decoded } => Self {
                kind: "secret".to_owned(),
                verdict: word(verdict),
                probability: probability.unwrap_or(0),
                decoded: decoded.clone(),
                ..nothing
            },
            Evidence::Advisory(found) => Self {
                kind: "advisory".to_owned(),
                purl: found.purl.to_string(),
                version: found.version.clone(),
                advisory: found.advisory.clone(),
                aliases: found.aliases.clone(),
                affected: found.affected.clone(),
                fixed: found.fixed.clone().unwrap_or_default(),
                path: found.path.clone(),
                direct: found.direct.unwrap_or(false),
                scope: word(&found.scope),
                published: found.published.clone().unwrap_or_default(),
                cvss: found.cvss.clone().unwrap_or_default(),
                kev: found.kev.unwrap_or(false),
                reachable: word(&found.reachable),
                ..nothing
            },
        }
    }
}

/// Returns the word that serde writes for a unit variant, so that rules and reports name it alike.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// A field of `finding`, for checks and documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Path from the variable on: `evidence.kev`.
    pub path: String,
    /// `string`, `int`, `bool`, `list` or `map`.
    pub kind: &'static str,
    /// What it means.
    pub description: String,
}

/// Returns the fields that a gate rule can use, in the order of the finding.
pub fn fields() -> Vec<Field> {
    let schema = schemars::generate::SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<Facts>();
    let mut fields = Vec::new();
    collect("", schema.as_value(), &mut fields);
    fields
}

fn collect(prefix: &str, schema: &Value, fields: &mut Vec<Field>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let text = |key: &str| property.get(key).and_then(Value::as_str).unwrap_or_default();
        let kind = match text("type") {
            "string" => "string",
            "integer" => "int",
            "boolean" => "bool",
            "array" => "list",
            _ => "map",
        };
        fields.push(Field { path: path.clone(), kind, description: text("description").to_owned() });
        collect(&path, property, fields);
    }
}
