//! An XML tree, written with indentation: an element without content as `<name/>`.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Elements(Vec<Element>),
    Text(String),
}

impl Element {
    pub(super) fn new(name: &'static str) -> Element {
        Element {
            name,
            attributes: Vec::new(),
            content: Content::Elements(Vec::new()),
        }
    }

    pub(super) fn with(mut self, attribute: &'static str, value: impl Into<String>) -> Element {
        self.attributes.push((attribute, value.into()));
        self
    }

    pub(super) fn with_some(self, attribute: &'static str, value: Option<&str>) -> Element {
        match value {
            Some(value) => self.with(attribute, value),
            None => self,
        }
    }

    /// The element with these after what it already contains.
    pub(super) fn containing(mut self, elements: impl IntoIterator<Item = Element>) -> Element {
        match &mut self.content {
            Content::Elements(children) => children.extend(elements),
            Content::Text(_) => self.content = Content::Elements(elements.into_iter().collect()),
        }
        self
    }

    pub(super) fn with_text(mut self, text: impl Into<String>) -> Element {
        self.content = Content::Text(text.into());
        self
    }

    /// The document that this element is the root of.
    pub(super) fn document(&self) -> String {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        writer
            .write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))
            .and_then(|()| self.write(&mut writer))
            .expect("a vector takes every byte");
        let mut bytes = writer.into_inner();
        bytes.push(b'\n');
        String::from_utf8(bytes).expect("only text was written")
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let mut start = BytesStart::new(self.name);
        let attributes = self.attributes.iter();
        start.extend_attributes(attributes.map(|(name, value)| (*name, value.as_str())));
        match &self.content {
            Content::Elements(elements) if elements.is_empty() => {
                return writer.write_event(Event::Empty(start));
            }
            Content::Elements(elements) => {
                writer.write_event(Event::Start(start))?;
                elements.iter().try_for_each(|child| child.write(writer))?;
            }
            Content::Text(text) => {
                writer.write_event(Event::Start(start))?;
                writer.write_event(Event::Text(BytesText::new(text)))?;
            }
        }
        writer.write_event(Event::End(BytesEnd::new(self.name)))
    }
}
