//! Spec and run.

use std::collections::BTreeMap;

use ::stage::{
    ConfigError, Draft, File, From, Given, Globs, Grain, Need, Place, Running, Section, Sink, Spec, Stage,
    StageError, Stages,
};
use jiff::civil::Date;
use model::{Digest, INCLUDED_FILES, INVENTORY, Inventory, PACKAGE_FILES, Rule, Span, StageId, SubjectKind};

use crate::config::Checked;
use crate::finding::{Within, draft};
use crate::ignore::Ignores;
use crate::judge::{Judgment, judge};
use crate::place::places;
use crate::rules::Rules;
use crate::shelf::{DATA, Open, Shelf};

/// Differs between builds of other code: see `build.rs`.
const REVISION: u32 = include!(concat!(env!("OUT_DIR"), "/revision.rs"));

/// The stage for source trees.
struct Dependencies {
    id: StageId,
    digest: Digest,
    config: Checked,
    rules: Rules,
    files: Globs,
    own: Globs,
}

/// Makes the stage that a section asks for.
pub(crate) fn build(section: &Section) -> Result<Stages, ConfigError> {
    let config = Checked::of(section)?;
    let refused = |error: &dyn std::fmt::Display| section.error(0, 0, error.to_string());
    let files = PACKAGE_FILES.iter().chain(INCLUDED_FILES).copied();
    Ok(vec![Box::new(Dependencies {
        id: section.id.clone(),
        digest: Section::digest(&config),
        rules: Rules::new(&section.id).map_err(|error| refused(&error))?,
        files: Globs::new(files).map_err(|error| refused(&error))?,
        own: Globs::new(config.globs()).map_err(|error| refused(&error))?,
        config,
    })])
}

impl Stage for Dependencies {
    fn spec(&self) -> Spec {
        let mut needs = vec![
            Need::Artifact { name: INVENTORY.name(), from: From::Same, optional: false },
            Need::Data(DATA),
            Need::Files(self.files.clone()),
        ];
        if !self.config.folders.is_empty() {
            needs.push(Need::Policy(self.own.clone()));
        }
        if self.config.needs_date() {
            needs.push(Need::Clock(Grain::Day));
        }
        Spec {
            id: self.id.clone(),
            revision: REVISION,
            subject: SubjectKind::Tree,
            config: self.digest,
            needs,
            gives: Vec::new(),
            gives_subjects: None,
        }
    }

    fn rules(&self) -> Vec<Rule> {
        self.rules.all()
    }

    fn run<'a>(&'a self, given: &'a Given<'a>, out: &'a Sink) -> Running<'a> {
        Box::pin(async move { self.check(given, out) })
    }
}

impl Dependencies {
    fn check(&self, given: &Given<'_>, out: &Sink) -> Result<(), StageError> {
        let today: Option<Date> = if self.config.needs_date() { given.today()?.parse().ok() } else { None };
        let mut ignores = Ignores::new(&self.config.ignore, today);
        let mut whole = true;
        for (_, inventory) in given.artifacts(INVENTORY)? {
            let shelf = Shelf::open(&self.config, &inventory, today, given)?;
            let judgments =
                given.compute(|| self.judge(&inventory, &shelf, given)).ok_or(StageError::Cancelled)?;
            whole &= shelf.is_whole();
            shelf.gaps.iter().for_each(|open| say(open, out));
            for (manifest, judgment) in inventory.manifests.iter().zip(judgments) {
                judgment.gaps.iter().for_each(|open| say(open, out));
                out.count("packages-checked", judgment.checked);
                if judgment.elsewhere() > 0 {
                    out.count("packages-not-public", judgment.elsewhere());
                }
                if judgment.out_of_scope > 0 {
                    out.count("packages-out-of-scope", judgment.out_of_scope);
                }
                let within = Within { path: &manifest.path, format: &manifest.format };
                self.report(&within, &judgment, &mut ignores, given, out)?;
            }
        }
        // Where something is missing, an entry may wait for what is missing.
        if whole {
            for (entry, message) in ignores.without_effect() {
                let draft = Draft::new(&self.rules.unused_ignore, entry.location.clone());
                out.find(draft.message(message).identity(entry.id.clone()));
            }
        }
        Ok(())
    }

    /// Looks up all manifests; `None` when cancelled.
    fn judge<'a>(
        &self,
        inventory: &'a Inventory,
        shelf: &Shelf,
        given: &Given<'_>,
    ) -> Option<Vec<Judgment<'a>>> {
        let one = |manifest| (!given.cancelled()).then(|| judge(manifest, shelf, &self.config));
        inventory.manifests.iter().map(one).collect()
    }

    /// Says the findings of one manifest.
    fn report(
        &self,
        within: &Within<'_>,
        judgment: &Judgment<'_>,
        ignores: &mut Ignores<'_>,
        given: &Given<'_>,
        out: &Sink,
    ) -> Result<(), StageError> {
        if judgment.hits.is_empty() {
            return Ok(());
        }
        let spans: Vec<Span> = judgment.hits.iter().map(|hit| hit.package.span).collect();
        let shown = shown(given.files()?.find(within.path), &spans);
        for hit in &judgment.hits {
            let draft = draft(&self.rules, within, hit, shown.get(&hit.package.span));
            out.find(match ignores.find(hit.package, &hit.flaw) {
                Some(suppression) => draft.suppressed(suppression),
                None => draft,
            });
        }
        Ok(())
    }
}

/// Returns the places of spans in a file; none when it cannot be shown, which costs a finding its lines and nothing else.
fn shown(file: Option<File<'_>>, spans: &[Span]) -> BTreeMap<Span, Place> {
    let places = file.and_then(|file| file.read().ok()).and_then(|text| places(&text, spans));
    spans.iter().copied().zip(places.unwrap_or_default()).collect()
}

fn say(open: &Open, out: &Sink) {
    out.gap_at(open.kind, open.code, &open.path, open.line, open.reason.clone(), open.hint);
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_code_has_a_number() {
        assert_ne!(super::REVISION, 0);
    }
}
