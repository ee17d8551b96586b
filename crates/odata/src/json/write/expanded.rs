//! Navigation properties: what is expanded of them, or links to them.
//!
//! Specification: OData JSON Format 4.01 §8.

use super::address::Address;
use super::{Writer, close, encode_list, text, with_token};
use crate::answer::Expanded;
use crate::json::context::home;
use crate::model::{EntityTypeId, NavigationProperty};
use crate::query::{Expansion, Shape};
use crate::skiptoken;
use crate::syntax::ast::ExpandForm;

impl Writer<'_> {
    pub(super) fn expanded(
        &self,
        out: &mut Vec<u8>,
        expansion: &Expansion<'_>,
        found: &Expanded,
        list: &str,
        owner: &str,
    ) {
        let name = &expansion.navigation.name;
        let shape = &expansion.listing.shape;
        match found {
            Expanded::Absent => {}
            Expanded::One(None) => {
                text(out, name);
                out.extend_from_slice(b":null,");
            }
            Expanded::One(Some(entity)) => {
                text(out, name);
                out.extend_from_slice(b":{");
                let address = if home(self.model, list).is_some_and(|home| home.collection) {
                    self.address(shape, entity, list)
                } else {
                    list.to_owned()
                };
                match expansion.form {
                    ExpandForm::References => self.id(out, &address),
                    _ => self.members(out, shape, entity, &Address::made_by(&|| address.clone())),
                }
                close(out, b'}');
                out.push(b',');
            }
            Expanded::Page(page) => {
                if let Some(count) = page.count {
                    self.count(out, name, count);
                }
                if expansion.form == ExpandForm::Count {
                    return;
                }
                if let Some(cursor) = &page.next {
                    let path = format!("{owner}/{name}");
                    let token = skiptoken::write(&path, &expansion.listing.order, cursor);
                    let mut url = format!("{}/{}", self.writing.service_root, encode_list(&path));
                    if !expansion.options.is_empty() {
                        url.push('?');
                        url.push_str(&expansion.options);
                    }
                    self.control(out, name, "nextLink");
                    text(out, &with_token(&url, &token));
                    out.push(b',');
                }
                text(out, name);
                out.push(b':');
                match expansion.form {
                    ExpandForm::References => self.references(out, shape, &page.entities, list),
                    _ => self.entities(out, shape, &page.entities, list),
                }
                out.push(b',');
            }
        }
    }

    pub(super) fn navigation_links(
        &self,
        out: &mut Vec<u8>,
        shape: &Shape<'_>,
        actual: EntityTypeId,
        address: &str,
    ) {
        let is_expanded = |navigation: &NavigationProperty| {
            shape.expand.iter().any(|one| one.navigation.name == navigation.name)
        };
        let wanted = |navigation: &NavigationProperty| {
            shape
                .selected
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| *name == navigation.name || name == "*"))
        };
        for navigation in &self.model.entity(actual).navigation {
            // What is expanded has them before it.
            if !is_expanded(navigation) && wanted(navigation) {
                self.navigation_link(out, &navigation.name, address);
            }
        }
    }

    pub(super) fn navigation_link(&self, out: &mut Vec<u8>, name: &str, address: &str) {
        let link = format!("{}/{}/{name}", self.writing.service_root, encode_list(address));
        self.control(out, name, "navigationLink");
        text(out, &link);
        out.push(b',');
        self.control(out, name, "associationLink");
        text(out, &format!("{link}/$ref"));
        out.push(b',');
    }
}
