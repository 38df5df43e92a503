//! liveagent-odata
