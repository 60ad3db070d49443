//! `sluicegate schema`: the JSON Schemas, from the types that read and write.

use report::{Exit, formats};

use crate::args::{SchemaArgs, SchemaOf};
use crate::fault::Fault;
use crate::{output, sections};

/// Prints a schema.
pub(crate) fn schema(args: &SchemaArgs) -> Result<Exit, Fault> {
    let value = match args.of {
        SchemaOf::Pipeline => plan::schema(&crate::stages::kinds(), &sections::SCHEMAS),
        SchemaOf::Report => formats::json::schema(),
    };
    let text = serde_json::to_string_pretty(&value).map_err(Fault::bug)? + "\n";
    output::print(text.as_bytes())?;
    Ok(Exit::Pass)
}
