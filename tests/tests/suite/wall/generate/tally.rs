//! What came of the requests.

use std::collections::BTreeMap;

use tests::Response;

/// Answers by their status, and those that tell something.
#[derive(Debug, Default)]
pub(in crate::wall) struct Tally {
    statuses: BTreeMap<u16, usize>,
    not_empty: usize,
    /// Errors without the names that they tell, with how often, and one request.
    errors: BTreeMap<String, (usize, String)>,
}

/// Documented answers to requests that are valid in form: an operation on values that can't be done, and what
/// is not implemented (docs/conformance.md), which a few in a hundred thousand ask for.
const DOCUMENTED: &[&str] = &[
    "400 InvalidOptionValue",
    "400 LimitExceeded",
    "501 NotImplemented: a join with rows of several shapes",
    "501 NotImplemented:  in a collection that is expanded inside of an expanded entity",
];

impl Tally {
    pub(in crate::wall) fn answer(&mut self, url: &str, response: &Response) {
        *self.statuses.entry(response.status).or_default() += 1;
        assert!(response.complete, "{url}");
        if response.status == 200 && crate::wall::size(response) > 0 {
            self.not_empty += 1;
        }
        if response.status >= 400 && response.status != 404 {
            let json = response.json();
            let code = json["error"]["code"].as_str().unwrap_or("none").to_owned();
            let message = json["error"]["message"].as_str().unwrap_or_default();
            let parts = message.split('\'').step_by(2);
            let kind = format!("{} {code}: {}", response.status, parts.collect::<String>());
            self.errors.entry(kind).or_insert((0, url.to_owned())).0 += 1;
        }
    }

    pub(in crate::wall) fn print(&self) {
        let all: usize = self.statuses.values().sum();
        println!("{:?}; {} of {all} not empty", self.statuses, self.not_empty);
        println!("errors: {:#?}", self.errors);
    }

    /// The requests are worth their time: valid, and about something.
    pub(in crate::wall) fn check(&self) {
        let documented = |name: &String| DOCUMENTED.iter().any(|known| name.starts_with(known));
        let others = self.errors.iter().filter(|(name, _)| !documented(name));
        let others: Vec<_> = others.collect();
        assert!(others.is_empty(), "{others:#?}");
        let all: usize = self.statuses.values().sum();
        let errors: usize = self.errors.values().map(|(count, _)| count).sum();
        assert!(errors * 20 < all, "{errors} of {all}: {:#?}", self.errors);
        assert!(self.not_empty * 2 >= all, "{} of {all}", self.not_empty);
    }
}
