//! `Conversation`.

use super::{Inbox, Label, Message, ReportingEvent, User};
use odata_core::ODataEntity;
use odata_core::edm::{DateTime, Json, Utc, Uuid};

/// A Conversation is the communication channel opened between an Agent and a client.
#[derive(ODataEntity)]
#[odata(table = "conversations", scope = "account_id")]
pub struct Conversation {
    /// Unique Conversation ID
    #[odata(key)]
    pub id: i64,
    /// Account ID (where the conversation belongs)
    pub account_id: i64,
    /// Inbox ID (where the conversation belongs)
    pub inbox_id: i64,
    /// Conversation Status: open: 0, resolved: 1, pending: 2, snoozed: 3
    #[odata(values(0 = "open", 1 = "resolved", 2 = "pending", 3 = "snoozed"))]
    pub status: i32,
    /// Agent ID (assigned to the conversation)
    pub assignee_id: Option<i64>,
    /// Conversation Creation Date
    #[odata(immutable)]
    pub created_at: DateTime<Utc>,
    /// Conversation Updated Date
    pub updated_at: DateTime<Utc>,
    /// Client Unique Identification.
    pub contact_id: Option<i64>,
    /// Display ID
    pub display_id: i32,
    /// Contact/Client Date Last Seen
    pub contact_last_seen_at: Option<DateTime<Utc>>,
    /// Agent Date Last Seen
    pub agent_last_seen_at: Option<DateTime<Utc>>,
    /// JSON Containing Any Additional Attributes.
    pub additional_attributes: Option<Json>,
    /// Contact Inbox ID
    pub contact_inbox_id: Option<i64>,
    /// Unique Identifier
    pub uuid: Uuid,
    /// Identifier
    #[odata(searchable)]
    pub identifier: Option<String>,
    /// Last Activity Date.
    pub last_activity_at: DateTime<Utc>,
    /// Team ID (belonging to the conversation)
    pub team_id: Option<i64>,
    /// Campaign ID
    pub campaign_id: Option<i64>,
    /// Snoozed Date End
    pub snoozed_until: Option<DateTime<Utc>>,
    /// Extra Add-on Attributes
    pub custom_attributes: Option<Json>,
    /// Date Of Last Time The Assignee Has Been Seen
    pub assignee_last_seen_at: Option<DateTime<Utc>>,
    /// Unique Session ID
    pub cognigy_session_id: Option<String>,

    /// The messages of this conversation.
    #[odata(foreign_key = conversation_id)]
    pub messages: Vec<Message>,
    /// The inbox of this conversation.
    #[odata(foreign_key = inbox_id)]
    pub inbox: Option<Inbox>,
    /// The agent to whom this conversation is assigned.
    #[odata(foreign_key = assignee_id)]
    pub assignee: Option<User>,
    /// The labels that this conversation bears, each once.
    #[odata(
        through(
            "taggings",
            on("taggable_id" = id),
            when("taggable_type" = "Conversation", "context" = "labels")
        ),
        through("tags", on("id" = "tag_id")),
        to(title = "name")
    )]
    pub labels: Vec<Label>,
    /// The reporting events of this conversation.
    #[odata(foreign_key = conversation_id)]
    pub reporting_events: Vec<ReportingEvent>,
}
