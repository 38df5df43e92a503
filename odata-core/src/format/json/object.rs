//! The members of a JSON object, one after the other.

use super::super::write_json_string;
use crate::edm::Version;

/// The members of an object under construction.
pub(super) struct Object {
    pub(super) first: bool,
}

impl Object {
    pub(super) fn comma(&mut self, out: &mut Vec<u8>) {
        if self.first {
            self.first = false;
        } else {
            out.push(b',');
        }
    }

    /// `"@odata.id":null`
    pub(super) fn null_id(&mut self, out: &mut Vec<u8>, version: Version) {
        self.control(out, version, "id");
        out.extend_from_slice(b"null");
    }

    /// `"name":`
    pub(super) fn name(&mut self, out: &mut Vec<u8>, name: &str) {
        self.comma(out);
        write_json_string(out, name);
        out.push(b':');
    }

    /// `"@odata.context":`
    pub(super) fn control(&mut self, out: &mut Vec<u8>, version: Version, name: &str) {
        self.annotation(out, "", version, name);
    }

    /// `"name@odata.count":`
    pub(super) fn annotation(&mut self, out: &mut Vec<u8>, of: &str, version: Version, name: &str) {
        self.comma(out);
        out.push(b'"');
        out.extend_from_slice(of.as_bytes());
        out.push(b'@');
        out.extend_from_slice(version.prefix().as_bytes());
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
    }
}
