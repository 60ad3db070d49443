//! Spec and run.

use ::stage::{
    ConfigError, Given, Globs, GlobsError, Need, Running, Section, Sink, Spec, Stage, StageError, Stages,
};
use model::{Digest, INCLUDED_FILES, INVENTORY, Rule, StageId, SubjectKind};

use crate::config::Checked;
use crate::folder::MARKERS;
use crate::role::{Roles, named};
use crate::survey;

/// Differs between builds of other code: see `build.rs`.
const REVISION: u32 = include!(concat!(env!("OUT_DIR"), "/revision.rs"));

/// The stage for source trees.
struct Inventory {
    id: StageId,
    config: Digest,
    files: Globs,
    roles: Roles,
    exclude: Globs,
}

/// Makes the stage that a section asks for.
pub(crate) fn build(section: &Section) -> Result<Stages, ConfigError> {
    let checked = Checked::of(section)?;
    // The globs are our own; were one malformed, no test would pass.
    let own = |error: GlobsError| section.error(0, 0, error.to_string());
    Ok(vec![Box::new(Inventory {
        id: section.id.clone(),
        config: Section::digest(&checked.exclude.patterns()),
        files: Globs::new(named().chain(INCLUDED_FILES.iter().copied()).chain(MARKERS)).map_err(own)?,
        roles: Roles::new().map_err(own)?,
        exclude: checked.exclude,
    })])
}

impl Stage for Inventory {
    fn spec(&self) -> Spec {
        Spec {
            id: self.id.clone(),
            revision: REVISION,
            subject: SubjectKind::Tree,
            config: self.config,
            needs: vec![Need::Files(self.files.clone())],
            gives: vec![INVENTORY.name()],
            gives_subjects: None,
        }
    }

    fn rules(&self) -> Vec<Rule> {
        Vec::new()
    }

    fn run<'a>(&'a self, given: &'a Given<'a>, out: &'a Sink) -> Running<'a> {
        Box::pin(async move { self.survey(given, out) })
    }
}

impl Inventory {
    fn survey(&self, given: &Given<'_>, out: &Sink) -> Result<(), StageError> {
        let files = given.files()?;
        let survey = given.compute(|| {
            survey::take(files, &self.roles, &self.exclude, &|| given.cancelled(), &|read| out.advance(read))
        });
        let survey = survey.ok_or(StageError::Cancelled)?;
        for (path, trouble) in survey.troubles {
            out.gap_at(
                trouble.kind,
                trouble.code,
                &path,
                trouble.line,
                trouble.reason,
                trouble.hint.as_deref(),
            );
        }
        for (what, number) in survey.counts {
            out.count(what, number);
        }
        out.give(INVENTORY, survey.inventory)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_code_has_a_number() {
        assert_ne!(super::REVISION, 0);
    }

    #[test]
    fn the_list_that_other_stages_see_is_the_list_of_formats() {
        let mut named: Vec<&str> = super::named().collect();
        named.sort_unstable();
        assert_eq!(named, model::PACKAGE_FILES);
    }
}
