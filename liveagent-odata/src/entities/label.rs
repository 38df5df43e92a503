//! `Label`.

use super::Conversation;
use odata_core::ODataEntity;
use odata_core::edm::{DateTime, Utc};

/// Labels are being used to mark, identify or group different Conversations.
#[derive(ODataEntity)]
#[odata(table = "labels", scope = "account_id")]
pub struct Label {
    /// Unique Label ID
    #[odata(key)]
    pub id: i64,
    /// Label Title
    #[odata(searchable)]
    pub title: Option<String>,
    /// Label Description
    #[odata(searchable)]
    pub description: Option<String>,
    /// Label Color
    pub color: String,
    /// Allows The Label to Be Shown On The Sidebar
    pub show_on_sidebar: Option<bool>,
    /// Account To Which The Label Will Belong
    pub account_id: Option<i64>,
    /// Label Creation Date
    #[odata(immutable)]
    pub created_at: DateTime<Utc>,
    /// Label Updated Date
    pub updated_at: DateTime<Utc>,

    /// The conversations that bear this label.
    #[odata(inverse = labels)]
    pub conversations: Vec<Conversation>,
}
