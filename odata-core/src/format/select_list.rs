//! The list of what is selected, in a context URL (Protocol 10.7 to 10.10).

use crate::edm::Version;
use crate::plan::Selected;

/// `(id,inbox(name))`, or nothing where everything is selected. 4.01 names each expanded navigation
/// property, 4.0 those alone with something inside: `inbox()` breaks Excel.
pub fn select_list(selection: &[Selected], version: Version) -> String {
    let list = items(selection, version);
    match list.as_str() {
        "" => list,
        _ => format!("({list})"),
    }
}

fn items(selection: &[Selected], version: Version) -> String {
    let item = |selected: &Selected| match selected {
        Selected::Name(name) => Some(name.clone()),
        Selected::Collection(name) if version == Version::V4_0 => Some(name.clone()),
        Selected::Collection(name) => Some(format!("{name}()")),
        Selected::Expanded {
            name,
            recursive,
            inside,
        } => {
            let inside = items(inside, version);
            let plus = if *recursive { "+" } else { "" };
            (version > Version::V4_0 || !inside.is_empty())
                .then(|| format!("{name}{plus}({inside})"))
        }
    };
    let items: Vec<String> = selection.iter().filter_map(item).collect();
    items.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_differ_in_what_is_expanded_whole() {
        let name = |name: &str| Selected::Name(name.to_owned());
        let expanded = |name: &str, recursive, inside: &[Selected]| Selected::Expanded {
            name: name.to_owned(),
            recursive,
            inside: inside.to_vec(),
        };
        let check = |selection: &[Selected], old: &str, new: &str| {
            assert_eq!(select_list(selection, Version::V4_0), old);
            assert_eq!(select_list(selection, Version::V4_01), new);
        };
        check(&[], "", "");
        check(&[name("id"), name("*")], "(id,*)", "(id,*)");
        check(&[expanded("a", false, &[])], "", "(a())");
        check(&[expanded("a", true, &[])], "", "(a+())");
        check(
            &[name("a"), expanded("a", true, &[name("id")])],
            "(a,a+(id))",
            "(a,a+(id))",
        );
        check(
            &[expanded("a", false, &[expanded("b", false, &[])])],
            "",
            "(a(b()))",
        );
    }
}
