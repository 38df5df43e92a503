//! `Inbox`.

use super::{Conversation, Message, ReportingEvent, User};
use odata_core::ODataEntity;
use odata_core::edm::{DateTime, Utc};

/// The Inbox is where all Conversations from a specific set of Agents will be placed.
#[derive(ODataEntity)]
#[odata(table = "inboxes", scope = "account_id")]
pub struct Inbox {
    /// Unique Record ID
    #[odata(key)]
    pub id: i64,
    /// Channel ID
    pub channel_id: i64,
    /// Inbox Name
    #[odata(searchable)]
    pub name: String,
    /// Account ID
    pub account_id: i64,
    /// Inbox Creation Date
    #[odata(immutable)]
    pub created_at: DateTime<Utc>,
    /// Inbox Updated Date
    pub updated_at: DateTime<Utc>,
    /// Communication Channel, for example, API, Webchat, Facebook (Meta)
    pub channel_type: Option<String>,
    /// Feature That Allows The Agent To Auto Assign Conversations
    pub enable_auto_assignment: Option<bool>,
    /// Feature That Allows An Automatic Greeting To Be Sent
    pub greeting_enabled: Option<bool>,
    /// Automatic Greeting Message
    pub greeting_message: Option<String>,
    /// Email Address
    pub email_address: Option<String>,
    /// Feature That Enables A Working Hours Timetable
    pub working_hours_enabled: Option<bool>,
    /// Default Message That Will Be Displayed During Out Of Office Hours
    #[odata(column("out_of_office_message", "out_of_office_enabled"))]
    pub out_of_office_enabled: Option<String>,
    /// Inbox Timezone
    pub timezone: Option<String>,
    /// Allows To Email Collection
    pub enable_email_collect: Option<bool>,
    /// Allows CSAT Survey
    pub csat_survey_enabled: Option<bool>,
    // Documented as numbers. Where the columns hold text, the properties follow them.
    /// Cognigy Account ID
    pub cognigy_organization_id: Option<i64>,
    /// Cognigy Project ID
    pub cognigy_project_id: Option<i64>,
    /// Allows To Reassign Conversation
    pub enable_auto_reassignment: Option<bool>,
    /// Allows To See All Conversations In Inbox, Even If They Do Not Belong To You
    pub conversation_show_all: Option<bool>,

    /// The conversations of this inbox.
    #[odata(foreign_key = inbox_id)]
    pub conversations: Vec<Conversation>,
    /// The messages of this inbox.
    #[odata(foreign_key = inbox_id)]
    pub messages: Vec<Message>,
    /// The reporting events of this inbox.
    #[odata(foreign_key = inbox_id)]
    pub reporting_events: Vec<ReportingEvent>,
    /// The agents of this inbox, each once.
    #[odata(through("inbox_members", on("inbox_id" = id)), to(id = "user_id"))]
    pub members: Vec<User>,
}
