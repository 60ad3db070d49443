//! The section of the pipeline file.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;
use stage::{ConfigError, Globs, Section};

/// What the section may say.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    /// Globs of lockfiles and manifests that are not part of the project, such as inputs of its tests. They are counted.
    #[schemars(with = "Vec<String>")]
    exclude: Vec<Spanned<String>>,
}

/// The section, checked.
pub(crate) struct Checked {
    /// What is left out.
    pub(crate) exclude: Globs,
}

impl Checked {
    /// Reads and checks the section.
    pub(crate) fn of(section: &Section) -> Result<Self, ConfigError> {
        let config: Config = section.parse()?;
        for pattern in &config.exclude {
            let at = pattern.referenced;
            let refused = |error: stage::GlobsError| {
                section.error(at.line() as usize, at.column() as usize, error.to_string())
            };
            Globs::new([&pattern.value]).map_err(refused)?;
        }
        let patterns = config.exclude.iter().map(|pattern| &pattern.value);
        let exclude = Globs::new(patterns).map_err(|error| section.error(0, 0, error.to_string()))?;
        Ok(Self { exclude })
    }
}
