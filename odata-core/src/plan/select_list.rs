//! The select-list of a context URL: what of an entity was asked for (Protocol 10.7 to 10.10).

use crate::edm::Version;

/// What `$select`, `$expand` and `$apply` ask for, in order. An empty one says nothing: it is all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SelectList(pub(super) Vec<Mention>);

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) name: String,
    /// What is asked for inside of it, where it is expanded or grouped by.
    pub(super) inside: Option<SelectList>,
}

impl SelectList {
    pub(super) fn name(&mut self, name: &str) {
        self.0.push(Mention {
            name: name.to_owned(),
            inside: None,
        });
    }

    /// An expanded navigation property stands beside its own name, where it is selected too.
    pub(super) fn expanded(&mut self, name: &str, inside: SelectList) {
        self.0.push(Mention {
            name: name.to_owned(),
            inside: Some(inside),
        });
    }

    /// The list as this version writes it: `id,inbox(name)`; `None` where it says nothing. What is
    /// expanded as a whole is `inbox()` in 4.01 alone: in a payload of 4.0 it breaks Excel.
    pub fn text(&self, version: Version) -> Option<String> {
        let text = |mention: &Mention| match &mention.inside {
            None => Some(mention.name.clone()),
            Some(inside) => match inside.text(version) {
                Some(inside) => Some(format!("{}({inside})", mention.name)),
                None if version == Version::V4_0 => None,
                None => Some(format!("{}()", mention.name)),
            },
        };
        let items: Vec<String> = self.0.iter().filter_map(text).collect();
        (!items.is_empty()).then(|| items.join(","))
    }
}
