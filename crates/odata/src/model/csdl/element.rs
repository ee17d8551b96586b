//! An XML element as a value, and its text.
//!
//! Only what CSDL needs: names are ours, attribute values and texts are anybody's and escaped; an element holds
//! either a text or elements.
//! Specification: XML 1.0, <https://www.w3.org/TR/xml/>.

/// An element with attributes and children.
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    pub fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new(), text: String::new() }
    }

    /// With an attribute.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// With an attribute where there is a value.
    pub fn with_some(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value.to_string()),
            None => self,
        }
    }

    /// With an attribute `true` where it is; where it is not, its absence says so.
    pub fn with_flag(self, name: &'static str, value: bool) -> Self {
        if value { self.with(name, "true") } else { self }
    }

    /// With a text, instead of children.
    pub fn text(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    pub fn child(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    pub fn children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children);
        self
    }

    /// The whole document with this as its root.
    pub fn document(&self) -> String {
        let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned();
        self.print(&mut text, 0);
        text
    }

    fn print(&self, text: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        text.push_str(&format!("{indent}<{}", self.name));
        for (name, value) in &self.attributes {
            text.push_str(&format!(" {name}=\""));
            escape(text, value);
            text.push('"');
        }
        if !self.text.is_empty() {
            text.push('>');
            escape(text, &self.text);
            text.push_str(&format!("</{}>\n", self.name));
            return;
        }
        if self.children.is_empty() {
            text.push_str("/>\n");
            return;
        }
        text.push_str(">\n");
        self.children.iter().for_each(|child| child.print(text, depth + 1));
        text.push_str(&format!("{indent}</{}>\n", self.name));
    }
}

/// The value of an attribute or a text. White space is written so that reading does not turn it into blanks; what XML cannot
/// hold becomes U+FFFD.
fn escape(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\t' | '\n' | '\r' => text.push_str(&format!("&#{};", u32::from(character))),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => text.push('\u{fffd}'),
            _ => text.push(character),
        }
    }
}
