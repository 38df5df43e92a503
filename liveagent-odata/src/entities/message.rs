//! `Message`.

use super::{Conversation, Inbox, User};
use odata_core::ODataEntity;
use odata_core::edm::{DateTime, Json, Utc};

/// A message is a single piece of communication between an Agent and a client, every time an
/// Agent/user presses enter it will write that text as a new message row. In the Messages table, you
/// can find all messages from all Inboxes and Conversations.
#[derive(ODataEntity)]
#[odata(table = "messages", scope = "account_id")]
pub struct Message {
    /// Unique Message ID
    #[odata(key)]
    pub id: i64,
    /// The Message Sent
    #[odata(searchable)]
    pub content: Option<String>,
    /// Account ID
    pub account_id: i64,
    /// Inbox ID
    pub inbox_id: i64,
    /// Conversation ID
    pub conversation_id: i64,
    /// Type of Message: incoming: 0, outgoing: 1, activity: 2, template: 3
    #[odata(values(0 = "incoming", 1 = "outgoing", 2 = "activity", 3 = "template"))]
    pub message_type: i32,
    /// Message Creation Date
    #[odata(immutable)]
    pub created_at: DateTime<Utc>,
    /// Message Updated Date
    pub updated_at: DateTime<Utc>,
    /// Message Visibility
    pub private: Option<bool>,
    /// Message Status: sent: 0, delivered: 1, read: 2, failed: 3
    #[odata(values(0 = "sent", 1 = "delivered", 2 = "read", 3 = "failed"))]
    pub status: Option<i32>,
    /// Message Source
    pub source_id: Option<String>,
    /// text: 0, input_text: 1, input_textarea: 2, input_email: 3, input_select: 4, cards: 5, form: 6,
    /// article: 7, incoming_email: 8, input_csat: 9, typescognigy: 2016, request_file_upload: 2017
    #[odata(values(
        0 = "text",
        1 = "input_text",
        2 = "input_textarea",
        3 = "input_email",
        4 = "input_select",
        5 = "cards",
        6 = "form",
        7 = "article",
        8 = "incoming_email",
        9 = "input_csat",
        2016 = "typescognigy",
        2017 = "request_file_upload",
    ))]
    pub content_type: i32,
    /// JSON Attribute/Value Definitions
    pub content_attributes: Option<Json>,
    /// Provides information of who originated the message
    pub sender_type: Option<String>,
    /// Sender unique ID
    pub sender_id: Option<i64>,
    /// External Source IDs
    pub external_source_ids: Option<Json>,

    /// The conversation of this message.
    #[odata(foreign_key = conversation_id)]
    pub conversation: Option<Conversation>,
    /// The inbox of this message.
    #[odata(foreign_key = inbox_id)]
    pub inbox: Option<Inbox>,
    /// The user who sent this message; a contact or a bot is none.
    #[odata(foreign_key = sender_id, when("sender_type" = "User"))]
    pub sender: Option<User>,
}
