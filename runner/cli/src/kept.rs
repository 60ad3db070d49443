//! The files that a run takes its policy from. No output may take their place.

use std::path::{Path, PathBuf};

use report::policy::Policy;
use stage::Files;

use crate::args::Choice;
use crate::case;
use crate::fault::Fault;
use crate::output::real;
use crate::policy_file;
use crate::prepared::Prepared;

/// The files that a run takes its policy from, each with its name in the tree and what it is.
#[derive(Default)]
pub(crate) struct Kept(Vec<(PathBuf, String)>);

impl Kept {
    /// Lists the pipeline file, those that it extends, the baselines, and what sections name as policy.
    pub(crate) fn of(choice: &Choice, prepared: &Prepared) -> Result<Self, Fault> {
        let Some(folder) = &prepared.checkout.folder else { return Ok(Self::default()) };
        let combined = &prepared.pipeline.combined;
        let mut named = vec![(policy_file::path(&choice.config, folder)?, "the pipeline file".to_owned())];
        let extended = combined.head().extended().iter();
        named.extend(extended.map(|path| (path.clone(), "which the pipeline file extends".to_owned())));
        for layers in combined.target().into_iter().chain([combined.head()]) {
            let Policy { baseline, .. } = case::side_of(layers)?.0;
            named.extend(baseline.map(|path| (path, "the baseline".to_owned())));
        }
        for instance in prepared.plan.instances() {
            let files = Files::select(prepared.checkout.policy.clone(), &instance.spec.policy());
            let what = format!("a policy file of stage `{}`", instance.id());
            named.extend(files.iter().map(|file| (file.path().to_owned(), what.clone())));
        }
        let kept = |(path, what): (String, String)| (real(&folder.join(&path)), format!("{path}, {what}"));
        Ok(Self(named.into_iter().map(kept).collect()))
    }

    /// Says what an output would take the place of.
    pub(crate) fn refusal(&self, file: &Path) -> Option<String> {
        let file = real(file);
        let (_, what) = self.0.iter().find(|(kept, _)| *kept == file)?;
        Some(format!("it would take the place of {what}"))
    }
}
