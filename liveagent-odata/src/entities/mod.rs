//! The six published collections. A new one is a struct in a file of its own and a line in [`model`].
//!
//! The doc comments are the published texts, which `$metadata` gives back as descriptions; where the
//! document lost a code list, it stands here again.

mod conversation;
mod inbox;
mod label;
mod message;
mod reporting_event;
mod user;

pub use conversation::Conversation;
pub use inbox::Inbox;
pub use label::Label;
pub use message::Message;
pub use reporting_event::ReportingEvent;
pub use user::User;

use odata_core::edm::Model;

/// Everything that the service declares, in the order of the service document.
pub fn model() -> Model {
    Model::new("LiveAgent")
        .with::<Message>()
        .with::<Conversation>()
        .with::<Inbox>()
        .with::<Label>()
        .with::<ReportingEvent>()
        .with::<User>()
}

#[cfg(test)]
mod tests;
