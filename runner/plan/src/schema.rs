//! The JSON Schema of the pipeline file.

use schemars::{Schema, SchemaGenerator};
use stage::Kind;

/// The schema of a section of the top that another crate reads: its key and the schema of its value.
pub type SectionSchema = (&'static str, fn(&mut SchemaGenerator) -> Schema);

/// Returns the JSON Schema of the whole file.
pub fn schema(kinds: &[Kind], sections: &[SectionSchema]) -> serde_json::Value {
    let _ = (kinds, sections);
    todo!()
}
