//! The facets of a type, as attributes of whatever has the type.
//!
//! Specification: OData CSDL XML 4.01 §7.2,
//! <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/>.

use std::str::FromStr;

use super::{Element, Error, fault, flag};
use crate::model::{Facets, Primitive};

/// The facets that an element says, over those of its type definition.
pub(super) fn facets(
    element: Element<'_>,
    primitive: Option<Primitive>,
    definition: Option<&Facets>,
) -> Result<Facets, Error> {
    let inherited = definition.cloned().unwrap_or_default();
    let says = |name| element.attribute(name).is_some();
    let scale = match element.attribute("Scale").map(str::trim) {
        _ if primitive != Some(Primitive::Decimal) => None,
        Some("variable" | "floating") => None,
        Some(digits) => Some(number(element, "Scale", digits)?),
        None if definition.is_some() => inherited.scale,
        // Silence means that there are no digits behind the point.
        None => Some(0),
    };
    Ok(Facets {
        max_length: match element.attribute("MaxLength").map(str::trim) {
            Some("max") => None,
            Some(length) => Some(number(element, "MaxLength", length)?),
            None => inherited.max_length,
        },
        precision: match element.attribute("Precision").map(str::trim) {
            Some(digits) => Some(number(element, "Precision", digits)?),
            None => inherited.precision,
        },
        scale,
        srid: element.attribute("SRID").map(str::to_owned).or(inherited.srid),
        unicode: if says("Unicode") { Some(flag(element, "Unicode", true)?) } else { inherited.unicode },
    })
}

fn number<N: FromStr>(element: Element<'_>, attribute: &str, text: &str) -> Result<N, Error> {
    text.parse().map_err(|_| fault(element, format!("{attribute} is '{text}', not a number")))
}
