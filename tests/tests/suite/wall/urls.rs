//! Requests that use every option, form of path, navigation and function where another account's
//! rows are near.

use super::Caller;
use liveagent_odata::entities::model;

/// `{3}` is an own key, `{x3}` one of the other account. Keys are alike in every set.
const URLS: &[&str] = &[
    // Conditions over what points across.
    "Message?$filter=inbox/account_id ne 1 or inbox/account_id eq 1",
    "Message?$filter=conversation/identifier ne null",
    "Message?$filter=startswith(conversation/identifier,'mark')",
    "Message?$filter=not (conversation/account_id eq 12345)",
    "Message?$filter=conversation_id eq {x7}",
    "Message?$filter=conversation_id eq {x7}&$expand=conversation",
    "Message?$filter=sender/email ne 'x'&$expand=sender",
    "Message?$filter=conversation/inbox/name ne 'x'&$expand=conversation($expand=inbox)",
    "Message?$filter=id eq {x3} or id eq {3}",
    "Message?$filter=id in ({x3},{3},{x4})",
    "Message?$filter=contains(content,'mark-of')",
    "Message?$filter=conversation/messages/any(m: m/id ne 0)",
    "Message?$filter=conversation/messages/$count ge 0",
    "Message?$filter=inbox/members/any(u: u/email ne '')",
    "Conversation?$filter=messages/any(m: contains(m/content,'mark-of'))",
    "Conversation?$filter=messages/any(m: m/account_id ne 77 and m/inbox/name ne '')",
    "Conversation?$filter=messages/all(m: m/content ne 'x')",
    "Conversation?$filter=labels/any(l: l/title eq 'shared-1')",
    "Conversation?$filter=labels/any(l: l/description ne 'x')&$expand=labels",
    "Conversation?$filter=inbox/members/any(u: contains(u/name,'mark-of'))",
    "Conversation?$filter=reporting_events/any(e: e/user/name ne null)",
    "Conversation?$filter=assignee/inboxes/any(i: i/name ne 'x')",
    "Conversation?$filter=assignee/sent_messages/$count ge 0",
    "Label?$filter=conversations/any(c: c/messages/any(m: m/id gt 0))",
    "Label?$filter=conversations/$count gt 0",
    "Inbox?$filter=members/any(u: u/assigned_conversations/any())",
    "Inbox?$filter=messages/any(m: m/sender/name ne 'x')",
    "ReportingEvent?$filter=conversation/identifier ne 'x' or user/name ne 'x' or inbox/name ne 'x'",
    "User?$filter=assigned_conversations/any(c: c/id ne 0)",
    "User?$filter=inboxes/any(i: i/conversations/any(c: c/id ne 0))",
    "User?$filter=sent_messages/all(m: m/id gt 0)",
    // Entities as operands, members by key, sets behind $root.
    "Conversation?$filter=$root/Conversation({x3}) ne null or $root/Conversation({x3})/identifier ne null",
    "Conversation?$filter=assignee eq $root/User({x2}) or assignee ne $root/User(99500001)",
    "Conversation?$filter=messages({x3}) ne null or messages({x3})/content ne null",
    "Conversation?$filter=messages/any(m: m/sender eq assignee or m/conversation eq $it)",
    "Conversation?$filter=@c/messages/any(m: m/content ne null)&@c=$root/Conversation({x3})",
    "Message?$filter=conversation eq $root/Conversation({x7}) or inbox eq conversation/inbox",
    "Message?$filter=$root/Message/any(m: contains(m/content,'mark-of-b')) or $root/Label/$count gt 12",
    "Message?$filter=$root/User/any(u: u/email gt 'm') and $root/Message/all(m: m/id ne {x3})",
    "Message?$compute=$root/Message/$count as n,$root/Message/$count($search=mark) as m&$select=id,n,m",
    "Message?$compute=$root/Message({x3})/content as other,$root/Conversation({x3})/messages({x3})/content as c&$select=id,other,c",
    // Order by what is foreign or secret by way of navigation.
    "Message?$orderby=conversation/identifier desc,inbox/name,sender/name&$expand=conversation,inbox,sender",
    "Message?$orderby=conversation/inbox/name,id desc",
    "Message?$orderby=conversation/messages/$count desc",
    "Conversation?$orderby=assignee/email desc&$expand=assignee",
    "Conversation?$orderby=messages/$count desc,labels/$count&$count=true",
    "ReportingEvent?$orderby=user/name desc,conversation/display_id&$expand=user,conversation",
    "User?$orderby=email desc&$expand=inboxes($orderby=name desc)",
    "Label?$orderby=description desc",
    // Expand, nested, with options.
    "Message?$expand=*",
    "Conversation?$expand=*",
    "Inbox?$expand=*",
    "User?$expand=*",
    "Label?$expand=*",
    "ReportingEvent?$expand=*",
    "Inbox?$expand=conversations($expand=messages($expand=sender($expand=inboxes)))",
    "Inbox?$expand=conversations($expand=labels($expand=conversations($select=id)))",
    "Inbox?$expand=members($expand=assigned_conversations($expand=messages))",
    "User?$expand=inboxes($expand=members($expand=sent_messages))",
    "User?$expand=assigned_conversations($expand=inbox,labels;$count=true;$top=2)",
    "User?$expand=sent_messages($filter=conversation/id ne null;$orderby=id desc;$skip=1;$top=2;$count=true)",
    "User?$expand=reporting_events($expand=conversation($expand=assignee))",
    "Conversation?$expand=messages($filter=contains(content,'mark-of');$orderby=sender/name;$expand=sender)",
    "Conversation?$expand=messages/$count,labels/$count",
    "Conversation?$expand=messages/$ref",
    "Conversation?$expand=messages($search=content)",
    "Conversation?$expand=messages($filter=inbox/members/any(u: u/name ne null))",
    "Label?$expand=conversations($expand=assignee,inbox;$filter=messages/any())",
    // Count, search, aggregation.
    "Message?$count=true&$top=1",
    "Message?$count=true&$filter=conversation_id eq {x7}",
    "Message?$search=%22mark-of-a%22 OR %22mark-of-b%22 OR %22mark-of-none%22",
    "Message?$search=NOT nothing",
    "Label?$search=shared-1 OR description",
    "Inbox?$search=inbox",
    "Conversation?$search=identifier",
    "ReportingEvent?$search=event",
    "Message?$apply=aggregate($count as n,id with min as least,id with max as most)",
    "Message?$apply=aggregate(content with max as m,content with min as l,content with countdistinct as n)",
    "Message?$apply=groupby((conversation/identifier,inbox/name),aggregate($count as n))",
    "Message?$apply=groupby((sender/name))",
    "Message?$apply=filter(conversation_id eq {x7})/aggregate($count as n)",
    "Message?$apply=filter(conversation/messages/any())/groupby((conversation/inbox/name),aggregate(id with max as m))",
    "Conversation?$apply=groupby((assignee/email,status),aggregate(display_id with max as m))",
    "ReportingEvent?$apply=groupby((user/name,name),aggregate(value with sum as s,value with average as a))",
    "ReportingEvent?$apply=aggregate(value with max as m,created_at with max as c)",
    "User?$apply=aggregate(email with max as e,$count as n)",
    "User?$apply=groupby((name),aggregate($count as n))",
    "Label?$apply=groupby((title),aggregate($count as n))",
    "Message?$apply=topcount(5,id)",
    "Message?$apply=orderby(content desc)/top(3)",
    "Message?$apply=search(content)/aggregate($count as n)",
    "Message?$apply=compute(concat(content,sender/name) as both)/filter(both ne null)",
    "Message?$compute=concat(content,concat(inbox/name,sender/name)) as both&$select=id,both",
    "Message?$compute=conversation/identifier as other&$select=other&$orderby=other desc",
    // Paths.
    "Conversation({3})",
    "Conversation(id={3})",
    "Conversation({x3})",
    "Conversation({3})/messages",
    "Conversation({3})/messages/$count",
    "Conversation({3})/messages({x3})",
    "Conversation({3})/messages({4})",
    "Conversation({3})/messages/$ref",
    "Conversation({6})/inbox/members",
    "Conversation({6})/inbox/name",
    "Conversation({6})/inbox/name/$value",
    "Conversation({6})/assignee/inboxes",
    "Conversation({3})/labels",
    "Conversation({3})/labels?$expand=conversations",
    "Conversation({3})/reporting_events?$expand=user",
    "Conversation({5})/inbox",
    "Conversation({7})/assignee",
    "Inbox({2})/members",
    "Inbox({2})/members?$expand=inboxes($expand=members)",
    "Inbox({2})/members/$count",
    "Inbox({2})/conversations?$expand=messages",
    "Inbox({2})/messages?$orderby=sender/name desc",
    "Inbox({2})/members({x2})",
    "User({2})/assigned_conversations?$expand=inbox",
    "User({2})/sent_messages",
    "User({2})/inboxes?$expand=conversations",
    "User({2})/reporting_events",
    "User({x2})",
    "User(33000001)",
    "User(33000001)/assigned_conversations",
    "User(33000001)/sent_messages?$expand=conversation,inbox",
    "User(33000001)/inboxes?$count=true",
    "User(33000001)/reporting_events?$apply=aggregate($count as n)",
    "User(99500001)",
    "Label({1})/conversations?$expand=labels",
    "Label({1})/conversations/$count",
    "Label({x1})/conversations",
    "Message({6})/conversation",
    "Message({6})?$expand=conversation($expand=messages)",
    "Message({8})/sender",
    "Message({5})/inbox",
    "ReportingEvent({3})/conversation/messages",
    "ReportingEvent({4})/inbox/conversations",
    "Message/$ref",
    "User/$ref?$orderby=email",
    // Pages.
    "Message?$orderby=conversation/identifier,content",
    "Message?$orderby=content desc&$skip=3",
    "Conversation?$filter=contains(identifier,'mark')&$orderby=identifier desc,assignee/name",
];

/// All of them with the keys of a caller, and what the model gives: every property and navigation.
pub(crate) fn urls(caller: Caller) -> Vec<String> {
    let mut urls: Vec<String> = URLS.iter().map(|url| (*url).to_owned()).collect();
    for entity in model().entity_types {
        let set = entity.entity_set;
        urls.push(set.to_owned());
        for property in entity.properties.iter().filter(|property| !property.secret) {
            let name = property.name;
            urls.push(format!("{set}?$select={name}&$orderby={name} desc"));
            urls.push(format!("{set}({{3}})/{name}"));
            urls.push(format!("{set}?$apply=groupby(({name}))"));
        }
        for navigation in entity.navigation_properties {
            let name = navigation.name;
            let far = (navigation.target)();
            urls.push(format!("{set}?$expand={name}"));
            urls.push(format!("{set}({{4}})/{name}?$expand=*"));
            for property in far.properties.iter().filter(|property| !property.secret) {
                if navigation.many {
                    urls.push(format!(
                        "{set}?$filter={name}/any(x: x/{} ne null)&$select=id",
                        property.name
                    ));
                } else {
                    urls.push(format!(
                        "{set}?$filter={name}/{0} ne null&$orderby={name}/{0} desc&$select=id",
                        property.name
                    ));
                    urls.push(format!(
                        "{set}?$apply=groupby(({name}/{}),aggregate($count as n))",
                        property.name
                    ));
                }
            }
        }
    }
    urls.iter().map(|url| with_keys(url, caller)).collect()
}

fn with_keys(url: &str, caller: Caller) -> String {
    let (own, foreign) = caller.keys;
    let mut out = String::new();
    let mut rest = url;
    while let Some((before, tail)) = rest.split_once('{') {
        let (key, after) = tail.split_once('}').expect("a brace is closed");
        let (base, digits) = match key.strip_prefix('x') {
            Some(digits) => (foreign, digits),
            None => (own, key),
        };
        out += before;
        out += &(base + digits.parse::<u32>().expect("a key is a number")).to_string();
        rest = after;
    }
    out + rest
}
