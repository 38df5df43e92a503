//! What the README shows as code, compiled as it stands there.

use liveagent_odata::entities::Conversation;
use odata_core::ODataEntity;

include!("team.rs");

/// The README's new collection, the very text of its block.
pub const TEAM: &str = include_str!("team.rs");
