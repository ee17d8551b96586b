//! The form of geographic and geometric literals: well-known text behind a reference system.
//!
//! Comes in: the text between the quotes, or a value from a payload. Goes out: which [`Shape`] it is, if it is
//! one. Nothing is computed with it; whether rings close is for whoever does.
//! Specification: OData 4.01 ABNF `fullCollectionLiteral` and its like; OGC Simple Features, 7.2.

use super::MAX_DEPTH;
use super::literal::decimal;
use super::scan::Scan;

/// What a literal describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Collection,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
}

impl Shape {
    /// All, with the names they have in the text. `Point` is no beginning of another's.
    const NAMES: [(&str, Shape); 7] = [
        ("GeometryCollection", Shape::Collection),
        ("LineString", Shape::LineString),
        ("MultiLineString", Shape::MultiLineString),
        ("MultiPoint", Shape::MultiPoint),
        ("MultiPolygon", Shape::MultiPolygon),
        ("Point", Shape::Point),
        ("Polygon", Shape::Polygon),
    ];
}

/// The shape that `SRID=0;Point(1 2)` and its like describe.
pub(super) fn shape(text: &str) -> Option<Shape> {
    let mut scan = Scan::new(text);
    scan.take_folded("SRID")?;
    scan.take("=")?;
    scan.digits(1, 5)?;
    scan.take(";")?;
    let shape = geometry(&mut scan, MAX_DEPTH)?;
    scan.rest().is_empty().then_some(shape)
}

fn geometry(scan: &mut Scan<'_>, depth: usize) -> Option<Shape> {
    let depth = depth.checked_sub(1)?;
    let (_, shape) = Shape::NAMES.into_iter().find(|(name, _)| scan.take_folded(name).is_some())?;
    match shape {
        Shape::Collection => list(scan, 1, |scan| geometry(scan, depth).map(drop))?,
        Shape::LineString => list(scan, 2, position)?,
        Shape::MultiLineString => list(scan, 0, |scan| list(scan, 2, position))?,
        Shape::MultiPoint => list(scan, 0, point)?,
        Shape::MultiPolygon => list(scan, 0, polygon)?,
        Shape::Point => point(scan)?,
        Shape::Polygon => polygon(scan)?,
    }
    Some(shape)
}

fn polygon(scan: &mut Scan<'_>) -> Option<()> {
    list(scan, 1, |scan| list(scan, 1, position))
}

fn point(scan: &mut Scan<'_>) -> Option<()> {
    scan.take("(")?;
    position(scan)?;
    scan.take(")")
}

/// Two to four numbers: longitude, latitude, altitude, measure.
fn position(scan: &mut Scan<'_>) -> Option<()> {
    decimal(scan)?;
    scan.take(" ")?;
    decimal(scan)?;
    for _ in 0..2 {
        scan.try_take(|scan| {
            scan.take(" ")?;
            decimal(scan)
        });
    }
    Some(())
}

/// At least `least` in parentheses, with commas between.
fn list(scan: &mut Scan<'_>, least: usize, mut one: impl FnMut(&mut Scan<'_>) -> Option<()>) -> Option<()> {
    scan.take("(")?;
    if least == 0 && scan.take(")").is_some() {
        return Some(());
    }
    one(scan)?;
    let mut count = 1;
    while scan.take(",").is_some() {
        one(scan)?;
        count += 1;
    }
    scan.take(")")?;
    (count >= least).then_some(())
}
