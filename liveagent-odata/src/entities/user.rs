//! `User`.

use super::{Conversation, Inbox, Message, ReportingEvent};
use odata_core::ODataEntity;
use odata_core::edm::{DateTime, Json, Utc};

/// This data model holds information regarding the Live Agent users, such as an Agent.
#[derive(ODataEntity)]
#[odata(
    table = "users",
    scope(via = "account_users", on("user_id" = id), column = "account_id")
)]
pub struct User {
    /// Unique Record ID
    #[odata(key)]
    pub id: i64,
    /// e.g Email
    pub provider: String,
    /// Provided Unique Identifier
    pub uid: String,
    /// Encrypted Password
    #[odata(secret)]
    pub encrypted_password: Option<String>,
    /// Token Used To Reset The Password
    #[odata(secret)]
    pub reset_password_token: Option<String>,
    /// Date When A Password Reset Was Sent
    #[odata(column("reset_password_sent_at", "reset_password_send_at"))]
    pub reset_password_send_at: Option<DateTime<Utc>>,
    /// Remember Created At Date
    pub remember_created_at: Option<DateTime<Utc>>,
    /// Number Of Times User Has Signed In
    pub sign_in_count: i32,
    /// Current Sign In Date
    pub current_sign_in_at: Option<DateTime<Utc>>,
    /// Last Sign In Date
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// Current Sign In IP Address
    pub current_sign_in_ip: Option<String>,
    /// Current Sign In IP Address
    pub last_sign_in_ip: Option<String>,
    /// Confirmation Token
    #[odata(secret)]
    pub confirmation_token: Option<String>,
    /// Confirmation Token Confirmed At Date
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Confirmation Token Sent At Date
    pub confirmation_sent_at: Option<DateTime<Utc>>,
    /// Unconfirmed Email
    pub unconfirmed_email: Option<String>,
    /// User Name
    #[odata(searchable)]
    pub name: String,
    /// User Display Name
    #[odata(searchable)]
    pub display_name: Option<String>,
    /// User Email
    #[odata(searchable)]
    pub email: Option<String>,
    /// User Tokens
    #[odata(secret)]
    pub tokens: Option<Json>,
    /// User Creation Date
    #[odata(immutable)]
    pub created_at: DateTime<Utc>,
    /// User Updated Date
    pub updated_at: DateTime<Utc>,
    /// User Publish/Subscribe Token
    #[odata(secret, column("pubsub_token", "pubsub_tokens"))]
    pub pubsub_tokens: Option<String>,
    /// This Represents The User's Availability.
    #[odata(values(0 = "online", 1 = "offline", 2 = "busy"))]
    pub availability: Option<i32>,
    /// UI Settings For User
    pub ui_settings: Option<Json>,
    /// Custom Attributes
    pub custom_attributes: Option<Json>,
    /// Cognigy User ID
    pub cognigy_user_id: Option<String>,

    /// The conversations that are assigned to this user.
    #[odata(foreign_key = assignee_id)]
    pub assigned_conversations: Vec<Conversation>,
    /// The messages that this user sent.
    #[odata(foreign_key = sender_id, when("sender_type" = "User"))]
    pub sent_messages: Vec<Message>,
    /// The inboxes that this user works in.
    #[odata(inverse = members)]
    pub inboxes: Vec<Inbox>,
    /// The reporting events of this user.
    #[odata(foreign_key = user_id)]
    pub reporting_events: Vec<ReportingEvent>,
}
