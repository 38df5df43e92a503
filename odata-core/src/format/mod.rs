//! Rows to bytes: which representation a client gets, and how each value is written in it.
//!
//! What comes in are request headers, PostgreSQL's binary cells and errors; what goes out are bytes.
//! HTTP and SQL are not known here, and of `uri` the grammar of the headers alone.

mod cell;
mod csv;
mod error;
mod escape;
mod json;
mod json_text;
mod key;
mod media_range;
mod negotiate;
mod numeric;
mod preferences;
mod records;
mod select_list;
mod skip_token;
mod temporal;

pub use cell::{CellError, CellOptions, CellWriter};
pub use csv::CsvWriter;
pub use error::error_body;
pub use escape::write_json_string;
pub use json::{Context, EntityWriter, PropertyWriter, SortOutput, Top, sort_outputs};
pub use negotiate::{
    Format, FormatParameters, Headers, MetadataLevel, Negotiated, Resource, VARY, negotiate,
    version,
};
pub use preferences::Preferences;
pub use records::Cells;
pub use select_list::select_list;
pub use skip_token::{SkipToken, SortValue, TokenKey};
