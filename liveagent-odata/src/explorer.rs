//! The page at `/`: what it is told of Live Agent.

use crate::config::SERVICE_PATH;
use odata_explorer::{About, Explorer, Question};

/// What the product is asked most, each by the URL that asks it.
pub const QUESTIONS: &[Question] = &[
    Question {
        title: "First response time per inbox",
        text: "Average seconds to the first reply, and how many replies there were.",
        url: "ReportingEvent?$apply=filter(name eq 'first_reply_created')/groupby((inbox/name),aggregate(value with average as seconds,$count as replies))&$orderby=seconds desc",
    },
    Question {
        title: "Load per agent",
        text: "The open conversations of each agent; those without a name wait for one.",
        url: "Conversation?$apply=filter(status eq 0)/groupby((assignee/name),aggregate($count as open))&$orderby=open desc",
    },
    Question {
        title: "Conversations per label",
        text: "How many conversations bear each label.",
        url: "Label?$apply=groupby((title),aggregate(conversations/$count as n))&$orderby=n desc",
    },
    Question {
        title: "Traffic by hour",
        text: "Messages in each hour of the day, in UTC.",
        url: "Message?$apply=compute(hour(created_at) as hour)/groupby((hour),aggregate($count as messages))&$orderby=hour",
    },
];

/// The page, put together once for all threads that send it. It is told whether a token may stand in a URL.
pub fn page(query_token: bool) -> Explorer {
    Explorer::new(&About {
        root: format!("{SERVICE_PATH}/"),
        title: "Live Agent explorer".to_owned(),
        token_hint:
            "In Live Agent: Profile Settings, Access Token. The user must be an administrator."
                .to_owned(),
        query_token,
        questions: QUESTIONS.to_vec(),
    })
}
