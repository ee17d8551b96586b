//! Worlds by chance: items, parts and makers with values of every kind.

use super::{Chance, ITEM, Kind, MAKER, PART, PLACE, Properties, values};
use crate::oracle::{Entity, Set, Val, World};

/// A world with so many items.
pub fn world(chance: &mut Chance, items: usize) -> World {
    let key = |number: usize| Val::Text(format!("{:02}", number * 37 % 101));
    let mut world = World::default();
    let makers = (0..6).map(|number| {
        let marks = list(chance, Kind::Text);
        let rank = if chance.percent(25) { Val::Null } else { values::small(chance) };
        let values = [("id", key(number)), ("marks", marks), ("rank", rank)];
        entity(chance, "stock.maker", MAKER, values)
    });
    world.sets.insert(Set::Makers, makers.collect());
    let all = (0..items).map(|number| {
        let is_gadget = chance.percent(40);
        let reference = |chance: &mut Chance, end| {
            if chance.percent(25) { Val::Null } else { key(chance.below(end)) }
        };
        let place = place(chance);
        let spot = if chance.percent(30) { Val::Null } else { self::place(chance) };
        let photo = if chance.percent(30) { Val::Null } else { Val::Bytes(vec![0; chance.below(4)]) };
        let places = (0..chance.below(3)).map(|_| self::place(chance)).collect();
        let mut values = vec![
            ("id", key(number)),
            ("#maker", reference(chance, 6)),
            ("#next", reference(chance, items)),
            ("place", place),
            ("spot", spot),
            ("photo", photo),
            ("tags", list(chance, Kind::Text)),
            ("nums", list(chance, Kind::Int)),
            ("sums", list(chance, Kind::Dec)),
            ("times", list(chance, Kind::Instant)),
            ("places", Val::List(places)),
            ("power", if is_gadget { values::small(chance) } else { Val::Null }),
            ("volts", if is_gadget { values::any(chance, Kind::Real) } else { Val::Null }),
        ];
        for (name, kind) in
            [("total", Kind::Int), ("cost", Kind::Dec), ("live", Kind::Truth), ("title", Kind::Text)]
        {
            values.push((name, values::any(chance, kind)));
        }
        let Val::Instant(ticks, _) = values::any(chance, Kind::Instant) else { panic!("an instant") };
        values.push(("made", Val::Instant(ticks, 0)));
        let count = if chance.percent(25) { Val::Null } else { values::small(chance) };
        let byte = if chance.percent(25) { Val::Null } else { Val::Int([0, 1, 255][chance.below(3)]) };
        values.extend([("count", count), ("small", byte)]);
        entity(chance, if is_gadget { "stock.gadget" } else { "stock.item" }, ITEM, values)
    });
    world.sets.insert(Set::Items, all.collect());
    let parts = (0..items).map(|number| {
        let owner = key(chance.below(items / 3 + 1));
        let weight = if chance.percent(25) { Val::Null } else { values::small(chance) };
        entity(chance, "stock.part", PART, [("id", key(number)), ("#item", owner), ("weight", weight)])
    });
    world.sets.insert(Set::Parts, parts.collect());
    world
}

fn list(chance: &mut Chance, kind: Kind) -> Val {
    let one = |chance: &mut Chance| match kind {
        _ if chance.percent(15) => Val::Null,
        Kind::Int => values::small(chance),
        kind => values::any(chance, kind),
    };
    Val::List((0..chance.below(4)).map(|_| one(chance)).collect())
}

fn place(chance: &mut Chance) -> Val {
    let zip = values::small(chance);
    Val::Struct(entity(chance, "", PLACE, [("zip", zip)]).values)
}

/// With values by chance for the properties that are not given.
fn entity(
    chance: &mut Chance,
    type_name: &'static str,
    properties: Properties,
    given: impl IntoIterator<Item = (&'static str, Val)>,
) -> Entity {
    let mut entity = Entity { type_name, values: given.into_iter().collect() };
    for (name, kind) in properties.iter().filter(|(name, _)| !name.contains('/')) {
        let value = if chance.percent(25) { Val::Null } else { values::any(chance, *kind) };
        entity.values.entry(name).or_insert(value);
    }
    entity
}
