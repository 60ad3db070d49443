//! Kinds of stage for tests: their sections say what they need and give. Nothing here runs.

use model::{Rule, StageId, SubjectKind};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use stage::{
    ConfigError, From, Given, HistoryRange, Interpolated, Kind, Need, Presence, Running, Section, Sink, Spec,
    Stage, Stages,
};

use crate::{Combined, Layers, combine};

/// The section of every kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Own {
    /// How strict it is.
    pub(crate) level: u8,
    /// Artifacts it needs of its own subject.
    pub(crate) wants: Vec<String>,
    /// Artifacts it takes of its own subject where there are any.
    pub(crate) likes: Vec<String>,
    /// Artifacts it needs of every subject.
    pub(crate) wants_every: Vec<String>,
    /// Artifacts it gives.
    pub(crate) gives: Vec<String>,
    /// Whether it gives images.
    pub(crate) gives_images: bool,
    /// Whether it checks images, not the tree.
    pub(crate) on_images: bool,
    /// Which commits it checks beside its subject: `scope` or `everything`.
    pub(crate) history: Option<String>,
    /// What it looks at.
    pub(crate) target: Option<Interpolated>,
}

struct Fake(Spec);

impl Stage for Fake {
    fn spec(&self) -> Spec {
        self.0.clone()
    }

    fn rules(&self) -> Vec<Rule> {
        Vec::new()
    }

    fn run<'a>(&'a self, _: &'a Given<'a>, _: &'a Sink) -> Running<'a> {
        Box::pin(async { Ok(()) })
    }
}

/// Names of artifacts live as long as the binary.
fn forever(name: &str) -> &'static str {
    name.to_owned().leak()
}

fn spec(id: &StageId, own: &Own, subject: SubjectKind) -> Spec {
    let artifact =
        |name: &String, from: From, optional: bool| Need::Artifact { name: forever(name), from, optional };
    let wants = own.wants.iter().map(|name| artifact(name, From::Same, false));
    let likes = own.likes.iter().map(|name| artifact(name, From::Same, true));
    let every = own.wants_every.iter().map(|name| artifact(name, From::Every, false));
    let history = own.history.iter().filter(|_| subject == SubjectKind::Commits).map(|range| {
        Need::History(if range == "scope" { HistoryRange::Scope } else { HistoryRange::Everything })
    });
    let variables = own.target.iter().flat_map(Interpolated::needs);
    Spec {
        id: id.clone(),
        revision: 1,
        subject,
        config: Section::digest(own),
        needs: wants.chain(likes).chain(every).chain(history).chain(variables).collect(),
        gives: own.gives.iter().map(|name| forever(name)).collect(),
        gives_subjects: own.gives_images.then_some(SubjectKind::Image),
    }
}

fn build(section: &Section, change: impl Fn(&mut Own), both: bool) -> Result<Stages, ConfigError> {
    let mut own: Own = section.parse()?;
    change(&mut own);
    let first = if own.on_images { SubjectKind::Image } else { SubjectKind::Tree };
    let mut kinds = if both { vec![SubjectKind::Tree, SubjectKind::Image] } else { vec![first] };
    kinds.extend(own.history.as_ref().map(|_| SubjectKind::Commits));
    Ok(kinds
        .into_iter()
        .map(|kind| Box::new(Fake(spec(&section.id, &own, kind))) as Box<dyn Stage>)
        .collect())
}

fn own_schema(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<Own>()
}

/// `secrets` everywhere, `dependencies` where there are lockfiles, `inventory` for them, `tool` on demand.
pub(crate) fn kinds() -> Vec<Kind> {
    let kind = |name, summary, presence, build, starter| Kind {
        name,
        summary,
        presence,
        schema: own_schema,
        build,
        starter,
    };
    vec![
        kind(
            "secrets",
            "Finds credentials.",
            || Presence::Always,
            |section| build(section, |_| {}, false),
            "",
        ),
        kind(
            "dependencies",
            "Finds packages with known flaws.",
            || Presence::Files(&["**/Cargo.lock", "**/go.mod"]),
            |section| build(section, |own| own.wants.push("inventory".into()), true),
            "# How strict it is.\nlevel: 0\n",
        ),
        kind(
            "inventory",
            "Lists packages.",
            || Presence::Implied,
            |section| build(section, |own| own.gives.push("inventory".into()), true),
            "",
        ),
        kind("tool", "Runs a program.", || Presence::Asked, |section| build(section, |_| {}, false), ""),
    ]
}

/// Reads a file of one layer.
pub(crate) fn layers(text: &str) -> Layers {
    load("", text)
}

/// Reads a file, of another revision when one is named; files it extends are those of [`POLICIES`].
pub(crate) fn load(revision: &str, text: &str) -> Layers {
    let find = |path: &str| {
        let found = POLICIES.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| "no such file".to_owned())
    };
    let read = if revision.is_empty() {
        Layers::load("sluicegate.yaml", text.as_bytes(), &find)
    } else {
        Layers::load_from(revision, "sluicegate.yaml", text.as_bytes(), &find)
    };
    read.unwrap_or_else(|error| panic!("{error}"))
}

/// Files to extend.
const POLICIES: [(&str, &str); 2] = [
    (
        "strict.yaml",
        "version: 1\nstages: { secrets: { level: 9 }, inventory: { level: 9 } }\nprofiles: { ci: { stages: [secrets], scope: full, require: [secrets] } }\n",
    ),
    ("same.yaml", "version: 1\nstages: { secrets: { level: 1 } }\n"),
];

/// Combines the files of two revisions; without the first there is one policy.
pub(crate) fn combined(target: Option<&str>, head: &str) -> Combined {
    match target {
        Some(target) => combine(&load("main", target), &layers(head)),
        None => Combined::one(layers(head)),
    }
}
