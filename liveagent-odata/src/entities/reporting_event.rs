//! `ReportingEvent`.

use super::{Conversation, Inbox, User};
use odata_core::ODataEntity;
use odata_core::edm::{DateTime, Utc};

/// The Reporting Event model represents actions or occurrences tracked in the system for reporting and
/// analytics purposes.
#[derive(ODataEntity)]
#[odata(table("reporting_events", "events"), scope = "account_id")]
pub struct ReportingEvent {
    /// Unique Reporting Event ID
    #[odata(key)]
    pub id: i64,
    /// Start time of the event
    pub event_start_time: Option<DateTime<Utc>>,
    /// End time of the event
    pub event_end_time: Option<DateTime<Utc>>,
    /// Name of the event
    #[odata(searchable)]
    pub name: Option<String>,
    /// Value associated with the event, such as timestamp
    pub value: Option<f64>,
    /// Timestamp when the event was created
    #[odata(immutable)]
    pub created_at: DateTime<Utc>,
    /// Timestamp when the event was last updated
    pub updated_at: DateTime<Utc>,
    /// ID of the account associated with the event
    pub account_id: Option<i64>,
    /// ID of the conversation associated with the event
    pub conversation_id: Option<i64>,
    /// ID of the inbox associated with the event
    pub inbox_id: Option<i64>,
    /// ID of the user associated with the event
    pub user_id: Option<i64>,

    /// The conversation of this event; none where it was deleted since.
    #[odata(foreign_key = conversation_id)]
    pub conversation: Option<Conversation>,
    /// The inbox of this event; none where it was deleted since.
    #[odata(foreign_key = inbox_id)]
    pub inbox: Option<Inbox>,
    /// The user of this event; none where it was deleted since.
    #[odata(foreign_key = user_id)]
    pub user: Option<User>,
}
