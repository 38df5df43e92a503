//! liveagent-odata

pub mod demo;
