//! The command `metadata`: the declared model, as if a database fitted it exactly.

use crate::cli::{MetadataArgs, MetadataFormat};
use crate::entities;
use crate::exit::{self, Exit};
use odata_core::describe;
use odata_core::edm::{ResolveOptions, Schema, Version};
use odata_core::limits::Limits;
use std::io::{self, Write as _};

/// Prints it on stdout.
pub fn run(options: &MetadataArgs) -> Result<(), Exit> {
    let (schema, _) = Schema::resolve(&entities::model(), None, &ResolveOptions::default());
    let limits = Limits::default();
    let document = match options.format {
        MetadataFormat::Xml => describe::csdl_xml(&schema, &limits, Version::V4_0),
        MetadataFormat::Json => describe::csdl_json(&schema, &limits, Version::V4_01),
    };
    let _ = writeln!(
        io::stderr(),
        "this is the declared model; $metadata of a service says what its database has of it"
    );
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(document.trim_end().as_bytes())
        .and_then(|()| stdout.write_all(b"\n"))
        .and_then(|()| stdout.flush())
        .map_err(|error| Exit::new(exit::SOFTWARE, format!("cannot write: {error}")))
}
