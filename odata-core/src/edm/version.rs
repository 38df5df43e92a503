//! The versions of OData that are spoken, and what differs between them by name alone.

/// The version of a response (Protocol 8.1.5). URLs are read by the rules of 4.01 always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Version {
    /// What a client gets that doesn't ask for more.
    #[default]
    V4_0,
    /// Only on an explicit `OData-MaxVersion` of at least 4.01.
    V4_01,
}

impl Version {
    /// Every version, the lowest first.
    pub const ALL: &'static [Version] = &[Version::V4_0, Version::V4_01];

    /// Its name, the value of `OData-Version`.
    pub const fn name(self) -> &'static str {
        match self {
            Version::V4_0 => "4.0",
            Version::V4_01 => "4.01",
        }
    }

    /// What stands before the names of control information (`@odata.context`), preferences and
    /// format parameters (JSON Format 4.5).
    pub const fn prefix(self) -> &'static str {
        match self {
            Version::V4_0 => "odata.",
            Version::V4_01 => "",
        }
    }
}
