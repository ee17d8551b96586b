//! Types in an order in which each stands behind the type that it extends.
//!
//! Otherwise the order of the document stays. Chains that are circular or too long are refused.
//! Specification: OData CSDL XML 4.01 §6.2 and §9.2,
//! <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/>.

use std::collections::HashMap;

use super::names::{Declared, Names};
use super::{Error, MAX_DEPTH, fault, name};

pub(super) fn bases_first<'a>(names: &Names<'a>, types: &[Declared<'a>]) -> Result<Vec<Declared<'a>>, Error> {
    let mut places = HashMap::new();
    for (place, (namespace, element)) in types.iter().enumerate() {
        places.insert(format!("{namespace}.{}", name(*element)?), place);
    }
    // The place of each one's base. Whether a base that is not here is anywhere is seen when the type is built.
    let bases: Vec<Option<usize>> = types
        .iter()
        .map(|(_, element)| places.get(&names.full_name(element.attribute("BaseType")?)).copied())
        .collect();
    let mut depths: Vec<Option<usize>> = vec![None; types.len()];
    let mut ordered = Vec::with_capacity(types.len());
    for start in 0..types.len() {
        let mut chain = Vec::new();
        let mut next = Some(start);
        let mut depth = 0;
        while let Some(place) = next {
            if let Some(known) = depths.get(place).copied().flatten() {
                depth = known + 1;
                break;
            }
            let Some((_, element)) = types.get(place) else { break };
            if chain.contains(&place) {
                return Err(fault(*element, "the type extends itself"));
            }
            chain.push(place);
            if chain.len() > MAX_DEPTH {
                return Err(fault(*element, format!("more than {MAX_DEPTH} types extend each other")));
            }
            next = bases.get(place).copied().flatten();
        }
        for place in chain.into_iter().rev() {
            let (Some(declared), Some(slot)) = (types.get(place), depths.get_mut(place)) else { continue };
            if depth >= MAX_DEPTH {
                return Err(fault(declared.1, format!("more than {MAX_DEPTH} types extend each other")));
            }
            *slot = Some(depth);
            depth += 1;
            ordered.push(*declared);
        }
    }
    Ok(ordered)
}
