//! The rules over `$metadata` in XML, which Excel and Power BI read.

use super::rules::{Fault, Rule};
use super::scalar::Primitive;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// What is wrong with the document.
pub(super) fn faults(text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut reader = Reader::from_str(text);
    let mut open: Vec<String> = Vec::new();
    let mut seen = (0, 0);
    loop {
        let (element, is_open) = match reader.read_event() {
            Ok(Event::Start(element)) => (element, true),
            Ok(Event::Empty(element)) => (element, false),
            Ok(Event::End(_)) => {
                open.pop();
                continue;
            }
            Ok(Event::Eof) => break,
            Ok(_) => continue,
            Err(error) => {
                faults.push(Fault::new(Rule::MetadataForm, "$metadata", error));
                return faults;
            }
        };
        let name = element.local_name().as_ref().to_owned();
        if open.is_empty() && name != "Edmx" {
            faults.push(Fault::new(Rule::MetadataForm, "$metadata", &name));
        }
        match name.as_str() {
            "Schema" => seen.0 += 1,
            "EntityContainer" => seen.1 += 1,
            "Property" => faults.extend(property(&element)),
            "EntityType" | "ComplexType" => faults.extend(structure(&element)),
            "EnumMember" if open.last().is_some_and(|outer| outer == "Collection") => {
                let at = format!("<{}>", open.join("><"));
                faults.push(Fault::new(Rule::NoEnumCollections, at, "EnumMember"));
            }
            _ => {}
        }
        if is_open {
            open.push(name);
        }
    }
    if !open.is_empty() || seen == (0, 0) {
        faults.push(Fault::new(Rule::MetadataForm, "$metadata", "it has no end"));
    } else if seen != (1, 1) {
        let text = format!("{} schemas, {} containers", seen.0, seen.1);
        faults.push(Fault::new(Rule::OneSchema, "$metadata", text));
    }
    faults
}

/// The facets that a structural property has, by its type (CSDL 7.2).
fn property(element: &BytesStart<'_>) -> Vec<Fault> {
    use Primitive as P;
    let attribute = |name: &str| attribute(element, name);
    let name = attribute("Name").unwrap_or_default();
    let ty = attribute("Type").unwrap_or_default();
    let Some(ty) = Primitive::named(&ty) else {
        return vec![Fault::new(Rule::PlainTypes, name, ty)];
    };
    let facets = [
        ("MaxLength", matches!(ty, P::String | P::Binary)),
        ("Precision", ty.is_temporal() || ty == P::Decimal),
        ("Scale", ty == P::Decimal),
        ("Unicode", ty == P::String),
        ("SRID", false),
    ];
    let wrong = facets
        .into_iter()
        .filter(|(facet, fits)| !fits && attribute(facet).is_some());
    wrong
        .map(|(facet, _)| {
            let text = format!("{facet} of {}", ty.name());
            Fault::new(Rule::FacetsFit, &name, text)
        })
        .collect()
}

fn structure(element: &BytesStart<'_>) -> Option<Fault> {
    let open = attribute(element, "OpenType")?;
    let name = attribute(element, "Name").unwrap_or_default();
    (open == "true").then(|| Fault::new(Rule::PlainTypes, name, "an open type"))
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    Some(attribute.value.into_owned())
}
